//! The Taylor flow of GD in double precision against digits from elsewhere: relative error at most 1e-12 in every coefficient,
//! for lambda in [0, 1e4], d in [3, 1e6], alpha in [1e-12, 0.5], t up to 1e4.

use specdyn::spectrum::{Group, Spectrum};
use specdyn::trajectory::Stop;
use specdyn::trajectory::taylor::GradientFlow;

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
