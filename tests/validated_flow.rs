//! The validated GD flow: tight, consistent with itself and with the plain one, and the theorems it rests on.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use specdyn::scalar::Interval;
use specdyn::spectrum::{Group, Spectrum};
use specdyn::trajectory::taylor::GradientFlow;
use specdyn::trajectory::validated::{NoEnclosure, amplification, amplification_of_box, is_amplified};
use specdyn::trajectory::{Stop, ValidatedFlow};
use specdyn::weights::equal_start;

fn read(text: &str) -> Interval {
    text.parse().unwrap()
}

fn flow(spectrum: &Spectrum<Interval>, init: &str) -> ValidatedFlow {
    ValidatedFlow::new(spectrum, &equal_start(spectrum, &read(init)).unwrap()).unwrap()
}

fn spiked(strength: &str, dimension: u64) -> Spectrum<Interval> {
    Spectrum::spiked(read(strength), dimension).unwrap()
}

/// Coefficients at `times`, ascending.
fn coefficients(mut flow: ValidatedFlow, times: &[f64]) -> Result<Vec<Vec<Interval>>, Stop<Interval>> {
    let mut rows = Vec::new();
    while rows.len() < times.len() {
        let step = flow.next_step()?;
        while let Some(time) = times.get(rows.len()).filter(|time| **time <= step.end()) {
            rows.push(step.coefficients_at(Interval::point(*time)));
        }
    }
    Ok(rows)
}

fn plain(spectrum: &Spectrum<f64>, init: f64, time: f64) -> Vec<f64> {
    let mut flow = GradientFlow::new(spectrum, &equal_start(spectrum, &init).unwrap()).unwrap();
    while flow.next_segment(Some(&time)).is_ok() {}
    specdyn::trajectory::Flow::current(&flow).1
}

#[test]
fn enclosures_are_tight_and_hold_the_plain_flow_up_to_its_rounding() {
    let times = [0.0, 0.25, 1.0, 2.5, 10.0, 50.0];
    for (strength, dimension, init) in
        [("20", 100, "1e-3"), ("2.1", 3, "1e-6"), ("100", 1000, "1e-4"), ("0", 50, "0.3")]
    {
        let rows = coefficients(flow(&spiked(strength, dimension), init), &times).unwrap();
        let doubles = Spectrum::spiked(strength.parse().unwrap(), dimension).unwrap();
        for (time, row) in times.iter().zip(&rows) {
            for (w, v) in row.iter().zip(plain(&doubles, init.parse().unwrap(), *time)) {
                // A bound on log w_j, of the order q_j times 1e-13.
                assert!(w.relative_width() < 2e-11, "lambda {strength}, t {time}: {w}");
                let off = (Interval::point(v) / *w - Interval::ONE).magnitude();
                assert!(off < 4e-11, "lambda {strength}, t {time}: {v} and {w}");
            }
        }
    }
}

#[test]
fn any_spectrum_is_followed_by_the_same_argument() {
    let groups = [("0.01", 40), ("0.7", 3), ("3", 2), ("9.5", 1)]
        .map(|(variance, multiplicity)| Group { variance: read(variance), multiplicity });
    let spectrum = Spectrum::with_signal(read("1.3"), groups.to_vec()).unwrap();
    let doubles = spectrum.map(|x| x.midpoint());
    let rows = coefficients(flow(&spectrum, "1e-4"), &[0.5, 3.0, 30.0]).unwrap();
    for (time, row) in [0.5, 3.0, 30.0].into_iter().zip(rows) {
        for (w, v) in row.iter().zip(plain(&doubles, 1e-4, time)) {
            assert!(w.relative_width() < 2e-12 && (v / w.midpoint() - 1.0).abs() < 4e-12, "t {time}: {w} {v}");
        }
    }
}

