//! What the first instant decides: when the signal never shrinks, and the boundary of amplification at finite initialisation.

use super::super::certified::{amplification, spiked, watch_descent};
use super::super::instances::exact_spectrum;
use super::super::measured::ACCURACY;
use super::super::{Enclosure, Trial};
use crate::risk::manifold::{bracket, excess_energy};
use crate::scalar::{Interval, Rational, Real, Scalar};
use crate::spectrum::Spectrum;
use crate::trajectory::validated::amplification_of_box;

/// The exact value of a double.
fn exact(x: f64) -> Rational {
    Rational::from_f64(x, &())
}

/// Excesses at an equal start whose square is `square`.
fn equal_excesses(square: &Rational, groups: usize) -> Vec<Rational> {
    (0..groups).map(|j| if j == 0 { square.clone() - square.int(1) } else { square.clone() }).collect()
}

/// `alpha^2 <= top q_0/(bottom q_0 + tr Q)` if and only if `h_0 <= 0`: the sign of `h_0` a millionth below and above, exactly.
pub(super) fn signal_monotone(constants: &[f64], trial: &mut Trial) {
    let [top, bottom] = constants else { unreachable!("two constants") };
    let mut normals = trial.normals(0);
    let instances = trial.count(200, 40);
    let millionth = Rational::fraction(1, 1_000_000);
    let mut wrong = 0;
    for _ in 0..instances {
        let spectrum = exact_spectrum(&mut normals, 3);
        let q = &spectrum.variance()[0];
        let trace = spectrum.energy_weight().iter().fold(q.int(0), |sum, nq| sum + nq);
        let edge = exact(*top) * q / (exact(*bottom) * q + trace);
        for side in [-1, 1] {
            let square = edge.clone() * (q.int(1) + millionth.times(side));
            let e = equal_excesses(&square, spectrum.groups());
            let h = bracket(q, &e[0], &excess_energy(&spectrum, &e));
            wrong += usize::from((h > q.int(0)) != (side > 0));
        }
    }
    trial.equal(format!("sign of h_0 a millionth off the edge, {instances} exact spectra: wrong signs"), wrong);

    // The set is kept: from just inside it the bracket stays negative, at all times of a certified flow.
    for (strength, dimension) in [(20.0_f64, 100_u64), (0.5, 10), (300.0, 1000)] {
        let trace = dimension as f64 + strength;
        let init = libm::sqrt(0.999 * top / (bottom + trace));
        let times: Vec<f64> = (0..50).map(|k| 1e-4 * libm::pow(1.25, f64::from(k))).collect();
        let what =
            format!("largest h_0 at 50 times to t = 5.6, lambda = {strength}, d = {dimension}, alpha near the edge");
        let mut largest = Interval::point(f64::MIN);
        let spectrum = spiked(Interval::point(strength), dimension);
        let found = watch_descent(&spectrum, Interval::point(init), &times, |step, time| {
            largest = largest.max(step.brackets_at(time)[0]);
            true
        });
        trial.found(&what, found, |trial, ()| trial.at_most(&what, Enclosure::proof(largest), 0.0));
    }
}

/// `lambda - c_0 > alpha^2 lambda (c_1 lambda + d + c_2)` if and only if the spike is amplified.
pub(super) fn initial_growth(constants: &[f64], trial: &mut Trial) {
    let [c0, c1, c2] = constants else { unreachable!("three constants") };
    let millionth = Rational::fraction(1, 1_000_000);
    let mut wrong = 0;
    let strengths = [2.0625, 2.5, 4.0, 20.0, 1000.0];
    let dimensions = [3_u64, 10, 100, 100_000];
    for strength in strengths {
        for dimension in dimensions {
            let lambda = exact(strength);
            let spectrum = Spectrum::spiked(lambda.clone(), dimension).expect("a check's own parameters");
            let d = lambda.int(dimension as i64);
            let edge = (lambda.clone() - exact(*c0)) / (lambda.clone() * (exact(*c1) * &lambda + d + exact(*c2)));
            for side in [-1, 1] {
                let square = edge.clone() * (lambda.int(1) + millionth.times(side));
                let e = equal_excesses(&square, 3);
                let tau = excess_energy(&spectrum, &e);
                let q = spectrum.variance();
                let rate = q[0].clone() * bracket(&q[0], &e[0], &tau) - q[1].clone() * bracket(&q[1], &e[1], &tau);
                wrong += usize::from((rate > lambda.int(0)) != (side < 0));
            }
        }
    }
    let what = "sign of d/dt log(b/a) at t = 0, a millionth off the curve at 20 (lambda, d), exactly: wrong signs";
    trial.equal(what, wrong);

    // The converse needs the whole trajectory: nothing above the curve is amplified later, everything below it is at once.
    for &dimension in trial.first(&[3_u64, 100, 10_000], 2) {
        for strength in [2.5_f64, 8.0, 100.0] {
            let edge = libm::sqrt((strength - c0) / (strength * (c1 * strength + dimension as f64 + c2)));
            for (side, amplified) in [(1.001, false), (3.0, false), (0.99, true)] {
                let init = side * edge;
                // A sabotaged curve may have no point there.
                if !(1e-300..=1.0).contains(&init) {
                    continue;
                }
                let at =
                    format!("amplification at lambda = {strength}, d = {dimension}, alpha = {side} of the curve's");
                if amplified {
                    let found = amplification(&spiked(Interval::point(strength), dimension), init);
                    trial.found(&at, found, |trial, found| trial.at_least(&at, found, 1.0 + 100.0 * ACCURACY));
                } else {
                    // It falls with alpha: one flow speaks for all larger starts.
                    let what = format!("{at} and above");
                    let starts = Interval::new(init, 1.0).expect("in order");
                    let found = amplification_of_box(Interval::point(strength), dimension, starts);
                    let found = found.map(Enclosure::proof).map_err(|error| error.to_string());
                    trial.found(&what, found, |trial, found| trial.at_most(&what, found, 1.0 + ACCURACY));
                }
            }
        }
    }
}
