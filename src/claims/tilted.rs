//! Claims of `derivations/tilted.md`.

use super::measured::ACCURACY;
use super::{Claim, Enclosure, Sabotage, Standing, Trial};
use crate::descent::Method;
use crate::experiment::{Covariance, Measured, Setting, Signal, Status, measure};
use crate::observe::Observable;
use crate::risk::{BlockRisk, DenseRisk, Landscape};
use crate::scalar::DomainError;
use crate::spectrum::{CovarianceMatrix, TiltedSpectrum};
use crate::trajectory::Recursion;
use crate::weights::{BlockWeights, orthogonal_start, overlap};
use nalgebra::{DMatrix, DVector};

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "tilted.block-reduction",
        standing: Standing::Theorem,
        constants: &[1.0],
        check: block_reduction,
        sabotaged: &[
            Sabotage { name: "overlap 1 % too large", constants: &[1.01] },
            Sabotage { name: "overlap 1 % too small", constants: &[0.99] },
            Sabotage { name: "overlap forgotten", constants: &[0.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "tilted.early-tilt",
        standing: Standing::Theorem,
        constants: &[3.0, 2.0],
        check: early_tilt,
        sabotaged: &[
            Sabotage { name: "r_1 r_2 = 3.03 mu s*^2", constants: &[3.03, 2.0] },
            Sabotage { name: "r_1 r_2 = 2 mu s*^2", constants: &[2.0, 2.0] },
            Sabotage { name: "trace's 2 becomes 2.02", constants: &[3.0, 2.02] },
        ],
        diagram: None,
    },
    Claim {
        id: "tilted.threshold",
        standing: Standing::Theorem,
        constants: &[2.0, 3.0, 4.0],
        check: threshold,
        sabotaged: &[
            Sabotage { name: "2 becomes 2.02", constants: &[2.02, 3.0, 4.0] },
            Sabotage { name: "3 lambda^2 rho^2 becomes 3.03 lambda^2 rho^2", constants: &[2.0, 3.03, 4.0] },
            Sabotage { name: "the tilt changes nothing", constants: &[2.0, 0.0, 4.0] },
            Sabotage { name: "4 becomes 4.04", constants: &[2.0, 3.0, 4.04] },
        ],
        diagram: Some(&[
            ("x", "overlap=0:0.95:96"),
            ("y", "spike=0:4:81"),
            ("observe", "amplification"),
            ("optimizer", "gd"),
            ("init", "1e-6"),
        ]),
    },
];

fn text(error: DomainError) -> String {
    error.to_string()
}

/// Full matrices against the block of a signal whose overlap is `factor` times the true one.
fn block_reduction(constants: &[f64], trial: &mut Trial) {
    let count = trial.count(12, 4);
    let steps = 60;
    for method in [Method::GradientDescent, Method::Spectral] {
        let mut largest = 0.0_f64;
        for k in 0..count as u64 {
            match deviation(constants[0], &method, steps, trial.seed() + k) {
                Ok(found) => largest = if found <= largest { largest } else { found },
                Err(reason) => return trial.unknown("block against full matrix", reason),
            }
        }
        let name = if method == Method::Spectral { "SpecGD" } else { "GD" };
        let what =
            format!("{name}, {count} tilts, {steps} steps, d = 9: largest difference of overlaps over its rounding");
        trial.at_most(what, Enclosure::observed(largest), 1.0);
    }
}

fn deviation(factor: f64, method: &Method<f64>, steps: usize, seed: u64) -> Result<f64, String> {
    let (dimension, strength) = (9_usize, 1.0 + (seed % 7) as f64);
    let rho = 0.15 + 0.1 * (seed % 8) as f64;
    let init = 0.05;
    let step_size = 0.3 / (strength + 1.0).powi(2) / dimension as f64;
    let along = |rho: f64| libm::sqrt(1.0 - rho * rho);
    let mut variances = vec![1.0; dimension];
    variances[dimension - 1] = 1.0 + strength;
    let mut signal = DVector::zeros(dimension);
    (signal[0], signal[dimension - 1]) = (along(rho), rho);
    let risk = DenseRisk::new(CovarianceMatrix::diagonal(variances).map_err(text)?, signal.clone()).map_err(text)?;
    let start = orthogonal_start(dimension, dimension, init, seed).map_err(text)?;
    let mut dense = Recursion::new(&risk, method.clone(), step_size, start).map_err(text)?;

    let claimed = factor * rho;
    let spectrum = TiltedSpectrum::overlap(strength, dimension as u64, claimed).map_err(text)?;
    let tilted = BlockRisk::tilted(&spectrum).map_err(text)?;
    let start = BlockWeights::equal_start(&spectrum, init).map_err(text)?;
    let mut block = Recursion::new(&tilted, method.clone(), step_size, start).map_err(text)?;
    let mut largest = 0.0_f64;
    for _ in 0..steps {
        dense.step().map_err(|stop| stop.to_string())?;
        block.step().map_err(|stop| stop.to_string())?;
        for direction in [[along(rho), rho], [-rho, along(rho)]] {
            let mut full = vec![0.0; dimension];
            (full[0], full[dimension - 1]) = (direction[0], direction[1]);
            largest =
                largest.max((overlap(dense.weights(), &full) - overlap(&block.weights().block, &direction)).abs());
        }
    }
    let rounding = 1e3 * steps as f64 * dimension as f64 * f64::EPSILON;
    Ok(largest / rounding)
}

/// Rates of the linearisation at W = 0: their product `product mu s*^2`, their sum `s* (mu + 1) + twice (1 - rho^2 + mu^2 rho^2)`.
fn early_tilt(constants: &[f64], trial: &mut Trial) {
    let [product, twice] = constants else { unreachable!("two constants") };
    for strength in [0.5, 2.0, 20.0, 1000.0] {
        for rho in [0.0, 0.1, 0.5, 0.9] {
            let mu = 1.0 + strength;
            let energy = 1.0 + strength * rho * rho;
            let what = format!("lambda = {strength}, rho = {rho}");
            match linearisation(strength, rho) {
                Err(reason) => trial.unknown(what, reason),
                Ok(matrix) => {
                    // A few dozen roundings of numbers that do not cancel; the start's own cubic terms are 2^-80 of the linear ones.
                    let slack = 64.0 * f64::EPSILON;
                    let found = Enclosure::ladder(matrix.determinant(), matrix.determinant());
                    let stated = product * mu * energy * energy;
                    // The determinant of a 2 x 2 matrix cancels at most as much as its product of diagonal entries is larger.
                    let lost = (matrix[(0, 0)] * matrix[(1, 1)] / stated).abs().max(1.0);
                    trial.near(format!("r_1 r_2, {what}"), found, stated, slack * lost * stated);
                    let sum = energy * (mu + 1.0) + twice * (1.0 - rho * rho + mu * mu * rho * rho);
                    trial.near(
                        format!("r_1 + r_2, {what}"),
                        Enclosure::ladder(matrix.trace(), matrix.trace()),
                        sum,
                        slack * sum,
                    );
                }
            }
        }
    }
}

/// Minus the block's gradient at `M = 2^-40 I`, over `2^-40`.
fn linearisation(strength: f64, rho: f64) -> Result<DMatrix<f64>, String> {
    let small = libm::exp2(-40.0);
    let spectrum = TiltedSpectrum::overlap(strength, 100, rho).map_err(text)?;
    let risk = BlockRisk::tilted(&spectrum).map_err(text)?;
    let start = BlockWeights::equal_start(&spectrum, small).map_err(text)?;
    let mut gradient = start.clone();
    (&risk).gradient(&start, &mut gradient);
    Ok(gradient.block / -small)
}

/// The spike gains on the signal at the start if and only if `lambda - c_0 + c_1 lambda^2 rho^2 > alpha^2 lambda (3 lambda + d + c_2)`, and
/// then is amplified.
fn threshold(constants: &[f64], trial: &mut Trial) {
    let [c0, c1, c2] = constants else { unreachable!("three constants") };
    let (mut wrong, mut points) = (0, 0);
    for strength in [0.9, 1.5, 2.5, 20.0, 300.0] {
        for rho in [0.0, 0.05, 0.3, 0.6, 0.9] {
            for dimension in [3_u64, 100, 10_000] {
                let d = dimension as f64;
                let edge =
                    (strength - c0 + c1 * (strength * rho) * (strength * rho)) / (strength * (3.0 * strength + d + c2));
                if edge <= 0.0 {
                    continue;
                }
                for side in [-1.0, 1.0] {
                    points += 1;
                    match gain(strength, dimension, rho, libm::sqrt(edge * (1.0 + 1e-6 * side))) {
                        Ok(gain) => wrong += usize::from((gain > 0.0) != (side < 0.0)),
                        Err(reason) => return trial.unknown("gradient at the start", reason),
                    }
                }
            }
        }
    }
    // The sides are 1e-6 off the edge, the gradient's rounding is nine orders below that.
    let what =
        format!("sign of the spike's gain at the start, a millionth off the curve, {points} points: wrong signs");
    trial.at_most(what, Enclosure::ladder(wrong as f64, wrong as f64), 0.0);
    for (strength, rho) in [(1.6, 0.3), (1.0, 0.6), (5.0, 0.1), (0.9, 0.9)] {
        let edge =
            (strength - c0 + c1 * (strength * rho) * (strength * rho)) / (strength * (3.0 * strength + 100.0 + c2));
        let init = libm::sqrt(0.5 * edge.max(1e-12));
        let what = format!("amplification at half the curve's alpha^2, lambda = {strength}, rho = {rho}, d = 100");
        let found = amplification(strength, rho, init);
        trial.found(&what, found, |trial, found| trial.at_least(&what, found, 1.0 + 1e3 * ACCURACY));
    }
}

/// The amplification of GD's flow for a signal of overlap rho with the spike, d = 100: of the covariance's own flow, to its accuracy.
pub(super) fn amplification(strength: f64, rho: f64, init: f64) -> Result<Enclosure, String> {
    let covariance = Covariance::Spiked { strength, dimension: 100 };
    let setting = Setting { signal: Signal::Overlap(rho), ..Setting::new(covariance, init, Method::GradientDescent) };
    match measure(&setting, Observable::Amplification, None) {
        Measured { value: Some(value), status: Status::Ok } => Ok(Enclosure::observed(value)),
        measured => Err(measured.status.to_string()),
    }
}

/// `alpha^2/2` times the derivative of `log(v'Sv/w*'Sw*)` at the equal start.
fn gain(strength: f64, dimension: u64, rho: f64, init: f64) -> Result<f64, String> {
    let spectrum = TiltedSpectrum::overlap(strength, dimension, rho).map_err(text)?;
    let risk = BlockRisk::tilted(&spectrum).map_err(text)?;
    let start = BlockWeights::equal_start(&spectrum, init).map_err(text)?;
    let mut gradient = start.clone();
    (&risk).gradient(&start, &mut gradient);
    let form = |x: [f64; 2]| {
        let x = DVector::from_row_slice(&x);
        -init * x.dot(&(&gradient.block * &x))
    };
    Ok(form([0.0, 1.0]) - form([libm::sqrt(1.0 - rho * rho), rho]))
}
