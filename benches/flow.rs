//! The GD flow by Taylor series: one trajectory (lambda 20, d 100, alpha 1e-3, t 50); `scripts/flows_against_peers.py` measures the same beside
//! heyoka. And the certified trajectory beside the plain one, with their ratio, which needs no peer.

use criterion::{Criterion, criterion_group, criterion_main};
use specdyn::scalar::Interval;
use specdyn::spectrum::Spectrum;
use specdyn::trajectory::ValidatedFlow;
use specdyn::trajectory::taylor::GradientFlow;
use std::hint::black_box;
use std::time::{Duration, Instant};

const START: [f64; 3] = [1e-3; 3];

fn tolerances() -> [(&'static str, Option<f64>); 2] {
    [("1e-10", Some(1e-10)), ("full precision", None)]
}

fn trajectory(criterion: &mut Criterion) {
    let spectrum = Spectrum::spiked(20.0, 100).unwrap();
    for (name, tolerance) in tolerances() {
        let mut flow = GradientFlow::with_tolerance(&spectrum, &START, tolerance.as_ref()).unwrap();
        criterion.bench_function(&format!("GD flow to t = 50, {name}"), |bencher| {
            bencher.iter(|| {
                flow.restart(&spectrum, black_box(&START)).unwrap();
                while flow.next_segment(Some(&50.0)).is_ok() {}
                flow.coefficient(2)
            });
        });
    }
}

/// The certified flow to t = 50, and the width of what it says there.
fn certified_flow(start: f64) -> f64 {
    let spectrum = Spectrum::spiked(Interval::point(20.0), 100).unwrap();
    let mut flow = ValidatedFlow::new(&spectrum, &[Interval::point(start); 3]).unwrap();
    loop {
        let step = flow.next_step().unwrap();
        if step.end() >= 50.0 {
            let w = step.coefficients_at(Interval::point(50.0));
            return w.iter().map(|w| w.relative_width()).fold(0.0, f64::max);
        }
    }
}

fn plain_flow(start: f64) -> f64 {
    let spectrum = Spectrum::spiked(20.0, 100).unwrap();
    let mut flow = GradientFlow::new(&spectrum, &[start; 3]).unwrap();
    while flow.next_segment(Some(&50.0)).is_ok() {}
    flow.coefficient(2)
}

/// Both from their start-up to the end; the ratio of the fastest of many runs in turn is printed (promise: at most 20).
fn certified(criterion: &mut Criterion) {
    criterion.bench_function("certified GD flow to t = 50", |bencher| bencher.iter(|| certified_flow(black_box(1e-3))));
    let fastest = |run: fn(f64) -> f64, least: Duration| {
        let now = Instant::now();
        black_box(run(black_box(1e-3)));
        least.min(now.elapsed())
    };
    let (mut plain, mut certified) = (Duration::MAX, Duration::MAX);
    for _ in 0..2000 {
        plain = fastest(plain_flow, plain);
        certified = fastest(certified_flow, certified);
    }
    println!(
        "certified {certified:?}, plain {plain:?}: ratio {:.2}; widest coefficient at t = 50: {:.1e}, relatively",
        certified.as_secs_f64() / plain.as_secs_f64(),
        certified_flow(1e-3)
    );
}

criterion_group!(benches, trajectory, certified);
criterion_main!(benches);
