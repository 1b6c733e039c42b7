use crate::experiment::Setting;
use crate::experiment::run::Outcome;
use crate::experiment::watch::Row;
use crate::observe::{alignment, risk};
use crate::scalar::{Interval, Slope, mean_value};
use crate::spectrum::Spectrum;
use crate::trajectory::{Event, EventKind, Stop};
use std::collections::VecDeque;

/// What a certified run has shown so far: rows emitted, running amplification, events; all on the setting's clock.
pub(super) struct Record<'a> {
    spectrum: &'a Spectrum<Interval>,
    rows: &'a [Interval],
    next: usize,
    /// For rows from `next` on whose time may be in a stretch that has passed: the coefficients there.
    begun: VecDeque<Vec<Interval>>,
    emit: &'a mut dyn FnMut(Row<Interval>),
    clock_rate: Interval,
    risk_scale: Interval,
    /// On the trajectory's clock.
    horizon: Option<Interval>,
    amplification: Interval,
    events: Vec<Event<Interval>>,
    remarks: Vec<String>,
    end: Interval,
    last: Vec<Interval>,
}

impl<'a> Record<'a> {
    pub(super) fn new(
        setting: &Setting<Interval>,
        spectrum: &'a Spectrum<Interval>,
        rows: &'a [Interval],
        horizon: Option<Interval>,
        emit: &'a mut dyn FnMut(Row<Interval>),
    ) -> Self {
        let clock_rate = setting.clock_rate();
        Self {
            spectrum,
            rows,
            next: 0,
            begun: VecDeque::new(),
            emit,
            clock_rate,
            risk_scale: setting.risk_scale(),
            horizon: horizon.map(|t| t * clock_rate),
            amplification: Interval::ONE,
            events: Vec::new(),
            remarks: Vec::new(),
            end: Interval::ZERO,
            last: Vec::new(),
        }
    }

    /// The horizon on the trajectory's clock.
    pub(super) fn horizon(&self) -> Option<Interval> {
        self.horizon
    }

    /// A stretch of the trajectory passes that ends at `end`; `coefficients` gives those at times of it (nothing for others), and
    /// `amplification` the largest up to a time.
    ///
    /// A row's time is an interval (0.1 is none of the doubles) and so may be `end`: a row whose time may be in two stretches gets
    /// what both say.
    pub(super) fn pass(
        &mut self,
        end: Interval,
        coefficients: impl Fn(Interval) -> Option<Vec<Interval>>,
        amplification: impl Fn(Interval) -> Interval,
    ) {
        for row in self.next..self.rows.len() {
            let time = self.rows[row] * self.clock_rate;
            if time.lower() > end.upper() {
                break;
            }
            let waiting = row - self.next;
            let here = coefficients(time);
            let w = match (self.begun.get_mut(waiting), here) {
                (Some(w), Some(here)) => {
                    w.iter_mut().zip(here).for_each(|(w, here)| *w = w.hull(here));
                    w.clone()
                }
                (Some(w), None) => w.clone(),
                (None, Some(here)) => {
                    self.begun.push_back(here.clone());
                    here
                }
                (None, None) => break,
            };
            if time.upper() <= end.lower() && waiting == 0 {
                self.begun.pop_front();
                let largest = self.amplification.max(amplification(time));
                self.emit(None, w, largest);
            }
        }
    }

    /// Nothing moves any more up to `last`, nor is anything left to come.
    pub(super) fn rest(&mut self, last: Interval, w: &[Interval]) {
        while self.rows.get(self.next).is_some_and(|row| (*row * self.clock_rate).lower() <= last.upper()) {
            let begun = self.begun.pop_front().unwrap_or_else(|| w.to_vec());
            let w = begun.iter().zip(w).map(|(a, b)| a.hull(*b)).collect();
            self.emit(None, w, self.amplification);
        }
    }

    /// The recursion is at `step`.
    pub(super) fn pass_step(&mut self, step: u64, time: Interval, w: &[Interval]) {
        while self.rows.get(self.next).is_some_and(|row| row.contains(step as f64)) {
            self.emit(Some((step, time)), w.to_vec(), self.amplification);
        }
    }

    /// Takes note of an enclosure of a ratio that was reached, relative to its start.
    pub(super) fn see(&mut self, ratio: Interval) {
        self.amplification = self.amplification.max(ratio);
    }

    /// Emits the next row with coefficients `w`.
    fn emit(&mut self, step: Option<(u64, Interval)>, w: Vec<Interval>, amplification: Interval) {
        let time = step.map_or_else(|| self.rows[self.next], |(_, time)| time);
        self.next += 1;
        let risk = self.risk(&w);
        (self.emit)(Row {
            alignment: alignment(self.spectrum, &w),
            coefficients: w,
            step: step.map(|(step, _)| step),
            time,
            risk,
            amplification,
        });
    }

    /// In mean value form, of coefficients and variances: they enter it more than once. A sum of squares, so not negative even where
    /// enclosures leave room for that.
    fn risk(&self, w: &[Interval]) -> Interval {
        let variance = self.spectrum.variance();
        let box_: Vec<Interval> = w.iter().chain(variance).copied().collect();
        let of = |x: &[Slope]| risk(&self.spectrum.with_variances(|j| x[w.len() + j].clone()), &x[..w.len()]);
        (mean_value(&box_, of) * self.risk_scale).max(Interval::ZERO)
    }

    /// Something happened at `time` of the trajectory's clock.
    pub(super) fn note(&mut self, time: Interval, kind: EventKind, coefficient: usize) {
        self.events.push(Event { time: time / self.clock_rate, kind, coefficient });
    }

    /// Something has to be known about what happened at `time` of the trajectory's clock.
    pub(super) fn remark(&mut self, time: Interval, sentence: impl Fn(Interval) -> String) {
        self.remarks.push(sentence(time / self.clock_rate));
    }

    /// Where the run has come to, on the trajectory's clock.
    pub(super) fn reach(&mut self, time: Interval, w: Vec<Interval>) {
        self.end = time;
        self.last = w;
    }

    pub(super) fn outcome(mut self, stop: Stop<Interval>) -> Outcome<Interval> {
        let end = self.end / self.clock_rate;
        self.events.sort_by(|a, b| a.time.midpoint().total_cmp(&b.time.midpoint()));
        let stop = if matches!(stop, Stop::Condition { .. }) { stop } else { stop.on_clock(&end) };
        Outcome {
            stop,
            end,
            risk: self.risk(&self.last),
            alignment: alignment(self.spectrum, &self.last),
            coefficients: self.last,
            events: self.events,
            remarks: self.remarks,
        }
    }
}
