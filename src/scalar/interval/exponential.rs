//! `exp` and `exp(x) - 1` of a point, enclosed to about 100 bits in integer arithmetic and then rounded outward.
//!
//! **Reduction.** `x = k ln 2 + j / 64 + f` with `k` an integer, `0 <= j < 64`, `0 <= f < 1/64`. For *any* integers k, j this
//! is an identity `exp(x) = 2^k exp(j/64) exp(f)`, so how they are found is no matter of rigour, only the remainder f is.
//! **Series.** `exp(f) = sum_{n <= 15} f^n / n!` plus less than `f^16 / 16! * 1.02 < 2^-140`.
//! **Count of errors.** Numbers are integers in units of `2^-127`; every floor loses less than one unit, and the tables are
//! computed at compile time by the same counted arithmetic, so that no constant has to be trusted.

use super::wide::{Wide, decode, fixed_product, mul_div};
use std::cmp::Ordering;

/// 1 with 127 bits after the point.
pub(super) const UNIT: u128 = 1 << 127;

/// Bits after the point of an argument, so that arguments up to 1024 fit into 127 bits.
pub(super) const POINT: i64 = 116;

/// `ln 2 = 2 atanh(1/3) = 2 sum 1 / ((2 i + 1) 3^(2 i + 1))`, 127 bits after the point. Each of 40 terms is below the true
/// one by less than 4 units (3 floors, doubled), and the rest of the series is below `2 / (81 * 3^81) < 2^-133`.
pub(super) const LN_2: u128 = {
    let (mut sum, mut power, mut i) = (0, UNIT / 3, 0);
    while i < 40 {
        sum += power / (2 * i + 1) * 2;
        power /= 9;
        i += 1;
    }
    sum
};

/// Bound on how far [`LN_2`] lies below `2^127 ln 2`.
pub(super) const LN_2_DEFICIT: u128 = 160;

/// ln 2 in units of `2^-POINT`, less than one unit and 160 smaller ones below the true value.
pub(super) const LN_2_SHORT: i128 = (LN_2 >> (127 - POINT)) as i128;

const DEGREE: usize = 15;

/// `floor(2^127 / n!)`.
const INVERSE_FACTORIAL: [u128; DEGREE + 1] = {
    let mut table = [UNIT; DEGREE + 1];
    let mut n = 1;
    let mut factorial = 1;
    while n <= DEGREE {
        factorial *= n as u128;
        table[n] = UNIT / factorial;
        n += 1;
    }
    table
};

/// `exp(j / 64)`, `j = 0..=44` (`exp(x) < 2` for `x < ln 2`): 40 terms, each floor below by less than a unit which the next
/// terms do not amplify: within 41 units below the true value.
const EXP_64THS: [u128; 45] = {
    let mut table = [0; 45];
    let mut j = 0;
    while j < 45 {
        let (mut sum, mut term, mut n) = (0, UNIT, 0);
        while n < 40 {
            sum += term;
            n += 1;
            term = mul_div(term, j as u128, 64 * n);
        }
        table[j] = sum;
        j += 1;
    }
    table
};

/// `sum_n (+-f)^n / (n + first)!` for `0 <= f < 2^121` (1/64), to degree 15 - first, the sign as asked: Horner's rule, in
/// which every step errs by less than two units (coefficient and product), shrunk by 64 at each further step: less than 3
/// units in all, to which the tail of the series adds less than one. In the alternating case the error has either sign.
fn series(f: u128, first: usize, negative: bool) -> u128 {
    let terms = &INVERSE_FACTORIAL[first..];
    let mut sum = 0;
    for &c in terms.iter().rev() {
        let product = fixed_product(f, sum);
        sum = if negative { c - product } else { c + product };
    }
    sum
}

/// `exp` of every number in `[argument, argument + width] * 2^-116`; `|argument| < 2^126`, `width < 2^40`.
pub(super) fn exp_fixed(argument: i128, width: u128) -> Wide {
    let k = argument.div_euclid(LN_2_SHORT);
    // The true remainder differs from r by at most `width` above (the argument) and 1.1 |k| either way (ln 2).
    let r = argument.rem_euclid(LN_2_SHORT) as u128;
    let r = r << (127 - POINT);
    let j = (r >> 121) as usize;
    let f = r & ((1 << 121) - 1);
    // r <= LN_2 < ln 2, so the product is below 2: it fits.
    let mantissa = fixed_product(EXP_64THS[j], series(f, 0, false));
    // Units of 2^-127: series 4 and table 41, both times a factor below 2, and a floor: 91 in all. An error d in the
    // argument changes exp, below 2, by at most 2.02 d.
    let slack = 91 + ((9 * (width + 2 * k.unsigned_abs())) << (127 - POINT)) / 4;
    Wide { mantissa: mantissa - slack, error: 2 * slack, exponent: k as i64 - 127 }
}

