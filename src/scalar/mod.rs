//! Numbers. One formula serves them all: double precision, intervals, arbitrary precision, exact rationals.
//!
//! [`Scalar`] is what the population formulas need (a field with small integers); [`Real`] adds order, roots and
//! elementary functions, which flows need. A value carries its own context (its precision, where that is a run-time
//! choice), so that no formula ever mentions one: `q.int(2)` is 2 in the number system of `q`.
//!
//! Operations take their right-hand side by reference, since arbitrary-precision values are not `Copy`; for `f64` the
//! references and clones vanish in compilation.

mod decimal;
mod domain;
mod double;
pub mod interval;
mod ladder;
mod lanes;
#[cfg(feature = "mpfr")]
mod mp;
#[cfg(feature = "mpfr")]
mod mp_interval;
mod precision;
mod random;
mod rational;
pub mod slope;

pub use domain::{DomainError, spoken};
pub use interval::Interval;
pub use ladder::{Ladder, agreeing_digits, climb};
pub use lanes::{Instructions, Lanes};
#[cfg(feature = "mpfr")]
pub use mp::Mp;
#[cfg(feature = "mpfr")]
pub use mp_interval::MpInterval;
pub use precision::Precision;
pub use random::{NormalStream, Normals, Stream, shuffled};
pub use rational::Rational;
pub use slope::{Slope, mean_value};

use std::cmp::Ordering;
use std::fmt::{Debug, Display};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A number system in which risk, gradient, brackets and their Taylor coefficients can be computed.
pub trait Scalar:
    Clone
    + Debug
    + PartialEq
    + Send
    + Sync
    + 'static
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + for<'a> Add<&'a Self, Output = Self>
    + for<'a> Sub<&'a Self, Output = Self>
    + for<'a> Mul<&'a Self, Output = Self>
    + for<'a> Div<&'a Self, Output = Self>
{
    /// What a new value must be told: `()` for `f64`, the precision in bits for arbitrary precision.
    type Context: Clone + Debug + PartialEq + Send + Sync;

    /// Whether a recurrence waits for its operations, rather than for their number: then it is worth another operation to need the
    /// newest coefficients later.
    const WAITS: bool = false;

    /// Whether a product costs less where fewer digits of it are wanted: then it is worth finding out how many are.
    const COUNTS_DIGITS: bool = false;

    /// The context this value carries.
    fn context(&self) -> Self::Context;

    /// The integer `n`; exact whenever the number system can hold it, else rounded (or enclosed).
    fn from_int(n: i64, context: &Self::Context) -> Self;

    /// The integer `n` in the number system of `self`.
    #[inline]
    fn int(&self, n: i64) -> Self {
        Self::from_int(n, &self.context())
    }

    /// `self * n`.
    #[inline]
    fn times(&self, n: i64) -> Self {
        self.int(n) * self
    }

    /// `self / n`, `n` not 0.
    #[inline]
    fn over(&self, n: i64) -> Self {
        self.clone() / self.int(n)
    }

    /// `self * self`; an interval type gives the range of the square, which is tighter than the product.
    #[inline]
    fn square(&self) -> Self {
        self.clone() * self
    }

    /// `self += a * b`, in place. The hot operation of every series; may round once or twice.
    #[inline]
    fn add_prod(&mut self, a: &Self, b: &Self) {
        let ab = a.clone() * b;
        *self = self.clone() + ab;
    }

    /// The k-th coefficient of a product of two series: `sum_i a[i] * b[k - i]`, `i = 0..=k`.
    ///
    /// # Panics
    /// When `a` or `b` holds fewer than `k + 1` coefficients.
    #[inline]
    fn convolve(a: &[Self], b: &[Self], k: usize) -> Self {
        let mut sum = a[0].int(0);
        for i in 0..=k {
            sum.add_prod(&a[i], &b[k - i]);
        }
        sum
    }

    /// [`Scalar::convolve`] of `used` pairs of series at once, the l-th in lane l; the other lanes are arbitrary.
    ///
    /// # Panics
    /// When `a` or `b` holds fewer than `k + 1` coefficients.
    #[inline]
    fn convolve_lanes(a: &[[Self; LANES]], b: &[[Self; LANES]], k: usize, used: usize) -> [Self; LANES] {
        let mut sums = [(); LANES].map(|()| a[0][0].int(0));
        for i in 0..=k {
            for l in 0..used {
                sums[l].add_prod(&a[i][l], &b[k - i][l]);
            }
        }
        sums
    }

    /// [`Scalar::convolve`] where digits worth less than `2^below` are of no use: the sum may be wrong by another `k + 1` times that. What does not
    /// cost less in this way ignores it.
    #[inline]
    fn convolve_above(a: &[Self], b: &[Self], k: usize, _below: i64) -> Self {
        Self::convolve(a, b, k)
    }

    /// [`Scalar::convolve_lanes`], likewise.
    #[inline]
    fn convolve_lanes_above(
        a: &[[Self; LANES]],
        b: &[[Self; LANES]],
        k: usize,
        used: usize,
        _below: &[i64; LANES],
    ) -> [Self; LANES] {
        Self::convolve_lanes(a, b, k, used)
    }

    /// Does `work` with the widest vector instructions of the machine at hand, where that makes numbers of this kind faster. They are
    /// the same operations in the same order: no bit depends on it.
    #[inline(always)]
    fn widely<W: Work>(work: W) -> W::Output {
        work.run()
    }
}

