use crate::descent::Method;
use crate::observe::{Amplification, Gauge, OverlapGauge, excesses};
use crate::risk::manifold::{bracket, gradient, weighted_excess};
use crate::spectrum::Spectrum;
use crate::weights::BlockWeights;

/// When the amplification of a trajectory will not grow any more.
pub(super) trait Settled<P: ?Sized = [f64]>: Gauge<f64, P> {
    /// Whether the signal has escaped and no ratio `w_j/w_0` rises, or will rise above what has been `seen`. `before` are the
    /// coefficients at an earlier time since which every ratio has been monotone.
    fn is_settled(&self, before: &[f64], point: &P, seen: &Amplification<f64>) -> bool;

    /// Whether steps of this size follow the flow from `point` on, for which [`is_settled`](Self::is_settled) holds: in the midst of a divergence
    /// ratios fall for a step, too.
    fn is_calm(&self, step_size: f64, method: &Method, point: &P) -> bool;
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

/// Steps of GD turn no coefficient around, here and with the signal at the optimum, where its curvature is `6 q_0^2`: then every one
/// goes the way of the flow. A spectral power's move none by more than half the signal; SpecGD's are as long as they are.
pub(super) fn steps_are_calm(
    step_size: f64,
    method: &Method,
    [q, energy_weight]: [&[f64]; 2],
    w: &[f64],
    e: &[f64],
) -> bool {
    let tau = weighted_excess(energy_weight, e);
    let bracket = |j: usize| bracket(&q[j], &e[j], &tau);
    match method {
        Method::GradientDescent => {
            let turns = |j: usize| step_size * (q[j] * bracket(j)).abs() > 1.0;
            6.0 * step_size * q[0] * q[0] <= 1.0 && !(0..w.len()).any(turns)
        }
        Method::Power(p) => {
            let length = |j: usize| step_size * libm::pow(gradient(&q[j], &bracket(j), &w[j]).abs(), *p);
            (0..w.len()).all(|j| length(j) <= 0.5 * w[0].abs())
        }
        Method::Spectral => true,
    }
}

impl Settled for Spectrum<f64> {
    fn is_settled(&self, _: &[f64], w: &[f64], _: &Amplification<f64>) -> bool {
        w[0] * w[0] >= ESCAPED && ratios_fall(self.variance(), self.energy_weight(), w, &excesses(w))
    }

    fn is_calm(&self, step_size: f64, method: &Method, w: &[f64]) -> bool {
        steps_are_calm(step_size, method, [self.variance(), self.energy_weight()], w, &excesses(w))
    }
}

impl Settled<Vec<f64>> for Spectrum<f64> {
    fn is_settled(&self, before: &[f64], w: &Vec<f64>, seen: &Amplification<f64>) -> bool {
        self.is_settled(before, &w[..], seen)
    }

    fn is_calm(&self, step_size: f64, method: &Method, w: &Vec<f64>) -> bool {
        self.is_calm(step_size, method, &w[..])
    }
}

impl Settled for OverlapGauge<'_> {
    fn is_settled(&self, before: &[f64], point: &[f64], seen: &Amplification<f64>) -> bool {
        overlaps_are_settled(self, before, point, seen)
    }

    fn is_calm(&self, step_size: f64, method: &Method, point: &[f64]) -> bool {
        overlaps_are_calm(self, step_size, method, point)
    }
}

impl Settled<BlockWeights> for OverlapGauge<'_> {
    fn is_settled(&self, before: &[f64], point: &BlockWeights, seen: &Amplification<f64>) -> bool {
        overlaps_are_settled(self, before, point, seen)
    }

    fn is_calm(&self, step_size: f64, method: &Method, point: &BlockWeights) -> bool {
        overlaps_are_calm(self, step_size, method, point)
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

/// The gradient is `Q^(1/2) (2 E + tr E) Q^(1/2) W` with `|E|^2/2 + (tr E)^2/4 = R`, so `|gradient| <= (2 sqrt 2 + 2) |Q| sqrt R |W|`: of GD the
/// step turns nothing around where eta times the factor of W is at most 1.
fn overlaps_are_calm<'a, P: ?Sized>(gauge: &OverlapGauge<'a>, step_size: f64, method: &Method, point: &P) -> bool
where
    OverlapGauge<'a>: Gauge<f64, P>,
{
    let factor = (8.0_f64.sqrt() + 2.0) * gauge.risk.largest_variance() * gauge.risk(point).sqrt();
    match method {
        Method::GradientDescent => step_size * factor <= 1.0,
        Method::Power(p) => {
            let now = gauge.coefficients(point);
            let size = now.iter().fold(0.0_f64, |largest, w| largest.max(w.abs()));
            step_size * libm::pow(factor * size, *p) <= 0.5 * now[0].abs()
        }
        Method::Spectral => true,
    }
}
