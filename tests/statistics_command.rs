//! `specdyn population --statistics`: one vector from the command line.

mod program;

use std::process::Output;

fn specdyn(arguments: &[&str]) -> Output {
    program::specdyn(&[&["population"], arguments].concat())
}

fn rows(arguments: &[&str]) -> (Vec<String>, Vec<Vec<f64>>) {
    let output = specdyn(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').map(String::from).collect::<Vec<_>>());
    let header = lines.next().unwrap();
    (header, lines.map(|row| row.iter().map(|x| x.parse().unwrap_or(f64::NAN)).collect()).collect())
}

/// The companion paper's model.
const COMPANION: [&str; 18] = [
    "--spectrum",
    "power-law:2",
    "--dim",
    "1000",
    "--signal",
    "unit-energy",
    "--width",
    "1",
    "--start",
    "sphere",
    "--init",
    "1",
    "--seed",
    "7",
    "--loss-scale",
    "one",
    "--optimizer",
    "gd",
];

#[test]
fn ten_million_units_of_time_are_rows_like_any_other() {
    let (header, rows) =
        rows(&[&COMPANION[..], &["--statistics", "s,u,gap,mse,u2", "--at", "0,1e-1:1e7:9:log"]].concat());
    assert_eq!(header, ["time", "s", "u", "gap", "mse", "u2"]);
    assert_eq!(rows.len(), 10);
    assert_eq!(rows[9][0], 1e7);
    // s and u are 1 at the end, from below, and the error only falls once u has escaped.
    let end = &rows[9];
    assert!((end[2].abs() + end[3] - 1.0).abs() < 1e-15 && end[3] > 0.0 && end[3] < 1e-6, "{end:?}");
    assert!(rows[3..].windows(2).all(|pair| pair[1][4] < pair[0][4] && pair[1][3] < pair[0][3]));
}

#[test]
fn phases_are_events_and_a_recursion_sees_them_where_the_flow_does() {
    let output = specdyn(&[&COMPANION[..], &["--statistics", "u", "--events", "--time", "1e3"]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    let kinds: Vec<&str> = text.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
    assert!(kinds.starts_with(&["escape"]) || kinds.starts_with(&["saturate"]), "{text}");
    assert!(kinds.iter().filter(|kind| **kind == "converge").count() >= 3, "{text}");
    let flow = rows(&[&COMPANION[..], &["--statistics", "u,mse", "--time", "100", "--points", "3"]].concat()).1;
    let recursion = rows(
        &[&COMPANION[..], &["--statistics", "u,mse", "--step-size", "1e-3", "--time", "100", "--points", "3"]].concat(),
    );
    assert_eq!(recursion.0, ["step", "time", "u", "mse"]);
    for (flow, recursion) in flow.iter().zip(recursion.1) {
        assert!((flow[1] - recursion[2]).abs() < 1e-3 && (flow[2] - recursion[3]).abs() < 1e-3 * flow[2]);
    }
}

#[test]
fn what_does_not_fit_is_refused_in_one_line() {
    for (more, reason) in [
        (&["--statistics", "s,s", "--time", "1"][..], "statistics"),
        (&["--statistics", "z", "--time", "1"], "statistics"),
        (&["--statistics", "s10", "--time", "1"], "statistics"),
        (&["--statistics", "s"], "horizon"),
        (&["--statistics", "s", "--time", "-1"], "time"),
        (&["--statistics", "s", "--time", "1", "--at", "2"], "at"),
        (&["--statistics", "s", "--at", "1:0:3"], "at"),
        (&["--statistics", "s", "--at", "0:1:3:log"], "at"),
        (&["--statistics", "s", "--time", "1", "--until", "alignment>=0.5"], "observable: s, u, s2"),
        (&["--statistics", "s", "--time", "1", "--until", "gap=0.5"], "until"),
        (&["--statistics", "s", "--until", "gap<=0.5"], "horizon"),
        (&["--statistics", "s", "--time", "1", "--eps", "1"], "eps = 1"),
        (&["--statistics", "lambda", "--time", "1", "--step-size", "1"], "flow of gd"),
        (&["--time", "1", "--eps", "0.1"], "--statistics"),
        (&["--statistics", "s", "--time", "1", "--precision", "interval"], "--precision"),
        (&["--statistics", "s", "--time", "1", "--events", "--step-size", "1"], "--events"),
        (&["--time", "1", "--precision", "interval"], "precision"),
    ] {
        let output = specdyn(&[&COMPANION[..], more].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(64), "{more:?}: {said}");
        assert!(said.contains(reason) && said.trim_end().lines().count() == 1, "{more:?}: {said}");
    }
    let wide = specdyn(&["--optimizer", "gd", "--statistics", "s", "--time", "1"]);
    assert_eq!(wide.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&wide.stderr).contains("width"));
}

/// The risk of the same start, as every command that has the model prints it.
#[test]
fn every_command_takes_the_companion_papers_signal() {
    fn model<'a>(more: &[&'a str]) -> Vec<&'a str> {
        let mut arguments = COMPANION;
        arguments[3] = "12";
        [&arguments[..], more].concat()
    }
    let folder = tempfile::tempdir().unwrap();
    let cells = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let read = |command: &str, more: &[&str], column: &str| -> f64 {
        let output = program::specdyn(&[&[command][..], &model(more)].concat());
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        let mut text = String::from_utf8(output.stdout).unwrap();
        if let Some(k) = more.iter().position(|x| *x == "--output") {
            text = std::fs::read_to_string(format!("{}/cells.csv", more[k + 1])).unwrap();
        }
        let mut lines = text.lines();
        let place = lines.next().unwrap().split(',').position(|name| name == column).unwrap();
        lines.next().unwrap().split(',').nth(place).unwrap().parse().unwrap()
    };
    let risk = read("population", &["--statistics", "risk", "--time", "1"], "risk");
    let axes = ["--x", "exponent=2:3:2", "--y", "step-size=1e-3:2e-3:2", "--observe", "risk", "--time", "0"];
    let runs = ["--samples", "40", "--noise", "0.1", "--seeds", "1"];
    let (plain, sampled) = (cells("plain"), cells("sampled"));
    let plain = [&axes[..], &["--output", &plain]].concat();
    let sampled = [&axes[..], &runs, &["--output", &sampled]].concat();
    let run = [&runs[..], &["--step-size", "1e-3", "--time", "2e-3"]].concat();
    for (command, more, column) in [
        ("population", &["--time", "1"][..], "risk"),
        ("population", &["--step-size", "1e-3", "--steps", "2"], "risk"),
        ("simulate", &run, "population_risk"),
        ("phase-diagram", &plain, "value"),
        ("phase-diagram", &sampled, "value"),
    ] {
        let found = read(command, more, column);
        assert!((found / risk - 1.0).abs() < 1e-13, "{command} {more:?}: {found} {risk}");
    }
    let deviation = read("compare", &run, "median");
    assert!(deviation > 0.0 && deviation < 1e-2, "{deviation}");
}

