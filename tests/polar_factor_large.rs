//! The polar factor at any condition number and rank.

use nalgebra::DMatrix;
use proptest::prelude::*;
use specdyn::scalar::NormalStream;
use specdyn::weights::polar::{orthogonality_error, polar_factor};

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

/// Backward stability, `A = U H` with H symmetric positive semidefinite, to `n ulp` of the matrix's norm; and orthogonality.
fn is_polar_factor(a: &DMatrix<f64>, factor: &DMatrix<f64>) -> Result<(), TestCaseError> {
    let (rows, columns) = a.shape();
    let (a, factor) = if rows < columns { (a.transpose(), factor.transpose()) } else { (a.clone(), factor.clone()) };
    let n = rows.max(columns) as f64;
    prop_assert!(orthogonality_error(&factor) <= 1e-14 * n, "orthogonality {:e}", orthogonality_error(&factor));
    let h = factor.transpose() * &a;
    let rounding = 20.0 * n * f64::EPSILON * a.norm();
    prop_assert!(
        (&h - h.transpose()).norm() <= rounding,
        "asymmetry {:e} of {:e}",
        (&h - h.transpose()).norm(),
        a.norm()
    );
    let h = (&h + h.transpose()) * 0.5;
    prop_assert!((&factor * &h - &a).norm() <= rounding, "residual {:e}", (&factor * &h - &a).norm());
    prop_assert!(h.symmetric_eigenvalues().min() >= -rounding, "H has a negative eigenvalue");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    // Beyond 13 decades the smallest singular value falls below the rank tolerance, 90 ulp.
    fn the_polar_factor_is_backward_stable_at_any_condition_number(
        rows in 1..90_usize, columns in 1..90_usize, decades in 0.0..13.0_f64, scale in -140..140_i32, stream in 0..1000_u64,
    ) {
        let k = rows.min(columns);
        let s: Vec<f64> =
            (0..k).map(|j| 10_f64.powi(scale) * 10_f64.powf(-decades * j as f64 / (k.max(2) - 1) as f64)).collect();
        let (a, _) = with_singular_values(rows, columns, &s, stream);
        is_polar_factor(&a, &polar_factor(&a).unwrap())?;
    }
}

#[test]
fn one_small_singular_value_among_large_ones_is_no_obstacle() {
    for (exponent, n) in [(3, 64), (5, 100), (6, 40), (7, 40), (8, 64), (12, 40)] {
        let mut s = vec![1.0; n];
        s[n - 1] = 10_f64.powi(-exponent);
        let (a, exact) = with_singular_values(n, n, &s, 3);
        let factor = polar_factor(&a).unwrap();
        is_polar_factor(&a, &factor).unwrap();
        // The factor itself is as well determined as the smallest two singular values are large.
        let condition = 2.0 / (s[n - 1] + s[n - 2]);
        assert!((factor - exact).norm() <= 40.0 * n as f64 * f64::EPSILON * condition.max(10_f64.powi(exponent)));
    }
}

#[test]
fn zero_singular_values_stay_zero() {
    for (rows, columns, rank) in [(40, 40, 39), (40, 40, 5), (60, 30, 12), (20, 70, 1), (30, 30, 0)] {
        let s: Vec<f64> = (0..rank).map(|j| 1.0 + j as f64).collect();
        let (a, exact) = with_singular_values(rows, columns, &s, 17);
        let factor = polar_factor(&a).unwrap();
        assert!((&factor - exact).norm() <= 1e-12, "{rows} x {columns}, rank {rank}");
        let ones = factor.singular_values().iter().filter(|s| (**s - 1.0).abs() < 1e-12).count();
        let zeros = factor.singular_values().iter().filter(|s| **s < 1e-12).count();
        assert_eq!((ones, zeros), (rank, rows.min(columns) - rank));
    }
}

#[test]
fn the_polar_factor_is_equivariant() {
    let (a, q) = (normal_matrix(30, 30, 1), normal_matrix(30, 30, 2).qr().q());
    let difference = polar_factor(&(&a * &q)).unwrap() - polar_factor(&a).unwrap() * &q;
    let condition = a.singular_values().max() / a.singular_values().min();
    assert!(difference.norm() <= 100.0 * 30.0 * f64::EPSILON * condition, "{:e}", difference.norm());
}
