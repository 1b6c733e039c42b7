//! The GD flow in certified enclosures, `derivations/validated.md`.
//!
//! The flow does not expand distances between logarithms of coefficients, in a norm that only multiplicities determine. So an
//! approximate solution in plain double precision is certified by bounding how far it is from solving the equations: the errors of
//! all steps *add up*, and no wrapping, no matrix and no growth with time comes in. Start and variances may be intervals.
//!
//! The recursion of GD expands them only by a square of its step: [`ValidatedRecursion`].
//!
//! [`ValidatedFlow`] gives steps, a [`ValidatedStep`] coefficients, brackets and ratios at any time in it; [`amplification`] the
//! largest ratio over all time, [`amplification_of_box`] and [`is_amplified`] the same for boxes of the spiked covariance's
//! parameters.

mod amplification;
mod defect;
mod expansion;
mod flow;
mod norm;
mod path;
mod ratio;
mod recursion;
mod step;

pub use amplification::{NoEnclosure, amplification, amplification_of_box, is_amplified};
pub use flow::ValidatedFlow;
pub use recursion::ValidatedRecursion;
pub use step::ValidatedStep;
