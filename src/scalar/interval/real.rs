//! [`Real`] for [`Interval`].

use super::{Interval, decimal};
use crate::scalar::{DomainError, Enclosure, Real};
use std::cmp::Ordering;

impl Enclosure for Interval {
    #[inline]
    fn upper_end(&self) -> Self {
        Self::point(self.upper())
    }

    #[inline]
    fn hull_with(self, other: &Self) -> Self {
        self.hull(*other)
    }
}

impl Real for Interval {
    /// A decimal becomes the tightest interval that contains it (one double if it is one, else two neighbours);
    /// `[0.1, 0.2]` is read as the tightest interval that contains all numbers between the two decimals.
    fn parse(text: &str, (): &()) -> Result<Self, DomainError> {
        decimal::parse(text)
    }

    /// The point `x`; see [`Interval::point`] for what is not a number.
    #[inline]
    fn from_f64(x: f64, (): &()) -> Self {
        Self::point(x)
    }

    /// The [midpoint](Interval::midpoint).
    #[inline]
    fn to_f64(&self) -> f64 {
        self.midpoint()
    }

    #[inline]
    fn bits((): &()) -> u32 {
        f64::MANTISSA_DIGITS
    }

    #[inline]
    fn sign(&self) -> Option<Ordering> {
        self.partial_cmp(&Self::ZERO)
    }

    #[inline]
    fn epsilon((): &()) -> Self {
        Self::point(f64::EPSILON)
    }

    /// Bounded and not empty.
    #[inline]
    fn is_finite(&self) -> bool {
        self.is_bounded()
    }

    #[inline]
    fn lower_end(&self) -> Self {
        Self::point(self.lower())
    }

    #[inline]
    fn refined_by(self, other: Self) -> Self {
        self.intersection(other)
    }

    #[inline]
    fn abs(&self) -> Self {
        Interval::abs(*self)
    }

    #[inline]
    fn sqrt(&self) -> Self {
        Interval::sqrt(*self)
    }

    fn exp(&self) -> Self {
        Interval::exp(*self)
    }

    fn exp_m1(&self) -> Self {
        Interval::exp_m1(*self)
    }

    fn ln(&self) -> Self {
        Interval::ln(*self)
    }

    fn pow(&self, p: &Self) -> Self {
        Interval::pow(*self, *p)
    }
}
