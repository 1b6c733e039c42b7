use super::compensated::Compensated;
use super::digits::{Digits, log_size};
use super::segment::GradientSegment;
use super::series::Series;
use super::state::State;
use super::step::Pace;
use crate::risk::manifold;
use crate::scalar::{DomainError, Real};
use crate::spectrum::Spectrum;
use crate::trajectory::{Event, Flow, Stop};

/// The GD flow `w_j' = -q_j h_j w_j` on the invariant manifold, as a sequence of Taylor segments.
///
/// The state is the logarithms of the coefficients (and the signal's excess near 1), so that every coefficient keeps its
/// relative accuracy at any size. A coefficient too small to change any bracket at the tolerance is *passive*: it has
/// no series, only its logarithm moves, by the integral of a bracket that it does not feel; the step ends before that changes. An escape
/// from 1e-300 is one step, and a dead spike does not make the flow stiff. Time is a compensated sum, of the number type.
#[derive(Clone, Debug)]
pub struct GradientFlow<T: Real = f64> {
    pub(super) spectrum: Spectrum<T>,
    pub(super) series: Series<T>,
    /// Start and end of the current segment.
    pub(super) state: State<T>,
    pub(super) end: State<T>,
    pub(super) length: T,
    pub(super) passive: Vec<usize>,
    pub(super) pace: Pace<T>,
    /// The digits that matter in the next step; `None` where all do.
    digits: Option<Digits<T>>,
    resolved: bool,
    time: Compensated<T>,
    end_time: Compensated<T>,
    steps: u64,
    operations: u64,
    budget: u64,
}

/// Steps after which a flow gives up, unless told otherwise.
const BUDGET: u64 = 1_000_000;

impl<T: Real> GradientFlow<T> {
    /// The flow from `start` (one coefficient a group, signal first) at time 0, at full precision.
    ///
    /// # Errors
    /// A start of the wrong length or not finite.
    pub fn new(spectrum: &Spectrum<T>, start: &[T]) -> Result<Self, DomainError> {
        Self::with_tolerance(spectrum, start, None)
    }

    /// The same with a relative error of at most about `tolerance` a step; `None` is the full precision of the number type.
    ///
    /// # Errors
    /// A start of the wrong length or not finite; a tolerance outside `[epsilon/2, 0.01]`.
    pub fn with_tolerance(spectrum: &Spectrum<T>, start: &[T], tolerance: Option<&T>) -> Result<Self, DomainError> {
        check_start(spectrum, start)?;
        let zero = start[0].int(0);
        let pace = Pace::new(&zero, tolerance)?;
        Ok(Self {
            spectrum: spectrum.clone(),
            series: Series::new(&zero, pace.max_order()),
            state: State::new(start),
            end: State::new(start),
            length: zero.clone(),
            passive: Vec::with_capacity(start.len()),
            pace,
            digits: None,
            resolved: false,
            time: Compensated::new(zero.clone()),
            end_time: Compensated::new(zero),
            steps: 0,
            operations: 0,
            budget: BUDGET,
        })
    }

    /// Makes the excess polynomials of growing coefficients accurate relative to themselves, not only relative to the brackets
    /// they enter: needed by whoever looks for an event of their small values in [`Segment::excess`]. Costs steps while coefficients are small.
    ///
    /// [`Segment::excess`]: crate::trajectory::Segment::excess
    #[must_use]
    pub fn resolved(mut self) -> Self {
        self.resolved = true;
        self
    }

    /// Keeps all series at one order, instead of the order that the terms show to be cheapest.
    ///
    /// # Errors
    /// An order below 4 or above 10,000.
    pub fn with_order(mut self, order: usize) -> Result<Self, DomainError> {
        if !(4..=10_000).contains(&order) {
            return Err(DomainError::new("order", order, "an integer from 4 to 10000"));
        }
        self.pace.fix_order(order);
        self.series = Series::new(&self.length, self.pace.max_order());
        Ok(self)
    }

    /// Stops with [`Stop::Budget`] after so many steps.
    #[must_use]
    pub fn with_budget(mut self, steps: u64) -> Self {
        self.budget = steps;
        self
    }

    /// Starts again at time 0, possibly on another spectrum, keeping tolerance and memory.
    ///
    /// # Errors
    /// A start of the wrong length or not finite.
    pub fn restart(&mut self, spectrum: &Spectrum<T>, start: &[T]) -> Result<(), DomainError> {
        check_start(spectrum, start)?;
        self.pace.restart();
        self.digits = None;
        self.spectrum.clone_from(spectrum);
        self.state.restart(start);
        self.end.restart(start);
        self.length = self.length.int(0);
        self.time = Compensated::new(self.length.clone());
        self.end_time = self.time.clone();
        self.steps = 0;
        self.operations = 0;
        Ok(())
    }

