use super::halt::Halt;
use super::kinetic::Kinetic;
use super::scan::Scan;
use super::segment::ExactSegment;
use super::state::State;
use crate::scalar::{DomainError, Real};
use crate::spectrum::Spectrum;
use crate::trajectory::{Event, Flow, Stop};

/// The exact SpecGD flow `w_j' = -sign(h_j)` on the invariant manifold, as a Filippov system: no step size, no truncation.
///
/// ```
/// use specdyn::trajectory::{Flow, Segment, Stop, exact::ExactFlow};
/// use specdyn::{scalar::DomainError, spectrum::Spectrum, weights::equal_start};
///
/// let spectrum = Spectrum::spiked(20.0, 100)?;
/// let mut flow = ExactFlow::new(&spectrum, &equal_start(&spectrum, &1e-3)?)?;
/// let stop = loop {
///     match flow.next_segment(None) {
///         Ok(segment) => assert!(*segment.length() > 0.0),
///         Err(stop) => break stop,
///     }
/// };
/// let expected = (102.0_f64 / 101.0).sqrt() - 1e-3; // ((d + 2)/(d + 1))^(1/2) - init
/// assert!(matches!(stop, Stop::Optimum { time } if (time - expected).abs() < 1e-14));
/// # Ok::<(), DomainError>(())
/// ```
///
/// A handful of groups is scanned at every event; more of them are kept in kinetic structures, in which an event costs
/// `O(log^2)` of their number. Number systems of enclosures are always scanned: they cannot tell lines apart that touch.
#[derive(Clone, Debug)]
pub struct ExactFlow<T: Real = f64> {
    state: State<T>,
    roster: Rosters<T>,
    finder: Finder,
    phase: Phase,
    /// How far the segment that was handed out reaches, if not to its end.
    cut: Option<T>,
}

/// How the next event is found. The events are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Finder {
    /// By the number of groups and the number system.
    #[default]
    Automatic,
    /// By looking at every group: `O(J)` an event.
    Scan,
    /// From kinetic structures: `O(log^2 J)` an event.
    Kinetic,
}

#[derive(Clone, Debug)]
enum Rosters<T> {
    Few(Scan),
    Many(Box<Kinetic<T>>),
}

#[derive(Clone, Debug)]
enum Phase {
    Unopened,
    Running,
    Stopped(Halt),
}

/// Distinct groups from which on kinetic structures are faster: on power laws `i^-1` and `i^-2` the times cross at 34 to 38.
const MANY: usize = 36;

impl<T: Real> ExactFlow<T> {
    /// The flow from the coefficients `start >= 0`, signal first, one for each group of `spectrum`.
    ///
    /// # Errors
    /// Another number of coefficients, one that is negative or not finite, or an energy whose square is not finite.
    pub fn new(spectrum: &Spectrum<T>, start: &[T]) -> Result<Self, DomainError> {
        Self::with_finder(spectrum, start, Finder::Automatic)
    }