/// Series that [`Scalar::convolve_lanes`] multiplies side by side.
pub const LANES: usize = 4;

/// Something to [do widely](Scalar::widely): a type of its own, since a closure would not be inlined into the function that has the
/// instructions. What it calls must be inlined too (`#[inline(always)]`).
pub trait Work {
    /// What comes of it.
    type Output;

    /// Does it.
    fn run(self) -> Self::Output;
}

/// An ordered number system with square roots and elementary functions.
///
/// For set-valued types (intervals) every answer about order is certain: [`PartialOrd`] and [`Real::sign`] return `None`
/// where the enclosures do not decide.
pub trait Real: Scalar + PartialOrd + Display {
    /// Reads a decimal (`0.1`, `1e-300`) as exactly as the number system can: rounded to nearest, or enclosed.
    ///
    /// # Errors
    /// The text is not a finite decimal number.
    fn parse(text: &str, context: &Self::Context) -> Result<Self, DomainError>;

    /// The value of a double, which every number system here can hold exactly.
    fn from_f64(x: f64, context: &Self::Context) -> Self;

    /// The nearest double (of an interval: of its midpoint).
    fn to_f64(&self) -> f64;

    /// Significant bits of this number system, in this context (53 for `f64`).
    fn bits(context: &Self::Context) -> u32;

    /// The spacing of numbers just above 1: `2^(1 - bits)`.
    fn epsilon(context: &Self::Context) -> Self {
        Self::from_int(2, context).pow(&Self::from_int(1 - i64::from(Self::bits(context)), context))
    }

    /// `log2 |x|` to within a few per cent of a unit, for choosing sizes of steps; of 0, something very negative.
    fn magnitude(&self) -> f64 {
        self.abs().ln().to_f64() * std::f64::consts::LOG2_E
    }

    /// Certain sign, or `None` (undecided interval, NaN).
    fn sign(&self) -> Option<Ordering>;

    /// Neither infinite nor NaN.
    fn is_finite(&self) -> bool;

    /// The number itself; of an enclosure, its lower end alone.
    fn lower_end(&self) -> Self {
        self.clone()
    }

    /// The better of two results of computing the same number, `self` unless something is known of errors: of enclosures, what both
    /// have in common.
    fn refined_by(self, _other: Self) -> Self {
        self
    }

    /// Absolute value.
    fn abs(&self) -> Self;

    /// Square root; NaN (or empty) below zero.
    fn sqrt(&self) -> Self;

    /// Exponential.
    fn exp(&self) -> Self;

    /// `exp(x) - 1` without cancellation near 0.
    fn exp_m1(&self) -> Self;

    /// Natural logarithm.
    fn ln(&self) -> Self;

    /// `self^p` for `self >= 0`; `0^0 = 1`.
    fn pow(&self, p: &Self) -> Self;
}

/// A number system whose values are sets that contain the number meant.
pub trait Enclosure: Real {
    /// The upper end alone, as [`Real::lower_end`] the lower one.
    fn upper_end(&self) -> Self;

    /// The smallest enclosure that contains both.
    fn hull_with(self, other: &Self) -> Self;
}
