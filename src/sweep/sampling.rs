use crate::descent::{Method, Optimizer};
use crate::experiment::{Measured, Setting, Status};
use crate::observe::Observable;
use crate::scalar::DomainError;
use crate::simulation::{Data, Simulation};

/// Finite samples in place of the population: a cell is the median of training runs over seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    /// Number of samples n.
    pub samples: usize,
    /// Number of seeds; the first is the setting's.
    pub seeds: u64,
    /// How steps use the samples.
    pub data: Data,
    /// Standard deviation of the noise in the labels.
    pub noise: f64,
}

impl Sampling {
    /// Numeric options that a grid may vary beside those of the setting.
    pub const NAMES: [&'static str; 2] = ["samples", "noise"];

    /// Sets the option `name`, rounding `samples` to the nearest integer; false if it is none of [`Sampling::NAMES`].
    ///
    /// # Errors
    /// A value outside its domain.
    pub fn set(&mut self, name: &str, value: f64) -> Result<bool, DomainError> {
        match name {
            "samples" => {
                let rounded = value.round();
                if !(1.0..=f64::from(u32::MAX)).contains(&rounded) {
                    return Err(DomainError::new("samples", value, "an integer from 1 to 2^32 - 1"));
                }
                self.samples = rounded as usize;
            }
            "noise" => self.noise = value,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The training run of `setting` with an optimizer: its own method in place of a method, whose power an axis may have set.
    pub fn simulation(&self, setting: &Setting<f64>, optimizer: &Optimizer) -> Simulation {
        let optimizer = match optimizer {
            Optimizer::Method(_) => Optimizer::from(setting.method.clone()),
            other => other.clone(),
        };
        let step_size = setting.step_size.unwrap_or(f64::NAN);
        let mut simulation = Simulation::new(setting.clone(), optimizer, self.samples, step_size, 0);
        (simulation.data, simulation.noise) = (self.data, self.noise);
        simulation
    }

    pub(super) fn measure(
        &self,
        setting: &Setting<f64>,
        optimizer: &Optimizer,
        observable: Observable,
        time: Option<f64>,
    ) -> Measured {
        if setting.step_size.is_none() {
            return Measured { value: None, status: Status::Domain(NO_STEP_SIZE.into()) };
        }
        let seeds: Vec<u64> = (0..self.seeds).map(|i| setting.seed.wrapping_add(i)).collect();
        self.simulation(setting, optimizer).measure(&seeds, observable, time).if_finite()
    }

    /// Checks what no cell could answer for.
    ///
    /// # Errors
    /// No seeds, no step size (on an axis or in the setting).
    pub(super) fn check(&self, base: &Setting<f64>, axes: [&str; 2]) -> Result<(), DomainError> {
        if self.seeds == 0 {
            return Err(DomainError::new("seeds", 0, "an integer >= 1"));
        }
        if base.step_size.is_none() && !axes.contains(&"step-size") {
            return Err(DomainError::new("step-size", "none", NO_STEP_SIZE));
        }
        let any = Setting { step_size: Some(1.0), method: Method::Spectral, ..base.clone() };
        let samples = if axes.contains(&"samples") { usize::from(u16::MAX) } else { self.samples };
        Self { samples, ..self.clone() }.simulation(&any, &Method::Spectral.into()).check()
    }

    /// Whether the option `name` may have the `value`; false if it is none of [`Sampling::NAMES`].
    ///
    /// # Errors
    /// It is outside its domain.
    pub(super) fn admits(&self, name: &str, value: f64, base: &Setting<f64>) -> Result<bool, DomainError> {
        let mut varied = self.clone();
        if !varied.set(name, value)? {
            return Ok(false);
        }
        if name == "noise" {
            // None yet, where they are the other axis.
            if varied.samples == 0 {
                varied.samples = usize::from(u16::MAX);
            }
            let any = Setting { step_size: Some(1.0), method: Method::Spectral, ..base.clone() };
            varied.simulation(&any, &Method::Spectral.into()).check()?;
        }
        Ok(true)
    }
}

const NO_STEP_SIZE: &str = "a step size: training runs take steps";
