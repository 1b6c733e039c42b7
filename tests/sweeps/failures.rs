//! Failures are data: a cell keeps its reason, and the exit code says that there are some. Failures of the system are errors.

use super::{artefacts, done, folder, phase_diagram, run, status};
use std::path::Path;
use std::process::Command;

const DIVERGING: &str =
    "--x step-size=0.1:1.5:8 --y spike=1:20:6 --observe escape-time --optimizer gd,specgd --plot svg";

#[test]
fn failed_cells_keep_their_reason_are_hatched_and_told_by_the_exit_code() {
    let (_guard, path) = folder();
    let output = path.join("out");
    let message = run(phase_diagram(&output, DIVERGING), 2);
    let table = std::fs::read_to_string(output.join("cells.csv")).unwrap();
    let diverged = table.lines().filter(|line| line.ends_with(",gd,,diverged")).count();
    assert!(diverged > 10, "{diverged} diverged");
    assert!(message.contains("gd: ") && message.contains("cells have no value"), "{message}");
    assert!(status(&output)["without_value"]["diverged"].as_u64() >= Some(diverged as u64));
    assert!(
        String::from_utf8(artefacts(&output).pop().unwrap().1).unwrap().contains("stroke-width=\"0.55\""),
        "no hatching"
    );
    // Resuming changes nothing; computing the failed ones again appends them, to the same result.
    let log = || std::fs::metadata(output.join("cells.log")).unwrap().len();
    let before = (artefacts(&output), log());
    run(phase_diagram(&output, &format!("{DIVERGING} --resume")), 2);
    let resumed = log();
    run(phase_diagram(&output, &format!("{DIVERGING} --resume --rerun failed")), 2);
    assert!(artefacts(&output) == before.0);
    assert!(log() - resumed > resumed - before.1 + 20 * diverged as u64, "the failed cells were not computed again");
}

#[test]
fn a_damaged_log_is_named_and_can_be_mended() {
    let (_guard, path) = folder();
    let output = path.join("out");
    let sweep = "--x spike=0:20:60 --y init=1e-6:1e-1:60:log --plot svg";
    run(phase_diagram(&output, sweep), 0);
    let before = artefacts(&output);
    let log = output.join("cells.log");
    let mut bytes = std::fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    std::fs::write(&log, &bytes).unwrap();
    let message = run(phase_diagram(&output, &format!("{sweep} --resume")), 65);
    assert!(
        message.contains("damaged") && message.contains("at byte") && message.contains("--rerun damaged"),
        "{message}"
    );
    assert!(std::fs::read(&log).unwrap() == bytes, "a refused log was changed");
    run(phase_diagram(&output, &format!("{sweep} --resume --rerun damaged")), 0);
    assert!(artefacts(&output) == before);
    std::fs::write(&log, "not a log").unwrap();
    run(phase_diagram(&output, &format!("{sweep} --resume")), 65);
}

#[test]
fn a_file_that_may_not_grow_is_an_error_that_loses_nothing() {
    let (_guard, path) = folder();
    let output = path.join("out");
    let sweep = "--x spike=0:20:60 --y init=1e-6:1e-1:60:log --plot svg";
    // In units of 512 bytes; the log needs about 190 kB.
    for limit in [1, 4, 20, 100, 200] {
        let program = env!("CARGO_BIN_EXE_specdyn");
        let line =
            format!("trap '' XFSZ; ulimit -f {limit}; exec {program} phase-diagram {sweep} --resume --output \"$0\"");
        let mut command = Command::new("sh");
        command.arg("-c").arg(line).arg(&output);
        let before = if output.join("cells.log").exists() { done(&output) } else { 0 };
        let message = run(command, 74);
        assert!(
            message.starts_with("error: ") && message.contains("cells.log") && message.lines().count() == 1,
            "{message}"
        );
        if output.join("cells.log").exists() && limit > 1 {
            assert!(done(&output) >= before);
        }
    }
    run(phase_diagram(&output, &format!("{sweep} --resume")), 0);
    let whole = path.join("whole");
    run(phase_diagram(&whole, sweep), 0);
    assert!(artefacts(&whole) == artefacts(&output));
}

/// Runs `line` in a mount namespace of its own, with `$0` as a folder to mount on; `None` where that is not allowed.
fn in_namespace(folder: &Path, line: &str) -> Option<std::process::Output> {
    let unshare = |line: &str| Command::new("unshare").args(["-m", "sh", "-c", line]).arg(folder).output();
    let allowed = unshare("mount -t tmpfs -o size=64k none \"$0\"").is_ok_and(|output| output.status.success());
    if !allowed {
        eprintln!("not run: mounting a file system needs privileges");
    }
    allowed.then(|| unshare(line).unwrap())
}

#[test]
fn a_full_file_system_is_an_error_that_loses_nothing() {
    let (_guard, path) = folder();
    let program = env!("CARGO_BIN_EXE_specdyn");
    let sweep = "--x spike=0:20:60 --y init=1e-6:1e-1:60:log --plot svg";
    let line = format!(
        "mount -t tmpfs -o size=128k none \"$0\"; {program} phase-diagram {sweep} --output \"$0/out\"; echo code $?; \
         {program} status \"$0/out\"; mount -o remount,size=4m \"$0\"; \
         {program} phase-diagram {sweep} --resume --output \"$0/out\"; echo code $?; cat \"$0/out/cells.csv\""
    );
    let Some(output) = in_namespace(&path, &line) else { return };
    let (text, message) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    // Forecast to fit (at most 132 bytes a cell is a bound), or refused beforehand: either way nothing is lost.
    assert!(text.starts_with("code 74") || text.starts_with("code 64"), "{text}{message}");
    let whole = path.join("whole");
    run(phase_diagram(&whole, sweep), 0);
    let table = std::fs::read_to_string(whole.join("cells.csv")).unwrap();
    assert!(text.ends_with(&table) && text.contains("code 0"), "{message}");
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error() {
    let (_guard, path) = folder();
    std::fs::write(path.join("file"), "").unwrap();
    let sweep = "--x spike=0:20:3 --y init=1e-4:1e-1:3:log --plot svg";
    run(phase_diagram(&path.join("file/out"), sweep), 73);
    let program = env!("CARGO_BIN_EXE_specdyn");
    let line = format!(
        "mount -t tmpfs none \"$0\"; {program} phase-diagram {sweep} --output \"$0/a\"; mount -o remount,ro \"$0\"; \
         {program} phase-diagram {sweep} --output \"$0/b\"; echo code $?; {program} phase-diagram {sweep} --resume --output \"$0/a\"; echo code $?"
    );
    let Some(output) = in_namespace(&path, &line) else { return };
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "code 73\ncode 73\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
