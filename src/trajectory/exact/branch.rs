//! Every order of events that could not be told apart, followed until all of them agree again.
//!
//! Statement and proof: `undecided-order` in `derivations/validated.md`.

use super::earliest::Ending;
use super::halt::{Doubt, Halt};
use super::instant::turn;
use super::leg::{Leg, Mode};
use super::parabola::Parabola;
use super::roster::Roster;
use super::scan::Scan;
use super::state::State;
use crate::scalar::Enclosure;
use crate::trajectory::{Event, EventKind};
use std::cmp::Ordering;

/// The solution from one order of the events: it is a solution if that order is the true one.
#[derive(Clone, Debug)]
struct Branch<T> {
    state: State<T>,
    /// What may come next; nothing, at rest.
    next: Vec<Next<T>>,
}

#[derive(Clone, Debug)]
enum Next<T> {
    /// The segment ends in this way at this local time.
    Event(Ending, T),
    /// At this instant a group keeps to its surface, or slips off it.
    Grip { group: usize, slips: bool },
    /// At this instant the signal does.
    SignalGrip { slips: bool },
    /// A group starts on this side of its surface.
    Side { group: usize, side: Ordering },
}

/// Where all branches agree again.
#[derive(Clone, Debug)]
pub(super) struct Agreement<T> {
    /// The first of the events in doubt is not before this time.
    pub(super) doubted: T,
    /// The last of them is not after this time.
    pub(super) now: T,
    /// The state at `now`; where it is at rest, at some time up to then.
    pub(super) state: State<T>,
    pub(super) rests: bool,
}

/// All orders of four events that happen at once, and of five that do so in groups; more are not followed.
const MAX_BRANCHES: usize = 120;

/// Rounds after which the branches are given up: four events in any order take 64.
const MAX_ROUNDS: usize = 1000;

impl<T: Enclosure> State<T> {
    /// What this state, at which the flow has stopped with `halt`, comes to whatever is true; `None` where something else than an order,
    /// a grip or a side is undecided, or the branches do not come to agree.
    pub(super) fn past_doubt(&self, halt: &Halt) -> Option<Agreement<T>> {
        let mut state = self.clone();
        let first = Branch { next: state.next_of(halt)?, state };
        let doubted = first.reach()?;
        let mut branches = first.divide()?;
        for _ in 0..MAX_ROUNDS {
            if let Some(now) = agreement(&branches) {
                let state = self.united(&branches, &now, halt)?;
                return Some(Agreement { doubted, now, state, rests: branches[0].next.is_empty() });
            }
            let behind = branches.swap_remove(furthest_behind(&branches)?);
            branches.extend(behind.divide()?);
            if branches.len() > MAX_BRANCHES {
                return None;
            }
        }
        None
    }

    /// What may come next where the flow has stopped with `halt`.
    fn next_of(&mut self, halt: &Halt) -> Option<Vec<Next<T>>> {
        let Halt::Undecided(doubt) = halt else { return (*halt == Halt::Optimum).then(Vec::new) };
        match **doubt {
            Doubt::Order(..) => {
                let mut scan = Scan::default();
                scan.begin(self);
                let contenders = self.survey(&mut scan).ok()?.contenders().ok()?;
                Some(contenders.into_iter().map(|(ending, after)| Next::event(ending, after)).collect())
            }
            Doubt::Grip(j) if j > 0 => {
                let group = self.groups.class(j);
                Some([true, false].map(|slips| Next::Grip { group, slips }).to_vec())
            }
            Doubt::Grip(_) => Some([true, false].map(|slips| Next::SignalGrip { slips }).to_vec()),
            Doubt::Side(j) if j > 0 => {
                let group = self.groups.class(j);
                Some(
                    [Ordering::Less, Ordering::Equal, Ordering::Greater]
                        .map(|side| Next::Side { group, side })
                        .to_vec(),
                )
            }
            _ => None,
        }
    }