    /// Steps done since the start.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Multiply-adds in products of series since the start: what a step costs where an operation is expensive.
    pub fn operations(&self) -> u64 {
        self.operations
    }

    /// The time reached: the end of the last segment.
    pub fn time(&self) -> T {
        self.end_time.value()
    }

    /// The coefficient `w_j` reached, at the end of the last segment.
    pub fn coefficient(&self, j: usize) -> T {
        self.end.coefficient(j)
    }

    /// The excess `w_j^2 - theta_j` reached; that of the signal keeps its relative accuracy near the optimum.
    pub fn excess(&self, j: usize) -> &T {
        self.end.excess(j)
    }

    /// The next segment; not beyond `limit`, where the flow stops with [`Stop::Horizon`] (and may be continued, with a later
    /// limit).
    ///
    /// # Errors
    /// The reason why there is no next segment: [`Stop::Horizon`]; without a limit [`Stop::Optimum`], or [`Stop::Undecided`] at
    /// rest on a saddle; [`Stop::Diverged`] from a start too large for the number type; [`Stop::StepTooSmall`]; [`Stop::Budget`].
    pub fn next_segment(&mut self, limit: Option<&T>) -> Result<GradientSegment<'_, T>, Stop<T>> {
        self.state.copy_from(&self.end);
        self.time = self.end_time.clone();
        self.length = self.length.int(0);
        let remaining = limit.map(|limit| (limit.clone() - &self.time.high) - &self.time.low);
        if remaining.as_ref().is_some_and(|r| *r <= self.length) {
            return Err(Stop::Horizon);
        }
        if self.steps >= self.budget {
            return Err(Stop::Budget { time: self.time.value(), steps: self.steps });
        }
        let scale = self.expand_soundly()?;
        let step = self.step(&scale)?;
        match (step, limit, remaining) {
            (step, Some(limit), Some(remaining)) if step.as_ref().is_none_or(|h| *h >= remaining) => {
                self.length = remaining;
                self.end_time = Compensated::new(limit.clone());
            }
            (Some(step), ..) => {
                self.length = step;
                self.end_time.add(&self.length);
            }
            (None, ..) => return Err(self.rest()),
        }
        self.steps += 1;
        advance(&self.spectrum, &self.series, &self.passive, &self.state, &mut self.end, &self.length);
        Ok(GradientSegment::new(self, self.time.value()))
    }

    /// [`expand`](Self::expand), of a lower order where the last terms would be too large or too small for numbers.
    #[inline]
    fn expand_soundly(&mut self) -> Result<T, Stop<T>> {
        loop {
            let scale = self.expand()?;
            self.operations += self.series.operations();
            if self.series.is_sound() {
                return Ok(scale);
            }
            if !self.pace.lower() {
                return self.unsound().map_or(Ok(scale), Err);
            }
        }
    }

    /// Why there is no step by a series whose last terms are no numbers even at the lowest order; none where everything is all but at rest.
    fn unsound(&self) -> Option<Stop<T>> {
        let zero = self.length.int(0);
        let at_rest = (0..self.state.groups()).all(|j| self.state.excess(j).square() == zero);
        let small = self.series.energy().last().is_some_and(|last| last.abs() < zero.int(1));
        let size = if small { "small" } else { "large" };
        let reason = format!("the terms of the flow's series are too {size} for numbers of this kind");
        let stop = Stop::StepTooSmall { time: self.time.value(), step: zero, reason };
        (!(small && at_rest)).then_some(stop)
    }

    /// Chooses who takes part, expands them, and returns the scale `sum_j n_j q_j |e_j|` of the excess energy.
    #[inline]
    fn expand(&mut self) -> Result<T, Stop<T>> {
        let (state, series) = (&self.state, &mut self.series);
        let (q, weight) = (self.spectrum.variance(), self.spectrum.energy_weight());
        let zero = self.length.clone();
        let [energy, scale] = state.energy(weight);
        if !scale.is_finite() {
            return Err(Stop::Diverged { time: self.time.value(), size: state.largest() });
        }
        let floor = self.pace.negligible(state.groups()) * &scale;
        let growing = energy < zero;
        let mut constant_energy = zero.clone();
        self.passive.clear();
        series.clear();
        for j in 0..state.groups() {
            let x = state.size(j).square();
            let felt = weight[j].clone() * &x >= floor || (q[j].clone() + &q[j]) * &x >= floor;
            let followed = self.resolved && growing && x > zero;
            if state.is_zero(j) || !(felt || followed || state.holds_excess(j)) {
                self.passive.push(j);
                constant_energy.add_prod(&weight[j], state.excess(j));
            } else {
                let log_size = match &self.digits {
                    Some(_) if T::COUNTS_DIGITS => {
                        let size = log_size(&self.spectrum, j, &scale);
                        if self.resolved { size.min(x.magnitude()) } else { size }
                    }
                    _ => 0.0,
                };
                series.push(&self.spectrum, j, x, state.excess(j), log_size);
            }
        }
        series.expand(self.pace.order(), constant_energy, self.digits.as_ref());
        Ok(scale)
    }

    /// The step that keeps the error below the tolerance and the passive coefficients passive; `None` if there is no bound.
    #[inline]
    fn step(&mut self, scale: &T) -> Result<Option<T>, Stop<T>> {
        let (series, q) = (&self.series, self.spectrum.variance());
        let signal_weight = self.state.holds_excess(0).then(|| q[0].clone() / scale);
        // an error of a passive logarithm counts relative to its movement, if that is large; a mean step says how large
        let fastest = self.moving_passive().map(|j| &q[j]);
        let fastest = fastest.reduce(|a, b| if a > b { a } else { b });
        let mean_step = self.time.value() / q[0].int(self.steps as i64 + 1);
        let passive_weight = fastest.map(|q| q.clone() / (q.int(1) + &(series.energy()[0].abs() * q * &mean_step)));
        let term = |k: usize| series.largest_term(k, signal_weight.as_ref(), passive_weight.as_ref(), self.resolved);
        let natural = self.pace.step(series.order(), term);
        let next = Digits::after(natural.as_ref(), &self.pace);
        let step = Digits::bound(self.digits.as_ref(), natural);
        self.digits = next;
        let Some(h) = self.shorten_for_passive(scale, step) else { return Ok(None) };
        let floor = self.time.value() * T::epsilon(&h.context()) * T::epsilon(&h.context());
        if h > floor {
            return Ok(Some(h));
        }
        let reason = "the series of the flow converge only on a shorter stretch than time can resolve".into();
        Err(Stop::StepTooSmall { time: self.time.value(), step: h, reason })
    }

    fn rest(&self) -> Stop<T> {
        let zero = self.length.int(0);
        let time = self.time.value();
        if (0..self.state.groups()).all(|j| *self.state.excess(j) == zero) {
            Stop::Optimum { time }
        } else {
            let reason = "at rest away from the optimum: every coefficient that would grow is exactly zero".into();
            Stop::Undecided { time, reason }
        }
    }
}

