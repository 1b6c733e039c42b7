//! The recursion: towards the flow, at rest, chattering, diverging.

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use specdyn::descent::Method;
use specdyn::risk::{BlockRisk, DenseRisk};
use specdyn::spectrum::{CovarianceMatrix, Spectrum, TiltedSpectrum};
use specdyn::trajectory::{MatrixFlow, Recursion, Stop};
use specdyn::weights::{BlockWeights, equal_start, gaussian_start, spherical_start};
use std::ops::ControlFlow;

fn spiked(spectrum: &Spectrum, method: Method, init: f64, eta: f64) -> Recursion<Vec<f64>, &Spectrum, Method> {
    Recursion::new(spectrum, method, eta, equal_start(spectrum, &init).unwrap()).unwrap()
}

fn keep_going<T>(_: &T) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn dense_risk(variances: &[f64], seed: u64) -> DenseRisk {
    let signal = spherical_start(variances.len(), 1.0, seed).unwrap();
    let covariance = CovarianceMatrix::diagonal(variances.to_vec()).unwrap();
    DenseRisk::new(covariance, DVector::from_column_slice(signal.as_slice())).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_gd_recursion_approaches_the_dense_flow_at_rate_eta(
        variances in prop::collection::vec(0.3..3.0_f64, 2..7), width in 1_usize..8, seed in 0_u64..1000,
    ) {
        let risk = dense_risk(&variances, seed);
        let start = gaussian_start(variances.len(), width, 0.3, seed).unwrap();
        let dense = BlockRisk::dense(risk.clone());
        let limit = MatrixFlow::new(&dense, BlockWeights::dense(start.clone())).unwrap().weights_at(1.0).unwrap().block;
        let error = |steps: u64| {
            let mut recursion =
                Recursion::new(&risk, Method::GradientDescent, 1.0 / steps as f64, start.clone()).unwrap();
            assert_eq!(recursion.run(steps, keep_going), Stop::Horizon);
            recursion.weights() - &limit
        };
        // Euler's error is eta e_1 + eta^2 e_2 + O(eta^3): extrapolated twice, what is left is of third order, so that a
        // halving gains 8. A flow that is off by a constant would keep it from gaining anything.
        let errors: Vec<_> = [400, 800, 1600, 3200].into_iter().map(error).collect();
        let first: Vec<_> = errors.windows(2).map(|e| &e[1] * 2.0 - &e[0]).collect();
        let second: Vec<_> = first.windows(2).map(|e| (&e[1] * 4.0 - &e[0]) / 3.0).collect();
        let ratio = errors[2].norm() / errors[3].norm();
        prop_assert!((ratio - 2.0).abs() < 0.05, "the error itself goes down by {ratio}");
        // Every step rounds once or twice, and the extrapolation weighs the runs by (8, 6, 1)/3.
        let rounding = 5.0 * 2.0 * 3200.0 * f64::EPSILON;
        let (coarse, fine) = (second[0].norm(), second[1].norm());
        prop_assert!(fine <= coarse / 5.0 + rounding, "extrapolated: {coarse:e}, then {fine:e}");
    }

    #[test]
    fn the_dense_flow_is_a_semigroup_to_rounding(
        variances in prop::collection::vec(0.3..3.0_f64, 2..7), width in 1_usize..8, middle in 0.1..3.0_f64, seed in 0_u64..1000,
    ) {
        // Different expansion points, the same trajectory. The flow expands errors at rate 3 q^2 <= 27 at most while it
        // escapes, and the signal escapes only once: from 0.3 / sqrt(width) up to 1.
        let risk = dense_risk(&variances, seed);
        let start = gaussian_start(variances.len(), width, 0.3, seed).unwrap();
        let dense = BlockRisk::dense(risk);
        let whole = MatrixFlow::new(&dense, BlockWeights::dense(start.clone())).unwrap().weights_at(4.0).unwrap();
        let half = MatrixFlow::new(&dense, BlockWeights::dense(start)).unwrap().weights_at(middle).unwrap();
        let rest = MatrixFlow::new(&dense, BlockWeights::dense(half.block)).unwrap().weights_at(4.0 - middle).unwrap();
        let distance = (whole.block - rest.block).norm();
        prop_assert!(distance <= 1e3 * f64::EPSILON * (variances.len() * width) as f64, "{distance:e}");
    }

    #[test]
    fn the_tilted_flow_is_the_dense_flow(overlap in -1.0..=1.0_f64, spike in 0.0..8.0_f64, time in 0.0..3.0_f64) {
        let d = 8;
        let spectrum = TiltedSpectrum::overlap(spike, d as u64, overlap).unwrap();
        let risk = BlockRisk::tilted(&spectrum).unwrap();
        let start = BlockWeights::equal_start(&spectrum, 0.05).unwrap();
        let tilted = MatrixFlow::new(&risk, start).unwrap().weights_at(time).unwrap();

        let mut variances = vec![1.0; d];
        variances[1] = 1.0 + spike;
        let mut signal = DVector::zeros(d);
        (signal[0], signal[1]) = (spectrum.theta()[0], overlap);
        let dense = BlockRisk::dense(DenseRisk::new(CovarianceMatrix::diagonal(variances).unwrap(), signal).unwrap());
        let dense = MatrixFlow::new(&dense, BlockWeights::dense(DMatrix::identity(d, d) * 0.05)).unwrap().weights_at(time).unwrap().block;
        let mut expected = DMatrix::identity(d, d) * tilted.remainder[0];
        expected.view_mut((0, 0), (2, 2)).copy_from(&tilted.block);
        let distance = (dense - expected).norm();
        prop_assert!(distance <= 1e3 * f64::EPSILON * d as f64, "{distance:e}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// The bounds of `chattering` in derivations/spectral-descent.md, to leading order in eta, over two decades of eta: the rate in
    /// eta is 1 for signal and spike, and 1/2 for the bulk.
    #[test]
    fn the_specgd_recursion_ends_eta_from_the_optimum_and_the_bulk_at_its_square_root(
        // (d eta)^(1/2) is at most 0.16 beside the spike.
        d in 3_u64..200, spike in 1.0..30.0_f64, init in 1e-3..0.1_f64, halvings in 13..20_i32,
    ) {
        let eta = 2.0_f64.powi(-halvings);
        let spectrum = Spectrum::spiked(spike, d).unwrap();
        let mut recursion = spiked(&spectrum, Method::Spectral, init, eta);
        let steps = ((1.2 - init + 1.0 / d as f64) / eta) as u64;
        prop_assert_eq!(recursion.run(steps, keep_going), Stop::Horizon);
        let before = recursion.weights().clone();
        recursion.run(2, keep_going);
        let w = recursion.weights();
        prop_assert_eq!(&before, w, "a cycle of two steps");
        // What the leading order leaves out is of the size d eta and mu eta of itself, and c moves by whole steps.
        let (d, slack) = (d as f64, 1.0 + 4.0 * (d as f64 + spike) * eta);
        prop_assert!((w[0] - 1.0).abs() <= 1.5 * eta * slack, "signal {}", w[0]);
        prop_assert!(w[1].abs() <= 2.0 * eta * slack, "spike {}", w[1]);
        let (least, most) = (((d - 2.0) * eta / (d * (d + 1.0))).sqrt(), (3.0 * eta / (d + 1.0)).sqrt());
        let c = w[2].abs();
        prop_assert!(c >= least / slack - 2.0 * eta && c <= most * slack + eta, "bulk {c:e}, not in [{least:e}, {most:e}]");
    }
}

#[test]
fn specgd_chatters_at_two_eta_and_at_the_square_root_for_the_bulk() {
    // derivations/spectral-descent.md: |a - 1| and |b| of order 2 eta, |c| of order sqrt(2 eta/(d + 1)), 1.4e-4 here.
    let (eta, d) = (1e-5, 1000);
    let spectrum = Spectrum::spiked(20.0, d).unwrap();
    let mut recursion = spiked(&spectrum, Method::Spectral, 1e-3, eta);
    assert_eq!(recursion.run(150_000, keep_going), Stop::Horizon);
    let mut largest = [0.0_f64; 3];
    recursion.run(5000, |now| {
        let w = now.weights();
        for (m, x) in largest.iter_mut().zip([w[0] - 1.0, w[1], w[2]]) {
            *m = m.max(x.abs());
        }
        ControlFlow::Continue(())
    });
    let [a, b, c] = largest;
    let bulk = (2.0 * eta / (d as f64 + 1.0)).sqrt();
    assert!(a <= 3.0 * eta, "signal {a:e}");
    assert!(b <= 3.0 * eta, "spike {b:e}");
    assert!((0.5 * bulk..=1.5 * bulk).contains(&c), "bulk {c:e} against {bulk:e}");
}

#[test]
fn gd_at_the_optimum_is_stable_exactly_below_one_third() {
    // The curvature of the risk along the signal at the optimum is 6.
    let spectrum = Spectrum::spiked(0.0, 3).unwrap();
    for (eta, converges) in [(0.32, true), (0.35, false)] {
        let mut recursion = Recursion::new(&spectrum, Method::GradientDescent, eta, vec![0.999, 1e-8, 1e-8]).unwrap();
        recursion.run(4000, keep_going);
        let distance = (recursion.weights()[0] - 1.0).abs();
        assert_eq!(distance < 1e-6, converges, "eta = {eta}: {distance:e}");
    }
}

#[test]
fn a_step_that_is_too_large_diverges_with_a_time_and_a_size_and_finite_weights() {
    let spectrum = Spectrum::spiked(20.0, 100).unwrap();
    for eta in [1.0, 10.0, 1e10, 1e300] {
        let mut recursion = spiked(&spectrum, Method::GradientDescent, 1e-3, eta);
        let stop = recursion.run(100_000, keep_going);
        let Stop::Diverged { time, .. } = stop else { panic!("eta = {eta:e}: {stop:?}") };
        assert_eq!(time, eta * (recursion.steps() + 1) as f64);
        assert!(recursion.weights().iter().all(|w| w.is_finite()));
    }
    let risk = dense_risk(&[1.0, 5.0, 2.0], 4);
    for width in [1, 2, 5] {
        let start = gaussian_start(3, width, 0.5, 1).unwrap();
        let mut recursion = Recursion::new(&risk, Method::GradientDescent, 3.0, start).unwrap();
        assert!(matches!(recursion.run(1000, keep_going), Stop::Diverged { .. }));
        assert!(recursion.weights().iter().all(|w| w.is_finite()));
    }
}

#[test]
fn specgd_stays_within_a_step_however_large_the_step() {
    let spectrum = Spectrum::spiked(20.0, 100).unwrap();
    for eta in [1.0, 1e6, 1e100] {
        let mut recursion = spiked(&spectrum, Method::Spectral, 1e-3, eta);
        let stop = recursion.run(1000, |now| {
            assert!(now.weights().iter().all(|w| w.abs() <= 1.0 + eta));
            ControlFlow::Continue(())
        });
        assert!(matches!(stop, Stop::Horizon | Stop::Rest { .. }), "{stop:?}");
    }
}

#[test]
fn a_recursion_at_the_optimum_is_at_rest() {
    let spectrum = Spectrum::spiked(20.0, 100).unwrap();
    for method in [Method::GradientDescent, Method::Spectral, Method::power(0.5).unwrap()] {
        let mut recursion = Recursion::new(&spectrum, method.clone(), 0.01, vec![1.0, 0.0, 0.0]).unwrap();
        assert_eq!(recursion.run(10, keep_going), Stop::Rest { time: 0.0 }, "{method:?}");
        assert_eq!(recursion.steps(), 0);
    }
    let risk = dense_risk(&[1.0, 2.0], 7);
    let mut recursion = Recursion::new(&risk, Method::Spectral, 0.01, DMatrix::zeros(2, 2)).unwrap();
    assert_eq!(recursion.run(10, keep_going), Stop::Rest { time: 0.0 });
}

#[test]
fn the_observer_sees_every_step_once_and_may_end_it() {
    let spectrum = Spectrum::spiked(20.0, 100).unwrap();
    let mut recursion = spiked(&spectrum, Method::Spectral, 0.5, 0.125);
    let mut seen = Vec::new();
    let stop = recursion.run(100, |now| {
        seen.push(now.steps());
        if now.weights()[0] >= 0.75 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(stop, Stop::Condition { time: 0.125 * seen.len() as f64 });
    assert_eq!(seen, (1..=seen.len() as u64).collect::<Vec<_>>());
}

#[test]
fn wrong_shapes_and_steps_are_refused_by_name() {
    let spectrum = Spectrum::spiked(20.0, 100).unwrap();
    let parameter =
        |start: Vec<f64>, eta: f64| Recursion::new(&spectrum, Method::Spectral, eta, start).unwrap_err().parameter;
    assert_eq!(parameter(vec![0.1; 2], 0.1), "start");
    assert_eq!(parameter(vec![], 0.1), "start");
    assert_eq!(parameter(vec![0.1, f64::NAN, 0.1], 0.1), "start");
    for eta in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(parameter(vec![0.1; 3], eta), "step-size");
    }
    let risk = dense_risk(&[1.0, 2.0], 7);
    assert_eq!(Recursion::new(&risk, Method::Spectral, 0.1, DMatrix::zeros(3, 2)).unwrap_err().parameter, "start");
}

#[test]
fn a_flow_asked_for_the_past_or_started_at_rest_answers() {
    let dense = BlockRisk::dense(dense_risk(&[1.0, 2.0], 7));
    let mut flow = MatrixFlow::new(&dense, BlockWeights::dense(gaussian_start(2, 2, 0.1, 1).unwrap())).unwrap();
    flow.weights_at(50.0).unwrap();
    assert!(matches!(flow.weights_at(0.0), Err(Stop::Undecided { .. })));
    assert!(matches!(flow.weights_at(f64::NAN), Err(Stop::Undecided { .. })));
    let mut rest = MatrixFlow::new(&dense, BlockWeights::dense(DMatrix::zeros(2, 1))).unwrap();
    assert_eq!(rest.weights_at(1e300).unwrap().block, DMatrix::zeros(2, 1));
    let mut huge = MatrixFlow::new(&dense, BlockWeights::dense(DMatrix::from_element(2, 1, 1e200))).unwrap();
    assert!(matches!(huge.weights_at(1.0), Err(Stop::StepTooSmall { .. })));
}
