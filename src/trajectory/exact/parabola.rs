//! Convex parabolas in local time, and when they pass through zero.

use crate::scalar::Real;
use std::cmp::Ordering::{Greater, Less};

/// `c + b s + a s^2`, convex: `a >= 0`.
#[derive(Clone, Debug)]
pub(super) struct Parabola<T> {
    pub(super) c: T,
    pub(super) b: T,
    pub(super) a: T,
}

/// When a parabola falls through zero, if it does.
#[derive(Clone, Debug)]
pub(super) enum Crossing<T> {
    Never,
    At(T),
    /// Not decided in this number system; if it does, then not before this time.
    Perhaps(T),
}

impl<T: Real> Parabola<T> {
    #[inline]
    pub(super) fn at(&self, s: &T) -> T {
        (self.a.clone() * s + &self.b) * s + &self.c
    }

    #[inline]
    pub(super) fn slope_at(&self, s: &T) -> T {
        (self.a.clone() * s).times(2) + &self.b
    }

    /// `b^2 - 4 a c`; a sum of two terms of one sign whenever `c <= 0`.
    #[inline]
    pub(super) fn discriminant(&self) -> T {
        self.b.square() - (self.a.clone() * &self.c).times(4)
    }

    /// First `s >= 0` from which on the parabola is above zero and rising, where it stands below zero now.
    ///
    /// It always exists. Rounding may have left a `c` that is slightly above zero: on the way up that is "now", on the way
    /// down it is the far root or, failing one, the vertex.
    #[inline]
    pub(super) fn rises(&self) -> T {
        let root = sqrt_from_zero(&self.discriminant());
        not_negative(match self.b.sign() {
            // (-b + root)/(2a), with the difference taken out
            Some(Greater) => -(self.c.times(2) / (self.b.clone() + root)),
            _ => (root - &self.b) / self.a.times(2),
        })
    }

    /// First `s >= now` at which the parabola is at or below zero and falling, where it stands above zero at `now`.
    #[inline]
    pub(super) fn falls(&self, now: &T) -> Crossing<T> {
        match self.slope_at(now).sign() {
            Some(Less) => {}
            Some(_) => return Crossing::Never,
            None => return Crossing::Perhaps(self.b.int(0)),
        }
        let discriminant = self.discriminant();
        match discriminant.sign() {
            Some(Less) => Crossing::Never,
            // (-b - root)/(2a), with the difference taken out
            Some(_) => Crossing::At(not_negative(self.c.times(2) / (discriminant.sqrt() - &self.b))),
            // convex: the parabola stays above its tangent c + b s
            None => Crossing::Perhaps(not_negative(self.c.clone() / -self.b.clone())),
        }
    }
}

/// Zero for what is certainly negative, by rounding: a time in the past, a coefficient below zero.
#[inline]
pub(super) fn not_negative<T: Real>(s: T) -> T {
    if s.sign() == Some(Less) { s.int(0) } else { s }
}

/// Square root of what is a square up to rounding.
#[inline]
pub(super) fn sqrt_from_zero<T: Real>(x: &T) -> T {
    if x.sign() == Some(Less) { x.int(0) } else { x.sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_roots(a: f64, first: f64, second: f64) -> Parabola<f64> {
        Parabola { c: a * first * second, b: -a * (first + second), a }
    }

    #[test]
    fn roots_of_very_different_size_keep_all_digits() {
        // exact data: roots 2^-60 and 2^20; the schoolbook formula gives 0 for the small one
        let (small, large) = (2f64.powi(-60), 2f64.powi(20));
        assert!(matches!(with_roots(1.0, small, large).falls(&0.0), Crossing::At(s) if s == small));
        assert_eq!(with_roots(1.0, -large, small).rises(), small);
        assert_eq!(with_roots(1.0, -small, large).rises(), large);
    }

    #[test]
    fn wrong_sign_and_moving_away_is_noise_while_moving_further_is_now() {
        let noise = 1e-17;
        assert_eq!(Parabola { c: noise, b: 1.0, a: 1.0 }.rises(), 0.0);
        assert_eq!(Parabola { c: noise, b: -1.0, a: 1.0 }.rises(), 1.0 - noise);
        assert!(matches!(Parabola { c: -noise, b: -1.0, a: 1.0 }.falls(&0.0), Crossing::At(0.0)));
        assert!(matches!(Parabola { c: -noise, b: 1.0, a: 1.0 }.falls(&0.0), Crossing::Never));
    }

    #[test]
    fn a_parabola_above_zero_never_falls_through_it() {
        assert!(matches!(Parabola { c: 1.0, b: -1.0, a: 1.0 }.falls(&0.0), Crossing::Never));
        assert!(matches!(Parabola { c: 0.25, b: -1.0, a: 1.0 }.falls(&0.0), Crossing::At(0.5)));
    }

    #[test]
    fn what_is_not_a_number_is_not_decided() {
        assert!(matches!(Parabola { c: 1.0, b: f64::NAN, a: 1.0 }.falls(&0.0), Crossing::Perhaps(_)));
        assert!(matches!(Parabola { c: f64::NAN, b: -1.0, a: 1.0 }.falls(&0.0), Crossing::Perhaps(_)));
    }
}
