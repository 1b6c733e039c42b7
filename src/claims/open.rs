//! Claims of `derivations/open.md`: conjectures.

use super::measured::{ACCURACY, Population};
use super::{Claim, Enclosure, Provenance, Sabotage, Standing, Trial};
use crate::descent::Method;
use crate::risk::BlockRisk;
use crate::spectrum::{Group, Spectrum, TiltedSpectrum};
use crate::trajectory::{MatrixFlow, Stop};
use crate::weights::{BlockWeights, overlap};

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "open.alignment-monotone",
        standing: Standing::Conjecture,
        constants: &[0.0],
        check: alignment_monotone,
        sabotaged: &[
            Sabotage { name: "spectral power 0.1 instead of 0", constants: &[0.1] },
            Sabotage { name: "spectral power 1/2 instead of 0", constants: &[0.5] },
            Sabotage { name: "gradient descent instead", constants: &[1.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "open.tilted-threshold",
        standing: Standing::Conjecture,
        constants: &[1.0],
        check: tilted_threshold,
        sabotaged: &[
            Sabotage { name: "bounded by 0.9 times the angle's tangent", constants: &[0.9] },
            Sabotage { name: "bounded by half the angle's tangent", constants: &[0.5] },
            Sabotage { name: "no amplification", constants: &[0.0] },
        ],
        diagram: None,
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

/// The alignment does not decrease along the flow of spectral power `power`.
fn alignment_monotone(constants: &[f64], trial: &mut Trial) {
    let method = Method::power(constants[0]).expect("a power in [0, 1]");
    let cases =
        [(20.0, 100_u64), (1.0, 3), (100.0, 3), (0.5, 10), (1000.0, 4), (20.0, 10_000), (3.0, 5), (10_000.0, 50)];
    for &(strength, dimension) in trial.first(&cases, 5) {
        let init = libm::sqrt(0.1 / (dimension as f64 + 3.0 * strength));
        let halfway = if method == Method::Spectral { 1.2 } else { init };
        let times: Vec<f64> = (0..=1000).map(|k| halfway * f64::from(k) / 1000.0).collect();
        let what = format!(
            "smallest relative change of the alignment between 1001 times, lambda = {strength}, d = {dimension}"
        );
        let rows = Population::spiked(strength, dimension, init, method.clone()).at(&times);
        trial.found(&what, rows, |trial, rows| {
            let change = rows.windows(2).map(|pair| pair[1].alignment.hi / pair[0].alignment.lo - 1.0);
            let smallest = change.fold(f64::INFINITY, f64::min);
            trial.at_least(&what, Enclosure { lo: smallest, hi: smallest, provenance: Provenance::Ladder }, -ACCURACY);
        });
    }
}

/// The largest ratio during GD's escape is at most `share |tan|` of the angle between the leading direction and the signal, and near it.
fn tilted_threshold(constants: &[f64], trial: &mut Trial) {
    let share = constants[0];
    for &(strength, rho) in trial.first(&[(20.0, 0.2), (20.0, 0.05), (5.0, 0.3), (100.0, 0.1)], 2) {
        let what =
            format!("largest b/a during the escape over the tangent, lambda = {strength}, rho = {rho}, alpha = 1e-30");
        let found = largest_ratio(strength, rho, 1e-30).map(|found| found / tangent(strength, rho));
        trial.found(&what, found, |trial, found| {
            trial.at_most(
                &what,
                Enclosure { lo: found, hi: found, provenance: Provenance::Sampling },
                share * (1.0 + 1e-3),
            );
        });
    }
}

/// `|tan|` of the angle between w* and the leading eigenvector of `s* Qb + 2 (Qb theta)(Qb theta)'`.
fn tangent(strength: f64, rho: f64) -> f64 {
    let (mu, u) = (1.0 + strength, libm::sqrt(1.0 - rho * rho));
    let energy = 1.0 + strength * rho * rho;
    let (p, q, r) = (energy + 2.0 * u * u, 2.0 * u * mu * rho, energy * mu + 2.0 * mu * mu * rho * rho);
    // Eigenvector of the larger eigenvalue of [[p, q], [q, r]], then its components along w* = (u, rho) and n = (-rho, u).
    let half = 0.5 * (r - p);
    let (x, y) = (q, half + libm::sqrt(half * half + q * q));
    ((y * u - x * rho) / (x * u + y * rho)).abs()
}

/// The largest `(n'Sn/w*'Sw*)^(1/2)` at a grid of times up to the signal's escape.
fn largest_ratio(strength: f64, rho: f64, alpha: f64) -> Result<f64, String> {
    let spectrum = TiltedSpectrum::overlap(strength, 100, rho).map_err(|error| error.to_string())?;
    let risk = BlockRisk::tilted(&spectrum).map_err(|error| error.to_string())?;
    let start = BlockWeights::equal_start(&spectrum, alpha).map_err(|error| error.to_string())?;
    let mut flow = MatrixFlow::new(&risk, start).map_err(|error| error.to_string())?;
    let u = libm::sqrt(1.0 - rho * rho);
    let rate = (1.0 + strength * rho * rho) * (1.0 + strength);
    let (mut largest, mut time) = (0.0_f64, 0.0);
    let step = 0.02 / rate;
    loop {
        time += step;
        let weights = flow.weights_at(time).map_err(|stop| stop.to_string())?;
        let (signal, other) = (overlap(&weights.block, &[u, rho]), overlap(&weights.block, &[-rho, u]));
        largest = largest.max(libm::sqrt(other / signal));
        if signal > 0.25 {
            return Ok(largest);
        }
        if time > 1e4 / rate {
            return Err("the signal does not escape".into());
        }
    }
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
