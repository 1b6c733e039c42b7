//! `specdyn simulate` and `specdyn compare` from outside.

mod program;

use program::{refused, specdyn, stdout};

const RUN: [&str; 13] = [
    "simulate",
    "--dim",
    "8",
    "--init",
    "0.05",
    "--seeds",
    "3",
    "--step-size",
    "0.01",
    "--steps",
    "10",
    "--every",
    "5",
];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&RUN[..], more].concat()
}

#[test]
fn the_columns_are_those_of_the_contract() {
    let table = stdout(&with(&["--samples", "40", "--optimizer", "gd"]));
    let mut lines = table.lines();
    let header = "seed,step,signal,spike,bulk,off_manifold,empirical_risk,population_risk,alignment,amplification";
    assert_eq!(lines.next(), Some(header));
    let starts: Vec<String> = lines.map(|line| line.split(',').take(2).collect::<Vec<_>>().join(",")).collect();
    assert_eq!(starts, ["0,0", "0,5", "0,10", "1,0", "1,5", "1,10", "2,0", "2,5", "2,10"]);
    let several = stdout(&with(&["--samples", "40", "--optimizer", "specgd,muon", "--orthogonality"]));
    assert_eq!(several.lines().next(), Some(format!("optimizer,{header},orthogonality_error").as_str()));
    let groups = stdout(&with(&["--samples", "40", "--optimizer", "gd", "--spectrum", "steps:1*5,3*3"]));
    assert!(groups.starts_with("seed,step,signal,w1,w2,off_manifold,"), "{groups}");
}

#[test]
fn the_bytes_do_not_depend_on_threads_and_a_seed_not_on_the_others() {
    for data in ["full-batch", "mini-batch:16", "online:16"] {
        let run = |more: &[&str]| {
            let samples: &[&str] = if data == "online:16" { &[] } else { &["--samples", "50"] };
            let run = with(&["--optimizer", "specgd", "--data", data, "--noise", "0.1"]);
            stdout(&[&run, samples, more].concat())
        };
        let one = run(&["--threads", "1"]);
        assert_eq!(one, run(&["--threads", "3"]));
        let last = run(&["--seed", "2", "--seeds", "1"]);
        assert!(one.ends_with(last.split_once('\n').unwrap().1), "{data}");
    }
}

#[test]
fn time_is_steps_times_step_size_for_each_optimizer() {
    let table = stdout(&[
        "simulate",
        "--dim",
        "8",
        "--samples",
        "40",
        "--optimizer",
        "gd,specgd",
        "--step-size",
        "0.01,0.02",
        "--time",
        "0.2",
        "--every",
        "100",
    ]);
    let last = |optimizer: &str| {
        let line = table.lines().rfind(|line| line.starts_with(optimizer)).unwrap();
        line.split(',').nth(2).unwrap().to_string()
    };
    assert_eq!((last("gd,"), last("specgd,")), ("20".to_string(), "10".to_string()));
}

#[test]
fn a_loss_four_times_as_large_is_a_step_four_times_as_long() {
    let quarter = stdout(&[
        "simulate",
        "--dim",
        "6",
        "--samples",
        "30",
        "--optimizer",
        "gd",
        "--step-size",
        "0.04",
        "--steps",
        "9",
    ]);
    let one = stdout(&[
        "simulate",
        "--dim",
        "6",
        "--samples",
        "30",
        "--optimizer",
        "gd",
        "--step-size",
        "0.01",
        "--steps",
        "9",
        "--loss-scale",
        "one",
    ]);
    for (a, b) in quarter.lines().zip(one.lines()).skip(1) {
        let (a, b): (Vec<f64>, Vec<f64>) = (numbers(a), numbers(b));
        assert_eq!((&a[..6], 4.0 * a[6], 4.0 * a[7], &a[8..]), (&b[..6], b[6], b[7], &b[8..]));
    }
}

fn numbers(line: &str) -> Vec<f64> {
    line.split(',').map(|x| x.parse().unwrap()).collect()
}

#[test]
fn a_diverging_seed_is_a_row_that_says_so_and_the_others_go_on() {
    let arguments = [
        "simulate",
        "--dim",
        "10",
        "--init",
        "0.05",
        "--samples",
        "60",
        "--seeds",
        "12",
        "--optimizer",
        "gd",
        "--step-size",
        "0.08",
        "--steps",
        "400",
        "--every",
        "400",
    ];
    let output = specdyn(&arguments);
    let (table, remarks) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success());
    assert!(table.lines().next().unwrap().ends_with(",status"));
    let diverged: Vec<&str> = table.lines().filter(|line| line.contains("diverged at step")).collect();
    let finished = table.lines().filter(|line| line.contains(",400,")).count();
    assert!(!diverged.is_empty() && finished > 0, "{} diverged, {finished} finished", diverged.len());
    assert_eq!(diverged.len() + finished, 12);
    assert_eq!(remarks.lines().count(), diverged.len());
    assert!(!table.contains("nan") && !table.contains("inf"), "{table}");
}

