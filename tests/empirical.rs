//! Empirical risk and gradient, against their definition.

use nalgebra::DMatrix;
use proptest::prelude::*;
use specdyn::descent::{Method, Optimizer};
use specdyn::experiment::{Covariance, LossScale, Setting, Signal};
use specdyn::product::{Element, Panels, Part, add_product, add_transposed_product};
use specdyn::risk::{EmpiricalGradient, Samples, Source};
use specdyn::scalar::NormalStream;
use specdyn::simulation::{Data, Simulation};
use specdyn::weights::Start;

fn normal_matrix(rows: usize, columns: usize, stream: u64) -> DMatrix<f64> {
    let mut numbers = vec![0.0; rows * columns];
    NormalStream { seed: 42, stream }.fill(0, &mut numbers);
    DMatrix::from_vec(rows, columns, numbers)
}

/// Sum of the absolute values of all products: what rounding is relative to.
fn magnitude(a: &DMatrix<f64>, b: &DMatrix<f64>) -> DMatrix<f64> {
    a.abs() * b.abs()
}

fn products_agree<T: Element>(rows: usize, inner: usize, columns: usize) {
    let (a, b) = (normal_matrix(rows, inner, 1), normal_matrix(inner, columns, 2));
    let (pa, pb) = (Panels::<T>::from_dense(&a), Panels::<T>::from_dense(&b));
    let (mut plain, mut transposed) = (Panels::zeros(rows, columns), Panels::zeros(rows, columns));
    add_product(&pa, &pb, Part::Full, &mut plain);
    add_transposed_product(&pa.transposed(), &pb, Part::Full, &mut transposed);
    assert_eq!(plain, transposed, "one chain of fused multiply-adds an entry, whichever way it is computed");
    let (exact, size) = (&a * &b, magnitude(&a, &b));
    for i in 0..rows {
        for j in 0..columns {
            // Two roundings of the operands and one a term, on either side.
            let bound = (inner + 4) as f64 * (T::EPSILON + f64::EPSILON) * size[(i, j)];
            let error = (plain.get(i, j).to_f64() - exact[(i, j)]).abs();
            assert!(error <= bound, "({i}, {j}) of {rows} x {inner} x {columns}: {error} > {bound}");
        }
    }
}

#[test]
fn an_entry_of_a_product_is_a_chain_of_fused_multiply_adds() {
    let (a, b) = (normal_matrix(30, 400, 1), normal_matrix(400, 29, 2));
    let (pa, pb) = (Panels::<f64>::from_dense(&a), Panels::from_dense(&b));
    let mut c = Panels::zeros(30, 29);
    add_product(&pa, &pb, Part::Full, &mut c);
    for i in 0..30 {
        for j in 0..29 {
            let chain = (0..400).fold(0.0, |sum, k| a[(i, k)].mul_add(b[(k, j)], sum));
            assert_eq!(c.get(i, j), chain, "bits on any machine are those of this sum");
        }
    }
}

#[test]
fn triangular_operands_and_symmetric_results_need_half_the_work_and_agree() {
    for n in [1, 5, 24, 25, 60, 130] {
        let full = normal_matrix(n, n, 3);
        let a = Panels::<f64>::from_dense(&normal_matrix(n, n, 4));
        for (part, triangle) in [(Part::Upper, full.upper_triangle()), (Part::Lower, full.lower_triangle())] {
            let triangle = Panels::from_dense(&triangle);
            let (mut all, mut half) = (Panels::zeros(n, n), Panels::zeros(n, n));
            add_product(&a, &triangle, Part::Full, &mut all);
            add_product(&a, &triangle, part, &mut half);
            assert_eq!(all.to_dense(), half.to_dense());
        }
        let (mut all, mut half) = (Panels::zeros(n, n), Panels::zeros(n, n));
        add_transposed_product(&a, &a, Part::Full, &mut all);
        add_transposed_product(&a, &a, Part::Upper, &mut half);
        half.symmetrize();
        assert_eq!(all.to_dense(), half.to_dense());
    }
}

/// `r_i = ||W'x_i||^2 - (w*'x_i)^2 - noise_i`, G and R by their definition, with the size of what is summed.
fn by_definition<T: Element>(
    samples: &Samples<T>,
    signal: &[f64],
    w: &DMatrix<f64>,
) -> (DMatrix<f64>, f64, DMatrix<f64>) {
    let (n, d) = (samples.len(), w.nrows());
    let (mut g, mut size, mut risk) = (DMatrix::zeros(d, w.ncols()), DMatrix::zeros(d, w.ncols()), 0.0);
    for i in 0..n {
        let x = DMatrix::from_fn(d, 1, |j, _| samples.get(i, j).to_f64());
        let output = x.transpose() * w;
        let label: f64 = (0..d).map(|j| x[j] * signal[j]).sum::<f64>().powi(2) + samples.noise(i);
        let residual = output.norm_squared() - label;
        risk += residual * residual / (4 * n) as f64;
        g += &x * &output * (residual / n as f64);
        let most = (x.transpose().abs() * w.abs()).norm_squared()
            + (0..d).map(|j| (x[j] * signal[j]).abs()).sum::<f64>().powi(2);
        size += x.abs() * (x.transpose().abs() * w.abs()) * ((most + samples.noise(i).abs()) / n as f64);
    }
    (g, risk, size)
}

