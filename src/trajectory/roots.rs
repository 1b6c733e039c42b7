//! All real roots of a polynomial on a segment, even ones included.
//!
//! **Pieces.** Most polynomials of a flow have no root on a segment, or one. With the value and the slope at the middle of an interval, and
//! bounds of the first two derivatives on it, an interval is seen to hold no root, or to be one on which the polynomial is monotone,
//! so that the signs at its ends decide; else it is halved.
//!
//! **Tower.** Where a few halvings do not decide (a multiple root, a root at an end), the second method does. On `[0, 1]` (after scaling) the number of roots of the m-th derivative is at most the drop in sign variations
//! of `p^(m), p^(m+1), ...` from 0 to 1 (Budan and Fourier), and equal to it when the drop is 0 or 1. One Taylor shift gives
//! these drops for every m at once. From the first derivative with a drop of at most 1 the method climbs back to p: between
//! two neighbouring roots of `p^(m+1)` the polynomial `p^(m)` is monotone, so it has one root there or none, by its signs at
//! the ends. A root of `p^(m+1)` at which `p^(m)` vanishes to within its own rounding error is a multiple root: it is reported
//! once, with the signs on either side, which is how a maximum that just touches its level looks.
//!
//! Nothing is missed for being even or clustered: roots closer together than the rounding of the coefficients can tell apart
//! are reported as one, with the signs of the whole cluster.

mod pieces;
mod tower;

use super::polynomial::evaluate;
use crate::scalar::Real;
use std::cmp::Ordering;

/// A root and the polynomial's signs on either side of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Root<T = f64> {
    /// Where.
    pub at: T,
    /// Sign just before; `Equal` when the root is the left end of the segment.
    pub before: Ordering,
    /// Sign just after; `Equal` when the root is the right end of the segment.
    pub after: Ordering,
}

impl<T> Root<T> {
    /// Whether the sign changes here (odd multiplicity); false for a touching root and at the ends of the segment.
    pub fn crosses(&self) -> bool {
        self.before == self.after.reverse() && self.before != Ordering::Equal
    }
}

/// Appends to `found` all roots of `polynomial` (lowest power first) in `[0, length]`, in ascending order.
///
/// Accurate to a few units in the last place of the better of the root and what rounding of the coefficients allows. The
/// zero polynomial has no isolated root: nothing is appended. Coefficients must be finite, of a number type with certain
/// signs.
///
/// A polynomial without roots there costs one pass over its coefficients in most cases, and no allocation.
pub fn roots<T: Real>(polynomial: &[T], length: &T, found: &mut Vec<Root<T>>) {
    let Some(first) = polynomial.first() else { return };
    let zero = first.int(0);
    if *length == zero {
        if *first == zero && polynomial.iter().any(|c| *c != zero) {
            found.push(Root { at: zero, before: Ordering::Equal, after: Ordering::Equal });
        }
        return;
    }
    if pieces::roots(polynomial, length, found).is_some() {
        return;
    }
    let mut scaled = Vec::with_capacity(polynomial.len());
    let mut power = length.int(1);
    for c in polynomial {
        scaled.push(power.clone() * c);
        power = power * length;
    }
    while scaled.last().is_some_and(|c| *c == zero) {
        scaled.pop();
    }
    if scaled.is_empty() {
        return;
    }
    found.extend(tower::roots(scaled).into_iter().map(|r| Root { at: r.at * length, ..r }));
}

/// Sign of `p(s)`, `s > 0`; `Equal` when the value does not exceed the rounding error of computing it.
fn sign_at<T: Real>(p: &[T], s: &T) -> Ordering {
    let value = evaluate(p, s);
    let size = p.iter().rev().fold(s.int(0), |sum, c| sum * s + c.abs());
    let error = T::epsilon(&s.context()).times(2 * p.len() as i64) * &size;
    if value.abs() > error { value.sign().unwrap_or(Ordering::Equal) } else { Ordering::Equal }
}

/// Value and slope at `s`.
fn value_and_slope<T: Real>(p: &[T], s: &T) -> (T, T) {
    let zero = s.int(0);
    p.iter().rev().fold((zero.clone(), zero), |(value, slope), c| {
        let slope = slope * s + &value;
        (value * s + c, slope)
    })
}

