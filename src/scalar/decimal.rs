use super::DomainError;
use std::fmt::{self, Display};

/// A decimal as it was written: `(-1)^negative * digits * 10^exponent`, with nothing rounded.
///
/// Accepts what `f64` accepts, without infinities and NaN: `0.1`, `-3`, `.5`, `2.`, `1e-300`, `+6.02E23`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    /// The sign that was written.
    pub(super) negative: bool,
    /// Significant digits without leading and trailing zeros; empty for zero.
    pub(super) digits: String,
    /// Power of ten of the last digit; 0 for zero.
    pub(super) exponent: i64,
}

impl Decimal {
    /// Reads `text`, blanks around it allowed.
    pub(super) fn parse(text: &str) -> Result<Self, DomainError> {
        Self::read(text.trim())
            .ok_or_else(|| DomainError::new("number", format!("{text:?}"), "a finite decimal number"))
    }

    fn read(text: &str) -> Option<Self> {
        let (negative, text) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, mut exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?.into()),
            None => (text, 0_i64),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|c| c.is_ascii_digit()) {
            return None;
        }
        exponent -= fraction.len() as i64;
        exponent += (digits.len() - digits.trim_end_matches('0').len()) as i64;
        digits = digits.trim_matches('0').to_owned();
        if digits.is_empty() {
            exponent = 0;
        }
        Some(Self { negative, digits, exponent })
    }
}

impl Display for Decimal {
    /// Plain notation for `1e-7 <= |x| < 1e21`, else scientific; the same number again when read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negative {
            f.write_str("-")?;
        }
        let digits = &self.digits;
        if digits.is_empty() {
            return f.write_str("0");
        }
        let point = digits.len() as i64 + self.exponent; // 0.digits * 10^point
        match point {
            ..=-7 | 22.. => {
                let (first, rest) = digits.split_at(1);
                let dot = if rest.is_empty() { "" } else { "." };
                write!(f, "{first}{dot}{rest}e{}", point - 1)
            }
            -6..=0 => write!(f, "0.{}{digits}", "0".repeat(-point as usize)),
            _ if self.exponent >= 0 => write!(f, "{digits}{}", "0".repeat(self.exponent as usize)),
            _ => write!(f, "{}.{}", &digits[..point as usize], &digits[point as usize..]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_decimal_is_read_as_it_is_written() {
        let read = |text: &str| Decimal::parse(text).map(|x| (x.negative, x.digits, x.exponent)).ok();
        assert_eq!(read("0.1"), Some((false, "1".into(), -1)));
        assert_eq!(read(" -120.50e+3 "), Some((true, "1205".into(), 2)));
        assert_eq!(read("1e-300"), Some((false, "1".into(), -300)));
        assert_eq!(read("0.000"), Some((false, String::new(), 0)));
        assert_eq!(read("+.5"), read("0.5"));
        assert_eq!(read("2."), read("2"));
        for bad in
            ["", "-", ".", "e5", "1e", "1e2.5", "inf", "NaN", "0x10", "1_000", "1 2", "--1", "1e99999999999", "١"]
        {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn display_is_read_back_as_the_same_decimal(x in any::<f64>().prop_filter("finite", |x| x.is_finite())) {
            let decimal = Decimal::parse(&format!("{x:e}")).unwrap();
            prop_assert_eq!(Decimal::parse(&decimal.to_string()).unwrap(), decimal.clone());
            prop_assert_eq!(decimal.to_string().parse::<f64>().unwrap(), x);
        }
    }
}
