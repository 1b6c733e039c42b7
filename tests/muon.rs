//! Newton-Schulz steps beside the exact polar factor, and Muon beside SpecGD.

use nalgebra::DMatrix;
use specdyn::descent::newton_schulz;
use specdyn::scalar::NormalStream;

fn normal_matrix(rows: usize, columns: usize, stream: u64) -> DMatrix<f64> {
    let mut numbers = vec![0.0; rows * columns];
    NormalStream { seed: 6, stream }.fill(0, &mut numbers);
    DMatrix::from_vec(rows, columns, numbers)
}

/// `U diag(s) V'` with random U, V; returns it with the exact polar factor of what was meant.
fn with_singular_values(rows: usize, columns: usize, s: &[f64], stream: u64) -> (DMatrix<f64>, DMatrix<f64>) {
    let k = s.len();
    let u = normal_matrix(rows, k, stream).qr().q();
    let v = normal_matrix(columns, k, stream + 1000).qr().q();
    let scaled = DMatrix::from_fn(rows, k, |i, j| u[(i, j)] * s[j]);
    (scaled * v.transpose(), &u * v.transpose())
}

#[test]
fn newton_schulz_brings_singular_values_near_one_and_keeps_singular_vectors() {
    // Five published steps from singular values 1e-2 to 1 (before the division by the norm).
    let n = 40;
    let s: Vec<f64> = (0..n).map(|j| 10_f64.powf(-2.0 * j as f64 / (n - 1) as f64)).collect();
    for (rows, columns) in [(n, n), (60, n), (n, 60)] {
        let (a, exact) = with_singular_values(rows, columns, &s, 9);
        let double = newton_schulz::<f64>(&a, 5).unwrap();
        let values = double.singular_values();
        assert!(values.min() > 0.3 && values.max() < 1.3, "{values}");
        let h = exact.transpose() * &double;
        assert!((&h - h.transpose()).norm() < 1e-12, "same singular vectors: U'X is symmetric");
        let single = newton_schulz::<f32>(&a, 5).unwrap();
        assert!((single - &double).norm() < 1e-3 * double.norm());
    }
    assert!(newton_schulz::<f64>(&DMatrix::from_element(3, 3, f64::NAN), 5).is_err());
    assert_eq!(newton_schulz::<f64>(&DMatrix::zeros(12, 9), 5).unwrap(), DMatrix::zeros(12, 9));
}

#[test]
fn newton_schulz_is_the_quintic_of_each_singular_value() {
    let n = 12;
    let s: Vec<f64> = (0..n).map(|j| 0.05 + 0.08 * j as f64).collect();
    let (a, _) = with_singular_values(n, n, &s, 4);
    let norm = s.iter().map(|s| s * s).sum::<f64>().sqrt();
    let mut expected: Vec<f64> =
        s.iter().map(|s| (0..5).fold(s / norm, |s, _| 3.4445 * s - 4.7750 * s.powi(3) + 2.0315 * s.powi(5))).collect();
    let mut values: Vec<f64> = newton_schulz::<f64>(&a, 5).unwrap().singular_values().iter().copied().collect();
    expected.sort_by(f64::total_cmp);
    values.sort_by(f64::total_cmp);
    // Five quintics with slope at most 3.4445 magnify rounding by at most 3.4445^5 = 485.
    for (value, expected) in values.iter().zip(&expected) {
        assert!((value - expected).abs() <= 485.0 * n as f64 * f64::EPSILON, "{value} {expected}");
    }
}

/// `derivations/finite-samples.md`, muon-band.
#[test]
fn five_steps_end_in_the_band() {
    let n = 30;
    for (smallest, reached) in [(0.00519, true), (0.00517, false)] {
        // Singular values as shares of the Frobenius norm, by which Newton-Schulz divides first.
        let mut s: Vec<f64> = (0..n - 1).map(|j| 0.1 + j as f64 / n as f64).collect();
        let norm = s.iter().map(|s| s * s).sum::<f64>().sqrt();
        s.iter_mut().for_each(|s| *s *= (1.0_f64 - smallest * smallest).sqrt() / norm);
        s.push(smallest);
        let (a, _) = with_singular_values(40, n, &s, 2);
        let values = newton_schulz::<f64>(&a, 5).unwrap().singular_values();
        let rounding = 485.0 * n as f64 * f64::EPSILON;
        let inside = 0.68183 - rounding <= values.min() && values.max() <= 1.13436 + rounding;
        assert_eq!(inside, reached, "{values}");
    }
}
