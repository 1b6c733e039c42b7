//! `specdyn simulate`: training runs on finite samples.

use super::model::ModelOptions;
use super::output::OutputOptions;
use super::training::{Training, TrainingOptions, none_lost};
use super::{CliError, figures, idle, progress, training_figures};
use crate::export::{Cell, Table};
use crate::simulation::{End, Observation, Resources, Run, Simulation};
use clap::Args;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Options of `specdyn simulate`.
#[derive(Args, Clone, Debug)]
pub(super) struct SimulateOptions {
    #[command(flatten)]
    model: ModelOptions,
    /// Number of samples
    #[arg(long, value_name = "N")]
    samples: Option<usize>,
    #[command(flatten)]
    training: TrainingOptions,
    /// Observe every E steps; start and end always
    #[arg(long, value_name = "E", default_value_t = 1)]
    every: u64,
    /// Add a column with the distance of directions from orthonormality, ||U'U - I||_F
    #[arg(long)]
    orthogonality: bool,
    /// Draw medians and quartiles over the seeds, on top of the population recursion at the same step size, into FILE.png or FILE.svg
    /// (several, separated by commas)
    #[arg(long, value_name = "FILE", value_delimiter = ',')]
    plot: Vec<PathBuf>,
    #[command(flatten)]
    output: OutputOptions,
}

/// The runs of one optimizer.
pub(super) struct Trained {
    pub(super) training: Training,
    pub(super) runs: Vec<Run>,
    /// The population recursion of every run, where it is printed or drawn.
    pub(super) predictions: Vec<Run>,
}

pub(super) fn execute(options: &SimulateOptions) -> Result<(), CliError> {
    options.output.check(&options.plot)?;
    options.training.refuse_idle(&options.configuration())?;
    let seeds = options.training.seeds(&options.model)?;
    let mut trainings = options.training.trainings(&options.model, options.samples)?;
    trainings.iter_mut().for_each(|training| training.simulation.every = options.every);
    let orthonormal = trainings.iter().any(|training| training.simulation.optimizer.is_orthogonal());
    let reason = "is about directions that are meant to be orthonormal: those of specgd and muon";
    idle::refuse(&options.configuration(), &[("orthogonality", orthonormal, reason)])?;
    let total = trainings.iter().map(|t| t.simulation.steps.saturating_mul(seeds.len() as u64)).sum();
    let predicted = !options.training.statistics.is_empty() || !options.plot.is_empty();
    let kept = |simulation: &Simulation| simulation.kept(seeds.len(), if predicted { seeds.len() } else { 0 });
    let all_kept = trainings.iter().fold(0, |sum: u64, training| sum.saturating_add(kept(&training.simulation)));
    let whole = options.training.resources();
    let bar = progress::Bar::of("steps");
    let mut trained = Vec::with_capacity(trainings.len());
    for training in trainings {
        // What there is beside what is kept of the other optimizers.
        let others = all_kept.saturating_sub(kept(&training.simulation));
        let resources = Resources { memory: whole.memory.map(|bytes| bytes.saturating_sub(others)), ..whole };
        let one_more = |_, _| bar.one_more(total);
        let (runs, predictions) = if predicted {
            training.simulation.run_beside_predictions(&seeds, resources, &one_more)?
        } else {
            (training.simulation.run_seeds(&seeds, resources, &one_more)?, Vec::new())
        };
        trained.push(Trained { training, runs, predictions });
    }
    bar.finish();
    report(&trained);
    let provenance = options.training.provenance(options.model.seed, options.configuration());
    options.output.write(&options.table(&trained)?, &provenance)?;
    if !options.plot.is_empty() {
        let figure = training_figures::runs(&trained)?;
        for path in &options.plot {
            figures::write(path, options.output.force, &figure, &provenance)?;
        }
    }
    let lost = |t: &&Trained| t.runs.iter().all(|run| run.end != End::Finished);
    none_lost(trained.iter().filter(lost).map(|t| t.training.optimizer.as_str()).collect(), "for any seed")
}

