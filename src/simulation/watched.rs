use crate::descent::{Descent, Optimizer};
use crate::weights::SpectralError;
use crate::weights::polar::orthogonality_error;
use nalgebra::DMatrix;

/// An optimiser whose directions are measured every so many steps, where they are meant to be orthonormal.
pub(super) struct Watched {
    optimizer: Optimizer,
    every: u64,
    turns: u64,
    orthogonality_error: f64,
}

impl Watched {
    pub(super) fn new(optimizer: Optimizer, every: u64) -> Self {
        Self { optimizer, every, turns: 0, orthogonality_error: f64::NAN }
    }

    /// `||U'U - I||_F` of the last direction measured; NaN for methods without orthonormal directions.
    pub(super) fn orthogonality_error(&self) -> f64 {
        self.orthogonality_error
    }
}

impl Descent<DMatrix<f64>> for Watched {
    fn turn(&mut self, gradient: &mut DMatrix<f64>) -> Result<(), SpectralError> {
        self.optimizer.turn(gradient)?;
        if self.optimizer.is_orthogonal() && self.turns.is_multiple_of(self.every) {
            self.orthogonality_error = orthogonality_error(gradient);
        }
        self.turns += 1;
        Ok(())
    }
}
