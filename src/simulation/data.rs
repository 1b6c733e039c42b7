use super::{Data, Population, Simulation, memory};
use crate::experiment::Setting;
use crate::product::Element;
use crate::risk::{EmpiricalGradient, Landscape, Samples, Source};
use crate::scalar::{DomainError, Stream, shuffled};
use nalgebra::DMatrix;
use rayon::current_num_threads;

/// The empirical risk as a landscape: every gradient is that of the next batch.
pub(super) struct SampledLandscape<'a, T: Element> {
    source: Source<'a>,
    population: &'a Population,
    data: Data,
    engine: EmpiricalGradient<T>,
    /// Full batch and mini-batch: all samples. Online: the current batch, of which nothing is held.
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
        let (rows, batch) = match simulation.data {
            Data::FullBatch => (simulation.samples, 0),
            Data::MiniBatch(size) => (simulation.samples, size),
            Data::Online(size) => (size, 0),
        };
        let samples = Samples::draw_holding(&source, 0, rows, memory::held(simulation, current_num_threads()));
        Self {
            source,
            population,
            data: simulation.data,
            engine: EmpiricalGradient::default(),
            samples,
            batch: Samples::zeros(batch, dimension),
            order: vec![0; if batch > 0 { rows } else { 0 }],
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descent::{Method, Optimizer};
    use crate::experiment::Covariance;

    #[test]
    fn a_full_batch_of_which_some_is_not_held_is_the_same_batch() {
        let (n, d) = (4500, 256);
        let covariance = Covariance::Spiked { strength: 2.0, dimension: d as u64 };
        let setting = Setting::new(covariance, 0.1, Method::Spectral);
        let mut simulation = Simulation::new(setting, Optimizer::Method(Method::Spectral), n, 0.1, 1);
        simulation.noise = 0.3;
        let setting = simulation.setting_of(3).unwrap();
        let population = Population::of(&setting).unwrap();
        let source = Source { deviation: population.deviation(), noise: 0.3 / setting.label_scale(), seed: 3 };
        let weights = simulation.initial_weights(3).unwrap();
        let mut expected = DMatrix::zeros(d, d);
        let all = Samples::<f64>::draw(&source, 0, n);
        let risk = EmpiricalGradient::default().evaluate(&all, population.signal(), &weights, &mut expected);
        for threads in [1, 2, 5] {
            assert!(memory::held(&simulation, threads) < n - 100);
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
                let mut landscape = SampledLandscape::<f64>::new(&simulation, 3, &setting, &population);
                let mut found = landscape.space(&weights);
                for _ in 0..2 {
                    landscape.gradient(&weights, &mut found);
                    assert!(found == expected && landscape.risk() == risk, "{threads} threads");
                }
            });
        }
    }
}
