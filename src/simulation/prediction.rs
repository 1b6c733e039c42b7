use super::observation::Observer;
use super::{Run, Simulation, Start};
use crate::descent::{Method, Optimizer};
use crate::observe::risk;
use crate::scalar::DomainError;
use crate::spectrum::Spectrum;
use crate::trajectory::Recursion;
use crate::weights::equal_start;
use nalgebra::DMatrix;

impl Simulation {
    /// The predictions of all seeds are one and the same.
    pub fn has_common_prediction(&self) -> bool {
        self.reduction().is_some()
    }

    /// The population recursion with the same optimiser and step size from the same start: where runs go as n grows.
    ///
    /// On the invariant manifold it is the recursion of a few coefficients, the same for every seed; elsewhere, and for optimisers
    /// that are not spectral functions, the recursion of the full matrix.
    ///
    /// # Errors
    /// See [`Simulation::check`].
    pub fn prediction(&self, seed: u64) -> Result<Run, DomainError> {
        self.check()?;
        let mut observer = Observer::new(&self.population);
        let (observations, end) = if let Some((spectrum, method)) = self.reduction() {
            let multiplicity = spectrum.multiplicity();
            let see = |step, w: &Vec<f64>| {
                let overlaps: Vec<f64> = w.iter().map(|w| w * w).collect();
                let energy = overlaps.iter().zip(multiplicity).map(|(w, n)| n * w).sum();
                observer.complete(step, &overlaps, energy, risk(spectrum, w), 0.0)
            };
            let start = equal_start(spectrum, &self.init)?;
            let recursion = Recursion::new(spectrum, method.clone(), self.step_size, start)?;
            self.follow(recursion, see, |_, _, _| {}, &|_| {})
        } else {
            let see = |step, w: &DMatrix<f64>| observer.observe(step, w);
            let start = self.initial_weights(seed)?;
            let recursion = Recursion::new(&self.population.risk, self.optimizer.clone(), self.step_size, start)?;
            self.follow(recursion, see, |_, _, _| {}, &|_| {})
        };
        Ok(Run { seed, observations, end })
    }

    fn reduction(&self) -> Option<(&Spectrum, &Method)> {
        let (Some(spectrum), Optimizer::Method(method)) = (&self.population.spectrum, &self.optimizer) else {
            return None;
        };
        let on_manifold = self.start == Start::Orthogonal && self.width >= self.population.dimension();
        on_manifold.then_some((spectrum, method))
    }
}
