use super::Setting;
use super::blocks::Blocks;
use super::watch::{Row, Watch};
use crate::descent::Method;
use crate::observe::Condition;
use crate::scalar::{DomainError, Real};
use crate::trajectory::exact::ExactFlow;
use crate::trajectory::power::PowerFlow;
use crate::trajectory::taylor::GradientFlow;
use crate::trajectory::{Event, OverlapFlow, Recursion, Stop, VectorFlow};
use std::any::Any;

/// Where rows are wanted, and where to stop.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan<T = f64> {
    /// Ascending: times on the setting's clock (recursion: step numbers).
    pub rows: Vec<T>,
    /// Stop when it holds; a level of the risk is on the setting's scale, as rows are.
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
    /// Coefficients there, signal first (as in [`Row::coefficients`]).
    pub coefficients: Vec<T>,
    /// Population risk there, in the setting's normalisation.
    pub risk: T,
    /// Alignment there.
    pub alignment: Option<T>,
    /// What happened on the way, in order, at times on the setting's clock.
    pub events: Vec<Event<T>>,
    /// What else has to be known about the result, in words.
    pub remarks: Vec<String>,
}

/// Runs `setting` and emits the rows of `plan`.
///
/// Rows beyond the end of the run are not emitted, except those of a flow that rests at the optimum.
///
/// # Errors
/// A parameter of the setting outside its domain; off the invariant manifold also a number system other than `f64`, and above width one also the flow
/// of a method other than GD.
pub fn run<T: Real>(
    setting: &Setting<T>,
    plan: &Plan<T>,
    mut emit: impl FnMut(Row<T>),
) -> Result<Outcome<T>, DomainError> {
    setting.check_flow()?;
    setting.check_steps(plan.horizon.as_ref())?;
    if !setting.is_on_manifold() {
        let Some((setting, plan)) = in_doubles::<_, Setting<f64>>(setting).zip(in_doubles(plan)) else {
            return Err(DomainError::new("precision", "other than f64", NO_OTHER_NUMBERS));
        };
        let emit = |row: Row<f64>| same(row).into_iter().for_each(&mut emit);
        return run_blocks(&setting.in_signal_units()?, plan, emit)
            .map(|outcome| same(outcome).expect("T is f64 here"))
            .map_err(|error| setting.as_given(error));
    }
    let spectrum = setting.spectrum()?;
    let start = setting.start(&spectrum)?;
    let watch = Watch::new(&spectrum, &start, plan, (setting.clock_rate(), setting.risk_scale()), emit);
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

/// Off the manifold: a recursion of any method, the flow of GD, or at width one that of any.
fn run_blocks(
    setting: &Setting<f64>,
    plan: &Plan<f64>,
    emit: impl FnMut(Row<f64>),
) -> Result<Outcome<f64>, DomainError> {
    let blocks = Blocks::of(setting)?;
    let (gauge, start) = (blocks.gauge(), blocks.start.clone());
    let scales = (setting.clock_rate(), setting.risk_scale());
    let watch = Watch::new(&gauge, &blocks.overlaps.roots(&start), plan, scales, emit);
    match &setting.step_size {
        Some(eta) => {
            let recursion = Recursion::new(&blocks.risk, setting.method.clone(), setting.clock_rate() * eta, start)?;
            Ok(watch.follow_steps(recursion, eta))
        }
        None => match &blocks.vector {
            Some(problem) => {
                let mut flow = VectorFlow::new(problem, &setting.method, &blocks.overlaps)?;
                Ok(watch.follow(&mut flow))
            }
            None => Ok(watch.follow(&mut OverlapFlow::new(&blocks.risk, &blocks.overlaps, start)?)),
        },
    }
}

pub(super) const NO_OTHER_NUMBERS: &str = "f64, off the invariant manifold (a signal that is no eigenvector, a width below the dimension, a \
random start), where matrices are kept in doubles only";

/// `value`, if it is made of doubles.
fn in_doubles<A: Any, B: Any>(value: &A) -> Option<&B> {
    (value as &dyn Any).downcast_ref()
}

/// The same value under its other name, where the two types are one.
fn same<A: Any, B: Any>(value: A) -> Option<B> {
    (&mut Some(value) as &mut dyn Any).downcast_mut::<Option<B>>().and_then(Option::take)
}
