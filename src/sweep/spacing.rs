//! Equally spaced numbers, each a function of the number that it stands for, so that grids of other ranges and counts have in common,
//! bit for bit, whatever values they have in common.

use crate::scalar::Real;

/// `count` values from `start` to `stop`, both included, equally spaced.
///
/// Where the ends are decimals of moderate length, as people write them, a value is the double nearest to the exact one.
pub(super) fn linear(start: f64, stop: f64, count: usize) -> Vec<f64> {
    let exact = common(start, stop);
    spaced(start, stop, count, |i, last| {
        let rounded_once = exact.and_then(|(a, b, unit)| {
            let (i, last) = (i as i128, last as i128);
            quotient(a * (last - i) + b * i, last * unit)
        });
        rounded_once.unwrap_or_else(|| between(start, stop, i, last))
    })
}

/// The same, equally spaced in the logarithm; both ends are positive.
///
/// Where both have the same digits, as powers of ten have, whole decades are decimals, and what lies between them is computed from
/// the decade below and the exact part of a decade. Elsewhere a short decimal that is met is met: see [`short`].
pub(super) fn logarithmic(start: f64, stop: f64, count: usize) -> Vec<f64> {
    let (from, to) = (digits(start), digits(stop));
    let (ln_start, ln_stop) = (Real::ln(&start), Real::ln(&stop));
    spaced(start, stop, count, |i, last| {
        if from.0 != to.0 {
            return short(between(ln_start, ln_stop, i, last));
        }
        let (i, last) = (i as i128, last as i128);
        let exponent = from.1 * (last - i) + to.1 * i;
        let (decade, part) = (exponent.div_euclid(last), exponent.rem_euclid(last));
        let decade = format!("{}e{decade}", from.0).parse::<f64>().expect("digits and an exponent are a number");
        if part == 0 { decade } else { decade * Real::exp(&(std::f64::consts::LN_10 * (part as f64 / last as f64))) }
    })
}

/// The ends as they are, and the values in between by their number and the last number.
fn spaced(start: f64, stop: f64, count: usize, value: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let last = count - 1;
    (0..count)
        .map(|i| match i {
            0 => start,
            i if i == last => stop,
            i => value(i, last),
        })
        .collect()
}

fn between(from: f64, to: f64, i: usize, last: usize) -> f64 {
    let share = i as f64 / last as f64;
    from * (1.0 - share) + to * share
}

/// `exp(x)`; where a decimal of at most four digits is as close as the rounding of x lets one tell, that decimal.
fn short(x: f64) -> f64 {
    let value = Real::exp(&x);
    let decimal = format!("{value:.3e}").parse().unwrap_or(value);
    // x = log(start)(1 - share) + log(stop) share: some roundings of numbers up to 745, which exp makes relative errors.
    let unsure = 4.0 * f64::EPSILON * (1.0 + x.abs());
    if (decimal / value - 1.0).abs() <= unsure { decimal } else { value }
}

/// Integers up to here are doubles, and their quotients are rounded once.
const EXACT: i128 = 1 << 53;

/// `numerator / denominator` (positive), rounded once; `None` where the reduced fraction has too many digits.
fn quotient(mut numerator: i128, mut denominator: i128) -> Option<f64> {
    let fits = |numerator: i128, denominator: i128| numerator.abs() <= EXACT && denominator <= EXACT;
    if !fits(numerator, denominator) {
        let divisor = common_divisor(numerator.abs(), denominator);
        (numerator, denominator) = (numerator / divisor, denominator / divisor);
    }
    fits(numerator, denominator).then(|| numerator as f64 / denominator as f64)
}

