//! Training runs: reproducible, complete in their answers, and governed by the population recursion as n grows.

use specdyn::descent::{Adam, Method, Muon, NormalizedDescent, Optimizer, SignDescent};
use specdyn::experiment::{Covariance, Setting, Signal};
use specdyn::simulation::{
    Data, End, MemoryError, Observation, Precision, Resources, Run, Simulation, SimulationError, compare,
};
use specdyn::trajectory::Recursion;
use specdyn::weights::Start;

fn spiked(strength: f64, dimension: u64) -> Setting {
    Setting::new(Covariance::Spiked { strength, dimension }, 1e-3, Method::Spectral)
}

fn gd() -> Optimizer {
    Optimizer::Method(Method::GradientDescent)
}

fn specgd() -> Optimizer {
    Optimizer::Method(Method::Spectral)
}

fn bits(runs: &[Run]) -> Vec<u64> {
    let one = |o: &Observation| {
        let mut numbers = o.coefficients.clone();
        numbers.extend([o.off_manifold, o.empirical_risk, o.population_risk, o.alignment, o.amplification]);
        numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
    };
    runs.iter().flat_map(|run| run.observations.iter().flat_map(one)).collect()
}

const TWO_THREADS: Resources = Resources { threads: 2, memory: None };

#[test]
fn a_seed_has_the_same_bytes_on_any_number_of_threads_and_in_any_company() {
    for data in [Data::FullBatch, Data::MiniBatch(60), Data::Online(70)] {
        let mut simulation = Simulation::new(spiked(5.0, 12), specgd(), 300, 0.02, 12);
        (simulation.data, simulation.noise, simulation.setting.init) = (data, 0.1, 0.05);
        let run = |threads, seeds: &[u64], memory| {
            simulation.run_seeds(seeds, Resources { threads, memory }, &|_, _| {}).unwrap()
        };
        let all = run(1, &[3, 1, 2], None);
        assert_eq!(all.iter().map(|run| run.seed).collect::<Vec<_>>(), [3, 1, 2]);
        let one_at_a_time = Some(simulation.memory(3, 1, 5).total());
        for (threads, limit) in [(1, one_at_a_time), (2, None), (5, None), (3, one_at_a_time)] {
            assert_eq!(bits(&run(threads, &[3, 1, 2], limit)), bits(&all), "{threads} threads, {data:?}");
        }
        assert_eq!(bits(&run(2, &[2], None)), bits(&all[2..]));
        assert_ne!(bits(&all[..1]), bits(&all[1..2]));
    }
}

#[test]
fn online_steps_of_n_begin_like_the_full_batch_and_then_differ() {
    let full = Simulation::new(spiked(5.0, 10), gd(), 200, 0.01, 3);
    let mut online = full.clone();
    online.data = Data::Online(200);
    let (full, online) = (full.run(4).unwrap(), online.run(4).unwrap());
    assert_eq!(
        full.observations[..2].iter().map(|o| &o.coefficients).collect::<Vec<_>>(),
        [&online.observations[0].coefficients, &online.observations[1].coefficients]
    );
    assert_eq!(full.observations[0].empirical_risk, online.observations[0].empirical_risk);
    assert_ne!(full.observations[2].coefficients, online.observations[2].coefficients);
}

#[test]
fn a_mini_batch_of_all_samples_is_the_full_batch_up_to_the_order_of_sums() {
    let full = Simulation::new(spiked(5.0, 10), gd(), 200, 0.01, 20);
    let mut batched = full.clone();
    batched.data = Data::MiniBatch(200);
    let (full, batched) = (full.run(4).unwrap(), batched.run(4).unwrap());
    for (a, b) in full.observations.iter().zip(&batched.observations) {
        for (x, y) in a.coefficients.iter().zip(&b.coefficients) {
            assert!((x / y - 1.0).abs() < 1e-12, "step {}", a.step);
        }
    }
}

