//! `--precision`: the number systems of `specdyn population`, and the precision ladder.

use super::CliError;
use super::population::{PopulationOptions, Run};
use crate::export::{Cell, Table};
#[cfg(feature = "mpfr")]
use crate::scalar::Real;
use crate::scalar::{DomainError, Interval, Precision, Rational};
use crate::trajectory::{EventKind, Stop};

/// What numbers a run is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum NumberSystem {
    Double,
    Bits(Precision),
    Exact,
    Interval,
}

/// Reads the value of `--precision`.
pub(super) fn number_system(text: &str) -> Result<NumberSystem, DomainError> {
    match text {
        "f64" => Ok(NumberSystem::Double),
        "exact" => Ok(NumberSystem::Exact),
        "interval" => Ok(NumberSystem::Interval),
        // So many digits are a number of bits all the same, and what is wrong with it is its size.
        _ if !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit()) => {
            let bits = text.parse().unwrap_or(u32::MAX);
            let bits = Precision::new(bits).map_err(|error| DomainError { value: text.into(), ..error })?;
            Ok(NumberSystem::Bits(bits))
        }
        _ => Err(DomainError::new("precision", format!("{text:?}"), "f64, a number of bits, exact or interval")),
    }
}

/// Runs at `precision`, and with `--ladder` at twice that too.
#[cfg(feature = "mpfr")]
pub(super) fn at_bits(options: &PopulationOptions, precision: Precision) -> Result<(), CliError> {
    use super::population::{compute, present};
    use crate::experiment::run;
    use crate::scalar::Mp;

    let finer = options.ladder.then(|| twice(precision)).transpose()?;
    let coarse = compute::<Mp>(options, &precision, |setting, plan, emit| run(setting, plan, emit))?;
    let Some(finer) = finer else { return present(options, &coarse, None) };
    let fine = compute::<Mp>(options, &finer, |setting, plan, emit| run(setting, plan, emit))?;
    let mut digits = Vec::new();
    for (coarse, fine) in coarse.runs.iter().zip(&fine.runs) {
        let of_run = if options.events { event_digits(coarse, fine) } else { row_digits(coarse, fine) };
        let least = of_run.iter().copied().fold(f64::INFINITY, f64::min);
        if least.is_finite() {
            let optimizer = &coarse.optimizer;
            let least = in_tenths(least);
            remark!("{optimizer}: {precision} and {finer} agree to at least {least:.1} digits in every value");
        }
        digits.push(of_run);
    }
    present(options, &coarse, Some(&digits))
}

/// The upper step of the ladder.
#[cfg(feature = "mpfr")]
fn twice(precision: Precision) -> Result<Precision, DomainError> {
    let bits = precision.bits();
    let domain = format!("at most {} bits with --ladder, which computes with twice as many too", Precision::MAX / 2);
    Precision::new(bits.saturating_mul(2)).map_err(|_| DomainError::new("precision", bits, domain))
}

/// Without the feature there is no arithmetic for it.
#[cfg(not(feature = "mpfr"))]
pub(super) fn at_bits(_: &PopulationOptions, precision: Precision) -> Result<(), CliError> {
    Err(CliError::Invalid(format!(
        "--precision {} needs arbitrary precision, which this build lacks: build with --features mpfr (and m4, a C compiler)",
        precision.bits()
    )))
}

/// The digits on which each row agrees with the same row at a higher precision, in its worst value.
#[cfg(feature = "mpfr")]
fn row_digits<T: Real>(coarse: &Run<T>, fine: &Run<T>) -> Vec<f64> {
    let worst = |i: usize| {
        let Some(other) = fine.rows.get(i) else { return 0.0 };
        // At time 0 both have the start, rounded to their own precisions.
        let values = coarse.rows[i].values().zip(other.values()).filter_map(|(x, y)| Some((x?.clone(), y?.clone())));
        let (x, y): (Vec<T>, Vec<T>) = values.unzip();
        crate::scalar::agreeing_digits(&x, &y).into_iter().fold(f64::INFINITY, f64::min)
    };
    (0..coarse.rows.len()).map(worst).collect()
}

#[cfg(feature = "mpfr")]
fn event_digits<T: Real>(coarse: &Run<T>, fine: &Run<T>) -> Vec<f64> {
    let agreement = |i: usize| {
        let event = &coarse.events[i];
        match fine.events.get(i) {
            Some(other) if (other.kind, other.coefficient) == (event.kind, event.coefficient) => {
                crate::scalar::agreeing_digits(std::slice::from_ref(&event.time), std::slice::from_ref(&other.time))[0]
            }
            _ => 0.0,
        }
    };
    (0..coarse.events.len()).map(agreement).collect()
}

/// Tenths of a digit, downward: more would be noise, and upward too much.
fn in_tenths(digits: f64) -> f64 {
    (digits * 10.0).floor() / 10.0
}

/// `table` with a last column `digits`, run by run and row by row; rows that no precision computed (a failure's) have none.
pub(super) fn with_digits(table: &Table, digits: &[Vec<f64>]) -> Table {
    let mut columns = table.columns().to_vec();
    let status = columns.iter().position(|name| name == "status");
    columns.push("digits".into());
    let mut wider = Table::new(columns);
    let mut digits = digits.iter().flatten();
    for row in table.rows() {
        let mut row = row.clone();
        let failed = status.is_some_and(|i| row[i] != Cell::from("ok"));
        let cell = if failed { None } else { digits.next().map(|&digits| Cell::Number(in_tenths(digits))) };
        row.push(cell.unwrap_or(Cell::Empty));
        wider.push(row);
    }
    wider
}

/// What an exact recursion is known to do for ever.
pub(super) fn report_cycles(runs: &[Run<Rational>]) {
    for run in runs {
        for event in &run.events {
            let (optimizer, time) = (&run.optimizer, &event.time);
            match event.kind {
                EventKind::Rest => remark!("{optimizer}: at rest, exactly, from t = {time} on"),
                EventKind::Cycle { period } => {
                    remark!("{optimizer}: repeats itself, exactly, with period {period} from t = {time} on");
                }
                _ => {}
            }
        }
        if let Stop::Cycle { .. } | Stop::Rest { .. } = run.stop {
            remark!("{}: the condition is met nowhere", run.optimizer);
        }
    }
}

/// How much the enclosures of a run leave open, in a sentence: thousands of pairs do not show it.
pub(super) fn report_widths(runs: &[Run<Interval>], events: bool) {
    for Run { optimizer, rows, events: happened, .. } in runs {
        if events {
            let widest = happened.iter().map(|event| event.time.width()).fold(0.0, f64::max);
            if !happened.is_empty() {
                remark!("{optimizer}: every event is known to {widest:.1e} in time");
            }
            continue;
        }
        let coefficients = || rows.iter().flat_map(|row| &row.coefficients);
        let (mut relative, mut absolute) = (0.0_f64, None);
        for w in coefficients() {
            if w.contains(0.0) && !w.is_point() {
                absolute = Some(w.width().max(absolute.unwrap_or(0.0)));
            } else {
                relative = relative.max(w.relative_width());
            }
        }
        let zero = absolute.map_or(String::new(), |width| format!(", one that may be 0 to {width:.1e}"));
        if coefficients().next().is_some() {
            remark!("{optimizer}: every coefficient is known to {relative:.1e} of itself{zero}");
        }
    }
}
