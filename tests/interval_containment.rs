//! Randomised containment, in FLINT's style: corner-biased intervals, members of them, and exact oracles that never round.
//!
//! 10^7 checks by default; `SPECDYN_CHECKS=100` multiplies every count (10^9, best with `--release`). A check is one exact
//! comparison of a result's end with a member of the exact range, or with the end of the exact range (tightness).

#[cfg(feature = "mpfr")]
mod compound;
mod exact;

use exact::{Random, Sum};
use specdyn::scalar::{Interval, Real, Scalar};
use std::cmp::Ordering;

const SEED: u64 = 20_260_101;

/// Shares of the checks: they add up to 10^7.
const CHECKS: [(&str, u64); 9] = [
    ("sum", 1_500_000),
    ("difference", 500_000),
    ("product", 2_500_000),
    ("quotient", 2_000_000),
    ("square and root", 1_000_000),
    ("scale", 500_000),
    ("sum of products", 1_000_000),
    ("sets and order", 500_000),
    ("measures", 500_000),
];

#[test]
fn the_shares_are_ten_million_checks() {
    assert_eq!(CHECKS.iter().map(|(_, count)| count).sum::<u64>(), 10_000_000);
}

fn multiplier() -> f64 {
    std::env::var("SPECDYN_CHECKS").map_or(1.0, |text| text.parse().expect("SPECDYN_CHECKS is a number"))
}

/// Runs `trial` until its share of checks is done; every failure names the seed of its own trial.
fn run(operation: &str, trial: impl Fn(&mut Random, &mut Checks)) {
    let share = CHECKS.iter().find(|(name, _)| *name == operation).expect("a declared share").1;
    let wanted = (share as f64 * multiplier()) as u64;
    let mut seeds = Random(SEED ^ share.rotate_left(32) ^ operation.len() as u64);
    let mut checks = Checks { done: 0, seed: 0 };
    while checks.done < wanted {
        checks.seed = seeds.bits();
        trial(&mut Random(checks.seed), &mut checks);
    }
    println!("{operation}: {} checks, 0 violations", checks.done);
}

struct Checks {
    done: u64,
    seed: u64,
}

impl Checks {
    fn check(&mut self, holds: bool, what: impl Fn() -> String) {
        self.done += 1;
        assert!(holds, "seed {}: {}", self.seed, what());
    }

    /// The exact number is in the interval.
    fn inside(&mut self, number: &Sum, range: Interval, what: impl Fn() -> String) {
        self.check(number.compare(range.lower()).is_ge(), &what);
        self.check(number.compare(range.upper()).is_le(), &what);
    }

    /// `range` is the hull of the exact numbers: not a single double wider.
    fn hull(&mut self, numbers: &[Sum], range: Interval, what: impl Fn() -> String) {
        self.check(numbers.iter().any(|x| x.rounds_down_to(range.lower())), &what);
        self.check(numbers.iter().any(|x| x.rounds_up_to(range.upper())), &what);
    }
}

/// A bounded interval: a point, a few units wide, or between two corner-biased numbers.
fn bounded(random: &mut Random) -> Interval {
    let x = random.double();
    let y = match random.below(4) {
        0 => x,
        1 => (0..=random.below(4)).fold(x, |x, _| x.next_up()).min(f64::MAX),
        _ => random.double(),
    };
    Interval::new(x.min(y), x.max(y)).unwrap()
}

/// Any interval: now and then half a line, the whole line, or nothing.
fn any(random: &mut Random) -> Interval {
    let x = bounded(random);
    match random.below(24) {
        0 => Interval::new(f64::NEG_INFINITY, x.upper()).unwrap(),
        1 => Interval::new(x.lower(), f64::INFINITY).unwrap(),
        2 => [Interval::EMPTY, Interval::ENTIRE][random.below(2) as usize],
        _ => x,
    }
}

