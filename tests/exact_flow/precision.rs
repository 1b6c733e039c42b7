//! The same flow in numbers of 320 bits: how many digits of double precision are right.

use super::laws::problems;
use super::{PROMISE, spectrum};
use proptest::prelude::*;
use specdyn::scalar::{Mp, Precision, Real};
use specdyn::spectrum::{Group, Spectrum};
use specdyn::trajectory::Event;
use specdyn::trajectory::exact::{ExactFlow, ExactTrajectory};

/// The largest error of an event's time, and of a coefficient at nine times, in double precision.
fn errors(spectrum: &Spectrum, start: &[f64]) -> (f64, f64) {
    let bits = Precision::new(320).unwrap();
    let exactly = |x: &f64| Mp::from_f64(*x, &bits);
    let plain = ExactFlow::new(spectrum, start).unwrap().run(&1e9);
    let wide_start: Vec<Mp> = start.iter().map(exactly).collect();
    let wide = ExactFlow::new(&spectrum.map(exactly), &wide_start).unwrap().run(&exactly(&1e9));
    let error = |x: &f64, wide: &Mp| (exactly(x) - wide).abs().to_f64();
    (of_times(&plain, &wide, start.len(), error), of_coefficients(&plain, &wide, exactly, error))
}

/// Coefficient by coefficient: rounding may exchange simultaneous events of two.
fn of_times(
    plain: &ExactTrajectory,
    wide: &ExactTrajectory<Mp>,
    coefficients: usize,
    error: impl Fn(&f64, &Mp) -> f64,
) -> f64 {
    let mut of_time = 0.0_f64;
    for j in 0..coefficients {
        let plain: Vec<&Event> = plain.events().iter().filter(|event| event.coefficient == j).collect();
        let wide: Vec<&Event<Mp>> = wide.events().iter().filter(|event| event.coefficient == j).collect();
        assert_eq!(plain.len(), wide.len(), "coefficient {j}: {plain:?} and {wide:?}");
        for (plain, wide) in plain.iter().zip(wide) {
            assert_eq!(plain.kind, wide.kind);
            of_time = of_time.max(error(&plain.time, &wide.time));
        }
    }
    of_time
}

fn of_coefficients(
    plain: &ExactTrajectory,
    wide: &ExactTrajectory<Mp>,
    exactly: impl Fn(&f64) -> Mp,
    error: impl Fn(&f64, &Mp) -> f64,
) -> f64 {
    let mut of_coefficient = 0.0_f64;
    for k in 0..9 {
        let t = f64::from(k) / 8.0 * plain.end() * 0.999;
        let (w, exact) = (plain.coefficients_at(&t).unwrap(), wide.coefficients_at(&exactly(&t)).unwrap());
        of_coefficient = w.iter().zip(&exact).fold(of_coefficient, |largest, (w, exact)| largest.max(error(w, exact)));
    }
    of_coefficient
}

proptest! {
    #[test]
    fn double_precision_keeps_the_promise_for_every_spike(
        log_strength in -3.0..4.0f64,
        dimension in 3..1_000_000u64,
        log_init in -12.0..-0.31f64,
    ) {
        let spectrum = Spectrum::spiked(10f64.powf(log_strength), dimension).unwrap();
        let (of_time, of_coefficient) = errors(&spectrum, &[10f64.powf(log_init); 3]);
        prop_assert!(of_time <= PROMISE, "{of_time}");
        prop_assert!(of_coefficient <= PROMISE, "{of_coefficient}");
    }

    /// Random starts can meet a surface almost tangentially, where an error of the state is divided by a small speed.
    #[test]
    fn double_precision_keeps_twelve_digits_from_random_starts((groups, start) in problems(1..8)) {
        let (of_time, of_coefficient) = errors(&spectrum(&groups), &start);
        prop_assert!(of_time <= 1e-12, "{of_time}");
        prop_assert!(of_coefficient <= 1e-12, "{of_coefficient}");
    }
}

/// The sums of many groups lose nothing: power laws of a thousand groups, 4,400 events.
#[test]
fn a_thousand_groups_are_as_accurate_as_two() {
    for exponent in [1.0, 1.5, 2.0] {
        let group = |i: i32| Group { variance: f64::from(i).powf(-exponent), multiplicity: 1 };
        let spectrum = Spectrum::from_groups(&(1..=1000).map(group).collect::<Vec<_>>(), 0).unwrap();
        let (of_time, of_coefficient) = errors(&spectrum, &[1e-3; 1000]);
        assert!(of_time <= 1e-13, "exponent {exponent}: {of_time}");
        assert!(of_coefficient <= 1e-13, "exponent {exponent}: {of_coefficient}");
    }
}
