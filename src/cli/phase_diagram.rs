//! `specdyn phase-diagram`: an observable over a grid of two parameters.

use super::model::{ModelOptions, decimal, method};
use super::sampling::SamplingOptions;
use super::signals::Signals;
use super::slurm::{self, SlurmOptions};
use super::sweep_folder::{Rerun, Start, SweepFolder};
use super::training::optimizer;
use super::{CliError, certified, diagram_files, figures, forecast, idle, progress, sessions, sweep_folder};
use crate::descent::{Method, Muon, Optimizer};
use crate::observe::Observable;
use crate::scalar::DomainError;
use crate::sweep::{Axis, Grid, Refinement, Shard, note_panics_of_cells};
use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Options of `specdyn phase-diagram`.
#[derive(Args, Clone, Debug)]
pub(super) struct PhaseDiagramOptions {
    #[command(flatten)]
    pub(super) model: ModelOptions,
    /// Horizontal axis; NAME is a numeric option: spike, dim, overlap, width, init, step-size, exponent, power
    /// (with one --optimizer power:P, whose P it replaces); of training runs also samples or noise
    #[arg(long, value_name = "NAME=START:STOP:COUNT[:log]", default_value = "spike=0:20:201")]
    pub(super) x: String,
    /// Vertical axis
    #[arg(long, value_name = "NAME=START:STOP:COUNT[:log]", default_value = "init=1e-6:1e-1:101:log")]
    pub(super) y: String,
    /// amplification, escape-time, contraction-time, alignment or risk
    #[arg(long, value_name = "OBSERVABLE", default_value = "amplification")]
    pub(super) observe: String,
    /// gd, specgd or power:P; of training runs also muon (as published), sign, normalized-gd or adam; separated by commas: one panel each
    #[arg(long, value_name = "OPTIMIZER", value_delimiter = ',', default_value = "gd,specgd")]
    pub(super) optimizer: Vec<String>,
    /// Step size of the recursion; without it, the continuous flow
    #[arg(long, value_name = "ETA", allow_hyphen_values = true)]
    pub(super) step_size: Option<String>,
    /// Measure at this time; without it, each cell runs until its observable has settled
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub(super) time: Option<String>,
    #[command(flatten)]
    pub(super) sampling: SamplingOptions,
    /// Folder for cells.csv, run.json, run.meta.json and the figures
    #[arg(long, value_name = "DIR", required = true)]
    pub(super) output: PathBuf,
    /// Start over, in place of an earlier run in DIR
    #[arg(long, conflicts_with = "resume")]
    pub(super) force: bool,
    /// Keep the finished cells of an earlier run in DIR; only where cells lie may differ from it (axes, optimizers, refinement)
    #[arg(long)]
    pub(super) resume: bool,
    /// With --resume, compute again: cells without a value (failed), or lost to damage of the log (damaged)
    #[arg(long, value_enum, value_name = "CELLS", value_delimiter = ',', requires = "resume")]
    pub(super) rerun: Vec<RerunCells>,
    /// Also use the finished cells of other folders with the same configuration
    #[arg(long, value_name = "DIR")]
    pub(super) from: Vec<PathBuf>,
    /// Compute only part I of N, for `specdyn merge` to join; each part needs a DIR of its own
    #[arg(long, value_name = "I/N")]
    pub(super) shard: Option<String>,
    /// Halve the intervals of the axes LEVELS times (default 3), but only where the observable crosses --level
    #[arg(long, value_name = "boundary[:LEVELS]")]
    pub(super) refine: Option<String>,
    /// The level whose crossing is drawn, and refined [default for amplification: 1.01]; with --certified, the levels that
    /// amplification is proved above or not above, ascending and separated by commas [default: 1]
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub(super) level: Option<String>,
    /// Prove it: boxes between the values of the axes (spike, init, dim) are proved above --level or not above it, or quartered, LEVELS times
    /// as in --refine [default: to 1/1280 of an axis], and then drawn as undecided
    #[arg(long)]
    certified: bool,
    /// With --certified: exit with 2 if less than this much of the area is decided, for any level and optimizer [default: 90]
    #[arg(long, value_name = "PERCENT", requires = "certified")]
    pub(super) min_decided: Option<String>,
    /// Say what the run would cost in cells, bytes, memory and hours, and stop
    #[arg(long)]
    pub(super) forecast: bool,
    /// Refuse to start what would take longer, by forecast
    #[arg(long, value_name = "HOURS", default_value_t = 720.0, conflicts_with = "certified")]
    pub(super) max_hours: f64,
    /// Figures to draw
    #[arg(long, value_enum, value_name = "FORMAT", value_delimiter = ',', default_value = "png,svg")]
    pub(super) plot: Vec<FigureFormat>,
    /// Number of threads (default: all cores)
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(super) threads: Option<u16>,
    #[command(flatten)]
    pub(super) slurm: SlurmOptions,
}

/// A format of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FigureFormat {
    Png,
    Svg,
    /// No figure: for sweeps too large to be drawn where they are joined
    None,
}

/// Which earlier cells are computed once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RerunCells {
    Failed,
    Damaged,
}

impl RerunCells {
    /// As the command line has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Damaged => "damaged",
        }
    }
}

