//! The spike's plateau, and the step that it costs.

use super::super::measured::Population;
use super::super::{Enclosure, Trial};
use crate::descent::Method;
use crate::risk::manifold::{bracket, excess_energy, gradient};
use crate::scalar::{Rational, Scalar};
use crate::spectrum::Spectrum;
use crate::trajectory::Recursion;

/// The spike rests at `b^2 = 1/(saturation mu)`; the signal then grows at `signal/3` and the bulk at `bulk/3`.
pub(super) fn plateau(constants: &[f64], trial: &mut Trial) {
    let [saturation, signal, bulk] = constants else { unreachable!("three constants") };
    let number = |x: f64| <Rational as crate::scalar::Real>::from_f64(x, &());
    let mut wrong = 0;
    for mu in [2_i64, 5, 21, 1000] {
        for dimension in [3, 100] {
            let strength = Rational::fraction(mu - 1, 1);
            let spectrum = Spectrum::spiked(strength.clone(), dimension).expect("a check's own parameters");
            let one = strength.int(1);
            let e = [-one.clone(), one.clone() / (number(*saturation) * one.int(mu)), one.int(0)];
            let tau = excess_energy(&spectrum, &e);
            let h = |j: usize| bracket(&spectrum.variance()[j], &e[j], &tau);
            // Rates of growth are -q h; q is one for signal and bulk.
            wrong += usize::from(h(1) != one.int(0));
            wrong += usize::from(-h(0).times(3) != number(*signal));
            wrong += usize::from(-h(2).times(3) != number(*bulk));
        }
    }
    trial.equal("brackets at b^2 = 1/(3 mu), a = c = 0, in exact arithmetic, 8 pairs (mu, d): wrong values", wrong);

    // Along a trajectory: at alpha = 1e-60 the plateau lasts from t = 138/mu to t = 50, all but its ends are within 1e-6 of it.
    for &mu in trial.first(&[21.0_f64, 201.0], 1) {
        let population = Population::spiked(mu - 1.0, 100, 1e-60, Method::GradientDescent);
        let (from, to) = (12.0, 30.0);
        match population.at(&[from, to]) {
            Ok(rows) => {
                let rate = |j: usize| {
                    let ends = [&rows[0].coefficients[j], &rows[1].coefficients[j]];
                    let of = |a: f64, b: f64| (libm::log(b) - libm::log(a)) / (to - from);
                    Enclosure { lo: of(ends[0].hi, ends[1].lo), hi: of(ends[0].lo, ends[1].hi), ..*ends[1] }
                };
                let b = rows[0].coefficients[1];
                let square = b.map(|b| saturation * mu * b * b);
                trial.near(format!("3 mu b^2 on the plateau, mu = {mu}"), square, 1.0, 1e-6);
                trial.near(format!("growth of the signal on the plateau, mu = {mu}"), rate(0), signal / 3.0, 1e-6);
                trial.near(format!("growth of the bulk on the plateau, mu = {mu}"), rate(2), bulk / 3.0, 1e-6);
            }
            Err(reason) => trial.unknown(format!("the plateau at mu = {mu}"), reason),
        }
    }
}

/// The plateau attracts the spike if and only if `eta < ceiling/mu`, the optimum the signal if and only if `eta < 1/inverse`.
pub(super) fn step_ceiling(constants: &[f64], trial: &mut Trial) {
    let [ceiling, inverse] = constants else { unreachable!("two constants") };
    let steps = trial.count(20_000, 20_000);
    for mu in [2.0, 10.0, 500.0] {
        let spectrum = Spectrum::spiked(mu - 1.0, 50).expect("a check's own parameters");
        let rest = libm::sqrt(1.0 / (3.0 * mu));
        for (side, settles) in [(0.995, true), (1.005, false)] {
            let found = distance(&spectrum, vec![0.0, rest * 1.01, 0.0], 1, rest, side * ceiling / mu, steps);
            judge(trial, format!("|b/b* - 1| after {steps} steps of {side} of the ceiling, mu = {mu}"), found, settles);
        }
    }
    let spectrum = Spectrum::spiked(4.0, 50).expect("a check's own parameters");
    for (side, settles) in [(0.995, true), (1.005, false)] {
        let found = distance(&spectrum, vec![0.99, 0.0, 0.0], 0, 1.0, side / inverse, steps);
        judge(trial, format!("|a - 1| after {steps} steps of {side} of the ceiling at the optimum"), found, settles);
    }
    // The multiplier itself: dg_b/db = 2 mu at b = 1/(3 k), mu = 3 k^2, by a difference that is exact for cubics.
    let mut wrong = 0;
    for k in [1_i64, 2, 5] {
        let mu = Rational::fraction(3 * k * k, 1);
        let spectrum = Spectrum::spiked(mu.clone() - mu.int(1), 50).expect("a check's own parameters");
        let at = |b: &Rational| {
            let e = [-mu.int(1), b.square(), mu.int(0)];
            gradient(&mu, &bracket(&mu, &e[1], &excess_energy(&spectrum, &e)), b)
        };
        let (b, h) = (Rational::fraction(1, 3 * k), Rational::fraction(1, 16));
        let shifted = |n: i64| at(&(b.clone() + h.times(n)));
        let slope = ((shifted(-2) - shifted(2)) + (shifted(1) - shifted(-1)).times(8)) / h.times(12);
        wrong += usize::from(slope != mu.times(2));
    }
    trial.equal("slope of the spike's gradient at its plateau, exactly, mu = 3, 12, 75: values other than 2 mu", wrong);
}

/// How far coefficient `j` is from `rest`, relatively, the larger of the last two steps (the recursion alternates).
fn distance(
    spectrum: &Spectrum,
    start: Vec<f64>,
    j: usize,
    rest: f64,
    step_size: f64,
    steps: usize,
) -> Result<f64, String> {
    let mut recursion =
        Recursion::new(spectrum, Method::GradientDescent, step_size, start).map_err(|e| e.to_string())?;
    let mut last = [f64::INFINITY; 2];
    for _ in 0..steps {
        if let Err(stop) = recursion.step() {
            // A step that is too large may also throw the coefficient out altogether.
            return if matches!(stop, crate::trajectory::Stop::Diverged { .. }) {
                Ok(f64::INFINITY)
            } else {
                Err(stop.to_string())
            };
        }
        last = [last[1], (recursion.weights()[j] / rest - 1.0).abs()];
    }
    Ok(last[0].max(last[1]))
}

/// Half a per cent below the ceiling the distance shrinks by 0.99 a step, to rounding; above it grows until the cubic term holds it.
fn judge(trial: &mut Trial, what: String, found: Result<f64, String>, settles: bool) {
    trial.found(&what.clone(), found.map(|x| Enclosure::ladder(x, x)), |trial, found| {
        if settles { trial.at_most(what, found, 1e-9) } else { trial.at_least(what, found, 1e-3) }
    });
}
