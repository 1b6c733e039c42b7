//! Grids of experiments, executed in parallel.

mod axis;
mod grid;
mod theory;

pub use axis::Axis;
pub use grid::{Cell, Grid};
pub use theory::{Boundary, boundaries};
