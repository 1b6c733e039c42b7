//! The Taylor flow of GD in double precision against digits from elsewhere: relative error at most 1e-12 in every coefficient,
//! for lambda in [0, 1e4], d in [3, 1e6], alpha in [1e-12, 0.5], t up to 1e4. And the flows of spectral powers between GD and SpecGD.

use specdyn::descent::Method;
use specdyn::experiment::{Covariance, Setting, Status, measure, measure_all};
use specdyn::observe::Observable;
use specdyn::spectrum::{Group, Spectrum};
use specdyn::trajectory::exact::ExactFlow;
use specdyn::trajectory::power::PowerFlow;
use specdyn::trajectory::taylor::{Ends, FlowCell, GradientFlow, Lockstep, Look, Stretch, Watch};
use specdyn::trajectory::{Flow, Segment, Stop};
use std::ops::ControlFlow;

/// What is promised of every coefficient.
const PROMISE: f64 = 1e-12;

struct Row {
    spectrum: Spectrum,
    start: Vec<f64>,
    time: f64,
    signal_excess: f64,
    coefficients: Vec<f64>,
}

/// Digits from an independent integration with 240 bits, `scripts/reference_gd_flow.py`.
fn reference() -> Vec<Row> {
    let text = include_str!("data/gd_flow_reference.csv");
    let rows = text.lines().skip(1).map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        let numbers = |text: &str| text.split(' ').map(|x| x.parse().unwrap()).collect::<Vec<f64>>();
        let (variances, multiplicities) = (numbers(fields[0]), numbers(fields[1]));
        let rest = variances.iter().zip(&multiplicities).skip(1);
        let rest = rest.map(|(&variance, &n)| Group { variance, multiplicity: n as u64 }).collect();
        Row {
            spectrum: Spectrum::with_signal(variances[0], rest).unwrap(),
            start: vec![fields[2].parse().unwrap(); variances.len()],
            time: fields[3].parse().unwrap(),
            signal_excess: fields[4].parse().unwrap(),
            coefficients: numbers(fields[5]),
        }
    });
    rows.collect()
}

fn run(flow: &mut GradientFlow, limit: f64) {
    loop {
        match flow.next_segment(Some(&limit)) {
            Ok(_) => {}
            Err(Stop::Horizon) => return,
            Err(stop) => panic!("{stop}"),
        }
    }
}

#[test]
fn every_coefficient_agrees_with_the_reference_to_1e_12() {
    let rows = reference();
    assert_eq!(rows.len(), 174);
    let mut worst = 0.0_f64;
    for row in rows {
        let mut flow = GradientFlow::new(&row.spectrum, &row.start).unwrap();
        run(&mut flow, row.time);
        for (j, &exact) in row.coefficients.iter().enumerate() {
            let w = flow.coefficient(j);
            // the reference writes what is below 1e-300 as 0; a double there keeps its size, not its digits
            let error = if exact == 0.0 { if w < 1e-299 { 0.0 } else { w } } else { (w / exact - 1.0).abs() };
            assert!(error <= PROMISE, "w_{j} = {w:e} instead of {exact:e} at t = {}, {:?}", row.time, row.spectrum);
            worst = worst.max(error);
        }
        let error = (flow.excess(0) / row.signal_excess - 1.0).abs();
        assert!(error <= PROMISE, "1 - a^2 is off by {error:e} at t = {}, {:?}", row.time, row.spectrum);
        worst = worst.max(error);
    }
    println!("largest relative error {worst:e}");
}

/// Compares cells in lockstep with the reference, where they come as far as that.
struct Arrivals<'a> {
    rows: &'a [Row],
    worst: Vec<Option<f64>>,
}

impl Watch for Arrivals<'_> {
    fn look(&mut self, cell: usize, step: &Ends) -> Look {
        if step.time >= self.rows[cell].time { Look::Closer } else { Look::Pass }
    }

    fn see(&mut self, cell: usize, segment: &Stretch) -> ControlFlow<()> {
        let row = &self.rows[cell];
        let s = row.time - segment.start();
        if s > *segment.length() {
            return ControlFlow::Continue(());
        }
        let there = segment.coefficients_at(&s);
        let errors = there.iter().zip(&row.coefficients).map(|(w, exact)| (w / exact - 1.0).abs());
        self.worst[cell] = errors.reduce(f64::max);
        ControlFlow::Break(())
    }
}

