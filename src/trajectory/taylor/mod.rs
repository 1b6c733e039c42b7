//! Taylor-series flows of GD and of spectral powers: any order, in any number system, with the step chosen by the last two
//! terms of the series (`derivations/gradient-descent.md`, `derivations/spectral-powers.md`).

mod block;
mod compensated;
mod gradient;
mod passive;
mod power;
mod segment;
mod series;
mod state;
mod step;

pub use gradient::GradientFlow;
pub use power::{PowerFlow, PowerSegment};
pub use segment::GradientSegment;
