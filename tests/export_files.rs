//! Files on disk: nothing is overwritten unasked, nothing is half written, and where numbers come from lies beside
//! them.

use serde_json::json;
use specdyn::export::{Provenance, WriteError, provenance_path, write_new, write_new_with_provenance};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Barrier;

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_new_file_appears_whole_and_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    write_new(&path, false, |out| {
        out.write_all(b"half")?;
        assert!(!path.exists(), "nothing is to be seen before the end");
        out.write_all(b" and half")
    })
    .unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"half and half");
    assert_eq!(names_in(folder.path()), ["out.csv"]);
}

#[test]
fn an_existing_file_is_replaced_only_by_force() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    fs::write(&path, "old").unwrap();
    let mut called = false;
    let error = write_new(&path, false, |_| {
        called = true;
        Ok(())
    })
    .unwrap_err();
    assert!(matches!(error, WriteError::Exists { .. }), "{error}");
    assert_eq!(error.exit_code(), 73);
    assert!(!called, "no work is done in vain");
    assert_eq!(fs::read(&path).unwrap(), b"old");
    write_new(&path, true, |out| out.write_all(b"new")).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
}

#[test]
fn a_failed_write_leaves_the_old_file_and_no_rubbish() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    fs::write(&path, "old").unwrap();
    let error = write_new(&path, true, |out| {
        out.write_all(b"new")?;
        Err(io::Error::other("the disk is full"))
    })
    .unwrap_err();
    assert_eq!(error.exit_code(), 74);
    assert!(error.to_string().contains("the disk is full") && error.to_string().contains("out.csv"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names_in(folder.path()), ["out.csv"]);
}

#[test]
fn where_nothing_can_be_created_the_error_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for (path, force) in [(folder.path().join("missing/out.csv"), false), (folder.path().to_owned(), true)] {
        let error = write_new(&path, force, |_| Ok(())).unwrap_err();
        assert!(matches!(error, WriteError::CannotCreate { .. }), "{error}");
        assert_eq!(error.exit_code(), 73);
    }
}

#[test]
fn of_two_writers_racing_for_a_name_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    let barrier = Barrier::new(2);
    let results: Vec<Result<(), WriteError>> = std::thread::scope(|scope| {
        let writers = ["first", "second"].map(|content| {
            let (path, barrier) = (&path, &barrier);
            scope.spawn(move || {
                write_new(path, false, |out| {
                    barrier.wait(); // both have found the name free
                    out.write_all(content.as_bytes())
                })
            })
        });
        writers.map(|writer| writer.join().unwrap()).into()
    });
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(results.iter().any(|result| matches!(result, Err(WriteError::Exists { .. }))));
    let winner = if results[0].is_ok() { "first" } else { "second" };
    assert_eq!(fs::read_to_string(&path).unwrap(), winner);
    assert_eq!(names_in(folder.path()), ["out.csv"]);
}

#[cfg(unix)]
#[test]
fn a_new_file_has_the_permissions_of_an_ordinary_one() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (ours, ordinary) = (folder.path().join("ours"), folder.path().join("ordinary"));
    write_new(&ours, false, |_| Ok(())).unwrap();
    fs::write(&ordinary, "").unwrap();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&ours), mode(&ordinary));
}

#[test]
fn provenance_lies_beside_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.npz");
    let provenance = Provenance { seed: Some(3), ..Provenance::new(json!({"spike": 20.0})) };
    write_new_with_provenance(&path, false, &provenance, |out| out.write_all(b"data")).unwrap();
    assert_eq!(names_in(folder.path()), ["out.npz", "out.npz.meta.json"]);
    let meta: serde_json::Value = serde_json::from_slice(&fs::read(provenance_path(&path)).unwrap()).unwrap();
    assert_eq!(meta, provenance.to_json());
    let error = write_new_with_provenance(&path, false, &provenance, |_| Ok(())).unwrap_err();
    assert!(matches!(error, WriteError::Exists { path: named } if named == path));
}
