//! exp, exp_m1, ln, pow and powi against one oracle: `ln` of dyadic numbers to 400 bits, in integers.
//!
//! Every result must contain the value *and* be the hull of it: one double if it is one, otherwise two neighbours. 4,000
//! points a function; `SPECDYN_CHECKS` multiplies.

mod exact;

use exact::Random;
use exact::logarithm::{Dyadic, compare_ln, compare_power};
use num_bigint::BigInt;
use specdyn::scalar::Interval;
use std::cmp::Ordering;

fn points(name: &str, mut trial: impl FnMut(&mut Random)) {
    let multiplier =
        std::env::var("SPECDYN_CHECKS").map_or(1.0, |text| text.parse().expect("SPECDYN_CHECKS is a number"));
    for seed in 0..(4_000.0_f64 * multiplier) as u64 {
        let failed =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| trial(&mut Random(seed * 0x5851_f42d)))).is_err();
        assert!(!failed, "{name}: seed {seed}");
    }
}

/// The enclosure of an irrational value is between neighbours, and `compare(end)` is the order of the value and an end.
fn neighbours(range: Interval, what: &str, compare: impl Fn(f64) -> Ordering) {
    let (lo, hi) = (range.lower(), range.upper());
    assert!(compare(lo).is_gt(), "{what}: lower end of {range:?}");
    assert!(hi.is_infinite() || compare(hi).is_lt(), "{what}: upper end of {range:?}");
    assert_eq!(lo.next_up(), hi, "{what}: {range:?} is wider than needed");
}

/// A double of a random exponent in [low, high), any sign.
fn sized(random: &mut Random, low: i64, high: i64) -> f64 {
    let exponent = low + random.below((high - low) as u64) as i64;
    let short = random.below(4) == 0;
    let mantissa = random.bits() & ((1 << 52) - 1);
    let mantissa = if short { mantissa >> 44 << 44 } else { mantissa };
    let x = f64::from_bits(((1023 + exponent) as u64) << 52 | mantissa);
    if random.below(2) == 0 { x } else { -x }
}

#[test]
fn exp_is_the_hull_of_the_exponential() {
    points("exp", |random| {
        let x = match random.below(4) {
            0 => sized(random, -60, -8),
            1 => (random.unit() - 0.5) * 2.0 * 745.0,
            2 => (random.unit() - 0.5) * 2.0 * 709.0,
            _ => sized(random, -8, 6),
        };
        let range = Interval::point(x).exp();
        // y < exp(x) exactly when ln y < x
        neighbours(range, &format!("exp({x:e})"), |y| {
            if y <= 0.0 { Ordering::Greater } else { compare_ln(&Dyadic::new(y), x).reverse() }
        });
    });
}

#[test]
fn exp_m1_is_the_hull_of_its_values() {
    points("exp_m1", |random| {
        let x = match random.below(4) {
            0 => sized(random, -60, -8),
            1 => (random.unit() - 0.5) * 1400.0,
            2 => sized(random, -8, -2),
            _ => sized(random, -2, 6),
        };
        let range = Interval::point(x).exp_m1();
        neighbours(range, &format!("exp_m1({x:e})"), |y| {
            if y <= -1.0 { Ordering::Greater } else { compare_ln(&Dyadic::new(y).plus_one(), x).reverse() }
        });
    });
}

/// Below 2^-60 in size, `x < exp(x) - 1 < x + x^2` leaves a single double on each side.
#[test]
fn tiny_arguments_leave_the_neighbours_of_the_first_order() {
    let mut random = Random(1);
    let samples = (0..2_000).map(|_| sized(&mut random, -1022, -60)).chain([5e-324, -5e-324, 1e-310, -1e-310]);
    for x in samples {
        let (e, m) = (Interval::point(x).exp(), Interval::point(x).exp_m1());
        assert_eq!((m.lower(), m.upper()), (x, x.next_up()), "exp_m1({x:e})");
        let expected = if x > 0.0 { (1.0, 1f64.next_up()) } else { (1f64.next_down(), 1.0) };
        assert_eq!((e.lower(), e.upper()), expected, "exp({x:e})");
    }
}

#[test]
fn ln_is_the_hull_of_the_logarithm() {
    points("ln", |random| {
        let x = match random.below(4) {
            0 => f64::from_bits(1.0_f64.to_bits().wrapping_add_signed(random.below(1 << 24) as i64 - (1 << 23))),
            1 => f64::from_bits(random.below(f64::INFINITY.to_bits() - 1) + 1),
            2 => 0.5 + random.unit(),
            _ => sized(random, -10, 10).abs(),
        };
        if x != 1.0 {
            let dyadic = Dyadic::new(x);
            neighbours(Interval::point(x).ln(), &format!("ln({x:e})"), |y| compare_ln(&dyadic, y));
        }
    });
}

