//! GD flows of several cells with three groups in lockstep, a cell a lane, from one event to the next.
//!
//! On every step a bound tells whether a ratio `w_j/w_0` can turn in it; only where it can, or where whoever [watches](Watch) asks for
//! it, a cell is looked at by itself, as a segment. The order is fixed and every lane has steps of its own: nothing of a cell depends on the
//! cells that go with it, nor on how many lanes there are.

use super::step::Pace;
use super::stretch::{GROUPS, Stretch};
use crate::scalar::{DomainError, Instructions, Lanes};
use crate::spectrum::Spectrum;
use pulp::{Arch, Simd, WithSimd};
use std::ops::ControlFlow;

/// A flow to follow: a covariance with three groups, and a positive start.
#[derive(Clone, Debug)]
pub struct FlowCell<'a> {
    /// The covariance.
    pub spectrum: &'a Spectrum,
    /// The coefficients at time 0, signal first.
    pub start: [f64; GROUPS],
}

/// A step by its ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ends {
    /// The coefficients where it begins.
    pub from: [f64; GROUPS],
    /// The coefficients where it ends.
    pub to: [f64; GROUPS],
    /// The time then.
    pub time: f64,
}

/// What is to be done after a step on which every ratio `w_j/w_0` was monotone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Nothing: on to the next step.
    Pass,
    /// Its segment must be seen.
    Closer,
    /// The cell is over.
    Done,
}

/// Who follows the cells.
pub trait Watch {
    /// Looks at a step on which every ratio was monotone.
    fn look(&mut self, cell: usize, step: &Ends) -> Look;

    /// Sees a step in which a ratio may turn, or that was asked for. Breaks when the cell is over.
    fn see(&mut self, cell: usize, segment: &Stretch) -> ControlFlow<()>;
}

/// How GD flows go in lockstep.
#[derive(Clone, Debug)]
pub struct Lockstep {
    pace: Pace<f64>,
    resolved: bool,
}

/// Coefficients for which squares and products of two of them stay in the range of normal numbers.
const ORDINARY: std::ops::Range<f64> = 1e-70..1e6;

/// A signal so near to its optimum is left to a [`GradientFlow`](super::GradientFlow), whose state there is the excess.
const NEAR: f64 = 1e-4;

/// Steps after which a cell is left.
const BUDGET: u32 = 2000;

impl Lockstep {
    /// With a relative error of at most about `tolerance` a step; `None` is full precision.
    ///
    /// # Errors
    /// A tolerance outside `[epsilon/2, 0.01]`.
    pub fn new(tolerance: Option<f64>) -> Result<Self, DomainError> {
        Ok(Self { pace: Pace::new(&0.0, tolerance.as_ref())?, resolved: false })
    }

    /// Makes the excess polynomials of segments accurate relative to themselves, as [`GradientFlow::resolved`](super::GradientFlow::resolved) does.
    #[must_use]
    pub fn resolved(mut self) -> Self {
        self.resolved = true;
        self
    }

    /// Follows all `cells` until `watch` has enough of them, in an order that is not theirs. A cell that leaves the ordinary (very small or large
    /// coefficients, a signal next to its optimum, thousands of steps) is left; whoever watches must follow it in another way.
    pub fn follow(&self, cells: &[FlowCell], watch: &mut impl Watch) {
        Arch::new().dispatch(Follow { by: self, cells, watch });
    }
}

/// [`Lockstep::follow`], with the widest instructions of the machine at hand.
struct Follow<'a, W> {
    by: &'a Lockstep,
    cells: &'a [FlowCell<'a>],
    watch: &'a mut W,
}

/// A cell under way, its steps so far, and where it is.
#[derive(Clone, Copy, Debug)]
struct Seat {
    cell: usize,
    steps: u32,
    at: [f64; GROUPS],
}

