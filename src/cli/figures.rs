//! From results to figures.

use super::CliError;
use super::certified::percent;
use super::diagram_files::{Run as Diagram, figure_path};
use super::phase_diagram::FigureFormat;
use super::population::Run;
use super::proof_files::{Panel, Proofs};
use crate::experiment::{Measured, Row as Point};
use crate::export::{
    Axis, Boundary, Column, Curve, Figure, FigureError, HeatMap, Label, Level, PhaseDiagram, ProofBox, ProofDiagram,
    ProofPanel, Provenance, Role, Row, Scale, TimeAxis, Trajectories, ValueAxis, write_new, write_new_with_provenance,
};
use crate::observe::Observable;
use crate::scalar::Real;
use crate::sweep::{self, Outcomes, Region, fill_between};
use std::path::Path;

/// Amplification starts at 1; the boundary is drawn where it has grown by this factor.
pub(super) const AMPLIFIED: f64 = 1.01;

/// More curves than this in one panel cannot be told apart.
pub(super) const MAX_CURVES: usize = 7;

/// The label of `quantity`, of which there are `count`, and how many of them are drawn, unless all are.
pub(super) fn drawn_of(quantity: &str, count: usize) -> Label {
    let some = if count > MAX_CURVES { format!(" ({MAX_CURVES} of {count})") } else { String::new() };
    Label::plain(format!("{quantity}{some}"))
}

/// PNG or SVG, by the extension of the file's name.
pub(super) fn format_of(path: &Path) -> Result<FigureFormat, CliError> {
    match path.extension().and_then(|e| e.to_str()) {
        Some("png") => Ok(FigureFormat::Png),
        Some("svg") => Ok(FigureFormat::Svg),
        _ => Err(CliError::Invalid(format!("--plot {}: the name must end in .png or .svg", path.display()))),
    }
}

/// Draws a phase diagram into `folder`.
pub(super) fn phase_diagram(
    folder: &Path,
    force: bool,
    run: &Diagram,
    cells: &Outcomes,
    formats: &[FigureFormat],
) -> Result<(), CliError> {
    if !formats.iter().any(|format| *format != FigureFormat::None) {
        return Ok(());
    }
    write_diagram(folder, force, &describe(run, cells).draw()?, formats)
}

fn write_diagram(folder: &Path, force: bool, figure: &Figure, formats: &[FigureFormat]) -> Result<(), CliError> {
    for format in formats.iter().filter(|format| **format != FigureFormat::None) {
        let path = figure_path(folder, format.extension(), force)?;
        write_new(&path, force, |out| format.write(figure, out))?;
    }
    Ok(())
}

/// Draws a certified phase diagram into `folder`.
pub(super) fn proofs(folder: &Path, force: bool, proofs: &Proofs, formats: &[FigureFormat]) -> Result<(), CliError> {
    if !formats.iter().any(|format| *format != FigureFormat::None) {
        return Ok(());
    }
    let panel = |(method, panel): (usize, &Panel)| {
        // Of the boxes that have a colour: decided at every level.
        let area = |regions: &mut dyn Iterator<Item = &Region>| {
            regions.fold(0.0, |area, region| area + 0.25_f64.powi(region.halvings as i32))
        };
        let (all, coloured) = (&panel.regions, |region: &&Region| region.class().is_some());
        let decided = area(&mut all.iter().filter(coloured)) / area(&mut all.iter());
        let share = if decided == 1.0 { "all".into() } else { percent(decided) };
        let boxes = panel.regions.iter().map(|region| ProofBox { x: region.x, y: region.y, class: region.class() });
        ProofPanel {
            title: Label::plain(format!("{}: {} proved", optimizer_label(&panel.optimizer), share)),
            boxes: boxes.collect(),
            theory: theory_of(&proofs.boundaries, method),
        }
    };
    let (name, value) = &proofs.fixed;
    let figure = ProofDiagram {
        title: Some(Label::math(&format!("*{}* = {}", symbol(name), value.replace('-', "−")))),
        x: axis(&proofs.axes[0]),
        y: axis(&proofs.axes[1]),
        classes: (0..=proofs.levels.len()).map(|class| class_label(&proofs.levels, class)).collect(),
        panels: proofs.panels.iter().enumerate().map(panel).collect(),
    };
    write_diagram(folder, force, &figure.draw()?, formats)
}