fn gradient_agrees<T: Element>(n: usize, d: usize, m: usize, noise: f64) {
    let deviation: Vec<f64> = (0..d).map(|j| 1.0 + (j % 3) as f64).collect();
    let samples = Samples::<T>::draw(&Source { deviation: &deviation, noise, seed: 5 }, 0, n);
    let weights = normal_matrix(d, m, 9) / (m as f64).sqrt();
    let signal: Vec<f64> = normal_matrix(d, 1, 8).normalize().as_slice().to_vec();
    let mut gradient = DMatrix::zeros(d, m);
    let risk = EmpiricalGradient::<T>::default().evaluate(&samples, &signal, &weights, &mut gradient);
    let (exact, exact_risk, size) = by_definition(&samples, &signal, &weights);
    let bound = (2 * d + n + 20) as f64 * T::EPSILON;
    for i in 0..d {
        for j in 0..m {
            let error = (gradient[(i, j)] - exact[(i, j)]).abs();
            assert!(error <= bound * size[(i, j)], "({i}, {j}), n {n}, d {d}, m {m}: {error}");
        }
    }
    assert!((risk / exact_risk - 1.0).abs() <= bound * (d as f64), "risk {risk}, {exact_risk}, n {n}, d {d}, m {m}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn products_of_any_shape_agree_with_their_definition(rows in 1..70_usize, inner in 1..150_usize, columns in 1..70_usize) {
        products_agree::<f64>(rows, inner, columns);
        products_agree::<f32>(rows, inner, columns);
    }

    #[test]
    fn the_gradient_is_what_its_definition_says(n in 1..400_usize, d in 1..60_usize, m in 1..70_usize, noise in 0..2_u8) {
        gradient_agrees::<f64>(n, d, m, f64::from(noise));
        gradient_agrees::<f32>(n, d, m, f64::from(noise));
    }
}

#[test]
fn the_gradient_has_the_same_bits_for_any_number_of_threads() {
    for (n, d, m) in [(3000, 40, 40), (3000, 40, 2), (500, 90, 100)] {
        let deviation = vec![1.0; d];
        let weights = normal_matrix(d, m, 1);
        let mut signal = vec![0.0; d];
        signal[0] = 1.0;
        let run = |threads| {
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
                let samples = Samples::<f64>::draw(&Source { deviation: &deviation, noise: 0.1, seed: 1 }, 0, n);
                let mut gradient = DMatrix::zeros(d, m);
                let risk = EmpiricalGradient::default().evaluate(&samples, &signal, &weights, &mut gradient);
                (risk.to_bits(), gradient.map(f64::to_bits))
            })
        };
        let one = run(1);
        assert!([2, 3, 8].into_iter().all(|threads| run(threads) == one), "n {n}, d {d}, m {m}");
    }
}

#[test]
fn the_gradient_is_the_derivative_of_the_risk() {
    // A quartic along a line: the central difference of step h has error h^2/6 times the third derivative; Richardson removes it
    // and is exact for a quartic, so only rounding stays, eps/h of the risk's size.
    let (n, d, m) = (200, 12, 5);
    let deviation = vec![1.0; d];
    let samples = Samples::<f64>::draw(&Source { deviation: &deviation, noise: 0.3, seed: 2 }, 0, n);
    let mut signal = vec![0.0; d];
    signal[3] = 1.0;
    let (w, direction) = (normal_matrix(d, m, 1), normal_matrix(d, m, 2));
    let mut gradient = DMatrix::zeros(d, m);
    let mut engine = EmpiricalGradient::default();
    let mut risk =
        |t: f64, gradient: &mut DMatrix<f64>| engine.evaluate(&samples, &signal, &(&w + &direction * t), gradient);
    let h = 0.125;
    let mut central = |h: f64| (risk(h, &mut gradient) - risk(-h, &mut gradient)) / (2.0 * h);
    let derivative = (4.0 * central(h / 2.0) - central(h)) / 3.0;
    let size = risk(h, &mut gradient);
    risk(0.0, &mut gradient);
    let error = (derivative - gradient.dot(&direction)).abs();
    assert!(error <= 100.0 * f64::EPSILON / h * size, "{error}");
}

