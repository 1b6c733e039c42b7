//! A log cut at every length is resumed from; one with any byte flipped is either named as damaged or loses only its last frame.

use crate::simulated::{Sabotage, Simulated, random};
use rand_chacha::rand_core::Rng;
use specdyn::experiment::{Measured, Status};
use specdyn::sweep::{Damage, Entry, Log, LogError};

const NAME: &str = "cells.log";
const FRAMES: usize = 7;

/// Identity, session, four frames of cells, end; and where each frame begins.
fn log() -> (Vec<u8>, Vec<usize>) {
    let disk = Simulated::new(Sabotage::None);
    let mut log = Log::create(disk.clone(), r#"{"dim":100}"#, r#"{"threads":2}"#).unwrap();
    let first = u32::from_le_bytes(disk.bytes(NAME).unwrap()[8..12].try_into().unwrap());
    let mut begins = vec![0, 16 + first as usize];
    let mut frame = |disk: &Simulated| begins.push(disk.bytes(NAME).unwrap().len());
    for group in 0..4 {
        frame(&disk);
        let cells: Vec<Measured> = (0..3)
            .map(|i| match i {
                0 => Measured { value: None, status: Status::NotSettled },
                _ => Measured { value: Some(f64::from(group) + 0.1), status: Status::Ok },
            })
            .collect();
        let names = ["gd".to_string()];
        log.commit(&names, cells.iter().zip(0..).map(|(m, i)| (0, f64::from(group), f64::from(i), m))).unwrap();
    }
    frame(&disk);
    log.end_session().unwrap();
    assert_eq!(begins.len(), FRAMES);
    (disk.bytes(NAME).unwrap(), begins)
}

fn open(bytes: Vec<u8>, damage: Damage) -> (Result<Log<Simulated>, LogError>, usize) {
    let disk = Simulated::new(Sabotage::None);
    disk.put(NAME, bytes);
    let mut cells = 0;
    let log = Log::open(disk, damage, |entry| cells += usize::from(matches!(entry, Entry::Cell(_))));
    (log, cells)
}

/// Cells in the whole frames among the first `frames`.
fn cells_in(frames: usize) -> usize {
    3 * frames.clamp(2, 6) - 6
}

#[test]
fn a_log_cut_at_any_length_keeps_every_whole_frame() {
    let (bytes, begins) = log();
    for length in 0..bytes.len() {
        let whole = begins.iter().filter(|begin| **begin <= length).count() - 1;
        let (opened, cells) = open(bytes[..length].to_vec(), Damage::Refuse);
        match opened {
            Ok(_) => assert_eq!(cells, cells_in(whole), "cut at {length}"),
            Err(LogError::NoLog { .. }) => assert_eq!(whole, 0, "cut at {length}"),
            Err(error) => panic!("cut at {length}: {error}"),
        }
    }
}

#[test]
fn a_flipped_byte_is_named_or_costs_the_last_frame_alone() {
    let (bytes, begins) = log();
    for place in 0..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[place] ^= flip;
            let hit = begins.iter().filter(|begin| **begin <= place).count() - 1;
            let (opened, cells) = open(damaged.clone(), Damage::Refuse);
            match opened {
                Err(LogError::NoLog { .. }) => assert_eq!(hit, 0, "byte {place}"),
                Err(LogError::Damaged { frame, offset, .. }) => {
                    assert_eq!((frame as usize, offset as usize), (hit, begins[hit]), "byte {place}");
                    assert!(hit < FRAMES - 1);
                }
                Ok(_) => assert!(hit == FRAMES - 1 && cells == cells_in(FRAMES), "byte {place} flipped unseen"),
                Err(error) => panic!("byte {place}: {error}"),
            }
            if (1..FRAMES - 1).contains(&hit) {
                // What is whole can be kept: all but the cells of the damaged frame.
                let (opened, cells) = open(damaged, Damage::Drop);
                let lost = if hit == 1 { 0 } else { 3 };
                assert_eq!((opened.is_ok(), cells), (true, cells_in(FRAMES) - lost), "byte {place}");
            }
        }
    }
}

