//! `specdyn phase-diagram --slurm N`: a job array, one task a shard, and a job that joins them. The scripts are ordinary ones, left in
//! the output folder to be read, changed and submitted again: whatever is finished is kept.

use super::phase_diagram::PhaseDiagramOptions;
use super::sweep_folder::{Start, SweepFolder};
use super::{CliError, sessions};
use crate::export::write_new;
use crate::sweep::{Grid, LOG, Lock};
use clap::Args;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folder of the shards, inside the output folder; each has its number as name.
const SHARDS: &str = "shards";
const SCRIPTS: &str = "slurm";

/// Options that send a sweep to a cluster.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Cluster")]
pub(super) struct SlurmOptions {
    /// Submit to Slurm as a job array of N tasks and a dependent job that joins them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000), conflicts_with = "shard")]
    slurm: Option<u32>,
    /// With --slurm: an option for sbatch, e.g. --sbatch=--partition=short (may be repeated)
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true, requires = "slurm")]
    sbatch: Vec<String>,
    /// With --slurm: write the scripts, submit nothing
    #[arg(long, requires = "slurm")]
    dry_run: bool,
}

impl SlurmOptions {
    /// Tasks of the array, where Slurm is asked for.
    pub(super) fn tasks(&self) -> Option<u32> {
        self.slurm
    }
}

pub(super) fn submit(options: &PhaseDiagramOptions, grid: Grid) -> Result<(), CliError> {
    let tasks = options.slurm.slurm.unwrap_or(1);
    // One line each, so that no option can become another line of the script.
    if let Some(option) = options.slurm.sbatch.iter().find(|o| !o.starts_with('-') || o.chars().any(char::is_control)) {
        return Err(CliError::Invalid(format!(
            "--sbatch {option:?}: an option of sbatch begins with - and is one line"
        )));
    }
    let rounds = grid.refinement.map_or(1, |refinement| refinement.levels + 1);
    let configuration = options.configuration();
    let (start, output, program) = (options.start(), std::path::absolute(&options.output)?, std::env::current_exe()?);
    let here = std::env::current_dir()?;
    for path in [&output, &program, &here] {
        // A path that is no text, or more than a line, would be another one in a script.
        if path.to_str().is_none_or(|text| text.contains(char::is_control)) {
            return Err(CliError::Invalid(format!(
                "{path:?} cannot be put into a script for Slurm; choose a plain path"
            )));
        }
    }
    let session = sessions::begins(&configuration, 0, None);
    let mut sweep = SweepFolder::open(&options.output, grid, &configuration, &session, start)?;
    for other in &options.from {
        sweep.absorb(other, true)?;
    }
    if start == Start::Over {
        remove_shards(&options.output)?;
    }
    sweep.end()?;
    drop(sweep); // the tasks' turn
    let folder = output.join(SCRIPTS);
    std::fs::create_dir_all(&folder)
        .map_err(|error| CliError::Output { path: folder.clone(), reason: error.to_string() })?;
    let scripts = Scripts { program, here, output, tasks, options };
    let write =
        |name: &str, content: String| write_new(&folder.join(name), true, |out| out.write_all(content.as_bytes()));
    write("options.toml", toml_of(&configuration)?)?;
    write("array.sh", scripts.array())?;
    write("merge.sh", scripts.merge())?;
    write("finish.sh", scripts.finish())?;
    write("submit.sh", scripts.submit(rounds))?;
    if options.slurm.dry_run {
        remark!("scripts are in {}; submit them with sh {}", folder.display(), folder.join("submit.sh").display());
        return Ok(());
    }
    let output = Command::new("sh").arg(folder.join("submit.sh")).output()?;
    print!("{}", String::from_utf8_lossy(&output.stdout));
    if output.status.success() {
        return Ok(());
    }
    let reason = String::from_utf8_lossy(&output.stderr).trim().to_string();
    Err(CliError::Invalid(format!("sbatch did not take the jobs: {reason}")))
}

/// Tasks resume what is in their folders: to start over, it has to go.
fn remove_shards(output: &Path) -> Result<(), CliError> {
    let shards = shards(output);
    if let Some(busy) = shards.iter().find(|shard| Lock::is_taken(shard)) {
        return Err(CliError::Busy { folder: busy.clone() });
    }
    shards.iter().try_for_each(|shard| Ok(std::fs::remove_dir_all(shard)?))
}

