use super::event::Ending;
use super::parabola::Parabola;
use crate::risk::manifold::{bracket, excess, excess_energy};
use crate::scalar::{DomainError, Real};
use crate::spectrum::Spectrum;
use crate::trajectory::{Event, EventKind, Flow, Segment, Stop};
use std::cmp::Ordering;

/// What a coefficient does between two events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `w_j' = 1`.
    Rising,
    /// `w_j' = -1`.
    Falling,
    /// On the surface `h_j = 0`.
    Sliding,
    /// At zero, with a bracket that keeps it there.
    Held,
}

impl Mode {
    /// +1, -1, or none for a coefficient that does not move freely.
    pub(super) fn velocity(self) -> Option<i64> {
        match self {
            Self::Rising => Some(1),
            Self::Falling => Some(-1),
            Self::Sliding | Self::Held => None,
        }
    }
}

/// The SpecGD flow on the invariant manifold, as a sequence of exact segments.
#[derive(Clone, Debug)]
pub struct ExactFlow<T: Real = f64> {
    pub(super) spectrum: Spectrum<T>,
    /// Coefficients, modes and time at the beginning of the present segment.
    pub(super) w: Vec<T>,
    pub(super) mode: Vec<Mode>,
    pub(super) time: T,
    /// When a coefficient last changed its mode on its surface.
    pub(super) turned: Vec<Option<T>>,
    /// tau in local time.
    pub(super) energy: Parabola<T>,
    length: T,
    pending: Vec<(Ending, usize)>,
    events: Vec<Event<T>>,
    stop: Option<Stop<T>>,
    instants: u64,
}

/// A segment of an [`ExactFlow`], borrowed from it until the next.
#[derive(Debug)]
pub struct ExactSegment<'a, T: Real>(&'a ExactFlow<T>);

/// A flow has a few events for every group; this many at one group count would be a defect of the solver, not a long run.
const EVENTS_PER_GROUP: u64 = 1000;

impl<T: Real> ExactFlow<T> {
    /// The flow from coefficients `start >= 0`, signal first.
    ///
    /// # Errors
    /// A coefficient that is negative or not finite, or not one for every group.
    pub fn new(spectrum: &Spectrum<T>, start: &[T]) -> Result<Self, DomainError> {
        if start.len() != spectrum.groups() {
            return Err(DomainError::new("start", start.len(), format!("{} coefficients", spectrum.groups())));
        }
        let zero = start[0].int(0);
        if let Some(w) = start.iter().find(|w| !(w.is_finite() && **w >= zero)) {
            return Err(DomainError::new("start", w, "finite coefficients >= 0"));
        }
        let mut flow = Self {
            spectrum: spectrum.clone(),
            w: start.to_vec(),
            mode: vec![Mode::Held; start.len()],
            time: zero.clone(),
            turned: vec![None; start.len()],
            energy: Parabola { c: zero.clone(), b: zero.clone(), a: zero.clone() },
            length: zero,
            pending: Vec::new(),
            events: Vec::new(),
            stop: None,
            instants: 0,
        };
        flow.choose_modes();
        Ok(flow)
    }

    /// What has happened so far, in order of time.
    pub fn events(&self) -> &[Event<T>] {
        &self.events
    }

    /// What coefficient `j` does on the present segment.
    pub fn mode(&self, j: usize) -> Mode {
        self.mode[j]
    }