#[test]
fn pow_is_the_hull_of_the_power() {
    points("pow", |random| {
        let x = if random.below(2) == 0 { 0.5 + random.unit() } else { sized(random, -300, 300).abs() };
        let log = x.log2().abs().max(1e-16);
        let p = (random.unit() - 0.5) * 2.0 * (1000.0 / log).min(1e15);
        let range = Interval::point(x).pow(Interval::point(p));
        let x = Dyadic::new(x);
        neighbours(range, &format!("{x:?}^{p:e}"), |y| compare_power(&x, p, &Dyadic::new(y)));
    });
}

/// Exact powers, and how far the integer power of an exact integer comparison agrees.
#[test]
fn integer_powers_are_the_hull_and_exact_where_they_can_be() {
    points("powi", |random| {
        let x = sized(random, -20, 20);
        let n = random.below(24) as i32 + 1;
        let range = Interval::point(x).powi(n);
        let power = Dyadic::new(x);
        let exact = Dyadic { mantissa: power.mantissa.pow(n as u32), exponent: power.exponent * i64::from(n) };
        let compare = |y: f64| {
            let y = Dyadic::new(y);
            let lowest = exact.exponent.min(y.exponent);
            let at = |d: &Dyadic| -> BigInt { &d.mantissa << (d.exponent - lowest) };
            at(&exact).cmp(&at(&y))
        };
        let (lo, hi) = (range.lower(), range.upper());
        assert!(compare(lo).is_ge() && compare(hi).is_le(), "{x:e}^{n} in {range:?}");
        assert!(
            lo == hi && compare(lo).is_eq() || lo.next_up() == hi && compare(lo).is_gt() && compare(hi).is_lt(),
            "{x:e}^{n}: {range:?}"
        );
        // The inverse power by the logarithm, unless it is exact.
        let inverse = Interval::point(x.abs()).powi(-n);
        if !inverse.is_point() {
            neighbours(inverse, &format!("{x:e}^-{n}"), |y| {
                compare_power(&Dyadic::new(x.abs()), -f64::from(n), &Dyadic::new(y))
            });
        }
    });
}

#[test]
fn roots_of_perfect_powers_are_exact() {
    for (x, p, value) in [
        (4.0, 0.5, 2.0),
        (16.0, 0.75, 8.0),
        (9.0, -0.5, 1.0 / 3.0),
        (6.25, 1.5, 15.625),
        (2.0, -3.0, 0.125),
        (0.25, -2.5, 32.0),
    ] {
        let range = Interval::point(x).pow(Interval::point(p));
        assert!(range.contains(value) || (value * 3.0 == 1.0 && range.width() < 1e-16), "{x}^{p}: {range:?}");
        assert!(range.is_point() || value * 3.0 == 1.0, "{x}^{p} = {value} is a double: {range:?}");
    }
}

/// Over boxes: powers of members are members.
#[test]
fn powers_of_boxes_contain_powers_of_members() {
    points("boxes", |random| {
        let end = |random: &mut Random| match random.below(8) {
            0 => 0.0,
            1 => 1.0,
            _ => sized(random, -3, 3).abs(),
        };
        let (a, b) = (end(random), end(random));
        let (c, d) = (sized(random, -3, 3), sized(random, -3, 3));
        let x = Interval::new(a.min(b), a.max(b)).unwrap();
        let p = Interval::new(c.min(d), c.max(d)).unwrap();
        let range = x.pow(p);
        let (s, t) = (random.unit(), random.unit());
        let (y, q) = (
            (x.lower() + s * (x.upper() - x.lower())).min(x.upper()),
            (p.lower() + t * (p.upper() - p.lower())).min(p.upper()),
        );
        if y > 0.0 {
            assert!(
                Interval::point(y).pow(Interval::point(q)).is_subset(range),
                "{y:e}^{q:e} not in {range:?} = {x:?}^{p:?}"
            );
        }
        let n = random.below(7) as i32 - 3;
        let z = Interval::new(c.min(d), c.max(d)).unwrap();
        if q != 0.0 || n >= 0 {
            assert!(Interval::point(q).powi(n).is_subset(z.powi(n)), "{q:e}^{n} not in {z:?}^{n}");
        }
    });
}
