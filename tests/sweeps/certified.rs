//! A certified diagram says nothing that runs contradict, and little is left undecided.

use super::{folder, phase_diagram, run, specdyn};
use specdyn::descent::Method;
use specdyn::experiment::{Covariance, Setting, measure};
use specdyn::observe::Observable;
use specdyn::scalar::Interval;
use specdyn::sweep::{Axis, CertifiedGrid, Region};

const SEED: u64 = 20_261_125;

/// lambda over [0, 20] and alpha over [1e-6, 0.1] at d = 100, coarse.
fn grid(levels: &[f64]) -> CertifiedGrid {
    CertifiedGrid {
        x: "spike=0:20:11".parse().unwrap(),
        y: "init=1e-6:1e-1:11:log".parse().unwrap(),
        strength: Interval::point(20.0),
        init: Interval::point(1e-3),
        dimension: 100,
        levels: levels.to_vec(),
        halvings: 5,
    }
}

fn setting(strength: f64, init: f64) -> Setting<f64> {
    Setting::new(Covariance::Spiked { strength, dimension: 100 }, init, Method::GradientDescent)
}

/// The flow in doubles, whose relative error is about 1e-12.
fn plain(strength: f64, init: f64) -> f64 {
    measure(&setting(strength, init), Observable::Amplification, None).value.unwrap()
}

/// Whether an amplification, known to a relative `error`, makes a verdict wrong. At level 1 the comparison is exact: what is not
/// amplified starts with its largest ratio, which is 1 to the bit.
fn contradicts(amplification: f64, error: f64, level: f64, above: bool) -> bool {
    let error = if level == 1.0 { 0.0 } else { error };
    if above { amplification * (1.0 + error) <= level } else { amplification * (1.0 - error) > level }
}

/// Corners and a point inside, by number.
fn point(region: &Region, number: u64) -> (f64, f64) {
    let mut state = SEED ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut unit = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let inside = |(from, to): (f64, f64), share: f64| (from + share * (to - from)).clamp(from, to);
    match number % 5 {
        0 => (region.x.0, region.y.0),
        1 => (region.x.1, region.y.0),
        2 => (region.x.0, region.y.1),
        3 => (region.x.1, region.y.1),
        _ => (inside(region.x, unit()), inside(region.y, unit())),
    }
}

/// Where a run contradicts what is said of a region, one point a region.
fn contradictions(levels: &[f64], regions: &[Region], error: f64, run: impl Fn(f64, f64) -> f64) -> Vec<String> {
    let mut found = Vec::new();
    for (region, number) in regions.iter().zip(0..) {
        let (x, y) = point(region, number);
        let amplification = run(x, y);
        let bounds = region.amplification;
        if amplification < bounds.lower() * (1.0 - error) || amplification > bounds.upper() * (1.0 + error) {
            found.push(format!("({x}, {y}): {amplification} outside {bounds}"));
        }
        for (level, above) in levels.iter().zip(&region.above) {
            if above.is_some_and(|above| contradicts(amplification, error, *level, above)) {
                found.push(format!("({x}, {y}): {amplification}, said to be above {level}: {above:?}"));
            }
        }
    }
    found
}

#[test]
fn most_of_the_area_is_decided_and_runs_agree_with_it() {
    let grid = grid(&[1.0, 10.0, 100.0]);
    let regions = grid.regions(&Method::GradientDescent).unwrap();
    let areas = grid.areas(&regions);
    // The finest boxes here are 1/320 of an axis. The command of the README, to 1/1280, leaves a quarter of what this one leaves.
    assert!(areas[0].decided() >= 0.98 && areas[1].decided() >= 0.98 && areas[2].decided() >= 0.98, "{areas:?}");
    assert!(areas.iter().all(|area| area.above > 0.3 && area.not_above > 0.1), "{areas:?}");
    let whole: f64 = regions.iter().map(|region| 0.25_f64.powi(region.halvings as i32)).sum();
    assert!((whole - 100.0).abs() < 1e-9, "boxes tile the plane: {whole}");
    let sample: Vec<Region> = regions.iter().step_by(4).cloned().collect();
    assert!(sample.len() > 1000);
    assert_eq!(contradictions(&grid.levels, &sample, 1e-9, plain), Vec::<String>::new());
}

#[test]
fn every_planted_wrong_verdict_is_caught() {
    let grid = grid(&[1.0, 10.0, 100.0]);
    let regions = grid.regions(&Method::GradientDescent).unwrap();
    let mut planted = 0;
    for (number, region) in regions.iter().enumerate().step_by(31) {
        for level in 0..3 {
            let Some(above) = region.above[level] else { continue };
            let mut wrong = region.clone();
            wrong.above[level] = Some(!above);
            // Its place in the list chooses the point.
            let mut one = regions[..number % 5].to_vec();
            one.push(wrong);
            let found = contradictions(&grid.levels, &one, 1e-9, plain);
            assert_eq!(found.len(), 1, "({:?}, {:?}) level {level}: {found:?}", region.x, region.y);
            planted += 1;
        }
    }
    assert!(planted > 300, "{planted}");
}

