//! What is read off one vector (width one): summary statistics, the times of its three phases, and rates known in closed form.

mod course;
mod phases;
mod rate;
mod statistic;

pub use course::{Course, Phases, Summary};
pub use phases::{convergence_time, escape_time, saturation_time};
pub use rate::{certified_escape_rate, escape_rate, spectral_average};
pub use statistic::Statistic;
