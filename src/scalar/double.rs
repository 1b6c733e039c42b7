//! `f64`. Elementary functions come from the `libm` crate, whose bits do not depend on the machine.

use super::{DomainError, LANES, Real, Scalar};
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

    /// Lanes map to vector registers. The terms with the newest coefficients, of `b` and then of `a`, come last: in a
    /// recurrence the others are summed while those are still being computed.
    #[inline]
    fn convolve_lanes(a: &[[Self; LANES]], b: &[[Self; LANES]], k: usize, _used: usize) -> [Self; LANES] {
        let (a, b) = (&a[..=k], &b[..=k]);
        let ([a_first, a_inner @ .., a_last], [b_first, b_inner @ .., b_last]) = (a, b) else {
            return std::array::from_fn(|l| a[0][l] * b[0][l]);
        };
        let (a_pairs, a_odd) = a_inner.as_chunks::<2>();
        let (b_odd, b_pairs) = b_inner.as_rchunks::<2>();
        let (mut even, mut odd) = ([0.0; LANES], [0.0; LANES]);
        for (a, b) in a_pairs.iter().zip(b_pairs.iter().rev()) {
            for l in 0..LANES {
                even[l] += a[0][l] * b[1][l];
                odd[l] += a[1][l] * b[0][l];
            }
        }
        for (a, b) in a_odd.iter().zip(b_odd) {
            for l in 0..LANES {
                even[l] += a[l] * b[l];
            }
        }
        std::array::from_fn(|l| ((even[l] + odd[l]) + a_first[l] * b_last[l]) + a_last[l] * b_first[l])
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

    /// The exponent, and a parabola through the mantissa's logarithm at 1, sqrt 2 and 2.
    #[inline]
    fn magnitude(&self) -> f64 {
        let bits = self.to_bits();
        let exponent = (bits >> 52 & 0x7ff) as i32 - 1023;
        let mantissa = f64::from_bits(bits & ((1 << 52) - 1) | 0x3ff << 52);
        f64::from(exponent) + (2.0 - mantissa / 3.0) * mantissa - 5.0 / 3.0
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
