//! The batch that a run trains on, as two matrices.

use crate::risk::{EmpiricalGradient, Samples, Source};
use crate::simulation::Population;
use nalgebra::DMatrix;

/// `A = (1/n) sum_i y_i x_i x_i'` and `B = (1/n) sum_i |x_i|^2 x_i x_i'`, of the batch that a run with this seed trains on: the symmetric
/// factor of its gradient at `W W' = c^2 I` is `c^2 B - A`.
pub(super) fn moments(population: &Population, samples: usize, seed: u64) -> (DMatrix<f64>, DMatrix<f64>) {
    let dimension = population.dimension();
    let source = Source { deviation: population.deviation(), noise: 0.0, seed };
    let batch = Samples::<f64>::draw(&source, 0, samples);
    let mut engine = EmpiricalGradient::default();
    let mut factor = |scale: f64| {
        let weights = DMatrix::from_diagonal_element(dimension, dimension, scale);
        let mut gradient = DMatrix::zeros(dimension, dimension);
        engine.evaluate(&batch, population.signal(), &weights, &mut gradient);
        gradient / scale
    };
    // Weights whose squares are below the last bit of the labels; and those at which the factor is B - A.
    let labels = -factor(f64::EPSILON);
    let energy = factor(1.0) + &labels;
    (labels, energy)
}
