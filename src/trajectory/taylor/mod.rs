//! The Taylor-series flow of GD: any order, in any number system, with order and step chosen by the last terms of the series.

mod block;
mod compensated;
mod digits;
mod gradient;
mod lane;
mod lockstep;
mod passive;
mod segment;
mod series;
mod state;
mod step;
mod stretch;

pub(super) use compensated::Compensated;
pub(super) use digits::{Digits, log_size};
pub use gradient::GradientFlow;
pub use lockstep::{Ends, FlowCell, Lockstep, Look, Watch};
pub use segment::GradientSegment;
pub(super) use step::Pace;
pub use stretch::Stretch;
