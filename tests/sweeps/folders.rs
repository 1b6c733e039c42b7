//! One process a folder, one meaning a log, nothing overwritten unasked, and a word about what is there.

use super::{artefacts, done, folder, phase_diagram, run, specdyn, status};
use specdyn::experiment::{Measured, Status};
use specdyn::sweep::{Disk, LOG, Log, read_identity};
use std::process::Stdio;

const SMALL: &str = "--x spike=0:20:5 --y init=1e-4:1e-1:4:log --plot svg";

#[test]
fn nothing_is_overwritten_without_a_word() {
    let (_guard, path) = folder();
    let output = path.join("out");
    run(phase_diagram(&output, SMALL), 0);
    let before = artefacts(&output);
    let message = run(phase_diagram(&output, SMALL), 73);
    assert!(message.contains("--resume") && message.contains("--force") && message.lines().count() == 1, "{message}");
    run(phase_diagram(&output, &format!("{SMALL} --resume")), 0);
    run(phase_diagram(&output, &format!("{SMALL} --force --threads 3")), 0);
    assert!(artefacts(&output) == before);
    run(phase_diagram(&output, &format!("{SMALL} --force --resume")), 64);
}

#[test]
fn a_resume_with_another_configuration_is_refused_and_changes_nothing() {
    let (_guard, path) = folder();
    let output = path.join("out");
    run(phase_diagram(&output, SMALL), 0);
    let log = std::fs::read(output.join("cells.log")).unwrap();
    for (option, part) in [
        ("--dim 50", "dim: 100.0 there, 50.0 here"),
        ("--time 3", "time: null there, 3.0 here"),
        ("--observe risk", "observe"),
        ("--step-size 0.1", "step-size"),
        ("--loss-scale one", "loss-scale"),
        ("--x dim=3:9:3", "x: \"spike\" there, \"dim\" here"),
    ] {
        let message = run(phase_diagram(&output, &format!("{SMALL} --resume {option}")), 73);
        assert!(message.contains(part), "{option}: {message}");
        assert!(std::fs::read(output.join("cells.log")).unwrap() == log, "{option} changed the log");
    }
    // The same in other words is the same.
    run(phase_diagram(&output, &format!("{SMALL} --resume --dim 100 --overlap 0.0")), 0);
}

#[test]
fn a_spectrum_file_with_other_content_is_another_configuration() {
    let (_guard, path) = folder();
    let file = path.join("spectrum.csv");
    std::fs::write(&file, "variance,multiplicity\n1,50\n4,1\n").unwrap();
    let sweep = |resume: &str| {
        let mut command = phase_diagram(&path.join("out"), &format!("{resume} --plot svg --optimizer gd"));
        command.args(["--x", "init=1e-4:1e-2:3", "--y", "step-size=0.01:0.1:3"]);
        command.arg("--spectrum").arg(format!("file:{}", file.display()));
        command
    };
    run(sweep(""), 0);
    run(sweep("--resume"), 0);
    std::fs::write(&file, "variance,multiplicity\n1,50\n5,1\n").unwrap();
    assert!(run(sweep("--resume"), 73).contains("SHA-256"));
}

#[test]
fn of_two_processes_in_one_folder_one_works_and_the_other_is_told() {
    let (_guard, path) = folder();
    let output = path.join("out");
    for round in 0..8 {
        let sweep = format!("--x spike=0:20:40 --y init=1e-6:1e-1:{}:log --resume --plot svg", 20 + round);
        let mut racers: Vec<_> =
            (0..2).map(|_| phase_diagram(&output, &sweep).stderr(Stdio::piped()).spawn().unwrap()).collect();
        let mut codes: Vec<_> = racers.iter_mut().map(|racer| racer.wait().unwrap().code().unwrap()).collect();
        codes.sort_unstable();
        assert!(codes == [0, 75] || codes == [0, 0], "{codes:?}"); // the second may come after the first
        assert_eq!(done(&output), 2 * 40 * (20 + round));
    }
}

#[test]
fn merge_says_what_is_missing_and_refuses_strangers() {
    let (_guard, path) = folder();
    let part = |i: usize| path.join(i.to_string()).to_str().unwrap().to_string();
    run(phase_diagram(part(1).as_ref(), &format!("{SMALL} --shard 1/2")), 0);
    let joined = path.join("joined");
    let output = joined.to_str().unwrap();
    let merge = |arguments: &[&str], code: i32| {
        let merge = specdyn(&[&["merge", "--plot", "svg", "--output", output], arguments].concat());
        let message = String::from_utf8(merge.stderr).unwrap();
        assert_eq!(merge.status.code(), Some(code), "{message}");
        message
    };
    assert!(merge(&[&part(1)], 2).contains("20 of 40 cells are missing"));
    assert!(!joined.join("cells.csv").exists());
    run(phase_diagram(part(2).as_ref(), &format!("{SMALL} --shard 2/2")), 0);
    merge(&[&part(2)], 73);
    merge(&["--resume", &part(2)], 0);
    assert!(joined.join("cells.csv").exists());
    run(phase_diagram(part(3).as_ref(), &format!("{SMALL} --dim 77")), 0);
    assert!(merge(&["--resume", &part(3)], 73).contains("dim"));
    assert!(merge(&["--resume", &part(4)], 65).contains("cells.log"));
}