    /// The modes at the start, by the signs of the brackets.
    fn choose_modes(&mut self) {
        let excesses: Vec<T> = self.w.iter().enumerate().map(|(j, w)| excess(j, w)).collect();
        let tau = excess_energy(&self.spectrum, &excesses);
        let mut on_surface = Vec::new();
        for j in 0..self.w.len() {
            let h = bracket(&self.spectrum.variance()[j], &excesses[j], &tau);
            let at_zero = self.w[j].sign() == Some(Ordering::Equal);
            match h.sign() {
                Some(Ordering::Less) if at_zero => return self.not_unique(j),
                Some(Ordering::Less) => self.mode[j] = Mode::Rising,
                _ if at_zero => self.mode[j] = Mode::Held,
                Some(Ordering::Greater) => self.mode[j] = Mode::Falling,
                Some(Ordering::Equal) => on_surface.push(j),
                None => return self.undecided(format!("the sign of the bracket of coefficient {j} at the start")),
            }
        }
        let settled = on_surface.clone();
        self.settle_surfaces(&on_surface);
        for j in settled {
            self.turned[j] = Some(self.time.clone());
        }
        self.derive_energy();
    }

    fn not_unique(&mut self, coefficient: usize) {
        self.stop = Some(Stop::NonUnique { time: self.time.clone(), coefficient });
    }

    fn undecided(&mut self, reason: String) {
        self.stop = Some(Stop::Undecided { time: self.time.clone(), reason });
    }

    /// tau's parabola, afresh from the coefficients: no error accumulates.
    fn derive_energy(&mut self) {
        let zero = self.time.int(0);
        let (mut c, mut b, mut a) = (zero.clone(), zero.clone(), zero.clone());
        let mut damping = zero.int(1);
        for j in 0..self.w.len() {
            let weight = &self.spectrum.energy_weight()[j];
            match (self.mode[j], self.mode[j].velocity()) {
                (_, Some(velocity)) => {
                    c.add_prod(weight, &excess(j, &self.w[j]));
                    b.add_prod(weight, &self.w[j].times(2 * velocity));
                    a = a + weight;
                }
                (Mode::Sliding, _) => damping = damping + self.spectrum.multiplicity()[j].over(2),
                _ => c.add_prod(weight, &excess(j, &zero)),
            }
        }
        self.energy = Parabola { c: c / &damping, b: b / &damping, a: a / &damping };
    }

    fn coefficient(&self, j: usize, s: &T) -> T {
        match self.mode[j] {
            Mode::Rising => self.w[j].clone() + s,
            Mode::Falling => {
                let w = self.w[j].clone() - s;
                if w < w.int(0) { w.int(0) } else { w }
            }
            Mode::Held => s.int(0),
            Mode::Sliding => {
                let square = s.int(i64::from(j == 0)) - self.energy.at(s) / self.spectrum.variance()[j].times(2);
                if square > square.int(0) { square.sqrt() } else { square.int(0) }
            }
        }
    }

    /// Moves to the end of the present segment and lets happen what happens there.
    fn arrive(&mut self) {
        let s = self.length.clone();
        if s != s.int(0) {
            self.w = (0..self.w.len()).map(|j| self.coefficient(j, &s)).collect();
            self.time = self.time.clone() + &s;
            self.energy = Parabola { c: self.energy.at(&s), b: self.energy.slope(&s), a: self.energy.a.clone() };
            self.length = s.int(0);
        }
        if self.pending.is_empty() {
            return;
        }
        self.instants += 1;
        if self.instants > EVENTS_PER_GROUP * self.w.len() as u64 {
            self.stop = Some(Stop::Budget { time: self.time.clone(), steps: self.instants });
            return;
        }
        let pending = std::mem::take(&mut self.pending);
        let before = self.mode.clone();
        // The ones that turned at this very instant are still on their surfaces: what arrives now may keep them there.
        let on_it = |j: usize| self.mode[j] == Mode::Sliding || self.turned[j].as_ref() == Some(&self.time);
        let mut on_surface: Vec<usize> = (0..self.w.len()).filter(|&j| on_it(j)).collect();
        for &(ending, j) in &pending {
            match ending {
                Ending::Surface if !on_surface.contains(&j) => on_surface.push(j),
                Ending::Surface => {}
                Ending::Zero => {
                    self.w[j] = self.time.int(0);
                    self.mode[j] = Mode::Held;
                    self.note(EventKind::Zero, j);
                }
                Ending::Target => {
                    self.w[0] = self.time.int(1);
                    self.note(EventKind::Target, 0);
                }
                Ending::Unstable => return self.not_unique(j),
                Ending::Leave => {}
            }
        }
        // A coefficient that reaches zero and its surface at once is at zero.
        on_surface.retain(|&j| self.mode[j] != Mode::Held);
        self.settle_surfaces(&on_surface);
        for &(ending, j) in &pending {
            if ending == Ending::Leave && self.mode[j] == Mode::Sliding {
                // The speed is 1 to within rounding, and growing.
                self.mode[j] = if self.energy.b > self.energy.b.int(0) { Mode::Falling } else { Mode::Rising };
            }
        }
        for &j in &on_surface {
            if self.mode[j] != before[j] {
                self.turned[j] = Some(self.time.clone());
                self.note(
                    match (before[j], self.mode[j]) {
                        (Mode::Sliding, _) => EventKind::Leave,
                        (_, Mode::Sliding) => EventKind::Slide,
                        _ => EventKind::Saturate,
                    },
                    j,
                );
            }
        }
        self.derive_energy();
        let moving = self.mode.iter().any(|mode| mode.velocity().is_some());
        if !moving && self.mode[0] == Mode::Sliding {
            self.w[0] = self.time.int(1);
            self.note(EventKind::Optimum, 0);
            self.stop = Some(Stop::Optimum { time: self.time.clone() });
        }
    }

