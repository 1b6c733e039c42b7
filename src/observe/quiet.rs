//! How long a condition on the manifold keeps failing, at least, where no coefficient moves faster than 1.
//!
//! A flow of `10^5` groups has as many events, and risk and alignment are sums over all groups: they are not looked at on every segment.

use super::{Condition, Quantity};
use crate::risk::manifold::{excess, risk_form};
use crate::scalar::Real;
use crate::spectrum::Spectrum;
use std::cmp::Ordering::Greater;

/// A time before which `condition`, which fails at coefficients `w >= 0`, does not hold; `None` where nothing is known.
pub(super) fn quiet_for<T: Real>(spectrum: &Spectrum<T>, condition: &Condition<T>, w: &[T]) -> Option<T> {
    let bound = match condition.quantity {
        Quantity::Coefficient(_) => return None,
        Quantity::Risk => risk_is_quiet(spectrum, condition, w),
        Quantity::Alignment => alignment_is_quiet(spectrum, condition, w),
    };
    // generous against the rounding of the bound itself
    (bound.sign() == Some(Greater)).then(|| bound.times(1023).over(1024))
}

/// `R^(1/2)` is a norm of the excesses, which change by at most `2 w_j s + s^2` in time s: it stays below (or above) the level's
/// root for as long as `2 |w| s + |1| s^2` is below the difference.
fn risk_is_quiet<T: Real>(spectrum: &Spectrum<T>, condition: &Condition<T>, w: &[T]) -> T {
    let norm = |e: &[T]| risk_form(spectrum, e, e).sqrt();
    let e: Vec<T> = w.iter().enumerate().map(|(j, w)| excess(j, w)).collect();
    let gap = (norm(&e) - condition.level.sqrt()).abs();
    let ones = vec![gap.int(1); w.len()];
    quadratic_reach(&norm(&ones), &norm(w), &gap)
}

/// `w_0^2 >= L sum_j n_j w_j^2` needs `s^2 + 2 (w_0 + L sum n_j w_j) s >= L sum n_j w_j^2 - w_0^2` at time s; the reverse the same
/// with `L d` for 1, and the other sign on the right.
fn alignment_is_quiet<T: Real>(spectrum: &Spectrum<T>, condition: &Condition<T>, w: &[T]) -> T {
    let level = &condition.level;
    let zero = level.int(0);
    let (mut sum, mut squares, mut count) = (zero.clone(), zero.clone(), zero);
    for (n, w) in spectrum.multiplicity().iter().zip(w) {
        sum.add_prod(n, w);
        squares.add_prod(n, &w.square());
        count = count + n;
    }
    let gap = (squares * level - w[0].square()).abs();
    let curvature = if condition.at_least { level.int(1) } else { count * level };
    quadratic_reach(&curvature, &(sum * level + &w[0]), &gap)
}

/// The largest s with `a s^2 + 2 b s <= c`, `a, b, c >= 0`.
fn quadratic_reach<T: Real>(a: &T, b: &T, c: &T) -> T {
    c.clone() / ((b.square() + a.clone() * c).sqrt() + b)
}
