//! Claims of `derivations/spectral-descent.md`.

mod chattering;
mod exact_flow;
mod lattice;
mod no_amplification;
pub(super) mod ratios;

use super::{Claim, Sabotage, Standing};

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "spectral-descent.no-amplification",
        standing: Standing::Theorem,
        constants: &[0.0],
        check: no_amplification::flow,
        sabotaged: &[
            Sabotage { name: "spectral power 0.1 instead of 0", constants: &[0.1] },
            Sabotage { name: "spectral power 1/2 instead of 0", constants: &[0.5] },
            Sabotage { name: "gradient descent instead", constants: &[1.0] },
        ],
        diagram: Some(&[
            ("x", "spike=0:20:201"),
            ("y", "init=1e-6:1e-1:101:log"),
            ("observe", "amplification"),
            ("optimizer", "specgd"),
        ]),
    },
    Claim {
        id: "spectral-descent.no-amplification-recursion",
        standing: Standing::Theorem,
        constants: &[0.0],
        check: no_amplification::recursion,
        sabotaged: &[
            Sabotage { name: "spectral power 0.1 instead of 0", constants: &[0.1] },
            Sabotage { name: "spectral power 1/2 instead of 0", constants: &[0.5] },
            Sabotage { name: "gradient descent instead", constants: &[1.0] },
        ],
        diagram: Some(&[
            ("x", "spike=0:20:101"),
            ("y", "step-size=1e-3:0.025:51:log"),
            ("observe", "amplification"),
            ("optimizer", "gd,specgd"),
        ]),
    },
    Claim {
        id: "spectral-descent.four-modes",
        standing: Standing::Theorem,
        constants: &[0.5, 0.5, 8.0],
        check: exact_flow::four_modes,
        sabotaged: &[
            Sabotage { name: "damping by sliding groups 1 % off", constants: &[0.505, 0.5, 8.0] },
            Sabotage { name: "sliding speed 1 % off", constants: &[0.5, 0.505, 8.0] },
            Sabotage { name: "wrong sign of the sliding speed", constants: &[0.5, -0.5, 8.0] },
            Sabotage { name: "sliding ends 1 % later", constants: &[0.5, 0.5, 8.08] },
        ],
        diagram: None,
    },
    Claim {
        id: "spectral-descent.non-unique-at-zero",
        standing: Standing::Theorem,
        constants: &[3.0],
        check: exact_flow::non_unique_at_zero,
        sabotaged: &[
            Sabotage { name: "1 % later", constants: &[2.97] },
            Sabotage { name: "1 % earlier", constants: &[3.03] },
            Sabotage { name: "where the excess energy vanishes", constants: &[1.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "spectral-descent.sliding-relations",
        standing: Standing::Theorem,
        constants: &[1.0, 1.0],
        check: exact_flow::sliding_relations,
        sabotaged: &[
            Sabotage { name: "mu^0.9 b^2 = c^2", constants: &[0.9, 1.0] },
            Sabotage { name: "d + 1 becomes d + 1.01", constants: &[1.0, 1.01] },
            Sabotage { name: "d + 1 becomes d", constants: &[1.0, 0.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "spectral-descent.finite-time",
        standing: Standing::Theorem,
        constants: &[2.0, 1.0],
        check: exact_flow::finite_time,
        sabotaged: &[
            Sabotage { name: "d + 2 becomes d + 2.02", constants: &[2.02, 1.0] },
            Sabotage { name: "d + 1 becomes d + 0.99", constants: &[2.0, 0.99] },
            Sabotage { name: "the expansion's 1/(2d) becomes 1/d", constants: &[3.0, 1.0] },
        ],
        diagram: Some(&[
            ("x", "spike=0.1:1000:81:log"),
            ("y", "init=1e-6:1e-2:41:log"),
            ("observe", "contraction-time"),
            ("optimizer", "gd,specgd"),
        ]),
    },
    Claim {
        id: "spectral-descent.finite-time-every-spectrum",
        standing: Standing::Theorem,
        constants: &[1.0, 2.0],
        check: exact_flow::finite_time_every_spectrum,
        sabotaged: &[
            Sabotage { name: "not before 1.01", constants: &[1.01, 2.0] },
            Sabotage { name: "before 1.98", constants: &[1.0, 1.98] },
            Sabotage { name: "before 1.5", constants: &[1.0, 1.5] },
        ],
        diagram: None,
    },
    Claim {
        id: "spectral-descent.recursion-to-flow",
        standing: Standing::Theorem,
        constants: &[0.5],
        check: chattering::recursion_to_flow,
        sabotaged: &[
            Sabotage { name: "order 1.4", constants: &[1.4] },
            Sabotage { name: "order 1.5", constants: &[1.5] },
            Sabotage { name: "order 2", constants: &[2.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "spectral-descent.chattering",
        standing: Standing::Theorem,
        constants: &[2.0, 1.5],
        check: chattering::chattering,
        sabotaged: &[
            Sabotage { name: "d c^2 = 2.02 delta", constants: &[2.02, 1.5] },
            Sabotage { name: "d c^2 = 1.98 delta", constants: &[1.98, 1.5] },
            Sabotage { name: "delta at most 3 d/(4 (d + 1)) eta", constants: &[2.0, 0.75] },
        ],
        diagram: None,
    },
    Claim {
        id: "spectral-descent.lattice",
        standing: Standing::Theorem,
        constants: &[1.0, 1.0],
        check: lattice::lattice,
        sabotaged: &[
            Sabotage { name: "every second point of the lattice only", constants: &[2.0, 1.0] },
            Sabotage { name: "every third point of the lattice only", constants: &[3.0, 1.0] },
            Sabotage { name: "a bound 5 % lower", constants: &[1.0, 0.95] },
        ],
        diagram: None,
    },
];
