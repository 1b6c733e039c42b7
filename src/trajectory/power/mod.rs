//! The flow of a spectral power, `w_j' = -sign(g_j) |g_j|^p` with `0 < p < 1`: `derivations/spectral-powers.md`.
//!
//! Away from sign changes of the gradients the field is analytic, and Taylor series of any order follow it. Behind a sign change
//! a coefficient stays close to its surface `h_j = 0`, where the field is stiffer the smaller p is. There the *inverse* of the power is
//! what is smooth: a collocation of the implicit equation `g_j = sign(y) |y|^(1/p)`, `y = -w_j'`, takes steps of the size of the
//! slow motion, however close to the surface. At high precision a sign change itself is passed in a parameter in which the flow is analytic there, and the
//! slow motion on surfaces has series of its own, also through velocities of zero.

mod clock;
mod collocation;
mod crossing;
mod curve;
mod expansion;
mod field;
mod flow;
mod following;
mod linear;
mod passage;
mod passing;
mod point;
mod radau;
mod raised;
mod rest;
mod segment;
mod settling;
mod slow;
mod stages;
mod turns;

pub use flow::PowerFlow;
pub use segment::PowerSegment;
