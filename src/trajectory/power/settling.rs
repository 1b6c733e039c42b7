//! The iteration between the slow motion and the surfaces that it tells.

use super::crossing::Surroundings;
use super::field::Pull;
use super::following::{Following, LEAST};
use crate::risk::manifold::{bracket, excess_energy};
use crate::scalar::Real;
use crate::trajectory::taylor::Digits;
use std::cmp::Ordering;

/// Bits by which what a round says of surfaces may be worse than what it changed.
const DOUBT: f64 = 24.0;

/// Rounds that an iteration may need for each bit on the shortest step that there is for a follower, and in proportion on longer ones.
const ROUNDS: f64 = 1.0 / 4.0;

/// Bits that a division by the pace of a clock may cost.
const AMPLIFIED: f64 = 16.0;

/// What came of an iteration.
pub(super) enum Settling {
    Settled,
    /// This coefficient is not on its surface, or too slow to be taken for one that is.
    Unsettled(usize, Option<f64>),
}

impl<T: Real> Following<T> {
    /// Iterates until the surfaces stay, on a step up to `reach`.
    pub(super) fn settle(
        &mut self,
        around: &Surroundings<'_, T>,
        pulls: &[Pull<T>],
        order: usize,
        reach: &T,
    ) -> Settling {
        let &Surroundings { field, point, energy, pace, .. } = around;
        let finest = pace.magnitude();
        let scale = energy.magnitude();
        let resolution = resolution(pulls, &self.followers);
        let e = point.excesses();
        let tau = excess_energy(&field.spectrum, &e);
        let actual: Vec<T> =
            self.followers.iter().map(|&c| bracket(&field.spectrum.variance()[c], &e[c], &tau)).collect();
        let by_speed = |a: &&usize, b: &&usize| {
            pulls[**a].relaxation.partial_cmp(&pulls[**b].relaxation).unwrap_or(Ordering::Equal)
        };
        let slowest = self.followers.iter().min_by(by_speed).copied().unwrap_or(0);
        let length = if self.passing.is_some() { self.curve.elapsed_at(reach) } else { self.unit.clone() };
        let stiffness = (pulls[slowest].relaxation.clone() * &length).magnitude();
        let mut errors = [scale, scale - stiffness];
        let rounds = ROUNDS * (libm::exp2(stiffness) / LEAST).max(-finest);
        // where rates are those by the parameter over a pace that goes to zero
        let amplified = if self.passing.is_some() { AMPLIFIED } else { 0.0 };
        for round in 0.. {
            // relative to the scale
            let aim = (errors[1] - scale - stiffness - 8.0 - amplified).max(finest);
            let digits = Digits::to(aim, reach.clone());
            if self.sweep(around, order, &digits).is_none() {
                return Settling::Unsettled(slowest, None);
            }
            let changed = self.lift(around, order, &digits, reach);
            let gain = (errors[0] - changed) / 2.0;
            let left = changed - (resolution - amplified);
            let stalls = round > 0 && gain < left / rounds;
            let settled = aim <= finest && (left <= 0.0 || stalls && changed <= resolution);
            if stalls && !settled {
                return Settling::Unsettled(slowest, None);
            }
            errors = [errors[1], changed];
            let off = |i: &usize| (actual[*i].clone() - &self.surface[*i][0]).magnitude();
            let tolerance = if settled { resolution + 10.0 } else { changed.max(resolution) + DOUBT };
            // one that is off takes faster ones with it
            let slower = |i: &usize, k: &usize| by_speed(&&self.followers[*i], &&self.followers[*k]);
            if let Some(i) = (0..actual.len()).filter(|i| off(i) > tolerance).min_by(slower) {
                return Settling::Unsettled(self.followers[i], Some(off(&i) - resolution));
            }
            if settled {
                // one by one the last terms have lost what is behind them
                let lost = if self.passing.is_some() { round + 2 } else { 0 };
                self.curve.cut_off(order + 1 - lost.min(order / 4));
                return Settling::Settled;
            }
        }
        Settling::Unsettled(slowest, None)
    }
}

/// log2 of what rounding makes of the brackets, at least.
pub(super) fn resolution<T: Real>(pulls: &[Pull<T>], of: &[usize]) -> f64 {
    of.iter().map(|&c| pulls[c].floor.magnitude() - 8.0).fold(f64::INFINITY, f64::min)
}
