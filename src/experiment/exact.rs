//! Recursions in exact rationals: SpecGD on its lattice for any number of steps, GD for as many as fit in memory.

use super::Setting;
use super::run::{NO_OTHER_NUMBERS, Outcome, Plan};
use super::watch::Row;
use crate::descent::Method;
use crate::observe::{Amplification, alignment, risk};
use crate::scalar::{DomainError, Rational, Real, Scalar};
use crate::spectrum::Spectrum;
use crate::trajectory::{Event, EventKind, Fate, Forecast, Lattice, RationalDescent, Stop};

/// Memory that exact GD may use: 64 MiB are numbers of tens of millions of digits, more than anybody can print.
const MEMORY: u64 = 1 << 26;

/// A recursion without a horizon gives up here.
const MAX_STEPS: u64 = 100_000_000;

/// Runs the recursion of `setting` without any rounding and emits the rows of `plan` (step numbers).
///
/// Rest and cycles, which are facts here, are among the events. The amplification is undefined from a step on at which the signal
/// is exactly zero.
///
/// # Errors
/// A flow or a spectral power (irrational), a parameter outside its domain, or GD steps whose digits would not fit in memory: the
/// digits triple with each, and the error forecasts them.
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
            let recursion = Lattice::new(&spectrum, &start, &step_size)?;
            Watched::new(recursion, &spectrum, &start, setting, plan, emit).follow(eta, last.unwrap_or(MAX_STEPS))
        }
        Method::GradientDescent => {
            // Without a horizon nobody knows how many steps it will take: as many as fit.
            let affordable =
                || Ok(Forecast::new(&spectrum, &start, &step_size, u64::from(u16::MAX), MEMORY)?.affordable);
            let last = last.map_or_else(affordable, Ok)?;
            let recursion = RationalDescent::new(&spectrum, &start, &step_size, last, MEMORY)?;
            Watched::new(recursion, &spectrum, &start, setting, plan, emit).follow(eta, last)
        }
        Method::Power(p) => {
            Err(DomainError::new("power", p, "0 or 1 in exact arithmetic: other powers of rationals are irrational"))
        }
    }
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
                if self.plan.until.as_ref().is_some_and(|condition| condition.holds(self.spectrum, &w)) {
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
