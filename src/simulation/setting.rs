use super::Population;
use super::memory::{self, Forecast, Kept};
use super::observation::Observer;
use crate::descent::{Method, Optimizer};
use crate::experiment::{Setting, VectorGauge};
use crate::observe::vector::Statistic;
use crate::scalar::DomainError;
use nalgebra::DMatrix;
use std::str::FromStr;

/// Where a step's samples come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// The same n samples at every step.
    FullBatch,
    /// Batches of this size without replacement, epoch by epoch; an epoch's rest that fills no batch is left out.
    MiniBatch(usize),
    /// This many fresh samples at every step.
    Online(usize),
}

impl FromStr for Data {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        let refuse = || DomainError::new("data", format!("{text:?}"), "full-batch, mini-batch:B or online:B, B >= 1");
        let size = |text: &str| text.parse().map_err(|_| refuse());
        match text.split_once(':') {
            None if text == "full-batch" => Ok(Self::FullBatch),
            Some(("mini-batch", text)) => Ok(Self::MiniBatch(size(text)?)),
            Some(("online", text)) => Ok(Self::Online(size(text)?)),
            _ => Err(refuse()),
        }
    }
}

/// In which numbers samples are kept and their products formed; weights and directions are always in double precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// `f64`.
    Double,
    /// `f32`: half the memory, twice the speed, gradients to about seven digits.
    Single,
}

/// A training run but for its seed.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// Covariance, signal, width, start, `init`, step size, normalisation of the loss. Its method and its seed are not used: the
    /// optimizer stands for the one, the run's seed or [`Simulation::model_seed`] for the other.
    pub setting: Setting<f64>,
    /// What a random signal and the start are drawn from, one and the same for all runs, which differ by their samples then; `None`: the
    /// run's own seed.
    pub model_seed: Option<u64>,
    /// What makes a direction of a gradient.
    pub optimizer: Optimizer,
    /// Number of samples n (online: not used).
    pub samples: usize,
    /// How steps use them.
    pub data: Data,
    /// Standard deviation of the noise added to labels.
    pub noise: f64,
    /// Number of steps K.
    pub steps: u64,
    /// Observe every so many steps; start and end always.
    pub every: u64,
    /// At width one: what is observed besides the overlaps, and what [`compare`](super::compare) compares in their place.
    pub statistics: Vec<Statistic>,
    /// Precision of the samples.
    pub precision: Precision,
}

impl Simulation {
    /// Full batch, every step observed, double precision, no noise; change fields as needed.
    pub fn new(setting: Setting<f64>, optimizer: Optimizer, samples: usize, step_size: f64, steps: u64) -> Self {
        Self {
            setting: Setting { step_size: Some(step_size), ..setting },
            model_seed: None,
            optimizer,
            samples,
            data: Data::FullBatch,
            noise: 0.0,
            steps,
            every: 1,
            statistics: Vec::new(),
            precision: Precision::Double,
        }
    }

    /// Every field in its domain?
    ///
    /// # Errors
    /// The first field that is not.
    pub fn check(&self) -> Result<(), DomainError> {
        let refuse =
            |name: &str, value: &dyn std::fmt::Display, domain: &str| Err(DomainError::new(name, value, domain));
        self.setting.check()?;
        if self.samples == 0 && !matches!(self.data, Data::Online(_)) {
            return refuse("samples", &self.samples, "an integer >= 1");
        }
        if self.samples > u32::MAX as usize {
            return refuse("samples", &self.samples, "at most 2^32 - 1");
        }
        match self.data {
            Data::FullBatch => {}
            Data::MiniBatch(size) if size == 0 || size > self.samples => {
                let domain = format!("an integer from 1 to the number of samples, {}", self.samples);
                return refuse("batch", &size, &domain);
            }
            Data::Online(size) if size == 0 || size > u32::MAX as usize => {
                return refuse("batch", &size, "an integer from 1 to 2^32 - 1");
            }
            Data::MiniBatch(_) | Data::Online(_) => {}
        }
        if !(self.noise >= 0.0 && self.noise.is_finite()) {
            return refuse("noise", &self.noise, "a finite number >= 0");
        }
        match self.setting.step_size {
            Some(eta) if eta > 0.0 && eta.is_finite() => {}
            Some(eta) => return refuse("step-size", &eta, "a finite number > 0"),
            None => return refuse("step-size", &"none", "a finite number > 0: training runs take steps"),
        }
        let init = self.setting.init;
        if !(init >= SMALLEST_INIT && init.is_finite()) {
            return refuse("init", &init, "a finite number >= 1e-150: squares of the weights are observed");
        }
        if self.every == 0 {
            return refuse("every", &self.every, "an integer >= 1");
        }
        if !self.statistics.is_empty() && self.width64() != 1 {
            return refuse("width", &self.width64(), "1, for the summary statistics of one vector");
        }
        let (dimension, width) = (self.setting.covariance.dimension(), self.width64());
        if dimension > MAX_SIDE {
            return refuse("dim", &dimension, "at most 2^24, for samples");
        }
        if width > MAX_SIDE {
            return refuse("width", &width, "an integer from 1 to 2^24");
        }
        Ok(())
    }

