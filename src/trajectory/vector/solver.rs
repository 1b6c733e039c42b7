use super::chebyshev;
use super::clock::clock;
use super::escape::Escape;
use super::measure::Measure;
use super::path::Stretch;
use super::relaxation::{Refusal, Relaxation, Tables};
use super::state::Point;
use super::{VectorPath, VectorProblem};
use crate::descent::Method;
use crate::trajectory::Stop;

/// A path in the making, one stretch after another.
#[derive(Clone, Debug)]
pub(super) struct Solver {
    path: VectorPath,
    method: Method,
    tolerance: f64,
    tables: Tables,
    /// Where the path ends.
    point: Point,
    /// What the next relaxation is to be long.
    length: f64,
}

/// What the polynomials of a stretch may miss, relative to their size.
pub(super) const TOLERANCE: f64 = 1e-13;

/// Stretches that a path may have: some hundred reach t = 1e7, and some thousand the last digit of the slowest direction.
const BUDGET: usize = 20_000;

/// Length of the first relaxation, in units of the fastest direction's.
const FIRST: f64 = 0.25;

/// By how much a stretch may be longer than the one before.
const LENGTHENING: f64 = 1.8;

impl Solver {
    pub(super) fn new(problem: &VectorProblem, method: &Method, tolerance: f64) -> Self {
        let path = VectorPath::new(problem);
        let (point, length) = (Point::start(path.measure()), FIRST / path.measure().variance[0]);
        Self { path, method: method.clone(), tolerance, tables: Tables::new(), point, length }
    }

    pub(super) fn path(&self) -> &VectorPath {
        &self.path
    }

    /// The path to `horizon`, or as far as it goes, and why no further.
    pub(super) fn to(mut self, horizon: f64) -> (VectorPath, Option<Stop<f64>>) {
        while self.path.end() < horizon || self.path.stretches() == 0 {
            if let Err(stop) = self.advance() {
                return (self.path, Some(stop));
            }
        }
        (self.path, None)
    }

    /// One more stretch, or an end at infinity where the optimum is reached.
    pub(super) fn advance(&mut self) -> Result<(), Stop<f64>> {
        let (start, signal_energy) = (self.path.end(), self.path.signal_energy());
        if self.path.stretches() == BUDGET {
            return Err(Stop::Budget { time: start, steps: BUDGET as u64 });
        }
        let (measure, point) = (self.path.measure(), &mut self.point);
        let is_over = |left: f64| start > 0.0 && start + left == start;
        if point.is_at_rest(measure) || point.time_left(&self.method, measure, signal_energy).is_some_and(is_over) {
            self.path.rest(point);
            return Ok(());
        }
        let at = point.scalars(measure, signal_energy);
        let rate = 3.0 * at.energy - signal_energy;
        // Close enough to relax, and close enough to go on relaxing.
        if !point.centred && rate >= 0.5 * signal_energy && at.overlap.abs() >= 0.25 * signal_energy {
            point.centre(at.overlap.signum());
        } else if point.centred && rate < 0.25 * signal_energy {
            point.uncentre();
            self.length = FIRST / measure.variance[0];
        }
        let stretch = if point.centred {
            self.relax().map(Stretch::Relaxation).ok_or_else(|| {
                let reason = "the relaxation's equations could not be solved".to_string();
                Stop::StepTooSmall { time: start, step: self.length, reason }
            })?
        } else {
            let stretch = Escape::new(measure, signal_energy, point);
            stretch.map(Stretch::Escape).ok_or(Stop::Diverged { time: start, size: at.energy.sqrt() })?
        };
        let measure = self.path.measure();
        let next = stretch.knot(measure, chebyshev::DEGREE, &self.tables);
        if next.growth > measure.largest_growth {
            let reason = "the grid of variances is too coarse for this growth".to_string();
            return Err(Stop::Undecided { time: start, reason });
        }
        let clock = clock(&stretch, &self.method, measure, signal_energy, &self.tables);
        self.point = next;
        self.path.push(stretch, clock);
        Ok(())
    }

    /// A stretch of about the intended length, which is then set for the next one.
    fn relax(&mut self) -> Option<Relaxation> {
        let (measure, signal_energy): (&Measure, f64) = (self.path.measure(), self.path.signal_energy());
        for _ in 0..60 {
            match Relaxation::new(measure, signal_energy, &self.point, self.length, self.tolerance, &self.tables) {
                Ok((stretch, missed)) => {
                    self.length *= (0.8 / scaled(missed)).min(LENGTHENING);
                    return Some(stretch);
                }
                Err(Refusal::Coarse(missed)) if missed.is_finite() => self.length *= (0.7 / scaled(missed)).max(0.2),
                Err(_) => self.length *= 0.25,
            }
        }
        None
    }
}

/// The factor by which a stretch that misses so much is too long.
fn scaled(missed: f64) -> f64 {
    libm::pow(missed.max(1e-30), 1.0 / chebyshev::DEGREE as f64)
}
