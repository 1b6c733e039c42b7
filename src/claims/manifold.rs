//! Claims of `derivations/manifold.md`.

use super::instances::{exact_spectrum, integer, positive_rational, spectrum};
use super::{Claim, Enclosure, Sabotage, Standing, Trial};
use crate::descent::Method;
use crate::risk::manifold::{bracket, excess, excess_energy, gradient, population_risk};
use crate::risk::{DenseRisk, Landscape};
use crate::scalar::{DomainError, Normals, Rational, Real, Scalar};
use crate::spectrum::{CovarianceMatrix, Group, Spectrum};
use crate::trajectory::Recursion;
use crate::weights::{equal_start, orthogonal_start};
use nalgebra::{DMatrix, DVector};

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "manifold.reduced-gradient",
        standing: Standing::Theorem,
        constants: &[1.0, 1.0],
        check: reduced_gradient,
        sabotaged: &[
            Sabotage { name: "1 % too large", constants: &[1.01, 1.0] },
            Sabotage { name: "wrong sign", constants: &[-1.0, 1.0] },
            Sabotage { name: "multiplicity forgotten", constants: &[1.0, 0.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "manifold.invariant-manifold",
        standing: Standing::Theorem,
        constants: &[1.0],
        check: invariant_manifold,
        sabotaged: &[
            Sabotage { name: "reduced variance 1 % too large", constants: &[1.01] },
            Sabotage { name: "reduced variance 1 % too small", constants: &[0.99] },
            Sabotage { name: "reduced variance halved", constants: &[0.5] },
        ],
        diagram: None,
    },
];

/// `dR/dw_j = factor n_j^power g_j`, the derivative by a difference formula that is exact for polynomials of degree four.
fn reduced_gradient(constants: &[f64], trial: &mut Trial) {
    let [factor, power] = constants else { unreachable!("two constants") };
    let factor = Rational::from_f64(*factor, &());
    let mut normals = trial.normals(0);
    let mut differences = 0;
    // R has degree at most four in each of at most 12 numbers: one random instance in 100 that agrees by accident is generous.
    let instances = trial.count(200, 40);
    for _ in 0..instances {
        let spectrum = exact_spectrum(&mut normals, 3);
        let w: Vec<Rational> = (0..4).map(|_| positive_rational(&mut normals)).collect();
        let risk = |w: &[Rational]| population_risk(&spectrum, &excesses(w));
        let e = excesses(&w);
        let tau = excess_energy(&spectrum, &e);
        for j in 0..4 {
            let h = Rational::fraction(1, 8);
            let at = |steps: i64| {
                let mut moved = w.clone();
                moved[j] = moved[j].clone() + h.times(steps);
                risk(&moved)
            };
            // (R(-2) - 8 R(-1) + 8 R(1) - R(2)) / (12 h)
            let slope = ((at(-2) - at(2)) + (at(1) - at(-1)).times(8)) / h.times(12);
            let q = &spectrum.variance()[j];
            let n = if *power == 0.0 { w[j].int(1) } else { spectrum.multiplicity()[j].clone() };
            let claimed = factor.clone() * n * gradient(q, &bracket(q, &e[j], &tau), &w[j]);
            differences += usize::from(slope != claimed);
        }
    }
    trial.equal(format!("{instances} random rational instances, 4 slopes each: slopes that differ"), differences);
    let found = (0..instances).map(|_| differences_from_dense(constants[0], &mut normals)).sum::<Result<usize, _>>();
    trial.found("risk and gradient of full matrices", found, |trial, differences| {
        trial.equal(
            format!("{instances} full matrices of integers on the manifold, risk and gradient against the reduced ones, exactly: differences"),
            differences,
        );
    });
}

/// Entries of the gradient of a full matrix `sum_j w_j P_j`, and its risk, that are not `factor` times the reduced ones: sums of small
/// integers, exact in doubles.
fn differences_from_dense(factor: f64, normals: &mut Normals) -> Result<usize, String> {
    let text = |error: DomainError| error.to_string();
    let mut number = |size: i64| 1.0 + integer(normals, size).abs() as f64;
    let groups: Vec<Group> = (0..3).map(|_| Group { variance: number(4), multiplicity: number(1) as u64 }).collect();
    let spectrum = Spectrum::with_signal(number(4), groups).map_err(text)?;
    let w: Vec<f64> = (0..spectrum.groups()).map(|_| number(3)).collect();
    let places: Vec<usize> =
        (0..spectrum.groups()).flat_map(|j| std::iter::repeat_n(j, spectrum.multiplicity()[j] as usize)).collect();
    let dimension = places.len();
    let covariance = CovarianceMatrix::diagonal(places.iter().map(|j| spectrum.variance()[*j]).collect());
    let signal = DVector::from_fn(dimension, |i, _| if i == 0 { 1.0 } else { 0.0 });
    let risk = DenseRisk::new(covariance.map_err(text)?, signal).map_err(text)?;
    let weights = DMatrix::from_fn(dimension, dimension, |i, k| if i == k { w[places[i]] } else { 0.0 });
    let mut slopes = DMatrix::zeros(dimension, dimension);
    (&risk).gradient(&weights, &mut slopes);
    let e: Vec<f64> = w.iter().enumerate().map(|(j, w)| excess(j, w)).collect();
    let tau = excess_energy(&spectrum, &e);
    let reduced = |j: usize| {
        let q = &spectrum.variance()[j];
        factor * gradient(q, &bracket(q, &e[j], &tau), &w[j])
    };
    let stated = DMatrix::from_fn(dimension, dimension, |i, k| if i == k { reduced(places[i]) } else { 0.0 });
    let wrong = slopes.iter().zip(stated.iter()).filter(|(found, stated)| found != stated).count();
    Ok(wrong + usize::from(risk.population_risk(&weights) != population_risk(&spectrum, &e)))
}

fn excesses(w: &[Rational]) -> Vec<Rational> {
    w.iter().enumerate().map(|(j, w)| excess(j, w)).collect()
}

/// Full matrices from `alpha O` against the reduced recursion whose variances off the signal are `factor` times the true ones.
fn invariant_manifold(constants: &[f64], trial: &mut Trial) {
    let factor = constants[0];
    let mut normals = trial.normals(0);
    let instances = trial.count(24, 6);
    let steps = 40;
    for method in [Method::GradientDescent, Method::Spectral] {
        let mut largest = 0.0_f64;
        for instance in 0..instances {
            let spectrum = spectrum(&mut normals, 0.7);
            match deviation(&spectrum, factor, &method, instance as u64, steps) {
                Ok(found) => largest = if found <= largest { largest } else { found },
                Err(reason) => return trial.unknown("full against reduced recursion", reason),
            }
        }
        let name = if method == Method::Spectral { "SpecGD" } else { "GD" };
        let what = format!("{name}, {instances} spectra, {steps} steps: |W - (sum w_j P_j) O| over its rounding");
        trial.at_most(what, Enclosure::observed(largest), 1.0);
    }
}

/// The largest entry of the difference, over `rounding`: every step commits a few d roundings of numbers up to the norm of the
/// gradient times eta, and GD multiplies what is there by at most `1 + eta ||Hessian||`.
fn deviation(spectrum: &Spectrum, factor: f64, method: &Method<f64>, seed: u64, steps: u64) -> Result<f64, String> {
    let text = |error: DomainError| error.to_string();
    let dimension = spectrum.dimension() as usize;
    let mut variances = Vec::with_capacity(dimension);
    let mut group = Vec::with_capacity(dimension);
    for j in 0..spectrum.groups() {
        for _ in 0..spectrum.multiplicity()[j] as usize {
            variances.push(spectrum.variance()[j]);
            group.push(j);
        }
    }
    let trace: f64 = variances.iter().sum();
    let largest = variances.iter().fold(0.0_f64, |m, q| m.max(*q));
    let init = 0.3 / libm::sqrt(trace.max(1.0));
    // Well below the step ceilings, so that rounding is not multiplied.
    let step_size = match method {
        Method::Spectral => 0.01,
        _ => 0.02 / (largest * (3.0 * largest + trace)),
    };
    let mut signal = DVector::zeros(dimension);
    signal[0] = 1.0;
    let risk = DenseRisk::new(CovarianceMatrix::diagonal(variances).map_err(text)?, signal).map_err(text)?;
    let start = orthogonal_start(dimension, dimension, init, seed).map_err(text)?;
    let mut dense = Recursion::new(&risk, method.clone(), step_size, start.clone()).map_err(text)?;

    let wrong = Spectrum::with_signal(
        spectrum.variance()[0],
        (1..spectrum.groups())
            .map(|j| Group {
                variance: factor * spectrum.variance()[j],
                multiplicity: spectrum.multiplicity()[j] as u64,
            })
            .collect(),
    )
    .map_err(text)?;
    let coefficients = equal_start(&wrong, &init).map_err(text)?;
    let mut reduced = Recursion::new(&wrong, method.clone(), step_size, coefficients).map_err(text)?;
    for _ in 0..steps {
        dense.step().map_err(|stop| stop.to_string())?;
        reduced.step().map_err(|stop| stop.to_string())?;
    }
    let mut found = 0.0_f64;
    for row in 0..dimension {
        let w = reduced.weights()[group[row]] / init;
        for column in 0..dimension {
            found = found.max((dense.weights()[(row, column)] - w * start[(row, column)]).abs());
        }
    }
    let rounding = 64.0 * steps as f64 * dimension as f64 * f64::EPSILON;
    Ok(found / rounding)
}
