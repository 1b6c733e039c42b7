//! Training runs: reproducible, complete in their answers, and governed by the population recursion as n grows.

use specdyn::descent::{Adam, Method, Muon, NormalizedDescent, Optimizer, SignDescent};
use specdyn::simulation::{
    Data, End, Observation, Population, Precision, Resources, Run, Simulation, SimulationError, Start,
};
use specdyn::spectrum::{Spectrum, TiltedSpectrum};

fn spiked(strength: f64, dimension: u64) -> Population {
    Population::aligned(&Spectrum::spiked(strength, dimension).unwrap()).unwrap()
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
        let mut simulation = Simulation::new(spiked(5.0, 12), 300, specgd(), 0.02, 12);
        (simulation.data, simulation.noise, simulation.init) = (data, 0.1, 0.05);
        let run = |threads, seeds: &[u64], memory| {
            simulation.run_seeds(seeds, Resources { threads, memory }, &|_, _| {}).unwrap()
        };
        let all = run(1, &[3, 1, 2], None);
        assert_eq!(all.iter().map(|run| run.seed).collect::<Vec<_>>(), [3, 1, 2]);
        let one_at_a_time = Some(simulation.memory(1, 5).total());
        for (threads, limit) in [(1, one_at_a_time), (2, None), (5, None), (3, one_at_a_time)] {
            assert_eq!(bits(&run(threads, &[3, 1, 2], limit)), bits(&all), "{threads} threads, {data:?}");
        }
        assert_eq!(bits(&run(2, &[2], None)), bits(&all[2..]));
        assert_ne!(bits(&all[..1]), bits(&all[1..2]));
    }
}

#[test]
fn online_steps_of_n_begin_like_the_full_batch_and_then_differ() {
    let full = Simulation::new(spiked(5.0, 10), 200, gd(), 0.01, 3);
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
    let full = Simulation::new(spiked(5.0, 10), 200, gd(), 0.01, 20);
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
    let mut simulation = Simulation::new(spiked(5.0, 10), 50, gd(), 0.01, 10);
    simulation.every = 4;
    let steps = |run: &Run| run.observations.iter().map(|o| o.step).collect::<Vec<_>>();
    assert_eq!(steps(&simulation.run(0).unwrap()), [0, 4, 8, 10]);
    assert_eq!(steps(&simulation.prediction(0).unwrap()), [0, 4, 8, 10]);
    simulation.steps = 0;
    assert_eq!(steps(&simulation.run(0).unwrap()), [0]);
}

#[test]
fn parameters_outside_their_domain_are_named() {
    let good = Simulation::new(spiked(5.0, 10), 50, gd(), 0.01, 1);
    let name = |change: &dyn Fn(&mut Simulation)| {
        let mut bad = good.clone();
        change(&mut bad);
        bad.run(0).unwrap_err().parameter
    };
    assert_eq!(name(&|s| s.samples = 0), "samples");
    assert_eq!(name(&|s| s.data = Data::MiniBatch(51)), "batch");
    assert_eq!(name(&|s| s.data = Data::MiniBatch(0)), "batch");
    assert_eq!(name(&|s| s.data = Data::Online(0)), "batch");
    assert_eq!(name(&|s| s.step_size = f64::NAN), "step-size");
    assert_eq!(name(&|s| s.step_size = 0.0), "step-size");
    assert_eq!(name(&|s| s.noise = -1.0), "noise");
    assert_eq!(name(&|s| s.init = f64::INFINITY), "init");
    assert_eq!(name(&|s| s.every = 0), "every");
    assert_eq!(name(&|s| s.width = 0), "width");
    assert_eq!(name(&|s| s.start = Start::Spherical), "width");
}

#[test]
fn samples_that_would_not_fit_are_refused_with_a_forecast() {
    let mut simulation = Simulation::new(spiked(5.0, 1000), 4_000_000_000, gd(), 0.01, 1);
    let limited = Resources { threads: 2, memory: Some(16 << 30) };
    let error = simulation.run_seeds(&[0], limited, &|_, _| {}).unwrap_err();
    let SimulationError::Memory(error) = error else { panic!("{error}") };
    assert!(error.needed > 32_000_000_000_000, "{error}");
    assert_eq!((error.samples, error.dimension, error.available), (4_000_000_000, 1000, 16 << 30));
    // Online runs hold one batch, however many samples they see.
    simulation.data = Data::Online(100);
    assert!(simulation.memory(1, 2).samples < 1 << 20, "{:?}", simulation.memory(1, 2));
    assert!(simulation.run_seeds(&[0], limited, &|_, _| {}).is_ok());
}

