//! The spiked recursion in [`WIDTH`] cells at once: the inner loop of [`recursion_grid`](super::recursion_grid).
//!
//! The formulas are those of [`manifold`], for one cell after the other, in a loop that the compiler turns into the widest
//! vector instructions of the machine at hand ([`pulp`] picks the version when the program runs). Nothing is reordered within a
//! cell, and fused only where that is exact, so no bit depends on that choice; nor on the other cells, which come and go in their lanes.

use super::recursion_grid::{Cell, CellOutcome};
use crate::risk::manifold;
use std::array;

/// Cells in lockstep: enough to hide the latency of a step, even where registers are widest (there twice what they hold is faster still).
const WIDTH: usize = 32;

/// Steps between two looks at the lanes. Lanes in which the goal may have been reached are taken back by this much to find the step.
const STRIDE: u64 = 128;

/// Steps that they go at once until one of them passes the place.
const LEAP: u64 = 8;

/// Lanes that are taken back together.
const TOGETHER: usize = 16;

/// Starts and step sizes for which squares of coefficients and products of two of them stay in the range of normal numbers.
const ORDINARY: std::ops::Range<f64> = 1e-70..1e6;

/// A level that nothing is at or above, not even infinity.
const NEVER: f64 = f64::NAN;

/// A diverging recursion overflows within a few steps of leaving this bound and never comes back.
const BOUND: f64 = (1 << 30) as f64;

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

/// Runs all `cells`, each for its `steps` or to the goal; `None` for a cell that must be run by itself.
pub(super) fn run(
    cells: &[Cell],
    steps: &dyn Fn(usize) -> u64,
    spectral: bool,
    goal: &Goal,
) -> Vec<Option<CellOutcome>> {
    let mut lanes = Lanes::new(cells, spectral, goal);
    let mut outcomes = vec![None; cells.len()];
    let ordinary = |cell: &Cell| ORDINARY.contains(&cell.init) && ORDINARY.contains(&cell.step_size);
    let mut waiting = (0..cells.len()).filter(|&number| ordinary(&cells[number]));
    loop {
        for i in 0..WIDTH {
            if lanes.running[i].is_none() {
                match waiting.next() {
                    Some(number) => lanes.seat(i, number, steps(number)),
                    None => lanes.left[i] = u64::MAX,
                }
            }
        }
        if lanes.running.iter().all(Option::is_none) {
            return outcomes;
        }
        let stride = lanes.stride();
        lanes.find_goals(stride);
        for i in 0..WIDTH {
            let Some(running) = lanes.running[i] else { continue };
            if let Some(outcome) = lanes.look(i, running, stride) {
                outcomes[running.cell] = outcome;
                lanes.running[i] = None;
            }
        }
    }
}

/// The cells that are under way, one a lane.
struct Lanes<'a> {
    arch: pulp::Arch,
    cells: &'a [Cell],
    spectral: bool,
    goal: &'a Goal<'a>,
    now: Abreast<WIDTH>,
    /// Where the last stride began.
    was: Abreast<WIDTH>,
    /// `a^2` from which on it must be looked whether the goal is reached.
    suspicious: [f64; WIDTH],
    /// Lanes in which the last stride left nothing to be looked at.
    passed: [bool; WIDTH],
    /// Steps to go; of a lane without a cell, any number.
    left: [u64; WIDTH],
    running: [Option<Running>; WIDTH],
}

/// A cell by its number, its steps in all, and its outcome when it first reached the goal.
#[derive(Clone, Copy)]
struct Running {
    cell: usize,
    steps: u64,
    reached: Option<CellOutcome>,
}

impl<'a> Lanes<'a> {
    fn new(cells: &'a [Cell], spectral: bool, goal: &'a Goal<'a>) -> Self {
        Self {
            arch: pulp::Arch::new(),
            cells,
            spectral,
            goal,
            now: Abreast::idle(),
            was: Abreast::idle(),
            suspicious: [1.0; WIDTH],
            passed: [false; WIDTH],
            left: [u64::MAX; WIDTH],
            running: [None; WIDTH],
        }
    }

    fn seat(&mut self, i: usize, number: usize, steps: u64) {
        self.now.seat(i, &self.cells[number]);
        self.suspicious[i] = self.goal.suspicious();
        self.left[i] = steps;
        self.running[i] = Some(Running { cell: number, steps, reached: None });
    }

    /// Advances all lanes by strides until there is something to look at, or a cell is at its last step; the length of the last stride.
    fn stride(&mut self) -> u64 {
        loop {
            let remaining = self.left.iter().fold(u64::MAX, |least, &left| least.min(left));
            let stride = remaining.min(STRIDE);
            self.arch.dispatch(Stride { lanes: self, steps: stride });
            self.left.iter_mut().for_each(|left| *left -= stride);
            if stride == remaining || self.passed.contains(&false) {
                return stride;
            }
        }
    }

