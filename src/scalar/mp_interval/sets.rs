//! Intervals as sets, and what is certain about order.

use super::MpInterval;
use crate::scalar::Mp;
use rug::Float;
use rug::float::Round;
use rug::ops::SubAssignRound;
use std::cmp::Ordering;

impl MpInterval {
    /// No number lies in it.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.lo > self.hi
    }

    /// Whether the real number `x` is in the set.
    pub fn contains(&self, x: &Mp) -> bool {
        let x = x.as_float();
        self.lo <= *x && *x <= self.hi && x.is_finite()
    }

    /// Every element of `self` is one of `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.is_empty() || (other.lo <= self.lo && self.hi <= other.hi)
    }

    /// The same set. (`==` asks for more: that the *numbers* enclosed are certainly equal.)
    pub fn same_set(&self, other: &Self) -> bool {
        self.lo == other.lo && self.hi == other.hi
    }

    /// The smallest interval that contains both.
    pub fn hull(&self, other: &Self) -> Self {
        let (lo, hi) = (self.lo.clone().min(&other.lo), self.hi.clone().max(&other.hi));
        Self { lo, hi }
    }

    /// What is in both; possibly nothing.
    pub fn intersection(&self, other: &Self) -> Self {
        let both = Self { lo: self.lo.clone().max(&other.lo), hi: self.hi.clone().min(&other.hi) };
        if both.is_empty() { Self::empty(self.precision()) } else { both }
    }

    /// A number in it next to its middle: 0 for the whole line, the largest number for a half-line, NaN for the empty set.
    pub fn midpoint(&self) -> Mp {
        let precision = self.lo.prec();
        let middle = match (self.lo.is_infinite(), self.hi.is_infinite()) {
            _ if self.is_empty() => Float::with_val(precision, f64::NAN),
            (true, true) => Float::new(precision),
            (true, false) => Float::with_val(precision, rug::float::Special::NegInfinity),
            (false, true) => Float::with_val(precision, rug::float::Special::Infinity),
            // Halved first: no overflow. Clamped: near the smallest numbers a half may round outside.
            (false, false) => {
                let (half_lo, half_hi) = (self.lo.clone() >> 1, self.hi.clone() >> 1);
                Float::with_val(precision, &half_lo + &half_hi).clamp(&self.lo, &self.hi)
            }
        };
        Mp::from_float(match middle.is_infinite() {
            true if middle.is_sign_negative() => next(middle, Float::next_up),
            true => next(middle, Float::next_down),
            false => middle,
        })
    }

    /// `hi - lo`, rounded up; NaN for the empty set.
    pub fn width(&self) -> Mp {
        if self.is_empty() {
            return Mp::from_float(Float::with_val(self.lo.prec(), f64::NAN));
        }
        let mut width = self.hi.clone();
        width.sub_assign_round(&self.lo, Round::Up);
        Mp::from_float(width)
    }
}

fn next(mut x: Float, step: fn(&mut Float)) -> Float {
    step(&mut x);
    x
}

/// Certain equality: both are the same single number.
impl PartialEq for MpInterval {
    fn eq(&self, other: &Self) -> bool {
        self.lo == self.hi && other.lo == other.hi && self.lo == other.lo
    }
}

/// Certain order: `None` wherever some pair of elements disagrees, or an interval is empty.
impl PartialOrd for MpInterval {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        if self.is_empty() || other.is_empty() {
            None
        } else if self.hi < other.lo {
            Some(Ordering::Less)
        } else if self.lo > other.hi {
            Some(Ordering::Greater)
        } else {
            (self == other).then_some(Ordering::Equal)
        }
    }
}
