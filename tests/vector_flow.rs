//! The flow of one vector against what has nothing in common with it: a high-precision integration, the flow of matrices, and itself.

use specdyn::descent::Method;
use specdyn::experiment::{Covariance, Plan, Setting, Signal, run};
use specdyn::trajectory::{VectorPath, VectorProblem};
use specdyn::weights::Start;

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
    for (exponent, dimension, seed) in [(0.5, 10, 1), (1.0, 25, 2), (2.0, 40, 3), (1.5, 60, 4)] {
        let setting = setting(exponent, dimension, seed);
        let model = setting.written_out().unwrap();
        let variance = model.groups.iter().map(|group| group.variance).collect();
        let start = Start::Sphere.draw(dimension as usize, 1, 0.3, seed).unwrap();
        let problem = VectorProblem::new(variance, model.signal, start.as_slice().to_vec()).unwrap();
        let times = vec![0.0, 3.0, 30.0, 300.0];
        let path = VectorPath::solve(&problem, 300.0).unwrap();
        let plan = Plan { rows: times, until: None, horizon: Some(300.0) };
        let mut rows = 0;
        run(&setting, &plan, |row| {
            let weights = path.weights(row.time);
            for (w, dense) in weights.iter().zip(&row.coefficients[1..]) {
                assert!((w.abs() - dense).abs() < 1e-11, "{exponent} {seed} at {}: {w} {dense}", row.time);
            }
            rows += 1;
        })
        .unwrap();
        assert_eq!(rows, 4);
    }
}

#[test]
fn other_tolerances_change_nothing_to_a_horizon_of_ten_million() {
    for (exponent, dimension, horizon) in [(1.5, 300, 1e5), (2.0, 1000, 1e7)] {
        let problem = VectorProblem::companion(exponent, dimension, 7).unwrap();
        let [loose, path, tight] =
            [1e-10, 1e-13, 1e-15].map(|tolerance| VectorPath::solve_to(&problem, horizon, tolerance).unwrap());
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
