//! Test your optimiser against the theory (feature `kit`).
//!
//! Implement one trait, [`Descent`](crate::descent::Descent): from a gradient to a direction, with whatever state you keep. Then
//! put the assertions of this module into your property tests:
//!
//! - [`does_not_amplify`]: no direction outgrows the signal, as SpecGD's never do and gradient descent's do;
//! - [`stays_on_the_manifold`]: from a multiple of a rotation, directions that the covariance does not tell apart stay equal;
//! - [`approaches_the_population`]: runs on n samples come to the population recursion of the same optimiser like `n^(-1/2)`.
//!
//! [`problems`], [`spectra`], [`step_sizes`] and [`starts`] are proptest strategies that make the instances. A violation is an error
//! that says where and by how much, so `?` works in a `proptest!` body.
//!
//! # A worked example
//!
//! Normalised gradient descent divides by the norm. That fixes the scale and not the anisotropy, and the kit sees it:
//!
//! ```
//! use nalgebra::DMatrix;
//! use proptest::prelude::*;
//! use specdyn::descent::{Descent, Method};
//! use specdyn::kit::{self, Problem};
//! use specdyn::spectrum::Spectrum;
//! use specdyn::weights::SpectralError;
//!
//! #[derive(Default)]
//! struct Normalised;
//!
//! impl Descent<DMatrix<f64>> for Normalised {
//!     fn turn(&mut self, gradient: &mut DMatrix<f64>) -> Result<(), SpectralError> {
//!         *gradient /= gradient.norm();
//!         Ok(())
//!     }
//! }
//!
//! proptest!(ProptestConfig::with_cases(8), |(problem in kit::problems(3..12), eta in kit::step_sizes())| {
//!     // SpecGD passes on every instance: amplification 1 up to rounding.
//!     kit::does_not_amplify(&problem, Method::Spectral, eta * problem.step_ceiling(), 100, 1e-9)?;
//!     // Rounding grows where a fixed-size step overshoots: a few steps, and far more than their rounding.
//!     kit::stays_on_the_manifold(&problem, Normalised, eta * problem.step_ceiling(), 20, 1e-6)?;
//! });
//!
//! let spiked = Problem::new(Spectrum::spiked(20.0, 10)?, 1e-4, 1);
//! let violation = kit::does_not_amplify(&spiked, Normalised, 1e-3, 2000, 0.5).unwrap_err();
//! assert!(violation.to_string().contains("amplified"));
//! # Ok::<(), specdyn::scalar::DomainError>(())
//! ```
//!
//! `docs/kit.md` says how to choose steps, tolerances and sizes.
//! `examples/kit_muon.rs` does it for a Muon written from scratch, `examples/kit_planted_bug.rs` for one with a bug that the kit catches.

mod assertions;
mod problem;

pub use assertions::{Violation, approaches_the_population, does_not_amplify, stays_on_the_manifold};
pub use problem::{Problem, problems, spectra, starts, step_sizes};
