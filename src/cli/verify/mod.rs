//! `specdyn verify`: every claim, its verdict and its evidence.

mod markdown;
mod report;

use super::CliError;
use super::claims::chosen;
use super::output::exists;
use super::phase_diagram::threads;
use crate::claims::{Claim, Effort, Sabotage, Verdict, verify};
use crate::export::write_new;
use crate::scalar::DomainError;
use clap::{Args, ValueEnum};
use rayon::prelude::*;
use report::Entry;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::Instant;

/// Options of `specdyn verify`.
#[derive(Args, Clone, Debug)]
pub(super) struct VerifyOptions {
    /// Claims or chapters; all without any
    #[arg(value_name = "ID-OR-PREFIX")]
    ids: Vec<String>,
    /// A quick look, at a smaller scale: what runs below a claim's own scale is called toy
    #[arg(long, conflicts_with = "effort")]
    quick: bool,
    /// Multiplies grids, horizons and samples; tolerances stay
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    effort: f64,
    /// Seed of everything random
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Also check wrong versions of every claim, none of which may be verified
    #[arg(long)]
    sabotage: bool,
    /// Lines for people, JSON, or a document
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    format: ReportFormat,
    /// Add the seconds that each check took; lines on a terminal have them anyway. Without them the same seed gives the same bytes
    #[arg(long)]
    times: bool,
    /// With --format json: leave out everything measured but the finding that decided
    #[arg(long)]
    brief: bool,
    /// Write the report to FILE instead of stdout
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// With --format markdown: draw the phase diagrams of the claims into DIR and show them
    #[arg(long, value_name = "DIR")]
    figures: Option<PathBuf>,
    /// Replace existing files
    #[arg(long)]
    force: bool,
    /// Number of threads (default: all cores)
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u16).range(1..=4096))]
    threads: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    Text,
    Json,
    Markdown,
}

pub(super) fn execute(options: &VerifyOptions) -> Result<(), CliError> {
    if !(options.effort.is_finite() && options.effort > 0.0 && options.effort <= 1e6) {
        return Err(DomainError::new("effort", options.effort, "a number above 0, at most 1000000").into());
    }
    if options.figures.is_some() && options.format != ReportFormat::Markdown {
        return Err(CliError::Invalid("--figures needs --format markdown".into()));
    }
    if let Some(path) = options.output.as_ref().filter(|path| !options.force && path.symlink_metadata().is_ok()) {
        return Err(exists(path));
    }
    let claims = chosen(&options.ids)?;
    let effort = Effort { scale: options.effort, quick: options.quick, seed: options.seed };
    let entries = run(options, &claims, effort)?;
    let figures = match &options.figures {
        Some(folder) => markdown::draw(folder, &claims, options.force, options.output.as_deref())?,
        None => Vec::new(),
    };
    // Whoever reads along wants to know; what is kept is to be the same every time.
    let times = options.times || (options.output.is_none() && std::io::stdout().is_terminal());
    let write = |out: &mut dyn Write| -> std::io::Result<()> {
        match options.format {
            ReportFormat::Text => report::text(&entries, times, out),
            ReportFormat::Json => report::json(&entries, options.times, options.brief, effort, out),
            ReportFormat::Markdown => markdown::document(&entries, &figures, effort, out),
        }
    };
    match &options.output {
        None => write(&mut std::io::stdout().lock())?,
        Some(path) => write_new(path, options.force, write)?,
    }
    outcome(&entries)
}

/// Every claim, and with --sabotage every wrong version, in the registry's order whichever is done first.
fn run(options: &VerifyOptions, claims: &[&'static Claim], effort: Effort) -> Result<Vec<Entry>, CliError> {
    let mut jobs: Vec<(&'static Claim, Option<&'static Sabotage>)> = Vec::new();
    for claim in claims {
        jobs.push((claim, None));
        if options.sabotage {
            jobs.extend(claim.sabotaged.iter().map(|wrong| (*claim, Some(wrong))));
        }
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads(options.threads))
        .build()
        .map_err(|error| CliError::Invalid(format!("--threads: {error}")))?;
    // A panicking check is an inconclusive claim, which says so; its message and backtrace would only disturb the report.
    std::panic::set_hook(Box::new(|_| ()));
    let watched = std::io::stderr().is_terminal();
    let entries = pool.install(|| {
        jobs.par_iter()
            .with_max_len(1)
            .map(|(claim, wrong)| {
                let begin = Instant::now();
                let constants = wrong.map_or(claim.constants, |wrong| wrong.constants);
                let judgement = verify(claim, constants, effort);
                let seconds = begin.elapsed().as_secs_f64();
                if watched {
                    let version = wrong.map_or("", |wrong| wrong.name);
                    remark!("{:12} {seconds:7.1} s  {} {version}", judgement.verdict, claim.id);
                }
                Entry {
                    claim,
                    sabotage: *wrong,
                    judgement,
                    seconds,
                    reproduce: reproduce(claim, effort, wrong.is_some()),
                }
            })
            .collect()
    });
    let _ = std::panic::take_hook();
    Ok(entries)
}

fn reproduce(claim: &Claim, effort: Effort, sabotaged: bool) -> String {
    let mut command = format!("specdyn verify {} --seed {}", claim.id, effort.seed);
    if effort.quick {
        command.push_str(" --quick");
    }
    if effort.scale != 1.0 {
        command.push_str(&format!(" --effort {}", effort.scale));
    }
    if sabotaged {
        command.push_str(" --sabotage");
    }
    command
}

/// The exit code: a claim that is not as its status says, or a wrong one that its check believes, outweighs one that is open.
fn outcome(entries: &[Entry]) -> Result<(), CliError> {
    let passes = |verdict: Verdict| matches!(verdict, Verdict::Verified | Verdict::Toy);
    let count = |keep: &dyn Fn(&&Entry) -> bool| entries.iter().filter(keep).count();
    let unexpected = |e: &&Entry| {
        let verdict = e.judgement.verdict;
        e.sabotage.is_none() && verdict != Verdict::Inconclusive && !e.claim.standing.expects(verdict)
    };
    let falsified = count(&|e| unexpected(e) && e.judgement.verdict == Verdict::Falsified);
    let restored = count(&|e| unexpected(e) && e.judgement.verdict != Verdict::Falsified);
    let believed = count(&|e| e.sabotage.is_some() && passes(e.judgement.verdict));
    if falsified > 0 {
        return Err(CliError::Falsified(format!(
            "{falsified} of {} claims falsified",
            count(&|e| e.sabotage.is_none())
        )));
    }
    if restored > 0 {
        return Err(CliError::Falsified(format!("{restored} claims with the status refuted were not falsified")));
    }
    if believed > 0 {
        return Err(CliError::Falsified(format!("{believed} wrong versions of claims were not refused")));
    }
    let inconclusive = count(&|e| e.sabotage.is_none() && e.judgement.verdict == Verdict::Inconclusive);
    if inconclusive > 0 {
        return Err(CliError::Open(format!(
            "{inconclusive} of {} claims inconclusive",
            count(&|e| e.sabotage.is_none())
        )));
    }
    let (wrong, refused) = (
        count(&|e| e.sabotage.is_some()),
        count(&|e| e.sabotage.is_some() && e.judgement.verdict == Verdict::Falsified),
    );
    if 20 * refused < 19 * wrong {
        return Err(CliError::Open(format!(
            "only {refused} of {wrong} wrong versions were falsified, fewer than 95 %"
        )));
    }
    Ok(())
}
