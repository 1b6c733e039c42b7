use super::coefficients::positive_init;
use super::dense::largest;
use super::{SpectralError, Weights};
use crate::scalar::DomainError;
use crate::spectrum::TiltedSpectrum;
use nalgebra::DMatrix;

/// Weights that are a matrix on one part of the space and numbers on the rest: `W = (M on E, plus sum_j c_j on F_j) O`, O with
/// orthonormal rows, `derivations/tilted.md`.
///
/// A tilted signal gives a block with one row a group, and a number for what remains of each. Dense weights are a block alone.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockWeights {
    /// M.
    pub block: DMatrix<f64>,
    /// `c_j`; 0 where `F_j` is empty.
    pub remainder: Vec<f64>,
}

impl BlockWeights {
    /// A dense matrix: nothing remains beside it.
    pub fn dense(block: DMatrix<f64>) -> Self {
        Self { block, remainder: Vec::new() }
    }

    /// The start `W_0 = init O` under a tilted signal.
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
}

impl Weights for BlockWeights {
    type Scalar = f64;

    fn map_singular_values(&mut self, mut f: impl FnMut(&f64) -> Option<f64>) -> Result<(), SpectralError> {
        self.block.map_singular_values(&mut f)?;
        self.remainder.map_singular_values(f)
    }

    fn polar_factor(&mut self, mut sign: impl FnMut(&f64) -> Option<f64>) -> Result<(), SpectralError> {
        self.block.polar_factor(&mut sign)?;
        self.remainder.polar_factor(sign)
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
