use super::quiet::quiet_for;
use super::{Condition, alignment, risk};
use crate::risk::BlockRisk;
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

/// The same along a segment. The risk falls all along a flow, and needs no polynomial.
pub trait SegmentGauge<T: Real>: Gauge<T> {
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

    fn alignment_margin(&self, segment: &impl Segment<T>, level: &T) -> Vec<T> {
        let one = level.int(1);
        let mut sum = vec![level.int(0)];
        for j in 0..segment.groups() {
            let weight = if j == 0 { one.clone() - level } else { -(self.multiplicity()[j].clone() * level) };
            let mut energy = segment.excess(j);
            if j == 0 {
                energy[0] = segment.coefficient_at(0, &one.int(0)).square();
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
    fn alignment_margin(&self, segment: &impl Segment<f64>, level: &f64) -> Vec<f64> {
        let mut margin = segment.excess(0);
        margin[0] = segment.coefficient_at(0, &0.0).powi(2);
        add_scaled(&mut margin, &-level, &segment.excess(segment.groups()));
        margin
    }
}
