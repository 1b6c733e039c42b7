//! The spiked recursion in [`WIDTH`] cells at once: the inner loop of [`recursion_grid`](super::recursion_grid).
//!
//! The formulas are those of [`manifold`], for one cell after the other, in a loop that the compiler turns into the widest
//! vector instructions of the machine at hand ([`pulp`] picks the version when the program runs). Nothing is fused or
//! reordered within a cell, so no bit depends on that choice; nor on the other cells, which come and go in their lanes.

use super::recursion_grid::{Cell, CellOutcome};
use crate::risk::manifold;

/// Cells in lockstep: enough to hide the latency of a step, even where registers are widest (there twice what they hold is faster still).
const WIDTH: usize = 32;

/// Steps between two looks at the lanes. A lane in which the goal may have been reached is taken back by this much to find the step.
const STRIDE: u64 = 128;

/// Starts for which squares of coefficients and products of two of them stay in the range of normal numbers.
const ORDINARY_STARTS: std::ops::Range<f64> = 1e-70..1e6;

/// A diverging recursion overflows within a few steps of leaving this bound and never comes back.
const BOUND: f64 = (1 << 30) as f64;

type Lane = [f64; WIDTH];

/// What is looked for in every cell.
pub(super) struct Goal<'a> {
    /// `|a|` is at least this where it is reached.
    pub(super) least_signal: f64,
    /// Whether coefficients have reached it.
    pub(super) holds: &'a dyn Fn(&Cell, &[f64; 3]) -> bool,
    /// Whether a cell ends there; else the first step is noted.
    pub(super) ends: bool,
}

impl Goal<'_> {
    /// Squares are tracked and the level is not squared exactly: suspect a little too early, then look.
    fn suspicious(&self) -> f64 {
        self.least_signal * self.least_signal * (1.0 - 4.0 * f64::EPSILON)
    }
}

/// The cells that are under way, one a lane.
struct Lanes {
    spike_variance: Lane,
    bulk_directions: Lane,
    step_size: Lane,
    now: Tracked<Lane>,
    largest_signal: Lane,
    running: [Option<Running>; WIDTH],
}

/// Coefficients, and `max(b^2, c^2)` and `a^2` where their quotient was largest: compared by cross products, without a division a step.
#[derive(Clone, Copy)]
struct Tracked<T> {
    coefficients: [T; 3],
    widest: [T; 2],
}

/// A cell by its number, its steps so far, and the first at which the goal was reached.
#[derive(Clone, Copy)]
struct Running {
    cell: usize,
    done: u64,
    reached: Option<u64>,
}

/// Runs all `cells`, each for its `steps` or to the goal; `None` for a cell that must be run by itself.
pub(super) fn run(
    cells: &[Cell],
    steps: &dyn Fn(usize) -> u64,
    spectral: bool,
    goal: &Goal,
) -> Vec<Option<CellOutcome>> {
    let arch = pulp::Arch::new();
    let mut outcomes = vec![None; cells.len()];
    let mut waiting = (0..cells.len()).filter(|i| ORDINARY_STARTS.contains(&cells[*i].init));
    let mut lanes = Lanes::empty();
    loop {
        for i in 0..WIDTH {
            if lanes.running[i].is_none()
                && let Some(cell) = waiting.next()
            {
                lanes.seat(i, cell, &cells[cell]);
            }
        }
        let remaining = lanes.running.iter().flatten().map(|r| steps(r.cell) - r.done).min();
        let Some(remaining) = remaining else { return outcomes };
        let stride = remaining.min(STRIDE);
        let before = lanes.now;
        arch.dispatch(Advance { lanes: &mut lanes, steps: stride, spectral });
        for i in 0..WIDTH {
            if stride < remaining && lanes.pass(i, &before, stride, goal) {
                continue;
            }
            let Some(Running { cell, .. }) = lanes.running[i] else { continue };
            let was = before.lane(i);
            if let Some(outcome) = lanes.look(i, &was, stride, &cells[cell], spectral, goal) {
                outcomes[cell] = outcome;
                lanes.running[i] = None;
            } else if lanes.running[i].is_some_and(|r| r.done == steps(cell)) {
                outcomes[cell] = Some(lanes.finish(i, &cells[cell], goal));
                lanes.running[i] = None;
            }
        }
    }
}

impl Lanes {
    fn empty() -> Self {
        let one = [1.0; WIDTH];
        Self {
            spike_variance: one,
            bulk_directions: one,
            step_size: [0.0; WIDTH],
            now: Tracked { coefficients: [one; 3], widest: [one; 2] },
            largest_signal: one,
            running: [None; WIDTH],
        }
    }

    fn seat(&mut self, i: usize, number: usize, cell: &Cell) {
        self.spike_variance[i] = cell.spike + 1.0;
        self.bulk_directions[i] = (cell.dimension - 2) as f64;
        self.step_size[i] = cell.step_size;
        self.now.coefficients.iter_mut().for_each(|lane| lane[i] = cell.init);
        let square = cell.init * cell.init;
        self.now.widest.iter_mut().for_each(|lane| lane[i] = square);
        self.largest_signal[i] = square;
        self.running[i] = Some(Running { cell: number, done: 0, reached: None });
    }

