//! Tilted and random signals, and weights of any width, as a setting sees them. That each form is the full matrix: `reduction`.

use nalgebra::DVector;
use proptest::prelude::*;
use specdyn::descent::Method;
use specdyn::experiment::{Covariance, LossScale, Outcome, Plan, Row, Setting, Signal, Status, measure, run};
use specdyn::observe::{Condition, ESCAPE_LEVEL, Observable, Quantity};
use specdyn::risk::{BlockRisk, DenseRisk};
use specdyn::scalar::Stream;
use specdyn::spectrum::CovarianceMatrix;
use specdyn::trajectory::{EventKind, MatrixFlow, Recursion, Stop, VectorPath};
use specdyn::weights::{BlockWeights, Start};

fn spiked(strength: f64, dimension: u64) -> Setting {
    Setting::new(Covariance::Spiked { strength, dimension }, 1e-3, Method::GradientDescent)
}

fn tilted(strength: f64, dimension: u64, overlap: f64) -> Setting {
    Setting { signal: Signal::Overlap(overlap), ..spiked(strength, dimension) }
}

fn rows(setting: &Setting, plan: &Plan) -> (Vec<Row>, Outcome) {
    let mut rows = Vec::new();
    let outcome = run(setting, plan, |row| rows.push(row)).unwrap();
    (rows, outcome)
}

fn at(times: &[f64]) -> Plan {
    Plan { rows: times.to_vec(), until: None, horizon: times.last().copied() }
}

/// Times from 0 to 2, fine enough to see a maximum to within the square of their spacing.
fn dense_times() -> Vec<f64> {
    (0..=4000).map(|i| f64::from(i) / 2000.0).collect()
}

#[test]
fn a_vanishing_overlap_gives_the_dynamics_of_the_manifold() {
    let times = [0.0, 0.05, 0.1, 0.5, 2.0, 10.0];
    let exact = rows(&spiked(20.0, 100), &at(&times)).0;
    let nearly = rows(&tilted(20.0, 100, 1e-12), &at(&times)).0;
    for (a, b) in exact.iter().zip(&nearly) {
        // The tilt enters as rho times an amplification of at most 60, the rest is the rounding of some hundred Taylor steps.
        let band = 60.0 * 1e-12 + 1e3 * f64::EPSILON;
        for (x, y) in a.coefficients.iter().zip(&b.coefficients) {
            assert!((x - y).abs() <= band, "{a:?}\n{b:?}");
        }
        assert!((a.amplification / b.amplification - 1.0).abs() <= 60.0 * band);
    }
}

#[test]
fn a_random_signal_is_the_tilt_that_was_drawn() {
    for seed in 0..5 {
        let random = Setting { signal: Signal::Random, seed, ..spiked(8.0, 30) };
        let mut direction = [0.0; 30];
        Stream::Signal.of(seed).fill(0, &mut direction);
        let overlap = direction[29] / direction.iter().map(|x| x * x).sum::<f64>().sqrt();
        let (a, b) = (rows(&random, &at(&[0.3, 1.0])).0, rows(&tilted(8.0, 30, overlap), &at(&[0.3, 1.0])).0);
        for (a, b) in a.iter().zip(&b) {
            for (x, y) in a.coefficients.iter().zip(&b.coefficients) {
                assert!((x - y).abs() <= 1e3 * f64::EPSILON, "seed {seed}: {a:?}\n{b:?}");
            }
        }
    }
}

#[test]
fn a_width_of_at_least_the_dimension_is_the_manifold_bit_by_bit() {
    let plain = rows(&spiked(20.0, 10), &at(&[0.5, 5.0])).0;
    for width in [10, 11, 1000] {
        assert_eq!(rows(&Setting { width: Some(width), ..spiked(20.0, 10) }, &at(&[0.5, 5.0])).0, plain);
    }
    assert!(!Setting { width: Some(9), ..spiked(20.0, 10) }.is_on_manifold());
    assert!(!Setting { start: Start::Gaussian, ..spiked(20.0, 10) }.is_on_manifold());
    assert!(tilted(20.0, 10, 0.0).is_on_manifold() && !tilted(20.0, 10, 1e-300).is_on_manifold());
}