/// At the optimum brackets are rounding, and so is what their difference says of a ratio: that is no reason to look closer and closer.
#[test]
fn ratios_are_bounded_through_the_optimum_from_tiny_starts() {
    for (variances, init, time) in
        [(["4", "1"], "1e-12", 5.0), (["16", "1"], "1e-80", 0.5), (["1", "0.5"], "1e-20", 40.0)]
    {
        let group = |(variance, multiplicity)| Group { variance: read(variance), multiplicity };
        let spectrum = Spectrum::from_groups(&[group((variances[0], 1)), group((variances[1], 3))], 0).unwrap();
        let mut flow = flow(&spectrum, init);
        let (mut largest, mut end) = (1.0_f64, 0.0);
        while end < time {
            let step = flow.next_step().unwrap();
            end = step.end();
            largest = largest.max(step.largest_ratio(1, end.min(time)).1);
        }
        // all others grow more slowly than the signal
        assert!(largest < 1.0 + 1e-12, "{variances:?}: {largest}");
    }
}

#[test]
fn it_reaches_where_doubles_underflow_and_times_that_are_long() {
    let rows = coefficients(flow(&spiked("2.0001", 100), "1e-300"), &[100.0, 600.0]).unwrap();
    // Squares of these are no doubles; (mu, 1) t in the logarithms, as nothing else happens yet.
    let growth = (rows[0][1] / read("1e-300")).ln();
    assert!((growth - read("300.01")).magnitude() < 1e-11, "{growth}");
    assert!(rows[1].iter().all(|w| w.relative_width() < 1e-11) && rows[1][0] > read("0.999"));
    let rows = coefficients(flow(&spiked("20", 100), "1e-3"), &[1e4]).unwrap();
    // t c^2 -> 3/(4 (d + 1)): derivations/gradient-descent.md, contraction; the correction is of relative order 1/(t c0^2) there.
    let contraction = rows[0][2].powi(2) * read("1e4") * read("404") / read("3");
    assert!((contraction - Interval::ONE).magnitude() < 0.03, "{contraction}");
}

#[test]
fn a_box_of_parameters_holds_the_flow_of_each() {
    let times = [0.1, 0.3, 1.0, 2.0];
    let wide = coefficients(flow(&spiked("[10, 10.05]", 100), "[1e-3, 1.01e-3]"), &times).unwrap();
    for strength in ["10", "10.03", "10.05"] {
        for init in ["1e-3", "1.005e-3", "1.01e-3"] {
            let thin = coefficients(flow(&spiked(strength, 100), init), &times).unwrap();
            for (wide, thin) in wide.iter().flatten().zip(thin.iter().flatten()) {
                // The thin one holds a trajectory that the wide one must hold too: they overlap, and but for its width it is inside.
                assert!(thin.is_subset(wide.inflate(thin.width())), "{wide} {thin}");
            }
        }
    }
}

#[test]
fn giving_up_says_where_and_why() {
    let stop = coefficients(flow(&spiked("[1, 30]", 100), "1e-3"), &[50.0]).unwrap_err();
    let text = stop.to_string();
    assert!(matches!(stop, Stop::Undecided { .. }) && text.contains("t =") && text.contains("too widely"), "{text}");
    let start = vec![Interval::ONE, read("[0, 1]"), Interval::ONE];
    assert!(ValidatedFlow::new(&spiked("1", 10), &start).unwrap_err().to_string().contains("certainly positive"));
    assert!(ValidatedFlow::new(&spiked("1", 10), &start[..2]).is_err());
    assert!(matches!(amplification_of_box(read("1"), 10, read("[0.5, 2]")), Err(NoEnclosure::Domain(_))));
}

fn amplified(strength: f64, dimension: u64, init: f64) -> Interval {
    amplification_of_box(Interval::point(strength), dimension, Interval::point(init)).unwrap()
}

#[test]
fn amplification_lies_between_the_two_bounds_of_the_exponent() {
    for (strength, init) in [(2.1, 1e-8), (4.0, 1e-4), (20.0, 1e-3), (20.0, 1e-6), (99.0, 1e-5)] {
        let value = amplified(strength, 100, init);
        assert!(value.relative_width() < 1e-10, "{value}");
        let mu = 1.0 + strength;
        let exponent = 1.0 - 3.0 / mu;
        // (7) and (8) of derivations/gradient-descent.md, where (9) holds
        let (least, most) =
            (-exponent * (init * (6.0 * mu).sqrt()).ln() - 1.0, -exponent * (init * (3.0 * mu).sqrt()).ln());
        let log = value.ln();
        assert!(log.upper() >= least && log.lower() <= most, "{strength} {init}: {log} in [{least}, {most}]");
    }
}

