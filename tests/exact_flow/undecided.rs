//! Enclosures: what is decided contains the truth, and what is not decided is said.

use super::{PROMISE, run};
use proptest::prelude::*;
use specdyn::scalar::Interval;
use specdyn::spectrum::{Group, Spectrum};
use specdyn::trajectory::Stop;
use specdyn::trajectory::exact::{ExactFlow, ExactTrajectory};

fn enclose(variances: &[(Interval, u64)], init: f64) -> ExactTrajectory<Interval> {
    let group = |&(variance, multiplicity): &(Interval, u64)| Group { variance, multiplicity };
    let spectrum = Spectrum::with_signal(variances[0].0, variances[1..].iter().map(group).collect()).unwrap();
    let start = vec![Interval::point(init); variances.len()];
    ExactFlow::new(&spectrum, &start).unwrap().run(&Interval::point(10.0))
}

fn enclose_spiked(strength: f64, dimension: u64, init: f64) -> ExactTrajectory<Interval> {
    let one = Interval::point(1.0);
    enclose(&[(one, 1), (one + Interval::point(strength), 1), (one, dimension - 2)], init)
}

proptest! {
    /// Each event of the spiked model is enclosed; at parameters where two of them coincide, the answer says which.
    #[test]
    fn enclosures_contain_the_events(log_strength in -0.5..3.0f64, dimension in 5..1000u64, init in 1e-4..0.01f64) {
        let strength = 10f64.powf(log_strength);
        let trajectory = enclose_spiked(strength, dimension, init);
        match trajectory.stop() {
            Stop::Optimum { time } => {
                let d = Interval::point(dimension as f64);
                let [one, two] = [1.0, 2.0].map(Interval::point);
                let expected = ((d + two) / (d + one)).sqrt() - Interval::point(init);
                prop_assert!(time.partial_cmp(&expected).is_none(), "{time} and {expected} do not overlap");
                let plain = run(&Spectrum::spiked(strength, dimension).unwrap(), &[init; 3]);
                prop_assert_eq!(trajectory.events().len(), plain.events().len());
                for (enclosed, event) in trajectory.events().iter().zip(plain.events()) {
                    prop_assert_eq!((enclosed.kind, enclosed.coefficient), (event.kind, event.coefficient));
                    prop_assert!(enclosed.time.lower() <= event.time + PROMISE);
                    prop_assert!(enclosed.time.upper() >= event.time - PROMISE);
                }
            }
            Stop::Undecided { reason, .. } => prop_assert!(reason.starts_with("whe") || reason.starts_with("which")),
            other => prop_assert!(false, "{other}"),
        }
    }
}

#[test]
fn the_spiked_model_is_decided_in_enclosures() {
    for (strength, dimension) in [(20.0, 100), (4.0, 100), (49.0, 100), (499.0, 1000), (2.0, 12)] {
        let trajectory = enclose_spiked(strength, dimension, 1e-3);
        let Stop::Optimum { time } = trajectory.stop() else { panic!("{strength}: {}", trajectory.stop()) };
        // each of nine events multiplies the width by what its speed divides errors by; in all about 1e6 units in the last place
        assert!(time.width() <= 1e7 * f64::EPSILON, "{time}");
        // never above 1: the upper end says by how little it is not proved
        let amplification = trajectory.amplification().unwrap();
        assert!(amplification.contains(1.0) && amplification.width() <= 1e3 * f64::EPSILON, "{amplification}");
    }
}

/// Two groups that may or may not be of one variance: which leaves first is not decided, and the answer names both.
#[test]
fn overlapping_variances_cannot_be_told_apart() {
    let variance = |lower, upper| Interval::new(lower, upper).unwrap();
    let trajectory = enclose(&[(variance(1.0, 1.0), 1), (variance(2.0, 2.5), 1), (variance(2.25, 2.75), 1)], 0.125);
    match trajectory.stop() {
        Stop::Undecided { reason, .. } => {
            assert!(reason.contains("w1") && reason.contains("w2"), "{reason}")
        }
        other => panic!("{other}"),
    }
}
