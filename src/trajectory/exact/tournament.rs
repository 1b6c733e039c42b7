//! A kinetic tournament: the lowest of many falling lines, for an ever later time.
//!
//! A complete binary tree over the lines in ascending order of steepness; each node holds the lower of its children's winners
//! and the time at which that ceases to be true. A winner on the left (less steep) is overtaken once at most between two
//! changes, so `m` changes and any advance of time cost `O((J + m) log^2 J)` in all.

use crate::scalar::Real;
use std::cmp::Ordering::{Greater, Less};

/// No line.
const NOBODY: u32 = u32::MAX;

/// Lines `y = steepness_k (zero_k - t)`, some of them taking part.
#[derive(Clone, Debug)]
pub(super) struct Tournament<T> {
    steepness: Vec<T>,
    intercept: Vec<T>,
    /// Node 1 is the root; the children of node i are 2i and 2i + 1; line k is at node `leaves + k`.
    nodes: Vec<Node<T>>,
    leaves: usize,
    never: T,
}

#[derive(Clone, Debug)]
struct Node<T> {
    winner: u32,
    /// First time at which some node of this subtree may have another winner.
    valid_until: T,
}

impl<T: Real> Tournament<T> {
    /// No line takes part yet. `steepness` ascends.
    pub(super) fn new(steepness: Vec<T>, like: &T) -> Self {
        let leaves = steepness.len().next_power_of_two();
        let never = T::from_f64(f64::INFINITY, &like.context());
        Self {
            intercept: vec![like.int(0); steepness.len()],
            steepness,
            nodes: vec![Node { winner: NOBODY, valid_until: never.clone() }; 2 * leaves],
            leaves,
            never,
        }
    }

    /// Lets exactly those lines take part whose zero is given, from time `now` on.
    pub(super) fn fill(&mut self, now: &T, zero: impl Fn(usize) -> Option<T>) {
        for k in 0..self.steepness.len() {
            self.enter(k, zero(k));
        }
        for node in (1..self.leaves).rev() {
            self.play(node, now);
        }
    }

    /// Line `k` takes part with this zero, or with none no longer.
    pub(super) fn set(&mut self, now: &T, k: usize, zero: Option<T>) {
        self.enter(k, zero);
        let mut node = self.leaves + k;
        while node > 1 {
            node /= 2;
            self.play(node, now);
        }
    }

    fn enter(&mut self, k: usize, zero: Option<T>) {
        self.nodes[self.leaves + k].winner = if zero.is_some() { k as u32 } else { NOBODY };
        if let Some(zero) = zero {
            self.intercept[k] = zero * &self.steepness[k];
        }
    }

    /// The lowest line, until [`valid_until`](Self::valid_until).
    pub(super) fn lowest(&self) -> Option<usize> {
        let winner = self.nodes[1].winner;
        (winner != NOBODY).then_some(winner as usize)
    }

    /// When the lowest line may be another; infinite if never.
    pub(super) fn valid_until(&self) -> &T {
        &self.nodes[1].valid_until
    }

    /// Goes to time `now`.
    pub(super) fn advance(&mut self, now: &T) {
        self.refresh(1, now);
    }

    fn refresh(&mut self, node: usize, now: &T) {
        if node < self.leaves && self.nodes[node].valid_until <= *now {
            self.refresh(2 * node, now);
            self.refresh(2 * node + 1, now);
            self.play(node, now);
        }
    }

    fn play(&mut self, node: usize, now: &T) {
        let (left, right) = (&self.nodes[2 * node], &self.nodes[2 * node + 1]);
        let soonest = if left.valid_until <= right.valid_until { &left.valid_until } else { &right.valid_until };
        let (winner, valid_until) = match (left.winner, right.winner) {
            (NOBODY, other) | (other, NOBODY) => (other, soonest.clone()),
            (a, b) => match self.overtaking(a as usize, b as usize) {
                time if time <= *now => (b, soonest.clone()),
                time if time < *soonest => (a, time),
                _ => (a, soonest.clone()),
            },
        };
        self.nodes[node] = Node { winner, valid_until };
    }

    /// When line `b` is below line `a`, which is not steeper, from then on.
    fn overtaking(&self, a: usize, b: usize) -> T {
        let ahead = self.intercept[b].clone() - &self.intercept[a];
        let gain = self.steepness[b].clone() - &self.steepness[a];
        match (gain.sign(), ahead.sign()) {
            (Some(Greater), _) => ahead / gain,
            (_, Some(Less)) => -self.never.clone(),
            _ => self.never.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against looking at all lines; lines come and go, time goes on.
        #[test]
        fn the_winner_is_the_lowest_line(
            mut steepness in proptest::collection::vec(0.1..10.0f64, 1..40),
            steps in proptest::collection::vec((0..40usize, proptest::option::of(0.0..10.0f64), 0.0..0.2f64), 1..100),
        ) {
            steepness.sort_by(f64::total_cmp);
            let mut tournament = Tournament::new(steepness.clone(), &0.0);
            let mut lines = vec![None; steepness.len()];
            let mut now = 0.0;
            for (k, zero, wait) in steps {
                let k = k % lines.len();
                now += wait;
                tournament.advance(&now);
                lines[k] = zero;
                tournament.set(&now, k, zero);
                let height = |k: usize| lines[k].map(|zero: f64| steepness[k] * (zero - now));
                let lowest = (0..lines.len()).filter_map(height).min_by(f64::total_cmp);
                match (tournament.lowest(), lowest) {
                    (None, None) => {}
                    (Some(winner), Some(lowest)) => {
                        prop_assert!(*tournament.valid_until() > now);
                        // heights are differences of numbers up to 10 (10 + now)
                        prop_assert!(height(winner).unwrap() - lowest <= 4.0 * f64::EPSILON * 10.0 * (10.0 + now));
                    }
                    other => prop_assert!(false, "{other:?}"),
                }
            }
        }
    }
}
