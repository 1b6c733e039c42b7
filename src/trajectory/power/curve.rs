use super::field::Field;
use super::point::Point;
use super::raised::Raised;
use crate::risk::manifold::{bracket, excess_energy};
use crate::scalar::Real;
use crate::trajectory::polynomial::evaluate;
use crate::trajectory::roots::roots;

/// Taylor coefficients of the flow in a parameter x, which is zero at the point: time in some unit, or that of a [`Clock`](super::clock::Clock).
#[derive(Clone, Debug)]
pub(super) struct Curve<T> {
    pub(super) weight: Vec<Vec<T>>,
    pub(super) excess: Vec<Vec<T>>,
    pub(super) bracket: Vec<Vec<T>>,
    /// `w_j'`, by time.
    pub(super) velocity: Vec<Vec<T>>,
    /// `g_j` and `|g_j|^p`; of a coefficient that crosses `w_c` and its power; of one that follows its surface `w_c'` and its 1/p-th. All relative to the start.
    pub(super) raised: Vec<Raised<T>>,
    /// `dt/dx`
    pub(super) pace: Vec<T>,
    /// Time since the start.
    pub(super) elapsed: Vec<T>,
    /// Where the present step ends.
    pub(super) span: T,
}

impl<T: Real> Curve<T> {
    pub(super) fn new(like: &T, groups: usize) -> Self {
        let empty = vec![Vec::new(); groups];
        Self {
            weight: empty.clone(),
            excess: empty.clone(),
            bracket: empty.clone(),
            velocity: empty,
            raised: vec![Raised::new(); groups],
            pace: Vec::new(),
            elapsed: Vec::new(),
            span: like.int(0),
        }
    }

    /// From `point`, with no more than the coefficients themselves.
    pub(super) fn begin(&mut self, point: &Point<T>) {
        for series in [&mut self.weight, &mut self.excess, &mut self.bracket, &mut self.velocity] {
            series.iter_mut().for_each(Vec::clear);
        }
        for j in 0..point.groups() {
            self.raised[j].clear();
            self.weight[j].push(point.weight(j).clone());
            self.excess[j].push(point.excess(j));
        }
        self.pace.clear();
        self.elapsed = vec![self.span.int(0)];
    }

    /// `h_j[k]`
    pub(super) fn brackets(&self, field: &Field<T>, k: usize) -> Vec<T> {
        let orders: Vec<T> = self.excess.iter().map(|e| e[k].clone()).collect();
        let tau = excess_energy(&field.spectrum, &orders);
        field.spectrum.variance().iter().zip(&orders).map(|(q, e)| bracket(q, e, &tau)).collect()
    }

    /// log2 of the x up to which no neglected term exceeds the tolerance `2^finest`, as the last `window` terms predict it, each relative to what errors are relative to,
    /// and time to the `rate` at which that moves; `None` where nothing moves.
    pub(super) fn reach(
        &self,
        (field, point, energy): (&Field<T>, &Point<T>, &T),
        rate: &T,
        (finest, window): (f64, usize),
    ) -> Option<f64> {
        let order = self.weight[0].len() - 1;
        let term = |k: usize| {
            let mut largest = self.elapsed.get(k).map_or_else(|| rate.int(0), |time| time.abs() * rate);
            for j in (0..point.groups()).filter(|&j| !point.is_dead(j)) {
                let mut relative = self.weight[j][k].abs() / point.weight(j);
                if j == 0 && point.is_near() {
                    let excess = self.excess[0][k].abs() / point.scale(0, energy, &field.spectrum.variance()[0]);
                    relative = if excess > relative { excess } else { relative };
                }
                largest = if relative > largest { relative } else { largest };
            }
            largest
        };
        let terms =
            (order + 1 - window.min(order)..=order).map(|k| (term(k), k)).filter(|(term, _)| *term != energy.int(0));
        let rates = terms.map(|(term, k)| term.magnitude() / k as f64);
        let rate = rates.fold(f64::NEG_INFINITY, f64::max);
        rate.is_finite().then(|| finest / (order + 1) as f64 - rate)
    }

    /// Keeps so many terms.
    pub(super) fn cut_off(&mut self, terms: usize) {
        for series in [&mut self.weight, &mut self.excess, &mut self.bracket, &mut self.velocity] {
            series.iter_mut().for_each(|series| series.truncate(terms));
        }
        self.elapsed.truncate(terms);
    }

    /// `limit`, or so much less that all that live at `point` are positive there.
    pub(super) fn positive_until(&self, point: &Point<T>, limit: T) -> T {
        let stays = |x: &T| (0..point.groups()).all(|j| point.is_dead(j) || self.weight_at(j, x) > x.int(0));
        let mut x = limit;
        while !stays(&x) && x > x.int(0) {
            x = x.over(2);
        }
        x
    }

    /// `w_j` at x, and `e_j`, and `w_j'`.
    pub(super) fn weight_at(&self, j: usize, x: &T) -> T {
        evaluate(&self.weight[j], x)
    }

    pub(super) fn excess_at(&self, j: usize, x: &T) -> T {
        evaluate(&self.excess[j], x)
    }

    pub(super) fn velocity_at(&self, j: usize, x: &T) -> T {
        evaluate(&self.velocity[j], x)
    }

    /// All `w_j` at the time `s` since the start.
    pub(super) fn weights_at(&self, s: &T) -> Vec<T> {
        let x = self.at_time(s);
        (0..self.weight.len()).map(|j| self.weight_at(j, &x)).collect()
    }

    /// Time since the start, at x.
    pub(super) fn elapsed_at(&self, x: &T) -> T {
        evaluate(&self.elapsed, x)
    }

    /// The x of the present step at the time `s` since its start.
    pub(super) fn at_time(&self, s: &T) -> T {
        let (zero, span) = (s.int(0), &self.span);
        if *s <= zero {
            return zero;
        }
        let end = self.elapsed_at(span);
        if *s >= end {
            return span.clone();
        }
        if self.elapsed.len() == 2 {
            return s.clone() / &self.elapsed[1];
        }
        let mut margin = self.elapsed.clone();
        margin[0] = -s.clone();
        let mut found = Vec::new();
        roots(&margin, span, &mut found);
        // closer to an end than rounding can tell
        let nearer_end = || if s.times(2) > end { span.clone() } else { zero };
        found.pop().map_or_else(nearer_end, |root| root.at)
    }
}
