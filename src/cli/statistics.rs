//! `specdyn population --statistics`: one vector (width 1), whatever the spectrum and the signal.

use super::CliError;
use super::model::{decimal, method};
use super::population::{PopulationOptions, given_up, provenance};
use super::rows::{requested, spread};
use crate::descent::Method;
use crate::experiment::{Setting, VectorRun};
use crate::export::{Cell, Table};
use crate::observe::ESCAPE_LEVEL;
use crate::observe::vector::{Statistic, certified_escape_rate, convergence_time, escape_time, saturation_time};
use crate::scalar::{DomainError, Interval};

/// Distances from the optimum whose times are events, as far as they are reached.
const LEVELS: [f64; 6] = [0.1, 0.05, 0.01, 1e-3, 1e-4, 1e-5];

pub(super) fn execute(options: &PopulationOptions) -> Result<(), CliError> {
    let unfit = [
        (options.precision != "f64", "a --precision other than f64"),
        (options.until.is_some(), "--until: give --time, --steps or --at"),
        (!options.plot.is_empty(), "--plot"),
    ];
    if let Some((_, what)) = unfit.into_iter().find(|(given, _)| *given) {
        return Err(CliError::Invalid(format!("--statistics does not go with {what}")));
    }
    let mut statistics: Vec<Statistic> = Vec::new();
    for name in &options.statistics {
        let statistic = name.parse()?;
        if statistics.contains(&statistic) {
            return Err(DomainError::new("statistics", name, "names that are all different").into());
        }
        statistics.push(statistic);
    }
    let several = options.optimizer.len() > 1;
    let mut columns: Vec<String> = several.then(|| "optimizer".into()).into_iter().collect();
    if options.events {
        columns.extend(["time", "event", "level"].map(String::from));
    } else {
        columns.extend(options.step_size.is_some().then(|| "step".into()));
        columns.push("time".into());
        columns.extend(statistics.iter().map(ToString::to_string));
        columns.push("status".into());
    }
    let (mut table, mut stops) = (Table::new(columns.clone()), Vec::new());
    for optimizer in &options.optimizer {
        let setting = setting(options, optimizer)?;
        let (rows, horizon) = rows(options, &setting)?;
        let label = several.then(|| Cell::from(optimizer.as_str()));
        let mut push = |cells: Vec<Cell>| table.push(label.iter().cloned().chain(cells).collect());
        let run = VectorRun::new(&setting, horizon)?;
        let stop = if options.events {
            events(&run, &setting, &mut push);
            remark_rate(&run, &setting, optimizer);
            run.stop().cloned()
        } else {
            let emit = |row: f64, time: f64, values: Vec<f64>| {
                let step = setting.step_size.map(|_| Cell::from(row as u64));
                let numbers = std::iter::once(time).chain(values).map(Cell::Number);
                push(step.into_iter().chain(numbers).chain([Cell::from("ok")]).collect());
            };
            run.rows(&rows, &statistics, emit).err()
        };
        if let Some(stop) = stop {
            remark!("{optimizer}: {stop}");
            if !options.events {
                let mut cells = vec![Cell::Empty; columns.len() - usize::from(several) - 1];
                cells.push(Cell::from(stop.to_string()));
                push(cells);
            }
            stops.push((optimizer, stop));
        }
    }
    if stops.is_empty() && !options.events {
        table = without_last_column(&table, &columns);
    }
    options.output.write(&table, &provenance(options))?;
    given_up(stops.iter().map(|(optimizer, stop)| (optimizer.as_str(), stop)))
}

fn setting(options: &PopulationOptions, optimizer: &str) -> Result<Setting<f64>, CliError> {
    let mut setting = options.model.setting::<f64>(method(optimizer, &())?, &())?;
    if let Some(text) = &options.step_size {
        setting.set("step-size", &decimal("step-size", text, &())?)?;
    }
    if options.events && setting.step_size.is_some() {
        return Err(CliError::Invalid("--events lists what happens along a flow, not a recursion".into()));
    }
    Ok(setting)
}

/// Where rows are wanted, and the horizon on the setting's clock.
fn rows(options: &PopulationOptions, setting: &Setting<f64>) -> Result<(Vec<f64>, f64), CliError> {
    let time = match (&options.time, options.steps) {
        (Some(text), _) => Some(decimal::<f64>("time", text, &())?),
        (None, Some(steps)) => setting.step_size.map(|eta| eta * steps as f64),
        (None, None) => None,
    };
    if let Some(time) = time.filter(|time| *time < 0.0) {
        return Err(DomainError::new("time", time, "a number >= 0").into());
    }
    let Some(at) = &options.at else {
        let Some(time) = time else {
            return Err(CliError::Invalid("--statistics needs a horizon: --time, --steps or --at".into()));
        };
        return Ok((spread(&time, options.points, setting), time));
    };
    let rows = requested(at, setting, &())?;
    let last = rows.last().map_or(0.0, |row| setting.step_size.map_or(*row, |eta| eta * row));
    match time {
        Some(time) if last > time => {
            let text = rows.last().map(ToString::to_string).unwrap_or_default();
            Err(DomainError::new("at", text, format!("at most the horizon, time {time}")).into())
        }
        _ => Ok((rows, time.unwrap_or(last))),
    }
}

/// The times of the phases, in the order in which they come.
fn events(run: &VectorRun, setting: &Setting<f64>, push: &mut impl FnMut(Vec<Cell>)) {
    let Some(path) = run.path() else { return };
    let mut events =
        vec![(escape_time(path, ESCAPE_LEVEL), "escape", ESCAPE_LEVEL), (saturation_time(path), "saturate", 1.0 / 3.0)];
    events.extend(LEVELS.map(|eps| (convergence_time(path, eps), "converge", 1.0 - eps)));
    let mut found: Vec<(f64, &str, f64)> = events
        .into_iter()
        .filter_map(|(time, kind, level)| Some((time? / setting.clock_rate(), kind, level)))
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (time, kind, level) in found {
        push(vec![Cell::Number(time), Cell::from(kind), Cell::Number(level)]);
    }
}

/// The rate at which u grows while w is small, with an enclosure; on GD's clock.
fn remark_rate(run: &VectorRun, setting: &Setting<f64>, optimizer: &str) {
    let Some(path) = run.path().filter(|_| setting.method == Method::GradientDescent) else { return };
    let points = |numbers: &[f64]| numbers.iter().map(|x| Interval::point(*x)).collect::<Vec<_>>();
    let problem = path.problem();
    if let Ok(rate) = certified_escape_rate(&points(problem.variance()), &points(problem.signal())) {
        let rate = rate * Interval::point(setting.clock_rate());
        remark!("{optimizer}: while w is small, u grows like exp(rho t), {} <= rho <= {}", rate.lower(), rate.upper());
    }
}

fn without_last_column(table: &Table, columns: &[String]) -> Table {
    let mut shorter = Table::new(columns[..columns.len() - 1].to_vec());
    for row in table.rows() {
        shorter.push(row[..row.len() - 1].to_vec());
    }
    shorter
}
