use super::compensated::Compensated;
use crate::risk::manifold;
use crate::scalar::Real;
use std::cmp::Ordering;

/// A point on the GD flow: every coefficient as its sign and its logarithm, the signal near 1 as its excess.
///
/// `w_j' = -q_j h_j w_j` moves a logarithm by the integral of a bracket, so coefficients keep their *relative* accuracy at
/// any size: down to 1e-300, and below what the number type can hold and back. The logarithm is compensated,
/// `|w| = exp(high) (1 + low)`, so that one ulp of a logarithm near -700 does not cost 700 ulps of w.
///
/// While `1/2 <= w_0^2 <= 2` the signal's excess `e_0 = w_0^2 - 1` takes the place of its logarithm, and keeps *its*
/// relative accuracy as it tends to 0.
#[derive(Clone, Debug)]
pub(super) struct State<T> {
    sign: Vec<Ordering>,
    log: Vec<Compensated<T>>,
    near: bool,
    size: Vec<T>,
    excess: Vec<T>,
}

impl<T: Real> State<T> {
    pub(super) fn new(start: &[T]) -> Self {
        let zero = start[0].int(0);
        let mut state = Self {
            sign: vec![Ordering::Equal; start.len()],
            log: vec![Compensated::new(zero.clone()); start.len()],
            near: false,
            size: vec![zero.clone(); start.len()],
            excess: vec![zero; start.len()],
        };
        state.restart(start);
        state
    }

    /// A state of no coefficients.
    pub(super) fn empty() -> Self {
        Self { sign: vec![], log: vec![], near: false, size: vec![], excess: vec![] }
    }

    /// Moves to another point of the same number of coefficients.
    pub(super) fn restart(&mut self, start: &[T]) {
        for (j, w) in start.iter().enumerate() {
            self.sign[j] = w.sign().unwrap_or(Ordering::Equal);
            self.size[j] = w.abs();
            self.excess[j] = manifold::excess(j, &self.size[j]);
            self.take_logarithm(j);
        }
        self.near = self.is_around_one();
    }

    /// Becomes `other`, allocating nothing.
    #[inline]
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.sign.clone_from(&other.sign);
        self.log.clone_from(&other.log);
        self.near = other.near;
        self.size.clone_from(&other.size);
        self.excess.clone_from(&other.excess);
    }

    /// `|w_j|`.
    #[inline]
    pub(super) fn size(&self, j: usize) -> &T {
        &self.size[j]
    }

    /// `w_j`.
    #[inline]
    pub(super) fn coefficient(&self, j: usize) -> T {
        let size = self.size[j].clone();
        if self.sign[j] == Ordering::Less { -size } else { size }
    }

    /// `e_j = w_j^2 - theta_j`.
    #[inline]
    pub(super) fn excess(&self) -> &[T] {
        &self.excess
    }

    /// `log |w_j|` of a coefficient that is not 0.
    pub(super) fn logarithm(&self, j: usize) -> T {
        self.log[j].value()
    }

    #[inline]
    pub(super) fn is_zero(&self, j: usize) -> bool {
        self.sign[j] == Ordering::Equal
    }

    /// Whether `e_0` is the signal's state rather than its logarithm.
    #[inline]
    pub(super) fn is_near(&self) -> bool {
        self.near
    }

    /// `log |w_j| += by`, and for a signal near 1 `e_0 += by` instead.
    #[inline]
    pub(super) fn advance(&mut self, j: usize, by: &T) {
        if self.is_zero(j) {
        } else if j == 0 && self.near {
            self.advance_signal_excess(by);
        } else {
            let log = &mut self.log[j];
            log.add(by);
            let size = log.high.exp();
            self.size[j] = size.clone() + size * &log.low;
            self.excess[j] = manifold::excess(j, &self.size[j]);
            self.near |= j == 0 && self.is_around_one();
        }
    }

    #[inline]
    fn advance_signal_excess(&mut self, by: &T) {
        self.excess[0] = self.excess[0].clone() + by;
        self.size[0] = (self.excess[0].int(1) + &self.excess[0]).sqrt();
        if !self.is_around_one() {
            self.near = false;
            self.take_logarithm(0);
        }
    }

    #[inline]
    fn is_around_one(&self) -> bool {
        let one = self.excess[0].int(1);
        self.excess[0] <= one && self.excess[0] >= -one.over(2)
    }

    fn take_logarithm(&mut self, j: usize) {
        if self.is_zero(j) {
            return;
        }
        let size = &self.size[j];
        let mut log = Compensated::new(size.ln());
        log.low = (size.clone() - log.high.exp()) / size;
        self.log[j] = log;
    }
}