#[test]
fn observations_come_at_the_start_every_so_often_and_at_the_end() {
    let mut simulation = Simulation::new(spiked(5.0, 10), gd(), 50, 0.01, 10);
    simulation.every = 4;
    let steps = |run: &Run| run.observations.iter().map(|o| o.step).collect::<Vec<_>>();
    let some = simulation.run(0).unwrap();
    assert_eq!(steps(&some), [0, 4, 8, 10]);
    let all = Simulation { every: 1, ..simulation.clone() }.run(0).unwrap();
    assert_eq!(some.observations[1].amplification, all.observations[4].amplification, "every step is watched");
    assert_eq!(steps(&simulation.prediction(0).unwrap()), [0, 4, 8, 10]);
    simulation.steps = 0;
    assert_eq!(steps(&simulation.run(0).unwrap()), [0]);
}

/// SpecGD alternates about its surfaces, so that every other step shows one side of it; predictions that are one for all seeds, and others.
#[test]
fn deviations_from_the_recursion_are_over_all_steps_however_few_are_observed() {
    for optimizer in [specgd(), Optimizer::Sign(SignDescent)] {
        let mut simulation = Simulation::new(spiked(20.0, 8), optimizer, 200, 0.03, 60);
        (simulation.setting.init, simulation.every) = (0.05, 60);
        let seeds = [3, 4];
        let found = compare(&[simulation.clone()], &seeds, 0.5, TWO_THREADS, &|_, _, _| {}).unwrap();
        let all = Simulation { every: 1, ..simulation };
        let distances = seeds.map(|seed| {
            let (run, prediction) = (all.run(seed).unwrap(), all.prediction(seed).unwrap());
            let pairs = run.observations.into_iter().zip(prediction.observations);
            pairs
                .map(|(o, p)| [0, 1, 2].map(|j| (o.coefficients[j].powi(2) - p.coefficients[j].powi(2)).abs()))
                .collect()
        });
        for j in 0..3 {
            let largest = |steps: &Vec<[f64; 3]>, every| steps.iter().step_by(every).map(|d| d[j]).fold(0.0, f64::max);
            let mut expected = [0, 1].map(|k| largest(&distances[k], 1));
            expected.sort_by(f64::total_cmp);
            assert_eq!(found.rungs[0].deviations[j], expected);
            assert!((0..2).all(|k| largest(&distances[k], 60) < largest(&distances[k], 1)), "some are between");
        }
    }
}

#[test]
fn parameters_outside_their_domain_are_named() {
    let good = Simulation::new(spiked(5.0, 10), gd(), 50, 0.01, 1);
    let name = |change: &dyn Fn(&mut Simulation)| {
        let mut bad = good.clone();
        change(&mut bad);
        bad.run(0).unwrap_err().parameter
    };
    assert_eq!(name(&|s| s.samples = 0), "samples");
    assert_eq!(name(&|s| s.data = Data::MiniBatch(51)), "batch");
    assert_eq!(name(&|s| s.data = Data::MiniBatch(0)), "batch");
    assert_eq!(name(&|s| s.data = Data::Online(0)), "batch");
    assert_eq!(name(&|s| s.setting.step_size = Some(f64::NAN)), "step-size");
    assert_eq!(name(&|s| s.setting.step_size = Some(0.0)), "step-size");
    assert_eq!(name(&|s| s.noise = -1.0), "noise");
    assert_eq!(name(&|s| s.setting.init = f64::INFINITY), "init");
    assert_eq!(name(&|s| s.every = 0), "every");
    assert_eq!(name(&|s| s.setting.width = Some(0)), "width");
    assert_eq!(name(&|s| s.setting.start = Start::Sphere), "width");
}

#[test]
fn samples_that_would_not_fit_are_refused_with_a_forecast() {
    let mut simulation = Simulation::new(spiked(5.0, 1000), gd(), 4_000_000_000, 0.01, 1);
    let limited = Resources { threads: 2, memory: Some(16 << 30) };
    let error = simulation.run_seeds(&[0], limited, &|_, _| {}).unwrap_err();
    let SimulationError::Memory(MemoryError::Samples { samples, dimension, needed, available }) = error else {
        panic!("{error}")
    };
    assert!(needed > 32_000_000_000_000, "{needed}");
    assert_eq!((samples, dimension), (4_000_000_000, 1000));
    assert!((15 << 30..=16 << 30).contains(&available));
    // Online runs hold one batch, however many samples they see.
    simulation.data = Data::Online(100);
    assert!(simulation.memory(1, 1, 2).samples < 1 << 20, "{:?}", simulation.memory(1, 1, 2));
    assert!(simulation.run_seeds(&[0], limited, &|_, _| {}).is_ok());
    simulation.steps = 1 << 50;
    let error = simulation.run_seeds(&[0], limited, &|_, _| {}).unwrap_err();
    assert!(matches!(error, SimulationError::Memory(MemoryError::Observations { runs: 1, .. })), "{error}");
}

