//! Decimals in and out, always outward.

use super::MpInterval;
use crate::scalar::mp::text as decimal;
use crate::scalar::{DomainError, Precision, Rational, Real};
use rug::Float;
use rug::float::{Round, Special};
use std::fmt::{self, Display};

pub(super) fn parse(text: &str, precision: Precision) -> Result<MpInterval, DomainError> {
    let ends = text.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let Some((lower, upper)) = ends.map(|ends| ends.split_once(',').unwrap_or((ends, ends))) else {
        let round = |round| decimal::parse(text, precision, round);
        return Ok(MpInterval { lo: round(Round::Down)?, hi: round(Round::Up)? });
    };
    let lo = end(lower, precision, Round::Down)?;
    let hi = end(upper, precision, Round::Up)?;
    let proper = lo < Special::Infinity && hi > Special::NegInfinity;
    if proper && lo <= hi && in_order(lower, upper, precision)? {
        return Ok(MpInterval { lo, hi });
    }
    Err(DomainError::new("interval", format!("{text:?}"), "[lower, upper] with lower <= upper"))
}

/// An end in brackets: a decimal, or an infinity.
fn end(text: &str, precision: Precision, round: Round) -> Result<Float, DomainError> {
    let number = text.trim();
    let unsigned = number.strip_prefix(['+', '-']).unwrap_or(number);
    if !["inf", "infinity"].iter().any(|name| unsigned.eq_ignore_ascii_case(name)) {
        return decimal::parse(text, precision, round);
    }
    let infinity = if number.starts_with('-') { Special::NegInfinity } else { Special::Infinity };
    Ok(Float::with_val(precision.bits(), infinity))
}

/// Whether two ends that rounding outward does not tell apart are in order: rounded inward they cross, and then the decimals decide.
fn in_order(lower: &str, upper: &str, precision: Precision) -> Result<bool, DomainError> {
    let crossed = end(lower, precision, Round::Up)? > end(upper, precision, Round::Down)?;
    Ok(!crossed || lower == upper || Rational::parse(lower, &())? <= Rational::parse(upper, &())?)
}

impl Display for MpInterval {
    /// `[lower, upper]` with all digits of the precision, rounded outward; `[empty]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("[empty]");
        }
        let digits = self.precision().digits() as usize + 2;
        let end = |x: &Float, round| match x.is_infinite() {
            true if x.is_sign_negative() => "-inf".to_owned(),
            true => "inf".to_owned(),
            false => decimal::decimal(x, digits, round).to_string(),
        };
        write!(f, "[{}, {}]", end(&self.lo, Round::Down), end(&self.hi, Round::Up))
    }
}