/// While w is small u grows at the rate, which lies in its enclosure, with an eigenvector, a tilted and a random signal.
#[test]
fn the_rate_of_escape_is_printed_and_enclosed_and_is_the_flows() {
    let power_law = ["--spectrum", "power-law:2", "--dim", "50", "--loss-scale", "one"];
    for signal in [
        &["--signal", "unit-energy", "--seed", "3"][..],
        &["--signal", "random", "--seed", "4"],
        &["--signal-index", "2"],
        &["--overlap", "0.3"],
    ] {
        let model = if signal[0] == "--overlap" { &["--dim", "50", "--spike", "2"][..] } else { &power_law };
        let options = [model, signal, &["--width", "1", "--optimizer", "gd"]].concat();
        let (name, rate) = rows(&[&options[..], &["--escape-rate"]].concat());
        let (ends, enclosed) = rows(&[&options[..], &["--escape-rate", "--precision", "interval"]].concat());
        assert_eq!((name, ends), (vec!["escape_rate".into()], vec!["escape_rate_lo".into(), "escape_rate_hi".into()]));
        let (rate, low, high) = (rate[0][0], enclosed[0][0], enclosed[0][1]);
        assert!(low < rate && rate < high && high - low < 1e-9 * rate, "{low} {rate} {high}");
        // Far from the start, where slower modes have died out, and far from the optimum.
        let times = format!("{},{}", 40.0 / rate, 41.0 / rate);
        let flow = rows(&[&options[..], &["--init", "1e-100", "--statistics", "u", "--at", &times]].concat()).1;
        let seen = (flow[1][1] / flow[0][1]).ln();
        assert!((seen - 1.0).abs() < 1e-4, "{signal:?}: {seen}");
    }
    for (more, reason) in [
        (&["--optimizer", "specgd", "--width", "1"][..], "optimizer"),
        (&["--optimizer", "gd"], "width = 100"),
        (&["--optimizer", "gd", "--width", "1", "--precision", "exact"], "precision"),
        (&["--optimizer", "gd", "--width", "1", "--dim", "100000000000000"], "dim"),
        (&["--optimizer", "gd", "--width", "1", "--time", "1"], "--time"),
    ] {
        let output = specdyn(&[more, &["--escape-rate"]].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(64) && said.contains(reason), "{more:?}: {said}");
    }
    let huge =
        specdyn(&["--optimizer", "gd", "--width", "1", "--dim", "100000000000", "--statistics", "s", "--time", "1"]);
    assert_eq!(huge.status.code(), Some(64), "{huge:?}");
}

