//! Flows and recursions at high precision: what double precision cannot say, and what two precisions say together.
#![cfg(feature = "mpfr")]

use specdyn::risk::manifold::{bracket, excess, excess_energy, gradient};
use specdyn::scalar::{DomainError, Mp, Precision, Rational, Real, Scalar, climb};
use specdyn::spectrum::{Group, Spectrum};
use specdyn::trajectory::exact::ExactFlow;
use specdyn::trajectory::power::PowerFlow;
use specdyn::trajectory::taylor::GradientFlow;
use specdyn::trajectory::{Flow, Lattice, Segment, Stop};
use specdyn::weights::equal_start;

fn setting<T: Real>(strength: &str, init: &str, context: &T::Context) -> Result<(Spectrum<T>, Vec<T>), DomainError> {
    let spectrum = Spectrum::spiked(T::parse(strength, context)?, 100)?;
    let start = equal_start(&spectrum, &T::parse(init, context)?)?;
    Ok((spectrum, start))
}

/// Runs to time `limit`, or to where the flow ends by itself.
fn run<T: Real, F: Flow<T>>(flow: &mut F, limit: Option<&T>) -> Stop<T> {
    loop {
        if let Err(stop) = flow.next_segment(limit) {
            return stop;
        }
    }
}

fn descend(bits: &Precision, strength: &str, init: &str, time: &str) -> Result<Vec<Mp>, DomainError> {
    let (spectrum, start) = setting::<Mp>(strength, init, bits)?;
    let mut flow = GradientFlow::new(&spectrum, &start)?;
    assert_eq!(run(&mut flow, Some(&Mp::parse(time, bits)?)), Stop::Horizon);
    Ok(flow.current().1)
}

#[test]
fn gradient_flow_agrees_with_itself_at_twice_the_precision() {
    for digits in [30, 50, 100] {
        let precision = |digits| Precision::for_digits(digits).unwrap();
        let ladder =
            climb(&precision(digits), &precision(2 * digits), |bits| descend(bits, "20", "1e-3", "50")).unwrap();
        // About a hundred steps, each with a relative error of an ulp or so and none amplified much: three digits.
        assert!(ladder.certain_digits() > f64::from(digits) - 3.0, "{digits}: {:?}", ladder.digits);
    }
}

/// What is read between the ends of steps, from series of which every term has only the digits that its place leaves: a time at which b/a turns, all
/// coefficients and the bulk's excess there and, relative to themselves, from 1e-40 on, with `resolved` series.
#[test]
fn polynomials_within_steps_agree_with_those_at_twice_the_precision() {
    for digits in [50, 100] {
        let within = |bits: &Precision| -> Result<Vec<Mp>, DomainError> {
            let mut found = Vec::new();
            for (init, resolved) in [("1e-3", false), ("1e-40", true)] {
                let (spectrum, start) = setting::<Mp>("20", init, bits)?;
                let mut flow = GradientFlow::new(&spectrum, &start)?;
                flow = if resolved { flow.resolved() } else { flow };
                let mut turns = 0;
                while let Ok(segment) = flow.next_segment(Some(&number("5", bits))) {
                    let mut roots = Vec::new();
                    segment.ratio_turns(1, &mut roots);
                    for root in roots {
                        turns += 1;
                        found.push(segment.start().clone() + &root.at);
                        found.extend(segment.coefficients_at(&root.at));
                        let excess = segment.excess(2);
                        found.push(excess.iter().rev().fold(root.at.int(0), |sum, c| sum * &root.at + c));
                    }
                }
                assert!(turns > 0, "b/a has a maximum");
            }
            Ok(found)
        };
        let precision = |digits| Precision::for_digits(digits).unwrap();
        let ladder = climb(&precision(digits), &precision(2 * digits), within).unwrap();
        assert!(ladder.certain_digits() > f64::from(digits) - 4.0, "{digits}: {:?}", ladder.digits);
    }
}

