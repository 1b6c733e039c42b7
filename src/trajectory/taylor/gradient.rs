use super::compensated::Compensated;
use super::series::Series;
use super::state::State;
use super::step::{Pace, Terms};
use crate::risk::manifold;
use crate::scalar::{DomainError, Real};
use crate::spectrum::Spectrum;
use crate::trajectory::roots::{Root, roots};
use crate::trajectory::{Event, Flow, Segment, Stop};

/// The GD flow on the invariant manifold as a sequence of Taylor segments.
#[derive(Clone, Debug)]
pub struct GradientFlow<T: Real = f64> {
    spectrum: Spectrum<T>,
    pace: Pace<T>,
    series: Series<T>,
    state: State<T>,
    end: State<T>,
    active: Vec<usize>,
    passive: Vec<usize>,
    time: Compensated<T>,
    length: T,
    steps: u64,
    budget: u64,
}

/// One step of the [`GradientFlow`], borrowed from it until the next.
#[derive(Debug)]
pub struct GradientSegment<'a, T: Real> {
    flow: &'a GradientFlow<T>,
    start: T,
}

impl<T: Real> GradientFlow<T> {
    /// The flow from `start` (one coefficient a group, signal first), at full precision.
    ///
    /// # Errors
    /// As [`GradientFlow::with_tolerance`].
    pub fn new(spectrum: &Spectrum<T>, start: &[T]) -> Result<Self, DomainError> {
        Self::with_tolerance(spectrum, start, None)
    }

    /// The same with a relative error of about `tolerance` a step.
    ///
    /// # Errors
    /// A number of coefficients other than that of the groups, one that is not finite, or a tolerance that is not below 1.
    pub fn with_tolerance(spectrum: &Spectrum<T>, start: &[T], tolerance: Option<&T>) -> Result<Self, DomainError> {
        if start.len() != spectrum.groups() || !start.iter().all(|w| w.is_finite()) {
            let domain = format!("{} finite coefficients", spectrum.groups());
            return Err(DomainError::new("start", start.len(), domain));
        }
        let zero = start[0].int(0);
        let pace = Pace::new(&zero, tolerance)?;
        let flow = Self {
            series: Series::new(spectrum, pace.order()),
            pace,
            state: State::new(start),
            end: State::new(start),
            active: Vec::new(),
            passive: Vec::new(),
            time: Compensated::new(zero.clone()),
            length: zero,
            steps: 0,
            budget: 10_000_000,
            spectrum: spectrum.clone(),
        };
        Ok(flow)
    }

    /// Begins again from another start on another spectrum with the same number of groups; allocates nothing.
    pub fn restart(&mut self, spectrum: &Spectrum<T>, start: &[T]) {
        self.spectrum.clone_from(spectrum);
        self.series.set_spectrum(spectrum);
        self.state.restart(start);
        self.end.restart(start);
        self.length = self.length.int(0);
        self.time = Compensated::new(self.length.clone());
        self.steps = 0;
    }

