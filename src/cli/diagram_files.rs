//! What a phase diagram leaves in its folder, and how it is read back: `cells.csv`, `run.json`, figures.

use super::CliError;
use super::output::exists;
use super::sessions::META;
use super::sweep_folder::SweepFolder;
use crate::experiment::{Measured, Status};
use crate::export::{self, Provenance, read_csv, write_csv_row, write_new};
use crate::observe::Observable;
use crate::sweep::{Axis, Boundary, Grid, LOG, Outcomes, Places, Planned, Refinement, boundaries};
use serde_json::{Map, Value, json};
use std::path::Path;

/// `x,y,optimizer,value,status`, x fastest.
pub(super) const CELLS: &str = "cells.csv";
/// Axes, observable, optimizers, theory and provenance.
pub(super) const RUN: &str = "run.json";

/// All that a diagram writes beside its log.
const ARTEFACTS: [&str; 5] = [CELLS, RUN, META, "phase-diagram.png", "phase-diagram.svg"];

const COLUMNS: [&str; 5] = ["x", "y", "optimizer", "value", "status"];

/// What is needed beside the cells to draw them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Run {
    /// x, then y, as fine as the refinement may go.
    pub(super) axes: [Axis; 2],
    pub(super) observable: Observable,
    pub(super) optimizers: Vec<String>,
    pub(super) boundaries: Vec<Boundary>,
    /// The level whose crossing is drawn.
    pub(super) level: Option<f64>,
    /// How often intervals may have been halved.
    pub(super) halvings: u32,
}

impl Run {
    /// What `grid` is drawn with.
    pub(super) fn new(grid: &Grid, level: Option<f64>) -> Self {
        Self {
            axes: grid.finest_axes(),
            observable: grid.observable,
            optimizers: grid.optimizers.iter().map(|(name, _)| name.clone()).collect(),
            boundaries: boundaries(grid),
            level,
            halvings: grid.refinement.map_or(0, |refinement| refinement.levels),
        }
    }

    pub(super) fn places(&self) -> Places {
        Places::on(&self.axes, self.optimizers.clone())
    }
}

/// Writes `cells.csv` and `run.json`; the cells last, since a folder with cells is a finished one. They depend on the cells alone: how
/// many threads, shards and interruptions it took is in `run.meta.json`.
pub(super) fn write(
    folder: &Path,
    run: &Run,
    sweep: &SweepFolder,
    planned: &Planned,
    configuration: Map<String, Value>,
) -> Result<(), CliError> {
    sweep.sessions.write(folder, configuration.clone())?;
    let mut content = Provenance::new(configuration.into()).to_json();
    if let Some(content) = content.as_object_mut() {
        content.remove("threads");
    }
    content["x"] = json!(run.axes[0].to_string());
    content["y"] = json!(run.axes[1].to_string());
    content["observe"] = json!(run.observable.name());
    content["optimizer"] = json!(run.optimizers);
    content["level"] = json!(run.level);
    content["halvings"] = json!(run.halvings);
    content["theory"] = theory(&run.boundaries, |method| &run.optimizers[method]);
    write_new(&folder.join(RUN), true, |out| writeln!(out, "{content:#}"))?;
    write_new(&folder.join(CELLS), true, |out| {
        write_csv_row(&COLUMNS.map(|name| name.into()), out)?;
        for index in planned.iter() {
            let (point, measured) = (sweep.places.point(index), sweep.outcomes.get(index));
            let measured = measured.ok_or_else(|| std::io::Error::other(format!("cell {index} was not computed")))?;
            let optimizer = run.optimizers[point.method].as_str();
            let status = measured.status.to_string();
            write_csv_row(
                &[point.x.into(), point.y.into(), optimizer.into(), measured.value.into(), status.into()],
                out,
            )?;
        }
        Ok(())
    })?;
    Ok(())
}

/// One line on stderr for every optimizer with cells that have no value, and an error that says so.
pub(super) fn report(sweep: &SweepFolder, planned: &Planned) -> Result<(), CliError> {
    let of = |index: u64| sweep.places.point(index);
    let failures: Vec<(u64, &Status)> =
        sweep.outcomes.failures().filter(|(index, _)| planned.contains(*index)).collect();
    if failures.is_empty() {
        return Ok(());
    }
    for (method, optimizer) in sweep.places.optimizers().iter().enumerate() {
        let mut failed = failures.iter().filter(|(index, _)| of(*index).method == method).peekable();
        if let Some((first, status)) = failed.peek().copied() {
            let point = of(*first);
            let count = failed.count();
            remark!("{optimizer}: {count} cells have no value; the first, at ({}, {}): {status}", point.x, point.y);
        }
    }
    Err(CliError::Open(format!("{} of {} cells have no value", failures.len(), planned.len())))
}

/// The theory's lines, as `run.json` has them.
pub(super) fn theory<'a>(boundaries: &[Boundary], optimizer: impl Fn(usize) -> &'a str) -> Value {
    let line = |b: &Boundary| json!({"label": b.label, "optimizer": optimizer(b.method), "points": b.points});
    boundaries.iter().map(line).collect()
}

