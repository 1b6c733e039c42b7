//! The series of the slow motion, in which followers stay on surfaces whose rates are given, and the surfaces that it tells.

use super::clock::Course;
use super::crossing::Surroundings;
use super::field::Field;
use super::following::Following;
use crate::risk::manifold::{bracket, excess_energy};
use crate::scalar::Real;
use crate::trajectory::taylor::{Digits, log_size};

/// What errors are relative to, as log2.
struct Sizes<'a, T> {
    /// Of an excess.
    felt: Vec<f64>,
    /// Of a velocity `w_j w_j'`, and of all such that a follower's is made of.
    loose: Vec<f64>,
    strict: f64,
    digits: &'a Digits<T>,
}

impl<T: Real> Sizes<'_, T> {
    fn below(&self, log_size: f64, k: usize) -> i64 {
        if k == 0 { i64::MIN } else { self.digits.below(log_size, k) }
    }
}

/// How things change with time at the start, while the rates of surfaces stay.
struct Tangent<T> {
    weight: T,
    excess: T,
    bracket: T,
    /// Relative to the gradient.
    gradient: T,
    velocity: T,
    /// Of `2 q_j e_j'`, of a follower.
    own: T,
}

impl<T: Real> Following<T> {
    /// All series up to `order`, with the drifts at hand, to `digits` in the parameter. `None` where a coefficient does not pass zero velocity as it should.
    pub(super) fn sweep(&mut self, around: &Surroundings<'_, T>, order: usize, digits: &Digits<T>) -> Option<()> {
        self.curve.begin(around.point);
        self.own = vec![Vec::new(); self.followers.len()];
        self.observe(around, 0, &self.sizes(around, digits));
        let tangent = match &self.passing {
            None => {
                self.curve.pace.push(self.unit.clone());
                self.curve.elapsed.push(self.unit.clone());
                Vec::new()
            }
            Some(_) => self.pass_zero(around)?,
        };
        let sizes = self.sizes(around, digits);
        for k in 1..=order {
            self.move_on(around, k, &sizes);
            self.observe(around, k, &sizes);
            if !tangent.is_empty() {
                self.adjust(around, k, &tangent);
            }
        }
        Some(())
    }

    /// Bits by which everything moves less than by itself while the parameter changes by 1; none if that is time.
    pub(super) fn depth(&self) -> f64 {
        if self.passing.is_some() { -(self.rate.magnitude() + self.unit.magnitude()).min(0.0) } else { 0.0 }
    }

    fn sizes<'a>(&self, around: &Surroundings<'_, T>, digits: &'a Digits<T>) -> Sizes<'a, T> {
        let &Surroundings { field, point, energy, .. } = around;
        let depth = self.depth();
        let loose = |j: usize| {
            let log_weight = point.weight(j).magnitude();
            // what tells the time has as many digits as the motion needs
            let tells = self.passes_zero(j);
            if tells { log_weight + self.fastest.magnitude() + depth } else { 2.0 * log_weight - self.unit.magnitude() }
        };
        let loose: Vec<f64> = (0..point.groups()).map(loose).collect();
        let least = self.followers.iter().map(|&c| field.spectrum.variance()[c].magnitude() + loose[c]);
        Sizes {
            felt: (0..point.groups()).map(|j| log_size(&field.spectrum, j, energy)).collect(),
            strict: least.fold(f64::INFINITY, f64::min),
            loose,
            digits,
        }
    }

