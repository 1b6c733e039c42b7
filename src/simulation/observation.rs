use super::Population;
use crate::observe::Amplification;
use crate::weights::overlap;
use nalgebra::DMatrix;

/// What is seen of the weights after some steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// Steps done.
    pub step: u64,
    /// Square roots of the overlaps of `S = W W'`: signal, then group by group the root of the mean. On the manifold these are
    /// the coefficients' absolute values.
    pub coefficients: Vec<f64>,
    /// `||S - S_M||_F / ||S||_F`, `S_M` the nearest matrix of the invariant manifold's form. NaN where there is no manifold.
    pub off_manifold: f64,
    /// Empirical risk on the samples of the coming step. NaN for a population recursion.
    pub empirical_risk: f64,
    /// Population risk.
    pub population_risk: f64,
    /// Signal overlap over `tr S`.
    pub alignment: f64,
    /// Largest coefficient over the signal's, relative to the start, over all observations and groups so far.
    pub amplification: f64,
    /// `||U'U - I||_F` of the coming direction. NaN for methods without orthonormal directions, and at the last observation.
    pub orthogonality_error: f64,
}

/// Observes weights in turn: the amplification is a running maximum.
#[derive(Clone, Debug)]
pub(super) struct Observer<'a> {
    population: &'a Population,
    amplification: Option<Amplification<f64>>,
}

/// Above this dimension `||S||_F` is taken from the smaller Gram matrix, and `off_manifold` has a floor of about 1e-8.
const EXPLICIT: usize = 2048;

impl<'a> Observer<'a> {
    pub(super) fn new(population: &'a Population) -> Self {
        Self { population, amplification: None }
    }

    pub(super) fn observe(&mut self, step: u64, weights: &DMatrix<f64>) -> Observation {
        let population = self.population;
        let diagonal: Vec<f64> = weights.row_iter().map(|row| row.norm_squared()).collect();
        let means = population.groups.iter().map(|g| diagonal[g.clone()].iter().sum::<f64>() / g.len() as f64);
        let overlaps: Vec<f64> = std::iter::once(overlap(weights, population.signal())).chain(means).collect();
        let energy = diagonal.iter().sum::<f64>();
        let off_manifold =
            if population.has_manifold { off_manifold(population, weights, &diagonal) } else { f64::NAN };
        self.complete(step, &overlaps, energy, population.risk.population_risk(weights), off_manifold)
    }

    /// An observation of weights of which the overlaps are known.
    pub(super) fn complete(
        &mut self,
        step: u64,
        overlaps: &[f64],
        energy: f64,
        population_risk: f64,
        off_manifold: f64,
    ) -> Observation {
        let coefficients: Vec<f64> = overlaps.iter().map(|x| x.sqrt()).collect();
        let amplification = self.amplification.get_or_insert_with(|| Amplification::new(&coefficients));
        amplification.see(&coefficients);
        let amplification = *amplification.largest();
        Observation {
            step,
            coefficients,
            off_manifold,
            empirical_risk: f64::NAN,
            population_risk,
            alignment: overlaps[0] / energy,
            amplification,
            orthogonality_error: f64::NAN,
        }
    }
}

fn off_manifold(population: &Population, weights: &DMatrix<f64>, diagonal: &[f64]) -> f64 {
    let d = weights.nrows();
    // The nearest S_M: S itself on the block, group means on the rest of the diagonal, zero elsewhere.
    let mut within = 0.0; // square of what a diagonal entry misses its mean by
    for group in &population.groups {
        let mean = diagonal[group.clone()].iter().sum::<f64>() / group.len() as f64;
        within += diagonal[group.clone()].iter().map(|s| (s - mean) * (s - mean)).sum::<f64>();
    }
    let mut in_block = 0.0;
    for (position, i) in population.block.iter().enumerate() {
        for j in &population.block[..position] {
            in_block += 2.0 * weights.row(*i).dot(&weights.row(*j)).powi(2);
        }
    }
    let on_diagonal: f64 = diagonal.iter().map(|s| s * s).sum();
    let beside = if d <= EXPLICIT {
        let s = weights * weights.transpose();
        (0..d).map(|j| (0..j).map(|i| 2.0 * s[(i, j)] * s[(i, j)]).sum::<f64>()).sum()
    } else {
        let gram = weights.transpose() * weights;
        (gram.norm_squared() - on_diagonal).max(0.0)
    };
    ((beside - in_block).max(0.0) + within).sqrt() / (beside + on_diagonal).sqrt()
}
