//! Theory verification with exact population dynamics of gradient descent (GD) and spectral gradient descent (SpecGD).
//!
//! > A **gradient** becomes a **direction** (as it is, or its polar factor), the direction becomes a **trajectory**, the
//! > trajectory becomes **observables**, observables become **evidence**, and evidence becomes a **verdict**.
//!
//! That sentence is the order of the modules, of their dependencies and of reading.

// results do not depend on the bits of the machine: clippy.toml says what may not enter them
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

pub mod claims;
pub mod cli;
pub mod derivations;
pub mod descent;
pub mod experiment;
pub mod export;
#[cfg(feature = "kit")]
pub mod kit;
pub mod observe;
pub mod product;
pub mod risk;
pub mod scalar;
pub mod simulation;
pub mod spectrum;
pub mod sweep;
pub mod trajectory;
pub mod weights;