#[test]
fn a_folder_that_cells_are_taken_from_is_not_emptied() {
    let (_guard, path) = folder();
    let part = |i: usize| path.join(i.to_string());
    for i in [1, 2] {
        run(phase_diagram(&part(i), &format!("{SMALL} --shard {i}/2")), 0);
    }
    let log = || std::fs::read(part(1).join(LOG)).unwrap();
    let before = log();
    // The same folder by another name.
    let (again, one, two) = (part(2).join("../1"), part(1), part(2));
    let [again, one, two] = [&again, &one, &two].map(|path| path.to_str().unwrap());
    let merge = specdyn(&["merge", one, two, "--output", again, "--force"]);
    let message = String::from_utf8(merge.stderr).unwrap();
    assert!(merge.status.code() == Some(73) && message.contains("--resume"), "{message}");
    let mut force = phase_diagram(&part(1), &format!("{SMALL} --force"));
    force.args(["--from", again]);
    run(force, 73);
    assert!(log() == before, "the log was changed");
    assert!(specdyn(&["merge", one, two, "--output", again, "--resume", "--plot", "svg"]).status.success());
    run(phase_diagram(&path.join("whole"), SMALL), 0);
    assert!(artefacts(&part(1)) == artefacts(&path.join("whole")));
}

#[test]
fn status_counts_without_touching() {
    let (_guard, path) = folder();
    let output = path.join("out");
    assert_eq!(specdyn(&["status", output.to_str().unwrap()]).status.code(), Some(65));
    run(phase_diagram(&output, &format!("{SMALL} --shard 2/4")), 0);
    let before = std::fs::read(output.join("cells.log")).unwrap();
    let state = status(&output);
    assert_eq!((state["planned"].as_u64(), state["done"].as_u64()), (Some(10), Some(10)));
    assert_eq!(state["shard"].as_str(), Some("2/4"));
    assert_eq!((state["at_work"].as_u64(), state["sessions"].as_u64()), (Some(0), Some(1)));
    assert!(std::fs::read(output.join("cells.log")).unwrap() == before);
    let text = String::from_utf8(specdyn(&["status", output.to_str().unwrap()]).stdout).unwrap();
    assert!(text.contains("(shard 2/4): 10 of 10 cells done; nobody at work"), "{text}");
}

#[test]
fn forecasts_are_made_before_anything_and_limits_are_kept() {
    let (_guard, path) = folder();
    let output = path.join("out");
    let forecast = phase_diagram(&output, "--x spike=0:20:10000 --y init=1e-6:1e-1:5000:log --forecast --shard 1/1000")
        .output()
        .unwrap();
    let text = String::from_utf8(forecast.stdout).unwrap();
    assert!(text.contains("100000000 in all, 100000 in each of 1000 processes"), "{text}");
    for part in ["disk", "memory", "core hours", "s a cell"] {
        assert!(text.contains(part), "{text}");
    }
    let message = run(phase_diagram(&output, "--x spike=0:20:1200 --y init=1e-6:1e-1:1200:log --max-hours 1e-6"), 64);
    assert!(message.contains("hours"), "{message}");
    assert!(run(phase_diagram(&output, "--x spike=0:20:100000 --y init=1e-6:1e-1:50000:log"), 64).contains("cells"));
    assert!(!output.exists());
    // What is done costs nothing more.
    run(phase_diagram(&output, &format!("{SMALL} --optimizer gd")), 0);
    for (options, part) in
        [("", "40 in each of 1 processes, 20 of them left\n"), ("--optimizer gd", ", 0 of them left\n")]
    {
        let forecast = phase_diagram(&output, &format!("{SMALL} --resume --forecast {options}")).output().unwrap();
        let text = String::from_utf8(forecast.stdout).unwrap();
        assert!(text.contains(part), "{text}");
        assert!(options.is_empty() || text.contains(" 0.000 hours for each process"), "{text}");
    }
}

