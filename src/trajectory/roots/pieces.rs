use super::{Root, polish, sign_at};
use crate::scalar::Real;
use std::cmp::Ordering;

/// Halvings of an interval before giving up.
const DEPTH: u32 = 7;

/// Appends all roots in `(0, length]`, or nothing and `None` where this method does not decide.
pub(super) fn roots<T: Real>(p: &[T], length: &T, found: &mut Vec<Root<T>>) -> Option<()> {
    let zero = length.int(0);
    let sign = p[0].sign().filter(|sign| *sign != Ordering::Equal)?;
    if p.iter().all(|c| c.sign() == Some(sign) || *c == zero) {
        return Some(());
    }
    let known = found.len();
    let decided = piece(p, zero, length.clone(), sign, DEPTH, found);
    if decided.is_none() {
        found.truncate(known);
    }
    decided.map(|_| ())
}

/// Roots in `(left, right]`, where the sign at `left` is `before`; returns the sign at `right`.
fn piece<T: Real>(
    p: &[T],
    left: T,
    right: T,
    before: Ordering,
    depth: u32,
    found: &mut Vec<Root<T>>,
) -> Option<Ordering> {
    let middle = (left.clone() + &right).over(2);
    let radius = right.clone() - &middle;
    let at = Expansion::of(p, &middle, &right);
    if at.value.abs() > radius.clone() * &at.slope_bound {
        return Some(before);
    }
    if at.slope.abs() > radius * &at.curvature_bound {
        let after = sign_at(p, &right);
        if after == Ordering::Equal {
            return None;
        }
        if after != before {
            found.push(Root { at: polish(p, left, right, before), before, after });
        }
        return Some(after);
    }
    if depth == 0 || at.value.abs() <= at.rounding {
        return None;
    }
    let between = piece(p, left, middle.clone(), before, depth - 1, found)?;
    piece(p, middle, right, between, depth - 1, found)
}

/// What is known on an interval: value and slope in the middle, and bounds for the whole of it.
struct Expansion<T> {
    value: T,
    slope: T,
    rounding: T,
    slope_bound: T,
    curvature_bound: T,
}

impl<T: Real> Expansion<T> {
    /// In one pass of Horner's rule: at `middle` for the polynomial, at `right` for that of the absolute values.
    fn of(p: &[T], middle: &T, right: &T) -> Self {
        let zero = right.int(0);
        let (mut value, mut slope) = (zero.clone(), zero.clone());
        let (mut size, mut first, mut second) = (zero.clone(), zero.clone(), zero);
        for c in p.iter().rev() {
            slope = slope * middle + &value;
            value = value * middle + c;
            second = second * right + &first;
            first = first * right + &size;
            size = size * right + c.abs();
        }
        let rounding = T::epsilon(&right.context()).times(2 * p.len() as i64) * &size;
        Self { value, slope, rounding, slope_bound: first, curvature_bound: second.times(2) }
    }
}