pub(super) fn execute(options: &PhaseDiagramOptions) -> Result<(), CliError> {
    options.refuse_replaced()?;
    if options.certified {
        return certified::execute(options);
    }
    let grid = options.grid()?;
    let shard = options.shard.as_deref().map(str::parse::<Shard>).transpose()?;
    let threads = threads(options.threads);
    note_panics_of_cells();
    sweep_folder::refuse_emptied(&options.output, options.start(), &options.from)?;
    let costs = forecast::forecast(options, &grid, shard, threads);
    if options.forecast {
        return costs.print();
    }
    costs.check(&options.output, options.max_hours)?;
    if options.slurm.tasks().is_some() {
        return slurm::submit(options, grid);
    }
    let signals = Signals::catch()?;
    let configuration = options.configuration();
    let session = sessions::begins(&configuration, threads, shard);
    let mut sweep = SweepFolder::open(&options.output, grid, &configuration, &session, options.start())?;
    for other in &options.from {
        sweep.absorb(other, shard.is_none())?;
    }
    let bar = progress::Bar::new();
    sweep.compute(threads, shard, &signals, |done, total| bar.show(done, total))?;
    bar.finish();
    if shard.is_some() {
        // Its own cells are done; the others, and the artefacts, are for merge.
        return diagram_files::report(&sweep, &sweep.planned());
    }
    finish(&sweep, options)
}

/// Writes the artefacts of a sweep whose cells are all done.
pub(super) fn finish(sweep: &SweepFolder, options: &PhaseDiagramOptions) -> Result<(), CliError> {
    let planned = sweep.planned();
    let run = diagram_files::Run::new(&sweep.grid, options.level()?);
    diagram_files::write(&options.output, &run, sweep, &planned, options.configuration())?;
    figures::phase_diagram(&options.output, true, &run, &sweep.outcomes_of(&planned), &options.plot)?;
    diagram_files::report(sweep, &planned)
}

/// The number asked for, or one for every core.
pub(super) fn threads(asked: Option<u16>) -> usize {
    asked.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
}

impl PhaseDiagramOptions {
    /// What the output folder may hold.
    pub(super) fn start(&self) -> Start {
        if self.resume {
            let rerun = |cells| self.rerun.contains(&cells);
            Start::Resume(Rerun { failed: rerun(RerunCells::Failed), damaged: rerun(RerunCells::Damaged) })
        } else if self.force {
            Start::Over
        } else {
            Start::New
        }
    }

    /// The level that is drawn, and refined.
    pub(super) fn level(&self) -> Result<Option<f64>, CliError> {
        match &self.level {
            Some(text) => Ok(Some(decimal::<f64>("level", text, &())?)),
            None if self.observe == Observable::Amplification.name() => Ok(Some(figures::AMPLIFIED)),
            None => Ok(None),
        }
    }

    /// The methods of the theory, by name.
    pub(super) fn methods(&self) -> Result<Vec<(String, Method<f64>)>, DomainError> {
        self.optimizer.iter().map(|name| Ok((name.clone(), method(name, &())?))).collect()
    }

    /// The optimizers, by name.
    fn optimizers(&self) -> Result<Vec<(String, Optimizer)>, DomainError> {
        self.optimizer.iter().map(|name| Ok((name.clone(), optimizer(name, || Ok(Muon::default()))?))).collect()
    }

    /// Refuses an option that an axis replaces.
    fn refuse_replaced(&self) -> Result<(), CliError> {
        let name = |axis: &str| axis.split('=').next().unwrap_or_default().to_string();
        let axes = [name(&self.x), name(&self.y)];
        let options = axes.each_ref().map(|axis| (axis.as_str(), false, "is an axis: give it there alone"));
        idle::refuse(&self.configuration(), &options)
    }

    /// The grid that the options describe.
    pub(super) fn grid(&self) -> Result<Grid, CliError> {
        let optimizers = self.optimizers()?;
        let first = optimizers.first().ok_or_else(|| DomainError::new("optimizer", "", "gd, specgd or power:P"))?;
        let mut base = self.model.setting(first.1.method().cloned().unwrap_or(Method::Spectral), &())?;
        if let Some(text) = &self.step_size {
            base.set("step-size", &decimal("step-size", text, &())?)?;
        }
        let time = self.time.as_ref().map(|text| decimal::<f64>("time", text, &())).transpose()?;
        if let Some(time) = time.filter(|t| *t < 0.0) {
            return Err(DomainError::new("time", time, "a number >= 0").into());
        }
        let observable: Observable = self.observe.parse()?;
        let refinement = match (&self.refine, self.level()?) {
            (None, _) => None,
            (Some(text), Some(level)) => Some(Refinement::parse(text, level)?),
            (Some(_), None) => {
                return Err(CliError::Invalid(format!("--refine needs a --level of {observable} to follow")));
            }
        };
        let grid = Grid {
            x: self.x.parse::<Axis>()?,
            y: self.y.parse::<Axis>()?,
            optimizers,
            base,
            observable,
            time,
            sampling: self.sampling.sampling([&self.x, &self.y])?,
            refinement,
        };
        grid.check()?;
        Ok(grid)
    }

    /// Every option that determines the artefacts, defaults included, under the names that `--config` takes.
    pub(super) fn configuration(&self) -> Map<String, Value> {
        let mut configuration = self.model.configuration();
        configuration.extend([
            ("command".into(), json!("phase-diagram")),
            ("x".into(), json!(self.x)),
            ("y".into(), json!(self.y)),
            ("observe".into(), json!(self.observe)),
            ("optimizer".into(), json!(self.optimizer)),
            ("step-size".into(), json!(self.step_size)),
            ("time".into(), json!(self.time)),
            ("samples".into(), json!(self.sampling.samples)),
            ("seeds".into(), json!(self.sampling.seeds)),
            ("data".into(), json!(self.sampling.data)),
            ("noise".into(), json!(self.sampling.noise)),
            ("refine".into(), json!(self.refine)),
            ("level".into(), json!(self.level)),
        ]);
        if self.certified {
            configuration.insert("certified".into(), json!(true));
        }
        configuration
    }
}
