//! One vector, width one: classical phase retrieval, with any spectrum and any signal, `derivations/vector-flow.md`.
//!
//! Given two scalars, `s = w'Qw` and `u = w'Qw*`, every coordinate obeys a linear equation in which only its variance counts. So
//! the flow is solved for functions of the variance, on a few hundred nodes, however many coordinates there are; and late, where it is
//! stiff, on the clock on which every coordinate relaxes at a constant rate.

mod chebyshev;
mod clock;
mod escape;
mod flow;
mod measure;
mod path;
mod problem;
mod recursion;
mod relaxation;
mod response;
mod solver;
mod state;

pub use flow::{VectorFlow, VectorSegment};
pub use path::VectorPath;
pub use problem::VectorProblem;
pub use recursion::VectorRecursion;
pub use state::{Profile, Scalars};
