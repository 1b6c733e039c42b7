//! `specdyn phase-diagram`: an observable over a grid of two parameters.

use super::model::{ModelOptions, decimal, method};
use super::output::exists;
use super::{CliError, diagram_files, figures};
use crate::observe::Observable;
use crate::scalar::DomainError;
use crate::sweep::{Axis, Cell, Grid};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use std::path::PathBuf;

/// Options of `specdyn phase-diagram`.
#[derive(Args, Clone, Debug)]
pub(super) struct PhaseDiagramOptions {
    #[command(flatten)]
    model: ModelOptions,
    /// Horizontal axis; NAME is a numeric option: spike, dim, init, step-size, exponent, or power
    /// (with one --optimizer power:P, whose P it replaces)
    #[arg(long, value_name = "NAME=START:STOP:COUNT[:log]", default_value = "spike=0:20:201")]
    x: String,
    /// Vertical axis
    #[arg(long, value_name = "NAME=START:STOP:COUNT[:log]", default_value = "init=1e-6:1e-1:101:log")]
    y: String,
    /// amplification, escape-time, contraction-time, alignment or risk
    #[arg(long, value_name = "OBSERVABLE", default_value = "amplification")]
    observe: String,
    /// gd, specgd or power:P, separated by commas: one panel each
    #[arg(long, value_name = "OPTIMIZER", value_delimiter = ',', default_value = "gd,specgd")]
    optimizer: Vec<String>,
    /// Step size of the recursion; without it, the continuous flow
    #[arg(long, value_name = "ETA", allow_hyphen_values = true)]
    step_size: Option<String>,
    /// Measure at this time; without it, each cell runs until its observable has settled
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    time: Option<String>,
    /// Folder for cells.csv, run.json and the figures
    #[arg(long, value_name = "DIR", required = true)]
    output: PathBuf,
    /// Replace the files of an earlier run in DIR
    #[arg(long)]
    force: bool,
    /// Figures to draw
    #[arg(long, value_enum, value_name = "FORMAT", value_delimiter = ',', default_value = "png,svg")]
    plot: Vec<FigureFormat>,
    /// Number of threads (default: all cores)
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u16).range(1..=4096))]
    threads: Option<u16>,
}

/// A format of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FigureFormat {
    Png,
    Svg,
}

pub(super) fn execute(options: &PhaseDiagramOptions) -> Result<(), CliError> {
    let grid = grid(options)?;
    grid.check()?;
    let cells_file = options.output.join(diagram_files::CELLS);
    if !options.force && cells_file.symlink_metadata().is_ok() {
        return Err(exists(&cells_file));
    }
    std::fs::create_dir_all(&options.output)
        .map_err(|error| CliError::Output { path: options.output.clone(), reason: error.to_string() })?;

    let threads = options.threads.map_or(0, usize::from);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| CliError::Invalid(format!("--threads: {error}")))?;
    let bar = progress_bar(grid.len() as u64);
    let cells = pool.install(|| grid.run(|n| bar.inc(n)));
    bar.finish_and_clear();

    let run = diagram_files::Run {
        axes: [grid.x.clone(), grid.y.clone()],
        observable: grid.observable,
        optimizers: options.optimizer.clone(),
        boundaries: crate::sweep::boundaries(&grid),
    };
    let provenance = diagram_files::provenance(configuration(options), pool.current_num_threads());
    diagram_files::write(&options.output, options.force, &run, &cells, &provenance)?;
    figures::phase_diagram(&options.output, true, &run, &cells, &options.plot)?;
    report_failures(&cells, &options.optimizer);
    Ok(())
}

fn grid(options: &PhaseDiagramOptions) -> Result<Grid, CliError> {
    let methods = options
        .optimizer
        .iter()
        .map(|name| Ok((name.clone(), method(name, &())?)))
        .collect::<Result<Vec<_>, DomainError>>()?;
    let mut base = options.model.setting(methods[0].1.clone(), &())?;
    if let Some(text) = &options.step_size {
        base.set("step-size", &decimal("step-size", text, &())?)?;
    }
    let time = options.time.as_ref().map(|text| decimal::<f64>("time", text, &())).transpose()?;
    if let Some(time) = time.filter(|t| *t < 0.0) {
        return Err(DomainError::new("time", time, "a number >= 0").into());
    }
    let observable: Observable = options.observe.parse()?;
    Ok(Grid { x: options.x.parse::<Axis>()?, y: options.y.parse::<Axis>()?, methods, base, observable, time })
}

/// On a terminal only.
fn progress_bar(cells: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(cells), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} cells, {eta} left").expect("a constant template");
    bar.set_style(style);
    bar
}

/// One line on stderr for every optimizer with cells that have no value.
fn report_failures(cells: &[Cell], optimizers: &[String]) {
    for (index, optimizer) in optimizers.iter().enumerate() {
        let mut failed = cells.iter().filter(|c| c.method == index && c.measured.value.is_none()).peekable();
        if let Some(first) = failed.peek() {
            let (x, y, status) = (first.x, first.y, first.measured.status.clone());
            eprintln!(
                "{optimizer}: {} of {} cells have no value; the first, at ({x}, {y}): {status}",
                failed.count(),
                cells.len() / optimizers.len()
            );
        }
    }
}

/// Every option of the run, defaults included, under the names that `--config` takes.
fn configuration(options: &PhaseDiagramOptions) -> serde_json::Map<String, serde_json::Value> {
    let mut configuration = options.model.configuration();
    configuration.extend([
        ("command".into(), json!("phase-diagram")),
        ("x".into(), json!(options.x)),
        ("y".into(), json!(options.y)),
        ("observe".into(), json!(options.observe)),
        ("optimizer".into(), json!(options.optimizer)),
        ("step-size".into(), json!(options.step_size)),
        ("time".into(), json!(options.time)),
    ]);
    configuration
}
