//! Claims of `derivations/comparison.md`: the two methods side by side.

mod alignment;
mod contraction;

use super::certified::{amplification, decimal};
use super::measured::{ACCURACY, Population};
use super::spectral_descent::ratios::follow;
use super::{Claim, Enclosure, Sabotage, Standing, Trial};
use crate::descent::Method;
use crate::observe::{Condition, Quantity};
use crate::scalar::Interval;
use crate::spectrum::{Group, Spectrum};

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "comparison.alignment-lost",
        standing: Standing::Theorem,
        constants: &[2.0, 3.0],
        check: alignment::lost,
        sabotaged: &[
            Sabotage { name: "exponent 2 becomes 1.9", constants: &[1.9, 3.0] },
            Sabotage { name: "first power of the amplification", constants: &[1.0, 3.0] },
            Sabotage { name: "3 becomes 3.03", constants: &[2.0, 3.03] },
        ],
        diagram: Some(&[
            // The dip is between 1/(d - 1 + A^2) and 1/(1 + A^2), A the amplification.
            ("x", "spike=0:20:81"),
            ("y", "init=1e-12:1e-1:89:log"),
            ("observe", "amplification"),
            ("optimizer", "gd,specgd"),
        ]),
    },
    Claim {
        id: "comparison.alignment-stable",
        standing: Standing::Theorem,
        constants: &[1.0],
        check: alignment::stable,
        sabotaged: &[
            Sabotage { name: "never below 1.01 times its start", constants: &[1.01] },
            Sabotage { name: "never below 1.1 times its start", constants: &[1.1] },
            Sabotage { name: "never below twice its start", constants: &[2.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "comparison.alignment-monotone",
        standing: Standing::Theorem,
        constants: &[0.0],
        check: alignment::monotone,
        sabotaged: &[
            Sabotage { name: "spectral power 0.1 instead of 0", constants: &[0.1] },
            Sabotage { name: "spectral power 1/2 instead of 0", constants: &[0.5] },
            Sabotage { name: "gradient descent instead", constants: &[1.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "comparison.contraction-accelerated",
        standing: Standing::Theorem,
        constants: &[-0.5, 0.09375, 1.0],
        check: contraction::accelerated,
        sabotaged: &[
            Sabotage { name: "GD's exponent off by 0.1", constants: &[-0.4, 0.09375, 1.0] },
            Sabotage { name: "GD's constant off by 1 %", constants: &[-0.5, 0.0946875, 1.0] },
            Sabotage { name: "SpecGD in half its time", constants: &[-0.5, 0.09375, 0.5] },
        ],
        diagram: None,
    },
    Claim {
        id: "comparison.steps-to-alignment",
        standing: Standing::Theorem,
        constants: &[1.0, 0.0],
        check: steps_to_alignment,
        sabotaged: &[
            Sabotage { name: "GD's exponent 0.9", constants: &[0.9, 0.0] },
            Sabotage { name: "GD's exponent 1.1", constants: &[1.1, 0.0] },
            Sabotage { name: "SpecGD's steps grow like mu^0.1", constants: &[1.0, 0.1] },
        ],
        diagram: None,
    },
    Claim {
        id: "comparison.broader-covariances",
        standing: Standing::Theorem,
        constants: &[3.0],
        check: broader_covariances,
        sabotaged: &[
            Sabotage { name: "3 becomes 3.03", constants: &[3.03] },
            Sabotage { name: "3 becomes 2.97", constants: &[2.97] },
            Sabotage { name: "every larger variance is amplified", constants: &[1.0] },
        ],
        diagram: Some(&[
            ("spectrum", "power-law:1.5"),
            ("signal-index", "4"),
            ("x", "exponent=0.1:3:59"),
            ("y", "init=1e-6:1e-1:41:log"),
            ("observe", "amplification"),
            ("optimizer", "gd,specgd"),
        ]),
    },
];

/// Steps to alignment 0.99: exponents in mu, at half the ceiling for GD, at a fixed step for SpecGD.
fn steps_to_alignment(constants: &[f64], trial: &mut Trial) {
    let [gd, specgd] = constants else { unreachable!("two constants") };
    let rungs: Vec<f64> = (0..5).map(|k| 64.0 * libm::pow(4.0, f64::from(k))).collect();
    let dimension = 20;
    for (name, method, stated) in [("GD", Method::GradientDescent, gd), ("SpecGD", Method::Spectral, specgd)] {
        let specgd = method == Method::Spectral;
        let alpha = if specgd { libm::sqrt(0.5 / (dimension as f64 + 3.0 * rungs[rungs.len() - 1])) } else { 1e-100 };
        let steps = |mu: &f64| -> Result<f64, String> {
            let eta = if specgd { 1e-4 } else { 0.5 / mu };
            let population = Population::spiked(mu - 1.0, dimension, alpha, method.clone()).with_step(eta);
            let condition = Condition { quantity: Quantity::Alignment, at_least: true, level: 0.99 };
            population.first_time(&condition).map(|t| t.hi / eta)
        };
        let what = format!(
            "{name}: exponent in mu of the steps to alignment 0.99, d = {dimension}, alpha = {alpha:.2e}, mu = 64 to 16384"
        );
        let counts: Result<Vec<f64>, String> = rungs.iter().map(steps).collect();
        let found = counts.map(|counts| {
            let local = |k: usize| libm::log(counts[k] / counts[k - 1]) / libm::log(rungs[k] / rungs[k - 1]);
            Enclosure::ladder(local(counts.len() - 2), local(counts.len() - 1))
        });
        trial.found(&what, found, |trial, found| trial.near(&what, found, *stated, 0.02));
    }
}

/// GD amplifies direction j if and only if `q_j > factor q_0`, SpecGD none: power laws, steps and several spikes.
fn broader_covariances(constants: &[f64], trial: &mut Trial) {
    let factor = constants[0];
    for &(exponent, count) in trial.first(&[(0.5, 8_u64), (1.0, 8), (1.5, 6), (2.0, 6), (3.0, 5)], 3) {
        for signal in 1..=count {
            // Eigenvalues i^-s, and a signal a hair away from where a ratio would be the factor itself.
            let variance = |i: u64| libm::pow(i as f64, -exponent);
            let groups = (1..=count).filter(|i| *i != signal).map(|i| Group { variance: variance(i), multiplicity: 1 });
            let spectrum = Spectrum::with_signal(variance(signal), groups.collect()).expect("positive variances");
            let amplified = variance(1) > factor * variance(signal) && signal != 1;
            expect(trial, &format!("power law {exponent}, signal on {signal} of {count}"), &spectrum, amplified);
        }
    }
    for (name, ratios) in [
        ("several spikes, one above the edge", [1.5, 2.0, 2.9, factor * 1.005]),
        ("several spikes, all below the edge", [1.5, 2.0, 2.9_f64.min(factor), factor * 0.995]),
        ("steps up and down, one above", [0.1, 0.5, 1.0, factor * 1.005]),
        ("steps up and down, all below", [0.1, 0.5, 1.0, factor * 0.995]),
    ] {
        let groups = ratios.map(|variance| Group { variance, multiplicity: 7 }).to_vec();
        let spectrum = Spectrum::with_signal(1.0, groups).expect("positive variances");
        expect(trial, name, &spectrum, ratios.iter().any(|r| *r > factor));
    }
}

fn expect(trial: &mut Trial, name: &str, spectrum: &Spectrum, amplified: bool) {
    let spectrum = spectrum.map(|x| Interval::point(*x));
    let what = format!("GD's amplification, {name}, alpha = 1e-200");
    trial.found(&what, amplification(&spectrum, 1e-200), |trial, found| {
        if amplified {
            trial.at_least(&what, found, 1.0 + 1e3 * ACCURACY);
        } else {
            trial.at_most(&what, found, 1.0 + ACCURACY);
        }
    });
    let what = format!("segments of SpecGD's flow on which a group may gain on the signal, {name}, alpha = 1e-3");
    let found = follow(&spectrum, decimal("1e-3"));
    trial.found(&what, found, |trial, found| trial.equal(&what, found.gaining));
}
