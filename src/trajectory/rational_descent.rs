//! The GD recursion in exact rationals: a few steps, since the digits triple with each.
//!
//! The gradient is cubic in the coefficients. Let L be a common denominator of the `w_j`, M of the `q_j`, F that of the step size.
//! `h_j` is an integer over `M L^2`, `g_j` over `M^2 L^3`, and so `w_j - eta g_j` over `F M^2 L^3`:
//!
//! ```text
//! log2 L(t + 1) <= 3 log2 L(t) + log2(F M^2).
//! ```
//!
//! [`Forecast`] follows this bound (sizes of the coefficients themselves from double precision), before anything is allocated.
//!
//! The recursion itself runs on the integers of that argument, `W_j = L w_j` and `Q_j = M q_j`: brackets and gradient are
//! homogeneous in the variances and excesses, so the formulas of [`manifold`], given `Q_j` and `E_j = W_j^2 - theta_j L^2`, return
//! `M L^2 h_j` and `M^2 L^3 g_j`. A greatest common divisor, dearer than all products of a step, is taken only when
//! somebody looks at a coefficient.

use super::lattice;
use crate::risk::manifold;
use crate::scalar::{DomainError, Rational, Real, Scalar};
use crate::spectrum::Spectrum;

/// The exact GD recursion, within a stated memory.
#[derive(Clone, Debug)]
pub struct RationalDescent {
    /// Variances `Q_j = M q_j`.
    spectrum: Spectrum<Rational>,
    /// The integer `F eta`.
    step_size: Rational,
    /// `F M^2`.
    growth: Rational,
    /// `W_j = L w_j`.
    coefficients: Vec<Rational>,
    /// `L`.
    scale: Rational,
    steps: u64,
}

/// What an exact GD run will need.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// Steps asked for.
    pub steps: u64,
    /// Decimal digits of the largest numerator or denominator after the last step, at most.
    pub digits: f64,
    /// Bytes of the last step, intermediate results included.
    pub bytes: f64,
    /// How many of the steps fit in the memory.
    pub affordable: u64,
}

impl Forecast {
    /// The forecast for `steps` steps, and how many fit into `memory` bytes.
    ///
    /// # Errors
    /// A start that is undefined or has another number of coefficients than the spectrum; `step_size` not positive.
    pub fn new(
        spectrum: &Spectrum<Rational>,
        start: &[Rational],
        step_size: &Rational,
        steps: u64,
        memory: u64,
    ) -> Result<Self, DomainError> {
        lattice::check(spectrum, start, step_size)?;
        let denominator = |values: &[Rational]| Rational::common_denominator(values).size() as f64;
        // 1 counts for M = F = 1: an integer recursion grows as well, through its numerators.
        let growth = denominator(std::slice::from_ref(step_size)) + 2.0 * denominator(spectrum.variance());
        let mut bits = denominator(start);
        let double = spectrum.map(Rational::to_f64);
        let eta = step_size.to_f64();
        let mut w: Vec<f64> = start.iter().map(Real::to_f64).collect();
        let numbers = (4 * w.len() + 6) as f64; // old and new coefficients, excesses, and what one gradient needs
        let bytes = |bits: f64, w: &[f64]| numbers * 2.0 * (bits + magnitude(w)) / 8.0;
        let mut affordable = 0;
        for step in 1..=steps {
            bits = 3.0 * bits + growth;
            w = descend(&double, &w, &eta);
            let fits = bytes(bits, &w) <= memory as f64;
            affordable += u64::from(fits && affordable == step - 1);
            if bits.is_infinite() {
                break;
            }
        }
        let digits = (bits + magnitude(&w)) * std::f64::consts::LOG10_2;
        Ok(Self { steps, digits, bytes: bytes(bits, &w), affordable })
    }
}

/// `log2` of the largest coefficient, at least 0; infinite for one that diverged.
fn magnitude(w: &[f64]) -> f64 {
    let largest = w.iter().fold(1.0, |largest: f64, w| if w.is_nan() { f64::INFINITY } else { largest.max(w.abs()) });
    libm::log2(largest)
}

/// Gradient `g_j` from coefficients and excesses.
fn gradient<T: Real>(spectrum: &Spectrum<T>, w: &[T], excess: &[T]) -> Vec<T> {
    let tau = manifold::excess_energy(spectrum, excess);
    let gradient = |j: usize| {
        let q = &spectrum.variance()[j];
        manifold::gradient(q, &manifold::bracket(q, &excess[j], &tau), &w[j])
    };
    (0..w.len()).map(gradient).collect()
}

/// `w_j - eta g_j`.
fn descend<T: Real>(spectrum: &Spectrum<T>, w: &[T], step_size: &T) -> Vec<T> {
    let excess: Vec<_> = w.iter().enumerate().map(|(j, w)| manifold::excess(j, w)).collect();
    let g = gradient(spectrum, w, &excess);
    w.iter().zip(&g).map(|(w, g)| w.clone() - step_size.clone() * g).collect()
}

