//! The spiked recursion in [`WIDTH`] cells at once: the inner loop of [`recursion_grid`](super::recursion_grid).
//!
//! The formulas are those of [`manifold`], for one cell after the other, in a loop that the compiler turns into the widest
//! vector instructions of the machine at hand ([`pulp`] picks the version when the program runs). Nothing is fused or
//! reordered within a cell, so no bit depends on that choice.

use super::recursion_grid::{Cell, CellOutcome};
use crate::risk::manifold;

/// Cells in lockstep: as many as registers hold on the widest machines, enough to hide the latency of a step on all.
pub(super) const WIDTH: usize = 16;

/// Steps between two looks at the lanes. A lane that escapes is taken back by this much to find its exact step.
const STRIDE: u64 = 32;

/// Starts for which squares of coefficients and products of two of them stay in the range of normal numbers.
const ORDINARY_STARTS: std::ops::Range<f64> = 1e-70..1e6;

type Lane = [f64; WIDTH];

pub(super) struct Lanes {
    spike_variance: Lane,
    bulk_directions: Lane,
    step_size: Lane,
    coefficients: [Lane; 3],
    /// `max(b^2, c^2)` and `a^2` where their quotient was largest: compared by cross products, without a division a step.
    widest: [Lane; 2],
    largest_signal: Lane,
    escape_step: [Option<u64>; WIDTH],
    ordinary: [bool; WIDTH],
}

impl Lanes {
    /// At most [`WIDTH`] cells; lanes beyond them repeat the last one.
    pub(super) fn new(cells: &[Cell]) -> Self {
        let of = |f: fn(&Cell) -> f64| std::array::from_fn(|i| f(&cells[i.min(cells.len() - 1)]));
        let init: Lane = of(|cell| cell.init);
        Self {
            spike_variance: of(|cell| cell.spike + 1.0),
            bulk_directions: of(|cell| (cell.dimension - 2) as f64),
            step_size: of(|cell| cell.step_size),
            coefficients: [init; 3],
            widest: [init.map(|x| x * x); 2],
            largest_signal: [0.0; WIDTH],
            escape_step: [None; WIDTH],
            ordinary: init.map(|x| ORDINARY_STARTS.contains(&x)),
        }
    }

    /// All steps; `None` for a lane that must be run by itself.
    pub(super) fn run(mut self, spectral: bool, steps: u64, escape_level: f64) -> [Option<CellOutcome>; WIDTH] {
        let arch = pulp::Arch::new();
        let mut done = 0;
        while done < steps {
            let stride = STRIDE.min(steps - done);
            let before = self.coefficients;
            arch.dispatch(Advance { lanes: &mut self, steps: stride, spectral });
            self.find_escapes(before, done, stride, spectral, escape_level);
            done += stride;
        }
        let outcome = |i: usize| {
            let [a, b, c] = self.coefficients.map(|lane| lane[i]);
            let larger = b.abs().max(c.abs());
            let ratio = (self.widest[0][i] / self.widest[1][i]).max(larger * larger / (a * a));
            let escape_step = self.escape_step[i].or((a.abs() >= escape_level).then_some(steps));
            // A diverging recursion overflows within a few steps of leaving its bound and never comes back.
            let smooth = self.ordinary[i] && [a, b, c].iter().all(|w| w.abs() <= (1 << 30) as f64);
            smooth.then(|| CellOutcome { coefficients: [a, b, c], amplification: ratio.sqrt(), escape_step })
        };
        std::array::from_fn(outcome)
    }

    /// Tracks the lanes' present coefficients, then takes a step, `steps` times.
    #[inline(always)]
    fn advance<const SPECTRAL: bool>(&mut self, steps: u64) {
        let (mu, n, eta) = (self.spike_variance, self.bulk_directions, self.step_size);
        let [mut a, mut b, mut c] = self.coefficients;
        let [mut others, mut signal] = self.widest;
        let mut largest = self.largest_signal;
        for _ in 0..steps {
            for i in 0..WIDTH {
                let w = [a[i], b[i], c[i]];
                [a[i], b[i], c[i]] = next::<SPECTRAL>(mu[i], n[i], eta[i], w);
                let [a2, b2, c2] = w.map(|w| w * w);
                let larger = if b2 > c2 { b2 } else { c2 };
                let wider = larger * signal[i] > others[i] * a2;
                others[i] = if wider { larger } else { others[i] };
                signal[i] = if wider { a2 } else { signal[i] };
                largest[i] = if a2 > largest[i] { a2 } else { largest[i] };
            }
        }
        self.coefficients = [a, b, c];
        self.widest = [others, signal];
        self.largest_signal = largest;
    }

    /// Looks for the first steps at which lanes reached the escape level, in the stride that led from `before` to here.
    fn find_escapes(&mut self, before: [Lane; 3], done: u64, stride: u64, spectral: bool, escape_level: f64) {
        // Squares are tracked and the level is not squared exactly: suspect a little too early, then look.
        let suspicious = escape_level * escape_level * (1.0 - 4.0 * f64::EPSILON);
        for i in 0..WIDTH {
            if self.escape_step[i].is_some() || self.largest_signal[i] < suspicious {
                continue;
            }
            let (mu, n, eta) = (self.spike_variance[i], self.bulk_directions[i], self.step_size[i]);
            let mut w = before.map(|lane| lane[i]);
            for step in done..done + stride {
                if w[0].abs() >= escape_level {
                    self.escape_step[i] = Some(step);
                    break;
                }
                w = if spectral { next::<true>(mu, n, eta, w) } else { next::<false>(mu, n, eta, w) };
            }
        }
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
