use crate::scalar::Real;
use std::cmp::Ordering;

/// Running amplification: the largest `w_j/w_0` over time and over `j >= 1`, relative to its initial value.
///
/// It is fed the coefficients at the start, at every local extremum of a ratio, and wherever it is read; between two extrema a
/// ratio is monotone, so nothing is missed. At least 1, since it counts the start.
#[derive(Clone, Debug)]
pub struct Amplification<T> {
    start: Vec<T>,
    largest: T,
}

impl<T: Real> Amplification<T> {
    /// The amplification at the start itself, 1.
    pub fn new(start: &[T]) -> Self {
        Self { start: start.to_vec(), largest: start[0].int(1) }
    }

    /// Takes note of the coefficients `w`. A signal at zero beside a live direction is an infinite amplification.
    pub fn see(&mut self, w: &[T]) {
        for j in 1..w.len() {
            self.see_one(j, &w[j], &w[0]);
        }
    }

    /// Takes note of coefficient `j` beside the signal's.
    pub fn see_one(&mut self, j: usize, w: &T, signal: &T) {
        if self.start[j].sign() != Some(Ordering::Greater) {
            return;
        }
        self.see_value((w.abs() / signal.abs()) * (self.start[0].clone() / &self.start[j]));
    }

    /// Takes note of an amplification that something else kept.
    pub fn see_value(&mut self, amplification: T) {
        if amplification > self.largest {
            self.largest = amplification;
        }
    }

    /// The coefficients at the start.
    pub fn start(&self) -> &[T] {
        &self.start
    }

    /// The largest so far.
    pub fn largest(&self) -> &T {
        &self.largest
    }
}
