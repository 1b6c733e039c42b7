//! A signal at any time leaves a state to resume from, within two seconds.

use super::{artefacts, done, phase_diagram, run};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap().success());
}

/// How long a thread could have run and had no processor, since it began: the second number of `schedstat`, in nanoseconds.
fn waited(thread: &str) -> Duration {
    let text = std::fs::read_to_string(format!("/proc/{thread}/schedstat")).unwrap_or_default();
    text.split_whitespace().nth(1).and_then(|number| number.parse().ok()).map_or(Duration::ZERO, Duration::from_nanos)
}

/// Whether the process has ended, or the thread of it that answers signals has.
fn ended(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_none_or(|rest| rest.trim_start().starts_with(['Z', 'X']) || rest.is_empty())
}

/// Sends the signal, and says how long the program took to answer. That is time on the clock, less what other programs took from it: on
/// a busy machine the thread that answers, and this one that watches, wait for a processor. (For disks nobody waits here: the folder is
/// in memory.)
fn interrupted(child: Child, name: &str) -> (Option<i32>, Duration, String) {
    let process = child.id();
    let others = || waited(&process.to_string()) + waited("thread-self");
    let (begun, before) = (Instant::now(), others());
    signal(&child, name);
    while cfg!(target_os = "linux") && !ended(process) {
        std::thread::sleep(Duration::from_millis(1));
    }
    // Not reaped yet, so it can still be asked.
    let during = others().saturating_sub(before);
    let took = begun.elapsed().saturating_sub(during);
    let output = child.wait_with_output().unwrap();
    (output.status.code(), took, String::from_utf8(output.stderr).unwrap())
}

/// In memory where the system has a place for that.
fn folder() -> (tempfile::TempDir, PathBuf) {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let path = folder.path().join("a sweep's folder");
    std::fs::create_dir(&path).unwrap();
    (folder, path)
}

#[test]
fn signals_at_random_times_lose_nothing_that_was_done() {
    let (_guard, path) = folder();
    let sweep =
        "--x spike=0:20:12 --y init=1e-4:1e-2:8:log --step-size 2e-4 --optimizer gd,specgd --plot svg --threads 2";
    let (whole, output) = (path.join("whole"), path.join("out"));
    run(phase_diagram(&whole, sweep), 0);
    let mut before = 0;
    // Times that no clock of the program has: multiples of the golden ratio; and longer ones, where the machine is slow.
    for round in 1_u32.. {
        let child = phase_diagram(&output, &format!("{sweep} --resume")).stderr(Stdio::piped()).spawn().unwrap();
        let pause = 20_000 + 500 * round + round.wrapping_mul(2_654_435_769) % 60_000;
        std::thread::sleep(Duration::from_micros(pause.into()));
        let name = ["INT", "TERM", "KILL"][round as usize % 3];
        let (code, took, message) = interrupted(child, name);
        assert!(took < Duration::from_secs(2), "{name}: {took:?}");
        match (name, code) {
            (_, Some(0)) => break,
            ("INT", Some(130)) | ("TERM", Some(143)) => {
                assert!(message.is_empty() || message.contains("--resume"), "{message}");
            }
            ("INT" | "TERM", None) => {} // before the program was ready for signals
            ("KILL", None) => {}
            other => panic!("{other:?}: {message}"),
        }
        if output.join("cells.log").exists() {
            let now = done(&output);
            assert!(now >= before, "{now} cells after {before}");
            before = now;
        }
        if before == 192 {
            run(phase_diagram(&output, &format!("{sweep} --resume")), 0);
            break;
        }
        assert!(round < 400, "no progress: {before} cells");
    }
    assert!(artefacts(&output) == artefacts(&whole));
}

#[test]
fn a_cell_that_takes_longer_than_two_seconds_is_abandoned() {
    let (_guard, path) = folder();
    let output = path.join("out");
    // 10^9 steps and more: hours.
    let sweep = "--x spike=1:20:3 --y init=1e-4:1e-2:2:log --step-size 1e-9 --time 100 --optimizer gd --plot svg";
    for (name, code) in [("TERM", 143), ("INT", 130)] {
        let child = phase_diagram(&output, &format!("{sweep} --resume")).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(500));
        let (ended, took, message) = interrupted(child, name);
        assert_eq!(ended, Some(code), "{message}");
        assert!(took < Duration::from_secs(2), "{took:?}");
        assert!(message.contains("0 of 6 cells are safe") && message.contains("--resume"), "{message}");
    }
}
