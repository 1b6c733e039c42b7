//! The four operations, negation, square, absolute value and square root: the hull of the exact range, endpoint by endpoint.

use super::Interval;
use super::directed::{above, add_down, add_up, below, div_down, div_up, mul_down, mul_up, sqrt_both};
use super::error_free::{SAFE_PRODUCT, division_remainder, two_product, two_sum};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// Which endpoints of `a` and `b` multiply to the ends of the product: `[(x, y), (x', y')]` with `[x y, x' y']` the range.
/// `None` when both intervals have zero inside, where two products compete for each end.
#[inline(always)]
fn extreme_factors(a: Interval, b: Interval) -> Option<[(f64, f64); 2]> {
    if a.lo >= 0.0 {
        Some([(if b.lo >= 0.0 { a.lo } else { a.hi }, b.lo), (if b.hi >= 0.0 { a.hi } else { a.lo }, b.hi)])
    } else if a.hi <= 0.0 {
        Some([(if b.hi >= 0.0 { a.lo } else { a.hi }, b.hi), (if b.lo >= 0.0 { a.hi } else { a.lo }, b.lo)])
    } else if b.lo >= 0.0 {
        Some([(a.lo, b.hi), (a.hi, b.hi)])
    } else if b.hi <= 0.0 {
        Some([(a.hi, b.lo), (a.lo, b.lo)])
    } else {
        None
    }
}

/// [`extreme_factors`] for nearest products: where two compete, the ones that win after rounding to nearest. The exact
/// winner rounds to the same double (rounding is monotone), so a bound on the rounding error covers it too.
#[inline(always)]
pub(super) fn nearest_extreme_products(a: Interval, b: Interval) -> (f64, f64) {
    match extreme_factors(a, b) {
        Some([(x, y), (u, v)]) => (x * y, u * v),
        None => ((a.lo * b.hi).min(a.hi * b.lo), (a.lo * b.lo).max(a.hi * b.hi)),
    }
}

/// Whether the (finite) residual of the product `p = fl(x y)` is exact.
#[inline(always)]
fn trusted(p: f64, x: f64, y: f64) -> bool {
    p.abs() >= SAFE_PRODUCT || x == 0.0 || y == 0.0
}

/// Whether the (finite) remainder of the quotient `q = fl(x / y)` is exact: `fl(q y)`, within an ulp of x, has an exact
/// residual, and q is normal.
#[inline(always)]
fn trusted_quotient(q: f64, x: f64) -> bool {
    q.abs().min(x.abs()) >= 2.0 * SAFE_PRODUCT || x == 0.0
}

impl Interval {
    #[cold]
    fn add_anything(self, b: Self) -> Self {
        if self.is_empty() || b.is_empty() {
            return Self::EMPTY;
        }
        Self { lo: add_down(self.lo, b.lo), hi: add_up(self.hi, b.hi) }
    }

    #[cold]
    fn mul_anything(self, b: Self) -> Self {
        if self.is_empty() || b.is_empty() {
            return Self::EMPTY;
        }
        match extreme_factors(self, b) {
            Some([(x, y), (u, v)]) => Self { lo: mul_down(x, y), hi: mul_up(u, v) },
            None => Self {
                lo: mul_down(self.lo, b.hi).min(mul_down(self.hi, b.lo)),
                hi: mul_up(self.lo, b.lo).max(mul_up(self.hi, b.hi)),
            },
        }
    }

    /// Division, zero not inside `b`: `b >= 0` or `b <= 0`, an end of `b` may be 0.
    fn div_signed(self, b: Self) -> Self {
        if b.hi <= 0.0 {
            return (-self).div_signed(-b);
        }
        // Lower end: a.lo over the end of b that makes it smallest; -infinity when that end is 0.
        let over = |x: f64, y: f64, bound: fn(f64, f64) -> f64, limit: f64| if y == 0.0 { limit } else { bound(x, y) };
        let lo =
            if self.lo >= 0.0 { div_down(self.lo, b.hi) } else { over(self.lo, b.lo, div_down, f64::NEG_INFINITY) };
        let hi = if self.hi <= 0.0 { div_up(self.hi, b.hi) } else { over(self.hi, b.lo, div_up, f64::INFINITY) };
        Self { lo, hi }
    }

    #[cold]
    fn div_anything(self, b: Self) -> Self {
        if self.is_empty() || b.is_empty() || (b.lo == 0.0 && b.hi == 0.0) {
            Self::EMPTY
        } else if self.lo == 0.0 && self.hi == 0.0 {
            Self::ZERO
        } else if b.lo < 0.0 && b.hi > 0.0 {
            Self::ENTIRE
        } else {
            self.div_signed(b)
        }
    }

