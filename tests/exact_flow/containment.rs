//! Certified flows contain the trajectories of 320-bit arithmetic, through ties as well, and overlap at every precision.
//!
//! 10^3 problems at 10 times each by default; `SPECDYN_CHECKS=100` makes it 10^5 (best with `--release`).

use super::certified::{Seen, follow, points};
use super::laws::problems;
use super::spectrum;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use specdyn::scalar::{Interval, Mp, Precision, Real};
use specdyn::trajectory::exact::{CertifiedFlow, ExactFlow, ExactTrajectory};
use specdyn::trajectory::{Event, EventKind, Stop};
use std::cell::Cell;

const PROBLEMS: u32 = 1000;
const TIMES: usize = 10;

fn config() -> ProptestConfig {
    let checks = std::env::var("SPECDYN_CHECKS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    ProptestConfig::with_cases(PROBLEMS * checks)
}

fn exactly(x: f64) -> Mp {
    Mp::from_f64(x, &Precision::new(320).unwrap())
}

/// Whether `x` is in the interval, to within the rounding of `x` itself: 320 bits lose less than half of them.
fn holds(interval: Interval, x: &Mp) -> bool {
    let rounding = exactly(2_f64.powi(-160));
    exactly(interval.lower()) <= x.clone() + &rounding && x.clone() - &rounding <= exactly(interval.upper())
}

fn certify(groups: &[(f64, u64)], start: &[f64], bits: u32, times: &[f64]) -> Seen {
    let start: Vec<Interval> = start.iter().copied().map(Interval::point).collect();
    follow(CertifiedFlow::new(&points(groups), &start).unwrap().at_most(bits), times)
}

fn assert_contains(seen: &Seen, exact: &ExactTrajectory<Mp>, times: &[f64], coefficients: usize) {
    for j in 0..coefficients {
        let certain: Vec<_> = seen.events.iter().filter(|event| event.coefficient == j).collect();
        let mut exact = exact.events().iter().filter(|event| event.coefficient == j);
        let all = seen.ties == 0 && matches!(seen.stop, Stop::Optimum { .. });
        assert!(!all || certain.len() == exact.clone().count(), "{certain:?}");
        // in a tie, what is over at once need not be listed: a slide that is left at once is a saturation
        for certain in certain {
            let same = |event: &&Event<Mp>| {
                let turns = certain.kind == EventKind::Saturate && event.kind == EventKind::Leave && seen.ties > 0;
                (certain.kind == event.kind || turns) && holds(certain.time, &event.time)
            };
            assert!(exact.any(|event| same(&event)), "coefficient {j}: {certain:?}");
        }
    }
    for (time, w) in times.iter().zip(&seen.coefficients) {
        if let Some((w, exact)) = w.as_ref().zip(exact.coefficients_at(&exactly(*time))) {
            for (j, (w, exact)) in w.iter().zip(&exact).enumerate() {
                assert!(holds(*w, exact), "coefficient {j} at {time}: {w} and {exact}");
            }
        }
    }
}

/// Variances that are equal, nearly so, or neither; in doubles, where that means ties, and at the precision that decides them.
#[test]
fn the_certified_flow_contains_the_exact_one() {
    let (tied, undecided) = (Cell::new(0), Cell::new(0));
    let problem = (problems(2..6), 0..4_u8, any::<bool>());
    let outcome = TestRunner::new(config()).run(&problem, |((mut groups, mut start), twin, same_start)| {
        let last = groups.len() - 1;
        groups[last].0 = match twin {
            0 => groups[last].0,
            1 => groups[last - 1].0,
            2 => groups[last - 1].0.next_up(),
            _ => groups[last - 1].0 * (1.0 + 1e-12),
        };
        if same_start {
            start[last] = start[last - 1];
        }
        let wide_start: Vec<Mp> = start.iter().map(|w| exactly(*w)).collect();
        let wide = spectrum(&groups).map(|q| exactly(*q));
        let exact = ExactFlow::new(&wide, &wide_start).unwrap().run(&exactly(1e9));
        let end = exact.end().to_f64();
        let times: Vec<f64> = (0..TIMES).map(|i| end * (i as f64 + 0.5) / TIMES as f64).collect();
        let seen = [53, 4096].map(|bits| certify(&groups, &start, bits, &times));
        for seen in &seen {
            assert_contains(seen, &exact, &times, groups.len());
            if matches!(seen.stop, Stop::Undecided { .. }) {
                undecided.set(undecided.get() + 1);
            } else {
                prop_assert_eq!(seen.stop.name(), exact.stop().name());
            }
        }
        tied.set(tied.get() + u32::from(seen[0].ties > 0));
        for (w, finer) in seen[0].coefficients.iter().zip(&seen[1].coefficients) {
            for (w, finer) in w.iter().flatten().zip(finer.iter().flatten()) {
                prop_assert!(!w.is_disjoint(*finer), "{} and {}", w, finer);
            }
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    let (problems, tied, undecided) = (config().cases, tied.get(), undecided.get());
    println!("{problems} problems, {tied} with ties in doubles; {undecided} of twice as many flows undecided");
    assert!(tied * 20 > problems && undecided * 20 < problems, "{tied} tied and {undecided} undecided of {problems}");
}
