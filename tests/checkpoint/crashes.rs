//! No cell that counted is lost: not by a kill before or inside any operation, not by a power cut, not by a full or failing disk.

use crate::simulated::{Fault, Sabotage, Simulated, random};
use rand_chacha::rand_core::Rng;
use specdyn::experiment::{Measured, Status};
use specdyn::sweep::{Damage, Entry, Log};
use std::collections::BTreeMap;

const IDENTITY: &str = r#"{"dim":100,"x":"spike","y":"init"}"#;

/// Cells as a log gives them back.
type Cells = BTreeMap<(String, u64, u64), Measured>;

fn names() -> Vec<String> {
    vec!["gd".into(), "specgd".into()]
}

/// The cells of group `group`, some without a value.
fn group(group: u64, size: u64) -> Vec<(usize, f64, f64, Measured)> {
    (0..size)
        .map(|i| {
            let (x, y) = (group as f64, 1e-6 * (i + 1) as f64);
            let measured = match (group + i) % 5 {
                0 => Measured { value: None, status: Status::Domain(format!("init = {y} is outside its domain")) },
                1 => Measured { value: None, status: Status::Stopped("diverged".into()) },
                _ => Measured { value: Some(x.sqrt() + y), status: Status::Ok },
            };
            ((i % 2) as usize, x, y, measured)
        })
        .collect()
}

/// What one process does: opens or makes the log, and commits groups until something fails. Returns the cells that counted.
fn session(disk: &Simulated, groups: std::ops::Range<u64>, size: u64) -> Result<Cells, String> {
    let mut counted = Cells::new();
    let log = if disk.bytes("cells.log").is_some() {
        Log::open(disk.clone(), Damage::Refuse, |_| ())
    } else {
        Log::create(disk.clone(), IDENTITY, "{}")
    };
    let Ok(mut log) = log else { return Ok(counted) };
    if groups.start > 0 && log.note_session("{}").is_err() {
        return Ok(counted);
    }
    for number in groups {
        let cells = group(number, size);
        match log.commit(&names(), cells.iter().map(|(o, x, y, m)| (*o, *x, *y, m))) {
            Ok(()) => counted
                .extend(cells.into_iter().map(|(o, x, y, m)| ((names()[o].clone(), x.to_bits(), y.to_bits()), m))),
            Err(_) => {
                // Nothing may be committed after a failure: the end of the file is unknown.
                let again = group(99, 1);
                let again = log.commit(&names(), again.iter().map(|(o, x, y, m)| (*o, *x, *y, m)));
                return if again.is_ok() { Err("a commit succeeded after a failed one".into()) } else { Ok(counted) };
            }
        }
    }
    let _ = log.end_session();
    Ok(counted)
}

/// Opens the log as the next process would, and returns its cells. No log at all is the start of one.
fn reopen(disk: &Simulated) -> Result<Cells, String> {
    let mut cells = Cells::new();
    if disk.bytes("cells.log").is_none() {
        return Ok(cells);
    }
    let mut identity = String::new();
    Log::open(disk.clone(), Damage::Refuse, |entry| match entry {
        Entry::Identity(text) => identity = text.into(),
        Entry::Cell(cell) => {
            cells.insert((cell.optimizer.into(), cell.x.to_bits(), cell.y.to_bits()), cell.measured);
        }
        _ => {}
    })
    .map_err(|error| error.to_string())?;
    if identity != IDENTITY {
        return Err(format!("the identity reads {identity:?}"));
    }
    Ok(cells)
}

/// A crash of this kind at operation `at`, a recovery, more work, and a second look.
fn survive(seed: u64, at: u64, fault: Fault, power: bool, sabotage: Sabotage) -> Result<(), String> {
    let mut random = random(seed);
    let disk = Simulated::new(sabotage);
    let size = 1 + u64::from(random.next_u32() % 60);
    disk.fail_at(at, fault);
    let mut counted = session(&disk, 0..4, size)?;
    if power {
        disk.cut_power(&mut random);
    } else {
        disk.revive();
    }
    check(&counted, &reopen(&disk)?)?;
    counted.extend(session(&disk, 4..6, size)?);
    disk.cut_power(&mut random);
    check(&counted, &reopen(&disk)?)
}

/// All that counted is there, and all that is there was computed.
fn check(counted: &Cells, found: &Cells) -> Result<(), String> {
    for (key, measured) in counted {
        if found.get(key) != Some(measured) {
            return Err(format!("cell {key:?} counted as {measured:?} and is {:?}", found.get(key)));
        }
    }
    for ((optimizer, x, y), measured) in found {
        let of = group(f64::from_bits(*x) as u64, 60);
        let computed = of.iter().any(|(o, cx, cy, m)| {
            names()[*o] == *optimizer && (cx.to_bits(), cy.to_bits()) == (*x, *y) && m == measured
        });
        if !computed {
            return Err(format!("nobody computed {optimizer} at ({}, {})", f64::from_bits(*x), f64::from_bits(*y)));
        }
    }
    Ok(())
}

const FAULTS: [Fault; 4] = [Fault::Kill, Fault::KillMidWrite, Fault::Full, Fault::Error];

/// The operations of a session without faults.
fn operations() -> u64 {
    let disk = Simulated::new(Sabotage::None);
    session(&disk, 0..4, 1).unwrap();
    disk.operations()
}

/// `points` crashes, every operation and every fault in turn; the first that loses something.
fn crashes(points: u64, power: bool, sabotage: Sabotage) -> Result<(), String> {
    let operations = operations();
    assert!(operations >= 14, "{operations} operations: create, write, sync, rename, sync, then two for every frame");
    for point in 0..points {
        let (at, fault) = (point % operations, FAULTS[(point / operations) as usize % FAULTS.len()]);
        survive(point, at, fault, power, sabotage).map_err(|e| format!("point {point}, {fault:?} at {at}: {e}"))?;
    }
    Ok(())
}

#[test]
fn a_kill_or_failure_at_any_operation_loses_no_cell_that_counted() {
    crashes(300, false, Sabotage::None).unwrap();
}

#[test]
fn a_power_cut_at_any_operation_loses_no_cell_that_counted() {
    crashes(300, true, Sabotage::None).unwrap();
}

#[test]
fn a_broken_writer_is_caught() {
    for sabotage in [Sabotage::SyncDoesNothing, Sabotage::WriteAfterSync] {
        assert!(crashes(300, true, sabotage).is_err(), "{sabotage:?} lost nothing in 300 power cuts");
    }
    assert!(crashes(300, true, Sabotage::FolderSyncDoesNothing).is_err(), "a folder that is never synced lost nothing");
}

/// The promise: `cargo test --release --test checkpoint -- --ignored`.
#[test]
#[ignore = "a minute; the promised count"]
fn ten_thousand_kills_and_two_thousand_power_cuts_lose_no_cell_that_counted() {
    crashes(10_000, false, Sabotage::None).unwrap();
    crashes(2_000, true, Sabotage::None).unwrap();
}
