//! Claims of `derivations/model.md`.

use super::instances::{exact_spectrum, integer, positive_rational};
use super::{Claim, Enclosure, Sabotage, Standing, Trial};
use crate::descent::Method;
use crate::risk::DenseRisk;
use crate::risk::manifold::{bracket, excess, excess_energy, gradient};
use crate::scalar::{DomainError, Rational, Scalar};
use crate::spectrum::CovarianceMatrix;
use crate::trajectory::Recursion;
use crate::weights::{gaussian_start, orthogonal_start};
use nalgebra::DVector;

pub(super) const CLAIMS: &[Claim] = &[
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

/// `W_0 -> W_0 O` turns every iterate W into W O, where O is a rotation of the width whose first column is stretched by `stretch`.
fn equivariance(constants: &[f64], trial: &mut Trial) {
    let stretch = constants[0];
    let count = trial.count(20, 5);
    let (dimension, width, steps) = (8, 8, 10);
    for (name, method) in
        [("GD", Method::GradientDescent), ("SpecGD", Method::Spectral), ("power 1/2", Method::Power(0.5))]
    {
        let mut largest = 0.0_f64;
        for k in 0..count as u64 {
            match deviation(dimension, width, steps, &method, stretch, trial.seed() + k) {
                Ok(found) => largest = if found <= largest { largest } else { found },
                Err(reason) => return trial.unknown("equivariance", reason),
            }
        }
        let what =
            format!("{name}, {count} dense runs of {steps} steps: largest |W(W_0 O) - W(W_0) O| over its rounding");
        trial.at_most(what, Enclosure::observed(largest), 1.0);
    }
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
    let variances = (0..dimension).map(|i| 1.0 / (1.0 + i as f64)).collect();
    let signal = DVector::from_fn(dimension, |i, _| if i % 2 == 0 { 0.5 } else { 0.0 });
    let risk = DenseRisk::new(CovarianceMatrix::diagonal(variances).map_err(text)?, signal).map_err(text)?;
    let start = gaussian_start(dimension, width, 1.0, seed).map_err(text)?;
    let mut turn = orthogonal_start(width, width, 1.0, seed ^ 0xABCD).map_err(text)?;
    turn.column_mut(0).scale_mut(stretch);
    let step_size = 0.01;
    let mut plain = Recursion::new(&risk, method.clone(), step_size, start.clone()).map_err(text)?;
    let mut turned = Recursion::new(&risk, method.clone(), step_size, &start * &turn).map_err(text)?;
    for _ in 0..steps {
        plain.step().map_err(|stop| stop.to_string())?;
        turned.step().map_err(|stop| stop.to_string())?;
    }
    // A polar factor of a Gaussian gradient of this size has a condition below 1e4 in all but a fraction of instances; a step
    // commits d roundings, enlarged by that.
    let rounding = 1e4 * steps as f64 * (dimension * width) as f64 * f64::EPSILON;
    Ok((turned.weights() - plain.weights() * &turn).amax() / rounding)
}
