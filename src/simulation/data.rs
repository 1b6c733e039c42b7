use super::{Data, Population, Simulation};
use crate::experiment::Setting;
use crate::product::Element;
use crate::risk::{EmpiricalGradient, Landscape, Samples, Source};
use crate::scalar::{DomainError, Stream, shuffled};
use nalgebra::DMatrix;

/// The empirical risk as a landscape: every gradient is that of the next batch.
pub(super) struct SampledLandscape<'a, T: Element> {
    source: Source<'a>,
    population: &'a Population,
    data: Data,
    engine: EmpiricalGradient<T>,
    /// Full batch and mini-batch: all samples. Online: the current batch.
    samples: Samples<T>,
    /// Mini-batch: the current batch.
    batch: Samples<T>,
    order: Vec<u32>,
    drawn: u64,
    risk: f64,
}

impl<'a, T: Element> SampledLandscape<'a, T> {
    /// The samples of `seed`, for its setting in the signal's units and its population.
    pub(super) fn new(simulation: &Simulation, seed: u64, setting: &Setting<f64>, population: &'a Population) -> Self {
        let dimension = population.dimension();
        let noise = simulation.noise / setting.label_scale();
        let source = Source { deviation: population.deviation(), noise, seed };
        let (held, batch) = match simulation.data {
            Data::FullBatch => (simulation.samples, 0),
            Data::MiniBatch(size) => (simulation.samples, size),
            Data::Online(size) => (size, 0),
        };
        let samples = match simulation.data {
            Data::Online(_) => Samples::zeros(held, dimension),
            _ => Samples::draw(&source, 0, held),
        };
        Self {
            source,
            population,
            data: simulation.data,
            engine: EmpiricalGradient::default(),
            samples,
            batch: Samples::zeros(batch, dimension),
            order: vec![0; if batch > 0 { held } else { 0 }],
            drawn: 0,
            risk: f64::NAN,
        }
    }

    /// Empirical risk of the last gradient's weights on its batch.
    pub(super) fn risk(&self) -> f64 {
        self.risk
    }
}

impl<T: Element> Landscape<DMatrix<f64>> for SampledLandscape<'_, T> {
    fn admit(&self, weights: &DMatrix<f64>) -> Result<(), DomainError> {
        self.population.risk().admit(weights)
    }

    fn gradient(&mut self, weights: &DMatrix<f64>, gradient: &mut DMatrix<f64>) {
        let batch = match self.data {
            Data::FullBatch => &self.samples,
            Data::Online(size) => {
                self.samples.redraw(&self.source, self.drawn.wrapping_mul(size as u64));
                &self.samples
            }
            Data::MiniBatch(size) => {
                let batches = (self.samples.len() / size) as u64;
                let position = (self.drawn % batches) as usize;
                if position == 0 {
                    shuffled(self.source.seed, Stream::Order as u64, self.drawn / batches, &mut self.order);
                }
                self.batch.gather(&self.samples, &self.order[position * size..][..size]);
                &self.batch
            }
        };
        self.drawn += 1;
        self.risk = self.engine.evaluate(batch, self.population.signal(), weights, gradient);
    }
}
