//! Exact oracles for double precision, independent of the library: no operation here rounds.

#![allow(dead_code)] // each test binary uses a part

pub(crate) mod logarithm;

use std::cmp::Ordering;

const LIMBS: usize = 70;

/// The exponent of the lowest bit of a [`Sum`]: below that of a product of two subnormals, 2^-2148.
const LOWEST: i64 = -2200;

/// An exact sum of doubles and of products of two doubles (Kulisch's long accumulator): a two's complement integer of 4480
/// bits in units of 2^-2200, room for everything from the square of the smallest double to a thousand squares of the largest.
#[derive(Clone)]
pub(crate) struct Sum([u64; LIMBS]);

/// `(m, e)` with `|x| = m 2^e`.
pub(crate) fn decode(x: f64) -> (u64, i64) {
    assert!(x.is_finite(), "{x} has no exact value");
    let (biased, fraction) = ((x.to_bits() >> 52 & 0x7ff) as i64, x.to_bits() & ((1 << 52) - 1));
    if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased - 1075) }
}

impl Sum {
    pub(crate) fn new() -> Self {
        Self([0; LIMBS])
    }

    /// `+ x`
    pub(crate) fn plus(mut self, x: f64) -> Self {
        let (m, e) = decode(x);
        self.accumulate(u128::from(m), e, x.is_sign_negative());
        self
    }

    /// `- x`
    pub(crate) fn minus(self, x: f64) -> Self {
        self.plus(-x)
    }

    /// `+ x y`
    pub(crate) fn plus_product(mut self, x: f64, y: f64) -> Self {
        let ((m, e), (n, f)) = (decode(x), decode(y));
        self.accumulate(u128::from(m) * u128::from(n), e + f, x.is_sign_negative() != y.is_sign_negative());
        self
    }

    /// `- x y`
    pub(crate) fn minus_product(self, x: f64, y: f64) -> Self {
        self.plus_product(-x, y)
    }

    fn accumulate(&mut self, mantissa: u128, exponent: i64, negative: bool) {
        let position = (exponent - LOWEST) as usize;
        let (limb, shift) = (position / 64, position % 64);
        let (low, high) = (mantissa << shift, if shift == 0 { 0 } else { mantissa >> (128 - shift) });
        let parts = [low as u64, (low >> 64) as u64, high as u64];
        let mut carry = false;
        for (i, limb) in self.0[limb..].iter_mut().enumerate() {
            let part = parts.get(i).copied().unwrap_or(0);
            if i >= 3 && !carry {
                break;
            }
            let (value, first) = if negative { limb.overflowing_sub(part) } else { limb.overflowing_add(part) };
            let (value, second) =
                if negative { value.overflowing_sub(carry.into()) } else { value.overflowing_add(carry.into()) };
            (*limb, carry) = (value, first || second);
        }
    }

    /// Sign of the exact sum.
    pub(crate) fn sign(&self) -> Ordering {
        if self.0[LIMBS - 1] >> 63 == 1 {
            Ordering::Less
        } else if self.0.iter().any(|&limb| limb != 0) {
            Ordering::Greater
        } else {
            Ordering::Equal
        }
    }

    /// Exact comparison with a double or an infinity.
    pub(crate) fn compare(&self, x: f64) -> Ordering {
        if x.is_infinite() {
            return if x > 0.0 { Ordering::Less } else { Ordering::Greater };
        }
        self.clone().minus(x).sign()
    }

    /// Whether `x` is the largest double (or -infinity) at most the sum.
    pub(crate) fn rounds_down_to(&self, x: f64) -> bool {
        self.compare(x).is_ge() && self.compare(x.next_up()).is_lt()
    }

    /// Whether `x` is the smallest double (or +infinity) at least the sum.
    pub(crate) fn rounds_up_to(&self, x: f64) -> bool {
        self.compare(x).is_le() && self.compare(x.next_down()).is_gt()
    }
}

/// SplitMix64: small, fast, and the same everywhere.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// Uniform in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A finite double, biased to corners: zeros, subnormals, the ends of the range, powers of two and their neighbours, short
    /// mantissas (exact results), small integers, all exponents alike, and sizes near 1.
    pub(crate) fn double(&mut self) -> f64 {
        let sign = self.bits() & 1 << 63;
        let mantissa = self.bits() & ((1 << 52) - 1);
        let magnitude = match self.below(16) {
            0 => match self.below(6) {
                0 | 1 => 0.0,
                2 => f64::from_bits(1),
                3 => f64::MAX,
                4 => f64::MIN_POSITIVE,
                _ => 1.0,
            },
            1 => f64::from_bits(mantissa >> self.below(52)), // subnormal
            2 => f64::from_bits(f64::MAX.to_bits() - self.below(1 << 20)),
            3 | 4 => {
                let power = f64::from_bits((1 + self.below(2046)) << 52);
                [power, power.next_up(), power.next_down()][self.below(3) as usize]
            }
            5 => self.below(1 << 12) as f64,
            6 => f64::from_bits((1023 - 12 + self.below(24)) << 52 | (mantissa >> 40) << 40), // 12 bits
            7 | 8 => f64::from_bits(self.below(2047) << 52 | mantissa),
            9 => f64::from_bits((1023 - 540 + self.below(1080)) << 52 | mantissa), // products at the ends of the range
            _ => f64::from_bits((1023 - 4 + self.below(8)) << 52 | mantissa),
        };
        f64::from_bits(magnitude.to_bits() | sign)
    }
}
