//! From intervals of doubles to intervals of more bits, and back.

use super::detour::Tie;
use super::flow::ExactFlow;
use crate::scalar::{Interval, Mp, MpInterval, Precision, Real, Scalar};
use crate::spectrum::Spectrum;
use crate::trajectory::{Event, Stop};

/// The same problem at ever higher precision.
#[derive(Clone, Debug)]
pub(super) struct Ladder {
    spectrum: Spectrum<Interval>,
    start: Vec<Interval>,
    /// All coefficients of `start` are one number.
    equal: bool,
    bits: u32,
    /// The most bits that can help.
    most: u32,
}

/// Doubles have 53 bits; twice as many are no power of two.
const FIRST: u32 = 128;

/// What is not decided at this precision happens at once, for all that numbers can tell.
const LAST: u32 = 4096;

/// Numbers known to within this many last places are as good as doubles: sums of a few decimals.
const THIN: f64 = 16.0;

impl Ladder {
    /// Of a problem in intervals more bits sharpen the rounding alone, and of one in wide intervals not even that matters.
    pub(super) fn new(spectrum: &Spectrum<Interval>, start: &[Interval], equal: bool) -> Self {
        let numbers = || spectrum.variance().iter().chain(start);
        let most = match () {
            () if numbers().all(|x| x.width() == 0.0) => LAST,
            () if numbers().all(|x| x.width() <= THIN * f64::EPSILON * x.magnitude()) => FIRST,
            () => 0,
        };
        Self { spectrum: spectrum.clone(), start: start.to_vec(), equal, bits: FIRST / 2, most }
    }

    pub(super) fn bits(&self) -> u32 {
        self.bits
    }

    /// Whether a higher precision can help.
    pub(super) fn has_more(&self) -> bool {
        2 * self.bits <= self.most
    }

    /// Gives up hope in more than `bits` bits.
    pub(super) fn end_at(&mut self, bits: u32) {
        self.most = self.most.min(bits);
    }

    /// Doubles the precision.
    pub(super) fn climb(&mut self) {
        self.bits *= 2;
    }

    fn precision(&self) -> Precision {
        Precision::new(self.bits).expect("a rung of the ladder is a precision")
    }

    /// `x` at the precision of the present rung.
    pub(super) fn precise(&self, x: &Interval) -> MpInterval {
        wide(x, &self.precision())
    }

    /// The flow at the precision of the present rung, on its segment number `segments`; `None` where it does not get there.
    pub(super) fn flow_after(&self, segments: u64) -> Option<ExactFlow<MpInterval>> {
        let start: Vec<MpInterval> = self.start.iter().map(|w| self.precise(w)).collect();
        let spectrum = self.spectrum.map(|x| self.precise(x));
        let flow = if self.equal {
            ExactFlow::from_equal_start(&spectrum, &start[0])
        } else {
            ExactFlow::new(&spectrum, &start)
        };
        let mut flow = flow.ok()?;
        flow.skip(segments).then_some(flow)
    }
}

fn wide(x: &Interval, precision: &Precision) -> MpInterval {
    let end = |x: f64| Mp::from_f64(x, precision);
    MpInterval::new(&end(x.lower()), &end(x.upper())).unwrap_or_else(|_| MpInterval::empty(*precision))
}

/// `x` at the precision of `other`.
pub(super) fn like(other: &MpInterval, x: &Interval) -> MpInterval {
    wide(x, &other.context())
}

/// The doubles around `x`: the nearest to its ends, and one further.
pub(super) fn in_doubles(x: &MpInterval) -> Interval {
    if x.is_empty() {
        return Interval::EMPTY;
    }
    let (lower, upper) = (x.lower().to_f64(), x.upper().to_f64());
    let exactly = |double: f64, end: &Mp| Mp::from_f64(double, &end.context()) == *end;
    let lower = if exactly(lower, &x.lower()) { lower } else { lower.next_down() };
    let upper = if exactly(upper, &x.upper()) { upper } else { upper.next_up() };
    Interval::new(lower, upper).unwrap_or(Interval::ENTIRE)
}

pub(super) fn event_in_doubles(event: &Event<MpInterval>) -> Event<Interval> {
    Event { time: in_doubles(&event.time), kind: event.kind, coefficient: event.coefficient }
}

pub(super) fn tie_in_doubles(tie: &Tie<MpInterval>) -> Tie<Interval> {
    Tie { time: in_doubles(&tie.time), reason: tie.reason.clone() }
}

/// The same end, in doubles. An exact flow ends in no other ways than these.
pub(super) fn stop_in_doubles(stop: &Stop<MpInterval>) -> Stop<Interval> {
    match stop {
        Stop::Optimum { time } => Stop::Optimum { time: in_doubles(time) },
        Stop::NonUnique { time, coefficient } => Stop::NonUnique { time: in_doubles(time), coefficient: *coefficient },
        Stop::Budget { time, steps } => Stop::Budget { time: in_doubles(time), steps: *steps },
        Stop::Undecided { time, reason } => Stop::Undecided { time: in_doubles(time), reason: reason.clone() },
        _ => Stop::Horizon,
    }
}
