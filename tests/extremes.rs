//! Every pair of extreme values of two options is answered: by a result, or by one line that says what is wrong, in seconds.
//!
//! What is asked for in so many words takes as long as it takes: 10^12 steps of a recursion are allowed, and stopped by a signal
//! (`tests/sweeps/interruption.rs`), so step sizes here are either moderate or absurd.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Largest value of an option that takes a number of things.
const MOST: &str = "18446744073709551615";

type Options = &'static [(&'static str, &'static [&'static str])];

/// An option that is only switched on.
const ON: &str = "";

const MODEL: Options = &[
    ("dim", &["0", "1", "2", "3", "1000000", "1000000000", MOST]),
    ("spike", &["0", "1e-300", "1e4", "1e300", "-1", "nan"]),
    ("init", &["0", "5e-324", "1e-300", "0.5", "1", "1e3", "1e300"]),
    ("overlap", &["1", "0.5", "1e-300", "-1", "2"]),
    ("width", &["0", "1", "2", MOST]),
    ("step-size", &["0", "1e-300", "1e-3", "1", "1e300"]),
    ("loss-scale", &["one"]),
    ("signal", &["random"]),
    ("start", &["gaussian", "sphere"]),
    (
        "spectrum",
        &[
            "power-law:0",
            "power-law:300",
            "power-law:-1",
            "steps:1e300*1,1e-300*9007199254740992",
            "steps:1*1",
            "steps:1*3,20*1",
            "file:/dev/null",
        ],
    ),
    ("signal-index", &["0", "2", MOST]),
    ("seed", &[MOST]),
    ("time", &["0", "1e-300", "5", "1e300", "inf"]),
];

const POPULATION: Options = &[
    (
        "optimizer",
        &["gd", "specgd", "power:0", "power:1e-300", "power:0.25", "power:0.5", "power:0.999999", "power:1", "power:2"],
    ),
    ("points", &["0", "1", "2", MOST]),
    ("steps", &["0", "1", MOST]),
    ("until", &["signal>=1e300", "risk<=0", "alignment>=1", "signal<=1e-300"]),
    ("at", &["0,1e300", "5,1", "1e-300"]),
    ("precision", &["exact", "interval", "128", "1"]),
    ("events", &[ON]),
];

const DIAGRAM: Options = &[
    ("optimizer", &["gd", "specgd", "power:1e-300", "power:0.25", "power:1", "gd,specgd"]),
    ("observe", &["escape-time", "contraction-time", "alignment", "risk"]),
    (
        "x",
        &[
            "spike=0:1e300:3",
            "init=1e-300:1e300:3:log",
            "dim=0:1e19:3",
            "power=0:1:3",
            "overlap=-1:1:3",
            "width=0:1e6:3",
            "step-size=0:1e300:3",
            "samples=0:1e19:3",
            "noise=0:1e300:2",
            "exponent=0:1e300:3",
            "spike=3:3:1",
        ],
    ),
    ("samples", &["0", "1", "100000", MOST]),
    ("seeds", &["0", "2", MOST]),
    ("data", &["mini-batch:0", "online:1", "mini-batch:18446744073709551615"]),
    ("noise", &["0", "1e300", "-1"]),
    ("refine", &["boundary:1", "boundary:16"]),
    ("level", &["0", "1e300", "1,2"]),
    ("shard", &["1/1", "0/1", "1/18446744073709551615"]),
    ("certified", &[ON]),
    ("forecast", &[ON]),
    ("max-hours", &["0", "1e300", "-1", "nan"]),
];

const SIMULATION: Options = &[
    ("optimizer", &["gd", "specgd", "power:0.25", "muon"]),
    ("samples", &["0", "1", "10000", MOST]),
    ("seeds", &["0", "1", MOST]),
    ("steps", &["0", "3", MOST]),
    ("every", &["0", "1", MOST]),
    ("data", &["mini-batch:1", "online:1", "mini-batch:18446744073709551615"]),
    ("noise", &["1e300", "-1"]),
];

/// What is given where the pair says nothing; a later value of an option wins.
const COMMANDS: [(&str, Options, &[&str]); 3] = [
    ("population", POPULATION, &[]),
    ("phase-diagram", DIAGRAM, &["--x=spike=1:4:2", "--y=init=1e-3:0.1:2", "--plot=none", "--threads=1"]),
    ("simulate", SIMULATION, &["--samples=50", "--step-size=0.01", "--steps=3", "--dim=6", "--optimizer=gd"]),
];

fn option(name: &str, value: &str) -> String {
    if value == ON { format!("--{name}") } else { format!("--{name}={value}") }
}

/// All pairs of values of two different options of each command.
fn pairs() -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for (command, own, given) in COMMANDS {
        let options: Vec<_> = MODEL.iter().chain(own).collect();
        for (i, (first, values)) in options.iter().enumerate() {
            for (second, others) in &options[i + 1..] {
                for value in *values {
                    for other in *others {
                        let mut line = vec![command.to_string()];
                        line.extend(given.iter().map(ToString::to_string));
                        line.extend([option(first, value), option(second, other)]);
                        if line.iter().any(|option| option.starts_with("--data=online")) {
                            line.retain(|option| option != "--samples=50");
                        }
                        all.push(line);
                    }
                }
            }
        }
    }
    all
}