fn certainly_above(a: Interval, b: Interval) -> bool {
    a > b
}

#[test]
fn amplification_is_monotone_as_proved() {
    let strengths = [1.0, 2.5, 4.0, 9.0, 20.0, 60.0, 150.0];
    let inits = [1e-6, 1e-4, 3e-3, 2e-2, 6e-2, 0.3];
    let dimensions = [3, 30, 1000];
    let scaled = |strength: f64, value: Interval| value * Interval::point(1.0 + strength).sqrt();
    let value = |i: usize, j: usize, k: usize| amplified(strengths[i], dimensions[k], inits[j]);
    for i in 0..strengths.len() {
        for j in 0..inits.len() {
            for k in 0..dimensions.len() {
                let here = value(i, j, k);
                // "not certainly in the wrong order" is all that enclosures can say where both are 1
                assert!(j == 0 || !certainly_above(here, value(i, j - 1, k)), "alpha {i} {j} {k}");
                assert!(k == 0 || !certainly_above(here, value(i, j, k - 1)), "d {i} {j} {k}");
                if i > 0 {
                    let before = scaled(strengths[i - 1], value(i - 1, j, k));
                    assert!(!certainly_above(before, scaled(strengths[i], here)), "lambda {i} {j} {k}");
                }
            }
        }
    }
    // The factor is needed: A itself falls again where the start is beyond the spike's plateau.
    assert!(value(6, 3, 1) < value(5, 3, 1));
}

#[test]
fn a_box_is_bounded_by_its_corners_and_bounds_what_is_inside() {
    let (strength, init) = (read("[5, 5.2]"), read("[1e-4, 1.1e-4]"));
    let whole = amplification_of_box(strength, 100, init).unwrap();
    for s in [5.0, 5.1, 5.2] {
        for a in [1e-4, 1.05e-4, 1.1e-4] {
            assert!(amplified(s, 100, a).is_subset(whole), "{s} {a}");
        }
    }
    let corners = amplified(5.2, 100, 1e-4) - amplified(5.0, 100, 1.1e-4);
    assert!(whole.width() < 1.5 * corners.magnitude(), "{whole}");
}

/// The law at level 1 against the flow's own enclosures.
#[test]
fn the_law_and_the_flow_agree_where_both_decide() {
    let (mut decided, mut amplified_ones, mut lawful) = (0, 0, 0);
    for strength in [0.0, 1.9, 2.0, 2.1, 2.5, 5.0, 20.0, 100.0, 400.0] {
        for init in [1e-6, 1e-3, 2e-2, 0.05, 0.08, 0.5, 1.0] {
            let law = is_amplified(Interval::point(strength), 100, Interval::point(init)).unwrap();
            let flow = amplified(strength, 100, init);
            if flow.lower() > 1.0 {
                assert_eq!(law, Some(true), "{strength} {init}: {flow}");
                amplified_ones += 1;
            }
            if law == Some(false) {
                assert!(flow.upper() < 1.0 + 1e-12, "{strength} {init}: {flow}");
            }
            decided += usize::from(law.is_some());
            lawful += usize::from(law == Some(true));
        }
    }
    // None of these lies so close to the boundary that either could not tell.
    assert_eq!((decided, lawful), (63, amplified_ones));
    let undecided = is_amplified(read("[1, 3]"), 100, read("1e-3")).unwrap();
    assert_eq!(undecided, None);
    assert_eq!(is_amplified(read("[2.5, 20]"), 100, read("[1e-6, 1e-2]")).unwrap(), Some(true));
    assert_eq!(is_amplified(read("[0, 200]"), 100, read("[0.1, 1]")).unwrap(), Some(false));
}

/// From the time at which `h_0 <= 0` on, the ratio stays below the bound (10) of every earlier time.
#[test]
fn the_tail_bound_holds() {
    let mut flow = flow(&spiked("20", 100), "1e-3");
    let mut bounds: Vec<f64> = Vec::new();
    while bounds.len() < 80 {
        let step = flow.next_step().unwrap();
        let now = Interval::point(step.start());
        let ratio = step.ratio_at(1, now);
        assert!(bounds.iter().all(|bound| ratio.lower() <= *bound));
        assert!(step.brackets_at(now)[0] < Interval::ZERO);
        let signal = step.coefficients_at(now)[0];
        bounds.push((ratio * signal.pow(Interval::point(-6.0))).upper()); // (q_1 - 3)/3 = 6
    }
    // Late bounds are not far above the ratio itself, so the last ones could fail.
    assert!(bounds[79] < 1.0);
}

