//! The promised matrix: threads x shards x interruption, joined in changing orders, and always the same bytes.

use super::{artefacts, folder, phase_diagram, run, specdyn};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Flows with an early-ending refinement, recursions with cells that diverge, training runs.
const SWEEPS: [(&str, i32); 4] = [
    ("--x spike=0:20:23 --y init=1e-6:1e-1:17:log --optimizer gd,specgd,power:0.5 --plot svg", 0),
    ("--x step-size=0.001:1.5:12 --y dim=3:40:9 --observe escape-time --optimizer gd,specgd --plot svg", 2),
    ("--x spike=0:20:5 --y init=1e-5:1e-1:5:log --optimizer gd,specgd --refine boundary:2 --plot svg", 0),
    (
        "--x samples=30:300:4:log --y noise=0:0.4:5 --seeds 4 --seed 9 --dim 8 --spike 6 --init 0.1 --step-size 0.01 --time 2 \
         --optimizer gd,specgd --plot svg",
        0,
    ),
];

#[derive(Clone, Copy, Debug)]
struct Configuration {
    threads: usize,
    shards: usize,
    /// Every process is sent this once or more before it may end.
    signal: Option<&'static str>,
}

/// 7 x 4 x 3 = 84 of them.
fn configurations() -> Vec<Configuration> {
    let mut all = Vec::new();
    for threads in [1, 2, 3, 5, 8, 12, 16] {
        for shards in [1, 2, 3, 7] {
            for signal in [None, Some("TERM"), Some("KILL")] {
                all.push(Configuration { threads, shards, signal });
            }
        }
    }
    all
}

/// Runs `command` to its end, after some runs that a signal cut short; returns how many it did.
fn run_interrupted(make: impl Fn() -> Command, signal: Option<&str>, number: &mut u32) -> usize {
    let mut cut = 0;
    for round in 0..3 {
        let Some(signal) = signal else { break };
        let mut child = make().stderr(Stdio::null()).spawn().unwrap();
        // Times that no clock of the program has: multiples of the golden ratio.
        *number = number.wrapping_add(2_654_435_769);
        std::thread::sleep(Duration::from_micros(5_000 + u64::from(*number % 30_000) * (round + 1)));
        let _ = Command::new("kill").args(["-s", signal, &child.id().to_string()]).stderr(Stdio::null()).status();
        match child.wait().unwrap().code() {
            Some(0 | 2) => return cut,
            _ => cut += 1,
        }
    }
    let code = make().stderr(Stdio::null()).status().unwrap().code();
    assert!(matches!(code, Some(0 | 2)), "{:?}: {code:?}", make());
    cut
}

/// Runs `sweep` like this into `path`, and joins it; returns how many processes were cut short.
fn sweep_like(path: &Path, sweep: &str, code: i32, how: Configuration, number: &mut u32) -> usize {
    let Configuration { threads, shards, signal } = how;
    let joined = path.join("joined");
    let part = |i: usize| path.join(i.to_string());
    let mut cut = 0;
    // A refinement takes a round for the grid and one for every level; the last run computes what one more would bring.
    let rounds = if shards > 1 && sweep.contains("--refine") { 3 } else { 1 };
    for round in 0..rounds {
        if shards == 1 {
            let whole = || phase_diagram(&joined, &format!("{sweep} --resume --threads {threads}"));
            cut += run_interrupted(whole, signal, number);
            continue;
        }
        // Another order in every configuration and round.
        let order: Vec<usize> = (0..shards).map(|i| 1 + (i * (shards - 1) + round + threads) % shards).collect();
        for i in &order {
            let shard = || {
                let mut shard =
                    phase_diagram(&part(*i), &format!("{sweep} --resume --threads {threads} --shard {i}/{shards}"));
                if round > 0 {
                    shard.arg("--from").arg(&joined);
                }
                shard
            };
            cut += run_interrupted(shard, signal, number);
        }
        let mut arguments = vec!["merge", "--resume", "--plot", "svg", "--output", joined.to_str().unwrap()];
        let parts: Vec<_> = order.iter().rev().map(|i| part(*i).to_str().unwrap().to_string()).collect();
        arguments.extend(parts.iter().map(String::as_str));
        let merge = specdyn(&arguments);
        assert!(matches!(merge.status.code(), Some(0 | 2)), "{}", String::from_utf8_lossy(&merge.stderr));
    }
    run(phase_diagram(&joined, &format!("{sweep} --resume --threads {threads}")), code);
    cut
}

/// Returns (configurations, processes that were cut short).
fn compare(configurations: &[Configuration], sweeps: &[(&str, i32)]) -> (usize, usize) {
    let (mut number, mut cut, mut done) = (20_261_128, 0, 0);
    for (sweep, code) in sweeps {
        let (_guard, path) = folder();
        run(phase_diagram(&path.join("whole"), &format!("{sweep} --threads 1")), *code);
        let whole = artefacts(&path.join("whole"));
        for (configuration, i) in configurations.iter().zip(0..) {
            let path = path.join(format!("configuration {i}"));
            cut += sweep_like(&path, sweep, *code, *configuration, &mut number);
            assert!(artefacts(&path.join("joined")) == whole, "{configuration:?} differs: {sweep}");
            std::fs::remove_dir_all(&path).unwrap();
            done += 1;
        }
    }
    (done, cut)
}

/// The promise: `cargo test --release --test sweeps matrix -- --ignored --nocapture`.
#[test]
#[ignore = "minutes; the promised matrix"]
fn eighty_four_configurations_of_four_sweeps_leave_the_same_bytes() {
    let (done, cut) = compare(&configurations(), &SWEEPS);
    println!("{done} configurations with the same bytes; {cut} processes were cut short");
    assert_eq!(done, 84 * 4);
    assert!(cut > 400, "only {cut} processes were cut short: this machine is too fast for these sweeps");
}

/// Its diagonal, in continuous integration.
#[test]
fn some_configurations_leave_the_same_bytes() {
    let some: Vec<_> = configurations().into_iter().skip(10).step_by(37).collect();
    assert_eq!(compare(&some, &SWEEPS[1..]).0, 2 * 3);
}
