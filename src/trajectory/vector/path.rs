use super::VectorProblem;
use super::chebyshev::{self, Series};
use super::clock::clock;
use super::escape::Escape;
use super::measure::Measure;
use super::relaxation::{Refusal, Relaxation, Tables};
use super::state::{Point, Profile, Scalars};
use crate::descent::Method;
use crate::trajectory::Stop;

/// The flow of one vector under GD, SpecGD or a power between them, solved up to a horizon and kept: any time can be asked for
/// afterwards.
///
/// Time is that of the quarter loss, `dw/dt = -G` for GD; the companion paper's clock runs four times as fast.
#[derive(Clone, Debug)]
pub struct VectorPath {
    problem: VectorProblem,
    measure: Measure,
    signal_energy: f64,
    stretches: Vec<Placed>,
    end: f64,
}

/// A stretch on the clock of the method.
#[derive(Clone, Debug)]
struct Placed {
    start: f64,
    /// Time since its start, by the share of the stretch that is done.
    clock: Series,
    stretch: Stretch,
}

#[derive(Clone, Debug)]
pub(super) enum Stretch {
    Escape(Escape),
    Relaxation(Relaxation),
}

/// What the polynomials of a stretch may miss, relative to their size.
const TOLERANCE: f64 = 1e-13;

/// Stretches that a path may have.
const BUDGET: usize = 200_000;

/// Length of the first relaxation, in units of the fastest direction's.
const FIRST: f64 = 0.25;

/// By how much a stretch may be longer than the one before.
const LENGTHENING: f64 = 1.8;

impl VectorPath {
    /// The flow of GD from the problem's start to time `horizon` or a little beyond.
    ///
    /// # Errors
    /// Why it stopped before: numbers that overflow, or too many stretches (a start orthogonal to the signal never leaves the saddle).
    pub fn solve(problem: &VectorProblem, horizon: f64) -> Result<Self, Stop<f64>> {
        Self::solve_by(problem, &Method::GradientDescent, horizon)
    }

    /// The flow of any method.
    ///
    /// # Errors
    /// As [`VectorPath::solve`].
    pub fn solve_by(problem: &VectorProblem, method: &Method, horizon: f64) -> Result<Self, Stop<f64>> {
        Self::solve_to(problem, method, horizon, TOLERANCE)
    }

    /// With another tolerance for what polynomials may miss: for convergence studies.
    ///
    /// # Errors
    /// As [`VectorPath::solve`].
    pub fn solve_to(problem: &VectorProblem, method: &Method, horizon: f64, tolerance: f64) -> Result<Self, Stop<f64>> {
        let mut path = Self {
            measure: Measure::new(problem),
            signal_energy: problem.signal_energy(),
            problem: problem.clone(),
            stretches: Vec::new(),
            end: 0.0,
        };
        let (measure, signal_energy) = (&path.measure, path.signal_energy);
        let tables = Tables::new();
        let mut point = Point::start(measure);
        let mut length = FIRST / measure.variance[0];
        while path.end < horizon || path.stretches.is_empty() {
            let start = path.end;
            if path.stretches.len() == BUDGET {
                return Err(Stop::Budget { time: start, steps: BUDGET as u64 });
            }
            if point.is_at_rest(measure) {
                path.end = f64::INFINITY;
                break;
            }
            let at = point.scalars(measure, signal_energy);
            let rate = 3.0 * at.energy - signal_energy;
            // Close enough to relax, and close enough to go on relaxing.
            if !point.centred && rate >= 0.5 * signal_energy && at.overlap.abs() >= 0.25 * signal_energy {
                point.centre(at.overlap.signum());
            } else if point.centred && rate < 0.25 * signal_energy {
                point.uncentre();
                length = FIRST / measure.variance[0];
            }
            let stretch = if point.centred {
                let stretch = relax(measure, signal_energy, &point, &mut length, tolerance, &tables);
                stretch.map(Stretch::Relaxation).ok_or_else(|| {
                    let reason = "the relaxation's equations could not be solved".to_string();
                    Stop::StepTooSmall { time: start, step: length, reason }
                })?
            } else {
                let stretch = Escape::new(measure, signal_energy, &point);
                stretch.map(Stretch::Escape).ok_or(Stop::Diverged { time: start, size: at.energy.sqrt() })?
            };
            point = stretch.point(measure, 1.0);
            if point.growth > measure.largest_growth {
                let reason = "the grid of variances is too coarse for this growth".to_string();
                return Err(Stop::Undecided { time: start, reason });
            }
            let clock = clock(&stretch, method, measure, signal_energy);
            path.end += chebyshev::value(&clock, 1.0);
            path.stretches.push(Placed { start, clock, stretch });
        }
        Ok(path)
    }

    /// Until when it is known; infinite where nothing is left of the distance to the optimum.
    pub fn end(&self) -> f64 {
        self.end
    }

    /// `s*`.
    pub fn signal_energy(&self) -> f64 {
        self.signal_energy
    }

    /// What it is the flow of.
    pub fn problem(&self) -> &VectorProblem {
        &self.problem
    }

    /// Number of stretches that were computed.
    pub fn stretches(&self) -> usize {
        self.stretches.len()
    }

