//! Certified events: in certified order, or in every order.

use super::laws::problems;
use super::{PROMISE, run};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use specdyn::scalar::{Interval, Real, Scalar};
use specdyn::spectrum::{Group, Spectrum};
use specdyn::trajectory::exact::CertifiedFlow;
use specdyn::trajectory::{Event, EventKind, Flow, Segment, Stop};

/// What a flow shows, and how it ends.
pub(super) struct Seen {
    pub(super) events: Vec<Event<Interval>>,
    pub(super) stop: Stop<Interval>,
    pub(super) ties: usize,
    pub(super) bits: u32,
    /// For each of some times, the hull of what all segments that it may be on say.
    pub(super) coefficients: Vec<Option<Vec<Interval>>>,
}

pub(super) fn follow(mut flow: CertifiedFlow, times: &[f64]) -> Seen {
    let mut coefficients: Vec<Option<Vec<Interval>>> = vec![None; times.len()];
    let stop = loop {
        let segment = match flow.next_segment(None) {
            Ok(segment) => segment,
            Err(stop) => break stop,
        };
        let inside = Interval::new(0.0, segment.length().upper().max(0.0)).unwrap();
        for (time, w) in times.iter().zip(&mut coefficients) {
            let local = (Interval::point(*time) - *segment.start()).intersection(inside);
            if !local.is_empty() {
                let here = segment.coefficients_at(&local);
                *w = Some(match w.take() {
                    Some(w) => w.iter().zip(here).map(|(w, here)| w.hull(here)).collect(),
                    None => here,
                });
            }
        }
    };
    let events = flow.events().unwrap().to_vec();
    Seen { events, stop, ties: flow.ties().len(), bits: flow.bits(), coefficients }
}

pub(super) fn points(groups: &[(f64, u64)]) -> Spectrum<Interval> {
    super::spectrum(groups).map(|q| Interval::point(*q))
}

fn certify(spectrum: &Spectrum<Interval>, start: &[f64], times: &[f64]) -> Seen {
    let start: Vec<Interval> = start.iter().copied().map(Interval::point).collect();
    follow(CertifiedFlow::new(spectrum, &start).unwrap(), times)
}

/// Each event that is certified in its order is one of the plain flow, for each coefficient in the order in which they happen to it. Where
/// events are tied, those that are over at once need not be listed.
fn assert_same_events(seen: &Seen, plain: &[Event], coefficients: usize) {
    for j in 0..coefficients {
        let certain: Vec<_> = seen.events.iter().filter(|event| event.coefficient == j).collect();
        let mut plain = plain.iter().filter(|event| event.coefficient == j);
        assert!(seen.ties > 0 || certain.len() == plain.clone().count(), "{:?} and {plain:?}", seen.events);
        for certain in certain {
            let within = |event: &&Event| {
                let off = Interval::point(event.time) - certain.time;
                certain.kind == event.kind && off.lower() <= PROMISE && off.upper() >= -PROMISE
            };
            assert!(plain.any(|event| within(&event)), "coefficient {j}: {certain:?}");
        }
    }
}

fn twins() -> Spectrum<Interval> {
    let tenth = <Interval as Real>::parse("0.1", &()).unwrap();
    let group = |variance, multiplicity| Group { variance, multiplicity };
    let one = Interval::point(1.0);
    Spectrum::with_signal(one, vec![group(tenth, 2), group(one.times(3), 4), group(tenth, 3)]).unwrap()
}

/// Two groups of variance 0.1, a number that is none of the doubles: nothing tells that they do everything at once, so that each of
/// their three events is a tie, and the rest is certified.
#[test]
fn events_that_happen_at_once_are_followed_in_every_order() {
    let seen = certify(&twins(), &[1e-3; 4], &[0.5]);
    let plain = run(&super::spectrum(&[(1.0, 1), (0.1, 2), (3.0, 4), (0.1, 3)]), &[1e-3; 4]);
    let Stop::Optimum { time } = seen.stop else { panic!("{}", seen.stop) };
    assert!(time.contains(*plain.end()) && time.width() <= 1e-9, "{time}");
    assert_eq!(seen.ties, 3);
    assert_same_events(&seen, plain.events(), 4);
    for (w, plain) in seen.coefficients[0].iter().flatten().zip(plain.coefficients_at(&0.5).unwrap()) {
        assert!(w.lower() <= plain + PROMISE && w.upper() >= plain - PROMISE && w.width() <= 1e-12, "{w} {plain}");
    }
}

