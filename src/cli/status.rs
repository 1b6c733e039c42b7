//! `specdyn status`: what is done in a folder, without touching it.

use super::merge::described;
use super::{CliError, sessions, slurm, sweep_folder};
use crate::sweep::{Disk, Entry, LOG, Lock, Outcomes, Places, Plan, Shard, read_log};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Options of `specdyn status`.
#[derive(Args, Clone, Debug)]
pub(super) struct StatusOptions {
    /// Folders that phase-diagram made; the shards that --slurm put into one are counted with it
    #[arg(value_name = "DIR", required = true)]
    folders: Vec<PathBuf>,
    /// Lines for people, or JSON
    #[arg(long, value_enum, default_value_t = StatusFormat::Text)]
    format: StatusFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StatusFormat {
    Text,
    Json,
}

pub(super) fn execute(options: &StatusOptions) -> Result<(), CliError> {
    let states = options.folders.iter().map(|folder| state(folder)).collect::<Result<Vec<_>, _>>()?;
    let mut out = std::io::stdout().lock();
    match options.format {
        StatusFormat::Json => writeln!(out, "{:#}", Value::from(states))?,
        StatusFormat::Text => states.iter().try_for_each(|state| writeln!(out, "{}", sentence(state)))?,
    }
    Ok(())
}

fn state(folder: &Path) -> Result<Value, CliError> {
    let grid = described(folder)?.grid()?;
    let (identity, session) = sweep_folder::describe(folder)?;
    let shard = session.as_ref().and_then(|session| session["shard"].as_str()?.parse::<Shard>().ok());
    let (places, plan) = (Places::new(&grid), Plan::new(&grid));
    let mut outcomes = Outcomes::new(places.len());
    // Shards of another configuration are left from an earlier sweep.
    let same = |shard: &PathBuf| sweep_folder::describe(shard).is_ok_and(|(there, _)| there == identity);
    let shards: Vec<PathBuf> = slurm::shards(folder).into_iter().filter(same).collect();
    let mut sessions = 0_u64;
    for folder in std::iter::once(folder).chain(shards.iter().map(PathBuf::as_path)) {
        read_log(&Disk::new(folder), |entry| match entry {
            Entry::Cell(cell) => {
                places.find(cell.optimizer, cell.x, cell.y, |index| outcomes.set(index, &cell.measured));
            }
            Entry::Session(note) => {
                sessions += u64::from(serde_json::from_str(note).is_ok_and(|note| sessions::is_own(&note)));
            }
            _ => {}
        })
        .map_err(|error| CliError::input(&folder.join(LOG), error))?;
    }
    let planned = plan.planned(&places, &outcomes);
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    let planned = plan.share(planned, shard);
    let done = planned.iter().filter(|index| outcomes.is_done(*index)).count();
    for (_, status) in outcomes.failures().filter(|(index, _)| planned.contains(*index)) {
        *reasons.entry(status.kind()).or_default() += 1;
    }
    let at_work =
        std::iter::once(folder).chain(shards.iter().map(PathBuf::as_path)).filter(|f| Lock::is_taken(f)).count();
    Ok(json!({
        "folder": folder.display().to_string(),
        "shard": shard.map(|shard| shard.to_string()),
        "planned": planned.len(),
        "done": done,
        "without_value": reasons,
        "shards": shards.len(),
        "sessions": sessions,
        "at_work": at_work,
    }))
}

fn sentence(state: &Value) -> String {
    let count = |key: &str| state[key].as_u64().unwrap_or(0);
    let (planned, done) = (count("planned"), count("done"));
    let folder: String = state["folder"].as_str().unwrap_or_default().chars().filter(|c| !c.is_control()).collect();
    let shard = state["shard"].as_str().map(|shard| format!(" (shard {shard})")).unwrap_or_default();
    let mut text = format!("{folder}{shard}: {done} of {planned} cells done");
    if done < planned {
        text += &format!(" ({:.1} %)", 100.0 * done as f64 / planned as f64);
    }
    for (reason, number) in state["without_value"].as_object().into_iter().flatten() {
        text += &format!(", {number} {reason}");
    }
    if count("shards") > 0 {
        text += &format!("; {} shards begun", count("shards"));
    }
    match count("at_work") {
        0 => text + "; nobody at work",
        1 => text + "; a process at work",
        n => text + &format!("; {n} processes at work"),
    }
}
