//! Results on disk: tables as CSV, JSON and NPZ, with where they come from, and figures as SVG and PNG.
//!
//! This layer knows numbers and words, and nothing of flows. A [`Table`] goes to a writer with [`write_csv`],
//! [`write_json`] or [`write_npz`]; a [`PhaseDiagram`] or [`Trajectories`] is drawn into a [`Figure`], which writes
//! itself in both formats. [`write_new`] puts either on disk without ever leaving half a file, and [`Provenance`]
//! says how to compute it again.

mod csv;
mod figure;
mod file;
mod json;
mod npz;
mod provenance;
mod table;
mod zip;

pub use csv::{CsvError, Records, read_csv, write_csv, write_csv_row};
pub use figure::{
    Axis, Boundary, Column, Curve, Figure, FigureError, HeatMap, Label, Level, Marker, PhaseDiagram, ProofBox,
    ProofDiagram, ProofPanel, Role, Row, Scale, TimeAxis, Trajectories, ValueAxis,
};
pub use file::{WriteError, provenance_path, write_new, write_new_with_provenance};
pub use json::write_json;
pub use npz::write_npz;
pub use provenance::Provenance;
pub use table::{Cell, Decimal, Table, shortest};
