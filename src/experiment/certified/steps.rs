//! Recursions: that of GD validated while no coefficient changes its sign, all others in plain intervals.

use super::record::Record;
use crate::descent::Method;
use crate::scalar::{DomainError, Interval, Scalar};
use crate::spectrum::Spectrum;
use crate::trajectory::{Recursion, Stop, ValidatedRecursion};

/// A recursion without a horizon gives up here.
const MAX_STEPS: u64 = 100_000_000;

/// The clocks of a recursion, and where it ends.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    /// A step on the trajectory's clock, and on the setting's.
    step: Interval,
    shown: Interval,
    last: Option<u64>,
}

impl Clock {
    /// Of a recursion with step size `step_size` on the setting's clock, which has this `rate`.
    pub(super) fn new(record: &Record<'_>, step_size: Interval, rate: Interval) -> Self {
        let step = rate * step_size;
        let last = record.horizon().map(|t| (t / step).midpoint().round() as u64);
        Self { step, shown: step_size, last }
    }

    fn shows(self, step: u64) -> Interval {
        self.shown.times(step as i64)
    }

    /// The recursion is at `step`, with weights `w`: notes it, and says whether that is the end.
    fn note(self, record: &mut Record<'_>, step: u64, w: &[Interval]) -> Option<Stop<Interval>> {
        record.pass_step(step, self.shows(step), w);
        record.reach(self.step.times(step as i64), w.to_vec());
        match self.last {
            Some(last) => (step >= last).then_some(Stop::Horizon),
            None => (step >= MAX_STEPS).then(|| Stop::Budget { time: self.shows(step), steps: step }),
        }
    }
}

/// What the ratio `w_j/w_0` starts from. From an equal start that is 1, whatever is known of the start itself.
fn first_ratio(start: &[Interval], j: usize) -> Interval {
    let equal = start.iter().all(|w| w.same_set(start[0]));
    if equal { Interval::ONE } else { start[j].abs() / start[0].abs() }
}

/// Follows the recursion of GD to the horizon of `record`.
pub(super) fn follow_descent(
    record: &mut Record<'_>,
    spectrum: &Spectrum<Interval>,
    start: &[Interval],
    clock: Clock,
) -> Result<Stop<Interval>, DomainError> {
    let mut recursion = ValidatedRecursion::new(spectrum, clock.step, start)?;
    let left = loop {
        let w = recursion.coefficients();
        (1..w.len()).for_each(|j| record.see(recursion.ratio(j) / first_ratio(start, j)));
        if let Some(stop) = clock.note(record, recursion.steps(), &w) {
            return Ok(stop);
        }
        match recursion.step() {
            Ok(()) => {}
            Err(Stop::Undecided { reason, .. }) => break reason,
            Err(stop) => return Ok(stop),
        }
    };
    let (done, w) = (recursion.steps(), recursion.coefficients());
    let plain = Recursion::new(spectrum, Method::GradientDescent, clock.step, w)?;
    Ok(match follow(record, plain, start, clock, done) {
        Stop::Undecided { time, reason } => {
            let since = clock.shows(done).midpoint();
            let reason = format!("{reason}; since t = {since:.6} widths grow with every step, because {left}");
            Stop::Undecided { time, reason }
        }
        stop => stop,
    })
}

/// Follows a recursion that comes from `start` and has `done` steps behind it, in plain intervals.
///
/// An enclosure enters a step as if its coordinates were independent, so that for GD widths grow with the number of steps; where
/// one is as wide as its coefficient, the run ends.
pub(super) fn follow(
    record: &mut Record<'_>,
    mut recursion: Recursion<Vec<Interval>, &Spectrum<Interval>, Method<Interval>>,
    start: &[Interval],
    clock: Clock,
    done: u64,
) -> Stop<Interval> {
    let spectral = *recursion.descent() == Method::Spectral;
    loop {
        let step = done + recursion.steps();
        let w = recursion.weights().clone();
        for j in 1..w.len() {
            record.see((w[j].abs() / w[0].abs()) / first_ratio(start, j));
        }
        if let Some(stop) = clock.note(record, step, &w) {
            return stop;
        }
        let time = clock.shows(step);
        let useless = |what: String, range: &Interval| {
            let reason = format!("{what} is in {range:.3}, which says nothing any more; --precision BITS goes further");
            Stop::Undecided { time, reason }
        };
        if let Some(j) = (0..w.len()).find(|&j| w[j].width() > w[j].magnitude().max(clock.shown.upper())) {
            return useless(format!("coefficient {j}"), &w[j]);
        }
        match recursion.step() {
            Ok(_) => {}
            // So large only because so little is known.
            Err(Stop::Diverged { size, .. }) if size.width() > size.lower() => {
                return useless("the next largest coefficient".into(), &size);
            }
            Err(Stop::Undecided { time, reason }) if spectral => {
                return Stop::Undecided { time, reason: format!("{reason}; --precision exact decides every sign") };
            }
            Err(stop) => return stop,
        }
    }
}
