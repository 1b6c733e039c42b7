//! One experiment: a covariance and where the signal lies, a method, a start, and a clock. Running it feeds a watcher.
//!
//! Population commands, sweeps and claims all describe what they run as a [`Setting`]; [`run`] gives rows and events, [`measure`]
//! one observable.

mod amplification;
mod blocks;
mod certified;
mod exact;
mod flows;
mod lockstep;
mod measure;
mod model;
mod run;
mod setting;
mod settled;
mod signal;
mod vector;
mod watch;

pub use blocks::WrittenOut;
pub use certified::run_certified;
pub use exact::run_exact;
pub use measure::{Measured, Status, measure, measure_all};
pub use model::{Covariance, Signal};
pub use run::{Outcome, Plan, run};
pub use setting::{LossScale, Setting};
pub use vector::{VectorGauge, VectorRun};
pub use watch::Row;
