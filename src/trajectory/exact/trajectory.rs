use super::flow::ExactFlow;
use super::leg::{Leg, Mode};
use super::parabola::{Parabola, sqrt_from_zero};
use super::state::State;
use crate::scalar::Real;
use crate::trajectory::{Event, Flow, Stop};
use std::cmp::Ordering::{Equal, Greater, Less};

/// An exact SpecGD trajectory from time 0 to a horizon or to its end; after the optimum it goes on at rest.
///
/// It keeps one entry for each event, not one for each event and coefficient.
#[derive(Clone, Debug)]
pub struct ExactTrajectory<T: Real = f64> {
    events: Vec<Event<T>>,
    stop: Stop<T>,
    end: T,
    amplification: Option<T>,
    /// When each segment began, from where its local time is counted, and tau on it.
    energy: Vec<(T, T, Parabola<T>)>,
    /// For each distinct group and, last, the signal: its legs, each with the segment on which it begins.
    legs: Vec<Vec<(usize, Leg<T>)>>,
    /// Variances of the same.
    variance: Vec<T>,
    /// Which of them each coefficient is.
    class: Vec<usize>,
}

impl<T: Real> ExactFlow<T> {
    /// Runs a flow that has just been made or reset to `horizon`, or to its end if that is earlier, and keeps what it sees.
    pub fn run(&mut self, horizon: &T) -> ExactTrajectory<T> {
        let mut kept = ExactTrajectory::empty(self.state(), horizon);
        kept.stop = loop {
            match self.next_segment(Some(horizon)) {
                Ok(segment) => kept.keep(segment.state),
                Err(Stop::Horizon) => break Stop::Horizon,
                Err(stop) => {
                    kept.keep(self.state());
                    kept.end = self.time().clone();
                    break stop;
                }
            }
        };
        kept.events = self.state().events.clone();
        kept.amplification = self.amplification();
        kept
    }
}

impl<T: Real> ExactTrajectory<T> {
    fn empty(state: &State<T>, horizon: &T) -> Self {
        let groups = &state.groups;
        Self {
            events: vec![],
            stop: Stop::Horizon,
            end: horizon.clone(),
            amplification: None,
            energy: vec![],
            legs: vec![vec![]; groups.len() + 1],
            variance: groups.iter().map(|group| &group.variance).chain([&state.signal_variance]).cloned().collect(),
            class: (0..groups.coefficients()).map(|j| if j == 0 { groups.len() } else { groups.class(j) }).collect(),
        }
    }

    fn keep(&mut self, state: &State<T>) {
        let segment = self.energy.len();
        self.energy.push((state.time.clone(), state.origin.clone(), state.energy.clone()));
        let signal = state.legs.len();
        if segment == 0 {
            for (k, leg) in state.legs.iter().chain([&state.signal]).enumerate() {
                self.legs[k].push((0, leg.clone()));
            }
            return;
        }
        for &(k, _) in &state.touched {
            self.legs[k].push((segment, state.legs[k].clone()));
        }
        if state.signal.instant == state.instant {
            self.legs[signal].push((segment, state.signal.clone()));
        }
    }

    /// All events, in order.
    pub fn events(&self) -> &[Event<T>] {
        &self.events
    }

    /// Why the trajectory ends where it does.
    pub fn stop(&self) -> &Stop<T> {
        &self.stop
    }

    /// Where the trajectory ends: the horizon, or the time of [`stop`](Self::stop).
    pub fn end(&self) -> &T {
        &self.end
    }

    /// The largest amplification up to [`end`](Self::end), see
    /// [`Segment::amplification_at`](crate::trajectory::Segment::amplification_at).
    pub fn amplification(&self) -> Option<&T> {
        self.amplification.as_ref()
    }

    /// The coefficients at `time`, signal first.
    ///
    /// `None` before 0 and after the end, unless that is the optimum; and where it is not decided which segment `time` is on.
    pub fn coefficients_at(&self, time: &T) -> Option<Vec<T>> {
        let rests = matches!(self.stop, Stop::Optimum { .. });
        let segment = self.energy.partition_point(|(start, ..)| start <= time).checked_sub(1)?;
        let beyond = self.energy.get(segment + 1).is_some_and(|(next, ..)| next.partial_cmp(time) != Some(Greater));
        let ended = !rests && !matches!(time.partial_cmp(&self.end), Some(Less | Equal));
        if beyond || ended {
            return None;
        }
        let (_, origin, energy) = &self.energy[segment];
        let tau = energy.at(&(time.clone() - origin));
        let value = |class: usize| {
            let legs = &self.legs[class];
            let (_, leg) = &legs[legs.partition_point(|(began, _)| *began <= segment) - 1];
            match leg.mode {
                Mode::Sliding => {
                    let theta = time.int(i64::from(class + 1 == self.legs.len()));
                    sqrt_from_zero(&(theta - tau.clone() / self.variance[class].times(2)))
                }
                _ => leg.value(time),
            }
        };
        Some(self.class.iter().map(|&class| value(class)).collect())
    }
}
