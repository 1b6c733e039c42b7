//! The Taylor flow of GD: its steps, its dense output, its stops, and the symmetries of the field.

use proptest::prelude::*;
use specdyn::spectrum::{Group, Spectrum};
use specdyn::trajectory::polynomial::evaluate;
use specdyn::trajectory::taylor::GradientFlow;
use specdyn::trajectory::{Flow, Segment, Stop};

fn run(flow: &mut GradientFlow, limit: f64) {
    loop {
        match flow.next_segment(Some(&limit)) {
            Ok(_) => {}
            Err(Stop::Horizon) => return,
            Err(stop) => panic!("{stop}"),
        }
    }
}

#[test]
fn an_escape_from_1e_300_takes_one_step_until_it_is_felt() {
    let spectrum = Spectrum::spiked(20.0, 100).unwrap();
    let mut flow = GradientFlow::new(&spectrum, &[1e-300; 3]).unwrap();
    let segment = flow.next_segment(None).unwrap();
    // the spike grows as exp(21 t) (tau = -1), from 1e-300 to about 1e-9
    assert!(*segment.length() > 30.0, "{}", segment.length());
    let w = segment.coefficients_at(segment.length());
    assert!((1e-12..1e-8).contains(&w[1]), "{w:?}");
}

#[test]
fn a_flow_does_not_depend_on_the_one_before_it() {
    let (spectrum, start) = (Spectrum::spiked(20.0, 100).unwrap(), [1e-3; 3]);
    let other = Spectrum::spiked(3.0, 10).unwrap();
    let mut fresh = GradientFlow::new(&spectrum, &start).unwrap();
    run(&mut fresh, 10.0);
    let mut used = GradientFlow::new(&other, &[0.1; 3]).unwrap();
    run(&mut used, 100.0);
    used.restart(&spectrum, &start).unwrap();
    run(&mut used, 10.0);
    assert_eq!((used.current(), used.steps()), (fresh.current(), fresh.steps()));
}

/// The flow under c Q is that under Q on another clock, `c^2 t`; at c = 1e-30 the terms of high orders are below the smallest double, at 1e18
/// beyond the largest, and a step at those orders would be anything.
#[test]
fn variances_of_any_size_only_change_the_clock() {
    let rest = |c: f64| vec![Group { variance: 5.0 * c, multiplicity: 1 }, Group { variance: c, multiplicity: 4 }];
    let at = |c: f64, time: f64| {
        let mut flow = GradientFlow::new(&Spectrum::with_signal(c, rest(c)).unwrap(), &[1e-3; 3]).unwrap();
        run(&mut flow, time);
        flow.current().1
    };
    for time in [1.0, 4.0] {
        let unscaled = at(1.0, time);
        for exponent in [-100, -60, 30, 60] {
            let c = f64::powi(2.0, exponent);
            for (w, scaled) in unscaled.iter().zip(at(c, time / (c * c))) {
                // some hundreds of steps of low order, of an error of a few units each
                assert!((scaled / w - 1.0).abs() < 1e-12, "{scaled} instead of {w} at c = 2^{exponent}, t = {time}");
            }
        }
    }
}

#[test]
fn terms_that_are_no_numbers_at_any_order_are_a_reason_to_stop() {
    for (variance, size) in [(1e-100, "small"), (1e100, "large")] {
        let rest = vec![Group { variance, multiplicity: 4 }];
        let mut flow = GradientFlow::new(&Spectrum::with_signal(variance, rest).unwrap(), &[1e-3; 2]).unwrap();
        let stop = flow.next_segment(None).unwrap_err();
        assert!(matches!(&stop, Stop::StepTooSmall { reason, .. } if reason.contains(size)), "{stop}");
    }
}

#[test]
fn resolved_polynomials_are_accurate_relative_to_small_coefficients() {
    let spectrum = Spectrum::spiked(20.0, 100).unwrap();
    let mut flow = GradientFlow::new(&spectrum, &[1e-100; 3]).unwrap().resolved();
    while let Ok(segment) = flow.next_segment(Some(&100.0)) {
        for s in [0.25, 0.5, 1.0].map(|part| part * segment.length()) {
            let w = segment.coefficients_at(&s);
            for j in 1..3 {
                let polynomial = segment.excess(j);
                let value = evaluate(&polynomial, &s);
                // of a sum of terms that may cancel, relative to the largest of start and value
                let size = value.abs().max(polynomial[0]);
                let error = (value - w[j] * w[j]).abs() / size;
                assert!(error <= 64.0 * f64::EPSILON, "x_{j} is off by {error:e} at t = {}", segment.start() + s);
            }
        }
        if w_is_large(&segment.coefficients_at(segment.length())) {
            return;
        }
    }
    panic!("the signal does not grow");
}

