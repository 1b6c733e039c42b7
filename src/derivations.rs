//! The mathematics: every statement that a check cites, with its hypothesis and its proof.
#![doc = ""]
#![doc = include_str!("../derivations/README.md")]
#![doc = include_str!("../derivations/references.md")]

#[doc = include_str!("../derivations/model.md")]
pub mod model {}

#[doc = include_str!("../derivations/gradient.md")]
pub mod gradient {}

#[doc = include_str!("../derivations/manifold.md")]
pub mod manifold {}

#[doc = include_str!("../derivations/gradient-descent.md")]
pub mod gradient_descent {}

#[doc = include_str!("../derivations/taylor.md")]
pub mod taylor {}

#[doc = include_str!("../derivations/spectral-descent.md")]
pub mod spectral_descent {}

#[doc = include_str!("../derivations/tilted.md")]
pub mod tilted {}

#[doc = include_str!("../derivations/any-width.md")]
pub mod any_width {}

#[doc = include_str!("../derivations/vector-flow.md")]
pub mod vector_flow {}

#[doc = include_str!("../derivations/spectral-powers.md")]
pub mod spectral_powers {}

#[doc = include_str!("../derivations/finite-samples.md")]
pub mod finite_samples {}

#[doc = include_str!("../derivations/proportional-samples.md")]
pub mod proportional_samples {}

#[doc = include_str!("../derivations/validated.md")]
pub mod validated {}

#[doc = include_str!("../derivations/comparison.md")]
pub mod comparison {}

#[doc = include_str!("../derivations/open.md")]
pub mod open {}

#[doc = include_str!("../derivations/polar-factor.md")]
pub mod polar_factor {}

#[doc = include_str!("../derivations/width-one.md")]
pub mod width_one {}

#[doc = include_str!("../derivations/escape-and-tail.md")]
pub mod escape_and_tail {}
