//! [`Real`] for [`Slope`]: roots, logarithms and powers; order is certain, over the whole box.

use super::Slope;
use crate::scalar::{DomainError, Interval, Real};
use std::cmp::Ordering;

impl Slope {
    /// A function of `self` with this range and value at the middle, whose derivative everywhere between the value at the middle and any
    /// other is in `derivative`.
    fn differentiable(&self, range: Interval, middle: Interval, derivative: Interval) -> Self {
        self.along(range, middle, |s| s * derivative)
    }
}

impl Real for Slope {
    /// A constant, as [`Interval`] reads it.
    fn parse(text: &str, (): &()) -> Result<Self, DomainError> {
        Interval::parse(text, &()).map(Self::from)
    }

    fn from_f64(x: f64, (): &()) -> Self {
        Interval::point(x).into()
    }

    /// The middle of the range.
    fn to_f64(&self) -> f64 {
        self.range.midpoint()
    }

    fn bits((): &()) -> u32 {
        Interval::bits(&())
    }

    fn epsilon((): &()) -> Self {
        Interval::epsilon(&()).into()
    }

    fn sign(&self) -> Option<Ordering> {
        self.range.sign()
    }

    /// The range is bounded and not empty.
    fn is_finite(&self) -> bool {
        self.range.is_bounded()
    }

    fn lower_end(&self) -> Self {
        self.range.lower_end().into()
    }

    /// Ranges and values at the middle in common. Slopes are not unique: those of one of the two, the narrower ones, and no mixture.
    fn refined_by(self, other: Self) -> Self {
        let widest = |f: &Self| f.slopes.iter().map(|s| s.width()).fold(0.0, f64::max);
        Self {
            range: self.range.intersection(other.range),
            middle: self.middle.intersection(other.middle),
            slopes: if widest(&other) < widest(&self) { other.slopes } else { self.slopes },
        }
    }

    /// Where the sign is not certain: `||a| - |b|| <= |a - b|`.
    fn abs(&self) -> Self {
        match self.range.sign() {
            Some(Ordering::Less) => -self.clone(),
            Some(_) => self.clone(),
            None => self.along(self.range.abs(), self.middle.abs(), |s| s.hull(-s)),
        }
    }

    fn sqrt(&self) -> Self {
        let (range, middle) = (self.range.sqrt(), self.middle.sqrt());
        let both = range + middle;
        self.along(range, middle, |s| s / both)
    }

    fn exp(&self) -> Self {
        let range = self.range.exp();
        self.differentiable(range, self.middle.exp(), range)
    }

    fn exp_m1(&self) -> Self {
        self.differentiable(self.range.exp_m1(), self.middle.exp_m1(), self.range.exp())
    }

    fn ln(&self) -> Self {
        self.differentiable(self.range.ln(), self.middle.ln(), self.range.max(Interval::ZERO).recip())
    }

    /// `exp(p ln x)` for its slopes, where x is certainly positive.
    fn pow(&self, p: &Self) -> Self {
        let (range, middle) = (self.range.pow(p.range), self.middle.pow(p.middle));
        if self.range.lower() <= 0.0 {
            let unknown = vec![Interval::ENTIRE; self.slopes.len().max(p.slopes.len())];
            return Self { range, middle, slopes: unknown };
        }
        let exponent = self.ln() * p;
        exponent.differentiable(range, middle, range)
    }
}
