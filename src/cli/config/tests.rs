//! Configuration files that nobody would write: they are refused in a sentence, or mean what the command line would.

use super::understand::{options_of_diagram, understand};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Words to begin with; the rest is mutation.
const KEYS: [&str; 18] = [
    "x",
    "y",
    "observe",
    "optimizer",
    "step-size",
    "time",
    "dim",
    "spike",
    "spectrum",
    "signal-index",
    "init",
    "overlap",
    "refine",
    "level",
    "resume",
    "shard",
    "threads",
    "max-hours",
];
const VALUES: [&str; 34] = [
    "\"spike=0:20:5\"",
    "\"init=1e-6:1e-1:5:log\"",
    "\"dim=1:40:9\"",
    "\"spike=0:1:1000001\"",
    "\"init=-1e308:1e308:3\"",
    "\"power=0:1:3\"",
    "\"exponent=0:2:3\"",
    "\"step-size=1e-300:1e300:3:log\"",
    "\"amplification\"",
    "\"risk\"",
    "\"gd,specgd\"",
    "\"power:0.5\"",
    "\"power:1e-320\"",
    "[\"gd\", \"power:1\"]",
    "[]",
    "[[1]]",
    "{}",
    "0",
    "-1",
    "1e308",
    "1e-320",
    "nan",
    "inf",
    "-inf",
    "9223372036854775807",
    "true",
    "false",
    "\"boundary:16\"",
    "\"boundary:4294967297\"",
    "\"1/18446744073709551616\"",
    "\"steps:1*3,2*1\"",
    "\"steps:1e308*9007199254740993\"",
    "\"power-law:1e300\"",
    "\"\"",
];

fn pick<'a>(random: &mut ChaCha8Rng, words: &[&'a str]) -> &'a str {
    words[random.next_u32() as usize % words.len()]
}

fn file(random: &mut ChaCha8Rng) -> String {
    let mut text = String::new();
    for _ in 0..random.next_u32() % 6 {
        text += &format!("{} = {}\n", pick(random, &KEYS), pick(random, &VALUES));
    }
    let mut bytes = text.into_bytes();
    for _ in 0..random.next_u32() % 4 {
        let at = random.next_u32() as usize % (bytes.len() + 1);
        match random.next_u32() % 5 {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.next_u32() as u8),
            2 if at < bytes.len() => bytes[at] ^= 1 << (random.next_u32() % 8),
            3 => {
                let to = (at + random.next_u32() as usize % 12).min(bytes.len());
                let piece = bytes[at..to].repeat(1 + random.next_u32() as usize % 3);
                bytes.splice(at..at, piece);
            }
            _ => {
                let to = (at + random.next_u32() as usize % 12).min(bytes.len());
                bytes.drain(at..to);
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns how many files described a grid.
fn fuzz(count: u64, deep_every: u64, seed: u64) -> u64 {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut grids = 0;
    for round in 0..count {
        let text = file(&mut random);
        let deep = round.is_multiple_of(deep_every);
        let understood = if deep { understand(&text) } else { options_of_diagram(&text).map(|_| ()) };
        match understood {
            Ok(()) => grids += u64::from(deep),
            // One line, and nothing that would move a terminal's cursor, is what report() makes of it; a code it has.
            Err(error) => assert!([0, 64, 65].contains(&error.code()), "{text:?}: {error}"),
        }
    }
    grids
}

#[test]
fn mutated_configurations_never_panic_and_some_are_understood() {
    let grids = fuzz(3_000, 3, 1);
    assert!(grids > 50, "only {grids} files described a grid");
}

/// The promise: `cargo test --release --lib ten_million_configurations -- --ignored`.
#[test]
#[ignore = "minutes; the promised count"]
fn ten_million_configurations_never_panic() {
    std::thread::scope(|scope| {
        for seed in 2..4 {
            scope.spawn(move || fuzz(5_000_000, 20, seed));
        }
    });
}
