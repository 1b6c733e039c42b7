//! Observables, each defined once.
//!
//! | observable | meaning |
//! |---|---|
//! | [`alignment`] | share of the weights' energy on the signal, `w_0^2 / sum_j n_j w_j^2` |
//! | [`risk`] | population risk, quarter normalisation |
//! | [`Amplification`] | largest `w_j/w_0` over time and over j, relative to its initial value |
//! | escape time | first time the signal reaches [`ESCAPE_LEVEL`] |
//! | contraction time | first time the alignment reaches [`CONTRACTION_LEVEL`]: the noise holds 1 % of the energy |
//! | [`vector::Statistic`] | summary statistics of one vector: s, u, `s_k`, `u_k`, mean squared error |
//! | [`vector`] | times of its phases, the rate of escape, spectral averages |

mod amplification;
mod condition;
mod gauge;
mod observable;
mod quiet;
mod state;
pub mod vector;

pub use amplification::Amplification;
pub use condition::{Condition, Quantity};
pub use gauge::{Gauge, OverlapGauge, SegmentGauge};
pub use observable::Observable;
pub use state::{alignment, excesses, risk};

/// The signal has escaped when its coefficient reaches this level.
pub const ESCAPE_LEVEL: f64 = 0.5;

/// The noise has contracted when the alignment reaches this level.
pub const CONTRACTION_LEVEL: f64 = 0.99;
