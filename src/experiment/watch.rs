use super::run::{Outcome, Plan};
use crate::descent::Method;
use crate::observe::{Amplification, Condition, ESCAPE_LEVEL, Gauge, Quantity, SegmentGauge};
use crate::risk::Landscape;
use crate::scalar::Real;
use crate::trajectory::roots::Root;
use crate::trajectory::{Event, EventKind, Flow, Recursion, Segment, Stop};
use crate::weights::Weights;
use std::cmp::Ordering;

/// Coefficients and observables at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<T = f64> {
    /// Step of the recursion; `None` for a flow.
    pub step: Option<u64>,
    /// Time on the setting's clock.
    pub time: T,
    /// Coefficients `w_j`, signal first; off the invariant manifold the roots of overlaps that stand for them.
    pub coefficients: Vec<T>,
    /// Population risk, in the setting's normalisation.
    pub risk: T,
    /// Share of the energy on the signal; `None` where there is no energy.
    pub alignment: Option<T>,
    /// Running amplification up to this time.
    pub amplification: T,
}

impl<T> Row<T> {
    /// The numbers of the row in the order of the columns: time, coefficients, risk, alignment (if any), amplification.
    pub fn values(&self) -> impl Iterator<Item = Option<&T>> {
        let rest = [Some(&self.risk), self.alignment.as_ref(), Some(&self.amplification)];
        std::iter::once(&self.time).chain(&self.coefficients).map(Some).chain(rest)
    }
}

impl<T: Real> Row<T> {
    /// Whether coefficients and risk are numbers. (The amplification is infinite where a signal is at zero beside a live direction.)
    pub fn is_finite(&self) -> bool {
        let mut numbers = self.coefficients.iter().chain([&self.time, &self.risk]).chain(&self.alignment);
        numbers.all(T::is_finite)
    }

    /// The largest coefficient.
    pub fn largest(&self) -> T {
        let larger = |a: T, b: T| if b > a { b } else { a };
        self.coefficients.iter().map(T::abs).fold(self.time.int(0), larger)
    }
}

/// Watches a trajectory pass: keeps the running amplification, emits rows at the times asked for, notes events, and sees when a
/// condition is met. It must be shown every segment of a flow (or every step of a recursion) once, in order.
pub(super) struct Watch<'a, T: Real, G, Emit> {
    gauge: &'a G,
    plan: &'a Plan<T>,
    amplification: Amplification<T>,
    next_row: usize,
    emit: Emit,
    clock_rate: T,
    risk_scale: T,
    /// The plan's condition, on the quarter risk.
    until: Option<Condition<T>>,
    events: Vec<Event<T>>,
    /// The point at the end of the last segment, once there is one.
    last: Vec<T>,
    found: Vec<Root<T>>,
    escaped: bool,
    holds_at_zero: bool,
    /// The condition does not hold before this time.
    quiet_until: Option<T>,
}

impl<'a, T: Real, G, Emit: FnMut(Row<T>)> Watch<'a, T, G, Emit> {
    /// `start` are the coefficients there; `plan` is on the setting's clock, of which one unit is `clock_rate` of the trajectory's.
    pub(super) fn new(
        gauge: &'a G,
        start: &[T],
        plan: &'a Plan<T>,
        (clock_rate, risk_scale): (T, T),
        emit: Emit,
    ) -> Self {
        let escape = T::from_f64(ESCAPE_LEVEL, &start[0].context());
        Self {
            gauge,
            plan,
            amplification: Amplification::new(start),
            next_row: 0,
            emit,
            clock_rate,
            until: plan.until.as_ref().map(|condition| condition.on_quarter_risk(&risk_scale)),
            risk_scale,
            events: Vec::new(),
            last: Vec::new(),
            found: Vec::new(),
            escaped: start[0] >= escape,
            holds_at_zero: false,
            quiet_until: None,
        }
    }

    /// Emits the row at `time` (on the setting's clock) with the observables of `point`.
    fn emit<P: ?Sized>(&mut self, step: Option<u64>, time: T, point: &P)
    where
        G: Gauge<T, P>,
    {
        let coefficients = self.gauge.coefficients(point);
        self.amplification.see(&coefficients);
        (self.emit)(Row {
            step,
            risk: self.gauge.risk(point) * &self.risk_scale,
            alignment: self.gauge.alignment(point),
            amplification: self.amplification.largest().clone(),
            time,
            coefficients: coefficients.into_owned(),
        });
    }

    fn outcome<P: ?Sized>(&self, stop: Stop<T>, end: T, point: &P, events: Vec<Event<T>>) -> Outcome<T>
    where
        G: Gauge<T, P>,
    {
        Outcome {
            stop: stop.on_clock(&end),
            end,
            risk: self.gauge.risk(point) * &self.risk_scale,
            alignment: self.gauge.alignment(point),
            coefficients: self.gauge.coefficients(point).into_owned(),
            events,
            remarks: Vec::new(),
        }
    }
}

