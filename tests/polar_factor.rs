//! The polar factor of a dense matrix, by what characterises it.

use nalgebra::DMatrix;
use proptest::prelude::*;
use specdyn::descent::{Descent, Method};
use specdyn::scalar::Normals;
use specdyn::weights::polar::{polar_factor, rank_tolerance};
use specdyn::weights::{SpectralError, Weights, orthogonal_start};

fn normal(rows: usize, columns: usize, seed: u64) -> DMatrix<f64> {
    let mut normals = Normals::new(seed, 1);
    DMatrix::from_fn(rows, columns, |_, _| normals.next())
}

/// `U diag(sigma) V'` with Haar factors.
fn with_singular_values(rows: usize, columns: usize, sigma: &[f64], seed: u64) -> DMatrix<f64> {
    let u = orthogonal_start(rows, sigma.len(), 1.0, seed).unwrap();
    let v = orthogonal_start(columns, sigma.len(), 1.0, seed + 1).unwrap();
    u * DMatrix::from_diagonal(&sigma.to_vec().into()) * v.transpose()
}

/// Rounding of a product or decomposition of this size: a dot product of n terms is off by n ulps at most, and the SVD's
/// backward error is of the same order (observed: below a tenth of it).
fn rounding(rows: usize, columns: usize) -> f64 {
    8.0 * rows.max(columns) as f64 * f64::EPSILON
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn polar_factor_is_a_partial_isometry_at_any_condition_number(
        rows in 1_usize..24, columns in 1_usize..24, decades in 0.0..12.0_f64, seed in 0_u64..1000,
    ) {
        let k = rows.min(columns);
        let sigma: Vec<f64> = (0..k).map(|i| libm::exp10(-decades * i as f64 / k as f64)).collect();
        let g = with_singular_values(rows, columns, &sigma, seed);
        let p = polar_factor(&g).unwrap();
        let gram = if rows >= columns { p.transpose() * &p } else { &p * p.transpose() };
        let error = (gram - DMatrix::identity(k, k)).norm();
        prop_assert!(error <= rounding(rows, columns), "orthogonality error {error:e}");
        // G = P H with H = P'G symmetric and positive semidefinite: this makes P the polar factor and no other isometry.
        let h = p.transpose() * &g;
        prop_assert!((&h - h.transpose()).norm() <= rounding(rows, columns));
        prop_assert!((&p * &h - &g).norm() <= rounding(rows, columns));
        prop_assert!(((&h + h.transpose()) / 2.0).symmetric_eigenvalues().min() >= -rounding(rows, columns));
    }

    #[test]
    fn zero_singular_values_stay_zero(
        rows in 2_usize..16, columns in 2_usize..16, seed in 0_u64..1000, size in -100..100_i32,
    ) {
        let rank = 1 + seed as usize % (rows.min(columns) - 1).max(1);
        prop_assume!(rank < rows.min(columns));
        let sigma: Vec<f64> = (1..=rank).map(|i| i as f64).collect();
        let p = polar_factor(&(with_singular_values(rows, columns, &sigma, seed) * libm::exp10(f64::from(size)))).unwrap();
        let projector = p.transpose() * &p;
        prop_assert!((projector.trace() - rank as f64).abs() <= rounding(rows, columns) * rank as f64);
        prop_assert!((&projector * &projector - &projector).norm() <= rounding(rows, columns) * rank as f64);
    }

    #[test]
    fn polar_factor_is_equivariant(rows in 1_usize..12, columns in 1_usize..12, seed in 0_u64..1000) {
        let sigma: Vec<f64> = (1..=rows.min(columns)).map(|i| i as f64).collect();
        let g = with_singular_values(rows, columns, &sigma, seed);
        let left = orthogonal_start(rows, rows, 1.0, seed + 2).unwrap();
        let right = orthogonal_start(columns, columns, 1.0, seed + 3).unwrap();
        let turned = polar_factor(&(&left * &g * &right)).unwrap();
        let difference = (turned - &left * polar_factor(&g).unwrap() * &right).norm();
        // The polar factor moves by |dG| / sigma_min, and |dG| is a rounding of numbers up to sigma_max.
        prop_assert!(difference <= rounding(rows, columns) * sigma[sigma.len() - 1] * (sigma.len() as f64).sqrt());
    }

    #[test]
    fn spectral_power_raises_the_singular_values(rows in 2_usize..12, columns in 2_usize..12, p in 0.05..0.95_f64) {
        let sigma: Vec<f64> = (1..=rows.min(columns)).map(|i| 0.1 * i as f64).collect();
        let mut g = with_singular_values(rows, columns, &sigma, 5);
        let expected: Vec<f64> = sigma.iter().map(|s| libm::pow(*s, p)).collect();
        let expected = with_singular_values(rows, columns, &expected, 5);
        Method::power(p).unwrap().turn(&mut g).unwrap();
        // s^p moves by at most sigma_min^(p - 1) |dG| in the Frobenius norm, sigma_min = 0.1.
        let bound = rounding(rows, columns) * sigma[sigma.len() - 1] * (sigma.len() as f64).sqrt() * 10.0;
        prop_assert!((g - expected).norm() <= bound);
    }
}

