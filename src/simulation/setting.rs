use super::Population;
use super::memory::{self, Forecast};
use crate::descent::Optimizer;
use crate::scalar::DomainError;
use crate::weights::{gaussian_start, orthogonal_start, spherical_start};
use nalgebra::DMatrix;

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

/// Initial weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// `init` times orthonormal columns or rows (on the manifold where the width is at least d).
    Orthogonal,
    /// Entries `N(0, init^2/m)`.
    Gaussian,
    /// Width one, uniform on the sphere of radius `init`.
    Spherical,
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
    /// What samples are drawn from.
    pub population: Population,
    /// Number of samples n (online: not used).
    pub samples: usize,
    /// How steps use them.
    pub data: Data,
    /// Standard deviation of the noise added to labels.
    pub noise: f64,
    /// What makes a direction of a gradient.
    pub optimizer: Optimizer,
    /// Step size eta.
    pub step_size: f64,
    /// Number of steps K.
    pub steps: u64,
    /// Observe every so many steps; start and end always.
    pub every: u64,
    /// Width m.
    pub width: usize,
    /// Initial weights.
    pub start: Start,
    /// Their scale alpha.
    pub init: f64,
    /// Precision of the samples.
    pub precision: Precision,
}

impl Simulation {
    /// Full batch, m = d, orthogonal start, every step observed, double precision, no noise; change fields as needed.
    pub fn new(population: Population, samples: usize, optimizer: Optimizer, step_size: f64, steps: u64) -> Self {
        let width = population.dimension();
        Self {
            population,
            samples,
            data: Data::FullBatch,
            noise: 0.0,
            optimizer,
            step_size,
            steps,
            every: 1,
            width,
            start: Start::Orthogonal,
            init: 1e-3,
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
        if self.samples == 0 && !matches!(self.data, Data::Online(_)) {
            return refuse("samples", &self.samples, "an integer >= 1");
        }
        if self.samples > u32::MAX as usize {
            return refuse("samples", &self.samples, "at most 2^32 - 1");
        }
        match self.data {
            Data::FullBatch => {}
            Data::MiniBatch(size) if size == 0 || size > self.samples => {
                return refuse(
                    "batch",
                    &size,
                    &format!("an integer from 1 to the number of samples, {}", self.samples),
                );
            }
            Data::Online(size) if size == 0 || size > u32::MAX as usize => {
                return refuse("batch", &size, "an integer from 1 to 2^32 - 1");
            }
            Data::MiniBatch(_) | Data::Online(_) => {}
        }
        if !(self.noise >= 0.0 && self.noise.is_finite()) {
            return refuse("noise", &self.noise, "a finite number >= 0");
        }
        if !(self.step_size > 0.0 && self.step_size.is_finite()) {
            return refuse("step-size", &self.step_size, "a finite number > 0");
        }
        if !(self.init > 0.0 && self.init.is_finite()) {
            return refuse("init", &self.init, "a finite number > 0");
        }
        if self.every == 0 {
            return refuse("every", &self.every, "an integer >= 1");
        }
        if self.width == 0 {
            return refuse("width", &self.width, "an integer >= 1");
        }
        if self.start == Start::Spherical && self.width != 1 {
            return refuse("width", &self.width, "1 for a spherical start");
        }
        Ok(())
    }

    /// The initial weights of a seed.
    ///
    /// # Errors
    /// See [`Simulation::check`].
    pub fn initial_weights(&self, seed: u64) -> Result<DMatrix<f64>, DomainError> {
        let dimension = self.population.dimension();
        match self.start {
            Start::Orthogonal => orthogonal_start(dimension, self.width, self.init, seed),
            Start::Gaussian => gaussian_start(dimension, self.width, self.init, seed),
            Start::Spherical => spherical_start(dimension, self.init, seed),
        }
    }

    /// What `concurrent` runs at a time would need, on `threads` threads in all.
    pub fn memory(&self, concurrent: usize, threads: usize) -> Forecast {
        memory::forecast(self, concurrent, threads)
    }

    /// Samples of one step.
    pub(super) fn batch(&self) -> usize {
        match self.data {
            Data::FullBatch => self.samples,
            Data::MiniBatch(size) | Data::Online(size) => size,
        }
    }
}
