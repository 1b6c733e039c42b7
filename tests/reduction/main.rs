//! The reduced systems are the full matrix system: coefficients on the manifold, and the block of a tilted signal.
//!
//! Both sides take the same steps, and the distance of their weights is held against a bound that is carried along
//! (Frobenius norm): `e <- e + eta L_f (L_G e + r)`. Here r is the rounding of a gradient (three products of matrices of
//! size d, each off by d ulps of the product of norms), `L_G` bounds the gradient's derivative where |W| <= w, and `L_f` the
//! direction's: 1 for GD, and `sigma_min^(p - 1)` for `U S^p V'`, since no divided difference of the odd function s^p on
//! `[sigma_min, inf)` is larger. Where sigma_min is small, or the bound has grown to where it says little, the comparison ends;
//! five steps at least are compared, else the case does not count.

mod any_width;
mod bound;

use bound::{Bound, TELLING, well_conditioned};
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use specdyn::descent::Method;
use specdyn::risk::{BlockRisk, DenseRisk, Landscape};
use specdyn::spectrum::{CovarianceMatrix, Group, Spectrum, TiltedSpectrum};
use specdyn::trajectory::Recursion;
use specdyn::weights::{BlockWeights, equal_start, orthogonal_start};

fn methods() -> impl Strategy<Value = Method> {
    prop_oneof![
        Just(Method::GradientDescent),
        Just(Method::Spectral),
        (0.1..0.9_f64).prop_map(|p| Method::power(p).unwrap()),
    ]
}

fn groups() -> impl Strategy<Value = Vec<Group>> {
    prop::collection::vec(
        (0.2..5.0_f64, 1_u64..4).prop_map(|(variance, multiplicity)| Group { variance, multiplicity }),
        1..5,
    )
}

