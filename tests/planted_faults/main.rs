//! Statistical tests of the simulator's parts, and the simulator with a fault planted in one of them: the tests pass the first and
//! find every one of the others.
//!
//! Bands are seven standard errors: over all checks together a false alarm of less than 1e-9, had the seeds been drawn anew.

mod checks;
mod faults;
mod parts;

use parts::Parts;

#[test]
fn the_simulator_passes_every_check() {
    for (name, check) in checks::ALL {
        if let Err(reason) = check(&Parts::sound()) {
            panic!("{name}: {reason}");
        }
    }
}

#[test]
fn every_planted_fault_is_found() {
    let mut missed = Vec::new();
    for (fault, plant) in faults::ALL {
        let mut parts = Parts::sound();
        plant(&mut parts);
        if checks::ALL.iter().all(|(_, check)| check(&parts).is_ok()) {
            missed.push(*fault);
        }
    }
    assert!(faults::ALL.len() >= 15 && missed.is_empty(), "not found: {missed:?}");
}
