//! The first of several things that may happen.

use super::parabola::Crossing;
use crate::scalar::Real;

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

/// The two endings whose order is not decided; the same one twice where it is not decided whether it happens.
pub(super) type Doubt = (Ending, Ending);

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
    #[expect(clippy::neg_cmp_op_on_partial_ord, reason = "undecided is neither")]
    fn consider(&mut self, new: Candidate<T>) {
        let Some(best) = &mut self.best else {
            self.best = Some(new);
            return;
        };
        if new.after < best.after {
            *best = new;
        } else if !(new.after >= best.after) {
            let earlier = new.after.to_f64() < best.after.to_f64();
            self.rivals.push(if earlier { std::mem::replace(best, new) } else { new });
        }
    }

    /// The earliest ending and the time to it; `None` if nothing was offered.
    ///
    /// # Errors
    /// The two endings of which it is not decided which comes first (or the one of which it is not decided whether it happens).
    #[inline]
    #[expect(clippy::neg_cmp_op_on_partial_ord, reason = "undecided is neither")]
    pub(super) fn decide(self) -> Result<Option<(Ending, T)>, Doubt> {
        let Some(best) = self.best else { return Ok(None) };
        for rival in &self.rivals {
            if !(best.after <= rival.after) {
                return Err((best.ending, rival.ending));
            }
        }
        if best.certain { Ok(Some((best.ending, best.after))) } else { Err((best.ending, best.ending)) }
    }
}
