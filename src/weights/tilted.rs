use super::coefficients::positive_init;
use super::dense::largest;
use super::{SpectralError, Weights, overlap};
use crate::scalar::DomainError;
use crate::spectrum::TiltedSpectrum;
use nalgebra::DMatrix;

/// Weights `W = (sum_ij M_ij u_i u_j' + sum_j c_j (P_j - u_j u_j')) O` under a tilted signal: a block on the span of the
/// `u_j` and one scalar on what remains of each group, `derivations/tilted.md`.
#[derive(Clone, Debug, PartialEq)]
pub struct TiltedWeights {
    /// M, J x J.
    pub block: DMatrix<f64>,
    /// `c_j`, one a group; 0 where the group has no remainder.
    pub remainder: Vec<f64>,
}

impl TiltedWeights {
    /// The start `W_0 = init O`.
    ///
    /// # Errors
    /// `init` not positive and finite.
    pub fn equal_start(spectrum: &TiltedSpectrum, init: f64) -> Result<Self, DomainError> {
        positive_init(&init)?;
        let groups = spectrum.groups();
        let present = |&n: &f64| if n > 0.0 { init } else { 0.0 };
        Ok(Self {
            block: DMatrix::from_diagonal_element(groups, groups, init),
            remainder: spectrum.remainder().iter().map(present).collect(),
        })
    }

    /// Overlap `x'S x = ||M'x||^2` of `S = W W'` with the direction `sum_j x_j u_j`: the signal is `theta`, group j's `u_j`
    /// (the spike, where it has multiplicity one) the j-th unit vector.
    pub fn overlap(&self, direction: &[f64]) -> f64 {
        overlap(&self.block, direction)
    }

    /// Energy `tr S = tr M M' + sum_j (n_j - 1) c_j^2`.
    pub fn energy(&self, spectrum: &TiltedSpectrum) -> f64 {
        let rest: f64 = spectrum.remainder().iter().zip(&self.remainder).map(|(n, c)| n * c * c).sum();
        self.block.norm_squared() + rest
    }
}

impl Weights for TiltedWeights {
    type Scalar = f64;

    fn map_singular_values(&mut self, mut f: impl FnMut(&f64) -> Option<f64>) -> Result<(), SpectralError> {
        self.block.map_singular_values(&mut f)?;
        self.remainder.map_singular_values(f)
    }

    fn descend(&self, step_size: &f64, direction: &mut Self) -> bool {
        let block = self.block.descend(step_size, &mut direction.block);
        self.remainder.descend(step_size, &mut direction.remainder) | block
    }

    fn within(&self, bound: &f64) -> bool {
        self.block.within(bound) && self.remainder.within(bound)
    }

    fn size(&self) -> f64 {
        largest(self.block.iter().chain(&self.remainder))
    }
}
