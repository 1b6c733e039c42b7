use super::Population;
use crate::experiment::VectorGauge;
use crate::observe::Amplification;
use crate::observe::vector::Statistic;
use nalgebra::DMatrix;

/// What is seen of the weights after some steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// Steps done.
    pub step: u64,
    /// Square roots of the overlaps of `S = W W'`: signal, then group by group the root of the mean. On the manifold these are
    /// the coefficients' absolute values.
    pub coefficients: Vec<f64>,
    /// The simulation's statistics, in their order.
    pub statistics: Vec<f64>,
    /// `||S - S_M||_F / ||S||_F`, `S_M` the nearest matrix of the invariant manifold's form. NaN where there is no manifold, and in
    /// predictions.
    pub off_manifold: f64,
    /// Empirical risk on the samples of the coming step, in the setting's normalisation. NaN in predictions.
    pub empirical_risk: f64,
    /// Population risk, in the setting's normalisation.
    pub population_risk: f64,
    /// Signal overlap over `tr S`.
    pub alignment: f64,
    /// Largest coefficient over the signal's, relative to the start, over all groups and all steps so far.
    pub amplification: f64,
    /// `||U'U - I||_F` of the coming direction. NaN for methods without orthonormal directions, in predictions, and at the last
    /// observation.
    pub orthogonality_error: f64,
}

impl Observation {
    /// What runs and predictions are compared in, in the order of [`Simulation::compared`](super::Simulation::compared).
    pub(super) fn compared(&self) -> Vec<f64> {
        compared(&self.statistics, &self.coefficients)
    }

    /// Whether coefficients and risks are numbers, as far as they are known: a risk may leave the numbers before the weights do.
    pub(super) fn is_finite(&self) -> bool {
        let risks = [self.population_risk, self.empirical_risk];
        self.coefficients.iter().all(|x| x.is_finite()) && !risks.iter().any(|risk| risk.is_infinite())
    }
}

/// Observes weights in turn: the amplification is a running maximum.
#[derive(Clone, Debug)]
pub(super) struct Observer<'a> {
    population: &'a Population,
    risk_scale: f64,
    /// Of the weights seen last.
    coefficients: Vec<f64>,
    amplification: Option<Amplification<f64>>,
    statistics: Option<(VectorGauge, Vec<Statistic>)>,
}

impl<'a> Observer<'a> {
    pub(super) fn new(
        population: &'a Population,
        risk_scale: f64,
        statistics: Option<(VectorGauge, Vec<Statistic>)>,
    ) -> Self {
        Self { population, risk_scale, coefficients: Vec::new(), amplification: None, statistics }
    }

    /// Watches the weights, and observes them if `observed`.
    pub(super) fn see(&mut self, step: u64, weights: &DMatrix<f64>, observed: bool) -> Option<Observation> {
        let (overlaps, energy) = self.population.overlaps(weights);
        self.coefficients.clear();
        self.coefficients.extend(overlaps.iter().map(|x| x.sqrt()));
        self.amplification.get_or_insert_with(|| Amplification::new(&self.coefficients)).see(&self.coefficients);
        observed.then(|| Observation {
            step,
            off_manifold: self.population.off_manifold(weights).unwrap_or(f64::NAN),
            empirical_risk: f64::NAN,
            population_risk: self.population.population_risk(weights) * self.risk_scale,
            alignment: overlaps[0] / energy,
            amplification: self.amplification(),
            orthogonality_error: f64::NAN,
            coefficients: self.coefficients.clone(),
            statistics: self.statistics(weights),
        })
    }

    fn statistics(&self, weights: &DMatrix<f64>) -> Vec<f64> {
        let values = |(gauge, statistics): &(VectorGauge, Vec<Statistic>)| gauge.values(statistics, weights.as_slice());
        self.statistics.as_ref().map(values).unwrap_or_default()
    }

    /// What is compared of the weights seen last, which are these.
    pub(super) fn compared(&self, weights: &DMatrix<f64>) -> Vec<f64> {
        compared(&self.statistics(weights), &self.coefficients)
    }

    /// The amplification so far; NaN before the first weights.
    pub(super) fn amplification(&self) -> f64 {
        self.amplification.as_ref().map_or(f64::NAN, |amplification| *amplification.largest())
    }
}

/// Statistics, where there are some, otherwise overlaps.
fn compared(statistics: &[f64], coefficients: &[f64]) -> Vec<f64> {
    if statistics.is_empty() { coefficients.iter().map(|w| w * w).collect() } else { statistics.to_vec() }
}