/// Wrong theory in place of the right one: between the law and a law with one constant off by 1 %, verdicts are wrong, and caught.
#[test]
fn a_law_that_is_off_by_a_per_cent_is_caught() {
    type Law = fn(f64, f64) -> f64;
    let margin: Law = |lambda, alpha| lambda - 2.0 - alpha * alpha * lambda * (3.0 * lambda + 104.0);
    let laws: [(&str, Law); 4] = [
        ("threshold 2.02", |lambda, alpha| lambda - 2.02 - alpha * alpha * lambda * (3.0 * lambda + 104.0)),
        ("1.01 alpha^2", |lambda, alpha| lambda - 2.0 - 1.01 * alpha * alpha * lambda * (3.0 * lambda + 104.0)),
        ("d + 3", |lambda, alpha| lambda - 2.0 - alpha * alpha * lambda * (3.0 * lambda + 103.0)),
        ("alpha^1.9", |lambda, alpha| lambda - 2.0 - libm::pow(alpha, 1.9) * lambda * (3.0 * lambda + 104.0)),
    ];
    for (name, law) in laws {
        let (mut wrong, mut caught) = (0, 0);
        for i in 0..2000 {
            for alpha in [1e-6, 1e-2, 0.04, 0.07, 0.076] {
                let lambda = 0.01 * f64::from(i);
                let said = law(lambda, alpha) > 0.0;
                if said != (margin(lambda, alpha) > 0.0) {
                    wrong += 1;
                    caught += usize::from(contradicts(plain(lambda, alpha), 0.0, 1.0, said));
                }
            }
        }
        assert!(wrong > 0 && caught == wrong, "{name}: {caught} of {wrong}");
    }
}

/// Corners bound a box only with the factor `((1 + lambda_1)/(1 + lambda_2))^(1/2)`: where amplification falls with lambda they would lie.
#[test]
fn corners_without_their_factor_would_be_wrong_and_the_diagram_is_not() {
    let (first, last) = (plain(60.0, 2e-2), plain(150.0, 2e-2));
    let level = 0.5 * (first + last);
    assert!(first > 1.001 * last, "{first} {last}");
    let axis = |text: &str| text.parse::<Axis>().unwrap();
    let (x, y) = (axis("spike=60:150:2"), axis("init=0.02:0.0201:2"));
    let grid = CertifiedGrid { x, y, levels: vec![level], halvings: 7, ..grid(&[1.0]) };
    let mut naive = grid.clone();
    naive.halvings = 0;
    let whole = &naive.regions(&Method::GradientDescent).unwrap()[0];
    assert_eq!(whole.above, [None]);
    let sabotaged = Region { above: vec![Some(true)], ..whole.clone() }; // A >= A(60) > level, says the first corner
    let caught = (0..5).any(|number| {
        let (x, y) = point(&sabotaged, number);
        contradicts(plain(x, y), 1e-9, level, true)
    });
    assert!(caught);
    let regions = grid.regions(&Method::GradientDescent).unwrap();
    let decided = grid.areas(&regions)[0];
    assert!(decided.above > 0.1 && decided.not_above > 0.1, "{decided:?}");
    assert_eq!(contradictions(&[level], &regions, 1e-9, plain), Vec::<String>::new());
}

#[test]
fn all_of_specgd_is_decided_by_its_theorem() {
    let grid = grid(&[1.0, 10.0]);
    let regions = grid.regions(&Method::Spectral).unwrap();
    assert!(grid.areas(&regions).iter().all(|area| area.not_above == 1.0 && area.above == 0.0));
    let specgd = |strength: f64, init: f64| {
        let setting = Setting { method: Method::Spectral, ..setting(strength, init) };
        measure(&setting, Observable::Amplification, None).value.unwrap()
    };
    assert_eq!(contradictions(&grid.levels, &regions, 0.0, specgd), Vec::<String>::new());
}

#[test]
fn dimension_may_be_an_axis_and_a_parameter_may_be_an_interval() {
    let axis = |text: &str| text.parse::<Axis>().unwrap();
    let (x, y) = (axis("dim=10:1000:9:log"), axis("init=1e-6:1e-1:9:log"));
    let strength = "[19.99, 20]".parse().unwrap();
    let grid = CertifiedGrid { x, y, strength, halvings: 3, ..grid(&[1.0, 10.0]) };
    let regions = grid.regions(&Method::GradientDescent).unwrap();
    let areas = grid.areas(&regions);
    assert!(areas.iter().all(|a| a.decided() > 0.9 && a.above > 0.3 && a.not_above > 0.02), "{areas:?}");
    let run = |dimension: f64, init: f64| {
        let covariance = Covariance::Spiked { strength: 19.995, dimension: dimension.round() as u64 };
        let setting = Setting { covariance, ..setting(20.0, init) };
        measure(&setting, Observable::Amplification, None).value.unwrap()
    };
    // Only integers are dimensions; one that rounds out of its box says nothing about it.
    let inside = |(region, number): &(&Region, u64)| {
        let (x, _) = point(region, *number);
        (region.x.0..=region.x.1).contains(&x.round())
    };
    let numbered: Vec<(&Region, u64)> = regions.iter().zip(0..).filter(inside).collect();
    assert!(numbered.len() > 100);
    for (region, number) in numbered {
        let (x, y) = point(region, number);
        for (level, above) in grid.levels.iter().zip(&region.above) {
            assert!(!above.is_some_and(|above| contradicts(run(x, y), 1e-9, *level, above)), "({x}, {y}) {region:?}");
        }
    }
}