/// Above the first `class` of the levels, and no more.
fn class_label(levels: &[f64], class: usize) -> Label {
    match (class.checked_sub(1).map(|below| levels[below]), levels.get(class)) {
        (None, Some(1.0)) => Label::plain("not amplified"),
        (None, Some(above)) => Label::plain(format!("amplified at most {above} times")),
        (Some(1.0), None) => Label::plain("amplified"),
        (Some(below), None) => Label::plain(format!("more than {below} times")),
        (Some(1.0), Some(above)) => Label::plain(format!("amplified, at most {above} times")),
        (Some(below), Some(above)) => Label::plain(format!("{below} to {above} times")),
        (None, None) => Label::plain("nothing is asked"),
    }
}

fn axis(axis: &sweep::Axis) -> Axis {
    let scale = if axis.log { Scale::Log } else { Scale::Linear };
    Axis { label: axis_label(&axis.name), scale, values: axis.values() }
}

fn theory_of(boundaries: &[sweep::Boundary], method: usize) -> Option<Boundary> {
    let boundary = boundaries.iter().find(|b| b.method == method)?;
    Some(Boundary { name: in_italics(&boundary.label), points: boundary.points.clone() })
}

/// A boundary's equation with its quantities in italics, as on the axes.
fn in_italics(equation: &str) -> Label {
    let quantities = [("λ", "*λ*"), ("α", "*α*"), ("d + ", "*d* + ")];
    let markup = quantities.iter().fold(equation.to_owned(), |text, (plain, italic)| text.replace(plain, italic));
    Label::math(&markup)
}

fn describe(run: &Diagram, outcomes: &Outcomes) -> PhaseDiagram {
    let power_varies = run.axes.iter().any(|axis| axis.name == "power");
    let places = run.places();
    let plane = places.len() / run.optimizers.len().max(1) as u64;
    let positive = (0..places.len()).filter_map(|index| outcomes.value(index).flatten()).all(|value| value > 0.0);
    let log = positive && run.observable != Observable::Alignment;
    let cells = |method: u64| {
        let mut cells: Vec<Option<Measured>> =
            (method * plane..(method + 1) * plane).map(|index| outcomes.get(index)).collect();
        if run.halvings > 0 {
            fill_between(places.shape(), run.halvings, log, &mut cells);
        }
        let drawn = |cell: Option<Measured>| match cell {
            Some(Measured { value: Some(value), .. }) => Ok(value),
            Some(measured) => Err(measured.status.kind().to_string()),
            None => Err("not computed".to_string()),
        };
        cells.into_iter().map(drawn).collect()
    };
    let panel = |method: usize| HeatMap {
        title: if power_varies { Label::plain("spectral power") } else { optimizer_label(&run.optimizers[method]) },
        cells: cells(method as u64),
        theory: theory_of(&run.boundaries, method),
    };
    let amplification = run.observable == Observable::Amplification;
    let level_name = |level: f64| match (amplification, level == AMPLIFIED) {
        (true, true) => Label::plain("amplified by more than 1 %"),
        _ => Label::plain(format!("{} = {level}", run.observable)),
    };
    PhaseDiagram {
        title: None,
        x: axis(&run.axes[0]),
        y: axis(&run.axes[1]),
        value: ValueAxis {
            label: observable_label(run.observable),
            scale: if log { Scale::Log } else { Scale::Linear },
            range: None,
        },
        panels: (0..run.optimizers.len()).map(panel).collect(),
        level: run.level.map(|value| Level { name: level_name(value), value }),
    }
}

