//! Risk and gradient in closed form, `derivations/gradient.md`, against things that know nothing of the closed form.
//!
//! - [`wick`]: Gaussian moments, exactly, from the definition of the loss, in rational arithmetic;
//! - [`difference`]: differences of the risk, which are exact for a polynomial of degree four;
//! - [`sampling`]: averages over samples, in a band that its exact variance and no normal approximation sets;
//! - [`manifold`]: the reduced formulas of [`specdyn::risk::manifold`] against the full matrices.

mod difference;
mod instance;
mod manifold;
mod moments;
mod sampling;
mod wick;