    /// Takes lanes in which the goal may have been reached back to where the last stride began, and looks at every step of it.
    fn find_goals(&mut self, stride: u64) {
        let suspect = |&i: &usize| {
            self.now.largest_signal[i] >= self.suspicious[i] && self.running[i].is_some_and(|r| r.reached.is_none())
        };
        let suspects: Vec<usize> = (0..WIDTH).filter(suspect).collect();
        let (arch, spectral) = (self.arch, self.spectral);
        let search = |cells: &mut Abreast<TOGETHER>, suspicious: &[f64; TOGETHER], steps: u64| {
            arch.dispatch(Search { cells, suspicious, steps, spectral })
        };
        for lanes in suspects.chunks(TOGETHER) {
            let mut then = self.was.gather::<TOGETHER>(lanes);
            let mut suspicious = [NEVER; TOGETHER];
            suspicious.iter_mut().zip(lanes).for_each(|(level, &i)| *level = self.suspicious[i]);
            let mut step = search(&mut then, &suspicious, stride);
            while step < stride {
                for (k, &i) in lanes.iter().enumerate() {
                    let Some(running) = &mut self.running[i] else { continue };
                    if then.largest_signal[k] >= suspicious[k]
                        && (self.goal.holds)(&self.cells[running.cell], &then.coefficients(k))
                    {
                        running.reached = Some(then.outcome(k, Some(running.steps - self.left[i] - stride + step)));
                        (self.suspicious[i], suspicious[k]) = (NEVER, NEVER);
                    }
                }
                if suspicious.iter().all(|level| level.is_nan()) {
                    break;
                }
                step += search(&mut then, &[NEVER; TOGETHER], 1);
                step += search(&mut then, &suspicious, stride - step);
            }
        }
    }

    /// What became of lane `i` in the last stride: `Some` when it is over.
    fn look(&self, i: usize, running: Running, stride: u64) -> Option<Option<CellOutcome>> {
        let (now, was) = (self.now.coefficients(i), self.was.coefficients(i));
        if !now.iter().all(|w| w.abs() <= BOUND) {
            return Some(None);
        }
        if self.goal.ends && running.reached.is_some() {
            return Some(running.reached);
        }
        if self.left[i] == 0 {
            return Some(Some(self.finish(i, running)));
        }
        // At rest nothing more will happen; what that means where a goal was to end the cell is told by the recursion itself.
        (stride > 0 && now == was && self.rests(i)).then(|| (!self.goal.ends).then(|| self.finish(i, running)))
    }

    /// Whether a step from where lane `i` is does not move it.
    fn rests(&self, i: usize) -> bool {
        let mut next = self.now.gather::<1>(&[i]);
        next.go::<pulp::Scalar>(self.spectral, 1);
        next.coefficients(0) == self.now.coefficients(i)
    }

    /// What lane `i` comes to after its last step.
    fn finish(&self, i: usize, running: Running) -> CellOutcome {
        let holds_now = || (self.goal.holds)(&self.cells[running.cell], &self.now.coefficients(i));
        let first = running.reached.and_then(|outcome| outcome.goal_step);
        self.now.outcome(i, first.or_else(|| holds_now().then(|| running.steps - self.left[i])))
    }
}

/// `N` cells side by side, with `max(b^2, c^2)` and `a^2` where their quotient was largest (compared by cross products, without a division a
/// step), and the largest `a^2`.
#[derive(Clone, Copy)]
struct Abreast<const N: usize> {
    spike_variance: [f64; N],
    bulk_directions: [f64; N],
    step_size: [f64; N],
    coefficients: [[f64; N]; 3],
    widest: [[f64; N]; 2],
    largest_signal: [f64; N],
}

impl<const N: usize> Abreast<N> {
    fn idle() -> Self {
        let one = [1.0; N];
        Self {
            spike_variance: one,
            bulk_directions: one,
            step_size: [0.0; N],
            coefficients: [one; 3],
            widest: [one; 2],
            largest_signal: one,
        }
    }

    fn seat(&mut self, i: usize, cell: &Cell) {
        self.spike_variance[i] = cell.spike + 1.0;
        self.bulk_directions[i] = (cell.dimension - 2) as f64;
        self.step_size[i] = cell.step_size;
        self.coefficients.iter_mut().for_each(|lane| lane[i] = cell.init);
        let square = cell.init * cell.init;
        self.widest.iter_mut().for_each(|lane| lane[i] = square);
        self.largest_signal[i] = square;
    }

    /// Some of the cells, the last of them as often as there is room.
    fn gather<const M: usize>(&self, lanes: &[usize]) -> Abreast<M> {
        let pick = |lane: &[f64; N]| array::from_fn(|k| lane[lanes[k.min(lanes.len() - 1)]]);
        Abreast {
            spike_variance: pick(&self.spike_variance),
            bulk_directions: pick(&self.bulk_directions),
            step_size: pick(&self.step_size),
            coefficients: self.coefficients.each_ref().map(pick),
            widest: self.widest.each_ref().map(pick),
            largest_signal: pick(&self.largest_signal),
        }
    }

    fn coefficients(&self, i: usize) -> [f64; 3] {
        self.coefficients.each_ref().map(|lane| lane[i])
    }