    /// Steps taken so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The next Taylor step, cut at time `limit`.
    ///
    /// # Errors
    /// [`Stop::Horizon`] at the limit, [`Stop::Optimum`] where the flow is at rest, [`Stop::Budget`].
    pub fn next_segment(&mut self, limit: Option<&T>) -> Result<GradientSegment<'_, T>, Stop<T>> {
        self.time.add(&self.length);
        self.length = self.length.int(0);
        std::mem::swap(&mut self.state, &mut self.end);
        let remaining = limit.map(|limit| (limit.clone() - &self.time.high) - &self.time.low);
        if remaining.as_ref().is_some_and(|r| *r <= r.int(0)) {
            self.end.copy_from(&self.state);
            return Err(Stop::Horizon);
        }
        let scale = self.classify();
        self.series.expand(
            &self.spectrum,
            self.pace.order(),
            &self.active,
            |j| self.state.size(j).square(),
            self.state.excess(),
        );
        let mut h = self.free_step(&scale).or_else(|| self.unlimited_step());
        if let Some(step) = &mut h {
            self.keep_passive(&scale, step);
        }
        let h = match (h, remaining) {
            (Some(h), Some(remaining)) if h < remaining => h,
            (_, Some(remaining)) => remaining,
            (Some(h), None) => h,
            (None, None) => {
                self.end.copy_from(&self.state);
                return Err(Stop::Optimum { time: self.time.value() });
            }
        };
        self.steps += 1;
        if self.steps > self.budget {
            self.end.copy_from(&self.state);
            return Err(Stop::Budget { time: self.time.value(), steps: self.budget });
        }
        let mut end = std::mem::replace(&mut self.end, State::empty());
        end.copy_from(&self.state);
        self.advance(&mut end, &h);
        self.end = end;
        self.length = h;
        let start = self.time.value();
        Ok(GradientSegment { flow: self, start })
    }

    #[inline]
    fn classify(&mut self) -> T {
        let weight = self.spectrum.energy_weight();
        let e = self.state.excess();
        let mut scale = e[0].int(0);
        for j in 0..e.len() {
            scale.add_prod(&weight[j], &e[j].abs());
        }
        self.active.clear();
        self.passive.clear();
        let floor = self.pace.negligible(e.len()) * &scale;
        for j in 0..e.len() {
            let x = self.state.size(j).square();
            let tiny = weight[j].clone() * &x < floor && self.spectrum.variance()[j].times(2) * &x < floor;
            if self.state.is_zero(j) || tiny {
                self.passive.push(j);
            } else {
                self.active.push(j);
            }
        }
        scale
    }

    #[inline]
    fn free_step(&self, scale: &T) -> Option<T> {
        let order = self.series.order();
        let q = self.spectrum.variance();
        let mut terms = Terms::new(scale);
        for &j in &self.active {
            if j == 0 && self.state.is_near() {
                let x = self.series.square(0);
                let relative = |k: usize| x[k].abs() * &q[0] / scale;
                terms.include(relative(order - 1), relative(order));
            } else {
                let h = self.series.bracket(j);
                let log = |k: usize| h[k - 1].abs() * &q[j] * self.series.reciprocal(k);
                terms.include(log(order - 1), log(order));
            }
        }
        let fastest = self.passive.iter().filter(|&&j| !self.state.is_zero(j)).map(|&j| &q[j]);
        let fastest = fastest.fold(None, |max: Option<&T>, q| if max.is_some_and(|m| m > q) { max } else { Some(q) });
        if let Some(q) = fastest {
            let tau = self.series.energy();
            let log = |k: usize| tau[k - 1].abs() * q * self.series.reciprocal(k);
            terms.include(log(order - 1), log(order));
        }
        self.pace.step(&terms, order)
    }

    /// Where every series is constant (all coefficients negligible) a step of any length is exact: the growth of the passive ones limits
    /// it. `None` at rest.
    fn unlimited_step(&self) -> Option<T> {
        let tau = &self.series.energy()[0];
        let moves = |&&j: &&usize| !self.state.is_zero(j) && self.frozen(j) + tau != tau.int(0);
        let q = self.spectrum.variance();
        let slowest =
            self.passive.iter().filter(moves).map(|&j| q[j].clone()).reduce(|a, b| if b < a { b } else { a })?;
        Some(slowest.int(1 << 20) / slowest.square())
    }

    /// Shortens the step `h` until the passive coefficients stay negligible over it.
    fn keep_passive(&self, scale: &T, h: &mut T) {
        if self.passive.is_empty() {
            return;
        }
        let room = self.pace.negligible(self.spectrum.groups()).times(16) * scale;
        for _ in 0..64 {
            let mut shrink = h.int(1);
            for &j in self.passive.iter().filter(|&&j| !self.state.is_zero(j)) {
                let q = &self.spectrum.variance()[j];
                let growth = -(self.integral(j, h) * q).times(2);
                let n = &self.spectrum.multiplicity()[j];
                let two = n.int(2);
                let n = if *n > two { n } else { &two };
                let margin = (room.clone() / n / q).ln() - self.state.logarithm(j).times(2);
                if growth > margin.clone() + margin.int(1) {
                    let ratio = margin / growth;
                    if ratio < shrink {
                        shrink = ratio;
                    }
                }
            }
            if shrink >= shrink.int(1) {
                return;
            }
            *h = h.clone() * shrink;
        }
    }

    /// `int_0^s h_j`: the logarithm of `w_j` changes by `-q_j` times this.
    #[inline]
    fn integral(&self, j: usize, s: &T) -> T {
        if self.active.contains(&j) {
            return self.series.integral(self.series.bracket(j), s);
        }
        let energy = self.series.integral(self.series.energy(), s);
        energy + self.frozen(j) * s
    }

    /// The bracket of a passive coefficient over `tau`: its excess is constant, `-theta_j`.
    #[inline]
    fn frozen(&self, j: usize) -> T {
        let zero = self.length.int(0);
        manifold::bracket(&self.spectrum.variance()[j], &manifold::excess(j, &zero), &zero)
    }

    /// The state `s` after the beginning of the step, in `end`.
    #[inline]
    fn advance(&self, end: &mut State<T>, s: &T) {
        let q = self.spectrum.variance();
        for j in 0..q.len() {
            if j == 0 && self.state.is_near() && self.active.first() == Some(&0) {
                end.advance(0, &self.series.increment(self.series.square(0), s));
            } else if !self.state.is_zero(j) {
                end.advance(j, &-(self.integral(j, s) * &q[j]));
            }
        }
    }
}