impl RationalDescent {
    /// The recursion at `start`, ready for `steps` steps in at most `memory` bytes.
    ///
    /// # Errors
    /// As [`Forecast::new`]; and `steps` that the forecast says do not fit, with the number of those that do.
    pub fn new(
        spectrum: &Spectrum<Rational>,
        start: &[Rational],
        step_size: &Rational,
        steps: u64,
        memory: u64,
    ) -> Result<Self, DomainError> {
        let forecast = Forecast::new(spectrum, start, step_size, steps, memory)?;
        if forecast.affordable < steps {
            let Forecast { steps, digits, bytes, affordable } = forecast;
            // Infinite where the coefficients leave the doubles: no figure is better than that one.
            let need = match bytes.is_finite() {
                true => format!(", {steps} steps would need about {digits:.1e} digits and {bytes:.1e} bytes"),
                false => String::new(),
            };
            let domain =
                format!("at most {affordable} exact steps in {memory} bytes: the digits triple with each{need}");
            return Err(DomainError::new("steps", steps, domain));
        }
        let mass = Rational::common_denominator(spectrum.variance());
        let clock = Rational::common_denominator([step_size]);
        let scale = Rational::common_denominator(start);
        Ok(Self {
            spectrum: spectrum.scaled(&mass),
            step_size: clock.clone() * step_size,
            growth: clock * mass.square(),
            coefficients: start.iter().map(|w| scale.clone() * w).collect(),
            scale,
            steps: 0,
        })
    }

    /// One step: `L' = F M^2 L^3`, `W_j' = (F M^2 L^2) W_j - (F eta) (M^2 L^3 g_j)`.
    pub fn step(&mut self) {
        let target = self.scale.square();
        let mut excess: Vec<_> = self.coefficients.iter().map(Scalar::square).collect();
        excess[0] = excess[0].clone() - &target;
        let g = gradient(&self.spectrum, &self.coefficients, &excess);
        let stretch = target * &self.growth;
        for (w, g) in self.coefficients.iter_mut().zip(&g) {
            *w = stretch.clone() * &*w - self.step_size.clone() * g;
        }
        self.scale = stretch * &self.scale;
        self.steps += 1;
    }

    /// The coefficients, signal first, exactly and in lowest terms.
    pub fn coefficients(&self) -> Vec<Rational> {
        self.coefficients.iter().map(|w| w.clone() / &self.scale).collect()
    }

    /// Steps done.
    pub fn steps(&self) -> u64 {
        self.steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spectrum::Group;
    use proptest::prelude::*;

    fn number(text: &str) -> Rational {
        Rational::parse(text, &()).unwrap()
    }

    fn spiked() -> (Spectrum<Rational>, Vec<Rational>, Rational) {
        let spectrum = Spectrum::spiked(number("20"), 100).unwrap();
        let start = crate::weights::equal_start(&spectrum, &number("0.001")).unwrap();
        (spectrum, start, number("0.01"))
    }

    fn run(steps: u64, memory: u64) -> Result<RationalDescent, DomainError> {
        let (spectrum, start, step_size) = spiked();
        RationalDescent::new(&spectrum, &start, &step_size, steps, memory)
    }

    #[test]
    fn one_step_is_the_formula_by_hand() {
        // d = 100, lambda = 20: tau = 1e-6 (1 + 21 + 98) - 1 = -0.99988, h_0 = 2 (1e-6 - 1) + tau = -2.999878,
        // h_1 = 42e-6 + tau = -0.999838, h_2 = 2e-6 + tau = -0.999878; w_j - 0.01 q_j h_j w_j.
        let mut recursion = run(1, 1 << 20).unwrap();
        recursion.step();
        let text: Vec<_> = recursion.coefficients().iter().map(ToString::to_string).collect();
        assert_eq!(text, ["0.00102999878", "0.00120996598", "0.00100999878"]);
    }

    #[test]
    fn digits_triple_and_the_forecast_bounds_them() {
        let (spectrum, start, step_size) = spiked();
        let mut recursion = run(6, 1 << 24).unwrap();
        for step in 1..=6 {
            recursion.step();
            let forecast = Forecast::new(&spectrum, &start, &step_size, step, 1 << 24).unwrap();
            let bits = recursion.coefficients().iter().map(Rational::size).max().unwrap();
            let digits = bits as f64 * std::f64::consts::LOG10_2;
            assert!(digits <= forecast.digits + 1.0, "step {step}: {digits} digits, {forecast:?}");
            assert!(forecast.digits < 1.5 * digits + 10.0, "step {step}: {digits} digits, {forecast:?}");
            assert_eq!((forecast.affordable, recursion.steps()), (step, step));
        }
    }

    #[test]
    fn a_run_that_would_not_fit_is_refused_with_what_would() {
        let error = run(40, 1 << 30).unwrap_err();
        assert_eq!(error.parameter, "steps");
        let affordable: u64 = error.domain.split(' ').nth(2).unwrap().parse().unwrap();
        assert!((10..20).contains(&affordable), "{error}");
        assert!(run(affordable, 1 << 30).is_ok() && run(affordable + 1, 1 << 30).is_err());
        assert!(run(u64::MAX, 1 << 30).is_err());
        assert!(run(1, 100).is_err());
    }

    proptest! {
        /// On integers with a common scale, and on rationals reduced at every operation: the same numbers.
        #[test]
        fn integers_follow_the_rational_recursion(
            groups in prop::collection::vec((1..900_i64, 1..90_i64, 1..50_u64), 0..4),
            start in prop::collection::vec((-50..50_i64, 1..40_i64), 4),
            step in (1..30_i64, 1..3000_i64),
        ) {
            let rest = groups.iter().map(|&(p, q, n)| Group { variance: Rational::fraction(p, q), multiplicity: n }).collect();
            let spectrum = Spectrum::with_signal(Rational::fraction(5, 6), rest).unwrap();
            let mut w: Vec<_> = start[..spectrum.groups()].iter().map(|&(p, q)| Rational::fraction(p, q)).collect();
            let step_size = Rational::fraction(step.0, step.1);
            let mut recursion = RationalDescent::new(&spectrum, &w, &step_size, 3, 1 << 30).unwrap();
            for _ in 0..3 {
                w = descend(&spectrum, &w, &step_size);
                recursion.step();
                prop_assert_eq!(recursion.coefficients(), w.clone());
            }
        }
    }
}