/// At t = 1/8 the groups of variances m and 4 m reach their surfaces together, from different starts: `1 - (1/2)^2 = 3/4` and
/// `q w^2 = 9 m/16` for both. The signal has variance 3 m. In doubles `m` leaves no room for the digits of products.
fn two_surfaces_at_once(m: f64) -> (Vec<(f64, u64)>, [f64; 3]) {
    (vec![(3.0 * m, 1), (m, 1), (4.0 * m, 1)], [0.375, 0.625, 0.25])
}

#[test]
fn two_surfaces_reached_at_once_are_reached_by_both() {
    let m = 1.0 + f64::from(0x1234_5677) * 2f64.powi(-40);
    for m in [1.0, m] {
        let (groups, start) = two_surfaces_at_once(m);
        let seen = certify(&points(&groups), &start, &[]);
        let plain = run(&super::spectrum(&groups), &start);
        assert!(matches!(seen.stop, Stop::Optimum { .. }), "{}", seen.stop);
        assert_same_events(&seen, plain.events(), 3);
        let arrivals: Vec<_> = seen.events.iter().filter(|event| event.time.contains(0.125)).collect();
        assert_eq!(arrivals.iter().map(|event| event.coefficient).sum::<usize>(), 3, "{arrivals:?}");
        // with more digits the two are exactly at once, which is no doubt about their order
        assert_eq!(seen.ties > 0, m != 1.0 && cfg!(not(feature = "mpfr")));
    }
}

/// Variances that differ in their last bit: doubles cannot tell who leaves first, and higher precision can.
#[test]
fn variances_equal_to_the_last_bit_take_more_bits_or_are_a_tie() {
    let q = 0.7_f64;
    let groups = [(1.0, 1), (q, 3), (q.next_up(), 2)];
    let seen = certify(&points(&groups), &[1e-3; 3], &[]);
    assert!(matches!(seen.stop, Stop::Optimum { .. }), "{}", seen.stop);
    let order = |kind: EventKind| -> Vec<usize> {
        seen.events.iter().filter(|event| event.kind == kind && event.coefficient > 0).map(|e| e.coefficient).collect()
    };
    if cfg!(feature = "mpfr") {
        assert!(seen.ties == 0 && seen.bits > 53, "{} ties, {} bits", seen.ties, seen.bits);
        // the larger variance is first at its surface, crosses it, since alone it could not keep to it, and is back at once
        assert_eq!((order(EventKind::Saturate), order(EventKind::Slide)), (vec![2], vec![1, 2]));
        assert_eq!((order(EventKind::Leave), order(EventKind::Zero)), (vec![1, 2], vec![2, 1]));
    } else {
        assert!(seen.ties > 0 && seen.bits == 53, "{} ties, {} bits", seen.ties, seen.bits);
        assert_same_events(&seen, run(&super::spectrum(&groups), &[1e-3; 3]).events(), 3);
    }
}

/// With `d - 1 = 3 mu` the spike, as it reaches its surface, would have to slide there at exactly the greatest speed.
#[test]
fn a_group_that_barely_keeps_to_its_surface_is_followed_both_ways() {
    for (mu, dimension) in [(3.0, 10), (5.0, 16), (33.0, 100)] {
        let seen = certify(&points(&[(1.0, 1), (mu, 1), (1.0, dimension - 2)]), &[1e-3; 3], &[]);
        assert!(matches!(seen.stop, Stop::Optimum { .. }), "{}", seen.stop);
        assert_eq!(seen.ties, 1);
        let of_spike: Vec<_> = seen.events.iter().filter(|event| event.coefficient == 1).map(|e| e.kind).collect();
        assert_eq!(of_spike, [EventKind::Saturate, EventKind::Slide, EventKind::Leave, EventKind::Zero]);
    }
}

/// A horizon inside the short time of a tie, reached and passed.
#[test]
fn a_flow_can_be_cut_anywhere_and_goes_on() {
    let (spectrum, start) = (twins(), [Interval::point(1e-3); 4]);
    let mut flow = CertifiedFlow::new(&spectrum, &start).unwrap();
    while flow.next_segment(None).is_ok() {}
    let ties = flow.ties();
    let inside: Vec<Interval> = ties.iter().map(|tie| Interval::point(tie.time.midpoint())).collect();
    assert!(inside.len() == 3, "{ties:?}");
    let mut cut = CertifiedFlow::new(&spectrum, &start).unwrap();
    for horizon in &inside {
        let stop = loop {
            if let Err(stop) = cut.next_segment(Some(horizon)) {
                break stop;
            }
        };
        assert_eq!(stop, Stop::Horizon);
        let (time, w) = cut.current();
        assert!(time.contains(horizon.midpoint()), "{time} and {horizon}");
        assert!(w.iter().all(|w| w.width() <= 1e-9), "{w:?}");
    }
    while cut.next_segment(None).is_ok() {}
    let events = cut.events().unwrap().iter().zip(flow.events().unwrap());
    for (cut, whole) in events {
        assert_eq!((cut.kind, cut.coefficient), (whole.kind, whole.coefficient));
        assert!(!cut.time.is_disjoint(whole.time), "{} and {}", cut.time, whole.time);
    }
    assert_eq!(cut.events().map(<[_]>::len), flow.events().map(<[_]>::len));
}