impl<T: Real> Flow<T> for GradientFlow<T> {
    type Segment<'a> = GradientSegment<'a, T>;

    fn next_segment(&mut self, limit: Option<&T>) -> Result<GradientSegment<'_, T>, Stop<T>> {
        GradientFlow::next_segment(self, limit)
    }

    fn current(&self) -> (T, Vec<T>) {
        (self.time(), (0..self.end.groups()).map(|j| self.end.coefficient(j)).collect())
    }

    fn events(&self) -> Option<&[Event<T>]> {
        None
    }
}

/// Moves `to`, which equals `from`, by `s`.
#[inline]
pub(super) fn advance<T: Real>(
    spectrum: &Spectrum<T>,
    series: &Series<T>,
    passive: &[usize],
    from: &State<T>,
    to: &mut State<T>,
    s: &T,
) {
    let q = spectrum.variance();
    let excess = from.holds_excess(0).then(|| series.first_square_increment(s));
    series.bracket_integrals(s, |j, integral| to.advance(j, &-(integral * &q[j]), excess.as_ref()));
    if !passive.is_empty() {
        let energy = series.energy_integral(s);
        for &j in passive {
            let integral = manifold::bracket(&q[j], &(from.excess(j).clone() * s), &energy);
            to.advance(j, &-(integral * &q[j]), None);
        }
    }
}

/// One finite coefficient for every group.
pub(super) fn check_start<T: Real>(spectrum: &Spectrum<T>, start: &[T]) -> Result<(), DomainError> {
    if start.len() != spectrum.groups() {
        let domain = format!("{} (one for every group, signal first)", spectrum.groups());
        return Err(DomainError::new("number of start coefficients", start.len(), domain));
    }
    match start.iter().find(|w| !w.is_finite()) {
        Some(w) => Err(DomainError::new("start", w, "finite numbers")),
        None => Ok(()),
    }
}
