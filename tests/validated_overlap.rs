//! One solution, many enclosures: of different orders, step controls, number systems and precisions; every two of them overlap.

use specdyn::scalar::Interval;
use specdyn::spectrum::{Group, Spectrum};
use specdyn::trajectory::ValidatedFlow;

/// Variances with multiplicities (the signal first), and the start.
type Problem = (&'static [(f64, u64)], f64);

const PROBLEMS: [Problem; 5] = [
    (&[(1.0, 1), (21.0, 1), (1.0, 98)], 1e-3),
    (&[(1.0, 1), (3.1, 1), (1.0, 10)], 1e-6),
    (&[(1.0, 1), (5.0, 2), (0.3, 7), (9.0, 1)], 1e-2),
    (&[(0.4, 1), (0.5, 1)], 0.9),
    (&[(1.0, 1), (101.0, 1), (1.0, 998)], 1e-4),
];

const TIMES: [f64; 4] = [0.01, 0.1, 0.5, 1.0];

fn spectrum((groups, _): &Problem) -> Spectrum<Interval> {
    let group = |(variance, multiplicity): &(f64, u64)| Group {
        variance: Interval::point(*variance),
        multiplicity: *multiplicity,
    };
    Spectrum::with_signal(Interval::point(groups[0].0), groups[1..].iter().map(group).collect()).unwrap()
}

/// Enclosures at `times`, and how many steps it took.
fn follow(problem: &Problem, order: usize, longest: f64, times: &[f64]) -> (Vec<Vec<Interval>>, u64) {
    let start = vec![Interval::point(problem.1); problem.0.len()];
    let flow = ValidatedFlow::new(&spectrum(problem), &start).unwrap();
    let mut flow = flow.with_steps(order, longest).unwrap();
    let mut rows = Vec::new();
    while rows.len() < times.len() {
        let step = flow.next_step().unwrap();
        while let Some(time) = times.get(rows.len()).filter(|time| **time <= step.end()) {
            rows.push(step.coefficients_at(Interval::point(*time)));
        }
    }
    (rows, flow.steps())
}

#[test]
fn enclosures_of_every_order_and_step_control_overlap() {
    let controls = [(22, 1e9), (22, 1e-2), (17, 1e9), (12, 1e9), (12, 3e-3), (8, 1e9), (6, 1e9)];
    for problem in &PROBLEMS {
        let runs: Vec<_> = controls.map(|(order, longest)| follow(problem, order, longest, &TIMES)).into();
        // They are different computations: no two take the same number of steps.
        let mut steps: Vec<u64> = runs.iter().map(|(_, steps)| *steps).collect();
        steps.sort_unstable();
        assert!(steps.windows(2).all(|pair| pair[0] < pair[1]), "{problem:?}: {steps:?}");
        for (i, (one, _)) in runs.iter().enumerate() {
            for (k, (other, _)) in runs[..i].iter().enumerate() {
                for (t, (a, b)) in TIMES.iter().zip(one.iter().zip(other)) {
                    for (j, (a, b)) in a.iter().zip(b).enumerate() {
                        let both = || format!("{problem:?}, controls {i} and {k}: w_{j}({t}) in {a} and in {b}");
                        assert!(!a.is_disjoint(*b), "{}", both());
                        assert!(a.relative_width() < 1e-9, "{}", both());
                    }
                }
            }
        }
    }
}

#[test]
fn a_control_outside_its_domain_is_refused() {
    let flow = || ValidatedFlow::new(&spectrum(&PROBLEMS[0]), &[Interval::point(1e-3); 3]).unwrap();
    for (order, longest) in [(0, 1.0), (1, 1.0), (23, 1.0), (22, 0.0), (22, -1.0), (22, f64::NAN)] {
        assert!(flow().with_steps(order, longest).is_err(), "{order} {longest}");
    }
}

#[cfg(feature = "mpfr")]
mod precisions {
    use super::*;
    use specdyn::risk::manifold::{bracket, excess, excess_energy};
    use specdyn::scalar::{Mp, MpInterval, Precision, Real, Scalar};

    /// The same flow by another method and in other numbers: interval Taylor steps with a remainder over an a-priori box (Moore), at a precision
    /// that has digits to lose to wrapping.
    struct Plain {
        spectrum: Spectrum<MpInterval>,
        order: usize,
        precision: Precision,
        w: Vec<MpInterval>,
    }

    impl Plain {
        fn new(problem: &Problem, bits: u32, order: usize) -> Self {
            let precision = Precision::new(bits).unwrap();
            let number = |x: f64| MpInterval::from_f64(x, &precision);
            Self {
                spectrum: spectrum(problem).map(|q| number(q.midpoint())),
                order,
                precision,
                w: vec![number(problem.1); problem.0.len()],
            }
        }

        /// Taylor coefficients of the solutions through `w`, group by group.
        fn expand(&self, w: &[MpInterval]) -> Vec<Vec<MpInterval>> {
            let variance = self.spectrum.variance();
            let mut series: Vec<Vec<MpInterval>> = w.iter().map(|w| vec![w.clone()]).collect();
            let mut brackets: Vec<Vec<MpInterval>> = vec![Vec::new(); w.len()];
            for k in 0..self.order {
                let e: Vec<MpInterval> = series
                    .iter()
                    .enumerate()
                    .map(|(j, w)| if k == 0 { excess(j, &w[0]) } else { MpInterval::convolve(w, w, k) })
                    .collect();
                let tau = excess_energy(&self.spectrum, &e);
                for j in 0..w.len() {
                    brackets[j].push(bracket(&variance[j], &e[j], &tau));
                    let product = MpInterval::convolve(&brackets[j], &series[j], k);
                    series[j].push(-(product * &variance[j]).over(k as i64 + 1));
                }
            }
            series
        }

        /// A box that holds the solution over `[0, h]`: one that `w + [0, h] f(box)` lies in.
        fn enclose(&self, h: &MpInterval) -> Option<Vec<MpInterval>> {
            let zero = h.int(0);
            let during = zero.hull(h);
            let speed = |x: &[MpInterval]| -> Vec<MpInterval> {
                let e: Vec<MpInterval> = x.iter().enumerate().map(|(j, w)| excess(j, w)).collect();
                let tau = excess_energy(&self.spectrum, &e);
                let q = self.spectrum.variance();
                (0..x.len()).map(|j| -(bracket(&q[j], &e[j], &tau) * &q[j] * &x[j])).collect()
            };
            let from = |scale: &MpInterval, speed: Vec<MpInterval>| -> Vec<MpInterval> {
                self.w.iter().zip(speed).map(|(w, f)| w.clone() + &(f * scale)).collect()
            };
            // One and a half times the greatest speed, to both sides: room for coefficients that hardly move yet.
            let greatest = speed(&self.w).iter().fold(zero.clone(), |most, f| most.hull(&f.abs()));
            let both = greatest.hull(&-greatest.clone());
            let candidate = from(&h.times(3).over(2), vec![both; self.w.len()]);
            let image = from(&during, speed(&candidate));
            image.iter().zip(&candidate).all(|(image, x)| image.is_subset(x)).then_some(image)
        }

        /// A step of at most `h`, halved until the box holds.
        fn step(&mut self, h: f64) -> f64 {
            let mut length = h;
            let (h, whole) = loop {
                let h = MpInterval::from_f64(length, &self.precision);
                match self.enclose(&h) {
                    Some(whole) => break (h, whole),
                    None => length *= 0.5,
                }
                assert!(length > 1e-5, "no box for so small a step");
            };
            let (series, remainder) = (self.expand(&self.w), self.expand(&whole));
            for j in 0..self.w.len() {
                let mut sum = remainder[j][self.order].clone();
                for k in (0..self.order).rev() {
                    sum = sum * &h + &series[j][k];
                }
                self.w[j] = sum;
            }
            length
        }

        fn at(mut self, times: &[f64]) -> Vec<Vec<MpInterval>> {
            let mut time = 0.0;
            let mut rows = Vec::new();
            for end in times {
                while time < *end {
                    // Times are multiples of a power of two: sums and differences are exact.
                    time += self.step((end - time).min(1.0 / 64.0));
                }
                rows.push(self.w.clone());
            }
            rows
        }
    }

    fn overlap(a: &MpInterval, b: &MpInterval) -> bool {
        a.lower() <= b.upper() && b.lower() <= a.upper()
    }

    /// 96 bits are enough to the first time, 400 to the last: where a run has lost them all it is left out, and is wide, not wrong.
    #[test]
    fn enclosures_of_every_precision_overlap_and_lie_in_those_of_doubles() {
        let times = [0.015_625, 0.125, 0.5, 1.0];
        for problem in &PROBLEMS[1..4] {
            let (doubles, _) = follow(problem, 22, 1e9, &times);
            let runs: Vec<_> = [(160, 12), (256, 17), (400, 24)]
                .map(|(bits, order)| Plain::new(problem, bits, order).at(&times))
                .into();
            for (t, row) in doubles.iter().enumerate() {
                for (j, w) in row.iter().enumerate() {
                    for (i, one) in runs.iter().enumerate() {
                        let a = &one[t][j];
                        let number = |x: f64| Mp::from_f64(x, &a.context());
                        let f64s = MpInterval::new(&number(w.lower()), &number(w.upper())).unwrap();
                        assert!(overlap(a, &f64s), "{problem:?}: w_{j}({}) in {a} and in {w}", times[t]);
                        for other in &runs[..i] {
                            let b = &other[t][j];
                            assert!(overlap(a, b), "{problem:?}: w_{j}({}) in {a} and in {b}", times[t]);
                        }
                    }
                    // The most precise is a number beside the doubles' enclosure: inside, not merely beside it.
                    let best = &runs[2][t][j];
                    assert!(best.width().to_f64() < 0.05 * w.width(), "{problem:?}: {best} beside {w}");
                    let number = |x: f64| Mp::from_f64(x, &best.context());
                    let middle = best.midpoint();
                    assert!(number(w.lower()) <= middle && middle <= number(w.upper()), "{best} in {w}");
                }
            }
        }
    }
}
