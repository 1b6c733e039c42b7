//! Interval operations beside the same ones on plain doubles: nanoseconds per operation (elements of 1024).
//!
//! `cargo bench --bench interval`. Each group holds the interval and the plain operation, so that ratios come from one run.

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime};
use specdyn::scalar::{Interval, Real, Scalar};
use std::hint::black_box;

const COUNT: usize = 1024;

/// Positive numbers in [1/2, 2), as doubles and as intervals a few units wide.
fn operands(seed: u64) -> (Vec<f64>, Vec<Interval>) {
    let mut state = seed;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        0.5 + 1.5 * (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let points: Vec<f64> = (0..COUNT).map(|_| draw()).collect();
    let intervals = points.iter().map(|&x| Interval::point(x).inflate(4.0 * f64::EPSILON)).collect();
    (points, intervals)
}

fn elementwise<T: Copy>(group: &mut BenchmarkGroup<WallTime>, name: &str, a: &[T], b: &[T], f: impl Fn(T, T) -> T) {
    let mut out = a.to_vec();
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
                *out = f(a, b);
            }
            black_box(&mut out);
        });
    });
}

fn operations<T: Real + Copy>(criterion: &mut Criterion, scalar: &str, a: &[T], b: &[T]) {
    let mut group = criterion.benchmark_group(scalar);
    group.throughput(Throughput::Elements(COUNT as u64));
    group.sample_size(50);
    let mut run = |name: &str, f: fn(T, T) -> T| elementwise(&mut group, name, a, b, f);
    run("add", |a, b| a + b);
    run("sub", |a, b| a - b);
    run("mul", |a, b| a * b);
    run("div", |a, b| a / b);
    run("square", |a, _| a.square());
    run("sqrt", |a, _| a.sqrt());
    run("times", |a, _| a.times(3));
    run("add_prod", |a, b| {
        let mut sum = a;
        sum.add_prod(&a, &b);
        sum
    });
    run("exp", |a, _| a.exp());
    run("exp_m1", |a, _| a.exp_m1());
    run("ln", |a, _| a.ln());
    run("pow", |a, b| a.pow(&b));
    group.finish();
}

/// One coefficient of a product of series of length 24, per term.
fn convolve<T: Scalar + Copy>(criterion: &mut Criterion, scalar: &str, a: &[T], b: &[T]) {
    const ORDER: usize = 23;
    let mut group = criterion.benchmark_group(scalar);
    group.throughput(Throughput::Elements(ORDER as u64 + 1));
    group.sample_size(50);
    group.bench_function("convolve", |bencher| bencher.iter(|| T::convolve(black_box(a), black_box(b), ORDER)));
    group.finish();
}

fn benches(criterion: &mut Criterion) {
    let ((a, interval_a), (b, interval_b)) = (operands(1), operands(2));
    operations(criterion, "f64", &a, &b);
    operations(criterion, "interval", &interval_a, &interval_b);
    convolve(criterion, "f64", &a, &b);
    convolve(criterion, "interval", &interval_a, &interval_b);
}

criterion_group!(interval, benches);
criterion_main!(interval);
