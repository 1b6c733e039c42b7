use super::{Setting, Signal};
use crate::observe::Condition;
use crate::observe::vector::Statistic;
use crate::scalar::DomainError;
use crate::trajectory::{Profile, Stop, VectorPath, VectorProblem, VectorRecursion};

/// How statistics are read off the weights of a setting of width one, whoever computes them.
#[derive(Clone, Debug)]
pub struct VectorGauge {
    problem: VectorProblem,
    /// The signal's length where weights come in its units, otherwise 1.
    unit: f64,
    risk_scale: f64,
}

/// A setting of width one, run as the vector that it is: any spectrum and signal, any method, flow or recursion.
#[derive(Clone, Debug)]
pub struct VectorRun {
    gauge: VectorGauge,
    /// The flow, up to the last row or as far as it goes.
    path: Option<VectorPath>,
    /// Why no further.
    stop: Option<Stop<f64>>,
    setting: Setting<f64>,
}

impl Setting<f64> {
    /// The setting as a problem of one vector, in the eigenbasis of Q.
    ///
    /// # Errors
    /// A width other than 1, or a parameter outside its domain.
    pub fn vector_problem(&self) -> Result<VectorProblem, DomainError> {
        let width = self.width.unwrap_or(self.covariance.dimension());
        if width != 1 {
            return Err(DomainError::new("width", width, "1, for the summary statistics of one vector"));
        }
        let (variance, signal) = self.directions()?;
        let start = self.start.draw(variance.len(), 1, self.init, self.seed)?;
        VectorProblem::new(variance, signal, start.as_slice().to_vec()).map_err(|error| self.as_given(error))
    }

    /// An error about the start as one about `init`, from which it was made.
    pub(super) fn as_given(&self, error: DomainError) -> DomainError {
        if error.parameter != "start" {
            return error;
        }
        DomainError::new("init", self.init, "a number for which the start has finite, positive energy x'Qx")
    }
}

impl VectorGauge {
    /// For a setting of width one, in its own units and normalisation of the loss.
    ///
    /// # Errors
    /// A width other than 1, or a parameter outside its domain.
    pub fn new(setting: &Setting<f64>) -> Result<Self, DomainError> {
        let unit = match setting.in_signal_units()?.signal {
            Signal::OfLength(length) if setting.signal == Signal::UnitEnergy => length,
            _ => 1.0,
        };
        Ok(Self { problem: setting.vector_problem()?, unit, risk_scale: setting.risk_scale() })
    }

    /// The problem of one vector.
    pub fn problem(&self) -> &VectorProblem {
        &self.problem
    }

    /// A statistic of weights resolved by variance.
    pub fn value(&self, statistic: Statistic, profile: &Profile) -> f64 {
        match statistic {
            Statistic::Risk => statistic.of(profile) * self.risk_scale,
            _ => statistic.of(profile),
        }
    }

    /// Statistics of weights that come in the signal's units, as those of [`Setting::in_signal_units`] do.
    ///
    /// # Panics
    /// When there are not as many weights as directions.
    pub fn values(&self, statistics: &[Statistic], weights: &[f64]) -> Vec<f64> {
        let weights: Vec<f64> = weights.iter().map(|w| w * self.unit).collect();
        let profile = Profile::of(&self.problem, &weights);
        statistics.iter().map(|statistic| self.value(*statistic, &profile)).collect()
    }
}

impl VectorRun {
    /// Prepares the run up to `horizon`, on the setting's clock; a flow is solved here.
    ///
    /// # Errors
    /// A parameter outside its domain.
    pub fn new(setting: &Setting<f64>, horizon: f64) -> Result<Self, DomainError> {
        let gauge = VectorGauge::new(setting)?;
        setting.check_steps(Some(&horizon))?;
        let rate = setting.clock_rate();
        let (path, stop) = match setting.step_size {
            Some(_) => (None, None),
            None => {
                let (path, stop) = VectorPath::follow(&gauge.problem, &setting.method, horizon * rate);
                let now = path.end() / rate;
                (Some(path), stop.map(|stop| stop.on_clock(&now)))
            }
        };
        Ok(Self { gauge, path, stop, setting: setting.clone() })
    }

    /// Why the flow could not be followed to the horizon, at a time on the setting's clock.
    pub fn stop(&self) -> Option<&Stop<f64>> {
        self.stop.as_ref()
    }

