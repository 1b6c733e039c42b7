use super::field::{Field, Pull};
use super::point::Point;
use super::radau::{Radau, legendre, legendre_integrals};
use super::stages::{Change, Start, improve};
use crate::risk::manifold::excess;
use crate::scalar::Real;

/// A step by collocation of the implicit equation, and its polynomial: the slopes of `u_j` (`w_j`, or `e_0` of a signal near 1)
/// by their Legendre coefficients.
#[derive(Clone, Debug)]
pub(super) struct Collocation<T> {
    /// Stages for steps as long as the flow is smooth, as many as the precision asks for; made when first needed, since that takes a while.
    many: Option<Radau<T>>,
    /// Stages for steps so short that a few are enough at any precision.
    few: Radau<T>,
    /// Whether the present step is such a one.
    brief: bool,
    start: Vec<T>,
    by_excess: bool,
    length: T,
    slopes: Vec<Vec<T>>,
    modes: Vec<Vec<T>>,
}

/// Newton's method converges quadratically or not at all.
const ITERATIONS: usize = 40;

/// By how much a step may grow; the polynomial of the last one, which gives the first guess, does not reach further.
const GROWTH: f64 = 2.0;

/// How much shorter than predicted the next step is, so that it need not be repeated.
const SAFETY: f64 = 0.85;

/// 8 stages for doubles: with errors of order 2 s - 1 at the end and s within, steps are of a size with the Taylor steps of a smooth flow,
/// and a stage system stays small.
fn stages(bits: u32) -> usize {
    bits.div_ceil(8) as usize + 1
}

/// What came of a step.
pub(super) struct Attempt {
    pub(super) accepted: bool,
    /// How much longer than this one the next step should be.
    pub(super) growth: f64,
}

impl<T: Real> Collocation<T> {
    pub(super) fn new(like: &T, groups: usize) -> Self {
        Self {
            many: None,
            few: Radau::new(stages(T::bits(&like.context()).min(f64::MANTISSA_DIGITS)), like),
            brief: true,
            start: Vec::new(),
            by_excess: false,
            length: like.int(0),
            slopes: vec![Vec::new(); groups],
            modes: vec![Vec::new(); groups],
        }
    }

    fn radau(&self) -> &Radau<T> {
        self.many.as_ref().filter(|_| !self.brief).unwrap_or(&self.few)
    }

    fn choose_stages(&mut self, alive: &[usize], scale: &[T], h: &T) {
        let bits = T::bits(&h.context());
        self.brief = stages(bits) == self.few.stages() || self.is_brief(alive, scale, h);
        if !self.brief {
            self.many.get_or_insert_with(|| Radau::new(stages(bits), h));
        }
    }

    /// Whether no coefficient moves by more than `2^(-bits/4)` of its scale, at the mean speeds of the last polynomial: its slopes are then a few
    /// terms of a series in a number of that size, and, across a singularity, what is so short that the error control need not see it.
    fn is_brief(&self, alive: &[usize], scale: &[T], h: &T) -> bool {
        let bits = f64::from(T::bits(&h.context()));
        let moves = |j: usize| match self.modes[j].first() {
            Some(slope) if *slope != h.int(0) => (slope.clone() * h / &scale[j]).magnitude(),
            _ => f64::NEG_INFINITY,
        };
        alive.iter().all(|&j| moves(j) < -bits / 4.0)
    }

    /// The first guess for a step without one before it: the velocities `-speeds` all the way.
    pub(super) fn guess_constant(&mut self, point: &Point<T>, pulls: &[Pull<T>]) {
        for (j, modes) in self.modes.iter_mut().enumerate() {
            let by_excess = j == 0 && point.is_near();
            let speed = pulls[j].speed.clone();
            let slope = -(if by_excess { speed * point.weight(j).times(2) } else { speed });
            modes.clear();
            modes.push(slope);
        }
        self.by_excess = point.is_near();
        self.length = pulls[0].speed.int(1);
    }