proptest! {
    /// Random spectra and starts, with variances that are equal or nearly so: what doubles say lies within.
    #[test]
    fn the_plain_flow_lies_in_the_certified_one((mut groups, start) in problems(2..6), twin in 0..3_u8) {
        let last = groups.len() - 1;
        groups[last].0 = match twin {
            0 => groups[last].0,
            1 => groups[last - 1].0,
            _ => groups[last - 1].0.next_up(),
        };
        let plain = run(&super::spectrum(&groups), &start);
        let seen = certify(&points(&groups), &start, &[]);
        match (&seen.stop, plain.stop()) {
            (Stop::Undecided { .. }, _) => {}
            // more bits see more of what is over at once
            (Stop::Optimum { .. }, Stop::Optimum { .. }) if seen.bits > 53 => {}
            (Stop::Optimum { .. }, Stop::Optimum { .. }) => assert_same_events(&seen, plain.events(), start.len()),
            (certain, plain) => prop_assert_eq!(certain.name(), plain.name()),
        }
    }
}

/// Boxes of starts and variances, `10^-6` wide, at times up to the optimum: the enclosures are in the median at most three times as wide
/// as what a dense sample of the box takes.
#[test]
fn enclosures_of_boxes_are_tight() {
    let mut runner = TestRunner::deterministic();
    let mut ratios = Vec::new();
    for _ in 0..60 {
        let (groups, start) = problems(1..4).new_tree(&mut runner).unwrap().current();
        let widen = |x: f64| Interval::new(x, x * (1.0 + 1e-6)).unwrap();
        let boxes: Vec<_> = groups.iter().map(|(q, n)| Group { variance: widen(*q), multiplicity: *n }).collect();
        let box_of_starts: Vec<_> = start.iter().map(|w| widen(*w)).collect();
        let spectrum = Spectrum::with_signal(boxes[0].variance, boxes[1..].to_vec()).unwrap();
        let end = *run(&super::spectrum(&groups), &start).end();
        let times: Vec<f64> = (1..8).map(|i| end * f64::from(i) / 8.0).collect();
        let seen = follow(CertifiedFlow::new(&spectrum, &box_of_starts).unwrap(), &times);
        // ends and middles: the solution is nearly linear in so small a box
        let samples: Vec<_> = (0..200)
            .map(|_| {
                let mut within =
                    |x: &f64| x * (1.0 + 1e-6 * 0.5 * f64::from((0..3_u8).new_tree(&mut runner).unwrap().current()));
                let groups: Vec<_> = groups.iter().map(|(q, n)| (within(q), *n)).collect();
                let start: Vec<_> = start.iter().map(&mut within).collect();
                run(&super::spectrum(&groups), &start)
            })
            .collect();
        for (time, enclosure) in times.iter().zip(&seen.coefficients) {
            let Some(enclosure) = enclosure else { continue };
            let Some(rows) = samples.iter().map(|sample| sample.coefficients_at(time)).collect::<Option<Vec<_>>>()
            else {
                continue;
            };
            for (j, w) in enclosure.iter().enumerate() {
                let values = rows.iter().map(|row| row[j]);
                let (least, most) = (values.clone().fold(f64::MAX, f64::min), values.fold(0.0, f64::max));
                assert!(w.lower() <= least + PROMISE && w.upper() >= most - PROMISE, "{w} and [{least}, {most}]");
                if most > least {
                    ratios.push(w.width() / (most - least));
                }
            }
        }
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios[ratios.len() / 2];
    let tenth = ratios[ratios.len() * 9 / 10];
    println!("{} widths, median {median:.3} times that of the sample, one in ten above {tenth:.3}", ratios.len());
    assert!(ratios.len() > 200 && median <= 3.0, "{} widths, median {median}", ratios.len());
}
