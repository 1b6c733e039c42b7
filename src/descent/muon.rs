//! Muon (Jordan et al. 2024): momentum, and a few Newton-Schulz steps in place of the exact polar factor.

use super::Descent;
use crate::product::{Element, Panels, Part, product, symmetrize, transposed_product};
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
        Ok(Self { momentum, nesterov, steps, average: None })
    }
}

impl Default for Muon {
    fn default() -> Self {
        Self { momentum: 0.95, nesterov: true, steps: 5, average: None }
    }
}

impl Descent<DMatrix<f64>> for Muon {
    fn turn(&mut self, gradient: &mut DMatrix<f64>) -> Result<(), SpectralError> {
        let (old, new) = (self.momentum, 1.0 - self.momentum);
        let average = match self.average.take() {
            Some(average) => average * old + &*gradient * new,
            None => &*gradient * new,
        };
        if self.nesterov {
            *gradient = &average * old + &*gradient * new;
        } else {
            gradient.copy_from(&average);
        }
        self.average = Some(average);
        *gradient = newton_schulz::<f64>(gradient, self.steps)?;
        Ok(())
    }
}

/// `steps` quintic Newton-Schulz steps from `G/max(||G||_F, 1e-7)`, in the number system `T`.
///
/// With `A = X'X` (X with the longer side upright) a step is `X <- a X + X (b A + c A^2)`: two products of which symmetry spares
/// half, and one whole one, `X (a I + b A + c A^2)`.
///
/// # Errors
/// An entry that is not finite.
pub fn newton_schulz<T: Element>(gradient: &DMatrix<f64>, steps: u32) -> Result<DMatrix<f64>, SpectralError> {
    let norm = gradient.norm();
    if !norm.is_finite() {
        return Err(SpectralError::NotFinite);
    }
    let scaled = gradient / norm.max(NORM_FLOOR);
    let wide = scaled.nrows() < scaled.ncols();
    let mut x = Panels::<T>::from_dense(&if wide { scaled.transpose() } else { scaled });
    let [a, b, c] = QUINTIC.map(T::from_f64);
    let n = x.columns();
    let (mut gram, mut square, mut next) = (Panels::zeros(n, n), Panels::zeros(n, n), Panels::zeros(x.rows(), n));
    for _ in 0..steps {
        transposed_product(&x, &x, Part::Upper, &mut gram);
        symmetrize(&mut gram);
        transposed_product(&gram, &gram, Part::Upper, &mut square);
        symmetrize(&mut square);
        combine(&mut square, c, &gram, b);
        add_to_diagonal(&mut square, a);
        product(&x, &square, Part::Full, &mut next);
        std::mem::swap(&mut x, &mut next);
    }
    let image = x.to_dense();
    Ok(if wide { image.transpose() } else { image })
}

/// `x <- p x + q y`.
fn combine<T: Element>(x: &mut Panels<T>, p: T, y: &Panels<T>, q: T) {
    for (x, y) in x.data_mut().iter_mut().zip(y.data()) {
        for (x, y) in x.as_mut().iter_mut().zip(y.as_ref()) {
            *x = p.times(*x).plus(q.times(*y));
        }
    }
}

/// `x <- x + p I`.
fn add_to_diagonal<T: Element>(x: &mut Panels<T>, p: T) {
    for i in 0..x.rows() {
        x.set(i, i, x.get(i, i).plus(p));
    }
}
