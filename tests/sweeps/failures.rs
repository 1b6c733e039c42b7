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
    // Cells slow enough that the disk is full before the last of them, whatever the machine.
    let sweep = "--x spike=0:20:30 --y init=1e-4:1e-2:9:log --optimizer power:0.5 --threads 1 --plot svg";
    // A disk that is too small is refused beforehand. This one is filled by somebody else while the sweep is at work.
    let line = format!(
        "mount -t tmpfs -o size=1m none \"$0\"; cd \"$0\"; {program} phase-diagram {sweep} --output out & \
         until [ -s out/cells.log ]; do sleep 0.01; done; dd if=/dev/zero of=filler bs=4k 2>/dev/null; wait $!; echo code $?; \
         {program} status --format json out | grep done; \
         {program} phase-diagram {sweep} --resume --output out; echo code $?; rm filler; \
         {program} phase-diagram {sweep} --resume --output out; echo code $?; cat out/cells.csv"
    );
    let Some(output) = in_namespace(&path, &line) else { return };
    let (text, message) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    let said: Vec<&str> = text.lines().take(4).map(str::trim).collect();
    let done: u64 = said[1].trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
    // None, where the disk is full before the first group of cells.
    assert!(done < 270, "{text}{message}");
    // There is no room for the rest yet, which is known beforehand or found out.
    assert!(said[0] == "code 74" && matches!(said[2], "code 64" | "code 74") && said[3] == "code 0", "{text}{message}");
    assert!(message.contains("No space left on device"), "{message}");
    let whole = path.join("whole");
    run(phase_diagram(&whole, sweep), 0);
    let table = std::fs::read_to_string(whole.join("cells.csv")).unwrap();
    assert!(text.ends_with(&table), "{message}");
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_and_can_be_read() {
    let (_guard, path) = folder();
    std::fs::write(path.join("file"), "").unwrap();
    let sweep = "--x spike=0:20:3 --y init=1e-4:1e-1:3:log --plot svg";
    run(phase_diagram(&path.join("file/out"), sweep), 73);
    let program = env!("CARGO_BIN_EXE_specdyn");
    let line = format!(
        "mount -t tmpfs none \"$0\"; {program} phase-diagram {sweep} --output \"$0/a\"; mount -o remount,ro \"$0\"; \
         {program} phase-diagram {sweep} --output \"$0/b\"; echo code $?; {program} phase-diagram {sweep} --resume --output \"$0/a\"; echo code $?; \
         {program} status \"$0/a\" >/dev/null; echo code $?; {program} merge \"$0/a\" --output \"$0.joined\"; echo code $?; \
         {program} phase-diagram {sweep} --from \"$0/a\" --output \"$0.taken\"; echo code $?; cmp \"$0.joined/cells.csv\" \"$0.taken/cells.csv\"; echo code $?"
    );
    let Some(output) = in_namespace(&path, &line) else { return };
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "code 73\ncode 73\ncode 0\ncode 0\ncode 0\ncode 0\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
