//! How much memory runs need: forecast before anything is allocated, refused where it would not fit.

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
    /// What is observed, of all runs and of their predictions.
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

/// What is kept of runs until all are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    /// Runs, which will be rows of a table too.
    pub(super) runs: usize,
    /// Predictions.
    pub(super) predictions: usize,
}

/// Bytes that the observations of all these runs and predictions take.
pub(super) fn observations(simulation: &Simulation, kept: Kept) -> u64 {
    const CELL: u64 = 32;
    // What an allocator keeps beside the coefficients and beside the statistics of an observation.
    const ASIDE: u64 = 2 * 16;
    let (names, statistics) =
        (simulation.names().map_or(0, |names| names.len()) as u64, simulation.statistics.len() as u64);
    let one = size_of::<Observation>() as u64 + 8 * (names + statistics) + ASIDE;
    // Overlaps with what is seen beside them, or statistics with their predictions; six more, and the row itself.
    let row = CELL * (if statistics == 0 { names + 5 } else { 2 * statistics } + 7);
    let each = (one + row).saturating_mul(kept.runs as u64).saturating_add(one.saturating_mul(kept.predictions as u64));
    (simulation.steps / simulation.every.max(1)).saturating_add(2).saturating_mul(each)
}

/// Between what stays, an allocator loses one part in so many of the rest, and this besides: `tests/memory_forecast.rs` compares with what runs take.
const GAPS: u64 = 8;
const HEAP: u64 = 1 << 20;

/// What is small, of every thread.
const HEAP_A_THREAD: u64 = 1 << 17;

fn with_gaps(bytes: u64) -> u64 {
    bytes.saturating_add(bytes / GAPS)
}

/// A full batch of so many bytes is large.
const LARGE: u64 = 8 << 20;

/// How many samples a run on so many threads holds; the others are drawn whenever they are needed.
///
/// Of a large full batch so many that they and what is beside them take at most 1.1 times what all samples would, if a step becomes hardly longer for
/// it: to draw a row takes as long as a gradient takes for it at some 80 columns, so that a share of d/2048 of them, at most, is a
/// twenty-fifth of a gradient.
pub(super) fn held(simulation: &Simulation, threads: usize) -> usize {
    let samples = match simulation.data {
        Data::Online(_) => return 0,
        Data::MiniBatch(_) => return simulation.samples,
        Data::FullBatch => simulation.samples as u64,
    };
    let whole = bytes(simulation, samples);
    if whole < LARGE {
        return simulation.samples;
    }
    let columns = simulation.dimension().min(2 * simulation.width() + 2) as u64;
    let speed = if simulation.precision == Precision::Single { 2 } else { 1 };
    let fewest = samples - (samples.saturating_mul(columns) / (2048 * speed)).min(samples);
    let excess = with_gaps(beside(simulation, fewest, threads)).saturating_sub(whole / 10);
    let block = Samples::<f64>::block_rows(simulation.dimension()) as u64;
    let drawn = excess.div_ceil((whole / samples).max(1)).next_multiple_of(block);
    samples.saturating_sub(drawn).max(fewest) as usize
}

/// Bytes of so many samples.
fn bytes(simulation: &Simulation, rows: u64) -> u64 {
    match simulation.precision {
        Precision::Double => Samples::<f64>::bytes(rows, simulation.dimension()),
        Precision::Single => Samples::<f32>::bytes(rows, simulation.dimension()),
    }
}

/// Bytes that a run takes beside the samples, so many of which it holds.
fn beside(simulation: &Simulation, held: u64, threads: usize) -> u64 {
    let (batch, held, dimension, width) =
        (simulation.batch(), held as usize, simulation.dimension(), simulation.width());
    let (sums, gradient) = match simulation.precision {
        Precision::Double => EmpiricalGradient::<f64>::bytes(batch, held, dimension, width, threads),
        Precision::Single => EmpiricalGradient::<f32>::bytes(batch, held, dimension, width, threads),
    };
    let weights = Panels::<f64>::bytes(dimension, width);
    let (kept, turn) = simulation.optimizer.bytes(dimension, width, threads);
    // At a time what sums need; or a gradient, or what turns it into a direction; or, at the start, a QR decomposition.
    let at_a_time = sums.max(gradient).max(turn).max(2 * weights);
    let heaps = HEAP_A_THREAD.saturating_mul(threads as u64);
    [kept, at_a_time, heaps].into_iter().fold(weights, u64::saturating_add)
}

/// For `concurrent` runs at a time, on `threads` threads in all, and what is kept of all.
pub(super) fn forecast(simulation: &Simulation, kept: Kept, concurrent: usize, threads: usize) -> Forecast {
    let threads = threads.div_ceil(concurrent.max(1));
    let held = held(simulation, threads) as u64;
    let (samples, batch) = (simulation.samples as u64, simulation.batch() as u64);
    // Of mini-batches also what is gathered, and the order of all samples.
    let (gathered, labels, order) = match simulation.data {
        Data::MiniBatch(_) => (bytes(simulation, batch), samples.saturating_add(batch), samples.saturating_mul(4)),
        Data::FullBatch | Data::Online(_) => (0, batch, 0),
    };
    let noise = if simulation.noise > 0.0 { labels.saturating_mul(8) } else { 0 };
    Forecast {
        samples: [gathered, order, noise].into_iter().fold(bytes(simulation, held), u64::saturating_add),
        workspace: with_gaps(beside(simulation, held, threads)).saturating_add(HEAP),
        concurrent: concurrent as u64,
        observations: observations(simulation, kept),
    }
}

/// How many of `runs` runs may go at a time, at most one a thread, within `limit` bytes (`None`: no limit), beside what is kept
/// of all.
///
/// # Errors
/// Not even one, or there is no place for what is observed.
pub(super) fn concurrent(
    simulation: &Simulation,
    runs: usize,
    kept: Kept,
    threads: usize,
    limit: Option<u64>,
) -> Result<usize, MemoryError> {
    let most = threads.min(runs).max(1);
    let Some(available) = limit else { return Ok(most) };
    let one = forecast(simulation, kept, 1, threads);
    let Some(left) = available.checked_sub(one.observations) else {
        return Err(MemoryError::Observations {
            runs: kept.runs.max(kept.predictions),
            needed: one.observations,
            available,
        });
    };
    let fits = |together: &usize| forecast(simulation, kept, *together, threads).total() <= available;
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