/// The theory's lines in `run`, or what is wrong with them.
pub(super) fn boundaries_of(run: &Value, optimizers: &[String]) -> Result<Vec<Boundary>, String> {
    let lines = run["theory"].as_array().ok_or("theory is missing, or no list")?;
    let boundary = |line: &Value| {
        let method = optimizers.iter().position(|o| Some(o.as_str()) == line["optimizer"].as_str())?;
        let point = |p: &Value| Some((p[0].as_f64()?, p[1].as_f64()?));
        let points = line["points"].as_array()?.iter().map(point).collect::<Option<Vec<_>>>()?;
        Some(Boundary { label: line["label"].as_str()?.into(), method, points })
    };
    lines.iter().map(|line| boundary(line).ok_or_else(|| format!("the theory line {line} is malformed"))).collect()
}

/// Reads a folder that [`write`] made.
pub(super) fn read(folder: &Path) -> Result<(Run, Outcomes), CliError> {
    let path = folder.join(RUN);
    let unusable = |reason: String| CliError::input(&path, reason);
    let text = std::fs::read_to_string(&path).map_err(|e| unusable(e.to_string()))?;
    let value: Value = serde_json::from_str(&text).map_err(|e| unusable(e.to_string()))?;
    let word = |value: &Value, key: &str| {
        value[key].as_str().map(String::from).ok_or_else(|| unusable(format!("{key} is missing, or no text")))
    };
    let axis = |key: &str| word(&value, key)?.parse::<Axis>().map_err(|e| unusable(e.to_string()));
    let axes = [axis("x")?, axis("y")?];
    let observable = word(&value, "observe")?.parse::<Observable>().map_err(|e| unusable(e.to_string()))?;
    let list = |key: &str| value[key].as_array().ok_or_else(|| unusable(format!("{key} is missing, or no list")));
    let optimizers: Vec<String> = list("optimizer")?.iter().filter_map(|v| v.as_str().map(String::from)).collect();
    let boundaries = boundaries_of(&value, &optimizers).map_err(unusable)?;
    let halvings = value["halvings"].as_u64().filter(|n| *n <= u64::from(Refinement::MAX_LEVELS)).unwrap_or(0) as u32;
    let run = Run { axes, observable, optimizers, boundaries, level: value["level"].as_f64(), halvings };
    let cells = read_cells(&folder.join(CELLS), &run)?;
    Ok((run, cells))
}

fn read_cells(path: &Path, run: &Run) -> Result<Outcomes, CliError> {
    let unusable = |reason: String| CliError::input(path, reason);
    let text = std::fs::read_to_string(path).map_err(|e| unusable(e.to_string()))?;
    let records = read_csv(&text).map_err(|e| unusable(e.to_string()))?;
    if records.columns != COLUMNS {
        return Err(unusable("the header is not x,y,optimizer,value,status".into()));
    }
    let places = run.places();
    let mut outcomes = Outcomes::new(places.len());
    for (row, line) in records.rows.iter().zip(2..) {
        let number =
            |text: &str| text.parse::<f64>().map_err(|_| unusable(format!("line {line}: {text:?} is no number")));
        let value = if row[3].is_empty() { None } else { Some(number(&row[3])?) };
        let measured = Measured { value, status: Status::from_text(&row[4]) };
        let mut found = false;
        places.find(&row[2], number(&row[0])?, number(&row[1])?, |index| {
            outcomes.set(index, &measured);
            found = true;
        });
        if !found {
            return Err(unusable(format!("line {line}: this cell is not in the grid of {RUN}")));
        }
    }
    if run.halvings == 0 && outcomes.done() != places.len() {
        return Err(unusable(format!("{} cells where {RUN} promises {}", outcomes.done(), places.len())));
    }
    Ok(outcomes)
}

/// Nothing that a diagram writes may be in `folder`: it would be replaced.
pub(super) fn refuse_existing(folder: &Path) -> Result<(), CliError> {
    let is_there = |name: &&str| folder.join(name).symlink_metadata().is_ok();
    let Some(name) = std::iter::once(LOG).chain(ARTEFACTS).find(is_there) else { return Ok(()) };
    let reason = match name {
        LOG => "it exists; go on with --resume, start over with --force, or choose another --output",
        _ => "it exists, and no log of cells to go on from; replace it with --force, or choose another --output",
    };
    Err(CliError::Output { path: folder.join(name), reason: reason.into() })
}

/// Removes all that a diagram writes, where it is there.
pub(super) fn remove(folder: &Path) -> Result<(), CliError> {
    for path in ARTEFACTS.map(|name| folder.join(name)).iter().filter(|path| path.symlink_metadata().is_ok()) {
        std::fs::remove_file(path)
            .map_err(|error| CliError::Output { path: path.clone(), reason: error.to_string() })?;
    }
    Ok(())
}

/// Where a figure goes, refusing to replace one without `force`.
pub(super) fn figure_path(folder: &Path, extension: &str, force: bool) -> Result<std::path::PathBuf, CliError> {
    let path = folder.join(format!("phase-diagram.{extension}"));
    if !force && path.symlink_metadata().is_ok() { Err(exists(&path)) } else { Ok(path) }
}

impl From<export::WriteError> for CliError {
    fn from(error: export::WriteError) -> Self {
        match error {
            export::WriteError::Exists { path } => exists(&path),
            export::WriteError::CannotCreate { path, source } => Self::Output { path, reason: source.to_string() },
            export::WriteError::Io { source, .. } => Self::Io(source),
        }
    }
}
