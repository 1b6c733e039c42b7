//! The four operations; ranges as plain intervals have them, slopes by their rules.

use super::Slope;
use crate::scalar::{Interval, Scalar};
use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Sub};

impl Slope {
    /// A function with this range and value at the middle, and slopes made of those of `self`.
    pub(super) fn along(&self, range: Interval, middle: Interval, slope: impl Fn(Interval) -> Interval) -> Self {
        Self { range, middle, slopes: self.slopes.iter().map(|s| slope(*s)).collect() }
    }

    /// The same, of two functions.
    fn with(
        &self,
        other: &Self,
        range: Interval,
        middle: Interval,
        slope: impl Fn(Interval, Interval) -> Interval,
    ) -> Self {
        let variables = self.slopes.len().max(other.slopes.len());
        let slopes = (0..variables).map(|i| slope(self.slope(i), other.slope(i))).collect();
        Self { range, middle, slopes }
    }
}

impl Scalar for Slope {
    type Context = ();

    fn context(&self) {}

    fn from_int(n: i64, (): &()) -> Self {
        Interval::from_int(n, &()).into()
    }

    fn times(&self, n: i64) -> Self {
        self.along(self.range.times(n), self.middle.times(n), |s| s.times(n))
    }

    fn over(&self, n: i64) -> Self {
        self.along(self.range.over(n), self.middle.over(n), |s| s.over(n))
    }

    fn square(&self) -> Self {
        let both = self.range + self.middle;
        self.along(self.range.square(), self.middle.square(), |s| s * both)
    }
}

impl Neg for Slope {
    type Output = Self;

    fn neg(self) -> Self {
        self.along(-self.range, -self.middle, |s| -s)
    }
}

impl Add<&Self> for Slope {
    type Output = Self;

    fn add(self, b: &Self) -> Self {
        self.with(b, self.range + b.range, self.middle + b.middle, |s, r| s + r)
    }
}

impl Sub<&Self> for Slope {
    type Output = Self;

    fn sub(self, b: &Self) -> Self {
        self.with(b, self.range - b.range, self.middle - b.middle, |s, r| s - r)
    }
}

impl Mul<&Self> for Slope {
    type Output = Self;

    fn mul(self, b: &Self) -> Self {
        self.with(b, self.range * b.range, self.middle * b.middle, |s, r| s * b.range + self.middle * r)
    }
}

impl Div<&Self> for Slope {
    type Output = Self;

    fn div(self, b: &Self) -> Self {
        let quotient = self.middle / b.middle;
        self.with(b, self.range / b.range, quotient, |s, r| (s - quotient * r) / b.range)
    }
}

macro_rules! by_value {
    ($($operation:ident $method:ident),*) => {$(
        impl $operation for Slope {
            type Output = Self;

            fn $method(self, b: Self) -> Self {
                $operation::$method(self, &b)
            }
        }
    )*};
}

by_value!(Add add, Sub sub, Mul mul, Div div);

/// Certain equality, over the whole box.
impl PartialEq for Slope {
    fn eq(&self, other: &Self) -> bool {
        self.range == other.range
    }
}

/// Certain order, over the whole box.
impl PartialOrd for Slope {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.range.partial_cmp(&other.range)
    }
}
