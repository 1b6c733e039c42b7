//! The roster of a few groups: look at all of them.

use super::earliest::{Earliest, Ending};
use super::leg::{Leg, Mode};
use super::roster::{Roster, Sums};
use super::state::State;
use crate::scalar::Real;

/// Keeps the slowest slider alone. The sums are made anew at every event, so that no error accumulates.
#[derive(Clone, Debug, Default)]
pub(super) struct Scan {
    slowest: Option<usize>,
}

fn first_slider<T>(legs: &[Leg<T>]) -> Option<usize> {
    legs.iter().position(|leg| leg.mode == Mode::Sliding)
}

impl<T: Real> Roster<T> for Scan {
    fn begin(&mut self, state: &State<T>) {
        self.slowest = first_slider(&state.legs);
    }

    #[inline]
    fn changed(&mut self, state: &State<T>, k: usize, old: &Leg<T>) {
        if old.mode == Mode::Sliding || state.legs[k].mode == Mode::Sliding {
            self.slowest = first_slider(&state.legs);
        }
    }

    #[inline]
    fn sums(&self, state: &State<T>) -> Sums<T> {
        let zero = state.time.int(0);
        let mut sums = Sums { energy: zero.clone(), momentum: zero.clone(), mass: zero.clone(), sliding: zero };
        for (group, leg) in state.groups.iter().zip(&state.legs) {
            match leg.mode {
                Mode::Held => {}
                Mode::Sliding => sums.sliding = sums.sliding + &group.half,
                Mode::Rising | Mode::Falling => {
                    let nq = &group.weight;
                    let w = leg.value(&state.origin);
                    let nqw = nq.clone() * &w;
                    sums.energy.add_prod(&nqw, &w);
                    sums.mass = sums.mass + nq;
                    sums.momentum = if leg.mode == Mode::Rising { sums.momentum + nqw } else { sums.momentum - nqw };
                }
            }
        }
        sums
    }

    #[inline]
    fn slowest_slider(&self) -> Option<usize> {
        self.slowest
    }

    #[inline]
    fn offer_arrival(&mut self, state: &State<T>, earliest: &mut Earliest<T>) {
        for (k, (group, leg)) in state.groups.iter().zip(&state.legs).enumerate() {
            if leg.moves() {
                earliest.offer_crossing(Ending::Arrival(k), state.arrival(group, leg));
            }
        }
    }

    #[inline]
    fn offer_zero(&self, state: &State<T>, earliest: &mut Earliest<T>) {
        for (k, leg) in state.legs.iter().enumerate() {
            if leg.mode == Mode::Falling {
                earliest.offer(Ending::Zero(k), leg.value(&state.origin));
            }
        }
    }
}
