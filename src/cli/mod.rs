//! The command line: the only code that prints. Contract: options, columns and exit codes of `specdyn --help`.

/// A line on stderr, and nothing in it that moves a terminal's cursor: it may name files. One that nobody can read (a closed pipe, a full
/// disk) is no reason to fail.
macro_rules! remark {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let line = format!($($text)*).replace(char::is_control, "?");
        let _ = writeln!(std::io::stderr(), "{line}");
    }};
}

mod certified;
mod claims;
mod compare;
mod config;
mod diagram_files;
mod error;
mod escape_rate;
mod explain;
mod figures;
mod forecast;
mod identity;
mod idle;
mod merge;
mod model;
mod output;
mod phase_diagram;
mod plot;
mod population;
mod precision;
mod progress;
mod proof_files;
mod rows;
mod sampling;
mod sessions;
mod signals;
mod simulate;
mod slurm;
mod statistic_figures;
mod statistics;
mod status;
mod sweep_folder;
mod training;
mod training_figures;
mod verify;

#[cfg(fuzzing)]
pub use config::understand;
pub use error::CliError;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Exact population dynamics of gradient descent and spectral gradient descent in phase retrieval.
#[derive(Debug, Parser)]
#[command(name = "specdyn", version, args_override_self = true, infer_long_args = false, after_help = EXIT_CODES)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 ok; 1 a claim is falsified, or one known to be false is not; 2 done, but a claim is inconclusive, or cells are missing or have no value, or no run of an optimizer finished, or a solver gave up (a trajectory that is found to diverge, or to \
be unique no longer, is a result: 0); 64 usage, or a parameter outside its \
domain; 65 unusable input file; 73 output exists or cannot be made; 74 input or output failed; 75 another process is at work there; \
130 and 143 interrupted.\nEvery option can come from a TOML file with the same keys: --config FILE; the command line wins.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Integrate the population dynamics and print coefficients, risk, alignment and amplification over time
    Population(Box<population::PopulationOptions>),
    /// Train on finite samples, for many seeds, and print overlaps, risks, alignment and amplification over steps
    Simulate(Box<simulate::SimulateOptions>),
    /// Train on more and more samples, and print how far overlaps are from the population recursion, and at what rate that falls
    Compare(Box<compare::CompareOptions>),
    /// Colour an observable over a grid of two parameters, one panel an optimizer
    PhaseDiagram(Box<phase_diagram::PhaseDiagramOptions>),
    /// Draw the figures of a phase diagram again, without recomputing
    Plot(plot::PlotOptions),
    /// Join the shards of a phase diagram
    Merge(merge::MergeOptions),
    /// Say which cells of a phase diagram are done
    Status(status::StatusOptions),
    /// Check claims of the theory, and show the evidence
    Verify(verify::VerifyOptions),
    /// Print a claim's statement, hypothesis and proof, and how it is checked
    Explain(explain::ExplainOptions),
    /// List all claims
    Claims(claims::ClaimsOptions),
    /// Print the completion script of a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the man page (of a command, if one is named)
    Man {
        /// A command, e.g. `population`
        command: Option<String>,
    },
}

/// Runs the command line on `arguments` (the first is the program's name) and returns the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match execute(arguments.into_iter().collect()) {
        Ok(()) => ExitCode::SUCCESS,
        // A reader that has seen enough (`| head`) is no failure of ours.
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            error.report();
            ExitCode::from(error.code())
        }
    }
}

/// The command line. A list is one value: where it is given twice (in a file, and typed), the later one counts, as for all options.
fn command() -> clap::Command {
    Arguments::command().mut_subcommands(|command| {
        command.mut_args(|arg| match arg.get_value_delimiter() {
            Some(_) => arg.action(clap::ArgAction::Set),
            None => arg,
        })
    })
}

fn execute(arguments: Vec<OsString>) -> Result<(), CliError> {
    let arguments = config::expand(claims::expand(arguments)?, &command())?;
    let matches = command().try_get_matches_from(arguments).map_err(CliError::Usage)?;
    match Arguments::from_arg_matches(&matches).map_err(CliError::Usage)?.command {
        Command::Population(options) => population::execute(&options),
        Command::Simulate(options) => simulate::execute(&options),
        Command::Compare(options) => compare::execute(&options),
        Command::PhaseDiagram(options) => phase_diagram::execute(&options),
        Command::Plot(options) => plot::execute(&options),
        Command::Merge(options) => merge::execute(&options),
        Command::Status(options) => status::execute(&options),
        Command::Verify(options) => verify::execute(&options),
        Command::Explain(options) => explain::execute(&options),
        Command::Claims(options) => claims::execute(&options),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command(), "specdyn", &mut script);
            Ok(std::io::stdout().write_all(&script)?)
        }
        Command::Man { command } => man(command.as_deref()),
    }
}

fn man(name: Option<&str>) -> Result<(), CliError> {
    let mut command = command();
    command.build();
    let page = match name {
        None => command,
        Some(name) => command
            .find_subcommand(name)
            .cloned()
            .ok_or_else(|| CliError::Invalid(format!("there is no command {name:?}; see specdyn --help")))?,
    };
    Ok(clap_mangen::Man::new(page).render(&mut std::io::stdout())?)
}
