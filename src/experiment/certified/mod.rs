//! Runs in certified enclosures: every number printed is an interval that holds the exact one.

mod descent;
mod parts;
mod record;
mod spectral;
mod steps;

use super::Setting;
use super::run::{Outcome, Plan};
use super::watch::{Row, Watch};
use crate::descent::Method;
use crate::observe::Condition;
use crate::scalar::{DomainError, Interval, Real};
use crate::spectrum::Spectrum;
use crate::trajectory::exact::{CertifiedFlow, ExactFlow};
use crate::trajectory::taylor::GradientFlow;
use crate::trajectory::{Recursion, Stop};
use record::Record;

/// Runs `setting` in intervals and emits the rows of `plan`.
///
/// The flow of GD is the [validated](crate::trajectory::ValidatedFlow) one, and so is its recursion
/// ([`ValidatedRecursion`](crate::trajectory::ValidatedRecursion)) while no coefficient changes its sign; the flow of SpecGD is the exact
/// one with enclosures for numbers, its recursion is computed in intervals. Where two things cannot be told apart, or an enclosure has become useless, the outcome
/// says where and why.
///
/// A strength or an initial coefficient that is a wide interval is, for GD, cut into parts, and rows and events are hulls over them.
///
/// When a condition is first met is found in double precision, and taken as the horizon: everything up to it is certified, that
/// it is met exactly there is not.
///
/// # Errors
/// A parameter outside its domain, dynamics off the invariant manifold, a spectral power.
pub fn run_certified(
    setting: &Setting<Interval>,
    plan: &Plan<Interval>,
    emit: &mut dyn FnMut(Row<Interval>),
) -> Result<Outcome<Interval>, DomainError> {
    setting.check_flow()?;
    setting.check_steps(plan.horizon.as_ref())?;
    if !setting.is_on_manifold() {
        return Err(DomainError::new("precision", "interval", super::run::NO_OTHER_NUMBERS));
    }
    if let Method::Power(p) = &setting.method {
        return Err(DomainError::new("power", p, "0 or 1 in intervals (optimizer specgd or gd)"));
    }
    let spectrum = setting.spectrum()?;
    let start = setting.start(&spectrum)?;
    let until =
        plan.until.as_ref().map(|condition| in_doubles(setting, &spectrum, &start, condition, plan)).transpose()?;
    let horizon = until.as_ref().map_or(plan.horizon, |(stop, end)| match stop {
        Stop::Condition { .. } => Some(Interval::point(*end)),
        _ => plan.horizon,
    });
    // No rows behind a condition that is met. (Those of a recursion are steps, of which it takes no more.)
    let beyond = |row: &Interval| setting.step_size.is_none() && horizon.is_some_and(|end| row.lower() > end.upper());
    let rows = plan.rows.iter().copied().filter(|row| !beyond(row)).collect();
    let plan = Plan { until: None, horizon, rows };
    let outcome = if setting.method == Method::Spectral {
        follow(setting, &plan, emit)?
    } else {
        parts::run(setting, &plan, emit, |part, emit| follow(part, &plan, emit))?
    };
    let met = until.filter(|(stop, _)| matches!(stop, Stop::Condition { .. }));
    let stop = match (outcome.stop, met) {
        (Stop::Horizon, Some((_, end))) => Stop::Condition { time: Interval::point(end) },
        (stop, _) => stop,
    };
    Ok(Outcome { stop, ..outcome })
}

/// Follows `setting` as a whole to the horizon of `plan`.
fn follow(
    setting: &Setting<Interval>,
    plan: &Plan<Interval>,
    emit: &mut dyn FnMut(Row<Interval>),
) -> Result<Outcome<Interval>, DomainError> {
    let spectrum = setting.spectrum()?;
    let start = setting.start(&spectrum)?;
    let mut record = Record::new(setting, &spectrum, &plan.rows, plan.horizon, emit);
    let stop = match (&setting.step_size, &setting.method) {
        (Some(eta), method) => {
            let rate = setting.clock_rate();
            let clock = steps::Clock::new(&record, *eta, rate);
            if *method == Method::Spectral {
                let recursion = Recursion::new(&spectrum, Method::Spectral, rate * eta, start.clone())?;
                steps::follow(&mut record, recursion, &start, clock, 0)
            } else {
                steps::follow_descent(&mut record, &spectrum, &start, clock)?
            }
        }
        (None, Method::Spectral) => {
            spectral::follow(&mut record, CertifiedFlow::from_equal_start(&spectrum, &start[0])?, &start)
        }
        (None, _) => descent::follow(&mut record, &spectrum, &start)?,
    };
    Ok(record.outcome(stop))
}

/// Where double precision sees the condition met (or why not), on the setting's clock.
fn in_doubles(
    setting: &Setting<Interval>,
    spectrum: &Spectrum<Interval>,
    start: &[Interval],
    condition: &Condition<Interval>,
    plan: &Plan<Interval>,
) -> Result<(Stop<f64>, f64), DomainError> {
    let spectrum = spectrum.map(|x| x.midpoint());
    let start: Vec<f64> = start.iter().map(|x| x.midpoint()).collect();
    let condition =
        Condition { quantity: condition.quantity, at_least: condition.at_least, level: condition.level.midpoint() };
    let horizon = plan.horizon.map(|t| t.midpoint());
    let plan = Plan { rows: Vec::new(), until: Some(condition), horizon };
    let rate = setting.clock_rate().midpoint();
    let watch = Watch::new(&spectrum, &start, &plan, (rate, setting.risk_scale().to_f64()), |_| ());
    let outcome = match (&setting.step_size, &setting.method) {
        (Some(eta), method) => {
            let method = if *method == Method::Spectral { Method::Spectral } else { Method::GradientDescent };
            let eta = eta.midpoint();
            watch.follow_steps(Recursion::new(&spectrum, method, rate * eta, start.clone())?, &eta)
        }
        (None, Method::Spectral) => watch.follow(&mut ExactFlow::new(&spectrum, &start)?),
        (None, _) => watch.follow(&mut GradientFlow::new(&spectrum, &start)?),
    };
    Ok((outcome.stop, outcome.end))
}