#[test]
fn cells_in_lockstep_agree_with_the_reference_to_1e_12() {
    let rows: Vec<Row> = reference().into_iter().filter(|row| row.start.len() == 3).collect();
    let start = |row: &Row| [row.start[0], row.start[1], row.start[2]];
    let cells: Vec<FlowCell> = rows.iter().map(|row| FlowCell { spectrum: &row.spectrum, start: start(row) }).collect();
    let mut arrivals = Arrivals { rows: &rows, worst: vec![None; rows.len()] };
    Lockstep::new(None).unwrap().follow(&cells, &mut arrivals);
    for (row, error) in rows.iter().zip(&arrivals.worst) {
        assert!(error.is_none_or(|error| error <= PROMISE), "{error:?} at t = {}, {:?}", row.time, row.spectrum);
    }
    // the others are at the optimum then
    let compared = arrivals.worst.iter().flatten().count();
    println!(
        "largest relative error {:?} in {compared} rows",
        arrivals.worst.iter().flatten().copied().reduce(f64::max)
    );
    assert!(compared >= 50, "{compared} of {}", rows.len());
}

/// The flows that are measured in lockstep until amplification has settled, beside flows by themselves up to a time long after.
#[test]
fn amplifications_in_lockstep_are_those_of_flows_by_themselves() {
    let setting = |strength: f64, dimension: u64, init: f64| {
        Setting::new(Covariance::Spiked { strength, dimension }, init, Method::GradientDescent)
    };
    let settings: Vec<Setting<f64>> = [0.0, 1.0, 2.01, 5.0, 100.0, 1e4]
        .into_iter()
        .flat_map(|strength| [3, 100, 1_000_000].map(|dimension| (strength, dimension)))
        .flat_map(|(strength, dimension)| [1e-12, 1e-4, 0.5].map(|init| setting(strength, dimension, init)))
        .collect();
    let together: Vec<_> = measure_all(&settings, Observable::Amplification, None).collect();
    for (setting, together) in settings.iter().zip(together) {
        assert_eq!(together, measure(setting, Observable::Amplification, None));
        assert_eq!(together.status, Status::Ok);
        let alone = measure(setting, Observable::Amplification, Some(15.0)).value.unwrap();
        let error = (together.value.unwrap() / alone - 1.0).abs();
        assert!(error <= PROMISE, "{error:e} from {alone}, {setting:?}");
    }
}

#[test]
fn a_coarser_tolerance_is_met() {
    for row in reference().into_iter().filter(|row| row.time <= 10.0) {
        let mut flow = GradientFlow::with_tolerance(&row.spectrum, &row.start, Some(&1e-8)).unwrap();
        run(&mut flow, row.time);
        // relative to the signal: errors of steps add up, and a logarithm that moves by L may be off by L tolerances
        for (j, &exact) in row.coefficients.iter().enumerate().filter(|(_, w)| **w > 0.0) {
            let moved = (exact / row.start[j]).ln().abs().max(1.0);
            let error = (flow.coefficient(j) / exact - 1.0).abs();
            assert!(error <= 1e-8 * moved * flow.steps() as f64, "w_{j} is off by {error:e} at t = {}", row.time);
        }
    }
}

/// Coefficients at time `limit`.
fn arrive(flow: &mut impl Flow<f64>, limit: f64) -> Vec<f64> {
    loop {
        let stop = match flow.next_segment(Some(&limit)) {
            Ok(_) => continue,
            Err(stop) => stop,
        };
        assert_eq!(stop, Stop::Horizon, "{stop}");
        return flow.current().1;
    }
}

/// Through sign changes and along surfaces: digits from an independent integration, `scripts/reference_power_flow.py`, as far as an
/// explicit method can go, with its own error beside them.
#[test]
fn flows_of_powers_agree_with_the_reference() {
    let rows: Vec<&str> = include_str!("data/power_flow_reference.csv").lines().skip(1).collect();
    assert!(rows.len() > 80);
    let mut worst = 0.0_f64;
    for line in rows {
        let fields: Vec<&str> = line.split(',').collect();
        let numbers = |k: usize| fields[k].split(' ').map(|x| x.parse().unwrap()).collect::<Vec<f64>>();
        let (power, start, time, difference): (f64, f64, f64, f64) =
            (numbers(0)[0], numbers(3)[0], numbers(4)[0], numbers(6)[0]);
        let rest = numbers(1).into_iter().zip(numbers(2)).skip(1);
        let rest = rest.map(|(variance, n)| Group { variance, multiplicity: n as u64 }).collect();
        let spectrum = Spectrum::with_signal(numbers(1)[0], rest).unwrap();
        let w = arrive(&mut PowerFlow::new(&spectrum, &power, &vec![start; spectrum.groups()]).unwrap(), time);
        for (w, exact) in w.iter().zip(numbers(5)) {
            let error = (w / exact - 1.0).abs();
            // the finer of two tolerances of a method of order 5, 100 apart, and the rounding of its thousands of steps
            assert!(error <= difference + 1e-11, "{w} instead of {exact}: {error:e}, {line}");
            worst = worst.max(error / (difference + 1e-11));
        }
    }
    println!("at most {worst} of the reference's own error");
}

