//! All real roots of a polynomial on a segment, even ones included.
//!
//! **Method.** On `[0, 1]` (after scaling) the number of roots of the m-th derivative is at most the drop in sign variations
//! of `p^(m), p^(m+1), ...` from 0 to 1 (Budan and Fourier), and equal to it when the drop is 0 or 1. One Taylor shift gives
//! these drops for every m at once. From the first derivative with a drop of at most 1 the method climbs back to p: between
//! two neighbouring roots of `p^(m+1)` the polynomial `p^(m)` is monotone, so it has one root there or none, by its signs at
//! the ends. A root of `p^(m+1)` at which `p^(m)` vanishes to within its own rounding error is a multiple root: it is reported
//! once, with the signs on either side, which is how a maximum that just touches its level looks.
//!
//! Nothing is missed for being even or clustered: roots closer together than the rounding of the coefficients can tell apart
//! are reported as one, with the signs of the whole cluster.

use super::polynomial::{differentiate, evaluate, shift};
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
    if definite(polynomial, length) {
        return;
    }
    let zero = first.int(0);
    if *length == zero {
        if *first == zero && polynomial.iter().any(|c| *c != zero) {
            found.push(Root { at: zero, before: Ordering::Equal, after: Ordering::Equal });
        }
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
    found.extend(on_unit_interval(scaled).into_iter().map(|r| Root { at: r.at * length, ..r }));
}

/// `|c_0|` outweighs all other terms on `(0, length]`, or no two coefficients differ in sign and `c_0 != 0`: no root.
fn definite<T: Real>(polynomial: &[T], length: &T) -> bool {
    let zero = length.int(0);
    let Some(sign) = polynomial[0].sign().filter(|s| *s != Ordering::Equal) else { return false };
    let others = polynomial[1..].iter().rev().fold(zero.clone(), |sum, c| (sum + c.abs()) * length);
    others < polynomial[0].abs()
        || polynomial.iter().all(|c| matches!(c.sign(), Some(s) if s == sign || s == Ordering::Equal))
}

/// Roots in `[0, 1]` of a polynomial with a leading coefficient that is not 0.
fn on_unit_interval<T: Real>(polynomial: Vec<T>) -> Vec<Root<T>> {
    let depth = first_tame_derivative(&polynomial);
    let mut tower = vec![polynomial];
    for m in 0..depth {
        let mut derivative = Vec::with_capacity(tower[m].len());
        differentiate(&tower[m], &mut derivative);
        // p^(m+1)/(m+1)! instead of p^(m+1): same signs, no overflow
        tower.push(derivative.into_iter().map(|c| c.over(m as i64 + 1)).collect());
    }
    let mut cuts = Vec::new();
    let mut found = Vec::new();
    for m in (0..=depth).rev() {
        found = between(&tower[m], &cuts);
        cuts = found.iter().map(|r: &Root<T>| r.at.clone()).collect();
    }
    found
}

/// The least m for which `p^(m)` certainly has at most one root in `(0, 1]`.
fn first_tame_derivative<T: Real>(polynomial: &[T]) -> usize {
    let top = polynomial.len() - 1;
    let one = polynomial[0].int(1);
    let mut at_one = polynomial.to_vec();
    shift(&mut at_one, &one);
    let mut size: Vec<T> = polynomial.iter().map(T::abs).collect();
    shift(&mut size, &one);
    let rounding = unit(&one).times(2 * top as i64 + 2);
    let (mut left, mut right) = (polynomial[top].sign(), polynomial[top].sign());
    let (mut drop, mut tame) = (0_i64, top);
    for m in (0..top).rev() {
        let certain = at_one[m].abs() > rounding.clone() * &size[m];
        if !certain {
            break;
        }
        let (l, r) = (polynomial[m].sign(), at_one[m].sign());
        if l != Some(Ordering::Equal) {
            drop += i64::from(l != left);
            left = l;
        }
        drop -= i64::from(r != right);
        right = r;
        if drop <= 1 {
            tame = m;
        }
    }
    tame
}