/// As above at the bits of `docs/benchmarks.md`; some minutes.
#[test]
#[ignore = "a command of its own: cargo test --release --features mpfr --test precision_flows -- --ignored"]
fn long_flows_agree_with_themselves_at_twice_the_precision() {
    for bits in [128, 256, 332, 512, 1024, 2048] {
        let precision = |bits| Precision::new(bits).unwrap();
        let ladder = climb(&precision(bits), &precision(2 * bits), |bits| descend(bits, "20", "1e-3", "5")).unwrap();
        let full = f64::from(bits) * std::f64::consts::LOG10_2;
        assert!(ladder.certain_digits() > full - 3.0, "{bits}: {:?}", ladder.digits);
        println!("{bits} bits: {:.1} of {full:.1} digits", ladder.certain_digits());
    }
}

/// A power's flow from 1e-3 with spike 20: its coefficients at `time`, and when they turned until then.
fn pass(bits: &Precision, power: &str, time: &str) -> Result<Vec<Mp>, DomainError> {
    let (spectrum, start) = setting::<Mp>("20", "1e-3", bits)?;
    let mut flow = PowerFlow::new(&spectrum, &number(power, bits), &start)?;
    let (mut turned, mut roots) = (Vec::new(), Vec::new());
    while let Ok(segment) = flow.next_segment(Some(&number(time, bits))) {
        for j in 0..3 {
            roots.clear();
            segment.turns(j, &mut roots);
            turned.extend(roots.iter().map(|root| segment.start().clone() + &root.at));
        }
    }
    let (end, mut found) = flow.current();
    assert!((end - &number(time, bits)).abs() < number("1e-30", bits), "{power} to {time}");
    assert!(!turned.is_empty(), "the spike has reached its surface, {power}");
    found.append(&mut turned);
    Ok(found)
}

/// By the square root of the bracket, by its tenth root, and by its logarithm; and where the bulk has followed its surface through a T of zero.
#[test]
fn flows_of_powers_agree_with_themselves_at_twice_the_precision() {
    for (power, time) in [("0.5", "0.25"), ("0.3", "0.15"), ("0.146", "0.112"), ("0.25", "0.34")] {
        let precision = |bits| Precision::new(bits).unwrap();
        let ladder = climb(&precision(128), &precision(256), |bits| pass(bits, power, time)).unwrap();
        // some fifty steps, of an ulp or so each
        assert!(ladder.certain_digits() > 128.0 * std::f64::consts::LOG10_2 - 3.0, "{power}: {:?}", ladder.digits);
    }
}

/// By a slow step through a velocity of zero, by a collocation through one (p = 1/2 and just below), and by crossings.
#[test]
fn turns_of_powers_agree_with_those_at_twice_the_precision() {
    for (power, spike, dimension, start) in
        [("0.45", "6.6", 1000, "1.7e-2"), ("0.47", "12", 1000, "1e-5"), ("0.5", "20", 1000, "1e-3")]
    {
        let turns = |bits: &Precision| -> Result<Vec<Mp>, DomainError> {
            let spectrum = Spectrum::spiked(number(spike, bits), dimension)?;
            let mut flow = PowerFlow::new(&spectrum, &number(power, bits), &vec![number(start, bits); 3])?;
            let (mut turned, mut roots) = (Vec::new(), Vec::new());
            while let Ok(segment) = flow.next_segment(Some(&number("0.6", bits))) {
                for j in 0..3 {
                    roots.clear();
                    segment.turns(j, &mut roots);
                    turned.extend(roots.iter().map(|root| segment.start().clone() + &root.at));
                }
            }
            Ok(turned)
        };
        let precision = |bits| Precision::new(bits).unwrap();
        let ladder = climb(&precision(64), &precision(128), turns).unwrap();
        assert_eq!(ladder.digits.len(), 2, "spike and bulk, {power}");
        assert!(ladder.certain_digits() > 64.0 * std::f64::consts::LOG10_2 - 3.0, "{power}: {:?}", ladder.digits);
    }
}