    /// One state that contains those of all `branches`, which agree on who moves how, at the time `now`.
    fn united(&self, branches: &[Branch<T>], now: &T, halt: &Halt) -> Option<Self> {
        let states = || branches.iter().map(|branch| &branch.state);
        let first = &branches[0].state;
        let rests = branches[0].next.is_empty();
        let hull =
            |part: &dyn Fn(&Self) -> T| states().skip(1).fold(part(first), |all, state| all.hull_with(&part(state)));
        let instant = states().map(|state| state.instant).max()?;
        // a leg that is older than the instant in doubt is the same in all of them, unless that is the start
        let unite = |leg: &Leg<T>, of: &dyn Fn(&Self) -> Leg<T>| {
            let instant = if states().all(|state| of(state).instant >= state.jumped) { instant } else { 0 };
            match leg.instant >= self.instant || halt.is_about_side() {
                true => Leg { mode: leg.mode, from: hull(&|state| of(state).value(now)), since: now.clone(), instant },
                false => Leg { instant, ..leg.clone() },
            }
        };
        let origin = |state: &Self| now.clone() - &state.origin;
        let mut united = first.clone();
        united.signal = unite(&first.signal, &|state| state.signal.clone());
        united.legs = (0..first.legs.len()).map(|k| unite(&first.legs[k], &|state| state.legs[k].clone())).collect();
        united.energy = Parabola {
            c: hull(&|state| state.energy.at(&origin(state))),
            b: hull(&|state| state.energy.slope_at(&origin(state))),
            a: hull(&|state| state.energy.a.clone()),
        };
        united.events = self.events.clone();
        united.events.extend(self.net_events(branches, halt));
        united.past_events = united.events.len();
        united.time = if rests { hull(&|state| state.time.clone()) } else { now.clone() };
        united.origin = united.time.lower_end();
        (united.instant, united.jumped) = (instant + 1, instant);
        united.steps = states().map(|state| state.steps).max()?;
        united.touched.clear();
        united.signal_before = None;
        united.record.forget();
        Some(united)
    }

    /// The last mode of group `k` of which note has been taken (none before the start): where a grip is in doubt, not that of the instant.
    fn noted_mode(&self, k: usize, halt: &Halt) -> Option<Mode> {
        if halt.is_about_side() {
            return None;
        }
        let before = self.touched.iter().find(|(touched, _)| halt.leaves_modes_open() && *touched == k);
        before.map_or(Some(self.legs[k].mode), |(_, before)| *before)
    }

    /// What has happened to each coefficient from here to where all `branches` agree, as if at one instant, at the hull of the times of
    /// its events.
    fn net_events(&self, branches: &[Branch<T>], halt: &Halt) -> Vec<Event<T>> {
        let (known, after) = (self.events.len(), &branches[0].state);
        let mut net = Vec::new();
        let mut offer = |coefficient: usize, kind: EventKind, is_part: &dyn Fn(EventKind) -> bool| {
            let events = branches.iter().flat_map(|branch| &branch.state.events[known..]);
            let own = events.filter(|event| event.coefficient == coefficient && is_part(event.kind));
            let hull = own.map(|event| event.time.clone()).reduce(|all, time| all.hull_with(&time));
            net.extend(hull.map(|time| Event { time, kind, coefficient }));
        };
        let any = |_: EventKind| true;
        for (k, new) in after.legs.iter().enumerate() {
            if let Some(kind) = net_turn(self.noted_mode(k, halt), new.mode) {
                self.groups.members(k).iter().for_each(|&j| offer(j, kind, &any));
            }
        }
        let is = |kind: EventKind| move |other: EventKind| other == kind;
        let rests = branches[0].next.is_empty();
        if let Some(kind) =
            net_turn(Some(self.signal_before.unwrap_or(self.signal.mode)), after.signal.mode).filter(|_| !rests)
        {
            offer(0, kind, &|kind| kind != EventKind::Target);
        }
        if rests || after.past_target && !self.past_target {
            offer(0, EventKind::Target, &is(EventKind::Target));
        }
        if rests {
            offer(0, EventKind::Optimum, &is(EventKind::Optimum));
        }
        net.sort_by(|a, b| a.time.to_f64().total_cmp(&b.time.to_f64()));
        net
    }
}