fn common_divisor(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

/// `start` and `stop` as integers over a common power of ten, which comes third.
fn common(start: f64, stop: f64) -> Option<(i128, i128, i128)> {
    let (a, b) = (decimal(start)?, decimal(stop)?);
    let places = a.1.max(b.1);
    let scaled =
        |(number, own): (i128, u32)| number.checked_mul(10_i128.pow(places - own)).filter(|n| n.abs() <= EXACT);
    Some((scaled(a)?, scaled(b)?, 10_i128.pow(places)))
}

/// `value` as an integer over a power of ten that is a double, with its exponent.
fn decimal(value: f64) -> Option<(i128, u32)> {
    let mut unit = 1.0_f64;
    for places in 0..=22 {
        let scaled = (value * unit).round();
        if scaled.abs() > EXACT as f64 {
            return None;
        }
        if scaled / unit == value {
            return Some((scaled as i128, places));
        }
        unit *= 10.0;
    }
    None
}

/// The shortest digits of a positive `value`, as `d.ddd`, and its decimal exponent.
fn digits(value: f64) -> (String, i128) {
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').expect("{:e} writes an e");
    (digits.into(), exponent.parse().expect("an integer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_the_decimals_that_people_would_write() {
        let tenths = linear(0.0, 20.0, 201);
        assert!((0..=200).all(|i| tenths[i] == format!("{}.{}", i / 10, i % 10).parse::<f64>().unwrap()));
        assert_eq!(linear(0.1, 0.5, 5), [0.1, 0.2, 0.3, 0.4, 0.5]);
        assert_eq!(linear(-1.0, 1.0, 3), [-1.0, 0.0, 1.0]);
        assert_eq!(logarithmic(1e-6, 1e-1, 6), [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1]);
        assert_eq!(logarithmic(2.5e-300, 2.5e300, 7), [2.5e-300, 2.5e-200, 2.5e-100, 2.5, 2.5e100, 2.5e200, 2.5e300]);
        assert_eq!(linear(7.0, 7.0, 1), [7.0]);
    }

    #[test]
    fn other_ranges_and_counts_have_their_common_values_bit_for_bit() {
        let holds = |large: &[f64], small: &[f64]| small.iter().all(|value| large.contains(value));
        for (small, large) in [
            ((0.0, 20.0, 201), (0.0, 30.0, 301)),
            ((5.0, 20.0, 16), (0.0, 40.0, 81)),
            ((0.1, 1.5, 15), (0.0, 2.3, 24)),
            ((1e-9, 0.3, 4), (1e-9, 0.6 - 1e-9, 7)),
            ((-0.7, 0.2, 10), (-1.0, 1.0, 21)),
            ((0.0, 1.0, 8), (0.0, 3.0, 43)),
        ] {
            let of = |(start, stop, count)| linear(start, stop, count);
            assert!(holds(&of(large), &of(small)), "{small:?} in {large:?}");
        }
        for (small, large) in [
            ((1e-6, 1e-1, 101), (1e-9, 1.0, 181)),
            ((1e-4, 1e-2, 14), (1e-4, 1.0, 27)),
            ((3e-5, 3e-2, 10), (3e-6, 3e-1, 16)),
        ] {
            let of = |(start, stop, count)| logarithmic(start, stop, count);
            assert!(holds(&of(large), &of(small)), "{small:?} in {large:?}");
        }
    }

    #[test]
    fn values_are_as_accurate_as_doubles_whatever_the_ends() {
        let ends =
            [(1e-17 / 3.0, 1.0), (0.1 + 1e-16, 7.3), (std::f64::consts::PI, 1e9), (1e-6, 0.5), (123456.789, 1e17)];
        for (start, stop) in ends {
            let (line, decades) = (linear(start, stop, 1000), logarithmic(start, stop, 1000));
            for i in 0..1000 {
                let share = i as f64 / 999.0;
                let on_line = start * (1.0 - share) + stop * share;
                assert!((line[i] - on_line).abs() <= 4.0 * f64::EPSILON * stop);
                let expected = libm::exp(libm::log(start) * (1.0 - share) + libm::log(stop) * share);
                let rounding = 4.0 * f64::EPSILON * (1.0 + libm::log(start).abs() + libm::log(stop).abs());
                assert!((decades[i] / expected - 1.0).abs() <= rounding, "{start} to {stop}, {i}");
            }
            assert!(line.is_sorted_by(|a, b| a < b) && decades.is_sorted_by(|a, b| a < b));
        }
    }
}