#[test]
fn the_tilted_flow_ends_where_the_signal_is() {
    // The optimum: signal 1, spike |rho|, bulk 0; contraction is algebraic, 3/(4 (d + 1) t) for the bulk's square at rho = 0.
    for (overlap, dimension) in [(0.6, 1_u64 << 53), (-0.6, 20), (1.0, 20), (-1.0, 20)] {
        let setting = Setting { init: 0.1 / (dimension as f64).sqrt(), ..tilted(5.0, dimension, overlap) };
        let last = rows(&setting, &at(&[2e3])).0.remove(0);
        let [signal, spike, bulk] = last.coefficients[..] else { panic!() };
        let noise = 1.0 / (dimension as f64 * 2e3).sqrt();
        assert!((signal - 1.0).abs() <= 1e-3 && (spike - overlap.abs()).abs() <= 1e-3 && bulk <= noise, "{last:?}");
    }
}

#[test]
fn at_overlap_one_the_spike_is_the_signal() {
    let (rows, _) = rows(&tilted(20.0, 100, 1.0), &at(&[0.0, 0.001, 0.01, 1.0]));
    for row in &rows {
        assert_eq!(row.coefficients[0], row.coefficients[1]);
        assert_eq!(row.amplification, 1.0);
    }
    let measured = measure(&tilted(20.0, 100, 1.0), Observable::Amplification, None);
    assert_eq!((measured.value, measured.status), (Some(1.0), Status::Ok));
}

#[test]
fn events_of_a_tilted_flow_are_those_of_its_rows() {
    let setting = tilted(20.0, 100, 0.3);
    let (rows, outcome) = rows(&setting, &at(&dense_times()));
    let spike = |i: usize| rows[i].coefficients[1];
    let peak = (1..rows.len() - 1).find(|&i| spike(i) > spike(i - 1) && spike(i) >= spike(i + 1)).unwrap();
    let maximum = outcome.events.iter().find(|e| e.kind == EventKind::Maximum && e.coefficient == 1).unwrap();
    assert!((maximum.time - rows[peak].time).abs() <= 1.0 / 2000.0, "{maximum:?} against {:?}", rows[peak]);
    let escape = outcome.events.iter().find(|e| e.kind == EventKind::Escape).unwrap();
    let first = rows.iter().find(|row| row.coefficients[0] >= 0.5).unwrap();
    assert!(first.time >= escape.time && first.time - escape.time <= 1.0 / 2000.0);
    // The running maximum is that of the continuous ratio: no row exceeds it, and the nearest ones come close.
    let sampled = rows.iter().map(|row| row.coefficients[1] / row.coefficients[0]).fold(0.0, f64::max);
    let largest = rows.last().unwrap().amplification;
    assert!((0.0..=1e-5).contains(&(largest / sampled - 1.0)), "{largest} against {sampled}");
}

#[test]
fn conditions_are_met_to_the_last_bits_off_the_manifold() {
    let setting = Setting { width: Some(3), ..spiked(5.0, 20) };
    let meet = |quantity, at_least, level: f64| {
        let plan = Plan { rows: vec![], until: Some(Condition { quantity, at_least, level }), horizon: None };
        let (_, outcome) = rows(&setting, &plan);
        assert!(matches!(outcome.stop, Stop::Condition { .. }), "{}", outcome.stop);
        outcome
    };
    let relative = |found: f64, level: f64| (found / level - 1.0).abs();
    // A time is known to an ulp of it, and nothing here changes by more than 2 mu^2 = 72 times itself in a unit of time.
    let band = 128.0 * 72.0 * f64::EPSILON;
    assert!(relative(meet(Quantity::Coefficient(0), true, 0.5).coefficients[0], 0.5) <= band);
    assert!(relative(meet(Quantity::Alignment, true, 0.9).alignment.unwrap(), 0.9) <= band);
    assert!(relative(meet(Quantity::Risk, false, 1e-3).risk, 1e-3) <= band);
}

