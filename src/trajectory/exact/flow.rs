use super::branch::Agreement;
use super::halt::Halt;
use super::kinetic::Kinetic;
use super::roster::Roster;
use super::scan::Scan;
use super::segment::ExactSegment;
use super::state::State;
use crate::scalar::{DomainError, Enclosure, Real};
use crate::spectrum::Spectrum;
use crate::trajectory::{Event, Flow, Stop};
use std::cmp::Ordering::Greater;

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
/// Times of events have the absolute error of the coefficients, a few units in their last place (1e-14 where they are of order one): an event soon after the
/// start comes at the distance of two numbers of the size of the start, and the start's own last digit moves it by as much.
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
    /// Number of segments handed out, cut ones counted once.
    segments: u64,
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
    /// The next segment is the present one.
    Ready,
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
        Ok(Self::of(State::new(spectrum, start, false)?, finder))
    }

    /// The flow on which all coefficients start at the number `init`. Where that is an enclosure, [`new`](Self::new) cannot know that it is
    /// the same number for all, and that groups of equal variance therefore are one.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub fn from_equal_start(spectrum: &Spectrum<T>, init: &T) -> Result<Self, DomainError> {
        let start = vec![init.clone(); spectrum.groups()];
        Ok(Self::of(State::new(spectrum, &start, true)?, Finder::Automatic))
    }

    fn of(state: State<T>, finder: Finder) -> Self {
        let mut flow = Self {
            state,
            roster: Rosters::Few(Scan::default()),
            finder,
            phase: Phase::Unopened,
            cut: None,
            segments: 0,
        };
        flow.hire();
        flow
    }

    /// As a new flow, in the memory of this one.
    ///
    /// # Errors
    /// Those of [`new`](Self::new); the flow is then as it was before.
    pub fn reset(&mut self, spectrum: &Spectrum<T>, start: &[T]) -> Result<(), DomainError> {
        self.state.reset(spectrum, start, false)?;
        self.phase = Phase::Unopened;
        self.cut = None;
        self.segments = 0;
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
            (Phase::Ready, _) => {
                *phase = Phase::Running;
                Ok(())
            }
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
        self.state.coefficients(&self.state.now())
    }

    /// The largest amplification up to [`time`](Self::time), see [`Segment::amplification_at`](crate::trajectory::Segment::amplification_at).
    pub fn amplification(&self) -> Option<T> {
        self.state.amplification(&self.state.now())
    }

    /// Sets the number of steps (at most one an event and one more an instant) after which the flow stops with [`Stop::Budget`].
    pub fn set_budget(&mut self, steps: u64) {
        self.state.budget = steps;
    }

    /// Number of segments handed out.
    #[cfg(feature = "mpfr")]
    pub(super) fn segments(&self) -> u64 {
        self.segments
    }

    /// The present segment, once there is one.
    pub(super) fn segment(&self) -> ExactSegment<'_, T> {
        ExactSegment { state: &self.state, cut: self.cut.as_ref() }
    }

    /// Goes to the beginning of the `count`-th segment from here; whether there is one.
    #[cfg(feature = "mpfr")]
    pub(super) fn skip(&mut self, count: u64) -> bool {
        self.segments += count;
        (0..count).all(|_| self.advance().is_ok())
    }

    pub(super) fn state(&self) -> &State<T> {
        &self.state
    }
}

impl<T: Enclosure> ExactFlow<T> {
    /// Where the flow has stopped because an order or a grip is undecided: what it comes to whatever is true.
    pub(super) fn past_doubt(&self) -> Option<Agreement<T>> {
        match &self.phase {
            Phase::Stopped(halt) => self.state.past_doubt(halt),
            _ => None,
        }
    }

    /// The segment whose end is in doubt lasts this long, for certain.
    pub(super) fn wait_for_doubt(&mut self, length: T) {
        self.state.length = length;
        self.phase = Phase::Ready;
    }

    /// Whether there is more of the segment that was handed out.
    pub(super) fn is_cut(&self) -> bool {
        self.cut.is_some()
    }

    /// Goes on from another state.
    pub(super) fn go_on_from(&mut self, agreement: Agreement<T>) {
        self.state = agreement.state;
        self.hire();
        let settled = match (&mut self.roster, agreement.rests) {
            (_, true) => Err(Halt::Optimum),
            (Rosters::Few(roster), _) => {
                roster.begin(&self.state);
                let settled = self.state.settle(roster);
                self.state.conclude(settled)
            }
            (Rosters::Many(roster), _) => {
                roster.begin(&self.state);
                let settled = self.state.settle(roster.as_mut());
                self.state.conclude(settled)
            }
        };
        self.phase = settled.map_or_else(Phase::Stopped, |()| Phase::Ready);
    }
}

impl<T: Real> Flow<T> for ExactFlow<T> {
    type Segment<'a> = ExactSegment<'a, T>;

    #[inline]
    fn next_segment(&mut self, limit: Option<&T>) -> Result<ExactSegment<'_, T>, Stop<T>> {
        let resumed = self.cut.take();
        match &resumed {
            Some(s) => match &self.roster {
                Rosters::Few(roster) => self.state.cut(roster, s),
                Rosters::Many(roster) => self.state.cut(roster.as_ref(), s),
            },
            None => {
                self.advance().map_err(|halt| self.state.stop(&halt))?;
                self.segments += 1;
            }
        }
        if let Some(limit) = limit {
            let left = limit.clone() - &self.state.origin;
            // what was cut here has reached an enclosure of a time as far as it goes
            if left.sign().map_or(resumed.is_some(), |sign| sign != Greater) {
                // what is left of the segment is for a later limit
                self.cut = Some(left.int(0));
                return Err(Stop::Horizon);
            }
            self.cut = (left < self.state.length).then_some(left);
        }
        Ok(self.segment())
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
