//! The largest amplification so far, from a bounded amount of work per event.
//!
//! While the signal rises, `w_j/w_0` is monotone for as long as group j rises or falls (a quotient of two linear functions),
//! however many events pass meanwhile; and all sliding groups share `q_j (w_j/w_0)^2 = -tau/(2 w_0^2)`. So a group needs a
//! look only when its mode changes, and the sliding ones a common list of maxima.

use super::distinct::Distinct;
use super::leg::{Leg, Mode};
use super::parabola::Parabola;
use super::state::{Stage, State};
use crate::scalar::Real;
use std::cmp::Ordering::{Equal, Greater, Less};

/// The running maximum of `(w_j/w_0) / (w_j(0)/w_0(0))` over time and over the groups with `w_j(0) > 0`.
#[derive(Clone, Debug)]
pub(super) struct Record<T> {
    signal_start: T,
    /// `None` when it cannot be told: the signal starts at zero, or two values could not be compared.
    largest: Option<T>,
    /// Local maxima of `-tau/w_0^2` while something slides, each with the instant at which its segment began; those that a
    /// later one exceeds are dropped, so that the values descend.
    surface: Vec<(u64, T)>,
}

impl<T: Real> Record<T> {
    pub(super) fn new(signal_start: &T) -> Self {
        Self { signal_start: signal_start.clone(), largest: None, surface: vec![] }
    }

    pub(super) fn reset(&mut self, signal_start: &T) {
        self.signal_start = signal_start.clone();
        self.largest = (signal_start.sign() == Some(Greater)).then(|| signal_start.int(1));
        self.surface.clear();
    }

    /// From now on nothing can be told.
    pub(super) fn forget(&mut self) {
        self.largest = None;
    }

    /// A segment on which something slides, `w` the signal's coefficient at local time 0, is over: a stretch of local time.
    #[inline]
    pub(super) fn segment_ends(&mut self, instant: u64, tau: &Parabola<T>, w: &T, stretch: (&T, &T)) {
        match surface_maximum(tau, w, stretch) {
            Ok(None) => {}
            Ok(Some(maximum)) => {
                while let Some((_, last)) = self.surface.last() {
                    match maximum.partial_cmp(last) {
                        Some(Less) => break,
                        Some(_) => self.surface.pop(),
                        None => {
                            self.largest = None;
                            break;
                        }
                    };
                }
                self.surface.push((instant, maximum));
            }
            Err(Undecided) => self.largest = None,
        }
    }

    /// Group `k` ends the leg `old` at `time`.
    #[inline]
    pub(super) fn leg_ends(&mut self, groups: &Distinct<T>, k: usize, old: &Leg<T>, time: &T, signal: impl Fn() -> T) {
        if self.largest.is_none() {
            return;
        }
        match old.mode {
            Mode::Rising => self.offer(self.relative(groups, k, old.value(time), &signal())),
            Mode::Sliding => {
                if let Some(maximum) = self.surface_since(old.instant) {
                    self.offer(self.sliding(groups, k, maximum));
                }
            }
            Mode::Falling | Mode::Held => {}
        }
    }

    /// The signal, with the value `signal`, no longer falls: the one case in which a falling group may gain on it.
    pub(super) fn survey(&mut self, groups: &Distinct<T>, legs: &[Leg<T>], time: &T, signal: &T) {
        for (k, leg) in legs.iter().enumerate() {
            if leg.mode == Mode::Falling && self.largest.is_some() {
                self.offer(self.relative(groups, k, leg.value(time), signal));
            }
        }
    }

    /// The largest amplification up to time `s` from the beginning of the segment.
    pub(super) fn up_to(&self, state: &State<T>, s: &T) -> Option<T> {
        let mut present =
            Self { surface: vec![], signal_start: self.signal_start.clone(), largest: self.largest.clone() };
        let signal = state.signal_coefficient(s);
        let segment = match state.stage {
            Stage::Deficit => surface_maximum(&state.energy, &state.signal_coefficient(&s.int(0)), (&state.now(), s)),
            Stage::Surplus => Ok(None),
        };
        for (k, leg) in state.legs.iter().enumerate() {
            match leg.mode {
                Mode::Held => {}
                Mode::Rising | Mode::Falling => {
                    present.offer(self.relative(&state.groups, k, state.coefficient(k, s), &signal));
                }
                Mode::Sliding => {
                    if let Some(maximum) = self.surface_since(leg.instant) {
                        present.offer(self.sliding(&state.groups, k, maximum));
                    }
                    match &segment {
                        Ok(None) => {}
                        Ok(Some(maximum)) => present.offer(self.sliding(&state.groups, k, maximum)),
                        Err(Undecided) => present.largest = None,
                    }
                }
            }
        }
        present.largest
    }

    /// The largest `-tau/w_0^2` of all segments since an instant, if it is a local maximum.
    fn surface_since(&self, instant: u64) -> Option<&T> {
        let position = self.surface.partition_point(|(began, _)| *began < instant);
        self.surface.get(position).map(|(_, maximum)| maximum)
    }

    /// `(w_j/w_0) / (w_j(0)/w_0(0))`; `None` for a group that is, or was at the start, at zero.
    #[inline]
    fn relative(&self, groups: &Distinct<T>, k: usize, w: T, signal: &T) -> Option<T> {
        let start = &groups[k].start;
        let above_zero = start.sign() != Some(Equal) && w.sign() != Some(Equal);
        above_zero.then(|| (w / signal) / (start.clone() / &self.signal_start))
    }

    /// The same of a sliding group, where `-tau/w_0^2` has this maximum.
    fn sliding(&self, groups: &Distinct<T>, k: usize, maximum: &T) -> Option<T> {
        self.relative(groups, k, (maximum.clone() / groups[k].variance.times(2)).sqrt(), &maximum.int(1))
    }

    #[inline]
    fn offer(&mut self, value: Option<T>) {
        if let (Some(largest), Some(value)) = (&self.largest, value) {
            match value.partial_cmp(largest) {
                Some(Greater) => self.largest = Some(value),
                Some(_) => {}
                // for sets the larger of two is still a formula; what is not a number stays unknown
                None => {
                    let sum = value.clone() + largest;
                    let larger = (sum + (value - largest).abs()).over(2);
                    self.largest = larger.is_finite().then_some(larger);
                }
            }
        }
    }
}

struct Undecided;

/// The largest local maximum of `-tau/w_0^2` on `(from, to]`, with `w_0 = w + s`, if there is one (at the end counts).
///
/// Its derivative has the sign of `-(tau' w_0 - 2 tau)`, which is linear in s.
#[inline]
fn surface_maximum<T: Real>(tau: &Parabola<T>, w: &T, (from, to): (&T, &T)) -> Result<Option<T>, Undecided> {
    let fall = |s: &T| tau.slope_at(s) * (w.clone() + s) - tau.at(s).times(2);
    let square = |s: &T| -(tau.at(s) / (w.clone() + s).square());
    let first = fall(from);
    match first.sign() {
        Some(Greater | Equal) => Ok(None),
        None => Err(Undecided),
        Some(Less) => match fall(to).sign() {
            Some(Less | Equal) => Ok(Some(square(to))),
            Some(Greater) => Ok(Some(square(&(fall(&to.int(0)) / (tau.b.clone() - (tau.a.clone() * w).times(2)))))),
            None => Err(Undecided),
        },
    }
}
