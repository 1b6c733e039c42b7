//! Draws every kind of figure from closed formulas that look like our data: `cargo run --example figure_gallery --
//! FOLDER`.
//!
//! Ordinary cases first, then the awkward ones: a single row, one cell, nothing but failures, names that are hard to
//! typeset.

use specdyn::export::{
    Axis, Boundary, Column, Curve, Figure, HeatMap, Label, Level, Marker, PhaseDiagram, Role, Row, Scale, TimeAxis,
    Trajectories, ValueAxis, write_new,
};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: figure_gallery FOLDER")?;
    std::fs::create_dir_all(&folder)?;
    let figures = [
        ("amplification", amplification(81, 61).draw()?),
        ("amplification-coarse", amplification(12, 9).draw()?),
        ("failures", failures().draw()?),
        ("all-failed", all_failed().draw()?),
        ("single-row", amplification(41, 1).draw()?),
        ("single-column", amplification(1, 21).draw()?),
        ("single-cell", amplification(1, 1).draw()?),
        ("constant", constant().draw()?),
        ("three-panels", several(3).draw()?),
        ("four-panels", several(4).draw()?),
        ("one-panel-linear", one_panel().draw()?),
        ("trajectories", trajectories(Scale::Linear).draw()?),
        ("trajectories-log-time", trajectories(Scale::Log).draw()?),
        ("simulation", simulation().draw()?),
    ];
    for (name, figure) in &figures {
        save(Path::new(&folder), name, figure)?;
    }
    Ok(())
}

fn save(folder: &Path, name: &str, figure: &Figure) -> Result<(), Box<dyn std::error::Error>> {
    write_new(&folder.join(format!("{name}.svg")), true, |out| figure.write_svg(out))?;
    write_new(&folder.join(format!("{name}.png")), true, |out| figure.write_png(out))?;
    Ok(())
}

fn grid(start: f64, stop: f64, count: usize) -> Vec<f64> {
    (0..count).map(|k| start + (stop - start) * k as f64 / (count - 1).max(1) as f64).collect()
}

fn spike_axis(count: usize) -> Axis {
    Axis { label: Label::math("spike strength *λ*"), scale: Scale::Linear, values: grid(0.0, 20.0, count) }
}

fn init_axis(count: usize) -> Axis {
    let values = grid(-6.0, -1.0, count).into_iter().map(|k| 10_f64.powf(k)).collect();
    Axis { label: Label::math("initial coefficient *α*"), scale: Scale::Log, values }
}

/// The leading law of amplification: alpha^-(1 - 3/mu) beyond the factor-three law's boundary, 1 before it.
fn law(spike: f64, init: f64) -> f64 {
    let variance = 1.0 + spike;
    if variance > 3.0 { init.powf(-(1.0 - 3.0 / variance)) } else { 1.0 }
}

fn cells(x: &Axis, y: &Axis, f: impl Fn(f64, f64) -> Result<f64, String>) -> Vec<Result<f64, String>> {
    y.values.iter().flat_map(|y| x.values.iter().map(|x| f(*x, *y)).collect::<Vec<_>>()).collect()
}

fn amplification(columns: usize, rows: usize) -> PhaseDiagram {
    let (x, y) = (spike_axis(columns), init_axis(rows));
    let theory = Boundary::vertical(Label::math("theory: *λ* = 2"), 2.0, &y);
    let panels = vec![
        HeatMap { title: "GD".into(), cells: cells(&x, &y, |x, y| Ok(law(x, y))), theory: Some(theory) },
        HeatMap { title: "SpecGD".into(), cells: cells(&x, &y, |_, _| Ok(1.0)), theory: None },
    ];
    let value = ValueAxis { label: Label::math("amplification max_{*t*} *b*/*a*"), scale: Scale::Log, range: None };
    let level = Some(Level { name: "amplification = 1.01".into(), value: 1.01 });
    PhaseDiagram { title: None, x, y, value, panels, level }
}

