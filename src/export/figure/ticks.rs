//! Where an axis has ticks, and what they say.

use super::axis::{Range, Scale};
use super::label::Label;
use crate::export::shortest;

#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct Ticks {
    pub(super) major: Vec<(f64, Label)>,
    pub(super) minor: Vec<f64>,
}

/// Ticks at round values inside a range, at most `most` (2 or more) of them labelled.
pub(super) fn ticks(range: &Range, most: usize) -> Ticks {
    let most = most.max(2);
    match range.scale {
        Scale::Linear => linear(range.from, range.to, most),
        Scale::Log => logarithmic(range, most),
    }
}

/// The one tick of an axis that has one value.
pub(super) fn only(value: f64) -> Ticks {
    let text = shortest(value).replace('-', "−");
    let label = match text.split_once('e') {
        None => Label::plain(text),
        Some((factor, exponent)) => {
            let exponent = exponent.replace('−', "-").parse().unwrap_or(0); // always a whole number
            Label::power_of_ten(Some(factor).filter(|factor| *factor != "1"), exponent)
        }
    };
    Ticks { major: vec![(value, label)], minor: Vec::new() }
}

/// Multiples of 1, 2 or 5 times a power of ten, that step the least that gives no more than `most`.
fn linear(from: f64, to: f64, most: usize) -> Ticks {
    let mut exponent = libm::floor(libm::log10((to - from) / most as f64)) as i32;
    let (mut first, mut last, mut factor);
    'search: loop {
        for candidate in [1, 2, 5] {
            factor = candidate;
            (first, last) = multiples(from, to, factor, exponent);
            if ((last - first + 1) as usize) <= most {
                break 'search;
            }
        }
        exponent += 1;
    }
    let step_count = |i: i64| i * factor;
    let scientific = needs_exponent(step_count(first).abs().max(step_count(last).abs()), exponent);
    let major = (first..=last)
        .map(|i| (decimal_value(step_count(i), exponent), decimal_label(step_count(i), exponent, scientific)))
        .collect();
    // Fifths of a step of 1 or 5, quarters of a step of 2: in units of a tenth of the power of ten, 2, 10 and 5.
    let (parts, unit) = if factor == 2 { (4, 5) } else { (5, 2 * factor) };
    let (first, last) = multiples(from, to, unit, exponent - 1);
    let minor = (first..=last).filter(|i| i % parts != 0).map(|i| decimal_value(i * unit, exponent - 1)).collect();
    Ticks { major, minor }
}

/// The least and the greatest `i` with `i * factor * 10^exponent` in the interval, ends included up to rounding.
fn multiples(from: f64, to: f64, factor: i64, exponent: i32) -> (i64, i64) {
    const ROUNDING: f64 = 1e-9; // in steps: no eye sees it
    let step = decimal_value(factor, exponent);
    (libm::ceil(from / step - ROUNDING) as i64, libm::floor(to / step + ROUNDING) as i64)
}

/// The double nearest to `count * 10^exponent`.
fn decimal_value(count: i64, exponent: i32) -> f64 {
    format!("{count}e{exponent}").parse().unwrap_or(f64::NAN) // always a number
}

fn needs_exponent(largest_count: i64, exponent: i32) -> bool {
    let largest = decimal_value(largest_count, exponent);
    largest >= 1e5 || (largest > 0.0 && exponent < -4)
}

/// `count * 10^exponent` in digits, exactly.
fn decimal_label(count: i64, exponent: i32, scientific: bool) -> Label {
    let sign = if count < 0 { "−" } else { "" };
    let digits = count.unsigned_abs().to_string();
    if scientific && count == 0 {
        return Label::plain("0");
    }
    if scientific {
        let power = exponent + digits.len() as i32 - 1;
        let significant = digits.trim_end_matches('0');
        let (head, tail) = significant.split_at(1);
        let point = if tail.is_empty() { "" } else { "." };
        return Label::power_of_ten(Some(&format!("{sign}{head}{point}{tail}")), power);
    }
    if exponent >= 0 {
        let zeros = if count == 0 { String::new() } else { "0".repeat(exponent as usize) };
        return Label::plain(format!("{sign}{digits}{zeros}"));
    }
    let places = exponent.unsigned_abs() as usize;
    let padded = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = padded.split_at(padded.len() - places);
    Label::plain(format!("{sign}{whole}.{fraction}"))
}

