//! Cells in lockstep are the plain recursion, bit for bit.

use proptest::prelude::*;
use specdyn::descent::Method;
use specdyn::experiment::{Covariance, Setting, Signal, measure, measure_all};
use specdyn::observe::Observable;
use specdyn::spectrum::Spectrum;
use specdyn::trajectory::{Cell, CellOutcome, Recursion, Stop, recursion_grid, recursions_until};
use specdyn::weights::equal_start;
use std::ops::ControlFlow;

const LEVEL: f64 = 0.7;

/// The same by the plain recursion, with a quotient a step.
fn alone(cell: &Cell, method: &Method, steps: u64) -> Result<CellOutcome, Stop<f64>> {
    let spectrum = Spectrum::spiked(cell.spike, cell.dimension).unwrap();
    let start = equal_start(&spectrum, &cell.init).unwrap();
    let mut recursion = Recursion::new(&spectrum, method.clone(), cell.step_size, start).unwrap();
    let (mut amplification, mut goal_step) = (1.0_f64, (cell.init >= LEVEL).then_some(0));
    let stop = recursion.run(steps, |now| {
        let [a, b, c] = [0, 1, 2].map(|j: usize| now.weights()[j].abs());
        amplification = amplification.max(b.max(c) / a);
        if a >= LEVEL && goal_step.is_none() {
            goal_step = Some(now.steps());
        }
        ControlFlow::Continue(())
    });
    let w = recursion.weights();
    match stop {
        Stop::Horizon | Stop::Rest { .. } => {
            Ok(CellOutcome { coefficients: [w[0], w[1], w[2]], amplification, goal_step })
        }
        stop => Err(stop),
    }
}

fn cells() -> impl Strategy<Value = Vec<Cell>> {
    let cell = (0.0..100.0_f64, 3_u64..10_000, -12.0..0.3_f64, -4.0..0.3_f64).prop_map(
        |(spike, dimension, init, step_size)| Cell {
            spike,
            dimension,
            init: libm::exp10(init),
            step_size: libm::exp10(step_size),
        },
    );
    prop::collection::vec(cell, 1..40)
}

