//! Recursions: a grid in lockstep against the plain recursion cell by cell, per cell and step.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use specdyn::descent::Method;
use specdyn::spectrum::Spectrum;
use specdyn::trajectory::{Cell, Recursion, recursion_grid};
use specdyn::weights::equal_start;
use std::hint::black_box;
use std::ops::ControlFlow;

const STEPS: u64 = 1000;

/// Spike strength 0 to 100 by dimension 10 to 10,000, the grid of a phase diagram.
fn cells(step_size: f64) -> Vec<Cell> {
    let cell = |i: u32| Cell {
        spike: f64::from(i % 32) * (100.0 / 31.0),
        dimension: 10_u64.pow(1 + i / 32 % 4),
        init: 1e-3,
        step_size,
    };
    (0..1024).map(cell).collect()
}

fn recursions(c: &mut Criterion) {
    let mut group = c.benchmark_group("recursion per cell and step");
    group.sample_size(20);
    for (name, method, step_size) in [("gd", Method::GradientDescent, 1e-3), ("specgd", Method::Spectral, 1e-3)] {
        let grid = cells(step_size);
        group.throughput(Throughput::Elements(grid.len() as u64 * STEPS));
        group.bench_function(format!("{name}, grid in lockstep"), |b| {
            b.iter(|| recursion_grid(black_box(&grid), &method, STEPS, 0.9).unwrap());
        });
        let spectrum = Spectrum::spiked(20.0, 100).unwrap();
        group.throughput(Throughput::Elements(STEPS));
        group.bench_function(format!("{name}, one plain recursion"), |b| {
            b.iter(|| {
                let start = equal_start(&spectrum, &1e-3).unwrap();
                let mut recursion = Recursion::new(&spectrum, method.clone(), step_size, start).unwrap();
                recursion.run(STEPS, |_| ControlFlow::Continue(()))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, recursions);
criterion_main!(benches);
