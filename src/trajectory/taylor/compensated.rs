use crate::scalar::Scalar;

/// A running sum that keeps what rounding takes away: the unevaluated `high + low`.
///
/// Thousands of additions cost one rounding, not thousands (TwoSum; exact for number types that round to nearest).
#[derive(Clone, Debug)]
pub(in crate::trajectory) struct Compensated<T> {
    pub(in crate::trajectory) high: T,
    pub(in crate::trajectory) low: T,
}

impl<T: Scalar> Compensated<T> {
    pub(in crate::trajectory) fn new(high: T) -> Self {
        Self { low: high.int(0), high }
    }

    #[inline(always)]
    pub(in crate::trajectory) fn add(&mut self, x: &T) {
        let sum = self.high.clone() + x;
        let part = sum.clone() - &self.high;
        let error = (self.high.clone() - &(sum.clone() - &part)) + &(x.clone() - &part);
        self.low = self.low.clone() + error;
        self.high = sum;
    }

    #[inline(always)]
    pub(in crate::trajectory) fn value(&self) -> T {
        self.high.clone() + &self.low
    }
}
