//! The flow of one vector against what has nothing in common with it: a high-precision integration, the flow of matrices, and itself.

use nalgebra::{DMatrix, DVector};
use specdyn::descent::Method;
use specdyn::experiment::{Covariance, LossScale, Outcome, Plan, Setting, Signal, VectorRun, measure, run};
use specdyn::observe::vector::{Course, Phases, Statistic, convergence_time, saturation_time};
use specdyn::observe::{Condition, Observable, Quantity};
use specdyn::risk::{BlockRisk, DenseRisk};
use specdyn::spectrum::CovarianceMatrix;
use specdyn::trajectory::{EventKind, MatrixFlow, Profile, Stop, VectorPath, VectorProblem, VectorRecursion};
use specdyn::weights::{BlockWeights, Start};

/// `scripts/reference_vector_flow.py` wrote it.
const REFERENCE: &str = include_str!("data/vector_flow.csv");

#[test]
fn weights_and_their_deviations_are_those_of_a_high_precision_integration() {
    let mut path: Option<(Vec<&str>, VectorPath)> = None;
    let (mut rows, mut worst) = (0, 0.0_f64);
    for line in REFERENCE.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let number = |k: usize| fields[k].parse::<f64>().unwrap();
        if path.as_ref().is_none_or(|(key, _)| *key != fields[..3]) {
            let (a, d, scale) = (number(0), number(1) as i64, number(2));
            let variance = (1..=d).map(|i| 1.0 / (i as f64).powf(a)).collect();
            let signal = (1..=d).map(|i| ((i * 37) % 19 - 9) as f64 / 8.0).collect();
            let start = (1..=d).map(|i| ((i * 53) % 23 - 11) as f64 / scale).collect();
            let problem = VectorProblem::new(variance, signal, start).unwrap();
            path = Some((fields[..3].to_vec(), VectorPath::solve(&problem, 500.0).unwrap()));
        }
        let (time, direction) = (number(3), number(4) as usize - 1);
        let path = &path.as_ref().unwrap().1;
        let weight = path.weights(time)[direction];
        let mut miss = ((weight - number(5)) / number(5)).abs();
        // On its way to one of the optima: relative to the largest deviation, as single ones pass through zero.
        if path.scalars(time).overlap_gap < 0.5 * path.signal_energy() {
            let deviations = path.deviations(time);
            let largest = deviations.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
            miss = miss.max((deviations[direction] - number(6)).abs() / largest);
        }
        worst = worst.max(miss);
        assert!(miss < 1e-13, "{line}: {weight}");
        rows += 1;
    }
    println!("{rows} rows, worst {worst:e}");
    assert!(rows > 100);
}

/// Width one through the flow of matrices.
fn setting(exponent: f64, dimension: u64, seed: u64) -> Setting {
    Setting {
        signal: Signal::Random,
        width: Some(1),
        start: Start::Sphere,
        seed,
        ..Setting::new(Covariance::PowerLaw { exponent, dimension, signal: 1 }, 0.3, Method::GradientDescent)
    }
}

#[test]
fn it_is_the_flow_of_matrices_at_width_one() {
    for (exponent, dimension, seed) in
        [(0.5, 10, 1), (1.0, 25, 2), (2.0, 40, 3), (1.5, 60, 4), (1.0, 2, 5), (0.0, 3, 6), (3.0, 2, 7), (1.0, 1, 8)]
    {
        let problem = setting(exponent, dimension, seed).vector_problem().unwrap();
        let covariance = CovarianceMatrix::diagonal(problem.variance().to_vec()).unwrap();
        let risk = DenseRisk::new(covariance, DVector::from_column_slice(problem.signal())).unwrap();
        let risk = BlockRisk::dense(risk);
        let start = DMatrix::from_column_slice(dimension as usize, 1, problem.start());
        let mut matrices = MatrixFlow::new(&risk, BlockWeights::dense(start)).unwrap();
        let path = VectorPath::solve(&problem, 300.0).unwrap();
        for time in [0.0, 0.3, 3.0, 30.0, 300.0] {
            let dense = matrices.weights_at(time).unwrap();
            for (w, dense) in path.weights(time).iter().zip(dense.block.iter()) {
                assert!((w - dense).abs() < 1e-11, "{exponent} {seed} at {time}: {w} {dense}");
            }
        }
    }
}

