//! Conditions on flows of many events.

use proptest::prelude::*;
use specdyn::descent::Method;
use specdyn::experiment::{Covariance, Plan, Setting, run};
use specdyn::observe::{Condition, Quantity};
use specdyn::spectrum::Group;
use specdyn::trajectory::exact::ExactFlow;
use specdyn::trajectory::{Flow, Segment, Stop};
use specdyn::weights::equal_start;

fn setting(groups: Vec<Group>, init: f64) -> Setting {
    Setting::new(Covariance::Groups { groups, signal: 1 }, init, Method::Spectral)
}

/// Looking at every segment.
fn first_time(setting: &Setting, condition: &Condition) -> Option<f64> {
    let spectrum = setting.covariance.spectrum().unwrap();
    let mut flow = ExactFlow::new(&spectrum, &equal_start(&spectrum, &setting.init).unwrap()).unwrap();
    while let Ok(segment) = flow.next_segment(None) {
        if let Some(s) = condition.first_time(&spectrum, &segment) {
            return Some(segment.start() + s);
        }
    }
    None
}

proptest! {
    /// Most segments are not looked at; the answer is that of looking at all.
    #[test]
    fn a_condition_is_met_where_looking_at_every_segment_finds_it(
        groups in prop::collection::vec((0.05..20.0_f64, 1..50_u64), 2..60),
        log_init in -4.0..-0.5_f64,
        risk in any::<bool>(),
        at_least in any::<bool>(),
        level in 1e-3..1.0_f64,
    ) {
        let groups = groups.into_iter().map(|(variance, multiplicity)| Group { variance, multiplicity }).collect();
        let setting = setting(groups, 10f64.powf(log_init));
        let quantity = if risk { Quantity::Risk } else { Quantity::Alignment };
        let condition = Condition { quantity, at_least, level };
        let outcome = run(&setting, &Plan { rows: vec![], until: Some(condition.clone()), horizon: None }, |_| ()).unwrap();
        match first_time(&setting, &condition) {
            Some(time) => prop_assert_eq!(outcome.stop, Stop::Condition { time }),
            None => prop_assert!(matches!(outcome.stop, Stop::Optimum { .. }), "{}", outcome.stop),
        }
    }
}