/// Where a bracket crosses with a slope of the size of its rounding, which gave a step backwards.
#[test]
fn a_crossing_without_a_slope_to_speak_of_is_passed() {
    let end = |bits: u32| {
        let bits = Precision::new(bits).unwrap();
        let spectrum = Spectrum::spiked(number("20", &bits), 1000).unwrap();
        let mut flow = PowerFlow::new(&spectrum, &number("0.5", &bits), &vec![number("1e-3", &bits); 3]).unwrap();
        assert_eq!(run(&mut flow, Some(&number("0.6", &bits))), Stop::Horizon);
        flow.current().1[0].to_f64()
    };
    assert!((end(80) - end(112)).abs() < 1e-15);
}

/// The spike dies at 0.133209 while the signal is on its way from a crossing: on the root's clock the polynomial of `(t_1 - t)^2` goes on beyond, and no step may.
#[test]
fn nothing_goes_through_a_point_of_rest_beside_a_crossing() {
    let end = |bits: u32| -> Vec<f64> {
        let bits = Precision::new(bits).unwrap();
        let spectrum = Spectrum::spiked(number("14.5", &bits), 100).unwrap();
        let start = vec![number("0.3", &bits); 3];
        let mut flow = PowerFlow::new(&spectrum, &number("0.5", &bits), &start).unwrap();
        let mut spike = number("1", &bits);
        while let Ok(segment) = flow.next_segment(Some(&number("0.13328", &bits))) {
            for part in 1..=16 {
                let before =
                    std::mem::replace(&mut spike, segment.coefficient_at(1, &segment.length().times(part).over(16)));
                assert!(
                    segment.start().to_f64() < 0.131 || spike <= before,
                    "{}: {spike} rises from {before}",
                    segment.start()
                );
            }
        }
        flow.current().1.iter().map(Mp::to_f64).collect()
    };
    let spectrum = Spectrum::spiked(14.5, 100).unwrap();
    let mut doubles = PowerFlow::new(&spectrum, &0.5, &[0.3; 3]).unwrap();
    run(&mut doubles, Some(&0.13328));
    let doubles = doubles.current().1;
    assert_eq!(doubles[1], 0.0, "the spike has died in doubles");
    for bits in [128, 256] {
        for (a, b) in end(bits).iter().zip(&doubles) {
            assert!((a - b).abs() < 1e-12, "{bits} bits: {a:e} and {b:e}");
        }
    }
}

/// Doubles pass sign changes by collocation, of the same equations read backwards. Several groups, some of which cross while others follow their surfaces.
#[test]
fn flows_of_powers_agree_with_those_in_doubles() {
    let bits = Precision::new(96).unwrap();
    let exact = |x: f64| Mp::from_f64(x, &bits);
    let groups = [(12.0, 1), (2.5, 30), (7.25, 3), (0.5, 60)];
    for (power, count, init) in [(0.5, 4, 1e-3), (0.625, 3, 0.25), (0.4375, 2, 1e-2), (0.75, 4, 1e-5)] {
        let spectrum = Spectrum::with_signal(
            1.0,
            groups[..count].iter().map(|&(variance, multiplicity)| Group { variance, multiplicity }).collect(),
        );
        let spectrum = spectrum.unwrap();
        let rest =
            groups[..count].iter().map(|&(q, multiplicity)| Group { variance: exact(q), multiplicity }).collect();
        let fine = Spectrum::with_signal(exact(1.0), rest).unwrap();
        let mut doubles = PowerFlow::new(&spectrum, &power, &vec![init; count + 1]).unwrap();
        let mut flow = PowerFlow::new(&fine, &exact(power), &vec![exact(init); count + 1]).unwrap();
        assert_eq!(run(&mut doubles, Some(&0.5)), Stop::Horizon);
        assert_eq!(run(&mut flow, Some(&exact(0.5))), Stop::Horizon);
        let energy: f64 = spectrum.energy_weight().iter().sum();
        for (a, b) in doubles.current().1.iter().zip(flow.current().1) {
            // as far as doubles do not depend on where they are cut
            assert!((a - b.to_f64()).abs() <= 64.0 * f64::EPSILON * energy, "p = {power}: {a} and {b}");
        }
    }
}

