//! Exact text in and out.

use super::super::decimal::Decimal;
use super::super::{DomainError, Real};
use super::Rational;
use super::power::power_of_ten;
use dashu_base::{BitTest, Sign, UnsignedAbs};
use dashu_int::{IBig, UBig};
use std::fmt::{self, Display};

/// Largest power of ten in an exact decimal: beyond it the integers alone would take 400 kB a number.
const MAX_EXPONENT: u64 = 1_000_000;

pub(super) fn parse(text: &str) -> Result<Rational, DomainError> {
    let value = match text.split_once('/') {
        Some((numerator, denominator)) => decimal(numerator)? / decimal(denominator)?,
        None => decimal(text)?,
    };
    if value.is_finite() {
        return Ok(value);
    }
    Err(DomainError::new("number", format!("{text:?}"), "a fraction whose denominator is not zero"))
}

fn decimal(text: &str) -> Result<Rational, DomainError> {
    let Decimal { negative, digits, exponent } = Decimal::parse(text)?;
    if digits.len() as u64 > MAX_EXPONENT || exponent.unsigned_abs() > MAX_EXPONENT {
        let domain = "an exact decimal of at most a million digits and a power of ten from -1000000 to 1000000";
        return Err(DomainError::new("number", format!("{text:?}"), domain));
    }
    let magnitude = if digits.is_empty() {
        UBig::ZERO
    } else {
        UBig::from_str_radix(&digits, 10).map_err(|e| DomainError::new("number", format!("{text:?}"), e.to_string()))?
    };
    let sign = if negative { Sign::Negative } else { Sign::Positive };
    let (numerator, denominator) = power_of_ten(exponent);
    Ok(Rational::from_parts(IBig::from_parts(sign, magnitude) * numerator, denominator))
}

impl Display for Rational {
    /// The exact decimal where it ends, else `numerator/denominator`; the same number again when read. NaN for undefined.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((numerator, denominator)) = self.parts() else { return f.write_str("NaN") };
        let Some(places) = decimal_places(denominator) else { return write!(f, "{numerator}/{denominator}") };
        let scaled = numerator.unsigned_abs() * (UBig::from(10_u8).pow(places) / denominator);
        let digits = scaled.to_string();
        let significant = digits.trim_end_matches('0');
        let exponent =
            if significant.is_empty() { 0 } else { (digits.len() - significant.len()) as i64 - places as i64 };
        Decimal { negative: self < &Self::fraction(0, 1), digits: significant.to_owned(), exponent }.fmt(f)
    }
}

/// The p with `10^p / denominator` an integer, when there is one: `denominator = 2^i 5^j`, `p = max(i, j)`.
fn decimal_places(denominator: &UBig) -> Option<usize> {
    let twos = denominator.trailing_zeros()?;
    let odd = denominator >> twos;
    let fives = ((odd.bit_len() as f64 - 1.0) / (std::f64::consts::LOG2_10 - 1.0)).round() as usize;
    // 5^j has floor(j log2(5)) + 1 bits; rounding finds the only j that can fit.
    [fives.saturating_sub(1), fives, fives + 1]
        .into_iter()
        .find(|&j| UBig::from(5_u8).pow(j) == odd)
        .map(|j| twos.max(j))
}
