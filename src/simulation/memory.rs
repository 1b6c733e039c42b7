//! How much memory runs need: forecast before anything is allocated, refused where it would not fit.

use super::{Data, Precision, Simulation};
use crate::risk::{EmpiricalGradient, Samples};

/// Bytes, by what they are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// Inputs X and the noise of labels.
    pub samples: u64,
    /// Weights, gradient, direction, the optimiser's state and what products need.
    pub workspace: u64,
    /// Runs at a time.
    pub concurrent: u64,
}

impl Forecast {
    /// All of it.
    pub fn total(&self) -> u64 {
        self.samples.saturating_add(self.workspace).saturating_mul(self.concurrent)
    }
}

/// The samples would not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a run of {samples} samples in dimension {dimension} needs {needed} bytes and {available} are available; take fewer samples, online or single-precision data"
)]
pub struct MemoryError {
    /// Number of samples held.
    pub samples: u64,
    /// Dimension.
    pub dimension: usize,
    /// Bytes of one run.
    pub needed: u64,
    /// Bytes there are.
    pub available: u64,
}

/// For `concurrent` runs at a time on `threads` threads in all.
pub(super) fn forecast(simulation: &Simulation, concurrent: usize, threads: usize) -> Forecast {
    let threads = threads.div_ceil(concurrent.max(1));
    let (dimension, width) = (simulation.population.dimension(), simulation.width);
    let batch = simulation.batch();
    let held = match simulation.data {
        Data::FullBatch | Data::Online(_) => vec![batch as u64],
        Data::MiniBatch(_) => vec![simulation.samples as u64, batch as u64],
    };
    let bytes = |rows: u64| match simulation.precision {
        Precision::Double => Samples::<f64>::bytes(rows, dimension),
        Precision::Single => Samples::<f32>::bytes(rows, dimension),
    };
    let gradient = match simulation.precision {
        Precision::Double => EmpiricalGradient::<f64>::bytes(batch, dimension, width, threads),
        Precision::Single => EmpiricalGradient::<f32>::bytes(batch, dimension, width, threads),
    };
    // Weights, gradient, two of state, and about six more while a polar factor is computed.
    let dense = (dimension as u64).saturating_mul(width as u64).saturating_mul(8 * 10);
    Forecast {
        samples: held.into_iter().map(bytes).fold(0, u64::saturating_add),
        workspace: gradient.saturating_add(dense),
        concurrent: concurrent as u64,
    }
}

/// How many runs may go at a time, at most one a thread, within `limit` bytes (`None`: no limit).
///
/// # Errors
/// Not even one.
pub(super) fn concurrent(simulation: &Simulation, threads: usize, limit: Option<u64>) -> Result<usize, MemoryError> {
    let Some(available) = limit else {
        return Ok(threads);
    };
    let fits = |runs: &usize| forecast(simulation, *runs, threads).total() <= available;
    (1..=threads).rev().find(fits).ok_or_else(|| MemoryError {
        samples: simulation.samples.max(simulation.batch()) as u64,
        dimension: simulation.population.dimension(),
        needed: forecast(simulation, 1, threads).total(),
        available,
    })
}

/// Memory that this machine could give now, in bytes, where it says so (Linux).
pub fn available_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}
