use super::blocks::groups_and_signal;
use super::{Setting, Signal};
use crate::observe::vector::Statistic;
use crate::scalar::{DomainError, Stream};
use crate::trajectory::{Profile, Stop, VectorPath, VectorProblem, VectorRecursion};

/// A setting of width one, run as the vector that it is: any spectrum and signal, any method, flow or recursion.
#[derive(Clone, Debug)]
pub struct VectorRun {
    problem: VectorProblem,
    /// The flow, up to the last row.
    path: Option<VectorPath>,
    setting: Setting<f64>,
}

impl Setting<f64> {
    /// The setting as a problem of one vector, in the eigenbasis of Q.
    ///
    /// # Errors
    /// A width other than 1, or a parameter outside its domain.
    pub fn vector_problem(&self) -> Result<VectorProblem, DomainError> {
        self.check()?;
        let dimension = self.covariance.dimension();
        if self.width != Some(1) {
            let width = self.width.unwrap_or(dimension);
            return Err(DomainError::new("width", width, "1, for the summary statistics of one vector"));
        }
        let signal = if self.signal.is_drawn() { Signal::Random } else { self.signal.clone() };
        let plain = Self { signal, ..self.clone() };
        let (groups, signal) = groups_and_signal(&plain)?;
        let mut signal = signal.written_out(&groups)?;
        let each = groups.iter().flat_map(|g| std::iter::repeat_n(g.variance, g.multiplicity as usize));
        let variance: Vec<f64> = each.collect();
        if self.signal == Signal::UnitEnergy {
            Stream::Signal.of(self.seed).fill(0, &mut signal);
            let energy: f64 = signal.iter().zip(&variance).map(|(x, q)| q * x * x).sum();
            let root = energy.sqrt();
            signal.iter_mut().for_each(|x| *x /= root);
        }
        let start = self.start.draw(variance.len(), 1, self.init, self.seed)?;
        VectorProblem::new(variance, signal, start.as_slice().to_vec())
    }
}

impl VectorRun {
    /// Prepares the run up to `horizon`, on the setting's clock; a flow is solved here.
    ///
    /// # Errors
    /// A parameter outside its domain; inside, why the flow could not be solved so far.
    pub fn new(setting: &Setting<f64>, horizon: f64) -> Result<Result<Self, Stop<f64>>, DomainError> {
        let problem = setting.vector_problem()?;
        let path = match setting.step_size {
            Some(_) => None,
            None => match VectorPath::solve_by(&problem, &setting.method, horizon * setting.clock_rate()) {
                Ok(path) => Some(path),
                Err(stop) => return Ok(Err(stop)),
            },
        };
        Ok(Ok(Self { problem, path, setting: setting.clone() }))
    }

    /// The flow; `None` for a recursion. Its clock is that of the quarter loss.
    pub fn path(&self) -> Option<&VectorPath> {
        self.path.as_ref()
    }

    /// Emits `(row, time, values of the statistics)` at each of `rows`, which ascend: times of a flow, steps of a recursion.
    ///
    /// # Errors
    /// Why a recursion broke off.
    pub fn rows(
        &self,
        rows: &[f64],
        statistics: &[Statistic],
        mut emit: impl FnMut(f64, f64, Vec<f64>),
    ) -> Result<(), Stop<f64>> {
        let (rate, scale) = (self.setting.clock_rate(), self.setting.risk_scale());
        let values = |profile: &Profile| {
            let value = |statistic: &Statistic| match statistic {
                Statistic::Risk => statistic.of(profile) * scale,
                _ => statistic.of(profile),
            };
            statistics.iter().map(value).collect()
        };
        if let Some(path) = &self.path {
            rows.iter().for_each(|t| emit(*t, *t, values(&path.profile(t * rate))));
            return Ok(());
        }
        let step_size = self.setting.step_size.unwrap_or(1.0);
        let recursion = VectorRecursion::new(&self.problem, &self.setting.method, step_size * rate);
        let mut recursion = recursion.map_err(|_| Stop::Diverged { time: 0.0, size: step_size })?;
        for row in rows {
            while (recursion.steps() as f64) < *row {
                recursion.step().map_err(|stop| stop.on_clock(&(step_size * recursion.steps() as f64)))?;
            }
            emit(*row, step_size * row, values(&recursion.profile()));
        }
        Ok(())
    }
}
