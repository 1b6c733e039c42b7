use super::*;
use crate::scalar::Rational;
use proptest::prelude::*;

fn precision(bits: u32) -> Precision {
    Precision::new(bits).unwrap()
}

fn interval(text: &str, bits: u32) -> MpInterval {
    MpInterval::parse(text, &precision(bits)).unwrap()
}

/// An end as the exact rational it is.
fn exact(x: &Float) -> Rational {
    Rational::parse(&text_of(x), &()).unwrap()
}

/// All digits of a float: its significand is an integer times a power of two.
fn text_of(x: &Float) -> String {
    if x.is_zero() {
        return "0".into();
    }
    let (integer, exponent) = x.to_integer_exp().unwrap();
    let power = rug::Integer::from(1) << exponent.unsigned_abs();
    if exponent < 0 { format!("{integer}/{power}") } else { (integer * power).to_string() }
}

/// Doubles that visit signs, zeros, extremes and everything between.
fn corner() -> impl Strategy<Value = f64> {
    prop_oneof![
        -10.0..10.0,
        any::<f64>().prop_filter("finite", |x| x.is_finite() && x.abs() < 1e60 && (x.abs() > 1e-60 || *x == 0.0)),
        prop::sample::select(vec![0.0, -0.0, 1.0, -1.0, 1e-40, 3.0, 1e40]),
    ]
}

fn pair() -> impl Strategy<Value = (f64, f64, f64)> {
    (corner(), corner(), 0.0..=1.0).prop_map(|(a, b, s): (f64, f64, f64)| {
        let (lo, hi) = (a.min(b), a.max(b));
        (lo, hi, (lo + s * (hi - lo)).clamp(lo, hi))
    })
}

fn between(lo: f64, hi: f64, bits: u32) -> MpInterval {
    let end = |x| MpInterval::from_f64(x, &precision(bits));
    end(lo).hull(&end(hi))
}

fn holds(enclosure: &MpInterval, value: &Rational) -> bool {
    let (lo, hi) = (&enclosure.lo, &enclosure.hi);
    (lo.is_infinite() || exact(lo) <= *value) && (hi.is_infinite() || *value <= exact(hi)) && !enclosure.is_empty()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn operations_contain_the_exact_result((a, b, x) in pair(), (c, d, y) in pair(), bits in 2_u32..140) {
        let (p, q) = (between(a, b, bits), between(c, d, bits));
        let (u, v) = (Rational::from_f64(x, &()), Rational::from_f64(y, &()));
        prop_assert!(holds(&(p.clone() + &q), &(u.clone() + &v)));
        prop_assert!(holds(&(p.clone() - &q), &(u.clone() - &v)));
        prop_assert!(holds(&(p.clone() * &q), &(u.clone() * &v)));
        prop_assert!(y == 0.0 || holds(&(p.clone() / &q), &(u.clone() / &v)));
        prop_assert!(holds(&p.square(), &u.square()));
        prop_assert!(holds(&p.abs(), &u.abs()));
        prop_assert!(holds(&p.times(-7), &u.times(-7)));
        prop_assert!(holds(&p.over(-7), &u.over(-7)));
        let mut sum = q.clone();
        sum.add_prod(&p, &q);
        prop_assert!(holds(&sum, &(u.clone() * &v + &v)));
        // The root r of x is contained: its square brackets x.
        if x >= 0.0 {
            let root = p.sqrt();
            prop_assert!(exact(&root.lo).square() <= u && (root.hi.is_infinite() || exact(&root.hi).square() >= u));
        }
    }

    /// At points, every operation is one rounding each way: neighbouring floats, or one.
    #[test]
    fn operations_on_points_are_as_tight_as_the_precision_allows(x in corner(), y in corner(), bits in 53_u32..140) {
        let (p, q) = (between(x, x, bits), between(y, y, bits));
        for z in [p.clone() + &q, p.clone() * &q, p.clone() / &q, p.abs().sqrt(), p.square()] {
            let mut above = z.lo.clone();
            above.next_up();
            prop_assert!(z.is_empty() || z.hi == z.lo || z.hi == above);
        }
    }

    #[test]
    fn functions_contain_the_value_at_higher_precision((a, b, x) in pair(), (c, d, y) in pair(), bits in 2_u32..90) {
        let (p, q) = (between(a, b, bits), between(c, d, bits));
        let (x, y) = (Mp::from_f64(x, &precision(300)), Mp::from_f64(y, &precision(300)));
        // Correctly rounded at 300 bits: inside a coarser enclosure, or its end.
        prop_assert!(a.abs() > 1e6 || b.abs() > 1e6 || (p.exp().contains(&x.exp()) && p.exp_m1().contains(&x.exp_m1())));
        prop_assert!(x <= x.int(0) || p.ln().contains(&x.ln()));
        if x > x.int(0) && d.abs() < 1e3 && c.abs() < 1e3 {
            prop_assert!(p.pow(&q).contains(&x.pow(&y)), "{p} {q} {}", p.pow(&q));
        }
    }

    #[test]
    fn order_is_certain_or_undecided((a, b, x) in pair(), (c, d, y) in pair()) {
        let (p, q) = (between(a, b, 60), between(c, d, 60));
        prop_assert!(p.partial_cmp(&q).is_none_or(|order| Some(order) == x.partial_cmp(&y)));
        prop_assert!(p.sign().is_none_or(|sign| Some(sign) == x.partial_cmp(&0.0)));
        prop_assert!(p.contains(&p.midpoint()));
    }

    #[test]
    fn display_encloses_what_is_displayed((a, b, _) in pair(), bits in 2_u32..200) {
        let p = between(a, b, bits);
        prop_assert!(p.is_subset(&interval(&p.to_string(), bits + 60)));
    }
}

