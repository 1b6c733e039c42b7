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

/// Accuracies, with the shares of signals that constants 1 to 3 claim.
const ACCURACIES: [f64; 3] = [0.2, 0.05, 0.02];

/// Dimensions with as many accuracies as (10) holds for at a = 3/2, those of at least about `d^(-1/2)`.
const DIMENSIONS: [(usize, usize); 2] = [(1 << 9, 2), (1 << 11, 3)];

/// T2 falls along a = 1.5, 2, 3 (times the direction) for at least these shares of random signals, by accuracy; along 1.5, 2 alone for at least
/// the last one, at every accuracy.
pub(super) fn faster_for_larger_a(constants: &[f64], trial: &mut Trial) {
    let [direction, shares @ .., of_two] = constants else { unreachable!("five constants") };
    let count = trial.count(60, 60);
    let quick = [(1 << 7, 1)];
    let rungs: &[(usize, usize)] = if trial.count(2, 1) == 1 { &quick } else { &DIMENSIONS };
    for &(dimension, accuracies) in rungs {
        let accuracies = &ACCURACIES[..accuracies];
        let mut ordered = vec![(0, 0); accuracies.len()];
        // T2 is at most of order eps^-3.
        let horizon = if accuracies.len() == 1 { 3e3 } else { 3e5 };
        for k in 0..count as u64 {
            // A flow that is still at a saddle by then counts as out of order.
            let paths: Result<Vec<Path>, String> = [1.5, 2.0, 3.0]
                .iter()
                .map(|a| Path::random(*a, dimension, 5_000 * trial.seed() + k, horizon))
                .collect();
            let Ok(paths) = paths else { continue };
            for (eps, (all, two)) in accuracies.iter().zip(&mut ordered) {
                let times: Vec<f64> = paths.iter().map(|path| path.converged(*eps).unwrap_or(f64::NAN)).collect();
                let falls: Vec<bool> = times.windows(2).map(|t| direction * (t[0] - t[1]) > 0.0).collect();
                *all += usize::from(falls.iter().all(|falls| *falls));
                *two += usize::from(falls[0]);
            }
        }
        for ((eps, (all, two)), share) in accuracies.iter().zip(ordered).zip(shares) {
            let of = |along: &str| {
                format!(
                    "share of {count} random signals, d = {dimension}, eps = {eps}, with T2 in the stated order along {along}"
                )
            };
            trial.at_least(of("a = 1.5, 2, 3"), chernoff(all, count), *share);
            trial.at_least(of("a = 1.5, 2"), chernoff(two, count), *of_two);
        }
    }
}
