//! What a check finds: enclosures with their provenance, each set against a bound.

use crate::scalar::Interval;
use std::fmt;

/// Where an enclosure comes from, weakest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provenance {
    /// Exact arithmetic, or interval arithmetic with outward rounding: the value is inside.
    Proof,
    /// The same value computed at several resolutions (precisions, roundings, scales) that agree so far. An error that all of
    /// them share is not seen.
    Ladder,
    /// Random instances or samples; a band at a stated level where the value is a statistic.
    Sampling,
}

impl Provenance {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Proof => "proof",
            Self::Ladder => "ladder",
            Self::Sampling => "sampling",
        }
    }
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A number known to lie in `[lo, hi]`, and how that is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Enclosure {
    /// Lower end.
    pub lo: f64,
    /// Upper end.
    pub hi: f64,
    /// How it is known.
    pub provenance: Provenance,
}

impl Enclosure {
    /// A certified interval. The empty set encloses nothing and decides nothing: it becomes NaN.
    pub fn proof(interval: Interval) -> Self {
        let (lo, hi) = if interval.is_empty() { (f64::NAN, f64::NAN) } else { (interval.lower(), interval.upper()) };
        Self { lo, hi, provenance: Provenance::Proof }
    }

    /// A number found by exact arithmetic.
    pub fn exact(x: f64) -> Self {
        Self { lo: x, hi: x, provenance: Provenance::Proof }
    }

    /// A value at two resolutions: the finer one, give or take twice their distance (and one rounding of the output).
    ///
    /// If refining by the same amount again changes at most half as much, as it does for rounding and for every convergent
    /// method of order at least one, the limit is inside.
    pub fn ladder(coarse: f64, fine: f64) -> Self {
        let reach = 2.0 * (coarse - fine).abs() + f64::EPSILON * fine.abs();
        Self { lo: fine - reach, hi: fine + reach, provenance: Provenance::Ladder }
    }

    /// A statistic with its band.
    pub fn sampled(lo: f64, hi: f64) -> Self {
        Self { lo, hi, provenance: Provenance::Sampling }
    }

    /// The extreme of random instances, each computed to rounding.
    pub fn observed(x: f64) -> Self {
        Self { lo: x, hi: x, provenance: Provenance::Sampling }
    }

    /// The same ends, as weak as `provenance` if that is weaker.
    pub fn weakened(self, provenance: Provenance) -> Self {
        Self { provenance: self.provenance.max(provenance), ..self }
    }

    /// Both ends mapped by the monotone `f`, and widened by a rounding unit of the result.
    pub fn map(self, f: impl Fn(f64) -> f64) -> Self {
        let (a, b) = (f(self.lo), f(self.hi));
        let (lo, hi) = if a <= b { (a, b) } else { (b, a) };
        // Not a number on either side stays so: `a <= b` is false then, and both ends keep it.
        let slack = |x: f64| f64::EPSILON * x.abs();
        Self { lo: lo - slack(lo), hi: hi + slack(hi), provenance: self.provenance }
    }
}

impl fmt::Display for Enclosure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.lo == self.hi {
            return write!(f, "{}", short(self.lo));
        }
        write!(f, "[{}, {}]", digits(self.lo, self.hi, self.lo), digits(self.lo, self.hi, self.hi))
    }
}

/// `x` with as many digits as tell the two ends apart, and two more.
fn digits(lo: f64, hi: f64, x: f64) -> String {
    let (size, width) = (lo.abs().max(hi.abs()), (hi - lo).abs());
    if !(size.is_finite() && width > 0.0) {
        return short(x);
    }
    let mut places = 2_usize;
    let mut ratio = size / width;
    while ratio > 1.0 && places < 17 {
        ratio /= 10.0;
        places += 1;
    }
    scientific(x, places)
}

/// `x` in at most 6 significant digits.
pub(super) fn short(x: f64) -> String {
    if x == x.trunc() && x.abs() < 1e6 { format!("{x}") } else { scientific(x, 6) }
}

