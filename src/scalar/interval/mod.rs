//! Certified intervals on doubles: every result contains every value that the exact operation can take.
//!
//! An [`Interval`] is a closed, connected set of real numbers, given by its two ends in `f64`; an end may be infinite (the set
//! is unbounded there, infinity is never a member), and the set may be empty. NaN is never an end. An operation on sets is
//! `f(X, Y) = hull {f(x, y) : x in X, y in Y, f defined at (x, y)}`, as in IEEE 1788: what lies outside the domain is left out
//! (`sqrt([-1, 4]) = [0, 2]`, `[1, 2] / [0, 0]` is empty). No C, no unsafe code, no change of the processor's rounding mode.
//!
//! ```
//! use specdyn::scalar::{Interval, Real};
//!
//! let tenth = Interval::parse("0.1", &()).unwrap();       // 1/10 is not a double: two neighbours
//! assert!(tenth.width() > 0.0 && tenth.width() < 2e-17);
//! assert!(Interval::parse("0.125", &()).unwrap().is_point());
//! let root = Interval::point(2.0).sqrt();
//! assert!((root * root).contains(2.0) && !root.is_point());
//! assert_eq!((root - root).sign(), None);                  // contains 0: undecided, and says so
//! assert!(root > Interval::ONE);                           // certain
//! ```
//!
//! # Why it is sound
//!
//! **Premises.** Arithmetic of `f64` is IEEE 754 with round-to-nearest, ties to even, and gradual underflow, as Rust guarantees
//! on every target with hardware doubles; foreign code that switched the rounding mode or flushes subnormals would void every
//! statement here. Parsing and printing of doubles by the standard library are exact where they claim to be.
//!
//! **Directed rounding from the residual** (`directed`). Let x be the exact result of an operation on two ends and `s = fl(x)`.
//! The largest double at most x is s if `x >= s`, and the predecessor of s otherwise, since no double lies between x and s. So
//! the sign of the residual `x - s` is all that is needed, and the residual is computable:
//!
//! - *sum*: `a + b - s` is a double, found by Knuth's 2Sum, without exception unless something overflows, and that leaves an
//!   infinity or NaN in it. Sums never underflow inexactly.
//! - *product*: `a b - p` is a double if `|p| >= 2^-960` (every partial product is then a multiple of `2^-1074`), found by one
//!   fused multiply-add or by Dekker's product; overflow of a part shows as above.
//! - *quotient*: `a / b - q` has the sign of `(a - q b) / b`; `a - q b` is a double if q is normal, found from the product `q b`.
//! - *root*: `sqrt(x) - s` has the sign of `x - s^2`, likewise.
//!
//! Where a premise fails (tiny or huge operands, infinite ends, the empty set) the operation takes a slower way: operands are
//! scaled to `[1, 2)` by powers of two, where none can fail, and only the sign of the scaled residual is used. A zero factor is
//! exact, `0 * infinity = 0` since the infinite end stands for large numbers. So `+ - * /`, `square`, `sqrt`, `scale` give the
//! *hull*: not one double wider than the exact range, and exact results stay points.
//!
//! **Which ends** (`arithmetic`). Sum, difference, product and quotient are monotone in each operand while the other is fixed,
//! so their extremes over a rectangle are at corners; the signs tell which, but for a product of two intervals with 0 inside,
//! where both candidates are computed. A divisor with 0 inside makes everything possible; one with 0 at an end, a half-line.
//!
//! **Elementary functions** (`exponential`, `logarithm`, `power`). No bound is known for those of a mathematical library, so
//! they are not used. `exp`, `exp_m1`, `ln` and real powers of a point are computed in 128-bit integers by argument reduction
//! and Taylor series, and the error is *counted*: a floor loses less than one unit, the tail of the series has a bound in closed
//! form, tables and constants are computed by the same counted arithmetic at compile time. That leaves 95 to 110 correct
//! bits, and their bounds are rounded outward, so that the result is the hull but for arguments that come within a relative
//! `2^-42` of a unit of a rounding boundary (none in the tests). Exact powers (`x^n` with few bits, `4^0.5`) are found exactly. On
//! an interval, monotonicity: the ends, for `pow` the four corners.
//!
//! **Sums of products** (`series`). [`convolve`](crate::scalar::Scalar::convolve) sums nearest products with 2Sum and accounts
//! for them with one a-priori bound; the argument is at its code. Its ends are within `2.01 u sum |p_i|` of the hull (`u = 2^-53`)
//! for any number of terms, tighter than one outward rounding per operation, and half its price.
//!
//! **Polynomials** ([`Interval::polynomial`]). Horner's rule intersected with the slope form about the midpoint; both contain the
//! range.
//!
//! **Text** (`decimal`). Doubles are compared with decimals digit by digit, without arithmetic: input becomes the tightest
//! interval around it, output is cut outward, so that what was printed, read back, contains what was there.
//!
//! # What is certain
//!
//! `==` and `<` speak of the *numbers enclosed*, not of the sets: `a < b` if every number of a is below every number of b, `a == b`
//! if both are the same single number, and neither where the enclosures do not decide. So an interval of positive width is not
//! equal to itself, `a != b` means "not certainly equal", and a branch taken on a comparison is the branch every enclosed
//! number would take. [`Interval::same_set`] compares sets. [`Real::sign`](crate::scalar::Real::sign) likewise.
//!
//! # Cost
//!
//! A sum is two 2Sums and two comparisons (about 20 operations), a product two error-free products after the signs have picked
//! the factors (about 50 without a fused multiply-add, 12 with one). Builds for a target with FMA (`-C target-feature=+fma`) give
//! the same bits, faster. The elementary functions take about 15 to 25 products of 128 bits a point. `benches/interval.rs` measures each
//! beside the plain operation.
//!
//! # How it is tested
//!
//! `tests/interval_containment.rs` (10^7 corner-biased checks against exact accumulators; `SPECDYN_CHECKS=100` makes it 10^9),
//! `tests/interval_elementary.rs` (against a 400-bit logarithm in integers), `tests/itf1788` (the vectors of the interval test
//! framework, every operation offered). `benches/interval.rs` measures.

