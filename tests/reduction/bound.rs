//! How far two ways of computing the same steps may come apart.

use specdyn::descent::Method;

/// Below this share of the largest singular value of a gradient its polar factor is ill-conditioned: sliding begins.
const ILL_CONDITIONED: f64 = 1e-5;

/// A bound on the distance that still tells equal dynamics from different ones.
pub(crate) const TELLING: f64 = 1e-9;

pub(crate) struct Bound {
    pub(crate) error: f64,
    pub(crate) variance: f64,
    pub(crate) total_variance: f64,
    dimension: f64,
    power: f64,
}

impl Bound {
    pub(crate) fn new(variances: &[f64], method: &Method, start: f64) -> Self {
        let dimension = variances.len() as f64;
        let power = match method {
            Method::GradientDescent => 1.0,
            Method::Spectral => 0.0,
            Method::Power(p) => *p,
        };
        let variance = variances.iter().fold(0.0_f64, |m, q| m.max(*q));
        let mut bound = Self { error: 0.0, variance, total_variance: variances.iter().sum(), dimension, power };
        bound.error = bound.ulps() * start * dimension.sqrt();
        bound
    }

    pub(crate) fn ulps(&self) -> f64 {
        8.0 * self.dimension * f64::EPSILON
    }

    /// One step from weights of operator norm `w`, where the gradient's smallest singular value is `sigma_min`.
    pub(crate) fn step(&mut self, step_size: f64, w: f64, sigma_min: f64) {
        let (q, total) = (self.variance, self.total_variance);
        let excess = 1.0 + w * w;
        let gradient = (2.0 * q * q + q * total) * excess * w;
        let derivative = (2.0 * q * q + q * total) * (excess + 2.0 * w * w);
        let rounding = self.ulps() * gradient * self.dimension.sqrt();
        let direction = if self.power == 1.0 { 1.0 } else { sigma_min.powf(self.power - 1.0) };
        self.error += step_size * direction * (derivative * self.error + rounding) + self.ulps() * w;
    }
}

pub(crate) fn well_conditioned(singular_values: impl Iterator<Item = f64> + Clone) -> Option<f64> {
    let largest = singular_values.clone().fold(0.0, f64::max);
    let smallest = singular_values.fold(f64::INFINITY, f64::min);
    (smallest > ILL_CONDITIONED * largest).then_some(smallest)
}
