//! The Taylor-series flow of GD: any order, in any number system, with order and step chosen by the last terms of the series.

mod block;
mod compensated;
mod gradient;
mod passive;
mod segment;
mod series;
mod state;
mod step;

pub(super) use compensated::Compensated;
pub use gradient::GradientFlow;
pub use segment::GradientSegment;
pub(super) use step::Pace;
