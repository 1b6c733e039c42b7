//! What a phase diagram leaves in its folder, and how it is read back: `cells.csv`, `run.json`, figures.

use super::CliError;
use super::output::exists;
use crate::experiment::{Measured, Status};
use crate::export::{self, Provenance, Table, read_csv, write_csv, write_new};
use crate::observe::Observable;
use crate::sweep::{Axis, Boundary, Cell};
use serde_json::{Map, Value, json};
use std::path::Path;

/// `x,y,optimizer,value,status`, x fastest.
pub(super) const CELLS: &str = "cells.csv";
/// Axes, observable, optimizers, theory and provenance.
pub(super) const RUN: &str = "run.json";

/// What is needed beside the cells to draw them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Run {
    /// x, then y.
    pub(super) axes: [Axis; 2],
    pub(super) observable: Observable,
    pub(super) optimizers: Vec<String>,
    pub(super) boundaries: Vec<Boundary>,
}

pub(super) fn provenance(configuration: Map<String, Value>, threads: usize) -> Provenance {
    Provenance { threads, ..Provenance::new(configuration.into()) }
}

/// Writes `cells.csv` and `run.json`; the cells last, since a folder with cells is a finished one.
pub(super) fn write(
    folder: &Path,
    force: bool,
    run: &Run,
    cells: &[Cell],
    provenance: &Provenance,
) -> Result<(), CliError> {
    let mut content = provenance.to_json();
    content["x"] = json!(run.axes[0].to_string());
    content["y"] = json!(run.axes[1].to_string());
    content["observe"] = json!(run.observable.name());
    content["optimizer"] = json!(run.optimizers);
    content["theory"] = run
        .boundaries
        .iter()
        .map(|b| json!({"label": b.label, "optimizer": run.optimizers[b.method], "points": b.points}))
        .collect();
    write_new(&folder.join(RUN), force, |out| writeln!(out, "{content:#}"))?;
    let mut table = Table::new(["x", "y", "optimizer", "value", "status"]);
    for cell in cells {
        table.push(vec![
            cell.x.into(),
            cell.y.into(),
            run.optimizers[cell.method].as_str().into(),
            cell.measured.value.into(),
            cell.measured.status.to_string().into(),
        ]);
    }
    Ok(write_new(&folder.join(CELLS), force, |out| write_csv(&table, out))?)
}

/// Reads a folder that [`write`] made.
pub(super) fn read(folder: &Path) -> Result<(Run, Vec<Cell>), CliError> {
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
    let mut boundaries = Vec::new();
    for line in list("theory")? {
        let name = word(line, "optimizer")?;
        let method = optimizers.iter().position(|o| *o == name);
        let points = line["points"]
            .as_array()
            .map(|points| points.iter().map(|p| Some((p[0].as_f64()?, p[1].as_f64()?))).collect::<Option<Vec<_>>>());
        let (Some(method), Some(Some(points))) = (method, points) else {
            return Err(unusable(format!("the theory line {line} is malformed")));
        };
        boundaries.push(Boundary { label: word(line, "label")?, method, points });
    }
    let run = Run { axes, observable, optimizers, boundaries };
    let cells = read_cells(&folder.join(CELLS), &run)?;
    Ok((run, cells))
}

fn read_cells(path: &Path, run: &Run) -> Result<Vec<Cell>, CliError> {
    let unusable = |reason: String| CliError::input(path, reason);
    let text = std::fs::read_to_string(path).map_err(|e| unusable(e.to_string()))?;
    let records = read_csv(&text).map_err(|e| unusable(e.to_string()))?;
    if records.columns != ["x", "y", "optimizer", "value", "status"] {
        return Err(unusable("the header is not x,y,optimizer,value,status".into()));
    }
    let mut cells = Vec::with_capacity(records.rows.len());
    for (row, line) in records.rows.iter().zip(2..) {
        let number =
            |text: &str| text.parse::<f64>().map_err(|_| unusable(format!("line {line}: {text:?} is no number")));
        let method = run.optimizers.iter().position(|o| *o == row[2]);
        let value = if row[3].is_empty() { None } else { Some(number(&row[3])?) };
        cells.push(Cell {
            x: number(&row[0])?,
            y: number(&row[1])?,
            method: method.ok_or_else(|| unusable(format!("line {line}: optimizer {:?} is not in {RUN}", row[2])))?,
            measured: Measured { value, status: Status::from_text(&row[4]) },
        });
    }
    let expected = run.optimizers.len() * run.axes[0].count * run.axes[1].count;
    if cells.len() != expected {
        return Err(unusable(format!("{} cells where {RUN} promises {expected}", cells.len())));
    }
    Ok(cells)
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
