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

use super::Mp;
use rug::integer::Order;
use rug::{Assign, Float, Integer};

/// Largest significand, in limbs, that is multiplied here (512 bits); above, GMP's assembly wins over our overhead.
const MAX_LIMBS: usize = 8;

/// `sum_i a[i] b[k - i]`, both of length k + 1.
pub(super) fn convolve(a: &[Mp], b: &[Mp]) -> Mp {
    let k = a.len() - 1;
    // In a square, every pair but the middle one comes twice.
    let square = std::ptr::eq(a, b);
    let last = if square { k / 2 } else { k };
    sum((0..=last).map(|i| (&a[i].value, &b[k - i].value, square && 2 * i != k)), a[0].value.prec())
}

/// `sum_i a[i][lane] b[k - i][lane]`, both of length k + 1.
pub(super) fn convolve_lane<const L: usize>(a: &[[Mp; L]], b: &[[Mp; L]], lane: usize) -> Mp {
    let pairs = a.iter().zip(b.iter().rev()).map(|(a, b)| (&a[lane].value, &b[lane].value, false));
    sum(pairs, a[0][lane].value.prec())
}

/// The sum of products; a pair with a flag counts twice.
fn sum<'a>(pairs: impl Iterator<Item = (&'a Float, &'a Float, bool)> + Clone, precision: u32) -> Mp {
    let fixed = match precision.div_ceil(64) {
        1 => fixed_point::<1>(pairs.clone(), precision),
        2 => fixed_point::<2>(pairs.clone(), precision),
        3 => fixed_point::<3>(pairs.clone(), precision),
        4 => fixed_point::<4>(pairs.clone(), precision),
        5 => fixed_point::<5>(pairs.clone(), precision),
        6 => fixed_point::<6>(pairs.clone(), precision),
        7 => fixed_point::<7>(pairs.clone(), precision),
        8 => fixed_point::<MAX_LIMBS>(pairs.clone(), precision),
        _ => None,
    };
    Mp { value: fixed.unwrap_or_else(|| floating_point(pairs, precision)) }
}

/// Any precision, and any value: products rounded to 64 bits more than the result, and summed there.
fn floating_point<'a>(pairs: impl Iterator<Item = (&'a Float, &'a Float, bool)>, precision: u32) -> Float {
    let mut sum = Float::new(precision + 64);
    let mut product = Float::new(precision + 64);
    for (x, y, twice) in pairs {
        product.assign(x * y);
        if twice {
            product <<= 1;
        }
        sum += &product;
    }
    Float::with_val(precision, sum)
}

/// `None` when an operand is infinite or NaN, or has another precision.
fn fixed_point<'a, const N: usize>(
    pairs: impl Iterator<Item = (&'a Float, &'a Float, bool)> + Clone,
    precision: u32,
) -> Option<Float> {
    let mut top = i32::MIN;
    for (x, y, twice) in pairs.clone() {
        match (x.get_exp(), y.get_exp()) {
            (Some(p), Some(q)) => top = top.max(p + q + i32::from(twice)),
            _ if x.is_finite() && y.is_finite() => {}
            _ => return None,
        }
    }
    if top == i32::MIN {
        return Some(Float::new(precision));
    }
    let mut accumulator = Accumulator::<N>::new();
    for (x, y, twice) in pairs {
        let (Some(p), Some(q)) = (x.get_significand(), y.get_significand()) else { continue };
        let exponent = x.get_exp()? + y.get_exp()? + i32::from(twice);
        let p: &[u64; N] = p.as_limbs().try_into().ok()?;
        let q: &[u64; N] = q.as_limbs().try_into().ok()?;
        accumulator.add(p, q, top.wrapping_sub(exponent) as u32, x.is_sign_negative() != y.is_sign_negative());
    }
    Some(accumulator.round(precision, top))
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
        let negative = self.whole >> 63 == 1;
        let mut limbs = [0; MAX_LIMBS + 2];
        limbs[0] = self.guard;
        limbs[1..=N].copy_from_slice(&self.fraction);
        limbs[N + 1] = self.whole;
        let limbs = &mut limbs[..N + 2];
        if negative {
            let mut carry = true;
            for limb in limbs.iter_mut() {
                (*limb, carry) = add_with_carry(!*limb, 0, carry);
            }
        }
        let mut value = Float::with_val(precision, Integer::from_digits(limbs, Order::Lsf));
        value <<= top.saturating_sub(64 * (N as i32 + 1));
        if negative { -value } else { value }
    }
}

#[inline(always)]
fn add_with_carry(a: u64, b: u64, carry: bool) -> (u64, bool) {
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
