//! The series of the slow motion, in which followers stay on surfaces whose rates are given, and the surfaces that it tells.

use super::field::Field;
use super::following::Following;
use super::point::Point;
use crate::risk::manifold::{bracket, excess_energy};
use crate::scalar::Real;
use crate::trajectory::taylor::{Digits, log_size};

impl<T: Real> Following<T> {
    /// All series up to `order`, with the drifts at hand.
    pub(super) fn sweep(&mut self, field: &Field<T>, point: &Point<T>, order: usize, energy: &T, digits: &Digits<T>) {
        let digits = digits.in_unit(&self.unit);
        let below = |log_size: f64, k: usize| if k == 0 { i64::MIN } else { digits.below(log_size, k) };
        let (q, n, groups) = (field.spectrum.variance(), field.spectrum.multiplicity(), point.groups());
        let zero = energy.int(0);
        for series in [&mut self.weight, &mut self.excess, &mut self.bracket, &mut self.velocity] {
            series.iter_mut().for_each(Vec::clear);
        }
        for j in 0..groups {
            self.raised[j].clear();
            self.weight[j].push(point.weight(j).clone());
            self.excess[j].push(point.excess(j));
        }
        let felt: Vec<f64> = (0..groups).map(|j| log_size(&field.spectrum, j, energy)).collect();
        // what a velocity w_c w_c' may be wrong by
        let loose = |c: usize| 2.0 * point.weight(c).magnitude() - self.unit.magnitude();
        let looseness: Vec<f64> = (0..groups).map(loose).collect();
        let strict = self.followers.iter().map(|&c| q[c].magnitude() + looseness[c]).fold(f64::INFINITY, f64::min);
        let mut start = vec![(zero.clone(), zero.clone()); groups];
        for k in 0..=order {
            let orders: Vec<T> = self.excess.iter().map(|e| e[k].clone()).collect();
            let tau = excess_energy(&field.spectrum, &orders);
            let mut energy_slope = zero.clone();
            for j in (0..groups).filter(|j| !self.followers.contains(j)) {
                self.bracket[j].push(bracket(&q[j], &orders[j], &tau));
                let own = self.bracket[j][0].magnitude() + self.weight[j][0].magnitude();
                let mut g = T::convolve_above(&self.bracket[j], &self.weight[j], k, below(own, k)) * &q[j];
                if k == 0 {
                    start[j] = (g.clone(), -field.speed(&g));
                }
                g = if start[j].0 == zero { zero.clone() } else { g / &start[j].0 };
                self.raised[j].push(g, &field.power, below(0.0, k));
                self.velocity[j].push(self.raised[j].power()[k].clone() * &start[j].1);
                let factor = n[j].times(2) * &q[j];
                let strict = strict - factor.magnitude();
                energy_slope
                    .add_prod(&factor, &T::convolve_above(&self.weight[j], &self.velocity[j], k, below(strict, k)));
            }
            let rates: Vec<T> = self.drift.iter().map(|drift| drift[k].clone() / &self.unit).collect();
            let energy_slope = self.energy_rate(field, energy_slope, rates.iter());
            for (&c, rate) in self.followers.iter().zip(rates) {
                // 2 q_c e_c'
                let own = rate - &energy_slope;
                self.velocity[c].push(zero.clone());
                let known = T::convolve_above(&self.velocity[c], &self.weight[c], k, below(looseness[c], k));
                self.velocity[c][k] = (own.clone() / &q[c].times(4) - &known) / point.weight(c);
                if k < order {
                    self.excess[c].push((own * &self.unit / &q[c].times(2)).over(k as i64 + 1));
                }
            }
            if k == order {
                break;
            }
            for j in 0..groups {
                let term = (self.velocity[j][k].clone() * &self.unit).over(k as i64 + 1);
                self.weight[j].push(term);
                if !self.followers.contains(&j) {
                    let square = T::convolve_above(&self.weight[j], &self.weight[j], k + 1, below(felt[j], k + 1));
                    self.excess[j].push(square);
                }
            }
        }
    }

    /// How the excess energy changes, `(foreign + sum_c (n_c/2) D_c)/(1 + sum_c n_c/2)`, while the brackets of followers change by `rates` and all the rest makes `foreign` of it.
    pub(super) fn energy_rate<'a>(&self, field: &Field<T>, foreign: T, rates: impl Iterator<Item = &'a T>) -> T
    where
        T: 'a,
    {
        let (mut sum, mut share) = (foreign.clone(), foreign.int(1));
        for (&c, rate) in self.followers.iter().zip(rates) {
            let half = field.spectrum.multiplicity()[c].over(2);
            sum.add_prod(&half, rate);
            share = share + &half;
        }
        sum / share
    }

    /// The surfaces that the velocities tell, and their drifts; log2 of what changed on the step, at most.
    pub(super) fn lift(&mut self, field: &Field<T>, order: usize, energy: &T, digits: &Digits<T>) -> f64 {
        let digits = digits.in_unit(&self.unit);
        let mut changed = f64::NEG_INFINITY;
        for (i, &c) in self.followers.iter().enumerate().filter(|&(i, _)| !self.silent[i]) {
            let (speed, weight) = (-self.velocity[c][0].clone(), &self.weight[c]);
            let size = field.bracket_of_speed(c, &weight[0], &speed);
            let log_size = energy.magnitude() - size.magnitude();
            let below = |k: usize| if k == 0 { i64::MIN } else { digits.below(log_size, k) };
            self.raised[c].clear();
            let mut relative: Vec<T> = Vec::with_capacity(order + 1);
            let scaled: Vec<T> = weight.iter().map(|w| w.clone() / &weight[0]).collect();
            for k in 0..=order {
                let term = -(self.velocity[c][k].clone() / &speed);
                self.raised[c].push(term, &field.inverse, below(k));
                relative.push(energy.int(0));
                let known = T::convolve_above(&relative, &scaled, k, below(k));
                relative[k] = self.raised[c].power()[k].clone() - known;
                let term = relative[k].clone() * &size;
                changed = changed.max((term.clone() - &self.surface[i][k]).magnitude());
                if k > 0 {
                    self.drift[i][k - 1] = term.times(k as i64);
                }
                self.surface[i][k] = term;
            }
        }
        changed
    }
}
