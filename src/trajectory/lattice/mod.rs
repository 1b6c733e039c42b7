//! The SpecGD recursion without any rounding, `derivations/spectral-descent.md`.
//!
//! Every step moves every coefficient by `-eta`, 0 or `+eta`, so with rational start and step size `w_j = alpha_j + eta k_j`
//! with integers `k_j`: they are the whole state, and a step needs only the signs of `h_j` and `w_j`.
//!
//! - The sign of `w_j` is a comparison of `k_j` with `-alpha_j/eta`, prepared once as an integer.
//! - The sign of `h_j` is read off double precision where a proved bound on its error allows it
//!   ([`filter`](self::filter)), and otherwise computed in integers ([`brackets`](self::brackets)). Both evaluate the one
//!   formula of [`risk::manifold`](crate::risk::manifold).
//!
//! The state being finite data, the end is exact too: a state that comes again is a cycle for ever, and is reported as one.

mod brackets;
mod filter;

use crate::scalar::{DomainError, Rational, Real, Scalar};
use crate::spectrum::Spectrum;
use brackets::Brackets;
use filter::Filter;
use std::cmp::Ordering;

/// The exact SpecGD recursion.
///
/// ```
/// use specdyn::{scalar::{Rational, Real, Scalar}, spectrum::Spectrum, trajectory::{Fate, Lattice}, weights};
/// let number = |text| Rational::parse(text, &());
/// let spectrum = Spectrum::spiked(number("20")?, 100)?;
/// let start = weights::equal_start(&spectrum, &number("1e-3")?)?;
/// let mut recursion = Lattice::new(&spectrum, &start, &number("1e-3")?)?;
/// recursion.advance(1_000_000);
/// assert!(matches!(recursion.fate(), Fate::Cycle { .. }));
/// # Ok::<(), specdyn::scalar::DomainError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Lattice {
    start: Vec<Rational>,
    step_size: Rational,
    zero: Vec<Zero>,
    filter: Option<Filter>,
    brackets: Brackets,
    places: Vec<i64>,
    moves: Vec<i64>,
    steps: u64,
    fate: Fate,
    checkpoint: Checkpoint,
    exact_signs: u64,
}

/// What is known of the recursion's future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// No state has come twice so far.
    Moving,
    /// At rest from this step on.
    Rest {
        /// First step of the state that stays.
        since: u64,
    },
    /// Repeats itself with this period from this step on.
    Cycle {
        /// First step of the first state that comes again.
        since: u64,
        /// Steps until it comes again.
        period: u64,
    },
}

/// Brent's cycle detection: the state at the last power of two of steps.
#[derive(Clone, Debug)]
struct Checkpoint {
    places: Vec<i64>,
    step: u64,
}

/// Where on its line `alpha + eta Z` a coefficient vanishes.
#[derive(Clone, Copy, Debug)]
struct Zero {
    /// `floor(-alpha/eta)`.
    below: i64,
    /// Whether `-alpha/eta` is that integer.
    on_lattice: bool,
}

impl Zero {
    fn new(start: &Rational, step_size: &Rational) -> Self {
        let (below, on_lattice) = (-start.clone() / step_size).floor();
        // Out of 64 bits it is out of reach: k moves by at most 1 a step.
        let clamped = if below.sign() == Some(Ordering::Less) { i64::MIN } else { i64::MAX };
        Self { below: below.to_int().unwrap_or(clamped), on_lattice }
    }

    /// The sign of `alpha + eta k`.
    #[inline]
    fn sign(self, k: i64) -> i64 {
        match k.cmp(&self.below) {
            Ordering::Greater => 1,
            Ordering::Equal if self.on_lattice => 0,
            _ => -1,
        }
    }
}

impl Lattice {
    /// The recursion at `start` (signal first).
    ///
    /// # Errors
    /// A start that is undefined or has another number of coefficients than the spectrum; `step_size` not positive.
    pub fn new(spectrum: &Spectrum<Rational>, start: &[Rational], step_size: &Rational) -> Result<Self, DomainError> {
        check(spectrum, start, step_size)?;
        let groups = spectrum.groups();
        Ok(Self {
            zero: start.iter().map(|alpha| Zero::new(alpha, step_size)).collect(),
            filter: Filter::new(spectrum, start, step_size),
            brackets: Brackets::new(spectrum, start, step_size),
            start: start.to_vec(),
            step_size: step_size.clone(),
            places: vec![0; groups],
            moves: vec![0; groups],
            steps: 0,
            fate: Fate::Moving,
            checkpoint: Checkpoint { places: vec![0; groups], step: 0 },
            exact_signs: 0,
        })
    }

