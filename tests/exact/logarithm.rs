//! `ln` of dyadic numbers to 400 bits, in integers: the one oracle for exp, exp_m1, ln and pow.

use super::decode;
use num_bigint::{BigInt, Sign};
use std::cmp::Ordering;

/// Bits after the point.
const POINT: usize = 400;

/// Bound on the error of [`ln`] in units of 2^-400, for numbers with exponents below 2200 in size: 140 terms, each with two
/// floors, times 2; the same for ln 2, times 2200.
fn error() -> BigInt {
    BigInt::from(2_000_000)
}

/// A dyadic number `mantissa 2^exponent`.
#[derive(Clone, Debug)]
pub(crate) struct Dyadic {
    pub(crate) mantissa: BigInt,
    pub(crate) exponent: i64,
}

impl Dyadic {
    pub(crate) fn new(x: f64) -> Self {
        let (m, exponent) = decode(x);
        let mantissa = BigInt::from_biguint(if x < 0.0 { Sign::Minus } else { Sign::Plus }, m.into());
        Self { mantissa, exponent }
    }

    /// `1 + self`
    pub(crate) fn plus_one(self) -> Self {
        let lowest = self.exponent.min(0);
        let mantissa = (self.mantissa << (self.exponent - lowest)) + (BigInt::from(1) << -lowest);
        Self { mantissa, exponent: lowest }
    }
}

fn floor_div(a: &BigInt, b: &BigInt) -> BigInt {
    let quotient: BigInt = a / b;
    if (a % b).sign() == Sign::Minus { quotient - 1 } else { quotient }
}

/// `2^400 * 2 atanh(n / d)`, `|n / d| <= 1/3`.
fn twice_atanh(n: &BigInt, d: &BigInt) -> BigInt {
    let one: BigInt = BigInt::from(1) << POINT;
    let z = floor_div(&(n * one), d);
    let z2 = (&z * &z) >> POINT;
    let (mut power, mut sum, mut k) = (z, BigInt::from(0), 1);
    while power != BigInt::from(0) && power != BigInt::from(-1) {
        sum += floor_div(&power, &BigInt::from(k));
        power = (&power * &z2) >> POINT;
        k += 2;
    }
    sum * 2
}

/// `2^400 ln x` for positive x, within `error()`.
pub(crate) fn ln(x: &Dyadic) -> BigInt {
    assert_eq!(x.mantissa.sign(), Sign::Plus, "ln of {x:?}");
    let bits = x.mantissa.bits() as i64;
    // x = m 2^e with m in [1/2, 1), or [1, 4/3) when m is below 2/3, so that |(m - 1) / (m + 1)| <= 1/5
    let (mut unit, mut e): (BigInt, i64) = (BigInt::from(1) << bits, bits + x.exponent);
    if &x.mantissa * 3 < &unit * 2 {
        (unit, e) = (unit >> 1, e - 1);
    }
    let reduced = twice_atanh(&(&x.mantissa - &unit), &(&x.mantissa + &unit));
    reduced + BigInt::from(e) * twice_atanh(&BigInt::from(1), &BigInt::from(3))
}

/// Compares `p ln x` with `ln y`: certain, or a panic (equality is found only where both are 0).
pub(crate) fn compare_power(x: &Dyadic, p: f64, y: &Dyadic) -> Ordering {
    let p = Dyadic::new(p);
    let scale = |value: BigInt, exponent: i64| if exponent < 0 { value } else { value << exponent };
    let left = scale(ln(x) * &p.mantissa, p.exponent);
    let right = scale(ln(y), -p.exponent);
    let slack = scale(error() * BigInt::from(p.mantissa.magnitude().clone()), p.exponent) + scale(error(), -p.exponent);
    certain(&left, &right, &slack)
}

/// Compares `ln y` with the double x.
pub(crate) fn compare_ln(y: &Dyadic, x: f64) -> Ordering {
    let x = Dyadic::new(x);
    let (left, right) = (ln(y) << (-x.exponent).max(0), (x.mantissa << POINT) << x.exponent.max(0));
    certain(&left, &right, &(error() << (-x.exponent).max(0)))
}

fn certain(left: &BigInt, right: &BigInt, slack: &BigInt) -> Ordering {
    let difference = left - right;
    assert!(difference.magnitude() > slack.magnitude(), "400 bits do not decide");
    difference.cmp(&BigInt::from(0))
}
