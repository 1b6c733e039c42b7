//! The `specdyn` command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    specdyn::cli::run(std::env::args_os())
}
