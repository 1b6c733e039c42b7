use super::{End, Quartiles, Rate, Resources, Run, Simulation, SimulationError};

/// Simulations of growing samples beside the recursions that they should follow.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Names of the overlaps, signal first.
    pub names: Vec<String>,
    /// One entry a simulation.
    pub rungs: Vec<Rung>,
    /// How the median deviation of each overlap falls with n/d. `None` where it cannot be fitted.
    pub rates: Vec<Option<Rate>>,
}

/// One simulation's seeds against their prediction.
#[derive(Clone, Debug, PartialEq)]
pub struct Rung {
    /// Samples of a step.
    pub samples: usize,
    /// Dimension d.
    pub dimension: usize,
    /// For each overlap, over the seeds in increasing order: the largest distance, over observed steps, between the overlap in the
    /// run and in the prediction. Infinite for a run that did not finish.
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

/// Runs every simulation for all seeds and measures how far the runs are from their predictions. Rates hold with an error of at
/// most `error` for each overlap.
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
    use crate::scalar::DomainError;
    let Some(first) = simulations.first() else {
        return Err(DomainError::new("ladder", 0, "at least one simulation").into());
    };
    if seeds.is_empty() {
        return Err(DomainError::new("seeds", 0, "an integer >= 1").into());
    }
    let names = first.names()?;
    for simulation in simulations {
        let others = simulation.names()?;
        if others != names {
            return Err(DomainError::new("ladder", others.join(","), "simulations with the same overlaps").into());
        }
    }
    let mut rungs = Vec::with_capacity(simulations.len());
    for (number, simulation) in simulations.iter().enumerate() {
        let runs = simulation.run_seeds(seeds, resources, &|seed, step| progress(number, seed, step))?;
        rungs.push(Rung::new(simulation, names.len(), &runs, &simulation.predictions(seeds)?));
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

impl Rung {
    fn new(simulation: &Simulation, overlaps: usize, runs: &[Run], predictions: &[Run]) -> Self {
        let mut deviations: Vec<Vec<f64>> = vec![Vec::with_capacity(runs.len()); overlaps];
        for (run, prediction) in runs.iter().zip(predictions) {
            for (j, deviations) in deviations.iter_mut().enumerate() {
                deviations.push(sup_deviation(run, prediction, j));
            }
        }
        for deviations in &mut deviations {
            deviations.sort_by(f64::total_cmp);
        }
        let last = |runs: &[Run]| {
            runs.iter().map(|run| run.observations.last().map_or(f64::NAN, |o| o.amplification)).collect::<Vec<_>>()
        };
        Self {
            samples: simulation.batch(),
            dimension: simulation.dimension(),
            quartiles: deviations.iter().filter_map(|d| Quartiles::of_sorted(d)).collect(),
            deviations,
            amplification: last(runs),
            predicted_amplification: last(predictions),
            unfinished: runs.iter().filter(|r| r.end != End::Finished).map(|r| (r.seed, r.end.clone())).collect(),
        }
    }
}

/// Largest distance between overlap j (a coefficient's square) in two runs that were observed at the same steps.
fn sup_deviation(run: &Run, prediction: &Run, j: usize) -> f64 {
    if run.observations.len() != prediction.observations.len() || run.end != End::Finished {
        return f64::INFINITY;
    }
    let pairs = run.observations.iter().zip(&prediction.observations);
    let square = |w: f64| w * w;
    let distances = pairs.map(|(o, p)| (square(o.coefficients[j]) - square(p.coefficients[j])).abs());
    // `f64::max` passes over a NaN.
    distances.fold(0.0, |largest: f64, x| if x.is_nan() { f64::INFINITY } else { largest.max(x) })
}
