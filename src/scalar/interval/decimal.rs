//! Decimals in and out, always outward.
//!
//! A double is a finite decimal (of at most 767 digits), which the standard library prints exactly when asked for all of
//! them. So text and double are compared digit by digit, without arithmetic.

use super::Interval;
use crate::scalar::DomainError;
use std::cmp::Ordering;
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

/// `0.d_1 d_2 ... * 10^exponent`, no zero at either end of the digits; no digits is 0.
#[derive(Clone, Debug, PartialEq)]
struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl Decimal {
    /// Reads a number in the syntax of [`f64::from_str`], without its infinities and NaN.
    fn read(text: &str) -> Option<Self> {
        text.parse::<f64>().ok()?;
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let negative = whole.starts_with('-');
        let whole = whole.trim_start_matches(['+', '-']);
        if !whole.bytes().chain(fraction.bytes()).all(|digit| digit.is_ascii_digit()) {
            return None; // inf, nan
        }
        let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|digit| digit - b'0').collect();
        let leading = digits.iter().take_while(|&&digit| digit == 0).count();
        let kept = digits.iter().rposition(|&digit| digit != 0).map_or(leading, |last| last + 1);
        // An exponent that overflows is saturated: its number is beyond all doubles either way.
        let limit = if exponent.starts_with('-') { i64::MIN / 4 } else { i64::MAX / 4 };
        let exponent = exponent.parse::<i64>().map_or(limit, |e| e.clamp(i64::MIN / 4, i64::MAX / 4));
        Some(Self {
            negative,
            digits: digits[leading..kept].to_vec(),
            exponent: exponent.saturating_add(whole.len() as i64 - leading as i64),
        })
    }

    /// All digits of a finite double.
    fn exactly(x: f64) -> Self {
        Self::read(&format!("{x:.766e}")).expect("a finite double prints as a decimal")
    }

    fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    fn cmp_magnitude(&self, other: &Self) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            _ => self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits)),
        }
    }

    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |x: &Self| {
            if x.is_zero() {
                0
            } else if x.negative {
                -1
            } else {
                1
            }
        };
        let magnitude = self.cmp_magnitude(other);
        let magnitude = if self.negative { magnitude.reverse() } else { magnitude };
        sign(self).cmp(&sign(other)).then(magnitude)
    }

    /// At most `count` digits, rounded toward zero or away from it.
    fn shortened(mut self, count: usize, away: bool) -> Self {
        if self.digits.len() <= count {
            return self;
        }
        self.digits.truncate(count);
        if away {
            while self.digits.last() == Some(&9) {
                self.digits.pop();
            }
            match self.digits.last_mut() {
                Some(digit) => *digit += 1,
                None => {
                    self.digits.push(1);
                    self.exponent += 1;
                }
            }
        }
        let kept = self.digits.iter().rposition(|&digit| digit != 0).map_or(0, |last| last + 1);
        self.digits.truncate(kept);
        self
    }
}

impl Display for Decimal {
    /// Positional between 1e-5 and 1e17, else scientific.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return f.write_str("0");
        }
        let digits: String = self.digits.iter().map(|&digit| char::from(b'0' + digit)).collect();
        let (sign, count) = (if self.negative { "-" } else { "" }, digits.len());
        match self.exponent {
            e @ -4..=0 => write!(f, "{sign}0.{}{digits}", "0".repeat(-e as usize)),
            e @ 1..=17 if e as usize >= count => write!(f, "{sign}{digits}{}", "0".repeat(e as usize - count)),
            e @ 1..=17 => write!(f, "{sign}{}.{}", &digits[..e as usize], &digits[e as usize..]),
            e if count == 1 => write!(f, "{sign}{digits}e{}", e - 1),
            e => write!(f, "{sign}{}.{}e{}", &digits[..1], &digits[1..], e - 1),
        }
    }
}

/// The tightest interval around the decimal number `text`.
fn enclose(text: &str) -> Option<Interval> {
    let exact = Decimal::read(text)?;
    let nearest: f64 = text.parse().ok()?;
    let nearest = nearest.clamp(f64::MIN, f64::MAX);
    let (mut lo, mut hi) = (nearest, nearest);
    while lo.is_finite() && Decimal::exactly(lo).cmp(&exact).is_gt() {
        lo = lo.next_down();
    }
    while hi.is_finite() && Decimal::exactly(hi).cmp(&exact).is_lt() {
        hi = hi.next_up();
    }
    Some(Interval { lo, hi })
}

/// Whether `text` is a name of this infinity, as [`f64::from_str`] knows them: `inf`, `-Infinity`.
fn names(text: &str, infinity: f64) -> bool {
    Decimal::read(text).is_none() && text.parse() == Ok(infinity)
}

/// One decimal, or `[a, b]`, `a` may be `-inf` and `b` `inf`.
pub(super) fn parse(text: &str) -> Result<Interval, DomainError> {
    let error = || DomainError::new("number", format!("{text:?}"), "a finite decimal number, or [a, b] with a <= b");
    let text = text.trim();
    let Some(inside) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        return enclose(text).ok_or_else(error);
    };
    let (a, b) = inside.split_once(',').unwrap_or((inside, inside));
    let (a, b) = (a.trim(), b.trim());
    let lo = if names(a, f64::NEG_INFINITY) { Interval::ENTIRE } else { enclose(a).ok_or_else(error)? };
    let hi = if names(b, f64::INFINITY) { Interval::ENTIRE } else { enclose(b).ok_or_else(error)? };
    let ordered = match (Decimal::read(a), Decimal::read(b)) {
        (Some(a), Some(b)) => a.cmp(&b).is_le(),
        _ => true,
    };
    if ordered { Ok(Interval { lo: lo.lo, hi: hi.hi }) } else { Err(error()) }
}

