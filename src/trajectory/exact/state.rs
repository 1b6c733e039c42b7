//! The flow at an instant: modes, coefficients, and the parabola that the excess energy follows.

use super::amplification::Record;
use super::distinct::{Distinct, Group, same};
use super::earliest::Ending;
use super::leg::{Leg, Mode};
use super::parabola::{Crossing, Parabola, sqrt_from_zero};
use super::roster::{Roster, Sums};
use crate::risk::manifold::excess;
use crate::scalar::Real;
use crate::trajectory::{Event, EventKind};
use std::cmp::Ordering::{self, Equal, Greater, Less};

/// The sign of the excess energy tau decides what can happen at all (`derivations/spectral-descent.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// `tau < 0`: the signal rises; a group rises, falls or slides, as `2 q_j w_j^2` is below, above or at `-tau`.
    Deficit,
    /// `tau >= 0`: every group falls until it is held at zero; the signal rises, falls, slides or is held.
    Surplus,
}

/// Everything about the present segment, and what the next one needs.
#[derive(Clone, Debug)]
pub(super) struct State<T> {
    pub(super) groups: Distinct<T>,
    pub(super) signal_variance: T,
    pub(super) stage: Stage,
    /// When the segment began, and the number of that instant.
    pub(super) time: T,
    /// What local time is counted from: the same; where that is an enclosure, its lower end, so that its width does not enter into
    /// everything that goes on as before.
    pub(super) origin: T,
    pub(super) instant: u64,
    /// Number of the last instant at which tau' may have jumped while tau was negative.
    pub(super) jumped: u64,
    pub(super) signal: Leg<T>,
    pub(super) legs: Vec<Leg<T>>,
    /// tau, in local time.
    pub(super) energy: Parabola<T>,
    /// `tau'` where the slowest of the sliding groups leaves, if nothing else comes first.
    pub(super) departing_slope: T,
    /// How long the segment lasts, and what ends it.
    pub(super) length: T,
    pub(super) ending: Ending,
    /// Groups that changed their mode at this instant, with the mode they had before (none at the start).
    pub(super) touched: Vec<(usize, Option<Mode>)>,
    /// Mode of the signal before this instant, if it changed.
    pub(super) signal_before: Option<Mode>,
    /// What has happened so far, and how much of it before this instant.
    pub(super) events: Vec<Event<T>>,
    pub(super) past_events: usize,
    /// Number of groups above zero.
    pub(super) afloat: usize,
    pub(super) past_target: bool,
    /// Whether the number system orders all its values (one of enclosures does not).
    pub(super) ordered: bool,
    /// A sliding group of which it is assumed, where that is in doubt, that it is too fast, or not.
    pub(super) assumed: Option<(usize, bool)>,
    /// Groups of which the side of their surface is assumed on which they start, where that is in doubt.
    pub(super) sides: Vec<(usize, Ordering)>,
    /// Names of the coefficients, for doubts in words: where all values are ordered there are none.
    pub(super) names: Vec<String>,
    pub(super) record: Record<T>,
    pub(super) steps: u64,
    pub(super) budget: u64,
}

impl<T: Real> State<T> {
    /// Coefficient of group `k` at local time `s`.
    #[inline]
    pub(super) fn coefficient(&self, k: usize, s: &T) -> T {
        match self.legs[k].mode {
            Mode::Sliding => self.on_surface(k, &self.energy.at(s)),
            _ => self.legs[k].value(&(self.origin.clone() + s)),
        }
    }

    /// The signal's coefficient at local time `s`.
    #[inline]
    pub(super) fn signal_coefficient(&self, s: &T) -> T {
        match self.signal.mode {
            // w_0^2 = 1 - tau/(2 q_0)
            Mode::Sliding => sqrt_from_zero(&(self.time.int(1) - self.energy.at(s) / self.signal_variance.times(2))),
            _ => self.signal.value(&(self.origin.clone() + s)),
        }
    }