impl<T: Real, G: SegmentGauge<T>, Emit: FnMut(Row<T>)> Watch<'_, T, G, Emit> {
    /// Follows `flow` to its end, the plan's condition, or its horizon.
    pub(super) fn follow(mut self, flow: &mut impl Flow<T>) -> Outcome<T> {
        let horizon = self.plan.horizon.as_ref().map(|t| t.clone() * &self.clock_rate);
        let (by_segments, by_ratios) = (flow.events().is_none(), !flow.keeps_amplification());
        self.holds_at_zero = flow.holds_at_zero();
        let unit_speed = flow.has_unit_speed();
        loop {
            let passed = flow.next_segment(horizon.as_ref()).map(|segment| {
                let met = self.first_time(&segment, unit_speed);
                self.pass(&segment, met, by_segments, by_ratios)
            });
            let met = match passed {
                Ok(met) => met,
                Err(stop) => {
                    let (time, w) = flow.current();
                    // At rest the rows go on; at the end the last one may have missed the last segment by a rounding.
                    if by_segments && matches!(stop, Stop::Optimum { .. }) {
                        self.note_zeros(&time, &w);
                        self.events.push(Event { time: time.clone(), kind: EventKind::Optimum, coefficient: 0 });
                        self.last.clone_from(&w);
                    }
                    // What has come to rest between two segments, no segment has seen.
                    let met = |condition: &Condition<T>| condition.holds(self.gauge, &w[..]);
                    let stop = match stop {
                        Stop::Optimum { .. } | Stop::Horizon | Stop::NonUnique { .. }
                            if self.until.as_ref().is_some_and(met) =>
                        {
                            Stop::Condition { time: time.clone() }
                        }
                        stop => stop,
                    };
                    let now = time.clone() / &self.clock_rate;
                    match stop {
                        Stop::Optimum { .. } | Stop::Horizon => {
                            let last = self.plan.horizon.as_ref().unwrap_or(&now);
                            self.emit_rows_at_rest(&w, last);
                        }
                        Stop::NonUnique { .. } => self.emit_rows_at_rest(&w, &now),
                        _ => {}
                    }
                    self.last = w;
                    let events = flow.events().map(<[_]>::to_vec);
                    return self.finish(stop, time, events);
                }
            };
            if let Some(time) = met {
                let mut events = flow.events().map(<[_]>::to_vec);
                events.iter_mut().for_each(|events| events.retain(|e| e.time <= time));
                return self.finish(Stop::Condition { time: time.clone() }, time, events);
            }
        }
    }

    fn finish(mut self, stop: Stop<T>, time: T, events: Option<Vec<Event<T>>>) -> Outcome<T> {
        let mut events = events.unwrap_or_else(|| std::mem::take(&mut self.events));
        for event in &mut events {
            event.time = event.time.clone() / &self.clock_rate;
        }
        let end = match (&stop, &self.plan.horizon) {
            (Stop::Horizon, Some(horizon)) => horizon.clone(),
            _ => time / &self.clock_rate,
        };
        self.outcome(stop, end, &self.last[..], events)
    }

    /// The first local time in `segment` at which the condition is met.
    fn first_time(&mut self, segment: &impl Segment<T>, unit_speed: bool) -> Option<T> {
        let condition = self.until.as_ref()?;
        let end = segment.start().clone() + segment.length();
        if self.quiet_until.as_ref().is_some_and(|time| end <= *time) {
            return None;
        }
        let met = condition.first_time(self.gauge, segment);
        if unit_speed && met.is_none() {
            let last = segment.coefficients_at(segment.length());
            self.quiet_until = self.gauge.quiet_for(condition, &last).map(|quiet| quiet + end);
        }
        met
    }

    /// A segment of a flow passes, on which the condition is `met`, or not; returns when.
    ///
    /// Of a flow that notes its own events and keeps its own amplification, only rows and the condition look at every coefficient.
    fn pass(&mut self, segment: &impl Segment<T>, met: Option<T>, by_segments: bool, by_ratios: bool) -> Option<T> {
        let end = met.as_ref().unwrap_or(segment.length());
        let turns = if by_ratios { self.turns(segment, end) } else { Vec::new() };
        let mut turns = turns.into_iter().peekable();
        while let Some(time) = self.plan.rows.get(self.next_row) {
            let local = time.clone() * &self.clock_rate - segment.start();
            // A row at the end of a segment belongs to it, but for the rounding of the end: then it is the next one's start.
            if local > *end {
                break;
            }
            let local = if local < local.int(0) { local.int(0) } else { local };
            while let Some(turn) = turns.next_if(|turn| *turn <= local) {
                self.see(&segment.coefficients_at(&turn));
            }
            if let Some(amplification) = segment.amplification_at(&local) {
                self.amplification.see_value(amplification);
            }
            self.next_row += 1;
            self.emit(None, time.clone(), &segment.coefficients_at(&local)[..]);
        }
        for turn in turns {
            self.see(&segment.coefficients_at(&turn));
        }
        if by_segments || by_ratios || met.is_some() {
            let last = segment.coefficients_at(end);
            if by_segments {
                self.note_zeros(segment.start(), &last);
            }
            self.last = last;
            self.amplification.see(&self.gauge.coefficients(&self.last));
        }
        if by_segments {
            self.note_events(segment, end);
        }
        met.map(|s| s + segment.start())
    }

    /// The local times up to `end` at which some ratio `w_j/w_0` may turn, ascending.
    fn turns(&mut self, segment: &impl Segment<T>, end: &T) -> Vec<T> {
        let mut turns = Vec::new();
        for j in 1..segment.groups() {
            self.found.clear();
            segment.ratio_turns(j, &mut self.found);
            turns.extend(self.found.iter().filter(|root| root.at <= *end).map(|root| root.at.clone()));
        }
        turns.sort_by(|a, b| a.partial_cmp(b).unwrap_or(Ordering::Equal));
        turns
    }

    fn see(&mut self, point: &[T]) {
        self.amplification.see(&self.gauge.coefficients(point));
    }

    /// Escape, and the extrema of every coefficient.
    fn note_events(&mut self, segment: &impl Segment<T>, end: &T) {
        let first = self.events.len();
        for j in 0..segment.groups() {
            self.found.clear();
            segment.turns(j, &mut self.found);
            for root in self.found.iter().filter(|root| root.crosses() && root.at <= *end) {
                let kind = if root.before == Ordering::Greater { EventKind::Maximum } else { EventKind::Minimum };
                self.events.push(Event { time: root.at.clone() + segment.start(), kind, coefficient: j });
            }
        }
        let level = T::from_f64(ESCAPE_LEVEL, &end.context());
        let escape = Condition { quantity: Quantity::Coefficient(0), at_least: true, level };
        if !self.escaped && self.last[0] >= escape.level {
            self.escaped = true;
            // at the end, where another evaluation of the segment is a rounding below the level
            let time = escape.first_time(self.gauge, segment).unwrap_or_else(|| end.clone()) + segment.start();
            self.events.push(Event { time, kind: EventKind::Escape, coefficient: 0 });
        }
        self.events[first..].sort_by(|a, b| a.time.partial_cmp(&b.time).unwrap_or(Ordering::Equal));
    }

    /// What is held at zero from `time` on, where the coefficients are `w`.
    fn note_zeros(&mut self, time: &T, w: &[T]) {
        if !self.holds_at_zero {
            return;
        }
        for (j, (before, now)) in self.last.iter().zip(w).enumerate() {
            let zero = before.int(0);
            if *now == zero && *before != zero {
                self.events.push(Event { time: time.clone(), kind: EventKind::Zero, coefficient: j });
            }
        }
    }

    /// Rows up to `last`, on the setting's clock.
    fn emit_rows_at_rest(&mut self, w: &[T], last: &T) {
        while let Some(time) = self.plan.rows.get(self.next_row).filter(|time| *time <= last) {
            self.next_row += 1;
            self.emit(None, time.clone(), w);
        }
    }
}

