//! Why a flow ends, and in words.

use super::earliest::Ending;
use super::state::State;
use crate::scalar::Real;
use crate::trajectory::Stop;

/// The end of a flow: small and without memory of its own, since whatever happens may return it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Halt {
    Optimum,
    /// This coefficient is at zero with a negative bracket.
    NonUnique(usize),
    /// Boxed, being rare and large.
    Undecided(Box<Doubt>),
    Budget,
}

impl Halt {
    /// Whether what could not be decided is if a coefficient keeps to its surface, or on which side of it one starts: modes are not what
    /// they seem.
    #[inline]
    pub(super) fn leaves_modes_open(&self) -> bool {
        matches!(self, Self::Undecided(doubt) if matches!(**doubt, Doubt::Grip(_) | Doubt::Side(_)))
    }

    /// Whether what could not be decided is on which side of its surface a coefficient starts.
    pub(super) fn is_about_side(&self) -> bool {
        matches!(self, Self::Undecided(doubt) if matches!(**doubt, Doubt::Side(_)))
    }
}

/// What could not be decided in this number system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Which of the two comes first.
    Order(Ending, Ending),
    /// Whether it happens at all.
    Whether(Ending),
    /// The sign of the excess energy at the start.
    Stage,
    /// On which side of its surface this coefficient starts.
    Side(usize),
    /// Whether this coefficient, on its surface, keeps to it.
    Grip(usize),
    /// Which way the excess energy moves where a group leaves its surface.
    Direction,
    /// Nothing ends a segment: a value is not a number.
    Nothing,
}

impl From<Doubt> for Halt {
    #[cold]
    fn from(doubt: Doubt) -> Self {
        Self::Undecided(Box::new(doubt))
    }
}

impl<T: Real> State<T> {
    /// The sentence that `halt` is, at the present time.
    pub(super) fn stop(&self, halt: &Halt) -> Stop<T> {
        let time = self.time.clone();
        match *halt {
            Halt::Optimum => Stop::Optimum { time },
            Halt::NonUnique(coefficient) => Stop::NonUnique { time, coefficient },
            Halt::Undecided(ref doubt) => Stop::Undecided { time, reason: self.doubt_in_words(**doubt) },
            Halt::Budget => Stop::Budget { time, steps: self.budget },
        }
    }

    fn doubt_in_words(&self, doubt: Doubt) -> String {
        match doubt {
            Doubt::Order(first, second) => {
                format!("which comes first, {} or {}", self.ending_in_words(first), self.ending_in_words(second))
            }
            Doubt::Whether(ending) => format!("whether there is such an event as {}", self.ending_in_words(ending)),
            Doubt::Stage => "the sign of the excess energy at the start".into(),
            Doubt::Side(j) => format!("on which side of its surface {} starts", self.name(j)),
            Doubt::Grip(j) => format!("whether {} keeps to its surface", self.name(j)),
            Doubt::Direction => "which way the excess energy moves where a coefficient leaves its surface".into(),
            Doubt::Nothing => "nothing ends this segment, so a value is not a number".into(),
        }
    }

    fn name(&self, j: usize) -> String {
        match self.names.get(j) {
            Some(name) if j > 0 => name.clone(),
            None if j > 0 => format!("coefficient {j}"),
            _ => "the signal".into(),
        }
    }

    fn ending_in_words(&self, ending: Ending) -> String {
        let group = |k: usize| self.name(self.groups.members(k)[0]);
        match ending {
            Ending::Arrival(k) => format!("{} reaching its surface", group(k)),
            Ending::Departure(k) => format!("{} leaving its surface", group(k)),
            Ending::Zero(k) => format!("{} reaching zero", group(k)),
            Ending::Surplus => "the excess energy becoming positive".into(),
            Ending::Deficit => "the excess energy becoming negative".into(),
            Ending::SignalSurface => "the signal reaching its surface".into(),
            Ending::SignalZero => "the signal reaching zero".into(),
            Ending::Target => "the signal reaching 1".into(),
            Ending::SignalUnstable => "the signal's bracket becoming negative at zero".into(),
            Ending::Optimum => "the optimum".into(),
        }
    }
}
