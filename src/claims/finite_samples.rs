//! Claims of `derivations/finite-samples.md`.

use super::batch::moments;
use super::{Claim, Enclosure, Sabotage, Standing, Trial};
use crate::descent::{Method, Optimizer};
use crate::experiment::{Covariance, Setting, Signal};
use crate::scalar::{Interval, Real};
use crate::simulation::{Comparison, Data, Population, Resources, Simulation, compare, median_interval};

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "finite-samples.gradient-noise",
        standing: Standing::Theorem,
        constants: &[3.0, 30.0],
        check: gradient_noise,
        sabotaged: &[
            Sabotage { name: "labels independent of the inputs", constants: &[1.0, 30.0] },
            Sabotage { name: "twice the variance for many dimensions", constants: &[6.0, 30.0] },
            Sabotage { name: "ten times the linear term", constants: &[3.0, 300.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "finite-samples.recursion-limit",
        standing: Standing::Theorem,
        constants: &[-0.5, 1.0],
        check: recursion_limit,
        sabotaged: &[
            Sabotage { name: "no approach", constants: &[0.0, 1.0] },
            Sabotage { name: "rate 1/n", constants: &[-1.0, 1.0] },
            Sabotage { name: "GD amplifies three times as much as the recursion", constants: &[-0.5, 3.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "finite-samples.noise-immunity",
        standing: Standing::Theorem,
        constants: &[0.0, 0.8],
        check: noise_immunity,
        sabotaged: &[
            Sabotage { name: "GD as well", constants: &[1.0, 0.8] },
            Sabotage { name: "spectral power 0.01 as well", constants: &[0.01, 0.8] },
            Sabotage { name: "to twice the first surface", constants: &[0.0, 2.0] },
        ],
        diagram: None,
    },
    Claim {
        id: "finite-samples.muon-band",
        standing: Standing::Theorem,
        constants: &[0.68183, 1.13436, 0.00519],
        check: muon_band,
        sabotaged: &[
            Sabotage { name: "lower end 1 % higher", constants: &[0.68865, 1.13436, 0.00519] },
            Sabotage { name: "upper end 1 % lower", constants: &[0.68183, 1.12302, 0.00519] },
            Sabotage { name: "from half as small values", constants: &[0.68183, 1.13436, 0.0026] },
        ],
        diagram: None,
    },
];

/// The level at which a statistic of this chapter may be wrong.
pub(super) const ERROR: f64 = 1e-9;

/// How far from the stated exponent its interval may reach. Medians of 400 seeds at this error leave 0.2 either way; the exponents
/// of other laws are at least 0.5 away.
const MARGIN: f64 = 0.25;

/// The squared noise of the first gradient, over its mean: `quadratic` and `linear` are the coefficients in d.
fn gradient_noise(constants: &[f64], trial: &mut Trial) {
    let [quadratic, linear] = constants else { unreachable!("two constants") };
    let seeds = seeds(trial, 400, 150);
    for &(strength, dimension, samples) in trial.first(&[(8.0, 64_u64, 2048_usize), (0.0, 96, 1536)], 1) {
        let (mu, bulk) = (1.0 + strength, dimension as f64 - 2.0);
        let factor = 9.0 + mu * mu + bulk;
        let fourth = 3.0 * mu * mu + 2.0 * mu * bulk + bulk * (bulk + 2.0);
        let stated = (105.0 + linear * (mu + bulk) + quadratic * fourth - factor) / samples as f64;
        let what = format!("||M_n - M||^2 over its mean, lambda = {strength}, d = {dimension}, n = {samples}");
        let setting = Setting::new(Covariance::Spiked { strength, dimension }, 0.01, Method::Spectral);
        let found = Population::of(&setting).map_err(|error| error.to_string()).and_then(|population| {
            let noise = |seed: &u64| {
                let mut labels = moments(&population, samples, *seed).0;
                // The mean is diag(3, mu, 1, ...), w* first or wherever the population has it.
                for (i, signal) in population.signal().iter().enumerate() {
                    let variance = population.deviation()[i] * population.deviation()[i];
                    labels[(i, i)] -= variance + 2.0 * signal * signal;
                }
                labels.norm_squared() / stated
            };
            let mut values: Vec<f64> = seeds.iter().map(noise).collect();
            values.sort_by(f64::total_cmp);
            median_interval(&values, ERROR).ok_or("too few seeds for an interval".into())
        });
        trial.found(&what.clone(), found, |trial, (lo, hi)| {
            // Between mean and median of such a sum are some per cent.
            trial.near(format!("median over {} seeds of {what}", seeds.len()), Enclosure::sampled(lo, hi), 1.0, 0.25);
        });
    }
}

/// Deviations of GD's signal fall like `n^rate`; GD's amplification is `share` times the recursion's, SpecGD's is at most one.
fn recursion_limit(constants: &[f64], trial: &mut Trial) {
    let [rate, share] = constants else { unreachable!("two constants") };
    let spiked = |dimension, method: &Method<f64>| {
        Setting::new(Covariance::Spiked { strength: 8.0, dimension }, 0.02, method.clone())
    };

    let rungs = [200, trial.count(20_000, 12_000)];
    let seeds = seeds(trial, 400, 400);
    let what = format!("median deviation of GD in n, d = 4, lambda = 8, n = {} and {}", rungs[0], rungs[1]);
    let method = Method::GradientDescent;
    let simulations = rungs.map(|n| simulation(spiked(4, &method), n, 0.02, 5));
    trial.found(&what.clone(), ladder(&simulations, &seeds), |trial, found| {
        match found.rates[0].and_then(|rate| rate.interval) {
            Some((lo, hi)) => trial.near(format!("exponent of the {what}"), Enclosure::sampled(lo, hi), *rate, MARGIN),
            None => trial.unknown(what, "too few seeds for an interval"),
        }
    });

    let samples = trial.count(8_000, 4_000);
    let seeds = self::seeds(trial, 30, 10);
    for (name, method, step_size, steps) in
        [("GD", Method::GradientDescent, 0.02, 90), ("SpecGD", Method::Spectral, 0.01, 80)]
    {
        let what = format!("{name}, d = 10, lambda = 8, n = {samples}, {} seeds", seeds.len());
        let found = ladder(&[simulation(spiked(10, &method), samples, step_size, steps)], &seeds);
        trial.found(&what.clone(), found, |trial, mut found| {
            let rung = &mut found.rungs[0];
            // NaN is last.
            rung.amplification.sort_by(f64::total_cmp);
            let (least, most) = (rung.amplification[0], rung.amplification[seeds.len() - 1]);
            let predicted = rung.predicted_amplification[0];
            if name == "GD" {
                // Runs are within a few per cent of the recursion here, and its own amplification is 1.6.
                let recursion = Enclosure::observed(predicted);
                trial.at_least(format!("recursion's amplification, {what}"), recursion, 1.5);
                let ratio = Enclosure::observed(least / predicted);
                trial.at_least(format!("least amplification over the recursion's, {what}"), ratio, 0.8 * share);
            } else {
                trial.at_most(format!("greatest amplification, {what}"), Enclosure::observed(most), 1.05);
            }
        });
    }
}

/// Runs with the spectral power p are the recursion, to rounding, up to `share` of the first surface.
fn noise_immunity(constants: &[f64], trial: &mut Trial) {
    let [power, share] = constants else { unreachable!("two constants") };
    let method = Method::power(*power).expect("a power in [0, 1]");
    let (init, step_size) = (0.02, 0.01);
    let samples = trial.count(20_000, 4_000);
    let seeds = seeds(trial, 20, 5);
    let spiked = |strength, dimension| Covariance::Spiked { strength, dimension };
    let power_law = Covariance::PowerLaw { exponent: 1.0, dimension: 8, signal: 1 };
    for (name, covariance, signal, noise, data) in [
        ("lambda = 8, d = 6, full batch", spiked(8.0, 6), Signal::Eigenvector, 0.0, Data::FullBatch),
        ("lambda = 20, d = 10, full batch", spiked(20.0, 10), Signal::Eigenvector, 0.2, Data::FullBatch),
        (
            "lambda = 8, d = 6, overlap 0.3, fresh samples",
            spiked(8.0, 6),
            Signal::Overlap(0.3),
            0.2,
            Data::Online(samples),
        ),
        (
            "power law 1, d = 8, random signal, mini-batches",
            power_law,
            Signal::Random,
            0.0,
            Data::MiniBatch(samples / 2),
        ),
    ] {
        let what = format!("{name}, label noise {noise}, n = {samples}, {} seeds", seeds.len());
        let setting = Setting { signal, ..Setting::new(covariance, init, method.clone()) };
        trial.found(&what.clone(), first_surface(&setting), |trial, surface| {
            let steps = ((share * surface - init) / step_size) as u64;
            let simulation = Simulation { noise, data, ..simulation(setting, samples, step_size, steps) };
            trial.found(&what.clone(), ladder(&[simulation], &seeds), |trial, found| {
                let mut deviations = found.rungs[0].deviations.concat();
                deviations.sort_by(f64::total_cmp);
                trial.at_most(
                    format!("deviation from the recursion within {steps} steps, {what}"),
                    Enclosure::observed(deviations[deviations.len() - 1]),
                    ROUNDING,
                );
            });
        });
    }
}

/// A dozen steps of polar factors that are orthogonal to `1e-14 d`, and a dozen roundings of coefficients below one.
pub(super) const ROUNDING: f64 = 1e-13;

/// A scale c below which the population's symmetric factor at `W W' = c^2 I` is negative definite, whatever the signal's direction:
/// `(q_min/(tr Q + 2 q_max))^(1/2)`.
fn first_surface(setting: &Setting<f64>) -> Result<f64, String> {
    let groups = setting.covariance.groups().map_err(|error| error.to_string())?;
    let largest = groups.iter().map(|group| group.variance).fold(0.0, f64::max);
    let smallest = groups.iter().map(|group| group.variance).fold(f64::INFINITY, f64::min);
    let trace: f64 = groups.iter().map(|group| group.variance * group.multiplicity as f64).sum();
    Ok(libm::sqrt(smallest / (trace + 2.0 * largest)))
}

pub(super) fn seeds(trial: &mut Trial, full: usize, quick: usize) -> Vec<u64> {
    let count = trial.count(full, quick) as u64;
    (0..count).map(|k| trial.seed().wrapping_mul(1000).wrapping_add(k)).collect()
}

pub(super) fn simulation(setting: Setting<f64>, samples: usize, step_size: f64, steps: u64) -> Simulation {
    let optimizer = Optimizer::Method(setting.method.clone());
    Simulation::new(setting, optimizer, samples, step_size, steps)
}

/// Runs beside their recursions; a run that does not finish leaves the claim open.
pub(super) fn ladder(simulations: &[Simulation], seeds: &[u64]) -> Result<Comparison, String> {
    let resources = Resources { threads: 1, memory: None };
    let found = compare(simulations, seeds, ERROR, resources, &|_, _, _| ()).map_err(|error| error.to_string())?;
    match found.rungs.iter().flat_map(|rung| &rung.unfinished).next() {
        Some((seed, end)) => Err(format!("seed {seed}: {end}")),
        None => Ok(found),
    }
}

/// The quintic maps `[low, high]` into itself, and five of it map `[from, 1]` into `[low, high]`.
fn muon_band(constants: &[f64], trial: &mut Trial) {
    let [low, high, from] = constants else { unreachable!("three constants") };
    let quintic = Quintic::published();
    for (what, start, end, times) in [("one step from the band", *low, *high, 1), ("five steps", *from, 1.0, 5)] {
        let what = format!("{what} from [{start}, {end}]");
        let range = (Interval::point(start), Interval::point(end));
        let found = (0..times).try_fold(range, |range, _| quintic.range(range));
        trial.found(&what, found, |trial, (least, most)| {
            // The stated ends have five digits.
            trial.at_least(format!("smallest singular value after {what}"), Enclosure::proof(least), low - 1e-5);
            trial.at_most(format!("largest singular value after {what}"), Enclosure::proof(most), high + 1e-5);
        });
    }
}

/// Muon's `p(s) = a s + b s^3 + c s^5`, its published coefficients enclosed.
struct Quintic {
    coefficients: [Interval; 3],
    /// Where it turns, on the positive axis.
    turns: [Interval; 2],
}

impl Quintic {
    fn published() -> Self {
        let [a, b, c] =
            ["3.4445", "-4.7750", "2.0315"].map(|text| <Interval as Real>::parse(text, &()).expect("a decimal"));
        // p' = a + 3 b x + 5 c x^2 with x = s^2
        let half = b.scale(-1.5);
        let root = (half.square() - (a * c).scale(5.0)).sqrt();
        let turns = [half - root, half + root].map(|x| (x / c.scale(5.0)).sqrt());
        Self { coefficients: [a, b, c], turns }
    }

    fn at(&self, s: Interval) -> Interval {
        s * Interval::polynomial(&self.coefficients, s.square())
    }

    /// Least and greatest value over the range between two numbers, all of them enclosed: those at the ends and at turns inside.
    fn range(&self, (from, to): (Interval, Interval)) -> Result<(Interval, Interval), String> {
        let (mut least, mut most) = (self.at(from).min(self.at(to)), self.at(from).max(self.at(to)));
        for turn in self.turns {
            if from.strictly_precedes(turn) && turn.strictly_precedes(to) {
                (least, most) = (least.min(self.at(turn)), most.max(self.at(turn)));
            } else if !(turn.strictly_precedes(from) || to.strictly_precedes(turn)) {
                return Err(format!("whether the turn at {} is inside is not decided", turn.midpoint()));
            }
        }
        Ok((least, most))
    }
}
