//! One observable of a run, without rows: what a cell of a phase diagram is.

use super::data::SampledLandscape;
use super::setting::quarter_step;
use super::{Population, Precision, Quartiles, Simulation, SimulationError};
use crate::experiment::{Measured, Status};
use crate::observe::{Amplification, CONTRACTION_LEVEL, ESCAPE_LEVEL, Observable};
use crate::product::Element;
use crate::scalar::DomainError;
use crate::trajectory::Recursion;

/// The cap of a run without a time, in the units of [`Setting::cap`](crate::experiment::Setting): population escapes take about a third of one.
const CAP: f64 = 10.0;

/// The signal's overlap at which a run's amplification counts as settled.
const SETTLED: f64 = 0.9;

impl Simulation {
    /// The median over seeds of `observable`, at `time` on the setting's clock or when it has settled: the times of escape and contraction
    /// when they come, the amplification when the signal's overlap reaches 9/10, risk and alignment when the signal escapes.
    ///
    /// A seed that diverges, or does not settle within the cap, ranks behind all others; if the median is such a seed, its status is the
    /// cell's.
    pub fn measure(&self, seeds: &[u64], observable: Observable, time: Option<f64>) -> Measured {
        let outcomes = match self.on_one_thread(seeds, |seed| self.measure_one(seed, observable, time)) {
            Ok(outcomes) => outcomes,
            Err(error) => return Measured { value: None, status: Status::Domain(error.to_string()) },
        };
        let behind = if observable == Observable::Alignment { f64::NEG_INFINITY } else { f64::INFINITY };
        let mut values = Vec::with_capacity(outcomes.len());
        let mut failure = None;
        for outcome in outcomes {
            match outcome {
                Ok(Measured { value: Some(value), .. }) => values.push(value),
                Ok(measured) => {
                    values.push(behind);
                    failure.get_or_insert(measured);
                }
                Err(error) => return Measured { value: None, status: Status::Domain(error.to_string()) },
            }
        }
        values.sort_by(f64::total_cmp);
        match (Quartiles::of_sorted(&values), failure) {
            (Some(quartiles), _) if quartiles.median.is_finite() => {
                Measured { value: Some(quartiles.median), status: Status::Ok }
            }
            (_, Some(failure)) => failure,
            _ => Measured { value: None, status: Status::NotSettled },
        }
    }

    /// Runs seeds one after the other in a pool of one thread, whatever pool the caller is in.
    fn on_one_thread<R: Send>(&self, seeds: &[u64], run: impl Fn(u64) -> R + Sync) -> Result<Vec<R>, SimulationError> {
        self.check()?;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
        Ok(pool.install(|| seeds.iter().map(|seed| run(*seed)).collect()))
    }

    fn measure_one(&self, seed: u64, observable: Observable, time: Option<f64>) -> Result<Measured, DomainError> {
        match self.precision {
            Precision::Double => self.measure_in::<f64>(seed, observable, time),
            Precision::Single => self.measure_in::<f32>(seed, observable, time),
        }
    }

    fn measure_in<T: Element>(
        &self,
        seed: u64,
        observable: Observable,
        time: Option<f64>,
    ) -> Result<Measured, DomainError> {
        let setting = self.setting_of(seed)?;
        let population = Population::of(&setting)?;
        let start = self.initial_weights(seed)?;
        let landscape = SampledLandscape::<T>::new(self, seed, &setting, &population);
        let mut recursion = Recursion::new(landscape, self.descent(&setting), quarter_step(&setting), start)?;
        let eta = setting.step_size.unwrap_or(f64::NAN);
        let horizon = time.unwrap_or(setting.cap(CAP, population.risk().signal_energy()));
        setting.check_steps(Some(&horizon))?;
        let last = (horizon / eta).round() as u64;
        let mut amplification: Option<Amplification<f64>> = None;
        loop {
            let weights = recursion.weights();
            let (overlaps, energy) = population.overlaps(weights);
            let coefficients: Vec<f64> = overlaps.iter().map(|x| x.sqrt()).collect();
            let largest = amplification.get_or_insert_with(|| Amplification::new(&coefficients));
            largest.see(&coefficients);
            let escaped = coefficients[0] >= ESCAPE_LEVEL;
            let (settled, value) = match observable {
                Observable::Amplification => (time.is_none() && overlaps[0] >= SETTLED, *largest.largest()),
                Observable::EscapeTime => (escaped, recursion.steps() as f64 * eta),
                Observable::ContractionTime => {
                    (overlaps[0] >= CONTRACTION_LEVEL * energy, recursion.steps() as f64 * eta)
                }
                Observable::Alignment => (time.is_none() && escaped, overlaps[0] / energy),
                Observable::Risk => {
                    let at = time.is_none() && escaped;
                    let asked = at || recursion.steps() == last;
                    let risk = if asked { population.population_risk(weights) } else { f64::NAN };
                    (at, risk * setting.risk_scale())
                }
            };
            let waits = matches!(observable, Observable::EscapeTime | Observable::ContractionTime);
            if settled || (recursion.steps() == last && time.is_some() && !waits) {
                return Ok(Measured { value: Some(value), status: Status::Ok });
            }
            if recursion.steps() == last {
                return Ok(Measured { value: None, status: Status::NotSettled });
            }
            if let Err(stop) = recursion.step() {
                return Ok(Measured { value: None, status: Status::Stopped(stop.name().into()) });
            }
        }
    }
}