#[test]
fn amplification_in_a_general_spectrum_is_that_of_its_largest_ratio() {
    let groups = [("0.5", 10), ("4", 1), ("8", 2)];
    let groups = groups.map(|(variance, multiplicity)| Group { variance: read(variance), multiplicity }).to_vec();
    let spectrum = Spectrum::with_signal(Interval::ONE, groups).unwrap();
    let enclosed = amplification(&spectrum, &equal_start(&spectrum, &read("1e-4")).unwrap()).unwrap();
    assert!(enclosed.relative_width() < 1e-10, "{enclosed}");
    let mut flow = flow(&spectrum, "1e-4");
    let mut seen = 0.0_f64;
    for _ in 0..120 {
        let step = flow.next_step().unwrap();
        for part in 0..8 {
            let time = Interval::point(step.start() + (step.end() - step.start()) * f64::from(part) / 8.0);
            seen = (1..4).map(|j| step.ratio_at(j, time).lower()).fold(seen, f64::max);
        }
    }
    // Sampled eight times a step, the maximum is missed by less than the square of a fraction of the step.
    assert!(seen <= enclosed.upper() && seen > 0.99 * enclosed.lower(), "{seen} {enclosed}");
}

/// Boxes of starts, `10^-6` wide, at times up to 5: the enclosures are in the median at most three times as wide as what the flow takes
/// from their corners.
#[test]
fn enclosures_of_boxes_are_tight() {
    let mut runner = TestRunner::deterministic();
    let mut ratios = Vec::new();
    for _ in 0..40 {
        let count = (2..4_usize).new_tree(&mut runner).unwrap().current();
        let mut draw = |from: f64, to: f64| 10_f64.powf((from..to).new_tree(&mut runner).unwrap().current());
        let groups: Vec<_> =
            (0..count).map(|_| Group { variance: draw(-0.5, 1.0), multiplicity: draw(0.0, 2.0) as u64 }).collect();
        let init = draw(-3.0, -0.5);
        let doubles = Spectrum::with_signal(draw(-0.3, 0.3), groups).unwrap();
        let start = Interval::new(init, init * (1.0 + WIDTH)).unwrap();
        let times = [0.1, 0.3, 1.0, 2.0, 5.0];
        let spectrum = doubles.map(|q| Interval::point(*q));
        let rows = coefficients(ValidatedFlow::new(&spectrum, &vec![start; count + 1]).unwrap(), &times).unwrap();
        // every corner: the solution is nearly linear in so small a box
        let samples: Vec<Vec<Vec<f64>>> = (0..1_usize << (count + 1))
            .map(|corner| {
                let of = |j: usize| if corner >> j & 1 == 1 { start.upper() } else { start.lower() };
                let mut flow = GradientFlow::new(&doubles, &(0..=count).map(of).collect::<Vec<_>>()).unwrap();
                let at = |time: &f64| {
                    while flow.next_segment(Some(time)).is_ok() {}
                    specdyn::trajectory::Flow::current(&flow).1
                };
                times.iter().map(at).collect()
            })
            .collect();
        for (i, row) in rows.iter().enumerate() {
            for (j, w) in row.iter().enumerate() {
                let values = samples.iter().map(|rows| rows[i][j]);
                let (least, most) = (values.clone().fold(f64::MAX, f64::min), values.fold(0.0, f64::max));
                ratios.push(w.width() / (most - least));
            }
        }
    }
    ratios.sort_by(f64::total_cmp);
    let (median, tenth) = (ratios[ratios.len() / 2], ratios[ratios.len() * 9 / 10]);
    println!("{} widths, median {median:.3} times that of the sample, one in ten above {tenth:.3}", ratios.len());
    assert!(median <= 3.0, "{median}");
}

/// Relative width of the boxes.
const WIDTH: f64 = 1e-6;
