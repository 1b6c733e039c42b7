//! The GD flow off the invariant manifold, seen through its overlaps: squares of entries of a Taylor series, so polynomials too.

use super::matrix_flow::Series;
use super::polynomial::differentiate;
use super::roots::{Root, roots};
use super::{Event, Flow, MatrixFlow, Segment, Stop};
use crate::risk::BlockRisk;
use crate::scalar::{DomainError, Scalar};
use crate::weights::{BlockWeights, Overlaps};

/// A [`MatrixFlow`] as a sequence of segments.
///
/// Off the manifold energy and risk do not follow from the overlaps. So a point of this flow is longer than it has groups: behind
/// the [roots of the overlaps](Overlaps::roots) it carries `sqrt(tr S)` and the risk.
#[derive(Clone, Debug)]
pub struct OverlapFlow<'a> {
    flow: MatrixFlow<'a>,
    risk: &'a BlockRisk,
    overlaps: &'a Overlaps,
    /// How much of the present series has been given out.
    length: f64,
}

/// One step of an [`OverlapFlow`], borrowed from it until the next.
#[derive(Debug)]
pub struct OverlapSegment<'a> {
    flow: &'a OverlapFlow<'a>,
    start: f64,
}

impl<'a> OverlapFlow<'a> {
    /// The flow from `start`, read through `overlaps`.
    ///
    /// # Errors
    /// A start that is not finite, or that does not fit the risk.
    pub fn new(risk: &'a BlockRisk, overlaps: &'a Overlaps, start: BlockWeights) -> Result<Self, DomainError> {
        Ok(Self { flow: MatrixFlow::new(risk, start)?, risk, overlaps, length: 0.0 })
    }

    /// The point that stands for `weights`: roots of overlaps, `sqrt(tr S)`, risk.
    fn point(&self, weights: &BlockWeights) -> Vec<f64> {
        let mut point = self.overlaps.roots(weights);
        point.extend([self.risk.energy(weights).sqrt(), self.risk.population_risk(weights)]);
        point
    }
}

impl Flow<f64> for OverlapFlow<'_> {
    type Segment<'b>
        = OverlapSegment<'b>
    where
        Self: 'b;

    fn next_segment(&mut self, limit: Option<&f64>) -> Result<OverlapSegment<'_>, Stop<f64>> {
        if self.length > 0.0 {
            self.flow.advance(self.length)?;
            self.length = 0.0;
        }
        let start = self.flow.start();
        let remaining = limit.map_or(f64::INFINITY, |limit| limit - start);
        // A remainder below the resolution of time is none.
        if remaining <= 0.0 || start + remaining == start {
            return Err(Stop::Horizon);
        }
        let free = self.flow.length();
        if free == 0.0 || start + free == start {
            let reason = "its series converges nowhere near".into();
            return Err(Stop::StepTooSmall { time: start, step: free, reason });
        }
        if free == f64::MAX && limit.is_none() {
            return Err(Stop::Rest { time: start });
        }
        self.length = free.min(remaining);
        Ok(OverlapSegment { flow: self, start })
    }

    fn current(&self) -> (f64, Vec<f64>) {
        (self.flow.start() + self.length, self.point(&self.flow.series().at(self.length)))
    }

    fn events(&self) -> Option<&[Event<f64>]> {
        None
    }
}

impl OverlapSegment<'_> {
    fn series(&self) -> &Series {
        self.flow.flow.series()
    }

    /// The overlap of column j (0 is the signal), not its root, as a polynomial.
    fn overlap(&self, j: usize) -> Vec<f64> {
        let (weights, overlaps) = (&self.series().weights, self.flow.overlaps);
        if j == 0 {
            return weights.square_along(overlaps.signal());
        }
        let column = &overlaps.columns()[j - 1];
        let mut sum = weights.squares(column.rows.clone());
        if let Some(group) = column.remainder {
            let rest = column.directions - column.rows.len() as f64;
            self.add_remainder(group, rest, &mut sum);
        }
        sum.iter_mut().for_each(|c| *c /= column.directions);
        sum
    }

    /// `tr S` as a polynomial.
    pub(crate) fn energy(&self) -> Vec<f64> {
        let weights = &self.series().weights;
        let mut sum = weights.squares(0..weights.rows());
        for (group, directions) in self.flow.risk.directions().iter().enumerate() {
            self.add_remainder(group, *directions, &mut sum);
        }
        sum
    }

    fn add_remainder(&self, group: usize, directions: f64, sum: &mut [f64]) {
        let along = self.series().remainder.entry(group, 0);
        for (k, c) in sum.iter_mut().enumerate() {
            *c += directions * f64::convolve(along, along, k);
        }
    }
}

impl Segment<f64> for OverlapSegment<'_> {
    fn start(&self) -> &f64 {
        &self.start
    }

    fn length(&self) -> &f64 {
        &self.flow.length
    }

    fn groups(&self) -> usize {
        1 + self.flow.overlaps.columns().len()
    }

    /// The point: coefficients, then `sqrt(tr S)` and the risk.
    fn coefficients_at(&self, s: &f64) -> Vec<f64> {
        self.flow.point(&self.series().at(*s))
    }

    /// For `j = groups()` the energy `tr S`.
    fn excess(&self, j: usize) -> Vec<f64> {
        if j == self.groups() {
            return self.energy();
        }
        let mut excess = self.overlap(j);
        if j == 0 {
            excess[0] -= 1.0;
        }
        excess
    }

    fn ratio_turns(&self, j: usize, found: &mut Vec<Root<f64>>) {
        // From the overlaps themselves: adding the 1 back to the signal's excess would lose a small signal.
        turns_of_ratio(&self.overlap(j), &self.overlap(0), &self.flow.length, found);
    }
}

/// The times up to `length` at which the ratio of two squares may turn.
pub(super) fn turns_of_ratio(x: &[f64], signal: &[f64], length: &f64, found: &mut Vec<Root<f64>>) {
    let (mut slope, mut signal_slope) = (Vec::new(), Vec::new());
    differentiate(x, &mut slope);
    differentiate(signal, &mut signal_slope);
    let orders = slope.len();
    let turn = (0..orders).map(|k| f64::convolve(&slope, signal, k) - f64::convolve(&signal_slope, x, k));
    roots(&turn.collect::<Vec<f64>>(), length, found);
}
