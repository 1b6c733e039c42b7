//! What the first instant decides: when the signal never shrinks, and the boundary of amplification at finite initialisation.

use super::super::instances::exact_spectrum;
use super::super::measured::{ACCURACY, Population};
use super::super::{Enclosure, Trial};
use crate::descent::Method;
use crate::risk::manifold::{bracket, excess_energy};
use crate::scalar::{Rational, Real, Scalar};
use crate::spectrum::Spectrum;

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

    // The set is kept: from the edge itself the signal does not decrease.
    for (strength, dimension) in [(20.0_f64, 100_u64), (0.5, 10), (300.0, 1000)] {
        let trace = dimension as f64 + strength;
        let init = libm::sqrt(0.999 * top / (bottom + trace));
        let population = Population::spiked(strength, dimension, init, Method::GradientDescent);
        let times: Vec<f64> = (0..60).map(|k| 1e-4 * libm::pow(1.25, f64::from(k))).collect();
        let what = format!(
            "smallest growth of the signal between 60 times, lambda = {strength}, d = {dimension}, alpha near the edge"
        );
        trial.found(&what, population.at(&times), |trial, rows| {
            let growth = rows.windows(2).map(|pair| pair[1].coefficients[0].hi / pair[0].coefficients[0].lo - 1.0);
            let smallest = growth.fold(f64::INFINITY, f64::min);
            trial.at_least(&what, Enclosure::ladder(smallest, smallest), -ACCURACY);
        });
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
                let what =
                    format!("amplification at lambda = {strength}, d = {dimension}, alpha = {side} of the curve's");
                let found = Population::spiked(strength, dimension, init, Method::GradientDescent).amplification();
                trial.found(&what, found, |trial, found| {
                    if amplified {
                        trial.at_least(&what, found, 1.0 + 100.0 * ACCURACY);
                    } else {
                        trial.at_most(&what, found, 1.0 + ACCURACY);
                    }
                });
            }
        }
    }
}
