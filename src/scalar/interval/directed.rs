//! Directed rounding of single operations, from the sign of the residual.
//!
//! With `s = fl(x)` the nearest double to the exact result `x`: if `x < s` the largest double below `x` is the predecessor
//! of `s`, otherwise it is `s`. So the *sign* of `x - s` is all that directed rounding needs, and a result that is exact
//! stays as it is. The functions here take any operands that endpoints of non-empty intervals can be; the operations of
//! [`arithmetic`](super::arithmetic) call them only when a residual is out of its safe range.

use super::error_free::{division_remainder, normalise, two_product, two_sum_sorted};

/// The largest double at most `s + residual`, for `s` nearest to that sum.
#[inline(always)]
pub(super) fn below(s: f64, residual: f64) -> f64 {
    if residual < 0.0 { s.next_down() } else { s }
}

/// The smallest double at least `s + residual`, for `s` nearest to that sum.
#[inline(always)]
pub(super) fn above(s: f64, residual: f64) -> f64 {
    if residual > 0.0 { s.next_up() } else { s }
}

/// `fl` of a finite exact result overflowed to `s`: its lower bound.
fn below_overflow(s: f64) -> f64 {
    s.min(f64::MAX)
}

/// `a + b` rounded down; neither is +infinity.
#[cold]
pub(super) fn add_down(a: f64, b: f64) -> f64 {
    if a.is_infinite() || b.is_infinite() {
        return f64::NEG_INFINITY;
    }
    let s = a + b;
    if s.is_infinite() { below_overflow(s) } else { below(s, two_sum_sorted(a, b).1) }
}

/// `a + b` rounded up; neither is -infinity.
#[cold]
pub(super) fn add_up(a: f64, b: f64) -> f64 {
    -add_down(-a, -b)
}

/// `a b` rounded down, with `0 * infinity = 0` (the product of an endpoint 0 with arbitrarily large numbers) and a product
/// with an infinite endpoint exact.
#[cold]
pub(super) fn mul_down(a: f64, b: f64) -> f64 {
    if a == 0.0 || b == 0.0 {
        return 0.0;
    }
    let p = a * b;
    if a.is_infinite() || b.is_infinite() {
        p
    } else if p.is_infinite() {
        below_overflow(p)
    } else if p == 0.0 {
        below(p, a.signum() * b.signum())
    } else {
        // p is within a factor of two of a b even where it is subnormal, so the scaled difference is exact (Sterbenz) and
        // adding the residual of the scaled product rounds to something of the right sign.
        let ((a, i), (b, j)) = (normalise(a), normalise(b));
        let (h, l) = two_product(a, b);
        below(p, (h - scale(p, -(i + j))) + l)
    }
}

/// `a b` rounded up; conventions of [`mul_down`].
#[cold]
pub(super) fn mul_up(a: f64, b: f64) -> f64 {
    -mul_down(-a, b)
}

/// `a / b` rounded down, `b` not 0 and not both infinite; a quotient by an infinite endpoint is its limit 0.
#[cold]
pub(super) fn div_down(a: f64, b: f64) -> f64 {
    if a == 0.0 || b.is_infinite() {
        return 0.0;
    }
    let q = a / b;
    if a.is_infinite() {
        q
    } else if q.is_infinite() {
        below_overflow(q)
    } else if q == 0.0 {
        below(q, a.signum() * b.signum())
    } else {
        // As in `mul_down`: all scaled quantities lie in [1/4, 8], and q b is within a factor of two of a.
        let ((a, i), (b, j)) = (normalise(a), normalise(b));
        below(q, division_remainder(a, b, scale(q, j - i)) * b.signum())
    }
}

/// `a / b` rounded up; conventions of [`div_down`].
#[cold]
pub(super) fn div_up(a: f64, b: f64) -> f64 {
    -div_down(-a, b)
}

/// The square root rounded down and rounded up, `x >= 0`.
#[inline]
pub(super) fn sqrt_both(x: f64) -> (f64, f64) {
    let s = x.sqrt();
    let remainder = if (1e-280..1e300).contains(&x) { division_remainder(x, s, s) } else { sqrt_remainder(x, s) };
    (below(s, remainder), above(s, remainder))
}

/// A number of the sign of `x - s^2`, for any `x >= 0` and `s = fl(sqrt(x))`.
#[cold]
fn sqrt_remainder(x: f64, s: f64) -> f64 {
    if x == 0.0 || x.is_infinite() {
        return 0.0;
    }
    // s is normal for every x, so scaling x by 2^-2k scales s by 2^-k, exactly.
    let k = normalise(x).1.div_euclid(2);
    let (x, s) = (scale(x, -2 * k), scale(s, -k));
    division_remainder(x, s, s)
}

/// `x 2^k`, exact whenever representable.
fn scale(x: f64, k: i32) -> f64 {
    libm::scalbn(x, k)
}
