//! Claims of `derivations/gradient-descent.md`.

mod amplification;
mod contraction;
mod factor_three;
mod growth;
mod plateau;

use super::{Claim, Sabotage, Standing};

/// The setting in which the paper draws its phase diagram.
const PHASE_DIAGRAM: super::Diagram = &[
    ("x", "spike=0:20:201"),
    ("y", "init=1e-6:1e-1:101:log"),
    ("observe", "amplification"),
    ("optimizer", "gd,specgd"),
];

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "gradient-descent.signal-monotone",
        standing: Standing::Theorem,
        constants: &[3.0, 2.0],
        check: growth::signal_monotone,
        sabotaged: &[
            Sabotage { name: "3 becomes 3.03", constants: &[3.03, 2.0] },
            Sabotage { name: "3 becomes 2.97", constants: &[2.97, 2.0] },
            Sabotage { name: "2 becomes 2.02", constants: &[3.0, 2.02] },
        ],
        diagram: None,
    },
    Claim {
        id: "gradient-descent.factor-three",
        standing: Standing::Theorem,
        constants: &[3.0],
        check: factor_three::factor_three,
        sabotaged: &[
            Sabotage { name: "3 becomes 3.03", constants: &[3.03] },
            Sabotage { name: "3 becomes 2.97", constants: &[2.97] },
            Sabotage { name: "any larger variance is amplified", constants: &[1.0] },
        ],
        diagram: Some(PHASE_DIAGRAM),
    },
    Claim {
        id: "gradient-descent.initial-growth",
        standing: Standing::Theorem,
        constants: &[2.0, 3.0, 4.0],
        check: growth::initial_growth,
        sabotaged: &[
            Sabotage { name: "2 becomes 2.02", constants: &[2.02, 3.0, 4.0] },
            Sabotage { name: "3 becomes 2.97", constants: &[2.0, 2.97, 4.0] },
            Sabotage { name: "4 becomes 4.04", constants: &[2.0, 3.0, 4.04] },
            Sabotage { name: "a forgotten dimension", constants: &[2.0, 3.0, -46.0] },
        ],
        diagram: Some(PHASE_DIAGRAM),
    },
    Claim {
        id: "gradient-descent.amplification-exponent",
        standing: Standing::Theorem,
        constants: &[1.0, 3.0],
        check: amplification::exponent_in_alpha,
        sabotaged: &[
            Sabotage { name: "exponent 0.1 too large", constants: &[1.1, 3.0] },
            Sabotage { name: "exponent 0.1 too small", constants: &[0.9, 3.0] },
            Sabotage { name: "3 becomes 3.03", constants: &[1.0, 3.03] },
        ],
        diagram: Some(PHASE_DIAGRAM),
    },
    Claim {
        id: "gradient-descent.plateau",
        standing: Standing::Theorem,
        constants: &[3.0, 8.0, 2.0],
        check: plateau::plateau,
        sabotaged: &[
            Sabotage { name: "saturation 1 % off", constants: &[3.03, 8.0, 2.0] },
            Sabotage { name: "the signal keeps its rate 3", constants: &[3.0, 9.0, 2.0] },
            Sabotage { name: "the bulk keeps its rate 1", constants: &[3.0, 8.0, 3.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "gradient-descent.convergence",
        standing: Standing::Theorem,
        constants: &[8.0],
        check: contraction::convergence,
        sabotaged: &[
            Sabotage { name: "8 becomes 8.08", constants: &[8.08] },
            Sabotage { name: "8 becomes 7.92", constants: &[7.92] },
            Sabotage { name: "wrong sign", constants: &[-8.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "gradient-descent.contraction",
        standing: Standing::Theorem,
        constants: &[0.75, 0.09375, -1.0],
        check: contraction::contraction,
        sabotaged: &[
            Sabotage { name: "3/4 off by 1 %", constants: &[0.7575, 0.09375, -1.0] },
            Sabotage { name: "3/32 off by 1 %", constants: &[0.75, 0.0928125, -1.0] },
            Sabotage { name: "exponent off by 0.1", constants: &[0.75, 0.09375, -1.1] },
            Sabotage { name: "exponential contraction", constants: &[0.75, 0.09375, -4.0] },
        ],
        diagram: Some(&[
            ("x", "spike=0:20:81"),
            ("y", "init=1e-6:1e-1:41:log"),
            ("observe", "contraction-time"),
            ("optimizer", "gd,specgd"),
        ]),
    },
    Claim {
        id: "gradient-descent.step-ceiling",
        standing: Standing::Theorem,
        constants: &[1.0, 3.0],
        check: plateau::step_ceiling,
        sabotaged: &[
            Sabotage { name: "ceiling at the plateau 1 % higher", constants: &[1.01, 3.0] },
            Sabotage { name: "ceiling at the plateau 1 % lower", constants: &[0.99, 3.0] },
            Sabotage { name: "ceiling at the optimum 1 % higher", constants: &[1.0, 2.97] },
        ],
        diagram: None,
    },
];
