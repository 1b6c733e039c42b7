//! The error: at T2, after it, and on other clocks.

use super::super::{Enclosure, Provenance, Trial};
use super::ladder::{Ladder, local_exponent};
use super::path::Path;

/// What the weights have learned by T2: `sigma*^2 - MSE(T2)`.
fn learned(path: &Path, eps: f64) -> Result<f64, String> {
    Ok(path.signal_size() - path.error(path.converged(eps)?))
}

const DIMENSIONS: [usize; 4] = [1 << 10, 1 << 12, 1 << 14, 1 << 16];

/// Minus the exponent of `sigma*^2 - MSE(T2(eps))` in d, eps a function of d.
fn along_dimensions(exponent: f64, trial: &mut Trial, eps: impl Fn(f64) -> f64) -> Result<Enclosure, String> {
    let dimensions = trial.first(&DIMENSIONS, 3);
    let sizes: Vec<f64> = dimensions.iter().map(|d| *d as f64).collect();
    let values: Result<Vec<f64>, String> = dimensions
        .iter()
        .map(|d| {
            let eps = eps(*d as f64);
            let horizon = 50.0 + 20.0 * libm::pow(eps, -exponent / (exponent - 1.0));
            Ok(1.0 / learned(&Path::flat(exponent, *d, horizon)?, eps)?.abs())
        })
        .collect();
    local_exponent(&sizes, &values?)
}

/// `|MSE(T2) - sigma*^2| <= K ((eps^-a/d)^power + (log d/d)^power)`: exponents seen against those of the bound, eps fixed and at the edge.
pub(super) fn error_at_convergence(constants: &[f64], trial: &mut Trial) {
    let power = constants[0];
    for &a in trial.first(&[2.0, 1.5, 3.0], 1) {
        let what = format!("a = {a}, eps = 0.05: exponent of |MSE(T2) - sigma*^2| in 1/d less the bound's");
        let found = along_dimensions(a, trial, |_| 0.05);
        trial.found(&what, found, |trial, seen| trial.at_least(&what, seen.map(|seen| seen - power), 0.0));
        let what = format!("a = {a}, eps = d^(-(a-1)/2): exponent of |MSE(T2) - sigma*^2| in 1/d less the bound's");
        let bound = power * (1.0 - 0.5 * a * (a - 1.0)).min(1.0);
        let found = along_dimensions(a, trial, |d| libm::pow(d, -0.5 * (a - 1.0)));
        trial.found(&what, found, |trial, seen| trial.at_least(&what, seen.map(|seen| seen - bound), 0.0));
    }
}

/// `sigma*^2 - MSE(T2)` is of order `eps^(-k_0/(a-1)) d^-k_1`.
pub(super) fn error_exponent(constants: &[f64], trial: &mut Trial) {
    let [in_accuracy, in_dimension] = constants else { unreachable!("two constants") };
    for &a in trial.first(&[2.0, 3.0], 1) {
        let ladder = Ladder::climb(a, trial);
        let what = format!("flat signal, a = {a}: exponent of sigma*^2 - MSE(T2) in 1/eps over 1/(a-1)");
        let found = ladder.and_then(|ladder| {
            let accuracies = ladder.accuracies();
            let values: Result<Vec<f64>, String> = accuracies.iter().map(|eps| learned(&ladder.path, *eps)).collect();
            local_exponent(&accuracies.iter().map(|eps| 1.0 / eps).collect::<Vec<_>>(), &values?)
        });
        trial.found(&what, found, |trial, found| {
            trial.near(&what, found.map(|e| e * (a - 1.0)), *in_accuracy, 0.05);
        });
        let what = format!("flat signal, a = {a}, eps = 0.05: exponent of sigma*^2 - MSE(T2) in 1/d");
        let found = along_dimensions(a, trial, |_| 0.05);
        trial.found(&what, found, |trial, found| trial.near(&what, found, *in_dimension, 0.03));
    }
}

