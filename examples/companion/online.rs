//! Figure 4: online SGD, one new sample a step, labels with noise of variance 0.05, for three exponents; median and quartiles over
//! seeds of the samples, on top of the population flow.

use crate::plate::{CLOCK, Plate, flow, log_spaced, numbers, panel, reference, role, time};
use specdyn::export::{Column, Curve, Label, Scale, Table, Trajectories};
use specdyn::observe::vector::Statistic;
use specdyn::risk::{Samples, Source};
use specdyn::trajectory::{Profile, VectorProblem};
use std::error::Error;

const EXPONENTS: [f64; 3] = [0.5, 1.0, 1.5];
const DIMENSION: u64 = 100;
const NOISE_VARIANCE: f64 = 0.05;
/// Of the paper's loss, whose gradient is four times that of the quarter loss.
const STEP_SIZE: f64 = 1e-3;
const STEPS: f64 = 3e5;
const SEEDS: u64 = 5;

pub(crate) fn plate() -> Result<Plate, Box<dyn Error>> {
    let mut table = Table::new(["exponent", "seed", "step", "u", "mse"]);
    let (mut overlaps, mut errors) = (Vec::new(), Vec::new());
    for (k, exponent) in EXPONENTS.into_iter().enumerate() {
        let steps: Vec<f64> = log_spaced(1e2, STEPS, 61).into_iter().map(f64::round).collect();
        let (problem, path) = flow(exponent, DIMENSION, 7, STEPS * STEP_SIZE)?;
        let runs: Vec<Vec<[f64; 2]>> = (0..SEEDS).map(|seed| train(&problem, seed, &steps)).collect();
        for (seed, run) in runs.iter().enumerate() {
            for (step, [u, mse]) in steps.iter().zip(run) {
                table.push(numbers([exponent, seed as f64, *step, *u, *mse]));
            }
        }
        let population: Vec<Profile> = steps.iter().map(|step| path.profile(CLOCK * STEP_SIZE * step)).collect();
        let rows: [(&mut Vec<Curve>, Statistic); 2] =
            [(&mut overlaps, Statistic::Overlap(1)), (&mut errors, Statistic::MeanSquaredError)];
        for (j, (curves, statistic)) in rows.into_iter().enumerate() {
            let flow = steps.iter().zip(&population).map(|(step, profile)| (*step, statistic.of(profile).abs()));
            curves.push(reference(role(k), "population flow", flow.collect()));
            let name = Label::math(&format!("*a* = {exponent}"));
            let (mut points, mut band) = (Vec::new(), Vec::new());
            for (i, step) in steps.iter().enumerate() {
                let mut values: Vec<f64> = runs.iter().map(|run| run[i][j].abs()).collect();
                values.sort_by(f64::total_cmp);
                let quantile = |share: f64| values[(share * (values.len() - 1) as f64).round() as usize];
                points.push((*step, quantile(0.5)));
                band.push((*step, quantile(0.25), quantile(0.75)));
            }
            curves.push(Curve { band, ..Curve::new(role(k), name, points) });
        }
    }
    let drawing = Trajectories {
        title: None,
        time: time("samples"),
        rows: vec![panel("|*u*|", Scale::Linear, Some((0.0, 1.1))), panel("mean squared error", Scale::Log, None)],
        columns: vec![Column {
            title: Label::math("*d* = 100, *η* = 0.001, noise 0.05"),
            curves: vec![overlaps, errors],
            markers: Vec::new(),
        }],
    };
    Plate::new("online", table, &drawing)
}

/// u and the mean squared error after each of `steps` steps, with samples of `seed`.
fn train(problem: &VectorProblem, seed: u64, steps: &[f64]) -> Vec<[f64; 2]> {
    let d = problem.dimension();
    let deviation: Vec<f64> = problem.variance().iter().map(|l| l.sqrt()).collect();
    let source = Source { deviation: &deviation, noise: NOISE_VARIANCE.sqrt(), seed };
    let mut samples = Samples::<f64>::zeros(4096, d);
    let mut weights = problem.start().to_vec();
    let mut x = vec![0.0; d];
    let (mut rows, mut done) = (Vec::new(), 0_usize);
    for step in steps {
        while (done as f64) < *step {
            let i = done % samples.len();
            if i == 0 {
                samples.redraw(&source, done as u64);
            }
            x.iter_mut().enumerate().for_each(|(j, x)| *x = samples.get(i, j));
            let along = |v: &[f64]| -> f64 { x.iter().zip(v).map(|(x, v)| x * v).sum() };
            let (output, label) = (along(&weights), along(problem.signal()));
            let residual = output * output - (label * label + samples.noise(i));
            let pull = CLOCK * STEP_SIZE * residual * output;
            weights.iter_mut().zip(&x).for_each(|(w, x)| *w -= pull * x);
            done += 1;
        }
        let profile = Profile::of(problem, &weights);
        rows.push([Statistic::Overlap(1), Statistic::MeanSquaredError].map(|statistic| statistic.of(&profile)));
    }
    rows
}
