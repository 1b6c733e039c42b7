//! Where rows are put: equally spaced, or at the times of `--at`.

use super::CliError;
use super::model::decimal;
use crate::experiment::Setting;
use crate::scalar::{DomainError, Real};
use crate::sweep::Axis;

/// The times of `--at`, ascending; an item may be a range START:STOP:COUNT[:log].
pub(super) fn requested<T: Real>(
    at: &[String],
    setting: &Setting<T>,
    context: &T::Context,
) -> Result<Vec<T>, CliError> {
    let recursion = setting.step_size.is_some();
    let mut times: Vec<T> = Vec::with_capacity(at.len());
    for text in at {
        let refuse = |domain: &str| DomainError::new("at", format!("{text:?}"), domain);
        let mut items: Vec<T> = if text.contains(':') {
            let axis: Axis = format!("at={text}")
                .parse()
                .map_err(|error: DomainError| refuse(&error.domain.replace("NAME=", "")))?;
            // Of a recursion the nearest steps, each once.
            let place = |t: f64| T::from_f64(if recursion { t.round() } else { t }, context);
            axis.values().into_iter().map(place).collect()
        } else {
            vec![decimal("at", text, context)?]
        };
        if recursion && text.contains(':') {
            items.dedup();
            items.retain(|time| times.last() != Some(time));
        }
        for time in items {
            if time < time.int(0) {
                return Err(refuse("times >= 0").into());
            }
            if times.last().is_some_and(|last| *last > time) {
                return Err(refuse("times in ascending order").into());
            }
            if recursion && (time.to_f64().fract() != 0.0 || time.to_f64() > 9e15) {
                return Err(refuse("whole steps, for a recursion").into());
            }
            times.push(time);
        }
    }
    Ok(times)
}

/// `points` equally spaced times (recursion: whole steps, each once) from 0 to `end`.
pub(super) fn spread<T: Real>(end: &T, points: u64, setting: &Setting<T>) -> Vec<T> {
    let Some(eta) = &setting.step_size else {
        let last = points.saturating_sub(1).max(1) as i64;
        return (0..points as i64).map(|i| if i == last { end.clone() } else { end.times(i).over(last) }).collect();
    };
    let steps = (end.clone() / eta).to_f64().round() as u64;
    let intervals = points.saturating_sub(1).min(steps).max(1);
    let mut rows: Vec<u64> = (0..=intervals).map(|i| (i as u128 * steps as u128 / intervals as u128) as u64).collect();
    rows.dedup();
    rows.truncate(points as usize);
    rows.into_iter().map(|k| end.int(k as i64)).collect()
}
