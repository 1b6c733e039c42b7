//! Input covariance: groups of (variance, multiplicity), and where the signal lies.
//!
//! Formulas and their derivation: `derivations/manifold.md`.

mod groups;
mod matrix;
mod power_law;
mod specification;
mod table;
mod tilted;

pub use groups::{Group, Spectrum};
pub use matrix::CovarianceMatrix;
pub use specification::SpectrumSpec;
pub use table::SpectrumError;
pub use tilted::TiltedSpectrum;
