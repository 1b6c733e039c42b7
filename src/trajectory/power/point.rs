use crate::risk::manifold;
use crate::scalar::Real;

/// A point of the flow: the coefficients, and the signal's excess `e_0 = w_0^2 - 1` beside its coefficient, since near the optimum
/// it is the excess that has digits.
#[derive(Clone, Debug)]
pub(super) struct Point<T> {
    weights: Vec<T>,
    signal_excess: T,
}

impl<T: Real> Point<T> {
    pub(super) fn new(start: &[T]) -> Self {
        Self { weights: start.to_vec(), signal_excess: manifold::excess(0, &start[0]) }
    }

    pub(super) fn groups(&self) -> usize {
        self.weights.len()
    }

    pub(super) fn weights(&self) -> &[T] {
        &self.weights
    }

    /// `w_j`.
    pub(super) fn weight(&self, j: usize) -> &T {
        &self.weights[j]
    }

    /// `e_j`.
    pub(super) fn excess(&self, j: usize) -> T {
        if j == 0 { self.signal_excess.clone() } else { manifold::excess(j, &self.weights[j]) }
    }

    pub(super) fn excesses(&self) -> Vec<T> {
        (0..self.groups()).map(|j| self.excess(j)).collect()
    }

    /// Whether the signal is near 1 (`|e_0| < 1/2`), where its excess is what has digits.
    pub(super) fn is_near(&self) -> bool {
        self.signal_excess.abs() < self.signal_excess.int(1).over(2)
    }

    /// Held at zero, for good.
    pub(super) fn is_dead(&self, j: usize) -> bool {
        self.weights[j] == self.weights[j].int(0)
    }

    pub(super) fn bury(&mut self, j: usize) {
        self.weights[j] = self.weights[j].int(0);
    }

    /// Moves to `weights`; the signal's excess becomes `signal_excess` where that is the more accurate of the two.
    pub(super) fn arrive(&mut self, weights: Vec<T>, signal_excess: T) {
        self.weights = weights;
        self.signal_excess = signal_excess;
        if self.is_near() {
            self.weights[0] = (self.signal_excess.int(1) + &self.signal_excess).sqrt();
        } else {
            self.signal_excess = manifold::excess(0, &self.weights[0]);
        }
    }

    /// What an error is measured against in `w_j`, or, of a signal near 1, in its excess: the size of all excesses, as its bracket feels them.
    pub(super) fn scale(&self, j: usize, energy: &T, variance: &T) -> T {
        if j == 0 && self.is_near() { energy.clone() / variance } else { self.weights[j].clone() }
    }

    /// How fast it moves, relative to that, with the velocity `velocity`.
    pub(super) fn rate(&self, j: usize, velocity: &T, energy: &T, variance: &T) -> T {
        let by_excess = j == 0 && self.is_near();
        let moves = if by_excess { (velocity.clone() * &self.weights[0]).times(2) } else { velocity.clone() };
        moves.abs() / self.scale(j, energy, variance)
    }
}
