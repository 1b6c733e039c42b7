//! Positive numbers known to about 128 bits, for the elementary functions.
//!
//! A [`Wide`] is an integer mantissa with a bound on what has been lost below it. Its error analysis is counting: an integer
//! product is exact, and dropping low bits loses less than one unit.

/// A real number in `[mantissa, mantissa + error] * 2^exponent`, mantissa above 0, error below 2^63.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wide {
    pub(super) mantissa: u128,
    pub(super) error: u128,
    pub(super) exponent: i64,
}

/// High and low half of the 256-bit product.
const fn full_product(a: u128, b: u128) -> (u128, u128) {
    const MASK: u128 = u64::MAX as u128;
    let ((ah, al), (bh, bl)) = ((a >> 64, a & MASK), (b >> 64, b & MASK));
    let (low, cross) = (al * bl, al * bh);
    // ah bl + (cross's low half) + (low's high half) < 2^128: (2^64 - 1)^2 + 2 (2^64 - 1) = 2^128 - 1
    let middle = ah * bl + (cross & MASK) + (low >> 64);
    (ah * bh + (cross >> 64) + (middle >> 64), (middle << 64) | (low & MASK))
}

/// `floor(a b / 2^127)`: the product of numbers with 127 bits after the point. The result must be below 2^128.
#[inline]
pub(super) const fn fixed_product(a: u128, b: u128) -> u128 {
    let (high, low) = full_product(a, b);
    (high << 1) | (low >> 127)
}

/// `floor(a n / d)` without overflow of the intermediate product, for `n d < 2^128` and a result below 2^128.
pub(super) const fn mul_div(a: u128, n: u128, d: u128) -> u128 {
    (a / d) * n + (a % d) * n / d
}

impl Wide {
    /// A positive double, exactly.
    pub(super) fn from_f64(x: f64) -> Self {
        let (mantissa, exponent) = decode(x);
        Self { mantissa: u128::from(mantissa), error: 0, exponent }.normalised()
    }

    /// The top bit of the mantissa moved to the top; exact.
    pub(super) fn normalised(self) -> Self {
        let shift = self.mantissa.leading_zeros();
        Self {
            mantissa: self.mantissa << shift,
            error: self.error << shift,
            exponent: self.exponent - i64::from(shift),
        }
    }

    /// The product of two normalised numbers, normalised. The true product exceeds `m m'` by at most `e m' + e' m + e e'`,
    /// each term rounded up to a multiple of `2^128` here; dropping the low half loses less than one unit more.
    pub(super) fn mul(self, other: Self) -> Self {
        // ceil(e m / 2^128) or one more, for e < 2^63; so a last unit is left for e e' < 2^126.
        let carried = |e: u128, m: u128| if e == 0 { 0 } else { ((e * ((m >> 64) + 1)) >> 64) + 2 };
        let (mantissa, low) = full_product(self.mantissa, other.mantissa);
        let spread = carried(self.error, other.mantissa) + carried(other.error, self.mantissa);
        let product =
            Self { mantissa, error: spread + u128::from(low != 0), exponent: self.exponent + other.exponent + 128 };
        if mantissa >> 127 == 1 {
            return product;
        }
        // One bit short of normal: take it from the low half, so that products of few bits stay exact.
        Self {
            mantissa: mantissa << 1 | low >> 127,
            error: 2 * spread + u128::from(low << 1 != 0),
            exponent: product.exponent - 1,
        }
    }

    /// `self^n`, `n >= 1`, by squaring.
    pub(super) fn powi(self, n: u64) -> Self {
        let mut power = self;
        for bit in (0..n.ilog2()).rev() {
            power = power.mul(power);
            if n >> bit & 1 == 1 {
                power = power.mul(self);
            }
        }
        power
    }

    /// The tightest doubles below and above; 0 and infinity beyond the range of doubles.
    pub(super) fn bounds(self) -> (f64, f64) {
        let down = round_down(self.mantissa, self.exponent);
        if self.error == 0 && down.1 {
            return (down.0, down.0);
        }
        let up = match self.mantissa.checked_add(self.error) {
            Some(upper) => round_down(upper, self.exponent),
            None => round_down((self.mantissa >> 1) + (self.error >> 1) + 1, self.exponent + 1),
        };
        (down.0, if up.1 { up.0 } else { up.0.next_up() })
    }
}

/// `(m, e)` with `x = m 2^e`, for positive finite `x`.
pub(super) fn decode(x: f64) -> (u64, i64) {
    let (biased, fraction) = ((x.to_bits() >> 52) as i64, x.to_bits() & ((1 << 52) - 1));
    if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased - 1075) }
}

/// The largest double at most `mantissa 2^exponent` (at most the largest finite one), and whether it is equal.
fn round_down(mantissa: u128, exponent: i64) -> (f64, bool) {
    let length = i64::from(128 - mantissa.leading_zeros());
    if length + exponent > 1024 {
        return (f64::MAX, false);
    }
    // Keep 53 bits, or those from 2^-1074 upward.
    let drop = (length - 53).max(-1074 - exponent);
    if drop >= 128 {
        return (0.0, mantissa == 0);
    }
    if drop <= 0 {
        return (libm::scalbn(mantissa as f64, exponent as i32), true);
    }
    let kept = mantissa >> drop;
    (libm::scalbn(kept as f64, (exponent + drop) as i32), kept << drop == mantissa)
}