#[test]
fn powers_tend_to_specgd_and_gd_in_proportion_to_their_distance() {
    let spectrum = Spectrum::spiked(11.0, 50).unwrap();
    let start = [1e-3; 3];
    for time in [0.2, 0.5, 0.9] {
        let ends = [
            arrive(&mut ExactFlow::new(&spectrum, &start).unwrap(), time),
            arrive(&mut GradientFlow::new(&spectrum, &start).unwrap(), time),
        ];
        for (p, end) in [0.0, 1.0].into_iter().zip(ends) {
            let distance = |step: f64| -> Vec<f64> {
                let w = arrive(&mut PowerFlow::new(&spectrum, &(p - step).abs(), &start).unwrap(), time);
                w.iter().zip(&end).map(|(w, end)| w - end).collect()
            };
            for (far, near) in distance(0.004).iter().zip(distance(0.002)) {
                // to first order 2; the second order is up to ten times the first, and 0.004 is left of it
                assert!((far / near - 2.0).abs() < 0.08, "p = {p}, t = {time}: {far:e} against {near:e}");
            }
        }
    }
}

/// The layer at a surface may be thinner than rounding can tell: whatever happens there, the risk falls, and the same place is reached
/// when the flow is cut short on the way.
#[test]
fn powers_from_0_05_to_0_9_pass_their_surfaces_wherever_they_are_cut() {
    for p in [0.05, 0.1, 0.15, 0.2, 1.0 / 3.0, 0.6, 0.9] {
        for (strength, dimension, init) in [(11.0, 50, 1e-3), (20.0, 100, 1e-6), (2.0, 1000, 0.01)] {
            let spectrum = Spectrum::spiked(strength, dimension).unwrap();
            let flow = || PowerFlow::new(&spectrum, &p, &[init; 3]).unwrap();
            let whole = arrive(&mut flow(), 0.9);
            let mut cut = flow();
            [0.15, 0.31, 0.5].into_iter().for_each(|time| drop(arrive(&mut cut, time)));
            for (a, b) in whole.iter().zip(arrive(&mut cut, 0.9)) {
                // what follows its surface is known as well as the excess energy, a sum of terms up to 1: some tens of roundings
                assert!((a - b).abs() <= 64.0 * f64::EPSILON, "p = {p}, lambda = {strength}: {a} and {b}");
            }
        }
    }
}

#[cfg(feature = "mpfr")]
mod at_high_precision {
    use super::*;
    use proptest::prelude::*;
    use specdyn::scalar::{Mp, Precision, Real};

    /// Uniform in the logarithm.
    fn between(low: f64, high: f64) -> impl Strategy<Value = f64> {
        (low.ln()..high.ln()).prop_map(f64::exp)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn doubles_agree_with_256_bits_to_1e_12(
            lambda in between(1e-3, 1e4), dimension in between(3.0, 1e6), alpha in between(1e-12, 0.5), time in between(1e-2, 100.0),
        ) {
            let dimension = dimension as u64;
            let bits = Precision::new(256).unwrap();
            let wide = |x: f64| Mp::from_f64(x, &bits);
            let spectrum = Spectrum::spiked(lambda, dimension).unwrap();
            let mut flow = GradientFlow::new(&spectrum, &[alpha; 3]).unwrap();
            run(&mut flow, time);
            // the same variances: 1 + lambda is rounded in double precision
            let group = |j: usize| Group {
                variance: wide(spectrum.variance()[j]),
                multiplicity: spectrum.multiplicity()[j] as u64,
            };
            let exact = Spectrum::with_signal(wide(1.0), vec![group(1), group(2)]).unwrap();
            let start = vec![wide(alpha); 3];
            let mut exact = GradientFlow::new(&exact, &start).unwrap();
            while exact.next_segment(Some(&wide(time))).is_ok() {}
            for j in 0..3 {
                let (w, exact) = (flow.coefficient(j), exact.coefficient(j).to_f64());
                // below 1e-300 a double keeps the size, not the digits
                prop_assert!((w / exact - 1.0).abs() <= PROMISE || exact < 1e-300 && w < 1e-299, "w_{}: {:e}, {:e}", j, w, exact);
            }
        }
    }
}
