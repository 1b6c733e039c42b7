use super::manifold::{bracket, gradient};
use super::{DenseRisk, Landscape};
use crate::scalar::DomainError;
use crate::spectrum::{CovarianceMatrix, TiltedSpectrum};
use crate::weights::BlockWeights;
use nalgebra::DVector;

/// The population risk of [`BlockWeights`]: the dense risk of the block, and the manifold's formula for the numbers beside it;
/// they meet in the excess energy alone, `derivations/tilted.md`.
#[derive(Clone, Debug)]
pub struct BlockRisk {
    block: DenseRisk,
    variance: Vec<f64>,
    directions: Vec<f64>,
}

impl BlockRisk {
    /// Dense weights: a block alone.
    pub fn dense(block: DenseRisk) -> Self {
        Self { block, variance: Vec::new(), directions: Vec::new() }
    }

    /// A tilted signal: the block on the `u_j`, where `Q = diag(q_j)` and the signal is theta, and what remains of each group.
    ///
    /// # Errors
    /// None for a valid [`TiltedSpectrum`].
    pub fn tilted(spectrum: &TiltedSpectrum) -> Result<Self, DomainError> {
        let covariance = CovarianceMatrix::diagonal(spectrum.variance().to_vec())?;
        let block = DenseRisk::new(covariance, DVector::from_column_slice(spectrum.theta()))?;
        Ok(Self { block, variance: spectrum.variance().to_vec(), directions: spectrum.remainder().to_vec() })
    }

    /// The block's own risk.
    pub fn block(&self) -> &DenseRisk {
        &self.block
    }

    /// Variances `q_j` of the remainders.
    pub fn variance(&self) -> &[f64] {
        &self.variance
    }

    /// Number of directions `dim F_j` of the remainders.
    pub fn directions(&self) -> &[f64] {
        &self.directions
    }

    /// The smallest eigenvalue of Q where the weights can be.
    pub fn smallest_variance(&self) -> f64 {
        let beside = self.variance.iter().zip(&self.directions).filter(|(_, n)| **n > 0.0).map(|(q, _)| *q);
        beside.fold(self.block.covariance().smallest_variance(), f64::min)
    }

    /// The largest eigenvalue of Q where the weights can be.
    pub fn largest_variance(&self) -> f64 {
        let beside = self.variance.iter().zip(&self.directions).filter(|(_, n)| **n > 0.0).map(|(q, _)| *q);
        beside.fold(self.block.covariance().largest_variance(), f64::max)
    }

    /// Population risk (quarter normalisation).
    pub fn population_risk(&self, weights: &BlockWeights) -> f64 {
        let (mut quadratic, mut tau) = self.block.excess_moments(&weights.block);
        for (j, c) in weights.remainder.iter().enumerate() {
            let (q, n) = (self.variance[j], self.directions[j]);
            let qe = q * c * c;
            quadratic += n * qe * qe;
            tau += n * qe;
        }
        quadratic / 2.0 + tau * tau / 4.0
    }

    /// Energy `tr S = tr M M' + sum_j dim(F_j) c_j^2`.
    pub fn energy(&self, weights: &BlockWeights) -> f64 {
        let rest: f64 = self.directions.iter().zip(&weights.remainder).map(|(n, c)| n * c * c).sum();
        weights.block.norm_squared() + rest
    }

    /// `sum_j dim(F_j) q_j c_j^2`: the remainders' share of the excess energy.
    pub fn remainder_energy(&self, remainder: &[f64]) -> f64 {
        (0..remainder.len()).map(|j| self.directions[j] * self.variance[j] * remainder[j] * remainder[j]).sum()
    }
}

impl Landscape<BlockWeights> for &BlockRisk {
    fn admit(&self, weights: &BlockWeights) -> Result<(), DomainError> {
        (&self.block).admit(&weights.block)?;
        let (groups, remainders) = (self.variance.len(), weights.remainder.len());
        if remainders == groups {
            return Ok(());
        }
        Err(DomainError::new("start", format!("{remainders} remainders"), format!("{groups}, one a group")))
    }

    fn gradient(&mut self, weights: &BlockWeights, g: &mut BlockWeights) {
        let BlockWeights { block, remainder } = weights;
        let rest = self.remainder_energy(remainder);
        let tau = self.block.gradient_with(block, rest, &mut g.block);
        for (j, c) in remainder.iter().enumerate() {
            let q = &self.variance[j];
            g.remainder[j] = gradient(q, &bracket(q, &(c * c), &tau), c);
        }
    }
}
