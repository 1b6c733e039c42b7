//! The model options that every command shares, and what they describe.

use super::CliError;
use crate::descent::Method;
use crate::experiment::{Covariance, LossScale, Setting};
use crate::scalar::{DomainError, Real};
use crate::spectrum::{SpectrumError, SpectrumSpec};
use clap::Args;
use serde_json::json;

/// Model options.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Model")]
pub(crate) struct ModelOptions {
    /// Ambient dimension
    #[arg(long, value_name = "D", default_value_t = 100)]
    pub(crate) dim: u64,
    /// Spiked covariance I + LAMBDA v v', v orthogonal to the signal
    #[arg(long, value_name = "LAMBDA", default_value = "20", allow_hyphen_values = true)]
    pub(crate) spike: String,
    /// Another covariance: power-law:EXPONENT | steps:VAR*MULT,VAR*MULT,... | file:PATH (csv: variance,multiplicity)
    #[arg(long, value_name = "SPEC")]
    pub(crate) spectrum: Option<String>,
    /// Which group of --spectrum carries the signal, from 1 (power-law: which eigenvalue)
    #[arg(long, value_name = "J", default_value_t = 1)]
    pub(crate) signal_index: u64,
    /// Overlap of the signal with the spike: w* = sqrt(1 - RHO^2) u + RHO v
    #[arg(long, value_name = "RHO", default_value = "0", allow_hyphen_values = true)]
    pub(crate) overlap: String,
    /// `random`: the signal is a random vector instead of an eigenvector
    #[arg(long, value_name = "KIND", value_parser = ["eigenvector", "random"], default_value = "eigenvector")]
    pub(crate) signal: String,
    /// Width m of the weights; default D (on the manifold), 1 is classical phase retrieval
    #[arg(long, value_name = "M")]
    pub(crate) width: Option<u64>,
    /// Initial coefficient
    #[arg(long, value_name = "ALPHA", default_value = "1e-3", allow_hyphen_values = true)]
    pub(crate) init: String,
    /// Normalisation of the loss: R = 1/4 E[.] or R = E[.]
    #[arg(long, value_parser = ["quarter", "one"], default_value = "quarter")]
    pub(crate) loss_scale: String,
}

impl ModelOptions {
    /// The setting on the invariant manifold (or tilted from it) for `method`, in the number system of `context`.
    pub(crate) fn setting<T: Real>(&self, method: Method<T>, context: &T::Context) -> Result<Setting<T>, CliError> {
        self.on_manifold()?;
        let number = |name: &str, text: &str| decimal::<T>(name, text, context);
        let covariance = match &self.spectrum {
            None => Covariance::Spiked { strength: number("spike", &self.spike)?, dimension: self.dim },
            Some(text) => {
                let spec: SpectrumSpec = text.parse()?;
                match spec {
                    SpectrumSpec::PowerLaw { exponent } => Covariance::PowerLaw {
                        exponent: number("spectrum", &exponent)?,
                        dimension: self.dim,
                        signal: self.signal_index,
                    },
                    other => Covariance::Groups { groups: other.groups(context)?, signal: self.signal_index },
                }
            }
        };
        let loss_scale = if self.loss_scale == "one" { LossScale::One } else { LossScale::Quarter };
        Ok(Setting { covariance, init: number("init", &self.init)?, method, step_size: None, loss_scale })
    }
}

impl ModelOptions {
    /// Refuses what only the finite-width or tilted dynamics could answer.
    fn on_manifold(&self) -> Result<(), CliError> {
        let refuse = |what: &str| {
            Err(CliError::Invalid(format!(
                "{what} leaves the invariant manifold; this command covers an eigenvector signal at full width only"
            )))
        };
        if self.signal == "random" {
            return refuse("--signal random");
        }
        if self.width.is_some_and(|m| m != self.dim) {
            return refuse("--width other than --dim");
        }
        let overlap = decimal::<f64>("overlap", &self.overlap, &())?;
        if !(-1.0..=1.0).contains(&overlap) {
            return Err(DomainError::new("overlap", overlap, "a number in [-1, 1]").into());
        }
        if overlap != 0.0 { refuse("--overlap other than 0") } else { Ok(()) }
    }

    /// Every model option, defaults included, under the names that `--config` takes.
    pub(crate) fn configuration(&self) -> serde_json::Map<String, serde_json::Value> {
        let options = [
            ("dim", json!(self.dim)),
            ("spike", json!(self.spike)),
            ("spectrum", json!(self.spectrum)),
            ("signal-index", json!(self.signal_index)),
            ("overlap", json!(self.overlap)),
            ("signal", json!(self.signal)),
            ("width", json!(self.width)),
            ("init", json!(self.init)),
            ("loss-scale", json!(self.loss_scale)),
        ];
        options.into_iter().map(|(name, value)| (name.into(), value)).collect()
    }
}

impl From<SpectrumError> for CliError {
    fn from(error: SpectrumError) -> Self {
        match error {
            SpectrumError::Domain(error) => Self::Domain(error),
            SpectrumError::Unreadable { path, source } => Self::input(&path, source),
            SpectrumError::Unusable { path, line, reason } => Self::input(&path, format!("line {line}: {reason}")),
        }
    }
}

/// Reads the decimal of the option `name`.
pub(crate) fn decimal<T: Real>(name: &str, text: &str, context: &T::Context) -> Result<T, DomainError> {
    T::parse(text, context).map_err(|error| DomainError::new(name, format!("{text:?}"), error.domain))
}

/// Reads `gd`, `specgd` or `power:P`.
pub(crate) fn method<T: Real>(text: &str, context: &T::Context) -> Result<Method<T>, DomainError> {
    match text {
        "gd" => Ok(Method::GradientDescent),
        "specgd" => Ok(Method::Spectral),
        _ => match text.strip_prefix("power:") {
            Some(p) => Method::power(decimal("power", p, context)?),
            None => Err(DomainError::new("optimizer", format!("{text:?}"), "gd, specgd or power:P")),
        },
    }
}
