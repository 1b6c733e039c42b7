//! The testing kit: what it passes, what it catches, and what it says to mistakes in its use.

#![cfg(feature = "kit")]

use nalgebra::DMatrix;
use specdyn::descent::{Descent, Method};
use specdyn::kit::{Problem, Violation, approaches_the_population, does_not_amplify, stays_on_the_manifold};
use specdyn::spectrum::Spectrum;
use specdyn::weights::SpectralError;

/// An optimiser from a function of the gradient.
struct Of<F>(F);

impl<F: FnMut(&DMatrix<f64>) -> DMatrix<f64>> Descent<DMatrix<f64>> for Of<F> {
    fn turn(&mut self, gradient: &mut DMatrix<f64>) -> Result<(), SpectralError> {
        *gradient = (self.0)(gradient);
        Ok(())
    }
}

fn problem(strength: f64, dimension: u64, init: f64) -> Problem {
    Problem::new(Spectrum::spiked(strength, dimension).unwrap(), init, 1)
}

fn signs() -> impl Descent<DMatrix<f64>> {
    Of(|g: &DMatrix<f64>| g.map(f64::signum))
}

#[test]
fn specgd_passes_and_gradient_descent_is_caught() {
    let spiked = problem(20.0, 8, 1e-3);
    assert_eq!(does_not_amplify(&spiked, Method::Spectral, 0.05, 100, 1e-9), Ok(()));
    let caught = does_not_amplify(&spiked, Method::GradientDescent, 1e-3, 2000, 0.5);
    assert!(matches!(caught, Err(Violation::Amplified { group: 1, variance: 21.0, .. })), "{caught:?}");
}

#[test]
fn signs_of_single_entries_leave_the_manifold_and_polar_factors_do_not() {
    let spiked = problem(20.0, 8, 1e-2);
    assert_eq!(stays_on_the_manifold(&spiked, Method::Spectral, 0.01, 20, 1e-9), Ok(()));
    let caught = stays_on_the_manifold(&spiked, signs(), 0.01, 20, 1e-2);
    assert!(matches!(caught, Err(Violation::OffManifold { .. })), "{caught:?}");
}

/// The rate itself is tested: gradient descent has it; the same with a bias that samples do not remove approaches something else, and one
/// whose bias falls like `n^(-1/4)` comes near, but too slowly.
#[test]
fn the_rate_of_approach_is_measured() {
    let spiked = problem(3.0, 4, 0.1);
    let samples = [100, 1_600];
    let descent = || Method::GradientDescent;
    assert_eq!(approaches_the_population(&spiked, descent, 0.02, 8, &samples, 0..24, 0.2), Ok(()));
    // SpecGD before its first surface: nothing but rounding.
    assert_eq!(approaches_the_population(&spiked, || Method::Spectral, 0.01, 5, &samples, 0..4, 0.2), Ok(()));
    // Every optimiser is made afresh: the first is the population's, then 24 for each size.
    for (power, name) in [(0.0, "a bias"), (0.25, "a bias that falls like n^(-1/4)")] {
        let made = std::cell::Cell::new(0);
        let biased = || {
            let number = made.get();
            made.set(number + 1);
            let share = match number {
                0 => 0.0,
                1..=24 => 0.5,
                _ => 0.5 * libm::pow(16.0, -power),
            };
            Of(move |g: &DMatrix<f64>| g * (1.0 - share))
        };
        let caught = approaches_the_population(&spiked, biased, 0.02, 8, &samples, 0..24, 0.2);
        assert!(matches!(caught, Err(Violation::SlowApproach { .. })), "{name}: {caught:?}");
    }
}

#[test]
fn mistakes_are_answered_in_words() {
    let spiked = problem(3.0, 4, 0.1);
    let gd = || Method::GradientDescent;
    let said = |result: Result<(), Violation>| result.unwrap_err().to_string();
    let narrow = Of(|g: &DMatrix<f64>| g.columns(0, 2).into_owned());
    assert_eq!(
        said(does_not_amplify(&spiked, narrow, 0.01, 5, 0.1)),
        "a direction of 4 x 2 for a gradient of 4 x 4 at step 1"
    );
    let nan = Of(|g: &DMatrix<f64>| g * f64::NAN);
    assert!(said(does_not_amplify(&spiked, nan, 0.01, 5, 0.1)).starts_with("the run broke off: "));
    for (mistake, word) in [
        (does_not_amplify(&spiked, gd(), 0.01, 0, 0.1), "steps"),
        (does_not_amplify(&spiked, gd(), -0.01, 5, 0.1), "step-size"),
        (does_not_amplify(&spiked, gd(), 0.01, 5, -0.1), "slack"),
        (stays_on_the_manifold(&spiked, gd(), 0.01, 5, 2.0), "tolerance"),
        (approaches_the_population(&spiked, gd, 0.01, 5, &[100], 0..3, 0.1), "samples"),
        (approaches_the_population(&spiked, gd, 0.01, 5, &[200, 100], 0..3, 0.1), "samples"),
        (approaches_the_population(&spiked, gd, 0.01, 5, &[100, 200], 3..3, 0.1), "seeds"),
        (approaches_the_population(&spiked, gd, 0.01, 5, &[100, 200], 0..3, 0.7), "margin"),
    ] {
        let said = said(mistake);
        assert!(said.contains(word), "{word}: {said}");
    }
}
