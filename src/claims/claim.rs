//! A claim, declared once.

use super::{Trial, chapter};
use std::fmt;

/// A statement with a check. The statement, its hypothesis and its proof stand in `derivations/`, under the heading of its id.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// `<chapter>.<slug>`, typed once: where it stands in `derivations/`, its name on the command line and in the tests.
    pub id: &'static str,
    /// Proved, or open.
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
    /// Open: stated with evidence, without proof.
    Conjecture,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Theorem => "theorem",
            Self::Conjecture => "conjecture",
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
