//! Cells that are training runs: the runs that `simulate` makes, in the place of the population.

use super::{folder, phase_diagram, run};
use specdyn::descent::{Adam, Method, Muon, NormalizedDescent, Optimizer, SignDescent};
use specdyn::experiment::{Covariance, Setting};
use specdyn::simulation::{Data, Simulation};
use std::path::Path;

const GRID: &str = "--x samples=30:300:3:log --y noise=0:0.4:2 --seeds 5 --seed 9 --dim 8 --spike 6 --init 0.1 --step-size 0.02 \
                    --optimizer gd,specgd,power:0.5,muon,sign,normalized-gd,adam --plot svg";

/// Values of `cells.csv` by (x, y, optimizer); no value is NaN.
fn cells(folder: &Path) -> Vec<([f64; 2], String, f64, String)> {
    let table = std::fs::read_to_string(folder.join("cells.csv")).unwrap();
    let cell = |line: &str| {
        let fields: Vec<&str> = line.splitn(5, ',').collect();
        let number = |i: usize| fields[i].parse().unwrap_or(f64::NAN);
        ([number(0), number(1)], fields[2].to_string(), number(3), fields[4].trim_matches('"').to_string())
    };
    table.lines().skip(1).map(cell).collect()
}

#[test]
fn a_cell_is_the_median_over_seeds_of_what_the_runs_reach() {
    let (_guard, path) = folder();
    let output = path.join("out");
    run(phase_diagram(&output, &format!("{GRID} --time 1.2 --threads 2")), 0);
    let mut seen = 0;
    for ([samples, noise], optimizer, value, status) in cells(&output) {
        assert_eq!(status, "ok");
        let setting = Setting {
            init: 0.1,
            ..Setting::new(Covariance::Spiked { strength: 6.0, dimension: 8 }, 0.1, Method::Spectral)
        };
        let with = match optimizer.as_str() {
            "gd" => Method::GradientDescent.into(),
            "specgd" => Method::Spectral.into(),
            "power:0.5" => Method::power(0.5).unwrap().into(),
            "muon" => Optimizer::Muon(Muon::default()),
            "sign" => Optimizer::Sign(SignDescent),
            "normalized-gd" => Optimizer::Normalized(NormalizedDescent),
            "adam" => Optimizer::Adam(Adam::default()),
            other => panic!("{other}"),
        };
        let mut simulation = Simulation::new(setting, with, samples.round() as usize, 0.02, 60);
        simulation.noise = noise;
        let mut reached: Vec<f64> =
            (9..14).map(|seed| simulation.run(seed).unwrap().observations.last().unwrap().amplification).collect();
        reached.sort_by(f64::total_cmp);
        assert_eq!(value, reached[2], "{samples} samples, noise {noise}, {optimizer}");
        seen += 1;
    }
    assert_eq!(seen, 42);
    let first = std::fs::read(output.join("cells.csv")).unwrap();
    run(phase_diagram(&output, &format!("{GRID} --time 1.2 --threads 1 --force")), 0);
    assert!(std::fs::read(output.join("cells.csv")).unwrap() == first, "bytes do not depend on threads");
}

/// With many samples, cells are close to those of the population; with few, runs reach what they reach, or do not settle, and say so.
#[test]
fn cells_without_a_time_run_until_they_settle() {
    let (_guard, path) = folder();
    let grid = "--x samples=4000:4000:1 --y spike=4:8:2 --dim 6 --init 1e-2 --step-size 0.01 --optimizer gd,specgd --plot none";
    for (observable, tolerance) in [("amplification", 0.2), ("escape-time", 0.1), ("alignment", 0.2)] {
        let runs = path.join(observable);
        run(phase_diagram(&runs, &format!("{grid} --seeds 3 --observe {observable}")), 0);
        let population = path.join(format!("{observable} of the population"));
        let plane = grid.replace("samples=4000:4000:1", "dim=6:6:1").replace("--dim 6 ", "");
        run(phase_diagram(&population, &format!("{plane} --observe {observable}")), 0);
        for (cell, limit) in cells(&runs).iter().zip(cells(&population)) {
            assert_eq!((&cell.1, cell.0[1], cell.3.as_str()), (&limit.1, limit.0[1], "ok"));
            assert!((cell.2 / limit.2 - 1.0).abs() < tolerance, "{observable}: {cell:?}, population {limit:?}");
        }
    }
}

#[test]
fn a_seed_that_diverges_ranks_last_and_a_cell_of_them_says_so() {
    let (_guard, path) = folder();
    let output = path.join("out");
    let options =
        "--x samples=20:400:2 --y step-size=0.01:0.9:2 --seeds 3 --dim 8 --init 0.1 --time 9 --optimizer gd --plot svg";
    run(phase_diagram(&output, options), 2);
    let statuses: Vec<(f64, String)> = cells(&output).into_iter().map(|cell| (cell.0[1], cell.3)).collect();
    assert!(statuses.iter().all(|(eta, status)| (status == "diverged") == (*eta == 0.9)), "{statuses:?}");
}

#[test]
fn what_training_runs_need_is_asked_for() {
    let (_guard, path) = folder();
    for (options, part) in [
        ("--samples 100", "step-size"),
        ("--samples 100 --step-size 0.1 --seeds 0", "seeds = 0"),
        ("--samples 0 --step-size 0.1", "samples = 0"),
        ("--seeds 3 --step-size 0.1", "--samples"),
        ("--samples 10 --data mini-batch:20 --step-size 0.1", "batch = 20"),
        ("--samples 10 --data some --step-size 0.1", "data"),
        ("--samples 10 --noise -1 --step-size 0.1", "noise = -1"),
        ("--step-size 0.1 --optimizer gd,muon", "or training runs on --samples"),
        ("--samples 100 --step-size 0.1 --optimizer gd,lion", "muon, sign, normalized-gd or adam"),
        ("--samples 4000000000 --dim 10000 --step-size 0.1", "memory"),
        ("--samples 30 --data online:3 --step-size 0.1", "--samples"),
        ("--x samples=10:30:2 --data online:3 --step-size 0.1", "--samples"),
        ("--x samples=10:30:2 --samples 20 --step-size 0.1", "--samples is an axis"),
        ("--x noise=0:1:2 --step-size 0.1", "axis"),
    ] {
        let message = run(phase_diagram(&path.join("out"), options), 64);
        assert!(message.contains(part) && message.lines().count() == 1, "{options}: {message}");
    }
    // A batch that is too large at some cells is theirs to say.
    let output = path.join("some");
    run(
        phase_diagram(
            &output,
            "--x samples=10:30:2 --y spike=1:2:2 --data mini-batch:20 --dim 5 --step-size 0.1 --time 1 --plot none",
        ),
        2,
    );
    assert!(cells(&output).iter().all(|cell| cell.3.starts_with("domain: batch = 20") == (cell.0[0] == 10.0)));
    // Online runs need no number of samples.
    run(
        phase_diagram(
            &path.join("online"),
            "--x dim=4:6:2 --y spike=1:2:2 --data online:20 --step-size 0.1 --time 1 --plot none",
        ),
        0,
    );
    assert_eq!(Data::Online(20), "online:20".parse().unwrap());
}
