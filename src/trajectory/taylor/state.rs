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
    coefficients: Vec<Coefficient<T>>,
    near: bool,
}

#[derive(Clone, Debug)]
struct Coefficient<T> {
    sign: Ordering,
    /// What moves: `log |w|`, or the excess of a signal near 1.
    moving: Compensated<T>,
    size: T,
    excess: T,
}

impl<T: Real> State<T> {
    pub(super) fn new(start: &[T]) -> Self {
        let mut state = Self { coefficients: Vec::with_capacity(start.len()), near: false };
        state.restart(start);
        state
    }

    /// Moves to another point.
    pub(super) fn restart(&mut self, start: &[T]) {
        self.coefficients.clear();
        self.coefficients.extend(start.iter().enumerate().map(|(j, w)| Coefficient::new(j, w)));
        self.near = false;
        self.settle_signal();
    }

    /// Becomes `other`, allocating nothing.
    #[inline]
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.coefficients.clone_from(&other.coefficients);
        self.near = other.near;
    }

    #[inline]
    pub(super) fn groups(&self) -> usize {
        self.coefficients.len()
    }

    /// `|w_j|`.
    #[inline]
    pub(super) fn size(&self, j: usize) -> &T {
        &self.coefficients[j].size
    }

    /// The largest `|w_j|`.
    pub(super) fn largest(&self) -> T {
        let sizes = self.coefficients.iter().map(|w| &w.size);
        sizes.reduce(|a, b| if a > b { a } else { b }).expect("there is a signal").clone()
    }

    /// `w_j`.
    #[inline]
    pub(super) fn coefficient(&self, j: usize) -> T {
        let size = self.size(j).clone();
        if self.coefficients[j].sign == Ordering::Less { -size } else { size }
    }

    /// `e_j = w_j^2 - theta_j`.
    #[inline]
    pub(super) fn excess(&self, j: usize) -> &T {
        &self.coefficients[j].excess
    }

    /// `sum_j weight_j e_j` and `sum_j weight_j |e_j|`.
    #[inline]
    pub(super) fn energy(&self, weight: &[T]) -> [T; 2] {
        let zero = weight[0].int(0);
        let (mut sum, mut scale) = (zero.clone(), zero);
        for (weight, w) in weight.iter().zip(&self.coefficients) {
            sum.add_prod(weight, &w.excess);
            scale.add_prod(weight, &w.excess.abs());
        }
        [sum, scale]
    }

    /// `log |w_j|` of a coefficient that is neither 0 nor a signal near 1.
    #[inline]
    pub(super) fn logarithm(&self, j: usize) -> T {
        self.coefficients[j].moving.value()
    }

    #[inline]
    pub(super) fn is_zero(&self, j: usize) -> bool {
        self.coefficients[j].sign == Ordering::Equal
    }

    /// Whether `e_j` is the state, rather than a logarithm.
    #[inline]
    pub(super) fn holds_excess(&self, j: usize) -> bool {
        j == 0 && self.near
    }

    /// Moves `log |w_j|` by `logarithm`, or `e_j` by `excess`, whichever is the state.
    #[inline]
    pub(super) fn advance(&mut self, j: usize, logarithm: &T, excess: Option<&T>) {
        let holds_excess = self.holds_excess(j);
        let w = &mut self.coefficients[j];
        if w.sign == Ordering::Equal {
            return;
        }
        if let (true, Some(excess)) = (holds_excess, excess) {
            w.moving.add(excess);
            w.excess = w.moving.value();
            w.size = (w.excess.int(1) + &w.excess).sqrt();
        } else {
            w.moving.add(logarithm);
            let size = w.moving.high.exp();
            w.size = size.clone() + size * &w.moving.low;
            w.excess = manifold::excess(j, &w.size);
        }
        if j == 0 {
            self.settle_signal();
        }
    }

    /// Turns the signal's logarithm into its excess, or back, where that is more accurate.
    #[inline]
    fn settle_signal(&mut self) {
        let w = &mut self.coefficients[0];
        let near = is_around_one(&w.excess);
        if near != self.near {
            self.near = near;
            if near {
                w.moving = Compensated::new(w.excess.clone());
            } else {
                w.take_logarithm();
            }
        }
    }
}

impl<T: Real> Coefficient<T> {
    fn new(j: usize, w: &T) -> Self {
        let size = w.abs();
        let sign = w.sign().unwrap_or(Ordering::Equal);
        let mut w = Self { sign, moving: Compensated::new(w.int(0)), excess: manifold::excess(j, &size), size };
        w.take_logarithm();
        w
    }

    fn take_logarithm(&mut self) {
        if self.sign != Ordering::Equal {
            let high = self.size.ln();
            let low = (self.size.clone() - high.exp()) / &self.size;
            self.moving = Compensated { high, low };
        }
    }
}

/// `1/2 <= w^2 <= 2`, from the excess.
#[inline]
fn is_around_one<T: Real>(excess: &T) -> bool {
    let one = excess.int(1);
    *excess <= one && *excess >= -one.over(2)
}