/// Powers of ten where there are two or more; 1, 2 and 5 times them in a shorter range, or 1 and 3 times where those are too many; round numbers in one
/// shorter still.
fn logarithmic(range: &Range, most: usize) -> Ticks {
    const ROUNDING: f64 = 1e-9; // in decades
    let within = |value: f64| {
        let coordinate = Scale::Log.coordinate(value);
        range.from - ROUNDING <= coordinate && coordinate <= range.to + ROUNDING
    };
    let (first, last) = (libm::ceil(range.from - ROUNDING) as i32, libm::floor(range.to + ROUNDING) as i32);
    let multiples = |factors: &[i64]| -> Vec<(i64, i32)> {
        (first - 1..=last).flat_map(|k| factors.iter().map(move |m| (*m, k)).collect::<Vec<_>>()).collect()
    };
    let values = |factors: &[i64]| -> Vec<f64> {
        multiples(factors).into_iter().map(|(m, k)| decimal_value(m, k)).filter(|value| within(*value)).collect()
    };
    let decades = usize::try_from(last - first + 1).unwrap_or(0);
    if decades >= 2 {
        let stride = decades.div_ceil(most) as i32;
        let round = |k: &i32| k.rem_euclid(stride) == 0;
        let labelled: Vec<i32> = match (first..=last).filter(round).collect::<Vec<_>>() {
            few if few.len() < 2 => (first..=last).step_by(stride as usize).collect(),
            many => many,
        };
        let minor = if stride == 1 {
            values(&[2, 3, 4, 5, 6, 7, 8, 9])
        } else {
            (first..=last).filter(|k| !labelled.contains(k)).map(|k| decimal_value(1, k)).collect()
        };
        let major = labelled.into_iter().map(|k| (decimal_value(1, k), Label::power_of_ten(None, k))).collect();
        return Ticks { major, minor };
    }
    for factors in [&[1, 2, 5][..], &[1, 3]] {
        let labelled: Vec<(i64, i32)> =
            multiples(factors).into_iter().filter(|(m, k)| within(decimal_value(*m, *k))).collect();
        if (2..=most).contains(&labelled.len()) {
            let scientific = labelled.iter().any(|(m, k)| needs_exponent(*m, *k));
            let major =
                labelled.iter().map(|(m, k)| (decimal_value(*m, *k), decimal_label(*m, *k, scientific))).collect();
            let rest: Vec<i64> = (2..=9).filter(|m| !factors.contains(m)).collect();
            return Ticks { major, minor: values(&rest) };
        }
    }
    linear(libm::exp10(range.from), libm::exp10(range.to), most)
}

#[cfg(test)]
mod tests {
    use super::super::label::Shift;
    use super::*;
    use proptest::prelude::*;

    fn said(range: Range, most: usize) -> Vec<String> {
        ticks(&range, most).major.iter().map(|(_, label)| label.to_string()).collect()
    }

