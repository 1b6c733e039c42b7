//! The derivations as data: chapters, the papers they belong to, and their sections.

/// A paper whose statements are claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paper {
    /// The key under which `derivations/references.md` has it.
    pub key: &'static str,
    /// Title, as published.
    pub title: &'static str,
    /// The version that was read.
    pub version: &'static str,
    /// Its normalisation of the loss, where that matters.
    pub notation: &'static str,
}

/// The spiked-covariance paper.
pub const SPECGD: Paper = Paper {
    key: "SpecGD",
    title: "Spectral Gradient Descent Mitigates Anisotropy-Driven Misalignment: A Case Study in Phase Retrieval",
    version: "arXiv 2601.22652, its public summary",
    notation: "W for the weights, w* for the signal, v for the spike, Q = I + lambda v v'",
};

/// The companion paper: width one on power laws.
pub const FAST_ESCAPE: Paper = Paper {
    key: "FastEscape",
    title: "Fast Escape, Slow Convergence: Learning Dynamics of Phase Retrieval under Power-Law Data",
    version: "arXiv 2511.18661",
    notation: "w for the weights, w* for the signal, w*'Qw* = 1; L = E[((x'w)^2 - (x'w*)^2)^2], four times the risk: its clock is four times as fast",
};

/// A chapter of `derivations/`.
#[derive(Clone, Copy, Debug)]
pub struct Chapter {
    /// File stem.
    pub stem: &'static str,
    /// The paper whose statements it proves.
    pub paper: &'static Paper,
    /// The file.
    pub text: &'static str,
}

macro_rules! chapters {
    ($($stem:literal: $paper:ident),* $(,)?) => {
        /// Every chapter that holds claims, in reading order.
        pub const CHAPTERS: &[Chapter] = &[$(Chapter {
            stem: $stem,
            paper: &$paper,
            text: include_str!(concat!("../../derivations/", $stem, ".md")),
        }),*];
    };
}

chapters! {
    "model": SPECGD,
    "gradient": SPECGD,
    "manifold": SPECGD,
    "gradient-descent": SPECGD,
    "spectral-descent": SPECGD,
    "spectral-powers": SPECGD,
    "tilted": SPECGD,
    "finite-samples": SPECGD,
    "proportional-samples": SPECGD,
    "comparison": SPECGD,
    "open": SPECGD,
    "width-one": FAST_ESCAPE,
    "escape-and-tail": FAST_ESCAPE,
}

/// A section of a chapter: from one heading `## \`slug\`: title` to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    /// The chapter's stem.
    pub chapter: &'static str,
    /// The paper it belongs to.
    pub paper: &'static Paper,
    /// The title, a sentence.
    pub title: &'static str,
    /// Everything below the heading.
    pub body: &'static str,
}

impl Section {
    /// The paragraphs that begin with `**label.**`, up to the next label.
    pub fn part(&self, label: &str) -> Option<&'static str> {
        let mark = format!("**{label}.**");
        let after = &self.body[self.body.find(&mark)? + mark.len()..];
        let end = after
            .match_indices("\n**")
            .find(|(at, _)| after[at + 3..].split("**").next().is_some_and(|l| l.ends_with('.')));
        Some(end.map_or(after, |(at, _)| &after[..at]).trim())
    }
}

/// The section of `chapter` with this slug.
pub fn find(chapter: &str, slug: &str) -> Option<Section> {
    let chapter = CHAPTERS.iter().find(|c| c.stem == chapter)?;
    sections(chapter).into_iter().find(|(s, _)| *s == slug).map(|(_, section)| section)
}

/// All sections of a chapter, with their slugs.
pub fn sections(chapter: &'static Chapter) -> Vec<(&'static str, Section)> {
    let parts = chapter.text.split("\n## `").skip(1);
    parts
        .filter_map(|part| {
            let (heading, body) = part.split_once('\n')?;
            let (slug, title) = heading.split_once("`: ")?;
            let body = body.split("\n[").next().unwrap_or(body).trim();
            Some((slug, Section { chapter: chapter.stem, paper: chapter.paper, title: title.trim(), body }))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_with_a_slug_has_statement_hypothesis_source_and_proof() {
        let mut count = 0;
        for chapter in CHAPTERS {
            for (slug, section) in sections(chapter) {
                for label in ["Statement", "Hypothesis", "Source"] {
                    let part = section.part(label);
                    assert!(part.is_some_and(|p| !p.is_empty()), "{}.{slug} has no {label}", chapter.stem);
                }
                count += 1;
            }
        }
        assert!(count > 25, "{count}");
    }
}
