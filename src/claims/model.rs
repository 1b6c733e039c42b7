//! Claims of `derivations/model.md`.

use super::instances::{exact_spectrum, integer, positive_rational};
use super::{Claim, Enclosure, Sabotage, Standing, Trial};
use crate::descent::{Descent, Method};
use crate::risk::manifold::{bracket, excess, excess_energy, gradient};
use crate::risk::{DenseRisk, Landscape};
use crate::scalar::{DomainError, Rational, Scalar};
use crate::spectrum::CovarianceMatrix;
use crate::trajectory::Recursion;
use crate::weights::{gaussian_start, orthogonal_start};
use nalgebra::{DMatrix, DVector};

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "model.spectral-function",
        standing: Standing::Theorem,
        constants: &[1.0, 0.0],
        check: spectral_function,
        sabotaged: &[
            Sabotage { name: "1 % too large", constants: &[1.01, 0.0] },
            Sabotage { name: "singular values of zero become 0.01", constants: &[1.0, 0.01] },
            Sabotage { name: "singular values of zero become one", constants: &[1.0, 1.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "model.normalisation",
        standing: Standing::Theorem,
        constants: &[1.0],
        check: normalisation,
        sabotaged: &[
            Sabotage { name: "no other clock for any method", constants: &[0.0] },
            Sabotage { name: "the exponent 0.1 too small", constants: &[0.9] },
            Sabotage { name: "the exponent 0.1 too large", constants: &[1.1] },
        ],
        diagram: None,
    },
    Claim {
        id: "model.scale",
        standing: Standing::Theorem,
        constants: &[2.0],
        check: scale,
        sabotaged: &[
            Sabotage { name: "first power", constants: &[1.0] },
            Sabotage { name: "third power", constants: &[3.0] },
            Sabotage { name: "no effect", constants: &[0.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "model.equivariance",
        standing: Standing::Theorem,
        constants: &[1.0],
        check: equivariance,
        sabotaged: &[
            Sabotage { name: "a stretch of 1 %", constants: &[1.01] },
            Sabotage { name: "a shrinking of 1 %", constants: &[0.99] },
            Sabotage { name: "any invertible matrix", constants: &[3.0] },
        ],
        diagram: None,
    },
];

/// The methods between which everything lies.
const POWERS: [(&str, f64); 3] = [("GD", 1.0), ("SpecGD", 0.0), ("power 1/2", 0.5)];

/// The largest of `count` measurements, or why one could not be made. NaN stays.
fn largest(count: usize, mut measure: impl FnMut(u64) -> Result<f64, String>) -> Result<f64, String> {
    (0..count as u64).try_fold(0.0_f64, |most, k| measure(k).map(|found| if found <= most { most } else { found }))
}

/// The direction of `U Sigma V'` is `share` times `U Sigma^p V'`; singular values of zero become `ghost`.
fn spectral_function(constants: &[f64], trial: &mut Trial) {
    let [share, ghost] = constants else { unreachable!("two constants") };
    let (count, seed) = (trial.count(60, 12), trial.seed());
    for (name, power) in POWERS {
        let what =
            format!("{name}, {count} matrices of ranks 1 to 6: largest |direction - U Sigma^p V'| over its rounding");
        let found = largest(count, |k| direction_error(power, (*share, *ghost), k, seed));
        trial.found(&what, found, |trial, found| trial.at_most(&what, Enclosure::observed(found), 1.0));
    }
}

fn direction_error(power: f64, (share, ghost): (f64, f64), k: u64, seed: u64) -> Result<f64, String> {
    let text = |error: DomainError| error.to_string();
    let (rows, columns, rank) = (7 + k as usize % 5, 6, 1 + k as usize % 6);
    let left = orthogonal_start(rows, rows, 1.0, seed.wrapping_add(k)).map_err(text)?;
    let right = orthogonal_start(columns, columns, 1.0, seed.wrapping_add(k) ^ 0xABCD).map_err(text)?;
    // Singular values from 1 down to 10^-2.5, and zeros.
    let value = |i: usize| if i < rank { libm::pow(10.0, -0.5 * i as f64) } else { 0.0 };
    let with = |f: &dyn Fn(f64) -> f64| {
        let diagonal = DMatrix::from_fn(columns, columns, |i, j| if i == j { f(value(i)) } else { 0.0 });
        left.columns(0, columns) * diagonal * right.transpose()
    };
    let mut direction = with(&|s| s);
    let mut method = Method::power(power).map_err(text)?;
    method.turn(&mut direction).map_err(|error| error.to_string())?;
    let stated = with(&|s| if s > 0.0 { share * libm::pow(s, power) } else { ghost });
    // Singular vectors are as accurate as the smallest singular value is large.
    let rounding = (rows * columns) as f64 * f64::EPSILON * libm::pow(10.0, 2.5);
    Ok((direction - stated).amax() / rounding)
}

/// A loss k times as large moves the recursion as a step `k^(exponent p)` times as large does, p the method's power.
fn normalisation(constants: &[f64], trial: &mut Trial) {
    let exponent = constants[0];
    let (count, seed) = (trial.count(30, 6), trial.seed());
    for (name, power) in POWERS {
        let what = format!(
            "{name}, {count} dense runs of 10 steps, losses 4 and 1/16 times the usual: largest deviation over its rounding"
        );
        let found = largest(count, |k| {
            let factor = if k % 2 == 0 { 4.0 } else { 0.0625 };
            clock_error(power, factor, libm::pow(factor, exponent * power), seed.wrapping_add(k))
        });
        trial.found(&what, found, |trial, found| trial.at_most(&what, Enclosure::observed(found), 1.0));
    }
}

fn clock_error(power: f64, factor: f64, clock: f64, seed: u64) -> Result<f64, String> {
    let text = |error: DomainError| error.to_string();
    let (dimension, steps) = (6, 10);
    let risk = test_risk(dimension)?;
    let start = gaussian_start(dimension, dimension, 1.0, seed).map_err(text)?;
    let run = |loudness: f64, step: f64| -> Result<DMatrix<f64>, String> {
        let mut method = Method::power(power).map_err(text)?;
        let mut weights = start.clone();
        for _ in 0..steps {
            let mut direction = DMatrix::zeros(dimension, dimension);
            (&risk).gradient(&weights, &mut direction);
            direction *= loudness;
            method.turn(&mut direction).map_err(|error| error.to_string())?;
            weights -= direction * step;
        }
        Ok(weights)
    };
    Ok((run(factor, 1e-3)? - run(1.0, 1e-3 * clock)?).amax() / rounding_of(steps, dimension * dimension))
}

/// Variances 1, 1/2, 1/3, ... and a signal on every second of them.
fn test_risk(dimension: usize) -> Result<DenseRisk, String> {
    let text = |error: DomainError| error.to_string();
    let variances = (0..dimension).map(|i| 1.0 / (1.0 + i as f64)).collect();
    let signal = DVector::from_fn(dimension, |i, _| if i % 2 == 0 { 0.5 } else { 0.0 });
    DenseRisk::new(CovarianceMatrix::diagonal(variances).map_err(text)?, signal).map_err(text)
}

/// Under `k Q` every reduced gradient is `k^power` times what it is under Q; exactly.
fn scale(constants: &[f64], trial: &mut Trial) {
    let power = constants[0] as usize;
    let mut normals = trial.normals(0);
    let count = trial.count(200, 40);
    let mut differences = 0;
    for _ in 0..count {
        let spectrum = exact_spectrum(&mut normals, 3);
        let w: Vec<Rational> = (0..4).map(|_| positive_rational(&mut normals)).collect();
        let k = Rational::fraction(2 + integer(&mut normals, 5).abs(), 3) + positive_rational(&mut normals);
        let of = |spectrum: &crate::spectrum::Spectrum<Rational>| -> Vec<Rational> {
            let e: Vec<Rational> = w.iter().enumerate().map(|(j, w)| excess(j, w)).collect();
            let tau = excess_energy(spectrum, &e);
            (0..4)
                .map(|j| gradient(&spectrum.variance()[j], &bracket(&spectrum.variance()[j], &e[j], &tau), &w[j]))
                .collect()
        };
        let factor = (0..power).fold(k.int(1), |product, _| product * &k);
        let pairs = of(&spectrum.scaled(&k)).into_iter().zip(of(&spectrum));
        differences += pairs.filter(|(scaled, plain)| *scaled != factor.clone() * plain).count();
    }
    trial.equal(
        format!("{count} exact instances under k Q, 4 gradients each: gradients other than k^{power} times"),
        differences,
    );
}

/// `W_0 -> W_0 O` turns every iterate W into W O, where O is a rotation of the width whose first column is stretched by `stretch`; and
/// likewise for the space.
fn equivariance(constants: &[f64], trial: &mut Trial) {
    let stretch = constants[0];
    let count = trial.count(20, 5);
    let (dimension, width, steps) = (8, 8, 10);
    let seed = trial.seed();
    for (name, power) in POWERS {
        let method = Method::power(power).expect("a power in [0, 1]");
        let what =
            format!("{name}, {count} dense runs of {steps} steps: largest |W(W_0 O) - W(W_0) O| over its rounding");
        let found = largest(count, |k| deviation(dimension, width, steps, &method, stretch, seed + k));
        trial.found(&what, found, |trial, found| trial.at_most(&what, Enclosure::observed(found), 1.0));
        let what = format!(
            "{name}, {count} dense runs of {steps} steps: largest |W(P Q P', P w*, P W_0) - P W(Q, w*, W_0)| over its rounding"
        );
        let found = largest(count, |k| deviation_in_space(dimension, steps, &method, stretch, seed + k));
        trial.found(&what, found, |trial, found| trial.at_most(&what, Enclosure::observed(found), 1.0));
    }
}

/// The same for a rotation P of the space, its first column stretched.
fn deviation_in_space(
    dimension: usize,
    steps: usize,
    method: &Method<f64>,
    stretch: f64,
    seed: u64,
) -> Result<f64, String> {
    let text = |error: DomainError| error.to_string();
    let risk = test_risk(dimension)?;
    let start = gaussian_start(dimension, dimension, 1.0, seed).map_err(text)?;
    let mut turn = orthogonal_start(dimension, dimension, 1.0, seed ^ 0xABCD).map_err(text)?;
    turn.column_mut(0).scale_mut(stretch);
    let covariance = &turn * risk.covariance().times(&turn.transpose());
    // Symmetric to the last bit.
    let covariance = CovarianceMatrix::full((&covariance + covariance.transpose()) * 0.5).map_err(text)?;
    let signal = (&turn * risk.signal()).column(0).into_owned();
    let turned_risk = DenseRisk::new(covariance, signal).map_err(text)?;
    let plain = after(steps, &risk, method, start.clone())?;
    let turned = after(steps, &turned_risk, method, &turn * &start)?;
    Ok((turned - &turn * plain).amax() / rounding_of(steps, dimension * dimension))
}

fn deviation(
    dimension: usize,
    width: usize,
    steps: usize,
    method: &Method<f64>,
    stretch: f64,
    seed: u64,
) -> Result<f64, String> {
    let text = |error: DomainError| error.to_string();
    let risk = test_risk(dimension)?;
    let start = gaussian_start(dimension, width, 1.0, seed).map_err(text)?;
    let mut turn = orthogonal_start(width, width, 1.0, seed ^ 0xABCD).map_err(text)?;
    turn.column_mut(0).scale_mut(stretch);
    let plain = after(steps, &risk, method, start.clone())?;
    let turned = after(steps, &risk, method, &start * &turn)?;
    Ok((turned - plain * &turn).amax() / rounding_of(steps, dimension * width))
}

/// The weights after some steps of 0.01 from `start`.
fn after(steps: usize, risk: &DenseRisk, method: &Method<f64>, start: DMatrix<f64>) -> Result<DMatrix<f64>, String> {
    let mut recursion = Recursion::new(risk, method.clone(), 0.01, start).map_err(|error| error.to_string())?;
    for _ in 0..steps {
        recursion.step().map_err(|stop| stop.to_string())?;
    }
    Ok(recursion.weights().clone())
}

/// A polar factor of a Gaussian gradient of such a size has a condition below 1e4 in all but a fraction of instances; a step commits a rounding an
/// entry, enlarged by that.
fn rounding_of(steps: usize, entries: usize) -> f64 {
    1e4 * (steps * entries) as f64 * f64::EPSILON
}