/// Digits that tell any two doubles apart.
const DIGITS: usize = 17;

/// A decimal at most `x` (or at least `x`): the shortest one that reads back as x if it lies on that side, else x cut to
/// `count` digits in that direction.
fn outward(x: f64, down: bool, count: usize) -> String {
    if x.is_infinite() {
        return x.to_string();
    }
    let exact = Decimal::exactly(x);
    let side = if down { Ordering::Greater } else { Ordering::Less };
    let shortest =
        Decimal::read(&format!("{x:e}")).filter(|short| short.digits.len() <= count && short.cmp(&exact) != side);
    shortest
        .unwrap_or_else(|| {
            let away = exact.negative == down;
            exact.shortened(count, away)
        })
        .to_string()
}

impl Interval {
    /// Decimals below the lower end and above the upper end, each as short as 17 digits allow: what to print in a table.
    pub fn decimal_bounds(self) -> (String, String) {
        (outward(self.lo, true, DIGITS), outward(self.hi, false, DIGITS))
    }
}

/// `[lo, hi]` in decimals rounded outward, so that what is printed still contains the interval; a single number without
/// brackets if 17 digits are all of it. `{:.5}` asks for 5 significant digits.
impl Display for Interval {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let count = f.precision().unwrap_or(DIGITS).max(1);
        let (lo, hi) = (outward(self.lo, true, count), outward(self.hi, false, count));
        // Padding only: the precision must not cut the text.
        let text = match (self.is_empty(), lo == hi) {
            (true, _) => "[empty]".to_string(),
            (_, true) => lo,
            _ => format!("[{lo}, {hi}]"),
        };
        match f.width() {
            Some(width) => write!(f, "{text:>width$}"),
            None => f.write_str(&text),
        }
    }
}

impl FromStr for Interval {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Interval {
        text.parse().unwrap()
    }

    #[test]
    fn a_decimal_is_a_point_or_between_two_neighbours() {
        for (text, x) in
            [("0.5", 0.5), ("1e22", 1e22), (" -12.25e+1 ", -122.5), ("0", 0.0), ("-0.0e9", 0.0), ("5.", 5.0)]
        {
            assert!(read(text).same_set(Interval::point(x)), "{text}: {:?}", read(text));
        }
        let tenth = read("0.1");
        assert_eq!((tenth.lo, tenth.hi), (0.1_f64.next_down(), 0.1)); // the double 0.1 lies above 1/10
        assert_eq!(read("-.1").lo, -0.1);
        assert_eq!((read("1e-400").lo, read("1e-400").hi), (0.0, f64::from_bits(1)));
        assert_eq!((read("1e400").lo, read("1e400").hi), (f64::MAX, f64::INFINITY));
        assert_eq!(read("-1e99999999999999999999").hi, f64::MIN);
        assert_eq!(read("1e-99999999999999999999").lo, 0.0);
        // the smallest double, all its digits, and then one more
        let smallest = format!("{:.800e}", f64::from_bits(1));
        assert!(read(&smallest).is_point());
        assert!(!read(&smallest.replace("e-324", "1e-324")).is_point());
    }

    #[test]
    fn brackets_hold_two_decimals() {
        let x = read("[0.1, 0.2]");
        assert_eq!((x.lo, x.hi), (0.1_f64.next_down(), 0.2));
        assert!(
            read("[ -inf , inf ]").same_set(Interval::ENTIRE) && read("[-INFINITY, +Inf]").same_set(Interval::ENTIRE)
        );
        assert!(read("[-1e400, 1e400]").same_set(Interval::ENTIRE) && parse("[inf, 1]").is_err());
        assert!(read("[0.3]").same_set(read("0.3")));
    }

    #[test]
    fn what_is_no_decimal_is_an_error_that_quotes_it() {
        for text in [
            "",
            "inf",
            "-infinity",
            "nan",
            "0x1p3",
            "1,5",
            "[1, 0]",
            "[0.20000000000000000001, 0.2]",
            "[inf, inf]",
            "[1, nan]",
            "[1",
            "--1",
            "1e",
            "[,]",
            "1_0",
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(&format!("{:?}", text.trim())), "{text}: {error}");
        }
    }

    #[test]
    fn points_print_as_numbers_and_the_rest_outward() {
        let third = Interval::ONE / Interval::point(3.0);
        assert_eq!(third.to_string(), "[0.3333333333333333, 0.33333333333333338]");
        assert_eq!(format!("{third:.3}"), "[0.333, 0.334]");
        assert_eq!(Interval::point(-2.5).to_string(), "-2.5");
        assert_eq!(Interval::point(-0.0).to_string(), "0");
        assert_eq!(Interval::ENTIRE.to_string(), "[-inf, inf]");
        assert_eq!(Interval::EMPTY.to_string(), "[empty]");
        assert_eq!(format!("{:.2}", Interval::point(-0.0999)), "[-0.1, -0.099]");
        assert_eq!(format!("{:>6}", Interval::ONE), "     1");
        assert_eq!(Interval::point(1e300).decimal_bounds().1, "1.0000000000000001e300");
    }

    proptest! {
        #[test]
        fn what_was_printed_contains_what_was_there(a in any::<f64>(), b in any::<f64>(), digits in 1..20_usize) {
            prop_assume!(a.is_finite() && b.is_finite());
            let x = Interval { lo: a.min(b), hi: a.max(b) };
            prop_assert!(x.is_subset(read(&x.to_string())), "{x}");
            prop_assert!(x.is_subset(read(&format!("{x:.digits$}"))), "{x:.digits$}");
            let point = Interval::point(a);
            let again = read(&point.to_string());
            prop_assert!(point.is_subset(again) && again.lo >= a.next_down().next_down() && again.hi <= a.next_up().next_up());
        }
    }
}
