//! Amplification grows like `alpha^-(1 - 3/mu)`.

use super::super::certified::{amplification, spiked};
use super::super::{Enclosure, Trial};
use crate::scalar::{Interval, Scalar};

/// The exponent of the amplification in `1/alpha` is `top - factor/mu`, and the bounds (7) and (8) of the derivation hold.
pub(super) fn exponent_in_alpha(constants: &[f64], trial: &mut Trial) {
    let [top, factor] = constants else { unreachable!("two constants") };
    let rungs: Vec<f64> = [5, 10, 20, 40, 80, 120, 160, 200, 240, 280].map(|k| libm::pow(10.0, -f64::from(k))).to_vec();
    for (strength, dimension) in [(2.1_f64, 100_u64), (3.0, 3), (3.0, 100), (5.0, 10_000), (10.0, 100), (100.0, 100)] {
        let mu = Interval::point(strength) + Interval::ONE;
        let stated = Interval::point(*top) - Interval::point(*factor) / mu;
        let mut logs = Vec::new();
        for &alpha in &rungs {
            let at = format!("lambda = {strength}, d = {dimension}, alpha = {alpha:e}");
            let found = amplification(&spiked(Interval::point(strength), dimension), alpha);
            trial.found(&at.clone(), found, |trial, found| {
                let log = Interval::new(found.lo, found.hi).map_or(Interval::ENTIRE, Interval::ln);
                let start = Interval::point(alpha);
                let bound = |k: i64| -(stated * (start * mu.times(k).sqrt()).ln());
                if (start.square() * mu.times(3)).upper() <= 1.0 {
                    trial.at_most(
                        format!("log amplification less bound (7), {at}"),
                        Enclosure::proof(log - bound(3)),
                        0.0,
                    );
                }
                if is_small_enough(start, mu, dimension) {
                    let over = log - bound(6) + Interval::ONE;
                    trial.at_least(format!("log amplification less bound (8), {at}"), Enclosure::proof(over), 0.0);
                }
                logs.push((start, log));
            });
        }
        // The O(1) of the law is constant up to powers of alpha, which are below 1e-12 here.
        let what =
            format!("slope of log amplification from alpha = 1e-240 to 1e-280, lambda = {strength}, d = {dimension}");
        if let [.., (one, coarse), (other, fine)] = logs[..] {
            let slope = (fine - coarse) / (one / other).ln() - stated;
            trial.near(format!("{what}, less 1 - 3/mu"), Enclosure::proof(slope), 0.0, 1e-6);
        } else {
            trial.unknown(what, "too few flows came to an end");
        }
    }
}

/// Condition (9), certainly.
fn is_small_enough(alpha: Interval, mu: Interval, dimension: u64) -> bool {
    let (one, two) = (Interval::ONE, Interval::point(2.0));
    let power = |k: i64| alpha.pow(two - mu.int(k) / mu);
    let sum = two.exp() * power(6) + (one / mu.int(3)).exp() * mu.int(dimension as i64) * power(2);
    (sum * mu.int(6)).upper() < 1.0 && (alpha.square() * mu.times(6)).upper() < 1.0
}
