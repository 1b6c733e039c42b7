//! Claims of `derivations/spectral-powers.md`.

use super::measured::{ACCURACY, Population};
use super::{Claim, Enclosure, Provenance, Sabotage, Standing, Trial};
use crate::descent::Method;

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "spectral-powers.power-bounded",
        standing: Standing::Theorem,
        constants: &[3.0, 1.0],
        check: power_bounded,
        sabotaged: &[
            Sabotage { name: "3 becomes 3.3", constants: &[3.3, 1.0] },
            Sabotage { name: "exponent 0.1 lower", constants: &[3.0, 0.9] },
            Sabotage { name: "no amplification at all", constants: &[3.0, 0.0] },
        ],
        diagram: Some(&[
            ("x", "spike=0:20:81"),
            ("y", "power=0.35:0.95:61"),
            ("observe", "amplification"),
            ("optimizer", "power:0.5"),
            ("init", "1e-6"),
        ]),
    },
    Claim {
        id: "spectral-powers.power-limit",
        standing: Standing::Theorem,
        constants: &[3.0, 1.0],
        check: power_limit,
        sabotaged: &[
            Sabotage { name: "3 becomes 3.03", constants: &[3.03, 1.0] },
            Sabotage { name: "3 becomes 2.97", constants: &[2.97, 1.0] },
            Sabotage { name: "exponent 0.1 higher", constants: &[3.0, 1.1] },
        ],
        diagram: None,
    },
];

/// `(mu/factor)^(power p/(1 - p))`.
fn limit_of(mu: f64, p: f64, constants: &[f64]) -> f64 {
    libm::pow(mu / constants[0], constants[1] * p / (1.0 - p))
}

/// Amplification is at most the limit, from every start up to 1.
fn power_bounded(constants: &[f64], trial: &mut Trial) {
    let powers = trial.first(&[0.5, 0.9, 0.7], 1).to_vec();
    for &p in &powers {
        for (mu, dimension) in [(12.0, 50_u64), (4.0, 10)] {
            for init in [1e-7, 1e-5, 1e-3] {
                let what = format!("amplification at p = {p}, mu = {mu}, d = {dimension}, alpha = {init}");
                let method = Method::power(p).expect("a power in [0, 1]");
                let found = Population::spiked(mu - 1.0, dimension, init, method).amplification();
                let bound = limit_of(mu, p, constants).max(1.0);
                trial.found(&what, found, |trial, found| trial.at_most(&what, found, bound * (1.0 + ACCURACY)));
            }
        }
    }
}

/// As `alpha -> 0` it tends to the limit, with the relative error of order `alpha^(2 (1 - p)/(3 - p))`.
fn power_limit(constants: &[f64], trial: &mut Trial) {
    let rungs: Vec<f64> = (3..=13).map(|k| libm::pow(10.0, -f64::from(k))).collect();
    for &(p, mu) in trial.first(&[(0.5, 12.0), (0.7, 4.0)], 1) {
        let stated = limit_of(mu, p, constants);
        let what = format!(
            "amplification extrapolated to alpha = 0 over its limit, p = {p}, mu = {mu}, alpha = 1e-3 to 1e-13"
        );
        let method = Method::power(p).expect("a power in [0, 1]");
        let values: Result<Vec<f64>, String> = rungs
            .iter()
            .map(|init| {
                Population::spiked(mu - 1.0, 50, *init, method.clone()).amplification().map(|x| 0.5 * (x.lo + x.hi))
            })
            .collect();
        // A known rate: the next rung's error is `ratio` times this one's, up to a factor that tends to one.
        let ratio = libm::pow(10.0, -2.0 * (1.0 - p) / (3.0 - p));
        let found = values.map(|values| {
            let step = values[values.len() - 1] - values[values.len() - 2];
            let rest = step * ratio / (1.0 - ratio);
            let value = (values[values.len() - 1] + rest) / stated;
            // The correction to the rate is itself of relative order `ratio^k`; half of the extrapolated part is generous.
            Enclosure {
                lo: value - (0.5 * rest / stated).abs(),
                hi: value + (0.5 * rest / stated).abs(),
                provenance: Provenance::Ladder,
            }
        });
        trial.found(&what, found, |trial, found| trial.near(&what, found, 1.0, 2e-3));
    }
}
