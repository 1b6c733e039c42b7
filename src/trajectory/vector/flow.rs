use super::chebyshev::{self, DEGREE, Series};
use super::solver::{Solver, TOLERANCE};
use super::{VectorPath, VectorProblem};
use crate::descent::Method;
use crate::scalar::DomainError;
use crate::trajectory::overlap_flow::turns_of_ratio;
use crate::trajectory::polynomial::evaluate;
use crate::trajectory::roots::Root;
use crate::trajectory::{Event, Flow, Segment, Stop};
use crate::weights::{BlockWeights, Overlaps};
use nalgebra::DMatrix;

/// A [`VectorPath`], solved as it is asked for, as a sequence of segments: its overlaps, interpolated.
///
/// Points are those of [`OverlapFlow`](crate::trajectory::OverlapFlow): roots of the overlaps, `sqrt(tr S)`, risk, from the path itself. Only
/// what is looked for between them (events, conditions, turns of a ratio) is looked for on the polynomials.
#[derive(Clone, Debug)]
pub struct VectorFlow<'a> {
    solver: Solver,
    overlaps: &'a Overlaps,
    start: f64,
    length: f64,
    /// Overlaps column by column, the signal's first, then `tr S`.
    squares: Vec<Vec<f64>>,
    powers: [Series; DEGREE + 1],
}

/// A piece of a stretch, borrowed from the flow until the next.
#[derive(Debug)]
pub struct VectorSegment<'a> {
    flow: &'a VectorFlow<'a>,
}

/// What an interpolation of squares may miss, relative to the largest in the segment; what a column of this share of the energy may miss. Beside it
/// what the resolution of time leaves open.
const MISSED: f64 = 1e-12;

/// A piece this small a share of a stretch is given up.
const SMALLEST: f64 = 1e-9;

impl<'a> VectorFlow<'a> {
    /// The flow of any method, read through `overlaps`.
    ///
    /// # Errors
    /// Overlaps of another number of coordinates, or with remainders.
    pub fn new(problem: &VectorProblem, method: &Method, overlaps: &'a Overlaps) -> Result<Self, DomainError> {
        let (d, signal) = (problem.dimension(), overlaps.signal().len());
        if signal != d || overlaps.columns().iter().any(|c| c.remainder.is_some() || c.rows.end > d) {
            return Err(DomainError::new("overlaps", signal, format!("rows of the problem's {d} coordinates")));
        }
        let solver = Solver::new(problem, method, TOLERANCE);
        Ok(Self { solver, overlaps, start: 0.0, length: 0.0, squares: Vec::new(), powers: chebyshev::to_powers() })
    }

    /// The path, as far as it has been asked for.
    pub fn path(&self) -> &VectorPath {
        self.solver.path()
    }

    fn point(&self, time: f64) -> Vec<f64> {
        let weights = self.path().weights(time);
        let energy: f64 = weights.iter().map(|w| w * w).sum();
        let column = BlockWeights::dense(DMatrix::from_vec(weights.len(), 1, weights));
        let mut point = self.overlaps.roots(&column);
        point.extend([energy.sqrt(), self.path().profile(time).risk()]);
        point
    }

    /// Squares of the point at `time` that have polynomials.
    fn squares_at(&self, time: f64) -> Vec<f64> {
        let mut point = self.point(time);
        point.pop();
        point.iter().map(|root| root * root).collect()
    }

    /// Polynomials for the present start and length, if they are good.
    fn interpolate(&self) -> Option<Vec<Vec<f64>>> {
        let knots = chebyshev::points().map(|theta| self.squares_at(self.start + theta * self.length));
        let from_values = chebyshev::from_values();
        let largest = |j: usize| knots.iter().fold(0.0_f64, |m, knot| m.max(knot[j]));
        let smallest = |j: usize| knots.iter().fold(f64::INFINITY, |m, knot| m.min(knot[j]));
        let energy = largest(knots[0].len() - 1);
        // Where a method arrives in finite time, a square may change by all of itself within what a double can tell of the time.
        let resolution = 8.0 * f64::EPSILON * (self.start + self.length) / self.length;
        let mut squares = Vec::with_capacity(knots[0].len());
        for j in 0..knots[0].len() {
            let values = std::array::from_fn(|k| knots[k][j]);
            let series = chebyshev::times(&from_values, &values);
            let unsure = resolution * (largest(j) - smallest(j));
            if chebyshev::tail(&series) > MISSED * largest(j).max(MISSED * energy) + unsure {
                return None;
            }
            let mut scale = 1.0;
            let mut power = |k: usize| {
                let c: f64 = (0..=DEGREE).map(|j| series[j] * self.powers[j][k]).sum();
                let scaled = c * scale;
                scale /= self.length;
                scaled
            };
            squares.push((0..=DEGREE).map(&mut power).collect());
        }
        Some(squares)
    }
}

impl Flow<f64> for VectorFlow<'_> {
    type Segment<'b>
        = VectorSegment<'b>
    where
        Self: 'b;

    fn next_segment(&mut self, limit: Option<&f64>) -> Result<VectorSegment<'_>, Stop<f64>> {
        self.start += self.length;
        self.length = 0.0;
        let start = self.start;
        let remaining = limit.map_or(f64::INFINITY, |limit| limit - start);
        if remaining <= 0.0 || start + remaining == start {
            return Err(Stop::Horizon);
        }
        let free = loop {
            match self.path().stretch_end(start) {
                Some(f64::INFINITY) => return Err(Stop::Optimum { time: start }),
                Some(end) => break end - start,
                None => self.solver.advance()?,
            }
        };
        self.length = free.min(remaining);
        let smallest = SMALLEST * free;
        loop {
            if let Some(squares) = self.interpolate() {
                self.squares = squares;
                return Ok(VectorSegment { flow: self });
            }
            self.length *= 0.5;
            if self.length < smallest || start + self.length == start {
                let step = std::mem::take(&mut self.length);
                let reason = "no polynomial follows the overlaps".into();
                return Err(Stop::StepTooSmall { time: start, step, reason });
            }
        }
    }

    fn current(&self) -> (f64, Vec<f64>) {
        let time = self.start + self.length;
        (time, self.point(time))
    }

    fn events(&self) -> Option<&[Event<f64>]> {
        None
    }
}

impl Segment<f64> for VectorSegment<'_> {
    fn start(&self) -> &f64 {
        &self.flow.start
    }

    fn length(&self) -> &f64 {
        &self.flow.length
    }

    fn groups(&self) -> usize {
        1 + self.flow.overlaps.columns().len()
    }

    /// The point: coefficients, then `sqrt(tr S)` and the risk.
    fn coefficients_at(&self, s: &f64) -> Vec<f64> {
        self.flow.point(self.flow.start + s)
    }

    fn coefficient_at(&self, j: usize, s: &f64) -> f64 {
        evaluate(&self.flow.squares[j], s).max(0.0).sqrt()
    }

    /// For `j = groups()` the energy `tr S`.
    fn excess(&self, j: usize) -> Vec<f64> {
        let mut excess = self.flow.squares[j].clone();
        if j == 0 {
            excess[0] -= 1.0;
        }
        excess
    }

    fn ratio_turns(&self, j: usize, found: &mut Vec<Root<f64>>) {
        turns_of_ratio(&self.flow.squares[j], &self.flow.squares[0], &self.flow.length, found);
    }
}
