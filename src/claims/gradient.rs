//! Claims of `derivations/gradient.md`: the closed forms against the Gaussian expectation, without rounding and without Wick's rule.
//!
//! Three points with weights 1/6, 2/3, 1/6 at `-sqrt 3, 0, sqrt 3` have the moments of a standard normal up to order five. Both
//! risk and gradient are expectations of polynomials of degree four in x = L z, so the product rule of `3^d` points gives them
//! exactly; `sqrt 3` occurs in even powers only. With small integers in L, W and the signal, and halves in the weights of the rule
//! cleared by `6^d`, every operation on doubles is exact as well.

use super::instances::integer;
use super::{Claim, Sabotage, Standing, Trial};
use crate::risk::{DenseRisk, Landscape};
use crate::spectrum::CovarianceMatrix;
use nalgebra::{DMatrix, DVector};

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "gradient.risk-formula",
        standing: Standing::Theorem,
        constants: &[0.5, 0.25],
        check: risk_formula,
        sabotaged: &[
            Sabotage { name: "1/2 off by 1 %", constants: &[0.505, 0.25] },
            Sabotage { name: "1/4 off by 1 %", constants: &[0.5, 0.2475] },
            Sabotage { name: "wrong sign of the second term", constants: &[0.5, -0.25] },
        ],
        diagram: None,
    },
    Claim {
        id: "gradient.gradient-formula",
        standing: Standing::Theorem,
        constants: &[2.0, 1.0],
        check: gradient_formula,
        sabotaged: &[
            Sabotage { name: "2 becomes 2.02", constants: &[2.02, 1.0] },
            Sabotage { name: "2 becomes 1", constants: &[1.0, 1.0] },
            Sabotage { name: "wrong sign of tau", constants: &[2.0, -1.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "gradient.second-moment",
        standing: Standing::Theorem,
        constants: &[1.0, 1.0],
        check: second_moment,
        sabotaged: &[
            Sabotage { name: "1 % faster", constants: &[1.01, 1.0] },
            Sabotage { name: "wrong sign", constants: &[-1.0, 1.0] },
            Sabotage { name: "the second-order term doubled", constants: &[1.0, 2.0] },
        ],
        diagram: None,
    },
];

/// A random model whose numbers are small integers.
pub(super) struct Model {
    factor: DMatrix<f64>,
    pub(super) weights: DMatrix<f64>,
    pub(super) signal: DVector<f64>,
    pub(super) risk: DenseRisk,
}

impl Model {
    pub(super) fn random(dimension: usize, width: usize, trial: &Trial, stream: u64) -> Result<Self, String> {
        let mut normals = trial.normals(stream);
        let mut next = |size: i64| integer(&mut normals, size) as f64;
        let factor = DMatrix::from_fn(dimension, dimension, |i, j| if i == j { 2.0 } else { next(1) });
        let weights = DMatrix::from_fn(dimension, width, |_, _| next(1));
        let mut signal = DVector::from_fn(dimension, |_, _| next(1));
        if signal.norm() == 0.0 {
            signal[0] = 1.0;
        }
        let covariance = CovarianceMatrix::full(&factor * factor.transpose()).map_err(|error| error.to_string())?;
        let risk = DenseRisk::new(covariance, signal.clone()).map_err(|error| error.to_string())?;
        Ok(Self { factor, weights, signal, risk })
    }

    /// Calls `f(weight, x, x'Dx)` for every point of the product rule and returns the sum of the weights, `6^d`; x is handed over
    /// without its factor `sqrt 3`.
    pub(super) fn expectation(&self, mut f: impl FnMut(f64, &DVector<f64>, f64)) -> f64 {
        let d = self.signal.len();
        let points = 3_usize.pow(d as u32);
        for index in 0..points {
            let (mut rest, mut weight) = (index, 1.0);
            let z = DVector::from_fn(d, |_, _| {
                let digit = rest % 3;
                rest /= 3;
                weight *= if digit == 1 { 4.0 } else { 1.0 };
                digit as f64 - 1.0
            });
            let x = &self.factor * z;
            let excess = 3.0 * ((self.weights.transpose() * &x).norm_squared() - self.signal.dot(&x).powi(2));
            f(weight, &x, excess);
        }
        6.0_f64.powi(d as i32)
    }
}

/// Counts, over random models of integers, the differences that `differences_in` finds in each; `how` they are compared, in words.
fn integer_models(trial: &mut Trial, how: &str, differences_in: impl Fn(&Model) -> usize) {
    let count = trial.count(300, 60);
    let mut differences = 0;
    for k in 0..count {
        match Model::random(2 + k % 2, 1 + k % 4, trial, k as u64) {
            Ok(model) => differences += differences_in(&model),
            Err(reason) => return trial.unknown("a random model", reason),
        }
    }
    trial.equal(format!("{count} integer models, d = 2 and 3, width 1 to 4, {how}: differences"), differences);
}

/// `R = first tr(QDQD) + second tau^2`.
fn risk_formula(constants: &[f64], trial: &mut Trial) {
    let [first, second] = constants else { unreachable!("two constants") };
    integer_models(trial, "against an exact expectation", |model| {
        let mut mean = 0.0;
        let total = model.expectation(|weight, _, excess| mean += weight * excess * excess);
        let (quadratic, tau) = model.risk.excess_moments(&model.weights);
        // Everything times 6^d; a quarter of the mean square.
        let claimed = total * (first * quadratic + second * tau * tau);
        usize::from(0.25 * mean != claimed)
            + usize::from(0.25 * mean != total * model.risk.population_risk(&model.weights))
    });
}

/// `G = (first QDQ + second tau Q) W`.
fn gradient_formula(constants: &[f64], trial: &mut Trial) {
    let [first, second] = constants else { unreachable!("two constants") };
    integer_models(trial, "against an exact expectation", |model| {
        let d = model.signal.len();
        let mut mean = DMatrix::zeros(d, model.weights.ncols());
        // E[(x'Dx) x x'] W; the square of sqrt 3 for x x'.
        let total = model.expectation(|weight, x, excess| {
            mean += x * (x.transpose() * &model.weights) * (3.0 * weight * excess);
        });
        let mut gradient = DMatrix::zeros(d, model.weights.ncols());
        (&model.risk).gradient(&model.weights, &mut gradient);
        let (_, tau) = model.risk.excess_moments(&model.weights);
        let energy = model.risk.covariance().times(&model.weights) * tau;
        let claimed = ((&gradient - &energy) * (first / 2.0) + energy * *second) * total;
        usize::from(mean != claimed)
    });
}

/// `S -> S - first eta (A S + S A) + second eta^2 A S A` for a step of GD, `A = 2 QDQ + tau Q`; with `eta = 1`.
fn second_moment(constants: &[f64], trial: &mut Trial) {
    let [first, second] = constants else { unreachable!("two constants") };
    integer_models(trial, "a step each, exactly", |model| {
        let (w, d) = (&model.weights, model.signal.len());
        let mut gradient = DMatrix::zeros(d, w.ncols());
        (&model.risk).gradient(w, &mut gradient);
        let step = w - &gradient;
        let s = w * w.transpose();
        let excess = &s - &model.signal * model.signal.transpose();
        let q = &model.factor * model.factor.transpose();
        let a = &q * &excess * &q * 2.0 + &q * (&q * &excess).trace();
        let claimed = &s - (&a * &s + &s * &a) * *first + &a * &s * &a * *second;
        usize::from(&step * step.transpose() != claimed)
    });
}
