//! Intervals as sets: membership, inclusion, hull, intersection, and what is certain about order.

use super::Interval;
use std::cmp::Ordering;

impl Interval {
    /// Whether `x` is in the set. Infinities and NaN are not real numbers, so they are in no interval.
    #[inline]
    pub fn contains(self, x: f64) -> bool {
        self.lo <= x && x <= self.hi && x.is_finite()
    }

    /// Every element of `self` is one of `other`.
    #[inline]
    pub fn is_subset(self, other: Self) -> bool {
        self.is_empty() || other.lo <= self.lo && self.hi <= other.hi
    }

    /// `self` lies in the topological interior of `other`: what fixed-point arguments need.
    #[inline]
    pub fn is_interior(self, other: Self) -> bool {
        let below = other.lo < self.lo || other.lo == f64::NEG_INFINITY;
        let above = self.hi < other.hi || other.hi == f64::INFINITY;
        self.is_empty() || below && above && !other.is_empty()
    }

    /// No number is in both.
    #[inline]
    pub fn is_disjoint(self, other: Self) -> bool {
        self.intersection(other).is_empty()
    }

    /// The same set. (`==` asks for more: that the *numbers* enclosed are certainly equal.)
    #[inline]
    pub fn same_set(self, other: Self) -> bool {
        self.lo == other.lo && self.hi == other.hi
    }

    /// The smallest interval that contains both.
    #[inline]
    pub fn hull(self, other: Self) -> Self {
        Self { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }

    /// What is in both; possibly nothing.
    #[inline]
    pub fn intersection(self, other: Self) -> Self {
        let (lo, hi) = (self.lo.max(other.lo), self.hi.min(other.hi));
        if lo <= hi { Self { lo, hi } } else { Self::EMPTY }
    }

    /// `{min(x, y)}`; empty if either is.
    pub fn min(self, other: Self) -> Self {
        if self.is_empty() || other.is_empty() {
            return Self::EMPTY;
        }
        Self { lo: self.lo.min(other.lo), hi: self.hi.min(other.hi) }
    }

    /// `{max(x, y)}`; empty if either is.
    pub fn max(self, other: Self) -> Self {
        -(-self).min(-other)
    }

    /// Every element of `self` is at most every element of `other`; true if either is empty.
    ///
    /// More than `<=` can say, which [`PartialOrd`] ties to "less, or equal": `[1, 2]` precedes `[2, 3]`.
    #[inline]
    pub fn precedes(self, other: Self) -> bool {
        self.is_empty() || other.is_empty() || self.hi <= other.lo
    }

    /// Every element of `self` is less than every element of `other`; true if either is empty.
    #[inline]
    pub fn strictly_precedes(self, other: Self) -> bool {
        self.is_empty() || other.is_empty() || self.hi < other.lo
    }

    /// The halves left and right of the midpoint, which both contain.
    pub fn bisect(self) -> (Self, Self) {
        if self.is_empty() {
            return (self, self);
        }
        let middle = self.midpoint();
        (Self { hi: middle, ..self }, Self { lo: middle, ..self })
    }

    /// `[lo - by, hi + by]`, rounded outward; the whole line where `by` is no number. A step of epsilon-inflation.
    pub fn inflate(self, by: f64) -> Self {
        let by = by.abs();
        if by < f64::INFINITY || self.is_empty() { self + Self { lo: -by, hi: by } } else { Self::ENTIRE }
    }
}

/// Certain equality: both are the same single number. So an interval of positive width is not equal even to itself (it
/// encloses *some* number, and so does the other); [`Interval::same_set`] compares the sets.
impl PartialEq for Interval {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.lo == self.hi && other.lo == other.hi && self.lo == other.lo
    }
}

/// Certain order: `None` wherever some pair of elements disagrees, or an interval is empty.
impl PartialOrd for Interval {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        if self.is_empty() || other.is_empty() {
            None
        } else if self.hi < other.lo {
            Some(Ordering::Less)
        } else if self.lo > other.hi {
            Some(Ordering::Greater)
        } else {
            (self == other).then_some(Ordering::Equal)
        }
    }
}