#[test]
fn a_log_from_elsewhere_moves_no_cursor_and_starts_no_formula() {
    let (_guard, path) = folder();
    let output = path.join("out");
    run(phase_diagram(&output, SMALL), 0);
    let session = std::fs::read(output.join(LOG)).unwrap();
    let session = String::from_utf8_lossy(&session);
    let session = &session[session.find("{\"commit\"").unwrap()..];
    let session: serde_json::Value = serde_json::Deserializer::from_str(session).into_iter().next().unwrap().unwrap();
    let identity = read_identity(&Disk::new(&output)).unwrap();
    let mut log = Log::create(Disk::new(&output), &identity, &session.to_string()).unwrap();
    let texts = ["=cmd|'/C calc'!A0", "<script>alert(1)</script>", "\u{1b}[31mred", "two\nlines", "\u{9b}2J"];
    let failed = texts.map(|text| Measured { value: None, status: Status::Stopped(text.into()) });
    let cells = failed.iter().zip([0.0, 5.0, 10.0, 15.0, 20.0]).map(|(measured, x)| (0, x, 1e-4, measured));
    log.commit(&["gd".into()], cells).unwrap();
    drop(log);
    let controls = |text: &str| text.chars().any(|c| c.is_control() && c != '\n');
    let said = String::from_utf8(specdyn(&["status", output.to_str().unwrap()]).stdout).unwrap();
    assert!(!controls(&said) && said.lines().count() == 1 && said.contains("red"), "{said:?}");
    let message = run(phase_diagram(&output, &format!("{SMALL} --resume")), 2);
    assert!(!controls(&message), "{message:?}");
    let table = std::fs::read_to_string(output.join("cells.csv")).unwrap();
    assert_eq!(table.lines().count(), 41);
    assert!(!controls(&table) && !table.contains(",=") && !table.contains("\"="), "{table:?}");
    assert!(!std::fs::read_to_string(output.join("phase-diagram.svg")).unwrap().contains("<script"));
}

#[test]
fn hostile_text_never_reaches_a_name_a_terminal_or_a_script() {
    let (_guard, path) = folder();
    let output = path.join("out");
    for optimizer in
        ["=cmd|'/C calc'!A0", "<script>alert(1)</script>", "\u{1b}[31mred", "../../etc/passwd", "gd\nspecgd"]
    {
        let mut command = phase_diagram(&output, SMALL);
        command.args(["--optimizer", optimizer]);
        let message = run(command, 64);
        assert!(!message.contains('\u{1b}') && message.lines().count() == 1, "{message:?}");
    }
    let mut command = phase_diagram(&output, &format!("{SMALL} --slurm 2 --dry-run"));
    command.arg("--sbatch=--comment=x\nrm -rf /");
    assert!(run(command, 64).contains("one line"));
}

#[test]
fn slurm_scripts_quote_awkward_paths_and_hold_every_option() {
    let (_guard, path) = folder();
    let output = path.join("it's $HOME; \"here\"");
    run(
        phase_diagram(
            &output,
            &format!("{SMALL} --dim 33 --slurm 5 --dry-run --threads 2 --refine boundary:2 --sbatch=--time=10"),
        ),
        0,
    );
    let read = |name: &str| std::fs::read_to_string(output.join("slurm").join(name)).unwrap();
    let array = read("array.sh");
    for line in ["#SBATCH --output=%A_%a.log", "#SBATCH --array=1-5", "#SBATCH --cpus-per-task=2", "#SBATCH --time=10"]
    {
        assert!(array.lines().any(|l| l == line), "{array}");
    }
    assert_eq!(read("submit.sh").matches("array.sh").count(), 3, "a round for the grid, and one for every level");
    // The scripts themselves, without Slurm: every task, then the join, as often as submit.sh would.
    let sh = |script: &str, task: &str| {
        let mut command = std::process::Command::new("sh");
        command.arg(output.join("slurm").join(script)).env("SLURM_ARRAY_TASK_ID", task);
        command.output().unwrap()
    };
    for _ in 0..3 {
        for task in ["1", "2", "3", "4", "5"] {
            let task = sh("array.sh", task);
            assert!(task.status.success(), "{}", String::from_utf8_lossy(&task.stderr));
        }
        sh("merge.sh", "");
    }
    assert!(sh("finish.sh", "").status.success());
    let whole = path.join("whole");
    run(phase_diagram(&whole, &format!("{SMALL} --dim 33 --refine boundary:2")), 0);
    assert!(artefacts(&whole) == artefacts(&output));
}

#[test]
fn a_submission_forgets_no_option_and_names_what_no_script_can_hold() {
    let (_guard, path) = folder();
    let (part, output) = (path.join("part"), path.join("out"));
    run(phase_diagram(&part, &format!("{SMALL} --shard 1/2")), 0);
    let mut submit = phase_diagram(&output, &format!("{SMALL} --slurm 2 --dry-run --resume --rerun failed,damaged"));
    submit.arg("--from").arg(&part);
    run(submit, 0);
    assert_eq!(done(&output), 20, "cells of --from are not in the folder that tasks look into");
    let array = std::fs::read_to_string(output.join("slurm/array.sh")).unwrap();
    assert!(array.contains(" --rerun failed --rerun damaged "), "{array}");
    let task = std::process::Command::new("sh")
        .arg(output.join("slurm/array.sh"))
        .env("SLURM_ARRAY_TASK_ID", "2")
        .output()
        .unwrap();
    assert!(task.status.success(), "{}", String::from_utf8_lossy(&task.stderr));
    run(phase_diagram(&path.join("two\nlines"), &format!("{SMALL} --slurm 2 --dry-run")), 64);
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let name = std::ffi::OsStr::from_bytes(b"no\xfftext");
        let message = run(phase_diagram(&path.join(name), &format!("{SMALL} --slurm 2 --dry-run")), 64);
        assert!(message.contains("plain path"), "{message}");
    }
}
