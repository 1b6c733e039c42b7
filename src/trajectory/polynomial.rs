//! Polynomials as slices of coefficients, lowest power first: what a [`Segment`](super::Segment) is made of.

use crate::scalar::Scalar;

/// Value at `s`, by Horner's rule; the empty polynomial is not allowed.
///
/// # Panics
/// On an empty slice.
#[inline]
pub fn evaluate<T: Scalar>(polynomial: &[T], s: &T) -> T {
    let (top, rest) = polynomial.split_last().expect("a polynomial has at least one coefficient");
    rest.iter().rev().fold(top.clone(), |value, c| value * s + c)
}

/// The derivative, written into `into`; a constant gives the constant 0.
pub fn differentiate<T: Scalar>(polynomial: &[T], into: &mut Vec<T>) {
    into.clear();
    into.extend(polynomial.iter().zip(0..).skip(1).map(|(c, k)| c.times(k)));
    if into.is_empty() {
        into.extend(polynomial.first().map(|c| c.int(0)));
    }
}

/// The polynomial in `u = s - by`, in place, by repeated synthetic division (`n^2/2` additions and multiplications).
pub fn shift<T: Scalar>(polynomial: &mut [T], by: &T) {
    let n = polynomial.len();
    for low in 0..n.saturating_sub(1) {
        for k in (low..n - 1).rev() {
            let (head, tail) = polynomial.split_at_mut(k + 1);
            head[k].add_prod(&tail[0], by);
        }
    }
}

/// Adds `factor` times `polynomial` to `sum`, which grows as needed.
pub fn add_scaled<T: Scalar>(sum: &mut Vec<T>, factor: &T, polynomial: &[T]) {
    sum.resize(sum.len().max(polynomial.len()), factor.int(0));
    for (s, c) in sum.iter_mut().zip(polynomial) {
        s.add_prod(factor, c);
    }
}

/// Adds the product of two polynomials to `sum`, which grows as needed.
pub fn add_product<T: Scalar>(sum: &mut Vec<T>, a: &[T], b: &[T]) {
    let Some(first) = a.first().filter(|_| !b.is_empty()) else { return };
    sum.resize(sum.len().max(a.len() + b.len() - 1), first.int(0));
    for (i, c) in a.iter().enumerate() {
        for (s, d) in sum[i..].iter_mut().zip(b) {
            s.add_prod(c, d);
        }
    }
}