impl<W: Watch> WithSimd for Follow<'_, W> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { by, cells, watch } = self;
        let fits = |cell: &FlowCell| cell.spectrum.groups() == GROUPS && is_ordinary(&cell.start);
        let mut waiting = (0..cells.len()).filter(|&i| fits(&cells[i]));
        let mut lanes = Stretch::new(by.pace.order(), Instructions(simd));
        let mut seats: Vec<Option<Seat>> = vec![None; Lanes::<S>::WIDTH];
        loop {
            for (l, seat) in seats.iter_mut().enumerate() {
                if seat.is_none()
                    && let Some(cell) = waiting.next()
                {
                    lanes.seat(l, cells[cell].spectrum, &cells[cell].start);
                    *seat = Some(Seat { cell, steps: 0, at: cells[cell].start });
                }
            }
            if seats.iter().all(Option::is_none) {
                return;
            }
            let turns = lanes.advance(&by.pace, by.resolved);
            for (l, seated) in seats.iter_mut().enumerate() {
                let Some(seat) = seated else { continue };
                let (cell, to) = (seat.cell, lanes.end(l));
                let look = if !is_ordinary(&to) || seat.steps == BUDGET {
                    Look::Done
                } else if turns.each()[l] == 0.0 {
                    watch.look(cell, &Ends { from: seat.at, to, time: lanes.end_time(l) })
                } else {
                    Look::Closer
                };
                let over = match look {
                    Look::Pass => false,
                    Look::Done => true,
                    Look::Closer => watch.see(cell, &Stretch::of_lane(&lanes, l)).is_break(),
                };
                (seat.at, seat.steps) = (to, seat.steps + 1);
                if over {
                    *seated = None;
                }
            }
        }
    }
}

/// Whether these coefficients can go in lockstep; NaN cannot.
fn is_ordinary(w: &[f64; GROUPS]) -> bool {
    w.iter().all(|w| ORDINARY.contains(w)) && (w[0] - 1.0).abs() > NEAR
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trajectory::Segment;

    /// Everything that is told of every cell, in bits.
    struct Record(Vec<Vec<u64>>);

    impl Watch for Record {
        fn look(&mut self, cell: usize, step: &Ends) -> Look {
            self.0[cell].extend(step.to.iter().chain(&step.from).chain([&step.time]).map(|x| x.to_bits()));
            if self.0[cell].len().is_multiple_of(5) { Look::Closer } else { Look::Pass }
        }

        fn see(&mut self, cell: usize, segment: &Stretch) -> ControlFlow<()> {
            let middle = segment.coefficients_at(&(0.5 * segment.length()));
            self.0[cell].extend(middle.iter().chain(&segment.excess(1)).map(|x| x.to_bits()));
            ControlFlow::Continue(())
        }
    }

    #[test]
    fn no_bit_of_a_cell_depends_on_the_others_nor_on_the_instructions() {
        let spectra: Vec<Spectrum> =
            (0..37).map(|i| Spectrum::spiked(0.7 * f64::from(i), 5 + 40 * i as u64).unwrap()).collect();
        let cell = |(i, spectrum)| FlowCell { spectrum, start: [libm::exp(-f64::from(i)); GROUPS] };
        let cells: Vec<FlowCell> = (0..37).zip(&spectra).map(cell).collect();
        let lockstep = Lockstep::new(None).unwrap();
        let mut together = Record(vec![Vec::new(); cells.len()]);
        lockstep.follow(&cells, &mut together);
        assert!(together.0[1..].iter().all(|told| told.len() > 30));
        let mut one_lane = Record(vec![Vec::new(); cells.len()]);
        Follow { by: &lockstep, cells: &cells, watch: &mut one_lane }.with_simd(pulp::Scalar::new());
        assert_eq!(together.0, one_lane.0);
        let backwards: Vec<FlowCell> = cells.iter().rev().cloned().collect();
        let mut told = Record(vec![Vec::new(); cells.len()]);
        lockstep.follow(&backwards, &mut told);
        told.0.reverse();
        assert_eq!(together.0, told.0);
    }
}
