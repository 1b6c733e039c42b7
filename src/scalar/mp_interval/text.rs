//! Decimals in and out, always outward.

use super::MpInterval;
use crate::scalar::mp::text as decimal;
use crate::scalar::{DomainError, Precision};
use rug::Float;
use rug::float::Round;
use std::fmt::{self, Display};

pub(super) fn parse(text: &str, precision: Precision) -> Result<MpInterval, DomainError> {
    let ends = text.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let (lower, upper) = ends.and_then(|ends| ends.split_once(',')).unwrap_or((text, text));
    let lo = decimal::parse(lower, precision, Round::Down)?;
    let hi = decimal::parse(upper, precision, Round::Up)?;
    if lo <= hi {
        return Ok(MpInterval { lo, hi });
    }
    Err(DomainError::new("interval", format!("{text:?}"), "[lower, upper] with lower <= upper"))
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
