//! The text forms of a covariance: `power-law:EXPONENT`, `steps:VAR*MULT,...`, `file:PATH`.

use super::{Group, Spectrum, SpectrumError, table};
use crate::scalar::{DomainError, Real};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A covariance as the user writes it. Numbers stay decimal text until the number system is known, so that `0.1` is one
/// tenth in every number system that holds it; [`Display`](fmt::Display) gives the text back in canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpectrumSpec {
    /// `power-law:EXPONENT`: see [`Spectrum::power_law`].
    PowerLaw {
        /// Decimal text of the exponent.
        exponent: String,
    },
    /// `steps:VAR*MULT,VAR*MULT,...`: groups in the order given, which need not be sorted.
    Steps(Vec<(String, u64)>),
    /// `file:PATH`: a CSV table with the header `variance,multiplicity`, its variances sorted (either way).
    File(PathBuf),
}

impl FromStr for SpectrumSpec {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        let refuse = |value: &str, domain: &str| DomainError::new("spectrum", format!("{value:?}"), domain);
        let forms = "power-law:EXPONENT, steps:VAR*MULT,VAR*MULT,... or file:PATH";
        match text.split_once(':') {
            Some(("power-law", exponent)) => Ok(Self::PowerLaw { exponent: exponent.trim().into() }),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(("steps", steps)) => steps
                .split(',')
                .map(|step| {
                    let (variance, multiplicity) =
                        step.split_once('*').ok_or_else(|| refuse(step, "VAR*MULT, as in 20*1"))?;
                    let multiplicity = table::multiplicity(multiplicity)?;
                    Ok((variance.trim().to_string(), multiplicity))
                })
                .collect::<Result<_, _>>()
                .map(Self::Steps),
            _ => Err(refuse(text, forms)),
        }
    }
}

impl fmt::Display for SpectrumSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PowerLaw { exponent } => write!(f, "power-law:{exponent}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Steps(steps) => {
                f.write_str("steps:")?;
                for (i, (variance, multiplicity)) in steps.iter().enumerate() {
                    write!(f, "{}{variance}*{multiplicity}", if i == 0 { "" } else { "," })?;
                }
                Ok(())
            }
        }
    }
}

impl SpectrumSpec {
    /// Dimension that the specification fixes by itself (`steps`), if it does; a file's is known once it is read.
    pub fn dimension(&self) -> Option<u64> {
        match self {
            Self::Steps(steps) => Some(steps.iter().fold(0, |d: u64, step| d.saturating_add(step.1))),
            _ => None,
        }
    }

    /// The spectrum in the number system of `context`, its signal on group (for a power law: eigenvector) `signal`, 1-based.
    ///
    /// `dimension` counts for the power law alone: steps and files bring their own.
    ///
    /// # Errors
    /// [`SpectrumError::Domain`] for a parameter outside its domain, the other kinds for a file that cannot be used.
    pub fn spectrum<T: Real>(
        &self,
        dimension: u64,
        signal: u64,
        context: &T::Context,
    ) -> Result<Spectrum<T>, SpectrumError> {
        let groups: Vec<Group<T>> = match self {
            Self::PowerLaw { exponent } => {
                let exponent = number::<T>("exponent", exponent, context)?;
                return Ok(Spectrum::power_law(&exponent, dimension, signal)?);
            }
            Self::Steps(steps) => steps
                .iter()
                .map(|(variance, multiplicity)| {
                    Ok(Group { variance: number("variance", variance, context)?, multiplicity: *multiplicity })
                })
                .collect::<Result<_, DomainError>>()?,
            Self::File(path) => table::read(path, context)?,
        };
        if signal == 0 {
            return Err(DomainError::new("signal-index", 0, format!("1 to {} (the number of groups)", groups.len())).into());
        }
        Ok(Spectrum::from_groups(&groups, signal as usize - 1)?)
    }
}

fn number<T: Real>(parameter: &str, text: &str, context: &T::Context) -> Result<T, DomainError> {
    T::parse(text, context).map_err(|e| DomainError { parameter: parameter.into(), ..e })
}