/// Twenty seconds of one core, six gigabytes: nobody waits longer, and no laptop has more to spare.
const LIMITS: &str = "ulimit -t 20; ulimit -v 6000000; exec \"$0\" \"$@\"";

/// What is wrong with the answer, if anything.
fn wrong(line: &[String]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", LIMITS, env!("CARGO_BIN_EXE_specdyn")]).args(line);
    if line[0] == "phase-diagram" {
        command.arg("--output").arg(folder.path().join("out"));
    }
    let output = command.output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    let answered = match output.status.code() {
        // Done, or done as far as it goes: remarks are allowed.
        Some(0 | 2) => true,
        Some(64 | 65 | 73) => message.lines().count() == 1 && message.starts_with("error: "),
        _ => false,
    };
    let fault = if !answered || message.contains("panicked") {
        Some(message.into_owned())
    } else {
        let cells = std::fs::read_to_string(folder.path().join("out/cells.csv")).ok();
        let table = cells.unwrap_or_else(|| String::from_utf8_lossy(&output.stdout).into_owned());
        no_number(&table).map(|row| format!("a row that is no number, and does not say why: {row}"))
    };
    fault.map(|fault| format!("{} -> {}: {fault}", line.join(" "), output.status))
}

/// A row with something that is no number, though its status is ok, or it has none.
fn no_number(table: &str) -> Option<&str> {
    let mut lines = table.lines();
    let columns: Vec<&str> = lines.next()?.split(',').collect();
    let status = columns.iter().position(|name| *name == "status");
    // An end of an enclosure may be infinite: nothing is known then.
    let finite = |(cell, column): (&str, &&str)| {
        let cell = cell.to_ascii_lowercase();
        cell != "nan"
            && (!["inf", "-inf"].contains(&cell.as_str()) || column.ends_with("_hi") || column.ends_with("_lo"))
    };
    lines.find(|row| {
        let says_why = status.and_then(|i| row.split(',').nth(i)).is_some_and(|status| status != "ok");
        !says_why && !row.split(',').zip(&columns).all(finite)
    })
}

#[test]
fn rows_without_numbers_are_seen() {
    let row = |row: &str| no_number(&format!("time,risk,status\n0,1,ok\n{row}\n")).is_some();
    assert!(row("0,NaN,ok") && row("inf,1,ok") && row("1,-inf,ok"));
    assert!(!row("0,,ok") && !row("1,nan,diverged at t = 1"));
    assert!(no_number("time,risk\n0,inf\n").is_some());
}

fn all_answered(lines: &[Vec<String>]) {
    let (next, wrong_ones) = (AtomicUsize::new(0), std::sync::Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(line) = lines.get(next.fetch_add(1, Ordering::Relaxed)) {
                    wrong_ones.lock().unwrap().extend(wrong(line));
                }
            });
        }
    });
    let wrong_ones = wrong_ones.into_inner().unwrap();
    assert!(wrong_ones.is_empty(), "{} of {}:\n{}", wrong_ones.len(), lines.len(), wrong_ones.join("\n"));
    println!("{} command lines answered", lines.len());
}

/// The promise: `cargo test --release --test extremes -- --ignored --nocapture`.
#[test]
#[ignore = "minutes; the promised pairs"]
fn every_pair_of_extreme_values_is_answered() {
    all_answered(&pairs());
}

/// Some of them, in continuous integration, and those that were not answered once.
#[test]
fn some_pairs_of_extreme_values_are_answered() {
    let all = pairs();
    assert!(all.len() > 5_000, "only {} pairs", all.len());
    let mut some: Vec<Vec<String>> = all.iter().step_by(197).cloned().collect();
    let once = [
        "population --init=1e300 --optimizer=power:0.5",
        "population --step-size=1e-300 --time=5",
        "population --steps=18446744073709551615 --step-size=1",
        "population --optimizer=gd --spike=1e9 --time=1 --points=5",
        "population --optimizer=gd --spike=1e300 --time=1 --points=5",
        "population --optimizer=gd --init=1e100 --time=1 --points=5",
        "population --optimizer=gd --step-size=1e300 --steps=5",
        "population --optimizer=specgd --step-size=1e300 --steps=5",
        "population --optimizer=specgd --init=1e200 --time=1 --points=5",
        "population --optimizer=specgd --step-size=0.5 --init=0.5 --steps=5",
        "population --optimizer=power:0.5 --init=1e200 --time=1 --points=5",
        "population --optimizer=gd --spectrum=steps:1e300*1,1e-300*9007199254740992 --time=1",
        "phase-diagram --x=spike=1:4:2 --y=init=1e-3:1e300:2 --plot=none --optimizer=gd --time=0 --observe=risk",
        "phase-diagram --x=spike=1:4:2 --y=init=1e-3:0.1:2 --plot=none --step-size=1e-300 --data=online:1",
        "phase-diagram --x=spike=1:4:2 --y=init=1e-3:0.1:2 --plot=none --step-size=1e-300 --signal=random",
        "phase-diagram --x=spike=1:4:2 --y=init=1e-3:0.1:2 --plot=none --step-size=1e-300 --time=1 --forecast",
    ];
    some.extend(once.iter().map(|line| line.split(' ').map(String::from).collect()));
    all_answered(&some);
}
