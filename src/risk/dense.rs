use super::Landscape;
use crate::product::{dense_product, dense_transposed_product};
use crate::scalar::DomainError;
use crate::spectrum::CovarianceMatrix;
use nalgebra::{DMatrix, DVector};

/// The population risk of a dense matrix `W in R^{d x m}`, for any covariance and any signal, `derivations/gradient.md`:
///
/// `R = 1/2 tr(QDQD) + 1/4 tau^2`, `G = (2 QDQ + tau Q) W`, with `D = W W' - w* w*'` and `tau = tr(QD)`.
#[derive(Clone, Debug)]
pub struct DenseRisk {
    covariance: CovarianceMatrix,
    signal: DMatrix<f64>,
    weighted_signal: DMatrix<f64>,
    signal_energy: f64,
}

impl DenseRisk {
    /// Covariance Q and signal w* (of any length: the model has 1).
    ///
    /// # Errors
    /// A signal of another dimension than Q's, zero or not finite.
    pub fn new(covariance: CovarianceMatrix, signal: DVector<f64>) -> Result<Self, DomainError> {
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
    pub fn covariance(&self) -> &CovarianceMatrix {
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
            let projected = dense_transposed_product(&p, &self.covariance.times(&p));
            (projected, outer(&a.into_owned()) - x * x.transpose())
        } else {
            let excess = outer(weights) - &self.signal * self.signal.transpose();
            (DMatrix::zeros(0, 0), excess)
        };
        let qd = if k.is_empty() { self.covariance.times(&excess) } else { dense_product(&k, &excess) };
        (qd.dot(&qd.transpose()), qd.trace())
    }

    /// Writes `G = (2 QDQ + tau Q) W` and returns tau, to which `extra` is added: the energy of directions outside W.
    pub(crate) fn gradient_with(&self, weights: &DMatrix<f64>, extra: f64, gradient: &mut DMatrix<f64>) -> f64 {
        let (d, m) = weights.shape();
        if m <= d {
            // G = Q W (2 W'QW + tau I) - 2 (Q w*)(w*'Q W): nothing of size d x d, and O(d m^2) for a diagonal Q.
            let qw = self.covariance.times(weights);
            let mut bracket = dense_transposed_product(weights, &qw);
            let tau = bracket.trace() - self.signal_energy + extra;
            bracket *= 2.0;
            for j in 0..m {
                bracket[(j, j)] += tau;
            }
            gradient.copy_from(&dense_product(&qw, &bracket));
            let along_signal = self.weighted_signal.tr_mul(weights);
            gradient.gemm(-2.0, &self.weighted_signal, &along_signal, 1.0);
            tau
        } else {
            let excess = outer(weights) - &self.signal * self.signal.transpose();
            let qd = self.covariance.times(&excess);
            let tau = qd.trace() + extra;
            // 2 QDQ + tau Q = Q (2 (QD)' + tau I)
            let mut bracket = qd.transpose() * 2.0;
            for j in 0..d {
                bracket[(j, j)] += tau;
            }
            gradient.copy_from(&dense_product(&self.covariance.times(&bracket), weights));
            tau
        }
    }
}

/// `W W'`.
fn outer(weights: &DMatrix<f64>) -> DMatrix<f64> {
    dense_product(weights, &weights.transpose())
}

impl Landscape<DMatrix<f64>> for &DenseRisk {
    fn admit(&self, weights: &DMatrix<f64>) -> Result<(), DomainError> {
        let (rows, width) = weights.shape();
        let dimension = self.covariance.dimension();
        if rows == dimension && width > 0 {
            return Ok(());
        }
        Err(DomainError::new("start", format!("a {rows} x {width} matrix"), format!("{dimension} rows, width >= 1")))
    }

