//! Decimal text in and out.

use super::super::decimal::Decimal;
use super::super::{DomainError, Precision};
use super::Mp;
use rug::Float;
use rug::float::Round;
use std::fmt::{self, Display};

/// The decimal `text`, rounded once in the direction `round`.
pub(in crate::scalar) fn parse(text: &str, precision: Precision, round: Round) -> Result<Float, DomainError> {
    let decimal = Decimal::parse(text)?;
    let incomplete = Float::parse(decimal.to_string())
        .map_err(|e| DomainError::new("number", format!("{text:?}"), e.to_string()))?;
    let value = Float::with_val_round(precision.bits(), incomplete, round).0;
    if value.is_zero() != decimal.digits.is_empty() || value.is_infinite() {
        let domain = "zero, or a number between 1e-323000000 and 1e323000000 in size";
        return Err(DomainError::new("number", format!("{text:?}"), domain));
    }
    Ok(value)
}

/// `x` as the decimal of `digits` significant digits nearest to it in the direction `round`; `x` finite.
pub(in crate::scalar) fn decimal(x: &Float, digits: usize, round: Round) -> Decimal {
    let (negative, digits, exponent) = x.to_sign_string_exp_round(10, Some(digits), round);
    let Some(exponent) = exponent else { return Decimal { negative, digits: String::new(), exponent: 0 } };
    let significant = digits.trim_end_matches('0');
    Decimal { negative, exponent: i64::from(exponent) - significant.len() as i64, digits: significant.to_owned() }
}

/// Digits after which rounding to nearest and back is the identity at `bits`: `ceil(1 + bits log10(2))`.
pub(in crate::scalar) fn round_trip_digits(bits: u32) -> usize {
    ((u64::from(bits) * 1_292_913_987) >> 32) as usize + 2
}

/// The fewest correctly rounded digits that are read back as `x`.
fn shortest(x: &Float) -> Decimal {
    let reads_back = |digits| {
        let text = decimal(x, digits, Round::Nearest).to_string();
        Float::parse(text).is_ok_and(|back| Float::with_val(x.prec(), back) == *x)
    };
    // More digits are never farther from x, so bisection finds the fewest.
    let (mut low, mut high) = (1, round_trip_digits(x.prec()));
    while low < high {
        let middle = low.midpoint(high);
        if reads_back(middle) { high = middle } else { low = middle + 1 }
    }
    decimal(x, high, Round::Nearest)
}

impl Display for Mp {
    /// The shortest correctly rounded decimal that reads back as the same number at the same precision.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            x if x.is_nan() => f.write_str("NaN"),
            x if x.is_infinite() => f.write_str(if x.is_sign_negative() { "-inf" } else { "inf" }),
            x => shortest(x).fmt(f),
        }
    }
}
