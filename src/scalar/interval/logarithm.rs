//! `ln` of a point, enclosed to about 100 bits in integer arithmetic.
//!
//! **Reduction.** `x = 2^e m`, `m` in `[90.5/128, 181/128)`, and `m rho / 256 = 1 + f` with `rho` an integer near `256 / m`, so
//! that `ln x = e ln 2 - ln(rho / 256) + ln(1 + f)` exactly, and f is exact: 62 bits.
//! **Size of f.** With `j` the integer nearest to `128 m` and rho the one nearest to `2^15 / j`, f is at most
//! `0.5 / j + j / 2^16` up to their product: below 0.00692 at both ends, hence below `2^-7`.
//! **Series.** `ln(1 + f) = f sum_{n <= 18} (-f)^n / (n + 1)` with a tail below `2^-133 / 20`.
//! **Near 1.** There `e = 0` and `rho = 256`, the sum of the other two terms is 0, and f times the series keeps its
//! *relative* accuracy.

use super::exponential::{LN_2, LN_2_DEFICIT, POINT, UNIT, negated, sided};
use super::wide::{Wide, decode, fixed_product, mul_div};
use std::cmp::Ordering;

/// Smallest index of the table: `j = round(128 m)`.
const FIRST: usize = 91;

/// `rho_j = round(2^15 / j)`.
const fn reciprocal(j: usize) -> u128 {
    ((1 << 15) + j as u128 / 2) / j as u128
}

/// `|ln(256 / rho_j)|` with 127 bits after the point: `2 atanh(z)`, `z = |256 - rho| / (256 + rho) < 0.18`. 30 terms: the tail
/// is below `0.18^61 / 61 * 2.1 < 2^-155`; each term is below the true one by less than 2 (1 + 2) units, since the floors in
/// the powers of z shrink: within 180 units below the true value.
const LN_RECIPROCAL: [u128; 91] = {
    let mut table = [0; 91];
    let mut i = 0;
    while i < 91 {
        let rho = reciprocal(FIRST + i);
        let (n, d) = (rho.abs_diff(256), 256 + rho);
        let (mut sum, mut power, mut k) = (0, mul_div(UNIT, n, d), 0);
        while k < 30 {
            sum += 2 * (power / (2 * k + 1));
            power = mul_div(power, n * n, d * d);
            k += 1;
        }
        table[i] = sum;
        i += 1;
    }
    table
};

const DEGREE: usize = 18;

/// `floor(2^127 / (n + 1))`.
const INVERSE: [u128; DEGREE + 1] = {
    let mut table = [UNIT; DEGREE + 1];
    let mut n = 1;
    while n <= DEGREE {
        table[n] = UNIT / (n as u128 + 1);
        n += 1;
    }
    table
};

/// `sum_n (-f)^n / (n + 1)` for `|f| < 2^120` in units of `2^-127`: within 4 units (two a step, shrunk by 128 at each
/// further one; the tail is below one).
fn series(f: i128) -> u128 {
    let magnitude = f.unsigned_abs();
    let mut sum = 0;
    for &coefficient in INVERSE.iter().rev() {
        let product = fixed_product(magnitude, sum);
        sum = if f > 0 { coefficient - product } else { coefficient + product };
    }
    sum
}

/// `|ln x|` for positive finite `x` other than 1; the sign is that of `x - 1`.
pub(super) fn ln_wide(x: f64) -> Wide {
    let (mantissa, exponent) = decode(x);
    let shift = i64::from(mantissa.leading_zeros()) - 11;
    // x = m 2^e with m = mantissa / 2^52 in [1, 2), or half of that if it is above sqrt(2) or so
    let (mantissa, mut e) = (mantissa << shift, exponent - shift + 52);
    let halve = mantissa >= 181 << 45;
    e += i64::from(halve);
    let bits = 52 + u32::from(halve);
    let j = (((mantissa >> (bits - 8)) + 1) >> 1) as usize;
    let rho = reciprocal(j);
    // 1 + f = mantissa rho / 2^(bits + 8): below 2^62, so f in units of 2^-127 is an exact shift.
    let f = ((u128::from(mantissa) * rho) as i128 - (1 << (bits + 8))) << (127 - 8 - bits);
    let sum = series(f);
    if e == 0 && rho == 256 {
        let sum = Wide { mantissa: sum - 4, error: 8, exponent: -127 }.normalised();
        return Wide { mantissa: f.unsigned_abs(), error: 0, exponent: -127 }.normalised().mul(sum);
    }
    // The sum in units of 2^-116: 745 needs 10 bits before the point.
    const DROP: i64 = 127 - POINT;
    let scaled = (u128::from(e.unsigned_abs()) * (LN_2 >> 9)) >> (DROP - 9);
    let table = LN_RECIPROCAL[j - FIRST] >> DROP;
    let near = fixed_product(f.unsigned_abs(), sum) >> DROP;
    let signed = |magnitude: u128, positive: bool| if positive { magnitude as i128 } else { -(magnitude as i128) };
    let total = signed(scaled, e > 0) + signed(table, rho < 256) + signed(near, f > 0);
    // Each term is off by less than 2 units of 2^-116 (its own deficit in much smaller units, and the floor), the first by
    // what |e| < 1100 makes of the deficit of ln 2 (160 units of 2^-127, and 2^9 more dropped).
    const SLACK: u128 = 6 + ((1100 * (LN_2_DEFICIT + 512)) >> DROP) + 1;
    Wide { mantissa: total.unsigned_abs() - SLACK, error: 2 * SLACK, exponent: -POINT }.normalised()
}

/// The tightest bounds that 100 bits give for `ln x`; `x >= 0`, with `ln 0` the limit -infinity.
pub(super) fn ln_bounds(x: f64) -> (f64, f64) {
    if x == 0.0 || x == f64::INFINITY {
        let limit = if x == 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
        (limit, limit)
    } else if x == 1.0 {
        (0.0, 0.0)
    } else {
        let bounds = ln_wide(x).bounds();
        // ln x < x - 1, and x - 1 is exact where the two are close (Sterbenz).
        let bounds = if x > 1.0 { bounds } else { negated(bounds) };
        if (0.5..=2.0).contains(&x) { sided(bounds, x - 1.0, Ordering::Less) } else { bounds }
    }
}
