//! The command line as a contract: columns, exit codes, and one line for every error.

mod program;

use program::{fails, refused, specdyn, stdout};
use std::path::Path;

fn first_fields(table: &str) -> Vec<&str> {
    table.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect()
}

#[test]
fn the_columns_are_those_of_the_contract() {
    let header = |arguments: &[&str]| stdout(arguments).lines().next().unwrap().to_string();
    let flow = ["population", "--optimizer", "gd", "--time", "1", "--points", "2"];
    assert_eq!(header(&flow), "time,signal,spike,bulk,risk,alignment,amplification");
    let steps = ["population", "--optimizer", "gd", "--step-size", "0.01", "--steps", "3", "--points", "4"];
    assert_eq!(header(&steps), "step,time,signal,spike,bulk,risk,alignment,amplification");
    let groups = [&flow[..], &["--spectrum", "steps:1*3,2*1"]].concat();
    assert_eq!(header(&groups), "time,signal,w1,w2,risk,alignment,amplification");
    assert_eq!(header(&["population", "--optimizer", "specgd", "--events"]), "time,event,coefficient");
}

#[test]
fn every_row_that_is_asked_for_is_printed() {
    let gd = ["population", "--optimizer", "gd"];
    assert_eq!(first_fields(&stdout(&[&gd[..], &["--at", "0,1,50"]].concat())), ["0", "1", "50"]);
    assert_eq!(first_fields(&stdout(&[&gd[..], &["--at", "0,1,50", "--time", "50"]].concat())), ["0", "1", "50"]);
    assert_eq!(
        first_fields(&stdout(&[&gd[..], &["--step-size", "0.01", "--at", "0,7,400"]].concat())),
        ["0", "7", "400"]
    );
    assert_eq!(
        first_fields(&stdout(&[&gd[..], &["--step-size", "0.01", "--steps", "3", "--points", "4"]].concat())).len(),
        4
    );
    assert_eq!(first_fields(&stdout(&["population", "--optimizer", "specgd", "--at", "0.5,1,7"])), ["0.5", "1", "7"]);
    refused(&[&gd[..], &["--at", "0,2", "--time", "1"]].concat(), "at = 2");
    // Up to where a solution is unique, that end included, on any clock.
    for scale in ["quarter", "one"] {
        let ends = ["--optimizer", "power:0.2", "--spike", "8", "--init", "0.7", "--dim", "20", "--points", "4"];
        let rows = stdout(&[&["population", "--loss-scale", scale], &ends[..]].concat());
        let rows = first_fields(&rows);
        assert!(rows.len() == 5 && rows[3] == rows[4], "{rows:?}");
    }
}

#[test]
fn a_condition_is_met_or_said_not_to_be() {
    for (power, level, scale) in [("power:0.5", 0.5, "quarter"), ("power:0.3", 1e-20, "quarter"), ("gd", 0.1, "one")] {
        let until = format!("risk<={level:e}");
        let output = specdyn(&["population", "--optimizer", power, "--until", &until, "--loss-scale", scale]);
        let table = String::from_utf8(output.stdout).unwrap();
        let last: f64 = table.lines().last().unwrap().split(',').nth(4).unwrap().parse().unwrap();
        assert!((last / level - 1.0).abs() < 1e-9 && output.stderr.is_empty(), "{power}: {last:e}");
    }
    let output = specdyn(&["population", "--optimizer", "specgd", "--until", "signal>=2"]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && message.starts_with("specgd: signal>=2 was not met: "), "{message}");
}

#[test]
fn a_diverging_recursion_is_a_row_that_says_so() {
    let table = stdout(&["population", "--optimizer", "gd", "--step-size", "2", "--steps", "100", "--points", "101"]);
    assert!(table.lines().next().unwrap().ends_with(",status"));
    assert!(table.lines().last().unwrap().contains("diverged at t ="));
    assert!(!table.contains("inf") && !table.contains("nan"), "{table}");
}