/// `MSE/(MSE(T2) Shat) - 1` and the remainder `eps^2 tau^2 s*_2/d` over `MSE(T2) Shat`, at times on to many lifetimes of the slowest direction.
fn after_convergence(exponent: f64, seed: u64, eps: f64, rate: f64) -> Result<Vec<(f64, f64)>, String> {
    let dimension = 1500;
    let slowest = libm::pow(dimension as f64, exponent) * 3.0;
    let path = Path::random(exponent, dimension, seed, slowest)?;
    let start = path.converged(eps)?;
    let distances = path.distances(start);
    let moment = path.signal_moment();
    let times = (0..24).map(|k| slowest * libm::pow(10.0, -f64::from(k) / 5.0)).filter(|tau| start + tau <= slowest);
    Ok(times
        .map(|tau| {
            let terms = distances.iter().rev().map(|(l, square)| square * libm::exp(-rate * l * tau));
            let predicted = terms.sum::<f64>() / dimension as f64;
            let found =
                path.distances(start + tau).iter().rev().map(|(_, square)| square).sum::<f64>() / dimension as f64;
            (found / predicted - 1.0, eps * eps * tau * tau * moment / dimension as f64 / predicted)
        })
        .collect())
}

/// `|MSE - MSE(T2) Shat| <= k_1 (eps MSE(T2) Shat + k_2 eps^2 tau^2 s*_2/d)`, Shat with the rate `k_0`.
pub(super) fn tail_learning(constants: &[f64], trial: &mut Trial) {
    let [rate, size, remainder] = constants else { unreachable!("three constants") };
    let seeds = trial.count(6, 1) as u64;
    for a in [1.5, 2.0] {
        for (eps, k) in [0.1, 0.05].into_iter().flat_map(|eps| (0..seeds).map(move |k| (eps, k))) {
            let what = format!("a = {a}, eps = {eps}, signal {k}: largest |MSE - MSE(T2) Shat| over the bound");
            let found = after_convergence(a, 77 * trial.seed() + k, eps, *rate);
            trial.found(&what, found, |trial, rows| {
                let ratios = rows.iter().map(|(miss, rest)| miss.abs() / (eps + remainder * rest));
                let largest = ratios.fold(0.0, |largest, ratio| if ratio <= largest { largest } else { ratio });
                trial.at_most(&what, Enclosure::observed(largest), *size);
            });
        }
    }
}

/// The same without the remainder, for all times.
pub(super) fn tail_learning_uniform(constants: &[f64], trial: &mut Trial) {
    tail_learning(&[constants[0], constants[1], 0.0], trial);
}

/// Rows of a path on a fine grid of times from T1' on: time, what has been learned, the clocks of the powers.
struct Clocks {
    learned: Vec<f64>,
    /// For each power, `int ||grad L||^(1-p) dt`.
    clocks: Vec<Vec<f64>>,
}

fn clocks(ladder: &Ladder, powers: &[f64]) -> Clocks {
    // Simpson's rule on a geometric grid: sixteen steps a rung of the ladder.
    let (path, times) = (&ladder.path, ladder.times());
    let elapsed: Vec<f64> = times.iter().map(|t| t - path.crossing).collect();
    let speed = |after: f64, p: f64| after * libm::pow(path.slope(path.crossing + after), 1.0 - p);
    let mut clocks = vec![Vec::new(); powers.len()];
    let (mut left, mut sums) = (1e-3, vec![0.0; powers.len()]);
    for right in elapsed {
        let steps = 2 * (8.0 * libm::log2(right / left)).ceil() as usize;
        let step = libm::log(right / left) / steps as f64;
        for (sum, p) in sums.iter_mut().zip(powers) {
            for k in 0..=steps {
                let weight = if k == 0 || k == steps { 1.0 } else { f64::from(2 + 2 * (k as u32 % 2)) };
                *sum += step / 3.0 * weight * speed(left * libm::exp(step * k as f64), *p);
            }
        }
        left = right;
        for (clock, sum) in clocks.iter_mut().zip(&sums) {
            clock.push(*sum);
        }
    }
    let learned = times.iter().map(|t| path.signal_size() - path.error(*t)).collect();
    Clocks { learned, clocks }
}