    /// `{1 / x}`.
    pub fn recip(self) -> Self {
        Self::ONE / self
    }

    /// `{x^2}`, never below 0.
    #[inline]
    pub fn square(self) -> Self {
        let x = self.abs();
        let ((l, le), (h, he)) = (two_product(x.lo, x.lo), two_product(x.hi, x.hi));
        if (le + he).is_finite() && trusted(l, x.lo, x.lo) && trusted(h, x.hi, x.hi) {
            Self { lo: below(l, le), hi: above(h, he) }
        } else {
            x.mul_anything(x)
        }
    }

    /// `{|x|}`.
    #[inline]
    pub fn abs(self) -> Self {
        if self.lo >= 0.0 {
            self
        } else if self.hi <= 0.0 {
            -self
        } else {
            Self { lo: 0.0, hi: self.hi.max(-self.lo) }
        }
    }

    /// `{sqrt(x) : x >= 0}`: what lies below 0 has no root and is left out, so the root of a negative interval is empty.
    #[inline]
    pub fn sqrt(self) -> Self {
        if self.hi >= 0.0 { Self { lo: sqrt_both(self.lo.max(0.0)).0, hi: sqrt_both(self.hi).1 } } else { Self::EMPTY }
    }

    /// `{a x}` for one double `a`: two products and no case distinction but the sign of `a`. What is not finite stands for what
    /// [`Interval::point`] makes of it.
    #[inline]
    pub fn scale(self, a: f64) -> Self {
        let (x, y) = if a >= 0.0 { (self.lo, self.hi) } else { (self.hi, self.lo) };
        let ((l, le), (h, he)) = (two_product(x, a), two_product(y, a));
        if (le + he).is_finite() && trusted(l, x, a) && trusted(h, y, a) {
            Self { lo: below(l, le), hi: above(h, he) }
        } else {
            self.mul_anything(Self::point(a))
        }
    }
}

impl Neg for Interval {
    type Output = Self;

    #[inline]
    fn neg(self) -> Self {
        Self { lo: -self.hi, hi: -self.lo }
    }
}

impl Add for Interval {
    type Output = Self;

    #[inline]
    fn add(self, b: Self) -> Self {
        let ((l, le), (h, he)) = (two_sum(self.lo, b.lo), two_sum(self.hi, b.hi));
        if (le + he).is_finite() { Self { lo: below(l, le), hi: above(h, he) } } else { self.add_anything(b) }
    }
}

impl Sub for Interval {
    type Output = Self;

    #[inline]
    fn sub(self, b: Self) -> Self {
        self + -b
    }
}

impl Mul for Interval {
    type Output = Self;

    #[inline]
    fn mul(self, b: Self) -> Self {
        if let Some([(x, y), (u, v)]) = extreme_factors(self, b) {
            let ((l, le), (h, he)) = (two_product(x, y), two_product(u, v));
            if (le + he).is_finite() && trusted(l, x, y) && trusted(h, u, v) {
                return Self { lo: below(l, le), hi: above(h, he) };
            }
        }
        self.mul_anything(b)
    }
}

impl Div for Interval {
    type Output = Self;

    #[inline]
    fn div(self, b: Self) -> Self {
        if b.lo > 0.0 || b.hi < 0.0 {
            // One sign: a / b has its ends at a.lo or a.hi over the end of b that the signs pick.
            let (a, c) = if b.lo > 0.0 { (self, b) } else { (-self, -b) };
            let (v, w) = (if a.lo >= 0.0 { c.hi } else { c.lo }, if a.hi <= 0.0 { c.hi } else { c.lo });
            let (l, h) = (a.lo / v, a.hi / w);
            let (le, he) = (division_remainder(a.lo, v, l), division_remainder(a.hi, w, h));
            if (le + he).is_finite() && trusted_quotient(l, a.lo) && trusted_quotient(h, a.hi) {
                return Self { lo: below(l, le), hi: above(h, he) };
            }
        }
        self.div_anything(b)
    }
}

macro_rules! by_reference {
    ($($operation:ident $method:ident $assign:ident $in_place:ident),*) => {$(
        impl $operation<&Self> for Interval {
            type Output = Self;

            #[inline]
            fn $method(self, b: &Self) -> Self {
                $operation::$method(self, *b)
            }
        }

        impl $assign for Interval {
            #[inline]
            fn $in_place(&mut self, b: Self) {
                *self = $operation::$method(*self, b);
            }
        }
    )*};
}

by_reference!(Add add AddAssign add_assign, Sub sub SubAssign sub_assign, Mul mul MulAssign mul_assign, Div div DivAssign div_assign);
