use super::VectorProblem;
use super::chebyshev::{self, Series};
use super::escape::Escape;
use super::measure::Measure;
use super::relaxation::{Relaxation, Tables};
use super::solver::{Solver, TOLERANCE};
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
    /// Since when it is at rest, and [`VectorPath::relaxation`] until then.
    rest: Option<(f64, f64)>,
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
        match Solver::new(problem, method, tolerance).to(horizon) {
            (path, None) => Ok(path),
            (_, Some(stop)) => Err(stop),
        }
    }

    /// The flow of any method as far as it can be solved, at most a little beyond `horizon`; with it, why it ends before.
    pub fn follow(problem: &VectorProblem, method: &Method, horizon: f64) -> (Self, Option<Stop<f64>>) {
        Solver::new(problem, method, TOLERANCE).to(horizon)
    }

    /// Nothing yet but the start.
    pub(super) fn new(problem: &VectorProblem) -> Self {
        Self {
            measure: Measure::new(problem),
            signal_energy: problem.signal_energy(),
            problem: problem.clone(),
            stretches: Vec::new(),
            end: 0.0,
            rest: None,
        }
    }

    /// One more stretch, as long as its clock says.
    pub(super) fn push(&mut self, stretch: Stretch, clock: Series) {
        let start = self.end;
        self.end += chebyshev::value(&clock, 1.0);
        self.stretches.push(Placed { start, clock, stretch });
    }

    /// The last stretch: at the optimum for ever.
    pub(super) fn rest(&mut self, from: &Point) {
        let stretch = Stretch::Relaxation(Relaxation::rest(from));
        self.stretches.push(Placed { start: self.end, clock: [0.0; chebyshev::DEGREE + 1], stretch });
        self.rest = Some((self.end, -from.growth));
        self.end = f64::INFINITY;
    }

    /// Where the stretch ends that time `t` is in; `None` where it is not known yet.
    pub(super) fn stretch_end(&self, t: f64) -> Option<f64> {
        let after = self.stretches.partition_point(|placed| placed.start <= t);
        let end = self.stretches.get(after).map_or(self.end, |next| next.start);
        (end > t).then_some(end)
    }

    pub(super) fn measure(&self) -> &Measure {
        &self.measure
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
        match self.rest {
            Some((start, before)) if t > start => before + 2.0 * self.signal_energy * (t - start),
            _ => self.find(t).map_or(0.0, |(stretch, theta)| -stretch.growth(theta)),
        }
    }

    /// The times at which `margin` of s and u changes its sign, ascending, and whether it is then positive.
    pub fn crossings(&self, margin: impl Fn(&Scalars) -> f64) -> Vec<(f64, bool)> {
        self.turns(|stretch, theta| margin(&stretch.scalars(self.signal_energy, theta)) > 0.0).collect()
    }

    /// The first time from which on `margin` is positive, if it is within the path: 0 where it begins so.
    pub fn first_time(&self, margin: impl Fn(&Scalars) -> f64) -> Option<f64> {
        if margin(&self.scalars(0.0)) > 0.0 {
            return Some(0.0);
        }
        self.crossings(margin).into_iter().find(|(_, positive)| *positive).map(|(time, _)| time)
    }

    /// The first time at which something holds of the weights, if it is within the path.
    pub fn first_time_of(&self, holds: impl Fn(&Profile) -> bool) -> Option<f64> {
        if holds(&self.profile(0.0)) {
            return Some(0.0);
        }
        let holds_at = |stretch: &Stretch, theta: f64| {
            let point = stretch.point(&self.measure, theta);
            holds(&point.profile(&self.measure, self.problem.dimension()))
        };
        self.turns(holds_at).find(|(_, holds)| *holds).map(|(time, _)| time)
    }

    /// The times at which `holds` changes, one after the other, and whether it holds then.
    fn turns(&self, holds: impl Fn(&Stretch, f64) -> bool) -> impl Iterator<Item = (f64, bool)> {
        let looks = |placed| (0..=LOOKS).map(move |k| (placed, k));
        let mut before = None;
        self.stretches.iter().flat_map(looks).filter_map(move |(Placed { start, clock, stretch }, k)| {
            let [left, right] = [k.saturating_sub(1), k].map(|k| k as f64 / LOOKS as f64);
            let now = holds(stretch, right);
            let turned = before.replace(now).is_some_and(|before| before != now);
            turned.then(|| {
                let theta = bisect(&|theta| holds(stretch, theta), left, right, now);
                (start + chebyshev::value(clock, theta), now)
            })
        })
    }

    fn point(&self, t: f64) -> Point {
        match self.find(t) {
            Some((stretch, theta)) => stretch.point(&self.measure, theta),
            None => Point::start(&self.measure),
        }
    }

    /// The stretch at time `t`, and how much of it is done; `None` where there is nothing but the start.
    fn find(&self, t: f64) -> Option<(&Stretch, f64)> {
        let k = self.stretches.partition_point(|placed| placed.start <= t).max(1) - 1;
        let Placed { start, clock, stretch } = self.stretches.get(k)?;
        Some((stretch, chebyshev::reach(clock, t - start)))
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

    /// The point with number k of those that [`chebyshev::points`] counts.
    pub(super) fn knot(&self, measure: &Measure, k: usize, tables: &Tables) -> Point {
        match self {
            Self::Escape(escape) => escape.point(chebyshev::points()[k] * escape.length),
            Self::Relaxation(relaxation) => relaxation.knot(measure, k, tables),
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

/// Where `holds` changes in [left, right], to the right of which it is `after`.
fn bisect(holds: &impl Fn(f64) -> bool, mut left: f64, mut right: f64, after: bool) -> f64 {
    loop {
        let middle = 0.5 * (left + right);
        if middle <= left || middle >= right {
            return right;
        }
        if holds(middle) == after { right = middle } else { left = middle }
    }
}
