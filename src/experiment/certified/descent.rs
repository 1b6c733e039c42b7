//! The flow of GD, validated, watched.

use super::record::Record;
use crate::observe::ESCAPE_LEVEL;
use crate::scalar::{DomainError, Interval, Real};
use crate::spectrum::Spectrum;
use crate::trajectory::{EventKind, Stop, ValidatedFlow, ValidatedStep};
use std::cmp::Ordering;

/// A quantity whose sign is watched: when it was last certain.
struct Watched {
    quantity: Quantity,
    sign: Option<Ordering>,
    since: f64,
}

#[derive(Clone, Copy)]
enum Quantity {
    /// The signal less the escape level.
    Escape,
    /// The bracket of coefficient j: an extremum of the coefficient is where it changes its sign.
    Bracket(usize),
}

impl Quantity {
    fn at(self, step: &ValidatedStep<'_>, time: f64) -> Option<Ordering> {
        let time = Interval::point(time);
        match self {
            Self::Escape => (step.coefficient_at(0, time) - Interval::point(ESCAPE_LEVEL)).sign(),
            Self::Bracket(j) => step.brackets_at(time)[j].sign(),
        }
    }

    /// What a change to the sign `new` is.
    fn event(self, new: Ordering) -> Option<(EventKind, usize)> {
        match (self, new) {
            (Self::Escape, Ordering::Greater) => Some((EventKind::Escape, 0)),
            // A coefficient rises while its bracket is negative.
            (Self::Bracket(j), Ordering::Greater) => Some((EventKind::Maximum, j)),
            (Self::Bracket(j), Ordering::Less) => Some((EventKind::Minimum, j)),
            _ => None,
        }
    }
}

impl Watched {
    /// Looks at the end of `step`; a change of sign since it was last certain is enclosed, by halving, between the last time
    /// found with the old sign and the first with the new.
    fn look(&mut self, step: &ValidatedStep<'_>, until: f64) -> Option<(Interval, Ordering)> {
        let new = self.quantity.at(step, until)?;
        let change = self.sign.filter(|old| *old != new).map(|old| {
            let before = self.edge(step, self.since.max(step.start()), until, |sign| sign == Some(old));
            let after = self.edge(step, until, self.since.max(step.start()), |sign| sign == Some(new));
            // The old sign may have been certain only in an earlier step.
            let before = if self.since < step.start() && before == step.start() { self.since } else { before };
            (Interval::new(before.min(after), after).expect("in order"), new)
        });
        (self.sign, self.since) = (Some(new), until);
        change
    }

    /// The last time found, from `from` towards `to`, at which `holds` does.
    fn edge(
        &self,
        step: &ValidatedStep<'_>,
        mut from: f64,
        mut to: f64,
        holds: impl Fn(Option<Ordering>) -> bool,
    ) -> f64 {
        for _ in 0..60 {
            let middle = 0.5 * (from + to);
            if middle == from || middle == to {
                break;
            }
            if holds(self.quantity.at(step, middle)) {
                from = middle;
            } else {
                to = middle;
            }
        }
        from
    }
}

/// Follows the validated flow to the horizon of `record`.
pub(super) fn follow(
    record: &mut Record<'_>,
    spectrum: &Spectrum<Interval>,
    start: &[Interval],
) -> Result<Stop<Interval>, DomainError> {
    let mut flow = ValidatedFlow::new(spectrum, start)?;
    let Some(horizon) = record.horizon() else {
        return Err(DomainError::new("time", "none", "a horizon (--time, --at or --until): this flow never ends"));
    };
    let quantities = std::iter::once(Quantity::Escape).chain((0..spectrum.groups()).map(Quantity::Bracket));
    let mut watched: Vec<Watched> = quantities.map(|quantity| Watched { quantity, sign: None, since: 0.0 }).collect();
    record.reach(Interval::ZERO, start.to_vec());
    loop {
        let step = match flow.next_step() {
            Ok(step) => step,
            Err(stop) => return Ok(stop),
        };
        let until = step.end().min(horizon.upper());
        if step.start() == 0.0 {
            watched.iter_mut().for_each(|w| w.sign = w.quantity.at(&step, 0.0));
        }
        let end = Interval::point(step.end());
        let groups = spectrum.groups();
        record.pass(end, |time| Some(step.coefficients_at(time)), |time| largest_ratio(&step, time, groups));
        for w in &mut watched {
            if let Some((time, new)) = w.look(&step, until)
                && let Some((kind, coefficient)) = w.quantity.event(new)
            {
                record.note(time, kind, coefficient);
            }
        }
        record.see(largest_ratio(&step, Interval::point(until), groups));
        if step.end() >= horizon.upper() {
            let w = step.coefficients_at(horizon);
            record.rest(horizon, &w);
            record.reach(horizon, w);
            return Ok(Stop::Horizon);
        }
        let w = step.coefficients_at(end);
        record.reach(end, w);
    }
}

/// The largest ratio from the beginning of `step` to `time`, relative to the start.
fn largest_ratio(step: &ValidatedStep<'_>, time: Interval, groups: usize) -> Interval {
    let ratio = |j: usize| {
        let most = step.largest_ratio(j, time.upper()).1;
        let least = step.largest_ratio(j, time.lower().max(step.start())).0;
        Interval::new(least.min(most), most).unwrap_or(Interval::ENTIRE)
    };
    (1..groups).map(ratio).fold(Interval::ZERO, Interval::max)
}