#[test]
fn a_settled_amplification_is_that_of_a_longer_run() {
    let settings = [
        tilted(20.0, 100, 0.3),
        tilted(1.0, 100, 0.7),
        tilted(20.0, 100, 0.9),
        Setting { width: Some(2), ..spiked(12.0, 50) },
        Setting { start: Start::Gaussian, seed: 3, ..spiked(12.0, 8) },
        Setting { signal: Signal::Random, seed: 1, ..spiked(12.0, 50) },
        Setting { signal: Signal::Random, step_size: Some(1e-3), method: Method::Spectral, ..spiked(12.0, 50) },
    ];
    for setting in settings {
        let settled = measure(&setting, Observable::Amplification, None);
        assert_eq!(settled.status, Status::Ok, "{setting:?}");
        assert_eq!(settled.value, measure(&setting, Observable::Amplification, Some(20.0)).value, "{setting:?}");
    }
}

#[test]
fn the_loss_scale_is_a_change_of_clock_off_the_manifold_too() {
    let quarter = tilted(5.0, 20, 0.4);
    let one = Setting { loss_scale: LossScale::One, ..quarter.clone() };
    let (a, b) = (rows(&quarter, &at(&[2.0])).0, rows(&one, &at(&[0.5])).0);
    assert_eq!(a[0].coefficients, b[0].coefficients);
    assert_eq!(4.0 * a[0].risk, b[0].risk);
}

/// Settings with a signal of unit energy whose length is not 1, and the risk beside that signal as it is.
fn unit_energy() -> Vec<(Setting, DenseRisk)> {
    let power_law = |exponent, dimension| {
        Setting::new(Covariance::PowerLaw { exponent, dimension, signal: 1 }, 0.7, Method::GradientDescent)
    };
    let settings = [
        Setting { width: Some(1), start: Start::Sphere, ..power_law(1.5, 12) },
        Setting { width: Some(3), start: Start::Gaussian, loss_scale: LossScale::One, ..power_law(1.0, 9) },
        power_law(0.5, 6),
        Setting { width: Some(2), init: 0.1, loss_scale: LossScale::One, ..spiked(40.0, 7) },
    ];
    let with_risk = |(seed, setting): (u64, Setting)| {
        let setting = Setting { signal: Signal::UnitEnergy, seed, ..setting };
        let one = Setting { width: Some(1), ..setting.clone() }.vector_problem().unwrap();
        let covariance = CovarianceMatrix::diagonal(one.variance().to_vec()).unwrap();
        let risk = DenseRisk::new(covariance, DVector::from_column_slice(one.signal())).unwrap();
        let (energy, length) = (risk.signal_energy(), risk.signal().norm());
        assert!((energy - 1.0).abs() < 1e-14 && (length - 1.0).abs() > 0.1, "{energy} {length}, {setting:?}");
        (setting, risk)
    };
    (5..).zip(settings).map(with_risk).collect()
}

