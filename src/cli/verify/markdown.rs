//! The report as a document that can be attached to a review.

use super::report::{Entry, evidence};
use crate::claims::chapter::Paper;
use crate::claims::{Claim, Effort, Finding, SENTENCES, Standing, Verdict};
use crate::cli::{CliError, claims::source};
use crate::export::Provenance;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Draws the phase diagram of every claim that has one into a folder of its name; returns the pictures, as `report` links to them.
pub(super) fn draw(
    folder: &Path,
    claims: &[&'static Claim],
    force: bool,
    report: Option<&Path>,
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
            Ok(()) | Err(CliError::Open(_)) => {
                pictures.push((claim.id, link(report, output.join("phase-diagram.png"))));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(pictures)
}

/// How a report in a file refers to a picture: from its own folder if the picture is in there, else from the root.
fn link(report: Option<&Path>, picture: PathBuf) -> PathBuf {
    let Some(folder) = report.and_then(Path::parent) else { return picture };
    match picture.strip_prefix(folder) {
        Ok(inside) => inside.to_path_buf(),
        Err(_) => std::path::absolute(&picture).unwrap_or(picture),
    }
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
    writeln!(out, "{HOW_TO_READ}\n")?;
    sentences(entries, out)?;
    summary(entries, out)?;
    for entry in entries {
        section(entry, figures, out)?;
    }
    papers(entries, out)
}

const HOW_TO_READ: &str = "\
Every claim has a status: *theorem* (proved in `derivations/`), *published* (proved in the paper that is named), *conjecture*, or *refuted* (a
published sentence that is not so: its check is to falsify it). Its verdict is what this run found, status or not: *verified*, *falsified* or
*inconclusive*; *toy* where a check ran below the claim's own scale. What was measured is an interval, set against what the claim states, and
known by *proof* (exact arithmetic, or intervals with outward rounding), by *ladder* (several resolutions agree) or by *sampling* (random
instances; a band at a stated level where the number is a statistic). `specdyn explain ID` prints the proof of a claim.";

/// A line a claim, in the order of the sections.
fn summary(entries: &[Entry], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Claims\n\n| claim | statement | status | verdict | evidence |\n|---|---|---|---|---|")?;
    for entry in entries {
        let wrong = entry.sabotage.map_or(String::new(), |wrong| format!(", sabotaged: {}", escape(wrong.name)));
        writeln!(
            out,
            "| `{}`{wrong} | {} | {} | {} | {} |",
            entry.claim.id,
            escape(entry.claim.section().title),
            entry.claim.standing,
            entry.judgement.verdict.name(),
            evidence(&entry.judgement)
        )?;
    }
    writeln!(out)
}

/// The papers behind the keys.
fn papers(entries: &[Entry], out: &mut dyn Write) -> io::Result<()> {
    let mut papers: Vec<&Paper> = Vec::new();
    for entry in entries {
        let paper = entry.claim.section().paper;
        if !papers.contains(&paper) {
            papers.push(paper);
        }
    }
    writeln!(out, "## Papers\n")?;
    for paper in papers {
        writeln!(out, "- [{}] {}, {}. Notation: {}.", paper.key, paper.title, paper.version, paper.notation)?;
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
    writeln!(out, "*{}* ({}; source: {})\n", capital(section.title), claim.standing, source(claim))?;
    if entry.sabotage.is_none() && claim.standing == Standing::Refuted && judgement.verdict == Verdict::Falsified {
        writeln!(out, "As its status says. Why, and what would change it: `specdyn explain {}`.\n", claim.id)?;
    }
    if entry.sabotage.is_none() {
        for part in ["Statement", "Hypothesis"] {
            writeln!(out, "**{part}.** {}\n", section.part(part).unwrap_or_default())?;
        }
    }
    if let Some(reason) = &judgement.reason {
        writeln!(out, "**Reason.** {}\n", escape(reason))?;
    }
    writeln!(out, "| measured | value | stated | provenance | holds |\n|---|---|---|---|---|")?;
    for finding in shown(&judgement.findings) {
        let holds = finding.holds().map_or("undecided", |yes| if yes { "yes" } else { "no" });
        let (value, bound) = (finding.measured.to_string(), finding.bound.to_string());
        writeln!(out, "| {} | {value} | {bound} | {} | {holds} |", escape(&finding.what), finding.measured.provenance)?;
    }
    if judgement.findings.len() > ROWS {
        writeln!(out, "\nThe {ROWS} closest calls; {} more are in the JSON report.", judgement.findings.len() - ROWS)?;
    }
    if let Some((_, picture)) = figures.iter().find(|(id, _)| *id == claim.id).filter(|_| entry.sabotage.is_none()) {
        writeln!(out, "\n![phase diagram of {}]({})\n", claim.id, picture.display())?;
        let options = claim.diagram.unwrap_or_default().iter().map(|(name, value)| format!("{name} {value}"));
        writeln!(
            out,
            "*Inside and outside the hypothesis; hatched: no value. `specdyn phase-diagram {} --output DIR` ({}).*",
            claim.id,
            options.collect::<Vec<_>>().join(", ")
        )?;
    }
    writeln!(out, "\nReproduce: `{}`\n", entry.reproduce)
}

/// Rows of evidence shown for a claim.
const ROWS: usize = 24;

/// All findings as they came, or where there are too many the closest calls (violations first), in that order.
fn shown(findings: &[Finding]) -> Vec<&Finding> {
    let mut shown: Vec<&Finding> = findings.iter().collect();
    if shown.len() > ROWS {
        let margin = |finding: &Finding| finding.bound.margin(finding.measured);
        shown.sort_by(|a, b| margin(a).total_cmp(&margin(b)));
        shown.truncate(ROWS);
    }
    shown
}

/// A title as a sentence begins.
fn capital(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

fn escape(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_found_from_where_the_report_is() {
        let picture = || PathBuf::from("out/figures/a.png");
        assert_eq!(link(None, picture()), picture());
        assert_eq!(link(Some(Path::new("report.md")), picture()), picture());
        assert_eq!(link(Some(Path::new("out/report.md")), picture()), PathBuf::from("figures/a.png"));
        assert!(link(Some(Path::new("elsewhere/report.md")), picture()).is_absolute());
    }

    #[test]
    fn of_many_findings_the_closest_calls_are_shown() {
        use crate::claims::{Bound, Enclosure};
        let finding = |k: usize| Finding {
            what: k.to_string(),
            measured: Enclosure::exact(k as f64),
            bound: Bound::AtMost(100.0),
        };
        let findings: Vec<Finding> = (0..2 * ROWS).map(finding).collect();
        let what: Vec<String> = shown(&findings).iter().map(|finding| finding.what.clone()).collect();
        assert_eq!(what, (ROWS..2 * ROWS).rev().map(|k| k.to_string()).collect::<Vec<_>>());
        assert_eq!(shown(&findings[..3]).len(), 3);
    }
}
