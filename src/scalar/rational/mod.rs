//! Exact rationals: nothing is ever rounded, and `0.1` means 1/10.
//!
//! The four operations, order and decimal input are exact. Division by zero, and roots, powers and exponentials that are not
//! rational, have no value here: they give the *undefined* number, which behaves as NaN does (no sign, no order, equal to
//! nothing, and every operation with it is undefined), so that a formula of [`Real`] is either exact or says it is not.

mod arithmetic;
mod power;
mod text;

use super::{DomainError, Real, Scalar};
use dashu_base::{Abs, BitTest, DivRemEuclid, Gcd, Sign};
use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;
use std::cmp::Ordering;

/// An exact rational, or undefined.
///
/// ```
/// use specdyn::scalar::{Rational, Real, Scalar};
/// let tenth = Rational::parse("0.1", &())?;
/// assert_eq!(tenth, Rational::from_int(1, &()).over(10));
/// assert_eq!(tenth.square().sqrt(), tenth);
/// assert!(!tenth.sqrt().is_finite());
/// # Ok::<(), specdyn::scalar::DomainError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rational {
    value: Option<RBig>,
}

impl Rational {
    /// `numerator / denominator` of 64-bit integers; undefined for a zero denominator.
    pub fn fraction(numerator: i64, denominator: i64) -> Self {
        Self::from_int(numerator, &()).over(denominator)
    }

    /// Bits of the larger of numerator and denominator: what the number costs in memory. 0 for undefined.
    pub fn size(&self) -> u64 {
        self.value.as_ref().map_or(0, |x| x.numerator().bit_len().max(x.denominator().bit_len()) as u64)
    }

    /// The largest integer at most `self`, and whether it equals `self`; undefined of undefined.
    pub(crate) fn floor(&self) -> (Self, bool) {
        let Some((numerator, denominator)) = self.parts() else { return (Self::UNDEFINED, false) };
        let (quotient, remainder) = numerator.div_rem_euclid(IBig::from(denominator.clone()));
        (Self::defined(quotient.into()), remainder.is_zero())
    }

    /// The integer that `self` is, if it is one that 64 bits hold.
    pub(crate) fn to_int(&self) -> Option<i64> {
        let (numerator, denominator) = self.parts()?;
        denominator.is_one().then(|| i64::try_from(numerator).ok())?
    }

    /// The smallest positive integer that makes an integer of every one of `values` (undefined ones aside).
    pub(crate) fn common_denominator<'a>(values: impl IntoIterator<Item = &'a Self>) -> Self {
        let lcm = values.into_iter().filter_map(Self::parts).fold(UBig::ONE, |lcm, (_, denominator)| {
            let gcd = Gcd::gcd(&lcm, denominator);
            lcm * (denominator / gcd)
        });
        Self::defined(lcm.into())
    }

    /// Numerator and denominator in lowest terms, the denominator positive; `None` for undefined.
    pub(super) fn parts(&self) -> Option<(&IBig, &UBig)> {
        self.value.as_ref().map(|x| (x.numerator(), x.denominator()))
    }

    /// `numerator / denominator`, reduced; undefined for a zero denominator.
    pub(super) fn from_parts(numerator: IBig, denominator: UBig) -> Self {
        let value = (!denominator.is_zero()).then(|| RBig::from_parts(numerator, denominator));
        Self { value }
    }

    fn defined(value: RBig) -> Self {
        Self { value: Some(value) }
    }

    const UNDEFINED: Self = Self { value: None };
}

impl PartialEq for Rational {
    fn eq(&self, other: &Self) -> bool {
        matches!((&self.value, &other.value), (Some(a), Some(b)) if a == b)
    }
}

impl PartialOrd for Rational {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.value.as_ref()?.cmp(other.value.as_ref()?))
    }
}

impl Scalar for Rational {
    type Context = ();

    fn context(&self) {}

    fn from_int(n: i64, (): &()) -> Self {
        Self::defined(IBig::from(n).into())
    }
}

impl Real for Rational {
    /// A decimal (`0.1` is 1/10) or a fraction of decimals (`1/3`), exactly.
    fn parse(text: &str, (): &()) -> Result<Self, DomainError> {
        text::parse(text)
    }

    /// The double's exact value; undefined for infinities and NaN.
    fn from_f64(x: f64, (): &()) -> Self {
        Self { value: RBig::try_from(x).ok() }
    }

    /// The nearest double, ties to even; NaN for undefined.
    fn to_f64(&self) -> f64 {
        self.value.as_ref().map_or(f64::NAN, |x| x.to_f64().value())
    }

    /// All of them.
    fn bits((): &()) -> u32 {
        u32::MAX
    }

    fn sign(&self) -> Option<Ordering> {
        let x = self.value.as_ref()?;
        Some(match x.sign() {
            _ if x.is_zero() => Ordering::Equal,
            Sign::Negative => Ordering::Less,
            Sign::Positive => Ordering::Greater,
        })
    }

    fn is_finite(&self) -> bool {
        self.value.is_some()
    }

    fn abs(&self) -> Self {
        Self { value: self.value.clone().map(Abs::abs) }
    }

    /// Where it is rational, else undefined.
    fn sqrt(&self) -> Self {
        power::root(self, 2)
    }

    /// 1 for 0, else undefined (e^x is irrational at every other rational).
    fn exp(&self) -> Self {
        if self.value.as_ref().is_some_and(RBig::is_zero) { self.int(1) } else { Self::UNDEFINED }
    }

    /// 0 for 0, else undefined.
    fn exp_m1(&self) -> Self {
        self.exp() - self.int(1)
    }

    /// 0 for 1, else undefined (ln x is irrational at every other positive rational).
    fn ln(&self) -> Self {
        if self.value.as_ref().is_some_and(RBig::is_one) { self.int(0) } else { Self::UNDEFINED }
    }

    /// Where it is rational, else undefined.
    fn pow(&self, p: &Self) -> Self {
        power::power(self, p)
    }
}

#[cfg(test)]
mod tests;
