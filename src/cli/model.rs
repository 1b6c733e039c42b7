//! The model options that every command shares, and what they describe.

use super::CliError;
use crate::descent::Method;
use crate::experiment::{Covariance, LossScale, Setting, Signal};
use crate::scalar::{DomainError, Real};
use crate::spectrum::{SpectrumError, SpectrumSpec};
use crate::weights::Start;
use clap::Args;
use serde_json::json;
use std::fmt::Display;

/// The dimension where none is given.
const DIMENSION: u64 = 100;

/// The spike where none is given.
const STRENGTH: &str = "20";

/// Model options.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Model")]
pub(crate) struct ModelOptions {
    /// Ambient dimension
    #[arg(long, value_name = "D", default_value_t = DIMENSION, allow_negative_numbers = true)]
    pub(crate) dim: u64,
    /// Spiked covariance I + LAMBDA v v', v orthogonal to the signal
    #[arg(long, value_name = "LAMBDA", default_value = STRENGTH, allow_hyphen_values = true)]
    pub(crate) spike: String,
    /// Another covariance: power-law:EXPONENT | steps:VAR*MULT,VAR*MULT,... | file:PATH (csv: variance,multiplicity)
    #[arg(long, value_name = "SPEC")]
    pub(crate) spectrum: Option<String>,
    /// Which group of --spectrum carries the signal, from 1 (power-law: which eigenvalue)
    #[arg(long, value_name = "J", default_value_t = 1, allow_negative_numbers = true)]
    pub(crate) signal_index: u64,
    /// Overlap of the signal with the spike: w* = sqrt(1 - RHO^2) u + RHO v
    #[arg(long, value_name = "RHO", default_value = "0", allow_hyphen_values = true)]
    pub(crate) overlap: String,
    /// `random`: the signal is uniform on the unit sphere (drawn from --seed) instead of an eigenvector; `unit-energy`: so directed, and of
    /// the length at which w*'Qw* = 1, in units of which coefficients are then printed
    #[arg(long, value_name = "KIND", value_parser = ["eigenvector", "random", "unit-energy"], default_value = "eigenvector")]
    pub(crate) signal: String,
    /// Width m of the weights; default D (on the manifold), 1 is classical phase retrieval
    #[arg(long, value_name = "M", allow_negative_numbers = true)]
    pub(crate) width: Option<u64>,
    /// Initial weights: ALPHA times orthonormal columns (or rows, for a width of at least D), entries N(0, ALPHA^2/m), or (width
    /// 1) the sphere of radius ALPHA
    #[arg(long, value_name = "START", value_parser = Start::ALL.map(Start::name), default_value = "orthogonal")]
    pub(crate) start: String,
    /// Seed of a random signal and of weights that are drawn: the same seed, the same numbers
    #[arg(long, value_name = "SEED", default_value_t = 0, allow_negative_numbers = true)]
    pub(crate) seed: u64,
    /// Initial coefficient
    #[arg(long, value_name = "ALPHA", default_value = "1e-3", allow_hyphen_values = true)]
    pub(crate) init: String,
    /// Normalisation of the loss: R = 1/4 E[.] or R = E[.]
    #[arg(long, value_parser = ["quarter", "one"], default_value = "quarter")]
    pub(crate) loss_scale: String,
}

impl ModelOptions {
    /// The setting for `method`, in the number system of `context`.
    pub(crate) fn setting<T: Real>(&self, method: Method<T>, context: &T::Context) -> Result<Setting<T>, CliError> {
        let number = |name: &str, text: &str| decimal::<T>(name, text, context);
        let covariance = match &self.spectrum {
            None => Covariance::Spiked { strength: number("spike", &self.spike)?, dimension: self.dim },
            Some(_) if self.spike != STRENGTH => {
                return Err(CliError::Invalid("--spectrum is instead of --spike: give one of them".into()));
            }
            Some(text) => {
                let spec: SpectrumSpec = text.parse()?;
                match spec {
                    SpectrumSpec::PowerLaw { exponent } => Covariance::PowerLaw {
                        exponent: number("spectrum", &exponent)?,
                        dimension: self.dim,
                        signal: self.signal_index,
                    },
                    other => {
                        let covariance =
                            Covariance::Groups { groups: other.groups(context)?, signal: self.signal_index };
                        let sum = covariance.dimension();
                        if self.dim != DIMENSION && self.dim != sum {
                            let reason =
                                format!("--dim {} has no meaning with --spectrum {text}, of dimension {sum}", self.dim);
                            return Err(CliError::Invalid(reason));
                        }
                        covariance
                    }
                }
            }
        };
        let init = number("init", &self.init)?;
        let mantissa = self.init.split(['e', 'E']).next().unwrap_or_default();
        if init == init.int(0) && mantissa.contains(|c| ('1'..='9').contains(&c)) {
            let domain =
                "a number that doubles hold, from 4.95e-324 on; --precision BITS, interval or exact hold smaller ones";
            return Err(DomainError::new("init", &self.init, domain).into());
        }
        let setting = Setting {
            signal: self.signal(context)?,
            width: self.width,
            start: self.start.parse()?,
            seed: self.seed,
            loss_scale: if self.loss_scale == "one" { LossScale::One } else { LossScale::Quarter },
            ..Setting::new(covariance, init, method)
        };
        setting.check()?;
        Ok(setting)
    }

    /// Where the signal lies; refuses options that would not count.
    fn signal<T: Real>(&self, context: &T::Context) -> Result<Signal<T>, CliError> {
        let random = self.signal != "eigenvector";
        if self.signal_index != 1 && (random || self.spectrum.is_none()) {
            let with = if random { "--signal random" } else { "the spiked covariance" };
            return Err(CliError::Invalid(format!("--signal-index has no meaning with {with}")));
        }
        let overlap: T = decimal("overlap", &self.overlap, context)?;
        if overlap == overlap.int(0) {
            return Ok(match self.signal.as_str() {
                "random" => Signal::Random,
                "unit-energy" => Signal::UnitEnergy,
                _ => Signal::Eigenvector,
            });
        }
        if random || self.spectrum.is_some() {
            let with = if random { "--signal random" } else { "--spectrum" };
            return Err(CliError::Invalid(format!(
                "--overlap is the signal's with the spike of --spike: it does not go with {with}"
            )));
        }
        Ok(Signal::Overlap(overlap))
    }
}

impl ModelOptions {
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
            ("start", json!(self.start)),
            ("seed", json!(self.seed)),
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

/// What is said of a list that has something twice.
pub(crate) const NAMED_ONCE: &str = "each named once";

/// Refuses a list that has something twice: rows of it could not be told apart, and fits would count it twice.
pub(crate) fn all_different<T: PartialEq + Display>(name: &str, given: &[T]) -> Result<(), DomainError> {
    match given.iter().enumerate().find(|(k, one)| given[..*k].contains(one)) {
        Some((_, again)) => Err(DomainError::new(name, again, NAMED_ONCE)),
        None => Ok(()),
    }
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
