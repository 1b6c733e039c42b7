//! Verdicts as lines and as JSON.

use crate::claims::{Claim, Effort, Finding, Judgement, Sabotage, Standing};
use crate::export::Provenance;
use serde_json::{Value, json};
use std::io::{self, Write};

/// A claim, or a wrong version of it, judged.
pub(super) struct Entry {
    pub(super) claim: &'static Claim,
    pub(super) sabotage: Option<&'static Sabotage>,
    pub(super) judgement: Judgement,
    pub(super) seconds: f64,
    pub(super) reproduce: String,
}

/// A line a claim: verdict, id, what was measured against what bound, provenance, and the command that reproduces it.
pub(super) fn text(entries: &[Entry], times: bool, out: &mut dyn Write) -> io::Result<()> {
    let width = entries.iter().map(|entry| entry.claim.id.len()).max().unwrap_or(0);
    for entry in entries {
        let judgement = &entry.judgement;
        let found = match &judgement.decisive {
            Some(finding) => format!("{}: {} {}", finding.what, finding.measured, finding.bound),
            None => "nothing measured".into(),
        };
        write!(out, "{:12} {:width$}", judgement.verdict, entry.claim.id)?;
        if let Some(wrong) = entry.sabotage {
            write!(out, "  SABOTAGED ({})", wrong.name)?;
        } else if entry.claim.standing == Standing::Refuted {
            write!(out, "  REFUTED, as `specdyn explain` says")?;
        }
        write!(out, "  {found} [{}]", evidence(judgement))?;
        if let Some(reason) = judgement.reason.as_ref().filter(|_| judgement.verdict.name() == "inconclusive") {
            write!(out, "  because {reason}")?;
        }
        if times {
            write!(out, "  {:.1} s", entry.seconds)?;
        }
        writeln!(out, "  # {}", entry.reproduce)?;
    }
    Ok(())
}

/// How many findings are proofs, ladders and samples: `12 proof, 1 sampling`.
pub(super) fn evidence(judgement: &Judgement) -> String {
    let counts: Vec<String> = judgement.evidence().iter().map(|(p, count)| format!("{count} {p}")).collect();
    if counts.is_empty() { "no evidence".into() } else { counts.join(", ") }
}

/// Everything, for scripts.
pub(super) fn json(entries: &[Entry], times: bool, brief: bool, effort: Effort, out: &mut dyn Write) -> io::Result<()> {
    let claims: Vec<Value> = entries
        .iter()
        .map(|entry| {
            let judgement = &entry.judgement;
            let decisive = judgement.decisive.as_ref().map(finding);
            let mut value = json!({
                "id": entry.claim.id,
                "statement": entry.claim.section().title,
                "status": entry.claim.standing.to_string(),
                "verdict": judgement.verdict.name(),
                "measured": decisive.as_ref().map(|d| d["measured"].clone()),
                "bound": decisive.as_ref().map(|d| d["bound"].clone()),
                "what": decisive.as_ref().map(|d| d["what"].clone()),
                "provenance": judgement.provenance.map(|p| p.name()),
                "evidence": judgement.evidence().iter().map(|(p, count)| (p.name().to_string(), json!(count)))
                    .collect::<serde_json::Map<_, _>>(),
                "sabotage": entry.sabotage.map(|wrong| wrong.name),
                "constants": entry.sabotage.map_or(entry.claim.constants, |wrong| wrong.constants),
                "reason": judgement.reason,
                "reproduce": entry.reproduce,
            });
            if !brief {
                value["findings"] = judgement.findings.iter().map(finding).collect();
            }
            if times {
                value["seconds"] = json!(entry.seconds);
            }
            value
        })
        .collect();
    let report = json!({
        "version": Provenance::VERSION,
        "commit": Provenance::COMMIT,
        "seed": effort.seed,
        "effort": effort.scale,
        "quick": effort.quick,
        "claims": claims,
    });
    writeln!(out, "{}", serde_json::to_string_pretty(&report).map_err(io::Error::from)?)
}

/// Numbers that JSON does not have (an infinite end) become null.
fn finding(finding: &Finding) -> Value {
    json!({
        "what": finding.what,
        "measured": [finding.measured.lo, finding.measured.hi],
        "bound": finding.bound.to_string(),
        "provenance": finding.measured.provenance.name(),
        "holds": finding.holds(),
    })
}
