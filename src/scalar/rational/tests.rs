use super::*;
use proptest::prelude::*;

fn rational(text: &str) -> Rational {
    Rational::parse(text, &()).unwrap()
}

#[test]
fn a_decimal_means_what_it_says() {
    for (text, numerator, denominator) in [
        ("0.1", 1, 10),
        ("1e-3", 1, 1000),
        ("-2.50", -5, 2),
        ("1.5e3", 1500, 1),
        ("1/3", 1, 3),
        ("0.2/-0.3", -2, 3),
        ("0", 0, 1),
    ] {
        assert_eq!(rational(text), Rational::fraction(numerator, denominator), "{text}");
    }
    assert_eq!(rational("1e-300").size(), 997); // 10^300 has 997 bits
}

#[test]
fn what_is_not_a_decimal_or_would_fill_the_memory_is_refused() {
    for bad in ["", "one", "1/0", "1/", "inf", "NaN", "1e1000000000", "1e-1000001", "1/3/4"] {
        let error = Rational::parse(bad, &()).unwrap_err();
        assert_eq!(error.parameter, "number", "{bad:?}");
    }
}

#[test]
fn roots_and_powers_are_exact_or_undefined() {
    assert_eq!(rational("4/9").sqrt(), rational("2/3"));
    assert_eq!(rational("0").sqrt(), rational("0"));
    assert_eq!(rational("8/27").pow(&rational("-2/3")), rational("9/4"));
    assert_eq!(rational("0").pow(&rational("0")), rational("1"));
    assert_eq!(rational("7").pow(&rational("0")), rational("1"));
    for undefined in [
        rational("2").sqrt(),
        rational("-4").sqrt(),
        rational("4/3").sqrt(),
        rational("1") / rational("0"),
        rational("1").exp(),
        rational("2").ln(),
        rational("0").pow(&rational("-1")),
        rational("2").pow(&rational("1e12")),
        rational("2").pow(&rational("1/1000000007")),
    ] {
        assert!(!undefined.is_finite() && undefined.sign().is_none() && undefined.to_f64().is_nan());
        assert_ne!(undefined, undefined.clone());
        assert!(!(undefined.clone() + rational("1")).is_finite());
        assert_eq!(undefined.to_string(), "NaN");
    }
    assert_eq!(rational("1").ln(), rational("0").exp_m1());
}

proptest! {
    /// The standard library's decimal parser is correctly rounded: an independent oracle of `parse` and `to_f64` together.
    #[test]
    fn nearest_double_of_a_decimal_is_the_parsed_double(digits in "[0-9]{1,40}", exponent in -340_i32..300) {
        let text = format!("{digits}e{exponent}");
        prop_assert_eq!(rational(&text).to_f64(), text.parse::<f64>().unwrap());
    }

    #[test]
    fn doubles_pass_through_unchanged(x in any::<f64>()) {
        let exact = Rational::from_f64(x, &());
        prop_assert_eq!(exact.is_finite(), x.is_finite());
        prop_assert!(x.is_infinite() || exact.to_f64() == x || x.is_nan());
        prop_assert!(!x.is_finite() || rational(&exact.to_string()) == exact);
    }

    #[test]
    fn display_is_read_back_as_the_same_number(p in any::<i64>(), q in 1..i64::MAX, scale in -30_i64..30) {
        let x = Rational::fraction(p, q) * rational(&format!("1e{scale}"));
        prop_assert_eq!(rational(&x.to_string()), x);
    }

    #[test]
    fn field_axioms_hold_exactly(a in any::<(i64, i32)>(), b in any::<(i64, i32)>(), c in any::<(i64, i32)>()) {
        let [x, y, z] = [a, b, c].map(|(p, q)| Rational::fraction(p, i64::from(q) * 2 + 1));
        prop_assert_eq!((x.clone() + &y) * &z, x.clone() * &z + y.clone() * &z);
        prop_assert_eq!(x.clone() - &y + &y, x.clone());
        prop_assert_eq!((x.clone() * &y).sign(), (x.to_f64() * y.to_f64()).sign());
        prop_assert!(y.sign() == Some(Ordering::Equal) || x.clone() / &y * &y == x);
        prop_assert_eq!(x.partial_cmp(&y), (x - y).sign());
    }
}