/// The signal is near 1: what decays from here on is not resolved.
fn w_is_large(w: &[f64]) -> bool {
    w[0] > 0.5
}

#[test]
fn zero_coefficients_stay_zero_and_signs_are_kept() {
    let spectrum = Spectrum::spiked(20.0, 100).unwrap();
    let mut flow = GradientFlow::new(&spectrum, &[-1e-3, 0.0, 1e-3]).unwrap();
    run(&mut flow, 20.0);
    assert!(flow.coefficient(0) < -0.99);
    assert_eq!(flow.coefficient(1), 0.0);
    let mut mirror = GradientFlow::new(&spectrum, &[1e-3, 0.0, 1e-3]).unwrap();
    run(&mut mirror, 20.0);
    assert_eq!((flow.coefficient(0), flow.coefficient(2)), (-mirror.coefficient(0), mirror.coefficient(2)));
}

#[test]
fn rest_is_named_for_what_it_is() {
    let spectrum = Spectrum::spiked(20.0, 100).unwrap();
    let stop =
        |start: [f64; 3]| GradientFlow::new(&spectrum, &start).unwrap().next_segment(None).map(|_| ()).unwrap_err();
    assert!(matches!(stop([1.0, 0.0, 0.0]), Stop::Optimum { .. }));
    assert!(matches!(stop([0.0, 0.0, 0.0]), Stop::Undecided { .. }));
    assert!(matches!(stop([1e200, 1.0, 1.0]), Stop::Diverged { .. }));
}

#[test]
fn bad_starts_and_a_spent_budget_are_named() {
    let spectrum = Spectrum::spiked(20.0, 100).unwrap();
    assert!(GradientFlow::new(&spectrum, &[0.1, 0.1]).is_err());
    assert!(GradientFlow::new(&spectrum, &[0.1, f64::NAN, 0.1]).is_err());
    let mut flow = GradientFlow::new(&spectrum, &[1e-3; 3]).unwrap().with_budget(3);
    let stop = loop {
        if let Err(stop) = flow.next_segment(None) {
            break stop;
        }
    };
    assert!(matches!(stop, Stop::Budget { steps: 3, .. }), "{stop}");
}

/// Relative errors of the coefficients at t = 1, of steps of length `step` and one order.
fn error_at_order(order: usize, step: f64) -> f64 {
    let spectrum = Spectrum::with_signal(1.0, vec![Group { variance: 2.5, multiplicity: 1 }]).unwrap();
    let start = [0.3, 0.2];
    let mut exact = GradientFlow::new(&spectrum, &start).unwrap();
    run(&mut exact, 1.0);
    // a tolerance that never shortens these steps
    let flow = GradientFlow::with_tolerance(&spectrum, &start, Some(&0.01)).unwrap();
    let mut flow = flow.with_order(order).unwrap();
    let steps = (1.0 / step).round() as u64;
    for k in 1..=steps {
        run(&mut flow, k as f64 / steps as f64);
    }
    assert_eq!(flow.steps(), steps);
    (0..2).map(|j| (flow.coefficient(j) / exact.coefficient(j) - 1.0).abs()).fold(0.0, f64::max)
}

/// Not `n + 1`, as the logarithms alone would: near the optimum the signal is moved by the series of its excess.
#[test]
fn halving_a_fixed_step_twice_gains_4_to_the_n() {
    for order in 4..8 {
        // errors between rounding and a millionth
        let step = 1.0 / f64::from(1 << (if order < 7 { 5 } else { 4 }));
        let gain = (error_at_order(order, step) / error_at_order(order, step / 4.0)).log2() / 2.0;
        // the next order contributes a relative O(step) of rates up to about 10, of one sign or the other
        assert!((gain - order as f64).abs() < 0.25, "order {order}: gain 2^{gain} a halving");
    }
}