/// A member of a non-empty interval: an end, zero, or one between (chosen on the scale of bit patterns).
fn member(random: &mut Random, x: Interval) -> f64 {
    let (lo, hi) = (x.lower().max(f64::MIN), x.upper().min(f64::MAX));
    match random.below(4) {
        0 => lo,
        1 => hi,
        2 if x.contains(0.0) => 0.0,
        _ => {
            let order = |x: f64| {
                let bits = x.to_bits() as i64;
                if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
            };
            let (a, b) = (order(lo), order(hi));
            let chosen = a.wrapping_add(random.below(b.wrapping_sub(a) as u64 + 1) as i64);
            f64::from_bits(if chosen < 0 { i64::MIN.wrapping_sub(chosen) } else { chosen } as u64)
        }
    }
}

fn corners(a: Interval, b: Interval) -> [(f64, f64); 4] {
    [(a.lower(), b.lower()), (a.lower(), b.upper()), (a.upper(), b.lower()), (a.upper(), b.upper())]
}

/// Containment of members for any operands, the hull for bounded ones.
fn binary(
    random: &mut Random,
    checks: &mut Checks,
    operation: impl Fn(Interval, Interval) -> Interval,
    exact: impl Fn(f64, f64) -> Sum,
) {
    let (a, b) = (any(random), any(random));
    let c = operation(a, b);
    let what = || format!("{a:?} and {b:?} give {c:?}");
    if a.is_empty() || b.is_empty() {
        return checks.check(c.is_empty(), what);
    }
    for _ in 0..2 {
        let (x, y) = (member(random, a), member(random, b));
        checks.inside(&exact(x, y), c, || format!("{} at {x:e}, {y:e}", what()));
    }
    if a.is_bounded() && b.is_bounded() {
        checks.hull(&corners(a, b).map(|(x, y)| exact(x, y)), c, what);
    }
}

#[test]
fn sums_contain_every_sum_and_are_the_hull() {
    run("sum", |random, checks| binary(random, checks, |a, b| a + b, |x, y| Sum::new().plus(x).plus(y)));
}

#[test]
fn differences_contain_every_difference_and_are_the_hull() {
    run("difference", |random, checks| binary(random, checks, |a, b| a - b, |x, y| Sum::new().plus(x).minus(y)));
}

#[test]
fn products_contain_every_product_and_are_the_hull() {
    run("product", |random, checks| binary(random, checks, |a, b| a * b, |x, y| Sum::new().plus_product(x, y)));
}

/// `x / y` against q: the sign of `x - q y` times that of y.
fn compare_quotient(x: f64, y: f64, q: f64) -> Ordering {
    if q.is_infinite() {
        return if q > 0.0 { Ordering::Less } else { Ordering::Greater };
    }
    let sign = Sum::new().plus(x).minus_product(q, y).sign();
    if y < 0.0 { sign.reverse() } else { sign }
}

#[test]
fn quotients_contain_every_quotient_and_are_the_hull() {
    run("quotient", |random, checks| {
        let (a, b) = (any(random), any(random));
        let c = a / b;
        let what = || format!("{a:?} / {b:?} gives {c:?}");
        if a.is_empty() || b.is_empty() {
            return checks.check(c.is_empty(), what);
        }
        for _ in 0..2 {
            let (x, y) = (member(random, a), member(random, b));
            if y != 0.0 {
                checks.check(compare_quotient(x, y, c.lower()).is_ge(), || format!("{} at {x:e}, {y:e}", what()));
                checks.check(compare_quotient(x, y, c.upper()).is_le(), || format!("{} at {x:e}, {y:e}", what()));
            }
        }
        if a.is_bounded() && b.is_bounded() && (b.lower() > 0.0 || b.upper() < 0.0) {
            let down = |&(x, y): &(f64, f64)| compare_quotient(x, y, c.lower().next_up()).is_lt();
            let up = |&(x, y): &(f64, f64)| compare_quotient(x, y, c.upper().next_down()).is_gt();
            checks.check(corners(a, b).iter().any(down), what);
            checks.check(corners(a, b).iter().any(up), what);
        }
    });
}

