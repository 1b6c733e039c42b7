//! `--config FILE`: the options of a TOML file are put in front of the ones on the command line, so that the command line wins
//! and both are validated by the same code.

use super::CliError;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Replaces `--config FILE` by the options that FILE holds, in front of all other options of the command.
pub(super) fn expand(arguments: Vec<OsString>, root: &clap::Command) -> Result<Vec<OsString>, CliError> {
    let mut kept = Vec::with_capacity(arguments.len());
    let mut path: Option<PathBuf> = None;
    let mut rest = arguments.into_iter();
    while let Some(argument) = rest.next() {
        match argument.to_str() {
            Some("--config") => {
                let file = rest.next().ok_or_else(|| CliError::Invalid("--config needs a FILE".into()))?;
                path = Some(file.into());
            }
            Some(text) if text.starts_with("--config=") => path = Some(text["--config=".len()..].into()),
            Some("--") => {
                kept.push(argument);
                kept.extend(rest.by_ref());
            }
            _ => kept.push(argument),
        }
    }
    let Some(path) = path else { return Ok(kept) };
    let name = kept.get(1).and_then(|a| a.to_str()).unwrap_or_default();
    let Some(command) = root.find_subcommand(name) else {
        return Err(CliError::Invalid("--config comes after a command, e.g. specdyn population --config FILE".into()));
    };
    let text = std::fs::read_to_string(&path).map_err(|error| CliError::input(&path, error))?;
    kept.splice(2..2, options(&text, &path, command)?);
    Ok(kept)
}

/// The options that the `text` of the file `path` holds, as `command` takes them.
fn options(text: &str, path: &Path, command: &clap::Command) -> Result<Vec<OsString>, CliError> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| CliError::input(path, error.message()))?;
    let mut options = Vec::new();
    for (key, value) in &table {
        let known = command.get_arguments().find(|a| a.get_long() == Some(key.as_str()));
        let Some(known) = known else {
            return Err(CliError::input(path, format!("{key:?} is not an option of {}", command.get_name())));
        };
        match (known.get_action().takes_values(), value) {
            (false, toml::Value::Boolean(true)) => options.push(format!("--{key}").into()),
            (false, toml::Value::Boolean(false)) => {}
            (false, _) => return Err(CliError::input(path, format!("{key} must be true or false"))),
            (true, value) => {
                let text = option_text(value).ok_or_else(|| {
                    CliError::input(path, format!("{key} must be a number, a text, or a list of those"))
                })?;
                options.push(format!("--{key}={text}").into());
            }
        }
    }
    Ok(options)
}

fn option_text(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(_) | toml::Value::Float(_) => Some(value.to_string()),
        toml::Value::Array(items) => Some(items.iter().map(option_text).collect::<Option<Vec<_>>>()?.join(",")),
        _ => None,
    }
}

#[cfg(any(test, fuzzing))]
#[allow(unreachable_pub)] // a fuzzer reaches it
mod understand;
#[cfg(fuzzing)]
pub use understand::understand;

#[cfg(test)]
mod tests;