/// Folders of shards inside `output` in which work has begun.
pub(super) fn shards(output: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(output.join(SHARDS)).into_iter().flatten().flatten();
    let mut shards: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.join(LOG).exists()).collect();
    shards.sort();
    shards
}

struct Scripts<'a> {
    program: PathBuf,
    here: PathBuf,
    output: PathBuf,
    tasks: u32,
    options: &'a PhaseDiagramOptions,
}

impl Scripts<'_> {
    fn head(&self, name: &str, array: bool) -> String {
        // In the folder of the scripts, which is where submit.sh submits: no path that sbatch would have to understand.
        let log = if array { "%A_%a.log" } else { "%j.log" };
        let mut lines = vec!["#!/bin/sh".to_string(), format!("#SBATCH --job-name=specdyn-{name}")];
        lines.push(format!("#SBATCH --output={log}"));
        if array {
            lines.push(format!("#SBATCH --array=1-{}", self.tasks));
        }
        if let Some(threads) = self.options.threads {
            lines.push(format!("#SBATCH --cpus-per-task={threads}"));
        }
        lines.extend(self.options.slurm.sbatch.iter().map(|option| format!("#SBATCH {option}")));
        lines.join("\n") + "\n"
    }

    /// Where the sweep was submitted: paths in its options may start there. `exec`: Slurm's SIGTERM reaches specdyn itself, which makes
    /// its finished cells durable and ends.
    fn command(&self, rest: &str) -> String {
        format!("cd {} || exit 74\nexec {} {rest}\n", quoted(&self.here), quoted(&self.program))
    }

    fn sweep(&self, rest: &str) -> String {
        let options = quoted(&self.output.join(SCRIPTS).join("options.toml"));
        let hours = self.options.max_hours;
        let rest = format!(
            "phase-diagram --config {options} --resume --max-hours {hours} --threads \"${{SLURM_CPUS_PER_TASK:-1}}\" {rest}"
        );
        self.command(&rest)
    }

    fn array(&self) -> String {
        let shards = quoted(&self.output.join(SHARDS));
        let shard = format!("--shard \"$SLURM_ARRAY_TASK_ID\"/{}", self.tasks);
        let rerun = self.options.rerun.iter().map(|cells| format!("--rerun {} ", cells.name())).collect::<String>();
        let rest = format!("{rerun}{shard} --from {} --output {shards}/\"$SLURM_ARRAY_TASK_ID\"", quoted(&self.output));
        self.head("shard", true) + &self.sweep(&rest)
    }

    fn merge(&self) -> String {
        let (shards, output) = (quoted(&self.output.join(SHARDS)), quoted(&self.output));
        self.head("merge", false)
            + &self.command(&format!("merge {shards}/* --resume --output {output} --plot {}", self.plots()))
    }

    /// After the last round of a refinement: the few cells that a round more would bring, and the artefacts.
    fn finish(&self) -> String {
        self.head("finish", false) + &self.sweep(&format!("--output {} --plot {}", quoted(&self.output), self.plots()))
    }

    fn plots(&self) -> String {
        self.options.plot.iter().map(|format| format.extension()).collect::<Vec<_>>().join(",")
    }

    /// `afterany`: a cell that failed is a result, and a task that was cancelled leaves what it finished.
    fn submit(&self, rounds: u32) -> String {
        let folder = quoted(&self.output.join(SCRIPTS));
        let mut text =
            format!("#!/bin/sh\n# Run again at any time: what is finished is kept.\nset -e\ncd {folder}\nafter=\n");
        text += &"array=$(sbatch --parsable $after array.sh | cut -d\\; -f1)\n\
                  merge=$(sbatch --parsable --dependency=afterany:$array merge.sh | cut -d\\; -f1)\n\
                  echo \"array $array, merge $merge\"\n\
                  after=--dependency=afterany:$merge\n"
            .repeat(rounds as usize);
        if rounds > 1 {
            text += "echo \"finish $(sbatch --parsable $after finish.sh | cut -d\\; -f1)\"\n";
        }
        text
    }
}

/// A word for the shell, whatever the path.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

fn toml_of(configuration: &serde_json::Map<String, Value>) -> Result<String, CliError> {
    let kept = configuration.iter().filter(|(key, value)| *key != "command" && !value.is_null());
    let table: toml::Table = kept
        .map(|(key, value)| {
            Ok((key.clone(), toml::Value::try_from(value).map_err(|e| CliError::Invalid(e.to_string()))?))
        })
        .collect::<Result<_, CliError>>()?;
    toml::to_string(&table).map_err(|error| CliError::Invalid(error.to_string()))
}