/// As above past every sign change to t = 1, at bits as in `docs/benchmarks.md`.
#[test]
#[ignore = "a command of its own: cargo test --release --features mpfr --test precision_flows -- --ignored"]
fn long_flows_of_powers_agree_with_themselves_at_twice_the_precision() {
    for (power, bits) in [("0.5", 256), ("0.5", 512), ("0.5", 1024), ("0.3", 128), ("0.3", 256)] {
        let precision = |bits| Precision::new(bits).unwrap();
        let ladder = climb(&precision(bits), &precision(2 * bits), |bits| pass(bits, power, "1")).unwrap();
        let full = f64::from(bits) * std::f64::consts::LOG10_2;
        println!("{power}, {bits} bits: {:.1} of {full:.1} digits", ladder.certain_digits());
        assert!(ladder.certain_digits() > full - 4.0, "{power}, {bits}: {:?}", ladder.digits);
    }
}

/// `w_j'`, by differences of the dense output, is what the equation says, on every segment that is long enough for differences to have digits: also
/// close to the crossing on both of its sides.
#[test]
fn dense_output_at_a_crossing_satisfies_the_equation() {
    let bits = Precision::new(256).unwrap();
    let (spectrum, start) = setting::<Mp>("20", "1e-3", &bits).unwrap();
    let ulp = Mp::epsilon(&bits);
    let half = |n: i64| number("0.5", &bits).pow(&number("1", &bits).times(n));
    for (power, from, to) in [("0.5", 0.17, "0.2"), ("0.3", 0.14, "0.15"), ("0.146", 0.11, "0.111")] {
        let p = number(power, &bits);
        let mut flow = PowerFlow::new(&spectrum, &p, &start).unwrap();
        let mut nearest = f64::INFINITY;
        while let Ok(segment) = flow.next_segment(Some(&number(to, &bits))) {
            if segment.start().to_f64() < from || *segment.length() < half(80) {
                continue;
            }
            for (share, room) in [(half(40), half(40)), (half(1), half(1)), (half(0) - half(40), half(40))] {
                let (s, step) = (segment.length().clone() * share, segment.length().clone() * room * half(30));
                let [before, w, after] = [s.clone() - &step, s.clone(), s + &step].map(|s| segment.coefficients_at(&s));
                let e: Vec<Mp> = (0..3).map(|j| excess(j, &w[j])).collect();
                let tau = excess_energy(&spectrum, &e);
                for j in 0..3 {
                    let q = &spectrum.variance()[j];
                    let h = bracket(q, &e[j], &tau);
                    let size = gradient(q, &h, &w[j]).abs();
                    let speed = size.pow(&p);
                    let slope = (after[j].clone() - &before[j]) / step.times(2);
                    let expected = if h > h.int(0) { -speed.clone() } else { speed.clone() };
                    // differences err by the square of the step, relative to the way to the nearest singularity, at most a tenth of the room to an end; coefficients by some
                    // ulps, and brackets, by which the speed errs the more the closer they are to zero
                    let by_bracket = speed.clone() / h.abs() * ulp.times(1 << 12);
                    let error = speed * half(50) + ulp.times(1 << 8) / &step + by_bracket;
                    assert!((slope.clone() - &expected).abs() < error, "p = {power}, w_{j}: {slope} for {expected}");
                    nearest = nearest.min(h.magnitude());
                }
            }
        }
        assert!(nearest < -40.0, "p = {power}: |h| was 2^{nearest}");
    }
}

/// lambda = 2 is the threshold; so close above it the spike outgrows the signal only from a tiny start, and by
/// `(1 - 3/mu) log(1/alpha) + O(1)` in the logarithm.
#[test]
fn amplification_just_above_the_threshold_from_1e_300() {
    let bits = Precision::new(256).unwrap();
    let (spectrum, start) = setting::<Mp>("2.0001", "1e-300", &bits).unwrap();
    let mut flow = GradientFlow::new(&spectrum, &start).unwrap();
    let mut largest = number("0", &bits);
    for _ in 0..100_000 {
        let limit = Mp::from_int(1_000, &bits);
        if flow.next_segment(Some(&limit)).is_err() {
            break;
        }
        let (_, w) = flow.current();
        let ratio = (w[1].clone() / &w[0]).ln();
        if ratio > largest {
            largest = ratio;
        }
    }
    // (1 - 3/3.0001) log(1e300) = 0.0230252; what is lost at the end of the escape is of the order of mu - 3 = 1e-4.
    let growth = largest.to_f64();
    assert!(growth > 0.0226 && growth < 0.023_026, "log amplification {growth}");
    let (_, w) = flow.current();
    assert!((w[0].clone() - w[0].int(1)).abs() < number("1e-2", &bits), "the signal is found: {}", w[0]);
}

