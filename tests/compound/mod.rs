//! Compound maps in intervals contain what 256 bits make of members: risk, excess energy, brackets, gradients, alignment, steps of the
//! recursion, amplification, the law of level 1.
//!
//! Each in plain intervals and in mean value form. 10^6 checks by default; `SPECDYN_CHECKS=100` makes it 10^8 (best with `--release`). The
//! oracle is an enclosure itself, rounded outward at 256 bits: a violation is certain.

mod tightness;

use super::exact::Random;
use super::multiplier;
use specdyn::observe::alignment;
use specdyn::risk::manifold::{bracket, excess, excess_energy, gradients, population_risk, risk_form};
use specdyn::scalar::{Interval, Mp, MpInterval, Precision, Real, Scalar, Slope};
use specdyn::spectrum::{Group, Spectrum};
use specdyn::trajectory::validated::is_amplified;
use std::cmp::Ordering::{Greater, Less};

const SEED: u64 = 20_261_125;
const CHECKS: u64 = 1_000_000;

/// An interval, and a member of it.
type Case = (Interval, f64);

/// What is put into the maps.
struct Input {
    variance: Vec<Case>,
    multiplicity: Vec<u64>,
    weights: Vec<Case>,
    step_size: Case,
}

impl Input {
    /// What is put in, in the order in which [`maps`] takes it.
    fn cases(&self) -> impl Iterator<Item = &Case> {
        self.variance.iter().chain(&self.weights).chain([&self.step_size])
    }

    fn boxes(&self) -> Vec<Interval> {
        self.cases().map(|(box_, _)| *box_).collect()
    }

    fn members<T>(&self, number: impl Fn(f64) -> T) -> Vec<T> {
        self.cases().map(|(_, x)| number(*x)).collect()
    }
}

/// A number, a few units around it, or a good part of its size; the member is an end or inside.
fn around(random: &mut Random, x: f64) -> Case {
    let widened = match random.below(4) {
        0 | 1 => x,
        2 => x + x.abs() * f64::EPSILON * random.unit() * 8.0,
        _ => x + x.abs() * random.unit(),
    };
    let whole = Interval::new(x.min(widened), x.max(widened)).expect("finite ends");
    let inside = (x + random.unit() * (widened - x)).clamp(whole.lower(), whole.upper());
    (whole, [whole.lower(), whole.upper(), inside][random.below(3) as usize])
}

/// Positive, of any size that squares do not take out of the doubles.
fn size(random: &mut Random) -> f64 {
    match random.below(8) {
        0 => [1.0, 1.0_f64.next_down(), 0.5, 2.0, 3.0, 1e-3][random.below(6) as usize],
        1 => libm::exp((random.unit() - 0.5) * 280.0),
        _ => libm::exp((random.unit() - 0.6) * 12.0),
    }
}

fn input(random: &mut Random) -> Input {
    let groups = 2 + random.below(3) as usize;
    let mut case = |signed: bool| {
        let x = size(random);
        let x = match random.below(16) {
            0 if signed => 0.0,
            1 | 2 if signed => -x,
            _ => x,
        };
        around(random, x)
    };
    let variance = (0..groups).map(|_| case(false)).collect();
    let weights = (0..groups).map(|_| case(true)).collect();
    let step_size = case(false);
    let mut multiplicity = vec![1];
    for _ in 1..groups {
        let scale = random.below(20);
        multiplicity.push(1 + random.below(1 << scale));
    }
    Input { variance, multiplicity, weights, step_size }
}

