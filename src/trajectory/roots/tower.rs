use super::{Root, polish, sign_at};
use crate::scalar::Real;
use crate::trajectory::polynomial::{differentiate, shift};
use std::cmp::Ordering;

/// Roots in `[0, 1]` of a polynomial with a leading coefficient that is not 0.
pub(super) fn roots<T: Real>(polynomial: Vec<T>) -> Vec<Root<T>> {
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
    let rounding = T::epsilon(&one.context()).times(2 * top as i64 + 2);
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
    let mut found: Vec<Root<T>> = Vec::new();
    // the sign just after 0
    let first = p.iter().find_map(|c| c.sign().filter(|sign| *sign != Ordering::Equal)).unwrap_or(Ordering::Equal);
    let (mut left, mut left_sign) = (zero.clone(), first);
    if p[0] == zero {
        found.push(Root { at: zero.clone(), before: Ordering::Equal, after: first });
    }
    let inner = cuts.iter().filter(|z| **z > zero && **z < one);
    for right in inner.chain(std::iter::once(&one)) {
        let right_sign = sign_at(p, right);
        match (left_sign, right_sign) {
            (_, Ordering::Equal) => match found.last_mut() {
                // p vanishes to rounding all the way from the previous root: one cluster
                Some(_) if left_sign == Ordering::Equal => {}
                _ => found.push(Root { at: right.clone(), before: left_sign, after: Ordering::Equal }),
            },
            (Ordering::Equal, sign) => {
                if let Some(previous) = found.last_mut() {
                    previous.after = sign;
                }
            }
            (before, after) if before != after => {
                let at = polish(p, left.clone(), right.clone(), before);
                found.push(Root { at, before, after });
            }
            _ => {}
        }
        (left, left_sign) = (right.clone(), right_sign);
    }
    found
}