fn same(grid: &Result<CellOutcome, Stop<f64>>, alone: &Result<CellOutcome, Stop<f64>>) -> bool {
    match (grid, alone) {
        (Ok(grid), Ok(alone)) => {
            // Amplification: squares and their cross products round four times more often than the quotient.
            let ratio = grid.amplification / alone.amplification;
            let same_amplification =
                grid.amplification == alone.amplification || (ratio - 1.0).abs() <= 4.0 * f64::EPSILON;
            let bits = |w: &[f64; 3]| w.map(f64::to_bits);
            bits(&grid.coefficients) == bits(&alone.coefficients)
                && grid.goal_step == alone.goal_step
                && same_amplification
        }
        (Err(grid), Err(alone)) => grid == alone,
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn lockstep_is_the_plain_recursion_bit_for_bit(
        cells in cells(), steps in 0_u64..700,
        method in prop_oneof![Just(Method::GradientDescent), Just(Method::Spectral), Just(Method::Power(0.5))],
    ) {
        let grid = recursion_grid(&cells, &method, steps, LEVEL).unwrap();
        prop_assert_eq!(grid.len(), cells.len());
        for (cell, outcome) in cells.iter().zip(&grid) {
            let expected = alone(cell, &method, steps);
            prop_assert!(same(outcome, &expected), "{cell:?}: {outcome:?} against {expected:?}");
        }
    }
}

#[test]
fn coefficients_that_meet_zero_stay_there() {
    // init a multiple of the step size, both powers of two: SpecGD's coefficients reach 0 exactly.
    let cell = Cell { spike: 20.0, dimension: 100, init: 2.0_f64.powi(-6), step_size: 2.0_f64.powi(-8) };
    let outcome = recursion_grid(&[cell], &Method::Spectral, 2000, LEVEL).unwrap().remove(0);
    assert!(same(&outcome, &alone(&cell, &Method::Spectral, 2000)));
}

#[test]
fn starts_whose_squares_underflow_are_run_by_themselves() {
    for init in [1e-300, 1e-100, 1e-71, 1e-69] {
        let cell = Cell { spike: 20.0, dimension: 100, init, step_size: 1e-2 };
        let outcome = recursion_grid(&[cell; 17], &Method::GradientDescent, 500, LEVEL).unwrap().remove(16);
        assert!(same(&outcome, &alone(&cell, &Method::GradientDescent, 500)), "{init:e}");
    }
}

#[test]
fn a_diverging_cell_says_so_and_leaves_its_neighbours_alone() {
    let good = Cell { spike: 20.0, dimension: 100, init: 1e-3, step_size: 1e-2 };
    let bad = Cell { step_size: 2.0, ..good };
    let grid = recursion_grid(&[good, bad, good], &Method::GradientDescent, 1000, LEVEL).unwrap();
    assert!(matches!(&grid[1], Err(Stop::Diverged { time, .. }) if time.is_finite()), "{:?}", grid[1]);
    assert!(grid[0].is_ok() && grid[0] == grid[2]);
}

#[test]
fn gd_amplifies_the_spike_and_specgd_does_not() {
    let cell = Cell { spike: 20.0, dimension: 100, init: 1e-3, step_size: 1e-3 };
    let amplification =
        |method| recursion_grid(&[cell], &method, 20_000, LEVEL).unwrap()[0].as_ref().unwrap().amplification;
    // (1/alpha)^(1 - 3/mu) = 1e3^(6/7) = 373 up to a factor O(1).
    assert!(amplification(Method::GradientDescent) > 37.0);
    assert!(amplification(Method::Spectral) <= 1.0 + f64::EPSILON);
}

#[test]
fn a_cell_outside_its_domain_is_named() {
    let good = Cell { spike: 20.0, dimension: 100, init: 1e-3, step_size: 1e-3 };
    for (cell, parameter) in [
        (Cell { spike: -1.0, ..good }, "spike"),
        (Cell { dimension: 2, ..good }, "dim"),
        (Cell { init: 0.0, ..good }, "init"),
        (Cell { step_size: f64::NAN, ..good }, "step-size"),
    ] {
        assert_eq!(recursion_grid(&[good, cell], &Method::Spectral, 1, LEVEL).unwrap_err().parameter, parameter);
    }
    assert!(recursion_grid(&[], &Method::Spectral, 1, LEVEL).unwrap().is_empty());
}

/// The amplification of `setting`'s recursion when no ratio rises any more after the escape, by the plain recursion, and whether it got there.
fn settled_alone(setting: &Setting<f64>, cell: &Cell, steps: u64) -> Option<f64> {
    let spectrum = setting.spectrum().unwrap();
    let start = equal_start(&spectrum, &cell.init).unwrap();
    let mut recursion = Recursion::new(&spectrum, setting.method.clone(), cell.step_size, start).unwrap();
    let (mu, n) = (cell.spike + 1.0, cell.dimension as f64 - 2.0);
    let mut amplification = 1.0_f64;
    loop {
        let [a, b, c] = [0, 1, 2].map(|j: usize| recursion.weights()[j]);
        amplification = amplification.max(b.abs().max(c.abs()) / a.abs());
        let tau = (a - 1.0) * (a + 1.0) + mu * (b * b) + n * (c * c);
        let [signal, spike, bulk] =
            [2.0 * ((a - 1.0) * (a + 1.0)) + tau, mu * (2.0 * mu * (b * b) + tau), 2.0 * (c * c) + tau];
        // the rate of log(w_j/a) is signal - spike, or signal - bulk
        if a * a >= 0.9 && signal <= spike && signal <= bulk {
            return Some(amplification);
        }
        if recursion.steps() == steps || !recursion.step().unwrap() {
            return None;
        }
    }
}

#[test]
fn amplifications_of_a_grid_are_those_of_each_cell_alone_and_of_the_plain_recursion() {
    let mut settings = Vec::new();
    for (i, method) in
        [Method::GradientDescent, Method::Spectral, Method::Power(0.5)].iter().cycle().take(75).enumerate()
    {
        let covariance = Covariance::Spiked { strength: (i % 17) as f64, dimension: 10 + 7 * i as u64 };
        let mut setting = Setting::new(covariance, 0.01 + 1e-3 * i as f64, method.clone());
        setting.step_size = Some(if i == 30 { -1.0 } else { 2e-3 + 1e-5 * i as f64 });
        settings.push(setting);
    }
    for time in [None, Some(0.9)] {
        let together: Vec<_> = measure_all(&settings, Observable::Amplification, time).collect();
        assert_eq!(together.len(), settings.len());
        for (i, (setting, together)) in settings.iter().zip(&together).enumerate() {
            assert_eq!(measure(setting, Observable::Amplification, time), *together, "cell {i}");
            assert_eq!(together.value.is_some(), i != 30, "cell {i}: {}", together.status);
            let Covariance::Spiked { strength: spike, dimension } = setting.covariance else { unreachable!() };
            let step_size = setting.step_size.unwrap();
            let cell = Cell { spike, dimension, init: setting.init, step_size };
            if let (Some(value), None) = (together.value, time) {
                let plain = settled_alone(setting, &cell, 1_000_000).unwrap();
                assert!((value / plain - 1.0).abs() <= 4.0 * f64::EPSILON, "cell {i}: {value} against {plain}");
            }
            if let (Some(value), Some(time)) = (together.value, time) {
                let plain = alone(&cell, &setting.method, (time / step_size).round() as u64).unwrap().amplification;
                assert!((value / plain - 1.0).abs() <= 4.0 * f64::EPSILON, "cell {i}: {value} against {plain}");
            }
        }
    }
}

/// In the midst of a divergence a signal passes 1 and ratios fall for a step; that settles nothing.
#[test]
fn what_diverges_later_is_never_settled_before() {
    let mut settings = Vec::new();
    for overlap in [0.0, 0.2] {
        for method in [Method::GradientDescent, Method::Power(0.8), Method::Spectral] {
            for (i, j) in (0..9).flat_map(|i| (0..9).map(move |j| (i, j))) {
                let strength = 10.0 + 48.0 * f64::from(i);
                let mut setting = Setting::new(Covariance::Spiked { strength, dimension: 100 }, 1e-3, method.clone());
                setting.step_size = Some(2e-3 * libm::exp2(f64::from(j)));
                setting.signal = Signal::Overlap(overlap);
                settings.push(setting);
            }
        }
    }
    // the cell in which this was seen
    let mut seen = Setting::new(Covariance::Spiked { strength: 200.0, dimension: 100 }, 1e-3, Method::GradientDescent);
    seen.step_size = Some(0.015848931924611138);
    settings.push(seen);
    let settled: Vec<_> = measure_all(&settings, Observable::Amplification, None).collect();
    let later: Vec<_> = measure_all(&settings, Observable::Amplification, Some(20.0)).collect();
    let (mut ok, mut diverged) = (0, 0);
    for ((setting, settled), later) in settings.iter().zip(&settled).zip(&later) {
        ok += u32::from(settled.value.is_some());
        diverged += u32::from(later.value.is_none());
        assert!(settled.value.is_none() || settled.value == later.value, "{setting:?}: {settled:?}, later {later:?}");
    }
    assert!(ok > 100 && diverged > 30, "{ok} settled, {diverged} diverged");
    assert_eq!(settled.last().unwrap().value, None);
}

#[test]
fn a_goal_that_is_not_reached_is_not_reported() {
    let cells = [(Cell { spike: 20.0, dimension: 100, init: 1e-3, step_size: 1e-3 }, 100); 20];
    let never = recursions_until(&cells, &Method::GradientDescent, 0.5, &|_, w| w[0] >= 0.5);
    assert!(never.iter().all(|outcome| outcome.is_some_and(|outcome| outcome.goal_step.is_none())));
}
