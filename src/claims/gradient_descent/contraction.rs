//! Convergence, and the algebraic contraction of the noise.

use super::super::limit::limit;
use super::super::measured::{ACCURACY, Population};
use super::super::{Enclosure, Trial};
use crate::descent::Method;

/// `factor int_0^oo R dt = V(0) = d alpha^2 - 1 - 2 log alpha`.
///
/// The integral to t by Gauss-Legendre quadrature on pieces that double, the rest from the bound `R <= R(t) t^2/s^2 (1 + o(1))`: its
/// limit over a ladder of t.
pub(super) fn convergence(constants: &[f64], trial: &mut Trial) {
    let factor = constants[0];
    for &(strength, dimension, alpha) in trial.first(&[(20.0, 100_u64, 1e-3), (0.5, 5, 0.1), (3.0, 1000, 1e-6)], 2) {
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
    let [bulk, risk, power] = constants else { unreachable!("three constants") };
    let rungs: Vec<f64> = (4..=9).map(|k| libm::pow(4.0, f64::from(k))).collect();
    for &(strength, dimension) in trial.first(&[(20.0, 1000_u64), (200.0, 100), (4.0, 300)], 2) {
        let d = dimension as f64;
        let population = Population::spiked(strength, dimension, 1e-3, Method::GradientDescent);
        let rows = match population.at(&rungs) {
            Ok(rows) => rows,
            Err(reason) => return trial.unknown("contraction of the spiked covariance", reason),
        };
        let middle = |e: Enclosure| 0.5 * (e.lo + e.hi);
        let squares: Vec<f64> = rows.iter().map(|row| middle(row.coefficients[2]).powi(2)).collect();
        let roots: Vec<f64> = rows.iter().map(|row| libm::sqrt(middle(row.risk))).collect();
        let slopes = |value: &dyn Fn(usize) -> f64| -> Vec<f64> {
            (1..rungs.len()).map(|k| (value(k) - value(k - 1)) / (rungs[k] - rungs[k - 1])).collect()
        };
        let at = format!("lambda = {strength}, d = {dimension}, t = 4^4 to 4^9");
        let what = format!("(d + 1) over the slope of 1/c^2, {at}");
        let constant = limit(&slopes(&|k| 1.0 / squares[k]), ACCURACY);
        trial.found(&what, constant, |trial, slope| {
            trial.near(&what, slope.map(|slope| (d + 1.0) / slope), *bulk, 1e-3 * bulk);
        });
        let what = format!("(d + 1)/(d - 2) over the square of the slope of R^(-1/2), {at}");
        let constant = limit(&slopes(&|k| 1.0 / roots[k]), ACCURACY);
        trial.found(&what, constant, |trial, slope| {
            trial.near(&what, slope.map(|slope| (d + 1.0) / (d - 2.0) / (slope * slope)), *risk, 1e-3 * risk);
        });
        // The logarithm makes local exponents approach -1 as log t/t, by less than half a rung later; the band is a fifth of
        // the distance to the next exponent that would be called another law.
        let what = format!("exponent of c^2 in t, {at}");
        let last = rungs.len() - 1;
        let local = |k: usize| libm::log(squares[k] / squares[k - 1]) / libm::log(rungs[k] / rungs[k - 1]);
        trial.near(what, Enclosure::ladder(local(last - 1), local(last)), *power, 0.02);
    }
}