/// Rotates a diagonal problem so that nothing about it is diagonal any more.
fn rotated(variances: &[f64], signal: &[f64], basis: &DMatrix<f64>) -> DenseRisk {
    let q = basis * DMatrix::from_diagonal(&DVector::from_column_slice(variances)) * basis.transpose();
    DenseRisk::new(
        CovarianceMatrix::full((&q + q.transpose()) / 2.0).unwrap(),
        basis * DVector::from_column_slice(signal),
    )
    .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn coefficients_on_the_manifold_are_the_full_matrix(
        groups in groups(), home in 0_usize..4, method in methods(), init in 0.01..0.4_f64, eta in 1e-3..2e-2_f64,
        seed in 0_u64..1000,
    ) {
        let spectrum = Spectrum::from_groups(&groups, home % groups.len()).unwrap();
        let d = spectrum.dimension() as usize;
        let CovarianceMatrix::Diagonal(variances) = CovarianceMatrix::from_spectrum(&spectrum).unwrap() else { unreachable!() };
        let mut signal = vec![0.0; d];
        signal[0] = 1.0;
        let basis = orthogonal_start(d, d, 1.0, seed).unwrap();
        let risk = rotated(variances.as_slice(), &signal, &basis);

        let start = equal_start(&spectrum, &init).unwrap();
        let mut reduced = Recursion::new(&spectrum, method.clone(), eta, start.clone()).unwrap();
        let turn = orthogonal_start(d, d, 1.0, seed + 1).unwrap();
        let mut full = Recursion::new(&risk, method.clone(), eta, &basis * init * &turn).unwrap();
        let mut bound = Bound::new(variances.as_slice(), &method, init);
        let mut compared = 0;
        let mut g = start;
        for _ in 0..60 {
            (&spectrum).gradient(reduced.weights(), &mut g);
            let Some(sigma_min) = well_conditioned(g.iter().map(|g| g.abs())) else { break };
            let w = reduced.weights().iter().fold(0.0_f64, |m, w| m.max(w.abs()));
            bound.step(eta, w, sigma_min);
            if bound.error > TELLING {
                break;
            }
            reduced.step().unwrap();
            full.step().unwrap();
            compared += 1;
            let each = reduced.weights().iter().zip(spectrum.multiplicity());
            let diagonal: Vec<f64> = each.flat_map(|(w, n)| std::iter::repeat_n(*w, *n as usize)).collect();
            let expected = &basis * DMatrix::from_diagonal(&diagonal.into()) * &turn;
            let distance = (full.weights() - expected).norm();
            prop_assert!(distance <= bound.error, "step {compared}: {distance:e} > {:e}", bound.error);
        }
        prop_assume!(compared >= 5);
    }

    #[test]
    fn tilted_blocks_are_the_full_matrix(
        groups in groups(), angles in prop::collection::vec(-1.0..1.0_f64, 4), method in methods(),
        init in 0.01..0.4_f64, eta in 1e-3..2e-2_f64, seed in 0_u64..1000,
    ) {
        let mut theta = angles[..groups.len()].to_vec();
        let length = theta.iter().map(|x| x * x).sum::<f64>().sqrt();
        prop_assume!(length > 0.1);
        theta.iter_mut().for_each(|x| *x /= length);
        compare_tilted(&TiltedSpectrum::new(&groups, &theta).unwrap(), &method, init, eta, seed)?;
    }

    #[test]
    fn a_signal_that_overlaps_the_spike_is_a_two_by_two_block(
        overlap in -1.0..=1.0_f64, spike in 0.0..10.0_f64, d in 3_u64..12, method in methods(), seed in 0_u64..1000,
    ) {
        compare_tilted(&TiltedSpectrum::overlap(spike, d, overlap).unwrap(), &method, 0.1, 5e-3, seed)?;
    }

    #[test]
    fn both_methods_are_equivariant(
        variances in prop::collection::vec(0.2..5.0_f64, 2..8), width in 1_usize..10, method in methods(), seed in 0_u64..1000,
    ) {
        // W -> W O, and Q -> P Q P', w* -> P w*, W -> P W.
        let d = variances.len();
        let eta = 1e-2;
        let signal = orthogonal_start(d, 1, 1.0, seed).unwrap();
        let identity = DMatrix::identity(d, d);
        let left = orthogonal_start(d, d, 1.0, seed + 1).unwrap();
        let right = orthogonal_start(width, width, 1.0, seed + 2).unwrap();
        let start = specdyn::weights::gaussian_start(d, width, 0.3, seed + 3).unwrap();
        let plain = rotated(&variances, signal.as_slice(), &identity);
        let turned = rotated(&variances, signal.as_slice(), &left);
        let mut bound = Bound::new(&variances, &method, start.norm());
        let mut recursion = Recursion::new(&plain, method.clone(), eta, start.clone()).unwrap();
        let mut compared = 0;
        let mut image = Recursion::new(&turned, method.clone(), eta, &left * start * &right).unwrap();
        for step in 0..20 {
            let mut g = recursion.weights().clone();
            (&plain).gradient(recursion.weights(), &mut g);
            let Some(sigma_min) = well_conditioned(g.singular_values().iter().copied()) else { break };
            bound.step(eta, recursion.weights().norm(), sigma_min);
            if bound.error > TELLING {
                break;
            }
            recursion.step().unwrap();
            image.step().unwrap();
            compared += 1;
            let distance = (image.weights() - &left * recursion.weights() * &right).norm();
            prop_assert!(distance <= bound.error, "step {step}: {distance:e} > {:e}", bound.error);
        }
        prop_assume!(compared >= 5);
    }
}

