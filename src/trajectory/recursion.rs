//! The discrete recursion `w <- w - eta f(g)` on the invariant manifold, for every method and any number system.

use super::Stop;
use crate::descent::Method;
use crate::risk::manifold::{bracket, excess, excess_energy, gradient};
use crate::scalar::{DomainError, Real};
use crate::spectrum::Spectrum;

/// The recursion, one step at a time.
#[derive(Clone, Debug)]
pub struct Recursion<'a, T: Real = f64> {
    spectrum: &'a Spectrum<T>,
    method: &'a Method<T>,
    step_size: T,
    w: Vec<T>,
    excess: Vec<T>,
    step: u64,
}

/// A coefficient above this has diverged: from there GD's cubic field overflows within a few steps.
const DIVERGED: i64 = 1_000_000;

impl<'a, T: Real> Recursion<'a, T> {
    /// The recursion from `start`, signal first.
    ///
    /// # Errors
    /// A step size that is not positive and finite, or not one coefficient for every group.
    pub fn new(
        spectrum: &'a Spectrum<T>,
        method: &'a Method<T>,
        start: &[T],
        step_size: T,
    ) -> Result<Self, DomainError> {
        if !(step_size.is_finite() && step_size > step_size.int(0)) {
            return Err(DomainError::new("step-size", step_size, "a finite number > 0"));
        }
        if start.len() != spectrum.groups() {
            return Err(DomainError::new("start", start.len(), format!("{} coefficients", spectrum.groups())));
        }
        Ok(Self { spectrum, method, step_size, w: start.to_vec(), excess: start.to_vec(), step: 0 })
    }

    /// Coefficients after [`Recursion::step`] steps.
    pub fn coefficients(&self) -> &[T] {
        &self.w
    }

    /// Steps done.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// One step.
    ///
    /// # Errors
    /// [`Stop::Diverged`] when a coefficient is not finite or above a million in absolute value (the time is step times step size; the
    /// coefficients stay those of the last good step), [`Stop::Undecided`] when a sign that the method needs is not decided.
    pub fn advance(&mut self) -> Result<(), Stop<T>> {
        for (j, w) in self.w.iter().enumerate() {
            self.excess[j] = excess(j, w);
        }
        let tau = excess_energy(self.spectrum, &self.excess);
        // The excesses have done their work: their place takes the next coefficients.
        for j in 0..self.w.len() {
            let q = &self.spectrum.variance()[j];
            let h = bracket(q, &self.excess[j], &tau);
            let Some(direction) = self.method.direction(&gradient(q, &h, &self.w[j])) else {
                let reason = format!("the sign of the gradient of coefficient {j} after {} steps", self.step);
                return Err(Stop::Undecided { time: self.time(self.step), reason });
            };
            self.excess[j] = self.w[j].clone() - direction * &self.step_size;
        }
        let bound = self.step_size.int(DIVERGED);
        if let Some(w) = self.excess.iter().find(|w| !(w.is_finite() && w.abs() <= bound)) {
            return Err(Stop::Diverged { time: self.time(self.step + 1), size: w.abs() });
        }
        std::mem::swap(&mut self.w, &mut self.excess);
        self.step += 1;
        Ok(())
    }

    fn time(&self, step: u64) -> T {
        self.step_size.times(step as i64)
    }
}
