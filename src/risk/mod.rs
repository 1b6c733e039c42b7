//! Population risk and gradient in closed form; empirical ones from samples.
//!
//! Three descriptions of one risk, `derivations/gradient.md`: on the invariant manifold ([`manifold`], any number system),
//! with a tilted signal ([`BlockRisk`]), and for any weights at all ([`DenseRisk`]). And what [`Samples`] say of it:
//! [`EmpiricalGradient`], `derivations/finite-samples.md`.

mod block;
mod blocks;
mod dense;
mod empirical;
pub mod manifold;
mod portions;
mod rows;
mod samples;
mod second_moment;
mod source;

pub use blocks::BlockRisk;
pub use dense::DenseRisk;
pub use empirical::EmpiricalGradient;
pub use samples::Samples;
pub use source::Source;

use crate::scalar::DomainError;
use crate::weights::Weights;

/// Where gradients come from: a population formula, or samples (which advance with every call).
///
/// Population risks implement it for their references, so that a trajectory borrows what it does not change.
pub trait Landscape<W: Weights> {
    /// Accepts weights of the shape that [`Landscape::gradient`] needs.
    ///
    /// # Errors
    /// Any other shape.
    fn admit(&self, weights: &W) -> Result<(), DomainError>;

    /// Where gradients will be written: of the shape of `weights`, unless [`Landscape::gradient`] sees to that.
    fn space(&self, weights: &W) -> W {
        weights.clone()
    }

    /// Writes the gradient at `weights` into `gradient`, which has arbitrary content and the shape of `weights` or of [`Landscape::space`].
    fn gradient(&mut self, weights: &W, gradient: &mut W);
}
