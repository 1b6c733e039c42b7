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

    /// Whether it holds at local time `s` of `segment`.
    fn holds_at(&self, gauge: &impl SegmentGauge<T>, segment: &impl Segment<T>, s: &T) -> bool {
        match self.quantity {
            // one coefficient of what may be a million
            Quantity::Coefficient(j) => self.admits(&segment.coefficient_at(j, s)),
            Quantity::Risk | Quantity::Alignment => self.holds(gauge, &segment.coefficients_at(s)[..]),
        }
    }

    /// The first local time in `[0, length]` of `segment` from which the condition holds.
    pub fn first_time(&self, gauge: &impl SegmentGauge<T>, segment: &impl Segment<T>) -> Option<T> {
        if self.holds_at(gauge, segment, &segment.length().int(0)) {
            return Some(segment.length().int(0));
        }
        let mut found = Vec::new();
        roots(&self.margin(gauge, segment), segment.span(), &mut found);
        let first = found.into_iter().find(|root| root.after != Ordering::Less);
        let crossing = first.map(|root| segment.time_of(&root.at));
        let at_end = || self.holds_at(gauge, segment, segment.length());
        crossing.or_else(|| at_end().then(|| self.bisect(gauge, segment)))
    }

    /// A polynomial in the segment's parameter that is positive where the condition holds strictly; empty if only its end points tell.
    fn margin(&self, gauge: &impl SegmentGauge<T>, segment: &impl Segment<T>) -> Vec<T> {
        let mut margin = match self.quantity {
            Quantity::Coefficient(j) => {
                let mut energy = segment.excess(j);
                let theta = i64::from(j == 0);
                energy[0] = energy[0].clone() + (self.level.int(theta) - self.level.square());
                energy
            }
            Quantity::Alignment => gauge.alignment_margin(segment, &self.level),
            Quantity::Risk => {
                let mut risk = gauge.risk_polynomial(segment);
                if let Some(constant) = risk.first_mut() {
                    *constant = constant.clone() - &self.level;
                }
                risk
            }
        };
        if !self.at_least {
            margin.iter_mut().for_each(|c| *c = -c.clone());
        }
        margin
    }

    /// The condition fails at the start of the segment and holds at its end, where the polynomial does not see the change (it
    /// happens below the resolution of the excesses): the time of the change, by halving.
    fn bisect(&self, gauge: &impl SegmentGauge<T>, segment: &impl Segment<T>) -> T {
        let (mut fails, mut holds) = (segment.length().int(0), segment.length().clone());
        for _ in 0..2 * T::bits(&holds.context()) {
            let middle = (fails.clone() + &holds).over(2);
            if middle == fails || middle == holds {
                break;
            }
            if self.holds_at(gauge, segment, &middle) {
                holds = middle;
            } else {
                fails = middle;
            }
        }
        holds
    }
}
