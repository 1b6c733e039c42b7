//! Arbitrary precision: MPFR floats whose precision is chosen at run time (cargo feature `mpfr`).
//!
//! Every operation is correctly rounded (to nearest, ties to even) to the precision of its *left* operand, so a computation
//! whose inputs share a [`Precision`] stays in it. Exponents reach `±2^30`: neither 1e-300 nor its square is near a limit.

mod arithmetic;
mod convolution;
mod long;
pub(super) mod text;

use super::{DomainError, LANES, Precision, Real, Scalar};
use rug::Float;
use rug::float::Round;
use rug::ops::PowAssign;
use std::cmp::Ordering;

/// A floating-point number of run-time [`Precision`].
///
/// ```
/// use specdyn::scalar::{Mp, Precision, Real, Scalar};
/// let precision = Precision::for_digits(30)?;
/// let tenth = Mp::parse("0.1", &precision)?;
/// assert_eq!(tenth.to_string(), "0.1"); // the shortest digits that read back as this number
/// assert_ne!(tenth, Mp::from_f64(0.1, &precision)); // a double is a tenth to 17 digits only
/// assert_ne!(tenth.times(3), Mp::parse("0.3", &precision)?); // binary, and rounded, at any precision
/// # Ok::<(), specdyn::scalar::DomainError>(())
/// ```
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub struct Mp {
    value: Float,
}

/// No digit of a product is worth less.
const ALL_DIGITS: i64 = i64::MIN;

impl Mp {
    /// The same number rounded to another precision.
    pub fn to_precision(&self, precision: Precision) -> Self {
        Self { value: Float::with_val(precision.bits(), &self.value) }
    }

    /// The precision of this value.
    #[inline]
    pub fn precision(&self) -> Precision {
        Precision::of_value(self.value.prec())
    }

    pub(super) fn from_float(value: Float) -> Self {
        Self { value }
    }

    pub(super) fn as_float(&self) -> &Float {
        &self.value
    }

    fn map(&self, in_place: impl FnOnce(&mut Float)) -> Self {
        let mut value = self.value.clone();
        in_place(&mut value);
        Self { value }
    }
}

impl Scalar for Mp {
    type Context = Precision;

    const COUNTS_DIGITS: bool = true;

    #[inline]
    fn context(&self) -> Precision {
        self.precision()
    }

    #[inline]
    fn from_int(n: i64, precision: &Precision) -> Self {
        Self { value: Float::with_val(precision.bits(), n) }
    }

    #[inline]
    fn times(&self, n: i64) -> Self {
        self.map(|x| *x *= n)
    }

    #[inline]
    fn over(&self, n: i64) -> Self {
        self.map(|x| *x /= n)
    }

    #[inline]
    fn square(&self) -> Self {
        self.map(Float::square_mut)
    }

    /// Rounds once (MPFR's fma), in place.
    #[inline]
    fn add_prod(&mut self, a: &Self, b: &Self) {
        self.value += &a.value * &b.value;
    }

    /// The products are added in fixed point with at least 60 bits to spare, and their sum is rounded once.
    #[inline]
    fn convolve(a: &[Self], b: &[Self], k: usize) -> Self {
        Self::convolve_above(a, b, k, ALL_DIGITS)
    }

    fn convolve_lanes(a: &[[Self; LANES]], b: &[[Self; LANES]], k: usize, used: usize) -> [Self; LANES] {
        Self::convolve_lanes_above(a, b, k, used, &[ALL_DIGITS; LANES])
    }

    #[inline]
    fn convolve_above(a: &[Self], b: &[Self], k: usize, below: i64) -> Self {
        convolution::convolve(&a[..=k], &b[..=k], below)
    }

    fn convolve_lanes_above(
        a: &[[Self; LANES]],
        b: &[[Self; LANES]],
        k: usize,
        used: usize,
        below: &[i64; LANES],
    ) -> [Self; LANES] {
        let (a, b) = (&a[..=k], &b[..=k]);
        std::array::from_fn(|l| if l < used { convolution::convolve_lane(a, b, l, below[l]) } else { a[0][l].int(0) })
    }
}

impl Real for Mp {
    fn parse(text: &str, precision: &Precision) -> Result<Self, DomainError> {
        text::parse(text, *precision, Round::Nearest).map(|value| Self { value })
    }

    /// Exact from 53 bits on, else rounded.
    #[inline]
    fn from_f64(x: f64, precision: &Precision) -> Self {
        Self { value: Float::with_val(precision.bits(), x) }
    }

    #[inline]
    fn to_f64(&self) -> f64 {
        self.value.to_f64()
    }

    #[inline]
    fn bits(precision: &Precision) -> u32 {
        precision.bits()
    }

    fn magnitude(&self) -> f64 {
        let (mantissa, exponent) = self.value.to_f64_exp();
        if mantissa == 0.0 { f64::MIN } else { f64::from(exponent) + libm::log2(mantissa.abs()) }
    }

    #[inline]
    fn sign(&self) -> Option<Ordering> {
        self.value.cmp0()
    }

    #[inline]
    fn is_finite(&self) -> bool {
        self.value.is_finite()
    }

    #[inline]
    fn abs(&self) -> Self {
        self.map(Float::abs_mut)
    }

    #[inline]
    fn sqrt(&self) -> Self {
        self.map(Float::sqrt_mut)
    }

    fn exp(&self) -> Self {
        self.map(Float::exp_mut)
    }

    fn exp_m1(&self) -> Self {
        self.map(Float::exp_m1_mut)
    }

    fn ln(&self) -> Self {
        self.map(Float::ln_mut)
    }

    fn pow(&self, p: &Self) -> Self {
        self.map(|x| x.pow_assign(&p.value))
    }
}

#[cfg(test)]
mod tests;