    /// The flow; `None` for a recursion. Its clock is that of the quarter loss.
    pub fn path(&self) -> Option<&VectorPath> {
        self.path.as_ref()
    }

    /// Emits `(row, time, values of the statistics)` at each of `rows`, which ascend: times of a flow, steps of a recursion.
    ///
    /// # Errors
    /// Why there are no more rows: a recursion broke off, or the flow is not known so far.
    pub fn rows(
        &self,
        rows: &[f64],
        statistics: &[Statistic],
        mut emit: impl FnMut(f64, f64, Vec<f64>),
    ) -> Result<(), Stop<f64>> {
        let rate = self.setting.clock_rate();
        let values = |profile: &Profile| statistics.iter().map(|s| self.gauge.value(*s, profile)).collect();
        if let Some(path) = &self.path {
            let known = rows.iter().take_while(|t| self.stop.is_none() || **t * rate <= path.end());
            known.for_each(|t| emit(*t, *t, values(&path.profile(t * rate))));
            return self.stop.clone().map_or(Ok(()), Err);
        }
        let (mut recursion, step_size) = self.recursion()?;
        for row in rows {
            while (recursion.steps() as f64) < *row {
                recursion.step().map_err(|stop| stop.on_clock(&(step_size * recursion.steps() as f64)))?;
            }
            emit(*row, step_size * row, values(&recursion.profile()));
        }
        Ok(())
    }

    /// The first time at which `condition` holds, on the setting's clock; `None` where it does not up to `horizon`, or as far as the run goes.
    pub fn first_time(&self, condition: &Condition<f64, Statistic>, horizon: f64) -> Option<f64> {
        let holds = |profile: &Profile| condition.admits(&self.gauge.value(condition.quantity, profile));
        if let Some(path) = &self.path {
            let time = path.first_time_of(holds)? / self.setting.clock_rate();
            return (time <= horizon).then_some(time);
        }
        let (mut recursion, step_size) = self.recursion().ok()?;
        let steps = (horizon / step_size).round();
        while !holds(&recursion.profile()) {
            if recursion.steps() as f64 >= steps {
                return None;
            }
            recursion.step().ok()?;
        }
        Some(step_size * recursion.steps() as f64)
    }

    /// The run as if it had been prepared up to `horizon`, at which or before which it ends.
    pub fn up_to(mut self, horizon: f64) -> Self {
        let known = self.path.as_ref().is_none_or(|path| horizon * self.setting.clock_rate() <= path.end());
        self.stop = self.stop.filter(|_| !known);
        self
    }

    /// The recursion at its start, and its step size on the setting's clock.
    fn recursion(&self) -> Result<(VectorRecursion, f64), Stop<f64>> {
        let step_size = self.setting.step_size.unwrap_or(1.0);
        let quarter = step_size * self.setting.clock_rate();
        let recursion = VectorRecursion::new(&self.gauge.problem, &self.setting.method, quarter);
        Ok((recursion.map_err(|_| Stop::Diverged { time: 0.0, size: step_size })?, step_size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descent::Method;
    use crate::experiment::Covariance;

    #[test]
    fn a_spent_budget_keeps_the_rows_before_it() {
        // No overlap with the signal: the flow goes to a saddle, and stays there until the budget is spent.
        let problem = VectorProblem::new(vec![0.6, 0.4], vec![1.0, 0.0], vec![0.0, 1.0]).unwrap();
        let covariance = Covariance::PowerLaw { exponent: 1.0, dimension: 2, signal: 1 };
        let setting = Setting::new(covariance, 1.0, Method::GradientDescent);
        let (path, stop) = VectorPath::follow(&problem, &setting.method, 1e12);
        let gauge = VectorGauge { problem, unit: 1.0, risk_scale: 1.0 };
        let run = VectorRun { gauge, path: Some(path), stop, setting };
        let mut seen = Vec::new();
        let stop =
            run.rows(&[0.0, 10.0, 1e12], &[Statistic::Energy(1)], |_, t, row| seen.push((t, row[0]))).unwrap_err();
        assert!(matches!(stop, Stop::Budget { .. }) && run.stop() == Some(&stop), "{stop}");
        assert_eq!((seen[0], seen[1].0, seen.len()), ((0.0, 0.4), 10.0, 2));
    }
}
