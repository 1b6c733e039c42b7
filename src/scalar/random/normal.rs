//! Normal numbers by Box and Muller, a fixed consumption of one random block a pair (rejection would not have that), with a
//! logarithm, sine and cosine made of plain operations and fused multiply-adds: the same bits on every machine.

use super::philox::{SIDE_BY_SIDE, blocks};
use pulp::{Arch, Simd, WithSimd};

/// A stream of standard normal numbers that can be entered anywhere: numbers `2 k` and `2 k + 1` come from random block k.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NormalStream {
    /// Key.
    pub seed: u64,
    /// Which of the 2^64 streams of this key.
    pub stream: u64,
}

impl NormalStream {
    /// Fills `numbers` from pair number `first` on; the second half of the last pair is dropped if the length is odd.
    pub fn fill(self, first: u64, numbers: &mut [f64]) {
        Arch::new().dispatch(Fill { stream: self, first, numbers });
    }

    /// The first number of pair k.
    pub fn at(self, k: u64) -> f64 {
        let mut number = [0.0];
        self.fill(k, &mut number);
        number[0]
    }
}

struct Fill<'a> {
    stream: NormalStream,
    first: u64,
    numbers: &'a mut [f64],
}

impl WithSimd for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let NormalStream { seed, stream } = self.stream;
        let mut next = self.first;
        let mut wide = self.numbers.chunks_exact_mut(2 * MANY);
        for chunk in wide.by_ref() {
            chunk.copy_from_slice(pairs::<MANY>(seed, stream, next).as_flattened());
            next = next.wrapping_add(MANY as u64);
        }
        for chunk in wide.into_remainder().chunks_mut(2 * SIDE_BY_SIDE) {
            let pairs = pairs::<SIDE_BY_SIDE>(seed, stream, next);
            chunk.copy_from_slice(&pairs.as_flattened()[..chunk.len()]);
            next = next.wrapping_add(SIDE_BY_SIDE as u64);
        }
    }
}

/// Pairs side by side where many are wanted: several vectors at a time hide the latency of each.
const MANY: usize = 32;

#[inline(always)]
fn pairs<const N: usize>(seed: u64, stream: u64, first: u64) -> [[f64; 2]; N] {
    let [radial, angular] = blocks::<N>(seed, stream, first);
    let mut pairs = [[0.0; 2]; N];
    for l in 0..N {
        pairs[l] = box_muller(radial[l], angular[l]);
    }
    pairs
}

/// Two independent standard normal numbers from 2 x 52 random bits: `sqrt(-2 ln u) (cos 2 pi v, sin 2 pi v)`.
#[inline(always)]
fn box_muller(radial: u64, angular: u64) -> [f64; 2] {
    let radius = (-2.0 * ln(2.0 - one_to_two(radial))).sqrt(); // u in (0, 1]: the logarithm is finite
    let [cos, sin] = cos_sin_of_turns(one_to_two(angular) - 1.0);
    [radius * cos, radius * sin]
}

/// The upper 52 bits as a number in [1, 2).
#[inline(always)]
fn one_to_two(bits: u64) -> f64 {
    f64::from_bits((bits >> 12) | 1.0_f64.to_bits())
}

