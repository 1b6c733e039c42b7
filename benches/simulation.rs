//! What a training run spends its time on: gradient step, polar factor, Newton-Schulz, normal numbers. On one thread.
//!
//! `scripts/kernels_against_torch.py` measures the same beside PyTorch.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use nalgebra::DMatrix;
use specdyn::descent::replace_by_newton_schulz;
use specdyn::risk::{EmpiricalGradient, Samples, Source};
use specdyn::scalar::NormalStream;
use specdyn::weights::polar::PolarFactor;
use std::hint::black_box;

fn normal_matrix(rows: usize, columns: usize) -> DMatrix<f64> {
    let mut numbers = vec![0.0; rows * columns];
    NormalStream { seed: 1, stream: 0 }.fill(0, &mut numbers);
    DMatrix::from_vec(rows, columns, numbers)
}

fn kernels(c: &mut Criterion) {
    rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global().expect("the first pool");
    let mut group = c.benchmark_group("simulation");
    group.sample_size(10);
    for (n, d) in [(2000, 100), (8000, 256), (20_000, 512)] {
        let samples = Samples::<f64>::draw(&Source { deviation: &vec![1.0; d], noise: 0.0, seed: 1 }, 0, n);
        let weights = normal_matrix(d, d) * (0.7 / (d as f64).sqrt());
        let mut signal = vec![0.0; d];
        signal[0] = 1.0;
        let (mut gradient, mut engine) = (DMatrix::zeros(d, d), EmpiricalGradient::default());
        // Operations that have to be done, of the 4 n d m of the formula as written.
        group.throughput(Throughput::Elements((2 * n * d * d) as u64));
        group.bench_function(format!("gradient, n = {n}, d = m = {d}"), |b| {
            b.iter(|| engine.evaluate(black_box(&samples), &signal, &weights, &mut gradient));
        });
    }
    for n in [100, 256, 512] {
        let matrix = normal_matrix(n, n);
        let (mut polar, mut image) = (PolarFactor::default(), matrix.clone());
        group.throughput(Throughput::Elements((n * n * n) as u64));
        group.bench_function(format!("polar factor, {n} square"), |b| {
            b.iter(|| {
                image.copy_from(black_box(&matrix));
                polar.replace(&mut image)
            });
        });
        group.bench_function(format!("five Newton-Schulz steps in f32, {n} square"), |b| {
            b.iter(|| {
                image.copy_from(black_box(&matrix));
                replace_by_newton_schulz::<f32>(&mut image, 5)
            });
        });
    }
    let mut numbers = vec![0.0; 1 << 16];
    group.throughput(Throughput::Elements(numbers.len() as u64));
    group.bench_function("normal numbers", |b| {
        b.iter(|| NormalStream { seed: 1, stream: 0 }.fill(0, black_box(&mut numbers)));
    });
    group.finish();
}

criterion_group!(benches, kernels);
criterion_main!(benches);
