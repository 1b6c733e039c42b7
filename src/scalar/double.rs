//! `f64`. Elementary functions come from the `libm` crate, whose bits do not depend on the machine.

use super::{DomainError, Real, Scalar};
use std::cmp::Ordering;

impl Scalar for f64 {
    type Context = ();

    #[inline]
    fn context(&self) {}

    #[inline]
    fn from_int(n: i64, (): &()) -> Self {
        n as f64
    }

    #[inline]
    fn add_prod(&mut self, a: &Self, b: &Self) {
        *self += a * b;
    }

    /// Four partial sums in a fixed order: fast, and the same bits on every machine.
    #[inline]
    fn convolve(a: &[Self], b: &[Self], k: usize) -> Self {
        let (a, b) = (&a[..=k], &b[..=k]);
        let mut sums = [0.0; 4];
        let mut i = 0;
        while i + 4 <= k + 1 {
            for l in 0..4 {
                sums[l] += a[i + l] * b[k - i - l];
            }
            i += 4;
        }
        while i <= k {
            sums[i % 4] += a[i] * b[k - i];
            i += 1;
        }
        (sums[0] + sums[1]) + (sums[2] + sums[3])
    }
}

impl Real for f64 {
    fn parse(text: &str, (): &()) -> Result<Self, DomainError> {
        text.trim()
            .parse()
            .ok()
            .filter(|x: &f64| x.is_finite())
            .ok_or_else(|| DomainError::new("number", format!("{text:?}"), "a finite decimal number"))
    }

    #[inline]
    fn from_f64(x: f64, (): &()) -> Self {
        x
    }

    #[inline]
    fn to_f64(&self) -> f64 {
        *self
    }

    #[inline]
    fn bits((): &()) -> u32 {
        f64::MANTISSA_DIGITS
    }

    #[inline]
    fn epsilon((): &()) -> Self {
        f64::EPSILON
    }

    #[inline]
    fn sign(&self) -> Option<Ordering> {
        self.partial_cmp(&0.0)
    }

    #[inline]
    fn is_finite(&self) -> bool {
        f64::is_finite(*self)
    }

    #[inline]
    fn abs(&self) -> Self {
        f64::abs(*self)
    }

    #[inline]
    fn sqrt(&self) -> Self {
        f64::sqrt(*self)
    }

    fn exp(&self) -> Self {
        libm::exp(*self)
    }

    fn exp_m1(&self) -> Self {
        libm::expm1(*self)
    }

    fn ln(&self) -> Self {
        libm::log(*self)
    }

    fn pow(&self, p: &Self) -> Self {
        libm::pow(*self, *p)
    }
}
