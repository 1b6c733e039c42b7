//! Convergence, and the algebraic contraction of the noise.

use super::super::certified::{decimal, descent_at, risk, spiked};
use super::super::limit::limit;
use super::super::measured::{ACCURACY, Population};
use super::super::{Enclosure, Trial};
use crate::descent::Method;
use crate::scalar::Interval;

/// `factor int_0^oo R dt = V(0) = d alpha^2 - 1 - 2 log alpha`.
///
/// The integral to t by Gauss-Legendre quadrature on pieces that double, the rest from the bound `R <= R(t) t^2/s^2 (1 + o(1))`: its
/// limit over a ladder of t.
pub(super) fn convergence(constants: &[f64], trial: &mut Trial) {
    let [factor] = constants else { unreachable!("one constant") };
    for &(strength, dimension, alpha) in trial.first(&[(20.0, 100_u64, 1e-3), (0.5, 5, 0.1), (3.0, 1000, 1e-6)], 2) {
        certified_balance(*factor, (strength, dimension, alpha), trial);
        let stated = (dimension as f64).mul_add(alpha * alpha, -1.0) - 2.0 * libm::log(alpha);
        let population = Population::spiked(strength, dimension, alpha, Method::GradientDescent);
        let what =
            format!("{factor} x the integral of R over V(0), lambda = {strength}, d = {dimension}, alpha = {alpha:e}");
        let found = integral(&population).and_then(|integrals| {
            // The tail is of order 1/t: two rungs cancel its leading term.
            let cancelled: Vec<f64> =
                integrals.windows(2).map(|pair| factor * (2.0 * pair[1] - pair[0]) / stated).collect();
            limit(&cancelled[cancelled.len() - 6..], 1e3 * ACCURACY)
        });
        trial.found(&what, found, |trial, found| trial.near(&what, found, 1.0, 1e-3));
    }
}

/// `factor int_0^t R` against `V(0) - V(t)`, and `8 t R(t)` against V(0), in certified intervals. R does not increase, so its values at
/// the ends of a piece of time bound its integral over the piece.
fn certified_balance(factor: f64, (strength, dimension, alpha): (f64, u64, f64), trial: &mut Trial) {
    // Even pieces while R is of order one, then pieces that grow like the time.
    let end = 5000.0;
    let mut times: Vec<f64> = (0..=6000).map(|k| f64::from(k) / 1024.0).collect();
    while times.last().is_some_and(|t| *t < end) {
        times.push(times[times.len() - 1] * (1.0 + 1.0 / 256.0));
    }
    let spectrum = spiked(Interval::point(strength), dimension);
    let at = format!("lambda = {strength}, d = {dimension}, alpha = {alpha:e}");
    let rows = descent_at(&spectrum, Interval::point(alpha), &times);
    trial.found(&at.clone(), rows, |trial, rows| {
        let height = |w: &[Interval]| {
            let excess = |j: usize| if j == 0 { w[0].square() - Interval::ONE } else { w[j].square() };
            let sum = (0..3).fold(Interval::ZERO, |sum, j| sum + spectrum.multiplicity()[j] * excess(j));
            sum - w[0].ln().scale(2.0)
        };
        let risks: Vec<Interval> = rows.iter().map(|w| risk(&spectrum, w)).collect();
        let pieces = times.windows(2).zip(risks.windows(2));
        let integral = pieces.fold(Interval::ZERO, |sum, (t, r)| {
            sum + r[0].hull(r[1]) * (Interval::point(t[1]) - Interval::point(t[0]))
        });
        let (first, last) = (height(&rows[0]), height(&rows[rows.len() - 1]));
        let ratio = integral.scale(factor) / (first - last);
        trial.near(
            format!("{factor} x the integral of R to t = {end} over V(0) - V({end}), {at}"),
            Enclosure::proof(ratio),
            1.0,
            5e-3,
        );
        trial.at_most(format!("V({end})/V(0), {at}"), Enclosure::proof(last / first), 1e-2);
        let bound = times.iter().zip(&risks).fold(Interval::ZERO, |most, (t, r)| most.max(r.scale(*t)));
        trial.at_most(
            format!("largest 8 t R/V(0) at {} times, {at}", times.len()),
            Enclosure::proof(bound.scale(8.0) / first),
            1.0,
        );
    });
}

