//! Claims of `derivations/escape-and-tail.md`: the companion paper's theorems on power laws, as it gives them, and what is true beside.

mod average;
mod escape;
mod ladder;
mod learning;
mod path;
mod tail;

use super::{Claim, Sabotage, Standing};

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "escape-and-tail.escape-time",
        standing: Standing::Published,
        constants: &[0.5],
        check: escape::escape_time,
        sabotaged: &[
            Sabotage { name: "a tenth longer", constants: &[0.55] },
            Sabotage { name: "a tenth shorter", constants: &[0.45] },
            Sabotage { name: "twice as long", constants: &[1.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "escape-and-tail.crossing",
        standing: Standing::Published,
        constants: &[0.0],
        check: escape::crossing,
        sabotaged: &[
            Sabotage { name: "grows like log d / 10", constants: &[0.1] },
            Sabotage { name: "shrinks with log d", constants: &[-0.1] },
            Sabotage { name: "as long as the escape", constants: &[0.5] },
        ],
        diagram: None,
    },
    Claim {
        id: "escape-and-tail.tail-law",
        standing: Standing::Theorem,
        constants: &[1.0, 1.0],
        check: tail::tail_law,
        sabotaged: &[
            Sabotage { name: "exponent 1/a", constants: &[0.0, -1.0] },
            Sabotage { name: "(a - 1.2)/a", constants: &[1.0, 1.2] },
            Sabotage { name: "half the exponent, by Cauchy-Schwarz", constants: &[0.5, 0.5] },
        ],
        diagram: None,
    },
    Claim {
        id: "escape-and-tail.convergence-time",
        standing: Standing::Published,
        constants: &[2.0],
        check: tail::convergence_time,
        sabotaged: &[
            Sabotage { name: "half of the true exponent", constants: &[0.5] },
            Sabotage { name: "three quarters of it", constants: &[0.75] },
            Sabotage { name: "nine tenths of it", constants: &[0.9] },
        ],
        diagram: None,
    },
    Claim {
        id: "escape-and-tail.convergence-exponent",
        standing: Standing::Theorem,
        constants: &[1.0],
        check: tail::convergence_exponent,
        sabotaged: &[
            Sabotage { name: "the paper's", constants: &[2.0] },
            Sabotage { name: "0.1 more", constants: &[1.1] },
            Sabotage { name: "0.1 less", constants: &[0.9] },
        ],
        diagram: None,
    },
    Claim {
        id: "escape-and-tail.alignment-power",
        standing: Standing::Refuted,
        constants: &[1.0],
        check: tail::alignment_power,
        sabotaged: &[
            Sabotage { name: "1.1/a", constants: &[1.1] },
            Sabotage { name: "0.9/a", constants: &[0.9] },
            Sabotage { name: "2/a", constants: &[2.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "escape-and-tail.quasi-static",
        standing: Standing::Conjecture,
        constants: &[3.0, 1.5],
        check: tail::quasi_static,
        sabotaged: &[
            Sabotage { name: "3 becomes 3.06", constants: &[3.06, 1.5] },
            Sabotage { name: "3/2 becomes 1", constants: &[3.0, 1.0] },
            Sabotage { name: "no feedback on the fast coordinates", constants: &[1.0, 0.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "escape-and-tail.error-at-convergence",
        standing: Standing::Published,
        constants: &[0.3333333333333333],
        check: learning::error_at_convergence,
        sabotaged: &[
            Sabotage { name: "power 1.1", constants: &[1.1] },
            Sabotage { name: "power 1.5", constants: &[1.5] },
            Sabotage { name: "power 2", constants: &[2.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "escape-and-tail.error-exponent",
        standing: Standing::Conjecture,
        constants: &[1.0, 1.0],
        check: learning::error_exponent,
        sabotaged: &[
            Sabotage { name: "0.1 more in eps", constants: &[1.1, 1.0] },
            Sabotage { name: "0.1 less in eps", constants: &[0.9, 1.0] },
            Sabotage { name: "the third root in d", constants: &[1.0, 0.3333333333333333] },
        ],
        diagram: None,
    },
    Claim {
        id: "escape-and-tail.faster-for-larger-a",
        standing: Standing::Published,
        constants: &[1.0, 0.6, 0.65, 0.7, 0.8],
        check: tail::faster_for_larger_a,
        sabotaged: &[
            Sabotage { name: "slower for larger a", constants: &[-1.0, 0.6, 0.65, 0.7, 0.8] },
            Sabotage { name: "slower for a fifth of the signals", constants: &[-1.0, 0.2, 0.2, 0.2, 0.2] },
            Sabotage { name: "faster for every signal at eps = 0.2", constants: &[1.0, 1.0, 0.65, 0.7, 0.8] },
        ],
        diagram: None,
    },
    Claim {
        id: "escape-and-tail.spectral-average",
        standing: Standing::Theorem,
        constants: &[16.0, 1.0, 1.0],
        check: average::spectral_average,
        sabotaged: &[
            Sabotage { name: "16 becomes 16.16", constants: &[16.16, 1.0, 1.0] },
            Sabotage { name: "Gamma(1 - 1.1/a)", constants: &[16.0, 1.1, 1.0] },
            Sabotage { name: "third regime faster by a tenth", constants: &[16.0, 1.0, 1.1] },
        ],
        diagram: None,
    },
    Claim {
        id: "escape-and-tail.tail-learning",
        standing: Standing::Published,
        constants: &[16.0, 1.0, 1.0],
        check: learning::tail_learning,
        sabotaged: &[
            Sabotage { name: "the error grows", constants: &[-16.0, 1.0, 1.0] },
            Sabotage { name: "a hundredth of eps, no remainder", constants: &[16.0, 0.01, 0.0] },
            Sabotage { name: "nothing is learned, no remainder", constants: &[0.0, 1.0, 0.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "escape-and-tail.tail-learning-uniform",
        standing: Standing::Conjecture,
        constants: &[16.0, 1.0],
        check: learning::tail_learning_uniform,
        sabotaged: &[
            Sabotage { name: "16 becomes 16.32", constants: &[16.32, 1.0] },
            Sabotage { name: "16 becomes 15.68", constants: &[15.68, 1.0] },
            Sabotage { name: "a hundredth of eps", constants: &[16.0, 0.01] },
        ],
        diagram: None,
    },
    Claim {
        id: "escape-and-tail.spectral-clock",
        standing: Standing::Conjecture,
        constants: &[1.0, 1.0],
        check: learning::spectral_clock,
        sabotaged: &[
            Sabotage { name: "a constant 10 % larger", constants: &[1.1, 1.0] },
            Sabotage { name: "a constant 10 % smaller", constants: &[0.9, 1.0] },
            Sabotage { name: "a in the place of a - 1", constants: &[1.0, 0.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "escape-and-tail.powers-tail",
        standing: Standing::Conjecture,
        constants: &[1.0, 2.0],
        check: learning::powers_tail,
        sabotaged: &[
            Sabotage { name: "a p off by a tenth", constants: &[1.1, 2.0] },
            Sabotage { name: "the arc grows like x", constants: &[1.0, 1.0] },
            Sabotage { name: "the arc grows like x^(1/3)", constants: &[1.0, 3.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "escape-and-tail.spectral-completion",
        standing: Standing::Conjecture,
        constants: &[0.5],
        check: learning::spectral_completion,
        sabotaged: &[
            Sabotage { name: "d^0.6", constants: &[0.6] },
            Sabotage { name: "d^0.4", constants: &[0.4] },
            Sabotage { name: "as long as d", constants: &[1.0] },
        ],
        diagram: None,
    },
];