    /// The terms of order k of brackets and velocities, from those of weights and excesses.
    fn observe(&mut self, around: &Surroundings<'_, T>, k: usize, sizes: &Sizes<'_, T>) {
        let &Surroundings { field, point, energy, .. } = around;
        let (q, n) = (field.spectrum.variance(), field.spectrum.multiplicity());
        let brackets = self.curve.brackets(field, k);
        let zero = energy.int(0);
        let mut energy_slope = zero.clone();
        for (j, h) in brackets.into_iter().enumerate() {
            self.curve.bracket[j].push(h);
            if self.followers.contains(&j) {
                continue;
            }
            let (bracket, weight) = (&self.curve.bracket[j], &self.curve.weight[j]);
            let own = bracket[0].magnitude() + weight[0].magnitude();
            let mut g = T::convolve_above(bracket, weight, k, sizes.below(own, k)) * &q[j];
            if k == 0 {
                self.start[j] = (g.clone(), -field.speed(&g));
            }
            let (first, velocity) = &self.start[j];
            g = if *first == zero { zero.clone() } else { g / first };
            self.curve.raised[j].push(g, &field.power, sizes.below(0.0, k));
            self.curve.velocity[j].push(self.curve.raised[j].power()[k].clone() * velocity);
            let factor = n[j].times(2) * &q[j];
            let below = sizes.below(sizes.strict - factor.magnitude(), k);
            energy_slope.add_prod(&factor, &T::convolve_above(weight, &self.curve.velocity[j], k, below));
        }
        let rates: Vec<T> = self.drift.iter().map(|drift| drift[k].clone()).collect();
        let energy_slope = self.energy_rate(field, energy_slope, rates.iter());
        for (i, rate) in rates.into_iter().enumerate() {
            let c = self.followers[i];
            // 2 q_c e_c'
            let own = rate - &energy_slope;
            let velocity = &mut self.curve.velocity[c];
            velocity.push(zero.clone());
            let known = T::convolve_above(velocity, &self.curve.weight[c], k, sizes.below(sizes.loose[c], k));
            velocity[k] = (own.clone() / &q[c].times(4) - &known) / point.weight(c);
            self.own[i].push(own);
        }
    }

    /// The terms of order k > 0 of weights and excesses, but for what the last term of the pace makes of them where that is not known.
    fn move_on(&mut self, around: &Surroundings<'_, T>, k: usize, sizes: &Sizes<'_, T>) {
        let &Surroundings { field, point, energy, .. } = around;
        let q = field.spectrum.variance();
        let timed = self.passing.is_none();
        let curve = &mut self.curve;
        if !timed {
            curve.pace.push(energy.int(0));
        }
        let by = |slopes: &[T], pace: &[T], below: i64| {
            let term =
                if timed { slopes[k - 1].clone() * &pace[0] } else { T::convolve_above(slopes, pace, k - 1, below) };
            term.over(k as i64)
        };
        for j in 0..point.groups() {
            let below = sizes.below(point.scale(j, energy, &q[j]).magnitude(), k);
            let term = by(&curve.velocity[j], &curve.pace, below);
            curve.weight[j].push(term);
            let below = sizes.below(sizes.felt[j], k);
            let term = match self.followers.iter().position(|&c| c == j) {
                Some(i) => by(&self.own[i], &curve.pace, below) / &q[j].times(2),
                None => T::convolve_above(&curve.weight[j], &curve.weight[j], k, below),
            };
            curve.excess[j].push(term);
        }
    }

    /// The last term of the pace, which makes that of order k of the velocity the one that the clock tells.
    fn adjust(&mut self, around: &Surroundings<'_, T>, k: usize, tangent: &[Tangent<T>]) {
        let Some(start) = &self.passing else { return };
        let c = start.coefficient;
        let curve = &mut self.curve;
        let change = (self.clock_velocity[k].clone() - &curve.velocity[c][k]) / &tangent[c].velocity;
        for (j, tangent) in tangent.iter().enumerate() {
            let changes = [
                (&mut curve.weight[j], &tangent.weight),
                (&mut curve.excess[j], &tangent.excess),
                (&mut curve.bracket[j], &tangent.bracket),
                (&mut curve.velocity[j], &tangent.velocity),
            ];
            for (series, slope) in changes {
                series[k].add_prod(slope, &change);
            }
            match self.followers.iter().position(|&c| c == j) {
                Some(i) => self.own[i][k].add_prod(&tangent.own, &change),
                None => curve.raised[j].change(&(tangent.gradient.clone() * &change), &around.field.power),
            }
        }
        curve.velocity[c][k].clone_from(&self.clock_velocity[k]);
        if k < leading_zeros(&self.clock_velocity) {
            // all others pass zero with it
            self.followers.iter().for_each(|&c| curve.velocity[c][k] = change.int(0));
        }
        curve.pace[k - 1] = change.times(k as i64);
        curve.elapsed.push(change);
    }

