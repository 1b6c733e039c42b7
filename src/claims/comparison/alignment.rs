//! The alignment: lost by GD, kept by SpecGD, whose ratios never grow.

use super::super::certified::{alignment, amplification, descent_at, spiked};
use super::super::instances::{exact_spectrum, spectrum};
use super::super::measured::{ACCURACY, Population};
use super::super::spectral_descent::ratios::{follow_many, over_ranges};
use super::super::{Enclosure, Trial};
use crate::descent::Method;
use crate::observe::Observable;
use crate::risk::manifold::bracket;
use crate::scalar::{Interval, Rational, Real, Scalar};
use crate::spectrum::Spectrum;
use crate::trajectory::Lattice;
use crate::weights::equal_start;

/// The smallest alignment along GD's flow falls as `alpha^(square (1 - factor/mu))`, and is between the bounds (2).
pub(super) fn lost(constants: &[f64], trial: &mut Trial) {
    let [square, factor] = constants else { unreachable!("two constants") };
    let rungs: Vec<f64> = [3, 10, 30, 60, 120, 160].map(|k| libm::pow(10.0, -f64::from(k))).to_vec();
    for &(mu, dimension) in trial.first(&[(6.0, 100_u64), (21.0, 10), (11.0, 1000)], 2) {
        let spectrum = spiked(Interval::point(mu - 1.0), dimension);
        let mut lowest = Vec::new();
        for &alpha in &rungs {
            let at = format!("mu = {mu}, d = {dimension}, alpha = {alpha:e}");
            let found = dip(mu, dimension, alpha).and_then(|time| {
                let rows = descent_at(&spectrum, Interval::point(alpha), &[time])?;
                Ok((alignment(&spectrum, &rows[0]), amplification(&spectrum, alpha)?))
            });
            trial.found(&at.clone(), found, |trial, (seen, a)| {
                // The smallest is at most what is seen; and at least the bound, which is to be below what is seen anywhere.
                let bound = |a: f64, rest: f64| (Interval::point(rest) + Interval::point(a).square()).recip();
                let least = bound(a.hi, dimension as f64 - 1.0);
                trial.at_least(
                    format!("alignment near its dip over the lower bound (2), {at}"),
                    Enclosure::proof(seen / least),
                    1.0 - ACCURACY,
                );
                let most = bound(a.hi, 1.0);
                trial.at_most(
                    format!("alignment near its dip over the upper bound (2), {at}"),
                    Enclosure::proof(seen / most),
                    1.0 + 1e-6,
                );
                lowest.push((Interval::point(alpha), seen));
            });
        }
        let what =
            format!("exponent of the smallest alignment from alpha = 1e-120 to 1e-160, mu = {mu}, d = {dimension}");
        if let [.., (one, coarse), (other, fine)] = lowest[..] {
            let slope = (coarse / fine).ln() / (one / other).ln();
            // The dip is found to a relative 1e-6 of its value.
            trial.near(what, Enclosure::proof(slope), square * (1.0 - factor / mu), 1e-4);
        } else {
            trial.unknown(what, "too few flows came to an end");
        }
    }
}

/// When `b/a` is largest, to double precision: the alignment is smallest near it.
fn dip(mu: f64, dimension: u64, alpha: f64) -> Result<f64, String> {
    let population = Population::spiked(mu - 1.0, dimension, alpha, Method::GradientDescent);
    let escape = population.measure(Observable::EscapeTime)?.hi;
    let (mut left, mut right) = (0.0, escape);
    // The sign of d/dt log(b/a), from positive to negative once.
    for _ in 0..50 {
        let middle = 0.5 * (left + right);
        let rows = population.at(&[middle])?;
        let w = |j: usize| rows[0].coefficients[j].hi;
        let e = [w(0) * w(0) - 1.0, w(1) * w(1), w(2) * w(2)];
        let tau = e[0] + mu * e[1] + (dimension as f64 - 2.0) * e[2];
        let rises = bracket(&1.0, &e[0], &tau) > mu * bracket(&mu, &e[1], &tau);
        if rises { left = middle } else { right = middle }
    }
    Ok(left)
}