/// A run of width one without `--statistics`: rows, conditions and events of every method come from the same path.
#[test]
fn a_run_of_width_one_is_the_path_of_the_vector_for_every_method() {
    for method in [Method::GradientDescent, Method::Power(0.5), Method::Spectral] {
        let setting = Setting { method: method.clone(), ..setting(1.5, 12, 3) };
        let problem = setting.vector_problem().unwrap();
        let path = VectorPath::solve_by(&problem, &method, 40.0).unwrap();
        let plan = Plan { rows: vec![0.0, 0.5, 1.0, 3.0, 10.0, 40.0], until: None, horizon: Some(40.0) };
        let mut rows = Vec::new();
        let outcome = run(&setting, &plan, |row| rows.push(row)).unwrap();
        assert!(matches!(outcome.stop, Stop::Horizon | Stop::Optimum { .. }) && rows.len() == 6, "{:?}", outcome.stop);
        for row in &rows {
            let weights = path.weights(row.time);
            let signal: f64 = weights.iter().zip(problem.signal()).map(|(w, v)| w * v).sum();
            let energy: f64 = weights.iter().map(|w| w * w).sum();
            assert!((row.coefficients[0] - signal.abs()).abs() < 1e-13);
            for (w, column) in weights.iter().zip(&row.coefficients[1..]) {
                assert!((w.abs() - column).abs() < 1e-13, "{method:?} at {}: {w} {column}", row.time);
            }
            assert!((row.alignment.unwrap() - signal * signal / energy).abs() < 1e-13);
            assert!((row.risk - path.profile(row.time).risk()).abs() <= 1e-15);
        }
        // Against steps: the time of escape, and the largest amplification on the way.
        let level = Condition { quantity: Quantity::Coefficient(0), at_least: true, level: 0.5 };
        let until = Plan { rows: Vec::new(), until: Some(level), horizon: Some(1e4) };
        let escape = run(&setting, &until, |_| ()).unwrap();
        let escaped = |outcome: &Outcome| outcome.events.iter().any(|event| event.kind == EventKind::Escape);
        assert!(matches!(escape.stop, Stop::Condition { .. }) && escaped(&escape), "{method:?} {:?}", escape.stop);
        assert!((escape.coefficients[0] - 0.5).abs() < 1e-11, "{:?}", escape.coefficients);
        let steps = Setting { step_size: Some(escape.end / 2e4), ..setting.clone() };
        let recursion = run(&steps, &until, |_| ()).unwrap();
        assert!((recursion.end / escape.end - 1.0).abs() < 1e-2, "{} {}", recursion.end, escape.end);
        let largest = |setting: &Setting| measure(setting, Observable::Amplification, Some(escape.end)).value.unwrap();
        let (flow, steps) = (largest(&setting), largest(&steps));
        // Where the signal passes zero between two steps the flow's is larger, without bound.
        assert!(flow > 0.99 * steps, "{method:?} {flow} {steps}");
    }
}

#[test]
fn specgd_at_width_one_ends_by_itself_at_the_optimum() {
    let setting = Setting { method: Method::Spectral, ..setting(1.5, 12, 3) };
    let outcome = run(&setting, &Plan { rows: Vec::new(), until: None, horizon: None }, |_| ()).unwrap();
    assert!(matches!(outcome.stop, Stop::Optimum { .. }), "{:?}", outcome.stop);
    assert!(outcome.events.iter().any(|event| event.kind == EventKind::Optimum));
    assert!(outcome.risk == 0.0 && (outcome.alignment.unwrap() - 1.0).abs() < 1e-15, "{outcome:?}");
    // Its length is no shorter than the straight way.
    let problem = setting.vector_problem().unwrap();
    let way =
        |side: f64| problem.start().iter().zip(problem.signal()).map(|(w, v)| (w - side * v).powi(2)).sum::<f64>();
    let straight = way(1.0).min(way(-1.0)).sqrt();
    assert!(straight < outcome.end && outcome.end < 3.0 * straight, "{straight} {}", outcome.end);
}

