//! The population dynamics against closed forms, laws and each other.

use approx::assert_relative_eq;
use proptest::prelude::*;
use specdyn::descent::Method;
use specdyn::experiment::{Covariance, LossScale, Outcome, Plan, Row, Setting, run};
use specdyn::observe::{Condition, Quantity};
use specdyn::spectrum::Group;
use specdyn::trajectory::{EventKind, Stop};

fn spiked(strength: f64, dimension: u64, init: f64, method: Method) -> Setting {
    Setting::new(Covariance::Spiked { strength, dimension }, init, method)
}

fn rows(setting: &Setting, plan: &Plan) -> (Vec<Row>, Outcome) {
    let mut rows = Vec::new();
    let outcome = run(setting, plan, |row| rows.push(row)).unwrap();
    (rows, outcome)
}

fn at(times: &[f64]) -> Plan {
    Plan { rows: times.to_vec(), until: None, horizon: times.last().copied() }
}

/// Amplification when the signal has reached 0.9: the spike has saturated and falls.
fn amplification(setting: &Setting) -> f64 {
    let escaped = Condition { quantity: Quantity::Coefficient(0), at_least: true, level: 0.9 };
    let (_, outcome) = rows(setting, &Plan { rows: vec![], until: Some(escaped), horizon: None });
    assert!(matches!(outcome.stop, Stop::Condition { .. }), "{}", outcome.stop);
    rows(setting, &at(&[outcome.end])).0[0].amplification
}

// ---- SpecGD, exactly

#[test]
fn specgd_events_of_the_spiked_model_are_the_known_ones() {
    let (_, outcome) =
        rows(&spiked(20.0, 100, 1e-3, Method::Spectral), &Plan { rows: vec![], until: None, horizon: None });
    let times: Vec<f64> = outcome.events.iter().map(|e| e.time).collect();
    let known = [0.0775674, 0.0944448, 0.134622, 0.994086, 0.994873, 0.996579, 0.998520, 1.003938];
    for (k, known) in known.iter().enumerate() {
        // The known digits are rounded to six or seven places.
        assert!(times.iter().any(|t| (t - known).abs() <= 1e-6), "event {k} at {known} is not in {times:?}");
    }
    assert!(matches!(outcome.stop, Stop::Optimum { .. }));
    assert_eq!(outcome.coefficients, [1.0, 0.0, 0.0]);
}

#[test]
fn specgd_arrives_at_the_same_time_for_every_spike() {
    let time = |mu: f64, init: f64| {
        let plan = Plan { rows: vec![], until: None, horizon: None };
        rows(&spiked(mu - 1.0, 100, init, Method::Spectral), &plan).1.end + init
    };
    let reference = time(5.0, 1e-3);
    assert!((reference - 1.0048).abs() < 5e-4, "1 + 1/(2 d) up to o(1/d), here {reference}");
    for mu in [50.0, 500.0] {
        assert!((time(mu, 1e-3) - reference).abs() < 1e-12, "mu = {mu}: {} against {reference}", time(mu, 1e-3));
    }
}

/// One direction orthogonal to the signal in its equation: with `d = 2` equal variances and equal starts,
/// `h_0 = 3 s^2 - 3 + s^2` and `h_1 = 4 s^2 - 1` while both rise with `s = alpha + t`, so the second is at its surface at s = 1/2;
/// from there `tau (1 + 1/2) = a^2 - 1`, it slides on `c^2 = (1 - a^2)/3`, at a speed `a/(3 c) <= 1` until `a^2 = 3/4`.
#[test]
fn two_equal_directions_follow_the_closed_form() {
    let setting = Setting {
        covariance: Covariance::Groups { groups: vec![Group { variance: 1.0, multiplicity: 2 }], signal: 1 },
        ..spiked(0.0, 3, 0.125, Method::Spectral)
    };
    let (rows, outcome) = rows(&setting, &Plan { rows: vec![0.375, 0.5, 0.625], until: None, horizon: None });
    let slide = outcome.events.iter().find(|e| e.kind == EventKind::Slide && e.coefficient == 1).unwrap();
    assert_relative_eq!(slide.time, 0.375, max_relative = 4.0 * f64::EPSILON);
    for row in &rows {
        let a = 0.125 + row.time;
        assert_relative_eq!(row.coefficients[0], a, max_relative = 4.0 * f64::EPSILON);
        assert_relative_eq!(row.coefficients[1], ((1.0 - a * a) / 3.0).sqrt(), max_relative = 8.0 * f64::EPSILON);
    }
    let leave = outcome.events.iter().find(|e| e.kind == EventKind::Leave && e.coefficient == 1).unwrap();
    assert_relative_eq!(leave.time, 0.75_f64.sqrt() - 0.125, max_relative = 8.0 * f64::EPSILON);
}