/// The integrals of R from 0 to `2^k/1000`, k = 0, 1, ...
fn integral(population: &Population) -> Result<Vec<f64>, String> {
    // Sixteen equal pieces of every octave, four Gauss points each: relative error far below the tail's.
    const NODES: [(f64, f64); 4] = [
        (-0.861_136_311_594_052_6, 0.347_854_845_137_453_85),
        (-0.339_981_043_584_856_26, 0.652_145_154_862_546_1),
        (0.339_981_043_584_856_26, 0.652_145_154_862_546_1),
        (0.861_136_311_594_052_6, 0.347_854_845_137_453_85),
    ];
    let mut times = Vec::new();
    let mut weights = Vec::new();
    let (mut from, mut to) = (0.0, 1e-3);
    const OCTAVES: usize = 26;
    for _ in 0..OCTAVES {
        let piece = (to - from) / 16.0;
        for k in 0..16 {
            let middle = from + piece * (f64::from(k) + 0.5);
            for (node, weight) in NODES {
                times.push(middle + 0.5 * piece * node);
                weights.push(0.5 * piece * weight);
            }
        }
        (from, to) = (to, 2.0 * to);
    }
    let rows = population.at(&times)?;
    let mut sum = 0.0;
    let mut sums = Vec::new();
    for (k, row) in rows.iter().enumerate() {
        sum += weights[k] * row.risk.hi;
        if (k + 1) % 64 == 0 {
            sums.push(sum);
        }
    }
    Ok(sums)
}

/// `c^2 ~ bulk/((d + 1) t)`, `t^2 R -> risk (d - 2)/(d + 1)`, and the exponent of `c^2` in t.
///
/// Constants are read off the slopes of `1/c^2` and `R^(-1/2)`, which are linear in t up to a logarithm: a shift of t, which the escape
/// causes, does not enter, and the logarithm's slope is of order 1/t.
pub(super) fn contraction(constants: &[f64], trial: &mut Trial) {
    let [bulk, risk_constant, power] = constants else { unreachable!("three constants") };
    let rungs: Vec<f64> = (4..=9).map(|k| libm::pow(4.0, f64::from(k))).collect();
    for &(strength, dimension) in trial.first(&[(20.0, 1000_u64), (200.0, 100), (4.0, 300)], 2) {
        let d = dimension as f64;
        let spectrum = spiked(Interval::point(strength), dimension);
        let rows = match descent_at(&spectrum, decimal("1e-3"), &rungs) {
            Ok(rows) => rows,
            Err(reason) => return trial.unknown("contraction of the spiked covariance", reason),
        };
        // What is linear in t, and the slope of it from one rung to the next, certified.
        let inverse: Vec<Interval> = rows.iter().map(|w| w[2].square().recip()).collect();
        let root: Vec<Interval> = rows.iter().map(|w| risk(&spectrum, w).sqrt().recip()).collect();
        let slopes = |y: &[Interval]| -> Vec<Interval> {
            let pairs = y.windows(2).zip(rungs.windows(2));
            pairs.map(|(y, t)| (y[1] - y[0]) / Interval::point(t[1] - t[0])).collect()
        };
        let share = |slope: Interval| Interval::point(d + 1.0) / slope;
        let square = |slope: Interval| Interval::point(d + 1.0) / Interval::point(d - 2.0) / slope.square();
        let at = format!("lambda = {strength}, d = {dimension}");
        for (name, slopes, constant, stated) in [
            ("(d + 1) over the slope of 1/c^2", slopes(&inverse), &share as &dyn Fn(Interval) -> Interval, *bulk),
            ("(d + 1)/(d - 2) over the square of the slope of R^(-1/2)", slopes(&root), &square, *risk_constant),
        ] {
            let last = constant(slopes[slopes.len() - 1]);
            trial.near(format!("{name}, {at}, t = 4^8 to 4^9"), Enclosure::proof(last), stated, 1e-3 * stated);
            let what = format!("{name}, {at}, limit from t = 4^4 to 4^9");
            let middles: Vec<f64> = slopes.iter().map(|slope| constant(*slope).midpoint()).collect();
            let found = limit(&middles, ACCURACY);
            trial.found(&what, found, |trial, found| trial.near(&what, found, stated, 1e-3 * stated));
        }
        // The logarithm makes local exponents approach -1 as log t/t, by less than half a rung later; the band is a fifth of
        // the distance to the next exponent that would be called another law.
        let what = format!("exponent of c^2 in t, {at}, t = 4^8 to 4^9");
        let last = rungs.len() - 1;
        let local = (inverse[last - 1] / inverse[last]).ln() / Interval::point(rungs[last] / rungs[last - 1]).ln();
        trial.near(what, Enclosure::proof(local), *power, 0.02);
    }
}