/// Natural logarithm of a normal number in (0, 1]: `e ln 2 + 2 artanh s`, `s = (f - 1)/(f + 1)`, `x = 2^e f`, f in [1/sqrt 2, sqrt 2).
/// There `s^2 < 0.02944`, and the series `sum s^(2k + 1)/(2k + 1)` to k = 10 leaves less than `s^23/23 (1 + ...) < 2^-58 s`.
#[inline(always)]
fn ln(x: f64) -> f64 {
    const INTEGER: f64 = (1_u64 << 52) as f64;
    let bits = x.to_bits();
    let exponent = f64::from_bits((bits >> 52) | INTEGER.to_bits()) - (INTEGER + 1023.0);
    let mantissa = f64::from_bits((bits & ((1 << 52) - 1)) | 1.0_f64.to_bits());
    let high = mantissa > std::f64::consts::SQRT_2;
    let f = if high { 0.5 * mantissa } else { mantissa };
    let e = if high { exponent + 1.0 } else { exponent };
    let s = (f - 1.0) / (f + 1.0);
    let z = s * s;
    // Two half-length chains, in z^2: what counts here is latency.
    let zz = z * z;
    let (mut even, mut odd) = (1.0 / 19.0, 1.0 / 21.0);
    for k in (1..9).rev() {
        let chain = if k % 2 == 1 { &mut even } else { &mut odd };
        *chain = zz.mul_add(*chain, 1.0 / (2 * k + 1) as f64);
    }
    let series = z.mul_add(odd, even);
    let twice = s + s;
    e.mul_add(std::f64::consts::LN_2, (twice * z).mul_add(series, twice))
}

/// `[cos 2 pi v, sin 2 pi v]` for v in [0, 1): v is a quarter turn q plus `t` in [-1/8, 1/8] (exactly), and the Taylor series at
/// `2 pi t <= pi/4` to order 17 leave less than 2^-54 of the result.
#[inline(always)]
fn cos_sin_of_turns(v: f64) -> [f64; 2] {
    const ROUND: f64 = (3_u64 << 51) as f64; // adding it rounds to an integer, which then stands in the last bits
    let shifted = v.mul_add(4.0, ROUND);
    let quarter = shifted.to_bits();
    let theta = (v - 0.25 * (shifted - ROUND)) * std::f64::consts::TAU;
    let z = theta * theta;
    let (sin, cos) = (theta * series(&SINE, z), series(&COSINE, z));
    let swap = quarter & 1 == 1;
    let (c, s) = if swap { (sin, cos) } else { (cos, sin) };
    // Quarters 1, 2 turn the cosine's sign, quarters 2, 3 the sine's (4 is 0 again).
    let cos_sign = ((quarter + 1) & 2) << 62;
    let sin_sign = (quarter & 2) << 62;
    [f64::from_bits(c.to_bits() ^ cos_sign), f64::from_bits(s.to_bits() ^ sin_sign)]
}

/// `sum_k c_k z^k` in two chains.
#[inline(always)]
fn series(c: &[f64; 9], z: f64) -> f64 {
    let zz = z * z;
    let even = zz.mul_add(zz.mul_add(zz.mul_add(zz.mul_add(c[8], c[6]), c[4]), c[2]), c[0]);
    let odd = zz.mul_add(zz.mul_add(zz.mul_add(c[7], c[5]), c[3]), c[1]);
    z.mul_add(odd, even)
}

/// `(-1)^k / (2k + 1)!`.
const SINE: [f64; 9] = alternating_factorials(1);
/// `(-1)^k / (2k)!`.
const COSINE: [f64; 9] = alternating_factorials(0);