impl<T: Real, G, Emit: FnMut(Row<T>)> Watch<'_, T, G, Emit> {
    /// Follows `recursion`, whose step is `step_size` on the setting's clock, to the plan's condition or horizon.
    pub(super) fn follow_steps<W, L>(mut self, mut recursion: Recursion<W, L, Method<T>>, step_size: &T) -> Outcome<T>
    where
        W: Weights<Scalar = T>,
        L: Landscape<W>,
        G: Gauge<T, W>,
    {
        let steps = |t: &T| (t.clone() / step_size).to_f64().round() as u64;
        let last = self.plan.horizon.as_ref().map_or(MAX_STEPS, steps);
        let condition = self.until.clone();
        let stop = loop {
            let step = recursion.steps();
            let time = step_size.times(step as i64);
            let w = recursion.weights();
            self.amplification.see(&self.gauge.coefficients(w));
            while self.plan.rows.get(self.next_row).is_some_and(|row| row.to_f64() == step as f64) {
                self.next_row += 1;
                self.emit(Some(step), time.clone(), w);
            }
            if condition.as_ref().is_some_and(|c| c.holds(self.gauge, w)) {
                break Stop::Condition { time };
            }
            if step >= last {
                break if self.plan.horizon.is_some() { Stop::Horizon } else { Stop::Budget { time, steps: step } };
            }
            match recursion.step() {
                Ok(true) => {}
                Ok(false) => {
                    // At rest every later step shows the same weights.
                    let rest = recursion.weights();
                    while let Some(row) = self.plan.rows.get(self.next_row).filter(|row| row.to_f64() <= last as f64) {
                        self.next_row += 1;
                        self.emit(Some(row.to_f64() as u64), step_size.clone() * row, rest);
                    }
                    break if self.plan.horizon.is_some() { Stop::Horizon } else { Stop::Rest { time } };
                }
                Err(stop) => break stop,
            }
        };
        let end = step_size.times(recursion.steps() as i64);
        self.outcome(stop, end, recursion.weights(), Vec::new())
    }
}

/// A recursion without a horizon gives up here.
const MAX_STEPS: u64 = 100_000_000;
