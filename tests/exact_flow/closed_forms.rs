//! Where a formula is known.

use super::{PROMISE, run, spectrum};
use proptest::prelude::*;
use specdyn::spectrum::Spectrum;
use specdyn::trajectory::exact::{ExactFlow, Mode};
use specdyn::trajectory::{Event, EventKind, Flow, Segment, Stop};
use specdyn::weights::equal_start;

fn last(events: &[Event], kind: EventKind, coefficient: usize) -> f64 {
    events.iter().rfind(|e| e.kind == kind && e.coefficient == coefficient).unwrap().time
}

proptest! {
    /// `T = ((d + 2)/(d + 1))^(1/2) - init`, whatever the spike: the bulk leaves at speed 1 from
    /// `c = ((d + 1)(d + 2))^(-1/2)` when `a = ((d + 1)/(d + 2))^(1/2)`, and is the last to reach zero.
    #[test]
    fn the_optimum_is_reached_at_the_same_time_for_every_spike(
        log_strength in -3.0..4.0f64,
        dimension in 3..1_000_000u64,
        init in 1e-12..1e-4f64,
    ) {
        let spectrum = Spectrum::spiked(10f64.powf(log_strength), dimension).unwrap();
        let start = equal_start(&spectrum, &init).unwrap();
        let d = dimension as f64;
        let trajectory = run(&spectrum, &start);
        prop_assert!((trajectory.end() - (((d + 2.0) / (d + 1.0)).sqrt() - init)).abs() <= PROMISE);
        prop_assert_eq!(trajectory.coefficients_at(&2.0).unwrap(), vec![1.0, 0.0, 0.0]);

        // while both slide: mu b^2 = c^2 = (1 - a^2)/(d + 1)
        let events = trajectory.events();
        let from = last(events, EventKind::Slide, 1).max(last(events, EventKind::Slide, 2));
        let to = last(events, EventKind::Leave, 2);
        for k in 0..=4 {
            let t = from + (to - from) * f64::from(k) / 4.0;
            let w = trajectory.coefficients_at(&t).unwrap();
            let square = (1.0 - w[0]) * (1.0 + w[0]) / (d + 1.0);
            prop_assert!((w[2] - square.sqrt()).abs() <= PROMISE);
            prop_assert!((w[1] - (square / spectrum.variance()[1]).sqrt()).abs() <= PROMISE);
        }
    }
}

#[test]
fn a_signal_alone_goes_straight_to_the_target() {
    for start in [0.25, 3.5] {
        let trajectory = run(&spectrum(&[(2.0, 1)]), &[start]);
        assert_eq!(*trajectory.end(), (1.0_f64 - start).abs());
        assert_eq!(*trajectory.stop(), Stop::Optimum { time: (1.0_f64 - start).abs() });
    }
}

/// `sum n_j q_j = 3 q_0` from a large equal start: the signal meets its surface at `2^(-1/2)`, and would slide at exactly speed 1, where
/// one unit in the last place makes it cross. All fall and it rises, so that the optimum is at `init`.
#[test]
fn a_signal_that_slides_at_speed_one_goes_on() {
    for groups in [
        &[(0.2, 1), (0.2, 3)][..],
        &[(0.1, 1), (0.1, 3)],
        &[(9.9, 1), (9.9, 3)],
        &[(1.0, 1), (1.0, 3)],
        &[(0.3, 1), (0.9, 1)],
        &[(0.7, 1), (0.3, 1), (0.1, 18)],
    ] {
        for init in [1.0625, 2.0, 2.3, 17.0] {
            let trajectory = run(&spectrum(groups), &vec![init; groups.len()]);
            let Stop::Optimum { time } = *trajectory.stop() else { panic!("{groups:?}: {}", trajectory.stop()) };
            assert!((time - init).abs() <= PROMISE * init, "{groups:?} from {init}: {time}");
            let slides = last(trajectory.events(), EventKind::Slide, 0);
            assert!(
                (slides - (init - 0.5_f64.sqrt())).abs() <= 4.0 * PROMISE * init,
                "{groups:?} from {init}: {slides}"
            );
            assert!(trajectory.events().len() <= groups.len() + 4, "{:?}", trajectory.events());
        }
    }
}

#[test]
fn the_optimum_is_at_rest() {
    let mut flow = ExactFlow::new(&spectrum(&[(1.0, 1), (2.0, 3)]), &[1.0, 0.0]).unwrap();
    assert_eq!(flow.next_segment(None).unwrap_err(), Stop::Optimum { time: 0.0 });
    assert_eq!(flow.next_segment(None).unwrap_err(), Stop::Optimum { time: 0.0 });
    assert_eq!(flow.coefficients(), [1.0, 0.0]);
}

/// `a` and `c` are pulled to zero; then `tau = 21 b^2 - 1` falls to 2 at `b = 1/7^(1/2)`, where the signal could leave.
#[test]
fn a_large_spike_that_pulls_the_signal_to_zero_is_not_unique_where_the_bracket_turns() {
    let trajectory = run(&Spectrum::spiked(20.0, 100).unwrap(), &[0.001, 0.5, 0.001]);
    let Stop::NonUnique { time, coefficient: 0 } = *trajectory.stop() else { panic!("{}", trajectory.stop()) };
    assert!((time - (0.5 - (1.0_f64 / 7.0).sqrt())).abs() <= PROMISE);
    assert_eq!(trajectory.amplification(), Some(&f64::INFINITY));
    assert_eq!(trajectory.coefficients_at(&0.1225), None);
}

