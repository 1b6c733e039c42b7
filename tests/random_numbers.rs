//! Random numbers beside an implementation that shares no code with them: Philox4x32-10 word by word, as its paper writes it, and the
//! logarithm, cosine and sine of another library.

use specdyn::scalar::NormalStream;

/// Ten rounds: two 32 x 32 bit products, whose halves cross over; the key moves on by a Weyl sequence.
fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let product = |multiplier: u32, word: u32| {
            let product = u64::from(multiplier) * u64::from(word);
            ((product >> 32) as u32, product as u32)
        };
        let (high_0, low_0) = product(0xD251_1F53, counter[0]);
        let (high_1, low_1) = product(0xCD9E_8D57, counter[2]);
        counter = [high_1 ^ counter[1] ^ key[0], low_1, high_0 ^ counter[3] ^ key[1], low_0];
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    counter
}

/// Pair k of a stream, by Box and Muller's formula: `sqrt(-2 ln u) (cos, sin)(2 pi v)`, u in (0, 1] and v in [0, 1) with 52 bits each.
fn pair(seed: u64, stream: u64, k: u64) -> ([f64; 2], f64) {
    let halves = |x: u64| [x as u32, (x >> 32) as u32];
    let ([a, b], [c, d]) = (halves(k), halves(stream));
    let words = philox([a, b, c, d], halves(seed));
    let share = |low: u32, high: u32| ((u64::from(high) << 32 | u64::from(low)) >> 12) as f64 / (1_u64 << 52) as f64;
    let radius = (-2.0 * libm::log(1.0 - share(words[0], words[1]))).sqrt();
    let angle = 2.0 * std::f64::consts::PI * share(words[2], words[3]);
    ([radius * libm::cos(angle), radius * libm::sin(angle)], radius)
}

/// The published known answers (Random123, `kat_vectors`), so that this is a witness.
#[test]
fn the_other_implementation_gives_the_published_answers() {
    assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
    assert_eq!(philox([u32::MAX; 4], [u32::MAX; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
    let pi = philox([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]);
    assert_eq!(pi, [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]);
}

#[test]
fn normal_numbers_are_those_of_the_other_implementation() {
    const PAIRS: u64 = 3000;
    for (seed, stream, first) in [
        (0, 0, 0),
        (7, 1, 12_345),
        (u64::MAX, 2, u64::MAX - 1000),
        (0x0123_4567_89AB_CDEF, u64::MAX, (1 << 32) - 1500),
        (1 << 32, 1 << 32, 1 << 63),
    ] {
        let mut numbers = vec![0.0; 2 * PAIRS as usize];
        NormalStream { seed, stream }.fill(first, &mut numbers);
        for (k, found) in numbers.chunks(2).enumerate() {
            let (expected, radius) = pair(seed, stream, first.wrapping_add(k as u64));
            // Rounding 2 pi v moves the angle by up to half an ulp of 2 pi; the rest is a few roundings on either side.
            let rounding = 12.0 * f64::EPSILON * radius;
            for (x, y) in found.iter().zip(expected) {
                assert!((x - y).abs() <= rounding, "seed {seed}, stream {stream}, pair {k}: {x} against {y}");
            }
        }
    }
}
