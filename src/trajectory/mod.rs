//! Continuous flows and the discrete recursion.
//!
//! A flow is a sequence of [`Segment`]s: stretches of time on which every squared coefficient is a polynomial in local time.
//! For GD it is a Taylor polynomial; for SpecGD it is exact and of degree two. Everything that watches a flow (observables,
//! events, output rows) is written once, against segments.

pub mod exact;
pub mod polynomial;
pub mod recursion;
pub mod roots;
mod segment;
pub mod taylor;

pub use segment::{Event, EventKind, Flow, Segment, Stop};
