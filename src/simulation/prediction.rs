use super::setting::quarter_step;
use super::{End, Observation, Population, Run, Simulation};
use crate::experiment::{Plan, Row, run};
use crate::scalar::DomainError;
use crate::trajectory::{Recursion, Stop};
use nalgebra::DMatrix;
use rayon::prelude::*;

impl Simulation {
    /// The population recursion with the same optimiser and step size from the same start: where runs go as n grows.
    ///
    /// GD, SpecGD and spectral powers are computed in their smallest exact form; other optimisers, and one vector whose statistics are observed,
    /// as the matrix that they are.
    ///
    /// # Errors
    /// See [`Simulation::check`].
    pub fn prediction(&self, seed: u64) -> Result<Run, DomainError> {
        self.check()?;
        let is_reduced = self.optimizer.method().is_some() && self.statistics.is_empty();
        if is_reduced { self.reduced_prediction(seed) } else { self.full_prediction(seed) }
    }

    /// The predictions of many seeds, in their order: one computed for all where they are the same.
    ///
    /// # Errors
    /// See [`Simulation::check`].
    pub fn predictions(&self, seeds: &[u64]) -> Result<Vec<Run>, DomainError> {
        match seeds {
            [first, ..] if self.has_common_prediction() => {
                let one = self.prediction(*first)?;
                Ok(seeds.iter().map(|seed| Run { seed: *seed, ..one.clone() }).collect())
            }
            _ => seeds.par_iter().map(|seed| self.prediction(*seed)).collect(),
        }
    }

    fn reduced_prediction(&self, seed: u64) -> Result<Run, DomainError> {
        let setting = self.setting_of(seed)?;
        let eta = setting.step_size.unwrap_or(f64::NAN);
        let mut rows: Vec<f64> = (0..self.steps).step_by(self.every as usize).map(|step| step as f64).collect();
        rows.push(self.steps as f64);
        let horizon = Some(self.steps as f64 * eta);
        let mut observations = Vec::with_capacity(rows.len());
        let outcome = run(&setting, &Plan { rows, until: None, horizon }, |row: Row<f64>| {
            observations.push(Observation {
                step: row.step.unwrap_or(0),
                coefficients: row.coefficients.iter().map(|w| w.abs()).collect(),
                statistics: Vec::new(),
                off_manifold: f64::NAN,
                empirical_risk: f64::NAN,
                population_risk: row.risk,
                alignment: row.alignment.unwrap_or(f64::NAN),
                amplification: row.amplification,
                orthogonality_error: f64::NAN,
            });
        })?;
        let step = (outcome.end / eta).round() as u64;
        let end = match outcome.stop {
            Stop::Horizon | Stop::Rest { .. } => End::Finished,
            Stop::Diverged { .. } => {
                End::Diverged { step, size: outcome.coefficients.iter().fold(0.0, |m, w| w.abs().max(m)) }
            }
            stop => End::NoDirection { step, reason: stop.to_string() },
        };
        Ok(Run { seed, observations, end })
    }

    fn full_prediction(&self, seed: u64) -> Result<Run, DomainError> {
        let setting = self.setting_of(seed)?;
        let population = Population::of(&setting)?;
        let mut observer = self.observer(seed, &population)?;
        let d = population.dimension();
        let start = if self.has_turned_starts() {
            DMatrix::from_diagonal_element(d, d, setting.init)
        } else {
            self.initial_weights(seed)?
        };
        let recursion = Recursion::new(population.risk(), self.descent(&setting), quarter_step(&setting), start)?;
        let see = |step, w: &DMatrix<f64>, observed| observer.see(step, w, observed);
        let (observations, end) = self.follow(recursion, see, |_, _, _| {}, &|_| {});
        Ok(Run { seed, observations, end })
    }
}
