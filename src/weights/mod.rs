//! What is learned. On the invariant manifold the weights are a handful of coefficients, signal first (`Vec<T>`); with a
//! tilted signal a small block and one scalar a group ([`BlockWeights`]); in general a dense matrix (`DMatrix<f64>`).
//!
//! A [`Method`](crate::descent::Method) sees one thing of them, [`Weights`]: singular values that can be replaced. For coefficients these are
//! the coefficients themselves, with their signs; for matrices they come from an SVD ([`polar`]).

mod blocks;
mod coefficients;
mod compression;
mod deflation;
mod dense;
mod extremes;
mod halley;
mod overlaps;
pub mod polar;
mod reflections;
mod series;
mod start;

pub use blocks::BlockWeights;
pub use coefficients::equal_start;
pub(crate) use coefficients::positive_init;
pub use compression::Compressed;
pub use dense::{gaussian_start, orthogonal_start, overlap, spherical_start};
pub use overlaps::{Column, Overlaps};
pub use polar::SpectralError;
pub use start::Start;

use crate::scalar::Real;

/// A point, gradient or direction in the space of what is learned.
pub trait Weights: Clone {
    /// Numbers that it is made of.
    type Scalar: Real;

    /// `U Sigma V' -> U f(Sigma) V'`, `f(0) = 0` (compact: what is zero stays zero).
    ///
    /// Where the singular values are known only together with a sign (coefficients), f receives the signed value and must be
    /// odd. `None` from f means that it needs a sign that the number system cannot decide.
    ///
    /// # Errors
    /// A value that is not finite, a sign that is not decided, or an SVD that does not converge. `self` is then unspecified.
    fn map_singular_values(
        &mut self,
        f: impl FnMut(&Self::Scalar) -> Option<Self::Scalar>,
    ) -> Result<(), SpectralError>;

    /// The polar factor `U V'` (compact), in place; `sign` is the signum, as [`Weights::map_singular_values`] takes it.
    ///
    /// # Errors
    /// See there.
    fn polar_factor(&mut self, sign: impl FnMut(&Self::Scalar) -> Option<Self::Scalar>) -> Result<(), SpectralError> {
        self.map_singular_values(sign)
    }

    /// Replaces `direction` by the next point `self - step_size direction`; true if that differs from `self`.
    fn descend(&self, step_size: &Self::Scalar, direction: &mut Self) -> bool;

    /// Becomes the next point, which becomes arbitrary of the same shape.
    fn advance(&mut self, next: &mut Self) {
        std::mem::swap(self, next);
    }

    /// Every entry is finite and certainly at most `bound` in absolute value.
    fn within(&self, bound: &Self::Scalar) -> bool;

    /// The largest entry in absolute value; one that is not finite if there is any.
    fn size(&self) -> Self::Scalar;
}
