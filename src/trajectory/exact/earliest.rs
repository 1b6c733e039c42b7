//! The first of several things that may happen.

use super::halt::{Doubt, Halt};
use super::parabola::Crossing;
use crate::scalar::Real;
use std::cmp::Ordering::Less;

/// What ends a segment. Groups are numbered as in [`Distinct`](super::distinct::Distinct).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// A group reaches its surface.
    Arrival(usize),
    /// A group can no longer keep to its surface.
    Departure(usize),
    /// The excess energy rises through zero.
    Surplus,
    /// The excess energy falls through zero.
    Deficit,
    /// A falling group reaches zero.
    Zero(usize),
    /// The signal reaches its surface.
    SignalSurface,
    /// The falling signal reaches zero.
    SignalZero,
    /// The falling signal reaches 1.
    Target,
    /// The bracket of the signal, held at zero, becomes negative.
    SignalUnstable,
    /// Everything is at rest.
    Optimum,
}

/// The earliest of the endings offered so far.
#[derive(Debug)]
pub(super) struct Earliest<T> {
    best: Option<Candidate<T>>,
    /// Those whose order with the best, when they met, was not decided.
    rivals: Vec<Candidate<T>>,
}

#[derive(Clone, Debug)]
struct Candidate<T> {
    after: T,
    ending: Ending,
    certain: bool,
}

impl<T: Real> Earliest<T> {
    #[inline]
    pub(super) fn new() -> Self {
        Self { best: None, rivals: Vec::new() }
    }

    /// Time from now to the best so far.
    #[inline]
    pub(super) fn bound(&self) -> Option<&T> {
        self.best.as_ref().map(|candidate| &candidate.after)
    }

    /// `ending` happens `after` from now. Of two at the same time the first one offered counts.
    #[inline]
    pub(super) fn offer(&mut self, ending: Ending, after: T) {
        self.consider(Candidate { after, ending, certain: true });
    }

    /// `ending` happens when and if a parabola falls through zero.
    #[inline]
    pub(super) fn offer_crossing(&mut self, ending: Ending, crossing: Crossing<T>) {
        match crossing {
            Crossing::Never => {}
            Crossing::At(after) => self.offer(ending, after),
            Crossing::Perhaps(after) => self.consider(Candidate { after, ending, certain: false }),
        }
    }

    #[inline]
    fn consider(&mut self, new: Candidate<T>) {
        match &mut self.best {
            None => self.best = Some(new),
            Some(best) => match new.after.partial_cmp(&best.after) {
                Some(Less) => *best = new,
                Some(_) => {}
                None => self.contest(new),
            },
        }
    }

    #[cold]
    fn contest(&mut self, new: Candidate<T>) {
        if let Some(best) = &mut self.best {
            let earlier = new.after.to_f64() < best.after.to_f64();
            self.rivals.push(if earlier { std::mem::replace(best, new) } else { new });
        }
    }

    /// All that may be first, with the times to them.
    ///
    /// # Errors
    /// One of which it is not decided whether it happens at all, or that nothing was offered.
    pub(super) fn contenders(self) -> Result<Vec<(Ending, T)>, Halt> {
        let Some(best) = self.best else { return Err(Doubt::Nothing.into()) };
        let offered: Vec<_> = std::iter::once(best).chain(self.rivals).collect();
        let first = |candidate: &&Candidate<T>| !offered.iter().any(|other| other.after < candidate.after);
        let contender = |candidate: &Candidate<T>| match candidate.certain {
            true => Ok((candidate.ending, candidate.after.clone())),
            false => Err(Doubt::Whether(candidate.ending).into()),
        };
        offered.iter().filter(first).map(contender).collect()
    }

    /// The earliest ending and the time to it.
    ///
    /// # Errors
    /// The two endings of which it is not decided which comes first, the one of which it is not decided whether it happens, or that
    /// nothing was offered.
    #[inline]
    #[expect(clippy::neg_cmp_op_on_partial_ord, reason = "undecided is neither")]
    pub(super) fn decide(self) -> Result<(Ending, T), Halt> {
        let Some(best) = self.best else { return Err(Doubt::Nothing.into()) };
        for rival in &self.rivals {
            if !(best.after <= rival.after) {
                return Err(Doubt::Order(best.ending, rival.ending).into());
            }
        }
        if best.certain { Ok((best.ending, best.after)) } else { Err(Doubt::Whether(best.ending).into()) }
    }
}
