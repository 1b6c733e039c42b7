use crate::descent::Method;
use crate::scalar::{DomainError, Real};
use crate::spectrum::{Group, Spectrum};
use crate::weights::equal_start;

/// The input covariance of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub enum Covariance<T> {
    /// `I + strength v v'` in dimension `dimension`, the spike v orthogonal to the signal.
    Spiked {
        /// Spike strength lambda.
        strength: T,
        /// Ambient dimension d.
        dimension: u64,
    },
    /// Variances `i^-exponent / sum_j j^-exponent`, the signal on eigenvector `signal` (from 1).
    PowerLaw {
        /// The exponent a.
        exponent: T,
        /// Ambient dimension d.
        dimension: u64,
        /// Which eigenvector carries the signal, from 1.
        signal: u64,
    },
    /// Given groups, the signal on one direction of group `signal` (from 1).
    Groups {
        /// The groups.
        groups: Vec<Group<T>>,
        /// Which group carries the signal, from 1.
        signal: u64,
    },
}

/// Normalisation of the loss; for gradient descent another one rescales time, for SpecGD it changes nothing but the risk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LossScale {
    /// `R = 1/4 E[.]`.
    #[default]
    Quarter,
    /// `R = E[.]`, the companion paper's clock.
    One,
}

/// All that determines a population trajectory on the invariant manifold.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting<T = f64> {
    /// Input covariance.
    pub covariance: Covariance<T>,
    /// Initial coefficient alpha.
    pub init: T,
    /// How gradients become directions.
    pub method: Method<T>,
    /// Step size of the recursion; `None` is the continuous flow.
    pub step_size: Option<T>,
    /// Normalisation of the loss.
    pub loss_scale: LossScale,
}

impl<T: Real> Setting<T> {
    /// Numeric options that [`Setting::set`] knows.
    pub const NAMES: [&'static str; 6] = ["spike", "exponent", "dim", "init", "power", "step-size"];

    /// Sets the numeric option `name`; `dim` is rounded to the nearest integer.
    ///
    /// # Errors
    /// No such option, an option that this covariance does not have, or a value outside its domain.
    pub fn set(&mut self, name: &str, value: &T) -> Result<(), DomainError> {
        let absent = |what: &str| Err(DomainError::new("axis", name, format!("an option of {what}")));
        match (name, &mut self.covariance) {
            ("spike", Covariance::Spiked { strength, .. }) => *strength = value.clone(),
            ("spike", _) => return absent("the spiked covariance (no --spectrum)"),
            ("exponent", Covariance::PowerLaw { exponent, .. }) => *exponent = value.clone(),
            ("exponent", _) => return absent("--spectrum power-law:EXPONENT"),
            ("dim", Covariance::Spiked { dimension, .. } | Covariance::PowerLaw { dimension, .. }) => {
                let rounded = value.to_f64().round();
                if !(1.0..=9.0e15).contains(&rounded) {
                    return Err(DomainError::new("dim", value, "an integer from 3 to 2^53"));
                }
                *dimension = rounded as u64;
            }
            ("dim", _) => return absent("a covariance whose dimension is free"),
            ("init", _) => self.init = value.clone(),
            ("power", _) => self.method = Method::power(value.clone())?,
            ("step-size", _) => self.step_size = Some(positive("step-size", value)?),
            _ => return Err(DomainError::new("axis", name, format!("one of {}", Self::NAMES.join(", ")))),
        }
        Ok(())
    }

    /// Whether [`Setting::set`] takes the option `name` here, whatever the value.
    ///
    /// # Errors
    /// No such option, or this covariance does not have it.
    pub fn offers(&self, name: &str) -> Result<(), DomainError> {
        match self.clone().set(name, &self.init.int(1).over(2)) {
            Err(error) if error.parameter == "axis" => Err(error),
            _ => Ok(()),
        }
    }

    /// The covariance as the reduced dynamics see it.
    ///
    /// # Errors
    /// A parameter outside its domain.
    pub fn spectrum(&self) -> Result<Spectrum<T>, DomainError> {
        match &self.covariance {
            Covariance::Spiked { strength, dimension } => Spectrum::spiked(strength.clone(), *dimension),
            Covariance::PowerLaw { exponent, dimension, signal } => Spectrum::power_law(exponent, *dimension, *signal),
            Covariance::Groups { groups, signal } => {
                let count = groups.len();
                let home = usize::try_from(*signal).ok().and_then(|signal| signal.checked_sub(1)).ok_or_else(|| {
                    DomainError::new("signal-index", signal, format!("1 to {count} (the number of groups)"))
                })?;
                Spectrum::from_groups(groups, home)
            }
        }
    }

    /// Column names of the coefficients.
    ///
    /// # Errors
    /// A parameter outside its domain.
    pub fn names(&self) -> Result<Vec<String>, DomainError> {
        Ok(self.spectrum()?.names())
    }

    /// Whether this is a continuous flow that ends at the optimum by itself.
    pub fn ends_by_itself(&self) -> bool {
        self.step_size.is_none() && self.method == Method::Spectral
    }

    /// The start on the manifold: every coefficient equal to [`Setting::init`].
    ///
    /// # Errors
    /// `init` not positive and finite.
    pub fn start(&self, spectrum: &Spectrum<T>) -> Result<Vec<T>, DomainError> {
        equal_start(spectrum, &self.init)
    }

    /// How many units of the quarter-loss clock one unit of this experiment's clock is: `c^p` when the loss is c times larger.
    pub fn clock_rate(&self) -> T {
        let four = self.init.int(4);
        match (self.loss_scale, &self.method) {
            (LossScale::Quarter, _) | (LossScale::One, Method::Spectral) => self.init.int(1),
            (LossScale::One, Method::GradientDescent) => four,
            (LossScale::One, Method::Power(p)) => four.pow(p),
        }
    }

    /// What the risk of the quarter normalisation is multiplied with.
    pub fn risk_scale(&self) -> T {
        self.init.int(match self.loss_scale {
            LossScale::Quarter => 1,
            LossScale::One => 4,
        })
    }
}

fn positive<T: Real>(name: &str, value: &T) -> Result<T, DomainError> {
    if value.is_finite() && *value > value.int(0) {
        Ok(value.clone())
    } else {
        Err(DomainError::new(name, value, "a finite number > 0"))
    }
}
