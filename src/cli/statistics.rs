//! `specdyn population --statistics`: one vector (width 1), whatever the spectrum and the signal.

use super::model::{decimal, method};
use super::population::{PopulationOptions, configuration, given_up, provenance, remark_stop};
use super::rows::{requested, spread};
use super::{CliError, figures, idle, statistic_figures};
use crate::descent::Method;
use crate::experiment::{Setting, VectorRun};
use crate::export::{Cell, Table};
use crate::observe::vector::{
    Phases, Statistic, Summary, certified_escape_rate, convergence_time, escape_time, saturation_time,
};
use crate::observe::{Condition, ESCAPE_LEVEL};
use crate::scalar::{DomainError, Interval};
use crate::trajectory::Stop;
use std::str::FromStr;

/// Distances from the optimum whose times are events, as far as they are reached.
const LEVELS: [f64; 6] = [0.1, 0.05, 0.01, 1e-3, 1e-4, 1e-5];

/// What is known of one optimizer's vector.
#[derive(Default)]
pub(super) struct Followed {
    pub(super) optimizer: String,
    pub(super) rows: Vec<Row>,
    /// The times of the phases: when, what, level.
    events: Vec<(f64, &'static str, f64)>,
    /// T2 is at this distance from the optimum.
    eps: f64,
    pub(super) stop: Option<Stop<f64>>,
    /// What was asked for and did not come.
    remarks: Vec<String>,
}

impl Followed {
    /// Escape, T1' and T2.
    pub(super) fn phases(&self) -> impl Iterator<Item = (f64, &'static str)> {
        self.events.iter().filter_map(|(time, kind, level)| match *kind {
            // at level 1/2, where the companion paper's T1 is at 1/4
            "escape" => Some((*time, "*T*_{1/2}")),
            "saturate" => Some((*time, "*T*_{1}′")),
            _ => (*level == 1.0 - self.eps).then_some((*time, "*T*_{2}")),
        })
    }
}

/// One time.
pub(super) struct Row {
    step: Option<u64>,
    pub(super) time: f64,
    /// What there is of each summary.
    pub(super) values: Vec<Option<f64>>,
}

pub(super) fn execute(options: &PopulationOptions) -> Result<(), CliError> {
    if options.precision != "f64" {
        return Err(CliError::Invalid("--statistics does not go with a --precision other than f64".into()));
    }
    let summaries: Vec<Summary> = distinct(&options.statistics)?;
    let eps: f64 = decimal("eps", &options.eps, &())?;
    if !(eps > 0.0 && eps < 1.0) {
        return Err(DomainError::new("eps", eps, "a number between 0 and 1").into());
    }
    let phases =
        options.events || !options.plot.is_empty() || summaries.iter().any(|s| matches!(s, Summary::Course(_)));
    let reason = "is where T2 is: only --events, --plot, lambda, average and uniform show it";
    idle::refuse(&configuration(options), &[("eps", phases, reason)])?;
    let until = options.until.as_ref().map(|text| condition(text)).transpose()?;
    let followed = options
        .optimizer
        .iter()
        .map(|optimizer| follow(options, optimizer, &summaries, eps, until.as_ref()))
        .collect::<Result<Vec<_>, _>>()?;
    for Followed { optimizer, stop, remarks, .. } in &followed {
        remarks.iter().for_each(|sentence| remark!("{optimizer}: {sentence}"));
        stop.iter().for_each(|stop| remark_stop(options, optimizer, stop));
    }
    let table = if options.events { event_table(&followed) } else { row_table(&followed, &summaries, options) };
    let provenance = provenance(options);
    options.output.write(&table, &provenance)?;
    if !options.plot.is_empty() {
        let figure = statistic_figures::flows(&followed, &summaries)?;
        for path in &options.plot {
            figures::write(path, options.output.force, &figure, &provenance)?;
        }
    }
    given_up(followed.iter().filter_map(|one| Some((one.optimizer.as_str(), one.stop.as_ref()?))))
}

/// The statistics of these names, each once.
pub(super) fn distinct<S: FromStr<Err = DomainError> + PartialEq>(names: &[String]) -> Result<Vec<S>, DomainError> {
    let mut statistics = Vec::with_capacity(names.len());
    for name in names {
        let statistic = name.parse()?;
        if statistics.contains(&statistic) {
            return Err(DomainError::new("statistics", name, "names that are all different"));
        }
        statistics.push(statistic);
    }
    Ok(statistics)
}

fn condition(text: &str) -> Result<Condition<f64, Statistic>, DomainError> {
    Condition::read(text, &(), |name| name.parse().map_err(|error: DomainError| error.domain))
}

fn follow(
    options: &PopulationOptions,
    optimizer: &str,
    summaries: &[Summary],
    eps: f64,
    until: Option<&Condition<f64, Statistic>>,
) -> Result<Followed, CliError> {
    let setting = setting(options, optimizer)?;
    let courses = summaries.iter().filter(|summary| matches!(summary, Summary::Course(_)));
    if let Some(course) = courses.clone().next().filter(|_| options.step_size.is_some() || optimizer != "gd") {
        let domain =
            "of the flow of gd: it is counted along its path, and has no meaning for a recursion or on another clock";
        return Err(DomainError::new("statistics", course, domain).into());
    }
    let (mut rows, mut horizon) = rows(options, &setting)?;
    let mut run = VectorRun::new(&setting, horizon)?;
    let mut followed = Followed { optimizer: optimizer.into(), eps, ..Followed::default() };
    if let Some(time) = until.and_then(|condition| run.first_time(condition, horizon)) {
        match setting.step_size {
            _ if options.at.is_none() => rows = spread(&time, options.points, &setting),
            Some(eta) => rows.retain(|step| *step <= (time / eta).round()),
            None => rows.retain(|row| *row <= time),
        }
        rows.dedup();
        (run, horizon) = (run.up_to(time), time);
    } else if let Some(until) = &options.until {
        followed.remarks.push(format!("{until} was not met up to t = {horizon}"));
    }
    let rate = setting.clock_rate();
    let phases = courses.clone().next().and(run.path()).map(|path| Phases::new(path, eps));
    for (course, phase) in courses.filter_map(|summary| phases.as_ref()?.missing(summary)) {
        followed
            .remarks
            .push(format!("no {course}, which is counted from {phase} on: that is not reached up to t = {horizon}"));
    }
    let statistics: Vec<Statistic> = summaries.iter().filter_map(Summary::statistic).collect();
    if options.events || !options.plot.is_empty() {
        followed.events = events(&run, &setting, eps, horizon);
    }
    if options.events {
        remark_rate(&run, &setting, optimizer);
        followed.stop = run.stop().cloned();
    }
    if !options.events || !options.plot.is_empty() {
        let stop = run.rows(&rows, &statistics, |row, time, values| {
            let mut values = values.into_iter();
            let value = |summary: &Summary| match (summary, &phases) {
                (Summary::State(_), _) => values.next(),
                // Time is that of GD here, and so is Lambda's.
                (Summary::Course(course), Some(phases)) => {
                    let scale = if course.is_time() { rate } else { 1.0 };
                    phases.at(*course, time * rate).map(|value| value / scale)
                }
                (Summary::Course(_), None) => None,
            };
            let values = summaries.iter().map(value).collect();
            followed.rows.push(Row { step: setting.step_size.map(|_| row as u64), time, values });
        });
        followed.stop = stop.err();
    }
    Ok(followed)
}

fn row_table(followed: &[Followed], summaries: &[Summary], options: &PopulationOptions) -> Table {
    let several = followed.len() > 1;
    let stopped = followed.iter().any(|one| one.stop.is_some());
    let mut columns: Vec<String> = several.then(|| "optimizer".into()).into_iter().collect();
    columns.extend(options.step_size.is_some().then(|| "step".into()));
    columns.push("time".into());
    columns.extend(summaries.iter().map(ToString::to_string));
    columns.extend(stopped.then(|| "status".into()));
    let mut table = Table::new(columns);
    for Followed { optimizer, rows, stop, .. } in followed {
        let label = || several.then(|| Cell::from(optimizer.as_str()));
        for Row { step, time, values } in rows {
            let mut cells: Vec<Cell> = label().into_iter().chain(step.map(Cell::from)).collect();
            cells.push(Cell::Number(*time));
            cells.extend(values.iter().map(|value| Cell::from(*value)));
            cells.extend(stopped.then(|| Cell::from("ok")));
            table.push(cells);
        }
        if let Some(stop) = stop {
            let mut cells: Vec<Cell> = label().into_iter().collect();
            cells.resize(table.columns().len() - 1, Cell::Empty);
            cells.push(Cell::from(stop.to_string()));
            table.push(cells);
        }
    }
    table
}

fn event_table(followed: &[Followed]) -> Table {
    let several = followed.len() > 1;
    let mut columns: Vec<String> = several.then(|| "optimizer".into()).into_iter().collect();
    columns.extend(["time", "event", "level"].map(String::from));
    let mut table = Table::new(columns);
    for Followed { optimizer, events, .. } in followed {
        for (time, kind, level) in events {
            let label = several.then(|| Cell::from(optimizer.as_str()));
            let cells = [Cell::Number(*time), Cell::from(*kind), Cell::Number(*level)];
            table.push(label.into_iter().chain(cells).collect());
        }
    }
    table
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

/// The times of the phases up to the horizon, in the order in which they come.
fn events(run: &VectorRun, setting: &Setting<f64>, eps: f64, horizon: f64) -> Vec<(f64, &'static str, f64)> {
    let Some(path) = run.path() else { return Vec::new() };
    let mut events =
        vec![(escape_time(path, ESCAPE_LEVEL), "escape", ESCAPE_LEVEL), (saturation_time(path), "saturate", 1.0 / 3.0)];
    let own = Some(eps).filter(|eps| !LEVELS.contains(eps));
    let levels = LEVELS.into_iter().chain(own);
    events.extend(levels.map(|eps| (convergence_time(path, eps), "converge", 1.0 - eps)));
    let mut found: Vec<(f64, &str, f64)> = events
        .into_iter()
        .filter_map(|(time, kind, level)| Some((time? / setting.clock_rate(), kind, level)))
        .filter(|(time, ..)| *time <= horizon)
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    found
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