    /// `w_j = sqrt(-tau/(2 q_j))`: where the surface of group `k` is at this excess energy.
    #[inline]
    pub(super) fn on_surface(&self, k: usize, tau: &T) -> T {
        sqrt_from_zero(&(-(tau.clone() / self.groups[k].variance.times(2))))
    }

    /// Derives the excess energy from the present coefficients:
    /// `tau (1 + 1/2 sum_{sliding} n_j) = sum_{others} n_j q_j (w_j^2 - theta_j)`, and so for its derivatives.
    #[inline]
    pub(super) fn derive_energy(&mut self, sums: Sums<T>) {
        let one = self.time.int(1);
        let q = &self.signal_variance;
        let mut numerator = Parabola { c: sums.energy, b: sums.momentum, a: sums.mass };
        let mut denominator = one.clone() + sums.sliding;
        match self.signal.mode {
            Mode::Held => numerator.c = numerator.c - q,
            Mode::Sliding => denominator = denominator + one.over(2),
            Mode::Rising | Mode::Falling => {
                let w = self.signal.value(&self.origin);
                numerator.c.add_prod(q, &excess(0, &w));
                let qw = q.clone() * &w;
                numerator.b = if self.signal.mode == Mode::Rising { numerator.b + qw } else { numerator.b - qw };
                numerator.a = numerator.a + q;
            }
        }
        self.energy = Parabola {
            c: numerator.c / &denominator,
            b: numerator.b.times(2) / &denominator,
            a: numerator.a / &denominator,
        };
    }

    /// When a moving group reaches its surface, while the excess energy is negative.
    #[inline]
    pub(super) fn arrival(&self, group: &Group<T>, leg: &Leg<T>) -> Crossing<T> {
        let q = &group.variance;
        let rising = leg.mode == Mode::Rising;
        // It left its surface with h_j' >= 0, and h_j'' = tau'' + 4 q_j > 0 since.
        if !rising && leg.instant >= self.jumped {
            return Crossing::Never;
        }
        let w = leg.value(&self.origin);
        let qw = q.clone() * &w;
        let speed = qw.times(4);
        // h_j = 2 q_j w_j^2 + tau with w_j = w + v s
        let bracket = Parabola {
            c: (qw * w).times(2) + &self.energy.c,
            b: if rising { self.energy.b.clone() + speed } else { self.energy.b.clone() - speed },
            a: q.times(2) + &self.energy.a,
        };
        match (leg.instant == self.instant, rising) {
            (false, true) => Crossing::At(bracket.rises()),
            (false, false) => bracket.falls(&self.now()),
            (true, rising) => bracket_from_zero(&bracket, rising, &self.now()),
        }
    }

    /// Group `k` goes on in another mode from the value `from`.
    #[inline]
    pub(super) fn turn<R: Roster<T>>(&mut self, roster: &mut R, k: usize, mode: Mode, from: T) {
        let new = Leg { mode, from, since: self.time.clone(), instant: self.instant };
        let old = std::mem::replace(&mut self.legs[k], new);
        if old.instant != self.instant {
            self.touched.push((k, Some(old.mode)));
        }
        self.record.leg_ends(&self.groups, k, &old, &self.time, || self.signal.value(&self.time));
        roster.changed(self, k, &old);
    }

    /// The signal goes on in another mode from the value `from`.
    pub(super) fn turn_signal(&mut self, mode: Mode, from: T) {
        if self.signal.mode == Mode::Falling {
            self.record.survey(&self.groups, &self.legs, &self.time, &from);
        }
        self.signal_before.get_or_insert(self.signal.mode);
        self.signal = Leg { mode, from, since: self.time.clone(), instant: self.instant };
    }

    /// The largest amplification up to time `s` from the beginning of the segment.
    pub(super) fn amplification(&self, s: &T) -> Option<T> {
        self.record.up_to(self, s)
    }

    /// Coefficients `w_j` at local time `s`, in the order of the spectrum.
    pub(super) fn coefficients(&self, s: &T) -> Vec<T> {
        let mut w = vec![self.signal_coefficient(s); self.groups.coefficients()];
        for k in 0..self.groups.len() {
            let value = self.coefficient(k, s);
            for &j in self.groups.members(k) {
                w[j] = value.clone();
            }
        }
        w
    }

