//! Monotone functions, end by end, and powers, corner by corner.

use super::MpInterval;
use crate::scalar::Scalar;
use rug::Float;
use rug::float::Round;
use rug::ops::PowAssignRound;
use std::cmp::Ordering;

impl MpInterval {
    /// The range of an increasing function that MPFR rounds correctly in place.
    pub(super) fn increasing(mut self, function: impl Fn(&mut Float, Round) -> Ordering) -> Self {
        if !self.is_empty() {
            function(&mut self.lo, Round::Down);
            function(&mut self.hi, Round::Up);
        }
        self
    }

    pub(super) fn absolute(&self) -> Self {
        if self.is_empty() || self.lo.cmp0() != Some(Ordering::Less) {
            self.clone()
        } else if self.hi.cmp0() != Some(Ordering::Greater) {
            -self.clone()
        } else {
            let below = Float::with_val(self.lo.prec(), -&self.lo);
            Self { lo: Float::new(self.lo.prec()), hi: below.max(&self.hi) }
        }
    }

    /// What of it is not negative.
    pub(super) fn clip_below_zero(&self) -> Self {
        let zero = Float::new(self.lo.prec());
        if self.is_empty() || self.hi < zero {
            return Self::empty(self.precision());
        }
        // An end that is -0 is made +0, since the root of -0 is -0 and its logarithm's limit is one-sided.
        let lo = if self.lo > zero { self.lo.clone() } else { zero.clone() };
        Self { lo, hi: if self.hi.is_zero() { zero } else { self.hi.clone() } }
    }

    /// `{x^p : x >= 0}`, `0^0 = 1`: monotone in x for every p and in p for every x, so the extremes are at corners.
    pub(super) fn power(&self, p: &Self) -> Self {
        let x = self.clip_below_zero();
        if x.is_empty() || p.is_empty() {
            return Self::empty(self.precision());
        }
        if x.hi.is_zero() {
            // 0^p is 0, 1 or nothing, as p is positive, 0 or negative.
            let number = |n: i64| Self::from_int(n, &self.precision());
            let zero = if p.hi > 0 { number(0) } else { Self::empty(self.precision()) };
            return if p.lo <= 0 && p.hi >= 0 { zero.hull(&number(1)) } else { zero };
        }
        let corner = |x: &Float, p: &Float, round| {
            let mut value = x.clone();
            value.pow_assign_round(p, round);
            value
        };
        let lo = |p| corner(&x.lo, p, Round::Down).min(&corner(&x.hi, p, Round::Down));
        let hi = |p| corner(&x.lo, p, Round::Up).max(&corner(&x.hi, p, Round::Up));
        let (lo, hi) = (lo(&p.lo).min(&lo(&p.hi)), hi(&p.lo).max(&hi(&p.hi)));
        if lo.is_infinite() { Self::empty(self.precision()) } else { Self { lo, hi } }
    }
}
