//! The gradient is the derivative of the risk.
//!
//! The risk is a polynomial of degree four in each entry of W, so one Richardson step on central differences,
//! `(4 D(h) - D(2h))/3` with `D(h) = (R(h) - R(-h))/(2h)`, leaves no truncation error: in rational arithmetic the result is
//! the derivative, in doubles it is the derivative up to the rounding of the risk.

use crate::instance::{Exact, Instance, double, ratio};
use crate::moments;
use nalgebra::{DMatrix, DVector};

/// `risk` of the model with entry (i, r) of W moved by `by`.
fn moved(model: &Instance, (i, r): (usize, usize), by: Exact, risk: impl Fn(&Instance) -> Exact) -> Exact {
    let mut weights = model.weights.clone();
    weights[(i, r)] += by;
    let (factor, covariance, signal) = (model.factor.clone(), model.covariance.clone(), model.signal.clone());
    risk(&Instance { seed: model.seed, factor, covariance, signal, weights })
}

fn derivative(model: &Instance, entry: (usize, usize), risk: impl Fn(&Instance) -> Exact) -> Exact {
    let central = |h: Exact| {
        let difference = moved(model, entry, h.clone(), &risk) - moved(model, entry, -h.clone(), &risk);
        difference / (h * ratio(2, 1))
    };
    (central(ratio(1, 3)) * ratio(4, 1) - central(ratio(2, 3))) / ratio(3, 1)
}

#[test]
fn gradient_is_the_derivative_of_the_mean_squared_error_exactly() {
    for model in Instance::all(2) {
        let gradient = model.gradient(2);
        for i in 0..gradient.nrows() {
            for r in 0..gradient.ncols() {
                assert_eq!(gradient[(i, r)], derivative(&model, (i, r), moments::risk), "seed {}", model.seed);
            }
        }
    }
}

struct Doubles {
    q: DMatrix<f64>,
    signal: DVector<f64>,
    w: DMatrix<f64>,
}

impl Doubles {
    fn risk(&self) -> f64 {
        let d = &self.w * self.w.transpose() - &self.signal * self.signal.transpose();
        let qd = &self.q * d;
        (&qd * &qd).trace() / 2.0 + qd.trace() * qd.trace() / 4.0
    }

    /// A bound on the rounding error of `risk`: at most `4 d + m + 8` roundings on the way of any product of inputs to the
    /// result, each with a relative error of at most u, so the same sum with absolute values times `k u/(1 - k u)`.
    fn rounding(&self) -> f64 {
        let (d, m) = (self.w.nrows() as f64, self.w.ncols() as f64);
        let d_abs = self.w.abs() * self.w.abs().transpose() + self.signal.abs() * self.signal.abs().transpose();
        let qd = self.q.abs() * d_abs;
        let size = (&qd * &qd).trace() / 2.0 + qd.trace() * qd.trace() / 4.0;
        let k = (4.0 * d + m + 8.0) * (f64::EPSILON / 2.0);
        k / (1.0 - k) * size
    }
}

#[test]
fn richardson_differences_of_the_risk_give_the_gradient_to_the_rounding_of_the_risk() {
    let h = 1.0 / 16.0;
    for seed in 0..20 {
        let exact = Instance::random(seed, 5, 4);
        let gradient = exact.gradient(2).map(|x| double(&x));
        let base = Doubles {
            q: exact.covariance.map(|x| double(&x)),
            signal: exact.signal.map(|x| double(&x)),
            w: exact.weights.map(|x| double(&x)),
        };
        for i in 0..5 {
            for r in 0..4 {
                let at = |by: f64| {
                    let mut w = base.w.clone();
                    w[(i, r)] += by;
                    let moved = Doubles { q: base.q.clone(), signal: base.signal.clone(), w };
                    (moved.risk(), moved.rounding())
                };
                let [(a, ea), (b, eb), (c, ec), (e, ee)] = [at(h), at(-h), at(2.0 * h), at(-2.0 * h)];
                let (near, far) = ((a - b) / (2.0 * h), (c - e) / (4.0 * h));
                // inputs rounded to doubles and shifted: two more roundings on each of four factors, counted as eight
                let rounding = (8.0 * (ea + eb) + (ec + ee)) / (12.0 * h) * 2.0;
                let richardson = (4.0 * near - far) / 3.0;
                let g = gradient[(i, r)];
                assert!((richardson - g).abs() <= rounding, "seed {seed}: {richardson} against {g} +- {rounding}");
                // central differences alone are of order two: twice the step, four times the error
                let order = ((far - g) - 4.0 * (near - g)).abs();
                assert!(order <= 6.0 * rounding, "seed {seed}: {order} against {rounding}");
            }
        }
    }
}
