//! What a run is forecast to need, beside what it takes.
#![cfg(target_os = "linux")]

use specdyn::descent::{Adam, Method, Muon, Optimizer};
use specdyn::experiment::{Covariance, Setting};
use specdyn::simulation::{Data, Simulation};
use std::process::{Command, Stdio};
use std::time::Duration;

/// High-water mark of the resident set of one `specdyn simulate` on one thread, in bytes.
fn peak(dimension: usize, samples: usize, steps: usize, optimizer: &str, data: &str) -> f64 {
    let mut run = Command::new(env!("CARGO_BIN_EXE_specdyn"))
        .args(["simulate", "--seeds", "1", "--threads", "1", "--step-size", "1e-3", "--every", "1000000"])
        .args([
            "--dim",
            &dimension.to_string(),
            "--steps",
            &steps.to_string(),
            "--optimizer",
            optimizer,
            "--data",
            data,
        ])
        .args((!data.starts_with("online")).then(|| format!("--samples={samples}")))
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
    assert!(run.wait().unwrap().success() && mark > 0.0, "{dimension} {samples} {optimizer} {data}");
    mark
}

#[test]
fn a_run_takes_no_more_memory_than_forecast_and_not_much_less() {
    let gd = || Optimizer::Method(Method::GradientDescent);
    let process = peak(3, 24, 3000, "gd", "full-batch");
    for (dimension, samples) in [(256, 12_000), (512, 12_000)] {
        for (name, optimizer, data) in [
            ("gd", gd(), "full-batch"),
            ("specgd", Optimizer::Method(Method::Spectral), "full-batch"),
            ("muon", Optimizer::Muon(Muon::default()), "full-batch"),
            ("adam", Optimizer::Adam(Adam::default()), "full-batch"),
            ("gd", gd(), "mini-batch:3000"),
            ("gd", gd(), "online:9000"),
        ] {
            let covariance = Covariance::Spiked { strength: 20.0, dimension: dimension as u64 };
            let setting = Setting::new(covariance, 1e-3, Method::Spectral);
            let mut simulation = Simulation::new(setting, optimizer, samples, 1e-3, 5);
            simulation.data = data.parse::<Data>().unwrap();
            simulation.every = 1_000_000;
            let forecast = simulation.memory(1, 1, 1).total() as f64;
            let taken = peak(dimension, samples, 5, name, data) - process;
            println!(
                "d {dimension} n {samples} {name:6} {data:15} {taken:.3e} of {forecast:.3e}: {:.3}",
                forecast / taken
            );
            assert!(taken <= forecast && forecast <= 1.15 * taken, "{name}, {data}: {taken:e} of {forecast:e}");
        }
    }
}
