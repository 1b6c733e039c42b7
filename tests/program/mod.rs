//! The program as users and scripts see it, for all tests that run it.

#![allow(dead_code)] // no target uses all of this

use std::process::{Command, Output};

pub(crate) fn specdyn(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_specdyn")).args(arguments).output().unwrap()
}

/// What a run that succeeds prints.
pub(crate) fn stdout(arguments: &[&str]) -> String {
    let output = specdyn(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Exit code 64, nothing on stdout, and one line on stderr that contains `part`.
pub(crate) fn refused(arguments: &[&str], part: &str) {
    fails(arguments, 64, part);
}

/// The same with this exit code.
pub(crate) fn fails(arguments: &[&str], code: i32, part: &str) {
    let output = specdyn(arguments);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {message}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    assert_eq!(message.lines().count(), 1, "{arguments:?}: {message}");
    assert!(message.contains(part), "{arguments:?}: {message}");
}
