use super::{Gauge, SegmentGauge};
use crate::scalar::{DomainError, Real};
use crate::trajectory::Segment;
use crate::trajectory::roots::roots;
use std::cmp::Ordering;

/// What a condition looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Coefficient j (0 is the signal).
    Coefficient(usize),
    /// Population risk, quarter normalisation.
    Risk,
    /// Share of the energy on the signal.
    Alignment,
}

/// `quantity >= level` or `quantity <= level`.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition<T = f64, Q = Quantity> {
    /// What is looked at.
    pub quantity: Q,
    /// `true` for `>=`, `false` for `<=`.
    pub at_least: bool,
    /// The level, in the unit of the quantity.
    pub level: T,
}

impl<T: Real, Q> Condition<T, Q> {
    /// Reads `OBSERVABLE>=VALUE` or `OBSERVABLE<=VALUE`; `find` knows the observables, or else lists them.
    ///
    /// # Errors
    /// The text has another form, `find` knows no such name, or the value is no decimal number.
    pub fn read(
        text: &str,
        context: &T::Context,
        find: impl FnOnce(&str) -> Result<Q, String>,
    ) -> Result<Self, DomainError> {
        let refuse = |domain: String| DomainError::new("until", format!("{text:?}"), domain);
        let (at_least, parts) = match (text.split_once(">="), text.split_once("<=")) {
            (Some(parts), None) => (true, parts),
            (None, Some(parts)) => (false, parts),
            _ => return Err(refuse("OBSERVABLE>=VALUE or OBSERVABLE<=VALUE".into())),
        };
        let quantity = find(parts.0.trim()).map_err(|names| refuse(format!("an observable: {names}")))?;
        let level = T::parse(parts.1, context).map_err(|error| refuse(format!("a value that is {}", error.domain)))?;
        Ok(Self { quantity, at_least, level })
    }

    /// Whether it holds where the quantity has this value. NaN and undecided comparisons do not count as holding.
    pub fn admits(&self, value: &T) -> bool {
        if self.at_least { *value >= self.level } else { *value <= self.level }
    }
}

impl<T: Real> Condition<T> {
    /// Reads `OBSERVABLE>=VALUE` or `OBSERVABLE<=VALUE`; observables are `risk`, `alignment` and the coefficients' `names`.
    ///
    /// # Errors
    /// The text has another form, names nothing known, or its value is no decimal number.
    pub fn parse(text: &str, names: &[String], context: &T::Context) -> Result<Self, DomainError> {
        Self::read(text, context, |name| match name {
            "risk" => Ok(Quantity::Risk),
            "alignment" => Ok(Quantity::Alignment),
            name => match names.iter().position(|n| n == name) {
                Some(j) => Ok(Quantity::Coefficient(j)),
                None => Err(format!("risk, alignment, {}", names.join(", "))),
            },
        })
    }

    /// The same condition on the quarter risk, where its level is one on a scale that is so many times as large.
    pub(crate) fn on_quarter_risk(&self, risk_scale: &T) -> Self {
        let scaled = self.quantity == Quantity::Risk;
        let level = if scaled { self.level.clone() / risk_scale } else { self.level.clone() };
        Self { level, ..self.clone() }
    }

    /// Whether it holds at `point`. NaN and undecided comparisons do not count as holding.
    pub fn holds<P: ?Sized>(&self, gauge: &impl Gauge<T, P>, point: &P) -> bool {
        let value = match self.quantity {
            Quantity::Coefficient(j) => gauge.coefficients(point)[j].clone(),
            Quantity::Risk => gauge.risk(point),
            Quantity::Alignment => match gauge.alignment(point) {
                Some(value) => value,
                None => return false,
            },
        };
        self.admits(&value)
    }

    /// How far inside the condition it is at local time `s` of `segment`: not negative where it holds. `None` where there is no such quantity.
    fn excess_at(&self, gauge: &impl SegmentGauge<T>, segment: &impl Segment<T>, s: &T) -> Option<T> {
        let value = match self.quantity {
            // one coefficient of what may be a million
            Quantity::Coefficient(j) => segment.coefficient_at(j, s),
            Quantity::Risk => gauge.risk(&segment.coefficients_at(s)[..]),
            Quantity::Alignment => gauge.alignment(&segment.coefficients_at(s)[..])?,
        };
        let excess = if self.at_least { value - &self.level } else { self.level.clone() - value };
        excess.is_finite().then_some(excess)
    }