#[test]
fn a_recursion_that_diverges_says_so_and_keeps_its_rows() {
    let more = ["--statistics", "s", "--step-size", "10", "--steps", "100", "--points", "101"];
    let output = specdyn(&[&COMPANION[..], &more].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.starts_with("step,time,s,status\n0,0,"), "{text}");
    let size = text.split_once("the largest coefficient is ").unwrap().1.trim_end();
    assert!(size.parse::<f64>().is_ok_and(|size| size > 1e9 && size.is_finite()), "{text}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("a smaller --step-size may help"));
}

/// Far from both, the nearer of w* and -w* need not be the one that u points to.
#[test]
fn the_gap_is_that_of_the_sign_of_u_from_the_start() {
    for step in [None, Some(["--step-size", "1e-2"])] {
        let times = if step.is_some() { "0,10,100" } else { "0.1,0.2,1,10" };
        let arguments =
            [&COMPANION[..], &["--statistics", "u,gap", "--at", times], step.as_ref().map_or(&[], |s| &s[..])];
        let (header, rows) = rows(&arguments.concat());
        let at = |name: &str| header.iter().position(|column| column == name).unwrap();
        assert!(rows.len() >= 3 && rows[0][at("u")].abs() < 0.1, "{rows:?}");
        for row in rows {
            let (u, gap) = (row[at("u")], row[at("gap")]);
            assert!((1.0 - u.abs() - gap).abs() < 1e-12, "u = {u}, gap = {gap}");
        }
    }
}

#[test]
fn tiny_dimensions_answer_and_a_width_of_two_is_refused_in_a_line() {
    for (spectrum, dimension) in
        [("power-law:1", "2"), ("power-law:50", "1"), ("power-law:0", "50"), ("power-law:50", "20")]
    {
        let mut arguments = COMPANION;
        (arguments[1], arguments[3], arguments[17]) = (spectrum, dimension, "gd,specgd");
        let output = specdyn(&[&arguments[..], &["--statistics", "s,gap", "--at", "0,1,1e7"]].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && text.lines().count() == 7, "{spectrum} {dimension}: {text}");
        let gap: f64 = text.lines().last().unwrap().split(',').next_back().unwrap().parse().unwrap();
        assert!(gap.abs() < 1e-14, "{spectrum} {dimension}: {text}");
    }
    // Of dimension 1 and no --width, it is 1.
    program::stdout(&[
        "population",
        "--optimizer",
        "gd",
        "--spectrum",
        "power-law:1",
        "--dim",
        "1",
        "--statistics",
        "s",
        "--time",
        "1",
    ]);
    for (init, more) in [("1e308", &["--statistics", "s"][..]), ("1e308", &[]), ("-2", &[])] {
        let mut arguments = COMPANION;
        arguments[11] = init;
        program::refused(
            &[&["population"], &arguments[..], more, &["--time", "1"]].concat(),
            &format!("init = {init} is"),
        );
    }
    let mut arguments = COMPANION;
    (arguments[7], arguments[9]) = ("2", "gaussian");
    let output = specdyn(&[&arguments[..], &["--statistics", "s", "--time", "1"]].concat());
    let remarks = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64), "{remarks}");
    assert!(remarks.lines().count() == 1 && remarks.contains("width = 2 is outside its domain: 1,"), "{remarks}");
}