    /// What a clock knows of the start: the unit of time, the velocity of the coefficient that passes zero, and how all changes with time.
    fn pass_zero(&mut self, around: &Surroundings<'_, T>) -> Option<Vec<Tangent<T>>> {
        let &Surroundings { field, point, energy, .. } = around;
        let q = field.spectrum.variance();
        let start = self.passing.as_mut()?;
        let c = start.coefficient;
        let zero = energy.int(0);
        let velocity = &self.curve.velocity[c][0];
        if start.course == Course::From {
            self.followers.iter().for_each(|&c| self.curve.velocity[c][0] = zero.clone());
            self.fastest = (q[c].clone() * point.weight(c) * &start.size).pow(&field.power);
        } else {
            if start.positive != (*velocity < zero) {
                return None;
            }
            self.fastest = velocity.abs();
            start.size = field.bracket_of_speed(c, point.weight(c), &self.fastest);
        }
        let sign = energy.int(if start.positive { -1 } else { 1 });
        let unit = sign * &self.fastest;
        self.clock_velocity = self.clock_series[1].iter().map(|term| unit.clone() * term).collect();
        let slows = (start.course == Course::Towards) == start.positive;
        let tangent = self.tangent(around);
        let acceleration = &tangent[c].velocity;
        if slows != (*acceleration > zero) {
            return None;
        }
        self.unit = self.fastest.clone() / &acceleration.abs();
        let rates = (0..point.groups()).filter(|&j| !point.is_dead(j));
        let rates = rates.map(|j| point.rate(j, &self.curve.velocity[j][0], energy, &q[j]));
        self.rate = rates.fold(zero, |a, b| if b > a { b } else { a });
        Some(tangent)
    }

