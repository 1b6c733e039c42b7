//! How much memory runs need: forecast before anything is allocated, refused where it would not fit.

use super::data::redrawn;
use super::{Data, Observation, Precision, Simulation};
use crate::product::Panels;
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
    /// What is observed, of all runs.
    pub observations: u64,
}

impl Forecast {
    /// All of it.
    pub fn total(&self) -> u64 {
        let at_a_time = self.samples.saturating_add(self.workspace).saturating_mul(self.concurrent);
        at_a_time.saturating_add(self.observations)
    }
}

/// It would not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemoryError {
    /// The samples of a single run.
    #[error(
        "a run of {samples} samples in dimension {dimension} needs {needed} bytes and {available} are available; take fewer samples, online or single-precision data"
    )]
    Samples {
        /// Number of samples held.
        samples: u64,
        /// Dimension.
        dimension: usize,
        /// Bytes of one run.
        needed: u64,
        /// Bytes there are.
        available: u64,
    },
    /// What is observed, of all runs.
    #[error(
        "the observations of {runs} runs need {needed} bytes and {available} are available; take fewer steps, observe fewer of them, or run fewer seeds"
    )]
    Observations {
        /// Number of runs.
        runs: usize,
        /// Bytes of all their observations.
        needed: u64,
        /// Bytes there are.
        available: u64,
    },
}

/// Bytes that the observations of one run take, and a row of a table made of each.
fn observations(simulation: &Simulation) -> u64 {
    const CELL: u64 = 32;
    let names = (simulation.names().map_or(0, |names| names.len()) + simulation.statistics.len()) as u64;
    let one = size_of::<Observation>() as u64 + 8 * names + CELL * (12 + names);
    (simulation.steps / simulation.every.max(1)).saturating_add(2).saturating_mul(one)
}

/// Between what stays, an allocator loses one part in so many of the rest, and this besides: `tests/memory_forecast.rs` compares with what runs take.
const GAPS: u64 = 8;
const HEAP: u64 = 1 << 20;

/// For `concurrent` runs at a time, on `threads` threads in all, and the observations of `observed` runs.
pub(super) fn forecast(simulation: &Simulation, observed: usize, concurrent: usize, threads: usize) -> Forecast {
    let threads = threads.div_ceil(concurrent.max(1));
    let (dimension, width) = (simulation.dimension(), simulation.width());
    let batch = simulation.batch();
    let held = match simulation.data {
        Data::FullBatch | Data::Online(_) => vec![batch as u64],
        Data::MiniBatch(_) => vec![simulation.samples as u64, batch as u64],
    };
    let bytes = |rows: u64| match simulation.precision {
        Precision::Double => Samples::<f64>::bytes(rows, dimension),
        Precision::Single => Samples::<f32>::bytes(rows, dimension),
    };
    let (sums, gradient) = match simulation.precision {
        Precision::Double => EmpiricalGradient::<f64>::bytes(batch, dimension, width, threads),
        Precision::Single => EmpiricalGradient::<f32>::bytes(batch, dimension, width, threads),
    };
    let weights = Panels::<f64>::bytes(dimension, width);
    let (kept, turn) = simulation.optimizer.bytes(dimension, width, threads);
    // At a time what sums need; or a gradient, or what turns it into a direction, beside less of the samples; or, at the start, a QR decomposition.
    let released = match simulation.data {
        Data::FullBatch => bytes(redrawn(batch, (dimension, width)) as u64),
        _ => 0,
    };
    let at_a_time = sums.max(gradient.max(turn).saturating_sub(released)).max(2 * weights);
    let live = weights.saturating_add(kept).saturating_add(at_a_time);
    let order = if matches!(simulation.data, Data::MiniBatch(_)) { 4 * simulation.samples as u64 } else { 0 };
    Forecast {
        samples: held.into_iter().map(bytes).fold(order, u64::saturating_add),
        workspace: live.saturating_add(live / GAPS).saturating_add(HEAP),
        concurrent: concurrent as u64,
        observations: observations(simulation).saturating_mul(observed as u64),
    }
}

/// How many of `runs` runs may go at a time, at most one a thread, within `limit` bytes (`None`: no limit), where the observations of
/// `observed` runs are kept.
///
/// # Errors
/// Not even one, or there is no place for what is observed.
pub(super) fn concurrent(
    simulation: &Simulation,
    runs: usize,
    observed: usize,
    threads: usize,
    limit: Option<u64>,
) -> Result<usize, MemoryError> {
    let most = threads.min(runs).max(1);
    let Some(available) = limit else { return Ok(most) };
    let one = forecast(simulation, observed, 1, threads);
    let Some(left) = available.checked_sub(one.observations) else {
        return Err(MemoryError::Observations { runs: observed, needed: one.observations, available });
    };
    let fits = |together: &usize| forecast(simulation, observed, *together, threads).total() <= available;
    (1..=most).rev().find(fits).ok_or_else(|| MemoryError::Samples {
        samples: simulation.samples.max(simulation.batch()) as u64,
        dimension: simulation.dimension(),
        needed: one.total() - one.observations,
        available: left,
    })
}

/// Memory that this machine could give now, in bytes, where it says so (Linux).
pub fn available_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}