/// The spike is small to the power of its variance at the end, and so changes by all of itself within the last digits of the time.
#[test]
fn methods_that_arrive_go_to_the_end_beside_a_strong_spike() {
    for (power, seed) in [(0.0, 7), (0.0, 8), (0.0, 9), (0.25, 7), (0.5, 7), (0.5, 8), (0.75, 7)] {
        let covariance = Covariance::Spiked { strength: 20.0, dimension: 100 };
        let method = Method::power(power).unwrap();
        let setting = Setting { width: Some(1), seed, ..Setting::new(covariance, 1e-3, method) };
        let outcome = run(&setting, &Plan { rows: Vec::new(), until: None, horizon: Some(1e4) }, |_| ()).unwrap();
        assert!(matches!(outcome.stop, Stop::Optimum { .. }), "p = {power}, seed {seed}: {:?}", outcome.stop);
        assert!(outcome.risk == 0.0, "p = {power}, seed {seed}: {outcome:?}");
    }
}

#[test]
fn other_tolerances_change_nothing_to_a_horizon_of_ten_million() {
    for (exponent, dimension, horizon) in [(1.5, 300, 1e5), (2.0, 1000, 1e7)] {
        let problem = VectorProblem::companion(exponent, dimension, 7).unwrap();
        let [loose, path, tight] = [1e-10, 1e-13, 1e-15]
            .map(|tolerance| VectorPath::solve_to(&problem, &Method::GradientDescent, horizon, tolerance).unwrap());
        println!("{} {} {} stretches", loose.stretches(), path.stretches(), tight.stretches());
        let mut t = 0.01;
        while t < horizon {
            let of = |path: &VectorPath| path.deviations(t);
            let (a, b, c) = (of(&loose), of(&path), of(&tight));
            let largest = c.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
            for i in 0..a.len() {
                assert!((b[i] - c[i]).abs() <= 1e-13 * largest, "{exponent} {t} {i}: {} {}", b[i], c[i]);
                assert!((a[i] - c[i]).abs() <= 1e-10 * largest, "{exponent} {t} {i}: {} {}", a[i], c[i]);
            }
            let (b, c) = (path.scalars(t), tight.scalars(t));
            assert!((b.overlap_gap - c.overlap_gap).abs() <= 1e-13 * c.overlap_gap.abs(), "{t}: {b:?} {c:?}");
            t *= 2.9;
        }
    }
}

#[test]
fn its_recursion_is_that_of_a_matrix_of_one_column() {
    for (method, eta) in [(Method::GradientDescent, 0.1), (Method::Spectral, 0.01), (Method::Power(0.5), 0.05)] {
        for (exponent, dimension, seed) in [(0.5, 10, 1), (2.0, 40, 3)] {
            let setting =
                Setting { method: method.clone(), step_size: Some(eta), ..setting(exponent, dimension, seed) };
            let problem = setting.vector_problem().unwrap();
            let mut recursion = VectorRecursion::new(&problem, &method, eta).unwrap();
            // SpecGD's steps turn about the optimum soon after, and multiply roundings there.
            let plan = Plan { rows: vec![0.0, 1.0, 20.0, 40.0], until: None, horizon: Some(40.0 * eta) };
            let mut rows = 0;
            run(&setting, &plan, |row| {
                while recursion.steps() < row.step.unwrap() {
                    recursion.step().unwrap();
                }
                for (w, dense) in recursion.weights().iter().zip(&row.coefficients[1..]) {
                    assert!((w.abs() - dense).abs() < 1e-13, "{method:?} {exponent} at {}: {w} {dense}", row.time);
                }
                let risk = Statistic::Risk.of(&recursion.profile());
                assert!((risk - row.risk).abs() < 1e-13, "{risk} {}", row.risk);
                rows += 1;
            })
            .unwrap();
            assert_eq!(rows, 4);
        }
    }
}

