//! Population risk and gradient in closed form.

pub mod manifold;