    /// The excess of coefficient `j` of the spectrum, lowest power first.
    pub(super) fn excess(&self, j: usize) -> Vec<T> {
        let (leg, q, zero) = match j {
            0 => (&self.signal, &self.signal_variance, -self.time.int(1)),
            _ => {
                let k = self.groups.class(j);
                (&self.legs[k], &self.groups[k].variance, self.time.int(0))
            }
        };
        match leg.mode {
            Mode::Held => vec![zero],
            Mode::Sliding => {
                [&self.energy.c, &self.energy.b, &self.energy.a].map(|tau| -(tau.clone() / q.times(2))).to_vec()
            }
            Mode::Rising | Mode::Falling => {
                let w = leg.value(&self.origin);
                vec![excess(j, &w), w.times(2 * leg.velocity()), w.int(1)]
            }
        }
    }

    /// Mode of coefficient `j` of the spectrum.
    pub(super) fn mode(&self, j: usize) -> Mode {
        if j == 0 { self.signal.mode } else { self.legs[self.groups.class(j)].mode }
    }

    /// Notes that something happened to group `k`: an event for each of its members.
    pub(super) fn note(&mut self, kind: EventKind, k: usize) {
        for &coefficient in self.groups.members(k) {
            self.events.push(Event { time: self.time.clone(), kind, coefficient });
        }
    }

    /// Notes that something happened to the signal.
    pub(super) fn note_signal(&mut self, kind: EventKind) {
        self.events.push(Event { time: self.time.clone(), kind, coefficient: 0 });
    }

    /// The smallest index of a coefficient that is held at zero, other than the signal.
    pub(super) fn held(&self) -> Option<usize> {
        let held = (0..self.legs.len()).filter(|&k| self.legs[k].mode == Mode::Held);
        held.map(|k| self.groups.members(k)[0]).min()
    }

    /// The present instant in local time: 0, or what it is known to within.
    #[inline]
    pub(super) fn now(&self) -> T {
        self.time.clone() - &self.origin
    }

    /// `tau` and `tau'` at the present instant.
    #[inline]
    pub(super) fn energy_now(&self) -> (T, T) {
        let Parabola { c, b, .. } = &self.energy;
        if self.ordered {
            (c.clone(), b.clone())
        } else {
            (self.energy.at(&self.now()), self.energy.slope_at(&self.now()))
        }
    }

    /// As [`derive_energy`](Self::derive_energy), where `tau` and `tau'` at the present instant are known without the cancellation in
    /// the sums.
    pub(super) fn continue_energy(&mut self, sums: Sums<T>, tau: T, slope: T) {
        self.derive_energy(sums);
        let Parabola { c, b, a } = self.energy.clone();
        let known = Parabola { c: tau, b: slope, a };
        let origin = -self.now();
        self.energy.c = known.at(&origin).refined_by(c);
        self.energy.b = known.slope_at(&origin).refined_by(b);
    }

    /// Whether local time `s` is the present instant.
    #[inline]
    pub(super) fn is_now(&self, s: &T) -> bool {
        same(&(self.origin.clone() + s), &self.time)
    }
}

/// When a bracket that is exactly zero at `now`, and departs from there, is back at zero.
///
/// What moves away upward does not come back: the bracket is convex. Where it departs is settled at the instant itself, so a
/// slope of the other sign is rounding.
fn bracket_from_zero<T: Real>(bracket: &Parabola<T>, rising: bool, now: &T) -> Crossing<T> {
    match (rising, bracket.slope_at(now).sign()) {
        (false, _) | (true, Some(Greater | Equal)) => Crossing::Never,
        (true, Some(Less)) => Crossing::At(-(bracket.b.clone() / &bracket.a) - now),
        (true, None) => Crossing::Perhaps(bracket.b.int(0)),
    }
}
