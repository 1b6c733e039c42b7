//! Figure 2: u(t) for several exponents a, d = 1000, as flow and with step size 0.001.

use crate::plate::{CLOCK, Plate, flow, log_spaced, numbers, panel, reference, role, time};
use specdyn::descent::Method;
use specdyn::export::{Column, Curve, Label, Scale, Table, Trajectories};
use specdyn::trajectory::VectorRecursion;
use std::error::Error;

const EXPONENTS: [f64; 5] = [0.5, 1.0, 1.5, 2.0, 3.0];
const STEP_SIZE: f64 = 1e-3;
const STEPS: f64 = 1e6;

pub(crate) fn plate() -> Result<Plate, Box<dyn Error>> {
    let mut table = Table::new(["exponent", "time", "u_flow", "u_recursion"]);
    let (mut curves, mut recursions) = (Vec::new(), Vec::new());
    for (k, exponent) in EXPONENTS.into_iter().enumerate() {
        let (problem, path) = flow(exponent, 1000, 7, STEPS * STEP_SIZE)?;
        let mut recursion = VectorRecursion::new(&problem, &Method::GradientDescent, CLOCK * STEP_SIZE)?;
        let (mut flow, mut steps) = (Vec::new(), Vec::new());
        for t in log_spaced(1e-1, STEPS * STEP_SIZE, 161) {
            while (recursion.steps() as f64) < (t / STEP_SIZE).round() {
                recursion.step().map_err(|stop| stop.to_string())?;
            }
            let t = recursion.steps() as f64 * STEP_SIZE;
            let (u, stepped) = (path.scalars(CLOCK * t).overlap, recursion.scalars().1);
            table.push(numbers([exponent, t, u, stepped]));
            flow.push((t, u.abs()));
            steps.push((t, stepped.abs()));
        }
        recursions.push(reference(role(k), "recursion", steps));
        curves.push(Curve::new(role(k), Label::math(&format!("*a* = {exponent}")), flow));
    }
    recursions.extend(curves);
    let drawing = Trajectories {
        title: None,
        time: time("time *t*"),
        rows: vec![panel("|*u*|", Scale::Linear, Some((0.0, 1.05)))],
        columns: vec![Column {
            title: Label::math("*d* = 1000, *η* = 0.001"),
            curves: vec![recursions],
            markers: Vec::new(),
        }],
    };
    Plate::new("exponents", table, &drawing)
}
