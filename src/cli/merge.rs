//! `specdyn merge`: the cells of shards (or of any folders with the same configuration) as one sweep.

use super::phase_diagram::{self, FigureFormat, PhaseDiagramOptions};
use super::sweep_folder::{self, Rerun, Start, SweepFolder};
use super::{Arguments, CliError, Command, sessions};
use crate::sweep::LOG;
use clap::{Args, CommandFactory, FromArgMatches};
use serde_json::{Map, Value};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Options of `specdyn merge`.
#[derive(Args, Clone, Debug)]
pub(super) struct MergeOptions {
    /// Folders that phase-diagram made, e.g. of its shards
    #[arg(value_name = "DIR", required = true)]
    folders: Vec<PathBuf>,
    /// Folder for all cells, cells.csv, run.json and the figures
    #[arg(long, value_name = "DIR", required = true)]
    output: PathBuf,
    /// Start over, in place of an earlier run in the output folder
    #[arg(long, conflicts_with = "resume")]
    force: bool,
    /// Add to the cells that are in the output folder
    #[arg(long)]
    resume: bool,
    /// Figures to draw
    #[arg(long, value_enum, value_name = "FORMAT", value_delimiter = ',', default_value = "png,svg")]
    plot: Vec<FigureFormat>,
}

pub(super) fn execute(options: &MergeOptions) -> Result<(), CliError> {
    let first = &options.folders[0];
    let mut described = described(first)?;
    described.output.clone_from(&options.output);
    described.plot.clone_from(&options.plot);
    let configuration = described.configuration();
    let start = if options.resume {
        Start::Resume(Rerun::default())
    } else if options.force {
        Start::Over
    } else {
        Start::New
    };
    sweep_folder::refuse_emptied(&options.output, start, &options.folders)?;
    let session = sessions::begins(&configuration, 1, None);
    let mut sweep = SweepFolder::open(&options.output, described.grid()?, &configuration, &session, start)?;
    for folder in &options.folders {
        sweep.absorb(folder, true)?;
    }
    let planned = sweep.planned();
    let missing = planned.iter().filter(|index| !sweep.outcomes.is_done(*index)).count();
    if missing > 0 {
        sweep.end()?;
        return Err(CliError::Open(format!(
            "{missing} of {} cells are missing; go on with the shards and merge again with --resume, or compute them with \
             phase-diagram --resume --output {}",
            planned.len(),
            options.output.display()
        )));
    }
    sweep.end()?;
    phase_diagram::finish(&sweep, &described)
}

/// The options of the last session that worked in `folder`, as the command line would give them.
pub(super) fn described(folder: &Path) -> Result<PhaseDiagramOptions, CliError> {
    let (_, session) = sweep_folder::describe(folder)?;
    let unusable = |reason: &str| CliError::input(&folder.join(LOG), reason);
    let session = session.ok_or_else(|| unusable("nobody has worked here yet"))?;
    let configuration = session["configuration"].as_object().ok_or_else(|| unusable("no configuration is noted"))?;
    let mut arguments = arguments(configuration);
    arguments.push("--output=.".into());
    let matches = Arguments::command().try_get_matches_from(arguments);
    match matches.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(Arguments { command: Command::PhaseDiagram(options) }) => Ok(*options),
        _ => Err(unusable("its options are not ones of this version")),
    }
}

/// `specdyn phase-diagram` and its options, from a configuration.
fn arguments(configuration: &Map<String, Value>) -> Vec<OsString> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), String::from);
    let option = |(key, value): (&String, &Value)| match value {
        Value::Null | Value::Bool(false) => None,
        Value::Bool(true) => Some(format!("--{key}")),
        Value::Array(items) => Some(format!("--{key}={}", items.iter().map(text).collect::<Vec<_>>().join(","))),
        other => Some(format!("--{key}={}", text(other))),
    };
    let options = configuration.iter().filter(|(key, _)| *key != "command").filter_map(option);
    ["specdyn".into(), "phase-diagram".into()].into_iter().chain(options.map(OsString::from)).collect()
}
