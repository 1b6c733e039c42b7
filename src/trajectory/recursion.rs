use super::Stop;
use crate::descent::Descent;
use crate::risk::Landscape;
use crate::scalar::{DomainError, Real, Scalar};
use crate::weights::{SpectralError, Weights};
use std::ops::ControlFlow;

/// `W <- W - eta direction(gradient(W))`, for whatever is learned, wherever the gradient comes from, whichever the method.
///
/// A step either gives new finite weights or says why not, and then leaves the last good ones in place. *Diverged* means
/// that an entry is no longer certainly at most `2^30 max(1, eta, largest entry of the start)`. From equal starts up to 1 no
/// flow exceeds 1, and SpecGD's steps add at most eta; a GD step that multiplies an entry by a large number multiplies it by
/// about the cube of that at the next one.
#[derive(Clone, Debug)]
pub struct Recursion<W: Weights, L, D> {
    landscape: L,
    descent: D,
    step_size: W::Scalar,
    bound: W::Scalar,
    weights: W,
    next: W,
    steps: u64,
}

impl<W: Weights, L: Landscape<W>, D: Descent<W>> Recursion<W, L, D> {
    /// The recursion from `start`.
    ///
    /// # Errors
    /// `step_size` not positive and finite, a start that is not finite or does not fit the landscape.
    pub fn new(landscape: L, descent: D, step_size: W::Scalar, start: W) -> Result<Self, DomainError> {
        let one = step_size.int(1);
        positive_step(&step_size)?;
        landscape.admit(&start)?;
        let size = start.size();
        if !size.is_finite() {
            return Err(DomainError::new("start", size, "finite weights"));
        }
        let mut largest = if step_size > one { step_size.clone() } else { one };
        if size > largest {
            largest = size;
        }
        let bound = largest.times(1 << 30);
        let next = landscape.space(&start);
        Ok(Self { landscape, descent, step_size, bound, next, weights: start, steps: 0 })
    }

    /// The weights after [`Recursion::steps`] steps.
    pub fn weights(&self) -> &W {
        &self.weights
    }

    /// Where gradients come from.
    pub fn landscape(&self) -> &L {
        &self.landscape
    }

    /// What makes directions of them.
    pub fn descent(&self) -> &D {
        &self.descent
    }

    /// The gradient at the present weights, without a step. Samples advance.
    pub fn gradient(&mut self) -> &W {
        self.landscape.gradient(&self.weights, &mut self.next);
        &self.next
    }

    /// Number of steps done.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Step size eta.
    pub fn step_size(&self) -> &W::Scalar {
        &self.step_size
    }

    /// Time on the clock of the flow: `steps eta`.
    pub fn time(&self) -> W::Scalar {
        self.time_of(self.steps)
    }

    fn time_of(&self, step: u64) -> W::Scalar {
        // Up to 2^63 steps, further than any recursion gets.
        self.step_size.times(step as i64)
    }

    /// One step; false if the weights came out as they were. From a population gradient that means rest for good; samples
    /// or momentum may move them again.
    ///
    /// # Errors
    /// [`Stop::Diverged`], or [`Stop::Undecided`] if a direction could not be computed in this number system.
    pub fn step(&mut self) -> Result<bool, Stop<W::Scalar>> {
        self.landscape.gradient(&self.weights, &mut self.next);
        self.descent.turn(&mut self.next).map_err(|error| self.no_direction(error))?;
        let moved = self.weights.descend(&self.step_size, &mut self.next);
        if !self.next.within(&self.bound) {
            return Err(self.diverged(self.next.size()));
        }
        self.weights.advance(&mut self.next);
        self.steps += 1;
        Ok(moved)
    }

    /// Up to `steps` steps of a recursion whose gradient depends on the weights alone, stopping early at rest. `watch` sees
    /// the recursion after every step (not before the first) and may end it: [`Stop::Condition`].
    ///
    /// A step that changes nothing is not counted and not shown: rest begins at the last weights seen.
    pub fn run(&mut self, steps: u64, mut watch: impl FnMut(&Self) -> ControlFlow<()>) -> Stop<W::Scalar> {
        for _ in 0..steps {
            match self.step() {
                Err(stop) => return stop,
                Ok(false) => {
                    self.steps -= 1;
                    return Stop::Rest { time: self.time() };
                }
                Ok(true) => {
                    if watch(self).is_break() {
                        return Stop::Condition { time: self.time() };
                    }
                }
            }
        }
        Stop::Horizon
    }

    fn no_direction(&self, error: SpectralError) -> Stop<W::Scalar> {
        match error {
            SpectralError::NotFinite => self.diverged(self.weights.size()),
            _ => Stop::Undecided { time: self.time(), reason: error.to_string() },
        }
    }

    fn diverged(&self, size: W::Scalar) -> Stop<W::Scalar> {
        Stop::Diverged { time: self.time_of(self.steps + 1), size }
    }
}

/// The domain of a step size, stated once for every recursion.
pub(super) fn positive_step<T: Real>(step_size: &T) -> Result<(), DomainError> {
    if step_size.is_finite() && *step_size > step_size.int(0) {
        Ok(())
    } else {
        Err(DomainError::new("step-size", step_size, "a finite number > 0"))
    }
}
