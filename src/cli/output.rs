//! Where tables go: stdout or a file, in one of three formats.

use super::CliError;
use crate::export::{Cell, Provenance, Table, write_csv, write_json, write_new, write_new_with_provenance, write_npz};
use crate::scalar::{Interval, Real};
use clap::{Args, ValueEnum};
use std::any::{Any, TypeId};
use std::io::Write;
use std::path::PathBuf;

/// Output options.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputOptions {
    /// Format of the data; npz needs --output
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    pub(crate) format: Format,
    /// Write the data to FILE (its provenance goes beside it) instead of stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Replace existing files
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Csv,
    Json,
    Npz,
}

impl OutputOptions {
    /// Refuses what could only fail after the work is done, with figures written to `plots`.
    pub(crate) fn check(&self, plots: &[PathBuf]) -> Result<(), CliError> {
        for path in plots.iter().chain(&self.output) {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            if folder.is_some_and(|folder| !folder.is_dir()) {
                return Err(CliError::Output {
                    path: path.clone(),
                    reason: "there is no such folder; make it first".into(),
                });
            }
        }
        for (k, path) in plots.iter().enumerate() {
            super::figures::format_of(path)?;
            if plots[..k].iter().chain(&self.output).any(|other| other == path) {
                return Err(CliError::Invalid(format!(
                    "{} is to be written twice: give every file a name of its own",
                    path.display()
                )));
            }
            if !self.force && path.symlink_metadata().is_ok() {
                return Err(exists(path));
            }
        }
        match &self.output {
            None if self.format == Format::Npz => {
                Err(CliError::Invalid("--format npz is a binary format: it needs --output FILE".into()))
            }
            Some(path) if !self.force && path.symlink_metadata().is_ok() => Err(exists(path)),
            _ => Ok(()),
        }
    }

    /// Writes `table` where the options say.
    pub(crate) fn write(&self, table: &Table, provenance: &Provenance) -> Result<(), CliError> {
        let content = |out: &mut dyn Write| match self.format {
            Format::Csv => write_csv(table, out),
            Format::Json => write_json(table, provenance, out),
            Format::Npz => write_npz(table, out),
        };
        match &self.output {
            None => {
                let mut out = std::io::BufWriter::new(std::io::stdout().lock());
                content(&mut out)?;
                Ok(out.flush()?)
            }
            Some(path) if self.format == Format::Json => Ok(write_new(path, self.force, content)?),
            Some(path) => Ok(write_new_with_provenance(path, self.force, provenance, content)?),
        }
    }
}

pub(crate) fn exists(path: &std::path::Path) -> CliError {
    CliError::Output { path: path.into(), reason: "it exists; choose another name, or replace it with --force".into() }
}

/// The columns of quantities: one each, in intervals two, `_lo` and `_hi`.
pub(crate) fn value_columns<'a, T: Real>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let ends: &[&str] = if TypeId::of::<T>() == TypeId::of::<Interval>() { &["_lo", "_hi"] } else { &[""] };
    names.into_iter().flat_map(|name| ends.iter().map(move |end| format!("{name}{end}"))).collect()
}

/// A number of any number system as cells, as many as [`value_columns`] has for it: doubles as numbers, others as all their
/// decimals, intervals as decimals rounded outward.
pub(crate) fn value_cells<T: Real>(value: Option<&T>) -> Vec<Cell> {
    let Some(value) = value else { return value_columns::<T>([""]).iter().map(|_| Cell::Empty).collect() };
    let any = value as &dyn Any;
    if let Some(double) = any.downcast_ref::<f64>() {
        vec![Cell::Number(*double)]
    } else if let Some(interval) = any.downcast_ref::<Interval>() {
        let (lo, hi) = interval.decimal_bounds();
        vec![Cell::decimal(lo), Cell::decimal(hi)]
    } else {
        vec![Cell::decimal(value.to_string())]
    }
}