    /// Tries the step `h` from `point`; a step that is not accepted counts for nothing. `None` when Newton's method does not converge.
    pub(super) fn attempt(&mut self, field: &Field<T>, point: &Point<T>, energy: &T, h: &T) -> Option<Attempt> {
        let by_excess = point.is_near();
        let alive: Vec<usize> = (0..point.groups()).filter(|&j| !point.is_dead(j)).collect();
        let coordinate = |j: usize| if j == 0 && by_excess { point.excess(0) } else { point.weight(j).clone() };
        let values: Vec<T> = (0..point.groups()).map(coordinate).collect();
        let variance = field.spectrum.variance();
        let scale: Vec<T> = (0..point.groups()).map(|j| point.scale(j, energy, &variance[j])).collect();
        self.choose_stages(&alive, &scale, h);
        let mut slopes = self.extrapolate(field, point, energy, h);
        let start = Start { values: &values, by_excess, alive: &alive, step: h };
        let noise = self.converge(field, &start, (&scale, energy), &mut slopes)?;
        let stages = self.radau().stages();
        let rounding = T::epsilon(&h.context()).times((stages * stages * stages) as i64);
        let mut modes = vec![Vec::new(); point.groups()];
        let mut tail = h.int(0);
        for (&j, noise) in alive.iter().zip(noise) {
            self.radau().analyse(&slopes[j], &mut modes[j]);
            let noise = noise * &rounding;
            // what rounding of the brackets alone makes of the last mode says nothing about the step
            let last = ((modes[j][stages - 1].clone() * h).abs() - &noise) / &scale[j];
            tail = if last > tail { last } else { tail };
        }
        let attempt = self.judge(&tail);
        if attempt.accepted {
            self.start = values;
            self.by_excess = by_excess;
            self.length = h.clone();
            self.slopes = slopes;
            self.modes = modes;
        }
        Some(attempt)
    }

    fn converge(
        &self,
        field: &Field<T>,
        start: &Start<'_, T>,
        size: (&[T], &T),
        slopes: &mut [Vec<T>],
    ) -> Option<Vec<T>> {
        let epsilon = T::epsilon(&start.step.context());
        let one = epsilon.int(1);
        let (mut before, mut share) = (None::<T>, one.clone());
        for iteration in 0..ITERATIONS {
            let Change { size: change, noise } = improve(field, self.radau(), start, size, &share, slopes)?;
            // after half of the iterations by less than half in each: what is left is rounding
            let slow = iteration >= ITERATIONS / 2
                && before.as_ref().is_some_and(|before| change.times(2) >= *before)
                && change < epsilon.times(1 << 11);
            if change < epsilon.times(1 << 6) || slow {
                return Some(noise);
            }
            // between the flat and the steep part of a curve full steps may go to and fro; half steps do not, and gain half each
            let gain = before.as_ref().map(|before| before.clone() / &change);
            match gain {
                Some(gain) if iteration > 1 && gain <= one.times(2) => share = one.over(2),
                Some(gain) if gain > one.times(3) => share = one.clone(),
                _ => {}
            }
            before = Some(change);
        }
        None
    }

    /// The slopes that the last polynomial predicts at the nodes of the step `h` behind it, within what brackets of the size of their terms allow:
    /// where rounding is all that the last modes hold, they predict speeds whose `1/p`-th powers are no numbers, and the end of the last step is the
    /// better guess.
    fn extrapolate(&self, field: &Field<T>, point: &Point<T>, energy: &T, h: &T) -> Vec<Vec<T>> {
        let stages = self.modes.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let one = h.int(1);
        let ratio = h.clone() / &self.length;
        // further on, the slope at the end is a better guess
        let reach = if ratio > one.times(4) { one.int(0) } else { ratio };
        let places: Vec<Vec<T>> =
            self.radau().nodes().iter().map(|x| legendre(&(one.clone() + reach.clone() * x), stages)).collect();
        let slope = |j: usize| -> Vec<T> {
            if point.is_dead(j) {
                return Vec::new();
            }
            let factor = match (j == 0, self.by_excess, point.is_near()) {
                (true, false, true) => point.weight(0).times(2),
                (true, true, false) => one.clone() / point.weight(0).times(2),
                _ => one.clone(),
            };
            let q = &field.spectrum.variance()[j];
            let bracket = (q.clone() * point.excess(j).abs()).times(2) + energy;
            let fastest = field.speed(&(bracket * q * point.weight(j)));
            let fastest = if j == 0 && point.is_near() { fastest * point.weight(0).times(2) } else { fastest };
            let (mut end, mut size) = (one.int(0), one.int(0));
            for c in &self.modes[j] {
                end = end + c;
                size = size + &c.abs();
            }
            let value = |p: &Vec<T>| {
                let mut sum = one.int(0);
                for (c, p) in self.modes[j].iter().zip(p) {
                    sum.add_prod(c, p);
                }
                let slope = if sum.abs() > size.times(4) { end.clone() } else { sum } * &factor;
                match (slope > fastest, slope < -fastest.clone()) {
                    (true, _) => fastest.clone(),
                    (_, true) => -fastest.clone(),
                    _ => slope,
                }
            };
            places.iter().map(value).collect()
        };
        (0..point.groups()).map(slope).collect()
    }