#[test]
fn a_parameter_outside_its_domain_is_one_line_and_64() {
    for (more, part) in [
        (&["--optimizer", "gd"][..], "--samples"),
        (&["--optimizer", "gd,gd", "--samples", "10"], "optimizer = gd"),
        (&["--optimizer", "power:0.5,power:0.50", "--samples", "10"], "optimizer = power:0.5"),
        (&["--optimizer", "gd", "--samples", "0"], "samples = 0"),
        (&["--optimizer", "gd", "--samples", "10", "--data", "mini-batch:11"], "batch = 11"),
        (&["--optimizer", "gd", "--samples", "10", "--data", "mini-batch:0"], "batch = 0"),
        (&["--optimizer", "gd", "--data", "online:0"], "batch = 0"),
        (&["--optimizer", "gd", "--samples", "10", "--data", "stream"], "data"),
        (&["--optimizer", "sgd", "--samples", "10"], "normalized-gd"),
        (&["--optimizer", "power:2", "--samples", "10"], "power = 2"),
        (&["--optimizer", "gd", "--samples", "10", "--step-size", "0"], "step-size = 0"),
        (&["--optimizer", "gd", "--samples", "10", "--step-size", "nan"], "step-size"),
        (&["--optimizer", "gd", "--samples", "10", "--step-size", "0.1,0.2"], "one an optimizer"),
        (&["--optimizer", "gd", "--samples", "10", "--time", "1"], "--time"),
        (&["--optimizer", "gd", "--samples", "10", "--noise", "-1"], "noise = -1"),
        (&["--optimizer", "gd", "--samples", "10", "--every", "0"], "every = 0"),
        (&["--optimizer", "gd", "--samples", "10", "--seeds", "0"], "seeds = 0"),
        (&["--optimizer", "gd", "--samples", "10", "--width", "0"], "width = 0"),
        (&["--optimizer", "gd", "--samples", "10", "--start", "sphere"], "width = 8"),
        (&["--optimizer", "gd", "--samples", "10", "--dim", "2"], "dim = 2"),
        (&["--optimizer", "gd", "--samples", "10", "--overlap", "0.5", "--spectrum", "power-law:1"], "--overlap"),
        (&["--optimizer", "gd", "--samples", "4000000000", "--dim", "100000"], "bytes"),
        (&["--optimizer", "muon", "--samples", "10", "--momentum", "1"], "momentum = 1"),
        (&["--optimizer", "gd", "--samples", "10", "--data", "online:5"], "--samples"),
        (&["--optimizer", "gd", "--samples", "10", "--momentum", "0.5"], "--momentum"),
        (&["--optimizer", "gd", "--samples", "10", "--nesterov", "false"], "--nesterov"),
        (&["--optimizer", "gd,sign", "--samples", "10", "--orthogonality"], "--orthogonality"),
        (&["--optimizer", "sign", "--samples", "10", "--newton-schulz-steps", "4"], "--newton-schulz-steps"),
    ] {
        refused(&with(more), part);
    }
}

#[test]
fn tilted_random_narrow_and_wide_weights_run_and_are_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    for (name, more) in [
        ("tilted", &["--overlap", "0.4"][..]),
        ("random", &["--signal", "random", "--spectrum", "power-law:1.2"]),
        ("narrow", &["--width", "3", "--start", "gaussian"]),
        ("vector", &["--width", "1", "--start", "sphere"]),
        ("wide", &["--width", "11", "--scalar", "f32"]),
    ] {
        let (figure, data) = (path(&format!("{name}.svg")), path(&format!("{name}.json")));
        let output = ["--plot", &figure, "--output", &data, "--format", "json"];
        stdout(&[&with(&["--samples", "40", "--optimizer", "gd,specgd,muon,adam"]), more, &output].concat());
        assert!(std::fs::read_to_string(&figure).unwrap().contains("population recursion"), "{name}");
        let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&data).unwrap()).unwrap();
        assert_eq!(json["rows"].as_array().unwrap().len(), 4 * 3 * 3, "{name}");
        assert_eq!(json["provenance"]["configuration"]["command"], "simulate");
        assert_eq!(json["provenance"]["seed"], 0);
    }
}

