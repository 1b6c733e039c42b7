//! From a gradient to a direction: all there is to say about two optimisers.

mod comparators;
mod muon;
mod optimizer;

pub use comparators::{Adam, NormalizedDescent, SignDescent};
pub use muon::{Muon, newton_schulz, replace_by_newton_schulz};
pub use optimizer::Optimizer;

use crate::scalar::{DomainError, Real};
use crate::weights::{SpectralError, Weights};
use std::cmp::Ordering;

/// How a gradient `U Sigma V'` becomes a direction `U f(Sigma) V'`.
#[derive(Clone, Debug, PartialEq)]
pub enum Method<T = f64> {
    /// The gradient as it is: `f(s) = s`.
    GradientDescent,
    /// Its polar factor: `f(s) = 1` for `s > 0`, and `f(0) = 0`.
    Spectral,
    /// Between the two: `f(s) = s^p`, `0 < p < 1`. Made by [`Method::power`].
    Power(T),
}

impl<T: Real> Method<T> {
    /// The spectral power `p` in [0, 1]; 0 is [`Method::Spectral`] and 1 is [`Method::GradientDescent`].
    ///
    /// # Errors
    /// `p` outside [0, 1].
    pub fn power(p: T) -> Result<Self, DomainError> {
        let one = p.int(1);
        match (p.sign(), p.partial_cmp(&one)) {
            (Some(Ordering::Equal), _) => Ok(Self::Spectral),
            (_, Some(Ordering::Equal)) => Ok(Self::GradientDescent),
            (Some(Ordering::Greater), Some(Ordering::Less)) => Ok(Self::Power(p)),
            _ => Err(DomainError::new("power", p, "a number in [0, 1]")),
        }
    }

    /// What becomes of a signed singular value: a reduced gradient `g_j` becomes the direction's coefficient.
    ///
    /// `None` when the sign of `g` is needed and not known.
    #[inline]
    pub fn direction(&self, g: &T) -> Option<T> {
        match self {
            Self::GradientDescent => Some(g.clone()),
            Self::Spectral => Some(signum(g.sign()?, g)),
            Self::Power(p) => Some(signum(g.sign()?, g) * g.abs().pow(p)),
        }
    }
}

/// An optimiser: turns a gradient into a direction, in place. It may keep state (momentum) between steps.
pub trait Descent<W: Weights> {
    /// Replaces the gradient by the direction in which `W <- W - eta direction` goes.
    ///
    /// # Errors
    /// A gradient that is not finite, a sign that cannot be decided, an SVD that does not converge.
    fn turn(&mut self, gradient: &mut W) -> Result<(), SpectralError>;
}

impl<W: Weights> Descent<W> for Method<W::Scalar> {
    fn turn(&mut self, gradient: &mut W) -> Result<(), SpectralError> {
        match self {
            Self::GradientDescent => Ok(()),
            Self::Spectral => gradient.polar_factor(|g| self.direction(g)),
            Self::Power(_) => gradient.map_singular_values(|g| self.direction(g)),
        }
    }
}

#[inline]
fn signum<T: Real>(sign: Ordering, like: &T) -> T {
    like.int(match sign {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    })
}
