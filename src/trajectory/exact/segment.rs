use super::leg::Mode;
use super::state::State;
use crate::scalar::Real;
use crate::trajectory::{Event, Segment};

/// A stretch of the exact SpecGD flow between two events: every excess is a polynomial of degree two, exactly.
///
/// It borrows the flow and costs nothing to make; a coefficient is computed when it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct ExactSegment<'a, T: Real> {
    pub(super) state: &'a State<T>,
    /// Where the segment is cut, if it is.
    pub(super) cut: Option<&'a T>,
}

impl<'a, T: Real> ExactSegment<'a, T> {
    /// What happened at the instant at which the segment begins.
    pub fn events(&self) -> &'a [Event<T>] {
        &self.state.events[self.state.past_events..]
    }

    /// The mode of coefficient `j` on this segment (0 is the signal).
    pub fn mode(&self, j: usize) -> Mode {
        self.state.mode(j)
    }

    /// Excess energy tau at local time `s`.
    pub fn excess_energy_at(&self, s: &T) -> T {
        self.state.energy.at(s)
    }
}

impl<T: Real> Segment<T> for ExactSegment<'_, T> {
    fn start(&self) -> &T {
        &self.state.origin
    }

    fn length(&self) -> &T {
        self.cut.unwrap_or(&self.state.length)
    }

    fn groups(&self) -> usize {
        self.state.groups.coefficients()
    }

    fn coefficients_at(&self, s: &T) -> Vec<T> {
        self.state.coefficients(s)
    }

    fn coefficient_at(&self, j: usize, s: &T) -> T {
        if j == 0 { self.state.signal_coefficient(s) } else { self.state.coefficient(self.state.groups.class(j), s) }
    }

    fn excess(&self, j: usize) -> Vec<T> {
        self.state.excess(j)
    }

    /// The largest `(w_j/w_0)/(w_j(0)/w_0(0))` over all times up to local time `s` and all `j >= 1` that start above zero; at least 1.
    ///
    /// It is infinite once the signal has been at zero, and `None` where it cannot be told: the signal starts at zero, or
    /// enclosures are too wide.
    fn amplification_at(&self, s: &T) -> Option<T> {
        self.state.amplification(s)
    }
}
