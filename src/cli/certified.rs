//! `specdyn phase-diagram --certified`: what is proved of every box of two parameters.

use super::phase_diagram::{PhaseDiagramOptions, threads};
use super::proof_files::{self, Panel, Proofs};
use super::{CliError, diagram_files, figures, model};
use crate::descent::Method;
use crate::experiment::{Covariance, Setting};
use crate::observe::Observable;
use crate::scalar::{DomainError, Interval};
use crate::sweep::{Axis, CertifiedGrid, Grid, LOG, Lock, boundaries};

/// Where `--min-decided` is not given. Some boxes hold the boundary itself and can never be decided; when it is much more than a
/// fringe, scripts should know.
const ENOUGH: f64 = 90.0;

pub(super) fn execute(options: &PhaseDiagramOptions) -> Result<(), CliError> {
    refuse(options)?;
    let enough = match &options.min_decided {
        None => ENOUGH,
        Some(text) => model::decimal::<f64>("min-decided", text, &())?,
    };
    if !(0.0..=100.0).contains(&enough) {
        return Err(DomainError::new("min-decided", enough, "a share of the area in per cent, 0 to 100").into());
    }
    let methods = options.methods()?;
    let (grid, base) = question(options)?;
    let theory = Grid {
        x: grid.x.clone(),
        y: grid.y.clone(),
        optimizers: methods.iter().map(|(name, method)| (name.clone(), method.clone().into())).collect(),
        base,
        observable: Observable::Amplification,
        time: None,
        sampling: None,
        refinement: None,
    };
    let folder = &options.output;
    if folder.join(LOG).symlink_metadata().is_ok() {
        let reason = "cells of a sweep are here, which proofs cannot join; choose another --output".into();
        return Err(CliError::Output { path: folder.join(LOG), reason });
    }
    if !options.force {
        diagram_files::refuse_existing(folder)?;
    }
    std::fs::create_dir_all(folder)
        .map_err(|error| CliError::Output { path: folder.clone(), reason: error.to_string() })?;
    let _lock = Lock::acquire(folder)?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads(options.threads))
        .build()
        .map_err(|error| CliError::Invalid(error.to_string()))?;
    let mut panels = Vec::new();
    for (optimizer, method) in &methods {
        let regions = pool.install(|| grid.regions(method))?;
        let areas = grid.areas(&regions);
        for (level, area) in grid.levels.iter().zip(&areas) {
            remark!(
                "{optimizer}, amplification above {level}: {} of the area decided ({} above, {} not above, {} boxes)",
                percent(area.decided()),
                percent(area.above),
                percent(area.not_above),
                regions.len(),
            );
        }
        panels.push(Panel { optimizer: optimizer.clone(), regions, areas });
    }
    let levels = grid.levels;
    let axes = [grid.x, grid.y];
    let fixed = proof_files::fixed(&axes, &options.configuration().into());
    let proofs = Proofs { axes, fixed, levels, panels, boundaries: boundaries(&theory) };
    proof_files::write(folder, &proofs, options.configuration())?;
    figures::proofs(folder, true, &proofs, &options.plot)?;
    judge(&proofs, enough)
}

/// Downward, so that nothing is called decided that is not.
pub(super) fn percent(share: f64) -> String {
    format!("{:.2} %", (1e4 * share).floor() / 100.0)
}

fn judge(proofs: &Proofs, enough: f64) -> Result<(), CliError> {
    for panel in &proofs.panels {
        for (level, area) in proofs.levels.iter().zip(&panel.areas) {
            if 100.0 * area.decided() < enough {
                return Err(CliError::Open(format!(
                    "{}: {} of the area is decided at level {level}, less than --min-decided {enough}; boxes are smaller with \
                     --refine boundary:LEVELS",
                    panel.optimizer,
                    percent(area.decided())
                )));
            }
        }
    }
    Ok(())
}

/// Options that have no meaning here.
fn refuse(options: &PhaseDiagramOptions) -> Result<(), CliError> {
    let invalid = |reason: &str| Err(CliError::Invalid(format!("--certified {reason}")));
    if options.observe != Observable::Amplification.name() || options.time.is_some() {
        return invalid("answers for the amplification over all time: no other --observe, no --time");
    }
    if options.step_size.is_some() {
        return invalid("is for flows: no --step-size");
    }
    if options.sampling.sampling([&options.x, &options.y])?.is_some() {
        return invalid("is for the population: no --samples, no training runs");
    }
    if options.resume || options.shard.is_some() || options.forecast || !options.from.is_empty() {
        return invalid("takes seconds and runs at once: no --resume, --from, --shard or --forecast");
    }
    if options.slurm.tasks().is_some() {
        return invalid("takes seconds and runs at once: no --slurm");
    }
    Ok(())
}

/// The grid, and a setting of its middle.
fn question(options: &PhaseDiagramOptions) -> Result<(CertifiedGrid, Setting<f64>), CliError> {
    // What all methods share: which of them it is does not matter here.
    let setting = options.model.setting(Method::<Interval>::GradientDescent, &())?;
    let Covariance::Spiked { strength, dimension } = &setting.covariance else {
        return Err(CliError::Invalid("--certified is for the spiked covariance: the theorems are about it".into()));
    };
    if !setting.is_on_manifold() {
        return Err(CliError::Invalid(
            "--certified is for the invariant manifold: no --overlap, --width, --start or random --signal".into(),
        ));
    }
    let level = options.level.as_deref().unwrap_or("1");
    let levels = level.split(',').map(|text| model::decimal::<f64>("level", text, &())).collect::<Result<_, _>>()?;
    let (x, y) = (options.x.parse::<Axis>()?, options.y.parse::<Axis>()?);
    let halvings = match options.refine.as_deref().map(|text| text.split_once(':').unwrap_or((text, ""))) {
        None | Some(("boundary", "")) => Some(CertifiedGrid::halvings_for(&x, &y)),
        Some(("boundary", count)) => count.parse().ok(),
        Some(_) => None,
    };
    let halvings = halvings.ok_or_else(|| CliError::Invalid("--refine takes boundary or boundary:LEVELS".into()))?;
    let grid = CertifiedGrid { x, y, strength: *strength, init: setting.init, dimension: *dimension, levels, halvings };
    grid.check()?;
    let middle = Covariance::Spiked { strength: strength.midpoint(), dimension: *dimension };
    Ok((grid, Setting::new(middle, setting.init.midpoint(), Method::GradientDescent)))
}
