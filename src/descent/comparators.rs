//! What practice uses beside spectral methods, to compare with.

use super::Descent;
use crate::scalar::DomainError;
use crate::weights::SpectralError;
use nalgebra::DMatrix;

/// Sign descent: every entry's sign.
#[derive(Clone, Copy, Debug, Default)]
pub struct SignDescent;

impl Descent<DMatrix<f64>> for SignDescent {
    fn turn(&mut self, gradient: &mut DMatrix<f64>) -> Result<(), SpectralError> {
        finite(gradient)?;
        gradient.apply(|g| *g = if *g == 0.0 { 0.0 } else { g.signum() });
        Ok(())
    }
}

/// Normalised GD: the gradient divided by its Frobenius norm; a zero gradient stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct NormalizedDescent;

impl Descent<DMatrix<f64>> for NormalizedDescent {
    fn turn(&mut self, gradient: &mut DMatrix<f64>) -> Result<(), SpectralError> {
        finite(gradient)?;
        // In two steps, so that squares neither overflow nor underflow.
        let largest = gradient.amax();
        if largest > 0.0 {
            *gradient /= largest;
            *gradient /= gradient.norm();
        }
        Ok(())
    }
}

/// Adam (Kingma and Ba 2015) with bias correction.
#[derive(Clone, Debug)]
pub struct Adam {
    first_decay: f64,
    second_decay: f64,
    floor: f64,
    moments: Option<[DMatrix<f64>; 2]>,
    powers: [f64; 2],
}

impl Adam {
    /// Decay rates of the first and second moments (published: 0.9, 0.999), and what is added to the root (published: 1e-8).
    ///
    /// # Errors
    /// A rate outside [0, 1), a floor that is not positive and finite.
    pub fn new(first_decay: f64, second_decay: f64, floor: f64) -> Result<Self, DomainError> {
        for (name, decay) in [("first-decay", first_decay), ("second-decay", second_decay)] {
            if !(0.0..1.0).contains(&decay) {
                return Err(DomainError::new(name, decay, "a number in [0, 1)"));
            }
        }
        if !(floor > 0.0 && floor.is_finite()) {
            return Err(DomainError::new("floor", floor, "a finite number > 0"));
        }
        Ok(Self { first_decay, second_decay, floor, moments: None, powers: [1.0; 2] })
    }

    /// The same for gradients that come in this `unit`.
    pub(super) fn in_unit(self, unit: f64) -> Self {
        Self { floor: self.floor / unit, ..self }
    }
}

impl Default for Adam {
    fn default() -> Self {
        Self { first_decay: 0.9, second_decay: 0.999, floor: 1e-8, moments: None, powers: [1.0; 2] }
    }
}

impl Descent<DMatrix<f64>> for Adam {
    fn turn(&mut self, gradient: &mut DMatrix<f64>) -> Result<(), SpectralError> {
        finite(gradient)?;
        let (rows, columns) = gradient.shape();
        let [first, second] =
            self.moments.get_or_insert_with(|| [DMatrix::zeros(rows, columns), DMatrix::zeros(rows, columns)]);
        self.powers = [self.powers[0] * self.first_decay, self.powers[1] * self.second_decay];
        let [correct_first, correct_second] = self.powers.map(|power| 1.0 - power);
        for ((g, m), v) in gradient.iter_mut().zip(first.iter_mut()).zip(second.iter_mut()) {
            *m = self.first_decay * *m + (1.0 - self.first_decay) * *g;
            *v = self.second_decay * *v + (1.0 - self.second_decay) * *g * *g;
            *g = (*m / correct_first) / ((*v / correct_second).sqrt() + self.floor);
        }
        Ok(())
    }
}

fn finite(gradient: &DMatrix<f64>) -> Result<(), SpectralError> {
    if gradient.iter().all(|g| g.is_finite()) { Ok(()) } else { Err(SpectralError::NotFinite) }
}