/// The only root in `[left, right]`, where the sign changes from `before`: Newton, with bisection wherever Newton leaves
/// the bracket or does not halve its step.
fn polish<T: Real>(p: &[T], mut left: T, mut right: T, before: Ordering) -> T {
    let bits = T::bits(&left.context());
    let epsilon = T::epsilon(&left.context());
    let mut s = (left.clone() + &right).over(2);
    let mut previous_step = right.clone() - &left;
    for _ in 0..4 * bits + 64 {
        let (value, slope) = value_and_slope(p, &s);
        match value.sign() {
            Some(sign) if sign == before => left = s.clone(),
            Some(Ordering::Equal) | None => return s,
            Some(_) => right = s.clone(),
        }
        let newton = s.clone() - value / &slope;
        let width = right.clone() - &left;
        let inside = newton > left && newton < right;
        let next = if inside && (newton.clone() - &s).abs() < previous_step.over(2) {
            newton
        } else {
            (left.clone() + &right).over(2)
        };
        let step = (next.clone() - &s).abs();
        s = next;
        if step <= epsilon.clone() * &s || width <= epsilon.clone() * &s {
            return s;
        }
        previous_step = step;
    }
    s
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trajectory::polynomial::add_product;
    use proptest::prelude::*;

    fn product(factors: &[f64]) -> Vec<f64> {
        factors.iter().fold(vec![1.0], |p, r| {
            let mut next = Vec::new();
            add_product(&mut next, &p, &[-r, 1.0]);
            next
        })
    }

    fn all(polynomial: &[f64], length: f64) -> Vec<Root> {
        let mut found = Vec::new();
        roots(polynomial, &length, &mut found);
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Roots are multiples of 1/8: products are exact in double precision, and even two triple neighbours (p of size 1/16^6
        /// between them) are far apart compared with rounding.
        #[test]
        fn every_root_of_an_exact_product_is_found_with_its_parity(
            inside in prop::collection::btree_map(1_i32..8, 1_usize..4, 0..4),
            outside in prop::collection::vec(prop_oneof![-10_i32..0, 9_i32..18], 0..3),
            scale in prop_oneof![Just(1.0), Just(-3.0), Just(1e-200), Just(1e150)],
        ) {
            let degree = inside.values().sum::<usize>() + outside.len();
            prop_assume!(degree <= 8);
            let mut factors: Vec<f64> = outside.iter().map(|&r| f64::from(r) / 8.0).collect();
            factors.extend(inside.iter().flat_map(|(&r, &m)| vec![f64::from(r) / 8.0; m]));
            let polynomial: Vec<f64> = product(&factors).iter().map(|c| c * scale).collect();
            let found = all(&polynomial, 1.0);
            prop_assert_eq!(found.len(), inside.len(), "{:?} in {:?}", found, polynomial);
            for (root, (&r, &multiplicity)) in found.iter().zip(&inside) {
                let size: f64 = polynomial.iter().map(|c| c.abs()).sum();
                let others = factors.iter().filter(|f| **f != f64::from(r) / 8.0);
                let slope = scale.abs() * others.map(|f| (f - f64::from(r) / 8.0).abs()).product::<f64>();
                // a root of multiplicity m moves by the m-th root of the rounding error of the values near it
                let error = libm::pow(64.0 * f64::EPSILON * size / slope, 1.0 / multiplicity as f64);
                prop_assert!((root.at - f64::from(r) / 8.0).abs() <= error, "{:?} is not {}/8 to {}", root, r, error);
                prop_assert_eq!(root.crosses(), multiplicity % 2 == 1, "{:?}", root);
            }
        }

        /// On Taylor-like polynomials of high degree: as many sign changes as a dense sample shows, at least.
        #[test]
        fn no_sign_change_between_samples_goes_unexplained(
            coefficients in prop::collection::vec(-1.0..1.0_f64, 5..40),
            length in 0.1..0.99_f64,
        ) {
            let found = all(&coefficients, length);
            let crossings = found.iter().filter(|root| root.crosses()).count();
            let signs: Vec<bool> = (0..=2000).map(|i| evaluate(&coefficients, &(length * f64::from(i) / 2000.0)) > 0.0).collect();
            let seen = signs.windows(2).filter(|pair| pair[0] != pair[1]).count();
            prop_assert!(crossings >= seen && (crossings - seen) % 2 == 0, "{} found, {} seen", crossings, seen);
            for root in found {
                let size: f64 = coefficients.iter().map(|c| c.abs()).sum();
                prop_assert!(evaluate(&coefficients, &root.at).abs() <= 100.0 * f64::EPSILON * size);
            }
        }
    }

    #[test]
    fn ends_of_the_segment_count() {
        let found = all(&product(&[0.0, 0.5, 1.0]), 1.0);
        assert_eq!(found.iter().map(|r| r.at).collect::<Vec<_>>(), [0.0, 0.5, 1.0]);
        assert_eq!((found[0].before, found[0].after), (Ordering::Equal, Ordering::Greater));
        assert!(found[1].crosses());
        assert_eq!((found[2].before, found[2].after), (Ordering::Less, Ordering::Equal));
    }

    #[test]
    fn a_root_near_zero_keeps_its_relative_accuracy() {
        let found = all(&product(&[1e-30, 0.3]), 1.0);
        assert_eq!(found.len(), 2);
        assert!((found[0].at / 1e-30 - 1.0).abs() <= 4.0 * f64::EPSILON, "{found:?}");
    }

    #[test]
    fn two_close_roots_are_told_apart_and_two_closer_ones_are_one() {
        let apart = all(&product(&[0.5, 0.5 + 1e-6]), 1.0);
        assert_eq!(apart.len(), 2);
        let together = all(&product(&[0.5, 0.5 + 1e-12]), 1.0);
        assert_eq!(together.len(), 1);
        assert!(!together[0].crosses());
    }

    #[test]
    fn nothing_is_found_in_constants_zeros_and_on_empty_segments() {
        assert!(all(&[], 1.0).is_empty());
        assert!(all(&[0.0, 0.0], 1.0).is_empty());
        assert!(all(&[2.0], 1.0).is_empty());
        assert!(all(&[1.0, -2.0], 0.0).is_empty());
        assert_eq!(all(&[0.0, -2.0], 0.0).len(), 1);
    }
}
