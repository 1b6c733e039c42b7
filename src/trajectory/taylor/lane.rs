//! The step of one lane by itself, as a segment.

use super::compensated::Compensated;
use super::stretch::{GROUPS, Point, Row, Stretch};
use crate::risk::manifold;
use crate::scalar::{Lanes, Real};
use crate::trajectory::Segment;
use crate::trajectory::roots::{Root, roots};
use pulp::Simd;
use std::array;

impl Stretch {
    /// The step of lane `l`.
    #[inline(never)]
    pub(super) fn of_lane<S: Simd>(lanes: &Stretch<Lanes<S>>, l: usize) -> Self {
        let number = |x: &Lanes<S>| x.each()[l];
        let row = |row: &Row<Lanes<S>>| [number(&row[0]), number(&row[1]), number(&row[2])];
        let sum = |x: &Compensated<Lanes<S>>| Compensated { high: number(&x.high), low: number(&x.low) };
        let point =
            |p: &Point<Lanes<S>>| Point { logarithm: array::from_fn(|j| sum(&p.logarithm[j])), size: row(&p.size) };
        Self {
            variance: row(&lanes.variance),
            weight: row(&lanes.weight),
            from: point(&lanes.from),
            to: point(&lanes.to),
            time: sum(&lanes.time),
            start: number(&lanes.start),
            length: number(&lanes.length),
            square: lanes.square.iter().map(row).collect(),
            bracket: lanes.bracket.iter().map(row).collect(),
            reciprocal: lanes.reciprocal.iter().map(number).collect(),
        }
    }

    /// The coefficients at both ends.
    pub fn ends(&self) -> [[f64; GROUPS]; 2] {
        [self.from.size, self.to.size]
    }
}

impl Segment<f64> for Stretch {
    fn start(&self) -> &f64 {
        &self.start
    }

    fn length(&self) -> &f64 {
        &self.length
    }

    fn groups(&self) -> usize {
        GROUPS
    }

    fn coefficients_at(&self, s: &f64) -> Vec<f64> {
        if *s == self.length {
            return self.to.size.to_vec();
        }
        let integrals = self.integrals(s);
        let coefficient = |j: usize| {
            let mut w = self.from.logarithm[j].clone();
            w.add(&-(integrals[j] * self.variance[j]));
            let size = Real::exp(&w.high);
            size + size * w.low
        };
        (0..GROUPS).map(coefficient).collect()
    }

    /// Accurate relative to what the brackets feel of it, unless the flows are resolved.
    fn excess(&self, j: usize) -> Vec<f64> {
        let constant = manifold::excess(j, &self.from.size[j]);
        std::iter::once(constant).chain(self.square[1..].iter().map(|x| x[j])).collect()
    }

    /// `w_j` turns where `h_j = 0`.
    fn turns(&self, j: usize, found: &mut Vec<Root<f64>>) {
        let slope: Vec<f64> = self.bracket.iter().map(|h| -h[j]).collect();
        roots(&slope, &self.length, found);
    }

    /// `w_j/w_0` turns where `q_0 h_0 = q_j h_j`.
    fn ratio_turns(&self, j: usize, found: &mut Vec<Root<f64>>) {
        let rate: Vec<f64> = self.bracket.iter().map(|h| h[0] * self.variance[0] - h[j] * self.variance[j]).collect();
        roots(&rate, &self.length, found);
    }
}
