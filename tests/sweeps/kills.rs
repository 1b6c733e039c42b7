//! The program itself, killed, starved and failed at every system call that writes, by strace.
//!
//! A kill leaves what the system has; the simulated disk of `tests/checkpoint` and the images of [`super::power`] leave less.

use super::{artefacts, folder, phase_diagram, run};
use std::fs;
use std::path::Path;
use std::process::Command;

const SWEEP: &str =
    "--x spike=0:20:10 --y init=1e-4:1e-2:6:log --step-size 0.002 --optimizer gd,specgd --plot svg --threads 2";
const WRITING: [&str; 13] = [
    "openat",
    "write",
    "fsync",
    "fdatasync",
    "ftruncate",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "mkdir",
];

fn strace_works() -> bool {
    let works =
        Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).status().is_ok_and(|status| status.success());
    if !works {
        eprintln!("not run: strace is not installed, or may not trace");
    }
    works
}

/// Runs the sweep with the `at`-th `call` of a thread made to fail like this.
fn injected(output: &Path, trace: &Path, call: &str, at: usize, what: &str) -> (Option<i32>, String) {
    let mut strace = Command::new("strace");
    strace.args([
        "-f",
        "-qq",
        "-y",
        "-e",
        &format!("trace={}", WRITING.join(",")),
        "-e",
        &format!("inject={call}:{what}:when={at}"),
        "-o",
    ]);
    strace.arg(trace);
    let sweep = phase_diagram(output, &format!("{SWEEP} --resume"));
    strace.arg(sweep.get_program()).args(sweep.get_args());
    let ended = strace.output().unwrap();
    (ended.status.code(), String::from_utf8_lossy(&ended.stderr).into())
}

/// Frames whose sync was reported as done, in a trace: after it the frame counts.
fn counted(trace: &Path) -> usize {
    let text = fs::read_to_string(trace).unwrap();
    // The first sync of a new log is that of its first frame, under its first name; a resumed one is synced once before it counts.
    text.lines().filter(|line| line.contains("fdatasync(") && line.contains("cells.log>) = 0")).count()
}

/// Whole frames of a log, by their lengths.
fn frames(log: &Path) -> usize {
    let bytes = fs::read(log).unwrap_or_default();
    let (mut at, mut count) = (0, 0);
    while let Some(length) = bytes.get(at + 8..at + 12) {
        at += 16 + u32::from_le_bytes(length.try_into().unwrap()) as usize;
        count += usize::from(at <= bytes.len());
    }
    count
}

/// `what` at every writing call in turn, a fresh folder each, until a run has no such call; returns how many there were.
fn inject_everywhere(what: &str, codes: &[Option<i32>]) -> usize {
    let (_guard, path) = folder();
    let whole = path.join("whole");
    run(phase_diagram(&whole, SWEEP), 0);
    let (output, trace) = (path.join("out"), path.join("trace"));
    let mut points = 0;
    for call in WRITING {
        // Opening the program's own libraries comes first, and is not ours to survive.
        let first = if call == "openat" { libraries(&path) + 1 } else { 1 };
        for at in first.. {
            let (code, message) = injected(&output, &trace, call, at, what);
            let traced = fs::read_to_string(&trace).unwrap();
            let happened = code.is_none() || traced.contains("INJECTED") || traced.contains("--- SIG");
            if happened {
                points += 1;
                assert!(codes.contains(&code), "{what} at {call} {at}: {code:?}, {message}");
                assert!(!message.contains("panicked"), "{what} at {call} {at}: {message}");
                let (counted, found) = (counted(&trace), frames(&output.join("cells.log")));
                assert!(found >= counted, "{what} at {call} {at}: {found} frames of {counted} that counted");
            }
            run(phase_diagram(&output, &format!("{SWEEP} --resume")), 0);
            assert!(artefacts(&output) == artefacts(&whole), "{what} at {call} {at}");
            let left: Vec<_> = fs::read_dir(&output).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert!(
                !left.iter().any(|name| name.to_string_lossy().ends_with(".tmp")),
                "{what} at {call} {at}: {left:?}"
            );
            fs::remove_dir_all(&output).unwrap();
            if !happened {
                break;
            }
        }
    }
    println!("{what}: {points} calls");
    points
}

/// How many files the program opens before it does anything: of its libraries, and of the system's for its threads.
fn libraries(path: &Path) -> usize {
    let trace = path.join("help");
    let program = env!("CARGO_BIN_EXE_specdyn");
    Command::new("strace")
        .args(["-qq", "-e", "trace=openat", "-o"])
        .arg(&trace)
        .args([program, "claims-of-nobody"])
        .output()
        .unwrap();
    fs::read_to_string(trace).unwrap().lines().count()
}

#[test]
fn killed_at_any_writing_call_it_resumes_to_the_same_bytes() {
    if strace_works() {
        let points = inject_everywhere("signal=SIGKILL", &[None, Some(137)]);
        assert!(points >= 25, "only {points} calls");
    }
}

#[test]
fn failing_at_any_writing_call_it_says_so_and_resumes_to_the_same_bytes() {
    if strace_works() {
        for error in ["ENOSPC", "EIO", "EROFS"] {
            // 0: a call whose failure costs nothing, such as looking how much memory is free.
            let points = inject_everywhere(&format!("error={error}"), &[Some(73), Some(74), Some(0)]);
            assert!(points >= 25, "only {points} calls");
        }
    }
}

#[test]
fn a_signal_at_any_writing_call_leaves_a_state_to_resume_from() {
    if strace_works() {
        for (name, code) in [("SIGINT", 130), ("SIGTERM", 143)] {
            let points = inject_everywhere(&format!("signal={name}"), &[Some(code), Some(0), None]);
            assert!(points >= 25, "only {points} calls");
        }
    }
}