#[test]
fn recursions_of_every_method_tend_to_its_flow_at_first_order() {
    let problem = VectorProblem::companion(1.5, 60, 9).unwrap();
    for method in [Method::GradientDescent, Method::Power(0.5), Method::Spectral] {
        // While u escapes, before SpecGD chatters about the optimum.
        let horizon = 3.0;
        let path = VectorPath::solve_by(&problem, &method, horizon).unwrap();
        let exact = path.weights(horizon);
        let miss = |steps: u64| {
            let mut recursion = VectorRecursion::new(&problem, &method, horizon / steps as f64).unwrap();
            (0..steps).for_each(|_| recursion.step().unwrap());
            recursion.weights().iter().zip(&exact).fold(0.0_f64, |m, (a, b)| m.max((a - b).abs()))
        };
        let (coarse, fine) = (miss(4000), miss(8000));
        let order = libm::log2(coarse / fine);
        assert!(fine < 1e-2 && (0.97..1.03).contains(&order), "{method:?}: {coarse} {fine}, order {order}");
    }
}

#[test]
fn statistics_of_a_path_are_those_of_its_weights() {
    let problem = VectorProblem::companion(1.5, 400, 2).unwrap();
    let path = VectorPath::solve(&problem, 1e5).unwrap();
    for t in [0.0, 1.0, 10.0, 30.0, 100.0, 1e4] {
        let (profile, plain) = (path.profile(t), Profile::of(&problem, &path.weights(t)));
        assert!(profile.variance.len() < 400);
        for name in ["s", "u", "s2", "u3", "mse", "risk"] {
            let statistic: Statistic = name.parse().unwrap();
            let (a, b) = (statistic.of(&profile), statistic.of(&plain));
            assert!((a - b).abs() <= 1e-12 * b.abs() + 1e-15, "{name} at {t}: {a} {b}");
        }
        let scalars = path.scalars(t);
        assert!((scalars.energy - Statistic::Energy(1).of(&profile)).abs() < 1e-13);
        assert!((scalars.overlap_gap - Statistic::Gap.of(&profile)).abs() < 1e-13);
    }
}

#[test]
fn phases_come_in_their_order_and_their_clock_is_the_integral() {
    let problem = VectorProblem::companion(2.0, 300, 4).unwrap();
    let path = VectorPath::solve(&problem, 1e4).unwrap();
    let saturation = saturation_time(&path).unwrap();
    let converged = convergence_time(&path, 0.05).unwrap();
    let at = path.scalars(converged);
    assert!(saturation < converged && (path.scalars(saturation).energy - 1.0 / 3.0).abs() < 1e-12);
    assert!((at.overlap_gap - 0.05).abs() < 1e-12 || (at.energy_excess + 0.05).abs() < 1e-12, "{at:?}");
    // Simpson's rule for the integral of 3 s - 1.
    let n = 4000;
    let h = (converged - saturation) / n as f64;
    let rate = |k: usize| 3.0 * path.scalars(saturation + h * k as f64).energy - 1.0;
    let sum: f64 = (0..=n).map(|k| rate(k) * [2.0, 4.0][k % 2]).sum::<f64>() - rate(0) - rate(n);
    let clock = Phases::new(&path, 0.05).at(Course::Lambda, converged).unwrap();
    assert!((clock / (sum * h / 3.0) - 1.0).abs() < 1e-8, "{clock} {}", sum * h / 3.0);
}

#[test]
fn the_scale_of_the_loss_is_a_clock() {
    for method in [Method::GradientDescent, Method::Power(0.25), Method::Spectral] {
        for step_size in [None, Some(0.01)] {
            let quarter = Setting {
                signal: Signal::UnitEnergy,
                init: 1.0,
                method: method.clone(),
                step_size,
                ..setting(1.5, 30, 5)
            };
            let rate = match method {
                Method::GradientDescent => 4.0,
                Method::Power(_) => libm::sqrt(2.0),
                Method::Spectral => 1.0,
            };
            let one =
                Setting { loss_scale: LossScale::One, step_size: step_size.map(|eta| eta / rate), ..quarter.clone() };
            let rows = |setting: &Setting, scale: f64| {
                let rows = if step_size.is_some() { [0.0, 50.0, 300.0] } else { [0.0, 0.5 / scale, 3.0 / scale] };
                let mut values = Vec::new();
                let run = VectorRun::new(setting, 3.0 / scale).unwrap();
                let statistics = [Statistic::Energy(1), Statistic::MeanSquaredError, Statistic::Risk];
                run.rows(&rows, &statistics, |_, _, row| values.push(row)).unwrap();
                values
            };
            for (a, b) in rows(&quarter, 1.0).iter().zip(rows(&one, rate)) {
                for (k, scale) in [1.0, 1.0, 4.0].into_iter().enumerate() {
                    assert!((scale * a[k] / b[k] - 1.0).abs() < 1e-12, "{method:?} {step_size:?} {k}: {a:?} {b:?}");
                }
            }
        }
    }
}

