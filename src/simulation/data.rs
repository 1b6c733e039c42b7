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

    /// None yet: it would stand where the sums need to be.
    fn space(&self, _: &DMatrix<f64>) -> DMatrix<f64> {
        DMatrix::zeros(0, 0)
    }

    fn gradient(&mut self, weights: &DMatrix<f64>, gradient: &mut DMatrix<f64>) {
        // Space that samples and sums can use meanwhile.
        *gradient = DMatrix::zeros(0, 0);
        let batch = match self.data {
            Data::FullBatch => {
                self.samples.complete(&self.source, 0);
                &self.samples
            }
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
        let sums = self.engine.sums(batch, self.population.signal(), weights);
        if self.data == Data::FullBatch {
            self.samples.release(redrawn(self.samples.len(), weights.shape()));
        }
        self.risk = sums.write(weights, gradient);
    }
}

/// Samples of a full batch that are drawn anew at every step: where they were, there is meanwhile the gradient, and what makes a direction of it. As many
/// rows as the gradient is large, where that is a small share, whole blocks counted, and a step does so much with a row that drawing it is nothing beside: a
/// hundredth of a step or two.
pub(super) fn redrawn(samples: usize, weights: (usize, usize)) -> usize {
    const SHARE: usize = 20;
    const LEAST_WIDTH: usize = 64;
    const FROM: usize = 1 << 14;
    let (dimension, width) = weights;
    let released = width + Samples::<f64>::block_rows(dimension);
    if width >= LEAST_WIDTH && released <= samples / SHARE && dimension * width >= FROM { width } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descent::{Method, Optimizer};
    use crate::experiment::Covariance;

    #[test]
    fn samples_drawn_anew_at_every_step_are_the_same_samples() {
        let (n, d) = (4500, 128);
        assert!(redrawn(n, (d, d)) > 0 && redrawn(n, (d, 3)) == 0 && redrawn(20 * d, (d, d)) == 0);
        let covariance = Covariance::Spiked { strength: 2.0, dimension: d as u64 };
        let setting = Setting::new(covariance, 0.1, Method::Spectral);
        let mut simulation = Simulation::new(setting, Optimizer::Method(Method::Spectral), n, 0.1, 1);
        simulation.noise = 0.3;
        let setting = simulation.setting_of(3).unwrap();
        let population = Population::of(&setting).unwrap();
        let mut landscape = SampledLandscape::<f64>::new(&simulation, 3, &setting, &population);
        let held = landscape.samples.clone();
        let weights = simulation.initial_weights(3).unwrap();
        let (mut expected, mut found) = (DMatrix::zeros(d, d), landscape.space(&weights));
        let risk = EmpiricalGradient::default().evaluate(&held, population.signal(), &weights, &mut expected);
        for _ in 0..3 {
            landscape.gradient(&weights, &mut found);
            assert!(found == expected && landscape.risk() == risk);
        }
    }
}
