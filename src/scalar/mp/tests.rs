use super::*;
use crate::scalar::Rational;
use proptest::prelude::*;

fn precision(bits: u32) -> Precision {
    Precision::new(bits).unwrap()
}

fn number(text: &str, bits: u32) -> Mp {
    Mp::parse(text, &precision(bits)).unwrap()
}

/// The number as the exact rational it is.
fn exact(x: &Mp) -> Rational {
    if x.value.is_zero() {
        return Rational::from_int(0, &());
    }
    let (integer, exponent) = x.value.to_integer_exp().unwrap();
    let power = rug::Integer::from(1) << exponent.unsigned_abs();
    let text = if exponent < 0 { format!("{integer}/{power}") } else { (integer * power).to_string() };
    Rational::parse(&text, &()).unwrap()
}

/// `2^exponent`.
fn two_to(exponent: i64) -> Rational {
    Rational::from_int(2, &()).pow(&Rational::from_int(exponent, &()))
}

#[test]
fn at_53_bits_it_is_double_precision() {
    let x = [0.1, -3.7, 1e-300, 2.0_f64.sqrt(), 1e17, -0.0];
    for a in x {
        for b in x {
            let (p, q) = (Mp::from_f64(a, &precision(53)), Mp::from_f64(b, &precision(53)));
            assert_eq!((p.clone() + &q).to_f64(), a + b);
            assert_eq!((p.clone() - &q).to_f64(), a - b);
            assert_eq!((p.clone() * &q).to_f64(), a * b);
            assert!(b == 0.0 || (p.clone() / &q).to_f64() == a / b);
            assert_eq!(p.abs().sqrt().to_f64(), a.abs().sqrt());
            assert_eq!(p.times(-3).to_f64(), a * -3.0);
            assert_eq!(p.over(7).to_f64(), a / 7.0);
            assert_eq!(p.partial_cmp(&q), a.partial_cmp(&b));
            let mut sum = p.clone();
            sum.add_prod(&q, &q);
            assert_eq!(sum.to_f64(), b.mul_add(b, a));
        }
    }
}

#[test]
fn elementary_functions_are_known_to_fifty_digits() {
    let shows = |x: Mp, digits: &str| {
        let expected = number(digits, 170);
        assert!((x - &expected).abs() < expected.abs() * number("1e-49", 170), "{digits}");
    };
    let one = Mp::from_int(1, &precision(170));
    shows(one.exp(), "2.71828182845904523536028747135266249775724709369995");
    shows(one.times(2).ln(), "0.69314718055994530941723212145817656807550013436026");
    shows(one.times(2).sqrt(), "1.41421356237309504880168872420969807856967187537694");
    shows(one.times(2).pow(&number("0.1", 170)), "1.07177346253629316421300632502334202290638460497755");
    assert_eq!(number("1e-300", 170).exp_m1(), number("1e-300", 170));
    assert_eq!(one.int(0).pow(&one.int(0)), one);
    assert!(!(one.clone() / one.int(0)).is_finite() && (-one.clone()).sqrt().sign().is_none());
}

#[test]
fn precision_is_chosen_at_run_time_and_refused_outside_its_domain() {
    for bits in [0, 1, Precision::MAX + 1, 1_000_000_000] {
        let error = Precision::new(bits).unwrap_err();
        assert_eq!((error.parameter.as_str(), error.value.parse()), ("precision", Ok(f64::from(bits))));
    }
    assert_eq!(precision(4096).digits(), 1232);
    assert_eq!(Precision::for_digits(50).unwrap(), precision(168)); // 2^167 = 1.9e50
    assert!(Precision::for_digits(0).is_err() && Precision::for_digits(u32::MAX).is_err());
    for digits in [1, 15, 50, 1000, 315_652] {
        assert_eq!(Precision::for_digits(digits).unwrap().digits(), digits);
    }
    let x = number("0.1", 200);
    assert_eq!((x.times(3) + number("1", 53)).precision(), precision(200));
    assert_eq!(x.to_precision(precision(60)).precision().bits(), 60);
}

#[test]
fn a_decimal_is_rounded_once_and_nothing_else_is_read() {
    for (text, bits) in [("0.1", 2), ("0.1", 170), ("1e-300", 64), ("123456789.123456789e-12", 90), ("-7e55", 3322)] {
        let error = (exact(&number(text, bits)) - &Rational::parse(text, &()).unwrap()).abs();
        assert!(error <= exact(&number(text, bits)).abs() * two_to(-i64::from(bits)), "{text} at {bits} bits");
    }
    for bad in ["", "nan", "inf", "0x1p3", "1e400000000", "1e-400000000", "1_0", "@nan@"] {
        assert_eq!(Mp::parse(bad, &precision(64)).unwrap_err().parameter, "number", "{bad:?}");
    }
}

