//! The exact SpecGD flow: a cell of a grid (promise: 0.5 us), and many groups (promise: 1e5 in 1 s, near-linear).
//!
//! `cargo bench --bench exact_flow`: criterion's `thrpt` is cells, or groups, a second.
#![allow(missing_docs)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rayon::prelude::*;
use specdyn::spectrum::{Group, Spectrum};
use specdyn::trajectory::exact::ExactFlow;
use specdyn::weights::equal_start;
use std::hint::black_box;

/// Strengths 0 to 20 by dimensions 10 to 10^4, to the optimum, with events and the exact maximum of the amplification: on one thread, and
/// as a grid is computed, on all of them, each with one flow that it resets for every cell.
fn spiked_grid(criterion: &mut Criterion) {
    let cells: Vec<_> = (0..2000)
        .flat_map(|i| [10, 30, 100, 1000, 10_000].map(|d| Spectrum::spiked(f64::from(i) * 0.01, d).unwrap()))
        .collect();
    let new_flow = || ExactFlow::new(&cells[0], &START).unwrap();
    let mut group = criterion.benchmark_group("spiked_grid");
    group.throughput(Throughput::Elements(cells.len() as u64));
    group.bench_function("one_thread", |bencher| {
        let mut flow = new_flow();
        bencher.iter(|| cells.iter().for_each(|spectrum| solve(&mut flow, spectrum)));
    });
    group.bench_function("all_threads", |bencher| {
        bencher.iter(|| cells.par_iter().with_min_len(100).for_each_init(new_flow, solve));
    });
    group.finish();
}

const START: [f64; 3] = [1e-3; 3];

fn solve(flow: &mut ExactFlow, spectrum: &Spectrum) {
    flow.reset(spectrum, &START).unwrap();
    black_box(flow.finish());
    black_box(flow.amplification());
}

/// Variances `i^-a`, multiplicity 1, signal on the first.
fn power_law(criterion: &mut Criterion) {
    for exponent in [1.0, 2.0] {
        let mut group = criterion.benchmark_group(format!("power_law_{exponent}"));
        group.sample_size(10);
        for count in [100, 1000, 10_000, 100_000, 1_000_000] {
            let groups: Vec<_> =
                (1..=count).map(|i| Group { variance: f64::from(i).powf(-exponent), multiplicity: 1 }).collect();
            let spectrum = Spectrum::from_groups(&groups, 0).unwrap();
            let start = equal_start(&spectrum, &1e-3).unwrap();
            group.throughput(Throughput::Elements(u64::from(count as u32)));
            group.bench_with_input(BenchmarkId::from_parameter(count), &count, |bencher, _| {
                bencher.iter(|| black_box(ExactFlow::new(&spectrum, &start).unwrap().finish()));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, spiked_grid, power_law);
criterion_main!(benches);