#[test]
fn a_parameter_outside_its_domain_is_one_line_and_64() {
    for (option, value, part) in [
        ("--spike", "-1", "spike = -1"),
        ("--spike", "NaN", "spike"),
        ("--spike", "inf", "spike"),
        ("--dim", "2", "dim = 2"),
        ("--dim", "x", "--dim"),
        ("--init", "0", "init = 0"),
        ("--init", "-1e-3", "init"),
        ("--overlap", "1.5", "overlap = 1.5"),
        ("--overlap", "-1.0000000000000002", "overlap = -1.0000000000000002"),
        ("--signal", "none", "--signal"),
        ("--width", "0", "width = 0"),
        ("--width", "-3", "--width"),
        ("--width", "4194304", "width = 4194304"),
        ("--start", "zero", "--start"),
        ("--start", "sphere", "width = 100"),
        ("--seed", "-1", "--seed"),
        ("--loss-scale", "two", "--loss-scale"),
        ("--optimizer", "sgd", "optimizer"),
        ("--optimizer", "power:2", "power = 2"),
        ("--step-size", "0", "step-size = 0"),
        ("--time", "-1", "time = -1"),
        ("--until", "risk>1", "until"),
        ("--until", "loss>=1", "until"),
        ("--points", "0", "points = 0"),
        ("--spectrum", "steps:1*0", "multiplicity"),
        ("--spectrum", "cubes", "spectrum"),
        ("--signal-index", "0", "signal-index = 0"),
        ("--signal-index", "3", "signal-index = 3"),
        ("--signal-index", "18446744073709551615", "signal-index"),
        ("--plot", "figure.gif", "--plot"),
        ("--format", "npz", "--output"),
        ("--nonsense", "1", "--nonsense"),
    ] {
        let with = match option {
            "--signal-index" => &["--spectrum", "steps:1*3,2*1"][..],
            "--width" => &["--start", "gaussian"],
            _ => &[],
        };
        refused(&[&["population", "--optimizer", "gd"], with, &[option, value]].concat(), part);
    }
}

#[test]
fn no_number_is_not_a_number() {
    for option in ["--spike", "--overlap", "--init", "--step-size", "--time", "--at"] {
        for value in ["NaN", "nan", "inf", "-inf", "Infinity", "1e999", "", "x", "0x10", "1e", "--1", "1 2", "\u{661}"]
        {
            refused(&["population", "--optimizer", "gd", &format!("{option}={value}")], &option[2..]);
        }
    }
    for text in ["signal>=NaN", "signal>=inf", "signal>=", "signal>=x", ">=1", "", "signal", "signal>=1>=2", "w1>=0.5"]
    {
        refused(&["population", "--optimizer", "gd", &format!("--until={text}")], "until");
    }
    for text in ["power:NaN", "power:-0.1", "power:1.1", "power:inf", "power:", "power", "GD", ""] {
        refused(&["population", &format!("--optimizer={text}")], "");
    }
    for text in [
        "power-law:NaN",
        "power-law:-1",
        "power-law:inf",
        "power-law:",
        "power-law:400",
        "steps:",
        "steps:NaN*1",
        "steps:-1*3",
        "steps:0*3",
        "steps:inf*3",
        "steps:1*-3",
        "steps:1*1.5",
        "steps:1*9007199254740993",
        "file:",
    ] {
        refused(&["population", "--optimizer", "gd", &format!("--spectrum={text}")], "");
    }
    for d in ["0", "1", "2", "-5", "1.5", "9007199254740993", "1e3", "NaN"] {
        refused(&["population", "--optimizer", "gd", &format!("--dim={d}")], "dim");
    }
}

