//! Options that would not count beside the others are refused: whoever gives one thinks that it does.

use super::CliError;
use serde_json::{Map, Value};

/// Fails where an option of a command's `configuration` has another value than its default and does not count. Each comes with whether it does
/// count, and why not otherwise. (What goes by presence alone is left to `requires` and `conflicts_with` of clap.)
pub(super) fn refuse(configuration: &Map<String, Value>, options: &[(&str, bool, &str)]) -> Result<(), CliError> {
    match options.iter().find(|(name, counts, _)| !counts && is_given(configuration, name)) {
        Some((name, _, reason)) => Err(CliError::Invalid(format!("--{name} {reason}"))),
        None => Ok(()),
    }
}

/// Whether the option `name` has another value than its default.
pub(super) fn is_given(configuration: &Map<String, Value>, name: &str) -> bool {
    let command = super::command();
    let own = configuration["command"].as_str().and_then(|command_name| command.find_subcommand(command_name));
    let argument = own.and_then(|own| own.get_arguments().find(|argument| argument.get_long() == Some(name)));
    let default = argument.and_then(|argument| argument.get_default_values().first()?.to_str()).unwrap_or_default();
    let text = match configuration.get(name) {
        None | Some(Value::Null) => return false,
        Some(Value::Bool(false)) if default.is_empty() => return false, // a flag
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    text != default
}
