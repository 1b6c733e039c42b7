//! Flows of spectral powers over random spectra, where several coefficients may be at their surfaces at once.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use specdyn::risk::manifold::{bracket, excess, excess_energy};
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

/// What people ask for: round numbers, groups of one variance apart, starts above the optimum, a signal alone.
fn ordinary(number: u64) -> Problem {
    let mut rng = ChaCha8Rng::seed_from_u64(number);
    let mut unit = || (rng.next_u64() >> 11) as f64 / 2.0_f64.powi(53);
    let mut one_of = |choices: &[f64]| choices[(unit() * choices.len() as f64) as usize];
    let power = one_of(&[0.5, 0.25, 0.75, 1.0 / 3.0, 0.1, 0.9, 0.2, 0.146, 0.6, 2.0 / 3.0, 0.08, 0.4]);
    let start = one_of(&[2.0, 1.0, 1.5, 0.5, 0.1, 3.0, 0.01, 1e-3, 1e-6]);
    let spectrum = if one_of(&[0.0, 1.0]) == 0.0 {
        Spectrum::spiked(one_of(&[0.0, 1.0, 20.0, 0.5, 2.0]), one_of(&[3.0, 10.0, 20.0, 100.0]) as u64)
    } else {
        let groups: Vec<Group> = (0..one_of(&[1.0, 2.0, 3.0, 4.0]) as usize)
            .map(|_| Group {
                variance: one_of(&[1.0, 0.5, 2.0, 0.1, 2.16]),
                multiplicity: one_of(&[1.0, 2.0, 10.0, 100.0]) as u64,
            })
            .collect();
        Spectrum::from_groups(&groups, 0)
    };
    let spectrum = spectrum.unwrap();
    Problem { power, start: vec![start; spectrum.groups()], spectrum }
}

fn ordinary_flows_go_through(numbers: std::ops::Range<u64>) {
    for number in numbers {
        let problem = ordinary(number);
        let mut flow = problem.flow();
        let (stop, _) = follow(&mut flow, 20.0);
        let whole = matches!(stop, Stop::Horizon | Stop::Optimum { .. } | Stop::NonUnique { .. });
        assert!(whole, "number {number}, p = {}, {:?}: {stop}", problem.power, problem.spectrum);
        if let Stop::NonUnique { coefficient, .. } = stop {
            // there, and not at the end of a step: what is held at zero has the bracket zero
            let (weight, w) = (problem.spectrum.energy_weight(), flow.current().1);
            assert_eq!(w[coefficient], 0.0, "number {number}");
            let energy: f64 = weight.iter().zip(&w).map(|(weight, w)| weight * w * w).sum();
            let lack = weight[0] * if coefficient == 0 { 3.0 } else { 1.0 };
            assert!((energy / lack - 1.0).abs() < 1e-10, "number {number}: {energy} and {lack}");
        }
    }
}

#[test]
fn flows_of_ordinary_inputs_go_through() {
    ordinary_flows_go_through(0..40);
}

/// `cargo test --release --test spectral_powers -- --ignored`
#[test]
#[ignore = "minutes"]
fn ten_thousand_flows_of_ordinary_inputs_go_through() {
    ordinary_flows_go_through(0..10_000);
}

/// Differences of `w_j^(1 - p)` last, so what are equal must not be told apart by rounding: it would say which reaches zero first.
#[test]
fn equal_groups_are_one() {
    let group = |variance, multiplicity| Group { variance, multiplicity };
    let apart = vec![group(2.0, 3), group(1.0, 4), group(2.0, 2), group(1.0, 1), group(2.0, 1)];
    let apart = Spectrum::with_signal(1.0, apart).unwrap();
    let (merged, start, class) = apart.merged(&[0.3, 0.3, 0.3, 0.3, 0.3, 0.2]);
    assert_eq!(class, [0, 1, 2, 1, 2, 3]);
    assert_eq!(start, [0.3, 0.3, 0.3, 0.2]);
    let one = Spectrum::with_signal(1.0, vec![group(2.0, 5), group(1.0, 5), group(2.0, 1)]).unwrap();
    assert_eq!(merged, one);
    let mut flow = PowerFlow::new(&apart, &0.2, &[0.3, 0.3, 0.3, 0.3, 0.3, 0.2]).unwrap();
    let mut of_one = PowerFlow::new(&one, &0.2, &start).unwrap();
    for time in [0.3, 0.7, 20.0] {
        let (stop, turns) = follow(&mut flow, time);
        let (stop_of_one, turns_of_one) = follow(&mut of_one, time);
        assert_eq!(stop, stop_of_one);
        let (time, w) = of_one.current();
        assert_eq!(flow.current(), (time, class.iter().map(|&k| w[k]).collect()));
        let mut expected = Vec::new();
        for (k, before) in turns_of_one {
            expected.extend((0..6).filter(|&j| class[j] == k).map(|j| (j, before)));
        }
        let sorted = |mut turns: Vec<(usize, Ordering)>| {
            turns.sort();
            turns
        };
        assert_eq!(sorted(turns), sorted(expected));
    }
}