fn failures() -> PhaseDiagram {
    let mut diagram = amplification(41, 31);
    diagram.title = Some("Step size 0.1: failures are hatched".into());
    let (x, y) = (diagram.x.clone(), diagram.y.clone());
    diagram.panels[0].cells =
        cells(&x, &y, |x, y| if x * (1.0 + y.log10() / 12.0) > 13.0 { Err("diverged".into()) } else { Ok(law(x, y)) });
    diagram.panels[1].cells = cells(&x, &y, |x, y| match (x, y) {
        _ if y > 3e-2 && x < 8.0 => Err("non-unique".into()),
        _ if x > 18.0 && y < 1e-4 => Err("budget spent".into()),
        _ if x > 10.0 && x < 10.6 => Ok(f64::NAN),
        _ => Ok(1.0),
    });
    diagram
}

fn all_failed() -> PhaseDiagram {
    let mut diagram = amplification(21, 16);
    for panel in &mut diagram.panels {
        panel.cells.fill(Err("diverged".into()));
    }
    diagram
}

fn constant() -> PhaseDiagram {
    let mut diagram = amplification(21, 16);
    diagram.panels.remove(0);
    diagram.value.scale = Scale::Linear;
    diagram
}

fn several(count: usize) -> PhaseDiagram {
    let mut diagram = amplification(41, 31);
    let (x, y) = (diagram.x.clone(), diagram.y.clone());
    diagram.panels.clear();
    for (title, power) in
        [("GD", 1.0), ("*p* = 1/2", 0.5), ("*p* = 1/4", 0.25), ("SpecGD", 0.0)].into_iter().take(count)
    {
        let cells = cells(&x, &y, |x, y| Ok(law(x, y).powf(power)));
        let theory = (power > 0.0).then(|| Boundary::vertical(Label::math("theory: *λ* = 2"), 2.0, &y));
        diagram.panels.push(HeatMap { title: Label::math(title), cells, theory });
    }
    diagram
}

fn one_panel() -> PhaseDiagram {
    let x = Axis { label: Label::math("overlap *ρ*"), scale: Scale::Linear, values: grid(0.0, 1.0, 61) };
    let y = Axis {
        label: Label::math("dimension *d*"),
        scale: Scale::Log,
        values: grid(0.5, 4.0, 50).into_iter().map(|k| 10_f64.powf(k)).collect(),
    };
    let hill = |x: f64, y: f64| 1.0 - (4.0 * (x - 0.4).powi(2) + (y.log10() - 2.0).powi(2) / 2.0);
    let cells = cells(&x, &y, |x, y| Ok(hill(x, y)));
    let theory = Boundary::over_x(Label::math("theory: *d* = 30 e^{4*ρ*}"), &x, |x| 30.0 * (4.0 * x).exp());
    let panels = vec![HeatMap { title: "Muon <b>&\"quoted\"</b>".into(), cells, theory: Some(theory) }];
    let value = ValueAxis { label: "alignment".into(), scale: Scale::Linear, range: Some((0.0, 1.0)) };
    PhaseDiagram { title: None, x, y, value, panels, level: Some(Level { name: "alignment = 0.5".into(), value: 0.5 }) }
}

/// Growth that levels off, and decay: like a coefficient of GD.
fn rise(t: f64, init: f64, rate: f64, top: f64) -> f64 {
    let growth = init * (rate * t).exp();
    growth / (1.0 + (growth / top).powi(2)).sqrt()
}

fn gd(t: f64) -> [f64; 3] {
    let signal = rise(t, 1e-3, 3.0, 1.0);
    let spike = rise(t, 1e-3, 21.0, 0.126) / (1.0 + (5.0 * (t - 2.4)).exp());
    let bulk = rise(t, 1e-3, 0.9, 1.0) / (1.0 + 130.0 * (rise(t, 1e-3, 1.2, 0.3))) / (1.0 + t * 0.2);
    [signal, spike.max(1e-30), bulk]
}