/// Roots of `p` in `[0, 1]`, given in `cuts` the roots of `p'` there (or nothing, when p has at most one root).
fn between<T: Real>(p: &[T], cuts: &[T]) -> Vec<Root<T>> {
    let one = p[0].int(1);
    let zero = p[0].int(0);
    let slope = {
        let mut slope = Vec::new();
        differentiate(p, &mut slope);
        slope
    };
    let mut found: Vec<Root<T>> = Vec::new();
    let (mut left, mut left_sign) = (zero.clone(), p[0].sign().unwrap_or(Ordering::Equal));
    if left_sign == Ordering::Equal {
        found.push(Root { at: zero.clone(), before: Ordering::Equal, after: Ordering::Equal });
    }
    let inner = cuts.iter().filter(|z| **z > zero && **z < one);
    for right in inner.chain(std::iter::once(&one)) {
        let right_sign = sign_at(p, right);
        match (left_sign, right_sign) {
            (_, Ordering::Equal) => match found.last_mut() {
                // p vanishes to rounding all the way from the previous root: one cluster
                Some(cluster) if left_sign == Ordering::Equal => {
                    cluster.at = if cluster.before == Ordering::Equal { zero.clone() } else { right.clone() };
                }
                _ => found.push(Root { at: right.clone(), before: left_sign, after: Ordering::Equal }),
            },
            (Ordering::Equal, sign) => {
                if let Some(previous) = found.last_mut() {
                    previous.after = sign;
                }
            }
            (before, after) if before != after => {
                let at = polish(p, &slope, left.clone(), right.clone(), before);
                found.push(Root { at, before, after });
            }
            _ => {}
        }
        (left, left_sign) = (right.clone(), right_sign);
    }
    found
}

/// Sign of `p(s)`, `0 < s <= 1`; `Equal` when the value does not exceed the rounding error of computing it.
fn sign_at<T: Real>(p: &[T], s: &T) -> Ordering {
    let value = evaluate(p, s);
    let size = p.iter().rev().fold(s.int(0), |sum, c| sum * s + c.abs());
    let error = unit(s).times(2 * p.len() as i64) * &size;
    if value.abs() > error { value.sign().unwrap_or(Ordering::Equal) } else { Ordering::Equal }
}

/// The only root in `[left, right]`, where the sign changes from `before`: Newton, with bisection wherever Newton leaves
/// the bracket or does not halve it.
fn polish<T: Real>(p: &[T], slope: &[T], mut left: T, mut right: T, before: Ordering) -> T {
    let bits = T::bits(&left.context());
    let unit = unit(&left);
    let mut s = (left.clone() + &right).over(2);
    let mut previous_step = right.clone() - &left;
    for _ in 0..4 * bits + 64 {
        let value = evaluate(p, &s);
        match value.sign() {
            Some(sign) if sign == before => left = s.clone(),
            Some(Ordering::Equal) | None => return s,
            Some(_) => right = s.clone(),
        }
        let derivative = evaluate(slope, &s);
        let newton = s.clone() - value / &derivative;
        let width = right.clone() - &left;
        let inside = newton > left && newton < right;
        let next = if inside && (newton.clone() - &s).abs() < previous_step.over(2) {
            newton
        } else {
            (left.clone() + &right).over(2)
        };
        let step = (next.clone() - &s).abs();
        s = next;
        if step <= unit.clone() * &s || width <= unit.clone() * &s {
            return s;
        }
        previous_step = step;
    }
    s
}

/// `2^(1 - bits)`: the spacing of numbers at 1.
fn unit<T: Real>(like: &T) -> T {
    let bits = T::bits(&like.context());
    let two = like.int(2);
    (1..bits).fold(like.int(1), |u, _| u / &two)
}