#[test]
fn compare_prints_deviations_or_rates() {
    let ladder = [
        "compare",
        "--init",
        "0.1",
        "--samples",
        "100,400",
        "--seeds",
        "9",
        "--optimizer",
        "gd,specgd",
        "--step-size",
        "0.02",
        "--time",
        "1",
    ];
    let of_all_dims = ladder;
    let ladder = [&of_all_dims[..], &["--dim", "8"]].concat();
    let table = stdout(&ladder);
    let header = "optimizer,dim,samples,overlap,lower_quartile,median,upper_quartile,amplification,predicted_amplification,unfinished";
    assert_eq!(table.lines().next(), Some(header));
    let starts: Vec<String> =
        table.lines().skip(1).map(|line| line.split(',').take(4).collect::<Vec<_>>().join(",")).collect();
    let expected: Vec<String> = ["gd", "specgd"]
        .iter()
        .flat_map(|optimizer| ["100", "400"].map(|n| format!("{optimizer},8,{n}")))
        .flat_map(|start| ["signal", "spike", "bulk"].map(|name| format!("{start},{name}")))
        .collect();
    assert_eq!(starts, expected);
    for line in table.lines().skip(1) {
        let quartiles: Vec<f64> = line.split(',').skip(4).take(3).map(|x| x.parse().unwrap()).collect();
        assert!(quartiles.is_sorted() && quartiles[0] > 0.0, "{line}");
    }
    let rates = stdout(&[&ladder[..], &["--rates", "--confidence", "0.9"]].concat());
    assert_eq!(rates.lines().next(), Some("optimizer,overlap,exponent,exponent_lo,exponent_hi"));
    for line in rates.lines().skip(1) {
        let numbers: Vec<f64> = line.split(',').skip(2).map(|x| x.parse().unwrap()).collect();
        assert!(numbers[1] < numbers[0] && numbers[0] < numbers[2], "{line}");
    }
    assert_eq!(rates.lines().count(), 1 + 6);
    let two = stdout(&[&of_all_dims[..], &["--dims", "6,12", "--optimizer", "specgd", "--samples", "120"]].concat());
    let sizes: Vec<String> =
        two.lines().skip(1).map(|line| line.split(',').skip(1).take(2).collect::<Vec<_>>().join("/")).collect();
    assert_eq!(sizes, ["12/120", "12/120", "12/120", "6/120", "6/120", "6/120"], "from the smallest n/d on");
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("ladder.toml");
    std::fs::write(&config, "samples = [50, 60]\noptimizer = [\"gd\", \"muon\"]\n").unwrap();
    let typed = stdout(&[&ladder[..], &["--config", config.to_str().unwrap()]].concat());
    assert_eq!(typed, table, "a typed list stands in the place of the one in a file");
    refused(&[&ladder[..], &["--confidence", "1"]].concat(), "confidence = 1");
    refused(&[&of_all_dims[..], &["--dims", "2"]].concat(), "dim = 2");
    for (more, part) in [
        (&["--dims", "8,12"][..], "--dim"),
        (&["--samples", "50,60,50"], "samples = 50"),
        (&["--data", "online:20"], "--samples"),
        (&["--confidence", "0.9"], "--confidence"),
        (&["--momentum", "0.5"], "--momentum"),
        (&["--samples", "50", "--rates"], "two sizes"),
    ] {
        refused(&[&ladder[..], more].concat(), part);
    }
    // A batch is a part of the samples; online there is nothing else.
    let samples = |table: &str| {
        let of_line = |line: &str| line.split(',').nth(2).unwrap().to_string();
        table.lines().skip(1).step_by(3).map(of_line).collect::<Vec<_>>()
    };
    let few = ["--seeds", "1", "--optimizer", "specgd"];
    let batches = stdout(&[&ladder[..], &few, &["--data", "mini-batch:20"]].concat());
    let online =
        stdout(&[&["compare", "--step-size", "0.02", "--time", "1", "--data", "online:20"], &few[..]].concat());
    assert_eq!((samples(&batches), samples(&online)), (vec!["100".into(), "400".into()], vec!["20".to_string()]));
    refused(&[&ladder[..], &["--every", "5"]].concat(), "--every");
}

