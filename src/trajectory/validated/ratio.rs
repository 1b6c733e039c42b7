//! How large `w_j/w_0` becomes within a step.

use super::expansion::TERMS;
use super::norm::up;
use super::step::ValidatedStep;
use crate::scalar::Interval;

/// Below this share of the step, what happens inside a piece of it is below the rounding of its ends.
const SMALLEST: f64 = 1.0 / (1 << 30) as f64;

/// Where nobody knows whether it rises or falls, it may rise all the way in a piece of this share.
const SMALL: f64 = 1.0 / (1 << 6) as f64;

/// The growth rate of a path's ratio over a step, `q_0 (2 E_0 + T) - q_j (2 E_j + T)`, as a polynomial and what it may be off by.
struct Growth {
    polynomial: [f64; TERMS],
    doubt: f64,
    /// The largest slope.
    slope: f64,
}

impl Growth {
    fn at(&self, s: f64) -> f64 {
        self.polynomial.iter().rev().fold(0.0, |sum, c| sum * s + c)
    }

    /// Bounds over `[a, b]`, and by how much it changes there.
    fn over(&self, a: f64, b: f64) -> (f64, f64, f64) {
        let (middle, radius) = (0.5 * (a + b), 0.5 * (b - a));
        let bounds = |value: f64, change: f64| {
            let off = up(change + self.doubt);
            (value - off, value + off, change)
        };
        let by_slope = bounds(self.at(middle), self.slope * radius * (1.0 + 1e-9));
        if by_slope.0 >= 0.0 || by_slope.1 <= 0.0 {
            return by_slope;
        }
        let local = self.around(middle);
        let change = local[1..].iter().rev().fold(0.0, |sum, c| (sum + c.abs()) * radius) * (1.0 + 1e-9);
        bounds(local[0], change)
    }

    /// The polynomial in the distance from s. Where brackets decay by orders of magnitude on a step, what they are at its beginning says nothing of its end.
    fn around(&self, s: f64) -> [f64; TERMS] {
        let mut local = self.polynomial;
        for first in 0..TERMS {
            for k in (first..TERMS - 1).rev() {
                local[k] += s * local[k + 1];
            }
        }
        local
    }
}

impl ValidatedStep<'_> {
    /// Bounds on the largest value that `w_j/w_0`, relative to its very start, takes from the beginning of the step to `until` (at
    /// the latest to the end): it is at least the first and at most the second.
    pub fn largest_ratio(&self, j: usize, until: f64) -> (f64, f64) {
        // Local times are doubles or between two neighbours: bounds above reach to the later, what is seen was there at the earlier.
        let end = self.local(Interval::point(until));
        let length = end.upper();
        let growth = self.growth(j);
        let mut largest = (0.0_f64, 0.0_f64);
        let mut see = |s: Interval, rise: f64| {
            let path = self.path_ratio(j, s);
            largest.0 = largest.0.max((path * self.ratio_doubt(j, s)).lower());
            // The solution may go away from the path as long as the step lasts.
            largest.1 = largest.1.max((path * self.ratio_doubt(j, end) * Interval::point(rise).exp()).upper());
        };
        let at = |s: f64| Interval::point(s).hull(Interval::point(s.min(end.lower())));
        // Pieces from left to right; a falling one matters by its beginning, a rising one by the beginning of the next.
        let mut pieces = vec![(0.0, length)];
        let mut falling = false;
        while let Some((a, b)) = pieces.pop() {
            let (least, most, change) = growth.over(a, b);
            if most <= 0.0 {
                if !falling {
                    see(at(a), 0.0);
                }
                falling = true;
            } else if least >= 0.0 {
                falling = false;
            } else if b - a <= SMALLEST * self.length() || change <= growth.doubt && b - a <= SMALL * self.length() {
                see(at(a), up(most * (b - a)));
                falling = false;
            } else {
                let middle = 0.5 * (a + b);
                pieces.extend([(middle, b), (a, middle)]);
            }
        }
        if !falling {
            see(end, 0.0);
        }
        largest
    }

    fn growth(&self, j: usize) -> Growth {
        let (signal, other) = (self.bracket(0), self.bracket(j));
        let (q, q_signal) = (self.variance(j).midpoint(), self.variance(0).midpoint());
        let mut polynomial = [0.0; TERMS];
        let (mut size, mut slope, mut power) = (0.0, 0.0, 1.0);
        for k in 0..TERMS {
            polynomial[k] = q_signal * signal[k] - q * other[k];
            if k > 0 {
                slope += k as f64 * polynomial[k].abs() * power;
                power *= self.length();
            }
            size += (q_signal * signal[k].abs() + q * other[k].abs()) * power;
        }
        // Horner's rule and the coefficients, around the middle of a piece twice as many: three roundings an order; the brackets and variances themselves.
        let rounding = (6 * TERMS + 3) as f64 * f64::EPSILON * size;
        let doubt = up(rounding + self.rate_doubt(0) + self.rate_doubt(j));
        Growth { polynomial, doubt, slope: up(slope * (1.0 + 1e-9)) }
    }
}
