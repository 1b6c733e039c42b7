//! What happens at an instant: who slides, who crosses, who leaves. Statement and proof: `derivations/spectral-descent.md`.

use super::distinct::same;
use super::earliest::Ending;
use super::halt::{Doubt, Halt};
use super::leg::{Leg, Mode};
use super::parabola::Parabola;
use super::roster::Roster;
use super::state::{Stage, State};
use crate::scalar::Real;
use crate::trajectory::EventKind;
use std::cmp::Ordering::{Equal, Greater, Less};

impl<T: Real> State<T> {
    /// Goes on to the end of all.
    pub(super) fn run<R: Roster<T>>(&mut self, roster: &mut R) -> Halt {
        loop {
            if let Err(halt) = self.step(roster) {
                return halt;
            }
        }
    }

    /// Goes to the end of the present segment, lets happen there what happens, and finds the next segment.
    pub(super) fn step<R: Roster<T>>(&mut self, roster: &mut R) -> Result<(), Halt> {
        self.wait(roster, &self.length.clone());
        if self.ordered && matches!(self.ending, Ending::SignalSurface | Ending::SignalUnstable | Ending::Deficit) {
            self.derive_energy(roster.sums(self));
            self.correct_time();
        }
        let happened = self.happen(roster, self.ending);
        let settled = happened.and_then(|()| self.settle(roster));
        self.conclude(settled)
    }

    /// Goes on by `s`, at most to the end of the present segment, to an instant at which nothing has happened yet.
    pub(super) fn wait<R: Roster<T>>(&mut self, roster: &R, s: &T) {
        if self.stage == Stage::Deficit && roster.slowest_slider().is_some() {
            let w = self.signal.value(&self.origin);
            self.record.segment_ends(self.instant, &self.energy, &w, (&self.now(), s));
        }
        self.time = self.origin.clone() + s;
        self.origin = self.time.lower_end();
        self.instant += 1;
        self.touched.clear();
        self.signal_before = None;
        self.past_events = self.events.len();
    }

    /// One step of Newton's on the time of what happens now, from the coefficients as they are now.
    ///
    /// A large start has a large excess energy, of which this is a root many orders of magnitude further down: the parabola
    /// of the segment knows it only to the rounding of where it came from.
    fn correct_time(&mut self) {
        let crossing = match self.ending {
            Ending::SignalSurface => self.signal_bracket(&self.signal.value(&self.origin)),
            Ending::SignalUnstable => self.bracket_at_zero(),
            Ending::Deficit => self.energy.clone(),
            _ => return,
        };
        let correction = -(crossing.c / crossing.b);
        if correction.abs() < self.length {
            self.time = self.time.clone() + correction;
            self.origin = self.time.clone();
        }
    }

    /// Cuts the present segment at `s`: what is left of it is the next one.
    pub(super) fn cut<R: Roster<T>>(&mut self, roster: &R, s: &T) {
        let before = self.origin.clone();
        self.wait(roster, s);
        let s = self.origin.clone() - before;
        self.energy = Parabola { c: self.energy.at(&s), b: self.energy.slope_at(&s), a: self.energy.a.clone() };
        self.length = self.length.clone() - s;
    }

    /// Notes what happened at this instant, the end of all last.
    #[inline]
    pub(super) fn conclude(&mut self, outcome: Result<(), Halt>) -> Result<(), Halt> {
        if outcome.as_ref().is_err_and(Halt::leaves_modes_open) {
            return outcome;
        }
        self.note_turns();
        if outcome == Err(Halt::Optimum) {
            self.note_signal(EventKind::Target);
            self.note_signal(EventKind::Optimum);
        }
        outcome
    }

    /// Lets happen all that happens at this instant, and finds the end of the segment that follows.
    #[inline]
    pub(super) fn settle<R: Roster<T>>(&mut self, roster: &mut R) -> Result<(), Halt> {
        loop {
            let (ending, after) = self.look_ahead(roster)?;
            if !self.is_now(&after) {
                (self.ending, self.length) = (ending, after);
                return Ok(());
            }
            self.happen(roster, ending)?;
        }
    }

