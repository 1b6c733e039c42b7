//! Muon (Jordan et al. 2024): momentum, and a few Newton-Schulz steps in place of the exact polar factor.

use super::Descent;
use crate::product::{Element, Panels, Part, multiply_rows, symmetric_product, transposed_product};
use crate::scalar::DomainError;
use crate::weights::SpectralError;
use nalgebra::DMatrix;

/// Published coefficients of the quintic `a s + b s^3 + c s^5`. Its iterates do not converge to 1: they bring singular values
/// into about [0.7, 1.2], fast.
const QUINTIC: [f64; 3] = [3.4445, -4.7750, 2.0315];

/// The norm is taken to be at least this, as PyTorch does.
const NORM_FLOOR: f64 = 1e-7;

/// The published Muon without weight decay and without a factor for the shape: `B <- mu B + (1 - mu) G`, and the direction is the
/// Newton-Schulz image of B, or with Nesterov's momentum of `mu B + (1 - mu) G`.
#[derive(Clone, Debug)]
pub struct Muon {
    momentum: f64,
    nesterov: bool,
    steps: u32,
    floor: f64,
    average: Option<DMatrix<f64>>,
}

impl Muon {
    /// Momentum (published: 0.95), Nesterov's variant (published: yes), Newton-Schulz steps (published: 5).
    ///
    /// # Errors
    /// `momentum` outside [0, 1), more than 100 steps.
    pub fn new(momentum: f64, nesterov: bool, steps: u32) -> Result<Self, DomainError> {
        if !(0.0..1.0).contains(&momentum) {
            return Err(DomainError::new("momentum", momentum, "a number in [0, 1)"));
        }
        if steps > 100 {
            return Err(DomainError::new("newton-schulz-steps", steps, "an integer from 0 to 100"));
        }
        Ok(Self { momentum, nesterov, steps, ..Self::default() })
    }

    /// The same for gradients that come in this `unit`.
    pub(super) fn in_unit(self, unit: f64) -> Self {
        Self { floor: self.floor / unit, ..self }
    }
}

impl Default for Muon {
    fn default() -> Self {
        Self { momentum: 0.95, nesterov: true, steps: 5, floor: NORM_FLOOR, average: None }
    }
}

impl Descent<DMatrix<f64>> for Muon {
    fn turn(&mut self, gradient: &mut DMatrix<f64>) -> Result<(), SpectralError> {
        let (old, new) = (self.momentum, 1.0 - self.momentum);
        let (rows, columns) = gradient.shape();
        let average = self.average.get_or_insert_with(|| DMatrix::zeros(rows, columns));
        for (g, b) in gradient.iter_mut().zip(average.iter_mut()) {
            *b = old * *b + new * *g;
            *g = if self.nesterov { old * *b + new * *g } else { *b };
        }
        replace::<f64>(gradient, self.steps, self.floor)
    }
}

/// `steps` quintic Newton-Schulz steps from `G/max(||G||_F, 1e-7)`, in the number system `T`.
///
/// # Errors
/// An entry that is not finite.
pub fn newton_schulz<T: Element>(gradient: &DMatrix<f64>, steps: u32) -> Result<DMatrix<f64>, SpectralError> {
    let mut image = gradient.clone();
    replace_by_newton_schulz::<T>(&mut image, steps)?;
    Ok(image)
}

/// Replaces a matrix by its image under [`newton_schulz`], beside which it is not held.
///
/// With `A = X'X` (X with the longer side upright) a step is `X <- a X + X (b A + c A^2)`: two products of which symmetry spares
/// half, and one whole one, `X (a I + b A + c A^2)`, in place.
///
/// # Errors
/// An entry that is not finite.
pub fn replace_by_newton_schulz<T: Element>(matrix: &mut DMatrix<f64>, steps: u32) -> Result<(), SpectralError> {
    replace::<T>(matrix, steps, NORM_FLOOR)
}

fn replace<T: Element>(matrix: &mut DMatrix<f64>, steps: u32, floor: f64) -> Result<(), SpectralError> {
    let norm = matrix.norm();
    if !norm.is_finite() {
        return Err(SpectralError::NotFinite);
    }
    *matrix /= norm.max(floor);
    let wide = matrix.nrows() < matrix.ncols();
    let tall = if wide { std::mem::take(matrix).transpose() } else { std::mem::take(matrix) };
    let mut x = Panels::<T>::from_dense(&tall);
    drop(tall);
    take_steps(&mut x, steps);
    *matrix = if wide { x.to_dense().transpose() } else { x.to_dense() };
    Ok(())
}

fn take_steps<T: Element>(x: &mut Panels<T>, steps: u32) {
    let mut square = Panels::upper_zeros(x.columns());
    let [a, b, c] = QUINTIC.map(T::from_f64);
    for _ in 0..steps {
        let mut gram = Panels::upper_zeros(x.columns());
        transposed_product(x, x, Part::Upper, &mut gram);
        gram.symmetrize();
        symmetric_product(&gram, &gram, &mut square);
        square.combine(c, &gram, b);
        drop(gram); // the last product takes its space
        square.add_to_diagonal(a);
        square.symmetrize();
        multiply_rows(x, [T::default(), T::from_f64(1.0)], &square);
    }
}