/// SpecGD's alignment is at least `share/d` at all times: along exact recursions, and along the flow.
pub(super) fn stable(constants: &[f64], trial: &mut Trial) {
    let share = constants[0];
    // The flow: no group gains on the signal, over ranges of the spike's strength; its alignment begins at 1/d.
    over_ranges(trial, |trial, what, found| {
        let kept = if found.gaining == 0 { Interval::ONE } else { Interval::new(0.0, 1.0).expect("in order") };
        trial.at_least(format!("smallest alignment times d along the flow, {what}"), Enclosure::proof(kept), share);
    });
    // The recursion, in integers, at its ceiling and below.
    let mut normals = trial.normals(0);
    let (count, steps) = (trial.count(30, 6), trial.count(2000, 500));
    let mut smallest = f64::INFINITY;
    for k in 0..count {
        let spectrum = exact_spectrum(&mut normals, 3);
        let q = spectrum.variance()[0].clone();
        let trace = spectrum.energy_weight().iter().fold(q.int(0), |sum, nq| sum + nq);
        let ceiling = libm::sqrt((q.times(3) / (q.times(2) + trace).times(4)).to_f64());
        let part = if k % 2 == 0 { 0.999 } else { 0.02 };
        let step_size = Rational::fraction((ceiling * part * 1e6) as i64 + 1, 1_000_000);
        let init = Rational::fraction(1 + (k as i64 * 37) % 900, 1000);
        match smallest_in_recursion(&spectrum, &init, &step_size, steps) {
            Ok(found) => smallest = smallest.min(found),
            Err(reason) => return trial.unknown("exact recursion", reason),
        }
    }
    let what =
        format!("smallest alignment times d, {count} exact recursions of {steps} steps, at the ceiling and below");
    trial.at_least(what, Enclosure::exact(smallest), share);
}

/// The smallest alignment times d, rounded once, over the steps of an exact recursion.
fn smallest_in_recursion(
    spectrum: &Spectrum<Rational>,
    init: &Rational,
    step_size: &Rational,
    steps: usize,
) -> Result<f64, String> {
    let start = equal_start(spectrum, init).map_err(|error| error.to_string())?;
    let mut recursion = Lattice::new(spectrum, &start, step_size).map_err(|error| error.to_string())?;
    let mut smallest = f64::INFINITY;
    for _ in 0..steps {
        recursion.advance(1);
        let w = recursion.coefficients();
        let energy = w.iter().zip(spectrum.multiplicity()).fold(w[0].int(0), |sum, (w, n)| sum + w.square() * n);
        let share = w[0].square() * w[0].int(spectrum.dimension() as i64) / energy;
        smallest = smallest.min(share.to_f64());
    }
    Ok(smallest)
}

/// No ratio grows along the flow of spectral power `power`, from equal coefficients with `alpha^2 (2 max q + tr Q) <= q_0`.
pub(super) fn monotone(constants: &[f64], trial: &mut Trial) {
    let power = constants[0];
    if power > 0.0 {
        return along_a_power(Method::power(power).expect("a power in [0, 1]"), trial);
    }
    over_ranges(trial, |trial, what, found| {
        trial.at_most(format!("largest derivative of a ratio's square, {what}"), Enclosure::proof(found.growth), 0.0);
    });
    let mut normals = trial.normals(0);
    let count = trial.count(1000, 100);
    let mut largest = Enclosure::observed(0.0);
    let draw = || {
        let spectrum = spectrum(&mut normals, 2.0);
        let top = spectrum.variance()[1..].iter().fold(0.0_f64, |most, q| most.max(*q));
        let trace: f64 = spectrum.energy_weight().iter().sum();
        let edge = libm::sqrt(0.99 * spectrum.variance()[0] / (2.0 * top + trace));
        (spectrum, edge * libm::exp(-normals.next().abs()))
    };
    let found = follow_many(count, draw, |found| {
        if found.growth.upper() > largest.hi {
            largest = Enclosure::sampled(found.growth.lower(), found.growth.upper());
        }
    });
    trial.found("random spectra", found, |trial, undecided| {
        let what = format!("largest derivative of a ratio's square, {count} random spectra and starts, certified one by one, {undecided} undecided");
        trial.at_most(what, largest, 0.0);
    });
}

/// The alignment along the flow of a positive power, as far as SpecGD's would go until its first surface.
fn along_a_power(method: Method<f64>, trial: &mut Trial) {
    for (strength, dimension) in [(20.0, 100_u64), (100.0, 3), (20.0, 10_000)] {
        let init = libm::sqrt(0.1 / (dimension as f64 + 3.0 * strength));
        let times: Vec<f64> = (0..=100).map(|k| init * f64::from(k) / 100.0).collect();
        let what = format!(
            "smallest relative change of the alignment between 101 times, lambda = {strength}, d = {dimension}"
        );
        let rows = Population::spiked(strength, dimension, init, method.clone()).at(&times);
        trial.found(&what, rows, |trial, rows| {
            let change = rows.windows(2).map(|pair| pair[1].alignment.hi / pair[0].alignment.lo - 1.0);
            let smallest = change.fold(f64::INFINITY, f64::min);
            trial.at_least(&what, Enclosure::ladder(smallest, smallest), -ACCURACY);
        });
    }
}
