//! The report as a document that can be attached to a review.

use super::report::Entry;
use crate::claims::{Claim, Effort, SENTENCES, Verdict};
use crate::cli::{CliError, claims::source};
use crate::export::Provenance;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Draws the phase diagram of every claim that has one into a folder of its name; returns the pictures.
pub(super) fn draw(
    folder: &Path,
    claims: &[&'static Claim],
    force: bool,
) -> Result<Vec<(&'static str, PathBuf)>, CliError> {
    let mut pictures = Vec::new();
    for claim in claims.iter().filter(|claim| claim.diagram.is_some()) {
        let output = folder.join(claim.id);
        let mut arguments: Vec<OsString> =
            ["specdyn", "phase-diagram", claim.id, "--plot", "png", "--output"].map(OsString::from).to_vec();
        arguments.push(output.clone().into());
        if force {
            arguments.push("--force".into());
        }
        match crate::cli::execute(arguments) {
            // Cells without a value are hatched in the picture, which says so.
            Ok(()) | Err(CliError::Open(_)) => pictures.push((claim.id, output.join("phase-diagram.png"))),
            Err(error) => return Err(error),
        }
    }
    Ok(pictures)
}

/// Statement, hypothesis, verdict, evidence, figure and reproduce line of every claim.
pub(super) fn document(
    entries: &[Entry],
    figures: &[(&'static str, PathBuf)],
    effort: Effort,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "# Verification report\n")?;
    let commit = Provenance::COMMIT.map_or(String::new(), |commit| format!(", commit {commit}"));
    let scale = if effort.quick { "quick".into() } else { format!("effort {}", effort.scale) };
    writeln!(out, "specdyn {}{commit}; seed {}, {scale}.\n", Provenance::VERSION, effort.seed)?;
    let count =
        |verdict: Verdict| entries.iter().filter(|e| e.sabotage.is_none() && e.judgement.verdict == verdict).count();
    let all = [Verdict::Verified, Verdict::Toy, Verdict::Falsified, Verdict::Inconclusive];
    let counts: Vec<String> =
        all.into_iter().filter(|v| count(*v) > 0).map(|v| format!("{} {}", count(v), v.name())).collect();
    writeln!(out, "{}.\n", counts.join(", "))?;
    sentences(entries, out)?;
    for entry in entries {
        section(entry, figures, out)?;
    }
    Ok(())
}

/// What the papers say, and the verdicts on what it means; only sentences all of whose claims were checked.
fn sentences(entries: &[Entry], out: &mut dyn Write) -> io::Result<()> {
    let verdict =
        |id: &str| entries.iter().find(|e| e.sabotage.is_none() && e.claim.id == id).map(|e| e.judgement.verdict);
    let mut heading = false;
    for sentence in SENTENCES {
        let verdicts: Option<Vec<String>> =
            sentence.claims.iter().map(|id| verdict(id).map(|v| format!("`{id}` {}", v.name()))).collect();
        if let Some(verdicts) = verdicts {
            if !heading {
                writeln!(out, "## The papers' sentences\n\n| paper | it says | claims |\n|---|---|---|")?;
                heading = true;
            }
            writeln!(out, "| [{}] | {} | {} |", sentence.paper.key, sentence.text, verdicts.join(", "))?;
        }
    }
    if heading { writeln!(out) } else { Ok(()) }
}

fn section(entry: &Entry, figures: &[(&'static str, PathBuf)], out: &mut dyn Write) -> io::Result<()> {
    let (claim, judgement, section) = (entry.claim, &entry.judgement, entry.claim.section());
    let wrong = entry.sabotage.map_or(String::new(), |wrong| format!(" (sabotaged: {})", wrong.name));
    writeln!(out, "## {}{wrong}: {}\n", claim.id, judgement.verdict.name())?;
    writeln!(out, "{}, {}. Source: {}.\n", section.title, claim.standing, source(claim))?;
    if entry.sabotage.is_none() {
        for part in ["Statement", "Hypothesis"] {
            writeln!(out, "**{part}.** {}\n", section.part(part).unwrap_or_default())?;
        }
    }
    if let Some(reason) = &judgement.reason {
        writeln!(out, "**Reason.** {}\n", escape(reason))?;
    }
    writeln!(out, "| measured | value | stated | provenance | holds |\n|---|---|---|---|---|")?;
    for finding in judgement.findings.iter().take(ROWS) {
        let holds = finding.holds().map_or("undecided", |yes| if yes { "yes" } else { "no" });
        let (value, bound) = (finding.measured.to_string(), finding.bound.to_string());
        writeln!(out, "| {} | {value} | {bound} | {} | {holds} |", escape(&finding.what), finding.measured.provenance)?;
    }
    if judgement.findings.len() > ROWS {
        writeln!(out, "\n{} more findings are in the JSON report.", judgement.findings.len() - ROWS)?;
    }
    if let Some((_, picture)) = figures.iter().find(|(id, _)| *id == claim.id).filter(|_| entry.sabotage.is_none()) {
        writeln!(out, "\n![phase diagram of {}]({})", claim.id, picture.display())?;
    }
    writeln!(out, "\nReproduce: `{}`\n", entry.reproduce)
}

/// Rows of evidence shown for a claim.
const ROWS: usize = 24;

fn escape(text: &str) -> String {
    text.replace('|', "\\|")
}
