//! `specdyn population`: one trajectory, or several side by side.

use super::model::{ModelOptions, NAMED_ONCE, all_different, decimal, method};
use super::output::{OutputOptions, value_cells, value_columns};
use super::precision::{self, NumberSystem};
use super::rows::{requested, spread};
use super::{CliError, escape_rate, figures, idle, statistics};
use crate::experiment::{Outcome, Plan, Row, Setting, run, run_certified, run_exact};
use crate::export::{Cell, Provenance, Table};
use crate::observe::{CONTRACTION_LEVEL, Condition, Quantity};
use crate::scalar::{DomainError, Interval, Rational, Real};
use crate::trajectory::{Event, EventKind, Stop};
use clap::Args;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Options of `specdyn population`.
#[derive(Args, Clone, Debug)]
pub(super) struct PopulationOptions {
    #[command(flatten)]
    pub(super) model: ModelOptions,
    /// gd, specgd or power:P; several, separated by commas, are put one below the other (column `optimizer`)
    #[arg(long, value_name = "OPTIMIZER", value_delimiter = ',', required = true)]
    pub(super) optimizer: Vec<String>,
    /// Step size of the recursion; without it, the continuous flow
    #[arg(long, value_name = "ETA", allow_hyphen_values = true)]
    pub(super) step_size: Option<String>,
    /// Horizon; for a recursion T/ETA steps
    #[arg(long, value_name = "T", conflicts_with_all = ["steps"], allow_hyphen_values = true)]
    pub(super) time: Option<String>,
    /// Number of steps of the recursion
    #[arg(long, value_name = "K", requires = "step_size", allow_negative_numbers = true)]
    pub(super) steps: Option<u64>,
    /// Stop when it holds: OBSERVABLE>=VALUE or OBSERVABLE<=VALUE (risk, alignment, or a coefficient's name; with --statistics one of those of
    /// the vector as it is, and at the latest at the horizon). Without a horizon: alignment>=0.99; SpecGD's flow runs to the optimum
    #[arg(long, value_name = "CONDITION")]
    pub(super) until: Option<String>,
    /// Number of equally spaced rows, both ends included
    #[arg(long, value_name = "N", default_value_t = 201, conflicts_with_all = ["at", "escape_rate"], allow_negative_numbers = true)]
    pub(super) points: u64,
    /// Rows at these times (recursion: at these steps); an item may be a range START:STOP:COUNT[:log]
    #[arg(long, value_name = "T1,T2,...", value_delimiter = ',', allow_hyphen_values = true)]
    pub(super) at: Option<Vec<String>>,
    /// Width 1: these summary statistics as columns, of s, u, s2 to s9, u2 to u9 (s_k = w'Q^k w, u_k = w'Q^k w*), gap (s* - |u|), mse, risk.
    /// Any optimizer, flow or recursion, any signal, to any time; with --events the times of the phases. Of GD's flow also lambda (the integral
    /// of 3 s - s* from T1' on), and from T2 on average and uniform (what exp(-4 s* l (t - T2)), quarter loss, leaves on average over the
    /// squared errors at T2, and over all directions alike)
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub(super) statistics: Vec<String>,
    /// With --statistics: T2 is when s and |u| are above (1 - EPS) s* for good
    #[arg(long, value_name = "EPS", default_value = "0.05", requires = "statistics", allow_hyphen_values = true)]
    pub(super) eps: String,
    /// Width 1: print the rate at which u grows under GD while w is small, rho of exp(rho t), on the clock of --loss-scale: the root of the
    /// characteristic equation, in any --precision, enclosed with `interval`
    #[arg(long, conflicts_with_all = ["step_size", "time", "steps", "until", "at", "statistics", "eps", "events", "ladder", "plot"])]
    pub(super) escape_rate: bool,
    /// Number system: f64 | BITS (arbitrary precision, 2 to 1048576 bits, flows by series 7 to 16384; feature `mpfr`) | exact (recursions in rationals) | interval
    /// (certified enclosures, printed as pairs _lo, _hi; numeric options may then be intervals themselves, as in "[20, 21]")
    #[arg(long, value_name = "PRECISION", default_value = "f64")]
    pub(super) precision: String,
    /// With --precision BITS: compute at BITS and at twice as many, and add a column with the digits on which a row agrees
    #[arg(long, conflicts_with = "statistics")]
    pub(super) ladder: bool,
    /// Print the list of events of a flow (or of a recursion in --precision exact) instead: time, event, coefficient
    #[arg(long)]
    pub(super) events: bool,
    /// Draw coefficients, risk and alignment (or --statistics) over time into FILE.png or FILE.svg (several, separated by commas)
    #[arg(long, value_name = "FILE", value_delimiter = ',')]
    pub(super) plot: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) output: OutputOptions,
}