#[test]
fn zero_with_a_negative_bracket_at_the_start_is_not_unique() {
    let spectrum = spectrum(&[(1.0, 1), (2.0, 1), (3.0, 1)]);
    for (start, j) in [([0.5, 0.25, 0.0], 2), ([0.5, 0.0, 0.0], 1), ([0.0, 0.25, 0.25], 0)] {
        assert_eq!(*run(&spectrum, &start).stop(), Stop::NonUnique { time: 0.0, coefficient: j });
    }
}

/// Held at zero while tau > 0; the signal is below its surface and `tau = w_0^2 - 1 + 2 w_1^2 = 0` comes first, at
/// `(0.25 + t)^2 - 1 + 2 (0.75 - t)^2 = 0`: there zero becomes unstable.
#[test]
fn zero_becomes_unstable_when_the_excess_energy_falls_through_zero() {
    let trajectory = run(&spectrum(&[(1.0, 1), (2.0, 1), (3.0, 1)]), &[0.25, 0.75, 0.0]);
    let Stop::NonUnique { time, coefficient: 2 } = *trajectory.stop() else { panic!("{}", trajectory.stop()) };
    // 3 t^2 - 5/2 t + 3/16 = 0
    let expected = (2.5 - (6.25_f64 - 2.25).sqrt()) / 6.0;
    assert!((time - expected).abs() <= PROMISE, "{time} against {expected}");
}

/// By construction at t = 0.05: `w = (0.8, 0.3, 0.15)`, `q w^2 = 0.09` for both groups, and `tau = -0.18`.
#[test]
fn two_surfaces_reached_at_once_are_settled_together() {
    let both = |start: &[f64], groups: &[(f64, u64)]| {
        let trajectory = run(&spectrum(groups), start);
        let events = trajectory.events();
        events[..2].iter().map(|e| (e.kind, e.coefficient, (e.time - 0.05).abs() <= PROMISE)).collect::<Vec<_>>()
    };
    // tau' = 2 w_0/(1 + 1) = 0.8 is below both speed limits 4 q w = 1.2, 2.4
    let slide = vec![(EventKind::Slide, 1, true), (EventKind::Slide, 2, true)];
    let groups = [(1.0, 1), (1.0, 1), (4.0, 1)];
    // rising both, falling both, and one each
    for start in [[0.75, 0.25, 0.1], [0.75, 0.35, 0.2], [0.75, 0.25, 0.2]] {
        let mut found = both(&start, &groups);
        found.sort_by_key(|event| event.1);
        assert_eq!(found, slide, "{start:?}");
    }
}

/// Four falling directions and one rising meet their common surface: alone, the rising one would be swept across.
#[test]
fn velocities_on_surfaces_solve_the_monotone_equation() {
    // at t = 1/16: q w^2 = 1/16 everywhere; tau = -1/8 = w_0^2 - 1 + 5/16, w_0^2 = 9/16
    let groups = [(1.0, 1), (1.0, 4), (4.0, 1)];
    let mut flow = ExactFlow::new(&spectrum(&groups), &[0.6875, 0.3125, 0.0625]).unwrap();
    flow.next_segment(None).unwrap();
    let segment = flow.next_segment(None).unwrap();
    assert_eq!(*segment.start(), 0.0625);
    // all slide: T = 2 w_0/(1 + 5/2) = 3/7, below 4 q w = 1 and 2
    assert_eq!([1, 2].map(|j| segment.mode(j)), [Mode::Sliding; 2]);
    let slope = (segment.excess_energy_at(&1e-3) - segment.excess_energy_at(&0.0)) / 1e-3;
    assert!((slope - 3.0 / 7.0).abs() < 1e-3, "{slope}");
}

#[test]
fn rows_continue_across_any_horizons() {
    let spectrum = Spectrum::spiked(20.0, 100).unwrap();
    let start = equal_start(&spectrum, &1e-3).unwrap();
    let whole = run(&spectrum, &start);
    let mut flow = ExactFlow::new(&spectrum, &start).unwrap();
    for k in 0..=110 {
        let limit = f64::from(k) / 100.0;
        let stop = loop {
            match flow.next_segment(Some(&limit)) {
                Ok(segment) => assert!(segment.start() + segment.length() <= limit + f64::EPSILON),
                Err(stop) => break stop,
            }
        };
        let (time, w) = flow.current();
        assert_eq!(matches!(stop, Stop::Horizon), limit < 1.0039, "{stop}");
        for (w, expected) in w.iter().zip(whole.coefficients_at(&time).unwrap()) {
            assert!((w - expected).abs() <= PROMISE);
        }
    }
    assert_eq!(flow.events().len(), whole.events().len());
}

#[test]
fn what_is_not_a_start_is_refused_in_words() {
    let spectrum = Spectrum::spiked(1.0, 3).unwrap();
    for start in
        [&[0.1, 0.1][..], &[0.1, -0.1, 0.1], &[f64::NAN, 0.1, 0.1], &[0.1, f64::INFINITY, 0.1], &[0.1, 1e160, 0.1]]
    {
        let error = ExactFlow::new(&spectrum, start).unwrap_err();
        assert!(["init", "start"].contains(&error.parameter.as_str()), "{error}");
    }
}