    fn tangent(&self, around: &Surroundings<'_, T>) -> Vec<Tangent<T>> {
        let &Surroundings { field, point, energy, .. } = around;
        let (q, n, groups) = (field.spectrum.variance(), field.spectrum.multiplicity(), point.groups());
        let zero = energy.int(0);
        let velocity = |j: usize| &self.curve.velocity[j][0];
        let excess: Vec<T> = (0..groups).map(|j| (velocity(j).clone() * point.weight(j)).times(2)).collect();
        let tau = excess_energy(&field.spectrum, &excess);
        let mut energy_slope = zero.clone();
        let mut tangent = Vec::with_capacity(groups);
        for (j, excess) in excess.into_iter().enumerate() {
            let (w, v) = (point.weight(j), velocity(j));
            let bracket = bracket(&q[j], &excess, &tau);
            let (mut gradient, mut acceleration) = (zero.clone(), zero.clone());
            if !self.followers.contains(&j) {
                let first = &self.start[j].0;
                if *first != zero {
                    let change = bracket.clone() * w + v.clone() * &self.curve.bracket[j][0];
                    gradient = change * &q[j] / first;
                }
                acceleration = gradient.clone() * v * &field.power;
                let factor = n[j].times(2) * &q[j];
                energy_slope.add_prod(&factor, &(acceleration.clone() * w + v.square()));
            }
            tangent.push(Tangent {
                weight: v.clone(),
                excess,
                bracket,
                gradient,
                velocity: acceleration,
                own: zero.clone(),
            });
        }
        let rates = vec![zero; self.followers.len()];
        let own = -self.energy_rate(field, energy_slope, rates.iter());
        for &c in &self.followers {
            let v = velocity(c);
            tangent[c].velocity = (own.clone() / &q[c].times(4) - v.square()) / point.weight(c);
            tangent[c].own = own.clone();
        }
        tangent
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

    /// The surfaces that the velocities tell, and their drifts, by time; log2 of what changed up to `reach`, at most.
    pub(super) fn lift(&mut self, around: &Surroundings<'_, T>, order: usize, digits: &Digits<T>, reach: &T) -> f64 {
        let &Surroundings { field, energy, .. } = around;
        // what surfaces are wrong by, the time of the clock is wrong by so much more
        let (log_reach, depth) = (reach.magnitude(), self.depth());
        // where all velocities, and gradients, begin
        let (still, none) = (self.still(), leading_zeros(&self.clock_series[0]));
        let none = if still == 0 { 0 } else { none };
        let mut changed = f64::NEG_INFINITY;
        for (i, &c) in self.followers.iter().enumerate().filter(|&(i, _)| !self.silent[i]) {
            let (velocity, weight) = (&self.curve.velocity[c], &self.curve.weight[c]);
            let passing = self.passing.as_ref().filter(|start| start.coefficient == c);
            let size = match passing {
                Some(start) if start.positive => start.size.clone(),
                Some(start) => -start.size.clone(),
                None => field.bracket_of_speed(c, &weight[0], &-velocity[still].clone()),
            };
            let log_size = energy.magnitude() - depth - size.magnitude();
            let below = |k: usize| if k == 0 { i64::MIN } else { digits.below(log_size, k) };
            self.curve.raised[c].clear();
            let mut relative: Vec<T> = Vec::with_capacity(order + 1);
            let scaled: Vec<T> = weight.iter().map(|w| w.clone() / &weight[0]).collect();
            let mut slopes = Vec::with_capacity(order);
            for k in 0..=order {
                let gradient = if passing.is_some() {
                    self.clock_series[0][k].clone()
                } else if k < none {
                    energy.int(0)
                } else {
                    let term = velocity[still + k - none].clone() / &velocity[still];
                    self.curve.raised[c].push(term, &field.inverse, below(k));
                    self.curve.raised[c].power()[k - none].clone()
                };
                relative.push(energy.int(0));
                let known = T::convolve_above(&relative, &scaled, k, below(k));
                relative[k] = gradient - known;
                let term = relative[k].clone() * &size;
                changed = changed.max((term.clone() - &self.surface[i][k]).magnitude() + k as f64 * log_reach + depth);
                if k > 0 {
                    slopes.push(term.times(k as i64));
                }
                self.surface[i][k] = term;
            }
            self.drift[i] = self.by_time(slopes, |k| digits.below(energy.magnitude() - depth, k));
            self.drift[i].resize(order + 1, energy.int(0));
        }
        changed
    }

    /// How many terms of the velocities of followers are zero: from where they are all zero, some.
    pub(super) fn still(&self) -> usize {
        self.passing.as_ref().map_or(0, |_| leading_zeros(&self.clock_velocity))
    }

    /// The derivative by time of what has this one by the parameter.
    fn by_time(&self, slopes: Vec<T>, below: impl Fn(usize) -> i64) -> Vec<T> {
        if self.passing.is_none() {
            return slopes.into_iter().map(|slope| slope / &self.unit).collect();
        }
        let zero = self.unit.int(0);
        // from where it stands still
        let still = leading_zeros(&self.curve.pace);
        let pace = &self.curve.pace[still..];
        let mut rates: Vec<T> = Vec::with_capacity(slopes.len());
        for (k, slope) in slopes.into_iter().skip(still).enumerate() {
            rates.push(zero.clone());
            let known = T::convolve_above(&rates, pace, k, below(k));
            rates[k] = (slope - &known) / &pace[0];
        }
        rates
    }
}

fn leading_zeros<T: Real>(series: &[T]) -> usize {
    series.iter().take_while(|term| **term == term.int(0)).count()
}
