use super::clock::{Clock, Course};
use super::curve::Curve;
use super::field::Field;
use super::point::Point;
use crate::risk::manifold::{bracket, excess_energy};
use crate::scalar::Real;
use crate::trajectory::taylor::{Digits, log_size};
use std::cmp::Ordering;

/// The start of a step.
#[derive(Clone, Debug)]
pub(super) struct Start<T> {
    /// The coefficient that crosses.
    pub(super) coefficient: usize,
    /// The side it is on, or goes to: whether its bracket is positive.
    pub(super) positive: bool,
    pub(super) course: Course,
    /// `|h_c|` there; from the crossing itself, the unit of `|h_c|`.
    pub(super) size: T,
}

/// What moves at the start of a step.
pub(super) struct Motion<T> {
    /// `w_j'`; of the coefficient that crosses, over `|h_c|^p`.
    velocity: Vec<T>,
    /// `h_c'`
    slope: T,
    /// The largest `|w_j'|`, each relative to its coefficient (a signal near 1: of its excess, to the size of the excesses).
    pub(super) rate: T,
}

impl<T: Real> Motion<T> {
    /// Bits by which coefficients move less than by themselves while `|h_c|` changes by `size`.
    pub(super) fn depth(&self, size: &T) -> f64 {
        (self.slope.magnitude() - size.magnitude() - self.rate.magnitude()).max(0.0)
    }
}

impl<T: Real> Start<T> {
    /// `None` where the bracket does not go the way of the course, or nothing moves.
    pub(super) fn motion(&self, field: &Field<T>, point: &Point<T>, energy: &T) -> Option<Motion<T>> {
        let (q, zero) = (field.spectrum.variance(), energy.int(0));
        let excess = point.excesses();
        let tau = excess_energy(&field.spectrum, &excess);
        let distance = if self.course == Course::From { zero.clone() } else { self.size.pow(&field.power) };
        let velocity = |j: usize| {
            let reach = q[j].clone() * point.weight(j);
            if j == self.coefficient {
                let speed = reach.pow(&field.power);
                if self.positive { -speed } else { speed }
            } else {
                -field.speed(&(reach * bracket(&q[j], &excess[j], &tau)))
            }
        };
        let velocity: Vec<T> = (0..q.len()).map(velocity).collect();
        let (mut slopes, mut rate) = (Vec::with_capacity(q.len()), zero.clone());
        for (j, v) in velocity.iter().enumerate() {
            let v = if j == self.coefficient { v.clone() * &distance } else { v.clone() };
            let slope = (v.clone() * point.weight(j)).times(2);
            if !point.is_dead(j) {
                let moves = point.rate(j, &v, energy, &q[j]);
                rate = if moves > rate { moves } else { rate };
            }
            slopes.push(slope);
        }
        let c = self.coefficient;
        let slope = bracket(&q[c], &slopes[c], &excess_energy(&field.spectrum, &slopes));
        let outward = (slope > zero) == self.positive;
        let goes = outward != (self.course == Course::Towards) && slope.is_finite() && slope != zero && rate > zero;
        goes.then_some(Motion { velocity, slope, rate })
    }
}

impl<T: Real> Curve<T> {
    /// All series up to `order`, to `digits`; as [`Expansion::expand`](super::expansion::Expansion::expand). `depth` are the bits by which everything moves less than
    /// by itself on the step: so many less are needed of a speed.
    pub(super) fn pass(
        &mut self,
        field: &Field<T>,
        point: &Point<T>,
        (start, motion, clock): (&Start<T>, &Motion<T>, &Clock<T>),
        order: usize,
        energy: &T,
        (digits, depth): (Option<&Digits<T>>, f64),
    ) {
        let below = |log_size: f64, k: usize| match digits {
            Some(digits) if k > 0 => digits.below(log_size, k),
            _ => i64::MIN,
        };
        let (q, groups, c) = (field.spectrum.variance(), point.groups(), start.coefficient);
        let zero = energy.int(0);
        let [distance, power] = clock.series(start.course, &start.size, order);
        let scale: Vec<f64> = (0..groups).map(|j| point.scale(j, energy, &q[j]).magnitude()).collect();
        let felt: Vec<f64> = (0..groups).map(|j| log_size(&field.spectrum, j, energy)).collect();
        // log2 |h_c|^p
        let slowness = field.power.to_f64() * start.size.magnitude();
        self.begin(point);
        let mut brackets = self.brackets(field, 0);
        let mut gradient = vec![zero.clone(); groups];
        for k in 0..=order {
            brackets[c] = if start.positive { distance[k].clone() } else { -distance[k].clone() };
            for (j, h) in brackets.into_iter().enumerate() {
                self.bracket[j].push(h);
                let velocity = &motion.velocity[j];
                let term = if j == c {
                    let relative = self.weight[j][k].clone() / point.weight(j);
                    self.raised[j].push(relative, &field.power, below(depth, k));
                    T::convolve_above(&power, self.raised[j].power(), k, below(depth + slowness, k))
                } else {
                    let own = self.bracket[j][0].magnitude() + self.weight[j][0].magnitude() + depth;
                    let g = T::convolve_above(&self.bracket[j], &self.weight[j], k, below(own, k));
                    if k == 0 {
                        gradient[j].clone_from(&g);
                    }
                    let relative = if gradient[j] == zero { zero.clone() } else { g / &gradient[j] };
                    self.raised[j].push(relative, &field.power, below(depth, k));
                    self.raised[j].power()[k].clone()
                };
                self.velocity[j].push(term * velocity);
            }
            if k == order {
                break;
            }
            // the terms of order k + 1, but for what phi_k adds to them
            let n = k as i64 + 1;
            self.pace.push(zero.clone());
            let (mut squares, mut shares) = (Vec::with_capacity(groups), Vec::with_capacity(groups));
            for j in 0..groups {
                let moved = T::convolve_above(&self.velocity[j], &self.pace, k, below(scale[j], k + 1)).over(n);
                self.weight[j].push(zero.clone());
                let square = T::convolve_above(&self.weight[j], &self.weight[j], k + 1, below(felt[j], k + 1));
                let twice = point.weight(j).times(2);
                squares.push(square + twice.clone() * &moved);
                shares.push((twice * &self.velocity[j][0]).over(n));
                self.weight[j][k + 1] = moved;
            }
            let of_c = |orders: &[T]| bracket(&q[c], &orders[c], &excess_energy(&field.spectrum, orders));
            let known = if start.positive { distance[k + 1].clone() } else { -distance[k + 1].clone() };
            let phi = (known - of_c(&squares)) / of_c(&shares);
            for j in 0..groups {
                self.weight[j][k + 1].add_prod(&self.velocity[j][0].over(n), &phi);
                squares[j].add_prod(&shares[j], &phi);
                self.excess[j].push(squares[j].clone());
            }
            self.elapsed.push(phi.over(n));
            self.pace[k] = phi;
            brackets = self.brackets(field, k + 1);
        }
    }

    /// Sign of `h_j` on the step, as far as the start tells.
    pub(super) fn bracket_sign(&self, j: usize) -> Option<Ordering> {
        self.bracket[j][0].sign()
    }
}
