//! Powers: integer ones by squaring in 128 bits, real ones as `exp(p ln x)`.

use super::Interval;
use super::directed::sqrt_both;
use super::exponential::{POINT, beyond, exp_fixed, sided};
use super::logarithm::ln_wide;
use super::wide::Wide;
use std::cmp::Ordering;

/// Bounds of `x^n` for `x >= 0` (infinity as a limit) and `n >= 1`.
fn natural_power(x: f64, n: u32) -> (f64, f64) {
    if x == 0.0 || x.is_infinite() { (x, x) } else { Wide::from_f64(x).powi(u64::from(n)).bounds() }
}

/// Bounds of `x^n` for `x >= 0`, limits at 0 and infinity included.
fn integer_power(x: f64, n: i32) -> (f64, f64) {
    match n.cmp(&0) {
        Ordering::Equal => (1.0, 1.0),
        Ordering::Greater => natural_power(x, n.unsigned_abs()),
        Ordering::Less if x == 0.0 => (f64::INFINITY, f64::INFINITY),
        Ordering::Less if x.is_infinite() => (0.0, 0.0),
        Ordering::Less => Wide::from_f64(x).powi(u64::from(n.unsigned_abs())).recip().bounds(),
    }
}

/// Bounds of `x^p` for `x >= 0`; at 0, 1 and infinity the limits of the neighbourhood, and `0^0 = 1`.
fn real_power(x: f64, p: f64) -> (f64, f64) {
    if p == 0.0 || x == 1.0 {
        (1.0, 1.0)
    } else if x == 0.0 || x.is_infinite() {
        let value = if (x == 0.0) == (p > 0.0) { 0.0 } else { f64::INFINITY };
        (value, value)
    } else if p.is_infinite() {
        beyond((x > 1.0) == (p > 0.0), true)
    } else if let Some(bounds) = through_roots(x, p) {
        bounds
    } else {
        let above_one = (x > 1.0) == (p > 0.0);
        let exponent = ln_wide(x).mul(Wide::from_f64(p.abs()));
        // exp(800) is far beyond the largest double, and its inverse far below the smallest.
        if exponent.bounds().0 >= 800.0 {
            return beyond(above_one, false);
        }
        let (argument, width) = exponent.to_fixed();
        // |p ln x| lies in [argument, argument + width]; of its negative the lower end is the far one.
        let argument = if above_one { argument } else { -(argument + width as i128) };
        sided(exp_fixed(argument, width).bounds(), 1.0, side(above_one))
    }
}

fn side(above_one: bool) -> Ordering {
    if above_one { Ordering::Greater } else { Ordering::Less }
}

/// Powers that may be doubles: `x^p = (x^(1/2))^(2 p)` as long as the roots are exact, up to an integer exponent.
///
/// Without this, an exact power such as `4^0.5` would get neighbours on both sides of 2, since no number of bits tells
/// 2 from a number next to it. All exact powers are found: if `x^p` is rational for `p = n / 2^k` in lowest terms, x is a
/// perfect power of exponent `2^k`.
fn through_roots(mut x: f64, mut p: f64) -> Option<(f64, f64)> {
    while p != p.trunc() {
        let (lo, hi) = sqrt_both(x);
        if lo != hi {
            return None;
        }
        (x, p) = (lo, 2.0 * p);
    }
    (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&p).then(|| integer_power(x, p as i32))
}

impl Wide {
    /// `1 / self` by long division, for a normalised number.
    fn recip(self) -> Self {
        // 2^255 / d for d in [2^127, 2^128): digits of the quotient, from a remainder that starts at 2^127.
        let d = self.mantissa;
        if d == 1 << 127 && self.error == 0 {
            return Self { exponent: -254 - self.exponent, ..self };
        }
        let (mut remainder, mut quotient) = (1_u128 << 127, 0_u128);
        for _ in 0..128 {
            let carry = remainder >> 127 == 1;
            remainder <<= 1;
            quotient <<= 1;
            if carry || remainder >= d {
                remainder = remainder.wrapping_sub(d);
                quotient |= 1;
            }
        }
        // 1 / (d + e) > (1 / d) (1 - e / d), and 2^255 / d <= 2^128: at most 2 e + 1 units lower, and the floor.
        let lost = 2 * self.error + 1;
        Self { mantissa: quotient - lost, error: lost + 1, exponent: -255 - self.exponent }.normalised()
    }

    /// `floor` in units of `2^-116`, and a width in those units that holds the rest; below 1024.
    fn to_fixed(self) -> (i128, u128) {
        let shift = -(self.exponent + POINT);
        debug_assert!(shift > 0, "normalised and below 1024");
        if shift >= 128 { (0, 2) } else { ((self.mantissa >> shift) as i128, (self.error >> shift) + 2) }
    }
}

impl Interval {
    /// `{x^n}` for an integer n: the tightest enclosure up to 2^-90, exact where the power is a double.
    /// `x^0 = 1`, also at 0; a negative power of 0 does not exist, so 0 is left out.
    pub fn powi(self, n: i32) -> Self {
        if self.is_empty() || n < 0 && self.lo == 0.0 && self.hi == 0.0 {
            return Self::EMPTY;
        }
        if n % 2 == 0 {
            let x = self.abs();
            let (near, far) = (integer_power(x.lo, n), integer_power(x.hi, n));
            return if n >= 0 { Self { lo: near.0, hi: far.1 } } else { Self { lo: far.0, hi: near.1 } };
        }
        let odd = |x: f64| {
            let (lo, hi) = integer_power(x.abs(), n);
            if x < 0.0 { (-hi, -lo) } else { (lo, hi) }
        };
        if n > 0 {
            Self { lo: odd(self.lo).0, hi: odd(self.hi).1 }
        } else if self.lo < 0.0 && self.hi > 0.0 {
            Self::ENTIRE
        } else {
            // Decreasing on each side of 0; an end at 0 stands for the limit from the side of the interval.
            let lo = if self.hi == 0.0 { f64::NEG_INFINITY } else { odd(self.hi).0 };
            let hi = if self.lo == 0.0 { f64::INFINITY } else { odd(self.lo).1 };
            Self { lo, hi }
        }
    }

    /// `{x^p : x >= 0}` over both intervals, with `0^0 = 1`; negative x, and 0 with a negative power, are left out.
    ///
    /// `x^p` is monotone in each variable when the other is fixed, so its extremes over a rectangle are at corners (or are
    /// limits there).
    pub fn pow(self, p: Self) -> Self {
        let x = self.intersection(Self { lo: 0.0, hi: f64::INFINITY });
        if x.is_empty() || p.is_empty() {
            return Self::EMPTY;
        }
        if x.hi == 0.0 {
            let zero = if p.hi > 0.0 { Self::ZERO } else { Self::EMPTY };
            return if p.contains(0.0) { zero.hull(Self::ONE) } else { zero };
        }
        let corner = |x: f64, p: f64| {
            let (lo, hi) = real_power(x, p);
            Self { lo, hi }
        };
        let mut range = corner(x.lo, p.lo);
        let (wide_x, wide_p) = (x.lo < x.hi, p.lo < p.hi);
        for (x, p, needed) in [(x.lo, p.hi, wide_p), (x.hi, p.lo, wide_x), (x.hi, p.hi, wide_x && wide_p)] {
            if needed {
                range = range.hull(corner(x, p));
            }
        }
        range
    }
}
