//! From the text of a configuration file to a grid with a meaning, without running it: what tests and fuzzers (`qa/fuzz.sh`) call.

use super::super::{Arguments, CliError, Command, command, identity};
use super::options;
use clap::FromArgMatches;
use std::ffi::OsString;
use std::path::Path;

thread_local! {
    /// All commands, built once.
    static ROOT: clap::Command = {
        let mut root = command();
        root.build();
        root
    };
}

/// The options of `phase-diagram` that the file says.
pub(super) fn options_of_diagram(text: &str) -> Result<Vec<OsString>, CliError> {
    ROOT.with(|root| {
        let command = root.find_subcommand("phase-diagram").expect("it is a command");
        options(text, Path::new("file.toml"), command)
    })
}

/// Reads `text` as a configuration file of `phase-diagram`, as far as the grid and what its cells mean.
///
/// # Errors
/// What is wrong with it.
pub fn understand(text: &str) -> Result<(), CliError> {
    let mut arguments: Vec<OsString> = ["specdyn", "phase-diagram", "--output=none"].map(OsString::from).into();
    arguments.extend(options_of_diagram(text)?);
    let matches = ROOT.with(|root| root.clone().try_get_matches_from(arguments)).map_err(CliError::Usage)?;
    let Command::PhaseDiagram(options) = Arguments::from_arg_matches(&matches).map_err(CliError::Usage)?.command else {
        unreachable!("the command was given")
    };
    let grid = options.grid()?;
    identity::identity(&options.configuration(), &grid)?;
    Ok(())
}