#[test]
fn a_frame_that_is_missing_doubled_or_out_of_order_is_damage() {
    let (bytes, begins) = log();
    let frame = |i: usize| bytes[begins[i]..begins.get(i + 1).copied().unwrap_or(bytes.len())].to_vec();
    let join = |order: &[usize]| order.iter().flat_map(|i| frame(*i)).collect::<Vec<u8>>();
    assert!(open(join(&[0, 1, 2, 3, 4, 5, 6]), Damage::Refuse).0.is_ok());
    for order in [&[0, 1, 3, 4, 5, 6][..], &[0, 1, 2, 3, 3, 4, 5, 6], &[0, 1, 3, 2, 4, 5, 6]] {
        let (opened, _) = open(join(order), Damage::Refuse);
        assert!(matches!(opened, Err(LogError::Damaged { .. })), "{order:?}");
    }
}

#[test]
fn a_log_with_its_damage_dropped_reads_as_a_whole_one() {
    let (mut bytes, begins) = log();
    bytes[begins[3] + 20] ^= 1;
    let disk = Simulated::new(Sabotage::None);
    disk.put(NAME, bytes);
    Log::open(disk.clone(), Damage::Drop, |_| ()).unwrap().end_session().unwrap();
    let mut cells = 0;
    Log::open(disk, Damage::Refuse, |entry| cells += usize::from(matches!(entry, Entry::Cell(_)))).unwrap();
    assert_eq!(cells, cells_in(FRAMES) - 3);
}

/// `count` logs with some bytes changed, cut, doubled or replaced by rubbish; nothing may panic, and nothing may be made up: a frame is
/// either as written or not there.
fn fuzz(count: u64, seed: u64) {
    let (whole, _) = log();
    let mut random = random(seed);
    for _ in 0..count {
        let mut bytes = whole.clone();
        for _ in 0..1 + random.next_u32() % 4 {
            let length = bytes.len().max(1);
            let at = (random.next_u32() as usize % length).min(bytes.len());
            match random.next_u32() % 6 {
                0 if !bytes.is_empty() => bytes[at.min(length - 1)] = random.next_u32() as u8,
                1 => bytes.truncate(at),
                2 => {
                    let to = (at + random.next_u32() as usize % 64).min(bytes.len());
                    bytes.drain(at..to);
                }
                3 => {
                    let to = (at + random.next_u32() as usize % 64).min(bytes.len());
                    let piece = bytes[at..to].to_vec();
                    let target = random.next_u32() as usize % (bytes.len() + 1);
                    bytes.splice(target..target, piece);
                }
                4 => {
                    let word = [0, 1, u32::MAX, 1 << 20, (1 << 20) + 1][random.next_u32() as usize % 5].to_le_bytes();
                    let to = (at + 4).min(bytes.len());
                    bytes[at..to].copy_from_slice(&word[..to - at]);
                }
                _ => {
                    let mut rubbish = vec![0; random.next_u32() as usize % 40];
                    random.fill_bytes(&mut rubbish);
                    bytes.extend(rubbish);
                }
            }
        }
        let damage = if random.next_u32().is_multiple_of(2) { Damage::Refuse } else { Damage::Drop };
        let (_, cells) = open(bytes, damage);
        assert!(cells <= 12 + 3 * 4, "{cells} cells");
    }
}

#[test]
fn mutated_logs_never_panic() {
    fuzz(20_000, 1);
}

/// The promise: `cargo test --release --test checkpoint -- --ignored`.
#[test]
#[ignore = "minutes; the promised count"]
fn ten_million_mutated_logs_never_panic() {
    std::thread::scope(|scope| {
        for seed in 0..2 {
            scope.spawn(move || fuzz(5_000_000, 2 + seed));
        }
    });
}
