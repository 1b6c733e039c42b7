//! The four operations, endpoint by endpoint. The product of an end 0 with an unbounded end is 0.

use super::MpInterval;
use crate::scalar::Precision;
use rug::Float;
use rug::float::Round;
use rug::ops::{AddAssignRound, DivAssignRound};
use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Sub};

fn times(x: &Float, y: &Float, precision: Precision, round: Round) -> Float {
    if x.is_zero() || y.is_zero() {
        return Float::new(precision.bits());
    }
    Float::with_val_round(precision.bits(), x * y, round).0
}

fn negative(x: &Float) -> bool {
    x.cmp0() == Some(Ordering::Less)
}

fn positive(x: &Float) -> bool {
    x.cmp0() == Some(Ordering::Greater)
}

impl MpInterval {
    /// The ends of the product; neither interval empty.
    fn product_ends(&self, b: &Self) -> (Float, Float) {
        let precision = self.precision();
        let ends = |x: &Float, y: &Float, u: &Float, v: &Float| {
            (times(x, y, precision, Round::Down), times(u, v, precision, Round::Up))
        };
        let a = self;
        if !negative(&a.lo) {
            let x = if negative(&b.lo) { &a.hi } else { &a.lo };
            let u = if positive(&b.hi) { &a.hi } else { &a.lo };
            ends(x, &b.lo, u, &b.hi)
        } else if !positive(&a.hi) {
            let x = if positive(&b.hi) { &a.lo } else { &a.hi };
            let u = if negative(&b.lo) { &a.lo } else { &a.hi };
            ends(x, &b.hi, u, &b.lo)
        } else if !negative(&b.lo) {
            ends(&a.lo, &b.hi, &a.hi, &b.hi)
        } else if !positive(&b.hi) {
            ends(&a.hi, &b.lo, &a.lo, &b.lo)
        } else {
            let (x, u) = ends(&a.lo, &b.hi, &a.lo, &b.lo);
            let (y, v) = ends(&a.hi, &b.lo, &a.hi, &b.hi);
            (x.min(&y), u.max(&v))
        }
    }

    pub(super) fn product(&self, b: &Self) -> Self {
        if self.is_empty() || b.is_empty() {
            return Self::empty(self.precision());
        }
        let (lo, hi) = self.product_ends(b);
        Self { lo, hi }
    }

    pub(super) fn add_product(&mut self, a: &Self, b: &Self) {
        let ab = a.product(b);
        self.add_assign(&ab);
    }

    fn add_assign(&mut self, b: &Self) {
        if self.is_empty() || b.is_empty() {
            *self = Self::empty(self.precision());
            return;
        }
        // Lower ends are never +infinity here, upper ones never -infinity: no sum is undefined.
        self.lo.add_assign_round(&b.lo, Round::Down);
        self.hi.add_assign_round(&b.hi, Round::Up);
    }

    /// Zero not inside `b`; an end of it may be 0, and the quotient is then unbounded.
    fn divide_signed(self, b: &Self) -> Self {
        if !positive(&b.hi) {
            return (-self).divide_signed(&-b.clone());
        }
        let far =
            |round| Float::with_val(self.lo.prec(), if round == Round::Up { f64::INFINITY } else { f64::NEG_INFINITY });
        let over = |mut x: Float, y: &Float, round| {
            if x.is_infinite() {
                return if y.is_infinite() { Float::new(x.prec()) } else { x };
            }
            if y.is_zero() {
                return far(round);
            }
            x.div_assign_round(y, round);
            x
        };
        let v = if negative(&self.lo) { &b.lo } else { &b.hi };
        let w = if positive(&self.hi) { &b.lo } else { &b.hi };
        let lo = over(self.lo.clone(), v, Round::Down);
        let hi = over(self.hi.clone(), w, Round::Up);
        Self { lo, hi }
    }
}

impl Neg for MpInterval {
    type Output = Self;

    fn neg(self) -> Self {
        Self { lo: -self.hi, hi: -self.lo }
    }
}

impl<'a> Add<&'a MpInterval> for MpInterval {
    type Output = Self;

    fn add(mut self, b: &'a Self) -> Self {
        self.add_assign(b);
        self
    }
}

impl<'a> Sub<&'a MpInterval> for MpInterval {
    type Output = Self;

    fn sub(self, b: &'a Self) -> Self {
        self + -b.clone()
    }
}

impl<'a> Mul<&'a MpInterval> for MpInterval {
    type Output = Self;

    fn mul(self, b: &'a Self) -> Self {
        self.product(b)
    }
}

impl<'a> Div<&'a MpInterval> for MpInterval {
    type Output = Self;

    /// `{x / y : y != 0}`: empty for `b = 0`, all numbers where `b` has 0 inside.
    fn div(self, b: &'a Self) -> Self {
        let precision = self.precision();
        if self.is_empty() || b.is_empty() || (b.lo.is_zero() && b.hi.is_zero()) {
            Self::empty(precision)
        } else if self.lo.is_zero() && self.hi.is_zero() {
            self
        } else if negative(&b.lo) && positive(&b.hi) {
            Self::entire(precision)
        } else {
            self.divide_signed(b)
        }
    }
}

macro_rules! by_value {
    ($trait:ident, $method:ident) => {
        impl $trait for MpInterval {
            type Output = Self;

            fn $method(self, b: Self) -> Self {
                self.$method(&b)
            }
        }
    };
}

by_value!(Add, add);
by_value!(Sub, sub);
by_value!(Mul, mul);
by_value!(Div, div);