impl<T: Real> Flow<T> for GradientFlow<T> {
    type Segment<'a> = GradientSegment<'a, T>;

    fn next_segment(&mut self, limit: Option<&T>) -> Result<GradientSegment<'_, T>, Stop<T>> {
        GradientFlow::next_segment(self, limit)
    }

    fn current(&self) -> (T, Vec<T>) {
        (self.time.value() + &self.length, (0..self.spectrum.groups()).map(|j| self.end.coefficient(j)).collect())
    }

    fn events(&self) -> Option<&[Event<T>]> {
        None
    }
}

impl<T: Real> Segment<T> for GradientSegment<'_, T> {
    fn start(&self) -> &T {
        &self.start
    }

    fn length(&self) -> &T {
        &self.flow.length
    }

    fn groups(&self) -> usize {
        self.flow.spectrum.groups()
    }

    fn coefficients_at(&self, s: &T) -> Vec<T> {
        let flow = self.flow;
        let mut state = flow.state.clone();
        flow.advance(&mut state, s);
        (0..self.groups()).map(|j| state.coefficient(j)).collect()
    }

    fn excess(&self, j: usize) -> Vec<T> {
        let start = self.flow.state.excess()[j].clone();
        if !self.flow.active.contains(&j) {
            return vec![start];
        }
        let mut polynomial = self.flow.series.square(j).to_vec();
        polynomial[0] = start;
        polynomial
    }

    /// `w_j/w_0` turns where `q_0 h_0 = q_j h_j`: no squares, so nothing underflows.
    fn ratio_turns(&self, j: usize, found: &mut Vec<Root<T>>) {
        let flow = self.flow;
        let q = flow.spectrum.variance();
        let scaled = |j: usize| -> Vec<T> {
            let bracket = if flow.active.contains(&j) { flow.series.bracket(j) } else { flow.series.energy() };
            let mut scaled: Vec<T> = bracket.iter().map(|h| h.clone() * &q[j]).collect();
            if !flow.active.contains(&j) {
                scaled[0] = scaled[0].clone() + flow.frozen(j) * &q[j];
            }
            scaled
        };
        let difference: Vec<T> = scaled(0).into_iter().zip(scaled(j)).map(|(a, b)| a - b).collect();
        roots(&difference, self.length(), found);
    }
}
