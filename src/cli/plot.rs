//! `specdyn plot`: the figures of a phase diagram again, without recomputing.

use super::phase_diagram::FigureFormat;
use super::{CliError, diagram_files, figures, proof_files};
use crate::sweep::Lock;
use clap::Args;
use std::path::PathBuf;

/// Options of `specdyn plot`.
#[derive(Args, Clone, Debug)]
pub(super) struct PlotOptions {
    /// Folder that phase-diagram made
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Figures to draw; they replace the ones in DIR
    #[arg(long, value_enum, value_name = "FORMAT", value_delimiter = ',', default_value = "png,svg")]
    plot: Vec<FigureFormat>,
}

pub(super) fn execute(options: &PlotOptions) -> Result<(), CliError> {
    if let Some(proofs) = proof_files::read(&options.folder)? {
        let _lock = Lock::acquire(&options.folder)?;
        return figures::proofs(&options.folder, true, &proofs, &options.plot);
    }
    let (run, cells) = diagram_files::read(&options.folder)?;
    let _lock = Lock::acquire(&options.folder)?;
    figures::phase_diagram(&options.folder, true, &run, &cells, &options.plot)
}