#[test]
fn polar_factor_of_a_number_is_its_sign() {
    for (x, sign) in [(3.5, 1.0), (-1e-300, -1.0), (5e-324, 1.0), (-1e300, -1.0), (0.0, 0.0)] {
        assert_eq!(polar_factor(&DMatrix::from_element(1, 1, x)).unwrap()[(0, 0)], sign, "{x:e}");
    }
}

#[test]
fn polar_factor_of_a_vector_is_its_direction() {
    let g = normal(1000, 1, 3) * 1e-200;
    let p = polar_factor(&g).unwrap();
    assert!((p.norm() - 1.0).abs() <= rounding(1, 1));
    assert!((p * g.norm_squared().sqrt().max(1.0)).iter().all(|x| x.is_finite()));
}

#[test]
fn polar_factor_of_manifold_weights_is_their_sign() {
    let coefficients = vec![0.3, -2.0, 0.0, 1e-5];
    let o = orthogonal_start(4, 4, 1.0, 9).unwrap();
    let matrix = &o * DMatrix::from_diagonal(&coefficients.clone().into()) * o.transpose();
    let mut signs = coefficients;
    Method::Spectral.turn(&mut signs).unwrap();
    assert_eq!(signs, [1.0, -1.0, 0.0, 1.0]);
    let expected = &o * DMatrix::from_diagonal(&signs.into()) * o.transpose();
    // sigma_max / sigma_min = 2e5 roundings of the matrix itself.
    assert!((polar_factor(&matrix).unwrap() - expected).norm() <= 2e5 * rounding(4, 4));
}

#[test]
fn what_is_below_the_rank_tolerance_is_zero_and_what_is_above_is_not() {
    let tolerance = rank_tolerance(2, 2, 1.0);
    let diagonal = |small: f64| DMatrix::from_diagonal(&vec![1.0, small].into());
    assert_eq!(polar_factor(&diagonal(tolerance / 2.0)).unwrap()[(1, 1)], 0.0);
    assert_eq!(polar_factor(&diagonal(tolerance * 2.0)).unwrap()[(1, 1)], 1.0);
    assert_eq!(polar_factor(&DMatrix::zeros(3, 2)).unwrap(), DMatrix::zeros(3, 2));
}

#[test]
fn what_is_not_finite_has_no_polar_factor() {
    for x in [f64::NAN, f64::INFINITY] {
        let mut g = normal(4, 3, 1);
        g[(2, 1)] = x;
        assert_eq!(polar_factor(&g), Err(SpectralError::NotFinite));
        assert_eq!(vec![1.0, x].map_singular_values(|g| Some(*g)), Err(SpectralError::NotFinite));
    }
}
