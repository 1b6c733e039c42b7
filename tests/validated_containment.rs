//! Validated flows and recursions contain the trajectories of 200-bit arithmetic: random spectra, starts, boxes of both, and times, biased to corners.
//!
//! 10^3 initial value problems at 10 times each by default; `SPECDYN_CHECKS=100` makes it 10^5 (best with `--release`).
#![cfg(feature = "mpfr")]

use rayon::prelude::*;
use specdyn::descent::Method;
use specdyn::scalar::{Interval, Mp, Precision, Real, Scalar};
use specdyn::spectrum::{Group, Spectrum};
use specdyn::trajectory::taylor::GradientFlow;
use specdyn::trajectory::{Recursion, Segment, ValidatedFlow, ValidatedRecursion};

const SEED: u64 = 20_260_301;
const PROBLEMS: u64 = 1_000;
const TIMES: usize = 10;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.bits() % n
    }

    /// Uniform in [0, 1).
    fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Between `a` and `b`, uniform in the logarithm.
    fn scale(&mut self, a: f64, b: f64) -> f64 {
        (a.ln() + self.unit() * (b / a).ln()).exp()
    }

    fn choose<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

/// An initial value problem: what the validated flow is told (intervals), and one case of it (numbers inside).
struct Problem {
    variance: Vec<(Interval, f64)>,
    multiplicity: Vec<u64>,
    start: Vec<(Interval, f64)>,
    times: Vec<f64>,
}

/// A number and an interval around it: mostly the number itself, else a width of up to `widest`, and the number anywhere inside.
fn around(random: &mut Random, x: f64, widest: f64) -> (Interval, f64) {
    if random.below(4) > 0 {
        return (Interval::point(x), x);
    }
    let width = random.scale(1e-16, widest);
    let box_ = Interval::new(x, x * (1.0 + width)).unwrap();
    let inside = random.choose(&[box_.lower(), box_.upper(), box_.midpoint()]);
    (box_, inside)
}

fn problem(random: &mut Random) -> Problem {
    let positive = |random: &mut Random| match random.below(8) {
        0 => random.choose(&[1.0, 0.5, 1e-1, 1e-12, 1e-150, 1e-300]),
        _ => random.scale(1e-12, 1.0),
    };
    let (variance, multiplicity) = if random.below(3) > 0 {
        let strength = match random.below(6) {
            0 => random.choose(&[0.0, 2.0, 2.0_f64.next_up(), 1e-8, 2.0001]),
            _ => random.scale(1e-2, 200.0),
        };
        let spike = around(random, 1.0 + strength, 1e-3);
        (vec![(Interval::ONE, 1.0), spike, (Interval::ONE, 1.0)], vec![1, 1, random.scale(1.0, 1e6) as u64])
    } else {
        let groups = 1 + random.below(4);
        let variance: Vec<_> = (0..=groups)
            .map(|_| {
                let q = random.scale(1e-3, 30.0);
                around(random, q, 1e-3)
            })
            .collect();
        (variance, std::iter::once(1).chain((0..groups).map(|_| 1 + random.below(50))).collect())
    };
    let equal = positive(random);
    let equal = around(random, equal, 1e-2);
    let start = (0..variance.len())
        .map(|_| {
            if random.below(4) > 0 {
                equal
            } else {
                let w = positive(random);
                around(random, w, 1e-2)
            }
        })
        .collect();
    let horizon = random.scale(1e-2, 50.0);
    let mut times: Vec<f64> = (0..TIMES).map(|_| horizon * random.unit()).collect();
    times.sort_by(f64::total_cmp);
    times[TIMES - 1] = horizon;
    Problem { variance, multiplicity, start, times }
}

fn spectrum<T: Real>(problem: &Problem, convert: impl Fn(&(Interval, f64)) -> T) -> Spectrum<T> {
    let group = |j: usize| Group { variance: convert(&problem.variance[j]), multiplicity: problem.multiplicity[j] };
    Spectrum::with_signal(convert(&problem.variance[0]), (1..problem.variance.len()).map(group).collect()).unwrap()
}

/// The coefficients at the problem's times, at 200 bits.
fn reference(problem: &Problem) -> Vec<Vec<Mp>> {
    let bits = Precision::new(200).unwrap();
    let number = |(_, x): &(Interval, f64)| Mp::from_f64(*x, &bits);
    let start: Vec<Mp> = problem.start.iter().map(number).collect();
    let mut flow = GradientFlow::new(&spectrum(problem, number), &start).unwrap();
    let times: Vec<Mp> = problem.times.iter().map(|t| Mp::from_f64(*t, &bits)).collect();
    let mut rows = Vec::new();
    while rows.len() < times.len() {
        let Ok(segment) = flow.next_segment(times.last()) else {
            let last = specdyn::trajectory::Flow::current(&flow).1;
            rows.resize(times.len(), last);
            break;
        };
        let end = segment.start().clone() + segment.length();
        while let Some(time) = times.get(rows.len()).filter(|time| **time <= end) {
            rows.push(segment.coefficients_at(&(time.clone() - segment.start())));
        }
    }
    rows
}