/// Equal variances l: `u^-2 = s*^-2 (1 + 3 k e^(-4 T) + (s*^2/u_0^2 - 1 - 3 k) e^(-6 T))`, `T = l s* t`, `k = s_0 s*/u_0^2 - 1`, solved in
/// `derivations/vector-flow.md`, `equal-variances`.
#[test]
fn equal_variances_have_a_closed_form_whatever_the_dimension() {
    for (dimension, variance) in [(1, 1.0), (1, 0.3), (2, 0.5), (3, 2.0), (50, 0.02)] {
        let coordinate = |i: usize, m: usize| ((i * m) % 19) as f64 / 8.0 - 1.1;
        let signal: Vec<f64> = (0..dimension).map(|i| coordinate(i, 37)).collect();
        let start: Vec<f64> = (0..dimension).map(|i| coordinate(i, 53) / 64.0 + 1e-3).collect();
        let form = |x: &[f64], y: &[f64]| variance * x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
        let (energy, u) = (form(&signal, &signal), form(&start, &signal));
        // The part of the start beside the signal, without cancellation.
        let beside: Vec<f64> = start.iter().zip(&signal).map(|(w, v)| w - u / energy * v).collect();
        let k = if dimension == 1 { 0.0 } else { form(&beside, &beside) * energy / (u * u) };
        let problem = VectorProblem::new(vec![variance; dimension], signal, start).unwrap();
        let path = VectorPath::solve(&problem, 1e9).unwrap();
        assert!(path.stretches() < 4000, "{}", path.stretches());
        for clock in [0.0, 0.1, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 80.0] {
            let t = clock / (variance * energy);
            // u^2 = s*^2/(1 + x)
            let x = 3.0 * k * libm::exp(-4.0 * clock)
                + (energy * energy / (u * u) - 1.0 - 3.0 * k) * libm::exp(-6.0 * clock);
            let root = libm::sqrt(1.0 + x);
            let (overlap, gap) = (energy / root, energy * x / (root * (root + 1.0)));
            let seen = path.scalars(t);
            assert!((seen.overlap.abs() - overlap).abs() < 1e-13 * energy, "{dimension} {clock}: {seen:?} {overlap}");
            // Roundings of t weigh as much as the exponents are large.
            let slack = 1e-13 * (1.0 + 6.0 * clock);
            assert!((seen.overlap_gap - gap).abs() <= slack * gap.abs(), "{dimension} {clock}: {seen:?} {gap:e}");
            let weights = path.weights(t);
            assert!((form(&weights, &weights) - seen.energy).abs() < 1e-13 * energy);
        }
        assert!(path.scalars(1e9).overlap_gap.abs() < 1e-270);
    }
}

#[test]
fn tiny_and_degenerate_problems_are_solved_by_every_method() {
    for (exponent, dimension) in [(1.0, 2), (50.0, 1), (50.0, 2), (50.0, 20), (0.0, 1), (0.0, 2), (1.0, 1), (0.5, 3)] {
        let problem = VectorProblem::companion(exponent, dimension, 7).unwrap();
        for method in [Method::GradientDescent, Method::Power(0.5), Method::Spectral] {
            let (path, stop) = VectorPath::follow(&problem, &method, 4e7);
            assert_eq!(stop, None, "{exponent} {dimension} {method:?}");
            let gap = path.scalars(4e7).overlap_gap.abs();
            assert!(
                gap < 1e-14 && path.stretches() < 4000,
                "{exponent} {dimension} {method:?}: {gap}, {} stretches",
                path.stretches()
            );
        }
    }
}

