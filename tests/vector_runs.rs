//! `specdyn simulate` and `specdyn compare` at width one, with the statistics of a vector.

mod program;

use program::{refused, stdout};

fn numbers(line: &str) -> Vec<f64> {
    line.split(',').map(|x| x.parse().unwrap()).collect()
}

/// The companion paper's model, small.
const VECTOR: [&str; 14] = [
    "--spectrum",
    "power-law:2",
    "--dim",
    "30",
    "--signal",
    "unit-energy",
    "--width",
    "1",
    "--start",
    "sphere",
    "--init",
    "1",
    "--loss-scale",
    "one",
];

#[test]
fn a_vectors_statistics_are_those_of_population_and_lie_beside_their_predictions() {
    const STEPS: [&str; 4] = ["--optimizer", "gd", "--step-size", "0.01"];
    let names = ["--statistics", "s,u,gap,mse,risk,u3"];
    let run = [
        &["simulate"],
        &VECTOR[..],
        &STEPS,
        &names,
        &["--seed", "5", "--steps", "60", "--every", "30", "--samples", "500"],
    ]
    .concat();
    let table = stdout(&run);
    let mut lines = table.lines();
    assert_eq!(
        lines.next(),
        Some(
            "seed,step,s,u,gap,mse,risk,u3,predicted_s,predicted_u,predicted_gap,predicted_mse,predicted_risk,\
             predicted_u3,empirical_risk"
        )
    );
    let runs: Vec<Vec<f64>> = lines.map(numbers).collect();
    let recursion =
        stdout(&[&["population"], &VECTOR[..], &STEPS, &names, &["--seed", "5", "--at", "0,30,60"]].concat());
    let recursion: Vec<Vec<f64>> = recursion.lines().skip(1).map(numbers).collect();
    assert_eq!((runs.len(), recursion.len()), (3, 3));
    for (run, recursion) in runs.iter().zip(&recursion) {
        let (found, predicted) = (&run[2..8], &run[8..14]);
        for (a, b) in predicted.iter().zip(&recursion[2..]) {
            assert!((a - b).abs() <= 1e-12 * b.abs().max(1e-3), "{run:?} {recursion:?}");
        }
        // The loss in two scalars, of the run's own.
        let (s, u, gap, risk) = (found[0], found[1], found[2], found[4]);
        assert!((gap - (1.0 - u.abs())).abs() < 1e-13);
        assert!((risk - (3.0 * s * s + 3.0 - 4.0 * u * u - 2.0 * s)).abs() < 1e-12 * risk, "{run:?}");
        let far = found.iter().zip(predicted).any(|(a, b)| a != b);
        assert_eq!(far, run[1] > 0.0, "{run:?}");
    }
    let compared = stdout(
        &[
            &["compare"],
            &VECTOR[..],
            &STEPS,
            &["--statistics", "u,mse", "--seed", "5", "--steps", "60", "--samples", "500"],
        ]
        .concat(),
    );
    let every = stdout(
        &[
            &["simulate"],
            &VECTOR[..],
            &STEPS,
            &["--statistics", "u,mse", "--seed", "5", "--steps", "60", "--samples", "500"],
        ]
        .concat(),
    );
    let every: Vec<Vec<f64>> = every.lines().skip(1).map(numbers).collect();
    assert!(compared.starts_with("optimizer,dim,samples,statistic,"), "{compared}");
    for (k, (line, name)) in compared.lines().skip(1).zip(["u", "mse"]).enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        let largest = every.iter().map(|row| (row[2 + k] - row[4 + k]).abs()).fold(0.0, f64::max);
        assert_eq!((cells[3], cells[5].parse::<f64>().unwrap()), (name, largest));
    }
    for (more, part) in [(&["--statistics", "lambda"][..], "statistics"), (&["--statistics", "u,u"], "different")] {
        refused(&[&["simulate"], &VECTOR[..], &STEPS, &["--steps", "1", "--samples", "9"], more].concat(), part);
    }
    let wide = [
        "simulate",
        "--dim",
        "8",
        "--steps",
        "1",
        "--step-size",
        "0.01",
        "--samples",
        "9",
        "--optimizer",
        "gd",
        "--statistics",
        "s",
    ];
    refused(&wide, "width = 8");
}

#[test]
fn with_one_model_seed_runs_differ_by_their_samples_alone() {
    let run = |more: &[&str]| -> Vec<Vec<f64>> {
        let options = ["--optimizer", "gd,muon", "--step-size", "1e-3", "--steps", "9", "--every", "9", "--seeds", "2"];
        let data = ["--data", "online:20", "--noise", "0.2", "--statistics", "u,mse"];
        let table = stdout(&[&["simulate"], &VECTOR[..], &options, &data, more].concat());
        let cells = |line: &str| line.split(',').skip(1).map(|x| x.parse().unwrap()).collect();
        table.lines().skip(1).map(cells).collect()
    };
    for (runs, one_model) in [(run(&["--model-seed", "11"]), true), (run(&[]), false)] {
        for two in runs.chunks(4) {
            // Of seeds 0 and 1 the start and the end, each with (seed, step, u, mse, predicted u, predicted mse, risk).
            let same = |part: std::ops::Range<usize>, k: usize| two[k][part.clone()] == two[k + 2][part];
            assert_eq!((same(2..6, 0), same(4..6, 1), same(2..4, 1)), (one_model, one_model, false), "{two:?}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let figure = folder.path().join("runs.svg").to_str().unwrap().to_string();
    run(&["--plot", &figure]);
    let drawing = std::fs::read_to_string(&figure).unwrap();
    for name in ["mean squared error", "population recursion", "runs: median and quartiles", "Muon"] {
        assert!(drawing.contains(name), "{name}");
    }
    let own = run(&["--model-seed", "0"]);
    assert_eq!(own[..2], run(&[])[..2], "seed 0 is its own model");
}
