//! Numbers that describe an interval: midpoint, radius, width, magnitude, mignitude.

use super::Interval;
use super::directed::add_up;

impl Interval {
    /// A double in the interval, next to its middle: 0 for the whole line, the largest double for a half-line, NaN for the
    /// empty set.
    #[inline]
    pub fn midpoint(self) -> f64 {
        let sum = self.lo + self.hi;
        if sum.is_finite() { 0.5 * sum } else { self.midpoint_of_anything() }
    }

    #[cold]
    fn midpoint_of_anything(self) -> f64 {
        if self.is_empty() {
            f64::NAN
        } else if self.is_bounded() {
            0.5 * self.lo + 0.5 * self.hi
        } else if self.lo.is_infinite() && self.hi.is_infinite() {
            0.0
        } else if self.lo.is_infinite() {
            f64::MIN
        } else {
            f64::MAX
        }
    }

    /// The smallest double `r` with `self` in `[m - r, m + r]`, `m` the [midpoint](Self::midpoint); NaN for the empty set.
    pub fn radius(self) -> f64 {
        let m = self.midpoint();
        if self.is_empty() { f64::NAN } else { add_up(m, -self.lo).max(add_up(self.hi, -m)) }
    }

    /// `hi - lo`, rounded up; NaN for the empty set.
    pub fn width(self) -> f64 {
        if self.is_empty() { f64::NAN } else { add_up(self.hi, -self.lo) }
    }

    /// The largest absolute value in the interval; NaN for the empty set.
    #[inline]
    pub fn magnitude(self) -> f64 {
        if self.is_empty() { f64::NAN } else { self.abs().hi }
    }

    /// The smallest absolute value in the interval; NaN for the empty set.
    #[inline]
    pub fn mignitude(self) -> f64 {
        if self.is_empty() { f64::NAN } else { self.abs().lo }
    }

    /// Width relative to the smallest absolute value, rounded to nearest: how many digits are certain. Infinite when zero
    /// is inside (unless the interval is just 0), NaN for the empty set.
    pub fn relative_width(self) -> f64 {
        if self.lo == self.hi { 0.0 } else { self.width() / self.mignitude() }
    }
}
