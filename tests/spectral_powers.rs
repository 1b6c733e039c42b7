//! Flows of spectral powers over random spectra, where several coefficients may be at their surfaces at once.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use specdyn::spectrum::{Group, Spectrum};
use specdyn::trajectory::exact::ExactFlow;
use specdyn::trajectory::power::PowerFlow;
use specdyn::trajectory::{Flow, Segment, Stop};
use std::cmp::Ordering;

struct Problem {
    power: f64,
    spectrum: Spectrum,
    start: Vec<f64>,
}

/// Powers from 0.01 to 0.99, `groups` groups beside the signal, variances from a fifth of the signal's to thirty times that.
fn problem(groups: usize, number: u64) -> Problem {
    let mut rng = ChaCha8Rng::seed_from_u64(1000 * groups as u64 + number);
    let mut unit = || (rng.next_u64() >> 11) as f64 / 2.0_f64.powi(53);
    let power = 0.01 + 0.98 * unit();
    let mut between = |low: f64, high: f64| low * (high / low).powf(unit());
    let start = between(1e-6, 0.5);
    let rest =
        (0..groups).map(|_| Group { variance: between(0.2, 30.0), multiplicity: between(1.0, 100.0) as u64 }).collect();
    Problem { power, spectrum: Spectrum::with_signal(1.0, rest).unwrap(), start: vec![start; groups + 1] }
}

impl Problem {
    fn flow(&self) -> PowerFlow {
        PowerFlow::new(&self.spectrum, &self.power, &self.start).unwrap()
    }
}

/// Follows the flow to `limit` and says why it ended and what turned which way.
fn follow(flow: &mut impl Flow<f64>, limit: f64) -> (Stop<f64>, Vec<(usize, Ordering)>) {
    let (mut turns, mut found) = (Vec::new(), Vec::new());
    loop {
        match flow.next_segment(Some(&limit)) {
            Err(stop) => return (stop, turns),
            Ok(segment) => {
                for j in 0..segment.groups() {
                    found.clear();
                    segment.turns(j, &mut found);
                    turns.extend(found.iter().map(|root| (j, root.before)));
                }
            }
        }
    }
}

/// Every flow ends at the optimum or the horizon, or where it is not unique; on the way coefficients stay positive or are held at zero, and
/// maxima and minima of each take turns.
fn go_through(groups: usize, count: u64) {
    for number in 0..count {
        let problem = problem(groups, number);
        let mut flow = problem.flow();
        let (stop, turns) = follow(&mut flow, 3.0);
        let whole = matches!(stop, Stop::Horizon | Stop::Optimum { .. } | Stop::NonUnique { .. });
        assert!(whole, "{groups} groups, number {number}, p = {}: {stop}", problem.power);
        assert!(flow.current().1.iter().all(|w| *w >= 0.0), "{:?}", flow.current());
        for j in 0..=groups {
            let of_j: Vec<Ordering> = turns.iter().filter(|(i, _)| *i == j).map(|(_, before)| *before).collect();
            assert!(
                of_j.windows(2).all(|pair| pair[0] != pair[1]),
                "{groups} groups, number {number}, w_{j}: {of_j:?}"
            );
        }
    }
}

#[test]
fn flows_go_through_wherever_several_surfaces_are_reached_together() {
    for (groups, count) in [(1, 6), (2, 6), (3, 6), (5, 4), (8, 2)] {
        go_through(groups, count);
    }
}

/// `cargo test --release --test spectral_powers -- --ignored`
#[test]
#[ignore = "minutes"]
fn a_thousand_flows_go_through() {
    for (groups, count) in [(1, 200), (2, 200), (3, 200), (4, 150), (5, 100), (6, 100), (9, 40), (12, 10)] {
        go_through(groups, count);
    }
}

/// In the first part of the flow spike and bulk rise to their surfaces and turn there, once.
#[test]
fn spike_and_bulk_have_one_maximum() {
    let spectrum = Spectrum::spiked(20.0, 100).unwrap();
    for power in [0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.9] {
        let mut flow = PowerFlow::new(&spectrum, &power, &[1e-3; 3]).unwrap();
        let (_, mut turns) = follow(&mut flow, 5.0);
        turns.sort();
        assert_eq!(turns, [(1, Ordering::Greater), (2, Ordering::Greater)], "p = {power}");
    }
}

/// What rounding decides at a surface moves no coefficient by more than rounding.
#[test]
fn flows_of_several_groups_do_not_depend_on_where_they_are_cut() {
    for number in 0..4 {
        let problem = problem(4, number);
        let (mut whole, mut cut) = (problem.flow(), problem.flow());
        let (stop, _) = follow(&mut whole, 0.5);
        for time in [0.02, 0.05, 0.11, 0.23, 0.37, 0.5] {
            assert_eq!(
                follow(&mut cut, time).0 == Stop::Horizon,
                stop == Stop::Horizon || time < 0.5,
                "number {number}"
            );
        }
        let energy: f64 = problem.spectrum.energy_weight().iter().sum();
        for (a, b) in whole.current().1.iter().zip(cut.current().1) {
            assert!((a - b).abs() <= 64.0 * f64::EPSILON * energy, "number {number}: {a} and {b}");
        }
    }
}

#[test]
fn flows_of_several_groups_tend_to_that_of_specgd() {
    for number in 0..4 {
        let Problem { spectrum, start, .. } = problem(4, number);
        let time = 0.4;
        let mut limit = ExactFlow::new(&spectrum, &start).unwrap();
        follow(&mut limit, time);
        let distance = |power: f64| -> f64 {
            let mut flow = PowerFlow::new(&spectrum, &power, &start).unwrap();
            follow(&mut flow, time);
            let far = flow.current().1.into_iter().zip(limit.current().1).map(|(w, end)| (w - end).abs());
            far.fold(0.0, f64::max)
        };
        let (far, near) = (distance(0.02), distance(0.01));
        // proportional to p up to its square
        assert!((far / near - 2.0).abs() < 0.3, "number {number}: {far:e} and {near:e}");
    }
}
