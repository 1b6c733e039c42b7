//! Figures for a paper. One description, drawn once into lines, areas and text, becomes SVG and PNG
//! (288 dots an inch) of the same layout; both draw their letters from the typeface built in.

mod axis;
mod colour;
mod contour;
mod font;
mod frame;
mod hatch;
mod heat;
mod label;
mod legend;
mod phase_diagram;
mod phase_layout;
mod proof_diagram;
mod raster;
mod scene;
mod svg;
mod ticks;
mod trajectories;
mod trajectory_layout;

pub use axis::Scale;
pub use colour::Role;
pub use label::Label;
pub use phase_diagram::{Axis, Boundary, HeatMap, Level, PhaseDiagram, ValueAxis};
pub use proof_diagram::{ProofBox, ProofDiagram, ProofPanel};
pub use trajectories::{Column, Curve, Marker, Row, TimeAxis, Trajectories};

use scene::Scene;
use std::io::{self, Write};

/// A figure, drawn and ready to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    scene: Scene,
}

impl Figure {
    /// Writes it as SVG 1.1.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_svg(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(svg::svg(&self.scene)?.as_bytes())
    }

    /// Writes it as PNG.
    ///
    /// # Errors
    /// Those of the writer; a figure of so many panels that no bitmap holds it.
    pub fn write_png(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&raster::raster(&self.scene)?)
    }

    /// Width and height in points (1/72 inch).
    pub fn size(&self) -> (f64, f64) {
        (self.scene.width, self.scene.height)
    }
}

/// Why a figure cannot be drawn: which part of its description, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot draw {part}: {reason}")]
pub struct FigureError {
    /// The part of the description.
    pub part: String,
    /// What is wrong with it.
    pub reason: String,
}

impl FigureError {
    fn new(part: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { part: part.into(), reason: reason.into() }
    }
}
