use super::manifold::{bracket, gradient};
use super::{DenseRisk, Landscape};
use crate::scalar::DomainError;
use crate::spectrum::{CovarianceMatrix, TiltedSpectrum};
use crate::weights::TiltedWeights;
use nalgebra::DVector;

/// The population risk with a tilted signal: the dense risk of the block on the `u_j`, and the manifold's formula for what
/// remains of each group; they meet in the excess energy alone, `derivations/tilted.md`.
#[derive(Clone, Debug)]
pub struct TiltedRisk {
    spectrum: TiltedSpectrum,
    block: DenseRisk,
}

impl TiltedRisk {
    /// The risk for this covariance and signal.
    ///
    /// # Errors
    /// None for a valid [`TiltedSpectrum`].
    pub fn new(spectrum: TiltedSpectrum) -> Result<Self, DomainError> {
        let covariance = CovarianceMatrix::diagonal(spectrum.variance().to_vec())?;
        let block = DenseRisk::new(covariance, DVector::from_column_slice(spectrum.theta()))?;
        Ok(Self { spectrum, block })
    }

    /// Covariance and signal.
    pub fn spectrum(&self) -> &TiltedSpectrum {
        &self.spectrum
    }

    /// The block's own risk: `Q = diag(q_j)`, signal `theta`.
    pub fn block(&self) -> &DenseRisk {
        &self.block
    }

    /// Population risk (quarter normalisation).
    pub fn population_risk(&self, weights: &TiltedWeights) -> f64 {
        let (mut quadratic, mut tau) = self.block.excess_moments(&weights.block);
        for (j, c) in weights.remainder.iter().enumerate() {
            let (q, n) = (self.spectrum.variance()[j], self.spectrum.remainder()[j]);
            let qe = q * c * c;
            quadratic += n * qe * qe;
            tau += n * qe;
        }
        quadratic / 2.0 + tau * tau / 4.0
    }

    /// `sum_j (n_j - 1) q_j c_j^2`: the remainders' share of the excess energy.
    pub fn remainder_energy(&self, remainder: &[f64]) -> f64 {
        let (q, n) = (self.spectrum.variance(), self.spectrum.remainder());
        (0..q.len()).map(|j| n[j] * q[j] * remainder[j] * remainder[j]).sum()
    }
}

impl Landscape<TiltedWeights> for &TiltedRisk {
    fn admit(&self, weights: &TiltedWeights) -> Result<(), DomainError> {
        let (groups, remainders) = (self.spectrum.groups(), weights.remainder.len());
        if weights.block.shape() == (groups, groups) && remainders == groups {
            return Ok(());
        }
        let (rows, columns) = weights.block.shape();
        let found = format!("a {rows} x {columns} block with {remainders} remainders");
        Err(DomainError::new("start", found, format!("{groups} x {groups}, and a remainder a group")))
    }

    fn gradient(&mut self, weights: &TiltedWeights, g: &mut TiltedWeights) {
        let TiltedWeights { block, remainder } = weights;
        let rest = self.remainder_energy(remainder);
        let tau = self.block.gradient_with(block, rest, &mut g.block);
        for (j, c) in remainder.iter().enumerate() {
            let q = &self.spectrum.variance()[j];
            g.remainder[j] = gradient(q, &bracket(q, &(c * c), &tau), c);
        }
    }
}
