//! Input covariance: groups of (variance, multiplicity), and where the signal lies.
//!
//! Formulas and their derivation: `derivations/manifold.md`.

mod groups;

pub use groups::{Group, Spectrum};
