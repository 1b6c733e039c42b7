use super::Setting;
use super::watch::{Row, Watch};
use crate::descent::Method;
use crate::observe::Condition;
use crate::scalar::{DomainError, Real};
use crate::trajectory::exact::ExactFlow;
use crate::trajectory::taylor::{GradientFlow, PowerFlow};
use crate::trajectory::{Event, Recursion, Stop};

/// Where rows are wanted, and where to stop.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan<T = f64> {
    /// Ascending: times on the setting's clock (recursion: step numbers).
    pub rows: Vec<T>,
    /// Stop when it holds.
    pub until: Option<Condition<T>>,
    /// Stop here at the latest (recursion: at step `horizon/step_size`, rounded).
    pub horizon: Option<T>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome<T: Real = f64> {
    /// Why.
    pub stop: Stop<T>,
    /// When, on the setting's clock.
    pub end: T,
    /// Coefficients there, signal first.
    pub coefficients: Vec<T>,
    /// What happened on the way, in order, at times on the setting's clock.
    pub events: Vec<Event<T>>,
}

/// Runs `setting` and emits the rows of `plan`.
///
/// Rows beyond the end of the run are not emitted, except those of a flow that rests at the optimum.
///
/// # Errors
/// A parameter of the setting outside its domain.
pub fn run<T: Real>(setting: &Setting<T>, plan: &Plan<T>, emit: impl FnMut(Row<T>)) -> Result<Outcome<T>, DomainError> {
    let spectrum = setting.spectrum()?;
    let start = setting.start(&spectrum)?;
    let scales = (setting.clock_rate(), setting.risk_scale());
    let watch = Watch::new(&spectrum, &start, plan, scales, emit);
    Ok(match (&setting.step_size, &setting.method) {
        (Some(eta), method) => {
            let recursion = Recursion::new(&spectrum, method.clone(), setting.clock_rate() * eta, start.clone())?;
            watch.follow_steps(recursion, eta)
        }
        (None, Method::Spectral) => watch.follow(&mut ExactFlow::new(&spectrum, &start)?),
        (None, Method::GradientDescent) => watch.follow(&mut GradientFlow::new(&spectrum, &start)?),
        (None, Method::Power(p)) => watch.follow(&mut PowerFlow::new(&spectrum, p, &start)?),
    })
}
