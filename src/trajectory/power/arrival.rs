//! Arrivals at surfaces, where the sign of a bracket is lost in rounding: a group crosses, or settles.

use super::field::Pull;
use super::flow::{Piece, PowerFlow};
use crate::scalar::Real;

/// A group counts as settled while its layer is at most so many times as wide as what rounding leaves of its bracket.
const LAYER: i64 = 32;

/// A group that is at its surface again within so many times the length of its crossing has come back.
const RETURN: i64 = 256;

impl<T: Real> PowerFlow<T> {
    /// A group that has come so near to its surface that the sign of its bracket is lost in rounding, but moves otherwise than a group that
    /// stays there.
    pub(super) fn arrival(&mut self, pulls: &[Pull<T>]) -> Option<usize> {
        for (settled, pull) in self.settled.iter_mut().zip(pulls) {
            *settled &= pull.bracket.abs() <= pull.floor.times(LAYER);
        }
        let alive: Vec<usize> = self.alive().collect();
        for j in alive {
            if self.settled[j] || pulls[j].bracket.abs() > pulls[j].floor.over(2) {
                continue;
            }
            let speed = self.settling_speed(j, pulls);
            let unlike = (speed.clone() - &pulls[j].speed).abs() > speed.abs().over(16);
            if self.speeds.is_none() || unlike {
                return Some(j);
            }
            self.settled[j] = true;
        }
        None
    }

    /// Which groups stay near their surfaces.
    fn following(&self, pulls: &[Pull<T>]) -> Vec<bool> {
        let follow = self.field.follow(&self.point, pulls);
        follow.iter().zip(&self.settled).map(|(a, b)| *a || *b).collect()
    }

    /// The speed of group j when it stays on its surface, and others on theirs.
    fn settling_speed(&self, j: usize, pulls: &[Pull<T>]) -> T {
        let mut following = self.following(pulls);
        following[j] = true;
        let tau = self.field.energy_slope(&self.point, pulls, &following, None);
        self.field.settled_speed(&self.point, j, &tau)
    }

    /// Group j is at its surface. Either it settles there: own and foreign motion cancel in `h_j` within what rounding can tell, nearly so
    /// if it has come back at once from a crossing. Or it crosses, to where the sign is certain again. With constant velocities, which is exact to rounding over so short a way.
    pub(super) fn cross(&mut self, j: usize, pulls: &[Pull<T>]) {
        let pull = &pulls[j];
        let w = self.point.weight(j).clone();
        let zero = w.int(0);
        let mut following = self.following(pulls);
        following[j] = false;
        let speed = self.settling_speed(j, pulls);
        let drift = self.field.energy_slope(&self.point, pulls, &following, Some(j));
        let time = self.time.value();
        let returns = self.crossed[j].as_ref().is_some_and(|until| time <= *until);
        let layer = self.field.bracket_of_speed(j, &w, &speed).abs();
        let settles = layer <= pull.floor || returns && layer <= pull.floor.times(LAYER);
        let mut speeds: Vec<T> = pulls.iter().map(|pull| pull.speed.clone()).collect();
        let (drift, ahead) = if settles {
            self.settled[j] = true;
            following[j] = true;
            let own = self.field.stiffness(j, &w) * &pull.speed;
            (if drift.abs() > own.abs() { drift } else { own }, zero.clone())
        } else {
            let behind = pull.bracket > zero && drift > zero || pull.bracket < zero && drift < zero;
            speeds[j] = self.field.speed(&self.field.gradient(j, &w, &pull.floor, &drift));
            (drift, if behind { -pull.bracket.abs() } else { pull.bracket.abs() })
        };
        self.length = (ahead.clone() + &pull.floor) / drift.abs();
        self.crossed[j] = (!settles).then(|| time + self.length.times(RETURN));
        let at = if ahead > zero { ahead / drift.abs() } else { zero };
        self.expansion.cross(&self.point, pulls, j, &self.length);
        self.piece = Piece::Crossing { group: j, at };
        let tau = self.field.energy_slope(&self.point, pulls, &following, (!settles).then_some(j));
        for i in (0..pulls.len()).filter(|&i| following[i]) {
            speeds[i] = self.field.settled_speed(&self.point, i, &tau);
        }
        if self.settled.contains(&true) {
            self.collocation.guess_constant(&self.point, &speeds);
            self.implicit = Some(self.first_step(&speeds));
            // who follows without having settled has its speed from where it is
            for i in (0..pulls.len()).filter(|&i| i != j && !self.settled[i]) {
                speeds[i] = pulls[i].speed.clone();
            }
            self.speeds = Some(speeds);
        } else {
            self.speeds = None;
            self.implicit = None;
        }
    }

    /// A step to begin a collocation with: a fraction of the time in which something moves much.
    fn first_step(&self, speeds: &[T]) -> T {
        let moving = self.alive().filter(|&j| speeds[j] != speeds[j].int(0));
        let times = moving.map(|j| self.point.weight(j).clone() / speeds[j].abs());
        times.reduce(|a, b| if b < a { b } else { a }).unwrap_or_else(|| self.field.power.int(1)).over(64)
    }
}