/// `floor(x 2^116)` for `|x| < 1024`, and whether something was dropped.
fn to_fixed(x: f64) -> (i128, u128) {
    let (m, e) = decode(x.abs());
    let shift = e + POINT;
    let (whole, dropped) = match shift {
        0.. => (i128::from(m) << shift, false),
        -63..0 => (i128::from(m >> -shift), m << (64 + shift) != 0),
        _ => (0, m != 0),
    };
    (if x < 0.0 { -whole - i128::from(dropped) } else { whole }, u128::from(dropped))
}

/// Beyond this, exp overflows to infinity or underflows below the smallest double.
pub(super) const EXTREME: f64 = 1000.0;

/// The tightest bounds that 100 bits give for `exp(x)`, for any `x` but NaN.
pub(super) fn exp_bounds(x: f64) -> (f64, f64) {
    if x == 0.0 {
        (1.0, 1.0)
    } else if x.abs() >= EXTREME {
        beyond(x > 0.0, x.is_infinite())
    } else {
        let (argument, width) = to_fixed(x);
        sided(exp_fixed(argument, width).bounds(), 1.0, x.total_cmp(&0.0))
    }
}

/// `exp` of a very large or very small argument, which may be a limit.
pub(super) fn beyond(large: bool, infinite: bool) -> (f64, f64) {
    match (large, infinite) {
        (true, false) => (f64::MAX, f64::INFINITY),
        (true, true) => (f64::INFINITY, f64::INFINITY),
        (false, false) => (0.0, f64::from_bits(1)),
        (false, true) => (0.0, 0.0),
    }
}

/// Bounds of a number that is known to lie above (or below) `x`.
pub(super) fn sided((lo, hi): (f64, f64), x: f64, side: Ordering) -> (f64, f64) {
    match side {
        Ordering::Greater => (lo.max(x), hi),
        Ordering::Less => (lo, hi.min(x)),
        Ordering::Equal => (x, x),
    }
}

/// The tightest bounds that about 95 bits give for `exp(x) - 1`, for any `x` but NaN.
pub(super) fn exp_m1_bounds(x: f64) -> (f64, f64) {
    let magnitude = x.abs();
    if x == 0.0 {
        (0.0, 0.0)
    } else if magnitude >= EXTREME {
        if x > 0.0 {
            beyond(true, x.is_infinite())
        } else {
            (-1.0, if x.is_infinite() { -1.0 } else { (-1f64).next_up() })
        }
    } else if magnitude < 1.0 / 64.0 {
        // exp(x) - 1 = x sum x^n / (n + 1)!, and > x.
        let (f, _) = to_fixed(magnitude);
        let sum = series((f as u128) << (127 - POINT), 1, x < 0.0);
        // Dropped bits of the argument: one unit of 2^-116, times the derivative of the sum, below 0.51.
        let slack = 4 + (1 << (127 - POINT));
        let sum = Wide { mantissa: sum - slack, error: 2 * slack, exponent: -127 }.normalised();
        let (lo, hi) = Wide::from_f64(magnitude).mul(sum).bounds();
        sided(if x > 0.0 { (lo, hi) } else { (-hi, -lo) }, x, Ordering::Greater)
    } else {
        let (argument, width) = to_fixed(x);
        let e = exp_fixed(argument, width);
        if x > 0.0 { e.minus_one().bounds() } else { sided(negated(e.one_minus().bounds()), -1.0, Ordering::Greater) }
    }
}

/// Bounds of `-y`.
pub(super) fn negated((lo, hi): (f64, f64)) -> (f64, f64) {
    (-hi, -lo)
}

impl Wide {
    /// `self - 1` for `self` in [1.01, 2^1500), mantissa below 2^128 and exponent at least -127.
    fn minus_one(self) -> Self {
        let one = -self.exponent;
        let (taken, lost) = if one >= 0 { (1_u128 << one, 0) } else { (1, 1) };
        Self { mantissa: self.mantissa - taken, error: self.error + lost, ..self }.normalised()
    }

    /// `1 - self` for `self` below 0.99, exponent below -127.
    fn one_minus(self) -> Self {
        let shift = -127 - self.exponent;
        let (lower, upper) = if shift > 127 {
            (0, 1)
        } else {
            (self.mantissa >> shift, (self.mantissa >> shift) + (self.error >> shift) + 2)
        };
        Self { mantissa: UNIT - upper, error: upper - lower, exponent: -127 }.normalised()
    }
}
