//! The slow tail: exponents of 1 - u, 1 - s and T2, and what the paper says of them.

use super::super::{Enclosure, Trial};
use super::ladder::{Ladder, chernoff, local_exponent};
use super::path::Path;

/// `1 - u` and `1 - s` fall like `t^-((k_0 a - k_1)/a)`.
pub(super) fn tail_law(constants: &[f64], trial: &mut Trial) {
    let [slope, shift] = constants else { unreachable!("two constants") };
    for &a in trial.first(&[4.0, 2.0, 1.5, 3.0], 1) {
        let ladder = Ladder::climb(a, trial);
        trial.found(&format!("flat signal, a = {a}"), ladder, |trial, ladder| {
            let times: Vec<f64> = ladder.times();
            let elapsed: Vec<f64> = times.iter().map(|t| t - ladder.path.crossing).collect();
            let (overlap, energy): (Vec<f64>, Vec<f64>) = times.iter().map(|t| ladder.path.gaps(*t)).unzip();
            for (name, gaps) in [("1 - u", overlap), ("1 - s", energy)] {
                let what = format!("flat signal, a = {a}, d = {}: exponent of {name} in t", ladder.path.dimension);
                let found = local_exponent(&elapsed, &gaps);
                trial.found(&what, found, |trial, found| trial.near(&what, found, -(slope * a - shift) / a, 0.03));
            }
        });
    }
}

/// `1 - u ~ Lambda^(-power/a)`, which is the paper's with power one: to be falsified.
pub(super) fn alignment_power(constants: &[f64], trial: &mut Trial) {
    let power = constants[0];
    for &a in trial.first(&[4.0, 1.5, 2.0], 1) {
        let ladder = Ladder::climb(a, trial);
        trial.found(&format!("flat signal, a = {a}"), ladder, |trial, ladder| {
            let clock: Vec<f64> = ladder.times().iter().map(|t| ladder.path.relaxed(*t)).collect();
            let gaps: Vec<f64> = ladder.times().iter().map(|t| ladder.path.gaps(*t).0).collect();
            let what = format!(
                "flat signal, a = {a}, d = {}: exponent of 1 - u in Lambda, -{:.4} by tail-law",
                ladder.path.dimension,
                (a - 1.0) / a
            );
            let found = local_exponent(&clock, &gaps);
            trial.found(&what, found, |trial, found| trial.near(&what, found, -power / a, 0.05));
        });
    }
}

/// Minus the exponent of `T2 - T1'` in eps.
fn convergence(ladder: &Ladder) -> Result<Enclosure, String> {
    let accuracies = ladder.accuracies();
    let times: Result<Vec<f64>, String> =
        accuracies.iter().map(|eps| Ok(ladder.path.converged(*eps)? - ladder.path.crossing)).collect();
    let inverse: Vec<f64> = accuracies.iter().map(|eps| 1.0 / eps).collect();
    local_exponent(&inverse, &times?)
}

/// `T2 - T1' = O(eps^(-power a/(a-1)) log(1/eps))`: the exponent that is seen is at most that of the bound.
pub(super) fn convergence_time(constants: &[f64], trial: &mut Trial) {
    let power = constants[0];
    for &a in trial.first(&[4.0, 2.0, 1.5, 3.0], 1) {
        let what = format!("a = {a}: exponent of T2 - T1' in 1/eps that is seen, over the bound's (1 if it is tight)");
        let found = Ladder::climb(a, trial).and_then(|ladder| convergence(&ladder));
        trial.found(&what, found, |trial, seen| {
            trial.at_most(&what, seen.map(|seen| seen * (a - 1.0) / (a * power)), 1.0);
        });
    }
}

/// The exponent is `factor a/(a-1)`.
pub(super) fn convergence_exponent(constants: &[f64], trial: &mut Trial) {
    let factor = constants[0];
    for &a in trial.first(&[4.0, 2.0, 1.5, 3.0], 1) {
        let what = format!("flat signal, a = {a}: exponent of T2 - T1' in 1/eps over a/(a-1)");
        let found = Ladder::climb(a, trial).and_then(|ladder| convergence(&ladder));
        trial.found(&what, found, |trial, seen| {
            trial.near(&what, seen.map(|seen| seen * (a - 1.0) / a), factor, 0.06);
        });
    }
}

/// `1 - u = (m_1 + k_1 m_2)/k_0` and `1 - s = 2/k_0 m_1`.
pub(super) fn quasi_static(constants: &[f64], trial: &mut Trial) {
    let [divisor, second] = constants else { unreachable!("two constants") };
    for &a in trial.first(&[3.0, 2.0], 1) {
        let ladder = Ladder::climb(a, trial);
        trial.found(&format!("flat signal, a = {a}"), ladder, |trial, ladder| {
            let times = ladder.times();
            let ratios: Vec<(f64, f64)> = times
                .iter()
                .map(|t| {
                    let (m1, m2) = (ladder.path.unlearned(8.0, *t), ladder.path.unlearned(16.0, *t));
                    let (overlap, energy) = ladder.path.gaps(*t);
                    (overlap * divisor / (m1 + second * m2), energy * divisor / (2.0 * m1))
                })
                .collect();
            let (before, last) = (ratios[ratios.len() - 2], ratios[ratios.len() - 1]);
            let place = format!("flat signal, a = {a}, d = {}", ladder.path.dimension);
            let (overlap, energy) = (Enclosure::ladder(before.0, last.0), Enclosure::ladder(before.1, last.1));
            trial.near(format!("{place}: 1 - u over (m_1 + 3/2 m_2)/3"), overlap, 1.0, 8e-3);
            trial.near(format!("{place}: 1 - s over 2/3 m_1"), energy, 1.0, 8e-3);
        });
    }
}

/// For at least this share of random signals T2 falls along a = 1.5, 2, 3 (times the direction).
pub(super) fn faster_for_larger_a(constants: &[f64], trial: &mut Trial) {
    let [direction, share] = constants else { unreachable!("two constants") };
    let count = trial.count(60, 60);
    let dimension = trial.count(1 << 9, 1 << 7);
    let mut ordered = 0;
    for k in 0..count as u64 {
        let times: Result<Vec<f64>, String> = [1.5, 2.0, 3.0]
            .iter()
            .map(|a| Path::random(*a, dimension, 5_000 * trial.seed() + k, 3e3)?.converged(0.2))
            .collect();
        // A flow that is still at a saddle by then counts as out of order.
        let in_order = |times: Vec<f64>| times.windows(2).all(|pair| direction * (pair[0] - pair[1]) > 0.0);
        ordered += usize::from(times.is_ok_and(in_order));
    }
    let what = format!(
        "share of {count} random signals, d = {dimension}, eps = 0.2, with T2 in the stated order along a = 1.5, 2, 3"
    );
    trial.at_least(&what, chernoff(ordered, count), *share);
}
