//! Sweeps from the command line: the same bytes however they were run, nothing lost, every failure with its exit code.

mod certified;
mod determinism;
mod failures;
mod folders;
mod interruption;
#[cfg(target_os = "linux")]
mod kills;
mod matrix;
mod meta;
#[cfg(target_os = "linux")]
mod power;
#[path = "../program/mod.rs"]
mod program;
mod refinement;
mod sampling;

use program::specdyn;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `specdyn phase-diagram` with `options`, ready to run.
fn phase_diagram(output: &Path, options: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_specdyn"));
    command.arg("phase-diagram").args(options.split_whitespace()).arg("--output").arg(output);
    command
}

/// Runs it; the exit code must be `code`, and stderr is returned.
fn run(mut command: Command, code: i32) -> String {
    let output = command.output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{command:?}: {message}");
    message
}

/// What a sweep leaves behind for people: tables, provenance, figures.
fn artefacts(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let names = ["cells.csv", "run.json", "phase-diagram.svg"];
    names.iter().map(|name| (name.to_string(), std::fs::read(folder.join(name)).unwrap())).collect()
}

/// `specdyn status --format json` of one folder.
fn status(folder: &Path) -> serde_json::Value {
    let output = specdyn(&["status", "--format", "json", folder.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()[0].clone()
}

fn done(folder: &Path) -> u64 {
    status(folder)["done"].as_u64().unwrap()
}

/// A folder for one test, with room to spare for paths that are awkward.
fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a sweep's folder");
    std::fs::create_dir(&path).unwrap();
    (folder, path)
}
