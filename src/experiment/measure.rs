use super::amplification::amplification;
use super::blocks::Model;
use super::run::{Plan, run};
use super::{Setting, flows, lockstep};
use crate::descent::Method;
use crate::observe::{CONTRACTION_LEVEL, Condition, ESCAPE_LEVEL, Observable, Quantity};
use crate::scalar::{DomainError, Real};
use crate::trajectory::Stop;
use std::fmt;

/// An observable's value, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The value, where the status is [`Status::Ok`].
    pub value: Option<f64>,
    /// What became of the measurement.
    pub status: Status,
}

impl Measured {
    /// The same, but that a value which is no number counts as diverged: the risk of weights of 1e200, or the amplification beside a signal
    /// at zero.
    #[must_use]
    pub fn if_finite(self) -> Self {
        match self.value {
            Some(value) if !value.is_finite() => Self { value: None, status: Status::Stopped("diverged".into()) },
            _ => self,
        }
    }
}

/// What became of a measurement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It has a value.
    Ok,
    /// The observable had not settled when the run reached the cap.
    NotSettled,
    /// A parameter outside its domain; the reason in words.
    Domain(String),
    /// The trajectory broke off: the name of a [`Stop`].
    Stopped(String),
    /// The program did: the message, and where. A bug, kept as a result.
    Panicked(String),
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("ok"),
            Self::NotSettled => f.write_str("not-settled"),
            Self::Domain(reason) => write!(f, "domain: {reason}"),
            Self::Stopped(name) => f.write_str(name),
            Self::Panicked(reason) => write!(f, "panicked: {reason}"),
        }
    }
}

impl Status {
    /// Its kind in a word.
    pub fn kind(&self) -> &str {
        match self {
            Self::Ok => "ok",
            Self::NotSettled => "not settled",
            Self::Domain(_) => "outside the domain",
            Self::Stopped(name) => name,
            Self::Panicked(_) => "panicked",
        }
    }

    /// Reads what [`Display`](fmt::Display) writes. A file may come from anywhere: what moves a terminal's cursor becomes a space.
    pub fn from_text(text: &str) -> Self {
        let text = &*text.replace(char::is_control, " ");
        match (text, text.strip_prefix("domain: "), text.strip_prefix("panicked: ")) {
            ("ok", ..) => Self::Ok,
            ("not-settled", ..) => Self::NotSettled,
            (_, Some(reason), _) => Self::Domain(reason.into()),
            (.., Some(reason)) => Self::Panicked(reason.into()),
            _ => Self::Stopped(text.into()),
        }
    }
}

/// The cap, in the units of [`Setting::cap`]: escapes take about a third of one, contractions to 1 % noise a few tens.
const CAP: f64 = 100.0;

/// The cap in steps of a recursion.
const MOST_STEPS: f64 = 1e8;

/// Measures `observable` at `time` (on the setting's clock), or when it has settled; each [`Observable`] says when that is.
pub fn measure(setting: &Setting<f64>, observable: Observable, time: Option<f64>) -> Measured {
    measure_all(std::slice::from_ref(setting), observable, time).next().expect("one for the setting")
}

/// Measures all `settings`, in order: those together that can share the work, which shows in no bit, the others as they are asked for.
pub fn measure_all(
    settings: &[Setting<f64>],
    observable: Observable,
    time: Option<f64>,
) -> impl Iterator<Item = Measured> {
    let alone = move |setting: &Setting<f64>| match try_measure(setting, observable, time) {
        Ok(measured) => measured,
        Err(error) => Measured { value: None, status: Status::Domain(setting.as_given(error).to_string()) },
    };
    let known = together(settings, observable, time);
    settings.iter().zip(known).map(move |(setting, known)| known.unwrap_or_else(|| alone(setting)).if_finite())
}

