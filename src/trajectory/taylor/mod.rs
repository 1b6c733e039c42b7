//! Taylor-series flows of GD and of spectral powers: any order, in any number system, with the step chosen by the last two
//! terms of the series (`derivations/gradient-descent.md`, `derivations/spectral-powers.md`).

mod compensated;
mod gradient;
mod power;
mod series;
mod state;
mod step;

pub use gradient::{GradientFlow, GradientSegment};
pub use power::{PowerFlow, PowerSegment};
