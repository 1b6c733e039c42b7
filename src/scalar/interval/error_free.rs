//! Error-free transformations: a rounded result together with what rounding lost.
//!
//! All of them assume round-to-nearest, ties to even, without flushing of subnormals (what Rust guarantees for `f64`).

/// Products at least this large have residuals that are doubles: `a b` is a multiple of `ulp(a) ulp(b) > |a b| 2^-106`,
/// so for `|a b| >= 2^-968` every partial product and the residual are multiples of `2^-1074`.
pub(crate) const SAFE_PRODUCT: f64 = f64::from_bits((1023 - 960) << 52);

/// `(s, e)` with `s = fl(a + b)` and `s + e = a + b` exactly (Knuth's 2Sum).
///
/// `e` is finite exactly when neither the sum nor an intermediate result overflowed: an infinite intermediate result
/// leaves an infinity or a NaN in `e`, since no later operation of the chain can turn one into a finite number.
#[inline(always)]
pub(crate) fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    let t = s - a;
    (s, (a - (s - t)) + (b - t))
}

/// `(s, e)` as [`two_sum`], for finite `a`, `b` with finite `fl(a + b)`: sorted by size first (Dekker's Fast2Sum), which
/// cannot overflow on the way.
pub(super) fn two_sum_sorted(a: f64, b: f64) -> (f64, f64) {
    let (a, b) = if a.abs() >= b.abs() { (a, b) } else { (b, a) };
    let s = a + b;
    (s, b - (s - a))
}

/// `(p, e)` with `p = fl(a b)` and `p + e = a b` exactly, provided `|p| >= SAFE_PRODUCT` and `e` is finite.
///
/// One fused multiply-add where the target has it. Elsewhere Dekker's product (17 operations), because a `mul_add` that
/// is a function call costs more; both give the same two numbers, the exact ones.
#[inline(always)]
pub(crate) fn two_product(a: f64, b: f64) -> (f64, f64) {
    let p = a * b;
    if cfg!(any(target_feature = "fma", target_arch = "aarch64")) {
        (p, a.mul_add(b, -p))
    } else {
        let ((ah, al), (bh, bl)) = (split(a), split(b));
        (p, ((ah * bh - p) + ah * bl + al * bh) + al * bl)
    }
}

/// Veltkamp's split `a = h + l` into 26 bits each; NaN in `h` when `2^27 a` overflows, and so in the product's residual.
#[inline(always)]
fn split(a: f64) -> (f64, f64) {
    const FACTOR: f64 = 134_217_729.0; // 2^27 + 1
    let c = FACTOR * a;
    let h = c - (c - a);
    (h, a - h)
}

/// `a - q b` for `q = fl(a / b)`, exactly, under the conditions of [`two_product`] for `q b` and for `q` normal.
///
/// `|a - q b| <= ulp(q) |b| / 2`, so `fl(q b)` is within a factor of two of `a`, their difference is exact (Sterbenz), and the
/// whole is a double: a multiple of `ulp(q) ulp(b)` smaller than `2^53` of them.
#[inline(always)]
pub(super) fn division_remainder(a: f64, b: f64, q: f64) -> f64 {
    let (p, e) = two_product(q, b);
    (a - p) - e
}

/// `x = mantissa 2^exponent` with `1 <= |mantissa| < 2`, for finite `x` other than 0; exact.
pub(super) fn normalise(x: f64) -> (f64, i32) {
    let (m, e) = libm::frexp(x);
    (2.0 * m, e - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dekker_and_fused_products_leave_the_same_residual() {
        let mut state = 88_172_645_463_325_252_u64;
        for _ in 0..100_000 {
            let mut draw = || {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let exponent = 1023 - 400 + (state >> 8) % 800;
                f64::from_bits(state & ((1 << 63) | ((1 << 52) - 1)) | exponent << 52)
            };
            let (a, b) = (draw(), draw());
            let (p, e) = two_product(a, b);
            if p.abs() >= SAFE_PRODUCT {
                assert_eq!(e, a.mul_add(b, -p), "{a:e} * {b:e}");
            }
        }
    }

    #[test]
    fn overflow_anywhere_shows_in_the_residual() {
        for a in [f64::MAX, 1e308, 2f64.powi(1000)] {
            for b in [f64::MAX, 1e300, 2.0, 0.75] {
                let (p, e) = two_product(a, b);
                assert!(!e.is_finite() || e == a.mul_add(b, -p), "{a:e} * {b:e}");
                let (s, e) = two_sum(a, b);
                assert!(!e.is_finite() || s.is_finite(), "{a:e} + {b:e}");
            }
        }
    }
}