#[test]
fn the_adaptive_order_costs_hardly_more_than_the_best_fixed_one() {
    let spectrum = Spectrum::spiked(20.0, 100).unwrap();
    let work = |flow: GradientFlow| {
        let mut flow = flow;
        run(&mut flow, 50.0);
        // what the flow itself weighs: products, and as much as some hundred of them for the rest of a step in double precision
        flow.operations() as f64 + 600.0 * flow.steps() as f64
    };
    for tolerance in [1e-6, 1e-10, 1e-14] {
        let flow = GradientFlow::with_tolerance(&spectrum, &[1e-3; 3], Some(&tolerance)).unwrap();
        let fixed = (6..40).map(|order| work(flow.clone().with_order(order).unwrap()));
        let best = fixed.fold(f64::INFINITY, f64::min);
        let adaptive = work(flow);
        assert!(adaptive <= 1.1 * best, "tolerance {tolerance}: {adaptive} against {best}");
    }
}

fn spectra() -> impl Strategy<Value = (Spectrum, Vec<f64>)> {
    let group = (0.1..30.0_f64, 1_u64..200);
    (0.1..3.0_f64, prop::collection::vec(group, 1..7)).prop_flat_map(|(signal, groups)| {
        let count = groups.len() + 1;
        let groups = groups.into_iter().map(|(variance, multiplicity)| Group { variance, multiplicity }).collect();
        let spectrum = Spectrum::with_signal(signal, groups).unwrap();
        (Just(spectrum), prop::collection::vec((-9.0..-0.3_f64).prop_map(power_of_ten), count))
    })
}

fn power_of_ten(x: f64) -> f64 {
    (x * std::f64::consts::LN_10).exp()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn dense_output_ends_where_the_next_segment_begins((spectrum, start) in spectra()) {
        let mut flow = GradientFlow::new(&spectrum, &start).unwrap();
        let mut last = start;
        while let Ok(segment) = flow.next_segment(Some(&5.0)) {
            let w = segment.coefficients_at(&0.0);
            for (w, last) in w.iter().zip(&last) {
                prop_assert!((w / last - 1.0).abs() <= 4.0 * f64::EPSILON, "{} begins where {} ended", w, last);
            }
            last = segment.coefficients_at(segment.length());
        }
        let reached = flow.current().1;
        prop_assert_eq!(last, reached);
    }

    #[test]
    fn rows_in_between_do_not_change_where_the_flow_ends((spectrum, start) in spectra(), cut in 0.1..4.9_f64) {
        let mut whole = GradientFlow::new(&spectrum, &start).unwrap();
        run(&mut whole, 5.0);
        let mut cut_short = GradientFlow::new(&spectrum, &start).unwrap();
        run(&mut cut_short, cut);
        run(&mut cut_short, 5.0);
        for j in 0..spectrum.groups() {
            // each step is exact to rounding; a logarithm of size L has errors of L ulps
            let moved = (whole.coefficient(j) / start[j]).ln().abs().max(1.0);
            let error = (cut_short.coefficient(j) / whole.coefficient(j) - 1.0).abs();
            prop_assert!(error <= 64.0 * f64::EPSILON * moved, "w_{} differs by {:e}", j, error);
        }
    }

    /// `w -> w`, `q -> s q`, `t -> t/s^2` is a symmetry of the field.
    #[test]
    fn scaling_the_covariance_scales_time((spectrum, start) in spectra(), power in -3_i32..4) {
        let s = f64::powi(2.0, power);
        let rest = (1..spectrum.groups()).map(|j| Group {
            variance: s * spectrum.variance()[j],
            multiplicity: spectrum.multiplicity()[j] as u64,
        });
        let scaled = Spectrum::with_signal(s * spectrum.variance()[0], rest.collect()).unwrap();
        let mut flow = GradientFlow::new(&spectrum, &start).unwrap();
        run(&mut flow, 2.0);
        let mut other = GradientFlow::new(&scaled, &start).unwrap();
        run(&mut other, 2.0 / (s * s));
        for j in 0..spectrum.groups() {
            let moved = (flow.coefficient(j) / start[j]).ln().abs().max(1.0);
            let error = (other.coefficient(j) / flow.coefficient(j) - 1.0).abs();
            prop_assert!(error <= 64.0 * f64::EPSILON * moved, "w_{} differs by {:e}", j, error);
        }
    }
}
