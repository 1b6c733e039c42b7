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
    // One closure type each, so that every operation is compiled into its own loop.
    elementwise(&mut group, "add", a, b, |a, b| a + b);
    elementwise(&mut group, "sub", a, b, |a, b| a - b);
    elementwise(&mut group, "mul", a, b, |a, b| a * b);
    elementwise(&mut group, "div", a, b, |a, b| a / b);
    elementwise(&mut group, "square", a, b, |a, _| a.square());
    elementwise(&mut group, "sqrt", a, b, |a, _| a.sqrt());
    elementwise(&mut group, "times", a, b, |a, _| a.times(3));
    elementwise(&mut group, "add_prod", a, b, |a, b| {
        let mut sum = a;
        sum.add_prod(&a, &b);
        sum
    });
    elementwise(&mut group, "exp", a, b, |a, _| a.exp());
    elementwise(&mut group, "exp_m1", a, b, |a, _| a.exp_m1());
    elementwise(&mut group, "ln", a, b, |a, _| a.ln());
    elementwise(&mut group, "pow", a, b, |a, b| a.pow(&b));
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
