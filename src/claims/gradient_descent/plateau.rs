//! The spike's plateau, and the step that it costs.

use super::super::certified::{decimal, descent_at, spiked};
use super::super::{Enclosure, Trial};
use crate::descent::Method;
use crate::risk::manifold::{bracket, excess_energy, gradient};
use crate::risk::{DenseRisk, Landscape};
use crate::scalar::{DomainError, Interval, Rational, Scalar};
use crate::spectrum::{CovarianceMatrix, Spectrum};
use crate::trajectory::Recursion;
use nalgebra::{DMatrix, DVector};

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

    // Along a certified flow: at alpha = 1e-60 the plateau lasts from t = 138/mu to t = 50, all but its ends are within 1e-6 of it.
    for &mu in trial.first(&[21.0_f64, 201.0], 1) {
        let (from, to) = (12.0, 30.0);
        let spectrum = spiked(Interval::point(mu - 1.0), 100);
        match descent_at(&spectrum, decimal("1e-60"), &[from, to]) {
            Ok(rows) => {
                let rate = |j: usize| (rows[1][j] / rows[0][j]).ln() / Interval::point(to - from);
                let square = rows[0][1].square() * Interval::point(saturation * mu);
                let near = |trial: &mut Trial, what: &str, found: Interval, value: f64| {
                    trial.near(
                        format!("{what} on the plateau, mu = {mu}, t = 12 to 30"),
                        Enclosure::proof(found),
                        value,
                        1e-6,
                    );
                };
                near(trial, "3 mu b^2", square, 1.0);
                near(trial, "growth of the signal", rate(0), signal / 3.0);
                near(trial, "growth of the bulk", rate(2), bulk / 3.0);
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
    exact_multipliers(*ceiling, *inverse, trial);
}

/// The multipliers `1 - eta dg/dw` at the ceilings, a thousandth below and above, exactly: of the spike at its plateau, of the signal at
/// the optimum, and there, off the manifold, of the signal's column in the spike's row.
fn exact_multipliers(ceiling: f64, inverse: f64, trial: &mut Trial) {
    let number = |x: f64| <Rational as crate::scalar::Real>::from_f64(x, &());
    let thousandth = Rational::fraction(1, 1000);
    let mut wrong = 0;
    let mut judge = |slope: &Rational, ceiling: &Rational| {
        for side in [-1, 1] {
            let step = ceiling.clone() * (slope.int(1) + thousandth.times(side));
            let multiplier = slope.int(1) - step * slope;
            wrong += usize::from((multiplier.square() > slope.int(1)) != (side > 0));
        }
    };
    // b = 1/(3 k) is the plateau at mu = 3 k^2.
    for k in [1_i64, 2, 5] {
        let mu = Rational::fraction(3 * k * k, 1);
        let spectrum = Spectrum::spiked(mu.clone() - mu.int(1), 50).expect("a check's own parameters");
        let spike = |b: &Rational| {
            let tau = excess_energy(&spectrum, &[-mu.int(1), b.square(), mu.int(0)]);
            gradient(&mu, &bracket(&mu, &b.square(), &tau), b)
        };
        judge(&slope_of_cubic(spike, &Rational::fraction(1, 3 * k)), &(number(ceiling) / &mu));
        let signal = |a: &Rational| {
            let e = [a.square() - mu.int(1), mu.int(0), mu.int(0)];
            gradient(&mu.int(1), &bracket(&mu.int(1), &e[0], &excess_energy(&spectrum, &e)), a)
        };
        judge(&slope_of_cubic(signal, &mu.int(1)), &(mu.int(1) / number(inverse)));
        match off_the_manifold(3.0 * (k * k) as f64) {
            Ok(slope) => judge(&number(slope), &(number(ceiling) / &mu)),
            Err(reason) => trial.unknown("gradient off the manifold", reason),
        }
    }
    let what =
        "multipliers a thousandth below and above the ceilings, exactly, mu = 3, 12, 75: |.| on the wrong side of 1";
    trial.equal(what, wrong);
}

/// The slope of a polynomial of degree at most four at `x`, by a difference that is exact for those.
fn slope_of_cubic(f: impl Fn(&Rational) -> Rational, x: &Rational) -> Rational {
    let h = Rational::fraction(1, 16);
    let shifted = |n: i64| f(&(x.clone() + h.times(n)));
    ((shifted(-2) - shifted(2)) + (shifted(1) - shifted(-1)).times(8)) / h.times(12)
}

/// The same of the dense gradient at the optimum, for the entry of the signal's column in the spike's row: sums of few multiples of
/// 1/4096, which doubles hold exactly.
fn off_the_manifold(mu: f64) -> Result<f64, String> {
    let text = |error: DomainError| error.to_string();
    let covariance = CovarianceMatrix::diagonal(vec![1.0, mu, 1.0, 1.0]).map_err(text)?;
    let risk = DenseRisk::new(covariance, DVector::from_fn(4, |i, _| if i == 0 { 1.0 } else { 0.0 })).map_err(text)?;
    let entry = |x: f64| {
        let mut weights = DMatrix::zeros(4, 4);
        (weights[(0, 0)], weights[(1, 0)]) = (1.0, x);
        let mut gradient = DMatrix::zeros(4, 4);
        (&risk).gradient(&weights, &mut gradient);
        gradient[(1, 0)]
    };
    let h = 1.0 / 16.0;
    Ok(((entry(-2.0 * h) - entry(2.0 * h)) + 8.0 * (entry(h) - entry(-h))) / (12.0 * h))
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
