//! A claim, declared once.

use super::{Trial, Verdict, chapter};
use std::fmt;

/// A statement with a check. The statement, its hypothesis and its proof stand in `derivations/`, under the heading of its id.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// `<chapter>.<slug>`, typed once: where it stands in `derivations/`, its name on the command line and in the tests.
    pub id: &'static str,
    /// What is known of it: so what its check should find.
    pub standing: Standing,
    /// The numbers that the statement asserts.
    pub constants: &'static [f64],
    /// Measures, under the claim's hypothesis, what the statement with these constants says, and records it in the trial.
    pub check: fn(&[f64], &mut Trial),
    /// Wrong statements: other constants, which the same check must refuse. At least three.
    pub sabotaged: &'static [Sabotage],
    /// The phase diagram that shows it outside its hypothesis.
    pub diagram: Option<Diagram>,
}

/// A wrong version of a claim.
#[derive(Clone, Copy, Debug)]
pub struct Sabotage {
    /// What is wrong with it, in a few words.
    pub name: &'static str,
    /// The wrong constants.
    pub constants: &'static [f64],
}

/// What is known of a claim beside its check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Proved in `derivations/`.
    Theorem,
    /// Stated with a proof in the paper that its section names; measured here, not proved again.
    Published,
    /// Open: stated with evidence, without proof.
    Conjecture,
    /// Stated in a paper and not so: its check is to falsify it. Its section says why, under which reading, and what would change that.
    Refuted,
}

impl Standing {
    /// Whether a check that ends in `verdict` says what is known already.
    pub fn expects(self, verdict: Verdict) -> bool {
        match self {
            Self::Theorem | Self::Published | Self::Conjecture => matches!(verdict, Verdict::Verified | Verdict::Toy),
            Self::Refuted => verdict == Verdict::Falsified,
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Theorem => "theorem",
            Self::Published => "published",
            Self::Conjecture => "conjecture",
            Self::Refuted => "refuted",
        })
    }
}

/// The options of `specdyn phase-diagram` that draw a claim: pairs of option and value.
pub type Diagram = &'static [(&'static str, &'static str)];

impl Claim {
    /// The chapter's file stem.
    pub fn chapter(&self) -> &'static str {
        self.id.split_once('.').map_or(self.id, |(chapter, _)| chapter)
    }

    /// The heading's slug.
    pub fn slug(&self) -> &'static str {
        self.id.split_once('.').map_or("", |(_, slug)| slug)
    }

    /// Where it stands in `derivations/`.
    ///
    /// # Panics
    /// When there is no such heading; a test makes sure that every claim of the registry has one.
    pub fn section(&self) -> chapter::Section {
        chapter::find(self.chapter(), self.slug())
            .unwrap_or_else(|| panic!("derivations/ has no heading for {}", self.id))
    }
}
