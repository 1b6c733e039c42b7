use super::defect::{Defect, Rate};
use super::expansion::{Expansion, ORDER};
use super::norm::{Norm, up};
use super::path::Path;
use super::step::ValidatedStep;
use crate::scalar::interval::error_free::two_sum;
use crate::scalar::{DomainError, Interval, Real};
use crate::spectrum::Spectrum;
use crate::trajectory::Stop;

/// The GD flow on the invariant manifold, enclosed with certainty; start and variances may be intervals.
///
/// ```
/// use specdyn::{scalar::Interval, spectrum::Spectrum, trajectory::ValidatedFlow, weights::equal_start};
/// let spectrum = Spectrum::spiked(Interval::point(20.0), 100)?;
/// let mut flow = ValidatedFlow::new(&spectrum, &equal_start(&spectrum, &"1e-3".parse()?)?)?;
/// loop {
///     let step = flow.next_step().expect("this flow is followed as far as anybody likes");
///     if step.end() >= 50.0 {
///         let signal = step.coefficients_at(Interval::point(50.0))[0];
///         assert!(signal.relative_width() < 1e-12 && signal < Interval::ONE);
///         break;
///     }
/// }
/// # Ok::<(), specdyn::scalar::DomainError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ValidatedFlow {
    pub(super) norm: Norm,
    pub(super) path: Path,
    pub(super) expansion: Expansion,
    pub(super) defect: Defect,
    /// Start of the present step.
    pub(super) time: f64,
    pub(super) length: f64,
    /// The solution is at most this far from the path at the start of the step,
    pub(super) distance: f64,
    /// and goes away from it at most at this rate.
    pub(super) rate: f64,
    pub(super) spectrum: Spectrum<Interval>,
    lost: Vec<f64>,
    steps: u64,
    longest: f64,
}

/// Longest step: its powers stay far from overflow.
const LONGEST: f64 = 1e9;

/// Enclosures wider than a factor e say nothing.
const USELESS: f64 = 1.0;

const BUDGET: u64 = 1_000_000;

impl ValidatedFlow {
    /// The flow from `start`, one coefficient a group, signal first.
    ///
    /// # Errors
    /// A number of coefficients other than that of the groups; a coefficient that is not certainly positive and bounded.
    pub fn new(spectrum: &Spectrum<Interval>, start: &[Interval]) -> Result<Self, DomainError> {
        if start.len() != spectrum.groups() {
            return Err(DomainError::new("start", start.len(), format!("{} coefficients", spectrum.groups())));
        }
        if let Some(w) = start.iter().find(|w| !(w.is_finite() && **w > Interval::ZERO)) {
            return Err(DomainError::new("start", w, "coefficients that are certainly positive"));
        }
        Ok(Self {
            norm: Norm::new(spectrum),
            path: Path::new(spectrum.variance(), start),
            expansion: Expansion::new(spectrum),
            defect: Defect::new(spectrum.variance()),
            time: 0.0,
            length: 0.0,
            distance: 0.0,
            rate: 0.0,
            spectrum: spectrum.clone(),
            lost: vec![0.0; start.len()],
            steps: 0,
            longest: LONGEST,
        })
    }

    /// The same flow, followed by polynomials of another order and in steps no longer than `longest`: other enclosures of the same
    /// solution. What is chosen without this is the cheapest.
    ///
    /// # Errors
    /// An order outside `2..=22`; a longest step that is not a positive number.
    pub fn with_steps(mut self, order: usize, longest: f64) -> Result<Self, DomainError> {
        if !(2..=ORDER).contains(&order) {
            return Err(DomainError::new("order", order, format!("2 to {ORDER}")));
        }
        if longest.is_nan() || longest <= 0.0 {
            return Err(DomainError::new("longest step", longest, "a number > 0"));
        }
        self.expansion.set_order(order);
        self.longest = longest.min(LONGEST);
        Ok(self)
    }

