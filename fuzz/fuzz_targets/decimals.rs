//! One decimal in three number systems: the exact one lies in the interval, and so does the double.
#![no_main]

use specdyn::scalar::{Interval, Rational, Real};

/// Exact numbers with larger exponents are allowed, and take long.
fn small(text: &str) -> bool {
    text.len() < 40 && !text.split(['e', 'E']).skip(1).any(|exponent| exponent.len() > 4)
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    let double = <f64 as Real>::parse(text, &());
    let interval = <Interval as Real>::parse(text, &());
    if let (Ok(double), Ok(interval)) = (&double, &interval) {
        assert!((interval.lower()..=interval.upper()).contains(double), "{text:?}: {double} outside {interval}");
    }
    if !small(text) {
        return;
    }
    if let Ok(exact) = <Rational as Real>::parse(text, &()) {
        assert_eq!(<Rational as Real>::parse(&exact.to_string(), &()).as_ref(), Ok(&exact), "printed and read again");
        if let Ok(interval) = interval
            && interval.lower().is_finite()
            && interval.upper().is_finite()
        {
            let (low, high) = (exact_of(interval.lower()), exact_of(interval.upper()));
            assert!(low <= exact && exact <= high, "{text:?}: {exact} outside {interval}");
        }
    }
});

/// A double is a fraction whose denominator is a power of two.
fn exact_of(x: f64) -> Rational {
    <Rational as Real>::from_f64(x, &())
}
