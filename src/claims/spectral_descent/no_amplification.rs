//! SpecGD does not amplify: the flow in certified intervals, and the recursion without rounding.

use super::super::certified::{decimal, spiked};
use super::super::instances::{exact_spectrum, spectrum};
use super::super::measured::{ACCURACY, Population};
use super::super::{Enclosure, Trial};
use super::ratios::{follow, follow_many, over_ranges};
use crate::descent::Method;
use crate::scalar::{Rational, Real, Scalar};
use crate::spectrum::Spectrum;
use crate::trajectory::{Lattice, Recursion};
use crate::weights::equal_start;

/// No group gains on the signal under the flow of spectral power `power`, from any equal start.
pub(super) fn flow(constants: &[f64], trial: &mut Trial) {
    let power = constants[0];
    if power > 0.0 {
        return flow_of_a_power(Method::power(power).expect("a power in [0, 1]"), trial);
    }
    over_ranges(trial, |trial, what, found| {
        trial.equal(format!("segments on which a group may gain on the signal, {what}"), found.gaining);
    });
    // From starts above every surface, and above the optimum.
    for (strength, dimension, init) in [("1000", 10_000, "0.3"), ("0.5", 3, "1.5"), ("20", 100, "0.9")] {
        let what = format!("lambda = {strength}, d = {dimension}, alpha = {init}");
        let found = follow(&spiked(decimal(strength), dimension), decimal(init));
        trial.found(&what, found, |trial, found| {
            trial.equal(format!("segments on which a group may gain on the signal, {what}"), found.gaining);
        });
    }
    let mut normals = trial.normals(0);
    let count = trial.count(2000, 100);
    let mut gaining = 0;
    let draw = || (spectrum(&mut normals, 2.0), libm::exp(-1.0 - 3.0 * normals.next().abs()));
    let found = follow_many(count, draw, |found| gaining += found.gaining);
    trial.found("random spectra", found, |trial, undecided| {
        let what = format!("segments on which a group may gain on the signal, {count} random spectra and starts, certified one by one, {undecided} undecided");
        trial.at_most(what, Enclosure::observed(gaining as f64), 0.0);
    });
}

/// A power above zero has amplified by the time at which SpecGD's spike is half-way to its surface, if at all.
fn flow_of_a_power(method: Method<f64>, trial: &mut Trial) {
    for (strength, dimension, init) in [(20.0, 100_u64, 1e-6), (1000.0, 10, 1e-3)] {
        let what = format!("amplification at lambda = {strength}, d = {dimension}, alpha = {init}");
        let population = Population::spiked(strength, dimension, init, method.clone());
        let found = match method {
            Method::Power(_) => {
                let halfway = 0.5 / libm::sqrt(dimension as f64 + 3.0 * strength);
                population.at(&[halfway]).map(|rows| rows[0].amplification)
            }
            _ => population.amplification(),
        };
        trial.found(&what, found, |trial, found| trial.at_most(&what, found, 1.0 + ACCURACY));
    }
}

/// Under `4 eta^2 (2 q_0 + tr Q) <= 3 q_0` no coefficient exceeds the signal at any step; in integers for power 0.
pub(super) fn recursion(constants: &[f64], trial: &mut Trial) {
    let power = constants[0];
    let mut normals = trial.normals(0);
    let (count, steps) = (trial.count(40, 8), trial.count(4000, 1000));
    if power > 0.0 {
        let method = Method::power(power).expect("a power in [0, 1]");
        for (strength, dimension) in [(20.0_f64, 100_u64), (200.0, 1000)] {
            let spectrum = Spectrum::spiked(strength, dimension).expect("a check's own parameters");
            // Any step below the ceiling will do; a small one keeps gradient descent stable.
            let step_size = 0.1 / (strength + dimension as f64).powi(2);
            let what = format!("amplification in {steps} steps, lambda = {strength}, d = {dimension}");
            let found = recursion_in_doubles(&spectrum, method.clone(), 1e-6, step_size, 200 * steps);
            trial.found(&what, found, |trial, found| trial.at_most(&what, Enclosure::observed(found), 1.0 + ACCURACY));
        }
        return;
    }
    let mut exceeded = 0;
    for k in 0..count {
        let spectrum = exact_spectrum(&mut normals, 3);
        let q = spectrum.variance()[0].clone();
        let trace = spectrum.energy_weight().iter().fold(q.int(0), |sum, nq| sum + nq);
        // Just below the ceiling, and well below it.
        let ceiling = libm::sqrt((q.times(3) / (q.times(2) + trace).times(4)).to_f64());
        let share = if k % 2 == 0 { 0.999 } else { 0.013 };
        let step_size = Rational::fraction((ceiling * share * 1e6) as i64 + 1, 1_000_000);
        let init = Rational::fraction(1 + (k as i64 * 37) % 900, 1000);
        match steps_above_the_signal(&spectrum, &init, &step_size, steps) {
            Ok(found) => exceeded += found,
            Err(reason) => return trial.unknown("exact recursion", reason),
        }
    }
    let what = format!("{count} exact recursions of {steps} steps, at the ceiling and below: steps with |w_j| > w_0");
    trial.equal(what, exceeded);
}

fn steps_above_the_signal(
    spectrum: &Spectrum<Rational>,
    init: &Rational,
    step_size: &Rational,
    steps: usize,
) -> Result<usize, String> {
    let start = equal_start(spectrum, init).map_err(|error| error.to_string())?;
    let mut recursion = Lattice::new(spectrum, &start, step_size).map_err(|error| error.to_string())?;
    let mut exceeded = 0;
    for _ in 0..steps {
        recursion.advance(1);
        let w = recursion.coefficients();
        exceeded += usize::from(w[1..].iter().any(|x| x.abs() > w[0]));
    }
    Ok(exceeded)
}

fn recursion_in_doubles(
    spectrum: &Spectrum,
    method: Method<f64>,
    init: f64,
    step_size: f64,
    steps: usize,
) -> Result<f64, String> {
    let start = equal_start(spectrum, &init).map_err(|error| error.to_string())?;
    let mut recursion = Recursion::new(spectrum, method, step_size, start).map_err(|error| error.to_string())?;
    let mut largest = 1.0_f64;
    for _ in 0..steps {
        recursion.step().map_err(|stop| stop.to_string())?;
        let w = recursion.weights();
        largest = w[1..].iter().fold(largest, |m, x| m.max(x.abs() / w[0]));
    }
    Ok(largest)
}
