//! What a sweep will cost, said or refused before it starts.

use super::CliError;
use super::phase_diagram::{FigureFormat, PhaseDiagramOptions};
use super::sweep_folder::{self, Start};
use crate::sweep::{Forecast, Grid, Places, Shard};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A grid with fewer cells starts without measuring what a cell takes: it can be stopped and resumed at any time.
const WORTH_TIMING: u64 = 1_000_000;
/// For measuring what a cell takes.
const TIMING: Duration = Duration::from_millis(1000);
/// A cell that takes longer is not waited for: what is known then is a lower bound.
const PATIENCE: Duration = Duration::from_secs(10);
/// Share of what the machine has free that a sweep may plan with.
const ROOM: f64 = 0.9;

/// The forecast for this process; hours only where they were asked for, or are worth measuring.
pub(super) fn forecast(options: &PhaseDiagramOptions, grid: &Grid, shard: Option<Shard>, threads: usize) -> Costs {
    let shard = shard.or_else(|| options.slurm.tasks().and_then(|tasks| format!("1/{tasks}").parse().ok()));
    let forecast = Forecast::new(grid, shard, options.plot.iter().any(|format| *format != FigureFormat::None));
    let forecast = match options.start() {
        Start::Resume(rerun) => forecast.with_done(sweep_folder::finished(&options.output, grid, rerun)),
        Start::New | Start::Over => forecast,
    };
    let asked = options.forecast || options.slurm.tasks().is_some();
    // What has no room here cannot be tried here.
    let fits = free_memory().is_none_or(|free| forecast.memory_a_thread <= ROOM * free);
    let forecast = if fits && (asked || forecast.left >= WORTH_TIMING) {
        forecast.timed(&(Arc::new(grid.clone()) as _), Places::new(grid), TIMING, PATIENCE)
    } else {
        forecast
    };
    Costs { forecast, processes: shard.map_or(1, Shard::count), threads }
}

/// A forecast, and the processes it is for.
pub(super) struct Costs {
    forecast: Forecast,
    processes: u64,
    threads: usize,
}

impl Costs {
    /// On stdout: it is what was asked for.
    pub(super) fn print(&self) -> Result<(), CliError> {
        let f = &self.forecast;
        let mut out = std::io::stdout().lock();
        write!(out, "cells        {} in all, {} in each of {} processes", f.cells, f.share, self.processes)?;
        writeln!(out, "{}", if f.left < f.share { format!(", {} of them left", f.left) } else { String::new() })?;
        writeln!(
            out,
            "disk         at most {} a process, {} in all",
            bytes(f.disk),
            bytes(f.disk * self.processes as f64)
        )?;
        writeln!(
            out,
            "memory       about {} a process; {} to join and draw",
            bytes(f.memory_on(self.threads)),
            bytes(f.joining_memory)
        )?;
        if let (Some(seconds), Some(hours)) = (f.seconds_a_cell, f.hours(self.threads)) {
            let core_hours = seconds * f.cells as f64 / 3600.0;
            let at_least = if f.at_least { "at least " } else { "" };
            writeln!(
                out,
                "time         {at_least}{seconds:.3e} s a cell, {at_least}{core_hours:.3} core hours in all"
            )?;
            writeln!(out, "             {at_least}{hours:.3} hours for each process on {} threads", self.threads)?;
            if f.at_least {
                writeln!(
                    out,
                    "             (a cell had not ended after {} s, and was not waited for)",
                    PATIENCE.as_secs()
                )?;
            }
        }
        Ok(())
    }

    /// Refuses what this machine has no room for, and what would take too long.
    pub(super) fn check(&self, folder: &Path, max_hours: f64) -> Result<(), CliError> {
        let f = &self.forecast;
        let refuse = |what: String| {
            Err(CliError::Invalid(format!(
                "{what}; see --forecast, take a coarser grid, or split it with --shard I/N or --slurm N"
            )))
        };
        if let Some(hours) = f.hours(self.threads).filter(|hours| *hours > max_hours) {
            let about = if f.at_least { "at least" } else { "about" };
            return refuse(format!("{about} {hours:.2} hours of work, more than --max-hours {max_hours}"));
        }
        if let Some(free) = free_disk(folder).filter(|free| f.disk > ROOM * free) {
            return refuse(format!("up to {} on a disk with {} free", bytes(f.disk), bytes(free)));
        }
        let memory = f.memory_on(self.threads);
        if let Some(free) = free_memory().filter(|free| memory > ROOM * free) {
            if f.memory_a_thread > f.memory {
                return Err(CliError::Invalid(format!(
                    "training runs on {} threads need about {} of memory, of {} free; take fewer samples or --threads",
                    self.threads,
                    bytes(memory),
                    bytes(free)
                )));
            }
            return refuse(format!("about {} of memory, of {} free", bytes(memory), bytes(free)));
        }
        Ok(())
    }
}

fn bytes(count: f64) -> String {
    let (unit, name) = [(1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB")]
        .into_iter()
        .find(|(unit, _)| count >= *unit)
        .unwrap_or((1e3, "kB"));
    format!("{:.1} {name}", count / unit)
}

/// Of the file system on which `folder` is, or will be.
#[cfg(unix)]
fn free_disk(folder: &Path) -> Option<f64> {
    let absolute = std::path::absolute(folder).ok()?;
    let existing = absolute.ancestors().find(|path| path.exists())?;
    let system = rustix::fs::statvfs(existing).ok()?;
    Some(system.f_bavail as f64 * system.f_frsize as f64)
}

#[cfg(not(unix))]
fn free_disk(_: &Path) -> Option<f64> {
    None
}

/// What Linux says is available without swapping.
fn free_memory() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()? * 1024.0)
}
