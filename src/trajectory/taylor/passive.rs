//! Coefficients too small for any bracket to feel: only their logarithms move, and steps end before they are felt.

use super::gradient::GradientFlow;
use crate::risk::manifold;
use crate::scalar::Real;

/// Shortenings of a step for the passive coefficients; each leaves a growth below what is allowed unless it was concave.
const ATTEMPTS: usize = 64;

impl<T: Real> GradientFlow<T> {
    /// Shortens the step until no passive coefficient grows enough in it to be felt.
    #[inline]
    pub(super) fn shorten_for_passive(&self, scale: &T, step: Option<T>) -> Option<T> {
        if self.passive.is_empty() {
            return step;
        }
        let room = self.pace.negligible(self.state.groups()).times(16) * scale;
        let one = room.int(1);
        let Some(mut h) = step else {
            // the brackets are constant: growth is linear in time, and this is exact
            let allowed = |j| {
                let growth = self.passive_growth(j, &one, &self.series.energy()[0]);
                (growth > growth.int(0)).then(|| self.margin(&room, j) / growth)
            };
            return self.moving_passive().filter_map(allowed).reduce(|a, b| if a < b { a } else { b });
        };
        for _ in 0..ATTEMPTS {
            let mut shorter = h.clone();
            for s in [h.over(2), h.clone()] {
                let energy = self.series.energy_integral(&s);
                for j in self.moving_passive() {
                    let growth = self.passive_growth(j, &s, &energy);
                    if growth <= one {
                        continue;
                    }
                    let margin = self.margin(&room, j);
                    if growth > margin.clone() + &one {
                        let allowed = s.clone() * (margin / growth);
                        shorter = if allowed < shorter { allowed } else { shorter };
                    }
                }
            }
            if shorter >= h {
                break;
            }
            h = shorter;
        }
        Some(h)
    }

    #[inline]
    pub(super) fn moving_passive(&self) -> impl Iterator<Item = usize> + '_ {
        self.passive.iter().copied().filter(|&j| !self.state.is_zero(j))
    }

    /// Growth of `log w_j^2` over `s`, from the integral of the excess energy.
    #[inline]
    fn passive_growth(&self, j: usize, s: &T, energy_integral: &T) -> T {
        let q = &self.spectrum.variance()[j];
        let bracket = manifold::bracket(q, &(self.state.excess(j).clone() * s), energy_integral);
        (bracket * q).times(-2)
    }

    /// How far `log w_j^2` is below where it would be felt.
    fn margin(&self, room: &T, j: usize) -> T {
        let (q, n) = (&self.spectrum.variance()[j], &self.spectrum.multiplicity()[j]);
        let weight = if *n > n.int(2) { n.clone() * q } else { q.times(2) };
        (room.clone() / weight).ln() - self.state.logarithm(j).times(2)
    }
}
