use super::memory::Kept;
use super::{End, Quartiles, Rate, Resources, Run, Simulation, SimulationError};
use crate::scalar::DomainError;
use std::sync::OnceLock;

/// Simulations of growing samples beside the recursions that they should follow.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Names of what is compared: the overlaps, signal first, or the simulations' statistics.
    pub names: Vec<String>,
    /// One entry a simulation.
    pub rungs: Vec<Rung>,
    /// How the median deviation of each falls with n/d. `None` where it cannot be fitted.
    pub rates: Vec<Option<Rate>>,
}

/// One simulation's seeds against their prediction.
#[derive(Clone, Debug, PartialEq)]
pub struct Rung {
    /// Samples of a step.
    pub samples: usize,
    /// Dimension d.
    pub dimension: usize,
    /// For each of what is compared, over the seeds in increasing order: the largest distance, over all steps, between it in the run and in
    /// the prediction. Infinite where one of them did not finish.
    pub deviations: Vec<Vec<f64>>,
    /// Their quartiles.
    pub quartiles: Vec<Quartiles>,
    /// Final amplification of the runs, in the order of the seeds.
    pub amplification: Vec<f64>,
    /// Final amplification of the predictions, in the order of the seeds.
    pub predicted_amplification: Vec<f64>,
    /// Seeds that did not finish, with how they ended.
    pub unfinished: Vec<(u64, End)>,
}

/// Runs every simulation for all seeds and measures how far the runs are from their predictions, at every step (`every` is not used).
/// Rates hold with an error of at most `error` for each of what is compared: overlaps, or statistics where the simulations have some.
///
/// # Errors
/// No simulations or seeds, a parameter outside its domain, or a run that does not fit in memory.
pub fn compare(
    simulations: &[Simulation],
    seeds: &[u64],
    error: f64,
    resources: Resources,
    progress: &(impl Fn(usize, u64, u64) + Sync),
) -> Result<Comparison, SimulationError> {
    let Some(first) = simulations.first() else {
        return Err(DomainError::new("ladder", 0, "at least one simulation").into());
    };
    if seeds.is_empty() {
        return Err(DomainError::new("seeds", 0, "an integer >= 1").into());
    }
    let names = first.compared()?;
    for simulation in simulations {
        let others = simulation.compared()?;
        if others != names {
            let domain = "simulations with the same overlaps or statistics";
            return Err(DomainError::new("ladder", others.join(","), domain).into());
        }
    }
    let mut rungs = Vec::with_capacity(simulations.len());
    for (number, simulation) in simulations.iter().enumerate() {
        let followed = simulation.follow_predictions(seeds, resources, &|seed, step| progress(number, seed, step))?;
        rungs.push(Rung::new(simulation, names.len(), seeds, &followed));
    }
    let rates = (0..names.len())
        .map(|j| {
            let sizes: Vec<(f64, &[f64])> = rungs
                .iter()
                .map(|rung| (rung.samples as f64 / rung.dimension as f64, &rung.deviations[j][..]))
                .collect();
            Rate::fit(&sizes, error)
        })
        .collect();
    Ok(Comparison { names, rungs, rates })
}

/// One seed's run beside its prediction.
struct Followed {
    /// For each of what is compared, its largest distance over all steps; infinite if the run or the prediction did not finish.
    deviations: Vec<f64>,
    amplification: f64,
    predicted_amplification: f64,
    end: End,
}

impl Simulation {
    /// Every seed's run beside its prediction, at every step, whatever `every` says: what alternates from step to step would otherwise
    /// be seen on one side only. No run is kept, and of predictions only those in use.
    fn follow_predictions(
        &self,
        seeds: &[u64],
        resources: Resources,
        progress: &(impl Fn(u64, u64) + Sync),
    ) -> Result<Vec<Followed>, SimulationError> {
        let predicting = Self { every: 1, ..self.clone() };
        let running = Self { every: self.steps.max(1), ..self.clone() };
        let common = OnceLock::new();
        let predictions = if self.has_common_prediction() { 1 } else { resources.threads.clamp(1, seeds.len()) };
        predicting.each_seed(seeds, Kept { runs: 0, predictions }, resources, |seed| {
            let own;
            let prediction = if self.has_common_prediction() {
                common.get_or_init(|| predicting.prediction(seed)).as_ref().map_err(Clone::clone)?
            } else {
                own = predicting.prediction(seed)?;
                &own
            };
            running.follow_one(seed, prediction, &|step| progress(seed, step))
        })
    }

    fn follow_one(&self, seed: u64, prediction: &Run, progress: &impl Fn(u64)) -> Result<Followed, DomainError> {
        let mut deviations = vec![0.0_f64; self.compared()?.len()];
        let mut amplification = f64::NAN;
        let run = self.run_glanced(seed, progress, |step, observer, weights| {
            amplification = observer.amplification();
            let Some(predicted) = prediction.observations.get(step as usize) else { return };
            let pairs = observer.compared(weights).into_iter().zip(predicted.compared());
            for (largest, (found, predicted)) in deviations.iter_mut().zip(pairs) {
                let distance = (found - predicted).abs();
                // `f64::max` passes over a NaN.
                *largest = if distance.is_nan() { f64::INFINITY } else { largest.max(distance) };
            }
        })?;
        if run.end != End::Finished || prediction.end != End::Finished {
            deviations.fill(f64::INFINITY);
        }
        let predicted_amplification = prediction.observations.last().map_or(f64::NAN, |last| last.amplification);
        Ok(Followed { deviations, amplification, predicted_amplification, end: run.end })
    }
}

impl Rung {
    fn new(simulation: &Simulation, overlaps: usize, seeds: &[u64], followed: &[Followed]) -> Self {
        let sorted = |j: usize| {
            let mut deviations: Vec<f64> = followed.iter().map(|one| one.deviations[j]).collect();
            deviations.sort_by(f64::total_cmp);
            deviations
        };
        let deviations: Vec<Vec<f64>> = (0..overlaps).map(sorted).collect();
        let ends = seeds.iter().zip(followed.iter().map(|one| &one.end));
        Self {
            samples: simulation.sample_size(),
            dimension: simulation.dimension(),
            quartiles: deviations.iter().filter_map(|d| Quartiles::of_sorted(d)).collect(),
            deviations,
            amplification: followed.iter().map(|one| one.amplification).collect(),
            predicted_amplification: followed.iter().map(|one| one.predicted_amplification).collect(),
            unfinished: ends
                .filter(|(_, end)| **end != End::Finished)
                .map(|(seed, end)| (*seed, end.clone()))
                .collect(),
        }
    }
}
