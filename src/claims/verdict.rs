//! From findings to a verdict: the one place where it is decided.

use super::{Claim, Effort, Finding, Provenance, Trial};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The answer to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that was measured is certainly as the claim says, at the claim's own scale.
    Verified,
    /// The same, but something ran below the claim's own scale.
    Toy,
    /// Something that was measured is certainly not as the claim says.
    Falsified,
    /// Neither; the reason says why.
    Inconclusive,
}

impl Verdict {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Toy => "toy",
            Self::Falsified => "falsified",
            Self::Inconclusive => "inconclusive",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A verdict with its evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The finding that decided it: of a falsified claim the worst, of a verified one the closest call.
    pub decisive: Option<Finding>,
    /// The weakest provenance among the findings.
    pub provenance: Option<Provenance>,
    /// Why nothing could be decided, or how the claim fails.
    pub reason: Option<String>,
    /// Everything that was measured.
    pub findings: Vec<Finding>,
}

impl Judgement {
    /// How many findings are of each provenance, strongest first; those that there are none of are left out.
    pub fn evidence(&self) -> Vec<(Provenance, usize)> {
        let of = |p: Provenance| (p, self.findings.iter().filter(|f| f.measured.provenance == p).count());
        [Provenance::Proof, Provenance::Ladder, Provenance::Sampling].map(of).into_iter().filter(|e| e.1 > 0).collect()
    }
}

/// Runs the check of `claim`, as stated or `sabotaged`, and judges what it found. A panic is no answer.
pub fn verify(claim: &Claim, constants: &[f64], effort: Effort) -> Judgement {
    let trial = catch_unwind(AssertUnwindSafe(|| {
        let mut trial = Trial::new(effort);
        (claim.check)(constants, &mut trial);
        trial
    }));
    match trial {
        Ok(trial) => judge(&trial),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            Judgement {
                verdict: Verdict::Inconclusive,
                decisive: None,
                provenance: None,
                reason: Some(format!("the check panicked: {}", text.unwrap_or("without a message"))),
                findings: Vec::new(),
            }
        }
    }
}

/// Judges a trial: one certain violation falsifies; otherwise one thing not known is not a pass.
pub fn judge(trial: &Trial) -> Judgement {
    let findings = trial.findings().to_vec();
    let worst = |holds: Option<bool>| {
        let of_kind = findings.iter().filter(|f| f.holds() == holds);
        of_kind.min_by(|a, b| a.bound.margin(a.measured).total_cmp(&b.bound.margin(b.measured))).cloned()
    };
    let (verdict, decisive, reason) = if let Some(finding) = worst(Some(false)) {
        let reason = format!("{}: {}, not {}", finding.what, finding.measured, finding.bound);
        (Verdict::Falsified, Some(finding), Some(reason))
    } else if let Some(reason) = trial.unknowns().first() {
        (Verdict::Inconclusive, worst(None).or_else(|| worst(Some(true))), Some(reason.clone()))
    } else if let Some(finding) = worst(None) {
        let reason = format!("{}: {} does not decide {}", finding.what, finding.measured, finding.bound);
        (Verdict::Inconclusive, Some(finding), Some(reason))
    } else if let Some(finding) = worst(Some(true)) {
        let verdict = if trial.is_toy() { Verdict::Toy } else { Verdict::Verified };
        let reason = trial.is_toy().then(|| "ran below the claim's own scale".into());
        (verdict, Some(finding), reason)
    } else {
        (Verdict::Inconclusive, None, Some("nothing was measured".into()))
    };
    let provenance = findings.iter().map(|f| f.measured.provenance).max();
    Judgement { verdict, decisive, provenance, reason, findings }
}

#[cfg(test)]
mod tests {
    use super::super::Enclosure;
    use super::*;

    fn judged(fill: impl FnOnce(&mut Trial)) -> Judgement {
        let mut trial = Trial::new(Effort::default());
        fill(&mut trial);
        judge(&trial)
    }

    #[test]
    fn an_empty_trial_and_nan_are_inconclusive() {
        assert_eq!(judged(|_| ()).verdict, Verdict::Inconclusive);
        assert_eq!(judged(|t| t.at_most("x", Enclosure::exact(f64::NAN), 1.0)).verdict, Verdict::Inconclusive);
    }

    #[test]
    fn one_violation_outweighs_everything_and_one_unknown_is_no_pass() {
        let good = |t: &mut Trial| t.at_most("good", Enclosure::exact(0.5), 1.0);
        assert_eq!(judged(good).verdict, Verdict::Verified);
        let mixed = judged(|t| {
            good(t);
            t.unknown("other", "no budget");
        });
        assert_eq!((mixed.verdict, mixed.reason.as_deref()), (Verdict::Inconclusive, Some("other: no budget")));
        let bad = judged(|t| {
            good(t);
            t.unknown("other", "no budget");
            t.at_most("bad", Enclosure::sampled(2.0, 3.0), 1.0);
        });
        assert_eq!((bad.verdict, bad.provenance), (Verdict::Falsified, Some(Provenance::Sampling)));
        assert_eq!(bad.decisive.unwrap().what, "bad");
    }

    #[test]
    fn a_quick_run_below_scale_is_a_toy_and_a_panic_is_inconclusive() {
        let quick = Effort { quick: true, ..Effort::default() };
        let mut trial = Trial::new(quick);
        assert_eq!(trial.count(100, 10), 10);
        trial.at_most("x", Enclosure::exact(0.0), 1.0);
        assert_eq!(judge(&trial).verdict, Verdict::Toy);
        let panicking = Claim {
            id: "model.equivariance",
            standing: super::super::Standing::Theorem,
            constants: &[],
            check: |_, _| panic!("on purpose"),
            sabotaged: &[],
            diagram: None,
        };
        let judgement = verify(&panicking, &[], quick);
        assert_eq!(judgement.verdict, Verdict::Inconclusive);
        assert!(judgement.reason.unwrap().contains("on purpose"));
    }
}
