//! The roster of many groups: every question is answered from a structure that changes a little at each event.
//!
//! With `sigma = sqrt(-tau/2)` and `r_j = sqrt(q_j)`, group j is above its surface iff `r_j w_j > sigma`: one curve for all
//! groups, and the moving groups are straight lines `r_j w_j(t)` above and below it. The first to meet it is on the lower
//! envelope of the falling lines or on the upper envelope of the rising ones: two kinetic tournaments.

use super::doubled::{Doubled, Products};
use super::earliest::{Earliest, Ending};
use super::leg::{Leg, Mode};
use super::parabola::Crossing;
use super::roster::{Roster, Sums};
use super::state::{Stage, State};
use super::tournament::Tournament;
use crate::scalar::Real;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

#[derive(Clone, Debug)]
pub(super) struct Kinetic<T> {
    moving: Moving<T>,
    sliding: Doubled<T>,
    /// Sliding groups, least variance first.
    sliders: BinaryHeap<Reverse<usize>>,
    falling: Tournament<T>,
    /// Upside down: the lines `-r_j w_j`.
    rising: Tournament<T>,
    /// While tau >= 0, the falling groups in descending order of the time at which they reach zero.
    queue: Vec<usize>,
}

/// `sum n q w^2`, `sum n q w v` and `sum n q` over the moving groups, by their lines `w = offset + v t` in absolute time.
///
/// A group leaves the sums exactly as it came, so that nothing accumulates over a million events.
#[derive(Clone, Debug)]
struct Moving<T> {
    products: Products<T>,
    /// `sum n q offset^2`, `sum n q v offset`, `sum n q`.
    coefficients: [Doubled<T>; 3],
}

impl<T: Real> Moving<T> {
    fn none(like: &T) -> Self {
        let zero = Doubled::exactly(like.int(0));
        Self { products: Products::of(like), coefficients: [zero.clone(), zero.clone(), zero] }
    }

    fn terms(&self, weight: &T, leg: &Leg<T>) -> [Doubled<T>; 3] {
        let rising = leg.mode == Mode::Rising;
        let offset = Doubled::sum(&leg.from, &if rising { -leg.since.clone() } else { leg.since.clone() });
        let signed = if rising { weight.clone() } else { -weight.clone() };
        [
            self.products.scaled(&self.products.squared(&offset), weight),
            self.products.scaled(&offset, &signed),
            Doubled::exactly(weight.clone()),
        ]
    }

    fn add(&mut self, weight: &T, leg: &Leg<T>) {
        let terms = self.terms(weight, leg);
        for (sum, term) in self.coefficients.iter_mut().zip(&terms) {
            *sum = sum.plus(term);
        }
    }

    fn remove(&mut self, weight: &T, leg: &Leg<T>) {
        let terms = self.terms(weight, leg);
        for (sum, term) in self.coefficients.iter_mut().zip(&terms) {
            *sum = sum.minus(term);
        }
    }

    /// Energy, momentum and mass at time `t`.
    fn at(&self, t: &T) -> [T; 3] {
        let [energy, momentum, mass] = &self.coefficients;
        let at = |sum: &Doubled<T>, slope: &Doubled<T>| sum.plus(&self.products.scaled(slope, t));
        // sum n q (offset + v t)^2 = (energy + t momentum) + t (momentum + t mass)
        let momentum_now = at(momentum, mass);
        let energy_now = at(energy, &momentum.plus(&momentum_now));
        [energy_now.value(), momentum_now.value(), mass.clone().value()]
    }
}

impl<T: Real> Kinetic<T> {
    pub(super) fn new(state: &State<T>) -> Self {
        let like = &state.time;
        let root: Vec<T> = state.groups.iter().map(|group| group.variance.sqrt()).collect();
        Self {
            moving: Moving::none(like),
            sliding: Doubled::exactly(like.int(0)),
            sliders: BinaryHeap::new(),
            falling: Tournament::new(root.clone(), like),
            rising: Tournament::new(root, like),
            queue: vec![],
        }
    }
}

/// Where the line of a moving group is zero, that of a rising one upside down: `w = zero - t` or `-w = zero - t`.
fn zero_of<T: Real>(leg: &Leg<T>) -> T {
    match leg.mode {
        Mode::Rising => leg.since.clone() - &leg.from,
        _ => leg.since.clone() + &leg.from,
    }
}