    #[test]
    fn linear_ticks_are_round_and_exact() {
        let linear = |from, to| Range::new(Scale::Linear, from, to);
        assert_eq!(said(linear(-0.25, 20.25), 6), ["0", "5", "10", "15", "20"]);
        assert_eq!(said(linear(0.0, 1.0), 6), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(said(linear(-1.0, 1.0), 5), ["−1.0", "−0.5", "0.0", "0.5", "1.0"]);
        assert_eq!(said(linear(0.0, 1e7), 3), ["0", "5×106", "1×107"]);
        assert_eq!(said(linear(0.0, 2e-7), 3), ["0", "1×10−7", "2×10−7"]);
        assert_eq!(ticks(&linear(0.0, 1.0), 6).major[3].0, 0.6, "the double next to 0.6, not 3 times 0.2");
    }

    #[test]
    fn log_ticks_are_decades_with_their_multiples_between() {
        let log = |from, to| Range::new(Scale::Log, from, to);
        assert_eq!(said(log(-6.1, -0.9), 6), ["10−6", "10−5", "10−4", "10−3", "10−2", "10−1"]);
        assert_eq!(said(log(-6.1, -0.9), 4), ["10−6", "10−4", "10−2"]);
        assert_eq!(said(log(0.0, 0.8), 6), ["1", "2", "5"]);
        assert_eq!(said(log(-0.9, 0.9), 4), ["0.3", "1", "3"]);
        assert_eq!(said(log(0.31, 0.6), 5), ["2.5", "3.0", "3.5"]);
        let fine = ticks(&log(-1.0, 1.0), 6);
        assert_eq!(fine.minor.len(), 16);
        assert_eq!(fine.minor[..3], [0.2, 0.3, 0.4]);
    }

    #[test]
    fn a_single_value_is_its_own_tick() {
        let said = |value: f64| only(value).major[0].1.to_string();
        assert_eq!([0.001, -20.0, 1e-6, 2.5e-7].map(said), ["0.001", "−20", "10−6", "2.5×10−7"]);
    }

    #[test]
    fn the_ends_of_the_number_line_have_ticks_too() {
        for (from, to) in
            [(-f64::MAX, f64::MAX), (0.0, f64::MIN_POSITIVE), (0.0, 5e-324), (f64::MAX, f64::MAX), (1.0, 1.0 + 1e-15)]
        {
            assert!(!ticks(&Range::new(Scale::Linear, from, to), 5).major.is_empty(), "{from} {to}");
            let log = Range::of(Scale::Log, [from, to].into_iter()).unwrap_or(Range::new(Scale::Log, 0.0, 0.0));
            assert!(!ticks(&log, 5).major.is_empty(), "{log:?}");
        }
    }

    fn ranges() -> impl Strategy<Value = Range> {
        let ends = (-300.0..300.0_f64, 1e-6..1.0_f64, 0..8_i32, any::<bool>());
        ends.prop_map(|(from, length, decade, log)| {
            if log {
                Range::new(Scale::Log, from * 0.9, (from * 0.9 + length * 40.0).min(300.0))
            } else {
                let size = 10_f64.powi(decade - 4);
                Range::new(Scale::Linear, from * size, (from + length * 100.0) * size)
            }
        })
    }

    proptest! {
        #[test]
        fn ticks_lie_in_the_range_in_order_and_say_what_they_are(range in ranges(), most in 2..10_usize) {
            let Ticks { major, minor } = ticks(&range, most);
            prop_assert!(major.len() <= most);
            // A tick may lie a billionth of a step outside, where no eye sees it.
            let inside = |value: f64| (-1e-9..=1.0 + 1e-9).contains(&range.fraction(value));
            prop_assert!(major.iter().map(|(value, _)| value).chain(&minor).all(|value| inside(*value)), "{major:?} {minor:?}");
            prop_assert!(major.windows(2).all(|pair| pair[0].0 < pair[1].0));
            prop_assert!(minor.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(minor.iter().all(|value| major.iter().all(|(other, _)| other != value)));
            for (value, label) in &major {
                let said = label.spans.iter().fold(String::new(), |said, span| match span.shift {
                    Shift::None => said + &span.text.replace("×10", "e").replace('−', "-"),
                    _ => said + &span.text.replace('−', "-"),
                });
                let said = if label.spans.len() == 2 && !said.contains('e') { said.replacen("10", "1e", 1) } else { said };
                prop_assert_eq!(said.parse::<f64>().unwrap(), *value, "{}", label);
            }
        }

        #[test]
        fn linear_ticks_are_evenly_spaced_and_as_many_as_round_steps_allow(
            from in -100.0..100.0_f64, length in 1e-3..1e3_f64, most in 4..10_usize,
        ) {
            let major = ticks(&Range::new(Scale::Linear, from, from + length), most).major;
            // Steps grow by at most 2.5, so at least most/2.5 - 1 intervals remain.
            prop_assert!(major.len() as f64 >= (most as f64 / 2.5 - 1.0).floor().max(1.0), "{major:?}");
            let step = (major[major.len() - 1].0 - major[0].0) / (major.len() - 1).max(1) as f64;
            for pair in major.windows(2) {
                prop_assert!((pair[1].0 - pair[0].0 - step).abs() <= 1e-12 * (from.abs() + length));
            }
        }

        #[test]
        fn a_log_axis_of_two_decades_or_more_has_evenly_spaced_powers_of_ten(
            from in -300.0..280.0_f64, length in 2.0..18.0_f64, most in 3..10_usize,
        ) {
            let major = ticks(&Range::new(Scale::Log, from, from + length), most).major;
            prop_assert!(major.len() >= 2);
            let powers: Vec<i32> = major.iter().map(|(value, _)| libm::log10(*value).round() as i32).collect();
            prop_assert!(powers.windows(2).all(|pair| pair[1] - pair[0] == powers[1] - powers[0]), "{powers:?}");
        }
    }
}