/// `derivations/model.md`, signal-length: coefficients are in units of the signal's length, times and risk are not.
#[test]
fn a_signal_of_unit_energy_is_the_full_matrix_beside_it() {
    let scale = |setting: &Setting| if setting.loss_scale == LossScale::One { 4.0_f64 } else { 1.0 };
    let compare = |row: &Row, weights: &nalgebra::DMatrix<f64>, setting: &Setting, risk: &DenseRisk| {
        let length = risk.signal().norm();
        let along = (weights.transpose() * risk.signal()).norm() / length;
        let mut pairs = vec![
            (row.coefficients[0], along / length),
            (row.alignment.unwrap(), (along / weights.norm()).powi(2)),
            (row.risk, scale(setting) * risk.population_risk(weights)),
        ];
        if matches!(setting.covariance, Covariance::PowerLaw { .. }) {
            pairs.extend(row.coefficients[1..].iter().zip(weights.row_iter()).map(|(w, r)| (*w, r.norm() / length)));
        }
        for (found, expected) in pairs {
            assert!((found - expected).abs() < 1e-11 * (1.0 + expected), "{found} {expected}, {row:?} of {setting:?}");
        }
    };
    for (setting, risk) in unit_energy() {
        let (d, m) = (setting.covariance.dimension(), setting.width.unwrap_or(setting.covariance.dimension()));
        let start = setting.start.draw(d as usize, m as usize, setting.init, setting.seed).unwrap();
        for p in [0.0, 0.5, 1.0] {
            let (method, eta) = (Method::power(p).unwrap(), 0.02);
            let setting = Setting { method: method.clone(), step_size: Some(eta), ..setting.clone() };
            let mut full = Recursion::new(&risk, method, eta * scale(&setting).powf(p), start.clone()).unwrap();
            let plan = Plan { rows: vec![0.0, 1.0, 10.0, 40.0], until: None, horizon: Some(40.0 * eta) };
            for row in rows(&setting, &plan).0 {
                while full.steps() < row.step.unwrap() {
                    full.step().unwrap();
                }
                compare(&row, full.weights(), &setting, &risk);
            }
        }
        let block = BlockRisk::dense(risk.clone());
        let mut full = MatrixFlow::new(&block, BlockWeights::dense(start)).unwrap();
        for row in rows(&setting, &at(&[0.0, 0.1, 0.5, 3.0])).0 {
            compare(&row, &full.weights_at(row.time * scale(&setting)).unwrap().block, &setting, &risk);
        }
    }
    // At width one SpecGD and powers have flows too, and cells of a diagram their times.
    let (setting, _) = unit_energy().swap_remove(0);
    for p in [0.0, 0.5, 1.0] {
        let setting = Setting { method: Method::power(p).unwrap(), ..setting.clone() };
        let escape = measure(&setting, Observable::EscapeTime, None).value.unwrap();
        let problem = setting.vector_problem().unwrap();
        let weights = VectorPath::solve_by(&problem, &setting.method, escape).unwrap().weights(escape);
        let square: f64 = problem.signal().iter().map(|x| x * x).sum();
        let along: f64 = problem.signal().iter().zip(&weights).map(|(x, w)| x * w).sum();
        assert!((along.abs() / square - ESCAPE_LEVEL).abs() < 1e-11, "p = {p}: {along} {square}");
    }
}

#[test]
fn above_width_one_only_gd_has_a_flow_off_the_manifold_and_the_others_say_what_to_do() {
    for method in [Method::Spectral, Method::power(0.5).unwrap()] {
        for setting in [
            tilted(20.0, 100, 0.3),
            Setting { width: Some(2), ..spiked(20.0, 100) },
            Setting { start: Start::Gaussian, ..spiked(20.0, 100) },
            Setting { signal: Signal::Random, ..spiked(20.0, 100) },
        ] {
            let setting = Setting { method: method.clone(), ..setting };
            let error = run(&setting, &at(&[1.0]), |_| ()).unwrap_err();
            assert_eq!(error.parameter, "step-size");
            assert!(matches!(measure(&setting, Observable::EscapeTime, None).status, Status::Domain(_)));
            let recursion = Setting { step_size: Some(0.25), ..setting };
            assert_eq!(run(&recursion, &at(&[1.0]), |_| ()).unwrap().stop, Stop::Horizon);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_gd_recursion_approaches_the_tilted_flow_at_rate_eta(
        strength in 0.0..8.0_f64, overlap in -1.0..=1.0_f64, dimension in 3_u64..100_000,
    ) {
        let flow = Setting { init: 0.3 / (dimension as f64).sqrt(), ..tilted(strength, dimension, overlap) };
        let exact = rows(&flow, &at(&[1.0])).0.remove(0).coefficients;
        let error = |steps: u64| {
            let eta = 1.0 / steps as f64;
            let recursion = Setting { step_size: Some(eta), ..flow.clone() };
            let plan = Plan { rows: vec![steps as f64], until: None, horizon: Some(1.0) };
            let found = rows(&recursion, &plan).0.remove(0).coefficients;
            found.iter().zip(&exact).map(|(a, b)| a - b).collect::<Vec<f64>>()
        };
        // Euler: eta e_1 + eta^2 e_2 + ...; one extrapolation leaves the second order, which a halving divides by 4.
        let errors: Vec<_> = [1 << 14, 1 << 15, 1 << 16].into_iter().map(error).collect();
        for j in 0..exact.len() {
            let (coarse, fine) = (2.0 * errors[1][j] - errors[0][j], 2.0 * errors[2][j] - errors[1][j]);
            // The roundings of 2^16 steps.
            let rounding = 3.0 * 65_536.0 * f64::EPSILON * (1.0 + strength);
            prop_assert!(fine.abs() <= coarse.abs() / 3.0 + rounding, "column {j}: {coarse:e}, then {fine:e}");
        }
    }
}
