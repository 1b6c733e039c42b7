//! The exact flow in enclosures, through doubts about the order of events.

use super::branch::Agreement;
use super::flow::ExactFlow;
use super::segment::ExactSegment;
use crate::scalar::{Enclosure, Real};
use crate::trajectory::{Event, Flow, Stop};

/// Events whose order was not decided; the flow went on with what contains it in every order.
#[derive(Clone, Debug, PartialEq)]
pub struct Tie<T = f64> {
    /// An interval of time in which all of them happen.
    pub time: T,
    /// Which two of them could not be told apart, in words.
    pub reason: String,
}

/// A short time in which the order of events is not known: nothing moves faster than 1 meanwhile.
#[derive(Clone, Debug)]
pub(super) struct Detour<T> {
    /// Where the coefficients were `from`.
    since: T,
    from: Vec<T>,
    /// From when on it is, and how far it has been handed out.
    begun: T,
    passed: T,
    length: T,
    onward: Agreement<T>,
}

impl<T: Enclosure> Detour<T> {
    pub(super) fn start(&self) -> &T {
        &self.begun
    }

    pub(super) fn length(&self) -> &T {
        &self.length
    }

    pub(super) fn groups(&self) -> usize {
        self.from.len()
    }

    /// All values of coefficient `j`.
    pub(super) fn range(&self, j: usize) -> T {
        self.coefficients(&self.begun.clone().hull_with(&self.onward.now)).swap_remove(j)
    }

    /// The coefficients at local time `s`.
    pub(super) fn coefficients_at(&self, s: &T) -> Vec<T> {
        self.coefficients(&(self.begun.clone() + s))
    }

    fn coefficients(&self, time: &T) -> Vec<T> {
        let moved = (time.clone() - &self.since).abs().upper_end();
        let change = (-moved.clone()).hull_with(&moved);
        self.from.iter().map(|w| (w.clone() + &change).abs()).collect()
    }
}

/// A flow in enclosures that goes through doubts about the order of events.
#[derive(Clone, Debug)]
pub(super) struct Persistent<T: Real> {
    flow: ExactFlow<T>,
    /// Whether the detour ahead, if there is one, has begun.
    inside: bool,
    detour: Option<Detour<T>>,
    ties: Vec<Tie<T>>,
}

/// A stretch of a [`Persistent`] flow.
#[derive(Clone, Debug)]
pub(super) enum Part<'a, T: Real> {
    Segment(ExactSegment<'a, T>),
    Detour(&'a Detour<T>),
}

impl<T: Enclosure> Persistent<T> {
    pub(super) fn new(flow: ExactFlow<T>) -> Self {
        Self { flow, inside: false, detour: None, ties: Vec::new() }
    }

    #[cfg(feature = "mpfr")]
    pub(super) fn flow(&self) -> &ExactFlow<T> {
        &self.flow
    }

    pub(super) fn ties(&self) -> &[Tie<T>] {
        &self.ties
    }

    pub(super) fn events(&self) -> &[Event<T>] {
        self.flow.events()
    }

    /// The part that was handed out last.
    pub(super) fn part(&self) -> Part<'_, T> {
        match &self.detour {
            Some(detour) if self.inside => Part::Detour(detour),
            _ => Part::Segment(self.flow.segment()),
        }
    }

    /// Goes on to the next part, cut at `limit`; `persist` at a doubt about order, or give it as the reason why there is none.
    pub(super) fn next(&mut self, limit: Option<&T>, persist: bool) -> Result<(), Stop<T>> {
        loop {
            if self.detour.is_some() && !self.flow.is_cut() {
                self.inside = true;
            }
            if self.inside {
                match self.next_of_detour(limit) {
                    Some(outcome) => return outcome,
                    None => continue,
                }
            }
            let Err(stop) = self.flow.next_segment(limit).map(|_| ()) else { return Ok(()) };
            let Some(onward) = self.flow.past_doubt().filter(|_| persist) else { return Err(stop) };
            if let Some(before) = self.prepare(onward, stop) {
                self.flow.wait_for_doubt(before);
                return self.flow.next_segment(limit).map(|_| ());
            }
            self.inside = true;
        }
    }

    /// More of the detour, or on from its end.
    fn next_of_detour(&mut self, limit: Option<&T>) -> Option<Result<(), Stop<T>>> {
        let detour = self.detour.as_mut()?;
        let end = &detour.onward.now;
        if detour.passed < *end {
            let to = match limit {
                Some(limit) if limit.upper_end() <= detour.passed => return Some(Err(Stop::Horizon)),
                Some(limit) if limit.upper_end() < *end => limit.upper_end(),
                _ => end.clone(),
            };
            detour.begun = std::mem::replace(&mut detour.passed, to.clone());
            detour.length = to - &detour.begun;
            return Some(Ok(()));
        }
        let onward = self.detour.take()?.onward;
        self.inside = false;
        self.flow.go_on_from(onward);
        None
    }

    /// Makes ready for the detour, and says how long the flow can certainly go on before it.
    fn prepare(&mut self, onward: Agreement<T>, stop: Stop<T>) -> Option<T> {
        let state = self.flow.state();
        let (now, doubted) = (state.time.clone(), onward.doubted.clone());
        // the coefficients are those of the state in doubt at its own instant, or at a later time before the doubt
        let before = (now.upper_end() < doubted).then(|| doubted.clone() - &state.origin);
        let (since, begun) = match before {
            Some(_) => (doubted.clone(), doubted),
            None => (now.hull_with(&doubted), state.origin.clone()),
        };
        if let Stop::Undecided { reason, .. } = stop {
            self.ties.push(Tie { time: begun.clone().hull_with(&onward.now), reason });
        }
        let from = state.coefficients(&(since.clone() - &state.origin));
        let length = begun.int(0);
        self.detour = Some(Detour { since, from, passed: begun.clone(), begun, length, onward });
        before
    }

    /// Time and coefficients where the flow has come to.
    pub(super) fn current(&self) -> (T, Vec<T>) {
        match &self.detour {
            Some(detour) if self.inside => (detour.passed.clone(), detour.coefficients(&detour.passed)),
            _ => self.flow.current(),
        }
    }
}