fn net_turn(old: Option<Mode>, new: Mode) -> Option<EventKind> {
    if new == Mode::Held && old != Some(new) { Some(EventKind::Zero) } else { turn(old, new) }
}

impl<T: Enclosure> Next<T> {
    /// What happens next does not happen before now.
    fn event(ending: Ending, after: T) -> Self {
        let zero = after.int(0);
        let past = after.lower_end() < zero && zero <= after.upper_end();
        Self::Event(ending, if past { zero.hull_with(&after.upper_end()) } else { after })
    }
}

impl<T: Enclosure> Branch<T> {
    /// What becomes of it, for each thing that may be next: an event is then not later than any other may be.
    fn divide(self) -> Option<Vec<Self>> {
        let ends = self.next.iter().filter_map(|next| match next {
            Next::Event(_, after) => Some(after.upper_end()),
            _ => None,
        });
        let first = ends.reduce(|least, end| if end < least { end } else { least });
        self.next.iter().map(|next| self.go_on(next, first.as_ref())).collect()
    }

    fn go_on(&self, next: &Next<T>, first: Option<&T>) -> Option<Self> {
        let mut state = self.state.clone();
        let mut scan = Scan::default();
        scan.begin(&state);
        let outcome = match next {
            Next::Event(ending, after) => {
                let until = after.lower_end().hull_with(first?);
                (state.ending, state.length) = (*ending, after.clone().refined_by(until));
                state.step(&mut scan)
            }
            Next::Grip { group, slips } => state.go_on_with_grip(&mut scan, *group, *slips),
            Next::SignalGrip { slips } => state.go_on_with_signal_grip(&mut scan, *slips),
            Next::Side { group, side } => state.reopen(&mut scan, *group, *side),
        };
        let next = match outcome {
            Ok(()) => vec![Next::event(state.ending, state.length.clone())],
            Err(halt) => state.next_of(&halt)?,
        };
        Some(Self { state, next })
    }

    /// The time from which on this branch may be another.
    fn reach(&self) -> Option<T> {
        let ends = self.next.iter().map(|next| match next {
            Next::Event(_, after) => (self.state.origin.clone() + after).lower_end(),
            _ => self.state.origin.clone(),
        });
        ends.reduce(|least, end| if end < least { end } else { least })
    }

    /// Whether nothing is in doubt at its present instant.
    fn is_settled(&self) -> bool {
        self.next.iter().all(|next| matches!(next, Next::Event(..)))
    }

    fn agrees_with(&self, other: &Self) -> bool {
        let (a, b) = (&self.state, &other.state);
        let modes = a.legs.iter().zip(&b.legs).all(|(a, b)| a.mode == b.mode);
        let rest = self.next.is_empty() == other.next.is_empty() && a.past_target == b.past_target;
        modes && rest && a.stage == b.stage && a.signal.mode == b.signal.mode
    }
}

/// A time at which every branch is on its present segment, and the segments are the same but for numbers.
fn agreement<T: Enclosure>(branches: &[Branch<T>]) -> Option<T> {
    let first = branches.first()?;
    if !branches.iter().all(|branch| branch.is_settled() && branch.agrees_with(first)) {
        return None;
    }
    let ends = branches.iter().map(|branch| branch.state.time.upper_end());
    let now = ends.reduce(|latest, end| if end > latest { end } else { latest })?;
    branches.iter().all(|branch| branch.reach().is_none_or(|end| now <= end)).then_some(now)
}

/// The branch that ends first.
fn furthest_behind<T: Enclosure>(branches: &[Branch<T>]) -> Option<usize> {
    let ends = branches.iter().enumerate().filter_map(|(i, branch)| Some((i, branch.reach()?)));
    ends.reduce(|least, end| if end.1 < least.1 { end } else { least }).map(|(i, _)| i)
}