fn specgd(t: f64) -> [f64; 3] {
    let signal = (1e-3 + t).min(1.0);
    let bulk = (1e-3 + t).min(((1.0 - signal * signal) / 101.0).sqrt());
    [signal, bulk.min(bulk / 21_f64.sqrt() + (0.0944 - t).max(0.0)), bulk]
}

fn curves(times: &[f64], state: impl Fn(f64) -> [f64; 3]) -> Vec<Vec<Curve>> {
    let along = |f: &dyn Fn([f64; 3]) -> f64| times.iter().map(|t| (*t, f(state(*t)))).collect::<Vec<_>>();
    let coefficients = vec![
        Curve::new(Role::Signal, Label::math("signal *a*"), along(&|w| w[0])),
        Curve::new(Role::Spike, Label::math("spike *b*"), along(&|w| w[1])),
        Curve::new(Role::Bulk, Label::math("bulk *c*"), along(&|w| w[2])),
    ];
    let energy = |w: [f64; 3]| w[0] * w[0] - 1.0 + 21.0 * w[1] * w[1] + 98.0 * w[2] * w[2];
    let risk = |w: [f64; 3]| {
        0.5 * ((w[0] * w[0] - 1.0).powi(2) + 441.0 * w[1].powi(4) + 98.0 * w[2].powi(4)) + 0.25 * energy(w).powi(2)
    };
    let alignment = |w: [f64; 3]| w[0] * w[0] / (w[0] * w[0] + w[1] * w[1] + 98.0 * w[2] * w[2]);
    vec![
        coefficients,
        vec![Curve::new(Role::Whole, "", along(&risk))],
        vec![Curve::new(Role::Whole, "", along(&alignment))],
    ]
}

fn trajectories(scale: Scale) -> Trajectories {
    let times = |end: f64| match scale {
        Scale::Linear => grid(0.0, end, 801),
        Scale::Log => grid(-3.0, end.log10(), 801).into_iter().map(|k| 10_f64.powf(k)).collect(),
    };
    let marker = |(time, label): (f64, &str)| Marker { time, label: Label::math(label) };
    let columns = vec![
        Column {
            title: "GD".into(),
            curves: curves(&times(12.0), gd),
            markers: [(0.23, "max *b*/*a*"), (2.3, "escape")].map(marker).into(),
        },
        Column {
            title: "SpecGD".into(),
            curves: curves(&times(1.01), specgd),
            markers: [(0.0776, "slide"), (0.0944, "slide"), (0.994, "leave"), (1.0039, "optimum")].map(marker).into(),
        },
    ];
    Trajectories { title: None, time: TimeAxis { label: Label::math("time *t*"), scale }, rows: rows(), columns }
}

fn rows() -> Vec<Row> {
    vec![
        Row { label: "coefficient".into(), scale: Scale::Log, range: None },
        Row { label: Label::math("risk *R*"), scale: Scale::Log, range: None },
        Row { label: "alignment".into(), scale: Scale::Linear, range: Some((-0.04, 1.04)) },
    ]
}

/// Medians over seeds with their quartiles, on the recursion they should follow.
fn simulation() -> Trajectories {
    let mut figure = trajectories(Scale::Linear);
    for column in &mut figure.columns {
        column.markers.clear();
        for row in &mut column.curves {
            let references: Vec<Curve> = row
                .iter()
                .map(|curve| {
                    let name = if curve.role == Role::Whole { "" } else { "recursion" };
                    Curve { name: name.into(), reference: true, ..curve.clone() }
                })
                .collect();
            for curve in row.iter_mut() {
                let wobble = |t: f64| 1.0 + 0.15 * (17.0 * t).sin();
                curve.band =
                    curve.points.iter().map(|(t, v)| (*t, v * wobble(*t) * 0.6, v * wobble(*t) * 1.6)).collect();
                curve.points.iter_mut().for_each(|(t, v)| *v *= wobble(*t));
            }
            row.extend(references);
        }
    }
    figure
}
