//! Many seeds at a time.

use super::memory::{self, Kept, MemoryError};
use super::{Run, Simulation};
use crate::scalar::DomainError;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What runs may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resources {
    /// Threads, at least 1.
    pub threads: usize,
    /// Bytes; `None`: not to be asked about.
    pub memory: Option<u64>,
}

/// Why runs could not begin.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// A parameter outside its domain.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// They would not fit in memory.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The system gives no more threads.
    #[error("no threads for the runs: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

impl Simulation {
    /// The runs of many seeds, in the order of the seeds; as many at a time as threads and memory allow.
    ///
    /// The bytes of a run do not depend on the other seeds, on their order or on the number of threads; a run that diverges
    /// says so and leaves the others alone. `progress` is told (seed, step) of every step done.
    ///
    /// # Errors
    /// A parameter outside its domain, or a single run that does not fit in memory.
    pub fn run_seeds(
        &self,
        seeds: &[u64],
        resources: Resources,
        progress: &(impl Fn(u64, u64) + Sync),
    ) -> Result<Vec<Run>, SimulationError> {
        self.run_keeping(seeds, 0, resources, progress)
    }

    /// As [`Simulation::run_seeds`], and the prediction of every seed beside its run.
    ///
    /// # Errors
    /// See [`Simulation::run_seeds`].
    pub fn run_beside_predictions(
        &self,
        seeds: &[u64],
        resources: Resources,
        progress: &(impl Fn(u64, u64) + Sync),
    ) -> Result<(Vec<Run>, Vec<Run>), SimulationError> {
        let runs = self.run_keeping(seeds, seeds.len(), resources, progress)?;
        Ok((runs, self.predictions(seeds)?))
    }

    /// The runs of many seeds, where memory is left for so many predictions.
    fn run_keeping(
        &self,
        seeds: &[u64],
        predictions: usize,
        resources: Resources,
        progress: &(impl Fn(u64, u64) + Sync),
    ) -> Result<Vec<Run>, SimulationError> {
        let kept = Kept { runs: seeds.len(), predictions };
        self.each_seed(seeds, kept, resources, |seed| self.run_watched(seed, &|step| progress(seed, step)))
    }

    /// What `work` makes of every seed, in the order of the seeds. It does one run; `kept` is what is kept of all.
    pub(super) fn each_seed<R: Send + Sync>(
        &self,
        seeds: &[u64],
        kept: Kept,
        resources: Resources,
        work: impl Fn(u64) -> Result<R, DomainError> + Sync,
    ) -> Result<Vec<R>, SimulationError> {
        self.check()?;
        if seeds.is_empty() {
            return Ok(Vec::new());
        }
        let threads = resources.threads.max(1);
        let together = memory::concurrent(self, seeds.len(), kept, threads, resources.memory)?;
        // A pool for each run at a time: within one pool, a run that waits for its own pieces could begin another, and hold both in memory.
        let pools = (0..together)
            .map(|p| rayon::ThreadPoolBuilder::new().num_threads((threads + p) / together).build())
            .collect::<Result<Vec<_>, _>>()?;
        let results: Vec<OnceLock<Result<R, DomainError>>> = seeds.iter().map(|_| OnceLock::new()).collect();
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for pool in &pools {
                scope.spawn(|| {
                    loop {
                        let i = next.fetch_add(1, Ordering::Relaxed);
                        let Some(&seed) = seeds.get(i) else { break };
                        let result = pool.install(|| work(seed));
                        results[i].get_or_init(|| result);
                    }
                });
            }
        });
        Ok(results.into_iter().filter_map(OnceLock::into_inner).collect::<Result<_, _>>()?)
    }
}