/// What a value is: the map, after how many steps, of which coefficient.
type Name = (&'static str, usize, usize);

/// Every map of variances, weights and a step size, by name.
fn maps<T: Real>(multiplicity: &[u64], numbers: &[T]) -> Vec<(Name, T)> {
    let (variance, rest) = numbers.split_at(multiplicity.len());
    let (start, eta) = (&rest[..variance.len()], &rest[variance.len()]);
    let group = |j: usize| Group { variance: variance[j].clone(), multiplicity: multiplicity[j] };
    let spectrum = Spectrum::with_signal(variance[0].clone(), (1..variance.len()).map(group).collect()).unwrap();
    let mut found = Vec::new();
    let mut w = start.to_vec();
    for step in 0..2 {
        let share = alignment(&spectrum, &w);
        let e: Vec<T> = w.iter().enumerate().map(|(j, w)| excess(j, w)).collect();
        let tau = excess_energy(&spectrum, &e);
        let half: Vec<T> = e.iter().map(|e| e.over(2)).collect();
        let mut g = w.clone();
        gradients(variance, spectrum.energy_weight(), &w, &mut g);
        w = w.iter().zip(&g).map(|(w, g)| w.clone() - &(eta.clone() * g)).collect();
        for j in 0..w.len() {
            found.push((("bracket", step, j), bracket(&variance[j], &e[j], &tau)));
            found.push((("gradient", step, j), g[j].clone()));
            found.push((("step", step, j), w[j].clone()));
            // The signs are certain, or there is no ratio.
            if j > 0 && start[0] > eta.int(0) && w[0] > eta.int(0) {
                found.push((("amplification", step, j), w[j].clone() / &w[0] * &start[0]));
            }
        }
        found.push((("excess energy", step, 0), tau));
        found.push((("risk", step, 0), population_risk(&spectrum, &e)));
        found.push((("form of the risk", step, 0), risk_form(&spectrum, &e, &half)));
        found.extend(share.map(|share| (("alignment", step, 0), share)));
    }
    found
}

/// Every map in mean value form.
fn forms(input: &Input) -> Vec<(Name, Interval)> {
    let boxes = input.boxes();
    let variables: Vec<Slope> = (0..boxes.len()).map(|i| Slope::variable(&boxes, i)).collect();
    maps(&input.multiplicity, &variables).into_iter().map(|(name, f)| (name, f.enclosure(&boxes))).collect()
}

#[test]
fn compound_maps_contain_what_256_bits_make_of_members() {
    let bits = Precision::new(256).unwrap();
    let number = |x: f64| Mp::from_f64(x, &bits);
    let wanted = (CHECKS as f64 * multiplier()) as u64;
    let (mut checks, mut bounded) = (0_u64, 0_u64);
    let mut seeds = Random(SEED);
    while checks < wanted {
        let seed = seeds.bits();
        let input = input(&mut Random(seed));
        let exact = maps(&input.multiplicity, &input.members(|x| MpInterval::point(&number(x))));
        for ranges in [maps(&input.multiplicity, &input.boxes()), forms(&input)] {
            let mut members = exact.iter();
            for (name, range) in &ranges {
                let (_, value) =
                    members.by_ref().find(|(other, _)| other == name).expect("what exists for all, exists for each");
                let inside = number(range.lower()) <= value.upper() && value.lower() <= number(range.upper());
                assert!(inside, "seed {seed}: {name:?} {value} is not in {range}");
                checks += 1;
                bounded += u64::from(range.is_bounded());
            }
        }
    }
    println!("compound maps: {checks} checks, 0 violations");
    assert!(bounded * 10 > checks * 9, "{bounded} of {checks} say something");
}

/// A verdict on a box is the verdict on its members.
#[test]
fn the_law_decides_boxes_as_it_decides_their_members() {
    let bits = Precision::new(256).unwrap();
    let number = |x: f64| MpInterval::point(&Mp::from_f64(x, &bits));
    let (mut decided, mut random) = ([0, 0], Random(SEED));
    for trial in 0..((20_000.0 * multiplier()) as u64) {
        let scale = random.below(12);
        let dimension = 3 + random.below(1 << scale);
        let init = libm::exp(-random.unit() * 20.0);
        // Every other box is at the boundary, to a unit or a per cent.
        let pull = init * init;
        let boundary = 2.0 + pull * 2.0 * (dimension as f64 + 10.0);
        let strength =
            if trial % 2 == 0 { boundary * (1.0 + (random.unit() - 0.5) * 0.02) } else { random.unit() * 50.0 };
        let ((strengths, strength), (inits, init)) = (around(&mut random, strength), around(&mut random, init));
        let Ok(verdict) = is_amplified(strengths, dimension, inits) else { continue };
        let (lambda, alpha) = (number(strength), number(init));
        let linear = lambda.times(3) + &lambda.int(dimension as i64 + 4);
        let margin = lambda.clone() - &lambda.int(2) - &(alpha.clone() * &alpha * &lambda * &linear);
        match verdict {
            Some(true) => assert_ne!(margin.sign(), Some(Less), "{strengths} {inits} {dimension}: {margin}"),
            Some(false) => assert_ne!(margin.sign(), Some(Greater), "{strengths} {inits} {dimension}: {margin}"),
            None => {}
        }
        verdict.into_iter().for_each(|above| decided[usize::from(above)] += 1);
    }
    assert!(decided.iter().all(|count| *count > 2_000), "{decided:?}");
}

/// The oracle can fail: it sees an end that is a unit too near.
#[test]
fn the_oracle_of_compound_maps_sees_one_unit() {
    let bits = Precision::new(256).unwrap();
    let mut seen = 0;
    for seed in 0..6_000 {
        let mut input = input(&mut Random(seed));
        input.variance.iter_mut().chain(&mut input.weights).for_each(|case| case.0 = Interval::point(case.1));
        input.step_size.0 = Interval::point(input.step_size.1);
        let number = |x: f64| Mp::from_f64(x, &bits);
        let exact = maps(&input.multiplicity, &input.members(|x| MpInterval::point(&number(x))));
        let intervals = maps(&input.multiplicity, &input.boxes());
        for ((_, range), (_, value)) in
            intervals.iter().zip(&exact).take(3).filter(|((_, range), _)| range.is_bounded())
        {
            // Within a few units of the value a double on either side is outside.
            let width = (range.upper() - range.lower()) / range.magnitude();
            if width > 0.0 && width < 8.0 * f64::EPSILON {
                let shrunk =
                    [(0..9).fold(range.lower(), |x, _| x.next_up()), (0..9).fold(range.upper(), |x, _| x.next_down())];
                assert!(number(shrunk[0]) > value.lower() || number(shrunk[1]) < value.upper());
                seen += 1;
            }
        }
    }
    assert!(seen > 500, "{seen}");
}
