//! Sums of products in fixed point: the hot loop of every Taylor series.
//!
//! A product of two n-limb significands is 2n limbs; its upper n + 1 limbs are shifted to the exponent E of the largest product
//! and added to a two's complement accumulator, without normalisation, rounding, allocation or a branch on signs. With unit
//! `u = 2^(E - 64 (n + 1))` the bits cut off a product are worth less than 2 u (one from the lower limbs, one from the
//! shift), and the largest product is at least `2^(E - 2)`, so for K products and before the one final rounding
//!
//! ```text
//! |error| < 2 K u <= K 2^(3 - 64 (n + 1)) max |a_i b_j| <= K 2^(-61 - precision) max |a_i b_j| .
//! ```
//!
//! In a square, a pair that counts twice is one product of twice the size: `max |a_i b_j| >= 2^(E - 3)`, but there are at most
//! (K + 1)/2 of them, and one with exponent E is not shifted: `|error| <= K u`, the same bound. Recursive summation has
//! `K 2^(-precision)` in this place.
//!
//! Where digits below `2^F` are not wanted, the upper `n >= (E + 2 - F)/64` limbs of both significands are enough: what is cut off an operand is less than
//! `2^(-64 n)` of its power of two, so a product changes by less than `2^(1 + E - 64 n) <= 2^(F - 1)`, and the sum by less than `K 2^F` with what
//! is lost anyway.

use super::Mp;
use super::long::{self, MAX_LIMBS};
use rug::integer::Order;
use rug::{Assign, Float, Integer};

/// Two factors, and whether their product counts twice.
pub(super) type Pair<'a> = (&'a Float, &'a Float, bool);

/// `sum_i a[i] b[k - i]`, both of length k + 1, but for digits below `2^below`.
pub(super) fn convolve(a: &[Mp], b: &[Mp], below: i64) -> Mp {
    let k = a.len() - 1;
    // In a square, every pair but the middle one comes twice.
    let square = std::ptr::eq(a, b);
    let last = if square { k / 2 } else { k };
    sum((0..=last).map(|i| (&a[i].value, &b[k - i].value, square && 2 * i != k)), a[0].value.prec(), below)
}

/// `sum_i a[i][lane] b[k - i][lane]`, both of length k + 1, but for digits below `2^below`.
pub(super) fn convolve_lane<const L: usize>(a: &[[Mp; L]], b: &[[Mp; L]], lane: usize, below: i64) -> Mp {
    let pairs = a.iter().zip(b.iter().rev()).map(|(a, b)| (&a[lane].value, &b[lane].value, false));
    sum(pairs, a[0][lane].value.prec(), below)
}

/// The sum of products, but for digits below `2^below`.
fn sum<'a>(pairs: impl Iterator<Item = Pair<'a>> + Clone, precision: u32, below: i64) -> Mp {
    let value = match largest(pairs.clone()) {
        Some(i32::MIN) => Float::new(precision),
        Some(top) => {
            let wanted = i64::from(top).saturating_add(2).saturating_sub(below);
            sum_of_numbers(pairs, precision, top, wanted.clamp(1, i64::from(precision)) as u32)
        }
        None => floating_point(pairs, precision, precision),
    };
    Mp { value }
}

/// The same to so many bits of the largest product, whose exponent is `top`.
fn sum_of_numbers<'a>(pairs: impl Iterator<Item = Pair<'a>> + Clone, precision: u32, top: i32, wanted: u32) -> Float {
    let (limbs, of) = (wanted.div_ceil(64) as usize, precision.div_ceil(64) as usize);
    let fixed = match limbs {
        1 => fixed_point::<1>(pairs.clone(), precision, top, of),
        2 => fixed_point::<2>(pairs.clone(), precision, top, of),
        3 => fixed_point::<3>(pairs.clone(), precision, top, of),
        4 => fixed_point::<4>(pairs.clone(), precision, top, of),
        5 => fixed_point::<5>(pairs.clone(), precision, top, of),
        6 => fixed_point::<6>(pairs.clone(), precision, top, of),
        7 => fixed_point::<7>(pairs.clone(), precision, top, of),
        8 => fixed_point::<8>(pairs.clone(), precision, top, of),
        9..=MAX_LIMBS => long::fixed_point(pairs.clone(), precision, top, of, limbs),
        _ => None,
    };
    fixed.unwrap_or_else(|| floating_point(pairs, precision, (64 * limbs as u32).min(precision)))
}

/// The exponent of the largest product, `i32::MIN` if all are zero; `None` when an operand is infinite or NaN.
fn largest<'a>(pairs: impl Iterator<Item = Pair<'a>>) -> Option<i32> {
    let mut top = i32::MIN;
    for (x, y, twice) in pairs {
        match (x.get_exp(), y.get_exp()) {
            (Some(p), Some(q)) => top = top.max(p + q + i32::from(twice)),
            _ if x.is_finite() && y.is_finite() => {}
            _ => return None,
        }
    }
    Some(top)
}

/// Any precision, and any value: products rounded to 64 bits more than are wanted, and summed there. Factors are rounded to what is wanted first, if
/// that is less than they have.
fn floating_point<'a>(pairs: impl Iterator<Item = Pair<'a>>, precision: u32, wanted: u32) -> Float {
    let [mut sum, mut product] = [(); 2].map(|()| Float::new(wanted + 64));
    let [mut p, mut q] = [(); 2].map(|()| Float::new(wanted));
    for (x, y, twice) in pairs {
        if wanted < precision {
            p.assign(x);
            q.assign(y);
            product.assign(&p * &q);
        } else {
            product.assign(x * y);
        }
        if twice {
            product <<= 1;
        }
        sum += &product;
    }
    Float::with_val(precision, sum)
}