/// `x` to the last digit: a bound is not to look like another.
fn whole(x: f64) -> String {
    if x == 0.0 || (1e-4..1e7).contains(&x.abs()) { format!("{x}") } else { format!("{x:e}") }
}

fn scientific(x: f64, places: usize) -> String {
    let plain = (1e-3..1e6).contains(&x.abs());
    let text = format!("{:.*e}", places.saturating_sub(1), x);
    match (plain, text.parse::<f64>()) {
        (true, Ok(rounded)) => format!("{rounded}"),
        _ => text,
    }
}

/// What a finding's enclosure must satisfy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
    /// Between these two, ends included.
    Within(f64, f64),
}

impl Bound {
    /// Whether `x` satisfies it: certainly yes, certainly no, or neither.
    pub fn holds(self, x: Enclosure) -> Option<bool> {
        let (lo, hi) = match self {
            Self::AtMost(hi) => (f64::NEG_INFINITY, hi),
            Self::AtLeast(lo) => (lo, f64::INFINITY),
            Self::Within(lo, hi) => (lo, hi),
        };
        // A comparison with NaN is false: neither yes nor no.
        if x.lo >= lo && x.hi <= hi && x.lo <= x.hi {
            Some(true)
        } else if (x.hi < lo || x.lo > hi) && x.lo <= x.hi {
            Some(false)
        } else {
            None
        }
    }

    /// How far the enclosure is from the bound, relative to the bound's size; negative where it is certainly violated.
    pub fn margin(self, x: Enclosure) -> f64 {
        let side = |distance: f64, at: f64| distance / at.abs().max(1e-300);
        match self {
            Self::AtMost(hi) => side(hi - x.hi, hi),
            Self::AtLeast(lo) => side(x.lo - lo, lo),
            Self::Within(lo, hi) => (hi - x.hi).min(x.lo - lo) / (hi - lo).abs().max(1e-300),
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(hi) => write!(f, "<= {}", whole(*hi)),
            Self::AtLeast(lo) => write!(f, ">= {}", whole(*lo)),
            Self::Within(lo, hi) => write!(f, "in [{}, {}]", whole(*lo), whole(*hi)),
        }
    }
}

/// One thing that a check measured, and the bound that the claim puts on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What was measured, and at which parameters.
    pub what: String,
    /// The value.
    pub measured: Enclosure,
    /// What the claim says of it.
    pub bound: Bound,
}

impl Finding {
    /// Whether the claim's bound holds; `None` where the enclosure does not decide.
    pub fn holds(&self) -> Option<bool> {
        self.bound.holds(self.measured)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straddling_or_undefined_enclosure_decides_nothing() {
        let x = |lo, hi| Enclosure { lo, hi, provenance: Provenance::Proof };
        assert_eq!(Bound::AtMost(1.0).holds(x(0.0, 1.0)), Some(true));
        assert_eq!(Bound::AtMost(1.0).holds(x(0.5, 1.5)), None);
        assert_eq!(Bound::AtMost(1.0).holds(x(1.5, 2.0)), Some(false));
        assert_eq!(Bound::Within(1.0, 2.0).holds(x(1.2, 1.3)), Some(true));
        assert_eq!(Bound::Within(1.0, 2.0).holds(x(2.1, 2.2)), Some(false));
        for bound in [Bound::AtMost(1.0), Bound::AtLeast(1.0), Bound::Within(0.0, 1.0)] {
            assert_eq!(bound.holds(x(f64::NAN, 1.0)), None);
            assert_eq!(bound.holds(x(0.0, f64::NAN)), None);
            assert_eq!(bound.holds(x(f64::NAN, f64::NAN)), None);
        }
        assert_eq!(Bound::AtMost(1.0).holds(Enclosure::proof(Interval::EMPTY)), None);
    }

    #[test]
    fn a_ladder_encloses_the_limit_of_a_halving_error() {
        let x = Enclosure::ladder(1.0 + 2e-3, 1.0 + 1e-3);
        assert!(x.lo < 1.0 && x.hi > 1.0 + 1e-3);
    }
}
