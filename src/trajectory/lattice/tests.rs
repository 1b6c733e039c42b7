use super::*;
use crate::descent::Method;
use crate::risk::manifold;
use crate::spectrum::Group;
use crate::weights::equal_start;
use proptest::prelude::*;

fn number(text: &str) -> Rational {
    Rational::parse(text, &()).unwrap()
}

fn spiked(strength: &str, dimension: u64, init: &str, step_size: &str) -> Lattice {
    let spectrum = Spectrum::spiked(number(strength), dimension).unwrap();
    let start = equal_start(&spectrum, &number(init)).unwrap();
    Lattice::new(&spectrum, &start, &number(step_size)).unwrap()
}

/// One step `w_j - eta sign(g_j)` in any number system, straight from the definitions.
fn plain_step<T: Real>(spectrum: &Spectrum<T>, w: &[T], step_size: &T) -> Vec<T> {
    let excess: Vec<_> = w.iter().enumerate().map(|(j, w)| manifold::excess(j, w)).collect();
    let tau = manifold::excess_energy(spectrum, &excess);
    let direction = |j: usize| {
        let q = &spectrum.variance()[j];
        Method::Spectral.direction(&manifold::gradient(q, &manifold::bracket(q, &excess[j], &tau), &w[j])).unwrap()
    };
    (0..w.len()).map(|j| w[j].clone() - step_size.clone() * direction(j)).collect()
}

#[test]
fn lattice_recursion_is_the_rational_recursion_step_by_step() {
    let spectrum = Spectrum::spiked(number("20"), 100).unwrap();
    let step_size = number("1e-3");
    let mut plain = equal_start(&spectrum, &number("1e-3")).unwrap();
    let mut lattice = Lattice::new(&spectrum, &plain, &step_size).unwrap();
    for step in 0..1500 {
        assert_eq!(lattice.coefficients(), plain, "step {step}");
        plain = plain_step(&spectrum, &plain, &step_size);
        lattice.advance(1);
    }
    assert!(matches!(lattice.fate(), Fate::Cycle { since, .. } if since < 1500), "{:?}", lattice.fate());
}

/// Dyadic start and step size: doubles hold every state and, at these sizes, every bracket exactly.
#[test]
fn lattice_recursion_is_the_double_precision_one_where_doubles_are_exact() {
    let mut lattice = spiked("20", 100, "1/1024", "1/4096");
    let spectrum = Spectrum::spiked(20.0, 100).unwrap();
    let mut plain = vec![1.0 / 1024.0; 3];
    for step in 0..20_000 {
        let exact: Vec<_> = lattice.coefficients().iter().map(Rational::to_f64).collect();
        assert_eq!(exact, plain, "step {step}");
        plain = plain_step(&spectrum, &plain, &(1.0 / 4096.0));
        lattice.advance(1);
    }
}

#[test]
fn a_cycle_comes_back_and_begins_where_it_is_said_to() {
    for (strength, dimension, init, step_size) in
        [("20", 100, "1e-3", "1e-3"), ("0.3", 7, "1/3", "0.01"), ("5", 30, "0.4", "1/64"), ("1", 3, "0.25", "0.25")]
    {
        let mut lattice = spiked(strength, dimension, init, step_size);
        lattice.advance(100_000);
        let (since, period) = match lattice.fate() {
            Fate::Cycle { since, period } => (since, period),
            Fate::Rest { since } => (since, 1),
            Fate::Moving => panic!("no cycle in 100000 steps of {step_size}"),
        };
        let at = |steps: u64| {
            let mut fresh = spiked(strength, dimension, init, step_size);
            (0..steps).for_each(|_| fresh.step());
            fresh.places().to_vec()
        };
        assert_eq!(at(since), at(since + period));
        assert!((1..period).all(|shorter| at(since) != at(since + shorter)), "the period {period} is the least one");
        assert!(since == 0 || at(since - 1) != at(since - 1 + period), "the cycle begins at {since}, not before");
        let phase = (100_000 - since) % period;
        assert_eq!(lattice.places(), at(since + phase), "skipping periods ends where stepping does");
    }
}

#[test]
fn two_cycles_and_rest_are_seen_at_once() {
    // One coefficient, h = 3 (w^2 - 1) for the signal alone: from 1/2 by steps of 1/2 to rest at 1, exactly.
    let alone = Spectrum::with_signal(number("1"), vec![]).unwrap();
    let mut rest = Lattice::new(&alone, &[number("1/2")], &number("1/2")).unwrap();
    rest.advance(2);
    assert_eq!((rest.fate(), rest.coefficients()), (Fate::Rest { since: 1 }, vec![number("1")]));
    // By steps of 1/3 it can never be 1: 1/2, 5/6, 7/6, 5/6, ...
    let mut two = Lattice::new(&alone, &[number("1/2")], &number("1/3")).unwrap();
    two.advance(3);
    assert_eq!((two.fate(), two.coefficients()), (Fate::Cycle { since: 1, period: 2 }, vec![number("5/6")]));
    two.advance(u64::MAX - 3);
    assert_eq!(two.coefficients(), vec![number("5/6")]);
    // A coefficient at zero stays there.
    let mut zero = Lattice::new(&alone, &[number("0")], &number("1/3")).unwrap();
    zero.advance(5);
    assert_eq!((zero.fate(), zero.places()), (Fate::Rest { since: 0 }, &[0][..]));
}

