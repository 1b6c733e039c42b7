//! The exact SpecGD flow: piecewise solvable, so solved. Statements and proofs: `derivations/spectral-descent.md`.
//!
//! Every coefficient rises or falls at speed 1, slides on its surface `h_j = 0`, or is held at zero. While nobody changes its
//! mode, the excess energy tau is a quadratic polynomial in time and every event is a root of a polynomial of degree at most
//! two. [`ExactFlow`] goes from event to event; [`ExactSegment`] is the flow between two of them; [`ExactTrajectory`] keeps
//! all of it; [`CertifiedFlow`] is the same in enclosures, at the precision that the order of events needs.
//!
//! How it is made, in the order of reading: `leg` (a coefficient in a mode), `parabola` (roots without cancellation), `state`
//! (modes and the excess energy), `ahead` (what happens next), `instant` (who slides, crosses or leaves), `start`. All that
//! depends on the number of groups is behind `roster`: `scan` looks at all of them, `kinetic` at the few that matter.

mod ahead;
mod amplification;
mod branch;
mod certified;
mod certified_segment;
mod detour;
mod distinct;
mod doubled;
mod earliest;
mod flow;
mod halt;
mod instant;
mod kinetic;
mod leg;
mod parabola;
#[cfg(feature = "mpfr")]
mod precise;
mod roster;
mod scan;
mod segment;
mod start;
mod state;
mod tournament;
mod trajectory;

pub use certified::CertifiedFlow;
pub use certified_segment::CertifiedSegment;
pub use detour::Tie;
pub use flow::{ExactFlow, Finder};
pub use leg::Mode;
pub use segment::ExactSegment;
pub use trajectory::ExactTrajectory;