/// `int_start^1 (3 w (1 - w^2))^-p dw` by the double exponential rule: alone, the signal is at rest then.
fn time_to_rest(power: f64, start: f64) -> f64 {
    let step = 1.0 / 64.0;
    let half = (1.0 - start) / 2.0;
    let term = |k: i32| {
        let x = f64::from(k) * step;
        let u = std::f64::consts::FRAC_PI_2 * x.sinh();
        // the distance to 1, without cancellation
        let rest = half * (-u).exp() / u.cosh();
        let w = 1.0 - rest;
        let weight = half * std::f64::consts::FRAC_PI_2 * x.cosh() / u.cosh().powi(2);
        weight * (3.0 * w * rest * (1.0 + w)).powf(-power)
    };
    (-400..=400).map(term).filter(|x| x.is_finite()).sum::<f64>() * step
}

/// Where `1/(1 - p)` is an integer, the series of a signal that comes to rest go through the optimum and beyond, as if nothing was there.
#[test]
fn a_signal_alone_comes_to_rest_in_the_time_of_the_integral() {
    let alone = Spectrum::with_signal(1.0, vec![]).unwrap();
    for power in [0.1, 0.4, 0.5, 0.6, 2.0 / 3.0, 0.75] {
        for start in [1e-3, 0.3, 0.99] {
            let mut flow = PowerFlow::new(&alone, &power, &[start]).unwrap();
            let (stop, _) = follow(&mut flow, 100.0);
            let Stop::Optimum { time } = stop else { panic!("p = {power}: {stop}") };
            let expected = time_to_rest(power, start);
            assert!((time / expected - 1.0).abs() < 1e-12, "p = {power} from {start}: {time} and {expected}");
        }
    }
}

