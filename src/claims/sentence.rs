//! The papers' own sentences, and the claims that they are made of.

use super::chapter::{FAST_ESCAPE, Paper, SPECGD};

/// A sentence of a paper: of its public summary, or a statement of its own numbering.
#[derive(Clone, Copy, Debug)]
pub struct Sentence {
    /// The paper.
    pub paper: &'static Paper,
    /// What it says, in its words.
    pub text: &'static str,
    /// The claims that together say it, with numbers.
    pub claims: &'static [&'static str],
}

/// The sentences of both papers.
pub const SENTENCES: &[Sentence] = &[
    Sentence {
        paper: &SPECGD,
        text: "during the early escaping stage, the high-variance but uninformative spike direction is multiplicatively amplified",
        claims: &[
            "gradient-descent.factor-three",
            "gradient-descent.initial-growth",
            "gradient-descent.amplification-exponent",
            "gradient-descent.plateau",
        ],
    },
    Sentence {
        paper: &SPECGD,
        text: "degrading alignment with the true signal under strong anisotropy",
        claims: &["comparison.alignment-lost", "comparison.steps-to-alignment"],
    },
    Sentence {
        paper: &SPECGD,
        text: "Spectral gradient descent prevents spike amplification in anisotropic phase retrieval",
        claims: &["spectral-descent.no-amplification", "spectral-descent.no-amplification-recursion"],
    },
    Sentence {
        paper: &SPECGD,
        text: "leading to stable alignment",
        claims: &["comparison.alignment-stable", "comparison.alignment-monotone"],
    },
    Sentence {
        paper: &SPECGD,
        text: "accelerated noise contraction",
        claims: &[
            "comparison.contraction-accelerated",
            "gradient-descent.contraction",
            "spectral-descent.finite-time",
            "spectral-descent.sliding-relations",
        ],
    },
    Sentence {
        paper: &SPECGD,
        text: "GD suffers from variance-induced misalignment, slowing convergence",
        claims: &["gradient-descent.step-ceiling", "comparison.steps-to-alignment"],
    },
    Sentence {
        paper: &SPECGD,
        text: "Numerical experiments validate the theoretical analysis across broader covariances",
        claims: &[
            "comparison.broader-covariances",
            "finite-samples.recursion-limit",
            "spectral-descent.finite-time-every-spectrum",
            "open.spectral-power-law",
        ],
    },
    Sentence { paper: &FAST_ESCAPE, text: "P1: the population loss", claims: &["width-one.loss-formula"] },
    Sentence {
        paper: &FAST_ESCAPE,
        text: "P2: gradient, Hessian and critical points",
        claims: &["width-one.critical-points"],
    },
    Sentence {
        paper: &FAST_ESCAPE,
        text: "P3: the infinite hierarchy of summary statistics",
        claims: &["width-one.hierarchy"],
    },
    Sentence {
        paper: &FAST_ESCAPE,
        text: "L2: during escape u grows as exp(rho t), rho > 4 l_1 the root of the characteristic equation",
        claims: &["width-one.escape-rate"],
    },
    Sentence {
        paper: &FAST_ESCAPE,
        text: "L2: growth is faster for larger a",
        claims: &["width-one.escape-rate-in-a"],
    },
    Sentence {
        paper: &FAST_ESCAPE,
        text: "T1: the escape takes T1 = O(log d)",
        claims: &["escape-and-tail.escape-time"],
    },
    Sentence {
        paper: &FAST_ESCAPE,
        text: "T1: T1' = T1 + O(1), s crosses 1/3 for good",
        claims: &["escape-and-tail.crossing"],
    },
    Sentence {
        paper: &FAST_ESCAPE,
        text: "T1: T2 = T1' + O(eps^(-2a/(a-1)) log(1/eps)) for eps >~ d^(-(a-1)/2)",
        claims: &[
            "escape-and-tail.convergence-time",
            "escape-and-tail.convergence-exponent",
            "escape-and-tail.tail-law",
        ],
    },
    Sentence {
        paper: &FAST_ESCAPE,
        text: "P4: MSE(T2) - sigma*^2 <~ (eps^-a/d)^(1/3) + (log d/d)^(1/3)",
        claims: &["escape-and-tail.error-at-convergence", "escape-and-tail.error-exponent"],
    },
    Sentence {
        paper: &FAST_ESCAPE,
        text: "R5: T2 is shorter for larger a",
        claims: &["escape-and-tail.faster-for-larger-a"],
    },
    Sentence {
        paper: &FAST_ESCAPE,
        text: "Appendix D: 1 - u(t) ~ Lambda(t)^(-1/a)",
        claims: &["escape-and-tail.alignment-power", "escape-and-tail.tail-law", "escape-and-tail.quasi-static"],
    },
    Sentence {
        paper: &FAST_ESCAPE,
        text: "T2: MSE = (1 + O(eps)) MSE(T2) Shat(tau) + O(eps^2 tau^2 s*_2/d)",
        claims: &["escape-and-tail.tail-learning", "escape-and-tail.tail-learning-uniform"],
    },
    Sentence {
        paper: &FAST_ESCAPE,
        text: "T2: the three regimes of the uniform benchmark S_d",
        claims: &["escape-and-tail.spectral-average"],
    },
    Sentence {
        paper: &FAST_ESCAPE,
        text: "open: spectral updates",
        claims: &[
            "escape-and-tail.spectral-clock",
            "escape-and-tail.powers-tail",
            "escape-and-tail.spectral-completion",
        ],
    },
];

#[cfg(test)]
mod tests {
    #[test]
    fn every_sentence_is_made_of_claims_that_exist() {
        for sentence in super::SENTENCES {
            assert!(!sentence.claims.is_empty());
            for id in sentence.claims {
                assert!(crate::claims::find(id).is_some(), "{id}");
            }
        }
    }
}
