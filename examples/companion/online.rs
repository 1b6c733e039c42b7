//! Figure 4: online SGD, one new sample a step, labels with noise of variance 0.05, for three exponents; median and quartiles over
//! seeds of the samples, of one signal and one start, on top of the population flow.

use crate::plate::{CLOCK, Plate, flow, log_spaced, numbers, panel, reference, role, time};
use specdyn::descent::Method;
use specdyn::experiment::{Covariance, LossScale, Setting, Signal};
use specdyn::export::{Column, Curve, Label, Scale, Table, Trajectories};
use specdyn::observe::vector::Statistic;
use specdyn::simulation::{Data, Observation, Quartiles, Resources, Run, Simulation};
use specdyn::trajectory::Profile;
use specdyn::weights::Start;
use std::error::Error;

const EXPONENTS: [f64; 3] = [0.5, 1.0, 1.5];
const DIMENSION: u64 = 100;
const NOISE_VARIANCE: f64 = 0.05;
/// Of the paper's loss.
const STEP_SIZE: f64 = 1e-3;
const STEPS: u64 = 300_000;
/// Runs are looked at so often.
const EVERY: u64 = 20;
const SEEDS: u64 = 5;
const MODEL_SEED: u64 = 7;
const STATISTICS: [Statistic; 2] = [Statistic::Overlap(1), Statistic::MeanSquaredError];

pub(crate) fn plate() -> Result<Plate, Box<dyn Error>> {
    let mut table = Table::new(["exponent", "seed", "step", "u", "mse"]);
    let mut rows = [Vec::new(), Vec::new()];
    // On a logarithmic scale, of the steps that were looked at.
    let whole = |step: f64| (step / EVERY as f64).round() as usize;
    let mut looks: Vec<usize> = log_spaced(1e2, STEPS as f64, 61).into_iter().map(whole).collect();
    looks.dedup();
    for (k, exponent) in EXPONENTS.into_iter().enumerate() {
        let runs = train(exponent)?;
        let seen = |run: &Run| looks.iter().map(|i| run.observations[*i].clone()).collect::<Vec<Observation>>();
        let runs: Vec<Vec<Observation>> = runs.iter().map(seen).collect();
        for (seed, run) in runs.iter().enumerate() {
            for Observation { step, statistics, .. } in run {
                table.push(numbers([exponent, seed as f64, *step as f64, statistics[0], statistics[1]]));
            }
        }
        let (_, path) = flow(exponent, DIMENSION, MODEL_SEED, STEPS as f64 * STEP_SIZE)?;
        let steps: Vec<f64> = looks.iter().map(|i| (*i as u64 * EVERY) as f64).collect();
        let population: Vec<Profile> = steps.iter().map(|step| path.profile(CLOCK * STEP_SIZE * step)).collect();
        for (j, (curves, statistic)) in rows.iter_mut().zip(STATISTICS).enumerate() {
            let flow = steps.iter().zip(&population).map(|(step, profile)| (*step, statistic.of(profile).abs()));
            curves.push(reference(role(k), "population flow", flow.collect()));
            let (mut points, mut band) = (Vec::new(), Vec::new());
            for (i, step) in steps.iter().enumerate() {
                let mut values: Vec<f64> = runs.iter().map(|run| run[i].statistics[j].abs()).collect();
                values.sort_by(f64::total_cmp);
                if let Some(Quartiles { lower, median, upper }) = Quartiles::of_sorted(&values) {
                    points.push((*step, median));
                    band.push((*step, lower, upper));
                }
            }
            let name = Label::math(&format!("*a* = {exponent}"));
            curves.push(Curve { band, ..Curve::new(role(k), name, points) });
        }
    }
    let drawing = Trajectories {
        title: None,
        time: time("samples"),
        rows: vec![panel("|*u*|", Scale::Linear, Some((0.0, 1.1))), panel("mean squared error", Scale::Log, None)],
        columns: vec![Column {
            title: Label::math("*d* = 100, *η* = 0.001, noise 0.05"),
            curves: rows.into(),
            markers: Vec::new(),
        }],
    };
    Plate::new("online", table, &drawing)
}

/// The runs of all seeds: what `specdyn simulate --data online:1 --model-seed 7 --statistics u,mse` trains.
fn train(exponent: f64) -> Result<Vec<Run>, Box<dyn Error>> {
    let covariance = Covariance::PowerLaw { exponent, dimension: DIMENSION, signal: 1 };
    let setting = Setting {
        signal: Signal::UnitEnergy,
        width: Some(1),
        start: Start::Sphere,
        loss_scale: LossScale::One,
        ..Setting::new(covariance, 1.0, Method::GradientDescent)
    };
    let simulation = Simulation {
        model_seed: Some(MODEL_SEED),
        data: Data::Online(1),
        noise: NOISE_VARIANCE.sqrt(),
        every: EVERY,
        statistics: STATISTICS.into(),
        ..Simulation::new(setting, Method::GradientDescent.into(), 0, STEP_SIZE, STEPS)
    };
    let threads = std::thread::available_parallelism()?.get();
    Ok(simulation.run_seeds(&(0..SEEDS).collect::<Vec<_>>(), Resources { threads, memory: None }, &|_, _| {})?)
}