#[test]
fn signs_that_double_precision_cannot_see_are_decided_exactly() {
    // h_0 = 3 (w^2 - 1) at w = 1 - 1e-30: -6e-30, below every error bound, yet the signal must rise.
    let alone = Spectrum::with_signal(number("1"), vec![]).unwrap();
    let mut lattice = Lattice::new(&alone, &[number("1") - number("1e-30")], &number("1e-31")).unwrap();
    lattice.advance(10);
    assert_eq!((lattice.places(), lattice.exact_signs()), (&[10][..], 10));
    lattice.advance(1);
    assert_eq!(lattice.fate(), Fate::Rest { since: 10 });
}

#[test]
fn steps_and_starts_far_outside_double_precision_work() {
    let mut lattice = spiked("20", 100, "1e-400", "1e-400");
    lattice.advance(1000);
    assert_eq!(lattice.places(), [1000, 1000, 1000]);
    // A spike whose energy alone makes every bracket positive: all fall to zero in one step, and doubles had no say.
    let mut lattice = spiked("1e200", 100, "1e-3", "1e-3");
    lattice.advance(10);
    assert_eq!((lattice.places(), lattice.exact_signs()), (&[-1, -1, -1][..], 3));
    assert_eq!(lattice.fate(), Fate::Rest { since: 1 });
}

#[test]
fn what_is_not_a_recursion_is_refused() {
    let spectrum = Spectrum::spiked(number("20"), 100).unwrap();
    let start = equal_start(&spectrum, &number("1e-3")).unwrap();
    let refused = |start: &[Rational], step: &str| Lattice::new(&spectrum, start, &number(step)).unwrap_err().parameter;
    assert_eq!(refused(&start, "0"), "step-size");
    assert_eq!(refused(&start, "-0.1"), "step-size");
    assert_eq!(refused(&start[..2], "0.1"), "start");
    assert_eq!(refused(&[number("2").sqrt(), number("1"), number("1")], "0.1"), "init");
}

proptest! {
    /// Any spectrum, any start, filter or not: the same signs.
    #[test]
    fn the_filter_never_contradicts_the_integers(
        groups in prop::collection::vec((1..5000_i64, 1..50_u64), 1..6),
        places in prop::collection::vec(-1500..1500_i64, 7),
        init in prop::sample::select(vec!["1e-3", "0.1", "1/3", "1e-40", "0.9999999999999999"]),
        step_size in prop::sample::select(vec!["1e-3", "1/7", "1e-15", "1e-17", "3e-20"]),
    ) {
        let rest = groups.iter().map(|&(q, n)| Group { variance: Rational::fraction(q, 97), multiplicity: n }).collect();
        let spectrum = Spectrum::with_signal(number("1.25"), rest).unwrap();
        let start = equal_start(&spectrum, &number(init)).unwrap();
        let step_size = number(step_size);
        let places = &places[..start.len()];
        let mut filter = Filter::new(&spectrum, &start, &step_size).unwrap();
        filter.evaluate(places);
        let mut brackets = Brackets::new(&spectrum, &start, &step_size);
        let w: Vec<_> = start.iter().zip(places).map(|(alpha, &k)| step_size.times(k) + alpha).collect();
        let excess: Vec<_> = w.iter().enumerate().map(|(j, w)| manifold::excess(j, w)).collect();
        let tau = manifold::excess_energy(&spectrum, &excess);
        for j in 0..places.len() {
            let h = manifold::bracket(&spectrum.variance()[j], &excess[j], &tau);
            let exact = h.sign().unwrap() as i64;
            prop_assert_eq!(brackets.sign(j, places), exact);
            prop_assert!(filter.sign(j).is_none_or(|sign| sign == exact));
            prop_assert_eq!(i64::from(w[j].sign().unwrap() as i8), Zero::new(&start[j], &step_size).sign(places[j]));
        }
    }

    #[test]
    fn lattice_recursion_is_the_rational_one_for_any_spectrum(
        groups in prop::collection::vec((1..400_i64, 1..50_u64), 1..5),
        init in 1..90_i64, step in 1..20_i64,
    ) {
        let rest = groups.iter().map(|&(q, n)| Group { variance: Rational::fraction(q, 7), multiplicity: n }).collect();
        let spectrum = Spectrum::with_signal(number("0.8"), rest).unwrap();
        let mut plain = equal_start(&spectrum, &Rational::fraction(init, 99)).unwrap();
        let step_size = Rational::fraction(step, 128);
        let mut lattice = Lattice::new(&spectrum, &plain, &step_size).unwrap();
        for _ in 0..60 {
            plain = plain_step(&spectrum, &plain, &step_size);
            lattice.advance(1);
            prop_assert_eq!(lattice.coefficients(), plain.clone());
        }
    }
}
