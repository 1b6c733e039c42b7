use super::compensated::Compensated;
use super::step::Pace;
use crate::risk::manifold;
use crate::scalar::{Instructions, Lanes, Real, Scalar};
use crate::spectrum::Spectrum;
use pulp::Simd;
use std::array;

/// Signal and two groups: those of a spiked covariance.
pub(super) const GROUPS: usize = 3;

pub(super) type Row<T> = [T; GROUPS];

/// One step of a GD flow with three groups, or of one in every lane: where it begins, its series there, its length and its end.
///
/// The series and the logarithms are those of a [`GradientFlow`](super::GradientFlow), but of a fixed order, and every group takes part.
#[derive(Clone, Debug)]
pub struct Stretch<T = f64> {
    pub(super) variance: Row<T>,
    pub(super) weight: Row<T>,
    pub(super) from: Point<T>,
    pub(super) to: Point<T>,
    pub(super) time: Compensated<T>,
    pub(super) start: T,
    pub(super) length: T,
    /// `x_j[k]`
    pub(super) square: Vec<Row<T>>,
    /// `h_j[k]`
    pub(super) bracket: Vec<Row<T>>,
    /// `1/k`; the entry at 0 is not used.
    pub(super) reciprocal: Vec<T>,
}

/// Positive coefficients and their logarithms, from which they come.
#[derive(Clone, Debug)]
pub(super) struct Point<T> {
    pub(super) logarithm: Row<Compensated<T>>,
    pub(super) size: Row<T>,
}

impl<S: Simd> Point<Lanes<S>> {
    #[inline(always)]
    fn excess(&self) -> Row<Lanes<S>> {
        let mut excess = self.size;
        for j in 0..GROUPS {
            excess[j] = manifold::excess(j, &self.size[j]);
        }
        excess
    }
}

impl<S: Simd> Stretch<Lanes<S>> {
    pub(super) fn new(order: usize, instructions: Instructions<S>) -> Self {
        let number = |x: f64| instructions.splat(x);
        let row = [number(1.0); GROUPS];
        let zero = Compensated::new(number(0.0));
        let point = Point { logarithm: array::from_fn(|_| zero.clone()), size: row };
        Self {
            variance: row,
            weight: row,
            from: point.clone(),
            to: point,
            time: zero,
            start: number(0.0),
            length: number(0.0),
            square: vec![row; order + 1],
            bracket: vec![row; order + 1],
            reciprocal: (0..order + 2).map(|k| number(1.0 / k as f64)).collect(),
        }
    }

    /// Lets lane `l` go on from `start` at time 0.
    pub(super) fn seat(&mut self, l: usize, spectrum: &Spectrum, start: &Row<f64>) {
        for j in 0..GROUPS {
            self.variance[j].each_mut()[l] = spectrum.variance()[j];
            self.weight[j].each_mut()[l] = spectrum.energy_weight()[j];
            let high = Real::ln(&start[j]);
            self.to.logarithm[j].high.each_mut()[l] = high;
            self.to.logarithm[j].low.each_mut()[l] = start[j] / Real::exp(&high) - 1.0;
            self.to.size[j].each_mut()[l] = start[j];
        }
        self.time.high.each_mut()[l] = 0.0;
        self.time.low.each_mut()[l] = 0.0;
    }

    /// The end of lane `l`.
    #[inline(always)]
    pub(super) fn end(&self, l: usize) -> Row<f64> {
        [self.to.size[0].each()[l], self.to.size[1].each()[l], self.to.size[2].each()[l]]
    }

    /// Its time.
    #[inline(always)]
    pub(super) fn end_time(&self, l: usize) -> f64 {
        self.time.high.each()[l] + self.time.low.each()[l]
    }

    /// The next step, and whether a ratio may turn in it: not 0 in such lanes.
    #[inline(always)]
    pub(super) fn advance(&mut self, pace: &Pace<f64>, resolved: bool) -> Lanes<S> {
        self.from.clone_from(&self.to);
        self.start = self.time.value();
        self.expand();
        self.length = self.choose(pace, resolved);
        let integrals = self.integrals(&self.length);
        for j in 0..GROUPS {
            let w = &mut self.to.logarithm[j];
            w.add(&-(integrals[j] * self.variance[j]));
            let size = w.high.exp();
            self.to.size[j] = size + size * w.low;
        }
        self.time.add(&self.length);
        self.may_turn()
    }

    /// All coefficients of the series.
    #[inline(always)]
    fn expand(&mut self) {
        let order = self.bracket.len() - 1;
        let (square, bracket) = (&mut self.square[..=order], &mut self.bracket[..=order]);
        let (q, weight) = (self.variance, self.weight);
        let reciprocal = &self.reciprocal[..=order];
        let mut rate = q;
        let mut e = self.from.excess();
        for j in 0..GROUPS {
            rate[j] = -(q[j] + q[j]);
            square[0][j] = self.from.size[j] * self.from.size[j];
        }
        for k in 0..=order {
            let tau = manifold::weighted_excess(&weight, &e);
            for j in 0..GROUPS {
                bracket[k][j] = manifold::bracket(&q[j], &e[j], &tau);
            }
            if k < order {
                e = convolve(&bracket[..=k], &square[..=k]);
                for j in 0..GROUPS {
                    e[j] = e[j] * (rate[j] * reciprocal[k + 1]);
                }
                square[k + 1] = e;
            }
        }
    }

