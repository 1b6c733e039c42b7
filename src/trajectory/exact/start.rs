//! Time 0: any coefficients, any side of any surface.

use super::amplification::Record;
use super::distinct::{Distinct, certain_of_itself};
use super::earliest::Ending;
use super::halt::{Doubt, Halt};
use super::leg::{Leg, Mode};
use super::parabola::Parabola;
use super::roster::Roster;
use super::state::{Stage, State};
use crate::risk::manifold::{bracket, excess};
use crate::scalar::{DomainError, Real};
use crate::spectrum::Spectrum;
use std::cmp::Ordering::{self, Equal, Greater, Less};

impl<T: Real> State<T> {
    /// `equal`: all coefficients of `start` are one number, even where that is an enclosure.
    pub(super) fn new(spectrum: &Spectrum<T>, start: &[T], equal: bool) -> Result<Self, DomainError> {
        let like = &spectrum.variance()[0];
        let zero = like.int(0);
        let at_rest = Parabola { c: zero.clone(), b: zero.clone(), a: zero.clone() };
        let mut state = Self {
            groups: Distinct::new(),
            signal_variance: like.clone(),
            stage: Stage::Surplus,
            time: zero.clone(),
            origin: zero.clone(),
            instant: 0,
            jumped: 0,
            signal: Leg { mode: Mode::Held, from: zero.clone(), since: zero.clone(), instant: 0 },
            legs: vec![],
            energy: at_rest,
            departing_slope: zero.clone(),
            length: zero,
            ending: Ending::Optimum,
            touched: vec![],
            signal_before: None,
            events: vec![],
            past_events: 0,
            afloat: 0,
            past_target: false,
            ordered: certain_of_itself(like),
            assumed: None,
            sides: vec![],
            names: vec![],
            record: Record::new(like),
            steps: 0,
            budget: 0,
        };
        state.reset(spectrum, start, equal)?;
        Ok(state)
    }

    /// As a new state, in the memory of this one.
    pub(super) fn reset(&mut self, spectrum: &Spectrum<T>, start: &[T], equal: bool) -> Result<(), DomainError> {
        check(spectrum, start)?;
        self.groups.gather(spectrum, start, equal);
        self.signal_variance = spectrum.variance()[0].clone();
        let zero = start[0].int(0);
        self.time = zero.clone();
        self.origin = zero.clone();
        self.instant = 1;
        self.jumped = 1;
        self.length = zero.clone();
        self.events.clear();
        self.past_events = 0;
        self.record.reset(&start[0]);
        self.steps = 0;
        self.budget = BUDGET + BUDGET_PER_GROUP * self.groups.len() as u64;
        self.past_target = start[0].partial_cmp(&zero.int(1)) != Some(Greater);

        self.names = if self.ordered { vec![] } else { spectrum.names() };
        self.sides.clear();
        self.signal.from = start[0].clone();
        self.line_up();
        Ok(())
    }

    /// Puts all coefficients where they start, in no particular mode.
    fn line_up(&mut self) {
        self.stage = Stage::Surplus;
        self.touched.clear();
        self.signal_before = None;
        self.signal = first_leg(&self.signal.from);
        self.legs.clear();
        self.legs.extend(self.groups.iter().map(|group| first_leg(&group.start)));
        self.afloat = self.legs.iter().filter(|leg| leg.moves()).count();
    }

    /// Starts again, as if `group` were on this side of its surface, which is in doubt.
    pub(super) fn reopen<R: Roster<T>>(&mut self, roster: &mut R, group: usize, side: Ordering) -> Result<(), Halt> {
        self.sides.push((group, side));
        self.line_up();
        self.open(roster)
    }

    /// Finds the modes at time 0 and the first segment.
    pub(super) fn open<R: Roster<T>>(&mut self, roster: &mut R) -> Result<(), Halt> {
        roster.begin(self);
        self.derive_energy(roster.sums(self));
        let sorted = self.sort_out(roster);
        let settled = sorted.and_then(|()| self.settle(roster));
        self.conclude(settled)
    }

