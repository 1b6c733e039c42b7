//! Recursions in exact rationals: SpecGD on its lattice for any number of steps, GD for as many as fit in memory.

use super::Setting;
use super::run::{NO_OTHER_NUMBERS, Outcome, Plan};
use super::watch::Row;
use crate::descent::Method;
use crate::observe::{Amplification, Condition, alignment, risk};
use crate::scalar::{DomainError, Rational, Real, Scalar};
use crate::spectrum::Spectrum;
use crate::trajectory::{Event, EventKind, Fate, Forecast, Lattice, RationalDescent, Stop};

/// Memory that exact GD may use: 64 MiB are numbers of tens of millions of digits, more than anybody can print.
const MEMORY: u64 = 1 << 26;

/// Seconds after which nobody waits any more.
const PATIENCE: f64 = 300.0;

/// Seconds that a group takes in a row of GD, divided by the square of the bits of a coefficient: fractions are put in lowest terms by
/// greatest common divisors, whose cost grows like that (0.7 s for three groups of 89,000 bits).
const SECONDS_OF_DESCENT: f64 = 3e-11;

/// The same for SpecGD on its lattice, whose denominators are those of the start (0.07 s for three groups of 100,000 bits).
const SECONDS_ON_LATTICE: f64 = 2.5e-12;

/// A recursion without a horizon gives up here.
const MAX_STEPS: u64 = 100_000_000;

/// Runs the recursion of `setting` without any rounding and emits the rows of `plan` (step numbers).
///
/// Rest and cycles, which are facts here, are among the events. The amplification is undefined from a step on at which the signal
/// is exactly zero.
///
/// # Errors
/// A flow or a spectral power (irrational), a parameter outside its domain, or GD steps whose digits would not fit in memory or
/// take minutes to reduce: the digits triple with each, and the error forecasts them. SpecGD from a start of so many digits that rows
/// would take as long.
pub fn run_exact(
    setting: &Setting<Rational>,
    plan: &Plan<Rational>,
    emit: &mut dyn FnMut(Row<Rational>),
) -> Result<Outcome<Rational>, DomainError> {
    setting.check()?;
    setting.check_steps(plan.horizon.as_ref())?;
    if !setting.is_on_manifold() {
        return Err(DomainError::new("precision", "exact", NO_OTHER_NUMBERS));
    }
    let spectrum = setting.spectrum()?;
    let start = setting.start(&spectrum)?;
    let Some(eta) = &setting.step_size else {
        let domain = "for recursions (--step-size ETA), whose iterates are rational; for a flow take interval, or BITS";
        return Err(DomainError::new("precision", "exact", domain));
    };
    let last = plan.horizon.as_ref().map(|t| (t.clone() / eta).to_f64().round() as u64);
    let step_size = setting.clock_rate() * eta;
    match &setting.method {
        Method::Spectral => {
            check_digits(&start, &step_size, plan.rows.len())?;
            let recursion = Lattice::new(&spectrum, &start, &step_size)?;
            Watched::new(recursion, &spectrum, &start, setting, plan, emit).follow(eta, last.unwrap_or(MAX_STEPS))
        }
        Method::GradientDescent => {
            let forecast = |steps: u64| Forecast::new(&spectrum, &start, &step_size, steps, MEMORY);
            let seconds = |steps: u64| {
                let bits = forecast(steps)?.digits * std::f64::consts::LOG2_10;
                Ok::<_, DomainError>(SECONDS_OF_DESCENT * start.len() as f64 * bits * bits)
            };
            let fit = forecast(last.unwrap_or(u64::from(u16::MAX)))?.affordable;
            let mut timely = 0;
            while timely < fit && seconds(timely + 1)? <= PATIENCE {
                timely += 1;
            }
            // Without a horizon nobody knows how many steps it will take: as many as fit, and do so in time.
            let last = last.unwrap_or(timely);
            if timely < fit.min(last) {
                let domain = format!(
                    "at most {timely} exact steps in {PATIENCE} seconds: the digits triple with each, and step {} would take about {:.0} seconds",
                    timely + 1,
                    seconds(timely + 1)?
                );
                return Err(DomainError::new("steps", last, domain));
            }
            let recursion = RationalDescent::new(&spectrum, &start, &step_size, last, MEMORY)?;
            Watched::new(recursion, &spectrum, &start, setting, plan, emit).follow(eta, last)
        }
        Method::Power(p) => {
            Err(DomainError::new("power", p, "0 or 1 in exact arithmetic: other powers of rationals are irrational"))
        }
    }
}

/// Whether `rows` rows of numbers with the denominators of `start` and `step_size` can be made in time.
fn check_digits(start: &[Rational], step_size: &Rational, rows: usize) -> Result<(), DomainError> {
    let bits = Rational::common_denominator(start.iter().chain([step_size])).size() as f64;
    let seconds = SECONDS_ON_LATTICE * start.len() as f64 * bits * bits;
    if seconds * (rows + 1) as f64 <= PATIENCE {
        return Ok(());
    }
    let digits = bits * std::f64::consts::LOG10_2;
    let domain = format!(
        "a number of fewer digits for {rows} exact rows in {PATIENCE} seconds: one of {digits:.0} digits takes about {seconds:.0} seconds"
    );
    Err(DomainError::new("init", format!("a number of {digits:.0} digits"), domain))
}

/// An exact recursion as this page needs it.
trait Exact {
    fn coefficients(&self) -> Vec<Rational>;
    fn advance(&mut self, steps: u64);
    fn fate(&self) -> Fate;
    /// Whether `|w_j/w_0|` is certainly at most `bound`, at a glance.
    fn is_below(&self, j: usize, bound: f64) -> bool;
}

