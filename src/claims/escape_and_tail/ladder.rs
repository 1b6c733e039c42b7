//! The ladders that the chapter climbs: x, the number of directions learned, in powers of two; and slopes along them.

use super::super::{Enclosure, Trial};
use super::path::Path;

/// A flat path at the claim's own scale with its ladder: `x = 64, 128, ..., 1024` of `d = 2^20` directions; a quick look has
/// 32, 64, 128 of `2^15`. x is `(8 t/H)^(1/a)`, far from both ends, 1 and d.
pub(super) struct Ladder {
    pub(super) path: Path,
    pub(super) learned: Vec<f64>,
}

impl Ladder {
    pub(super) fn climb(exponent: f64, trial: &mut Trial) -> Result<Self, String> {
        let rungs = trial.count(5, 3).clamp(3, 5);
        let dimension = if rungs < 5 { 1 << 15 } else { 1 << 20 };
        let first = if rungs < 5 { 32.0 } else { 64.0 };
        let learned: Vec<f64> = (0..rungs).map(|k| first * libm::exp2(k as f64)).collect();
        // T2 at the smallest eps of the ladder comes later than the last time of it: a factor of ten in x^a is ample.
        let horizon = 10.0 * time(exponent, 2.0 * learned[learned.len() - 1]);
        Ok(Self { path: Path::flat(exponent, dimension, horizon)?, learned })
    }

    /// Times after T1' at which so many directions are learned.
    pub(super) fn times(&self) -> Vec<f64> {
        self.learned.iter().map(|x| self.path.crossing + time(self.path.exponent, *x)).collect()
    }

    /// Accuracies that are reached at about these times, `0.7 x^-(a-1)`: all in the window `eps >= d^(-(a-1)/2)`.
    pub(super) fn accuracies(&self) -> Vec<f64> {
        self.learned.iter().map(|x| 0.7 * libm::pow(*x, 1.0 - self.path.exponent)).collect()
    }
}

/// `t = x^a H/8`, H of infinitely many directions: only the ladder's place depends on it.
fn time(exponent: f64, x: f64) -> f64 {
    let head: f64 = (1..1000).map(|i| libm::pow(f64::from(i), -exponent)).sum();
    let total = head + libm::pow(1000.0, 1.0 - exponent) / (exponent - 1.0);
    libm::pow(x, exponent) * total / 8.0
}

/// The slope of `log values` against `log parameters` on the last rung, give or take twice what it changed by from the rung before.
pub(super) fn local_exponent(parameters: &[f64], values: &[f64]) -> Result<Enclosure, String> {
    if let Some(x) = values.iter().find(|x| x.is_nan() || **x <= 0.0) {
        return Err(format!("a rung of the ladder is {x}"));
    }
    let slope = |k: usize| libm::log(values[k] / values[k - 1]) / libm::log(parameters[k] / parameters[k - 1]);
    let last = values.len() - 1;
    Ok(Enclosure::ladder(slope(last - 1), slope(last)))
}

/// A share with Chernoff's band, false alarm 1e-4: the p with `n (f log(f/p) + (1-f) log((1-f)/(1-p))) <= log(2e4)`, f the share that was found.
pub(super) fn chernoff(yes: usize, count: usize) -> Enclosure {
    let (n, f) = (count as f64, yes as f64 / count as f64);
    let term = |f: f64, p: f64| if f == 0.0 { 0.0 } else { f * libm::log(f / p) };
    let likely = |p: f64| n * (term(f, p) + term(1.0 - f, 1.0 - p)) <= libm::log(2e4);
    let edge = |outside: f64| {
        let (mut far, mut near) = (outside, f);
        for _ in 0..60 {
            let middle = 0.5 * (far + near);
            if likely(middle) { near = middle } else { far = middle }
        }
        // The end that is still outside: on the safe side.
        far
    };
    Enclosure::sampled(edge(0.0), edge(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_without_exception_is_at_least_the_root_of_the_false_alarm() {
        let all = chernoff(24, 24);
        assert!((all.lo - libm::pow(2e4, -1.0 / 24.0)).abs() < 1e-9 && all.hi == 1.0, "{all:?}");
        let none = chernoff(0, 24);
        assert!((none.hi + all.lo - 1.0).abs() < 1e-9 && none.lo == 0.0, "{none:?}");
        assert!(chernoff(12, 24).lo < 0.5 && chernoff(12, 24).hi > 0.5);
    }
}
