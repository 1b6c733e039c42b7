//! What a run is forecast to need, beside what it takes.
#![cfg(target_os = "linux")]

use specdyn::descent::{Adam, Method, Muon, Optimizer};
use specdyn::experiment::{Covariance, Setting};
use specdyn::risk::Samples;
use specdyn::simulation::{Data, MemoryError, Resources, Simulation, SimulationError};
use std::process::{Command, Stdio};
use std::time::Duration;

/// High-water mark of the resident set of one `specdyn simulate`, in bytes.
fn peak(options: &str) -> f64 {
    let mut run = Command::new(env!("CARGO_BIN_EXE_specdyn"))
        .args(["simulate", "--step-size", "1e-3"])
        .args(options.split_whitespace())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let path = format!("/proc/{}/status", run.id());
    let mut mark = 0.0_f64;
    while run.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(&path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        if let Some(size) = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok()) {
            mark = mark.max(1024.0 * size);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(run.wait().unwrap().success() && mark > 0.0, "{options}");
    mark
}

/// What is added to any forecast for what an allocator keeps.
const HEAP: f64 = 1024.0 * 1024.0;

/// The process by itself, on so many threads.
fn process(threads: usize) -> f64 {
    peak(&format!("--dim 3 --samples 24 --steps 3000 --every 1000000 --optimizer gd --threads {threads}"))
}

fn simulation(dimension: usize, samples: usize, optimizer: Optimizer, data: &str) -> Simulation {
    let covariance = Covariance::Spiked { strength: 20.0, dimension: dimension as u64 };
    let setting = Setting::new(covariance, 1e-3, Method::Spectral);
    let mut simulation = Simulation::new(setting, optimizer, samples, 1e-3, 5);
    simulation.data = data.parse::<Data>().unwrap();
    simulation.every = 1_000_000;
    simulation
}

fn gd() -> Optimizer {
    Optimizer::Method(Method::GradientDescent)
}

#[test]
fn a_run_takes_no_more_memory_than_forecast_and_not_much_less() {
    let process = [process(1), process(2)];
    let judge = |dimension: usize, samples: usize, threads: usize, name: &str, optimizer: Optimizer, data: &str| {
        let forecast = simulation(dimension, samples, optimizer, data).memory(1, 1, threads).total() as f64;
        let samples = if data.starts_with("online") { String::new() } else { format!("--samples {samples}") };
        let options = format!(
            "--dim {dimension} {samples} --steps 5 --every 1000000 --optimizer {name} --data {data} --threads {threads}"
        );
        let taken = peak(&options) - process[threads - 1];
        println!("{options}: {taken:.3e} of {forecast:.3e}: {:.3}", forecast / taken);
        // Where no samples are held, what is set apart for gaps is a share of all, and what an allocator keeps by itself shows.
        let most = if data.starts_with("online") { 1.3 * taken + 2.0 * HEAP } else { 1.15 * taken };
        assert!(taken <= forecast && forecast <= most, "{options}: {taken:e} of {forecast:e}");
    };
    for dimension in [256, 512] {
        for (threads, name, optimizer, data) in [
            (1, "gd", gd(), "full-batch"),
            (1, "specgd", Optimizer::Method(Method::Spectral), "full-batch"),
            (2, "muon", Optimizer::Muon(Muon::default()), "full-batch"),
            (1, "adam", Optimizer::Adam(Adam::default()), "full-batch"),
            (2, "gd", gd(), "mini-batch:3000"),
        ] {
            judge(dimension, 12_000, threads, name, optimizer, data);
        }
    }
    // Two threads go through blocks of a small batch together; each has a portion of a large one.
    for (dimension, threads, batch) in [(512, 2, 9000), (1024, 1, 2000), (1024, 2, 2000)] {
        judge(dimension, 0, threads, "gd", gd(), &format!("online:{batch}"));
    }
}

#[test]
fn a_large_full_batch_is_forecast_to_take_a_tenth_more_than_its_samples() {
    for (dimension, samples) in [(256, 8000), (512, 20_000)] {
        for threads in [1, 2] {
            for optimizer in [
                gd(),
                Optimizer::Method(Method::Spectral),
                Optimizer::Method(Method::power(0.5).unwrap()),
                Optimizer::Muon(Muon::default()),
                Optimizer::Adam(Adam::default()),
            ] {
                let name = optimizer.to_string();
                let forecast =
                    simulation(dimension, samples, optimizer, "full-batch").memory(0, 1, threads).total() as f64;
                let x = Samples::<f64>::bytes(samples as u64, dimension) as f64;
                assert!(x < forecast && forecast <= 1.1 * x + HEAP, "{name}, {dimension}, {threads}: {}", forecast / x);
            }
        }
    }
}

/// Where every step is observed, observations are most of it: of runs and, with statistics, of their predictions, for every optimizer.
#[test]
fn predictions_that_are_kept_are_forecast() {
    let options =
        "--dim 6 --width 1 --samples 12 --steps 15000 --statistics s,u --optimizer gd,sign --seeds 2 --threads 1";
    let taken = peak(options) - process(1);
    let mut simulation = simulation(6, 12, gd(), "full-batch");
    (simulation.setting.width, simulation.steps, simulation.every) = (Some(1), 15_000, 1);
    simulation.statistics = vec!["s".parse().unwrap(), "u".parse().unwrap()];
    let one = simulation.kept(2, 2);
    let forecast = 2.0 * one as f64;
    println!("{options}: {taken:.3e} of {forecast:.3e}: {:.3}", forecast / taken);
    assert!(taken <= forecast + HEAP && forecast <= 1.25 * taken, "{taken:e} of {forecast:e}");
    let too_little = Resources { threads: 1, memory: Some(one - 1) };
    let refused = simulation.run_beside_predictions(&[1, 2], too_little, &|_, _| {});
    let error = MemoryError::Observations { runs: 2, needed: one, available: one - 1 };
    assert!(matches!(refused, Err(SimulationError::Memory(found)) if found == error));
}
