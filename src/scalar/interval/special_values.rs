//! Special values, by hand.

use super::Interval;
use crate::scalar::{Real, Scalar};
use std::cmp::Ordering;

const INF: f64 = f64::INFINITY;
const TINY: f64 = 5e-324;

fn interval(lo: f64, hi: f64) -> Interval {
    Interval::new(lo, hi).unwrap()
}

#[track_caller]
fn same(a: Interval, lo: f64, hi: f64) {
    assert!(a.lo == lo && a.hi == hi, "{a:?} is not [{lo:?}, {hi:?}]");
}

#[test]
fn ends_are_in_order_and_enclose_a_real_number() {
    for (lo, hi) in [(1.0, 0.0), (f64::NAN, 1.0), (0.0, f64::NAN), (INF, INF), (-INF, -INF), (INF, -INF)] {
        let error = Interval::new(lo, hi).unwrap_err().to_string();
        assert!(error.starts_with("interval = ["), "{error}");
    }
    assert!(interval(-0.0, 0.0).is_point() && interval(0.0, -0.0).is_point());
}

#[test]
fn what_is_no_number_encloses_where_it_may_come_from() {
    same(Interval::point(f64::NAN), -INF, INF);
    same(Interval::point(INF), f64::MAX, INF);
    same(Interval::from_f64(-INF, &()), -INF, -f64::MAX);
}

#[test]
fn what_is_no_number_makes_nothing_certain() {
    let x = interval(1.0, 2.0);
    for nan in [f64::NAN, -f64::NAN] {
        assert!(!x.contains(nan) && !Interval::ENTIRE.contains(nan) && !Interval::EMPTY.contains(nan));
        same(x.scale(nan), -INF, INF);
        same(x.inflate(nan), -INF, INF);
        same(x + Interval::point(nan), -INF, INF);
        assert!(Interval::EMPTY.inflate(nan).is_empty() && Interval::EMPTY.scale(nan).is_empty());
        assert!(Interval::from_f64(nan, &()).sign().is_none());
    }
    same(x.scale(INF), f64::MAX, INF);
    same(x.scale(-INF), -INF, -f64::MAX);
    same(interval(-1.0, 2.0).scale(INF), -INF, INF);
    same(x.inflate(INF), -INF, INF);
    same(x.inflate(-1.0), 0.0, 3.0);
    same(interval(-0.0, 0.0).scale(-1.0), 0.0, 0.0);
}

#[test]
fn integers_are_exact_or_enclosed_by_neighbours() {
    same(Interval::from_int(-7, &()), -7.0, -7.0);
    let beyond = (1_i64 << 53) + 1;
    same(Interval::from_int(beyond, &()), 9_007_199_254_740_992.0, 9_007_199_254_740_994.0);
    same(Interval::from_int(i64::MAX, &()), 9_223_372_036_854_774_784.0, 9_223_372_036_854_775_808.0);
    same(Interval::from_int(i64::MIN, &()), i64::MIN as f64, i64::MIN as f64);
    same(Interval::ONE.times(beyond), 9_007_199_254_740_992.0, 9_007_199_254_740_994.0);
    same(Interval::ONE.over(4), 0.25, 0.25);
}

#[test]
fn overflow_and_underflow_round_outward() {
    let (max, tiny) = (Interval::point(f64::MAX), Interval::point(TINY));
    same(max + max, f64::MAX, INF);
    same(-max - max, -INF, -f64::MAX);
    same(max * max, f64::MAX, INF);
    same(max * -max, -INF, -f64::MAX);
    same(tiny * tiny, 0.0, TINY);
    same(tiny * -tiny, -TINY, 0.0);
    same(tiny.over(2), 0.0, TINY);
    same(tiny / max, 0.0, TINY);
    same(max / tiny, f64::MAX, INF);
    same(max + tiny, f64::MAX, INF);
    same(Scalar::square(&max), f64::MAX, INF);
    same(Interval::point(710.0).exp(), f64::MAX, INF);
    same(Interval::point(-746.0).exp(), 0.0, TINY);
    same(Interval::point(-1e300).exp_m1(), -1.0, (-1f64).next_up());
    same(Interval::point(2.0).powi(i32::MAX), f64::MAX, INF);
    same(Interval::point(2.0).powi(i32::MIN), 0.0, TINY);
    same(Interval::point(2.0).powi(-1074), TINY, TINY);
}

