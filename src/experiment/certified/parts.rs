//! A wide box of parameters in parts, each followed by itself: what is known of the box is the hull of what is known of its parts.

use crate::experiment::model::Covariance;
use crate::experiment::run::{Outcome, Plan};
use crate::experiment::{Row, Setting};
use crate::scalar::{DomainError, Interval};
use crate::trajectory::{Event, Stop};
use std::collections::VecDeque;

/// Relative widths up to this are decimals', or near them: nothing is gained by parts.
const WIDE: f64 = 1e-9;

/// Parts at first, and at most: one that ends undecided is halved until then.
const FIRST: usize = 64;
const MOST: usize = 2048;

/// Rows that are kept at most, of all parts together.
const ROWS: usize = 4_000_000;

/// What `follow` makes of a part.
struct Part {
    setting: Setting<Interval>,
    rows: Vec<Row<Interval>>,
    outcome: Outcome<Interval>,
}

type Emit<'a> = &'a mut dyn FnMut(Row<Interval>);

/// Follows `setting` by `follow`, in parts where a parameter is wide.
pub(super) fn run(
    setting: &Setting<Interval>,
    plan: &Plan<Interval>,
    emit: Emit<'_>,
    follow: impl Fn(&Setting<Interval>, Emit<'_>) -> Result<Outcome<Interval>, DomainError>,
) -> Result<Outcome<Interval>, DomainError> {
    let wide = wide(setting);
    let count = if wide.len() == 1 { FIRST } else { (FIRST as f64).sqrt() as usize };
    let mut waiting = vec![setting.clone()];
    for (name, _) in &wide {
        waiting = waiting.iter().flat_map(|part| cut(part, name, count)).collect();
    }
    if waiting.len() == 1 || waiting.len().saturating_mul(plan.rows.len()) > ROWS {
        return follow(setting, emit);
    }
    let (mut runs, mut waiting) = (waiting.len(), VecDeque::from(waiting));
    let mut parts = Vec::new();
    while let Some(setting) = waiting.pop_front() {
        let mut rows = Vec::new();
        let outcome = follow(&setting, &mut |row| rows.push(row))?;
        let halved = self::wide(&setting).into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
        match halved.filter(|_| matches!(outcome.stop, Stop::Undecided { .. }) && runs < MOST) {
            Some((name, _)) => {
                waiting.extend(cut(&setting, name, 2));
                runs += 2;
            }
            None => parts.push(Part { setting, rows, outcome }),
        }
    }
    Ok(join(parts, plan, emit))
}

/// The parameters that are wide, with their relative widths.
fn wide(setting: &Setting<Interval>) -> Vec<(&'static str, f64)> {
    let strength = match &setting.covariance {
        Covariance::Spiked { strength, .. } => Some(("spike", *strength)),
        _ => None,
    };
    let all = strength.into_iter().chain([("init", setting.init)]);
    all.map(|(name, x)| (name, x.width() / x.magnitude())).filter(|(_, width)| *width > WIDE).collect()
}

/// The parameter `name` in `count` parts, equal in its logarithm where it spans more than a factor 2.
fn cut(setting: &Setting<Interval>, name: &str, count: usize) -> Vec<Setting<Interval>> {
    let whole = match &setting.covariance {
        Covariance::Spiked { strength, .. } if name == "spike" => *strength,
        _ => setting.init,
    };
    let (lower, upper) = (whole.lower(), whole.upper());
    let node = |i: usize| {
        let share = i as f64 / count as f64;
        let x = if lower > 0.0 && upper > 2.0 * lower {
            lower * libm::pow(upper / lower, share)
        } else {
            lower + share * (upper - lower)
        };
        if i == count { upper } else { x.clamp(lower, upper) }
    };
    let part = |i: usize| {
        let range = Interval::new(node(i).min(node(i + 1)), node(i + 1)).unwrap_or(whole);
        let mut part = setting.clone();
        match &mut part.covariance {
            Covariance::Spiked { strength, .. } if name == "spike" => *strength = range,
            _ => part.init = range,
        }
        part
    };
    (0..count).map(part).collect()
}

/// Emits the hulls of rows that all parts have, and says how the box ended: as its worst part.
fn join(parts: Vec<Part>, plan: &Plan<Interval>, emit: Emit<'_>) -> Outcome<Interval> {
    let shared = parts.iter().map(|part| part.rows.len()).min().unwrap_or(0);
    for i in 0..shared {
        let rows = parts.iter().map(|part| part.rows[i].clone());
        rows.reduce(hull_of_rows).into_iter().for_each(&mut *emit);
    }
    let (events, uncertain) = join_events(&parts);
    let failed = |part: &&Part| !matches!(part.outcome.stop, Stop::Horizon | Stop::Optimum { .. } | Stop::Rest { .. });
    let order = |a: &&Part, b: &&Part| {
        let key = |part: &Part| (part.rows.len(), part.outcome.end.lower());
        key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal)
    };
    if let Some(part) = parts.iter().filter(failed).min_by(order) {
        let stop = match part.outcome.stop.clone() {
            Stop::Undecided { time, reason } => Stop::Undecided { time, reason: format!("{reason}{}", place(part)) },
            stop => stop,
        };
        return Outcome { stop, events, ..part.outcome.clone() };
    }
    let outcomes = parts.into_iter().map(|part| part.outcome);
    let joined = outcomes.reduce(hull_of_outcomes).expect("a box has parts");
    match uncertain {
        Some(stop) if plan.rows.is_empty() => Outcome { stop, events, ..joined },
        _ => Outcome { events, ..joined },
    }
}