#[test]
fn memory_is_the_inputs_and_a_tenth() {
    let simulation = Simulation::new(spiked(20.0, 512), 20_000, gd(), 0.01, 1);
    let inputs = 20_000.0 * 512.0 * 8.0;
    let samples = simulation.memory(1, 2).samples as f64;
    assert!(samples < 1.05 * inputs, "{}", samples / inputs);
}

#[test]
fn a_run_that_diverges_says_so_and_the_others_go_on() {
    let mut simulation = Simulation::new(spiked(20.0, 10), 60, gd(), 0.08, 400);
    simulation.init = 0.05;
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
    let tilted = Population::tilted(&TiltedSpectrum::overlap(8.0, 9, 0.4).unwrap()).unwrap();
    let power_law = Spectrum::power_law(&1.2, 9, 2).unwrap();
    let random = Population::random(&power_law, 7).unwrap();
    assert_eq!(tilted.names(), ["signal", "spike", "bulk"]);
    for population in [spiked(8.0, 9), tilted, Population::aligned(&power_law).unwrap(), random] {
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
                (1, Start::Spherical),
                (4, Start::Orthogonal),
                (4, Start::Gaussian),
                (9, Start::Orthogonal),
                (13, Start::Orthogonal),
                (13, Start::Gaussian),
            ] {
                let mut simulation = Simulation::new(population.clone(), 400, optimizer.clone(), 1e-3, 6);
                (simulation.width, simulation.start, simulation.init) = (width, start, 0.1);
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
    let mut simulation = Simulation::new(spiked(8.0, 30), 10, gd(), 1e-3, 0);
    (simulation.width, simulation.start, simulation.init) = (1, Start::Spherical, 0.7);
    let weights = simulation.initial_weights(3).unwrap();
    assert!((weights.norm() - 0.7).abs() < 1e-15);
}

#[test]
fn reduced_and_full_predictions_agree() {
    // A start on the manifold, predicted by three coefficients; a wider one as the full matrix of another optimiser object.
    for optimizer in [gd(), Optimizer::Method(Method::power(0.5).unwrap())] {
        let mut simulation = Simulation::new(spiked(8.0, 9), 10, optimizer, 5e-3, 300);
        simulation.init = 0.02;
        let reduced = simulation.prediction(1).unwrap();
        assert!(simulation.has_common_prediction());
        let tilted = Population::tilted(&TiltedSpectrum::overlap(8.0, 9, 0.0).unwrap()).unwrap();
        simulation.population = tilted;
        assert!(!simulation.has_common_prediction());
        let full = simulation.prediction(1).unwrap();
        for (a, b) in reduced.observations.iter().zip(&full.observations) {
            for (x, y) in a.coefficients.iter().zip(&b.coefficients) {
                assert!((x - y).abs() < 1e-10, "step {}: {x} {y}", a.step);
            }
            assert!(b.off_manifold < 1e-9, "step {}: {}", a.step, b.off_manifold);
            assert!((a.population_risk - b.population_risk).abs() < 1e-10);
            assert!(
                (a.alignment - b.alignment).abs() < 1e-10 && (a.amplification / b.amplification - 1.0).abs() < 1e-8
            );
        }
    }
}

#[test]
fn directions_of_specgd_are_orthogonal_and_those_of_muon_nearly() {
    let mut simulation = Simulation::new(spiked(8.0, 20), 500, specgd(), 5e-3, 10);
    simulation.init = 0.05;
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
    let mut simulation = Simulation::new(spiked(8.0, 20), 100, specgd(), 5e-3, 1);
    (simulation.data, simulation.init) = (Data::Online(3), 0.05);
    let run = simulation.run(1).unwrap();
    // Three singular values 1 and seventeen 0: ||U'U - I||_F^2 = 17.
    assert!((run.observations[0].orthogonality_error - 17_f64.sqrt()).abs() < 1e-12);
}
