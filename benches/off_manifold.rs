//! Off the invariant manifold: the GD flow of a tilted block (its cost does not depend on d) and of dense weights, and a recursion step.

use criterion::{Criterion, criterion_group, criterion_main};
use specdyn::descent::Method;
use specdyn::experiment::{Covariance, Plan, Setting, Signal, run};
use specdyn::weights::Start;
use std::hint::black_box;

fn spiked(dimension: u64) -> Setting {
    Setting::new(Covariance::Spiked { strength: 20.0, dimension }, 1e-3, Method::GradientDescent)
}

fn to(time: f64) -> Plan {
    Plan { rows: vec![], until: None, horizon: Some(time) }
}

fn flows(criterion: &mut Criterion) {
    for dimension in [100, 1 << 53] {
        // Starts that escape at the same time: the excess energy of the bulk is the same.
        let init = 1e-2 / (dimension as f64).sqrt();
        let setting = Setting { signal: Signal::Overlap(0.3), init, ..spiked(dimension) };
        criterion.bench_function(&format!("tilted GD flow to t = 5, d = {dimension}"), |bencher| {
            bencher.iter(|| run(black_box(&setting), &to(5.0), |_| ()).unwrap());
        });
    }
    let width_one = Setting { width: Some(1), ..spiked(1000) };
    criterion.bench_function("GD flow to t = 5, spiked, m = 1, d = 1000", |bencher| {
        bencher.iter(|| run(black_box(&width_one), &to(5.0), |_| ()).unwrap());
    });
    let dense = Setting { start: Start::Gaussian, ..spiked(32) };
    criterion.bench_function("GD flow to t = 0.1, Gaussian start, d = m = 32", |bencher| {
        bencher.iter(|| run(black_box(&dense), &to(0.1), |_| ()).unwrap());
    });
}

fn recursions(criterion: &mut Criterion) {
    for (name, method) in [("GD", Method::GradientDescent), ("SpecGD", Method::Spectral)] {
        let tilted =
            Setting { signal: Signal::Overlap(0.3), step_size: Some(1e-3), method: method.clone(), ..spiked(100) };
        criterion.bench_function(&format!("tilted {name} recursion, 1000 steps"), |bencher| {
            bencher.iter(|| run(black_box(&tilted), &to(1.0), |_| ()).unwrap());
        });
        let dense = Setting { start: Start::Gaussian, signal: Signal::Eigenvector, ..tilted };
        criterion.bench_function(&format!("dense {name} recursion, d = m = 100, 10 steps"), |bencher| {
            bencher.iter(|| run(black_box(&dense), &to(0.01), |_| ()).unwrap());
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = flows, recursions
}
criterion_main!(benches);