fn multiplier() -> f64 {
    std::env::var("SPECDYN_CHECKS").map_or(1.0, |text| text.parse().expect("SPECDYN_CHECKS is a number"))
}

/// Follows one problem: how many coefficients were looked at, all of them inside, and whether its boxes were too wide to follow to the end.
fn flow_contains_trajectory(index: u64) -> (u64, u64) {
    let seed = SEED.wrapping_add(index.wrapping_mul(0x5851_F42D_4C95_7F2D));
    let problem = problem(&mut Random(seed));
    let start: Vec<Interval> = problem.start.iter().map(|(w, _)| *w).collect();
    let mut flow = ValidatedFlow::new(&spectrum(&problem, |(q, _)| *q), &start).unwrap();
    let mut exact = reference(&problem).into_iter();
    let mut times = problem.times.iter().peekable();
    let mut checks = 0;
    while times.peek().is_some() {
        let Ok(step) = flow.next_step() else {
            // Boxes may be too wide to follow; numbers never are.
            let boxes = problem.start.iter().chain(&problem.variance).any(|(x, _)| !x.is_point());
            assert!(boxes, "seed {seed}: gave up on numbers");
            return (checks, 1);
        };
        while let Some(time) = times.next_if(|time| **time <= step.end()) {
            let row = exact.next().expect("as many rows as times");
            for (j, (w, exact)) in step.coefficients_at(Interval::point(*time)).iter().zip(&row).enumerate() {
                let number = |x: f64| Mp::from_f64(x, &exact.context());
                let inside = number(w.lower()) <= *exact && *exact <= number(w.upper());
                assert!(inside, "seed {seed}: w_{j}({time}) = {exact} is not in {w}");
                checks += 1;
            }
        }
    }
    (checks, 0)
}

#[test]
fn validated_flows_contain_the_200_bit_trajectories() {
    let problems = (PROBLEMS as f64 * multiplier()) as u64;
    let (checks, given_up) =
        (0..problems).into_par_iter().map(flow_contains_trajectory).reduce(|| (0, 0), |(a, b), (c, d)| (a + c, b + d));
    println!("{problems} problems, {checks} checks, 0 violations; {given_up} boxes too wide to follow to the end");
    assert!(given_up * 5 < problems, "{given_up} of {problems} given up");
}

/// Steps of the recursion at which it is looked at: up to a few hundred.
const STEPS: u64 = 300;

#[test]
fn validated_recursions_contain_the_200_bit_ones() {
    let problems = (PROBLEMS as f64 * multiplier()) as u64;
    let bits = Precision::new(200).unwrap();
    let number = |x: f64| Mp::from_f64(x, &bits);
    let (mut checks, mut given_up) = (0_u64, 0_u64);
    for index in 0..problems {
        let seed = SEED.wrapping_mul(3).wrapping_add(index.wrapping_mul(0x5851_F42D_4C95_7F2D));
        let mut random = Random(seed);
        let problem = problem(&mut random);
        // Below the ceiling of the largest variance, mostly; beyond it signs change.
        let largest = problem.variance.iter().map(|(_, q)| *q).fold(1.0, f64::max);
        let eta = random.scale(1e-4, 1.0) / largest;
        let (eta, step_size) = around(&mut random, eta, 1e-6);
        let start: Vec<Interval> = problem.start.iter().map(|(w, _)| *w).collect();
        let mut validated = ValidatedRecursion::new(&spectrum(&problem, |(q, _)| *q), eta, &start).unwrap();
        let exact = spectrum(&problem, |(_, q)| number(*q));
        let start = problem.start.iter().map(|(_, w)| number(*w)).collect::<Vec<_>>();
        let mut recursion = Recursion::new(&exact, Method::GradientDescent, number(step_size), start).unwrap();
        while validated.steps() < STEPS {
            if validated.step().is_err() {
                given_up += 1;
                break;
            }
            recursion.step().expect("what is certified does not diverge");
            let step = validated.steps();
            if step > 3 && !step.is_multiple_of(STEPS / TIMES as u64) {
                continue;
            }
            let w = recursion.weights();
            let inside = |range: &Interval, x: &Mp| number(range.lower()) <= *x && *x <= number(range.upper());
            for (j, range) in validated.coefficients().iter().enumerate() {
                assert!(inside(range, &w[j]), "seed {seed}: w_{j} = {} at step {step} is not in {range}", w[j]);
                let ratio = w[j].clone() / &w[0];
                assert!(j == 0 || inside(&validated.ratio(j), &ratio), "seed {seed}: ratio {j} at step {step}");
                checks += 1;
            }
        }
    }
    println!("{problems} recursions, {checks} checks, 0 violations; {given_up} left positive numbers or were too wide");
    assert!(given_up * 4 < problems, "{given_up} of {problems} given up");
}