/// Draws the trajectories of `runs` into `path`, with the provenance beside it.
pub(super) fn trajectories<T: Real>(
    path: &Path,
    force: bool,
    names: &[String],
    runs: &[Run<T>],
    provenance: &Provenance,
) -> Result<(), CliError> {
    let shown = names.len().min(MAX_CURVES);
    let column = |run: &Run<T>| {
        let curve = |role: Role, name: Label, value: &dyn Fn(&Point<T>) -> f64| {
            Curve::new(role, name, run.rows.iter().map(|row| (row.time.to_f64(), value(row))).collect())
        };
        let coefficients = (0..shown)
            .map(|j| curve(role(&names[j], j), Label::plain(names[j].clone()), &|row| row.coefficients[j].to_f64()));
        let alignment = |row: &Point<T>| row.alignment.as_ref().map_or(f64::NAN, Real::to_f64);
        Column {
            title: optimizer_label(&run.optimizer),
            curves: vec![
                coefficients.collect(),
                vec![curve(Role::Whole, Label::default(), &|row| row.risk.to_f64())],
                vec![curve(Role::Whole, Label::default(), &alignment)],
            ],
            markers: Vec::new(),
        }
    };
    let row = |label: &str, scale: Scale, range| Row { label: Label::math(label), scale, range };
    let figure = Trajectories {
        title: None,
        time: TimeAxis { label: Label::math("time *t*"), scale: Scale::Linear },
        rows: vec![
            Row { label: drawn_of("coefficient", names.len()), scale: Scale::Log, range: None },
            row("risk *R*", Scale::Log, None),
            row("alignment", Scale::Linear, Some((0.0, 1.0))),
        ],
        columns: runs.iter().map(column).collect(),
    }
    .draw()?;
    write(path, force, &figure, provenance)
}

/// Writes a figure, with the provenance beside it.
pub(super) fn write(path: &Path, force: bool, figure: &Figure, provenance: &Provenance) -> Result<(), CliError> {
    let format = format_of(path)?;
    Ok(write_new_with_provenance(path, force, provenance, |out| format.write(figure, out))?)
}

/// What the coefficient `name`, number j, is drawn as.
pub(super) fn role(name: &str, j: usize) -> Role {
    match name {
        "signal" => Role::Signal,
        "spike" => Role::Spike,
        "bulk" => Role::Bulk,
        _ => Role::Other(j.saturating_sub(1)),
    }
}

impl FigureFormat {
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Svg => "svg",
            Self::None => "none",
        }
    }

    fn write(self, figure: &Figure, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        match self {
            Self::Png => figure.write_png(out),
            Self::Svg => figure.write_svg(out),
            Self::None => Ok(()),
        }
    }
}

pub(super) fn optimizer_label(name: &str) -> Label {
    match (name, name.strip_prefix("power:")) {
        ("gd", _) => Label::plain("GD"),
        ("specgd", _) => Label::plain("SpecGD"),
        ("muon", _) => Label::plain("Muon"),
        ("sign", _) => Label::plain("sign descent"),
        ("normalized-gd", _) => Label::plain("normalised GD"),
        ("adam", _) => Label::plain("Adam"),
        (_, Some(p)) => Label::plain(format!("spectral power {p}")),
        _ => Label::plain(name),
    }
}

/// The letter of a parameter that a certified diagram has.
fn symbol(name: &str) -> &str {
    match name {
        "spike" => "λ",
        "init" => "α",
        "dim" => "d",
        other => other,
    }
}

fn axis_label(name: &str) -> Label {
    match name {
        "spike" => Label::math("spike strength *λ*"),
        "init" => Label::math("initial coefficient *α*"),
        "samples" => Label::math("samples *n*"),
        "noise" => Label::math("noise *σ*"),
        "dim" => Label::math("dimension *d*"),
        "overlap" => Label::math("overlap *ρ* of signal and spike"),
        "width" => Label::math("width *m*"),
        "power" => Label::math("spectral power *p*"),
        "step-size" => Label::math("step size *η*"),
        "exponent" => Label::math("power-law exponent *a*"),
        other => Label::plain(other),
    }
}

fn observable_label(observable: Observable) -> Label {
    match observable {
        Observable::Amplification => Label::plain("amplification"),
        Observable::EscapeTime => Label::plain("escape time"),
        Observable::ContractionTime => Label::plain("contraction time"),
        Observable::Alignment => Label::plain("alignment"),
        Observable::Risk => Label::math("risk *R*"),
    }
}

impl From<FigureError> for CliError {
    fn from(error: FigureError) -> Self {
        Self::Invalid(error.to_string())
    }
}