/// More rows than this are a typing error.
const MAX_POINTS: u64 = 100_000_000;

/// Beyond this a number of steps is no double, and no recursion gets there.
const MAX_STEPS: u64 = 1 << 53;

/// One optimizer's run.
pub(super) struct Run<T: Real> {
    pub(super) optimizer: String,
    pub(super) rows: Vec<Row<T>>,
    pub(super) events: Vec<Event<T>>,
    pub(super) stop: Stop<T>,
    pub(super) end: T,
    remarks: Vec<String>,
}

pub(super) fn execute(options: &PopulationOptions) -> Result<(), CliError> {
    options.output.check(&options.plot)?;
    if !(1..=MAX_POINTS).contains(&options.points) {
        return Err(DomainError::new("points", options.points, "an integer from 1 to 100000000").into());
    }
    all_different("optimizer", &options.optimizer)?;
    if options.escape_rate {
        return escape_rate::execute(options);
    }
    let rows = !options.events || !options.plot.is_empty();
    let ends = options.time.is_none() && options.steps.is_none();
    let reason = "is about rows: --events prints none, and draws none without --plot";
    idle::refuse(&configuration(options), &[("points", rows, reason), ("at", rows || ends, reason)])?;
    if !options.statistics.is_empty() {
        return statistics::execute(options);
    }
    let number_system = precision::number_system(&options.precision)?;
    if options.events && options.step_size.is_some() && !matches!(number_system, NumberSystem::Exact) {
        let reason = "--events lists what happens along a flow; of a recursion only --precision exact knows events";
        return Err(CliError::Invalid(reason.into()));
    }
    match number_system {
        NumberSystem::Bits(precision) => precision::at_bits(options, precision),
        _ if options.ladder => Err(CliError::Invalid(
            "--ladder compares two precisions: it needs --precision BITS, e.g. --precision 256".into(),
        )),
        NumberSystem::Double => {
            present(options, &compute::<f64>(options, &(), |setting, plan, emit| run(setting, plan, emit))?, None)
        }
        NumberSystem::Interval => {
            let runs = compute::<Interval>(options, &(), run_certified)?;
            precision::report_widths(&runs.runs, options.events);
            present(options, &runs, None)
        }
        NumberSystem::Exact => {
            let runs = compute::<Rational>(options, &(), run_exact)?;
            precision::report_cycles(&runs.runs);
            present(options, &runs, None)
        }
    }
}

/// What runs a setting: the generic [`run`], or one that a number system has for itself.
type Runner<T> = fn(&Setting<T>, &Plan<T>, &mut dyn FnMut(Row<T>)) -> Result<Outcome<T>, DomainError>;

/// One run an optimizer, and the names of the coefficients.
pub(super) struct Runs<T: Real> {
    names: Vec<String>,
    pub(super) runs: Vec<Run<T>>,
}

pub(super) fn compute<T: Real>(
    options: &PopulationOptions,
    context: &T::Context,
    run: Runner<T>,
) -> Result<Runs<T>, CliError> {
    let mut names = Vec::new();
    let mut runs = Vec::new();
    let mut methods = Vec::new();
    for optimizer in &options.optimizer {
        let method = method(optimizer, context)?;
        // power:0.50 is power:0.5
        if methods.contains(&method) {
            return Err(DomainError::new("optimizer", optimizer, NAMED_ONCE).into());
        }
        methods.push(method.clone());
        let mut setting = options.model.setting::<T>(method, context)?;
        if let Some(text) = &options.step_size {
            setting.set("step-size", &decimal("step-size", text, context)?)?;
        }
        names = setting.names()?;
        runs.push(one(options, &setting, optimizer, &names, context, run)?);
    }
    Ok(Runs { names, runs })
}

/// Writes the table, what went wrong, and the figures; `digits` are those on which the rows of each run agree.
pub(super) fn present<T: Real>(
    options: &PopulationOptions,
    Runs { names, runs }: &Runs<T>,
    digits: Option<&[Vec<f64>]>,
) -> Result<(), CliError> {
    let provenance = provenance(options);
    let mut table =
        if options.events { event_table(names, runs) } else { row_table(names, runs, options.step_size.is_some()) };
    if let Some(digits) = digits {
        table = precision::with_digits(&table, digits);
    }
    for run in runs {
        run.remarks.iter().for_each(|sentence| remark!("{}: {sentence}", run.optimizer));
    }
    for run in runs.iter().filter(|run| is_failure(&run.stop)) {
        remark_stop(options, &run.optimizer, &run.stop);
    }
    if let Some(until) = &options.until {
        let unmet = |stop: &Stop<T>| !is_failure(stop) && !matches!(stop, Stop::Condition { .. });
        for run in runs.iter().filter(|run| unmet(&run.stop)) {
            remark!("{}: {until} was not met: {}", run.optimizer, run.stop);
        }
    }
    options.output.write(&table, &provenance)?;
    for path in &options.plot {
        figures::trajectories(path, options.output.force, names, runs, &provenance)?;
    }
    given_up(runs.iter().map(|run| (run.optimizer.as_str(), &run.stop)))
}

