//! The rate of the escape, certified: the characteristic equation against the largest eigenvalue.

use super::super::power_law::{PowerLaw, characteristic, largest_eigenvalue};
use super::super::{Enclosure, Trial};
use crate::scalar::Interval;
use crate::trajectory::{VectorPath, VectorProblem};

/// The root of `1 = k_0 sum v_i l_i/(p - k_1 l_i)` is the largest eigenvalue of M; it is at least `k_2 s*_2` and at most `12 l_1`.
pub(super) fn escape_rate(constants: &[f64], trial: &mut Trial) {
    let [factor, pole, bound] = constants else { unreachable!("three constants") };
    let mut models: Vec<(String, PowerLaw)> = Vec::new();
    for &(exponent, dimension) in trial.first(&[(1.5, 200), (2.0, 1000), (1.1, 1000), (4.0, 1000), (0.5, 100)], 3) {
        for stream in 0..2 {
            let name = format!("a = {exponent}, d = {dimension}, signal {stream}");
            models.push((
                name,
                PowerLaw::of(exponent, &PowerLaw::random_signal(dimension, &mut trial.normals(10 + stream))),
            ));
        }
    }
    models.push(("a = 2, d = 50, signal (100, 1, 1, ...)".into(), PowerLaw::of(2.0, &leading(50))));
    for (exponent, seed) in [(1.5, 1), (2.0, 2), (3.0, 3)] {
        let what = format!("flow, a = {exponent}, d = 1000, seed {seed}: growth rate of |u| over rho");
        let found = growth(exponent, 1000, seed).map(|found| Enclosure::ladder(found, found));
        trial.found(&what, found, |trial, found| trial.near(&what, found, 1.0, 1e-3));
    }
    for (name, model) in models {
        let eigenvalue = largest_eigenvalue(&model);
        let (below, above) = (Interval::point(eigenvalue.lower()), Interval::point(eigenvalue.upper()));
        // The right-hand side falls: at least 1 at the lower end of an enclosure of the root, at most 1 at its upper end.
        let at = |p: Interval| characteristic(&model, *factor, *pole, p) - Interval::ONE;
        let tiny = 1e-9;
        trial.positive(
            format!("{name}: right-hand side just below the largest eigenvalue, over 1"),
            at(below * Interval::point(1.0 - tiny)),
        );
        trial.positive(
            format!("{name}: 1 over the right-hand side just above the largest eigenvalue"),
            -at(above * Interval::point(1.0 + tiny)),
        );
        let moment = model.signal_moment();
        trial.positive(
            format!("{name}: largest eigenvalue over {bound} s*_2"),
            eigenvalue * Interval::point(1.0 + tiny) - moment * Interval::point(*bound),
        );
        let first = model.variance[0];
        trial.positive(
            format!("{name}: 12 l_1 over the largest eigenvalue"),
            first * Interval::point(12.0) - eigenvalue,
        );
        trial.positive(
            format!("{name}: largest eigenvalue over 4 l_1 (1 + 2 v_1)"),
            eigenvalue - first * Interval::point(4.0) * (Interval::ONE + model.share[0] * Interval::point(2.0))
                + first * Interval::point(tiny),
        );
    }
}

/// How fast |u| grows in the flow from a start of size 1e-30, over rho: on the stretch on which the first eigenvector has taken over and s is small still.
fn growth(exponent: f64, dimension: usize, seed: u64) -> Result<f64, String> {
    let model = VectorProblem::companion(exponent, dimension as u64, seed).map_err(|error| error.to_string())?;
    let start = model.start().iter().map(|w| 1e-30 * w).collect();
    let rate = PowerLaw::of(exponent, model.signal()).rate();
    let tiny = VectorProblem::new(model.variance().to_vec(), model.signal().to_vec(), start)
        .map_err(|error| error.to_string())?;
    // The risk's clock is four times as slow.
    let times = [40.0, 55.0].map(|t| 4.0 * t / rate);
    let path = VectorPath::solve(&tiny, times[1]).map_err(|stop| stop.to_string())?;
    let logs = times.map(|t| libm::log(path.scalars(t).overlap.abs()));
    Ok((logs[1] - logs[0]) / 15.0)
}

/// A signal almost wholly on the first direction.
fn leading(dimension: usize) -> Vec<f64> {
    (0..dimension).map(|i| if i == 0 { 100.0 } else { 1.0 }).collect()
}

/// rho grows with a: for random signals, in at least this share; for a flat one; and for every signal where `H` falls by the ratio.
pub(super) fn escape_rate_in_a(constants: &[f64], trial: &mut Trial) {
    let [direction, share, ratio] = constants else { unreachable!("three constants") };
    let forward = Interval::point(*direction);
    let exponents = [1.1, 1.25, 1.5, 2.0, 3.0, 4.0];
    let (count, dimension) = (trial.count(2000, 1000), 100);
    let mut rises = 0;
    for k in 0..count {
        let g = PowerLaw::random_signal(dimension, &mut trial.normals(100 + k as u64));
        let rates = exponents.map(|a| PowerLaw::of(a, &g).rate());
        rises += usize::from(rates.windows(2).all(|pair| direction * (pair[1] - pair[0]) > 0.0));
    }
    // Hoeffding's band, false alarm 1e-9.
    let (found, reach) = (rises as f64 / count as f64, libm::sqrt(libm::log(2e9) / (2.0 * count as f64)));
    trial.at_least(
        format!("share of {count} random signals, d = {dimension}, with rho in the stated order along a = 1.1 to 4"),
        Enclosure::sampled(found - reach, (found + reach).min(1.0)),
        if count < 2000 { share - 0.03 } else { *share },
    );
    for pair in exponents.windows(2) {
        let [small, large] = [pair[0], pair[1]].map(|a| largest_eigenvalue(&PowerLaw::of(a, &[1.0; 100])));
        let what = format!("flat signal, d = {dimension}: rho at a = {} over rho at a = {}", pair[1], pair[0]);
        trial.positive(what, (large - small) * forward);
    }
    // Signals all but orthogonal to the first direction are the slowest; (1/10, 1) at d = 2 is slower at a = 2 than at a = 1.
    for (dimension, along) in [(2, 1), (10, 1), (10, 2), (1000, 1), (1000, 7)] {
        let g: Vec<f64> = (0..dimension).map(|i| if i == along { 1.0 } else { 0.1 }).collect();
        for (a, b) in [(1.0, 2.0), (1.1, 2.0), (1.1, 4.0), (0.5, 3.0)] {
            let (slow, fast) = (PowerLaw::of(a, &g), PowerLaw::of(b, &g));
            let grown = fast.variance[0] - slow.variance[0] * Interval::point(*ratio);
            if grown.lower() >= 0.0 {
                let what = format!("d = {dimension}, signal along {along}, a = {b} against {a}: growth of rho");
                trial.positive(what, (largest_eigenvalue(&fast) - largest_eigenvalue(&slow)) * forward);
            }
        }
    }
    let [first, second] = [1.0, 2.0].map(|a| largest_eigenvalue(&PowerLaw::of(a, &[0.1, 1.0])));
    trial.positive("not every signal: g = (1/10, 1), d = 2, rho at a = 1 over rho at a = 2", first - second);
}
