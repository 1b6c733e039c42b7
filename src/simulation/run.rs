use super::data::SampledLandscape;
use super::observation::Observer;
use super::setting::quarter_step;
use super::watched::Watched;
use super::{Observation, Population, Precision, Simulation};
use crate::descent::Descent;
use crate::product::Element;
use crate::risk::Landscape;
use crate::scalar::DomainError;
use crate::trajectory::{Recursion, Stop};
use crate::weights::Weights;
use nalgebra::DMatrix;

/// One seed's training run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The seed of its start, samples and noise.
    pub seed: u64,
    /// In order of steps, the start first; up to the last good weights.
    pub observations: Vec<Observation>,
    /// How it ended.
    pub end: End,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum End {
    /// After all its steps.
    #[error("finished")]
    Finished,
    /// The weights grew beyond all that the dynamics can reach, or are no numbers any more.
    #[error(
        "diverged at step {step}: no entry of the weights exceeded {size:.3e} before it; a smaller step size may help"
    )]
    Diverged {
        /// The step that did it, counted from 1.
        step: u64,
        /// Largest entry of all weights before it.
        size: f64,
    },
    /// A direction could not be computed, or the risk of the start.
    #[error("stopped at step {step}: {reason}")]
    NoDirection {
        /// The step, counted from 1; 0: the start.
        step: u64,
        /// Why.
        reason: String,
    },
}

impl End {
    /// No step has been made: no other step size would help.
    fn boundless_start() -> Self {
        let reason = "the risk of the start is beyond all numbers: its size, the variances or the noise of the labels are too large";
        Self::NoDirection { step: 0, reason: reason.into() }
    }
}

impl Simulation {
    /// The run of one seed.
    ///
    /// # Errors
    /// See [`Simulation::check`].
    pub fn run(&self, seed: u64) -> Result<Run, DomainError> {
        self.run_watched(seed, &|_| {})
    }

    /// The run of one seed; `progress` is told of every step done.
    ///
    /// # Errors
    /// See [`Simulation::check`].
    pub fn run_watched(&self, seed: u64, progress: &impl Fn(u64)) -> Result<Run, DomainError> {
        self.run_glanced(seed, progress, |_, _, _| {})
    }

    /// The run of one seed; `glance` is shown the observer and what it has just seen at every step, observed or not.
    pub(super) fn run_glanced(
        &self,
        seed: u64,
        progress: &impl Fn(u64),
        glance: impl FnMut(u64, &Observer, &DMatrix<f64>),
    ) -> Result<Run, DomainError> {
        self.check()?;
        match self.precision {
            Precision::Double => self.run_in::<f64>(seed, progress, glance),
            Precision::Single => self.run_in::<f32>(seed, progress, glance),
        }
    }

    fn run_in<T: Element>(
        &self,
        seed: u64,
        progress: &impl Fn(u64),
        mut glance: impl FnMut(u64, &Observer, &DMatrix<f64>),
    ) -> Result<Run, DomainError> {
        let setting = self.setting_of(seed)?;
        let population = Population::of(&setting)?;
        // Before the samples: what drawing it takes for a moment is not on top of them.
        let start = self.initial_weights(seed)?;
        let landscape = SampledLandscape::<T>::new(self, seed, &setting, &population);
        let descent = Watched::new(self.descent(&setting), self.every);
        let recursion = Recursion::new(landscape, descent, quarter_step(&setting), start)?;
        let mut observer = self.observer(seed, &population)?;
        let see = |step, weights: &_, observed| {
            let observation = observer.see(step, weights, observed);
            glance(step, &observer, weights);
            observation
        };
        let scale = setting.risk_scale();
        let complete = |landscape: &SampledLandscape<T>, descent: Option<&Watched>, observation: &mut Observation| {
            observation.empirical_risk = landscape.risk() * scale;
            observation.orthogonality_error = descent.map_or(f64::NAN, Watched::orthogonality_error);
        };
        let (observations, end) = self.follow(recursion, see, complete, progress);
        Ok(Run { seed, observations, end })
    }

    /// All steps of a recursion. `see` is shown all weights and observes those that it is told to; `complete` adds what only the
    /// gradient there, and the direction (none at the end), bring to light.
    pub(super) fn follow<W, L, D>(
        &self,
        mut recursion: Recursion<W, L, D>,
        mut see: impl FnMut(u64, &W, bool) -> Option<Observation>,
        complete: impl Fn(&L, Option<&D>, &mut Observation),
        progress: &impl Fn(u64),
    ) -> (Vec<Observation>, End)
    where
        W: Weights<Scalar = f64>,
        L: Landscape<W>,
        D: Descent<W>,
    {
        let mut observations = Vec::new();
        // Largest entry of the weights up to the present ones, and of those before.
        let (mut largest, mut before) = (recursion.weights().size(), recursion.weights().size());
        for step in 0..self.steps {
            let observation = see(step, recursion.weights(), step % self.every == 0);
            let result = recursion.step();
            if let Some(mut observation) = observation {
                complete(recursion.landscape(), Some(recursion.descent()), &mut observation);
                if !observation.is_finite() {
                    let diverged = End::Diverged { step, size: before };
                    return (observations, if step == 0 { End::boundless_start() } else { diverged });
                }
                observations.push(observation);
            }
            match result {
                Ok(_) => progress(step + 1),
                Err(Stop::Diverged { .. }) => {
                    return (observations, End::Diverged { step: step + 1, size: largest });
                }
                Err(Stop::Undecided { reason, .. }) => {
                    return (observations, End::NoDirection { step: step + 1, reason });
                }
                Err(stop) => return (observations, End::NoDirection { step: step + 1, reason: stop.to_string() }),
            }
            (before, largest) = (largest, largest.max(recursion.weights().size()));
        }
        let last = see(self.steps, recursion.weights(), true);
        recursion.gradient();
        if let Some(mut observation) = last {
            complete(recursion.landscape(), None, &mut observation);
            if !observation.is_finite() {
                let diverged = End::Diverged { step: self.steps, size: before };
                return (observations, if self.steps == 0 { End::boundless_start() } else { diverged });
            }
            observations.push(observation);
        }
        (observations, End::Finished)
    }
}