/// From a start far above the optimum, under many other directions, the signal falls to zero, and is held there until the excess energy no longer does.
#[test]
fn a_signal_can_be_lost() {
    let group = |variance, multiplicity| Group { variance, multiplicity };
    let spectrum = Spectrum::with_signal(1.48, vec![group(1.48, 9), group(0.5, 100)]).unwrap();
    let mut flow = PowerFlow::new(&spectrum, &0.498, &[3.0; 3]).unwrap();
    let (stop, _) = follow(&mut flow, 20.0);
    assert!(matches!(stop, Stop::NonUnique { coefficient: 0, .. }), "{stop}");
    let w = flow.current().1;
    assert_eq!(w[0], 0.0);
    // h_0 = -2 q_0 + tau = 0
    let energy: f64 = spectrum.energy_weight().iter().zip(&w).map(|(weight, w)| weight * w * w).sum();
    assert!((energy / (3.0 * 1.48) - 1.0).abs() < 1e-12, "{energy}");
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

/// On its way along a surface on which it is hardly seen to move.
#[test]
fn rounding_turns_no_coefficient_back_and_forth() {
    for (power, spike, dimension, start) in
        [(0.1, 100.0, 300, 1.7e-5), (0.11, 67.0, 300, 1.5e-3), (0.17, 92.0, 300, 7.9e-3), (0.14, 11.0, 1000, 5.9e-2)]
    {
        let spectrum = Spectrum::spiked(spike, dimension).unwrap();
        let mut flow = PowerFlow::new(&spectrum, &power, &[start; 3]).unwrap();
        let (_, turns) = follow(&mut flow, 0.6);
        let bulk_falls_first = start > 0.05;
        let of = |j: usize| turns.iter().filter(|(i, _)| *i == j).map(|(_, before)| *before).collect::<Vec<_>>();
        assert_eq!(of(1).len(), usize::from(!bulk_falls_first), "p = {power}");
        assert_eq!(of(2).len(), 1 + usize::from(bulk_falls_first), "p = {power}");
    }
}

/// `h_j'` at `w_j = const`, what a relative error of one in the terms of brackets makes of that, and those terms.
fn drive(spectrum: &Spectrum, power: f64, w: &[f64], j: usize) -> [f64; 3] {
    let e: Vec<f64> = w.iter().enumerate().map(|(k, w)| excess(k, w)).collect();
    let tau = excess_energy(spectrum, &e);
    let (q, weight) = (spectrum.variance(), spectrum.energy_weight());
    let energy: f64 = weight.iter().zip(&e).map(|(n, e)| n * e.abs()).sum();
    let (mut drive, mut change) = (0.0, 0.0);
    for k in (0..w.len()).filter(|&k| k != j) {
        let h = bracket(&q[k], &e[k], &tau);
        let moves = -2.0 * weight[k] * w[k] * (q[k] * h.abs() * w[k]).powf(power).copysign(h);
        drive += moves;
        change += moves.abs() * (1.0 + power * energy / h.abs());
    }
    [drive, change, energy]
}

/// The times are where the bracket at the end of flows at 192 bits changes its sign, found by bisection over where they end; the last of each line is the coefficient.
const TURNS: [(f64, f64, u64, f64, f64, usize); 6] = [
    (0.5, 20.0, 1000, 1e-3, 0.502_491_831_292_685, 2),
    (0.88, 100.0, 3, 1e-6, 0.122_505_349_094_572_55, 1),
    (0.49, 20.0, 100, 0.1, 0.056_169_205_779_784_873, 2),
    (0.49, 20.0, 100, 0.1, 0.157_843_488_101_992_18, 2),
    (0.95, 32.0, 100, 1e-5, 0.444_576_398_842_996_28, 1),
    (0.45, 6.6, 1000, 1.7e-2, 0.200_373_145_683_955_74, 2),
];

/// `power-turns`: to what steps across a sign change make of a bracket, `2^9` ulps of its terms, over its slope; or to what a collocation's polynomial between the nodes,
/// `2^-44` of each of three coefficients and twice that of their squares, makes of what drives it, over the slope of that.
#[test]
fn turns_are_as_certain_as_brackets_and_what_drives_them() {
    for (power, spike, dimension, start, time, j) in TURNS {
        let spectrum = Spectrum::spiked(spike, dimension).unwrap();
        let flow = || PowerFlow::new(&spectrum, &power, &[start; 3]).unwrap();
        let at = |time: f64| {
            let mut flow = flow();
            follow(&mut flow, time);
            drive(&spectrum, power, &flow.current().1, j)
        };
        let (mut found, mut flow, mut nearest) = (Vec::new(), flow(), f64::INFINITY);
        while let Ok(segment) = flow.next_segment(Some(&1.0)) {
            found.clear();
            segment.turns(j, &mut found);
            for turn in found.iter().map(|root| root.at + segment.start()) {
                nearest = if (turn - time).abs() < (nearest - time).abs() { turn } else { nearest };
            }
        }
        let [slope, change, energy] = at(time);
        let rests = slope.abs() < change * 2.0_f64.powi(-20);
        let apart = time * 2.0_f64.powi(-10);
        let bend = (at(time + apart)[0] - at(time - apart)[0]) / (2.0 * apart);
        let known = if rests {
            6.0 * 2.0_f64.powi(-44) * change / bend.abs()
        } else {
            2.0_f64.powi(-43) * energy / slope.abs()
        };
        let error = (nearest - time).abs();
        assert!(error <= known + 512.0 * f64::EPSILON * time, "p = {power}: {nearest}, {error:e} from {time}");
    }
}

/// For p = 1/2 the bracket of a follower comes to rest like `(t_1 - t)^2`, through which a series goes as if nothing was there; at 128 bits the flow is at these.
#[test]
fn no_series_goes_on_through_a_bracket_at_rest() {
    let spectrum = Spectrum::spiked(11.0, 1000).unwrap();
    let mut flow = PowerFlow::new(&spectrum, &0.5, &[1.8e-5; 3]).unwrap();
    follow(&mut flow, 1.0);
    let expected = [0.536_030_958_760_152_2, 0.013_818_040_983_614_269, 0.026_834_949_555_962_464];
    for (w, expected) in flow.current().1.iter().zip(expected) {
        assert!((w - expected).abs() < 128.0 * f64::EPSILON * expected, "{w} and {expected}");
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