    /// Steps begun so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The next step; it is as long as it likes to be.
    ///
    /// # Errors
    /// [`Stop::Undecided`] when the enclosure has become useless, with the reason; [`Stop::Budget`].
    pub fn next_step(&mut self) -> Result<ValidatedStep<'_>, Stop<Interval>> {
        self.finish_step();
        self.distance = up(self.distance + self.path.settle(&self.norm));
        let time = Interval::point(self.time);
        let width = (0..self.spectrum.groups())
            .map(|j| self.norm.entry(j) * self.spectrum.variance()[j].upper() * self.distance)
            .fold(0.0, f64::max);
        let known = (0..self.spectrum.groups()).all(|j| self.path.coefficient(j).is_finite());
        if !(known && width < USELESS) {
            let reason = format!(
                "a coefficient is known to a factor exp({width:.1e}) only; start and variances may be given too widely"
            );
            return Err(Stop::Undecided { time, reason });
        }
        if self.steps >= BUDGET {
            return Err(Stop::Budget { time, steps: self.steps });
        }
        self.steps += 1;
        self.expansion.expand(&self.path);
        let Some(rate) = self.choose_step() else {
            return Err(Stop::Undecided { time, reason: "no step is short enough for the start given".into() });
        };
        self.rate = up(rate.rounding + rate.truncation);
        for j in 0..self.spectrum.groups() {
            self.path.charge(j, self.defect.cost_of_spread(j, &self.expansion, &self.norm));
        }
        Ok(ValidatedStep::new(self))
    }

    /// Moves path and distance to the end of the present step.
    fn finish_step(&mut self) {
        let h = self.length;
        if h == 0.0 {
            return;
        }
        self.time += h;
        self.length = 0.0;
        let (energy, energy_error) = Defect::integral(self.expansion.energy(), 0.0, h);
        for j in 0..self.spectrum.groups() {
            let ((excess, rest), error) = Defect::integral(self.expansion.excess(j), self.expansion.residue(j), h);
            let lost = self.path.advance(j, [(2.0 * excess.0, excess.1), energy.0], 2.0 * rest + energy.1);
            // The sum of the two rests is rounded as well.
            self.lost[j] = up(2.0 * error + lost + f64::EPSILON * (2.0 * rest.abs() + energy.1.abs()));
        }
        let jump = self.norm.of_entries(|j| self.lost[j]) + self.norm.of_common(energy_error);
        self.distance = up(self.distance + h * self.rate + jump);
    }

    /// Chooses the longest step on which truncation costs no more than rounding does, or next to nothing.
    fn choose_step(&mut self) -> Option<Rate> {
        let mut h = self.guess();
        for _ in 0..200 {
            h = self.on_the_grid(h);
            if h == 0.0 {
                return None;
            }
            let rate = self.defect.bound(&self.expansion, &self.norm, h);
            // Relative to what the flow itself does in a unit of time, 1e-16 is nothing.
            if rate.truncation <= rate.rounding.max(1e-16) {
                self.length = h;
                return Some(rate);
            }
            let excess = rate.truncation / rate.rounding.max(1e-16);
            let shrink =
                if excess.is_finite() { libm::exp(-libm::log(excess) / self.expansion.order() as f64) } else { 0.5 };
            h *= (0.95 * shrink).clamp(0.3, 0.95);
        }
        None
    }

    /// The step at which the last coefficients become negligible.
    fn guess(&self) -> f64 {
        const NEGLIGIBLE: f64 = 1e-17;
        let (mut log, order) = (libm::log(self.longest), self.expansion.order());
        for j in 0..self.spectrum.groups() {
            let weight = self.norm.multiplicity(j);
            for k in [order - 1, order] {
                let term = weight * self.expansion.excess(j)[k].abs();
                if term > 0.0 {
                    log = log.min(libm::log(NEGLIGIBLE / term) / k as f64);
                }
            }
        }
        libm::exp(log)
    }

    /// A step of at most about `h` whose end is a double that it reaches exactly.
    fn on_the_grid(&self, h: f64) -> f64 {
        // Times of 32 leading bits: the difference of two is exact unless one is 2^20 times the other.
        let h = if self.time > 0.0 { h.min(self.time * (1 << 18) as f64) } else { h };
        let end = self.time + h;
        // Fewer zeros where steps are that short.
        let ends = [21, 12, 4, 0].map(|zeros| f64::from_bits(end.to_bits() >> zeros << zeros));
        let steps =
            ends.map(|end| if two_sum(self.time, end - self.time) == (end, 0.0) { end - self.time } else { 0.0 });
        steps.into_iter().find(|step| *step > 0.5 * h).unwrap_or(0.0)
    }
}