#[test]
fn options_that_would_not_count_are_refused() {
    for (options, part) in [
        (&["--overlap", "0.5", "--spectrum", "steps:1*3,2*1"][..], "--overlap"),
        (&["--overlap", "0.5", "--signal", "random"], "--overlap"),
        (&["--spike", "3", "--spectrum", "steps:1*3,2*1"], "--spike"),
        (&["--dim", "5", "--spectrum", "steps:1*3,2*1"], "--dim 5"),
        (&["--signal-index", "2"], "--signal-index"),
        (&["--signal-index", "2", "--signal", "random", "--spectrum", "power-law:1"], "--signal-index"),
        (&["--start", "sphere", "--width", "2"], "width = 2"),
        (&["--step-size", "0.01", "--events"], "--events"),
        (&["--steps", "5"], "--step-size"),
        (&["--plot", "one.png", "--output", "one.png"], "one.png is to be written twice"),
        (&["--optimizer", "gd,specgd,gd"], "optimizer = gd"),
        (&["--optimizer", "specgd,power:0"], "optimizer = power:0"),
        (&["--eps", "0.1"], "--statistics"),
        (&["--events", "--points", "5"], "--points"),
        (&["--events", "--time", "1", "--at", "0.5"], "--at"),
        (&["--width", "1", "--escape-rate", "--eps", "0.1"], "--eps"),
        (&["--width", "1", "--escape-rate", "--points", "5"], "--points"),
        (&["--width", "1", "--time", "1", "--statistics", "s", "--eps", "0.1"], "--eps"),
        (&["--width", "1", "--time", "1", "--statistics", "s", "--ladder"], "--ladder"),
    ] {
        refused(&[&["population", "--optimizer", "gd"], options].concat(), part);
    }
}

#[test]
fn a_flow_that_cannot_be_solved_says_so_and_what_to_do() {
    for options in [
        &["--overlap", "0.3"][..],
        &["--signal", "random"],
        &["--width", "2"],
        &["--start", "gaussian"],
        &["--signal", "random", "--spectrum", "power-law:1.5"],
    ] {
        for optimizer in ["specgd", "power:0.5"] {
            let command = [&["population", "--optimizer", optimizer], options].concat();
            refused(&command, "give --step-size");
            let recursion = stdout(&[&command[..], &["--step-size", "0.01", "--steps", "3"]].concat());
            assert_eq!(recursion.lines().count(), 5, "{recursion}");
        }
        assert!(
            stdout(&[&["population", "--optimizer", "gd", "--time", "1"], options].concat()).lines().count() == 202
        );
        refused(
            &[
                &["population", "--optimizer", "gd", "--step-size", "0.01", "--steps", "3", "--precision", "exact"],
                options,
            ]
            .concat(),
            if options.contains(&"power-law:1.5") { "exponent" } else { "precision" },
        );
    }
}

#[test]
fn columns_off_the_manifold_are_those_on_it() {
    let header = |arguments: &[&str]| stdout(arguments).lines().next().unwrap().to_string();
    let gd = ["population", "--optimizer", "gd", "--time", "1"];
    for options in [&["--overlap", "0.3"][..], &["--signal", "random"], &["--width", "2"], &["--start", "gaussian"]] {
        assert_eq!(header(&[&gd[..], options].concat()), "time,signal,spike,bulk,risk,alignment,amplification");
    }
    let groups = ["--spectrum", "steps:1*3,2*1"];
    assert_eq!(
        header(&[&gd[..], &groups, &["--width", "2"]].concat()),
        "time,signal,w1,w2,risk,alignment,amplification",
        "the signal has left its group of three"
    );
    assert_eq!(
        header(&[&gd[..], &groups, &["--signal", "random"]].concat()),
        "time,signal,w1,w2,risk,alignment,amplification",
        "both groups, none of which is the signal's"
    );
    assert_eq!(header(&[&gd[..], &["--overlap", "0.3", "--events"]].concat()), "time,event,coefficient");
}

#[test]
fn a_start_and_a_signal_are_the_seeds() {
    let run = |seed: &str| {
        stdout(&[
            "population",
            "--optimizer",
            "specgd",
            "--signal",
            "random",
            "--width",
            "2",
            "--dim",
            "20",
            "--step-size",
            "0.01",
            "--steps",
            "20",
            "--seed",
            seed,
        ])
    };
    assert_eq!(run("7"), run("7"));
    assert_ne!(run("7"), run("8"));
}

