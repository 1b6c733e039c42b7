use super::{alignment, risk};
use crate::risk::manifold::risk_form;
use crate::scalar::{DomainError, Real};
use crate::spectrum::Spectrum;
use crate::trajectory::Segment;
use crate::trajectory::polynomial::add_scaled;
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
pub struct Condition<T = f64> {
    /// What is looked at.
    pub quantity: Quantity,
    /// `true` for `>=`, `false` for `<=`.
    pub at_least: bool,
    /// The level, in the unit of the quantity.
    pub level: T,
}

impl<T: Real> Condition<T> {
    /// Reads `OBSERVABLE>=VALUE` or `OBSERVABLE<=VALUE`; observables are `risk`, `alignment` and the coefficients' `names`.
    ///
    /// # Errors
    /// The text has another form, names nothing known, or its value is no decimal number.
    pub fn parse(text: &str, names: &[String], context: &T::Context) -> Result<Self, DomainError> {
        let refuse = |domain: String| DomainError::new("until", format!("{text:?}"), domain);
        let (at_least, parts) = match (text.split_once(">="), text.split_once("<=")) {
            (Some(parts), None) => (true, parts),
            (None, Some(parts)) => (false, parts),
            _ => return Err(refuse("OBSERVABLE>=VALUE or OBSERVABLE<=VALUE".into())),
        };
        let quantity = match parts.0.trim() {
            "risk" => Quantity::Risk,
            "alignment" => Quantity::Alignment,
            name => match names.iter().position(|n| n == name) {
                Some(j) => Quantity::Coefficient(j),
                None => return Err(refuse(format!("an observable: risk, alignment, {}", names.join(", ")))),
            },
        };
        let level = T::parse(parts.1, context).map_err(|error| refuse(format!("a value that is {}", error.domain)))?;
        Ok(Self { quantity, at_least, level })
    }

    /// Whether it holds for coefficients `w`. NaN and undecided comparisons do not count as holding.
    pub fn holds(&self, spectrum: &Spectrum<T>, w: &[T]) -> bool {
        let value = match self.quantity {
            Quantity::Coefficient(j) => w[j].clone(),
            Quantity::Risk => risk(spectrum, w),
            Quantity::Alignment => match alignment(spectrum, w) {
                Some(value) => value,
                None => return false,
            },
        };
        self.admits(&value)
    }

    /// Whether it holds at local time `s` of `segment`.
    fn holds_at(&self, spectrum: &Spectrum<T>, segment: &impl Segment<T>, s: &T) -> bool {
        match self.quantity {
            // one coefficient of what may be a million
            Quantity::Coefficient(j) => self.admits(&segment.coefficient_at(j, s)),
            Quantity::Risk | Quantity::Alignment => self.holds(spectrum, &segment.coefficients_at(s)),
        }
    }

    fn admits(&self, value: &T) -> bool {
        if self.at_least { *value >= self.level } else { *value <= self.level }
    }

    /// The first local time in `[0, length]` of `segment` from which the condition holds.
    pub fn first_time(&self, spectrum: &Spectrum<T>, segment: &impl Segment<T>) -> Option<T> {
        if self.holds_at(spectrum, segment, &segment.length().int(0)) {
            return Some(segment.length().int(0));
        }
        let mut found = Vec::new();
        roots(&self.margin(spectrum, segment), segment.length(), &mut found);
        let crossing = found.into_iter().find(|root| root.after != Ordering::Less).map(|root| root.at);
        let at_end = || self.holds_at(spectrum, segment, segment.length());
        crossing.or_else(|| at_end().then(|| self.bisect(spectrum, segment)))
    }

    /// A polynomial in local time that is positive where the condition holds strictly.
    fn margin(&self, spectrum: &Spectrum<T>, segment: &impl Segment<T>) -> Vec<T> {
        let mut margin = match self.quantity {
            Quantity::Coefficient(j) => {
                let mut energy = segment.excess(j);
                let theta = i64::from(j == 0);
                energy[0] = energy[0].clone() + (self.level.int(theta) - self.level.square());
                energy
            }
            Quantity::Alignment => {
                let zero = self.level.int(0);
                let one = self.level.int(1);
                let mut sum = vec![zero];
                for j in 0..segment.groups() {
                    let weight = if j == 0 {
                        one.clone() - &self.level
                    } else {
                        -(spectrum.multiplicity()[j].clone() * &self.level)
                    };
                    let mut energy = segment.excess(j);
                    if j == 0 {
                        energy[0] = energy[0].clone() + &one;
                    }
                    add_scaled(&mut sum, &weight, &energy);
                }
                sum
            }
            Quantity::Risk => risk_polynomial(spectrum, segment, &self.level),
        };
        if !self.at_least {
            margin.iter_mut().for_each(|c| *c = -c.clone());
        }
        margin
    }

    /// The condition fails at the start of the segment and holds at its end, where the polynomial does not see the change (it
    /// happens below the resolution of the excesses): the time of the change, by halving.
    fn bisect(&self, spectrum: &Spectrum<T>, segment: &impl Segment<T>) -> T {
        let (mut fails, mut holds) = (segment.length().int(0), segment.length().clone());
        for _ in 0..2 * T::bits(&holds.context()) {
            let middle = (fails.clone() + &holds).over(2);
            if middle == fails || middle == holds {
                break;
            }
            if self.holds_at(spectrum, segment, &middle) {
                holds = middle;
            } else {
                fails = middle;
            }
        }
        holds
    }
}

/// `R(s) - level` for excesses that are polynomials in s.
fn risk_polynomial<T: Real>(spectrum: &Spectrum<T>, segment: &impl Segment<T>, level: &T) -> Vec<T> {
    let excess: Vec<Vec<T>> = (0..segment.groups()).map(|j| segment.excess(j)).collect();
    let degree = excess.iter().map(Vec::len).max().unwrap_or(1) - 1;
    let zero = level.int(0);
    let order = |k: usize| -> Vec<T> { excess.iter().map(|e| e.get(k).unwrap_or(&zero).clone()).collect() };
    let orders: Vec<Vec<T>> = (0..=degree).map(order).collect();
    let mut risk = vec![zero; 2 * degree + 1];
    risk[0] = -level.clone();
    for i in 0..=degree {
        for k in 0..=degree {
            risk[i + k] = risk[i + k].clone() + risk_form(spectrum, &orders[i], &orders[k]);
        }
    }
    risk
}
