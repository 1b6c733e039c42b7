//! The exact flow in enclosures, at whatever precision the order of its events needs.

use super::certified_segment::CertifiedSegment;
use super::detour::{Persistent, Tie};
use super::flow::ExactFlow;
use crate::scalar::{DomainError, Interval};
use crate::spectrum::Spectrum;
use crate::trajectory::{Event, Flow, Stop};

#[cfg(feature = "mpfr")]
use super::precise::{self, Ladder};
#[cfg(feature = "mpfr")]
use crate::scalar::MpInterval;

/// The exact SpecGD flow with certified events, in certified order, and enclosures of every coefficient.
///
/// It begins in intervals of doubles. Where the enclosures of two events overlap, it starts again in intervals of more bits (128, then
/// twice as many each time, to 4,096) and goes on from there by itself, where the feature `mpfr` is there and more bits can help: a
/// problem whose own numbers are intervals is decided by 128 bits or not at all. Events whose order is still undecided, as is that of
/// events that happen at once, are a [`Tie`]: the flow follows every order until all of them have led to the same modes, and goes on
/// with the hull. The proof is `undecided-order` in `derivations/validated.md`.
///
/// What else may be undecided (whether an event takes place at all; orders that do not lead to the same), ends the flow with
/// [`Stop::Undecided`], which says what it is.
#[derive(Clone, Debug)]
pub struct CertifiedFlow {
    numbers: Numbers,
    /// Those of `numbers`, in doubles.
    events: Vec<Event<Interval>>,
    #[cfg(feature = "mpfr")]
    ladder: Ladder,
}

#[derive(Clone, Debug)]
enum Numbers {
    Double(Box<Persistent<Interval>>),
    #[cfg(feature = "mpfr")]
    Precise(Box<Persistent<MpInterval>>),
}

impl CertifiedFlow {
    /// The flow from coefficients in `start`, signal first, one for each group of `spectrum`.
    ///
    /// # Errors
    /// Those of [`ExactFlow::new`].
    pub fn new(spectrum: &Spectrum<Interval>, start: &[Interval]) -> Result<Self, DomainError> {
        let flow = ExactFlow::new(spectrum, start)?;
        Ok(Self {
            numbers: Numbers::Double(Box::new(Persistent::new(flow))),
            events: Vec::new(),
            #[cfg(feature = "mpfr")]
            ladder: Ladder::new(spectrum, start, false),
        })
    }

    /// The flow on which all coefficients start at one number, which `init` encloses: groups of equal variance are then one.
    ///
    /// # Errors
    /// Those of [`ExactFlow::new`].
    pub fn from_equal_start(spectrum: &Spectrum<Interval>, init: &Interval) -> Result<Self, DomainError> {
        let flow = ExactFlow::from_equal_start(spectrum, init)?;
        Ok(Self {
            numbers: Numbers::Double(Box::new(Persistent::new(flow))),
            events: Vec::new(),
            #[cfg(feature = "mpfr")]
            ladder: Ladder::new(spectrum, &vec![*init; spectrum.groups()], true),
        })
    }

    /// The same flow with intervals of at most `bits` bits (53 are those of doubles, which it begins with).
    #[cfg(feature = "mpfr")]
    #[must_use]
    pub fn at_most(mut self, bits: u32) -> Self {
        self.ladder.end_at(bits);
        self
    }

    /// Bits of the numbers computed with so far: 53, or more where the order of two events needed them.
    pub fn bits(&self) -> u32 {
        match &self.numbers {
            Numbers::Double(_) => f64::MANTISSA_DIGITS,
            #[cfg(feature = "mpfr")]
            Numbers::Precise(_) => self.ladder.bits(),
        }
    }

    /// The events whose order is not certified, in the order of time; of all others it is.
    pub fn ties(&self) -> Vec<Tie<Interval>> {
        match &self.numbers {
            Numbers::Double(flow) => flow.ties().to_vec(),
            #[cfg(feature = "mpfr")]
            Numbers::Precise(flow) => flow.ties().iter().map(precise::tie_in_doubles).collect(),
        }
    }

    /// Goes to the next part, at the precision that takes.
    #[cfg(feature = "mpfr")]
    fn advance(&mut self, limit: Option<&Interval>) -> Result<(), Stop<Interval>> {
        loop {
            let persist = !self.ladder.has_more();
            let (done, outcome) = match &mut self.numbers {
                Numbers::Double(flow) => (flow.flow().segments(), flow.next(limit, persist)),
                Numbers::Precise(flow) => {
                    let limit = limit.map(|limit| self.ladder.precise(limit));
                    let outcome = flow.next(limit.as_ref(), persist);
                    (flow.flow().segments(), outcome.map_err(|stop| precise::stop_in_doubles(&stop)))
                }
            };
            match outcome {
                Err(Stop::Undecided { .. }) if !persist => {
                    self.ladder.climb();
                    // What was certain before is so again.
                    if let Some(flow) = self.ladder.flow_after(done) {
                        self.numbers = Numbers::Precise(Box::new(Persistent::new(flow)));
                        self.events.clear();
                    }
                }
                outcome => return outcome,
            }
        }
    }

    #[cfg(not(feature = "mpfr"))]
    fn advance(&mut self, limit: Option<&Interval>) -> Result<(), Stop<Interval>> {
        let Numbers::Double(flow) = &mut self.numbers;
        flow.next(limit, true)
    }

    fn take_note_of_events(&mut self) {
        let known = self.events.len();
        match &self.numbers {
            Numbers::Double(flow) => self.events.extend_from_slice(&flow.events()[known..]),
            #[cfg(feature = "mpfr")]
            Numbers::Precise(flow) => self.events.extend(flow.events()[known..].iter().map(precise::event_in_doubles)),
        }
    }
}

impl Flow<Interval> for CertifiedFlow {
    type Segment<'a> = CertifiedSegment<'a>;

    fn next_segment(&mut self, limit: Option<&Interval>) -> Result<CertifiedSegment<'_>, Stop<Interval>> {
        let outcome = self.advance(limit);
        self.take_note_of_events();
        outcome?;
        Ok(match &self.numbers {
            Numbers::Double(flow) => CertifiedSegment::of_doubles(flow.part()),
            #[cfg(feature = "mpfr")]
            Numbers::Precise(flow) => CertifiedSegment::precise(flow.part()),
        })
    }

    fn current(&self) -> (Interval, Vec<Interval>) {
        match &self.numbers {
            Numbers::Double(flow) => flow.current(),
            #[cfg(feature = "mpfr")]
            Numbers::Precise(flow) => {
                let (time, w) = flow.current();
                (precise::in_doubles(&time), w.iter().map(precise::in_doubles).collect())
            }
        }
    }

    fn events(&self) -> Option<&[Event<Interval>]> {
        Some(&self.events)
    }
}