#[test]
fn an_overlap_is_an_axis_and_no_theory_is_drawn_where_none_is_proved() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("tilted");
    let output = output.to_str().unwrap();
    let axes = ["--x", "overlap=0:1:3", "--y", "spike=1:9:2", "--dim", "20", "--output", output];
    refused(&[&["phase-diagram", "--optimizer", "gd,specgd"], &axes[..]].concat(), "give --step-size");
    stdout(&[&["phase-diagram", "--optimizer", "gd"], &axes[..]].concat());
    let cells = std::fs::read_to_string(folder.path().join("tilted/cells.csv")).unwrap();
    let value = |line: &str| line.split(',').nth(3).unwrap().parse::<f64>().unwrap();
    let values: Vec<f64> = cells.lines().skip(1).map(value).collect();
    assert_eq!(values.len(), 6, "{cells}");
    assert_eq!(
        (values[0], values[2], values[5]),
        (1.0, 1.0, 1.0),
        "below the threshold, and where spike and signal are one"
    );
    assert!(values[3] > 2.0 && 1.0 < values[4] && values[4] < values[3], "the tilt helps the signal: {cells}");
    let theory = |output: &str| {
        let run = std::fs::read_to_string(folder.path().join(output).join("run.json")).unwrap();
        serde_json::from_str::<serde_json::Value>(&run).unwrap()["theory"].as_array().unwrap().clone()
    };
    // over spike and overlap the factor-three law is proved (derivations/tilted.md), over dimension and overlap no boundary is
    let curves = theory("tilted");
    assert!(curves.len() == 1 && curves[0]["label"].as_str().unwrap().contains("3λ²ρ²"), "{curves:?}");
    for point in curves[0]["points"].as_array().unwrap() {
        let (rho, lambda) = (point[0].as_f64().unwrap(), point[1].as_f64().unwrap());
        // `tilted.threshold` at alpha = 1e-3, d = 20
        let miss = lambda - 2.0 + 3.0 * (lambda * rho).powi(2) - 1e-6 * lambda * (3.0 * lambda + 24.0);
        assert!(miss.abs() < 1e-12 * (1.0 + 3.0 * lambda * lambda), "rho = {rho}, lambda = {lambda}: {miss:e}");
    }
    let other = folder.path().join("other");
    let axes = ["--x", "overlap=0:0.5:2", "--y", "dim=10:20:2", "--output", other.to_str().unwrap()];
    stdout(&[&["phase-diagram", "--optimizer", "gd"], &axes[..]].concat());
    assert!(theory("other").is_empty());
}

#[test]
fn a_grid_that_could_only_mislead_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("diagram");
    let output = output.to_str().unwrap();
    let refused =
        |arguments: &[&str], part: &str| refused(&[&["phase-diagram", "--output", output], arguments].concat(), part);
    refused(&["--x", "overlap=0:0.9:3"], "give --step-size");
    refused(&["--x", "overlap=0:0.9:3", "--y", "dim=3:9:3", "--signal", "random"], "axis = overlap");
    refused(&["--x", "overlap=0:0.9:3", "--spectrum", "power-law:1"], "axis = overlap");
    refused(&["--x", "loss-scale=1:4:2"], "axis = loss-scale");
    refused(&["--x", "power=0.5:1:3"], "power is an axis");
    refused(&["--x", "exponent=1:2:3"], "axis = exponent");
    refused(&["--spike", "3"], "--spike is an axis");
    refused(&["--certified", "--init", "0.01"], "--init is an axis");
    for (axis, value) in [
        ("spike=-5:5:5", "spike = -5"),
        ("dim=2:50:5", "dim = 2"),
        ("dim=3:1e300:3:log", "dim = 1e300"),
        ("overlap=0:2:5", "overlap = 2"),
        ("overlap=-1.5:0:4", "overlap = -1.5"),
        ("width=0:4:5", "width = 0"),
        ("step-size=0:1:3", "step-size = 0"),
    ] {
        refused(&["--x", axis], value);
    }
    refused(&["--x", "init=0:0.1:3", "--y", "dim=3:9:3"], "init = 0");
    refused(&["--x", "power=0.5:2:3", "--optimizer", "power:0.5"], "power = 2");
    refused(&["--x", "exponent=-1:1:3", "--spectrum", "power-law:1"], "exponent = -1");
    refused(&["--x", "init=1e-4:1e-2:3"], "different from the other axis");
    refused(&["--x", "spike=0:1"], "NAME=START:STOP:COUNT");
    for axis in [
        "",
        "spike",
        "spike=",
        "spike=1:2:x",
        "spike=NaN:1:3",
        "spike=0:inf:3",
        "spike=2:1:3",
        "spike=0:1:0",
        "spike=0:1:1",
        "spike=0:1:-3",
        "spike=0:1:3:lin",
        "init=0:1:3:log",
        "=0:1:3",
    ] {
        refused(&[&format!("--x={axis}")], "axis");
        refused(&[&format!("--y={axis}")], "axis");
    }
    assert!(!Path::new(output).exists());
}

