//! Options that make the cells of a phase diagram training runs.

use super::CliError;
use super::model::decimal;
use crate::sweep::Sampling;
use clap::Args;

/// Finite samples instead of the population.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Training runs in place of the population")]
pub(super) struct SamplingOptions {
    /// Number of samples (or an axis of that name): each cell is the median of training runs over --seeds; needs --step-size
    #[arg(long, value_name = "N")]
    pub(super) samples: Option<usize>,
    /// Number of seeds of a cell, from --seed on
    #[arg(long, value_name = "S")]
    pub(super) seeds: Option<u64>,
    /// full-batch (default), mini-batch:B or online:B, as in `specdyn simulate`
    #[arg(long, value_name = "DATA")]
    pub(super) data: Option<String>,
    /// Standard deviation of the noise in the labels (or an axis of that name)
    #[arg(long, value_name = "SIGMA", allow_hyphen_values = true)]
    pub(super) noise: Option<String>,
}

impl SamplingOptions {
    /// The sampling that the options, or an axis, ask for.
    pub(super) fn sampling(&self, axes: [&str; 2]) -> Result<Option<Sampling>, CliError> {
        let online = self.data.as_ref().is_some_and(|data| data.starts_with("online"));
        let axis = axes.iter().any(|axis| axis.starts_with("samples="));
        if self.samples.is_none() && !axis && !online {
            let given =
                [("--seeds", self.seeds.is_some()), ("--data", self.data.is_some()), ("--noise", self.noise.is_some())];
            return match given.iter().find(|(_, given)| *given) {
                Some((option, _)) => Err(CliError::Invalid(format!(
                    "{option} is an option of training runs: give --samples N, or an axis of that name"
                ))),
                None => Ok(None),
            };
        }
        if online && (axis || self.samples.is_some()) {
            return Err(CliError::Invalid(super::training::NO_SAMPLES_ONLINE.into()));
        }
        Ok(Some(Sampling {
            samples: self.samples.unwrap_or(0),
            seeds: self.seeds.unwrap_or(1),
            data: self.data.as_deref().unwrap_or("full-batch").parse()?,
            noise: self.noise.as_deref().map_or(Ok(0.0), |text| decimal("noise", text, &()))?,
        }))
    }
}
