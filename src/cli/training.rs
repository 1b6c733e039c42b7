//! The options of training runs, and what they describe.

use super::CliError;
use super::idle;
use super::model::{ModelOptions, all_different, decimal, method};
use super::statistics::distinct;
use crate::descent::{Adam, Method, Muon, NormalizedDescent, Optimizer, SignDescent};
use crate::export::Provenance;
use crate::scalar::DomainError;
use crate::simulation::{Data, Precision, Resources, Simulation, SimulationError, available_memory};
use clap::{ArgGroup, Args};
use serde_json::{Map, Value, json};

/// Options of training runs, but for the number of samples.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Training", group(ArgGroup::new("length").required(true).args(["steps", "time"])))]
pub(super) struct TrainingOptions {
    /// gd, specgd, power:P, muon, sign, normalized-gd or adam; several, separated by commas, are put one below the other (column `optimizer`)
    #[arg(long, value_name = "OPTIMIZER", value_delimiter = ',', required = true)]
    optimizer: Vec<String>,
    /// Step size; one for all optimizers, or one for each, separated by commas
    #[arg(long, value_name = "ETA", value_delimiter = ',', required = true, allow_hyphen_values = true)]
    step_size: Vec<String>,
    /// Number of steps
    #[arg(long, value_name = "K", conflicts_with = "time")]
    steps: Option<u64>,
    /// T/ETA steps instead
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    time: Option<String>,
    /// Number of seeds
    #[arg(long, value_name = "S", default_value_t = 1)]
    seeds: u64,
    /// full-batch: the same samples at every step; mini-batch:B: batches of B without replacement, epoch by epoch, a rest that fills no batch
    /// left out of each; online:B: B fresh samples at every step (without --samples)
    #[arg(long, value_name = "DATA", default_value = "full-batch")]
    data: String,
    /// Standard deviation of the noise in the labels
    #[arg(long, value_name = "SIGMA", default_value = "0", allow_hyphen_values = true)]
    noise: String,
    /// In which numbers samples are kept and multiplied; f32 halves the memory and the time
    #[arg(long, value_parser = ["f64", "f32"], default_value = "f64")]
    scalar: String,
    /// Muon's momentum
    #[arg(long, value_name = "MU", default_value = "0.95", allow_hyphen_values = true)]
    momentum: String,
    /// Muon's momentum in Nesterov's form
    #[arg(long, action = clap::ArgAction::Set, value_name = "true|false", default_value_t = true)]
    nesterov: bool,
    /// Draw signal and start of every run from SEED, so that runs differ by their samples alone (default: each from its own seed)
    #[arg(long, value_name = "SEED", allow_negative_numbers = true)]
    model_seed: Option<u64>,
    /// Width 1: these summary statistics in the place of overlaps, risk and alignment, of s, u, s2 to s9, u2 to u9, gap, mse, risk, as `population --statistics`
    /// has them
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub(super) statistics: Vec<String>,
    /// Muon's Newton-Schulz steps
    #[arg(long, value_name = "STEPS", default_value_t = 5)]
    newton_schulz_steps: u32,
    /// Number of threads (default: all cores)
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u16).range(1..=4096))]
    threads: Option<u16>,
}

/// More runs than this are a typing error.
const MAX_SEEDS: u64 = 10_000_000;

/// What one optimizer does.
pub(super) struct Training {
    pub(super) optimizer: String,
    pub(super) simulation: Simulation,
}

/// Why a number of samples is refused where every step draws its own.
pub(super) const NO_SAMPLES_ONLINE: &str =
    "--samples does not go with --data online:B, which draws B fresh samples at every step";

impl TrainingOptions {
    /// Refuses what would not count in a command with this configuration.
    pub(super) fn refuse_idle(&self, configuration: &Map<String, Value>) -> Result<(), CliError> {
        let muon = self.optimizer.iter().any(|name| name == "muon");
        let options = ["momentum", "nesterov", "newton-schulz-steps"];
        idle::refuse(configuration, &options.map(|name| (name, muon, "is Muon's, and no optimizer is muon")))
    }

    /// One training an optimizer.
    pub(super) fn trainings(&self, model: &ModelOptions, samples: Option<usize>) -> Result<Vec<Training>, CliError> {
        let data: Data = self.data.parse()?;
        let samples = match (samples, data) {
            (Some(_), Data::Online(_)) => return Err(CliError::Invalid(NO_SAMPLES_ONLINE.into())),
            (Some(samples), _) => samples,
            (None, Data::Online(_)) => 0,
            (None, _) => return Err(CliError::Invalid("--samples N is needed, but for --data online:B".into())),
        };
        let one = |(name, step_size): (&String, f64)| {
            let optimizer = optimizer(name, || self.muon())?;
            let setting = model.setting(Method::Spectral, &())?;
            let mut simulation = Simulation::new(setting, optimizer, samples, step_size, self.steps(step_size)?);
            simulation.data = data;
            simulation.model_seed = self.model_seed;
            simulation.statistics = distinct(&self.statistics)?;
            simulation.noise = decimal("noise", &self.noise, &())?;
            simulation.precision = if self.scalar == "f32" { Precision::Single } else { Precision::Double };
            simulation.check()?;
            Ok(Training { optimizer: name.clone(), simulation })
        };
        let trainings: Vec<Training> =
            self.optimizer.iter().zip(self.step_sizes()?).map(one).collect::<Result<_, CliError>>()?;
        // By what they are: power:0.50 is power:0.5.
        let optimizers = trainings.iter().map(|training| training.simulation.optimizer.to_string());
        all_different("optimizer", &optimizers.collect::<Vec<_>>())?;
        Ok(trainings)
    }