    fn gradient(&mut self, weights: &DMatrix<f64>, gradient: &mut DMatrix<f64>) {
        self.gradient_with(weights, 0.0, gradient);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spectrum::Spectrum;
    use crate::weights::gaussian_start;

    fn risk(d: usize) -> DenseRisk {
        let a = gaussian_start(d, d, 1.0, 1).unwrap();
        let signal = gaussian_start(d, 1, 1.0, 2).unwrap().normalize();
        let q = &a * a.transpose();
        DenseRisk::new(CovarianceMatrix::full(q).unwrap(), DVector::from_column_slice(signal.as_slice())).unwrap()
    }

    /// `G = (2 QDQ + tau Q) W` as the page has it.
    fn page(risk: &DenseRisk, w: &DMatrix<f64>) -> (DMatrix<f64>, f64) {
        let CovarianceMatrix::Full(q) = &risk.covariance else { unreachable!() };
        let d = w * w.transpose() - &risk.signal * risk.signal.transpose();
        let qd = q * d;
        let tau = qd.trace();
        ((&qd * q * 2.0 + q * tau) * w, (&qd * &qd).trace() / 2.0 + tau * tau / 4.0)
    }

    #[test]
    fn every_width_gives_the_gradient_and_the_risk_of_the_page() {
        let risk = risk(7);
        for width in [1, 2, 5, 6, 7, 8, 20] {
            let w = gaussian_start(7, width, 0.7, 3).unwrap();
            let (expected, expected_risk) = page(&risk, &w);
            let mut g = DMatrix::from_element(7, width, f64::NAN);
            (&risk).gradient(&w, &mut g);
            // Some 4 d ulps of the largest terms, which are |Q|^2 |W| (1 + |W|^2).
            let CovarianceMatrix::Full(q) = &risk.covariance else { unreachable!() };
            let terms = q.norm_squared() * w.norm().max(1.0) * (1.0 + w.norm_squared());
            let rounding = 28.0 * f64::EPSILON * terms;
            assert!((g - expected).norm() <= rounding, "width {width}");
            assert!(
                (risk.population_risk(&w) - expected_risk).abs() <= rounding * (1.0 + w.norm_squared()),
                "width {width}"
            );
        }
    }

    #[test]
    fn the_risk_keeps_its_accuracy_near_the_optimum_at_any_width() {
        // W = (1 + s) w* e', D = (2 s + s^2) w* w*', R = 3/4 (2 s + s^2)^2 (w*'Q w*)^2.
        let risk = risk(9);
        let s = 2.0_f64.powi(-20);
        for width in [1, 3, 9, 12] {
            let mut w = DMatrix::zeros(9, width);
            w.column_mut(0).copy_from(&(&risk.signal * (1.0 + s)));
            let expected = 0.75 * (s * (2.0 + s) * risk.signal_energy).powi(2);
            // D is known to rounding of 1, that is to 2^-31 of itself: what a difference of large terms would lose wholly.
            let relative = (risk.population_risk(&w) / expected - 1.0).abs();
            assert!(relative <= 9.0 * 8.0 * 2.0_f64.powi(-32), "width {width}: {relative:e}");
        }
    }

    #[test]
    fn diagonal_and_full_covariances_agree() {
        let spectrum = Spectrum::spiked(4.0, 6).unwrap();
        let diagonal = CovarianceMatrix::from_spectrum(&spectrum).unwrap();
        let CovarianceMatrix::Diagonal(q) = &diagonal else { unreachable!() };
        assert_eq!(q.as_slice(), [1.0, 5.0, 1.0, 1.0, 1.0, 1.0]);
        let signal = DVector::from_fn(6, |i, _| f64::from(i == 0));
        let full = DenseRisk::new(CovarianceMatrix::full(DMatrix::from_diagonal(q)).unwrap(), signal.clone()).unwrap();
        let diagonal = DenseRisk::new(diagonal, signal).unwrap();
        for width in [2, 6, 9] {
            let w = gaussian_start(6, width, 0.5, 8).unwrap();
            let (mut g, mut h) = (w.clone(), w.clone());
            (&full).gradient(&w, &mut g);
            (&diagonal).gradient(&w, &mut h);
            assert!((g - h).norm() <= 100.0 * f64::EPSILON);
        }
    }

    #[test]
    fn covariances_and_signals_outside_their_domain_are_refused() {
        let refused =
            |rows: usize, entries: &[f64]| CovarianceMatrix::full(DMatrix::from_row_slice(rows, 2, entries)).is_err();
        assert!(refused(1, &[1.0, 0.0]));
        assert!(refused(2, &[1.0, 0.5, 0.4, 1.0]));
        assert!(refused(2, &[1.0, 2.0, 2.0, 1.0]));
        assert!(refused(2, &[1.0, f64::NAN, f64::NAN, 1.0]));
        assert!(!refused(2, &[1.0, 1.0, 1.0, 1.0]), "semidefinite is enough");
        assert!(CovarianceMatrix::diagonal(vec![]).is_err() && CovarianceMatrix::diagonal(vec![1.0, -1.0]).is_err());
        let identity = || CovarianceMatrix::diagonal(vec![1.0; 2]).unwrap();
        assert!(DenseRisk::new(identity(), DVector::zeros(2)).is_err());
        assert!(DenseRisk::new(identity(), DVector::from_element(3, 1.0)).is_err());
    }
}
