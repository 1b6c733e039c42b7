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
