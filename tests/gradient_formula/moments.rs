//! The closed form equals the moments that define it, with no rounding at all.

use crate::instance::{Exact, Instance, ratio};
use crate::wick::moment;
use nalgebra::{DMatrix, DVector};
use num_traits::{One, Zero};

/// `1/4 E[(f - y)^2]`, from fourth moments.
pub(crate) fn risk(model: &Instance) -> Exact {
    let residual = model.residual();
    let mut sum = Exact::zero();
    for (s, l) in &residual {
        for (t, k) in &residual {
            sum += s * t * moment(&[l, l, k, k], &model.covariance);
        }
    }
    sum * ratio(1, 4)
}

/// `E[(f - y) x x'] W`, from fourth moments.
fn gradient(model: &Instance) -> DMatrix<Exact> {
    DMatrix::from_fn(model.weights.nrows(), model.weights.ncols(), |i, r| {
        let (e, w) = (unit(model, i), model.weights.column(r).clone_owned());
        model.residual().iter().map(|(s, l)| s * moment(&[l, l, &e, &w], &model.covariance)).sum()
    })
}

fn unit(model: &Instance, i: usize) -> DVector<Exact> {
    DVector::from_fn(model.signal.len(), |k, _| if k == i { Exact::one() } else { Exact::zero() })
}

/// `E[((f - y) x_i (w_r' x))^2]`, from eighth moments: the second moment of one sample's gradient.
pub(crate) fn squared_sample_gradient(model: &Instance, i: usize, r: usize) -> Exact {
    let (e, w, residual) = (unit(model, i), model.weights.column(r).clone_owned(), model.residual());
    let mut sum = Exact::zero();
    for (s, l) in &residual {
        for (t, k) in &residual {
            sum += s * t * moment(&[l, l, k, k, &e, &e, &w, &w], &model.covariance);
        }
    }
    sum
}

/// `E[(1/4 (f - y)^2)^2]`, from eighth moments.
pub(crate) fn squared_sample_loss(model: &Instance) -> Exact {
    let residual = model.residual();
    let mut sum = Exact::zero();
    for (s, l) in &residual {
        for (t, k) in &residual {
            for (u, m) in &residual {
                for (v, n) in &residual {
                    sum += s * t * u * v * moment(&[l, l, k, k, m, m, n, n], &model.covariance);
                }
            }
        }
    }
    sum * ratio(1, 16)
}

#[test]
fn risk_is_a_quarter_of_the_mean_squared_error() {
    for model in Instance::all(8) {
        assert_eq!(model.risk(), risk(&model), "seed {}", model.seed);
    }
}

#[test]
fn gradient_is_the_mean_of_the_sample_gradients() {
    for model in Instance::all(8) {
        assert_eq!(model.gradient(2), gradient(&model), "seed {}", model.seed);
    }
}

#[test]
fn a_wrong_factor_in_the_gradient_is_noticed() {
    for model in Instance::all(8).filter(|model| model.gradient(2) != model.gradient(1)) {
        assert_ne!(model.gradient(1), gradient(&model), "seed {}", model.seed);
        assert_ne!(model.gradient(3), gradient(&model), "seed {}", model.seed);
    }
}
