//! The SpecGD flow, solved exactly: no step size and no truncation error (`derivations/spectral-descent.md`).
//!
//! Every coefficient rises, falls, slides on its surface `h_j = 0`, or is held at zero. In fixed modes the first two are linear in
//! time and sliding ones obey `w_j^2 = theta_j - tau/(2 q_j)`, so that
//! `tau (1 + 1/2 sum_{sliding} n_j) = sum_{others} n_j q_j (w_j^2 - theta_j)` is a parabola, and every event is a root of one.

mod event;
mod flow;
mod parabola;
mod surface;

pub use flow::{ExactFlow, ExactSegment, Mode};