/// On the arc-length clock r of SpecGD, `sigma*^2 - MSE = r^2/(k_0 (a - k_1) d)`, whatever the signal: its root grows with slope 1 in r.
pub(super) fn spectral_clock(constants: &[f64], trial: &mut Trial) {
    let [factor, shift] = constants else { unreachable!("two constants") };
    for &a in trial.first(&[2.0, 3.0], 1) {
        let ladder = Ladder::climb(a, trial);
        let what = format!("flat signal, a = {a}: slope of ((a-1) d (sigma*^2 - MSE))^(1/2) in r");
        trial.found(&what, ladder, |trial, ladder| {
            let Clocks { learned, clocks } = clocks(&ladder, &[0.0]);
            let scale = factor * (a - shift) * ladder.path.dimension as f64;
            let root: Vec<f64> = learned.iter().map(|x| libm::sqrt(scale * x.max(0.0))).collect();
            let slope = |k: usize| (root[k] - root[k - 1]) / (clocks[0][k] - clocks[0][k - 1]);
            let last = root.len() - 1;
            trial.near(&what, Enclosure::ladder(slope(last - 1), slope(last)), 1.0, 0.02);
        });
    }
}

/// On the clock of the power p the number of directions learned grows like `t_p^(1/(k_0 a p + (1-p)/k_1))`.
pub(super) fn powers_tail(constants: &[f64], trial: &mut Trial) {
    let [own, arc] = constants else { unreachable!("two constants") };
    let powers = [0.0, 0.5, 1.0];
    for &a in trial.first(&[2.0, 3.0], 1) {
        let ladder = Ladder::climb(a, trial);
        trial.found(&format!("flat signal, a = {a}"), ladder, |trial, ladder| {
            let Clocks { learned, clocks } = clocks(&ladder, &powers);
            for (p, clock) in powers.iter().zip(&clocks) {
                let what = format!("flat signal, a = {a}: log of t_p against log of what is learned, p = {p}");
                let found = local_exponent(&learned, clock);
                trial.found(&what, found, |trial, found| trial.near(&what, found, own * a * p + (1.0 - p) / arc, 0.1));
            }
        });
    }
}

/// The whole arc, at the end of learning, over `d^power`: within a factor two of what it is at a quarter of d, for every a.
pub(super) fn spectral_completion(constants: &[f64], trial: &mut Trial) {
    let power = constants[0];
    let dimensions: [usize; 3] = [1 << 7, 1 << 9, 1 << 11];
    for &a in trial.first(&[2.0, 1.5, 3.0], 1) {
        let arcs: Result<Vec<f64>, String> = dimensions.iter().map(|d| whole_arc(a, *d)).collect();
        let what =
            format!("flat signal, a = {a}, d = 2^7 to 2^11: exponent in d of the time SpecGD takes to learn all");
        let found = arcs.and_then(|arcs| local_exponent(&dimensions.map(|d| d as f64), &arcs));
        trial.found(&what, found, |trial, found| {
            trial.near(&what, found.weakened(Provenance::Ladder), power, 0.05);
        });
    }
}

/// Arc length from T1' until the slowest direction has decayed by `e^-24`.
fn whole_arc(exponent: f64, dimension: usize) -> Result<f64, String> {
    let end = 3.0 * libm::pow(dimension as f64, exponent) * if exponent < 2.0 { 2.7 } else { 1.7 };
    let path = Path::flat(exponent, dimension, 1.1 * end)?;
    let steps = 2 * (4.0 * libm::log2(end / 1e-3)).ceil() as usize;
    let step = libm::log(end / 1e-3) / steps as f64;
    Ok((0..=steps)
        .map(|k| {
            let after = 1e-3 * libm::exp(step * k as f64);
            let weight = if k == 0 || k == steps { 1.0 } else { f64::from(2 + 2 * (k as u32 % 2)) };
            step / 3.0 * weight * after * path.slope(path.crossing + after)
        })
        .sum())
}