    /// The first local time in `[0, length]` of `segment` from which the condition holds.
    ///
    /// Roots of a polynomial cut the segment into stretches on which the quantity is on one side of its level; what counts is the quantity itself, which
    /// the polynomial, made of excesses, does not know as well where it is small.
    pub fn first_time(&self, gauge: &impl SegmentGauge<T>, segment: &impl Segment<T>) -> Option<T> {
        let excess = |s: &T| self.excess_at(gauge, segment, s);
        let zero = segment.length().int(0);
        let holds = |excess: &Option<T>| excess.as_ref().is_some_and(|excess| *excess >= zero);
        let mut before = (zero.clone(), excess(&zero));
        if holds(&before.1) {
            return Some(zero);
        }
        let mut cuts = Vec::new();
        let margin = self.margin(gauge, segment);
        if margin.iter().all(T::is_finite) {
            roots(&margin, segment.span(), &mut cuts);
        }
        let cuts: Vec<T> = cuts.iter().map(|root| segment.time_of(&root.at)).collect();
        // the first stretch too: rounding may have the margin hold where the quantity does not yet
        let from_start: Vec<T> = std::iter::once(zero.clone()).chain(cuts.iter().cloned()).collect();
        let between = from_start.windows(2).map(|pair| (pair[0].clone() + &pair[1]).over(2));
        for s in between.chain([segment.length().clone()]) {
            let at = (s.clone(), excess(&s));
            if holds(&at.1) {
                let close = self.level.abs() * T::epsilon(&s.context()).times(16);
                // the root itself, where the quantity says so too
                let exact =
                    |s: &&T| **s > before.0 && **s <= at.0 && excess(s).is_some_and(|excess| excess.abs() <= close);
                return Some(cuts.iter().find(exact).cloned().unwrap_or_else(|| crossing(&excess, before, at)));
            }
            before = at;
        }
        None
    }

    /// A polynomial in the segment's parameter that is positive where the condition holds strictly; empty for the risk, which falls all along a flow.
    fn margin(&self, gauge: &impl SegmentGauge<T>, segment: &impl Segment<T>) -> Vec<T> {
        match self.quantity {
            Quantity::Coefficient(j) => {
                let (mut energy, w) = (segment.excess(j), segment.coefficient_at(j, &self.level.int(0)));
                energy[0] = if j == 0 && w.square().times(2) > w.int(1) {
                    energy[0].clone() + (w.int(1) - self.level.square())
                } else {
                    (w.clone() - &self.level) * (w + &self.level)
                };
                energy
            }
            Quantity::Alignment => gauge.alignment_margin(segment, &self.level),
            Quantity::Risk => Vec::new(),
        }
    }
}

/// Where `excess` turns from negative (or nothing) to positive between a place where it is and one where it is not: false position, with a halving wherever
/// that is slow. The upper end of what is left in the end.
fn crossing<T: Real>(excess: &impl Fn(&T) -> Option<T>, below: (T, Option<T>), above: (T, Option<T>)) -> T {
    let ((mut left, mut low), (mut right, mut high)) = (below, above);
    let zero = left.int(0);
    let epsilon = T::epsilon(&left.context());
    let mut side = Ordering::Equal;
    for turn in 0..4 * T::bits(&left.context()) {
        let middle = (left.clone() + &right).over(2);
        let between = |s: &T| *s > left && *s < right;
        let chord = match (&low, &high) {
            (Some(low), Some(high)) if turn % 3 != 2 => {
                let share = low.clone() / (low.clone() - high);
                Some(left.clone() + share * &(right.clone() - &left)).filter(between)
            }
            _ => None,
        };
        let s = chord.unwrap_or(middle);
        if !between(&s) || right.clone() - &left <= epsilon.clone() * &right {
            break;
        }
        let value = excess(&s);
        // of an end that stays twice, half the value counts, so that it moves (Illinois)
        if value.as_ref().is_some_and(|value| *value >= zero) {
            low = low.map(|low| if side == Ordering::Greater { low.over(2) } else { low });
            (right, high, side) = (s, value, Ordering::Greater);
        } else {
            high = high.map(|high| if side == Ordering::Less { high.over(2) } else { high });
            (left, low, side) = (s, value, Ordering::Less);
        }
    }
    right
}