/// By the upper N limbs of significands of `of` limbs; `None` when an operand has another number of them.
fn fixed_point<'a, const N: usize>(
    pairs: impl Iterator<Item = Pair<'a>>,
    precision: u32,
    top: i32,
    of: usize,
) -> Option<Float> {
    let mut accumulator = Accumulator::<N>::new();
    each_product(pairs, top, of, |p, q, shift, negative| {
        accumulator.add(p.last_chunk()?, q.last_chunk()?, shift, negative);
        Some(())
    })?;
    Some(accumulator.round(precision, top))
}

/// Shows `add`, of every pair without a zero, both significands, how many bits the product lies below `2^top`, and whether it is negative; `None` when a
/// significand has not `of` limbs.
#[inline(always)]
pub(super) fn each_product<'a>(
    pairs: impl Iterator<Item = Pair<'a>>,
    top: i32,
    of: usize,
    mut add: impl FnMut(&[u64], &[u64], u32, bool) -> Option<()>,
) -> Option<()> {
    for (x, y, twice) in pairs {
        let (Some(p), Some(q)) = (x.get_significand(), y.get_significand()) else { continue };
        let exponent = x.get_exp()? + y.get_exp()? + i32::from(twice);
        let (p, q) = (p.as_limbs(), q.as_limbs());
        if p.len() != of || q.len() != of {
            return None;
        }
        add(p, q, top.wrapping_sub(exponent) as u32, x.is_sign_negative() != y.is_sign_negative())?;
    }
    Some(())
}

/// Two's complement: N + 1 limbs of fraction below `2^top`, then one of integer part, which holds 2^63 products.
struct Accumulator<const N: usize> {
    fraction: [u64; N],
    guard: u64,
    whole: u64,
}

impl<const N: usize> Accumulator<N> {
    fn new() -> Self {
        Self { fraction: [0; N], guard: 0, whole: 0 }
    }

    /// Adds `±p q 2^-shift`, significands read as fractions in [1/2, 1).
    #[inline(always)]
    fn add(&mut self, p: &[u64; N], q: &[u64; N], shift: u32, negative: bool) {
        let (mut guard, mut upper) = upper_limbs(p, q);
        let (limbs, bits) = ((shift / 64) as usize, shift % 64);
        if limbs > 0 {
            if limbs > N {
                return; // less than one unit
            }
            guard = upper[limbs - 1];
            upper.copy_within(limbs.., 0);
            upper[N - limbs..].fill(0);
        }
        let join = |low: u64, high: u64| (low >> bits) | ((high << 1) << (63 - bits));
        // Negation in two's complement: invert, and add one at the lowest place.
        let mask = u64::from(negative).wrapping_neg();
        let mut carry = negative;
        (self.guard, carry) = add_with_carry(self.guard, join(guard, upper[0]) ^ mask, carry);
        for j in 0..N {
            let high = if j + 1 < N { upper[j + 1] } else { 0 };
            (self.fraction[j], carry) = add_with_carry(self.fraction[j], join(upper[j], high) ^ mask, carry);
        }
        self.whole = self.whole.wrapping_add(mask).wrapping_add(u64::from(carry));
    }

    /// The accumulated value times `2^top`, rounded to nearest.
    fn round(self, precision: u32, top: i32) -> Float {
        let mut limbs = [0; 10];
        limbs[0] = self.guard;
        limbs[1..=N].copy_from_slice(&self.fraction);
        limbs[N + 1] = self.whole;
        round(&mut limbs[..N + 2], precision, top)
    }
}

/// A number in two's complement whose highest limb is its integer part, times `2^top`.
pub(super) fn round(limbs: &mut [u64], precision: u32, top: i32) -> Float {
    let negative = limbs.last().is_some_and(|whole| whole >> 63 == 1);
    if negative {
        let mut carry = true;
        for limb in limbs.iter_mut() {
            (*limb, carry) = add_with_carry(!*limb, 0, carry);
        }
    }
    let mut value = Float::with_val(precision, Integer::from_digits(&*limbs, Order::Lsf));
    value <<= top.saturating_sub(64 * (limbs.len() as i32 - 1));
    if negative { -value } else { value }
}

#[inline(always)]
pub(super) fn add_with_carry(a: u64, b: u64, carry: bool) -> (u64, bool) {
    let (sum, first) = a.overflowing_add(b);
    let (sum, second) = sum.overflowing_add(u64::from(carry));
    (sum, first | second)
}

/// The upper N + 1 limbs of `p q`: (the lowest of them, the other N).
#[inline(always)]
fn upper_limbs<const N: usize>(p: &[u64; N], q: &[u64; N]) -> (u64, [u64; N]) {
    let mut upper = [0_u64; N]; // limbs i.. of the product after row i
    let mut lowest = 0;
    for i in 0..N {
        let mut carry = 0_u64;
        let mut next = [0_u64; N];
        for j in 0..N {
            let t = u128::from(p[i]) * u128::from(q[j]) + u128::from(upper[j]) + u128::from(carry);
            carry = (t >> 64) as u64;
            if j == 0 { lowest = t as u64 } else { next[j - 1] = t as u64 }
        }
        next[N - 1] = carry;
        upper = next;
    }
    (lowest, upper)
}