impl Exact for RationalDescent {
    fn coefficients(&self) -> Vec<Rational> {
        RationalDescent::coefficients(self)
    }

    fn advance(&mut self, steps: u64) {
        (0..steps).for_each(|_| self.step());
    }

    fn fate(&self) -> Fate {
        Fate::Moving
    }

    fn is_below(&self, _: usize, _: f64) -> bool {
        false
    }
}

impl Exact for Lattice {
    fn coefficients(&self) -> Vec<Rational> {
        Lattice::coefficients(self)
    }

    fn advance(&mut self, steps: u64) {
        Lattice::advance(self, steps);
    }

    fn fate(&self) -> Fate {
        Lattice::fate(self)
    }

    fn is_below(&self, j: usize, bound: f64) -> bool {
        // From an equal start equal places are equal coefficients.
        bound >= 1.0 && self.places()[j] == self.places()[0] || self.ratio_is_below(j, bound)
    }
}

struct Watched<'a, R> {
    recursion: R,
    spectrum: &'a Spectrum<Rational>,
    plan: &'a Plan<Rational>,
    risk_scale: Rational,
    amplification: Amplification<Rational>,
    /// A double at most `amplification.largest()`.
    bound: f64,
    /// The signal was zero beside a live direction.
    unbounded: bool,
    next_row: usize,
    emit: &'a mut dyn FnMut(Row<Rational>),
}

impl<'a, R: Exact> Watched<'a, R> {
    fn new(
        recursion: R,
        spectrum: &'a Spectrum<Rational>,
        start: &[Rational],
        setting: &Setting<Rational>,
        plan: &'a Plan<Rational>,
        emit: &'a mut dyn FnMut(Row<Rational>),
    ) -> Self {
        let amplification = Amplification::new(start);
        let risk_scale = setting.risk_scale();
        Self { recursion, spectrum, plan, risk_scale, amplification, bound: 1.0, unbounded: false, next_row: 0, emit }
    }

    fn follow(mut self, eta: &Rational, last: u64) -> Result<Outcome<Rational>, DomainError> {
        let mut step = 0;
        let stop = loop {
            let time = || eta.clone() * whole(step);
            self.see();
            let is_row = self.plan.rows.get(self.next_row).is_some_and(|row| *row == whole(step));
            if is_row || self.plan.until.is_some() {
                let w = self.recursion.coefficients();
                if is_row {
                    self.next_row += 1;
                    self.emit(step, time(), &w);
                }
                let holds = |condition: &Condition<Rational>| {
                    condition.on_quarter_risk(&self.risk_scale).holds(self.spectrum, &w)
                };
                if self.plan.until.as_ref().is_some_and(holds) {
                    break Stop::Condition { time: time() };
                }
            }
            if step >= last {
                let asked_for = self.plan.horizon.is_some();
                break if asked_for { Stop::Horizon } else { Stop::Budget { time: time(), steps: step } };
            }
            let mut stride = 1;
            if let Some((since, period)) = known_future(self.recursion.fate())
                && step >= since + period
            {
                // All there is to see has been seen: on to the next row, or to the end.
                let next_row = self.plan.rows.get(self.next_row).map(|row| row.to_f64() as u64);
                let next = next_row.filter(|row| *row < last).unwrap_or(last);
                if self.plan.horizon.is_none() && next_row.is_none() {
                    let time = eta.clone() * whole(since);
                    break if period == 1 { Stop::Rest { time } } else { Stop::Cycle { time, period } };
                }
                stride = next - step;
            }
            self.recursion.advance(stride);
            step += stride;
        };
        let event = |(since, period)| {
            let kind = if period == 1 { EventKind::Rest } else { EventKind::Cycle { period } };
            Event { time: eta.clone() * whole(since), kind, coefficient: 0 }
        };
        let coefficients = self.recursion.coefficients();
        Ok(Outcome {
            end: eta.clone() * whole(step),
            risk: risk(self.spectrum, &coefficients) * &self.risk_scale,
            alignment: alignment(self.spectrum, &coefficients),
            coefficients,
            events: known_future(self.recursion.fate()).map(event).into_iter().collect(),
            remarks: Vec::new(),
            stop,
        })
    }

    /// Takes note of the amplification, exactly, wherever it may have grown.
    fn see(&mut self) {
        let groups = self.spectrum.groups();
        let doubtful: Vec<usize> = (1..groups).filter(|&j| !self.recursion.is_below(j, self.bound)).collect();
        if doubtful.is_empty() {
            return;
        }
        let w = self.recursion.coefficients();
        let zero = whole(0);
        for j in doubtful {
            self.unbounded |= w[0] == zero && w[j] != zero;
            self.amplification.see_one(j, &w[j], &w[0]);
        }
        self.bound = self.amplification.largest().to_f64().next_down();
    }

    fn emit(&mut self, step: u64, time: Rational, w: &[Rational]) {
        let largest = self.amplification.largest().clone();
        (self.emit)(Row {
            step: Some(step),
            time,
            risk: risk(self.spectrum, w) * &self.risk_scale,
            alignment: alignment(self.spectrum, w),
            amplification: if self.unbounded { whole(1) / whole(0) } else { largest },
            coefficients: w.to_vec(),
        });
    }
}

/// First step and period of what the recursion is known to do for ever; rest has period 1.
fn known_future(fate: Fate) -> Option<(u64, u64)> {
    match fate {
        Fate::Moving => None,
        Fate::Rest { since } => Some((since, 1)),
        Fate::Cycle { since, period } => Some((since, period)),
    }
}

fn whole(n: u64) -> Rational {
    Rational::from_int(n as i64, &())
}
