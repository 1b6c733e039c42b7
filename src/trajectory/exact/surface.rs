//! What happens on the surfaces `h_j = 0`.
//!
//! A coefficient on its surface moves with `v_j = clamp(-T/(4 q_j w_j), -1, 1)`, where `T = tau'` solves
//! `T = B + sum_j 2 n_j q_j w_j v_j`: inside the bounds `h_j' = 4 q_j w_j v_j + T` is zero and it slides, at a bound it leaves to the
//! side on which it keeps moving that way. The right side does not increase with T, so T is unique, whatever the number of
//! coefficients that are on their surfaces at one instant. With some of them leaving, `|T|` only grows as more leave; so beginning
//! with all sliding and releasing the ones that are too slow finds the solution, and none has to be taken back.

use super::flow::{ExactFlow, Mode};
use crate::scalar::Real;

impl<T: Real> ExactFlow<T> {
    /// Gives every coefficient of `on_surface` (all sliding ones, and the ones that arrive at this instant) its mode.
    pub(super) fn settle_surfaces(&mut self, on_surface: &[usize]) {
        let zero = self.time.int(0);
        let weight = self.spectrum.energy_weight();
        let mut drive = zero.clone();
        for j in 0..self.w.len() {
            if !on_surface.contains(&j)
                && let Some(velocity) = self.mode[j].velocity()
            {
                drive.add_prod(&weight[j], &self.w[j].times(2 * velocity));
            }
        }
        let mut damping = zero.int(1);
        for &j in on_surface {
            self.mode[j] = Mode::Sliding;
            damping = damping + self.spectrum.multiplicity()[j].over(2);
        }
        loop {
            let speed = drive.clone() / &damping;
            let mut released = false;
            for &j in on_surface {
                let limit = (self.spectrum.variance()[j].clone() * &self.w[j]).times(4);
                if self.mode[j] == Mode::Sliding && speed.abs() > limit {
                    self.mode[j] = if speed > zero { Mode::Falling } else { Mode::Rising };
                    damping = damping - self.spectrum.multiplicity()[j].over(2);
                    let momentum = (weight[j].clone() * &self.w[j]).times(2);
                    drive = if speed > zero { drive - momentum } else { drive + momentum };
                    released = true;
                }
            }
            if !released {
                return;
            }
        }
    }
}