fn compare_tilted(
    spectrum: &TiltedSpectrum,
    method: &Method,
    init: f64,
    eta: f64,
    seed: u64,
) -> Result<(), TestCaseError> {
    // Directions of the full space, group by group: u_j, then what remains of group j.
    let (mut variances, mut signal, mut first) = (Vec::new(), Vec::new(), Vec::new());
    for j in 0..spectrum.groups() {
        first.push(variances.len());
        let rest = spectrum.remainder()[j] as usize;
        variances.extend(std::iter::repeat_n(spectrum.variance()[j], 1 + rest));
        signal.push(spectrum.theta()[j]);
        signal.extend(std::iter::repeat_n(0.0, rest));
    }
    let d = variances.len();
    let basis = orthogonal_start(d, d, 1.0, seed).unwrap();
    let full_risk = rotated(&variances, &signal, &basis);
    let risk = BlockRisk::tilted(spectrum).unwrap();
    let start = BlockWeights::equal_start(spectrum, init).unwrap();
    let mut reduced = Recursion::new(&risk, method.clone(), eta, start.clone()).unwrap();
    let mut full = Recursion::new(&full_risk, method.clone(), eta, &basis * init).unwrap();
    let mut bound = Bound::new(&variances, method, init);
    let mut g = start;
    let mut compared = 0;
    for step in 0..60 {
        (&risk).gradient(reduced.weights(), &mut g);
        let present = (0..spectrum.groups()).filter(|&j| spectrum.remainder()[j] > 0.0);
        let remainders: Vec<f64> = present.map(|j| g.remainder[j].abs()).collect();
        let singular = g.block.singular_values();
        let Some(sigma_min) = well_conditioned(singular.iter().copied().chain(remainders)) else { break };
        let w = reduced.weights().block.norm().max(reduced.weights().remainder.iter().fold(0.0, |m, c| m.max(c.abs())));
        bound.step(eta, w, sigma_min);
        if bound.error > TELLING {
            break;
        }
        reduced.step().unwrap();
        full.step().unwrap();
        compared += 1;
        let mut expected = DMatrix::zeros(d, d);
        for j in 0..spectrum.groups() {
            for k in 0..spectrum.groups() {
                expected[(first[j], first[k])] = reduced.weights().block[(j, k)];
            }
            for r in 0..spectrum.remainder()[j] as usize {
                expected[(first[j] + 1 + r, first[j] + 1 + r)] = reduced.weights().remainder[j];
            }
        }
        let distance = (full.weights() - &basis * expected).norm();
        prop_assert!(distance <= bound.error, "step {step}: {distance:e} > {:e}", bound.error);
        let (r, f) = (risk.population_risk(reduced.weights()), full_risk.population_risk(full.weights()));
        // dR = <G, dW>, and each side rounds numbers up to the risk's largest term.
        let (q, t) = (bound.variance, bound.total_variance);
        let scale = (2.0 * q * q + q * t) * (1.0 + w * w) * w.max(1.0) * (d as f64).sqrt();
        prop_assert!((r - f).abs() <= scale * (bound.error + bound.ulps()), "risks {r:e} and {f:e}");
    }
    prop_assume!(compared >= 5);
    Ok(())
}

#[test]
fn twelve_dimensions_agree_over_150_steps_to_a_few_ulps() {
    // The check of record for the block reduction: d = 12, overlap 0.6, GD and SpecGD, before sliding begins.
    let spectrum = TiltedSpectrum::overlap(4.0, 12, 0.6).unwrap();
    let risk = BlockRisk::tilted(&spectrum).unwrap();
    let mut variances = vec![1.0; 12];
    variances[11] = 5.0;
    let mut signal = vec![0.0; 12];
    (signal[0], signal[11]) = (0.8, 0.6);
    let full_risk = rotated(&variances, &signal, &DMatrix::identity(12, 12));
    for (method, eta) in [(Method::GradientDescent, 5e-3), (Method::Spectral, 1e-3)] {
        let start = BlockWeights::equal_start(&spectrum, 0.1).unwrap();
        let mut reduced = Recursion::new(&risk, method.clone(), eta, start).unwrap();
        let mut full = Recursion::new(&full_risk, method, eta, DMatrix::identity(12, 12) * 0.1).unwrap();
        for _ in 0..150 {
            reduced.step().unwrap();
            full.step().unwrap();
        }
        let (block, w) = (&reduced.weights().block, full.weights());
        let differences = [
            block[(0, 0)] - w[(0, 0)],
            block[(0, 1)] - w[(0, 11)],
            block[(1, 0)] - w[(11, 0)],
            block[(1, 1)] - w[(11, 11)],
            reduced.weights().remainder[0] - w[(5, 5)],
        ];
        let largest = differences.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        // One ulp of 1 every ten steps: roundings of either sign that the flow neither damps nor amplifies much.
        assert!(largest <= 15.0 * f64::EPSILON, "{largest:e}");
    }
}
