//! `specdyn explain`: a claim's section of the derivations.

use super::CliError;
use super::claims::one;
use clap::Args;
use std::io::Write;

/// Options of `specdyn explain`.
#[derive(Args, Clone, Debug)]
pub(super) struct ExplainOptions {
    /// A claim, as `specdyn claims` lists it
    #[arg(value_name = "ID")]
    id: String,
}

pub(super) fn execute(options: &ExplainOptions) -> Result<(), CliError> {
    let claim = one(&options.id)?;
    let section = claim.section();
    let mut out = std::io::stdout().lock();
    writeln!(out, "{} ({})\n{}\n", claim.id, claim.standing, section.title)?;
    writeln!(out, "{}\n", section.body)?;
    writeln!(out, "Paper: [{}] {}, {}", section.paper.key, section.paper.title, section.paper.version)?;
    writeln!(out, "Stated numbers: {}", list(claim.constants))?;
    for wrong in claim.sabotaged {
        writeln!(out, "Must be refused: {} ({})", wrong.name, list(wrong.constants))?;
    }
    if let Some(diagram) = claim.diagram {
        let options: Vec<String> = diagram.iter().map(|(name, value)| format!("--{name} {value}")).collect();
        writeln!(out, "Phase diagram: specdyn phase-diagram {} --output DIR   ({})", claim.id, options.join(" "))?;
    }
    writeln!(out, "Check: specdyn verify {}", claim.id)?;
    Ok(())
}

fn list(numbers: &[f64]) -> String {
    numbers.iter().map(f64::to_string).collect::<Vec<_>>().join(", ")
}
