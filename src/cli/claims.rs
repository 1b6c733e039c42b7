//! `specdyn claims`: the registry; and `phase-diagram CLAIM`, a claim drawn outside its hypothesis.

use super::CliError;
use crate::claims::{self, Claim};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::ffi::OsString;
use std::io::Write;

/// Options of `specdyn claims`.
#[derive(Args, Clone, Debug)]
pub(super) struct ClaimsOptions {
    /// Claims or chapters; all without any
    #[arg(value_name = "ID-OR-PREFIX")]
    ids: Vec<String>,
    /// A line each, or JSON
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    format: ListFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ListFormat {
    Text,
    Json,
}

pub(super) fn execute(options: &ClaimsOptions) -> Result<(), CliError> {
    let claims = chosen(&options.ids)?;
    let mut out = std::io::stdout().lock();
    match options.format {
        ListFormat::Text => {
            let width = claims.iter().map(|claim| claim.id.len()).max().unwrap_or(0);
            for claim in claims {
                let section = claim.section();
                let source = source(claim);
                writeln!(out, "{:width$}  {} | {source} | {}", claim.id, section.title, claim.standing)?;
            }
        }
        ListFormat::Json => {
            let list: Vec<_> = claims
                .iter()
                .map(|claim| {
                    json!({
                        "id": claim.id,
                        "statement": claim.section().title,
                        "source": source(claim),
                        "paper": claim.section().paper.key,
                        "status": claim.standing.to_string(),
                        "constants": claim.constants,
                        "sabotaged": claim.sabotaged.iter().map(|s| json!({"name": s.name, "constants": s.constants})).collect::<Vec<_>>(),
                    })
                })
                .collect();
            writeln!(
                out,
                "{}",
                serde_json::to_string_pretty(&json!({ "claims": list })).map_err(std::io::Error::from)?
            )?;
        }
    }
    Ok(())
}

/// The first sentence of where the statement comes from.
pub(super) fn source(claim: &Claim) -> String {
    let source = claim.section().part("Source").unwrap_or_default();
    let words = source.split_whitespace().collect::<Vec<_>>().join(" ");
    words.split_once(". ").map_or(words.trim_end_matches('.'), |(first, _)| first).to_string()
}

/// The claims that the names mean, each once, in the registry's order.
pub(super) fn chosen(names: &[String]) -> Result<Vec<&'static Claim>, CliError> {
    if names.is_empty() {
        return Ok(claims::registry());
    }
    let mut ids = Vec::new();
    for name in names {
        let matching = claims::matching(name);
        if matching.is_empty() {
            return Err(unknown(name));
        }
        ids.extend(matching.into_iter().map(|claim| claim.id));
    }
    Ok(claims::registry().into_iter().filter(|claim| ids.contains(&claim.id)).collect())
}

/// No claim has this name; perhaps one was meant that is like it.
fn unknown(name: &str) -> CliError {
    let near = claims::nearest(name);
    let hint = if near.is_empty() { String::new() } else { format!("did you mean {}? ", near.join(", ")) };
    CliError::Invalid(format!("there is no claim {name:?}; {hint}`specdyn claims` lists all"))
}

/// Exactly one claim.
pub(super) fn one(name: &str) -> Result<&'static Claim, CliError> {
    match claims::matching(name)[..] {
        [claim] => Ok(claim),
        [] => Err(unknown(name)),
        ref several => {
            let ids: Vec<&str> = several.iter().map(|claim| claim.id).collect();
            Err(CliError::Invalid(format!("{name:?} may be {}", ids.join(", "))))
        }
    }
}

/// Replaces the claim in `phase-diagram CLAIM ...` by the options of its diagram, in front of all others, so that those win.
pub(super) fn expand(mut arguments: Vec<OsString>) -> Result<Vec<OsString>, CliError> {
    let text = |at: usize, all: &[OsString]| all.get(at).and_then(|a| a.to_str()).map(String::from);
    if text(1, &arguments).as_deref() != Some("phase-diagram") {
        return Ok(arguments);
    }
    let Some(name) = text(2, &arguments).filter(|name| !name.starts_with('-')) else { return Ok(arguments) };
    let claim = one(&name)?;
    let Some(diagram) = claim.diagram else {
        let having: Vec<&str> = claims::registry().into_iter().filter(|c| c.diagram.is_some()).map(|c| c.id).collect();
        return Err(CliError::Invalid(format!("{} has no phase diagram; these have: {}", claim.id, having.join(", "))));
    };
    arguments.splice(2..3, diagram.iter().map(|(name, value)| format!("--{name}={value}").into()));
    Ok(arguments)
}