#[test]
fn squares_and_roots_contain_theirs_and_are_the_hull() {
    run("square and root", |random, checks| {
        let a = any(random);
        let (square, root) = (Scalar::square(&a), a.sqrt());
        if a.is_empty() {
            return checks.check(square.is_empty() && root.is_empty(), || "of the empty set".into());
        }
        let x = member(random, a);
        checks.inside(&Sum::new().plus_product(x, x), square, || format!("{a:?} squared is {square:?}, at {x:e}"));
        if a.is_bounded() {
            let ends = [a.lower(), a.upper(), if a.contains(0.0) { 0.0 } else { a.lower() }];
            checks
                .hull(&ends.map(|x| Sum::new().plus_product(x, x)), square, || format!("{a:?} squared is {square:?}"));
        }
        let what = || format!("root of {a:?} is {root:?}");
        if a.upper() < 0.0 {
            return checks.check(root.is_empty(), what);
        }
        // r <= sqrt(x) is r^2 <= x for r >= 0
        let compare = |x: f64, r: f64| {
            if r.is_infinite() { Ordering::Less } else { Sum::new().plus(x).minus_product(r, r).sign() }
        };
        let x = member(random, a).max(a.lower()).max(0.0);
        checks.check(root.lower() >= 0.0 && compare(x, root.lower()).is_ge(), what);
        checks.check(compare(x, root.upper()).is_le(), what);
        if a.is_bounded() {
            checks.check(compare(a.lower().max(0.0), root.lower().next_up()).is_lt(), what);
            let upper = root.upper();
            checks.check(upper == 0.0 || compare(a.upper(), upper.next_down()).is_gt(), what);
        }
    });
}

#[test]
fn multiples_are_the_hull() {
    run("scale", |random, checks| {
        let a = any(random);
        let s = random.double();
        let scaled = a.scale(s);
        let what = || format!("{s:e} times {a:?} gives {scaled:?}");
        if a.is_empty() {
            return checks.check(scaled.is_empty(), what);
        }
        let x = member(random, a);
        checks.inside(&Sum::new().plus_product(x, s), scaled, what);
        if a.is_bounded() {
            let ends = [a.lower(), a.upper()].map(|x| Sum::new().plus_product(x, s));
            checks.hull(&ends, scaled, what);
        }
        let n = random.below(1 << 20) as i64 - (1 << 19);
        let multiple = a.times(n);
        checks
            .inside(&Sum::new().plus_product(x, n as f64), multiple, || format!("{n} times {a:?} gives {multiple:?}"));
    });
}

/// Containment, and an excess over the exact hull of at most 2.01 u times the sum of the sizes of the products (and one
/// unit of the result), as the documentation of `convolve` states; step by step, of one such unit per operation.
#[test]
fn sums_of_products_contain_theirs_within_two_units() {
    run("sum of products", |random, checks| {
        let k = random.below(12) as usize;
        let tame = random.below(3) > 0;
        let mut series = || -> Vec<Interval> {
            let mut draw =
                || if tame { Interval::point(random.unit() - 0.5).inflate(1e-9 * random.unit()) } else { any(random) };
            (0..=k).map(|_| draw()).collect()
        };
        let (a, b) = (series(), series());
        let sum = Interval::convolve(&a, &b, k);
        let mut chained = Interval::ZERO;
        for i in 0..=k {
            chained.add_prod(&a[i], &b[k - i]);
        }
        if a.iter().chain(&b).any(|x| x.is_empty()) {
            return checks.check(sum.is_empty() && chained.is_empty(), || "an empty factor".into());
        }
        let what = || format!("{a:?} * {b:?} gives {sum:?} and {chained:?}");
        let mut number = Sum::new();
        for i in 0..=k {
            number = number.plus_product(member(random, a[i]), member(random, b[k - i]));
        }
        checks.inside(&number, sum, what);
        checks.inside(&number, chained, what);
        if !tame {
            return;
        }
        let (mut low, mut high, mut size) = (Sum::new(), Sum::new(), 0.0);
        for i in 0..=k {
            let products = corners(a[i], b[k - i]);
            let by_size =
                |&(x, y): &(f64, f64), &(u, v): &(f64, f64)| Sum::new().plus_product(x, y).minus_product(u, v).sign();
            let (&least, &most) = (
                products.iter().min_by(|p, q| by_size(p, q)).unwrap(),
                products.iter().max_by(|p, q| by_size(p, q)).unwrap(),
            );
            (low, high) = (low.plus_product(least.0, least.1), high.plus_product(most.0, most.1));
            size += (least.0 * least.1).abs().max((most.0 * most.1).abs());
        }
        let unit = f64::EPSILON / 2.0;
        let excess = if k < 2 { 4.0 } else { 2.01 } * unit * size + 2.0 * unit * sum.magnitude();
        checks.check(low.minus(sum.lower()).compare(excess).is_le(), what);
        checks.check(high.minus(sum.upper()).compare(-excess).is_ge(), what);
    });
}