    /// `s` and `u` at time `t`, which is in `[0, end]`.
    pub fn scalars(&self, t: f64) -> Scalars {
        self.point(t).scalars(&self.measure, self.signal_energy)
    }

    /// The weights at time `t`, resolved by variance.
    pub fn profile(&self, t: f64) -> Profile {
        self.point(t).profile(&self.measure, self.problem.dimension())
    }

    /// All weights at time `t`.
    pub fn weights(&self, t: f64) -> Vec<f64> {
        self.point(t).directions(&self.measure, &self.problem, false)
    }

    /// All weights at time `t`, less the optimum that the path tends to: accurate however small. (The signal itself is that optimum
    /// until the path is on its way to one.)
    pub fn deviations(&self, t: f64) -> Vec<f64> {
        self.point(t).directions(&self.measure, &self.problem, true)
    }

    /// `int (3 s - s*) dt` up to `t`, on the clock of GD.
    pub fn relaxation(&self, t: f64) -> f64 {
        let (stretch, theta) = self.find(t);
        -stretch.growth(theta)
    }

    /// The times at which `margin` of s and u changes its sign, ascending, and whether it is then positive.
    pub fn crossings(&self, margin: impl Fn(&Scalars) -> f64) -> Vec<(f64, bool)> {
        let mut crossings = Vec::new();
        let mut before = None;
        for Placed { start, clock, stretch } in &self.stretches {
            let value = |theta: f64| margin(&stretch.scalars(self.signal_energy, theta));
            let mut left = 0.0;
            for k in 0..=LOOKS {
                let right = k as f64 / LOOKS as f64;
                let positive = value(right) > 0.0;
                if before.is_some_and(|before| before != positive) {
                    let theta = bisect(&value, left, right, positive);
                    crossings.push((start + chebyshev::value(clock, theta), positive));
                }
                before = Some(positive);
                left = right;
            }
        }
        crossings
    }

    /// The first time from which on `margin` is positive, if it is within the path: 0 where it begins so.
    pub fn first_time(&self, margin: impl Fn(&Scalars) -> f64) -> Option<f64> {
        if margin(&self.scalars(0.0)) > 0.0 {
            return Some(0.0);
        }
        self.crossings(margin).into_iter().find(|(_, positive)| *positive).map(|(time, _)| time)
    }

    fn point(&self, t: f64) -> Point {
        let (stretch, theta) = self.find(t);
        stretch.point(&self.measure, theta)
    }

    /// The stretch at time `t`, and how much of it is done.
    fn find(&self, t: f64) -> (&Stretch, f64) {
        let k = self.stretches.partition_point(|placed| placed.start <= t).max(1) - 1;
        let Placed { start, clock, stretch } = &self.stretches[k];
        (stretch, chebyshev::reach(clock, t - start))
    }
}

/// How often a stretch is looked at for a change of sign.
const LOOKS: usize = 24;

impl Stretch {
    pub(super) fn point(&self, measure: &Measure, theta: f64) -> Point {
        match self {
            Self::Escape(escape) => escape.point(theta * escape.length),
            Self::Relaxation(relaxation) => relaxation.point(measure, theta),
        }
    }

    fn scalars(&self, signal_energy: f64, theta: f64) -> Scalars {
        match self {
            Self::Escape(escape) => escape.scalars(signal_energy, theta * escape.length),
            Self::Relaxation(relaxation) => relaxation.scalars(signal_energy, theta),
        }
    }

    /// `int (s* - 3 s) dt` from time 0, on the clock of GD.
    fn growth(&self, theta: f64) -> f64 {
        match self {
            Self::Escape(escape) => escape.growth(theta * escape.length),
            Self::Relaxation(relaxation) => relaxation.growth(theta),
        }
    }

    /// Time of GD per share of the stretch.
    pub(super) fn slowness(&self) -> Series {
        match self {
            Self::Escape(escape) => std::array::from_fn(|j| if j == 0 { escape.length } else { 0.0 }),
            Self::Relaxation(relaxation) => relaxation.slowness,
        }
    }
}

/// Where the sign changes in [left, right], to the right of which the value is `positive`.
fn bisect(value: &impl Fn(f64) -> f64, mut left: f64, mut right: f64, positive: bool) -> f64 {
    loop {
        let middle = 0.5 * (left + right);
        if middle <= left || middle >= right {
            return right;
        }
        if (value(middle) > 0.0) == positive { right = middle } else { left = middle }
    }
}

/// A stretch of about this length, which is then set for the next one.
fn relax(
    measure: &Measure,
    signal_energy: f64,
    from: &Point,
    length: &mut f64,
    tolerance: f64,
    tables: &Tables,
) -> Option<Relaxation> {
    for _ in 0..60 {
        match Relaxation::new(measure, signal_energy, from, *length, tolerance, tables) {
            Ok((stretch, missed)) => {
                *length *= (0.8 / scaled(missed)).min(LENGTHENING);
                return Some(stretch);
            }
            Err(Refusal::Coarse(missed)) if missed.is_finite() => *length *= (0.7 / scaled(missed)).max(0.2),
            Err(_) => *length *= 0.25,
        }
    }
    None
}

/// The factor by which a stretch that misses so much is too long.
fn scaled(missed: f64) -> f64 {
    libm::pow(missed.max(1e-30), 1.0 / chebyshev::DEGREE as f64)
}
