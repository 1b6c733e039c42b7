use nalgebra::DMatrix;
use specdyn::descent::Method;
use specdyn::experiment::{Covariance, Setting};
use specdyn::risk::{EmpiricalGradient, Samples, Source};
use specdyn::scalar::{Stream, shuffled};
use specdyn::simulation::Population;
use specdyn::weights::Weights;
use specdyn::weights::polar::polar_factor;

/// Dimension, odd so that a row's last pair of random numbers is half used.
pub(crate) const DIMENSION: usize = 7;
/// Standard deviation of the labels' noise.
pub(crate) const NOISE: f64 = 0.5;
/// Standard deviation of the spike.
pub(crate) const SPIKE: f64 = 3.0;

/// Rows of inputs, and the noise of their labels.
pub(crate) struct Drawn {
    pub inputs: DMatrix<f64>,
    pub noise: Vec<f64>,
}

/// What a training run is made of.
pub(crate) struct Parts {
    /// Rows `first..first + rows` of a seed.
    pub draw: fn(seed: u64, first: u64, rows: usize) -> Drawn,
    /// The order of an epoch.
    pub order: fn(seed: u64, epoch: u64, samples: usize) -> Vec<u32>,
    /// The empirical gradient on rows `first..first + rows` of a seed.
    pub gradient: fn(seed: u64, first: u64, rows: usize, weights: &DMatrix<f64>) -> DMatrix<f64>,
    /// SpecGD's direction.
    pub direction: fn(gradient: &DMatrix<f64>) -> DMatrix<f64>,
    /// The next weights.
    pub step: fn(weights: &DMatrix<f64>, direction: &DMatrix<f64>, eta: f64) -> DMatrix<f64>,
    /// Overlaps: signal, spike, bulk.
    pub overlaps: fn(weights: &DMatrix<f64>) -> Vec<f64>,
}

pub(crate) fn population() -> Population {
    let covariance = Covariance::Spiked { strength: SPIKE * SPIKE - 1.0, dimension: DIMENSION as u64 };
    Population::of(&Setting::new(covariance, 1.0, Method::Spectral)).unwrap()
}

pub(crate) fn samples(seed: u64, first: u64, rows: usize) -> Samples {
    let population = population();
    Samples::draw(&Source { deviation: population.deviation(), noise: NOISE, seed }, first, rows)
}

impl Parts {
    /// As the library has them.
    pub(crate) fn sound() -> Self {
        Self {
            draw: |seed, first, rows| {
                let samples = samples(seed, first, rows);
                Drawn {
                    inputs: DMatrix::from_fn(rows, DIMENSION, |i, j| samples.get(i, j)),
                    noise: (0..rows).map(|i| samples.noise(i)).collect(),
                }
            },
            order: |seed, epoch, samples| {
                let mut order = vec![0; samples];
                shuffled(seed, Stream::Order as u64, epoch, &mut order);
                order
            },
            gradient: |seed, first, rows, weights| {
                let mut gradient = weights.clone();
                let samples = samples(seed, first, rows);
                EmpiricalGradient::default().evaluate(&samples, population().signal(), weights, &mut gradient);
                gradient
            },
            direction: |gradient| polar_factor(gradient).unwrap(),
            step: |weights, direction, eta| {
                let mut next = direction.clone();
                weights.descend(&eta, &mut next);
                next
            },
            overlaps: |weights| population().overlaps(weights).0,
        }
    }
}