#[test]
fn memory_is_the_inputs_and_little_more() {
    // What is forecast, gaps of the allocator included; `tests/memory_forecast.rs` and `scripts/memory_of_runs.py` measure it.
    let inputs = 20_000.0 * 512.0 * 8.0;
    let methods = [(gd(), 1.11), (Optimizer::Method(Method::Spectral), 1.13), (Optimizer::Muon(Muon::default()), 1.14)];
    for (optimizer, most) in methods {
        let simulation = Simulation::new(spiked(20.0, 512), optimizer, 20_000, 0.01, 1);
        let memory = simulation.memory(1, 1, 1);
        let (samples, all) = (memory.samples as f64 / inputs, memory.total() as f64 / inputs);
        assert!(samples < 1.01 && all < most, "{samples}, {all}");
    }
}

#[test]
fn a_run_that_diverges_says_so_and_the_others_go_on() {
    let mut simulation = Simulation::new(spiked(20.0, 10), gd(), 60, 0.08, 400);
    simulation.setting.init = 0.05;
    let seeds: Vec<u64> = (0..24).collect();
    let runs = simulation.run_seeds(&seeds, TWO_THREADS, &|_, _| {}).unwrap();
    let (mut finished, mut diverged) = (0, 0);
    for run in &runs {
        match &run.end {
            End::Finished => {
                finished += 1;
                assert_eq!(run.observations.last().unwrap().step, 400);
            }
            End::Diverged { step, size } => {
                diverged += 1;
                assert_eq!(run.observations.last().unwrap().step, step - 1, "up to the last good weights");
                assert!(size.is_finite() && run.observations.iter().all(|o| o.population_risk.is_finite()));
                assert!(run.end.to_string().contains(&format!("step {step}")));
            }
            End::NoDirection { .. } => panic!("{}", run.end),
        }
    }
    assert!(finished > 0 && diverged > 0, "{finished} finished, {diverged} diverged: a step size at the edge");
}