mod arithmetic;
mod decimal;
mod directed;
pub(crate) mod error_free;
mod exponential;
mod logarithm;
mod measures;
mod monotone;
mod power;
mod real;
mod series;
mod sets;
#[cfg(test)]
mod special_values;
mod wide;

use super::DomainError;

/// A set of real numbers `{x : lo <= x <= hi}`, possibly unbounded, possibly empty; see the [module](self).
#[derive(Clone, Copy, Debug)]
pub struct Interval {
    /// Below +infinity, never NaN; +infinity for the empty set.
    lo: f64,
    /// Above -infinity, never NaN, not below `lo`; -infinity for the empty set.
    hi: f64,
}

impl Interval {
    /// No number at all: what is left when a function is asked for values outside its domain.
    pub const EMPTY: Self = Self { lo: f64::INFINITY, hi: f64::NEG_INFINITY };
    /// All real numbers: nothing is known.
    pub const ENTIRE: Self = Self { lo: f64::NEG_INFINITY, hi: f64::INFINITY };
    /// `{0}`.
    pub const ZERO: Self = Self { lo: 0.0, hi: 0.0 };
    /// `{1}`.
    pub const ONE: Self = Self { lo: 1.0, hi: 1.0 };

    /// `[lo, hi]`; `lo` may be -infinity and `hi` +infinity.
    ///
    /// # Errors
    /// An end is NaN, `lo > hi`, or no real number lies between them (`[inf, inf]`).
    pub fn new(lo: f64, hi: f64) -> Result<Self, DomainError> {
        if lo <= hi && lo < f64::INFINITY && hi > f64::NEG_INFINITY {
            Ok(Self { lo, hi })
        } else {
            Err(DomainError::new(
                "interval",
                format!("[{lo:?}, {hi:?}]"),
                "ends in order, with a real number between them",
            ))
        }
    }

    /// `{x}`. What is not a real number stands for what it may have come from: an infinity for all numbers beyond the
    /// largest double, NaN for all numbers.
    #[inline]
    pub const fn point(x: f64) -> Self {
        if x.is_finite() {
            Self { lo: x, hi: x }
        } else if x.is_nan() {
            Self::ENTIRE
        } else if x > 0.0 {
            Self { lo: f64::MAX, hi: x }
        } else {
            Self { lo: x, hi: f64::MIN }
        }
    }

    /// Lower end; -infinity if there is none, +infinity for the empty set.
    #[inline]
    pub const fn lower(self) -> f64 {
        self.lo
    }

    /// Upper end; +infinity if there is none, -infinity for the empty set.
    #[inline]
    pub const fn upper(self) -> f64 {
        self.hi
    }

    /// No number lies in it.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.lo > self.hi
    }

    /// Not empty, and both ends are finite.
    #[inline]
    pub const fn is_bounded(self) -> bool {
        self.lo > f64::NEG_INFINITY && self.hi < f64::INFINITY && self.lo <= self.hi
    }

    /// Exactly one number lies in it.
    #[inline]
    pub const fn is_point(self) -> bool {
        self.lo == self.hi
    }
}
