//! Roots and powers that are rational.

use super::super::{Real, Scalar};
use super::Rational;
use dashu_base::BitTest;
use dashu_int::{IBig, UBig};
use std::cmp::Ordering;

/// Results above this size (128 MiB) are undefined: no formula of this crate means them.
const MAX_BITS: u64 = 1 << 30;

/// The non-negative n-th root, `n >= 1`: numerator and denominator are coprime, so it is rational iff both are n-th powers.
pub(super) fn root(x: &Rational, n: usize) -> Rational {
    let Some((numerator, denominator)) = x.parts() else { return Rational::UNDEFINED };
    let Ok(numerator) = UBig::try_from(numerator.clone()) else { return Rational::UNDEFINED };
    match (exact_root(&numerator, n), exact_root(denominator, n)) {
        (Some(p), Some(q)) => Rational::from_parts(p.into(), q),
        _ => Rational::UNDEFINED,
    }
}

fn exact_root(x: &UBig, n: usize) -> Option<UBig> {
    if n == 1 || x.is_zero() || x.is_one() {
        return Some(x.clone());
    }
    if n > x.bit_len() {
        return None; // 2^n > x > 1
    }
    let root = x.nth_root(n);
    (root.pow(n) == *x).then_some(root)
}

/// `x^(m/n)` for `x >= 0`, with `0^0 = 1`.
pub(super) fn power(x: &Rational, p: &Rational) -> Rational {
    let (Some(sign), Some(sign_of_power)) = (x.sign(), p.sign()) else { return Rational::UNDEFINED };
    match (sign, sign_of_power) {
        (Ordering::Less, _) => return Rational::UNDEFINED,
        (_, Ordering::Equal) => return x.int(1),
        (Ordering::Equal, Ordering::Greater) => return x.int(0),
        (Ordering::Equal, Ordering::Less) => return Rational::UNDEFINED,
        _ if *x == x.int(1) => return x.int(1),
        _ => {}
    }
    let Some((m, n)) = p.parts() else { return Rational::UNDEFINED };
    let (Ok(m), Ok(n)) = (i64::try_from(m), usize::try_from(n)) else { return Rational::UNDEFINED };
    let base = root(x, n);
    let Some((numerator, denominator)) = base.parts() else { return Rational::UNDEFINED };
    if base.size().saturating_mul(m.unsigned_abs()) > MAX_BITS {
        return Rational::UNDEFINED;
    }
    let exponent = m.unsigned_abs() as usize;
    let result = Rational::from_parts(numerator.pow(exponent), denominator.pow(exponent));
    if m < 0 { Rational::from_int(1, &()) / result } else { result }
}

/// `10^exponent`, as numerator and denominator.
pub(super) fn power_of_ten(exponent: i64) -> (IBig, UBig) {
    let power = UBig::from(10_u8).pow(exponent.unsigned_abs() as usize);
    if exponent < 0 { (IBig::ONE, power) } else { (power.into(), UBig::ONE) }
}
