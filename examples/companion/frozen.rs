//! Figure 3: the frozen approximation `dw_i/dt = 8 l_i (w*_i - w_i)` from the time at which |u| = 0.9, d = 300, against the flow, and
//! against the recursion with step size 0.001 for two million steps.

use crate::plate::{CLOCK, Plate, flow, log_spaced, numbers, panel, reference, role, time};
use specdyn::descent::Method;
use specdyn::export::{Column, Curve, Label, Scale, Table, Trajectories};
use specdyn::observe::vector::{Statistic, escape_time, spectral_average};
use specdyn::trajectory::VectorRecursion;
use std::error::Error;

const EXPONENTS: [f64; 3] = [1.5, 2.0, 3.0];
const HORIZON: f64 = 1e7;
const STEP_SIZE: f64 = 1e-3;
const STEPS: f64 = 2e6;

pub(crate) fn plate() -> Result<Plate, Box<dyn Error>> {
    let mut table = Table::new([
        "exponent",
        "time_since_T2",
        "mse_flow",
        "mse_frozen",
        "gap_flow",
        "gap_frozen",
        "mse_steps",
        "gap_steps",
    ]);
    let mut columns = Vec::new();
    for exponent in EXPONENTS {
        let (problem, path) = flow(exponent, 300, 7, HORIZON)?;
        let begin = escape_time(&path, 0.9).ok_or("u did not reach 0.9")?;
        let at = path.profile(begin);
        let errors: Vec<f64> = at.deviation.iter().zip(&at.variance).map(|(x, l)| x / l).collect();
        let mut recursion = VectorRecursion::new(&problem, &Method::GradientDescent, CLOCK * STEP_SIZE)?;
        let mut curves = [const { Vec::new() }; 6];
        for tau in log_spaced(1e-1, 1e5, 121) {
            // Deviations fall as exp(-8 l tau), their squares twice as fast.
            let frozen = |masses: &[f64], time: f64, total: f64| {
                spectral_average(&at.variance, masses, &time).map_or(f64::NAN, |share| share * total)
            };
            let now = path.profile(begin + CLOCK * tau);
            let (mse, gap) = (Statistic::MeanSquaredError, Statistic::Gap);
            let steps = ((begin / CLOCK + tau) / STEP_SIZE).round();
            let mut stepped = [f64::NAN; 2];
            if steps <= STEPS {
                while (recursion.steps() as f64) < steps {
                    recursion.step().map_err(|stop| stop.to_string())?;
                }
                let profile = recursion.profile();
                stepped = [mse.of(&profile), gap.of(&profile)];
            }
            let values = [
                mse.of(&now),
                frozen(&errors, 16.0 * tau, mse.of(&at)),
                gap.of(&now),
                frozen(&at.deviation_overlap, 8.0 * tau, gap.of(&at)),
                stepped[0],
                stepped[1],
            ];
            let [a, b, c, d, e, f] = values;
            table.push(numbers([exponent, tau, a, b, c, d, e, f]));
            curves.iter_mut().zip(values).for_each(|(curve, value)| curve.push((tau, value)));
        }
        let [mse, frozen_mse, gap, frozen_gap, steps_mse, steps_gap] = curves;
        let curve = |k: usize, name: &str, points| Curve::new(role(k), Label::math(name), points);
        columns.push(Column {
            title: Label::math(&format!("*a* = {exponent}, *d* = 300")),
            curves: vec![
                vec![
                    reference(role(0), "flow", mse),
                    curve(2, "recursion", steps_mse),
                    curve(1, "frozen approximation", frozen_mse),
                ],
                vec![
                    reference(role(0), "flow", gap),
                    curve(2, "recursion", steps_gap),
                    curve(1, "frozen approximation", frozen_gap),
                ],
            ],
            markers: Vec::new(),
        });
    }
    let drawing = Trajectories {
        title: None,
        time: time("time *τ* since |*u*| = 0.9"),
        rows: vec![
            panel("mean squared error", Scale::Log, Some((1e-6, 2.0))),
            panel("1 − |*u*|", Scale::Log, Some((1e-9, 0.2))),
        ],
        columns,
    };
    Plate::new("frozen", table, &drawing)
}
