//! Figure 5: 1 - |u| against time, d = 500, 2000, 5000, a = 1.5, 2, 4: a power law over the window that d leaves, and its exponent.

use crate::plate::{CLOCK, Plate, flow, log_spaced, numbers, panel, reference, role, time};
use specdyn::export::{Column, Curve, Label, Role, Scale, Table, Trajectories};
use specdyn::observe::vector::saturation_time;
use std::error::Error;

const EXPONENTS: [f64; 3] = [1.5, 2.0, 4.0];
const DIMENSIONS: [u64; 3] = [500, 2000, 5000];
const HORIZON: f64 = 1e7;

pub(crate) fn plate() -> Result<Plate, Box<dyn Error>> {
    let mut table = Table::new(["exponent", "dimension", "time_since_saturation", "gap"]);
    let mut columns = Vec::new();
    for exponent in EXPONENTS {
        let mut curves = Vec::new();
        for (k, dimension) in DIMENSIONS.into_iter().enumerate() {
            let (_, path) = flow(exponent, dimension, 7, HORIZON)?;
            let begin = saturation_time(&path).ok_or("s did not pass 1/3")?;
            let mut points = Vec::new();
            for t in log_spaced(1.0, 0.9 * HORIZON, 161) {
                let gap = path.scalars(begin + CLOCK * t).overlap_gap;
                table.push(numbers([exponent, dimension as f64, t, gap]));
                points.push((t, if gap > 0.0 { gap } else { f64::NAN }));
            }
            curves.push(Curve::new(role(k), Label::math(&format!("*d* = {dimension}")), points));
        }
        // Lines with the two exponents, through the curve of the largest d at t = 100.
        let middle = curves[2].points.iter().find(|(t, _)| *t >= 100.0).copied().unwrap_or((1.0, 1.0));
        let line = |power: f64| [10.0, 1e6].map(|t| (t, middle.1 * (t / middle.0).powf(-power))).to_vec();
        // Grey, as its key in the legend: it belongs to no one d.
        curves.push(reference(Role::Whole, "slope −(*a* − 1)/*a*", line(1.0 - 1.0 / exponent)));
        curves.push(Curve::new(role(5), Label::math("slope −1/*a*"), line(1.0 / exponent)));
        columns.push(Column {
            title: Label::math(&format!("*a* = {exponent}")),
            curves: vec![curves],
            markers: Vec::new(),
        });
    }
    let drawing = Trajectories {
        title: None,
        time: time("time since *T*_{1}′"),
        rows: vec![panel("1 − |*u*|", Scale::Log, Some((1e-7, 1.0)))],
        columns,
    };
    Plate::new("scaling", table, &drawing)
}