#[test]
fn times_on_a_logarithmic_range_are_the_powers_of_ten_that_they_meet() {
    let (_, rows) = rows(&[&COMPANION[..], &["--statistics", "s", "--at", "1e-1:1e7:81:log"]].concat());
    let times: Vec<f64> = rows.iter().step_by(10).map(|row| row[0]).collect();
    assert_eq!(times, [0.1, 1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6, 1e7]);
}

/// What holds from some time on ends a flow at that time, and a recursion at its first step there.
#[test]
fn a_condition_ends_a_run_where_it_first_holds() {
    let run =
        |more: &[&str]| rows(&[&COMPANION[..], &["--statistics", "gap,s2,mse", "--time", "1e3"], more].concat()).1;
    let whole = run(&["--at", "0,1,10,100,1e3"]);
    for (condition, column, level, falls) in
        [("gap<=0.05", 1, 0.05, true), ("s2>=0.3", 2, 0.3, false), ("mse<=0.7", 3, 0.7, true)]
    {
        let flow = run(&["--until", condition, "--points", "5"]);
        let last = &flow[4];
        assert!((last[column] - level).abs() < 1e-12, "{condition}: {last:?}");
        assert!(flow[..4].iter().all(|row| (row[column] > level) == falls), "{condition}: {flow:?}");
        let some = run(&["--until", condition, "--at", "0,1,10,100,1e3"]);
        let before = whole.iter().filter(|row| row[0] <= last[0]).cloned().collect::<Vec<_>>();
        assert_eq!(some, before, "{condition}");
        let steps = run(&["--until", condition, "--step-size", "0.01", "--points", "2"]);
        let step = steps[1][0];
        let around = run(&["--step-size", "0.01", "--at", &format!("{},{step}", step - 1.0)]);
        assert_eq!(around[1], steps[1], "{condition}");
        let holds = |row: &[f64]| if falls { row[column + 1] <= level } else { row[column + 1] >= level };
        assert!(holds(&around[1]) && !holds(&around[0]), "{condition}: {around:?}");
    }
    let never = run(&["--until", "gap>=2", "--points", "2"]);
    assert_eq!(never[1], whole[4]);
}

/// Courses have the clock of the loss, begin with their phase, and may be drawn with everything else.
#[test]
fn courses_are_columns_of_gradient_descents_flow() {
    let names = ["--statistics", "lambda,average,uniform,mse", "--eps", "0.1"];
    let (header, one) = rows(&[&COMPANION[..], &names, &["--at", "0,100,1000"]].concat());
    assert_eq!(header, ["time", "lambda", "average", "uniform", "mse"]);
    let mut quarter = COMPANION;
    quarter[15] = "quarter";
    let quarter = rows(&[&quarter[..], &names, &["--at", "0,400,4000"]].concat()).1;
    assert!(one[0][1..4].iter().chain(&quarter[0][1..4]).all(|x| x.is_nan()), "{one:?}");
    for (one, quarter) in one[1..].iter().zip(&quarter[1..]) {
        assert!((4.0 * one[1] / quarter[1] - 1.0).abs() < 1e-12 && (one[2] / quarter[2] - 1.0).abs() < 1e-12);
        assert!((one[3] / quarter[3] - 1.0).abs() < 1e-12, "{one:?} {quarter:?}");
    }
    // Theorem 2: between two times the error falls as its average does, to within eps.
    let (error, average) = (one[2][4] / one[1][4], one[2][2] / one[1][2]);
    assert!((error / average - 1.0).abs() < 0.1, "{error} {average}");
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let (png, svg) = (file("figure.png"), file("figure.svg"));
    let plot = ["--at", "0.1:1e3:41:log", "--plot", &format!("{png},{svg}")];
    let output = specdyn(&[&COMPANION[..], &["--statistics", "s,u,u2,gap,lambda,average,uniform"], &plot].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let drawing = std::fs::read_to_string(&svg).unwrap();
    assert!(std::fs::read(&png).unwrap().starts_with(b"\x89PNG") && drawing.matches("<path").count() > 20, "{drawing}");
    let again = specdyn(&[&COMPANION[..], &["--statistics", "s", "--time", "1", "--plot", &png]].concat());
    assert_eq!(again.status.code(), Some(73));
}
