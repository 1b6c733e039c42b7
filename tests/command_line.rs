//! The command line as a contract: columns, exit codes, and one line for every error.

use std::path::Path;
use std::process::{Command, Output};

fn specdyn(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_specdyn")).args(arguments).output().unwrap()
}

fn stdout(arguments: &[&str]) -> String {
    let output = specdyn(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Exit code `code`, nothing on stdout, and one line on stderr that contains `part`.
fn refused(arguments: &[&str], code: i32, part: &str) {
    let output = specdyn(arguments);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {message}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    assert_eq!(message.lines().count(), 1, "{arguments:?}: {message}");
    assert!(message.contains(part), "{arguments:?}: {message}");
}

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
    refused(&[&gd[..], &["--at", "0,2", "--time", "1"]].concat(), 64, "at = 2");
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
        ("--overlap", "0.5", "--overlap"),
        ("--width", "7", "--width"),
        ("--signal", "random", "--signal"),
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
        let spectrum = if option == "--signal-index" { &["--spectrum", "steps:1*3,2*1"][..] } else { &[] };
        refused(&[&["population", "--optimizer", "gd"], spectrum, &[option, value]].concat(), 64, part);
    }
}

#[test]
fn a_grid_that_could_only_mislead_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("diagram");
    let output = output.to_str().unwrap();
    let refused = |arguments: &[&str], part: &str| {
        refused(&[&["phase-diagram", "--output", output], arguments].concat(), 64, part)
    };
    refused(&["--x", "overlap=0:0.9:3"], "axis = overlap");
    refused(&["--x", "power=0.5:1:3"], "power is an axis");
    refused(&["--x", "exponent=1:2:3"], "axis = exponent");
    refused(&["--x", "init=1e-4:1e-2:3"], "different from the other axis");
    refused(&["--x", "spike=0:1"], "NAME=START:STOP:COUNT");
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
        refused(&["population", "--optimizer", "gd", "--spectrum", &format!("file:{}", path(name))], 65, part);
    }
    refused(&["population", "--optimizer", "gd", "--spectrum", &format!("file:{}", path("none.csv"))], 65, "none.csv");
    refused(&["population", "--optimizer", "gd", "--config", &path("none.toml")], 65, "none.toml");
    let taken = path("taken.csv");
    std::fs::write(&taken, "mine").unwrap();
    refused(&["population", "--optimizer", "gd", "--output", &taken], 73, "taken.csv");
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
    refused(&["population", "--optimizer", "gd", "--config", config], 65, "spyke");
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
