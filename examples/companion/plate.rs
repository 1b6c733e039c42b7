//! What the figures have in common: a grid of times, curves out of tables, files.

use specdyn::export::{Cell, Curve, Figure, Label, Role, Scale, Table, TimeAxis, Trajectories, write_csv};
use specdyn::trajectory::{Stop, VectorPath, VectorProblem};
use std::error::Error;
use std::fs;
use std::path::Path;

/// One unit of the paper's time is so many of the quarter loss's.
pub(crate) const CLOCK: f64 = 4.0;

/// A figure and its data.
pub(crate) struct Plate {
    pub(crate) name: &'static str,
    pub(crate) table: Table,
    pub(crate) figure: Figure,
}

impl Plate {
    pub(crate) fn new(name: &'static str, table: Table, drawing: &Trajectories) -> Result<Self, Box<dyn Error>> {
        Ok(Self { name, table, figure: drawing.draw()? })
    }

    /// Writes `name.csv`, `name.png` and `name.svg` into the folder.
    pub(crate) fn write(&self, folder: &str) -> Result<(), Box<dyn Error>> {
        fs::create_dir_all(folder)?;
        let file = |ending: &str| fs::File::create(Path::new(folder).join(format!("{}.{ending}", self.name)));
        write_csv(&self.table, &mut file("csv")?)?;
        self.figure.write_png(&mut file("png")?)?;
        Ok(self.figure.write_svg(&mut file("svg")?)?)
    }
}

/// The paper's problem, and its gradient flow to time `horizon` of its clock.
pub(crate) fn flow(
    exponent: f64,
    dimension: u64,
    seed: u64,
    horizon: f64,
) -> Result<(VectorProblem, VectorPath), Box<dyn Error>> {
    let problem = VectorProblem::companion(exponent, dimension, seed)?;
    let path = VectorPath::solve(&problem, CLOCK * horizon).map_err(|stop: Stop<f64>| stop.to_string())?;
    Ok((problem, path))
}

/// `count` times between `start` and `stop`, equally spaced in the logarithm.
pub(crate) fn log_spaced(start: f64, stop: f64, count: usize) -> Vec<f64> {
    let ratio = (stop / start).ln() / (count - 1) as f64;
    (0..count).map(|k| start * (ratio * k as f64).exp()).collect()
}

/// A row of numbers.
pub(crate) fn numbers<const N: usize>(row: [f64; N]) -> Vec<Cell> {
    row.map(Cell::Number).to_vec()
}

pub(crate) fn time(label: &str) -> TimeAxis {
    TimeAxis { label: Label::math(label), scale: Scale::Log }
}

pub(crate) fn panel(label: &str, scale: Scale, range: Option<(f64, f64)>) -> specdyn::export::Row {
    specdyn::export::Row { label: Label::math(label), scale, range }
}

/// Colours for curves of one kind, by number.
pub(crate) fn role(k: usize) -> Role {
    [Role::Signal, Role::Spike, Role::Bulk].get(k).copied().unwrap_or_else(|| Role::Other(k - 3))
}

/// What other curves are compared with: broad and pale.
pub(crate) fn reference(role: Role, name: &str, points: Vec<(f64, f64)>) -> Curve {
    Curve { reference: true, ..Curve::new(role, Label::math(name), points) }
}