    fn note(&mut self, kind: EventKind, coefficient: usize) {
        self.events.push(Event { time: self.time.clone(), kind, coefficient });
    }
}

impl<T: Real> Flow<T> for ExactFlow<T> {
    type Segment<'a> = ExactSegment<'a, T>;

    fn next_segment(&mut self, limit: Option<&T>) -> Result<ExactSegment<'_, T>, Stop<T>> {
        self.arrive();
        if let Some(stop) = &self.stop {
            return Err(stop.clone());
        }
        let remaining = limit.map(|limit| limit.clone() - &self.time);
        if remaining.as_ref().is_some_and(|r| *r <= r.int(0)) {
            return Err(Stop::Horizon);
        }
        match (self.earliest(), remaining) {
            (Some((after, pending)), remaining) if remaining.as_ref().is_none_or(|r| after <= *r) => {
                self.length = after;
                self.pending = pending;
            }
            (_, Some(remaining)) => self.length = remaining,
            (_, None) => {
                // Nothing will ever happen, and nobody said when to stop.
                return Err(Stop::Undecided {
                    time: self.time.clone(),
                    reason: "nothing happens any more, and the flow is not at the optimum".into(),
                });
            }
        }
        Ok(ExactSegment(self))
    }

    fn current(&self) -> (T, Vec<T>) {
        (self.time.clone(), self.w.clone())
    }

    fn events(&self) -> Option<&[Event<T>]> {
        Some(&self.events)
    }
}

impl<T: Real> Segment<T> for ExactSegment<'_, T> {
    fn start(&self) -> &T {
        &self.0.time
    }

    fn length(&self) -> &T {
        &self.0.length
    }

    fn groups(&self) -> usize {
        self.0.w.len()
    }

    fn coefficients_at(&self, s: &T) -> Vec<T> {
        (0..self.groups()).map(|j| self.0.coefficient(j, s)).collect()
    }

    fn excess(&self, j: usize) -> Vec<T> {
        let flow = self.0;
        let w = &flow.w[j];
        match flow.mode[j] {
            Mode::Held => vec![excess(j, &w.int(0))],
            Mode::Rising => vec![excess(j, w), w.times(2), w.int(1)],
            Mode::Falling => vec![excess(j, w), w.times(-2), w.int(1)],
            Mode::Sliding => {
                let half = -flow.spectrum.variance()[j].times(2);
                [&flow.energy.c, &flow.energy.b, &flow.energy.a].map(|tau| tau.clone() / &half).to_vec()
            }
        }
    }
}
