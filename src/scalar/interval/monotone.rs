//! Increasing functions of an interval: the lower bound at its lower end, the upper bound at its upper end.

use super::Interval;
use super::exponential::{exp_bounds, exp_m1_bounds};
use super::logarithm::ln_bounds;

impl Interval {
    /// Range of an increasing function, from its bounds at a point (or its limits at infinite ends).
    fn increasing(self, bounds: impl Fn(f64) -> (f64, f64)) -> Self {
        if self.is_empty() {
            return self;
        }
        let (lo, hi) = bounds(self.lo);
        Self { lo, hi: if self.lo == self.hi { hi } else { bounds(self.hi).1 } }
    }

    /// `{exp(x)}`.
    pub fn exp(self) -> Self {
        self.increasing(exp_bounds)
    }

    /// `{exp(x) - 1}`.
    pub fn exp_m1(self) -> Self {
        self.increasing(exp_m1_bounds)
    }

    /// `{ln x : x > 0}`: what lies at or below 0 has no logarithm and is left out.
    pub fn ln(self) -> Self {
        if self.hi > 0.0 { Self { lo: self.lo.max(0.0), hi: self.hi }.increasing(ln_bounds) } else { Self::EMPTY }
    }
}
