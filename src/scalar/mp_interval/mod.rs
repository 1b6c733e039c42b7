//! Certified intervals of arbitrary precision: MPFR's directed rounding at both ends (cargo feature `mpfr`).
//!
//! An interval is a closed set of real numbers, possibly unbounded, possibly empty. Every operation contains the result of
//! the exact operation for all numbers of its operands, with ends that are the best ones of the precision (compound functions
//! such as `pow` at corners included). Numbers at which a function is not defined are left out.
//! Order and equality are certain or `None`/`false`, as for the intervals of doubles.

mod arithmetic;
mod functions;
mod sets;
mod text;

use super::{DomainError, Enclosure, Mp, Precision, Real, Scalar};
use rug::Float;
use rug::float::{Round, Special};
use std::cmp::Ordering;

/// `{x : lo <= x <= hi}` with ends of a run-time [`Precision`].
///
/// ```
/// use specdyn::scalar::{MpInterval, Precision, Real, Scalar};
/// let precision = Precision::new(100)?;
/// let tenth = MpInterval::parse("0.1", &precision)?;
/// assert!(tenth.lower() < tenth.upper());
/// assert!(tenth.times(10).contains(&tenth.lower().int(1)));
/// # Ok::<(), specdyn::scalar::DomainError>(())
/// ```
#[derive(Clone, Debug)]
pub struct MpInterval {
    /// Below +infinity, never NaN; +infinity for the empty set.
    lo: Float,
    /// Above -infinity, never NaN; -infinity for the empty set.
    hi: Float,
}

impl MpInterval {
    /// `[lo, hi]`, at the precision of `lo`; infinite ends mean unbounded.
    ///
    /// # Errors
    /// An end is NaN, `lo > hi`, or no real number lies between them.
    pub fn new(lo: &Mp, hi: &Mp) -> Result<Self, DomainError> {
        let precision = lo.precision();
        let (a, b) = (lo.as_float(), hi.as_float());
        if a <= b && !(a == b && a.is_infinite()) {
            let hi = Float::with_val_round(precision.bits(), b, Round::Up).0;
            return Ok(Self { lo: a.clone(), hi });
        }
        Err(DomainError::new("interval", format!("[{lo}, {hi}]"), "ends in order, with a real number between them"))
    }

    /// `{x}`; all numbers beyond the largest for an infinity, all numbers for NaN.
    pub fn point(x: &Mp) -> Self {
        Self::around(x.precision(), x.as_float())
    }

    /// No number at all.
    pub fn empty(precision: Precision) -> Self {
        let end = |special| Float::with_val(precision.bits(), special);
        Self { lo: end(Special::Infinity), hi: end(Special::NegInfinity) }
    }

    /// All real numbers.
    pub fn entire(precision: Precision) -> Self {
        let end = |special| Float::with_val(precision.bits(), special);
        Self { lo: end(Special::NegInfinity), hi: end(Special::Infinity) }
    }

    /// The tightest interval around a value of another type.
    fn around<T: Copy>(precision: Precision, x: T) -> Self
    where
        Float: rug::ops::AssignRound<T, Round = Round, Ordering = Ordering>,
    {
        let round = |direction| Float::with_val_round(precision.bits(), x, direction).0;
        let (mut lo, mut hi) = (round(Round::Down), round(Round::Up));
        if lo.is_nan() {
            return Self::entire(precision);
        }
        if lo.is_infinite() && lo.is_sign_positive() {
            lo.next_down();
        }
        if hi.is_infinite() && hi.is_sign_negative() {
            hi.next_up();
        }
        Self { lo, hi }
    }

    /// Lower end; -infinity if there is none, +infinity for the empty set.
    pub fn lower(&self) -> Mp {
        Mp::from_float(self.lo.clone())
    }

    /// Upper end; +infinity if there is none, -infinity for the empty set.
    pub fn upper(&self) -> Mp {
        Mp::from_float(self.hi.clone())
    }

    #[inline]
    fn precision(&self) -> Precision {
        Precision::of_value(self.lo.prec())
    }
}

impl Scalar for MpInterval {
    type Context = Precision;

    #[inline]
    fn context(&self) -> Precision {
        self.precision()
    }

    #[inline]
    fn from_int(n: i64, precision: &Precision) -> Self {
        Self::around(*precision, n)
    }

    fn square(&self) -> Self {
        let x = self.abs();
        x.product(&x)
    }

    fn add_prod(&mut self, a: &Self, b: &Self) {
        self.add_product(a, b);
    }
}

impl Enclosure for MpInterval {
    fn upper_end(&self) -> Self {
        Self::point(&self.upper())
    }

    fn hull_with(self, other: &Self) -> Self {
        self.hull(other)
    }
}

impl Real for MpInterval {
    /// The tightest enclosure of the decimal; `[0.1, 0.2]` is read as one of all numbers between the two.
    fn parse(text: &str, precision: &Precision) -> Result<Self, DomainError> {
        text::parse(text, *precision)
    }

    /// The point `x`, enclosed if the precision is below 53 bits; all numbers beyond the largest for an infinity.
    fn from_f64(x: f64, precision: &Precision) -> Self {
        Self::around(*precision, x)
    }

    /// The double nearest to the [midpoint](MpInterval::midpoint).
    fn to_f64(&self) -> f64 {
        self.midpoint().to_f64()
    }

    fn bits(precision: &Precision) -> u32 {
        precision.bits()
    }

    fn sign(&self) -> Option<Ordering> {
        match (self.lo.cmp0()?, self.hi.cmp0()?) {
            _ if self.is_empty() => None,
            (Ordering::Greater, _) => Some(Ordering::Greater),
            (_, Ordering::Less) => Some(Ordering::Less),
            (Ordering::Equal, Ordering::Equal) => Some(Ordering::Equal),
            _ => None,
        }
    }

    /// Bounded and not empty.
    fn is_finite(&self) -> bool {
        self.lo.is_finite() && self.hi.is_finite()
    }

    fn lower_end(&self) -> Self {
        Self::point(&self.lower())
    }

    fn refined_by(self, other: Self) -> Self {
        self.intersection(&other)
    }

    fn abs(&self) -> Self {
        self.absolute()
    }

    fn sqrt(&self) -> Self {
        self.clip_below_zero().increasing(|x, round| x.sqrt_round(round))
    }

    fn exp(&self) -> Self {
        self.clone().increasing(|x, round| x.exp_round(round))
    }

    fn exp_m1(&self) -> Self {
        self.clone().increasing(|x, round| x.exp_m1_round(round))
    }

    /// What lies at or below 0 has no logarithm and is left out.
    fn ln(&self) -> Self {
        if self.hi.cmp0() == Some(Ordering::Greater) {
            self.clip_below_zero().increasing(|x, round| x.ln_round(round))
        } else {
            Self::empty(self.precision())
        }
    }

    fn pow(&self, p: &Self) -> Self {
        self.power(p)
    }
}

#[cfg(test)]
mod tests;
