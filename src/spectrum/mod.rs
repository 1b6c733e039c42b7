//! Input covariance: groups of (variance, multiplicity), and where the signal lies.
//!
//! Formulas and their derivation: `derivations/manifold.md`.

mod covariance;
mod groups;
mod power_law;
mod specification;
mod table;
mod tilted;

pub use covariance::Covariance;
pub use groups::{Group, Spectrum};
pub use specification::SpectrumSpec;
pub use table::SpectrumError;
pub use tilted::TiltedSpectrum;
