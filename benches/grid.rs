//! Cells of a phase diagram, per cell: the GD flow with its escape and exact largest b/a (here), the exact SpecGD flow (`exact_flow`), recursions
//! (`recursion`). And the whole way from a setting to an observable, as `phase-diagram` goes it.
#![allow(missing_docs)]

#[path = "grid/cell.rs"]
mod cell;

use cell::{escapes, grid};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rayon::prelude::*;
use specdyn::descent::Method;
use specdyn::experiment::{Covariance, Setting, measure};
use specdyn::observe::Observable;
use specdyn::trajectory::taylor::Lockstep;

/// On one thread, and as a grid is computed, on all of them.
fn gradient_flow(criterion: &mut Criterion) {
    let cells = grid();
    let mut group = criterion.benchmark_group("GD flow, escape and largest b/a");
    group.throughput(Throughput::Elements(cells.len() as u64)).sample_size(20);
    for (name, tolerance) in [("1e-10", Some(1e-10)), ("full precision", None)] {
        let lockstep = Lockstep::new(tolerance).unwrap().resolved();
        group.bench_function(format!("{name}, one thread"), |bencher| {
            bencher.iter(|| escapes(&lockstep, &cells));
        });
        group.bench_function(format!("{name}, all threads"), |bencher| {
            let each = |cells| escapes(&lockstep, cells);
            bencher.iter(|| cells.par_chunks(64).flat_map_iter(each).collect::<Vec<_>>());
        });
    }
    group.finish();
}

fn settings(method: &Method, step_size: Option<f64>) -> Vec<Setting<f64>> {
    let cell = |i: u32| {
        let covariance = Covariance::Spiked { strength: f64::from(i % 16) * 2.0, dimension: 10_u64.pow(1 + i / 16) };
        Setting { step_size, ..Setting::new(covariance, 1e-3, method.clone()) }
    };
    (0..48).map(cell).collect()
}

fn observables(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("amplification of a setting");
    group.sample_size(20);
    let power = Method::power(0.5).unwrap();
    for (name, method, step_size) in [
        ("GD flow", &Method::GradientDescent, None),
        ("SpecGD flow", &Method::Spectral, None),
        ("flow of power 1/2", &power, None),
        ("GD recursion", &Method::GradientDescent, Some(1e-3)),
        ("SpecGD recursion", &Method::Spectral, Some(1e-3)),
    ] {
        let settings = settings(method, step_size);
        group.throughput(Throughput::Elements(settings.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| settings.iter().map(|s| measure(s, Observable::Amplification, None)).collect::<Vec<_>>());
        });
    }
    group.finish();
}

criterion_group!(benches, gradient_flow, observables);
criterion_main!(benches);