#[test]
fn every_optimizer_width_start_signal_and_precision_runs() {
    let with =
        |covariance: Covariance<f64>, signal| Setting { signal, ..Setting::new(covariance, 0.1, Method::Spectral) };
    let (spike, power) = (
        Covariance::Spiked { strength: 8.0, dimension: 9 },
        Covariance::PowerLaw { exponent: 1.2, dimension: 9, signal: 2 },
    );
    for setting in [
        with(spike.clone(), Signal::Eigenvector),
        with(spike.clone(), Signal::Overlap(0.4)),
        with(spike, Signal::Random),
        with(power.clone(), Signal::Eigenvector),
        with(power, Signal::Random),
    ] {
        for optimizer in [
            gd(),
            specgd(),
            Optimizer::Method(Method::power(0.5).unwrap()),
            Optimizer::Muon(Muon::default()),
            Optimizer::Sign(SignDescent),
            Optimizer::Normalized(NormalizedDescent),
            Optimizer::Adam(Adam::default()),
        ] {
            for (width, start) in [
                (1, Start::Sphere),
                (4, Start::Orthogonal),
                (4, Start::Gaussian),
                (9, Start::Orthogonal),
                (13, Start::Orthogonal),
                (13, Start::Gaussian),
            ] {
                let mut simulation = Simulation::new(setting.clone(), optimizer.clone(), 400, 1e-3, 6);
                (simulation.setting.width, simulation.setting.start) = (Some(width), start);
                let double = simulation.run(5).unwrap();
                simulation.precision = Precision::Single;
                let single = simulation.run(5).unwrap();
                assert_eq!((&double.end, &single.end), (&End::Finished, &End::Finished));
                let (a, b) = (double.observations.last().unwrap(), single.observations.last().unwrap());
                for (x, y) in a.coefficients.iter().zip(&b.coefficients) {
                    // Six steps of at most 1e-3 a direction whose sign single precision can turn.
                    assert!((x - y).abs() <= 2.0 * 6.0 * 1e-3 * 3.0, "{optimizer}, width {width}");
                }
                let prediction = simulation.prediction(5).unwrap();
                assert_eq!(prediction.observations[0].coefficients.len(), a.coefficients.len());
                let overlap = |o: &Observation| o.coefficients[0];
                assert!((overlap(&prediction.observations[0]) / overlap(&double.observations[0]) - 1.0).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn a_spherical_start_lies_on_its_sphere() {
    let mut simulation = Simulation::new(spiked(8.0, 30), gd(), 10, 1e-3, 0);
    (simulation.setting.width, simulation.setting.start, simulation.setting.init) = (Some(1), Start::Sphere, 0.7);
    let weights = simulation.initial_weights(3).unwrap();
    assert!((weights.norm() - 0.7).abs() < 1e-15);
}

/// The prediction, in its smallest form, against the full matrix from the run's own start, read as a run is.
#[test]
fn predictions_are_the_recursion_of_the_full_matrix() {
    for (optimizer, signal, width, start) in [
        (gd(), Signal::Eigenvector, 9, Start::Orthogonal),
        (Optimizer::Method(Method::power(0.5).unwrap()), Signal::Eigenvector, 12, Start::Orthogonal),
        (gd(), Signal::Overlap(0.3), 9, Start::Orthogonal),
        (gd(), Signal::Random, 9, Start::Orthogonal),
        (gd(), Signal::Overlap(0.3), 4, Start::Gaussian),
        (Optimizer::Muon(Muon::default()), Signal::Eigenvector, 12, Start::Orthogonal),
        (Optimizer::Adam(Adam::default()), Signal::Random, 3, Start::Gaussian),
    ] {
        let mut simulation = Simulation::new(spiked(8.0, 9), optimizer.clone(), 10, 5e-3, 200);
        simulation.setting.init = 0.02;
        (simulation.setting.signal, simulation.setting.width, simulation.setting.start) = (signal, Some(width), start);
        let prediction = simulation.prediction(1).unwrap();
        assert_eq!(prediction.end, End::Finished);
        let population = simulation.population(1).unwrap();
        let start = simulation.initial_weights(1).unwrap();
        let mut recursion = Recursion::new(population.risk(), optimizer, 5e-3, start).unwrap();
        for observation in &prediction.observations {
            let w = recursion.weights();
            let (overlaps, energy) = population.overlaps(w);
            for (x, y) in observation.coefficients.iter().zip(&overlaps) {
                assert!((x - y.sqrt()).abs() < 1e-9, "step {}: {x} {}", observation.step, y.sqrt());
            }
            assert!((observation.population_risk - population.risk().population_risk(w)).abs() < 1e-9);
            assert!((observation.alignment - overlaps[0] / energy).abs() < 1e-9);
            if simulation.setting.is_on_manifold() {
                assert!(population.off_manifold(w).unwrap() < 1e-9);
            }
            recursion.step().unwrap();
        }
    }
}

/// Another `W O` in front of the eyes: nothing that is observed may change, and a matrix of the manifold's form is on it.
#[test]
fn overlaps_do_not_see_turns_and_the_manifold_is_where_it_should_be() {
    for signal in [Signal::Eigenvector, Signal::Overlap(0.6), Signal::Random] {
        let mut simulation = Simulation::new(spiked(8.0, 7), gd(), 10, 5e-3, 1);
        simulation.setting.signal = signal.clone();
        let population = simulation.population(3).unwrap();
        let w = Start::Gaussian.draw(7, 5, 1.0, 8).unwrap();
        let o = Start::Orthogonal.draw(5, 5, 1.0, 9).unwrap();
        let ((a, energy), (b, turned)) = (population.overlaps(&w), population.overlaps(&(&w * o)));
        assert!(a.iter().zip(&b).all(|(x, y)| (x - y).abs() < 1e-13) && (energy - turned).abs() < 1e-13);
        let s = &w * w.transpose();
        let along = |x: &[f64]| s.map_with_location(|i, j, s| s * x[i] * x[j]).sum();
        let spike = population.deviation().iter().position(|q| *q == 3.0).unwrap();
        let mut u = population.signal().to_vec();
        u[spike] = 0.0;
        let length = u.iter().map(|x| x * x).sum::<f64>();
        let bulk = (s.trace() - s[(spike, spike)] - along(&u) / length) / 5.0;
        for (x, y) in a.iter().zip([along(population.signal()), s[(spike, spike)], bulk]) {
            assert!((x - y).abs() < 1e-13, "{signal:?}: {x} {y}");
        }
        let off = population.off_manifold(&w);
        assert_eq!(off.is_none(), signal == Signal::Random);
        assert!(off.is_none_or(|off| off > 0.1 && off < 1.0));
    }
}

#[test]
fn directions_of_specgd_are_orthogonal_and_those_of_muon_nearly() {
    let mut simulation = Simulation::new(spiked(8.0, 20), specgd(), 500, 5e-3, 10);
    simulation.setting.init = 0.05;
    let exact = simulation.run(1).unwrap();
    assert!(exact.observations[..10].iter().all(|o| o.orthogonality_error <= 1e-14 * 20.0));
    assert!(exact.observations[10].orthogonality_error.is_nan());
    simulation.optimizer = Optimizer::Muon(Muon::default());
    let muon = simulation.run(1).unwrap();
    // Singular values of the published quintic lie in [0.68, 1.13] or so: |s^2 - 1| is at most 0.54 each.
    assert!(muon.observations[..10].iter().all(|o| (1e-3..0.6 * 20_f64.sqrt()).contains(&o.orthogonality_error)));
}

#[test]
fn batches_smaller_than_the_dimension_give_steps_of_low_rank() {
    let mut simulation = Simulation::new(spiked(8.0, 20), specgd(), 100, 5e-3, 1);
    (simulation.data, simulation.setting.init) = (Data::Online(3), 0.05);
    let run = simulation.run(1).unwrap();
    // Three singular values 1 and seventeen 0: ||U'U - I||_F^2 = 17.
    assert!((run.observations[0].orthogonality_error - 17_f64.sqrt()).abs() < 1e-12);
}

/// Width one, one fresh sample after another or batches of them, labels with noise: runs follow the recursion with deviations that fall like the root of
/// the batch, and the noise is what they are left with.
#[test]
fn online_runs_of_width_one_follow_the_recursion_and_end_in_the_noise_of_their_labels() {
    let covariance = Covariance::PowerLaw { exponent: 1.0, dimension: 10, signal: 1 };
    let setting = Setting {
        signal: Signal::Random,
        width: Some(1),
        start: Start::Sphere,
        ..Setting::new(covariance, 0.5, Method::GradientDescent)
    };
    let optimizer = Optimizer::Method(Method::GradientDescent);
    let mut simulation = Simulation::new(setting, optimizer, 0, 0.1, 6000);
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let mut measure = |batch: usize, noise: f64| {
        (simulation.data, simulation.noise, simulation.every) = (Data::Online(batch), noise, 20);
        let (mut deviations, mut risks) = (Vec::new(), Vec::new());
        for seed in 0..9 {
            let (run, prediction) = (simulation.run(seed).unwrap(), simulation.prediction(seed).unwrap());
            let pairs = run.observations.iter().zip(&prediction.observations);
            deviations.push(pairs.fold(0.0_f64, |m, (a, b)| m.max((a.coefficients[0] - b.coefficients[0]).abs())));
            let late = &run.observations[run.observations.len() * 9 / 10..];
            risks.push(late.iter().map(|o| o.population_risk).sum::<f64>() / late.len() as f64);
        }
        (median(deviations), median(risks))
    };
    let noise = 0.05_f64.sqrt();
    let ((one, floor), (many, _)) = (measure(1, noise), measure(64, noise));
    // The root of 64; a median of nine heavy-tailed suprema is good to a factor of two.
    assert!((4.0..16.0).contains(&(one / many)), "{one} {many}");
    // Without noise a run learns on.
    let (_, quiet) = measure(1, 0.0);
    assert!(floor > 10.0 * quiet, "{floor} {quiet}");
}
