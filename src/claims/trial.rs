//! One run of a check: its effort, its randomness, and the findings it leaves.

use super::{Bound, Enclosure, Finding};
use crate::scalar::{Interval, Normals};

/// How much is spent on a check. Effort multiplies grids, horizons and samples, never tolerances.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    /// 1 is the claim's own scale.
    pub scale: f64,
    /// A reduced run for a quick look: checks that run below the claim's own scale then say so.
    pub quick: bool,
    /// Seed of everything random.
    pub seed: u64,
}

impl Default for Effort {
    fn default() -> Self {
        Self { scale: 1.0, quick: false, seed: 1 }
    }
}

/// What a check is given, and where it puts what it finds.
#[derive(Clone, Debug)]
pub struct Trial {
    effort: Effort,
    toy: bool,
    findings: Vec<Finding>,
    unknown: Vec<String>,
}

impl Trial {
    /// A trial without findings.
    pub fn new(effort: Effort) -> Self {
        Self { effort, toy: false, findings: Vec::new(), unknown: Vec::new() }
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.effort.seed
    }

    /// Standard normal numbers of stream `stream`.
    pub fn normals(&self, stream: u64) -> Normals {
        Normals::new(self.effort.seed, stream)
    }

    /// A number of instances, samples or rungs: `full` at the claim's own scale, `quick` in a quick run, which is then a toy.
    pub fn count(&mut self, full: usize, quick: usize) -> usize {
        if self.effort.quick && quick < full {
            self.toy = true;
            return quick;
        }
        let scaled = (full as f64 * self.effort.scale).ceil();
        if scaled < full as f64 {
            self.toy = true;
        }
        (scaled as usize).max(1)
    }

    /// The first `count(full, quick)` of a list that is `full` long at most.
    pub fn first<'a, T>(&mut self, all: &'a [T], quick: usize) -> &'a [T] {
        let count = self.count(all.len(), quick).min(all.len());
        &all[..count]
    }

    /// The claim says that `measured` is at most `bound`.
    pub fn at_most(&mut self, what: impl Into<String>, measured: Enclosure, bound: f64) {
        self.findings.push(Finding { what: what.into(), measured, bound: Bound::AtMost(bound) });
    }

    /// The claim says that `measured` is at least `bound`.
    pub fn at_least(&mut self, what: impl Into<String>, measured: Enclosure, bound: f64) {
        self.findings.push(Finding { what: what.into(), measured, bound: Bound::AtLeast(bound) });
    }

    /// The claim says that `measured` is `value`, up to the known or stated `margin` on either side.
    pub fn near(&mut self, what: impl Into<String>, measured: Enclosure, value: f64, margin: f64) {
        let bound = Bound::Within(value - margin.abs(), value + margin.abs());
        self.findings.push(Finding { what: what.into(), measured, bound });
    }

    /// The claim says that `left - right` is positive; both are certified.
    pub fn positive(&mut self, what: impl Into<String>, difference: Interval) {
        self.at_least(what, Enclosure::proof(difference), 0.0);
    }

    /// The claim says that two exactly computed things are the same: `differences` counts the pairs that are not.
    pub fn equal(&mut self, what: impl Into<String>, differences: usize) {
        self.at_most(what, Enclosure::exact(differences as f64), 0.0);
    }

    /// Something that the check needed could not be found out.
    pub fn unknown(&mut self, what: impl Into<String>, reason: impl ToString) {
        self.unknown.push(format!("{}: {}", what.into(), reason.to_string()));
    }

    /// A measurement that may have failed: `use_it` records its finding.
    pub fn found<M>(&mut self, what: &str, measured: Result<M, String>, use_it: impl FnOnce(&mut Self, M)) {
        match measured {
            Ok(measured) => use_it(self, measured),
            Err(reason) => self.unknown(what, reason),
        }
    }

    /// Everything found so far.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Everything that could not be found out.
    pub fn unknowns(&self) -> &[String] {
        &self.unknown
    }

    /// Whether anything ran below the claim's own scale.
    pub fn is_toy(&self) -> bool {
        self.toy
    }
}