const fn alternating_factorials(first: u64) -> [f64; 9] {
    let mut coefficients = [0.0; 9];
    let (mut k, mut factorial, mut sign) = (0, 1_u64, 1.0);
    while k < 9 {
        coefficients[k] = sign / factorial as f64;
        let n = 2 * k as u64 + first;
        if k < 8 {
            factorial *= (n + 1) * (n + 2); // 17! < 2^53: exact
        }
        sign = -sign;
        k += 1;
    }
    coefficients
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: NormalStream = NormalStream { seed: 20_251_118, stream: 3 };

    fn take(n: usize) -> Vec<f64> {
        let mut numbers = vec![0.0; n];
        STREAM.fill(0, &mut numbers);
        numbers
    }

    #[test]
    fn logarithm_sine_and_cosine_are_good_to_two_ulps() {
        for i in 0..20_000_u64 {
            let x = 2.0 - one_to_two(i.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let (value, exact) = (ln(x), libm::log(x));
            assert!((value - exact).abs() <= 2.0 * f64::EPSILON * exact.abs(), "ln {x}: {value} {exact}");
            let v = i as f64 / 20_000.0;
            let [cos, sin] = cos_sin_of_turns(v);
            // Rounding of 2 pi v in the comparison: pi/4 turns of it are one ulp of 6.3, absolute.
            let angle = std::f64::consts::TAU * v;
            assert!((cos - libm::cos(angle)).abs() <= 4.0 * f64::EPSILON, "cos of {v} turns");
            assert!((sin - libm::sin(angle)).abs() <= 4.0 * f64::EPSILON, "sin of {v} turns");
        }
        assert_eq!(ln(1.0), 0.0);
        assert_eq!(ln(0.5), -std::f64::consts::LN_2);
        assert_eq!(
            [0.0, 0.25, 0.5, 0.75].map(cos_sin_of_turns).map(|[c, s]| [c + 0.0, s + 0.0]),
            [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]]
        );
    }

    #[test]
    fn any_part_of_the_stream_can_be_drawn_alone() {
        let all = take(1001);
        for (first, length) in [(0, 1), (3, 40), (17, 33), (400, 201)] {
            let mut part = vec![0.0; length];
            STREAM.fill(first as u64, &mut part);
            assert_eq!(part, all[2 * first..2 * first + length]);
        }
        assert_eq!(STREAM.at(7), all[14]);
    }

    /// Bits of the first numbers, so that no change of compiler, machine or code goes unnoticed.
    #[test]
    fn the_first_numbers_are_known() {
        let mut numbers = [0.0; 4];
        NormalStream { seed: 0, stream: 0 }.fill(0, &mut numbers);
        assert_eq!(numbers.map(f64::to_bits), KNOWN.map(f64::to_bits), "{numbers:?}");
    }

    /// Confirmed, to the last two digits, by an independent Philox in Python with the C library's functions.
    const KNOWN: [f64; 4] = [-1.6249634408710405, -1.2683492025469463, 0.922581387637534, 0.21900507737292058];

    #[test]
    fn scalar_and_vector_code_give_the_same_bits() {
        let all = take(2 * MANY);
        let [radial, angular] = blocks::<MANY>(STREAM.seed, STREAM.stream, 0);
        for l in 0..MANY {
            assert_eq!(box_muller(radial[l], angular[l]), all[2 * l..2 * l + 2]);
        }
    }

    #[test]
    fn moments_and_tails_are_those_of_a_normal_number() {
        // n draws; bands of 6.2 standard errors, two-sided false alarm 1e-9 had the seed been drawn anew.
        let n = 1 << 20;
        let x = take(n);
        let mean = |f: &dyn Fn(f64) -> f64| x.iter().map(|x| f(*x)).sum::<f64>() / n as f64;
        let band = |variance: f64| 6.2 * (variance / n as f64).sqrt();
        assert!(mean(&|x| x).abs() < band(1.0));
        assert!((mean(&|x| x * x) - 1.0).abs() < band(2.0));
        assert!((mean(&|x| x.powi(3))).abs() < band(15.0));
        assert!((mean(&|x| x.powi(4)) - 3.0).abs() < band(96.0));
        for (level, tail) in [(1.0, 0.317_310_507_862_914), (2.0, 0.045_500_263_896_358), (3.0, 0.002_699_796_063_260)]
        {
            let share = mean(&|x| f64::from(x.abs() > level));
            assert!((share - tail).abs() < band(tail * (1.0 - tail)), "{level}: {share}");
        }
        let lagged = |lag: usize| x.windows(lag + 1).map(|w| w[0] * w[lag]).sum::<f64>() / (n - lag) as f64;
        for lag in [1, 2, 32, 100] {
            assert!(lagged(lag).abs() < band(1.01), "lag {lag}");
        }
    }
}
