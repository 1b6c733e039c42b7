//! The GD flow by Taylor series: one trajectory (lambda 20, d 100, alpha 1e-3, t 50), and cells of a phase diagram with their
//! escape and exact largest b/a. Two rows of the speed promises; peers are measured by their own scripts. And the certified trajectory
//! beside the plain one, with their ratio, which needs no peer.

use criterion::{Criterion, criterion_group, criterion_main};
use specdyn::scalar::{Interval, Scalar};
use specdyn::spectrum::Spectrum;
use specdyn::trajectory::roots::{Root, roots};
use specdyn::trajectory::taylor::{GradientFlow, GradientSegment};
use specdyn::trajectory::{Segment, ValidatedFlow};
use std::cmp::Ordering;
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

/// Cells of the 200 x 200 grid over lambda in [1, 100] and d in [10, 1000], every 400th.
fn grid() -> Vec<Spectrum> {
    let cells = (0..40_000).step_by(397);
    let spectrum = |i: i32| {
        let strength = libm::pow(10.0, 2.0 * f64::from(i / 200) / 199.0);
        let dimension = libm::pow(10.0, 1.0 + 2.0 * f64::from(i % 200) / 199.0);
        Spectrum::spiked(strength, dimension as u64).unwrap()
    };
    cells.map(spectrum).collect()
}

/// Escape, the first time that `a^2/sqrt(a^4 + b^4 + (d - 2) c^4) > 0.9`, and the largest b/a until then.
fn cell(flow: &mut GradientFlow, spectrum: &Spectrum, found: &mut Vec<Root>) -> (f64, f64) {
    flow.restart(spectrum, &START).unwrap();
    let n = spectrum.multiplicity();
    let mut from = START;
    let mut largest = 1.0_f64;
    while let Ok(segment) = flow.next_segment(Some(&50.0)) {
        let to = segment.end_coefficients();
        found.clear();
        segment.ratio_turns(2, found);
        let bulk_turns = !found.is_empty();
        found.clear();
        segment.ratio_turns(1, found);
        let least = |j: usize| (from[j] / from[0]).min(to[j] / to[0]).powi(4);
        // ratios that do not turn are least at an end; without escape at these least values there is none in between
        let maybe = bulk_turns || !found.is_empty() || n[1] * least(1) + n[2] * least(2) < 0.19 / 0.81;
        let escape = if maybe { escape(&segment, n) } else { None };
        let until = escape.unwrap_or(*segment.length());
        for turn in found.iter().filter(|turn| turn.at <= until) {
            let w = segment.coefficients_at(&turn.at);
            largest = largest.max(w[1] / w[0]);
        }
        if let Some(s) = escape {
            let w = segment.coefficients_at(&s);
            return (segment.start() + s, largest.max(w[1] / w[0]));
        }
        from = [to[0], to[1], to[2]];
    }
    (f64::NAN, largest)
}

fn escape(segment: &GradientSegment, n: &[f64]) -> Option<f64> {
    let squares: [Vec<f64>; 3] = std::array::from_fn(|j| {
        let mut x = segment.excess(j);
        x[0] += if j == 0 { 1.0 } else { 0.0 };
        x
    });
    let length = squares.iter().map(Vec::len).max().unwrap_or(0);
    let mut margin = vec![0.0; length];
    for (x, weight) in squares.iter().zip([0.19, -0.81 * n[1], -0.81 * n[2]]) {
        for k in 0..x.len() {
            margin[k] += weight * f64::convolve(x, x, k);
        }
    }
    let mut found = Vec::new();
    roots(&margin, segment.length(), &mut found);
    found.iter().find(|root| root.after == Ordering::Greater).map(|root| root.at)
}

fn phase_diagram(criterion: &mut Criterion) {
    let cells = grid();
    for (name, tolerance) in tolerances() {
        let mut flow = GradientFlow::with_tolerance(&cells[0], &START, tolerance.as_ref()).unwrap().resolved();
        let mut found = Vec::new();
        criterion.bench_function(&format!("{} cells, escape and largest b/a, {name}", cells.len()), |bencher| {
            bencher.iter(|| cells.iter().map(|spectrum| cell(&mut flow, spectrum, &mut found).1).sum::<f64>());
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

criterion_group!(benches, trajectory, phase_diagram, certified);
criterion_main!(benches);