#[cfg(feature = "mpfr")]
#[test]
fn runs_at_256_bits_agree_with_every_verdict() {
    use specdyn::experiment::{Plan, run};
    use specdyn::scalar::{Mp, Precision, Real};
    let grid = grid(&[1.0, 10.0, 100.0]);
    let regions = grid.regions(&Method::GradientDescent).unwrap();
    let bits = Precision::new(256).unwrap();
    let number = |x: f64| Mp::from_f64(x, &bits);
    let precise = |strength: f64, init: f64| {
        let covariance = Covariance::Spiked { strength: number(strength), dimension: 100 };
        let setting = Setting::new(covariance, number(init), Method::GradientDescent);
        // By then every coefficient has left the start, the largest ratio is past: at rate 3 the signal is there at log(1/alpha)/3.
        let horizon = number(3.0 - 0.5 * libm::log(init));
        let plan = Plan { rows: vec![horizon.clone()], until: None, horizon: Some(horizon) };
        let mut amplification = None;
        run(&setting, &plan, |row| amplification = Some(row.amplification)).unwrap();
        let amplification: Mp = amplification.unwrap();
        // Above 1 by less than a double can say is above 1.
        let double = amplification.to_f64();
        if double == 1.0 && amplification > number(1.0) { 1.0_f64.next_up() } else { double }
    };
    let sample: Vec<Region> = regions.iter().step_by(97).cloned().collect();
    assert!(sample.len() > 40);
    assert_eq!(contradictions(&grid.levels, &sample, 1e-12, precise), Vec::<String>::new());
}

const QUICK: &str = "--certified --x spike=0:20:6 --y init=1e-6:1e-1:6:log --refine boundary:4";

#[test]
fn the_command_writes_the_same_bytes_on_any_threads_and_plot_draws_them_again() {
    let (_guard, path) = folder();
    let (one, two) = (path.join("one"), path.join("two"));
    let message = run(phase_diagram(&one, &format!("{QUICK} --level 1,10 --threads 1")), 0);
    assert!(message.contains("gd, amplification above 10: 9"), "{message}");
    assert!(message.contains("specgd, amplification above 1: 100.00 % of the area decided (0.00 % above"), "{message}");
    run(phase_diagram(&two, &format!("{QUICK} --level 1,10 --threads 2")), 0);
    let bytes = super::artefacts(&one);
    assert!(bytes == super::artefacts(&two));
    std::fs::remove_file(one.join("phase-diagram.svg")).unwrap();
    assert!(specdyn(&["plot", one.to_str().unwrap()]).status.success());
    assert!(bytes == super::artefacts(&one));
    let svg = String::from_utf8(bytes[2].1.clone()).unwrap();
    assert!(svg.contains("undecided") && svg.contains("not amplified") && svg.contains("SpecGD: all proved"));
    assert!(run(phase_diagram(&one, QUICK), 73).contains("cells.csv"));
    run(phase_diagram(&one, &format!("{QUICK} --force --plot svg")), 0);
}

#[test]
fn what_cannot_be_proved_or_is_not_enough_has_its_exit_code() {
    let (_guard, path) = folder();
    let refused = |options: &str, code: i32, says: &str| {
        let message = run(phase_diagram(&path.join("refused"), options), code);
        assert!(message.contains(says), "{options}: {message}");
    };
    refused(&format!("{QUICK} --min-decided 99.9 --plot none"), 2, "less than --min-decided 99.9");
    std::fs::remove_dir_all(path.join("refused")).unwrap();
    for (options, says) in [
        ("--optimizer power:0.5", "gd or specgd"),
        ("--step-size 0.1", "no --step-size"),
        ("--samples 100", "no --samples"),
        ("--observe risk", "no other --observe"),
        ("--shard 1/2", "at once"),
        ("--level 10,1", "ascending"),
        ("--level 0.5", "from 1 on"),
        ("--min-decided 101", "0 to 100"),
        ("--x overlap=0:1:3", "spike, init, dim"),
        ("--x init=1e-3:1e-2:3", "different"),
        ("--y init=0.5:2:3", "(0, 1]"),
        ("--refine boundary:11", "10 halvings"),
        ("--refine all", "boundary:LEVELS"),
        ("--width 3", "invariant manifold"),
        ("--spectrum power-law:1", "spiked"),
        ("--min-decided most", "min-decided"),
    ] {
        refused(&format!("{QUICK} {options}"), 64, says);
    }
    let sampled = path.join("sampled");
    run(phase_diagram(&sampled, "--x spike=0:20:3 --y init=1e-3:1e-1:3:log --plot none"), 0);
    assert!(run(phase_diagram(&sampled, &format!("{QUICK} --force")), 73).contains("cells of a sweep"));
}
