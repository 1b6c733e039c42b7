//! What training runs have to do with the population recursion: rates and amplification, as equivalence tests.
//!
//! Every assertion is about a distribution-free confidence interval that is wrong with probability at most 1e-9 over new seeds. The
//! seeds are fixed, so that the tests pass or fail for good.

use specdyn::descent::{Method, Muon, Optimizer};
use specdyn::experiment::{Covariance, Setting};
use specdyn::simulation::{Rate, Resources, Simulation, compare, median_interval};

const ERROR: f64 = 1e-9;
const TWO_THREADS: Resources = Resources { threads: 2, memory: None };

fn spiked(strength: f64, dimension: u64) -> Setting {
    Setting::new(Covariance::Spiked { strength, dimension }, 1e-3, Method::Spectral)
}

fn gd() -> Optimizer {
    Optimizer::Method(Method::GradientDescent)
}

fn specgd() -> Optimizer {
    Optimizer::Method(Method::Spectral)
}

fn seeds(count: u64) -> Vec<u64> {
    (1000..1000 + count).collect()
}

fn ladder(
    optimizer: &Optimizer,
    strength: f64,
    init: f64,
    step_size: f64,
    time: f64,
    sizes: &[usize],
) -> Vec<Simulation> {
    let with = |n: &usize| {
        let steps = (time / step_size).round() as u64;
        let mut simulation = Simulation::new(spiked(strength, 8), optimizer.clone(), *n, step_size, steps);
        simulation.setting.init = init;
        simulation
    };
    sizes.iter().map(with).collect()
}

/// GD's deviations from the recursion shrink like `n^(-1/2)`. An equivalence test: the distribution-free interval for the exponent,
/// wrong with probability 1e-9, must lie within a margin of 1/4 around -1/2.
#[test]
fn deviations_of_gd_from_the_recursion_shrink_at_the_root_of_n() {
    let simulations = ladder(&gd(), 6.0, 0.1, 0.04, 3.0, &[100, 3200]);
    let comparison = compare(&simulations, &seeds(300), ERROR, TWO_THREADS, &|_, _, _| {}).unwrap();
    let rate = comparison.rates[0].unwrap();
    let (low, high) = rate.interval.unwrap();
    assert!(-0.75 < low && high < -0.25, "{rate:?}");
}

/// SpecGD's signal deviates to second order while it rises (rate 1/n, a rotated polar factor) and to first order where it
/// saturates, above a floor of the order of the step size. So the exponent lies between -1 and -1/2, tested as above.
#[test]
fn deviations_of_specgd_from_the_recursion_shrink_at_least_at_the_root_of_n() {
    let simulations = ladder(&specgd(), 6.0, 0.1, 0.01, 1.2, &[100, 1600]);
    let comparison = compare(&simulations, &seeds(160), ERROR, TWO_THREADS, &|_, _, _| {}).unwrap();
    let rate = comparison.rates[0].unwrap();
    let (low, high) = rate.interval.unwrap();
    assert!(-1.25 < low && high < -0.25, "{rate:?}");
}

/// What is random in a gradient has the relative size `sqrt(d/n)` (`derivations/finite-samples.md`, gradient-noise), and early on the
/// weights' share off the manifold is what it has left there. As samples *and* dimension change, its exponent in n/d is -1/2: an
/// equivalence test as above. (The signal's overlap hardly depends on d: the noise along one direction does not.)
#[test]
fn off_manifold_mass_shrinks_at_the_root_of_samples_per_dimension() {
    let sizes = [(400, 8), (400, 64), (3200, 8), (3200, 64)];
    let masses = sizes.map(|(samples, dimension)| {
        let mut simulation = Simulation::new(spiked(0.5, dimension), gd(), samples, 0.03, 10);
        simulation.every = 10;
        let runs = simulation.run_seeds(&seeds(60), TWO_THREADS, &|_, _| {}).unwrap();
        let mut masses: Vec<f64> = runs.iter().map(|run| run.observations.last().unwrap().off_manifold).collect();
        masses.sort_by(f64::total_cmp);
        (samples as f64 / dimension as f64, masses)
    });
    let sizes: Vec<(f64, &[f64])> = masses.iter().map(|(size, masses)| (*size, &masses[..])).collect();
    let rate = Rate::fit(&sizes, ERROR).unwrap();
    let (low, high) = rate.interval.unwrap();
    assert!(-0.75 < low && high < -0.25, "{rate:?}");
}

/// At this n the population's amplification is far above 1 for GD, and 1 for SpecGD; the runs' medians are within a fifth of it,
/// with an error of 1e-9.
#[test]
fn only_gd_amplifies_the_spike() {
    for (optimizer, step_size, time) in [(gd(), 1e-2, 2.0), (specgd(), 2e-2, 1.2)] {
        let simulations = ladder(&optimizer, 20.0, 1e-2, step_size, time, &[3200]);
        let comparison = compare(&simulations, &seeds(60), ERROR, TWO_THREADS, &|_, _, _| {}).unwrap();
        let rung = &comparison.rungs[0];
        let mut amplification = rung.amplification.clone();
        amplification.sort_by(f64::total_cmp);
        let (low, high) = median_interval(&amplification, ERROR).unwrap();
        let predicted = rung.predicted_amplification[0];
        assert!(if optimizer.is_orthogonal() { predicted == 1.0 } else { predicted > 5.0 }, "{predicted}");
        assert!(0.8 * predicted < low && high < 1.2 * predicted, "{optimizer}: {low} to {high}, predicted {predicted}");
    }
}

/// Newton-Schulz moves every singular value at a speed from 0.68183 to 1.13436 instead of 1 (`derivations/finite-samples.md`, muon-band),
/// so that Muon without momentum escapes up to so much later or earlier than SpecGD, to a step.
#[test]
fn muon_without_momentum_escapes_at_the_speed_of_its_band() {
    let steps_to_half = |optimizer: Optimizer| {
        let mut simulation = Simulation::new(spiked(20.0, 8), optimizer, 1, 1e-3, 1200);
        simulation.setting.init = 1e-2;
        let observations = simulation.prediction(0).unwrap().observations;
        observations.iter().find(|o| o.coefficients[0] >= 0.5).unwrap().step as f64
    };
    let specgd = steps_to_half(specgd());
    let muon = steps_to_half(Optimizer::Muon(Muon::new(0.0, false, 5).unwrap()));
    assert!((muon + 1.0) * 1.13436 >= specgd && (muon - 1.0) * 0.68183 <= specgd, "{muon} {specgd}");
}

/// Muon's orthogonalised momentum keeps no scale either: on samples it amplifies the spike as little as SpecGD does, where GD
/// amplifies it seven times.
#[test]
fn muon_does_not_amplify_the_spike() {
    let muon = Optimizer::Muon(Muon::default());
    let comparison =
        compare(&ladder(&muon, 20.0, 1e-2, 2e-2, 1.2, &[1600]), &seeds(60), ERROR, TWO_THREADS, &|_, _, _| {}).unwrap();
    let mut amplification = comparison.rungs[0].amplification.clone();
    amplification.sort_by(f64::total_cmp);
    let (low, high) = median_interval(&amplification, ERROR).unwrap();
    assert!((1.0..1.4).contains(&low) && high < 1.4, "{low} to {high}");
}