#[test]
fn a_signal_pulled_to_zero_is_reported_as_not_unique() {
    let spectrum = specdyn::spectrum::Spectrum::spiked(20.0, 100).unwrap();
    let mut flow = specdyn::trajectory::exact::ExactFlow::new(&spectrum, &[0.001, 0.5, 0.001]).unwrap();
    let stop = loop {
        if let Err(stop) = specdyn::trajectory::Flow::next_segment(&mut flow, None) {
            break stop;
        }
    };
    assert!(matches!(stop, Stop::NonUnique { coefficient: 0 | 2, .. }), "{stop}");
}

fn random_groups() -> impl Strategy<Value = (Vec<Group>, u64)> {
    prop::collection::vec((0.05..20.0_f64, 1..50_u64), 2..7).prop_flat_map(|groups| {
        let count = groups.len() as u64;
        let groups =
            groups.into_iter().map(|(variance, multiplicity)| Group { variance, multiplicity }).collect::<Vec<_>>();
        (Just(groups), 1..=count)
    })
}

fn with_groups(groups: &[Group], signal: u64, init: f64, method: Method) -> Setting {
    Setting { covariance: Covariance::Groups { groups: groups.to_vec(), signal }, ..spiked(0.0, 3, init, method) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn specgd_never_amplifies((groups, signal) in random_groups(), init in 1e-4..0.05_f64) {
        let setting = with_groups(&groups, signal, init, Method::Spectral);
        let (rows, outcome) = rows(&setting, &at(&[3.0]));
        prop_assert!(!matches!(outcome.stop, Stop::Budget { .. } | Stop::Undecided { .. }), "{}", outcome.stop);
        // Ratios of coefficients that agree to rounding.
        prop_assert!(rows.iter().all(|r| r.amplification <= 1.0 + 8.0 * f64::EPSILON), "{:?}", rows);
    }

    #[test]
    fn the_specgd_flow_is_the_limit_of_its_recursion((groups, signal) in random_groups(), init in 1e-3..0.05_f64) {
        // Both coarse recursions stay within their step of each other's limit: the flow is Lipschitz, and Euler's polygon of a
        // one-sided Lipschitz inclusion converges at rate sqrt(eta) at worst.
        let flow = with_groups(&groups, signal, init, Method::Spectral);
        let (exact, outcome) = rows(&flow, &at(&[0.5]));
        prop_assume!(matches!(outcome.stop, Stop::Horizon | Stop::Optimum { .. }));
        let deviation = |eta: f64| {
            let recursion = Setting { step_size: Some(eta), ..flow.clone() };
            let steps = (0.5 / eta).round();
            let (rows, _) = rows(&recursion, &Plan { rows: vec![steps], until: None, horizon: Some(0.5) });
            let pairs = rows[0].coefficients.iter().zip(&exact[0].coefficients);
            pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
        };
        let fine = deviation(2f64.powi(-14));
        prop_assert!(fine <= 8.0 * 2f64.powi(-7), "deviation {fine} at eta = 2^-14");
    }

    #[test]
    fn variances_from_one_to_three_times_the_signals_are_never_amplified_by_gd(
        (groups, signal) in random_groups(), init in 1e-6..0.3_f64,
    ) {
        let home = groups[signal as usize - 1].variance;
        let tame: Vec<Group> =
            groups.iter().map(|g| Group { variance: g.variance.clamp(home, 3.0 * home), multiplicity: g.multiplicity }).collect();
        let (rows, _) = rows(&with_groups(&tame, signal, init, Method::GradientDescent), &at(&[20.0 / home.powi(2)]));
        prop_assert!(rows[0].amplification <= 1.0 + 64.0 * f64::EPSILON, "{}", rows[0].amplification);
    }

    #[test]
    fn a_variance_above_three_times_the_signals_is_amplified_by_gd(home in 0.2..5.0_f64, factor in 3.1..20.0_f64, count in 1..100_u64) {
        let groups = [Group { variance: home, multiplicity: count + 1 }, Group { variance: factor * home, multiplicity: 1 }];
        prop_assert!(amplification(&with_groups(&groups, 1, 1e-30, Method::GradientDescent)) > 1.0);
    }
}

// ---- GD

/// The law needs `q_j >= q_0` where the start is large: with a positive excess energy the signal, of higher variance, is pulled down
/// faster. `d/dt log(w_j/w_0) = 2 q_0^2 (w_0^2 - 1) - 2 q_j^2 w_j^2 + (q_0 - q_j) tau` may then be positive.
#[test]
fn a_direction_of_lower_variance_is_amplified_from_a_large_start() {
    let groups = [Group { variance: 9.74, multiplicity: 21 }, Group { variance: 4.08, multiplicity: 80 }];
    let (rows, _) = rows(&with_groups(&groups, 1, 0.4, Method::GradientDescent), &at(&[0.1]));
    assert!(rows[0].amplification > 1.001, "{}", rows[0].amplification);
}

#[test]
fn the_amplification_exponent_is_one_minus_three_over_mu() {
    for mu in [3.1, 4.0, 6.0, 11.0, 101.0] {
        let log = |init: f64| amplification(&spiked(mu - 1.0, 100, init, Method::GradientDescent)).ln();
        let slope = (log(1e-200) - log(1e-100)) / (100.0 * 10f64.ln());
        // The O(1) terms agree at both ends up to powers of alpha; what is left is rounding of the logarithms.
        assert!((slope - (1.0 - 3.0 / mu)).abs() < 1e-12, "mu = {mu}: {slope}");
    }
}

#[test]
fn the_factor_three_threshold_is_seen_from_both_sides() {
    let at_strength = |strength: f64| amplification(&spiked(strength, 100, 1e-100, Method::GradientDescent));
    assert_eq!(at_strength(1.9), 1.0);
    assert!(at_strength(2.1) > 1.0);
}

#[test]
fn gd_contracts_algebraically_with_the_known_constants() {
    let (rows, _) = rows(&spiked(20.0, 1000, 1e-3, Method::GradientDescent), &at(&[1e5]));
    let (c, t) = (rows[0].coefficients[2], 1e5);
    assert!((c * c * 4.0 * 1001.0 * t / 3.0 - 0.99981).abs() < 5e-6, "{}", c * c * 4.0 * 1001.0 * t / 3.0);
    assert!((rows[0].risk * t * t - 0.09343).abs() < 5e-6, "{}", rows[0].risk * t * t);
}

#[test]
fn the_gd_recursion_approaches_the_flow_at_first_order() {
    let flow = spiked(5.0, 20, 0.05, Method::GradientDescent);
    let exact = rows(&flow, &at(&[2.0])).0[0].coefficients.clone();
    let deviation = |eta: f64| {
        let recursion = Setting { step_size: Some(eta), ..flow.clone() };
        let (rows, _) = rows(&recursion, &Plan { rows: vec![2.0 / eta], until: None, horizon: Some(2.0) });
        rows[0].coefficients.iter().zip(&exact).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    let order = (deviation(2f64.powi(-12)) / deviation(2f64.powi(-13))).log2();
    assert!((order - 1.0).abs() < 0.02, "order {order}");
}

#[test]
fn a_step_size_above_the_ceiling_diverges_with_a_reason() {
    let setting = Setting { step_size: Some(2.0), ..spiked(20.0, 100, 1e-3, Method::GradientDescent) };
    let (rows, outcome) =
        rows(&setting, &Plan { rows: (0..100).map(f64::from).collect(), until: None, horizon: Some(200.0) });
    assert!(matches!(outcome.stop, Stop::Diverged { .. }));
    assert!(rows.iter().all(|row| row.coefficients.iter().all(|w| w.is_finite()) && row.risk.is_finite()));
}

#[test]
fn the_specgd_recursion_chatters_at_the_known_scale() {
    let eta = 1e-4;
    let setting = Setting { step_size: Some(eta), ..spiked(20.0, 1000, 1e-3, Method::Spectral) };
    let (rows, _) = rows(&setting, &Plan { rows: vec![20_000.0], until: None, horizon: Some(2.0) });
    let w = &rows[0].coefficients;
    assert!((w[0] - 1.0).abs() <= 4.0 * eta && w[1].abs() <= 4.0 * eta, "{w:?}");
    let bulk = (2.0 * eta / 1001.0).sqrt();
    assert!(w[2].abs() > 0.1 * bulk && w[2].abs() < 3.0 * bulk, "{} against {bulk}", w[2]);
}

// ---- spectral powers

#[test]
fn the_amplification_of_a_spectral_power_is_bounded_by_its_limit() {
    for (init, known) in [(1e-3, 3.104), (1e-5, 3.838), (1e-7, 3.973)] {
        let setting = spiked(11.0, 50, init, Method::power(0.5).unwrap());
        let found = amplification(&setting);
        assert!((found - known).abs() < 1e-3, "{found} against {known} at alpha = {init}");
    }
}

#[test]
fn the_loss_scale_is_a_change_of_clock() {
    let quarter = spiked(5.0, 20, 0.01, Method::GradientDescent);
    let one = Setting { loss_scale: LossScale::One, ..quarter.clone() };
    let (a, b) = (rows(&quarter, &at(&[2.0])).0, rows(&one, &at(&[0.5])).0);
    assert_eq!(a[0].coefficients, b[0].coefficients);
    assert_eq!(4.0 * a[0].risk, b[0].risk);
}

#[test]
fn the_spike_is_amplified_exactly_on_one_side_of_the_finite_alpha_boundary() {
    let (strength, dimension) = (8.0_f64, 100.0_f64);
    let boundary = ((strength - 2.0) / (strength * (3.0 * strength + dimension + 4.0))).sqrt();
    let at_init = |init: f64| amplification(&spiked(strength, 100, init, Method::GradientDescent));
    assert_eq!(at_init(boundary * (1.0 + 1e-6)), 1.0);
    assert!(at_init(boundary * (1.0 - 1e-3)) > 1.0);
}

/// Filippov's inclusion, checked from outside along random trajectories: what rises has a bracket that is not positive, what falls one that
/// is not negative, what slides has none, what is held one that is not negative. The band is the rounding of a bracket, whose terms are
/// up to `sum_j n_j q_j max(w_j^2, 1)`, over the few hundred operations of a trajectory.
fn inclusion_holds(groups: &[Group], signal: u64, start: &[f64]) -> Result<(), TestCaseError> {
    use specdyn::risk::manifold::{bracket, excess, excess_energy};
    use specdyn::trajectory::exact::{ExactFlow, Mode};
    use specdyn::trajectory::{Flow, Segment};
    let spectrum = specdyn::spectrum::Spectrum::from_groups(groups, signal as usize - 1).unwrap();
    let start = &start[..spectrum.groups()];
    let mut flow = ExactFlow::new(&spectrum, start).unwrap();
    let (q, weight) = (spectrum.variance().to_vec(), spectrum.energy_weight().to_vec());
    let size: f64 = weight.iter().sum::<f64>() * start.iter().fold(1.0_f64, |m, w| m.max(w * w));
    let band = 1024.0 * f64::EPSILON * size;
    for _ in 0..10_000 {
        let (samples, modes): (Vec<Vec<f64>>, Vec<Mode>) = match flow.next_segment(Some(&10.0)) {
            Ok(segment) => {
                let length = *segment.length();
                let samples = [0.25, 0.5, 0.75].map(|share| segment.coefficients_at(&(share * length)));
                (samples.to_vec(), (0..segment.groups()).map(|j| segment.mode(j)).collect())
            }
            Err(stop) => {
                prop_assert!(!matches!(stop, Stop::Budget { .. } | Stop::Undecided { .. }), "{stop}");
                return Ok(());
            }
        };
        for w in samples {
            let e: Vec<f64> = w.iter().enumerate().map(|(j, w)| excess(j, w)).collect();
            let tau = excess_energy(&spectrum, &e);
            for j in 0..w.len() {
                let h = bracket(&q[j], &e[j], &tau);
                let holds = match modes[j] {
                    Mode::Rising => h <= band,
                    Mode::Falling => h >= -band,
                    Mode::Sliding => h.abs() <= band,
                    Mode::Held => h >= -band && w[j] == 0.0,
                };
                prop_assert!(holds, "coefficient {j} is {:?} with bracket {h} at {w:?}", modes[j]);
            }
        }
    }
    Err(TestCaseError::fail("the flow does not end"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_exact_flow_solves_filippovs_inclusion_from_any_start(
        (groups, signal) in random_groups(), start in prop::collection::vec(0.001..1.5_f64, 8),
    ) {
        inclusion_holds(&groups, signal, &start)?;
    }

    #[test]
    fn the_exact_flow_solves_filippovs_inclusion_from_equal_starts((groups, signal) in random_groups(), init in 1e-6..1.5_f64) {
        inclusion_holds(&groups, signal, &[init; 8])?;
    }
}

// ---- Conditions

fn met(setting: &Setting, quantity: Quantity, at_least: bool, level: f64) -> Outcome {
    let until = Some(Condition { quantity, at_least, level });
    rows(setting, &Plan { rows: vec![], until, horizon: Some(50.0) }).1
}

fn quantity(setting: &Setting, end: &Outcome, quantity: Quantity) -> f64 {
    let at_end = &rows(setting, &at(&[end.end])).0[0];
    match quantity {
        Quantity::Coefficient(j) => at_end.coefficients[j],
        Quantity::Risk => at_end.risk,
        Quantity::Alignment => at_end.alignment.unwrap(),
    }
}

/// Escapes from starts and to levels whose squares are nothing beside the signal's.
#[test]
fn conditions_on_small_signals_are_met_at_their_level() {
    for method in [Method::GradientDescent, Method::Spectral, Method::Power(0.5), Method::Power(0.2)] {
        let setting = spiked(20.0, 100, 1e-12, method);
        for level in [1e-11, 1e-9, 1e-8, 1e-7, 1e-5, 1e-3] {
            let end = met(&setting, Quantity::Coefficient(0), true, level);
            assert!(matches!(end.stop, Stop::Condition { .. }), "{}", end.stop);
            assert_relative_eq!(end.coefficients[0], level, max_relative = 1e-13);
        }
    }
    let setting = spiked(20.0, 100, 1e-8, Method::GradientDescent);
    let end = met(&setting, Quantity::Alignment, false, 1e-5);
    assert_relative_eq!(quantity(&setting, &end, Quantity::Alignment), 1e-5, max_relative = 1e-12);
}

/// A coefficient that comes to rest at zero as the flow ends is there.
#[test]
fn conditions_are_met_at_rest_too() {
    for (method, j) in [(Method::Power(0.2), 2), (Method::Power(0.2), 1), (Method::Spectral, 2)] {
        let setting = spiked(20.0, 100, 1e-2, method);
        let end = met(&setting, Quantity::Coefficient(j), false, 0.0);
        assert!(
            matches!(end.stop, Stop::Condition { .. }) && end.coefficients[j] == 0.0,
            "{} {:?}",
            end.stop,
            end.coefficients
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The first of many rows at which a condition holds is behind the time at which it is met, where the quantity is at its level.
    #[test]
    fn a_condition_is_met_where_the_quantity_first_is_at_its_level(
        power in prop_oneof![Just(0.0), Just(1.0), Just(0.5), 0.1..0.95_f64],
        strength in 0.0..30.0_f64,
        dimension in 3..200_u64,
        log_init in -9.0..-0.5_f64,
        place in 0.05..0.95_f64,
        which in 0..5_usize,
    ) {
        let method = if power == 0.0 { Method::Spectral } else if power == 1.0 { Method::GradientDescent } else { Method::Power(power) };
        let setting = spiked(strength, dimension, 10_f64.powf(log_init), method);
        let looked_at = [Quantity::Coefficient(0), Quantity::Coefficient(1), Quantity::Coefficient(2), Quantity::Risk, Quantity::Alignment][which];
        let (rows, outcome) = rows(&setting, &at(&(0..=400).map(|k| f64::from(k) * 0.005).collect::<Vec<_>>()));
        prop_assume!(rows.len() > 100 && !matches!(outcome.stop, Stop::NonUnique { .. }));
        let value = |row: &Row| match looked_at {
            Quantity::Coefficient(j) => row.coefficients[j],
            Quantity::Risk => row.risk,
            Quantity::Alignment => row.alignment.unwrap(),
        };
        let level = value(&rows[(place * rows.len() as f64) as usize]);
        prop_assume!(level > 1e-12 && (value(&rows[0]) / level - 1.0).abs() > 1e-9 && level < 1.0 - 1e-9);
        let at_least = level > value(&rows[0]);
        let end = met(&setting, looked_at, at_least, level);
        prop_assert!(matches!(end.stop, Stop::Condition { .. }), "{}", end.stop);
        let there = quantity(&setting, &end, looked_at);
        prop_assert!((there / level - 1.0).abs() < 1e-10, "{there:e} and {level:e} at {}", end.end);
        let strictly = |row: &&Row| if at_least { value(row) > level * (1.0 + 1e-10) } else { value(row) < level * (1.0 - 1e-10) };
        if let Some(first) = rows.iter().position(|row| strictly(&row)) {
            prop_assert!(end.end <= f64::from(first as u32) * 0.005 + 1e-12, "{} and row {first}", end.end);
        }
    }
}
