//! Continuous flows and the discrete recursion.
//!
//! A flow is a sequence of [`Segment`]s: stretches of time on which every squared coefficient is a polynomial in local time.
//! For GD it is a Taylor polynomial, for spectral powers that or the polynomial of a collocation; for SpecGD it is exact and of degree two. Everything that watches a flow (observables,
//! events, output rows) is written once, against segments.

pub mod exact;
mod lattice;
mod lockstep;
mod matrix_flow;
mod matrix_series;
mod overlap_flow;
pub mod polynomial;
pub mod power;
mod rational_descent;
mod recursion;
mod recursion_grid;
pub mod roots;
mod segment;
pub mod taylor;
pub mod validated;
mod vector;

pub use lattice::{Fate, Lattice};
pub use matrix_flow::MatrixFlow;
pub use overlap_flow::{OverlapFlow, OverlapSegment};
pub use rational_descent::{Forecast, RationalDescent};
pub use recursion::Recursion;
pub use recursion_grid::{Cell, CellOutcome, recursion_grid, recursions_until};
pub use segment::{Event, EventKind, Flow, Segment, Stop};
pub use validated::{ValidatedFlow, ValidatedRecursion, ValidatedStep};
pub use vector::{Profile, Scalars, VectorFlow, VectorPath, VectorProblem, VectorRecursion, VectorSegment};
