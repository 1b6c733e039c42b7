use super::quiet::quiet_for;
use super::{Condition, alignment, risk};
use crate::risk::BlockRisk;
use crate::risk::manifold::risk_form;
use crate::scalar::Real;
use crate::spectrum::Spectrum;
use crate::trajectory::Segment;
use crate::trajectory::polynomial::add_scaled;
use crate::weights::{BlockWeights, Overlaps};
use std::borrow::Cow;

/// How observables are read off a point of a trajectory: the numbers of a flow's segment, or the weights of a recursion.
pub trait Gauge<T: Real, P: ?Sized = [T]> {
    /// The coefficients, signal first; off the invariant manifold the [roots of overlaps](Overlaps).
    fn coefficients<'p>(&self, point: &'p P) -> Cow<'p, [T]>;

    /// Population risk, quarter normalisation.
    fn risk(&self, point: &P) -> T;

    /// Share of the energy on the signal; `None` where there is no energy.
    fn alignment(&self, point: &P) -> Option<T>;
}

/// The same along a segment, as polynomials in local time.
pub trait SegmentGauge<T: Real>: Gauge<T> {
    /// The risk; empty where it has no accurate polynomial form but falls all along the flow.
    fn risk_polynomial(&self, segment: &impl Segment<T>) -> Vec<T>;

    /// Positive where the alignment is above `level`.
    fn alignment_margin(&self, segment: &impl Segment<T>, level: &T) -> Vec<T>;

    /// A time before which `condition`, which fails at `point`, does not hold, where no coefficient moves faster than 1; `None` where
    /// nothing is known.
    fn quiet_for(&self, _condition: &Condition<T>, _point: &[T]) -> Option<T> {
        None
    }
}

/// On the invariant manifold a point is the coefficients, and everything follows from them.
impl<T: Real> Gauge<T> for Spectrum<T> {
    fn coefficients<'p>(&self, point: &'p [T]) -> Cow<'p, [T]> {
        Cow::Borrowed(point)
    }

    fn risk(&self, point: &[T]) -> T {
        risk(self, point)
    }

    fn alignment(&self, point: &[T]) -> Option<T> {
        alignment(self, point)
    }
}

impl<T: Real> Gauge<T, Vec<T>> for Spectrum<T> {
    fn coefficients<'p>(&self, point: &'p Vec<T>) -> Cow<'p, [T]> {
        Cow::Borrowed(point)
    }

    fn risk(&self, point: &Vec<T>) -> T {
        risk(self, point)
    }

    fn alignment(&self, point: &Vec<T>) -> Option<T> {
        alignment(self, point)
    }
}

impl<T: Real> SegmentGauge<T> for Spectrum<T> {
    fn quiet_for(&self, condition: &Condition<T>, point: &[T]) -> Option<T> {
        quiet_for(self, condition, point)
    }

    fn risk_polynomial(&self, segment: &impl Segment<T>) -> Vec<T> {
        let excess: Vec<Vec<T>> = (0..segment.groups()).map(|j| segment.excess(j)).collect();
        let degree = excess.iter().map(Vec::len).max().unwrap_or(1) - 1;
        let zero = segment.length().int(0);
        let order = |k: usize| -> Vec<T> { excess.iter().map(|e| e.get(k).unwrap_or(&zero).clone()).collect() };
        let orders: Vec<Vec<T>> = (0..=degree).map(order).collect();
        let mut risk = vec![zero; 2 * degree + 1];
        for i in 0..=degree {
            for k in 0..=degree {
                risk[i + k] = risk[i + k].clone() + risk_form(self, &orders[i], &orders[k]);
            }
        }
        risk
    }

    fn alignment_margin(&self, segment: &impl Segment<T>, level: &T) -> Vec<T> {
        let one = level.int(1);
        let mut sum = vec![level.int(0)];
        for j in 0..segment.groups() {
            let weight = if j == 0 { one.clone() - level } else { -(self.multiplicity()[j].clone() * level) };
            let mut energy = segment.excess(j);
            if j == 0 {
                energy[0] = energy[0].clone() + &one;
            }
            add_scaled(&mut sum, &weight, &energy);
        }
        sum
    }
}

/// Off the manifold: the columns of [`Overlaps`], and energy and risk of the weights themselves.
#[derive(Clone, Copy, Debug)]
pub struct OverlapGauge<'a> {
    /// Risk and energy.
    pub risk: &'a BlockRisk,
    /// Columns.
    pub overlaps: &'a Overlaps,
}

impl Gauge<f64, BlockWeights> for OverlapGauge<'_> {
    fn coefficients<'p>(&self, weights: &'p BlockWeights) -> Cow<'p, [f64]> {
        Cow::Owned(self.overlaps.roots(weights))
    }

    fn risk(&self, weights: &BlockWeights) -> f64 {
        self.risk.population_risk(weights)
    }

    fn alignment(&self, weights: &BlockWeights) -> Option<f64> {
        let energy = self.risk.energy(weights);
        let root = self.overlaps.roots(weights)[0];
        (energy > 0.0).then(|| root * root / energy)
    }
}

/// A point of an [`OverlapFlow`](crate::trajectory::OverlapFlow): behind the columns `sqrt(tr S)` and the risk.
impl Gauge<f64> for OverlapGauge<'_> {
    fn coefficients<'p>(&self, point: &'p [f64]) -> Cow<'p, [f64]> {
        Cow::Borrowed(&point[..1 + self.overlaps.columns().len()])
    }

    fn risk(&self, point: &[f64]) -> f64 {
        point[point.len() - 1]
    }

    fn alignment(&self, point: &[f64]) -> Option<f64> {
        let root = point[point.len() - 2];
        (root > 0.0).then(|| point[0] / root).map(|share| share * share)
    }
}

impl SegmentGauge<f64> for OverlapGauge<'_> {
    /// None: a difference of traces would lose the digits of a small risk, which falls anyway, `dR/dt = -||G||^2`.
    fn risk_polynomial(&self, _: &impl Segment<f64>) -> Vec<f64> {
        Vec::new()
    }

    fn alignment_margin(&self, segment: &impl Segment<f64>, level: &f64) -> Vec<f64> {
        let mut margin = segment.excess(0);
        margin[0] += 1.0;
        add_scaled(&mut margin, &-level, &segment.excess(segment.groups()));
        margin
    }
}
