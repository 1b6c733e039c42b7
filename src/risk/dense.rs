use super::Landscape;
use crate::scalar::DomainError;
use crate::spectrum::Covariance;
use nalgebra::{DMatrix, DVector};

/// The population risk of a dense matrix `W in R^{d x m}`, for any covariance and any signal, `derivations/gradient.md`:
///
/// `R = 1/2 tr(QDQD) + 1/4 tau^2`, `G = (2 QDQ + tau Q) W`, with `D = W W' - w* w*'` and `tau = tr(QD)`.
#[derive(Clone, Debug)]
pub struct DenseRisk {
    covariance: Covariance,
    signal: DMatrix<f64>,
    weighted_signal: DMatrix<f64>,
    signal_energy: f64,
}

impl DenseRisk {
    /// Covariance Q and signal w* (of any length: the model has 1).
    ///
    /// # Errors
    /// A signal of another dimension than Q's, zero or not finite.
    pub fn new(covariance: Covariance, signal: DVector<f64>) -> Result<Self, DomainError> {
        let dimension = covariance.dimension();
        if signal.len() != dimension {
            return Err(DomainError::new("signal", signal.len(), format!("{dimension} components, as the covariance")));
        }
        let length = signal.norm();
        if !(length.is_finite() && length > 0.0) {
            return Err(DomainError::new("signal", length, "a vector of finite length > 0"));
        }
        let signal = DMatrix::from_column_slice(dimension, 1, signal.as_slice());
        let weighted_signal = covariance.times(&signal);
        let signal_energy = signal.dot(&weighted_signal);
        Ok(Self { covariance, signal, weighted_signal, signal_energy })
    }

    /// Covariance Q.
    pub fn covariance(&self) -> &Covariance {
        &self.covariance
    }

    /// Signal w*, d x 1.
    pub fn signal(&self) -> &DMatrix<f64> {
        &self.signal
    }

    /// `Q w*`, d x 1.
    pub fn weighted_signal(&self) -> &DMatrix<f64> {
        &self.weighted_signal
    }

    /// `w*'Q w*`.
    pub fn signal_energy(&self) -> f64 {
        self.signal_energy
    }

    /// Population risk (quarter normalisation).
    pub fn population_risk(&self, weights: &DMatrix<f64>) -> f64 {
        let (quadratic, tau) = self.excess_moments(weights);
        quadratic / 2.0 + tau * tau / 4.0
    }

    /// `(tr(QDQD), tr(QD))`, small where D is small: D is formed before anything is subtracted from anything else.
    ///
    /// With `[W w*] = P [A x]`, P orthonormal, `D = P (A A' - x x') P'` is a matrix of size `min(d, m + 1)`.
    pub fn excess_moments(&self, weights: &DMatrix<f64>) -> (f64, f64) {
        let (d, m) = weights.shape();
        let (k, excess) = if m + 1 < d {
            let mut both = weights.clone().insert_column(m, 0.0);
            both.column_mut(m).copy_from(&self.signal);
            let qr = both.qr();
            let (p, r) = (qr.q(), qr.r());
            let (a, x) = (r.columns(0, m), r.column(m));
            (p.transpose() * self.covariance.times(&p), a * a.transpose() - x * x.transpose())
        } else {
            let excess = weights * weights.transpose() - &self.signal * self.signal.transpose();
            (DMatrix::zeros(0, 0), excess)
        };
        let qd = if k.is_empty() { self.covariance.times(&excess) } else { k * excess };
        (qd.dot(&qd.transpose()), qd.trace())
    }

    /// Writes `G = (2 QDQ + tau Q) W` and returns tau, to which `extra` is added: the energy of directions outside W.
    pub(crate) fn gradient_with(&self, weights: &DMatrix<f64>, extra: f64, gradient: &mut DMatrix<f64>) -> f64 {
        let (d, m) = weights.shape();
        if m <= d {
            // G = Q W (2 W'QW + tau I) - 2 (Q w*)(w*'Q W): nothing of size d x d, and O(d m^2) for a diagonal Q.
            let qw = self.covariance.times(weights);
            let mut bracket = weights.transpose() * &qw;
            let tau = bracket.trace() - self.signal_energy + extra;
            bracket *= 2.0;
            for j in 0..m {
                bracket[(j, j)] += tau;
            }
            gradient.gemm(1.0, &qw, &bracket, 0.0);
            let along_signal = self.weighted_signal.transpose() * weights;
            gradient.gemm(-2.0, &self.weighted_signal, &along_signal, 1.0);
            tau
        } else {
            let excess = weights * weights.transpose() - &self.signal * self.signal.transpose();
            let qd = self.covariance.times(&excess);
            let tau = qd.trace() + extra;
            // 2 QDQ + tau Q = Q (2 (QD)' + tau I)
            let mut bracket = qd.transpose() * 2.0;
            for j in 0..d {
                bracket[(j, j)] += tau;
            }
            gradient.gemm(1.0, &self.covariance.times(&bracket), weights, 0.0);
            tau
        }
    }
}

impl Landscape<DMatrix<f64>> for &DenseRisk {
    fn gradient(&mut self, weights: &DMatrix<f64>, gradient: &mut DMatrix<f64>) {
        self.gradient_with(weights, 0.0, gradient);
    }
}
