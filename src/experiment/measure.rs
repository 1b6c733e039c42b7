use super::Setting;
use super::run::{Plan, run};
use crate::descent::Method;
use crate::observe::{
    Amplification, CONTRACTION_LEVEL, Condition, ESCAPE_LEVEL, Observable, Quantity, alignment, excesses, risk,
};
use crate::risk::manifold::{bracket, excess_energy};
use crate::scalar::{DomainError, Real};
use crate::spectrum::Spectrum;
use crate::trajectory::exact::ExactFlow;
use crate::trajectory::roots::Root;
use crate::trajectory::taylor::{GradientFlow, PowerFlow};
use crate::trajectory::{Flow, Recursion, Segment, Stop};
use std::fmt;

/// An observable's value, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The value, where the status is [`Status::Ok`].
    pub value: Option<f64>,
    /// What became of the measurement.
    pub status: Status,
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

    /// Reads what [`Display`](fmt::Display) writes.
    pub fn from_text(text: &str) -> Self {
        match (text, text.strip_prefix("domain: "), text.strip_prefix("panicked: ")) {
            ("ok", ..) => Self::Ok,
            ("not-settled", ..) => Self::NotSettled,
            (_, Some(reason), _) => Self::Domain(reason.into()),
            (.., Some(reason)) => Self::Panicked(reason.into()),
            _ => Self::Stopped(text.into()),
        }
    }
}

/// The cap, in units of `(1 + log(1/init))/q_0^2`: escapes take about a third of one, contractions to 1 % noise a few tens.
const CAP: f64 = 100.0;

/// Measures `observable` at `time` (on the setting's clock), or when it has settled; each [`Observable`] says when that is.
pub fn measure(setting: &Setting<f64>, observable: Observable, time: Option<f64>) -> Measured {
    match try_measure(setting, observable, time) {
        Ok(measured) => measured,
        Err(error) => Measured { value: None, status: Status::Domain(error.to_string()) },
    }
}

fn try_measure(setting: &Setting<f64>, observable: Observable, time: Option<f64>) -> Result<Measured, DomainError> {
    let spectrum = setting.spectrum()?;
    let cap = CAP * (1.0 + Real::ln(&setting.init).abs()) / spectrum.variance()[0].powi(2);
    let horizon = time.unwrap_or(cap / setting.clock_rate());
    if observable == Observable::Amplification {
        return amplification(setting, &spectrum, horizon, time.is_some());
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
    let w = outcome.coefficients;
    let value = match observable {
        Observable::Risk => Some(risk(&spectrum, &w) * setting.risk_scale()),
        Observable::Alignment => alignment(&spectrum, &w),
        _ => Some(outcome.end),
    };
    Ok(Measured { value, status: Status::Ok })
}

fn amplification(
    setting: &Setting<f64>,
    spectrum: &Spectrum<f64>,
    horizon: f64,
    to_the_end: bool,
) -> Result<Measured, DomainError> {
    let start = setting.start(spectrum)?;
    let limit = horizon * setting.clock_rate();
    let mut largest = Amplification::new(&start);
    let stop = match (&setting.step_size, &setting.method) {
        (Some(eta), method) => {
            let mut recursion = Recursion::new(spectrum, method.clone(), eta * setting.clock_rate(), start.clone())?;
            let steps = (horizon / eta).round() as u64;
            loop {
                let w = recursion.weights();
                largest.see(w);
                if !to_the_end && is_settled(spectrum, w) {
                    break Stop::Condition { time: 0.0 };
                }
                if recursion.steps() >= steps {
                    break Stop::Horizon;
                }
                match recursion.step() {
                    Ok(true) => {}
                    Ok(false) if to_the_end => break Stop::Horizon,
                    Ok(false) => break Stop::Rest { time: recursion.time() },
                    Err(stop) => break stop,
                }
            }
        }
        (None, Method::Spectral) => {
            let mut flow = ExactFlow::new(spectrum, &start)?;
            let stop = flow.finish_by(&limit);
            flow.amplification().into_iter().for_each(|amplification| largest.see_value(amplification));
            stop
        }
        (None, Method::GradientDescent) => {
            follow(&mut GradientFlow::new(spectrum, &start)?, &mut largest, spectrum, limit, to_the_end)
        }
        (None, Method::Power(p)) => {
            follow(&mut PowerFlow::new(spectrum, p, &start)?, &mut largest, spectrum, limit, to_the_end)
        }
    };
    Ok(match stop {
        Stop::Condition { .. } | Stop::Optimum { .. } => {
            Measured { value: Some(*largest.largest()), status: Status::Ok }
        }
        Stop::Horizon if to_the_end => Measured { value: Some(*largest.largest()), status: Status::Ok },
        Stop::Horizon => Measured { value: None, status: Status::NotSettled },
        stop => Measured { value: None, status: Status::Stopped(stop.name().into()) },
    })
}

/// Follows a flow until the amplification is settled (or, `to_the_end`, to the limit).
fn follow<F: Flow<f64>>(
    flow: &mut F,
    largest: &mut Amplification<f64>,
    spectrum: &Spectrum<f64>,
    limit: f64,
    to_the_end: bool,
) -> Stop<f64> {
    let mut turns: Vec<Root<f64>> = Vec::new();
    loop {
        let segment = match flow.next_segment(Some(&limit)) {
            Ok(segment) => segment,
            Err(stop) => return stop,
        };
        turns.clear();
        for j in 1..segment.groups() {
            segment.ratio_turns(j, &mut turns);
        }
        for turn in &turns {
            largest.see(&segment.coefficients_at(&turn.at));
        }
        let w = segment.coefficients_at(segment.length());
        largest.see(&w);
        if !to_the_end && is_settled(spectrum, &w) {
            return Stop::Condition { time: limit };
        }
    }
}

/// The signal has escaped (`w_0^2 >= 9/10`) and no ratio `w_j/w_0` rises, at a rate `q_0 h_0 - q_j h_j`.
fn is_settled(spectrum: &Spectrum<f64>, w: &[f64]) -> bool {
    if w[0] * w[0] < 0.9 {
        return false;
    }
    let q = spectrum.variance();
    let e = excesses(w);
    let tau = excess_energy(spectrum, &e);
    let signal = q[0] * bracket(&q[0], &e[0], &tau);
    (1..w.len()).all(|j| signal <= q[j] * bracket(&q[j], &e[j], &tau))
}
