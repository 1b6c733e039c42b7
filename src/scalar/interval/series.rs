//! Sums of products, the hot loop of Taylor series, and polynomials.

use super::Interval;
use super::arithmetic::nearest_extreme_products;
use super::directed::{above, below};
use super::error_free::two_sum;
use crate::scalar::Scalar;

/// A sum of products in double precision, with its two kinds of error: what the additions lost, known almost exactly, and
/// what the products lost, bounded by the sum of their sizes.
#[derive(Clone, Copy, Default)]
struct Compensated {
    sum: f64,
    lost: f64,
    size: f64,
}

impl Compensated {
    #[inline(always)]
    fn add(&mut self, product: f64) {
        let (sum, lost) = two_sum(self.sum, product);
        self.sum = sum;
        self.lost += lost;
        self.size += product.abs();
    }
}

/// Above this size, underflow of single products is covered by the slack in [`PRODUCT_ERROR`].
const LARGE: f64 = 1e-270;

/// Most terms for which [`PRODUCT_ERROR`] holds.
const TERMS: usize = 1 << 16;

/// `u (1 + 2^-19)`, `u = 2^-53`.
const PRODUCT_ERROR: f64 = f64::EPSILON / 2.0 * (1.0 + 1.0 / 524_288.0);

/// `sum_i a[i] b[n - 1 - i]` for slices of the same length n.
///
/// Each product is rounded to nearest, `p_i = x_i y_i (1 + d)` with an error of at most `u |p_i|` (`u = 2^-53`), and the sum is compensated:
/// `sum p_i = sum + sum d_i` *exactly* (2Sum), of which `lost` misses at most `n u sum |d_i| <= n^2 u^2 (1 + 2 n u) P`,
/// `P = sum |p_i| <= size (1 + 2 n u)`. With `n <= 2^16` all of that is below `u (1 + 2^-20) size`, and products that underflow
/// add `n 2^-1075`, less than `2^-20 u size` if `size >= 1e-270`. So an end lies outside the hull of the exact sums by at most
/// `2.01 u sum |p_i|` (what the products did lose, and what they might have) and a unit in its last place, whatever the
/// number of terms.
///
/// Where the premises fail (tiny, infinite, empty, very long), it falls back to one outward rounding per operation, which
/// also keeps sums of zeros exact.
#[inline]
fn sum_of_products(a: &[Interval], b: &[Interval]) -> Interval {
    let (mut low, mut high) = (Compensated::default(), Compensated::default());
    for (&a, &b) in a.iter().zip(b.iter().rev()) {
        let (l, h) = nearest_extreme_products(a, b);
        low.add(l);
        high.add(h);
    }
    let (l, h) = (low.size * PRODUCT_ERROR, high.size * PRODUCT_ERROR);
    if a.len() > TERMS || !(low.size >= LARGE && high.size >= LARGE && (low.lost + high.lost).is_finite()) {
        return sum_step_by_step(a, b);
    }
    let (t, e) = two_sum(low.lost, -l);
    let (lo, d) = two_sum(low.sum, below(t, e));
    let (t, e) = two_sum(high.lost, h);
    let (hi, f) = two_sum(high.sum, above(t, e));
    if (d + f).is_finite() { Interval { lo: below(lo, d), hi: above(hi, f) } } else { sum_step_by_step(a, b) }
}

#[cold]
fn sum_step_by_step(a: &[Interval], b: &[Interval]) -> Interval {
    a.iter().zip(b.iter().rev()).fold(Interval::ZERO, |sum, (&a, &b)| sum + a * b)
}

/// The k-th coefficient of a product of two series; short ones step by step, which keeps exact sums exact.
#[inline]
pub(super) fn convolve(a: &[Interval], b: &[Interval], k: usize) -> Interval {
    let (a, b) = (&a[..=k], &b[..=k]);
    match k {
        0 => a[0] * b[0],
        1 => a[0] * b[1] + a[1] * b[0],
        _ => sum_of_products(a, b),
    }
}

impl Interval {
    /// `{p(x)}` for the polynomial with these coefficients, lowest power first: Horner's rule, intersected with the slope form
    /// `p(c) + s(X) (X - c)` at the midpoint c, `s(x) = (p(x) - p(c)) / (x - c)` by Horner's rule on synthetic division.
    ///
    /// Horner's rule is tight when the coefficients alternate as the powers do, the slope form (whose excess width shrinks
    /// with the square of the width of x) when x is narrow.
    pub fn polynomial(coefficients: &[Self], x: Self) -> Self {
        let Some((&leading, rest)) = coefficients.split_last() else {
            return if x.is_empty() { x } else { Self::ZERO };
        };
        let c = Self::point(x.midpoint());
        let (mut range, mut slope, mut value) = (leading, Self::ZERO, leading);
        for &a in rest.iter().rev() {
            range = range * x + a;
            slope = slope * x + value;
            value = value * c + a;
        }
        if x.is_empty() { x } else { range.intersection(value + slope * (x - c)) }
    }
}

impl Scalar for Interval {
    type Context = ();

    #[inline]
    fn context(&self) {}

    /// Exact up to 2^53 in absolute value, beyond it where n is a double, else its two neighbours.
    #[inline]
    fn from_int(n: i64, (): &()) -> Self {
        let x = n as f64;
        let residual = i128::from(n) - x as i128;
        Self { lo: below(x, residual as f64), hi: above(x, residual as f64) }
    }

    #[inline]
    fn times(&self, n: i64) -> Self {
        if n.unsigned_abs() <= 1 << 53 { self.scale(n as f64) } else { *self * self.int(n) }
    }

    #[inline]
    fn square(&self) -> Self {
        Interval::square(*self)
    }

    #[inline]
    fn add_prod(&mut self, a: &Self, b: &Self) {
        *self += *a * *b;
    }

    #[inline]
    fn convolve(a: &[Self], b: &[Self], k: usize) -> Self {
        convolve(a, b, k)
    }
}