#[test]
fn unusable_files_are_65_and_existing_outputs_73() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    for (name, content, part) in [
        ("empty.csv", "", "empty"),
        ("header.csv", "q,n\n1,2\n", "line 1"),
        ("unsorted.csv", "variance,multiplicity\n3,1\n1,2\n2,1\n", "sorted"),
        ("zero.csv", "variance,multiplicity\n3,0\n", "line 2"),
        ("word.csv", "variance,multiplicity\nthree,1\n", "line 2"),
    ] {
        std::fs::write(path(name), content).unwrap();
        fails(&["population", "--optimizer", "gd", "--spectrum", &format!("file:{}", path(name))], 65, part);
    }
    fails(&["population", "--optimizer", "gd", "--spectrum", &format!("file:{}", path("none.csv"))], 65, "none.csv");
    fails(&["population", "--optimizer", "gd", "--config", &path("none.toml")], 65, "none.toml");
    let taken = path("taken.csv");
    std::fs::write(&taken, "mine").unwrap();
    fails(&["population", "--optimizer", "gd", "--output", &taken], 73, "taken.csv");
    fails(&["population", "--optimizer", "gd", "--output", &path("none/out.csv")], 73, "no such folder");
    assert_eq!(std::fs::read_to_string(&taken).unwrap(), "mine");
}

#[test]
fn options_from_a_file_give_the_same_bytes_and_the_command_line_wins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.toml");
    std::fs::write(&path, "optimizer = \"gd\"\nspike = 5\ntime = 2.0\npoints = 5\n").unwrap();
    let config = path.to_str().unwrap();
    let typed = stdout(&["population", "--optimizer", "gd", "--spike", "5", "--time", "2.0", "--points", "5"]);
    assert_eq!(stdout(&["population", "--config", config]), typed);
    let other = stdout(&["population", "--optimizer", "gd", "--spike", "7", "--time", "2.0", "--points", "5"]);
    assert_eq!(stdout(&["population", "--config", config, "--spike", "7"]), other);
    std::fs::write(&path, "spyke = 5\n").unwrap();
    fails(&["population", "--optimizer", "gd", "--config", config], 65, "spyke");
}

#[test]
fn a_phase_diagram_has_the_same_cells_for_any_number_of_threads_and_is_drawn_again_without_them() {
    let folder = tempfile::tempdir().unwrap();
    let diagram = |name: &str, threads: &str| {
        let output = folder.path().join(name);
        let axes = ["--x", "spike=0:8:9", "--y", "init=1e-4:1e-2:5:log", "--optimizer", "gd,specgd,power:0.5"];
        let rest = ["--threads", threads, "--plot", "png", "--output", output.to_str().unwrap()];
        stdout(&[&["phase-diagram"], &axes[..], &rest].concat());
        output
    };
    let (one, three) = (diagram("one", "1"), diagram("three", "3"));
    let cells = std::fs::read_to_string(one.join("cells.csv")).unwrap();
    assert_eq!(cells, std::fs::read_to_string(three.join("cells.csv")).unwrap());
    assert_eq!(cells.lines().count(), 1 + 3 * 9 * 5);
    assert!(cells.starts_with("x,y,optimizer,value,status\n0,0.0001,gd,1,ok\n1,0.0001,gd,1,ok\n"), "{cells}");
    let figure = std::fs::read(one.join("phase-diagram.png")).unwrap();
    std::fs::remove_file(one.join("phase-diagram.png")).unwrap();
    stdout(&["plot", one.to_str().unwrap(), "--plot", "png"]);
    assert_eq!(std::fs::read(one.join("phase-diagram.png")).unwrap(), figure);
}
