//! The seed paper's own sentences, and the claims that they are made of.

/// A sentence of a paper's public summary.
#[derive(Clone, Copy, Debug)]
pub struct Sentence {
    /// What the paper says, in its words.
    pub text: &'static str,
    /// The claims that together say it, with numbers.
    pub claims: &'static [&'static str],
}

/// The sentences of [`super::chapter::SPECGD`].
pub const SENTENCES: &[Sentence] = &[
    Sentence {
        text: "during the early escaping stage, the high-variance but uninformative spike direction is multiplicatively amplified",
        claims: &[
            "gradient-descent.factor-three",
            "gradient-descent.initial-growth",
            "gradient-descent.amplification-exponent",
            "gradient-descent.plateau",
        ],
    },
    Sentence {
        text: "degrading alignment with the true signal under strong anisotropy",
        claims: &["comparison.alignment-lost", "comparison.steps-to-alignment"],
    },
    Sentence {
        text: "Spectral gradient descent prevents spike amplification in anisotropic phase retrieval",
        claims: &["spectral-descent.no-amplification", "spectral-descent.no-amplification-recursion"],
    },
    Sentence {
        text: "leading to stable alignment",
        claims: &["comparison.alignment-stable", "open.alignment-monotone"],
    },
    Sentence {
        text: "accelerated noise contraction",
        claims: &[
            "comparison.contraction-accelerated",
            "gradient-descent.contraction",
            "spectral-descent.finite-time",
            "spectral-descent.sliding-relations",
        ],
    },
    Sentence {
        text: "GD suffers from variance-induced misalignment, slowing convergence",
        claims: &["gradient-descent.step-ceiling", "comparison.steps-to-alignment"],
    },
    Sentence {
        text: "Numerical experiments validate the theoretical analysis across broader covariances",
        claims: &[
            "comparison.broader-covariances",
            "finite-samples.recursion-limit",
            "spectral-descent.finite-time-every-spectrum",
            "open.spectral-power-law",
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
