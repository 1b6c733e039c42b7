//! What ends the present segment, and when: every time is a root of a polynomial of degree at most two.

use super::distinct::same;
use super::earliest::{Earliest, Ending};
use super::halt::Halt;
use super::leg::Mode;
use super::parabola::{Parabola, not_negative};
use super::roster::Roster;
use super::state::{Stage, State};
use crate::risk::manifold::excess;
use crate::scalar::Real;
use std::cmp::Ordering::Greater;

impl<T: Real> State<T> {
    /// The end of the present segment and the time to it.
    #[inline]
    pub(super) fn look_ahead<R: Roster<T>>(&mut self, roster: &mut R) -> Result<(Ending, T), Halt> {
        self.survey(roster)?.decide()
    }

    /// All that may end the present segment.
    #[inline]
    pub(super) fn survey<R: Roster<T>>(&mut self, roster: &mut R) -> Result<Earliest<T>, Halt> {
        self.steps += 1;
        if self.steps > self.budget {
            return Err(Halt::Budget);
        }
        let mut earliest = Earliest::new();
        match self.stage {
            Stage::Deficit => self.look_at_deficit(roster, &mut earliest),
            Stage::Surplus => self.look_at_surplus(roster, &mut earliest),
        }
        Ok(earliest)
    }

    #[inline]
    fn look_at_deficit<R: Roster<T>>(&mut self, roster: &mut R, earliest: &mut Earliest<T>) {
        if self.groups.is_empty() {
            earliest.offer(Ending::Optimum, self.time.int(1) - self.signal.value(&self.origin));
            return;
        }
        match roster.slowest_slider() {
            // every sliding group leaves before tau, and with it the coefficient, reaches zero
            Some(k) if self.ordered => {
                self.departing_slope = self.slope_at_departure(k);
                earliest.offer(Ending::Departure(k), self.departure(k, &self.departing_slope));
            }
            // which of them is the slowest may be undecided, and not matter; those of equal variance leave together
            Some(_) => {
                let mut last = None;
                for k in self.sliders() {
                    let q = &self.groups[k].variance;
                    if last.replace(q).is_some_and(|last| same(last, q)) {
                        continue;
                    }
                    earliest.offer(Ending::Departure(k), self.departure(k, &self.slope_at_departure(k)));
                }
            }
            None => earliest.offer(Ending::Surplus, self.energy.rises()),
        }
        roster.offer_arrival(self, earliest);
    }

    #[inline]
    fn look_at_surplus<R: Roster<T>>(&self, roster: &R, earliest: &mut Earliest<T>) {
        if self.afloat > 0 {
            roster.offer_zero(self, earliest);
        }
        let w = self.signal.value(&self.origin);
        let departs = self.signal.instant == self.instant;
        match self.signal.mode {
            // it slides until all else is at zero, and tau is a sum of squares
            Mode::Sliding => {}
            Mode::Held => {
                earliest.offer_crossing(Ending::SignalUnstable, self.bracket_at_zero().falls(&self.now()));
            }
            Mode::Rising => {
                let bracket = self.signal_bracket(&w);
                // what has slipped off its surface had a bracket that fell at first: a time before now is rounding
                let back = || not_negative(-(bracket.b.clone() / &bracket.a) - self.now()).abs();
                earliest.offer(Ending::SignalSurface, if departs { back() } else { bracket.rises() });
                earliest.offer_crossing(Ending::Deficit, self.energy.falls(&self.now()));
            }
            // alone, its bracket is 3 q_0 (w_0^2 - 1)
            Mode::Falling if self.afloat == 0 => earliest.offer(Ending::Optimum, w.clone() - w.int(1)),
            Mode::Falling => {
                if !departs {
                    earliest.offer_crossing(Ending::SignalSurface, self.signal_bracket(&w).falls(&self.now()));
                }
                if !self.past_target {
                    earliest.offer(Ending::Target, w.clone() - w.int(1));
                }
                earliest.offer(Ending::SignalZero, w);
            }
        }
    }

    /// `h_0 = 2 q_0 (w_0^2 - 1) + tau` with the signal moving from `w`.
    pub(super) fn signal_bracket(&self, w: &T) -> Parabola<T> {
        let q = &self.signal_variance;
        let slope = (q.clone() * w).times(4 * self.signal.velocity());
        Parabola {
            c: (q.clone() * excess(0, w)).times(2) + &self.energy.c,
            b: slope + &self.energy.b,
            a: q.times(2) + &self.energy.a,
        }
    }

    /// `h_0 = tau - 2 q_0` with the signal held at zero.
    pub(super) fn bracket_at_zero(&self) -> Parabola<T> {
        Parabola { c: self.energy.c.clone() - self.signal_variance.times(2), ..self.energy.clone() }
    }

    /// `tau'` where sliding group `k` would have to move faster than 1: `tau'^2 = 16 q^2 w^2 = -8 q tau` gives
    /// `tau' = sqrt(2 q D/(a + 2 q))`, `D` the discriminant of `tau`, a sum of two positive terms. While tau falls, sliding groups
    /// only slow down, so it is on the way up that they leave.
    #[inline]
    pub(super) fn slope_at_departure(&self, k: usize) -> T {
        let twice = self.groups[k].variance.times(2);
        (self.energy.discriminant() * &twice / (twice + &self.energy.a)).sqrt()
    }

    /// Time until `tau'` is `slope`, that of the departure of group `k`.
    #[inline]
    fn departure(&self, k: usize, slope: &T) -> T {
        let q = &self.groups[k].variance;
        let Parabola { c, b, a } = &self.energy;
        not_negative(match b.sign() {
            // (slope - b)/(2a), with the difference taken out
            Some(Greater) => {
                let short = -((q.clone() * c).times(8) + b.square());
                short / ((q.times(2) + a) * (slope.clone() + b)).times(2)
            }
            _ => (slope.clone() - b) / a.times(2),
        })
    }

    /// The groups that slide.
    pub(super) fn sliders(&self) -> impl Iterator<Item = usize> {
        (0..self.legs.len()).filter(|&k| self.legs[k].mode == Mode::Sliding)
    }
}

impl<T: Real> State<T> {
    /// Whether the signal, at `w` on its surface, can keep to it: sliding there needs a speed of at most 1.
    #[inline]
    pub(super) fn signal_slides(&self, w: &T) -> Option<bool> {
        let limit = (self.signal_variance.clone() * w).times(4);
        self.energy_now().1.abs().partial_cmp(&limit).map(|order| order != Greater)
    }

    /// Whether sliding group `k` would have to move faster than 1 at this instant.
    #[inline]
    pub(super) fn too_fast(&self, k: usize) -> Option<bool> {
        let (tau, slope) = self.energy_now();
        let limit = -(self.groups[k].variance.clone() * tau).times(8);
        slope.square().partial_cmp(&limit).map(|order| order == Greater)
    }

    /// The coefficient of sliding group `k` at this instant.
    pub(super) fn leaving_from(&self, k: usize) -> T {
        let leg = &self.legs[k];
        if leg.instant == self.instant { leg.from.clone() } else { self.on_surface(k, &self.energy_now().0) }
    }
}