/// A line on stderr: why a run ended, and what may help.
pub(super) fn remark_stop<T: Real>(options: &PopulationOptions, optimizer: &str, stop: &Stop<T>) {
    let smaller = options.step_size.is_some() && matches!(stop, Stop::Diverged { .. });
    let hint = if smaller { "; a smaller --step-size may help" } else { "" };
    remark!("{optimizer}: {stop}{hint}");
}

/// Exit code 2 where a run ends because the solver gave up: what comes after is open. (To diverge is a result.)
pub(super) fn given_up<'a, T: Real + 'a>(stops: impl Iterator<Item = (&'a str, &'a Stop<T>)>) -> Result<(), CliError> {
    let open =
        |stop: &Stop<T>| matches!(stop, Stop::Budget { .. } | Stop::StepTooSmall { .. } | Stop::Undecided { .. });
    let names: Vec<&str> = stops.filter(|(_, stop)| open(stop)).map(|(optimizer, _)| optimizer).collect();
    if names.is_empty() {
        return Ok(());
    }
    Err(CliError::Open(format!("not carried to its end: {}; what is printed holds so far", names.join(", "))))
}

fn is_failure<T: Real>(stop: &Stop<T>) -> bool {
    !matches!(
        stop,
        Stop::Horizon | Stop::Condition { .. } | Stop::Optimum { .. } | Stop::Rest { .. } | Stop::Cycle { .. }
    )
}

fn one<T: Real>(
    options: &PopulationOptions,
    setting: &Setting<T>,
    optimizer: &str,
    names: &[String],
    context: &T::Context,
    run: Runner<T>,
) -> Result<Run<T>, CliError> {
    let until = options.until.as_ref().map(|text| Condition::parse(text, names, context)).transpose()?;
    let unbounded = options.time.is_none() && options.steps.is_none() && options.at.is_none();
    let until = until.or_else(|| {
        let rests_by_itself = setting.ends_by_itself();
        let level = T::from_f64(CONTRACTION_LEVEL, context);
        (unbounded && !rests_by_itself).then_some(Condition { quantity: Quantity::Alignment, at_least: true, level })
    });
    let horizon = match (&options.time, options.steps) {
        (Some(text), _) => {
            let time: T = decimal("time", text, context)?;
            if time < time.int(0) {
                return Err(DomainError::new("time", time, "a number >= 0").into());
            }
            Some(time)
        }
        (None, Some(steps)) if steps > MAX_STEPS => {
            return Err(DomainError::new("steps", steps, "an integer up to 2^53").into());
        }
        (None, Some(steps)) => setting.step_size.as_ref().map(|eta| eta.clone() * T::from_int(steps as i64, context)),
        (None, None) => None,
    };
    let mut plan = Plan { rows: Vec::new(), until, horizon };
    let mut met = None;
    match &options.at {
        Some(at) => {
            plan.rows = requested(at, setting, context)?;
            // Without a horizon the last row is one.
            let last =
                plan.rows.last().map(|row| setting.step_size.as_ref().map_or(row.clone(), |eta| eta.clone() * row));
            match (&plan.horizon, &last) {
                (Some(horizon), Some(last)) if last > horizon => {
                    let beyond = plan.rows.last().map(ToString::to_string).unwrap_or_default();
                    return Err(DomainError::new("at", beyond, format!("at most the horizon, time {horizon}")).into());
                }
                (None, _) => plan.horizon = last,
                _ => {}
            }
        }
        None => {
            // Without a horizon the end has to be found before rows can be spread over it.
            let end = match &plan.horizon {
                Some(time) if plan.until.is_none() => time.clone(),
                _ => {
                    let outcome = run(setting, &plan, &mut |_| ())?;
                    if let Stop::Condition { .. } = outcome.stop {
                        // Found to the last bit: now it is a horizon like any other.
                        plan.until = None;
                        plan.horizon = Some(outcome.end.clone());
                        met = Some(outcome.stop);
                    }
                    outcome.end
                }
            };
            plan.rows = spread(&end, options.points, setting);
        }
    }
    if options.events && options.plot.is_empty() {
        plan.rows.clear();
    }
    let mut rows = Vec::new();
    let outcome = run(setting, &plan, &mut |row| rows.push(row))?;
    let Outcome { mut stop, mut end, events, remarks, .. } = outcome;
    if let (Stop::Horizon, Some(condition)) = (&stop, met) {
        stop = condition;
    }
    if let Some(beyond) = rows.iter().position(|row| !row.is_finite()) {
        // Its risk may leave the numbers before a coefficient does.
        let row = rows.swap_remove(beyond);
        rows.truncate(beyond);
        (stop, end) = (Stop::Diverged { time: row.time.clone(), size: row.largest() }, row.time);
    }
    Ok(Run { optimizer: optimizer.into(), rows, events, stop, end, remarks })
}