    /// `ending` happens now. Finds the excess energy of another segment, and leaves it as it is after `ending`.
    #[inline]
    fn happen<R: Roster<T>>(&mut self, roster: &mut R, ending: Ending) -> Result<(), Halt> {
        match ending {
            Ending::Arrival(k) => {
                self.rejoin(roster);
                let w = self.legs[k].value(&self.time);
                self.turn(roster, k, Mode::Sliding, w);
                return self.resolve(roster);
            }
            Ending::Departure(k) => {
                let q = self.groups[k].variance.clone();
                let slope = if self.ordered { self.departing_slope.clone() } else { self.slope_at_departure(k) };
                let w = slope.clone() / q.times(4);
                self.turn(roster, k, Mode::Falling, w.clone());
                // sliding groups of equal variance have equal coefficients, and leave together
                while let Some(j) = roster.slowest_slider().filter(|&j| same(&self.groups[j].variance, &q)) {
                    self.turn(roster, j, Mode::Falling, w.clone());
                }
                // tau and tau' are continuous here, tau' = 4 q w and tau = -2 q w^2
                let tau = -(slope.clone() * &w).over(2);
                self.continue_energy(roster.sums(self), tau, slope);
                return Ok(());
            }
            Ending::Surplus => {
                let slope = self.energy.discriminant().sqrt();
                self.enter_surplus(roster);
                self.continue_energy(roster.sums(self), self.time.int(0), slope);
                return Ok(());
            }
            Ending::Deficit => self.enter_deficit(roster)?,
            Ending::Zero(k) => {
                self.afloat -= 1;
                self.turn(roster, k, Mode::Held, self.time.int(0));
                self.note(EventKind::Zero, k);
                if self.afloat == 0 && self.signal.mode == Mode::Sliding {
                    return Err(self.rest());
                }
            }
            Ending::SignalSurface => {
                self.signal_surface(roster)?;
                if self.afloat == 0 {
                    return Err(self.rest());
                }
                return Ok(());
            }
            Ending::SignalZero => {
                self.turn_signal(Mode::Held, self.time.int(0));
                self.note_signal(EventKind::Zero);
            }
            Ending::Target => {
                self.past_target = true;
                self.note_signal(EventKind::Target);
            }
            Ending::SignalUnstable => return Err(Halt::NonUnique(0)),
            Ending::Optimum => return Err(self.rest()),
        }
        self.derive_energy(roster.sums(self));
        Ok(())
    }

    /// Goes on at an instant at which it is in doubt whether sliding `group` is too fast: as if it was, or as if it was not.
    pub(super) fn go_on_with_grip<R: Roster<T>>(
        &mut self,
        roster: &mut R,
        group: usize,
        slips: bool,
    ) -> Result<(), Halt> {
        self.assumed = Some((group, slips));
        let resolved = self.resolve(roster);
        self.assumed = None;
        let settled = resolved.and_then(|()| self.settle(roster));
        self.conclude(settled)
    }

    /// Settles who of the sliding groups, those that have just arrived included, can keep to their surface.
    ///
    /// With velocities `v_j = clamp(-T/(4 q_j w_j), -1, 1)` on the surfaces, `T = tau'` solves
    /// `T = B + sum_j 2 n_j q_j w_j v_j`, whose right-hand side does not increase with T: T is unique, and with it who leaves.
    /// Start with all of them sliding and let the slowest go while it is too fast: `|T|` only grows, so none has to come back.
    pub(super) fn resolve<R: Roster<T>>(&mut self, roster: &mut R) -> Result<(), Halt> {
        self.jumped = self.instant;
        loop {
            self.derive_energy(roster.sums(self));
            let Some(slowest) = roster.slowest_slider() else { return Ok(()) };
            let Some(k) = self.slipping(slowest)? else { return Ok(()) };
            let direction = self.away()?;
            self.turn(roster, k, direction, self.leaving_from(k));
        }
    }

    /// A sliding group that is too fast, if there is one: then the `slowest` is. Where numbers do not tell which that is, another one
    /// that certainly is too fast will do, for the order in which they go does not matter.
    #[inline]
    fn slipping(&self, slowest: usize) -> Result<Option<usize>, Halt> {
        let grip = |k: usize| Halt::from(Doubt::Grip(self.groups.members(k)[0]));
        if self.ordered {
            return self.too_fast(slowest).map(|slips| slips.then_some(slowest)).ok_or_else(|| grip(slowest));
        }
        let mut doubtful = None;
        for k in self.sliders() {
            match self.too_fast(k) {
                Some(true) => return Ok(Some(k)),
                Some(false) => {}
                None => match self.assumed.filter(|&(group, _)| group == k) {
                    Some((_, true)) => return Ok(Some(k)),
                    Some((_, false)) => {}
                    None => doubtful = Some(k),
                },
            }
        }
        doubtful.map_or(Ok(None), |k| Err(grip(k)))
    }

    /// The direction in which a group leaves its surface: down when tau rises, up when it falls.
    fn away(&self) -> Result<Mode, Halt> {
        match self.energy_now().1.sign() {
            Some(Greater) => Ok(Mode::Falling),
            Some(Less) => Ok(Mode::Rising),
            Some(Equal) | None => Err(Doubt::Direction.into()),
        }
    }

