//! Arbitrary precision: a multiply-add inside a convolution against one fma at a time, and the exact recursions.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use specdyn::scalar::{Mp, Precision, Rational, Real, Scalar};
use specdyn::spectrum::Spectrum;
use specdyn::trajectory::{Lattice, RationalDescent};
use specdyn::weights::equal_start;
use std::hint::black_box;

/// Order 40: what a Taylor series of 50 digits spends most of its time on. Divide by 40 for one multiply-add.
fn series(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("convolution");
    for bits in [64, 113, 170, 256, 336, 512, 1024, 3322] {
        let one = Mp::from_int(1, &Precision::new(bits).expect("a precision"));
        let a: Vec<Mp> = (0..40).map(|i| one.over(2 * i + 3).times(if i % 3 == 0 { -1 } else { 1 })).collect();
        let b: Vec<Mp> = (0..40).map(|i| one.over(3 * i + 7).sqrt()).collect();
        group.throughput(Throughput::Elements(40));
        group.bench_function(BenchmarkId::new("product", bits), |bench| bench.iter(|| Mp::convolve(&a, &b, 39)));
        group.bench_function(BenchmarkId::new("square", bits), |bench| bench.iter(|| Mp::convolve(&a, &a, 39)));
        group.bench_function(BenchmarkId::new("fma", bits), |bench| {
            bench.iter(|| {
                let mut sum = one.int(0);
                for i in 0..40 {
                    sum.add_prod(&a[i], &b[39 - i]);
                }
                black_box(sum)
            })
        });
    }
    group.finish();
}

/// 10^6 exact SpecGD steps that end in no cycle, and seven exact GD steps.
fn recursions(criterion: &mut Criterion) {
    let number = |text: &str| Rational::parse(text, &()).expect("a decimal");
    let spectrum = Spectrum::spiked(number("20"), 100).expect("a spectrum");
    let start = equal_start(&spectrum, &number("1e-3")).expect("a start");
    let mut group = criterion.benchmark_group("exact recursion");
    group.sample_size(10);
    group.bench_function("SpecGD, 1e6 steps of 1e-6", |bench| {
        bench.iter(|| {
            let mut recursion = Lattice::new(&spectrum, &start, &number("1e-6")).expect("a recursion");
            recursion.advance(1_000_000);
            black_box(recursion.places().to_vec())
        })
    });
    group.bench_function("GD, 7 steps of 1e-2", |bench| {
        bench.iter(|| {
            let mut recursion =
                RationalDescent::new(&spectrum, &start, &number("1e-2"), 7, 1 << 30).expect("a recursion that fits");
            (0..7).for_each(|_| recursion.step());
            black_box(recursion.steps())
        })
    });
    group.finish();
}

criterion_group!(benches, series, recursions);
criterion_main!(benches);
