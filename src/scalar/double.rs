//! `f64`. Elementary functions come from the `libm` crate, whose bits do not depend on the machine.

use super::{DomainError, LANES, Real, Scalar, Work};
use std::cmp::Ordering;

impl Scalar for f64 {
    type Context = ();

    const WAITS: bool = true;

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

    /// Lanes map to vector registers, four sums of them run side by side. The terms with the coefficients of the lowest and highest
    /// orders come last: in a recurrence the others are summed while those are still being computed.
    #[inline(always)]
    fn convolve_lanes(a: &[[Self; LANES]], b: &[[Self; LANES]], k: usize, _used: usize) -> [Self; LANES] {
        let (a, b) = (&a[..=k], &b[..=k]);
        let ([a_first, a_inner @ .., a_last], [b_first, b_inner @ .., b_last]) = (a, b) else {
            return std::array::from_fn(|l| a[0][l] * b[0][l]);
        };
        let (a_fours, a_rest) = a_inner.as_chunks::<4>();
        let (b_rest, b_fours) = b_inner.as_rchunks::<4>();
        let mut sums = [[0.0; LANES]; 4];
        for (a, b) in a_fours.iter().zip(b_fours.iter().rev()) {
            for i in 0..4 {
                for l in 0..LANES {
                    sums[i][l] += a[i][l] * b[3 - i][l];
                }
            }
        }
        let mut add = |i: usize, a: &[Self; LANES], b: &[Self; LANES]| {
            for l in 0..LANES {
                sums[i][l] += a[l] * b[l];
            }
        };
        match (a_rest, b_rest) {
            ([a], [x]) => add(0, a, x),
            ([a, b], [x, y]) => {
                add(0, a, y);
                add(1, b, x);
            }
            ([a, b, c], [x, y, z]) => {
                add(0, a, z);
                add(1, b, y);
                add(2, c, x);
            }
            _ => {}
        }
        let [p, q, r, s] = sums;
        std::array::from_fn(|l| (((p[l] + q[l]) + (r[l] + s[l])) + a_first[l] * b_last[l]) + a_last[l] * b_first[l])
    }

    #[inline(always)]
    fn widely<W: Work>(work: W) -> W::Output {
        pulp::Arch::new().dispatch(Wide(work))
    }
}

struct Wide<W>(W);

impl<W: Work> pulp::WithSimd for Wide<W> {
    type Output = W::Output;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> W::Output {
        self.0.run()
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
