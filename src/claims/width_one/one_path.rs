//! At width one a step of any spectral power is a step along the gradient.

use super::super::{Enclosure, Trial};
use crate::descent::Method;
use crate::risk::{DenseRisk, Landscape};
use crate::spectrum::CovarianceMatrix;
use crate::trajectory::Recursion;
use nalgebra::{DMatrix, DVector};

/// The step of the power p is `||g||^(p - shift) g`, with `shift` one; through the dense polar factor.
pub(in super::super) fn one_path(constants: &[f64], trial: &mut Trial) {
    let shift = constants[0];
    let count = trial.count(200, 50);
    for (p, method) in [(0.0, Method::Spectral), (0.5, Method::Power(0.5)), (1.0, Method::GradientDescent)] {
        let mut largest = 0.0_f64;
        for k in 0..count as u64 {
            match miss(p, &method, shift, trial, k) {
                Ok(found) => largest = if found <= largest { largest } else { found },
                Err(reason) => return trial.unknown("a step", reason),
            }
        }
        let what = format!(
            "p = {p}, {count} random models, d = 6: largest |step - ||g||^(p-1) g|, over ||g||^p and its rounding"
        );
        trial.at_most(what, Enclosure::observed(largest), 1.0);
    }
}

fn miss(p: f64, method: &Method<f64>, shift: f64, trial: &Trial, stream: u64) -> Result<f64, String> {
    let dimension = 6;
    let mut normals = trial.normals(500 + stream);
    let variances = (1..=dimension).map(|i| libm::pow(f64::from(i), -1.5)).collect();
    let signal = DVector::from_fn(dimension as usize, |_, _| normals.next());
    let w = DMatrix::from_fn(dimension as usize, 1, |_, _| normals.next());
    let covariance = CovarianceMatrix::diagonal(variances).map_err(|error| error.to_string())?;
    let risk = DenseRisk::new(covariance, signal).map_err(|error| error.to_string())?;
    let mut gradient = DMatrix::zeros(dimension as usize, 1);
    (&risk).gradient(&w, &mut gradient);
    let size = gradient.norm();
    let step_size = 1.0;
    let mut recursion =
        Recursion::new(&risk, method.clone(), step_size, w.clone()).map_err(|error| error.to_string())?;
    recursion.step().map_err(|stop| stop.to_string())?;
    let step = w.clone() - recursion.weights();
    let claimed = gradient * libm::pow(size, p - shift);
    // The step is a difference of weights: a few roundings of them, and of a polar factor of one column.
    let rounding = 64.0 * f64::EPSILON * (1.0 + (w.norm() + step.norm()) / libm::pow(size, p));
    Ok((step - claimed).norm() / libm::pow(size, p) / rounding)
}