impl<T: Real> Roster<T> for Kinetic<T> {
    fn begin(&mut self, state: &State<T>) {
        self.moving = Moving::none(&state.time);
        self.sliding = Doubled::exactly(state.time.int(0));
        self.sliders.clear();
        self.queue.clear();
        for (k, leg) in state.legs.iter().enumerate() {
            if leg.moves() {
                self.moving.add(&state.groups[k].weight, leg);
            } else if leg.mode == Mode::Sliding {
                self.sliding = self.sliding.plus(&Doubled::exactly(state.groups[k].half.clone()));
                self.sliders.push(Reverse(k));
            }
        }
        match state.stage {
            Stage::Deficit => {
                let line = |k: usize, mode| Some(&state.legs[k]).filter(|leg| leg.mode == mode).map(zero_of);
                self.falling.fill(&state.time, |k| line(k, Mode::Falling));
                self.rising.fill(&state.time, |k| line(k, Mode::Rising));
            }
            Stage::Surplus => {
                self.queue.extend((0..state.legs.len()).filter(|&k| state.legs[k].mode == Mode::Falling));
                let zero = |k: usize| zero_of(&state.legs[k]);
                self.queue.sort_by(|&i, &j| zero(j).partial_cmp(&zero(i)).unwrap_or(Ordering::Equal));
            }
        }
    }

    fn changed(&mut self, state: &State<T>, k: usize, old: &Leg<T>) {
        let new = &state.legs[k];
        if old.moves() {
            self.moving.remove(&state.groups[k].weight, old);
        }
        if new.moves() {
            self.moving.add(&state.groups[k].weight, new);
        }
        let half = Doubled::exactly(state.groups[k].half.clone());
        if old.mode == Mode::Sliding {
            self.sliding = self.sliding.minus(&half);
            let left = self.sliders.pop();
            debug_assert_eq!(left, Some(Reverse(k)), "only the slowest slider leaves");
        }
        if new.mode == Mode::Sliding {
            self.sliding = self.sliding.plus(&half);
            self.sliders.push(Reverse(k));
        }
        match state.stage {
            Stage::Surplus => {
                let reached = self.queue.pop();
                debug_assert_eq!(reached, Some(k), "groups reach zero in the order of the queue");
            }
            Stage::Deficit => {
                for (mode, tournament) in [(Mode::Falling, &mut self.falling), (Mode::Rising, &mut self.rising)] {
                    if old.mode == mode || new.mode == mode {
                        tournament.set(&state.time, k, (new.mode == mode).then(|| zero_of(new)));
                    }
                }
            }
        }
    }

    fn sums(&self, state: &State<T>) -> Sums<T> {
        let [energy, momentum, mass] = self.moving.at(&state.time);
        Sums { energy, momentum, mass, sliding: self.sliding.clone().value() }
    }

    fn slowest_slider(&self) -> Option<usize> {
        self.sliders.peek().map(|&Reverse(k)| k)
    }

    fn offer_arrival(&mut self, state: &State<T>, earliest: &mut Earliest<T>) {
        let mut open = [Some(&mut self.falling), Some(&mut self.rising)];
        for tournament in open.iter_mut().flatten() {
            tournament.advance(&state.time);
        }
        loop {
            // a line on the envelope that meets the surface before another takes its place is the first that does
            for entry in &mut open {
                let Some(tournament) = entry else { continue };
                let Some(k) = tournament.lowest() else { continue };
                let arrival = state.arrival(&state.groups[k], &state.legs[k]);
                if let Crossing::At(s) | Crossing::Perhaps(s) = &arrival
                    && *s <= tournament.valid_until().clone() - &state.time
                {
                    earliest.offer_crossing(Ending::Arrival(k), arrival);
                    *entry = None;
                }
            }
            // neither tournament may go beyond the time of what happens next, which the other one may know
            let next = open
                .iter_mut()
                .flatten()
                .min_by(|a, b| a.valid_until().partial_cmp(b.valid_until()).unwrap_or(Ordering::Equal));
            let Some(next) = next else { return };
            let until = next.valid_until().clone();
            let valid_for = until.clone() - &state.time;
            if !until.is_finite() || earliest.bound().is_some_and(|s| *s <= valid_for) {
                return;
            }
            next.advance(&until);
        }
    }

    fn offer_zero(&self, state: &State<T>, earliest: &mut Earliest<T>) {
        if let Some(&k) = self.queue.last() {
            earliest.offer(Ending::Zero(k), state.legs[k].value(&state.time));
        }
    }
}
