//! Sums of products in fixed point of more than eight limbs: [`convolution`](super::convolution) with loops instead of constants.
//!
//! Of a product of two n-limb significands only columns n - 2 and above are made, half of all. Those below, at most n - 2 products of limbs in column n - 3, are worth
//! less than n - 2 units u of the lowest limb that is added, so that a product loses less than n u with the limb that is cut off and the shift: for K products and n <= 64
//!
//! ```text
//! |error| < K n u <= K n 2^(2 - 64 (n + 1)) max |a_i b_j| <= K 2^(-56 - precision) max |a_i b_j| .
//! ```

use super::convolution::{Pair, add_with_carry, each_product, round};
use rug::Float;

/// Largest significand, in limbs, that is multiplied here (4,096 bits); above, GMP multiplies in fewer operations.
pub(super) const MAX_LIMBS: usize = 64;

/// By the upper `n >= 3` limbs of significands of `of` limbs; `None` when an operand has another number of them.
pub(super) fn fixed_point<'a>(
    pairs: impl Iterator<Item = Pair<'a>>,
    precision: u32,
    top: i32,
    of: usize,
    n: usize,
) -> Option<Float> {
    let (mut sum, mut product) = ([0; MAX_LIMBS + 2], [0; MAX_LIMBS + 2]);
    let (sum, product) = (&mut sum[..n + 2], &mut product[..n + 2]);
    each_product(pairs, top, of, |p, q, shift, negative| {
        multiply(&p[of - n..], &q[of - n..], product);
        add(sum, product, shift, negative);
        Some(())
    })?;
    Some(round(sum, precision, top))
}

/// Limbs n - 2 to 2 n - 1 of `p q`, but for the carries from below. Rows come in pairs, whose carries do not wait for each other.
#[inline(always)]
fn multiply(p: &[u64], q: &[u64], product: &mut [u64]) {
    let n = p.len();
    assert!(q.len() == n && product.len() == n + 2);
    product.fill(0);
    let (cut, whole) = p.split_at(n - 2);
    let (first, pairs) = cut.split_at(cut.len() % 2);
    for &x in first {
        add_row(x, &q[n - 2..], &mut product[..3]);
    }
    for (pair, x) in pairs.chunks_exact(2).enumerate() {
        let i = first.len() + 2 * pair;
        add_two_rows([x[0], x[1]], &q[n - 3 - i..], &mut product[..i + 4]);
    }
    add_row(whole[0], q, &mut product[..n + 1]);
    add_row(whole[1], q, &mut product[1..]);
}

/// `product += x q`; the last limb is one longer than before.
#[inline(always)]
fn add_row(x: u64, q: &[u64], product: &mut [u64]) {
    let mut carry = 0;
    for (limb, &y) in product.iter_mut().zip(q) {
        (*limb, carry) = multiply_add(x, y, *limb, carry);
    }
    product[q.len()] = carry;
}

/// `product += x[0] (q from its second limb on) + x[1] q`; two limbs longer than before.
#[inline(always)]
fn add_two_rows(x: [u64; 2], q: &[u64], product: &mut [u64]) {
    let [mut first, mut second] = [0; 2];
    for (limb, y) in product.iter_mut().zip(q.windows(2)) {
        let sum;
        (sum, first) = multiply_add(x[0], y[1], *limb, first);
        (*limb, second) = multiply_add(x[1], y[0], sum, second);
    }
    let n = q.len();
    (product[n - 1], product[n]) = multiply_add(x[1], q[n - 1], first, second);
}

/// `x y + a + b`: the lower and the upper limb.
#[inline(always)]
fn multiply_add(x: u64, y: u64, a: u64, b: u64) -> (u64, u64) {
    let t = u128::from(x) * u128::from(y) + u128::from(a) + u128::from(b);
    (t as u64, (t >> 64) as u64)
}

/// Adds `±product 2^-shift`, of which the lowest limb does not count, to a sum in two's complement with one limb of integer part.
#[inline(always)]
fn add(sum: &mut [u64], product: &[u64], shift: u32, negative: bool) {
    let (limbs, bits) = ((shift / 64) as usize, shift % 64);
    let Some(upper) = product.get(1 + limbs..) else { return }; // less than one unit
    let mask = u64::from(negative).wrapping_neg();
    let mut carry = negative; // negation: invert, and add one at the lowest place
    let (fraction, whole) = sum.split_at_mut(product.len() - 1);
    let above = upper.iter().skip(1).chain(std::iter::repeat(&0));
    let shifted = upper.iter().zip(above).map(|(&low, &high)| (low >> bits) | ((high << 1) << (63 - bits)));
    let (changed, extended) = fraction.split_at_mut(upper.len());
    for (limb, x) in changed.iter_mut().zip(shifted) {
        (*limb, carry) = add_with_carry(*limb, x ^ mask, carry);
    }
    for limb in extended {
        (*limb, carry) = add_with_carry(*limb, mask, carry);
    }
    whole[0] = whole[0].wrapping_add(mask).wrapping_add(u64::from(carry));
}