    fn step_sizes(&self) -> Result<Vec<f64>, CliError> {
        let sizes = self.step_size.iter().map(|text| decimal::<f64>("step-size", text, &()));
        let sizes = sizes.collect::<Result<Vec<_>, _>>()?;
        if let Some(bad) = sizes.iter().find(|eta| !(**eta > 0.0 && eta.is_finite())) {
            return Err(DomainError::new("step-size", bad, "a finite number > 0").into());
        }
        match sizes.len() {
            1 => Ok(vec![sizes[0]; self.optimizer.len()]),
            count if count == self.optimizer.len() => Ok(sizes),
            count => Err(DomainError::new("step-size", format!("{count} values"), "one, or one an optimizer").into()),
        }
    }

    fn steps(&self, step_size: f64) -> Result<u64, CliError> {
        let Some(text) = &self.time else { return Ok(self.steps.unwrap_or(0)) };
        let time: f64 = decimal("time", text, &())?;
        let steps = (time / step_size).round();
        if (0.0..9e15).contains(&steps) {
            return Ok(steps as u64);
        }
        Err(DomainError::new("time", time, "a number >= 0, at most 9e15 steps").into())
    }

    fn muon(&self) -> Result<Muon, DomainError> {
        Muon::new(decimal("momentum", &self.momentum, &())?, self.nesterov, self.newton_schulz_steps)
    }

    /// The seeds: so many from the model's on.
    pub(super) fn seeds(&self, model: &ModelOptions) -> Result<Vec<u64>, CliError> {
        if !(1..=MAX_SEEDS).contains(&self.seeds) {
            return Err(DomainError::new("seeds", self.seeds, "an integer from 1 to 10000000").into());
        }
        Ok((0..self.seeds).map(|i| model.seed.wrapping_add(i)).collect())
    }

    pub(super) fn several(&self) -> bool {
        self.optimizer.len() > 1
    }

    pub(super) fn resources(&self) -> Resources {
        Resources { threads: super::phase_diagram::threads(self.threads), memory: available_memory() }
    }

    /// Every training option, defaults included, under the names that `--config` takes.
    pub(super) fn configuration(&self) -> Map<String, Value> {
        let options = [
            ("optimizer", json!(self.optimizer)),
            ("step-size", json!(self.step_size)),
            ("steps", json!(self.steps)),
            ("time", json!(self.time)),
            ("seeds", json!(self.seeds)),
            ("data", json!(self.data)),
            ("noise", json!(self.noise)),
            ("scalar", json!(self.scalar)),
            ("model-seed", json!(self.model_seed)),
            ("statistics", json!(self.statistics)),
            ("momentum", json!(self.momentum)),
            ("nesterov", json!(self.nesterov)),
            ("newton-schulz-steps", json!(self.newton_schulz_steps)),
        ];
        options.into_iter().map(|(name, value)| (name.into(), value)).collect()
    }

    /// Provenance of a command with this configuration.
    pub(super) fn provenance(&self, seed: u64, configuration: Map<String, Value>) -> Provenance {
        Provenance {
            seed: Some(seed),
            scalar: self.scalar.clone(),
            threads: self.resources().threads,
            ..Provenance::new(configuration.into())
        }
    }
}

/// The optimizer of this name.
pub(super) fn optimizer(
    name: &str,
    muon: impl FnOnce() -> Result<Muon, DomainError>,
) -> Result<Optimizer, DomainError> {
    match name {
        "muon" => muon().map(Optimizer::Muon),
        "sign" => Ok(Optimizer::Sign(SignDescent)),
        "normalized-gd" => Ok(Optimizer::Normalized(NormalizedDescent)),
        "adam" => Ok(Optimizer::Adam(Adam::default())),
        _ => method(name, &()).map(Optimizer::from).map_err(|error| {
            let domain = "gd, specgd, power:P, muon, sign, normalized-gd or adam";
            if error.parameter == "optimizer" { DomainError::new("optimizer", error.value, domain) } else { error }
        }),
    }
}

/// Fails where optimizers have no run that finished: as for a cell without a value, nothing is known of them.
pub(super) fn none_lost(optimizers: Vec<&str>, place: &str) -> Result<(), CliError> {
    match optimizers.as_slice() {
        [] => Ok(()),
        lost => Err(CliError::Open(format!("no run finished {place}: {}", lost.join(", ")))),
    }
}

impl From<SimulationError> for CliError {
    fn from(error: SimulationError) -> Self {
        match error {
            SimulationError::Domain(error) => Self::Domain(error),
            other => Self::Invalid(other.to_string()),
        }
    }
}