fn row_table<T: Real>(names: &[String], runs: &[Run<T>], recursion: bool) -> Table {
    let several = runs.len() > 1;
    let failed = runs.iter().any(|run| is_failure(&run.stop));
    let mut columns: Vec<String> = Vec::new();
    columns.extend(several.then(|| "optimizer".into()));
    columns.extend(recursion.then(|| "step".into()));
    let values = std::iter::once("time").chain(names.iter().map(String::as_str));
    columns.extend(value_columns::<T>(values.chain(["risk", "alignment", "amplification"])));
    columns.extend(failed.then(|| "status".into()));
    let mut table = Table::new(columns);
    for run in runs {
        for row in &run.rows {
            let mut cells: Vec<Cell> = Vec::with_capacity(table.columns().len());
            cells.extend(several.then(|| Cell::from(run.optimizer.as_str())));
            cells.extend(row.step.map(Cell::from));
            cells.extend(row.values().flat_map(|value| value_cells(value.filter(|value| value.is_finite()))));
            cells.extend(failed.then(|| Cell::from("ok")));
            table.push(cells);
        }
        if is_failure(&run.stop) {
            let mut cells = Vec::with_capacity(table.columns().len());
            cells.extend(several.then(|| Cell::from(run.optimizer.as_str())));
            cells.extend(recursion.then_some(Cell::Empty));
            cells.extend(value_cells(Some(&run.end)));
            cells.resize(table.columns().len() - 1, Cell::Empty);
            cells.push(Cell::from(run.stop.to_string()));
            table.push(cells);
        }
    }
    table
}

fn event_table<T: Real>(names: &[String], runs: &[Run<T>]) -> Table {
    let several = runs.len() > 1;
    let mut columns: Vec<String> = several.then(|| "optimizer".into()).into_iter().collect();
    columns.extend(value_columns::<T>(["time"]));
    columns.extend(["event", "coefficient"].map(String::from));
    let mut table = Table::new(columns);
    for run in runs {
        for event in &run.events {
            let mut cells = Vec::with_capacity(4);
            cells.extend(several.then(|| Cell::from(run.optimizer.as_str())));
            let coefficient = match event.kind {
                EventKind::Optimum | EventKind::Rest | EventKind::Cycle { .. } => Cell::Empty,
                _ => Cell::from(names[event.coefficient].as_str()),
            };
            cells.extend(value_cells(Some(&event.time)));
            cells.extend([Cell::from(event.kind.name()), coefficient]);
            table.push(cells);
        }
    }
    table
}

/// Every option of the run, defaults included, under the names that `--config` takes.
pub(super) fn configuration(options: &PopulationOptions) -> Map<String, Value> {
    let mut configuration = options.model.configuration();
    configuration.extend([
        ("command".into(), json!("population")),
        ("optimizer".into(), json!(options.optimizer)),
        ("step-size".into(), json!(options.step_size)),
        ("time".into(), json!(options.time)),
        ("steps".into(), json!(options.steps)),
        ("until".into(), json!(options.until)),
        ("points".into(), json!(options.points)),
        ("at".into(), json!(options.at)),
        ("precision".into(), json!(options.precision)),
        ("ladder".into(), json!(options.ladder)),
        ("escape-rate".into(), json!(options.escape_rate)),
        ("events".into(), json!(options.events)),
    ]);
    if !options.statistics.is_empty() {
        configuration.insert("statistics".into(), json!(options.statistics));
        configuration.insert("eps".into(), json!(options.eps));
    }
    configuration
}

pub(super) fn provenance(options: &PopulationOptions) -> Provenance {
    Provenance { scalar: options.precision.clone(), ..Provenance::new(configuration(options).into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_solver_that_gave_up_is_no_success_and_a_divergence_is_a_result() {
        let code = |stop: Stop<f64>| given_up([("gd", &stop)].into_iter()).err().map(|error| error.code());
        assert_eq!(code(Stop::Budget { time: 1.0, steps: 3 }), Some(2));
        assert_eq!(code(Stop::StepTooSmall { time: 1.0, step: 0.0, reason: String::new() }), Some(2));
        assert_eq!(code(Stop::Undecided { time: 1.0, reason: String::new() }), Some(2));
        for stop in [Stop::Horizon, Stop::Diverged { time: 1.0, size: 1e300 }, Stop::Optimum { time: 1.0 }] {
            assert_eq!(code(stop), None);
        }
    }
}