#[test]
fn sets_and_certain_order_agree_with_members() {
    run("sets and order", |random, checks| {
        let (a, b) = (any(random), any(random));
        let what = || format!("{a:?} and {b:?}");
        let (hull, common) = (a.hull(b), a.intersection(b));
        checks.check(a.is_subset(hull) && b.is_subset(hull) && common.is_subset(a) && common.is_subset(b), what);
        if a.is_empty() || b.is_empty() {
            return checks.check(a.partial_cmp(&b).is_none() && common.is_empty(), what);
        }
        let (x, y) = (member(random, a), member(random, b));
        checks.check(common.contains(x) == b.contains(x) && a.contains(x), what);
        checks.check(a.partial_cmp(&b).is_none_or(|certain| Some(certain) == x.partial_cmp(&y)), what);
        checks.check(!a.precedes(b) || x <= y, what);
        checks.check(a.sign().is_none_or(|certain| Some(certain) == x.partial_cmp(&0.0)), what);
        checks.check(a.min(b).contains(x.min(y)) && a.max(b).contains(x.max(y)), what);
        checks.check(Real::abs(&a).contains(x.abs()) && (-a).contains(-x), what);
        let (left, right) = a.bisect();
        checks.check((left.contains(x) || right.contains(x)) && left.hull(right).same_set(a), what);
        checks.check(!a.is_interior(b) || b.contains(x), what);
    });
}

#[test]
fn measures_are_the_tightest_doubles() {
    run("measures", |random, checks| {
        let a = bounded(random);
        let (middle, radius, width) = (a.midpoint(), a.radius(), a.width());
        let what = || format!("{a:?}: {middle:e} +- {radius:e}, width {width:e}");
        checks.check(a.contains(middle), what);
        let (left, right) = (Sum::new().plus(middle).minus(a.lower()), Sum::new().plus(a.upper()).minus(middle));
        checks.check(left.compare(radius).is_le() && right.compare(radius).is_le(), what);
        checks.check(left.rounds_up_to(radius) || right.rounds_up_to(radius), what);
        checks.check(Sum::new().plus(a.upper()).minus(a.lower()).rounds_up_to(width), what);
        let x = member(random, a);
        checks.check(a.mignitude() <= x.abs() && x.abs() <= a.magnitude(), what);
    });
}

/// The oracle can fail: it sees a result that is one double too narrow, or one double too wide.
#[test]
fn the_oracle_sees_one_unit() {
    let mut random = Random(SEED);
    let mut seen = 0;
    for _ in 0..10_000 {
        let (x, y) = (random.double(), random.double());
        let c = Interval::point(x) * Interval::point(y);
        if !c.is_bounded() {
            continue; // the neighbour of an infinity is itself
        }
        let product = Sum::new().plus_product(x, y);
        assert!(!product.rounds_down_to(c.lower().next_down()) && !product.rounds_up_to(c.upper().next_up()));
        if !c.is_point() {
            assert!(product.compare(c.lower().next_up()).is_lt() && product.compare(c.upper().next_down()).is_gt());
            seen += 1;
        }
    }
    assert!(seen > 5_000, "{seen} inexact products of 10,000");
}
