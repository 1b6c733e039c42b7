use crate::observe::{Amplification, Gauge, OverlapGauge, excesses};
use crate::risk::manifold::{bracket, weighted_excess};
use crate::spectrum::Spectrum;
use crate::weights::BlockWeights;

/// When the amplification of a trajectory will not grow any more.
pub(super) trait Settled<P: ?Sized = [f64]>: Gauge<f64, P> {
    /// Whether the signal has escaped and no ratio `w_j/w_0` rises, or will rise above what has been `seen`. `before` are the
    /// coefficients at an earlier time since which every ratio has been monotone.
    fn is_settled(&self, before: &[f64], point: &P, seen: &Amplification<f64>) -> bool;
}

/// The signal has escaped for good when its squared coefficient is above this.
pub(super) const ESCAPED: f64 = 0.9;

/// On the manifold, where ratios rise at a rate `q_0 h_0 - q_j h_j`: the signal, of coefficients `w` with excesses `e`, has escaped and
/// no ratio rises.
pub(super) fn ratios_fall(q: &[f64], energy_weight: &[f64], w: &[f64], e: &[f64]) -> bool {
    if w[0] * w[0] < ESCAPED {
        return false;
    }
    let tau = weighted_excess(energy_weight, e);
    let signal = q[0] * bracket(&q[0], &e[0], &tau);
    (1..w.len()).all(|j| signal <= q[j] * bracket(&q[j], &e[j], &tau))
}

impl Settled for Spectrum<f64> {
    fn is_settled(&self, _: &[f64], w: &[f64], _: &Amplification<f64>) -> bool {
        w[0] * w[0] >= ESCAPED && ratios_fall(self.variance(), self.energy_weight(), w, &excesses(w))
    }
}

impl Settled<Vec<f64>> for Spectrum<f64> {
    fn is_settled(&self, before: &[f64], w: &Vec<f64>, seen: &Amplification<f64>) -> bool {
        self.is_settled(before, &w[..], seen)
    }
}

impl Settled for OverlapGauge<'_> {
    fn is_settled(&self, before: &[f64], point: &[f64], seen: &Amplification<f64>) -> bool {
        overlaps_are_settled(self, before, point, seen)
    }
}

impl Settled<BlockWeights> for OverlapGauge<'_> {
    fn is_settled(&self, before: &[f64], point: &BlockWeights, seen: &Amplification<f64>) -> bool {
        overlaps_are_settled(self, before, point, seen)
    }
}

/// A ratio that rises, towards `|v'w*|` under a tilted signal, is bounded by the risk, `derivations/any-width.md`.
fn overlaps_are_settled<'a, P: ?Sized>(
    gauge: &OverlapGauge<'a>,
    before: &[f64],
    point: &P,
    seen: &Amplification<f64>,
) -> bool
where
    OverlapGauge<'a>: Gauge<f64, P>,
{
    let now = gauge.coefficients(point);
    if now[0] * now[0] < ESCAPED {
        return false;
    }
    let rising: Vec<usize> = (1..now.len()).filter(|&j| now[j] * before[0] > before[j] * now[0]).collect();
    if rising.is_empty() {
        return true;
    }
    let distance = (2.0 * gauge.risk(point)).sqrt() / gauge.risk.smallest_variance();
    let mut bound = seen.clone();
    for j in rising {
        let target = gauge.overlaps.columns()[j - 1].target;
        bound.see_one(j, &(target + distance).sqrt(), &(1.0 - distance).max(0.0).sqrt());
    }
    bound.largest() == seen.largest()
}