    fn outcome(&self, i: usize, goal_step: Option<u64>) -> CellOutcome {
        let [others, signal] = self.widest.each_ref().map(|lane| lane[i]);
        CellOutcome { coefficients: self.coefficients(i), amplification: (others / signal).sqrt(), goal_step }
    }

    /// [`Abreast::advance`], with instructions of the kind S.
    #[inline(always)]
    fn go<S: pulp::Simd>(&mut self, spectral: bool, steps: u64) {
        match (spectral, S::F64_LANES > 1) {
            (false, false) => self.advance::<false, false>(steps),
            (false, true) => self.advance::<false, true>(steps),
            (true, false) => self.advance::<true, false>(steps),
            (true, true) => self.advance::<true, true>(steps),
        }
    }

    /// `steps` steps of all cells.
    #[inline(always)]
    fn advance<const SPECTRAL: bool, const FUSED: bool>(&mut self, steps: u64) {
        let (mu, n, eta) = (self.spike_variance, self.bulk_directions, self.step_size);
        let ([mut a, mut b, mut c], [mut others, mut signal]) = (self.coefficients, self.widest);
        let [mut b2, mut c2] = [b, c].map(|lane| lane.map(|w| w * w));
        let mut largest = self.largest_signal;
        for _ in 0..steps {
            for i in 0..N {
                [a[i], b[i], c[i]] = next::<SPECTRAL, FUSED>(mu[i], n[i], eta[i], [a[i], b[i], c[i]], [b2[i], c2[i]]);
                let a2 = a[i] * a[i];
                [b2[i], c2[i]] = [b[i] * b[i], c[i] * c[i]];
                let larger = if b2[i] > c2[i] { b2[i] } else { c2[i] };
                let wider = larger * signal[i] > others[i] * a2;
                others[i] = if wider { larger } else { others[i] };
                signal[i] = if wider { a2 } else { signal[i] };
                largest[i] = if a2 > largest[i] { a2 } else { largest[i] };
            }
        }
        (self.coefficients, self.widest, self.largest_signal) = ([a, b, c], [others, signal], largest);
    }
}

/// One step of one cell, given the squares of its coefficients b and c.
#[inline(always)]
fn next<const SPECTRAL: bool, const FUSED: bool>(
    mu: f64,
    n: f64,
    eta: f64,
    w: [f64; 3],
    squares: [f64; 2],
) -> [f64; 3] {
    let (q, e) = ([1.0, mu, 1.0], [manifold::excess(0, &w[0]), squares[0], squares[1]]);
    let tau = manifold::weighted_excess(&[1.0, mu, n], &e);
    let mut next = w;
    for j in 0..3 {
        let h = if FUSED { manifold::bracket_fused(q[j], e[j], tau) } else { manifold::bracket(&q[j], &e[j], &tau) };
        if SPECTRAL {
            // The gradient has this sign whatever the variance. As Method::Spectral has it: no step where it is 0.
            let sign = manifold::gradient(&1.0, &h, &w[j]);
            let stepped = w[j] - eta.copysign(sign);
            next[j] = if sign != 0.0 { stepped } else { w[j] };
        } else {
            next[j] = w[j] - eta * manifold::gradient(&q[j], &h, &w[j]);
        }
    }
    next
}

/// What [`pulp`] compiles for every instruction set: a stride of all lanes, and where it left nothing to look at. A type of our own, since a
/// closure would not be inlined into the function that has the instructions.
struct Stride<'a, 'b> {
    lanes: &'a mut Lanes<'b>,
    steps: u64,
}

impl pulp::WithSimd for Stride<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Lanes { now, was, suspicious, passed, .. } = self.lanes;
        *was = *now;
        now.go::<S>(self.lanes.spectral, self.steps);
        let ([a, b, c], [a0, b0, c0]) = (&now.coefficients, &was.coefficients);
        for i in 0..WIDTH {
            let bounded = (a[i].abs() <= BOUND) & (b[i].abs() <= BOUND) & (c[i].abs() <= BOUND);
            let moves = (a[i] != a0[i]) | (b[i] != b0[i]) | (c[i] != c0[i]);
            let suspect = now.largest_signal[i] >= suspicious[i];
            passed[i] = bounded & moves & !suspect;
        }
    }
}

/// Steps of a few lanes until the goal may be reached in one of them; how many.
struct Search<'a> {
    cells: &'a mut Abreast<TOGETHER>,
    suspicious: &'a [f64; TOGETHER],
    steps: u64,
    spectral: bool,
}

impl pulp::WithSimd for Search<'_> {
    type Output = u64;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> u64 {
        let Self { cells, suspicious, steps, spectral } = self;
        let suspect = |cells: &Abreast<TOGETHER>| {
            cells.largest_signal.iter().zip(suspicious).fold(false, |any, (a2, level)| any | (a2 >= level))
        };
        let mut done = 0;
        for leap in [LEAP, 1] {
            while done + leap <= steps && !suspect(cells) {
                let before = *cells;
                cells.go::<S>(spectral, leap);
                if leap > 1 && suspect(cells) {
                    *cells = before;
                    break;
                }
                done += leap;
            }
        }
        done
    }
}