fn number(text: &str, bits: &Precision) -> Mp {
    Mp::parse(text, bits).unwrap()
}

#[test]
fn exact_flow_at_a_thousand_digits_agrees_with_two_thousand() {
    let precision = |digits| Precision::for_digits(digits).unwrap();
    let ladder = climb(&precision(1000), &precision(2000), |bits| {
        let (spectrum, start) = setting::<Mp>("20", "1e-3", bits)?;
        let mut flow = ExactFlow::new(&spectrum, &start)?;
        run(&mut flow, None);
        Ok::<_, DomainError>(flow.events().iter().map(|event| event.time.clone()).collect())
    })
    .unwrap();
    assert!(ladder.coarse.len() >= 8, "{} events", ladder.coarse.len());
    assert!(ladder.certain_digits() > 990.0, "{:?}", ladder.digits);
}

#[test]
fn exact_recursion_is_followed_at_high_precision() {
    let bits = Precision::new(200).unwrap();
    let (spectrum, start) = setting::<Rational>("20", "1e-3", &()).unwrap();
    let mut exact = Lattice::new(&spectrum, &start, &Rational::fraction(1, 1000)).unwrap();
    exact.advance(500);
    let (spectrum, start) = setting::<Mp>("20", "1e-3", &bits).unwrap();
    let step_size = number("1e-3", &bits);
    let method = specdyn::descent::Method::Spectral;
    let mut rounded = specdyn::trajectory::Recursion::new(&spectrum, method, step_size, start).unwrap();
    (0..500).for_each(|_| assert!(rounded.step().is_ok()));
    for (x, w) in exact.coefficients().iter().zip(rounded.weights()) {
        let x = number(&x.to_string(), &bits);
        assert!((x - w).abs() < number("1e-55", &bits), "500 additions of 1e-3, each rounded at 200 bits");
    }
}

/// With l = (1, 4) and w* = (0.8, 0.6) the characteristic equation is `r^2 - 23.2 r + 51.9168 = 0`.
#[test]
fn the_rate_of_escape_has_all_the_bits_that_are_asked_for() {
    let model =
        ["--optimizer", "gd", "--dim", "3", "--spike", "3", "--overlap", "0.6", "--width", "1", "--escape-rate"];
    let of = |precision: &str| {
        let arguments = [&["population"], &model[..], &["--precision", precision]].concat();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_specdyn")).args(arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| line.split(',').map(String::from).collect()).collect::<Vec<Vec<String>>>()
    };
    let precision = Precision::new(1200).unwrap();
    let number = |text: &str| Mp::parse(text, &precision).unwrap();
    let exact = number("11.6") + number("82.6432").sqrt();
    for bits in [24, 53, 100, 333, 1000] {
        let rows = of(&bits.to_string());
        assert_eq!((rows.len(), &rows[0][..]), (2, &["escape_rate".to_string()][..]));
        let apart = ((number(&rows[1][0]) - &exact) / &exact).abs().to_f64();
        assert!(apart < 16.0 * 2.0_f64.powi(-bits), "{bits} bits: {apart:e}");
        // And no more than those: the next precision is another number.
        assert!(bits == 1000 || rows[1][0] != of(&(bits + 40).to_string())[1][0], "{bits}");
    }
    let ends = of("interval");
    let exact = exact.to_f64();
    let (low, high): (f64, f64) = (ends[1][0].parse().unwrap(), ends[1][1].parse().unwrap());
    assert!(low <= exact && exact <= high && high - low < 1e-12, "{low} {high}");
}