    /// Whether nothing happened in lane `i` in a stride that began at `was`, which then counts: what [`Lanes::look`] says of most.
    fn pass(&mut self, i: usize, was: &Tracked<Lane>, stride: u64, goal: &Goal) -> bool {
        let Some(running) = &mut self.running[i] else { return true };
        let (now, was) = (&self.now.coefficients, &was.coefficients);
        let bounded = (0..3).all(|j| now[j][i].abs() <= BOUND);
        let moves = (0..3).any(|j| now[j][i] != was[j][i]);
        let passes = bounded && moves && (running.reached.is_some() || self.largest_signal[i] < goal.suspicious());
        running.done += if passes { stride } else { 0 };
        passes
    }

    /// What became of lane `i` in a stride that began at `was`: `Some` when it is over.
    fn look(
        &mut self,
        i: usize,
        was: &Tracked<f64>,
        stride: u64,
        cell: &Cell,
        spectral: bool,
        goal: &Goal,
    ) -> Option<Option<CellOutcome>> {
        let now = self.now.lane(i);
        if !now.coefficients.iter().all(|w| w.abs() <= BOUND) {
            return Some(None);
        }
        let running = self.running[i].as_mut()?;
        if running.reached.is_none() && self.largest_signal[i] >= goal.suspicious() {
            let mut then = *was;
            for step in running.done..running.done + stride {
                if (goal.holds)(cell, &then.coefficients) {
                    running.reached = Some(step);
                    break;
                }
                then = then.next(cell, spectral);
            }
            if goal.ends && running.reached.is_some() {
                return Some(Some(then.outcome(running.reached)));
            }
        }
        running.done += stride;
        // At rest nothing more will happen; what that means where a goal was to end the cell is told by the recursion itself.
        let unmoved = now.coefficients == was.coefficients;
        let rests = unmoved && stride > 0 && now.next(cell, spectral).coefficients == now.coefficients;
        rests.then(|| (!goal.ends).then(|| self.finish(i, cell, goal)))
    }

    /// What lane `i` comes to after its last step.
    fn finish(&self, i: usize, cell: &Cell, goal: &Goal) -> CellOutcome {
        let (now, running) = (self.now.lane(i), self.running[i]);
        let last = running.filter(|_| (goal.holds)(cell, &now.coefficients)).map(|r| r.done);
        now.outcome(running.and_then(|r| r.reached).or(last))
    }

    /// `steps` steps in all lanes.
    #[inline(always)]
    fn advance<const SPECTRAL: bool>(&mut self, steps: u64) {
        let (mu, n, eta) = (self.spike_variance, self.bulk_directions, self.step_size);
        let Tracked { coefficients: [mut a, mut b, mut c], widest: [mut others, mut signal] } = self.now;
        let mut largest = self.largest_signal;
        for _ in 0..steps {
            for i in 0..WIDTH {
                let w = [a[i], b[i], c[i]];
                [a[i], b[i], c[i]] = next::<SPECTRAL>(mu[i], n[i], eta[i], w);
                let [a2, b2, c2] = [a[i] * a[i], b[i] * b[i], c[i] * c[i]];
                let larger = if b2 > c2 { b2 } else { c2 };
                let wider = larger * signal[i] > others[i] * a2;
                others[i] = if wider { larger } else { others[i] };
                signal[i] = if wider { a2 } else { signal[i] };
                largest[i] = if a2 > largest[i] { a2 } else { largest[i] };
            }
        }
        self.now = Tracked { coefficients: [a, b, c], widest: [others, signal] };
        self.largest_signal = largest;
    }
}

impl Tracked<Lane> {
    fn lane(&self, i: usize) -> Tracked<f64> {
        Tracked { coefficients: self.coefficients.map(|lane| lane[i]), widest: self.widest.map(|lane| lane[i]) }
    }
}

impl Tracked<f64> {
    /// One step of `cell` by itself, tracked as in its lane.
    fn next(self, cell: &Cell, spectral: bool) -> Self {
        let (mu, n, eta) = (cell.spike + 1.0, (cell.dimension - 2) as f64, cell.step_size);
        let step = if spectral { next::<true> } else { next::<false> };
        let coefficients = step(mu, n, eta, self.coefficients);
        let [a2, b2, c2] = coefficients.map(|w| w * w);
        let larger = if b2 > c2 { b2 } else { c2 };
        let [others, signal] = self.widest;
        let wider = larger * signal > others * a2;
        Self { coefficients, widest: if wider { [larger, a2] } else { self.widest } }
    }

    fn outcome(&self, goal_step: Option<u64>) -> CellOutcome {
        let [others, signal] = self.widest;
        let amplification = (others / signal).sqrt();
        CellOutcome { coefficients: self.coefficients, amplification, goal_step }
    }
}

/// One step of one cell.
#[inline(always)]
fn next<const SPECTRAL: bool>(mu: f64, n: f64, eta: f64, w: [f64; 3]) -> [f64; 3] {
    let mut g = [0.0; 3];
    manifold::gradients(&[1.0, mu, 1.0], &[1.0, mu, n], &w, &mut g);
    // eta sign(g) without a multiplication, and as Method::Spectral has it: no step where g is 0.
    let sign = |g: f64| if g != 0.0 { eta.copysign(g) } else { 0.0 };
    let step = |g: f64| if SPECTRAL { sign(g) } else { eta * g };
    [w[0] - step(g[0]), w[1] - step(g[1]), w[2] - step(g[2])]
}

/// What [`pulp`] compiles for every instruction set. A type of our own, since a closure would not be inlined into the
/// function that has the instructions.
struct Advance<'a> {
    lanes: &'a mut Lanes,
    steps: u64,
    spectral: bool,
}

impl pulp::WithSimd for Advance<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        if self.spectral { self.lanes.advance::<true>(self.steps) } else { self.lanes.advance::<false>(self.steps) }
    }
}