    /// The Legendre coefficients of a smooth slope fall geometrically: the first neglected one, of index s, is at the rounding error when
    /// the last one is at its `(s - 1)/s`-th power. That is what `tail` is compared with.
    fn judge(&self, tail: &T) -> Attempt {
        let stages = self.radau().stages() as f64;
        let bits = f64::from(T::bits(&tail.context()));
        let target = -(bits - 2.0) * (stages - 1.0) / stages;
        let room = (target - tail.magnitude()) / stages;
        let growth = (SAFETY * libm::exp2(room)).clamp(0.1, GROWTH);
        Attempt { accepted: room >= 0.0, growth }
    }

    /// `u_j` at local time s, with the part of the group in the integral of `P_m`.
    fn value(&self, j: usize, s: &T) -> T {
        self.value_of(j, &self.integrals(s))
    }

    /// The integrals of all `P_m` up to local time s.
    fn integrals(&self, s: &T) -> Vec<T> {
        legendre_integrals(&(s.clone() / &self.length), self.radau().stages())
    }

    fn value_of(&self, j: usize, integrals: &[T]) -> T {
        let mut sum = integrals[0].int(0);
        for (c, i) in self.modes[j].iter().zip(integrals) {
            sum.add_prod(c, i);
        }
        self.start[j].clone() + sum * &self.length
    }

    /// All `w_j` at local time s, and the signal's excess.
    pub(super) fn at(&self, s: &T) -> (Vec<T>, T) {
        let integrals = self.integrals(s);
        let value = |j: usize| if self.modes[j].is_empty() { s.int(0) } else { self.value_of(j, &integrals) };
        self.with_excess((0..self.modes.len()).map(value).collect())
    }

    /// `y_j = -w_j'` at local time s, by the polynomial; `w_0` is the signal there.
    pub(super) fn speed_at(&self, j: usize, s: &T, signal: &T) -> T {
        let places = legendre(&(s.clone() / &self.length), self.radau().stages());
        let mut slope = s.int(0);
        for (c, p) in self.modes[j].iter().zip(&places) {
            slope.add_prod(c, p);
        }
        -(if j == 0 && self.by_excess { slope / signal.times(2) } else { slope })
    }

    /// `w_j` at local time s.
    pub(super) fn weight_at(&self, j: usize, s: &T) -> T {
        if self.modes[j].is_empty() {
            return s.int(0);
        }
        let u = self.value(j, s);
        if j == 0 && self.by_excess { (u.int(1) + &u).sqrt() } else { u }
    }

    /// `e_j` at local time s.
    pub(super) fn excess_at(&self, j: usize, s: &T) -> T {
        if j == 0 && self.by_excess { self.value(0, s) } else { excess(j, &self.weight_at(j, s)) }
    }

    /// The polynomial `u_j(s)`, and whether that is the excess.
    pub(super) fn polynomial(&self, j: usize) -> (Vec<T>, bool) {
        let by_excess = j == 0 && self.by_excess;
        if self.modes[j].is_empty() {
            return (vec![self.length.int(0)], by_excess);
        }
        let mut polynomial = self.radau().integral_monomials(&self.modes[j]);
        let mut power = self.length.clone();
        for c in &mut polynomial {
            *c = c.clone() * &power;
            power = power / &self.length;
        }
        polynomial[0] = self.start[j].clone();
        (polynomial, by_excess)
    }

    /// Coefficients at the end, and the signal's excess.
    pub(super) fn end(&self) -> (Vec<T>, T) {
        let last = self.radau().integration(self.radau().stages() - 1);
        let end = |j: usize| {
            if self.modes[j].is_empty() {
                return self.length.int(0);
            }
            self.start[j].clone() + super::radau::dot(last, &self.slopes[j]) * &self.length
        };
        self.with_excess((0..self.start.len()).map(end).collect())
    }

    /// Coefficients and the signal's excess, of all `u_j`.
    fn with_excess(&self, mut weights: Vec<T>) -> (Vec<T>, T) {
        let signal = weights[0].clone();
        if self.by_excess {
            weights[0] = (signal.int(1) + &signal).sqrt();
            (weights, signal)
        } else {
            let excess = excess(0, &signal);
            (weights, excess)
        }
    }

    /// `y_j = -w_j'` at the end, where the collocation holds.
    pub(super) fn end_speed(&self, j: usize, w: &T) -> T {
        let slope = self.slopes[j].last().map_or_else(|| w.int(0), T::clone);
        -(if j == 0 && self.by_excess { slope / w.times(2) } else { slope })
    }
}