/// A line on stderr for every run that did not finish.
fn report(trained: &[Trained]) {
    for Trained { training, runs, .. } in trained {
        for run in runs.iter().filter(|run| run.end != End::Finished) {
            remark!("{}, seed {}: {}", training.optimizer, run.seed, run.end);
        }
    }
}

impl SimulateOptions {
    fn table(&self, trained: &[Trained]) -> Result<Table, CliError> {
        let several = self.training.several();
        let failed = trained.iter().flat_map(|t| &t.runs).any(|run| run.end != End::Finished);
        let measured = self.measured(&trained[0].training.simulation)?;
        let mut columns: Vec<String> = Vec::new();
        columns.extend(several.then(|| "optimizer".into()));
        columns.extend(["seed", "step"].map(String::from));
        columns.extend(measured.iter().cloned());
        columns.extend(failed.then(|| "status".into()));
        let mut table = Table::new(columns);
        for Trained { training, runs, predictions } in trained {
            for (i, run) in runs.iter().enumerate() {
                let mut push = |step: u64, numbers: Vec<Cell>, status: &str| {
                    let mut row: Vec<Cell> = Vec::with_capacity(table.columns().len());
                    row.extend(several.then(|| Cell::from(training.optimizer.as_str())));
                    row.extend([Cell::from(run.seed), Cell::from(step)]);
                    row.extend(numbers);
                    row.extend(failed.then(|| Cell::from(status)));
                    table.push(row);
                };
                for (k, observation) in run.observations.iter().enumerate() {
                    let predicted = predictions.get(i).and_then(|prediction| prediction.observations.get(k));
                    push(observation.step, self.numbers(observation, predicted), "ok");
                }
                if let End::Diverged { step, .. } | End::NoDirection { step, .. } = run.end {
                    push(step, vec![Cell::Empty; measured.len()], &run.end.to_string());
                }
            }
        }
        Ok(table)
    }

    /// Names of the numbers of an observation: overlaps and what is seen with them, or statistics of a vector beside their predictions.
    fn measured(&self, simulation: &Simulation) -> Result<Vec<String>, CliError> {
        let mut names = simulation.compared()?;
        if simulation.statistics.is_empty() {
            let others = ["off_manifold", "empirical_risk", "population_risk", "alignment", "amplification"];
            names.extend(others.map(String::from));
        } else {
            let predicted: Vec<String> = names.iter().map(|name| format!("predicted_{name}")).collect();
            names.extend(predicted);
            names.push("empirical_risk".into());
        }
        names.extend(self.orthogonality.then(|| "orthogonality_error".into()));
        Ok(names)
    }

    /// An observation's cells, in the order of [`SimulateOptions::measured`]; what does not exist is empty.
    fn numbers(&self, observation: &Observation, predicted: Option<&Observation>) -> Vec<Cell> {
        let number = |x: f64| if x.is_finite() { Cell::Number(x) } else { Cell::Empty };
        let mut cells: Vec<Cell> = Vec::new();
        if observation.statistics.is_empty() {
            cells.extend(observation.coefficients.iter().copied().map(number));
            cells.push(number(observation.off_manifold));
            cells.push(number(observation.empirical_risk));
            cells.extend([observation.population_risk, observation.alignment, observation.amplification].map(number));
        } else {
            cells.extend(observation.statistics.iter().copied().map(number));
            let count = observation.statistics.len();
            let beside = |k: usize| predicted.map_or(Cell::Empty, |predicted| number(predicted.statistics[k]));
            cells.extend((0..count).map(beside));
            cells.push(number(observation.empirical_risk));
        }
        cells.extend(self.orthogonality.then(|| number(observation.orthogonality_error)));
        cells
    }

    /// Every option of the run, defaults included, under the names that `--config` takes.
    fn configuration(&self) -> Map<String, Value> {
        let mut configuration = self.model.configuration();
        configuration.extend(self.training.configuration());
        configuration.extend([
            ("command".into(), json!("simulate")),
            ("samples".into(), json!(self.samples)),
            ("every".into(), json!(self.every)),
            ("orthogonality".into(), json!(self.orthogonality)),
        ]);
        configuration
    }
}
