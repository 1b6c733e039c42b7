//! Claims of `derivations/width-one.md`: what is exact is checked exactly, on integers and in intervals.

mod exact;
mod one_path;
mod rate;

use super::{Claim, Sabotage, Standing};

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "width-one.loss-formula",
        standing: Standing::Theorem,
        constants: &[3.0, 3.0, 4.0, 2.0],
        check: exact::loss_formula,
        sabotaged: &[
            Sabotage { name: "3 s^2 off by 1 %", constants: &[3.03, 3.0, 4.0, 2.0] },
            Sabotage { name: "wrong sign of u^2", constants: &[3.0, 3.0, -4.0, 2.0] },
            Sabotage { name: "one pairing of s s* forgotten", constants: &[3.0, 3.0, 4.0, 1.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "width-one.critical-points",
        standing: Standing::Theorem,
        constants: &[12.0, 4.0, 8.0, 24.0],
        check: exact::critical_points,
        sabotaged: &[
            Sabotage { name: "12 becomes 12.12", constants: &[12.12, 4.0, 8.0, 24.0] },
            Sabotage { name: "wrong sign of the signal's term", constants: &[12.0, 4.0, -8.0, 24.0] },
            Sabotage { name: "24 becomes 12 in the Hessian", constants: &[12.0, 4.0, 8.0, 12.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "width-one.hierarchy",
        standing: Standing::Theorem,
        constants: &[8.0, 16.0, 4.0, 8.0],
        check: exact::hierarchy,
        sabotaged: &[
            Sabotage { name: "16 becomes 8", constants: &[8.0, 8.0, 4.0, 8.0] },
            Sabotage { name: "4 becomes 4.04", constants: &[8.0, 16.0, 4.04, 8.0] },
            Sabotage { name: "the clock of the risk", constants: &[2.0, 4.0, 1.0, 2.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "width-one.one-path",
        standing: Standing::Theorem,
        constants: &[1.0],
        check: one_path::one_path,
        sabotaged: &[
            Sabotage { name: "||g||^p g", constants: &[0.0] },
            Sabotage { name: "||g||^(p - 1.1) g", constants: &[1.1] },
            Sabotage { name: "||g||^(p - 2) g", constants: &[2.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "width-one.escape-rate",
        standing: Standing::Theorem,
        constants: &[8.0, 4.0, 12.0],
        check: rate::escape_rate,
        sabotaged: &[
            Sabotage { name: "8 becomes 8.08", constants: &[8.08, 4.0, 12.0] },
            Sabotage { name: "4 becomes 4.04", constants: &[8.0, 4.04, 12.0] },
            Sabotage { name: "12 becomes 13", constants: &[8.0, 4.0, 13.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "width-one.escape-rate-in-a",
        standing: Standing::Published,
        constants: &[1.0, 0.9, 3.0],
        check: rate::escape_rate_in_a,
        sabotaged: &[
            Sabotage { name: "slower for larger a", constants: &[-1.0, 0.9, 3.0] },
            Sabotage { name: "slower in one case of five", constants: &[-1.0, 0.2, 3.0] },
            Sabotage { name: "for every signal, at a ratio of 1.1", constants: &[1.0, 0.9, 1.1] },
        ],
        diagram: None,
    },
];
