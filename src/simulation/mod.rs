//! Training runs on finite samples, and how far they are from the population recursion that they follow as n grows.
//!
//! A [`Simulation`] is everything but the seed; [`Simulation::run_seeds`] gives a [`Run`] a seed, [`Simulation::prediction`] the
//! population recursion at the same step size, and [`compare`] puts a ladder of simulations beside their predictions.
//!
//! Random numbers are functions of (seed, stream, index), sums have a fixed order, and products fixed bits
//! ([`crate::product`]): a seed's run is the same to the last bit on any machine, for any number of threads and in any company.

mod compare;
mod data;
mod measure;
mod memory;
mod observation;
mod population;
mod prediction;
mod quantiles;
mod run;
mod seeds;
mod setting;
mod watched;

pub use compare::{Comparison, Rung, compare};
pub use memory::{Forecast, MemoryError, available_memory};
pub use observation::Observation;
pub use population::Population;
pub use quantiles::{Quartiles, Rate, median_interval};
pub use run::{End, Run};
pub use seeds::{Resources, SimulationError};
pub use setting::{Data, Precision, Simulation};
