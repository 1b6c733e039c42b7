//! Figure 1: population descent, a = 2, d = 1000: three phases. The flow, and the recursion with step size 0.01 for ten million steps.

use crate::plate::{CLOCK, Plate, flow, log_spaced, numbers, panel, reference, role, time};
use specdyn::descent::Method;
use specdyn::export::{Column, Curve, Label, Marker, Scale, Table, Trajectories};
use specdyn::observe::vector::{Statistic, convergence_time, escape_time, saturation_time};
use specdyn::trajectory::{Profile, VectorRecursion};
use std::error::Error;

const STEP_SIZE: f64 = 1e-2;
const STEPS: f64 = 1e7;
const HORIZON: f64 = 1e7;
const EPS: f64 = 0.05;

pub(crate) fn plate() -> Result<Plate, Box<dyn Error>> {
    let (problem, path) = flow(2.0, 1000, 7, HORIZON)?;
    let row = |profile: &Profile| {
        [Statistic::Energy(1), Statistic::Overlap(1), Statistic::MeanSquaredError].map(|s| s.of(profile))
    };
    let mut table = Table::new(["dynamics", "time", "s", "u", "mse"]);
    let mut curves = [[const { Vec::new() }; 3], [const { Vec::new() }; 3]];
    let mut push = |which: usize, name: &str, t: f64, [s, u, mse]: [f64; 3]| {
        let mut cells = vec![name.into()];
        cells.extend(numbers([t, s, u, mse]));
        table.push(cells);
        for (curve, value) in curves[which].iter_mut().zip([s, u.abs(), mse]) {
            curve.push((t, value));
        }
    };
    for t in log_spaced(1e-1, HORIZON, 241) {
        push(0, "flow", t, row(&path.profile(CLOCK * t)));
    }
    let mut recursion = VectorRecursion::new(&problem, &Method::GradientDescent, CLOCK * STEP_SIZE)?;
    for t in log_spaced(1e-1, STEPS * STEP_SIZE, 121) {
        while (recursion.steps() as f64) < (t / STEP_SIZE).round() {
            recursion.step().map_err(|stop| stop.to_string())?;
        }
        push(1, "recursion", recursion.steps() as f64 * STEP_SIZE, row(&recursion.profile()));
    }
    let marker = |label: &str, at: Option<f64>| at.map(|t| Marker { time: t / CLOCK, label: Label::math(label) });
    let phases = [
        marker("*T*_{1}", escape_time(&path, 0.5)),
        marker("*T*_{1}′", saturation_time(&path)),
        marker("*T*_{2}", convergence_time(&path, EPS)),
    ];
    let [[s, u, mse], [steps_s, steps_u, steps_mse]] = curves;
    let curve = |k: usize, name: &str, points| Curve::new(role(k), Label::math(name), points);
    let drawing = Trajectories {
        title: None,
        time: time("time *t*"),
        rows: vec![
            panel("*s*, |*u*|", Scale::Linear, Some((0.0, 1.05))),
            panel("mean squared error", Scale::Log, None),
        ],
        columns: vec![Column {
            title: Label::math("*a* = 2, *d* = 1000, *η* = 0.01"),
            curves: vec![
                vec![
                    reference(role(0), "recursion", steps_s),
                    reference(role(1), "recursion", steps_u),
                    curve(0, "*s*", s),
                    curve(1, "|*u*|", u),
                ],
                vec![reference(role(2), "recursion", steps_mse), curve(2, "mean squared error", mse)],
            ],
            markers: phases.into_iter().flatten().collect(),
        }],
    };
    Plate::new("population-descent", table, &drawing)
}
