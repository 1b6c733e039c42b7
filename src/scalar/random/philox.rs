//! Counter-based random bits: Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011), many counters at a time.
//!
//! A block of 128 bits is a function of a 64-bit key and a 128-bit counter and nothing else, so there is no state whose order of
//! use could matter. The key is the seed; the counter is the block's index (low half) and the stream (high half).

/// Blocks that are computed side by side where a few are wanted; elementwise, so that the compiler may use any vectors it likes.
pub(crate) const SIDE_BY_SIDE: usize = 8;

const MULTIPLIER: [u64; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;

/// Blocks `first, first + 1, ...` of `stream` under the key `seed`, each as two 64-bit words: `[word][block]`. How many are computed
/// side by side changes nothing but the speed.
#[inline(always)]
pub(crate) fn blocks<const N: usize>(seed: u64, stream: u64, first: u64) -> [[u64; N]; 2] {
    // Words of 32 bits in lanes of 64: a lane's upper half is rubbish wherever the next operation ignores it.
    let mut key = [seed as u32, (seed >> 32) as u32];
    // Loops rather than closures: those of `array::map` and `from_fn` are compiled without the vectors of the function around them.
    let (mut c0, mut c1) = ([0; N], [0; N]);
    for l in 0..N {
        c0[l] = first.wrapping_add(l as u64);
        c1[l] = c0[l] >> 32;
    }
    let mut c2 = [stream; N];
    let mut c3 = [stream >> 32; N];
    for _ in 0..ROUNDS {
        let [k0, k1] = key.map(u64::from);
        for l in 0..N {
            let p0 = (c0[l] & 0xFFFF_FFFF) * MULTIPLIER[0];
            let p1 = (c2[l] & 0xFFFF_FFFF) * MULTIPLIER[1];
            c0[l] = (p1 >> 32) ^ c1[l] ^ k0;
            c2[l] = (p0 >> 32) ^ c3[l] ^ k1;
            c1[l] = p1;
            c3[l] = p0;
        }
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    let mut words = [[0; N]; 2];
    for l in 0..N {
        words[0][l] = (c0[l] & 0xFFFF_FFFF) | (c1[l] << 32);
        words[1][l] = (c2[l] & 0xFFFF_FFFF) | (c3[l] << 32);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers published with Random123 (`kat_vectors`, philox4x32 10).
    #[test]
    fn blocks_are_the_published_known_answers() {
        let answer = |seed, stream, index| {
            let [a, b] = blocks::<1>(seed, stream, index);
            [a[0] as u32, (a[0] >> 32) as u32, b[0] as u32, (b[0] >> 32) as u32]
        };
        assert_eq!(answer(0, 0, 0), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(answer(u64::MAX, u64::MAX, u64::MAX), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        let pi = answer(0x299f_31d0_a409_3822, 0x0370_7344_1319_8a2e, 0x85a3_08d3_243f_6a88);
        assert_eq!(pi, [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]);
    }

    #[test]
    fn a_block_does_not_depend_on_where_its_batch_begins() {
        let (from_0, from_5) = (blocks::<32>(3, 4, 0), blocks::<SIDE_BY_SIDE>(3, 4, 5));
        for l in 5..5 + SIDE_BY_SIDE {
            assert_eq!((from_0[0][l], from_0[1][l]), (from_5[0][l - 5], from_5[1][l - 5]));
        }
    }
}