/// Where in the box a part is.
fn place(part: &Part) -> String {
    let init = part.setting.init;
    match &part.setting.covariance {
        Covariance::Spiked { strength, .. } => format!(" (for spike in {strength} and init in {init})"),
        _ => format!(" (for init in {init})"),
    }
}

fn hull_of_rows(a: Row<Interval>, b: Row<Interval>) -> Row<Interval> {
    Row {
        step: a.step,
        time: a.time.hull(b.time),
        coefficients: a.coefficients.iter().zip(&b.coefficients).map(|(a, b)| a.hull(*b)).collect(),
        risk: a.risk.hull(b.risk),
        alignment: a.alignment.zip(b.alignment).map(|(a, b)| a.hull(b)),
        amplification: a.amplification.hull(b.amplification),
    }
}

fn hull_of_outcomes(a: Outcome<Interval>, b: Outcome<Interval>) -> Outcome<Interval> {
    let stop = match (a.stop, b.stop) {
        (Stop::Optimum { time: a }, Stop::Optimum { time: b }) => Stop::Optimum { time: a.hull(b) },
        (Stop::Rest { time: a }, Stop::Rest { time: b }) => Stop::Rest { time: a.hull(b) },
        _ => Stop::Horizon,
    };
    Outcome {
        stop,
        end: a.end.hull(b.end),
        coefficients: a.coefficients.iter().zip(&b.coefficients).map(|(a, b)| a.hull(*b)).collect(),
        risk: a.risk.hull(b.risk),
        alignment: a.alignment.zip(b.alignment).map(|(a, b)| a.hull(b)),
        events: Vec::new(),
        remarks: a.remarks.into_iter().chain(b.remarks).collect(),
    }
}

/// The events that every part has, at the hulls of their times; and the first that only some have.
fn join_events(parts: &[Part]) -> (Vec<Event<Interval>>, Option<Stop<Interval>>) {
    // The nth event of its kind and coefficient is the same event in every part.
    let find = |part: &Part, like: &Event<Interval>, n: usize| -> Option<Interval> {
        let same = |event: &&Event<Interval>| (event.kind, event.coefficient) == (like.kind, like.coefficient);
        part.outcome.events.iter().filter(same).nth(n).map(|event| event.time)
    };
    let (mut shared, mut uncertain): (Vec<Event<Interval>>, Option<Event<Interval>>) = (Vec::new(), None);
    for part in parts {
        for (i, event) in part.outcome.events.iter().enumerate() {
            let same = |other: &&Event<Interval>| (other.kind, other.coefficient) == (event.kind, event.coefficient);
            let n = part.outcome.events[..i].iter().filter(same).count();
            let times: Option<Vec<Interval>> = parts.iter().map(|part| find(part, event, n)).collect();
            match times.and_then(|times| times.into_iter().reduce(Interval::hull)) {
                Some(time) if std::ptr::eq(part, &parts[0]) => shared.push(Event { time, ..event.clone() }),
                Some(_) => {}
                None if uncertain.as_ref().is_none_or(|first| event.time.lower() < first.time.lower()) => {
                    uncertain = Some(event.clone());
                }
                None => {}
            }
        }
    }
    shared.sort_by(|a, b| a.time.midpoint().total_cmp(&b.time.midpoint()));
    let uncertain = uncertain.map(|Event { time, kind, coefficient }| {
        let reason =
            format!("whether coefficient {coefficient} has its event {:?} depends on the parameters", kind.name());
        Stop::Undecided { time, reason }
    });
    (shared, uncertain)
}