/// One seed has rates without intervals, and says so in a line.
#[test]
fn rates_that_cannot_be_fitted_say_why() {
    let ladder = ["compare", "--dim", "6", "--init", "0.1", "--optimizer", "gd", "--step-size", "0.02", "--steps", "5"];
    for (more, said) in [
        (
            &["--samples", "50,90"][..],
            "rates without intervals: too few seeds (1) for a confidence of 0.95 over 2 sizes",
        ),
        (&["--samples", "50,90", "--seeds", "9", "--confidence", "0.9"], ""),
    ] {
        let output = specdyn(&[&ladder[..], &["--rates"], more].concat());
        let (table, remarks) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "{remarks}");
        assert!(remarks.starts_with(said) && remarks.lines().count() == usize::from(!said.is_empty()), "{remarks}");
        for line in table.lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            assert!(!cells[2].is_empty(), "{line}");
            assert_eq!(!cells[3].is_empty(), said.is_empty(), "{line}");
        }
    }
}

/// Where nothing finished there is no result: 2, as for a cell without a value. Rows are printed all the same.
#[test]
fn no_run_that_finished_is_2() {
    let run =
        ["--dim", "10", "--init", "0.1", "--samples", "60", "--seeds", "2", "--steps", "5", "--step-size", "1e80"];
    for (command, optimizer) in [("simulate", "specgd"), ("simulate", "sign"), ("compare", "specgd")] {
        let output = specdyn(&[&[command], &run[..], &["--optimizer", optimizer]].concat());
        let (table, remarks) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert_eq!(output.status.code(), Some(2), "{command} {optimizer}: {remarks}");
        assert!(remarks.lines().last().unwrap().starts_with("no run finished"), "{remarks}");
        assert!(table.lines().count() > 2 && !table.contains("inf"), "{table}");
        if command == "simulate" {
            // What was before the step that did it, not after.
            let size = |line: &str| {
                let (_, size) = line.split_once("diverged at step 1: no entry of the weights exceeded ")?;
                size.split(' ').next()?.parse::<f64>().ok()
            };
            let sizes: Vec<f64> = remarks.lines().filter_map(size).collect();
            assert!(sizes.len() == 2 && sizes.iter().all(|size| (0.01..=0.1).contains(size)), "{remarks}");
        }
    }
}

/// No step size helps where the risk is beyond all numbers before the first step.
#[test]
fn a_start_whose_risk_is_no_number_is_not_blamed_on_the_step_size() {
    let run = ["--dim", "10", "--samples", "60", "--steps", "5", "--step-size", "1e-2", "--noise", "1e160"];
    for (command, part) in [("simulate", "seed 0: stopped at step 0"), ("compare", "1 run did not finish; the first")] {
        let output = specdyn(&[&[command, "--optimizer", "gd"], &run[..]].concat());
        let remarks = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{command}: {remarks}");
        assert!(remarks.contains(part) && remarks.contains("noise"), "{remarks}");
        assert!(!remarks.contains("step size"), "{remarks}");
    }
}

#[test]
fn the_number_of_steps_or_a_time_is_needed() {
    refused(&["simulate", "--samples", "9", "--optimizer", "gd", "--step-size", "0.1"], "<--steps <K>|--time <T>>");
}

/// Legend and drawing agree: the recursion is grey and broad in every panel, as its key; a fit is dark and dashed, on top; and what of many
/// coefficients is drawn stands at the axis.
#[test]
fn figures_show_what_their_legends_say() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let model =
        ["--spectrum", "power-law:1", "--dim", "30", "--init", "0.1", "--optimizer", "gd", "--step-size", "0.02"];
    let (runs, ladder) = (path("runs.svg"), path("ladder.svg"));
    let run = ["--samples", "50", "--seeds", "3", "--steps", "5", "--plot", &runs];
    stdout(&[&["simulate"], &model[..], &run].concat());
    stdout(&[&["compare"], &model[..], &["--samples", "50,90", "--steps", "5", "--plot", &ladder]].concat());
    let [runs, ladder] = [runs, ladder].map(|path| std::fs::read_to_string(path).unwrap());
    assert!(runs.contains("coefficient (7 of 30)"), "{runs}");
    assert!(ladder.contains("deviation of overlap (7 of 30)"), "{ladder}");
    // Seven coefficients, risk, alignment, and the key.
    let broad = |figure: &str| figure.lines().filter(|line| line.contains("stroke-width=\"3.2\"")).count();
    assert_eq!((broad(&runs), broad(&ladder)), (10, 0));
    let grey = runs.lines().filter(|line| line.contains("stroke-width=\"3.2\"") && line.contains("#222222"));
    assert_eq!(grey.count(), 10);
    // Seven fits, and the key.
    assert_eq!(ladder.lines().filter(|line| line.contains("stroke-dasharray=\"2.5 4\"")).count(), 8);
}