    /// Goes on by `steps` steps. Once a cycle is known, whole periods are skipped: any number of steps is as good as few.
    pub fn advance(&mut self, steps: u64) {
        let mut left = steps;
        while left > 0 {
            let period = match self.fate {
                Fate::Moving => 0,
                Fate::Rest { .. } => 1,
                Fate::Cycle { period, .. } => period,
            };
            if period > 0 {
                let rest = left % period;
                self.steps = self.steps.saturating_add(left - rest);
                left = rest;
                if left == 0 {
                    break;
                }
            }
            self.step();
            left -= 1;
            if self.fate == Fate::Moving {
                self.look_for_a_cycle();
            }
        }
    }

    /// The integers `k_j`.
    pub fn places(&self) -> &[i64] {
        &self.places
    }

    /// The coefficients `w_j = alpha_j + eta k_j`, exactly.
    pub fn coefficients(&self) -> Vec<Rational> {
        self.start.iter().zip(&self.places).map(|(alpha, &k)| self.step_size.times(k) + alpha).collect()
    }

    /// Whether double precision can tell that `|w_j/w_0| <= bound`; a quick look, before any rational is made.
    pub(crate) fn ratio_is_below(&self, j: usize, bound: f64) -> bool {
        let size = |j: usize| {
            let (alpha, way) = (self.start[j].to_f64(), self.step_size.to_f64() * self.places[j] as f64);
            // Start, step and integer to the nearest double, a product, a sum: 5 roundings, and room for underflow.
            ((alpha + way).abs(), 4.0 * f64::EPSILON * (alpha.abs() + way.abs()) + f64::MIN_POSITIVE)
        };
        let ((w, error), (signal, signal_error)) = (size(j), size(0));
        (w + error) * (1.0 + 4.0 * f64::EPSILON) < bound * (signal - signal_error)
    }

    /// Steps done.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// What is known of the future.
    pub fn fate(&self) -> Fate {
        self.fate
    }

    /// How many signs double precision could not decide, so that integers did.
    pub fn exact_signs(&self) -> u64 {
        self.exact_signs
    }

    /// One step; rest and 2-cycles are noticed at once, with the step at which they begin.
    fn step(&mut self) {
        let Self { filter, brackets, places, moves, zero, exact_signs, .. } = self;
        if let Some(filter) = filter {
            filter.evaluate(places);
        }
        brackets.forget();
        let (mut at_rest, mut back) = (true, self.steps > 0);
        for j in 0..places.len() {
            let sign_of_w = zero[j].sign(places[j]);
            let sign_of_g = if sign_of_w == 0 {
                0
            } else {
                let certain = filter.as_ref().and_then(|filter| filter.sign(j));
                let sign_of_h = certain.unwrap_or_else(|| {
                    *exact_signs += 1;
                    brackets.sign(j, places)
                });
                sign_of_w * sign_of_h
            };
            at_rest &= sign_of_g == 0;
            back &= moves[j] == sign_of_g; // moves[j] was -sign: the same again undoes it
            moves[j] = -sign_of_g;
        }
        if self.fate == Fate::Moving {
            if at_rest {
                self.fate = Fate::Rest { since: self.steps };
            } else if back {
                self.fate = Fate::Cycle { since: self.steps - 1, period: 2 };
            }
        }
        for (k, step) in places.iter_mut().zip(moves) {
            *k += *step;
        }
        self.steps += 1;
    }

    fn look_for_a_cycle(&mut self) {
        if self.places == self.checkpoint.places {
            let period = self.steps - self.checkpoint.step;
            self.fate = Fate::Cycle { since: self.first_step_of_cycle(period), period };
        } else if self.steps.is_power_of_two() {
            self.checkpoint.places.copy_from_slice(&self.places);
            self.checkpoint.step = self.steps;
        }
    }

    /// Two runs from the start, `period` steps apart, meet where the cycle begins.
    fn first_step_of_cycle(&self, period: u64) -> u64 {
        let mut behind = self.clone();
        behind.places.fill(0);
        behind.moves.fill(0);
        behind.steps = 0;
        let mut ahead = behind.clone();
        for _ in 0..period {
            ahead.step();
        }
        while behind.places != ahead.places {
            behind.step();
            ahead.step();
        }
        behind.steps
    }
}

/// Domain of an exact recursion.
pub(super) fn check(
    spectrum: &Spectrum<Rational>,
    start: &[Rational],
    step_size: &Rational,
) -> Result<(), DomainError> {
    if start.len() != spectrum.groups() {
        return Err(DomainError::new("start", start.len(), format!("{} coefficients", spectrum.groups())));
    }
    if let Some(alpha) = start.iter().find(|alpha| !alpha.is_finite()) {
        return Err(DomainError::new("init", alpha, "rational numbers"));
    }
    if step_size.sign() != Some(Ordering::Greater) {
        return Err(DomainError::new("step-size", step_size, "a number > 0"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
