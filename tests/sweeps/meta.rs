//! Threads and sessions stand beside the artefacts, which do not depend on them; and what stands there is nobody's to replace unasked.

use super::{artefacts, folder, phase_diagram, run, specdyn};
use serde_json::Value;
use std::path::Path;

const SMALL: &str = "--x spike=0:20:5 --y init=1e-4:1e-1:4:log --plot svg";

fn meta(folder: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder.join("run.meta.json")).unwrap()).unwrap()
}

/// (threads, count) of the sessions.
fn sessions(folder: &Path) -> Vec<(u64, u64)> {
    let number = |session: &Value, key: &str| session[key].as_u64().unwrap();
    let meta = meta(folder);
    meta["sessions"].as_array().unwrap().iter().map(|s| (number(s, "threads"), number(s, "count"))).collect()
}

#[test]
fn run_meta_json_records_the_threads_of_every_session_also_of_shards() {
    let (_guard, path) = folder();
    let (alone, joined) = (path.join("alone"), path.join("joined"));
    run(phase_diagram(&alone, &format!("{SMALL} --threads 3")), 0);
    assert_eq!(sessions(&alone), [(3, 1)]);
    let (run_json, meta_json) = (std::fs::read(alone.join("run.json")).unwrap(), meta(&alone));
    let run_json: Value = serde_json::from_slice(&run_json).unwrap();
    assert_eq!((&run_json["threads"], &meta_json["threads"]), (&Value::Null, &Value::from(3)));
    for key in ["version", "commit", "target", "scalar", "configuration", "configuration_sha256"] {
        assert_eq!(run_json[key], meta_json[key], "{key}");
    }
    run(phase_diagram(&alone, &format!("{SMALL} --threads 2 --resume")), 0);
    assert_eq!(sessions(&alone), [(2, 1), (3, 1)]);
    assert_eq!(meta(&alone)["threads"], 2);

    let parts: Vec<String> = (1..=3).map(|i| path.join(i.to_string()).to_str().unwrap().to_string()).collect();
    for (part, i) in parts.iter().zip(1..) {
        run(phase_diagram(part.as_ref(), &format!("{SMALL} --threads 4 --shard {i}/3")), 0);
    }
    let output = joined.to_str().unwrap();
    let merge = |mode: &str| {
        specdyn(
            &[
                &["merge", "--plot", "svg", mode, "--output", output],
                &parts.iter().map(String::as_str).collect::<Vec<_>>()[..],
            ]
            .concat(),
        )
    };
    assert!(merge("--force").status.success() && merge("--resume").status.success());
    // Two merges, on one thread each, and what they joined, once.
    assert_eq!(sessions(&joined), [(1, 2), (4, 3)]);
    run(phase_diagram(&joined, &format!("{SMALL} --threads 2 --resume")), 0);
    assert_eq!(sessions(&joined), [(1, 2), (2, 1), (4, 3)]);
    assert!(artefacts(&joined) == artefacts(&alone));
    // The last session in a folder is the one that says what its sweep is.
    assert_eq!(super::status(&joined)["sessions"], 3);
}

#[test]
fn files_of_others_with_our_names_are_not_replaced() {
    let (_guard, path) = folder();
    for name in ["cells.csv", "run.json", "run.meta.json", "phase-diagram.png", "phase-diagram.svg"] {
        let output = path.join(name);
        std::fs::create_dir(&output).unwrap();
        std::fs::write(output.join(name), "precious").unwrap();
        for mode in ["", "--resume", "--certified --refine boundary:1"] {
            let message = run(phase_diagram(&output, &format!("{SMALL} {mode}")), 73);
            assert!(message.contains(name) && message.lines().count() == 1, "{mode}: {message}");
        }
        assert_eq!(std::fs::read_to_string(output.join(name)).unwrap(), "precious");
        assert_eq!(std::fs::read_dir(&output).unwrap().count(), 1, "{name}: something was made beside it");
        run(phase_diagram(&output, &format!("{SMALL} --force")), 0);
    }
}

#[test]
fn starting_over_leaves_nothing_of_the_earlier_run() {
    let (_guard, path) = folder();
    let output = path.join("out");
    run(phase_diagram(&output, "--x spike=0:20:5 --y init=1e-4:1e-1:4:log --plot png"), 0);
    assert!(output.join("phase-diagram.png").exists());
    run(phase_diagram(&output, &format!("{SMALL} --dim 7 --force")), 0);
    assert!(!output.join("phase-diagram.png").exists(), "a figure of other cells is left");
}

/// Relative paths in options are those of the folder in which the sweep was submitted; tasks that start over do not resume.
#[test]
fn tasks_of_a_cluster_find_relative_paths_and_start_over_when_told_to() {
    let (_guard, path) = folder();
    std::fs::write(path.join("spectrum.csv"), "variance,multiplicity\n1,50\n4,1\n").unwrap();
    let options =
        "--x init=1e-4:1e-2:3 --y step-size=0.01:0.1:3 --spectrum file:spectrum.csv --optimizer gd --plot svg";
    let submit = |mode: &str, spectrum: &str| {
        let options = options.replace("spectrum.csv", spectrum);
        let mut command = phase_diagram("out".as_ref(), &format!("{options} --slurm 2 --dry-run {mode}"));
        command.current_dir(&path);
        run(command, 0);
        for (script, task) in [("array.sh", "1"), ("array.sh", "2"), ("merge.sh", "")] {
            let mut sh = std::process::Command::new("sh");
            sh.arg(path.join("out/slurm").join(script)).env("SLURM_ARRAY_TASK_ID", task).current_dir("/");
            let task = sh.output().unwrap();
            assert!(task.status.success(), "{}", String::from_utf8_lossy(&task.stderr));
        }
    };
    submit("", "spectrum.csv");
    let mut whole = phase_diagram("whole".as_ref(), options);
    whole.current_dir(&path);
    run(whole, 0);
    assert!(artefacts(&path.join("whole")) == artefacts(&path.join("out")));
    std::fs::write(path.join("other.csv"), "variance,multiplicity\n1,50\n5,1\n").unwrap();
    submit("--force", "other.csv");
    assert!(artefacts(&path.join("whole")) != artefacts(&path.join("out")));
}
