//! Claims of `derivations/open.md`: conjectures.

use super::measured::{ACCURACY, Population};
use super::tilted::amplification;
use super::{Claim, Enclosure, Provenance, Sabotage, Standing, Trial};
use crate::descent::Method;
use crate::spectrum::{Group, Spectrum};
use crate::trajectory::Stop;

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "open.tilted-threshold",
        standing: Standing::Conjecture,
        constants: &[2.0, 3.0, 1.0],
        check: tilted_threshold,
        sabotaged: &[
            Sabotage { name: "2 becomes 2.02", constants: &[2.02, 3.0, 1.0] },
            Sabotage { name: "3 lambda^2 rho^2 becomes 2.97 lambda^2 rho^2", constants: &[2.0, 2.97, 1.0] },
            Sabotage { name: "the tilt raises the threshold as much", constants: &[2.0, -3.0, 1.0] },
            Sabotage { name: "1 % less than the leading direction's ratio", constants: &[2.0, 3.0, 0.99] },
        ],
        diagram: Some(&[
            ("x", "overlap=0.01:0.95:95"),
            ("y", "spike=0.1:100:91:log"),
            ("observe", "amplification"),
            ("optimizer", "gd"),
            ("init", "1e-12"),
        ]),
    },
    Claim {
        id: "open.spectral-power-law",
        standing: Standing::Conjecture,
        constants: &[1.0, 1.0],
        check: spectral_power_law,
        sabotaged: &[
            Sabotage { name: "exponents a quarter larger", constants: &[1.25, 1.0] },
            Sabotage { name: "no delay's exponent depends on s", constants: &[0.0, 1.0] },
            Sabotage { name: "the edge at s = 1.2", constants: &[1.0, 1.2] },
        ],
        diagram: None,
    },
];

/// As `alpha -> 0` GD amplifies the spike if and only if `lambda - c_0 + c_1 lambda^2 rho^2 > 0`, and then `share |v'z/w*'z|` times, z the
/// leading direction of the escape.
fn tilted_threshold(constants: &[f64], trial: &mut Trial) {
    let [c0, c1, share] = constants else { unreachable!("three constants") };
    for &rho in trial.first(&[0.3, 0.8, 0.1, 0.95], 2) {
        // lambda at the edge, or 2 where there is none.
        let root = 1.0 + 4.0 * c0 * c1 * rho * rho;
        let edge = if root < 0.0 { 2.0 } else { 2.0 * c0 / (1.0 + libm::sqrt(root)) };
        for (side, amplified) in [(0.5, false), (0.999, false), (1.001, true)] {
            let what = format!("amplification at lambda = {side} of the edge, rho = {rho}, alpha = 1e-30");
            trial.found(&what, amplification(side * edge, rho, 1e-30), |trial, found| {
                if amplified {
                    trial.at_least(&what, found, 1.0 + 1e3 * ACCURACY);
                } else {
                    trial.at_most(&what, found, 1.0 + ACCURACY);
                }
            });
        }
        for strength in [2.0, 5.0, 100.0] {
            let what = format!(
                "amplification over the leading direction's ratio, lambda = {strength}, rho = {rho}, alpha = 1e-60"
            );
            let limit = leading_ratio(strength, rho).max(1.0);
            let found = amplification(strength, rho, 1e-60).map(|found| found.map(|a| a / limit));
            // At this alpha the other directions are below 1e-9 of the leading one when it saturates.
            trial.found(&what, found, |trial, found| trial.near(&what, found, *share, 1e-6));
        }
    }
}

/// `|v'z/w*'z|` for the leading eigenvector z of `s* Qb + 2 (Qb theta)(Qb theta)'`.
fn leading_ratio(strength: f64, rho: f64) -> f64 {
    let (mu, u) = (1.0 + strength, libm::sqrt(1.0 - rho * rho));
    let energy = 1.0 + strength * rho * rho;
    let (p, q, r) = (energy + 2.0 * u * u, 2.0 * u * mu * rho, energy * mu + 2.0 * mu * mu * rho * rho);
    // Eigenvector of the larger eigenvalue of [[p, q], [q, r]], in the basis of u and v.
    let half = 0.5 * (r - p);
    let (x, y) = (q, half + libm::sqrt(half * half + q * q));
    (y / (x * u + y * rho)).abs()
}

/// `T + alpha - 1` falls as `d^-(factor (1 - s))` for power laws s below one, and tends to a positive limit above.
fn spectral_power_law(constants: &[f64], trial: &mut Trial) {
    let [factor, edge] = constants else { unreachable!("two constants") };
    let rungs: Vec<f64> = (0..9).map(|k| 16.0 * libm::exp2(f64::from(k))).collect();
    let rungs = trial.first(&rungs, 8).to_vec();
    let last = rungs.len() - 1;
    for exponent in [0.0, 0.25, 0.5] {
        let what = format!("exponent of T + alpha - 1 in d, power law {exponent}, d = 16 to {}", rungs[last]);
        let delays: Result<Vec<f64>, String> = rungs.iter().map(|d| delay(*d as u64, exponent)).collect();
        let found = delays.map(|delays| {
            let local = |k: usize| libm::log2(delays[k] / delays[k - 1]);
            // Local exponents approach geometrically; what two rungs of them still differ by is more than what is left.
            let reach = 2.0 * (local(last) - local(last - 2)).abs();
            Enclosure { lo: local(last) - reach, hi: local(last) + reach, provenance: Provenance::Ladder }
        });
        trial.found(&what, found, |trial, found| trial.near(&what, found, -factor * (edge - exponent), 0.06));
    }
    for exponent in [1.5, 2.0, 3.0] {
        let what = format!("last delay over the first, power law {exponent}, d = 16 to {}", rungs[last]);
        let found = delay(rungs[0] as u64, exponent).and_then(|first| Ok(delay(rungs[last] as u64, exponent)? / first));
        trial.found(&what, found, |trial, ratio| trial.at_least(&what, Enclosure::ladder(ratio, ratio), 0.5));
    }
}

/// How much longer than the signal alone the flow of SpecGD takes to the optimum: `T - (1 - alpha)`.
fn delay(dimension: u64, exponent: f64) -> Result<f64, String> {
    let alpha = 1e-4;
    let groups = (2..=dimension).map(|i| Group { variance: libm::pow(i as f64, -exponent), multiplicity: 1 });
    let spectrum = Spectrum::with_signal(1.0, groups.collect()).map_err(|error| error.to_string())?;
    let outcome = Population::flow(&spectrum, alpha, Method::Spectral).end()?;
    match outcome.stop {
        Stop::Optimum { .. } => Ok(outcome.end + alpha - 1.0),
        stop => Err(stop.to_string()),
    }
}