    #[inline(always)]
    fn number(&self, x: f64) -> Lanes<S> {
        self.start.context().splat(x)
    }

    /// As long as every lane's last terms allow, those of the logarithms and, `resolved`, those of the squares relative to themselves.
    #[inline(always)]
    fn choose(&self, pace: &Pace<f64>, resolved: bool) -> Lanes<S> {
        let order = self.bracket.len() - 1;
        let (mut before, mut last) = (self.term(order - 1), self.term(order));
        if resolved {
            before = before.max(self.relative_term(order - 1));
            last = last.max(self.relative_term(order));
        }
        let mut free = before;
        for (length, last) in free.each_mut().iter_mut().zip(last.each()) {
            *length = pace.step_at(order, length, last);
        }
        // the terms of an exponential of this rate descend from this order on
        free.min(self.number(0.5 * order as f64) / self.term(1))
    }

    /// The largest term of order k in a logarithm, `|q_j h_j[k - 1]/k|`.
    #[inline(always)]
    fn term(&self, k: usize) -> Lanes<S> {
        let mut largest = self.number(0.0);
        for j in 0..GROUPS {
            largest = largest.max((self.bracket[k - 1][j] * self.variance[j]).abs());
        }
        largest * self.reciprocal[k]
    }

    /// The largest term of order k in a square, relative to that: `|x_j[k]/x_j[0]|`.
    #[inline(always)]
    fn relative_term(&self, k: usize) -> Lanes<S> {
        let mut largest = self.number(0.0);
        for j in 0..GROUPS {
            largest = largest.max((self.square[k][j] / self.square[0][j]).abs());
        }
        largest
    }

    /// Not 0 where a ratio may turn, by the same bound as for one [segment](super::GradientSegment): the rate `p = q_0 h_0 - q_j h_j` of its logarithm
    /// is not, at both ends and on one side, further from 0 than a function can be from its chord, `h^2/8 max |p''|`.
    #[inline(always)]
    fn may_turn(&self) -> Lanes<S> {
        let (q, h, zero) = (self.variance, self.length, self.number(0.0));
        let mut curvature = [zero; GROUPS];
        for k in (2..self.bracket.len()).rev() {
            let factor = self.number((k * (k - 1)) as f64);
            let signal = self.bracket[k][0] * q[0];
            for j in 1..GROUPS {
                curvature[j] = curvature[j] * h + (signal - self.bracket[k][j] * q[j]).abs() * factor;
            }
        }
        let e = self.to.excess();
        let tau = manifold::weighted_excess(&self.weight, &e);
        let scale = manifold::weighted_excess(&self.weight, &[e[0].abs(), e[1], e[2]]);
        let rate = |j: usize| manifold::bracket(&q[j], &e[j], &tau) * q[j];
        let mut turns = zero;
        for j in 1..GROUPS {
            let rounding = (q[0] + q[j]) * scale * self.number(64.0 * f64::EPSILON);
            let bound = curvature[j] * (h * h * self.number(0.125)) + rounding;
            let (a, b) = (self.bracket[0][0] * q[0] - self.bracket[0][j] * q[j], rate(0) - rate(j));
            let least = (a * a).min(b * b).min(a * b);
            turns = turns.max(least.if_above(bound * bound, zero, self.number(1.0)));
        }
        turns
    }
}

impl<T: Scalar> Stretch<T> {
    /// Integrals of the brackets from 0 to `s`; even and odd powers apart, as independent chains.
    #[inline(always)]
    pub(super) fn integrals(&self, s: &T) -> Row<T> {
        let (zero, square) = (s.int(0), s.square());
        let mut chains = [[zero.clone(), zero.clone(), zero.clone()], [zero.clone(), zero.clone(), zero]];
        for (k, h) in self.bracket.iter().enumerate().rev() {
            for j in 0..GROUPS {
                let term = h[j].clone() * &self.reciprocal[k + 1];
                chains[0][j] = chains[0][j].clone() * &square + term;
            }
            chains.swap(0, 1);
        }
        let [odd, mut even] = chains;
        for j in 0..GROUPS {
            even[j] = (odd[j].clone() * s + &even[j]) * s;
        }
        even
    }
}

/// The coefficients of the highest order of three products of series; even and odd terms apart, as independent chains.
#[inline(always)]
fn convolve<S: Simd>(a: &[Row<Lanes<S>>], b: &[Row<Lanes<S>>]) -> Row<Lanes<S>> {
    let mut even = [a[0][0].context().splat(0.0); GROUPS];
    let mut odd = even;
    let (a_pairs, a_last) = a.as_chunks::<2>();
    let (b_first, b_pairs) = b.as_rchunks::<2>();
    for (a, b) in a_pairs.iter().zip(b_pairs.iter().rev()) {
        for j in 0..GROUPS {
            even[j].add_prod(&a[0][j], &b[1][j]);
            odd[j].add_prod(&a[1][j], &b[0][j]);
        }
    }
    if let ([a], [b]) = (a_last, b_first) {
        for j in 0..GROUPS {
            even[j].add_prod(&a[j], &b[j]);
        }
    }
    for j in 0..GROUPS {
        even[j] = even[j] + odd[j];
    }
    even
}