    fn sort_out<R: Roster<T>>(&mut self, roster: &mut R) -> Result<(), Halt> {
        let tau = self.energy.c.sign().ok_or_else(|| Halt::from(Doubt::Stage))?;
        let at_target = self.signal.from.partial_cmp(&self.time.int(1)) == Some(Equal);
        if at_target && self.afloat == 0 {
            return Err(self.rest());
        }
        self.place_signal(tau == Less)?;
        match tau {
            Less => {
                if let Some(j) = self.held() {
                    return Err(Halt::NonUnique(j));
                }
                self.stage = Stage::Deficit;
                self.place_groups(roster)?;
            }
            Greater | Equal => {
                self.stage = Stage::Surplus;
                roster.begin(self);
                self.derive_energy(roster.sums(self));
                let on_surface = self.signal.moves() && self.signal_bracket_sign() == Some(Equal);
                if on_surface {
                    self.signal_surface(roster)?;
                }
                // on the border of the stages, tau' decides
                if tau == Equal && self.energy.b.sign().is_none_or(|slope| slope == Less) {
                    self.enter_deficit(roster)?;
                }
            }
        }
        Ok(())
    }

    fn signal_bracket_sign(&self) -> Option<Ordering> {
        bracket(&self.signal_variance, &excess(0, &self.signal.from), &self.energy.c).sign()
    }

    /// Mode of the signal: where tau < 0 it rises, since `tau >= 0` on its surface and above.
    fn place_signal(&mut self, deficit: bool) -> Result<(), Halt> {
        let below = if deficit { Some(Less) } else { self.signal_bracket_sign() };
        match (self.signal.mode, below) {
            (Mode::Held, Some(Less)) => return Err(Halt::NonUnique(0)),
            (Mode::Held, Some(_)) => {}
            (_, Some(Less)) => self.signal.mode = Mode::Rising,
            (_, Some(_)) => self.signal.mode = Mode::Falling,
            (_, None) => return Err(Doubt::Side(0).into()),
        }
        Ok(())
    }

    /// Modes of the groups where tau < 0: by the sides of their surfaces on which they start.
    fn place_groups<R: Roster<T>>(&mut self, roster: &mut R) -> Result<(), Halt> {
        for k in 0..self.legs.len() {
            let h = bracket(&self.groups[k].variance, &self.legs[k].from.square(), &self.energy.c);
            let assumed = || self.sides.iter().find(|(group, _)| *group == k).map(|(_, side)| *side);
            let Some(side) = h.sign().or_else(assumed) else {
                return Err(Doubt::Side(self.groups.members(k)[0]).into());
            };
            let leg = &mut self.legs[k];
            match side {
                Less => leg.mode = Mode::Rising,
                Greater => leg.mode = Mode::Falling,
                Equal => {
                    (leg.mode, leg.instant) = (Mode::Sliding, self.instant);
                    self.touched.push((k, None));
                }
            }
        }
        roster.begin(self);
        self.resolve(roster)
    }
}

/// Held or, for now, falling from `w` at time 0.
#[inline]
fn first_leg<T: Real>(w: &T) -> Leg<T> {
    let mode = if w.sign() == Some(Equal) { Mode::Held } else { Mode::Falling };
    Leg { mode, from: w.clone(), since: w.int(0), instant: 0 }
}

/// Steps allowed in all, and for each group: far more than any trajectory seen takes (about 2.5 a group and 10 in all).
const BUDGET: u64 = 1000;
const BUDGET_PER_GROUP: u64 = 100;

fn check<T: Real>(spectrum: &Spectrum<T>, start: &[T]) -> Result<(), DomainError> {
    if start.len() != spectrum.groups() {
        let domain = format!("{} coefficients, one for each group", spectrum.groups());
        return Err(DomainError::new("start", format!("{} coefficients", start.len()), domain));
    }
    let mut energy = start[0].int(0);
    for (w, nq) in start.iter().zip(spectrum.energy_weight()) {
        if !w.is_finite() || !matches!(w.sign(), Some(Greater | Equal)) {
            return Err(DomainError::new("init", w, "a finite number >= 0"));
        }
        energy.add_prod(nq, &w.square());
        energy = energy + nq;
        // discriminants are quadratic in it
        if !energy.square().is_finite() {
            return Err(DomainError::new("init", w, "small enough for the square of the energy to be a number"));
        }
    }
    Ok(())
}
