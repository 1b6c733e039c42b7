//! What defines the flow, and what is proved of it, on random spectra from random starts.

use super::{PROMISE, spectrum};
use proptest::prelude::*;
use specdyn::descent::Method;
use specdyn::risk::manifold::{bracket, excess, excess_energy, gradient};
use specdyn::spectrum::Spectrum;
use specdyn::trajectory::exact::{ExactFlow, Mode};
use specdyn::trajectory::{Flow, Segment, Stop};
use specdyn::weights::equal_start;

/// Variances over four decades, multiplicities over three.
pub(super) fn groups(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<(f64, u64)>> {
    let group = (-2.0..2.0f64, 0.0..3.0f64).prop_map(|(q, n)| (10f64.powf(q), 10f64.powf(n) as u64));
    (-1.0..1.0f64, proptest::collection::vec(group, count)).prop_map(|(q, mut groups)| {
        groups.insert(0, (10f64.powf(q), 1));
        groups
    })
}

/// Coefficients from 1e-3 to 3, one in eight of them zero.
fn starts(count: usize) -> impl Strategy<Value = Vec<f64>> {
    let coefficient = prop_oneof![7 => (-3.0..0.5f64).prop_map(|x| 10f64.powf(x)), 1 => Just(0.0)];
    proptest::collection::vec(coefficient, count)
}

pub(super) fn problems(count: std::ops::Range<usize>) -> impl Strategy<Value = (Vec<(f64, u64)>, Vec<f64>)> {
    groups(count).prop_flat_map(|groups| {
        let count = groups.len();
        (Just(groups), starts(count))
    })
}

/// Size of rounding errors in a bracket: a few units in the last place of the terms that it is made of.
fn rounding(spectrum: &Spectrum, w: &[f64]) -> f64 {
    let terms = spectrum.energy_weight().iter().zip(w).map(|(nq, w)| nq * w * w).sum::<f64>() + spectrum.variance()[0];
    let own = spectrum.variance().iter().zip(w).map(|(q, w)| q * w * w).fold(0.0, f64::max);
    // errors of 1 ulp of time in each of the coefficients count as well
    let drift = spectrum.energy_weight().iter().zip(w).map(|(nq, w)| nq * w).sum::<f64>();
    64.0 * f64::EPSILON * (terms + own + drift)
}

proptest! {
    /// The inclusion `w_j' in -Sign(h_j)`, with brackets computed from the coefficients by the formula of the manifold.
    #[test]
    fn every_velocity_is_in_the_set_valued_field((groups, start) in problems(1..8)) {
        let spectrum = spectrum(&groups);
        let mut flow = ExactFlow::new(&spectrum, &start).unwrap();
        while let Ok(segment) = flow.next_segment(None) {
            // tau is a parabola from where the segment began, with the rounding of that place
            let origin = rounding(&spectrum, &segment.coefficients_at(&0.0));
            for fraction in [0.0, 0.25, 0.5, 0.75, 1.0] {
                let s = fraction * segment.length();
                let w = segment.coefficients_at(&s);
                let e: Vec<f64> = w.iter().enumerate().map(|(j, w)| excess(j, w)).collect();
                let tau = excess_energy(&spectrum, &e);
                let error = origin.max(rounding(&spectrum, &w));
                prop_assert!((segment.excess_energy_at(&s) - tau).abs() <= error);
                for j in 0..w.len() {
                    let h = bracket(&spectrum.variance()[j], &e[j], &tau);
                    let [c0, c1, c2] = std::array::from_fn(|i| segment.excess(j).get(i).copied().unwrap_or(0.0));
                    prop_assert!(((c2 * s + c1) * s + c0 - e[j]).abs() <= error / spectrum.variance()[j].min(1.0));
                    match segment.mode(j) {
                        Mode::Rising => prop_assert!(h <= error, "{j} rises with h = {h}"),
                        Mode::Falling => prop_assert!(h >= -error, "{j} falls with h = {h}"),
                        Mode::Held => prop_assert!(w[j] == 0.0 && h >= -error, "{j} is held with h = {h}"),
                        Mode::Sliding => {
                            prop_assert!(h.abs() <= error, "{j} slides with h = {h}");
                            // (w^2)' = e', and |w'| <= 1; near rest w is a root of what has cancelled
                            let blur = error / (spectrum.variance()[j] * w[j]);
                            prop_assert!((2.0 * c2 * s + c1).abs() <= 2.0 * w[j] + 4.0 * blur, "{j} slides too fast");
                        }
                    }
                }
            }
        }
    }

    /// Segments fit together, time goes on, and the flow ends in one of the two ways there are.
    #[test]
    fn the_flow_is_continuous_and_ends((groups, start) in problems(1..12)) {
        let spectrum = spectrum(&groups);
        let mut flow = ExactFlow::new(&spectrum, &start).unwrap();
        let (mut time, mut last) = (0.0, start);
        let stop = loop {
            match flow.next_segment(None) {
                Ok(segment) => {
                    // the time of an event is corrected once it is reached
                    prop_assert!((segment.start() - time).abs() <= 1e-12);
                    prop_assert!(*segment.length() > 0.0);
                    for (w, before) in segment.coefficients_at(&0.0).iter().zip(&last) {
                        // the square root near zero: an error of tau, of size epsilon x energy, under a root
                        prop_assert!((w - before).abs() <= 1e-7, "{w} after {before}");
                    }
                    time = segment.start() + segment.length();
                    last = segment.coefficients_at(segment.length());
                }
                Err(stop) => break stop,
            }
        };
        prop_assert!(matches!(stop, Stop::Optimum { .. } | Stop::NonUnique { .. }), "{}", stop);
    }

    /// `w_j <= w_0` from equal starts, whatever the spectrum.
    #[test]
    fn specgd_never_amplifies(groups in groups(1..12), init in -12.0..0.0f64) {
        let spectrum = spectrum(&groups);
        let start = equal_start(&spectrum, &10f64.powf(init)).unwrap();
        let mut flow = ExactFlow::new(&spectrum, &start).unwrap();
        let stop = flow.finish();
        prop_assert!(matches!(stop, Stop::Optimum { .. }), "{}", stop);
        // one quotient, one square root
        prop_assert!(flow.amplification().unwrap() <= 1.0 + 4.0 * f64::EPSILON);
    }

    /// The running amplification is that of a dense sample, and never less.
    #[test]
    fn the_running_amplification_is_the_largest_of_a_dense_sample((groups, mut start) in problems(1..6)) {
        start[0] = start[0].max(1e-3); // from zero there is no ratio
        let spectrum = spectrum(&groups);
        let mut flow = ExactFlow::new(&spectrum, &start).unwrap();
        let mut sampled = 1.0_f64;
        while let Ok(segment) = flow.next_segment(None) {
            for k in 0..=64 {
                let s = f64::from(k) / 64.0 * segment.length();
                let w = segment.coefficients_at(&s);
                for j in (1..w.len()).filter(|&j| start[j] > 0.0) {
                    sampled = sampled.max((w[j] / w[0]) / (start[j] / start[0]));
                }
                let running = segment.amplification_at(&s).unwrap();
                prop_assert!(running >= sampled * (1.0 - 1e-7) || sampled.is_infinite(), "{running} < {sampled}");
                // a maximum within 1/64 of a segment: second order in the distance to it
                prop_assert!(running <= sampled * 1.1 || running.is_infinite() || k < 64, "{running} > {sampled}");
            }
        }
    }

    /// Two groups of one variance and one start are one group; dyadic data, so that nothing is rounded in merging.
    #[test]
    fn splitting_a_group_changes_nothing(
        variances in proptest::collection::vec((1..512u32, 2..64u64), 1..8),
        split in 0..8usize,
        init in 1..128u32,
    ) {
        let mut groups: Vec<(f64, u64)> = variances.iter().map(|&(q, n)| (f64::from(q) / 64.0, n)).collect();
        groups.insert(0, (1.0, 1));
        let split = 1 + split % (groups.len() - 1);
        let mut parts = groups.clone();
        parts[split].1 = 1;
        parts.push((groups[split].0, groups[split].1 - 1));
        let init = f64::from(init) / 256.0;
        let times = |groups: &[(f64, u64)]| {
            let spectrum = spectrum(groups);
            let flow = ExactFlow::new(&spectrum, &equal_start(&spectrum, &init).unwrap()).unwrap().run(&10.0);
            let parts = parts.len() - 1;
            flow.events().iter().filter(|e| e.coefficient != parts).cloned().collect::<Vec<_>>()
        };
        prop_assert_eq!(times(&groups), times(&parts));
    }

    /// Directions do not depend on the scale of Q.
    #[test]
    fn a_power_of_two_on_the_covariance_changes_nothing((groups, start) in problems(1..8), power in -8..8i32) {
        let scaled: Vec<_> = groups.iter().map(|&(q, n)| (q * 2f64.powi(power), n)).collect();
        let [whole, scaled] = [groups, scaled].map(|groups| super::run(&spectrum(&groups), &start));
        prop_assert_eq!(whole.events(), scaled.events());
        prop_assert_eq!(whole.stop(), scaled.stop());
    }

    /// Nothing that is admitted as a start makes the flow panic or go on for ever.
    #[test]
    fn extremes_are_answered(
        groups in proptest::collection::vec((-300.0..150.0f64, 0.0..15.0f64), 1..6),
        exponents in proptest::collection::vec(-320.0..75.0f64, 6),
    ) {
        let groups: Vec<_> = groups.iter().enumerate()
            .map(|(j, &(q, n))| (10f64.powf(q), if j == 0 { 1 } else { 10f64.powf(n) as u64 })).collect();
        let start: Vec<f64> = exponents[..groups.len()].iter().map(|&x| 10f64.powf(x)).collect();
        if let Ok(mut flow) = ExactFlow::new(&spectrum(&groups), &start) {
            flow.finish();
        }
    }
}

/// The recursion follows the flow at a distance proportional to its step, at five step sizes, each a quarter of the one before.
///
/// While it slides the bulk steps up and down, each time moving tau by `2 n c eta`, and with it the spike's surface by
/// `2 n c eta/(4 mu b) = n eta/(2 mu^(1/2))`. At the end the bulk sees the signal's last steps under a square root.
#[test]
fn the_recursion_approaches_the_flow_at_the_rate_of_its_step() {
    let spectrum = Spectrum::spiked(20.0, 100).unwrap();
    let start = equal_start(&spectrum, &1e-3).unwrap();
    let flow = super::run(&spectrum, &start);
    let deviation = |eta: f64| {
        let mut w = start.clone();
        let mut largest = [0.0_f64; 3];
        for step in 1..=(1.0 / eta) as u32 {
            let e: Vec<f64> = w.iter().enumerate().map(|(j, w)| excess(j, w)).collect();
            let tau = excess_energy(&spectrum, &e);
            for j in 0..w.len() {
                let q = &spectrum.variance()[j];
                w[j] -= eta * Method::Spectral.direction(&gradient(q, &bracket(q, &e[j], &tau), &w[j])).unwrap();
            }
            let exact = flow.coefficients_at(&(f64::from(step) * eta)).unwrap();
            for j in 0..3 {
                largest[j] = largest[j].max((w[j] - exact[j]).abs());
            }
        }
        largest
    };
    for k in 0..5 {
        let eta = 2f64.powi(-8 - 2 * k);
        let [signal, spike, bulk] = deviation(eta);
        assert!(signal <= 4.0 * eta, "signal off by {} steps at eta = {eta}", signal / eta);
        let swing = 98.0 / (2.0 * 21.0_f64.sqrt());
        assert!(spike <= (2.0 + swing) * eta, "spike off by {} steps at eta = {eta}", spike / eta);
        let chatter = (2.0 * eta / 101.0).sqrt();
        assert!(bulk <= 4.0 * eta + 2.0 * chatter, "bulk off by {bulk} at eta = {eta}");
    }
}

#[test]
fn a_reset_flow_is_a_new_one() {
    let problems = [
        (Spectrum::spiked(20.0, 100).unwrap(), vec![1e-3; 3]),
        (spectrum(&[(1.0, 1), (2.0, 3)]), vec![1.5, 0.25]),
        (Spectrum::spiked(20.0, 100).unwrap(), vec![0.001, 0.5, 0.001]),
        (spectrum(&(0..60).map(|j| (1.0 + f64::from(j) / 16.0, 1)).collect::<Vec<_>>()), vec![0.125; 60]),
        (Spectrum::spiked(0.5, 10).unwrap(), vec![1e-3; 3]),
    ];
    let mut reused = ExactFlow::new(&problems[0].0, &problems[0].1).unwrap();
    for (spectrum, start) in &problems {
        reused.reset(spectrum, start).unwrap();
        let mut new = ExactFlow::new(spectrum, start).unwrap();
        assert_eq!(reused.finish(), new.finish());
        assert_eq!(reused.events(), new.events());
        assert_eq!(reused.amplification(), new.amplification());
    }
}

#[test]
fn a_spent_budget_is_reported() {
    let spectrum = Spectrum::spiked(20.0, 100).unwrap();
    let mut flow = ExactFlow::new(&spectrum, &[1e-3; 3]).unwrap();
    flow.set_budget(3);
    assert!(matches!(flow.finish(), Stop::Budget { steps: 3, time } if (time - 0.1346219669966387).abs() < PROMISE));
}