    /// Dimension d; only after [`Simulation::check`] certainly that of the covariance.
    pub fn dimension(&self) -> usize {
        usize::try_from(self.setting.covariance.dimension()).unwrap_or(usize::MAX)
    }

    /// Width m.
    pub fn width(&self) -> usize {
        usize::try_from(self.width64()).unwrap_or(usize::MAX)
    }

    fn width64(&self) -> u64 {
        self.setting.width.unwrap_or(self.setting.covariance.dimension())
    }

    /// Column names of the overlaps, signal first.
    ///
    /// # Errors
    /// A covariance outside its domain.
    pub fn names(&self) -> Result<Vec<String>, DomainError> {
        self.setting.names()
    }

    /// Names of what runs and predictions are compared in: the statistics, where there are some, otherwise the overlaps.
    ///
    /// # Errors
    /// A covariance outside its domain.
    pub fn compared(&self) -> Result<Vec<String>, DomainError> {
        if self.statistics.is_empty() {
            return self.names();
        }
        Ok(self.statistics.iter().map(ToString::to_string).collect())
    }

    /// The setting of one seed's run and of its prediction, in the signal's units.
    pub(super) fn setting_of(&self, seed: u64) -> Result<Setting<f64>, DomainError> {
        // A direction that does not know the gradient's size has SpecGD's clock under any normalisation of the loss.
        let method = self.optimizer.method().cloned().unwrap_or(Method::Spectral);
        Setting { seed: self.model_seed.unwrap_or(seed), method, ..self.setting.clone() }.in_signal_units()
    }

    /// The optimizer, for gradients of the quarter loss in the signal's units: of length c, where the loss is k times larger the true gradient is `k c^3` times that.
    pub(super) fn descent(&self, setting: &Setting<f64>) -> Optimizer {
        self.optimizer.clone().in_unit(setting.risk_scale() / setting.label_scale().sqrt())
    }

    /// What watches one seed's weights, in a run or a prediction.
    pub(super) fn observer<'a>(&self, seed: u64, population: &'a Population) -> Result<Observer<'a>, DomainError> {
        let setting = Setting { seed: self.model_seed.unwrap_or(seed), ..self.setting.clone() };
        let gauge = (!self.statistics.is_empty()).then(|| VectorGauge::new(&setting)).transpose()?;
        let statistics = gauge.map(|gauge| (gauge, self.statistics.clone()));
        Ok(Observer::new(population, setting.in_signal_units()?.risk_scale(), statistics))
    }

    /// What a seed's samples are drawn from: one and the same for all seeds, unless the signal is random.
    ///
    /// # Errors
    /// A parameter outside its domain.
    pub fn population(&self, seed: u64) -> Result<Population, DomainError> {
        Population::of(&self.setting_of(seed)?)
    }

    /// The predictions of all seeds are one and the same: of one model, or of starts that differ by a turn.
    pub fn has_common_prediction(&self) -> bool {
        self.model_seed.is_some() || self.has_turned_starts()
    }

    /// Starts differ by a turn `W -> W O`, which no overlap sees; of a vector it may change the sign.
    pub(super) fn has_turned_starts(&self) -> bool {
        let isotropic = self.setting.starts_isotropic() && !self.setting.signal.is_drawn();
        isotropic && self.optimizer.is_equivariant() && self.statistics.is_empty()
    }

    /// The initial weights of a seed, `d x m`, in the signal's units.
    ///
    /// # Errors
    /// See [`Simulation::check`].
    pub fn initial_weights(&self, seed: u64) -> Result<DMatrix<f64>, DomainError> {
        let setting = self.setting_of(seed)?;
        setting.start.draw(self.dimension(), self.width(), setting.init, setting.seed)
    }

    /// What `runs` runs would need, `concurrent` at a time, on `threads` threads in all.
    pub fn memory(&self, runs: usize, concurrent: usize, threads: usize) -> Forecast {
        memory::forecast(self, Kept { runs, predictions: 0 }, concurrent, threads)
    }

    /// Bytes that are kept until all is done: what is observed of `runs` runs and of `predictions` predictions, and a table made of it.
    pub fn kept(&self, runs: usize, predictions: usize) -> u64 {
        memory::observations(self, Kept { runs, predictions })
    }

    /// Samples that a run learns from, as sizes are counted: n, or where every step draws fresh ones those of a step.
    pub fn sample_size(&self) -> usize {
        match self.data {
            Data::Online(size) => size,
            Data::FullBatch | Data::MiniBatch(_) => self.samples,
        }
    }

    /// Samples of one step.
    pub fn batch(&self) -> usize {
        match self.data {
            Data::FullBatch => self.samples,
            Data::MiniBatch(size) | Data::Online(size) => size,
        }
    }
}

/// The step size of a seed's setting on the clock of the quarter loss and of a signal of length 1.
pub(super) fn quarter_step(setting: &Setting<f64>) -> f64 {
    setting.step_size.unwrap_or(f64::NAN) * setting.clock_rate()
}

/// Rows and columns of matrices that are written out.
const MAX_SIDE: u64 = 1 << 24;

/// Overlaps are squares; below this start theirs would leave the range of doubles.
const SMALLEST_INIT: f64 = 1e-150;
