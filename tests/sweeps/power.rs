//! Power cuts on a real file system: a copy of an ext4 image, taken while the program writes into it and without any sync, is what a
//! disk holds when the power goes. It must mount, and hold every cell that counted before the copy began.

use super::{folder, phase_diagram, specdyn};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

fn shell(line: &str) -> bool {
    let output = Command::new("sh").arg("-c").arg(line).output().unwrap();
    if !output.status.success() {
        eprintln!("{line}: {}", String::from_utf8_lossy(&output.stderr));
    }
    output.status.success()
}

/// Cells in the log, by `status`; 0 where there is no log yet.
fn done(folder: &Path) -> Result<u64, String> {
    if !folder.join("cells.log").exists() {
        return Ok(0);
    }
    let output = specdyn(&["status", "--format", "json", folder.to_str().unwrap()]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    if message.contains("nobody has worked here yet") {
        return Ok(0);
    }
    let state: serde_json::Value = serde_json::from_slice(&output.stdout).map_err(|_| message)?;
    state[0]["done"].as_u64().ok_or("no count".into())
}

/// Takes `points` copies, and returns those that lost something.
fn power_cuts(points: usize) -> Vec<String> {
    let (_guard, path) = folder();
    let (image, disk, copy, copied) = (path.join("image"), path.join("disk"), path.join("copy"), path.join("copied"));
    fs::create_dir(&disk).unwrap();
    fs::create_dir(&copied).unwrap();
    let q = |path: &Path| format!("\"{}\"", path.display());
    assert!(
        shell(&format!(
            "truncate -s 12M {i} && mkfs.ext4 -q -F {i} && mount -o loop {i} {d}",
            i = q(&image),
            d = q(&disk)
        )),
        "this test mounts images: it needs to be root"
    );
    let mut lost = Vec::new();
    let mut point = 0;
    let mut round = 0;
    while point < points {
        round += 1;
        let output = disk.join(format!("sweep{round}"));
        // Cells of some milliseconds, so that many groups of them are made durable while copies are taken.
        let options =
            "--x spike=0:20:100 --y init=1e-4:1e-2:60:log --step-size 2e-5 --optimizer gd --plot svg --threads 2";
        let mut child = phase_diagram(&output, options).stderr(Stdio::null()).spawn().unwrap();
        for _ in 0..100.min(points - point) {
            point += 1;
            // What `status` finds in the living log may not be durable yet; what a second look finds not to be the last frame, is.
            let before = counted(&output.join("cells.log"));
            fs::copy(&image, &copy).unwrap();
            assert!(
                shell(&format!("mount -o loop {} {}", q(&copy), q(&copied))),
                "point {point}: the copy does not mount"
            );
            let found = done(&copied.join(format!("sweep{round}")));
            match found {
                Ok(found) if found >= before => {}
                other => lost.push(format!("point {point}: {other:?} of {before}")),
            }
            assert!(shell(&format!("umount {}", q(&copied))));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        fs::remove_dir_all(&output).unwrap();
    }
    assert!(shell(&format!("umount {}", q(&disk))));
    lost
}

/// Cells in all frames but the last: a frame is begun when the one before is durable.
fn counted(log: &Path) -> u64 {
    let bytes = fs::read(log).unwrap_or_default();
    let (mut at, mut cells, mut last) = (0, 0, 0);
    while let Some(header) = bytes.get(at..at + 16) {
        let length = u32::from_le_bytes(header[8..12].try_into().unwrap()) as usize;
        let Some(payload) = bytes.get(at + 16..at + 16 + length) else { break };
        cells += last;
        // One optimizer called gd: kind, count, length, name; then 26 bytes a cell with a value.
        last = if payload.first() == Some(&b'C') { (payload.len() as u64 - 5) / 26 } else { 0 };
        at += 16 + length;
    }
    cells
}

/// The promise: `cargo test --release --test sweeps power -- --ignored`, as root.
#[test]
#[ignore = "minutes, and root; the promised count"]
fn two_thousand_copies_of_an_unsynced_image_hold_every_cell_that_counted() {
    assert_eq!(power_cuts(2_000), Vec::<String>::new());
}

/// The few that continuous integration takes, where it may mount.
#[test]
fn copies_of_an_unsynced_image_hold_every_cell_that_counted() {
    let (_guard, path) = folder();
    let (image, disk) = (path.join("image"), path.join("disk"));
    fs::create_dir(&disk).unwrap();
    let q = |path: &Path| format!("\"{}\"", path.display());
    let allowed = shell(&format!(
        "truncate -s 2M {i} && mkfs.ext4 -q -F {i} && mount -o loop {i} {d} && umount {d}",
        i = q(&image),
        d = q(&disk)
    ));
    if !allowed {
        eprintln!("not run: mounting an image needs privileges");
        return;
    }
    assert_eq!(power_cuts(20), Vec::<String>::new());
}