/// What is measured in lockstep.
fn together(settings: &[Setting<f64>], observable: Observable, time: Option<f64>) -> Vec<Option<Measured>> {
    let mut known = vec![None; settings.len()];
    if observable != Observable::Amplification {
        return known;
    }
    for method in [Method::GradientDescent, Method::Spectral] {
        let of_method = settings.iter().enumerate().filter(|(_, setting)| setting.method == method);
        let cell = |(i, setting): (usize, &Setting<f64>)| {
            setting.check_flow().ok()?;
            Some((i, lockstep::cell(setting, horizon(setting, 1.0, time).ok()?)?))
        };
        let (places, cells): (Vec<usize>, Vec<_>) = of_method.filter_map(cell).unzip();
        for (i, measured) in places.into_iter().zip(lockstep::amplifications(&cells, &method, time.is_some())) {
            known[i] = measured;
        }
    }
    if time.is_none() {
        let flow = |(i, setting): (usize, &Setting<f64>)| {
            setting.check_flow().ok()?;
            Some((i, flows::flow(setting, horizon(setting, 1.0, time).ok()?)?))
        };
        let (places, flows): (Vec<usize>, Vec<_>) = settings.iter().enumerate().filter_map(flow).unzip();
        for (i, measured) in places.into_iter().zip(flows::amplifications(&flows)) {
            known[i] = measured;
        }
    }
    known
}

/// When a measurement ends at the latest, on the setting's clock, given the variance of the signal: at `time`, or at a cap.
fn horizon(setting: &Setting<f64>, q: f64, time: Option<f64>) -> Result<f64, DomainError> {
    let cap = setting.cap(CAP, q);
    setting.check_steps(Some(&time.unwrap_or(cap)))?;
    // Nobody asked for the cap: a recursion gives up earlier where it takes too many steps.
    let steps = setting.step_size.map_or(f64::INFINITY, |eta| MOST_STEPS * eta);
    Ok(time.unwrap_or(cap.min(steps)))
}

impl Setting<f64> {
    /// `units (1 + log(1/init))/q^(2 p)` on the setting's clock, p the spectral power (GD 1, SpecGD 0), q the variance of the signal:
    /// gradients grow with the square of the variances.
    pub(crate) fn cap(&self, units: f64, q: f64) -> f64 {
        let clock = match self.method {
            Method::GradientDescent => q * q,
            Method::Spectral => 1.0,
            Method::Power(p) => libm::pow(q * q, p),
        };
        units * (1.0 + Real::ln(&self.init).abs()) / clock / self.clock_rate()
    }
}

fn try_measure(setting: &Setting<f64>, observable: Observable, time: Option<f64>) -> Result<Measured, DomainError> {
    setting.check_flow()?;
    let setting = &setting.in_signal_units()?;
    let model = Model::of(setting)?;
    let horizon = horizon(setting, model.signal_variance(), time)?;
    if observable == Observable::Amplification {
        return amplification(setting, &model, horizon, time.is_some());
    }
    let signal = Condition { quantity: Quantity::Coefficient(0), at_least: true, level: ESCAPE_LEVEL };
    let until = match observable {
        Observable::ContractionTime => {
            Some(Condition { quantity: Quantity::Alignment, at_least: true, level: CONTRACTION_LEVEL })
        }
        Observable::EscapeTime => Some(signal),
        _ if time.is_none() => Some(signal),
        _ => None,
    };
    let plan = Plan { rows: Vec::new(), until, horizon: Some(horizon) };
    let outcome = run(setting, &plan, |_| ())?;
    let reached = match &outcome.stop {
        Stop::Condition { .. } => true,
        Stop::Horizon | Stop::Optimum { .. } => plan.until.is_none(),
        stop => return Ok(Measured { value: None, status: Status::Stopped(stop.name().into()) }),
    };
    if !reached {
        return Ok(Measured { value: None, status: Status::NotSettled });
    }
    let value = match observable {
        Observable::Risk => Some(outcome.risk),
        Observable::Alignment => outcome.alignment,
        _ => Some(outcome.end),
    };
    Ok(Measured { value, status: Status::Ok })
}
