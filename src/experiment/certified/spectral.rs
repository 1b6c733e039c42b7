//! The exact flow of SpecGD, and recursions, with enclosures for numbers.

use super::record::Record;
use crate::descent::Method;
use crate::scalar::{Interval, Scalar};
use crate::spectrum::Spectrum;
use crate::trajectory::exact::ExactFlow;
use crate::trajectory::{Flow, Recursion, Segment, Stop};

/// Follows the exact flow to its end or to the horizon of `record`.
///
/// From equal coefficients of at most 1 SpecGD never amplifies, `derivations/spectral-descent.md`: then the amplification is 1
/// exactly. From others there is no upper bound on it here.
pub(super) fn follow(record: &mut Record<'_>, mut flow: ExactFlow<Interval>, start: &[Interval]) -> Stop<Interval> {
    let equal = start.iter().all(|w| w.same_set(start[0])) && start[0].upper() <= 1.0;
    let amplification = if equal { Interval::ONE } else { Interval::new(1.0, f64::INFINITY).expect("in order") };
    record.see(amplification);
    let horizon = record.horizon();
    let stop = loop {
        let segment = match flow.next_segment(horizon.as_ref()) {
            Ok(segment) => segment,
            Err(stop) => break stop,
        };
        let end = *segment.start() + *segment.length();
        let inside = Interval::new(0.0, segment.length().upper().max(0.0)).expect("in order");
        let coefficients = |time: Interval| {
            let local = (time - *segment.start()).intersection(inside);
            (!local.is_empty()).then(|| segment.coefficients_at(&local))
        };
        record.pass(end, coefficients, |_| Interval::ONE);
        record.reach(end, segment.coefficients_at(segment.length()));
    };
    let (time, w) = flow.current();
    if matches!(stop, Stop::Optimum { .. } | Stop::Horizon) {
        record.rest(horizon.unwrap_or(time), &w);
    }
    for event in Flow::events(&flow).unwrap_or_default() {
        record.note(event.time, event.kind, event.coefficient);
    }
    let end = if matches!(stop, Stop::Horizon) { horizon.unwrap_or(time) } else { time };
    record.reach(end, w);
    stop
}

/// A recursion without a horizon gives up here.
const MAX_STEPS: u64 = 100_000_000;

/// Follows a recursion whose step is `step_size` on the setting's clock.
///
/// An enclosure enters a step as if its coordinates were independent, so that for GD widths grow with the number of steps; where
/// one is as wide as its coefficient, the run ends.
pub(super) fn follow_steps(
    record: &mut Record<'_>,
    mut recursion: Recursion<Vec<Interval>, &Spectrum<Interval>, Method<Interval>>,
    step_size: &Interval,
) -> Stop<Interval> {
    let rate = *recursion.step_size() / *step_size;
    let last = record.horizon().map_or(MAX_STEPS, |t| (t / (*step_size * rate)).midpoint().round() as u64);
    let start = recursion.weights().clone();
    loop {
        let step = recursion.steps();
        let time = step_size.times(step as i64);
        let w = recursion.weights().clone();
        for j in 1..w.len() {
            record.see((w[j].abs() / w[0].abs()) * (start[0] / start[j]));
        }
        record.pass_step(step, time, &w);
        record.reach(time * rate, w.clone());
        if step >= last {
            return if record.horizon().is_some() { Stop::Horizon } else { Stop::Budget { time, steps: step } };
        }
        if let Some(j) = (0..w.len()).find(|&j| w[j].width() > w[j].magnitude().max(step_size.upper())) {
            let reason = format!(
                "coefficient {j} is in {:.3}, which says nothing any more; --precision BITS goes further",
                w[j]
            );
            return Stop::Undecided { time, reason };
        }
        if let Err(stop) = recursion.step() {
            return stop;
        }
    }
}
