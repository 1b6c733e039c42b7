//! How the recursion becomes the flow, and how it ends.

use super::super::measured::Population;
use super::super::{Enclosure, Provenance, Trial};
use crate::descent::Method;
use crate::scalar::{Rational, Real, Scalar};
use crate::spectrum::Spectrum;
use crate::trajectory::{Fate, Lattice};
use crate::weights::equal_start;

/// Away from the end the recursion is within a constant times `eta^order` of the flow.
pub(super) fn recursion_to_flow(constants: &[f64], trial: &mut Trial) {
    let order = constants[0];
    let times: Vec<f64> = (1..=29).map(|k| 0.03 * f64::from(k)).collect();
    for &(strength, dimension) in trial.first(&[(20.0, 100_u64), (4.0, 10), (100.0, 1000)], 2) {
        let flow = Population::spiked(strength, dimension, 1.37e-2, Method::Spectral);
        let what = format!(
            "order in eta of the largest deviation at 29 times, lambda = {strength}, d = {dimension}, eta = 2^-10 to 2^-18"
        );
        let deviation = |eta: f64| -> Result<f64, String> {
            let recursion = flow.clone().with_step(eta);
            let on_steps: Vec<f64> = times.iter().map(|t| (t / eta).round() * eta).collect();
            let (exact, steps) = (flow.at(&on_steps)?, recursion.at(&on_steps)?);
            let pairs = exact.iter().zip(&steps).flat_map(|(e, s)| e.coefficients.iter().zip(&s.coefficients));
            Ok(pairs.map(|(e, s)| (e.hi - s.hi).abs()).fold(0.0, f64::max))
        };
        let slope = deviation(libm::exp2(-10.0)).and_then(|coarse| {
            let fine = deviation(libm::exp2(-18.0))?;
            // Both deviations depend on where surfaces fall between two steps: a factor of two either way.
            let slope = libm::log2(coarse / fine) / 8.0;
            Ok(Enclosure { lo: slope - 0.25, hi: slope + 0.25, provenance: Provenance::Ladder })
        });
        trial.found(&what, slope, |trial, slope| trial.at_least(&what, slope, order));
    }
}

/// The recursion ends in a 2-cycle with `d c^2 = twice delta`, within two steps of c, and `delta <= most d/(d + 1) eta`.
pub(super) fn chattering(constants: &[f64], trial: &mut Trial) {
    let [twice, most] = constants else { unreachable!("two constants") };
    let scale = trial.count(1_000_000, 1_000_000) as i64;
    for (strength, dimension) in [(4_i64, 3_u64), (20, 3), (20, 10)] {
        for remainder in [0_i64, 3, 7] {
            let step_size = Rational::fraction(1, scale);
            let init = Rational::fraction(10_000 + remainder, 10 * scale);
            let spectrum =
                Spectrum::spiked(Rational::fraction(strength, 1), dimension).expect("a check's own parameters");
            let at = format!(
                "lambda = {strength}, d = {dimension}, eta = 1/{scale}, 1 - alpha = -{remainder}/10 eta mod eta"
            );
            match end(&spectrum, &init, &step_size, 3 * scale as u64) {
                Err(reason) => trial.unknown(at, reason),
                Ok((low, high)) => {
                    let d = low[0].int(dimension as i64);
                    let delta = low[0].int(1) - &low[0];
                    let share = (delta.clone() / &step_size).to_f64();
                    let largest = most * dimension as f64 / (dimension as f64 + 1.0);
                    trial.at_most(format!("delta/eta, {at}"), Enclosure::exact(share), largest * (1.0 + 1e-4));
                    let smallest = (dimension as f64 - 2.0) / (2.0 * (dimension as f64 + 1.0));
                    trial.at_least(format!("delta/eta, {at}"), Enclosure::exact(share), smallest * (1.0 - 1e-4));
                    let square = (d * low[2].square() / delta).to_f64();
                    // c is within two steps below its limit, so c^2 within a share of 4 eta/c.
                    let slack = 4.0 * step_size.to_f64() / low[2].abs().to_f64();
                    trial.near(format!("d c^2/delta, {at}"), Enclosure::exact(square), *twice, slack * twice);
                    let spike = (high[1].abs() / &step_size).to_f64().max((low[1].abs() / &step_size).to_f64());
                    trial.at_most(format!("|b|/eta, {at}"), Enclosure::exact(spike), 2.0);
                }
            }
        }
    }
}

/// The two states in which the recursion alternates for ever, the one with the smaller signal first.
fn end(
    spectrum: &Spectrum<Rational>,
    init: &Rational,
    step_size: &Rational,
    steps: u64,
) -> Result<(Vec<Rational>, Vec<Rational>), String> {
    let start = equal_start(spectrum, init).map_err(|error| error.to_string())?;
    let mut recursion = Lattice::new(spectrum, &start, step_size).map_err(|error| error.to_string())?;
    recursion.advance(steps);
    match recursion.fate() {
        Fate::Cycle { period: 2, .. } => {
            let one = recursion.coefficients();
            recursion.advance(1);
            let other = recursion.coefficients();
            Ok(if one[0] < other[0] { (one, other) } else { (other, one) })
        }
        fate => Err(format!("after {steps} steps: {fate:?}")),
    }
}