/// `E||G_n - G_n without noise||_F^2 = sigma^2 (tr Q tr QS + 2 tr Q^2 S)/n`, `derivations/finite-samples.md`.
#[test]
fn label_noise_has_its_share_of_the_variance() {
    let (n, d, m, noise, seeds) = (40, 6, 4, 0.7, 12_000);
    let deviation: Vec<f64> = (0..d).map(|j| 1.0 + 0.5 * j as f64).collect();
    let w = normal_matrix(d, m, 9) / 2.0;
    let signal: Vec<f64> = normal_matrix(d, 1, 8).normalize().as_slice().to_vec();
    let mut engine = EmpiricalGradient::<f64>::default();
    let squares: Vec<f64> = (0..seeds)
        .map(|seed| {
            let mut gradient = |noise| {
                let samples = Samples::draw(&Source { deviation: &deviation, noise, seed }, 0, n);
                let mut gradient = DMatrix::zeros(d, m);
                engine.evaluate(&samples, &signal, &w, &mut gradient);
                gradient
            };
            (gradient(noise) - gradient(0.0)).norm_squared()
        })
        .collect();
    let mean = squares.iter().sum::<f64>() / seeds as f64;
    let variance = squares.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / seeds as f64;
    let s = &w * w.transpose();
    let energy = |power: i32| (0..d).map(|j| deviation[j].powi(power) * s[(j, j)]).sum::<f64>();
    let trace: f64 = deviation.iter().map(|q| q * q).sum();
    let expected = noise * noise * (trace * energy(2) + 2.0 * energy(4)) / n as f64;
    // Seven standard errors of a mean of 12,000 numbers without heavy tails: below 1e-9 with room for their skewness.
    assert!((mean - expected).abs() < 7.0 * (variance / seeds as f64).sqrt(), "{mean} {expected}");
    assert!(7.0 * (variance / seeds as f64).sqrt() < 0.1 * expected, "the band is narrow");
}

/// Fresh samples with label noise beside a signal of unit energy, as the companion paper has them; `derivations/model.md`, signal-length.
#[test]
fn a_run_beside_a_signal_of_unit_energy_is_the_descent_as_it_is_written() {
    for (p, width, start) in
        [(1.0, 1, Start::Sphere), (0.0, 1, Start::Sphere), (0.5, 1, Start::Sphere), (1.0, 3, Start::Gaussian)]
    {
        let (dimension, batch, eta, steps, seed) = (9, 40, 0.02, 25, 3);
        let covariance = Covariance::PowerLaw { exponent: 1.5, dimension, signal: 1 };
        let setting = Setting {
            signal: Signal::UnitEnergy,
            width: Some(width),
            start,
            loss_scale: LossScale::One,
            ..Setting::new(covariance, 0.7, Method::GradientDescent)
        };
        let problem = Setting { seed, width: Some(1), ..setting.clone() }.vector_problem().unwrap();
        let (signal, square) = (problem.signal(), problem.signal().iter().map(|x| x * x).sum::<f64>());
        assert!((square - 1.0).abs() > 0.5);
        let mut weights = start.draw(dimension as usize, width as usize, 0.7, seed).unwrap();
        let mut simulation = Simulation::new(setting, Optimizer::Method(Method::power(p).unwrap()), 0, eta, steps);
        (simulation.data, simulation.noise) = (Data::Online(batch), 0.3);
        let run = simulation.run(seed).unwrap();
        assert_eq!(run.observations.len() as u64, steps + 1);
        let deviation: Vec<f64> = problem.variance().iter().map(|q| q.sqrt()).collect();
        let source = Source { deviation: &deviation, noise: 0.3, seed };
        let mut samples = Samples::<f64>::zeros(batch, dimension as usize);
        for (observation, step) in run.observations.iter().zip(0..) {
            samples.redraw(&source, step * batch as u64);
            let (mut risk, mut gradient) = (0.0, weights.clone() * 0.0);
            for i in 0..batch {
                let x = nalgebra::DVector::from_fn(dimension as usize, |j, _| samples.get(i, j));
                let outputs = weights.transpose() * &x;
                let along: f64 = x.iter().zip(signal).map(|(x, w)| x * w).sum();
                let residual = outputs.norm_squared() - along * along - samples.noise(i);
                risk += residual * residual / batch as f64;
                gradient += 4.0 / batch as f64 * residual * x * outputs.transpose();
            }
            let on_signal = (weights.transpose() * nalgebra::DVector::from_column_slice(signal)).norm() / square;
            for (found, expected) in [(observation.coefficients[0], on_signal), (observation.empirical_risk, risk)] {
                assert!(
                    (found - expected).abs() < 1e-11 * (1.0 + expected),
                    "p = {p}, step {step}: {found} {expected}"
                );
            }
            // A vector's spectral function is its length's.
            let length = gradient.norm();
            weights -= eta * length.powf(p - 1.0) * gradient;
        }
    }
}