#[test]
fn the_empty_set_absorbs() {
    let (e, x) = (Interval::EMPTY, interval(-1.0, 2.0));
    for result in [e + x, x + e, x - e, e * x, x * e, e / x, x / e, -e, e.square(), e.sqrt(), e.abs(), e.exp(), e.ln()]
    {
        assert!(result.is_empty(), "{result:?}");
    }
    for result in
        [e.exp_m1(), e.pow(x), x.pow(e), e.powi(0), e.powi(-3), e.scale(2.0), e.min(x), x.max(e), e.inflate(1.0)]
    {
        assert!(result.is_empty(), "{result:?}");
    }
    assert!(Interval::polynomial(&[x, x], e).is_empty());
    assert!(x.hull(e).same_set(x) && x.intersection(e).is_empty() && e.is_subset(x) && !x.is_subset(e));
    assert!(e.sign().is_none() && e.partial_cmp(&x).is_none() && !e.is_finite() && !e.contains(INF));
    assert!(e.midpoint().is_nan() && e.width().is_nan() && e.radius().is_nan() && e.magnitude().is_nan());
}

#[test]
fn division_by_zero_inside_gives_everything_and_at_an_end_a_half_line() {
    let one = Interval::ONE;
    same(one / interval(-1.0, 1.0), -INF, INF);
    same(one / interval(0.0, 2.0), 0.5, INF);
    same(one / interval(-2.0, -0.0), -INF, -0.5);
    same(interval(-1.0, 1.0) / interval(0.0, 1.0), -INF, INF);
    same(Interval::ZERO / interval(-1.0, 1.0), 0.0, 0.0);
    assert!((one / Interval::ZERO).is_empty() && (Interval::ENTIRE / interval(0.0, -0.0)).is_empty());
}

#[test]
fn zero_times_everything_is_zero() {
    same(Interval::ZERO * Interval::ENTIRE, 0.0, 0.0);
    same(interval(0.0, INF) * interval(-INF, 0.0), -INF, 0.0);
    let zeros = [Interval::ZERO; 5];
    same(Interval::convolve(&zeros, &[Interval::point(0.1); 5], 4), 0.0, 0.0);
}

#[test]
fn roots_and_logarithms_leave_out_what_has_none() {
    same(interval(-1.0, 4.0).sqrt(), 0.0, 2.0);
    assert!(interval(-2.0, -1.0).sqrt().is_empty() && interval(-2.0, 0.0).ln().is_empty());
    same(interval(-2.0, 1.0).ln(), -INF, 0.0);
    same(interval(-3.0, 2.0).square(), 0.0, 9.0);
    same(Interval::ENTIRE.exp(), 0.0, INF);
    same(Interval::ENTIRE.exp_m1(), -1.0, INF);
}

#[test]
fn powers_at_zero_and_one() {
    let zero = Interval::ZERO;
    same(zero.pow(zero), 1.0, 1.0);
    same(zero.pow(Interval::point(0.5)), 0.0, 0.0);
    assert!(zero.pow(Interval::point(-0.5)).is_empty() && zero.powi(-2).is_empty());
    same(zero.pow(interval(0.0, 1.0)), 0.0, 1.0);
    same(zero.powi(0), 1.0, 1.0);
    same(interval(0.0, 4.0).pow(Interval::point(-0.5)), 0.5, INF);
    same(Interval::ONE.pow(Interval::ENTIRE), 1.0, 1.0);
    same(interval(-2.0, 4.0).pow(Interval::point(0.5)), 0.0, 2.0);
    same(interval(-2.0, 3.0).powi(3), -8.0, 27.0);
    same(interval(-2.0, 3.0).powi(2), 0.0, 9.0);
    same(interval(-2.0, 4.0).powi(-1), -INF, INF);
    same(interval(-2.0, -0.0).powi(-3), -INF, -0.125);
}

#[test]
fn order_is_certain_or_none() {
    let (a, b) = (interval(1.0, 2.0), interval(2.0, 3.0));
    assert_eq!(a.partial_cmp(&b), None);
    assert!(a.precedes(b) && !a.strictly_precedes(b));
    assert_eq!(a.partial_cmp(&interval(2.5, 3.0)), Some(Ordering::Less));
    let again = a; // the same set, perhaps another number
    assert!(a != again && a.same_set(again) && Interval::point(1.0) == Interval::ONE);
    assert_eq!(interval(-0.0, 0.0).sign(), Some(Ordering::Equal));
    assert_eq!(interval(0.0, TINY).sign(), None);
    assert_eq!(interval(TINY, 1.0).sign(), Some(Ordering::Greater));
}

#[test]
fn the_slope_form_sees_what_horner_cannot() {
    // x - x^2 on [0.4, 0.6] has the range [0.24, 0.25]; Horner's rule alone gives [0.16, 0.36].
    let p = [Interval::ZERO, Interval::ONE, -Interval::ONE];
    let range = Interval::polynomial(&p, interval(0.4, 0.6));
    assert!(interval(0.24, 0.25).is_subset(range) && range.is_subset(interval(0.22, 0.28)), "{range}");
    same(Interval::polynomial(&[], Interval::ENTIRE), 0.0, 0.0);
    assert!(Interval::polynomial(&p, Interval::ENTIRE).contains(-1e300));
}