#[test]
fn display_is_the_shortest_that_reads_back() {
    assert_eq!(number("0.1", 53).to_string(), "0.1");
    assert_eq!(number("0.3", 1000).to_string(), "0.3");
    assert_eq!(number("-1e-300", 64).to_string(), "-1e-300");
    assert_eq!(number("1e22", 200).to_string(), "1e22");
    assert_eq!(number("0", 9).to_string(), "0");
    assert_eq!((number("1", 53) / number("3", 53)).to_string(), "0.3333333333333333");
    assert_eq!((number("1", 9) / number("0", 9)).to_string(), "inf");
}

#[test]
fn a_product_of_series_that_overflows_or_is_undefined_says_so() {
    let (x, infinity) = (number("1.5", 100), number("1", 100) / number("0", 100));
    let series = [x.clone(), infinity.clone()];
    assert_eq!(Mp::convolve(&series, &[x.clone(), x.clone()], 1), infinity);
    let zeros = [number("0", 100), number("0", 100)];
    assert_eq!(Mp::convolve(&zeros, &[x.clone(), x.clone()], 1), x.int(0));
    assert!(Mp::convolve(&zeros, &series, 1).sign().is_none()); // 0 * infinity
}

proptest! {
    #[test]
    fn display_is_read_back_as_the_same_number(x in any::<i64>(), y in 1_i64.., scale in -300_i32..300, bits in 2_u32..400) {
        let z = Mp::from_int(x, &precision(bits)) / Mp::from_int(y, &precision(bits)) * number(&format!("1e{scale}"), bits);
        prop_assert_eq!(number(&z.to_string(), bits), z);
    }

    #[test]
    fn display_at_53_bits_has_as_many_digits_as_the_standard_library(x in any::<f64>()) {
        prop_assume!(x.is_normal());
        let count = |text: String| text.split('e').next().unwrap().trim_matches(|c| "-0.".contains(c)).replace('.', "").len();
        let mine = Mp::from_f64(x, &precision(53)).to_string();
        prop_assert_eq!(mine.parse::<f64>().unwrap(), x);
        prop_assert_eq!(count(mine), count(format!("{x:e}")));
    }

    /// The bounds of the modules' documentation, against exact rationals; above 64 limbs they hold as well. Without digits that are not wanted, the
    /// error is a few thousandths of the last place, and at most `2^below` a product with them.
    #[test]
    fn convolution_is_one_rounding_of_the_exact_sum(
        terms in prop::collection::vec((any::<i64>(), -80_i32..80, any::<i64>(), -80_i32..80), 1..12),
        bits in prop::sample::select(vec![2_u32, 53, 64, 65, 113, 128, 170, 192, 193, 256, 300, 336, 400, 512, 513, 700, 1024, 2112, 4100]),
        wanted in -4.0..1.1_f64,
        square in any::<bool>(),
    ) {
        let element = |(n, shift): (i64, i32)| {
            let x = Mp::from_int(n, &precision(bits)) / Mp::from_int(3, &precision(bits));
            Mp::from_float(x.value << shift)
        };
        let a: Vec<_> = terms.iter().map(|&(x, s, _, _)| element((x, s))).collect();
        let b: Vec<_> = terms.iter().map(|&(_, _, y, t)| element((y, t))).collect();
        let b = if square { &a } else { &b };
        let k = terms.len() - 1;
        let products: Vec<_> = (0..=k).map(|i| exact(&a[i]) * exact(&b[k - i])).collect();
        let sum = products.iter().fold(Rational::from_int(0, &()), |sum, x| sum + x);
        let largest = products.iter().map(Real::abs).fold(Rational::from_int(0, &()), |m, x| if x > m { x } else { m });
        let left_out = if bits > 512 { -56 } else { -61 };
        let cut = largest * two_to(left_out - i64::from(bits)).times(k as i64 + 1);
        let error = |result: Mp| {
            let rounding = exact(&result).abs() * two_to(-i64::from(bits));
            (exact(&result) - &sum).abs() - rounding
        };
        prop_assert!(error(Mp::convolve(&a, b, k)) <= cut);
        let size = (0..=k).map(|i| (a[i].clone() * &b[k - i]).magnitude()).fold(f64::MIN, f64::max);
        prop_assume!(size > f64::MIN);
        let below = (size - wanted * f64::from(bits)).floor() as i64;
        prop_assert!(error(Mp::convolve_above(&a, b, k, below)) <= cut + two_to(below).times(k as i64 + 1));
    }
}