    /// As [`new`](Self::new), with a choice of how events are found.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub fn with_finder(spectrum: &Spectrum<T>, start: &[T], finder: Finder) -> Result<Self, DomainError> {
        let state = State::new(spectrum, start)?;
        let mut flow = Self { state, roster: Rosters::Few(Scan::default()), finder, phase: Phase::Unopened, cut: None };
        flow.hire();
        Ok(flow)
    }

    /// As a new flow, in the memory of this one.
    ///
    /// # Errors
    /// Those of [`new`](Self::new); the flow is then as it was before.
    pub fn reset(&mut self, spectrum: &Spectrum<T>, start: &[T]) -> Result<(), DomainError> {
        self.state.reset(spectrum, start)?;
        self.phase = Phase::Unopened;
        self.cut = None;
        self.hire();
        Ok(())
    }

    fn hire(&mut self) {
        let many = self.state.ordered && self.state.groups.len() >= MANY;
        self.roster = match self.finder {
            Finder::Automatic if many => Rosters::Many(Box::new(Kinetic::new(&self.state))),
            Finder::Kinetic => Rosters::Many(Box::new(Kinetic::new(&self.state))),
            Finder::Automatic | Finder::Scan => Rosters::Few(Scan::default()),
        };
    }

    /// Goes to the beginning of the next segment.
    #[inline]
    fn advance(&mut self) -> Result<(), Halt> {
        let Self { state, roster, phase, .. } = self;
        let outcome = match (&*phase, roster) {
            (Phase::Running, Rosters::Few(roster)) => state.step(roster),
            (Phase::Running, Rosters::Many(roster)) => state.step(roster.as_mut()),
            (Phase::Stopped(halt), _) => return Err(halt.clone()),
            (Phase::Unopened, roster) => {
                *phase = Phase::Running;
                match roster {
                    Rosters::Few(roster) => state.open(roster),
                    Rosters::Many(roster) => state.open(roster.as_mut()),
                }
            }
        };
        outcome.inspect_err(|halt| *phase = Phase::Stopped(halt.clone()))
    }

    /// Goes to the end and says why it is one: at rest at the optimum ([`Stop::Optimum`]), a coefficient at zero with a
    /// negative bracket ([`Stop::NonUnique`]), two events that could not be told apart in this number system
    /// ([`Stop::Undecided`]), or more events than a trajectory was ever seen to have ([`Stop::Budget`]).
    pub fn finish(&mut self) -> Stop<T> {
        self.cut = None;
        let halt = self.advance().err().unwrap_or_else(|| {
            let halt = match &mut self.roster {
                Rosters::Few(roster) => self.state.run(roster),
                Rosters::Many(roster) => self.state.run(roster.as_mut()),
            };
            self.phase = Phase::Stopped(halt.clone());
            halt
        });
        self.state.stop(&halt)
    }

    /// Goes to `limit` ([`Stop::Horizon`]), or to the end if that is earlier; see [`finish`](Self::finish).
    pub fn finish_by(&mut self, limit: &T) -> Stop<T> {
        loop {
            if let Err(stop) = self.next_segment(Some(limit)) {
                return stop;
            }
        }
    }

    /// The beginning of the present segment, or the time at which the flow has stopped.
    pub fn time(&self) -> &T {
        &self.state.time
    }

    /// All that has happened up to [`time`](Self::time), in order.
    pub fn events(&self) -> &[Event<T>] {
        &self.state.events
    }

    /// The coefficients at [`time`](Self::time), signal first.
    pub fn coefficients(&self) -> Vec<T> {
        self.state.coefficients(&self.state.time.int(0))
    }

    /// The largest amplification up to [`time`](Self::time), see [`Segment::amplification_at`](crate::trajectory::Segment::amplification_at).
    pub fn amplification(&self) -> Option<T> {
        self.state.amplification(&self.state.time.int(0))
    }

    /// Sets the number of steps (at most one an event and one more an instant) after which the flow stops with [`Stop::Budget`].
    pub fn set_budget(&mut self, steps: u64) {
        self.state.budget = steps;
    }

    pub(super) fn state(&self) -> &State<T> {
        &self.state
    }
}

impl<T: Real> Flow<T> for ExactFlow<T> {
    type Segment<'a> = ExactSegment<'a, T>;

    #[inline]
    fn next_segment(&mut self, limit: Option<&T>) -> Result<ExactSegment<'_, T>, Stop<T>> {
        match self.cut.take() {
            Some(s) => match &self.roster {
                Rosters::Few(roster) => self.state.cut(roster, &s),
                Rosters::Many(roster) => self.state.cut(roster.as_ref(), &s),
            },
            None => self.advance().map_err(|halt| self.state.stop(&halt))?,
        }
        if let Some(limit) = limit {
            let left = limit.clone() - &self.state.time;
            if left <= left.int(0) {
                // what is left of the segment is for a later limit
                self.cut = Some(left.int(0));
                return Err(Stop::Horizon);
            }
            self.cut = (left < self.state.length).then_some(left);
        }
        Ok(ExactSegment { state: &self.state, cut: self.cut.as_ref() })
    }

    fn current(&self) -> (T, Vec<T>) {
        (self.time().clone(), self.coefficients())
    }

    fn events(&self) -> Option<&[Event<T>]> {
        Some(&self.state.events)
    }

    fn has_unit_speed(&self) -> bool {
        true
    }

    fn keeps_amplification(&self) -> bool {
        true
    }
}
