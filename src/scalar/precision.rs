use super::DomainError;
use std::fmt::{self, Display};

/// A working precision in significant bits, `2..=MAX`: known to be good once it exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Precision(u32);

impl Precision {
    /// Largest precision: 2^20 bits, about 315,000 digits (128 KiB a number, tens of milliseconds a product).
    pub const MAX: u32 = 1 << 20;

    /// `bits` significant bits.
    ///
    /// # Errors
    /// `bits` outside `2..=MAX`.
    pub fn new(bits: u32) -> Result<Self, DomainError> {
        if (2..=Self::MAX).contains(&bits) {
            return Ok(Self(bits));
        }
        let reason = format!("2 to {} bits (a number of {} bits already takes 128 KiB)", Self::MAX, Self::MAX);
        Err(DomainError::new("precision", bits, reason))
    }

    /// Enough bits for `digits` significant decimal digits: the smallest with `2^(bits - 1) >= 10^digits`.
    ///
    /// # Errors
    /// No digits, or more than [`Precision::MAX`] bits hold.
    pub fn for_digits(digits: u32) -> Result<Self, DomainError> {
        // The ceiling of 2^32 log2(10): never too few bits.
        let bits = (u128::from(digits) * 14_267_572_528).div_ceil(1 << 32) + 1;
        match u32::try_from(bits) {
            Ok(bits) if digits > 0 && bits <= Self::MAX => Ok(Self(bits)),
            _ => Err(DomainError::new("digits", digits, format!("1 to 315,652 ({} bits)", Self::MAX))),
        }
    }

    /// The precision of a number that exists, and was therefore made with one.
    #[cfg(feature = "mpfr")]
    #[inline]
    pub(super) fn of_value(bits: u32) -> Self {
        debug_assert!((2..=Self::MAX).contains(&bits));
        Self(bits)
    }

    /// Significant bits.
    #[inline]
    pub fn bits(self) -> u32 {
        self.0
    }

    /// Decimal digits that are certainly held: `floor((bits - 1) log10(2))`.
    pub fn digits(self) -> u32 {
        // The floor of 2^32 log10(2): never too many digits.
        ((u64::from(self.0 - 1) * 1_292_913_986) >> 32) as u32
    }
}

impl Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bits", self.0)
    }
}
