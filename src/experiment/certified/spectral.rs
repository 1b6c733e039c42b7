//! The exact flow of SpecGD with enclosures for numbers.

use super::record::Record;
use crate::scalar::Interval;
use crate::trajectory::exact::CertifiedFlow;
use crate::trajectory::{Flow, Segment, Stop};

/// Follows the exact flow to its end or to the horizon of `record`.
///
/// From equal coefficients of at most 1 SpecGD never amplifies, `derivations/spectral-descent.md`: then the amplification is 1
/// exactly. From others there is no upper bound on it here.
pub(super) fn follow(record: &mut Record<'_>, mut flow: CertifiedFlow, start: &[Interval]) -> Stop<Interval> {
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
    for tie in flow.ties() {
        record.remark(tie.time, |time| {
            format!("not decided in {time}: {}; the flow goes on with the hull of both", tie.reason)
        });
    }
    if flow.bits() > f64::MANTISSA_DIGITS {
        record.remark(time, |_| format!("the order of events took intervals of {} bits", flow.bits()));
    }
    let end = if matches!(stop, Stop::Horizon) { horizon.unwrap_or(time) } else { time };
    record.reach(end, w);
    stop
}