#[test]
fn a_flow_that_cannot_be_followed_is_kept_as_far_as_it_could() {
    // The start has no overlap with the signal: the flow goes to a saddle and stays.
    let problem = VectorProblem::new(vec![0.6, 0.4], vec![1.0, 0.0], vec![0.0, 1.0]).unwrap();
    let (path, stop) = VectorPath::follow(&problem, &Method::GradientDescent, 1e12);
    assert!(matches!(stop, Some(Stop::Budget { time, .. }) if time == path.end()), "{stop:?}");
    let at = path.scalars(path.end());
    assert!(at.overlap == 0.0 && (at.energy - 0.2).abs() < 1e-12, "{at:?}");
    assert!(VectorPath::solve(&problem, 1e12).is_err());
}

/// `early-growth` in `derivations/escape-and-tail.md`, on the paper's clock: from its constants, while s is below eps_0, `y = 4 s + 8 u^2` grows
/// at least at the rate kappa, and q stays above it.
#[test]
fn from_the_start_on_the_energy_grows_at_a_constant_rate() {
    for (seed, exponent, dimension) in
        (0..14).zip([1.2, 2.0, 4.0].into_iter().cycle()).map(|(k, a)| (k, a, 1 << (10 + k % 7)))
    {
        let problem = VectorProblem::companion(exponent, dimension, seed).unwrap();
        let path = VectorPath::solve(&problem, 400.0).unwrap();
        // (s, y, q): q y is |Mw|^2, M = 4 Q + 8 (Qw*)(Qw*)'.
        let at = |t: f64| {
            let profile = path.profile(4.0 * t);
            let (s, u) = (profile.energy.iter().sum::<f64>(), profile.overlap.iter().sum::<f64>());
            let (y, mut square) = (4.0 * s + 8.0 * u * u, 0.0);
            for n in 0..profile.variance.len() {
                let (energy, overlap, signal) = (profile.energy[n], profile.overlap[n], profile.signal[n]);
                square += profile.variance[n] * (16.0 * energy + 64.0 * u * overlap + 64.0 * u * u * signal);
            }
            (s, y, square / y)
        };
        let (start, largest) = (at(0.0), problem.variance()[0]);
        let kappa = start.2 / 2.0;
        let eps = kappa / (432.0 * largest * (2.0 + (8.0 * largest / kappa).sqrt()));
        let arrival = path.first_time(|at| at.energy - eps).unwrap() / 4.0;
        assert!(arrival <= (3.0 * eps / start.0).ln().max(0.0) / kappa, "{seed}: {arrival}");
        let times = (0..=50).map(|k| arrival * f64::from(k) / 50.0);
        let seen: Vec<(f64, f64, f64)> = times.map(at).collect();
        let growth = (kappa * arrival / 50.0).exp() * (1.0 - 1e-9);
        assert!(seen.windows(2).all(|pair| pair[1].1 >= growth * pair[0].1), "{seed}: {seen:?}");
        assert!(seen.iter().all(|(_, _, q)| *q >= kappa), "{seed}: {seen:?}");
        // Not vacuous: some begin far below.
        assert!(dimension < 1 << 14 || start.0 < eps, "{seed}: {} {eps}", start.0);
    }
}

/// At rest `3 s - s*` is 2 s*, for good.
#[test]
fn the_clock_of_the_tail_goes_on_at_rest() {
    let problem = VectorProblem::companion(2.0, 8, 1).unwrap();
    let path = VectorPath::solve(&problem, 1e6).unwrap();
    assert!(path.end().is_infinite(), "it has come to rest before {}", path.end());
    let ahead = |t: f64| path.relaxation(t) - 2.0 * path.signal_energy() * t;
    // the slowest direction has decayed to nothing before 4,000, and the path is at rest some time after
    let times: Vec<f64> = (16..=400).map(|k| 250.0 * f64::from(k)).collect();
    for t in &times {
        assert!((ahead(*t) / ahead(4000.0) - 1.0).abs() < 1e-9, "{t}: {} and {}", ahead(*t), ahead(4000.0));
    }
}