#[test]
fn a_decimal_is_enclosed_by_neighbours() {
    for bits in [2, 53, 170, 1000] {
        let tenth = interval("0.1", bits);
        let mut above = tenth.lo.clone();
        above.next_up();
        assert!(exact(&tenth.lo) < Rational::fraction(1, 10) && exact(&tenth.hi) > Rational::fraction(1, 10));
        assert_eq!(tenth.hi, above);
        assert!(interval("0.5", bits) == interval("[0.5, 5e-1]", bits));
    }
    let entire = interval("[-inf, Infinity]", 60);
    assert!(entire.same_set(&MpInterval::entire(precision(60))) && entire.to_string() == "[-inf, inf]");
    assert!(interval("[ 1 , +inf ]", 60).upper().to_f64().is_infinite());
    // Between 1 and the next number of 60 bits, in this order and not in the other.
    let (less, more) = ("1.00000000000000000001", "1.00000000000000000002");
    assert!(interval(&format!("[{less}, {more}]"), 60).contains(&Mp::from_int(1, &precision(60))));
    assert!(MpInterval::parse(&format!("[{more}, {less}]"), &precision(60)).is_err());
    for bad in ["[2, 1]", "[1, 2", "inf", "", "1e400000000", "[inf, inf]", "[-inf, -inf]", "[1, nan]", "[,]"] {
        assert!(MpInterval::parse(bad, &precision(60)).is_err(), "{bad:?}");
    }
}

#[test]
fn unbounded_and_empty_sets_behave_as_sets() {
    let p = precision(80);
    let (entire, empty, zero) = (MpInterval::entire(p), MpInterval::empty(p), MpInterval::from_int(0, &p));
    let one = MpInterval::from_int(1, &p);
    assert!((zero.clone() * &entire).same_set(&zero));
    assert!((one.clone() / &zero).is_empty() && (one.clone() / &interval("[-1, 2]", 80)).same_set(&entire));
    let unbounded = one.clone() / &interval("[0, 2]", 80);
    assert!(unbounded.lower().to_f64() == 0.5 && unbounded.upper().to_f64().is_infinite());
    assert!((one.clone() / &unbounded).same_set(&interval("[0, 2]", 80)));
    assert!(interval("[-2, -1]", 80).sqrt().is_empty() && interval("[-2, 0]", 80).ln().is_empty());
    assert!(zero.pow(&interval("-1", 80)).is_empty() && zero.pow(&zero) == one);
    assert!(
        (empty.clone() + &one).is_empty() && empty.exp().is_empty() && empty.sign().is_none() && !empty.is_finite()
    );
    assert!(empty.midpoint().to_f64().is_nan() && entire.midpoint().to_f64() == 0.0);
    assert!((entire.clone() / &entire).same_set(&entire) && (unbounded.clone() / &unbounded).lower().to_f64() == 0.0);
    assert!(MpInterval::from_f64(f64::INFINITY, &p).lower().is_finite());
    assert!(MpInterval::from_f64(f64::NAN, &p).same_set(&entire));
    assert!(MpInterval::new(&Mp::from_int(2, &p), &Mp::from_int(1, &p)).is_err());
    assert_eq!(interval("[0.25, 0.5]", 80).to_string(), "[0.25, 0.5]");
}
