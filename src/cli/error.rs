use crate::scalar::DomainError;
use std::path::{Path, PathBuf};

/// Everything that can end a command, with the exit code that scripts rely on.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The command line does not parse (or asks for help).
    #[error("{0}")]
    Usage(clap::Error),
    /// A parameter outside its domain.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// Options that do not go together, or a value that cannot be read.
    #[error("{0}")]
    Invalid(String),
    /// An input file that cannot be used.
    #[error("{}: {reason}", path.display())]
    Input {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// An output that exists, or cannot be made.
    #[error("{}: {reason}", path.display())]
    Output {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// Another process works in a folder.
    #[error("{}: another process is at work there; wait for it, or choose another --output", folder.display())]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// SIGINT or SIGTERM.
    #[error("interrupted: {reason}")]
    Interrupted {
        /// 128 and the number of the signal.
        code: u8,
        /// What was reached, and how to go on.
        reason: String,
    },
    /// The work is done as far as it can be, and something in it is open.
    #[error("{0}")]
    Open(String),
    /// A claim is false, or a check cannot tell a wrong claim from a right one.
    #[error("{0}")]
    Falsified(String),
    /// Input or output failed half-way.
    #[error("input or output failed: {0}")]
    Io(#[from] std::io::Error),
}

impl CliError {
    pub(crate) fn input(path: &Path, reason: impl ToString) -> Self {
        Self::Input { path: path.into(), reason: reason.to_string() }
    }

    /// The exit code, after `sysexits.h`.
    pub fn code(&self) -> u8 {
        match self {
            Self::Usage(error) if !error.use_stderr() => 0,
            Self::Usage(_) | Self::Domain(_) | Self::Invalid(_) => 64,
            Self::Input { .. } => 65,
            Self::Output { .. } => 73,
            Self::Io(_) => 74,
            Self::Busy { .. } => 75,
            Self::Interrupted { code, .. } => *code,
            Self::Open(_) => 2,
            Self::Falsified(_) => 1,
        }
    }

    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == std::io::ErrorKind::BrokenPipe)
    }

    /// One line on stderr (help and version: what was asked for, on stdout).
    pub(crate) fn report(&self) {
        match self {
            Self::Usage(error) if !error.use_stderr() => {
                let _ = error.print();
            }
            Self::Usage(error) => remark!("{}", one_line(&error.render().to_string())),
            Self::Open(_) | Self::Falsified(_) | Self::Interrupted { .. } => remark!("{}", one_line(&self.to_string())),
            other => remark!("error: {}", one_line(&other.to_string())),
        }
    }
}

/// The message of a clap error without its usage block, and nothing that would move a terminal's cursor.
fn one_line(message: &str) -> String {
    let body = message.split("\n\nUsage:").next().unwrap_or(message);
    let body = body.split("\n\nFor more information").next().unwrap_or(body);
    let words: Vec<&str> = body.split_whitespace().collect();
    words.join(" ").chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}