    /// Puts the groups that turned at this very instant back on their surfaces: one more has arrived, so tau' is another.
    fn rejoin<R: Roster<T>>(&mut self, roster: &mut R) {
        for i in 0..self.touched.len() {
            let k = self.touched[i].0;
            if self.legs[k].moves() {
                let w = self.legs[k].from.clone();
                self.turn(roster, k, Mode::Sliding, w);
            }
        }
    }

    /// The signal on its surface slides if it can, else goes on to the other side. One that has risen to it can, whatever rounding says of
    /// a speed of exactly 1 (`signal-returns` in `derivations/spectral-descent.md`): so it crosses once at most.
    pub(super) fn signal_surface<R: Roster<T>>(&mut self, roster: &mut R) -> Result<(), Halt> {
        let returns = self.signal.mode == Mode::Rising;
        let w = self.signal.value(&self.time);
        self.turn_signal(Mode::Sliding, w.clone());
        self.derive_energy(roster.sums(self));
        let slides = if returns { Some(true) } else { self.signal_slides(&w) };
        match slides {
            Some(true) => Ok(()),
            Some(false) => {
                self.signal_slips(roster);
                Ok(())
            }
            None => Err(Doubt::Grip(0).into()),
        }
    }

    /// The signal does not keep to its surface, on which it is: all groups fall, so tau does, and the signal rises.
    fn signal_slips<R: Roster<T>>(&mut self, roster: &mut R) {
        self.turn_signal(Mode::Rising, self.signal.from.clone());
        self.derive_energy(roster.sums(self));
    }

    /// As [`go_on_with_grip`](Self::go_on_with_grip), where it is the signal of which that is in doubt.
    pub(super) fn go_on_with_signal_grip<R: Roster<T>>(&mut self, roster: &mut R, slips: bool) -> Result<(), Halt> {
        if slips {
            self.signal_slips(roster);
        }
        let settled = self.settle(roster);
        self.conclude(settled)
    }

    /// The excess energy rises through zero: all groups fall. None slides any more, and but for rounding none rises.
    fn enter_surplus<R: Roster<T>>(&mut self, roster: &mut R) {
        self.stage = Stage::Surplus;
        for k in 0..self.legs.len() {
            if self.legs[k].mode == Mode::Rising {
                let w = self.legs[k].value(&self.time);
                self.turn_aside(k, Mode::Falling, w);
            }
        }
        roster.begin(self);
    }

    pub(super) fn enter_deficit<R: Roster<T>>(&mut self, roster: &mut R) -> Result<(), Halt> {
        if let Some(j) = self.held() {
            return Err(Halt::NonUnique(j));
        }
        self.stage = Stage::Deficit;
        self.jumped = self.instant;
        roster.begin(self);
        Ok(())
    }

    /// As [`turn`](Self::turn), where the roster is told afterwards.
    fn turn_aside(&mut self, k: usize, mode: Mode, from: T) {
        let new = Leg { mode, from, since: self.time.clone(), instant: self.instant };
        let old = std::mem::replace(&mut self.legs[k], new);
        if old.instant != self.instant {
            self.touched.push((k, Some(old.mode)));
        }
        self.record.leg_ends(&self.groups, k, &old, &self.time, || self.signal.value(&self.time));
    }

    /// Everything is at rest at the optimum.
    pub(super) fn rest(&mut self) -> Halt {
        if self.signal.mode != Mode::Sliding {
            self.turn_signal(Mode::Sliding, self.time.int(1));
            self.signal_before = None;
        }
        let zero = self.time.int(0);
        for tau in [&mut self.energy.c, &mut self.energy.b, &mut self.energy.a] {
            *tau = zero.clone();
        }
        Halt::Optimum
    }

    /// Notes as events how the modes after this instant differ from those before it.
    fn note_turns(&mut self) {
        if let Some(before) = self.signal_before.take()
            && let Some(kind) = turn(Some(before), self.signal.mode)
        {
            self.note_signal(kind);
        }
        if self.touched.len() > 1 {
            self.touched.sort_unstable_by_key(|&(k, _)| self.groups.members(k)[0]);
        }
        for i in 0..self.touched.len() {
            let (k, before) = self.touched[i];
            if let Some(kind) = turn(before, self.legs[k].mode) {
                self.note(kind, k);
            }
        }
    }
}

/// What it is called when one mode (none at the start) is followed by another. Reaching zero is noted where it happens.
pub(super) fn turn(before: Option<Mode>, after: Mode) -> Option<EventKind> {
    match (before, after) {
        (Some(Mode::Sliding), Mode::Rising | Mode::Falling) => Some(EventKind::Leave),
        (Some(Mode::Rising), Mode::Falling) | (Some(Mode::Falling), Mode::Rising) => Some(EventKind::Saturate),
        (None | Some(Mode::Rising | Mode::Falling), Mode::Sliding) => Some(EventKind::Slide),
        _ => None,
    }
}
