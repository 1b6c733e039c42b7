//! The reduced risk and gradient against the full matrices.

use crate::instance::{Exact, Instance, double, ratio};
use crate::moments;
use nalgebra::{DMatrix, DVector};
use num_traits::Zero;
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use specdyn::risk::manifold::{bracket, excess, excess_energy, gradient, population_risk};
use specdyn::spectrum::{Group, Spectrum};

fn reduced(spectrum: &Spectrum, w: &[f64]) -> (f64, Vec<f64>) {
    let e: Vec<_> = w.iter().enumerate().map(|(j, w)| excess(j, w)).collect();
    let tau = excess_energy(spectrum, &e);
    let q = spectrum.variance();
    let g = (0..w.len()).map(|j| gradient(&q[j], &bracket(&q[j], &e[j], &tau), &w[j])).collect();
    (population_risk(spectrum, &e), g)
}

/// With numerators of few bits over powers of two nothing is rounded in double precision: the library's own code is exact.
#[test]
fn reduced_risk_and_gradient_are_the_wick_moments_exactly() {
    for (signal, spike, bulk, [a, b, c]) in
        [(4_i64, 9_i64, 1_i64, [3_i64, 5, 7]), (4, 84, 4, [1, 1, 1]), (7, 3, 12, [9, 2, 6]), (2, 2, 2, [8, 0, 1])]
    {
        // variances are quarters, coefficients eighths; the bulk has two directions, the ambient dimension is four
        let q = [signal, spike, bulk, bulk].map(|k| ratio(k, 4));
        let w = [a, b, c, c].map(|k| ratio(k, 8));
        let diagonal = |v: &[Exact]| DMatrix::from_diagonal(&DVector::from_row_slice(v));
        let mut star = DVector::from_element(4, Exact::zero());
        star[0] = ratio(1, 1);
        let model = Instance {
            seed: 0,
            factor: DMatrix::zeros(4, 4),
            covariance: diagonal(&q),
            signal: star,
            weights: diagonal(&w),
        };
        let groups =
            [(spike, 1), (bulk, 2)].map(|(k, multiplicity)| Group { variance: k as f64 / 4.0, multiplicity }).to_vec();
        let spectrum = Spectrum::with_signal(signal as f64 / 4.0, groups).unwrap();
        let (risk, g) = reduced(&spectrum, &[a, b, c].map(|k| k as f64 / 8.0));
        assert_eq!(Exact::from_float(risk).unwrap(), moments::risk(&model));
        assert_eq!(model.risk(), moments::risk(&model));
        let full = model.gradient(2);
        for (j, g) in g.iter().enumerate() {
            assert_eq!(Exact::from_float(*g).unwrap(), full[(j, j)], "coefficient {j}");
        }
    }
}

fn orthogonal(dimension: usize, rng: &mut ChaCha8Rng) -> DMatrix<f64> {
    DMatrix::from_fn(dimension, dimension, |_, _| StandardNormal.sample(rng)).qr().q()
}

prop_compose! {
    fn spectra()(signal in 0.1..4.0, groups in prop::collection::vec((0.1..20.0, 1_u64..4), 1..5)) -> Spectrum {
        let rest = groups.into_iter().map(|(variance, multiplicity)| Group { variance, multiplicity }).collect();
        Spectrum::with_signal(signal, rest).unwrap()
    }
}

proptest! {
    /// `G = sum_j g_j P_j O` in a random basis. A product of d x d matrices has an error of at most `d^2 u` times the
    /// product of their norms; there are nine on the way, and eight occurrences of bases that are orthogonal to `d u`.
    #[test]
    fn reduced_gradient_is_the_full_gradient_on_the_manifold(
        spectrum in spectra(), seed: u64, w in prop::collection::vec(0.0_f64..1.5, 5)
    ) {
        let w = &w[..spectrum.groups()];
        let (risk, g) = reduced(&spectrum, w);
        let d = spectrum.dimension() as usize;
        let spread = |values: &[f64]| {
            let counts = spectrum.multiplicity().iter().map(|n| *n as usize);
            let entries: Vec<_> = values.iter().zip(counts).flat_map(|(v, n)| std::iter::repeat_n(*v, n)).collect();
            DMatrix::from_diagonal(&DVector::from_vec(entries))
        };
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (basis, rotation) = (orthogonal(d, &mut rng), orthogonal(d, &mut rng));
        let covariance = &basis * spread(spectrum.variance()) * basis.transpose();
        let weights = &basis * spread(w) * basis.transpose() * &rotation;
        let star = basis.column(0);
        let excess = &weights * weights.transpose() - star * star.transpose();
        let tau = (&covariance * &excess).trace();
        let qdq = &covariance * &excess * &covariance;
        let full = (&qdq * 2.0 + &covariance * tau) * &weights;
        let expected = &basis * spread(&g) * basis.transpose() * &rotation;

        let (q_max, w_max) = (spectrum.variance().iter().copied().fold(0.0, f64::max), w.iter().copied().fold(1.0, f64::max));
        let e_max = w_max * w_max;
        let ulps = (9.0 + 8.0) * 2.0 * (d * d) as f64 * f64::EPSILON / 2.0;
        let size = q_max * (2.0 + d as f64) * q_max * e_max * w_max;
        prop_assert!((full - expected).abs().max() <= ulps * size);

        let full_risk = (&qdq * &excess).trace() / 2.0 + tau * tau / 4.0;
        prop_assert!((full_risk - risk).abs() <= ulps * (d * (d + 2)) as f64 * (q_max * e_max).powi(2));
    }

    /// `dR/dw_j = n_j g_j`. Coefficients are sixteenths and variances quarters, so the risk is exact in double precision,
    /// and so is Richardson's combination of its differences, multiplied out: `12 h R' = 8 (R(h) - R(-h)) - (R(2h) - R(-2h))`.
    #[test]
    fn derivative_of_the_reduced_risk_is_multiplicity_times_reduced_gradient(
        variances in prop::collection::vec(1_i32..40, 4), counts in prop::collection::vec(1_u64..6, 3),
        w in prop::collection::vec(1_i32..24, 4), j in 0_usize..4
    ) {
        let variance: Vec<_> = variances.iter().map(|k| f64::from(*k) / 4.0).collect();
        let rest = (0..3).map(|k| Group { variance: variance[k + 1], multiplicity: counts[k] }).collect();
        let spectrum = Spectrum::with_signal(variance[0], rest).unwrap();
        let w: Vec<_> = w.iter().map(|k| f64::from(*k) / 16.0).collect();
        let h = 1.0 / 16.0;
        let at = |by: f64| {
            let mut moved = w.clone();
            moved[j] += by;
            reduced(&spectrum, &moved).0
        };
        let difference = 8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h));
        prop_assert_eq!(difference, 12.0 * h * spectrum.multiplicity()[j] * reduced(&spectrum, &w).1[j]);
    }
}

#[test]
fn doubles_of_rationals_are_nearest() {
    assert_eq!(double(&ratio(1, 3)), 1.0 / 3.0);
}
