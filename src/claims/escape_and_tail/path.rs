//! Width-one flows on power laws, on the clock of the companion paper.

use super::super::power_law::PowerLaw;
use crate::descent::Method;
use crate::trajectory::{VectorPath, VectorProblem};

/// A flow with what the chapter asks of it. Times are the paper's: a quarter of those of the risk.
pub(super) struct Path {
    pub(super) exponent: f64,
    pub(super) dimension: usize,
    path: VectorPath,
    /// `T1'`.
    pub(super) crossing: f64,
}

const CLOCK: f64 = 4.0;

impl Path {
    /// The paper's model: random signal, spherical start; prefixes of the same sequences for every dimension.
    pub(super) fn random(exponent: f64, dimension: usize, seed: u64, horizon: f64) -> Result<Self, String> {
        let problem = VectorProblem::companion(exponent, dimension as u64, seed).map_err(|error| error.to_string())?;
        Self::solve(exponent, problem, horizon, 1e-9)
    }

    /// A signal and a start without chance: all entries of the same size, the start's with alternating signs, orthogonal to the signal
    /// for even dimensions. Local exponents are then smooth.
    pub(super) fn flat(exponent: f64, dimension: usize, horizon: f64) -> Result<Self, String> {
        let powers: Vec<f64> = (1..=dimension).map(|i| libm::pow(i as f64, -exponent)).collect();
        let total: f64 = powers.iter().rev().sum();
        let size = 1.0 / libm::sqrt(dimension as f64);
        let start = (0..dimension).map(|i| if i % 2 == 0 { size } else { -size }).collect();
        let variance = powers.iter().map(|l| l / total).collect();
        let problem = VectorProblem::new(variance, vec![1.0; dimension], start).map_err(|error| error.to_string())?;
        Self::solve(exponent, problem, horizon, 1e-12)
    }

    fn solve(exponent: f64, problem: VectorProblem, horizon: f64, tolerance: f64) -> Result<Self, String> {
        let dimension = problem.dimension();
        let path = VectorPath::solve_to(&problem, &Method::GradientDescent, CLOCK * horizon, tolerance)
            .map_err(|stop| stop.to_string())?;
        let crossings = path.crossings(|at| at.energy - 1.0 / 3.0);
        match crossings.last() {
            Some(&(time, true)) => Ok(Self { exponent, dimension, path, crossing: time / CLOCK }),
            _ => Err(format!("s has not crossed 1/3 for good at time {horizon}")),
        }
    }

    /// How often s crosses 1/3 downward.
    pub(super) fn returns(&self) -> usize {
        self.path.crossings(|at| at.energy - 1.0 / 3.0).iter().filter(|(_, up)| !up).count()
    }

    /// rho, the root of the characteristic equation.
    pub(super) fn rate(&self) -> f64 {
        PowerLaw::of(self.exponent, self.path.problem().signal()).rate()
    }

    /// `T1`: |u| reaches 1/4.
    pub(super) fn escape(&self) -> Result<f64, String> {
        let time = self.path.first_time(|at| at.overlap.abs() - 0.25);
        time.map(|time| time / CLOCK).ok_or_else(|| "u does not reach 1/4".into())
    }

    /// `T2(eps)`: u and s in `[1 - eps, 1]`.
    pub(super) fn converged(&self, eps: f64) -> Result<f64, String> {
        let margin = |gap: f64| (eps - gap).min(gap);
        let time = self.path.first_time(|at| margin(at.overlap_gap).min(margin(-at.energy_excess)));
        time.map(|time| time / CLOCK).ok_or_else(|| format!("u and s do not come within {eps} of 1"))
    }

    /// `1 - u` and `1 - s`.
    pub(super) fn gaps(&self, time: f64) -> (f64, f64) {
        let at = self.path.scalars(CLOCK * time);
        (at.overlap_gap, -at.energy_excess)
    }

    /// `Lambda = int_{T1'}^t (3 s - 1)`.
    pub(super) fn relaxed(&self, time: f64) -> f64 {
        (self.path.relaxation(CLOCK * time) - self.path.relaxation(CLOCK * self.crossing)) / CLOCK
    }

    /// `sum_i v_i e^(-rate l_i (t - T1'))`.
    pub(super) fn unlearned(&self, rate: f64, time: f64) -> f64 {
        let (l, w) = (self.path.problem().variance(), self.path.problem().signal());
        let terms = l.iter().zip(w).rev();
        terms.map(|(l, w)| l * w * w * libm::exp(-rate * l * (time - self.crossing))).sum()
    }

    /// Squares of the weights' distances from the optimum, by direction, with the variances.
    pub(super) fn distances(&self, time: f64) -> Vec<(f64, f64)> {
        let deviations = self.path.deviations(CLOCK * time);
        self.path.problem().variance().iter().zip(deviations).map(|(l, x)| (*l, x * x)).collect()
    }

    /// `MSE = ||w - w*||^2/d`, to the nearer optimum, by the resolution in variances.
    pub(super) fn error(&self, time: f64) -> f64 {
        let profile = self.path.profile(CLOCK * time);
        let terms = profile.deviation.iter().zip(&profile.variance);
        terms.rev().map(|(square, l)| square / l).sum::<f64>() / self.dimension as f64
    }

    /// `sigma*^2 = ||w*||^2/d`.
    pub(super) fn signal_size(&self) -> f64 {
        self.path.problem().signal().iter().rev().map(|w| w * w).sum::<f64>() / self.dimension as f64
    }

    /// `s*_2`.
    pub(super) fn signal_moment(&self) -> f64 {
        let (l, w) = (self.path.problem().variance(), self.path.problem().signal());
        l.iter().zip(w).rev().map(|(l, w)| l * l * w * w).sum()
    }

    /// `||grad L||`. With `w = w* + x` the gradient is `4 Q ((3 s - 1) x + (3 s - 1 - 2 u) w*)`, whose second factor is small.
    pub(super) fn slope(&self, time: f64) -> f64 {
        let at = self.path.scalars(CLOCK * time);
        let profile = self.path.profile(CLOCK * time);
        let (own, rest) = (3.0 * at.energy - 1.0, 3.0 * at.energy_excess + 2.0 * at.overlap_gap);
        let square: f64 = (0..profile.variance.len())
            .rev()
            .map(|n| {
                let form = own * own * profile.deviation[n]
                    + 2.0 * own * rest * profile.deviation_overlap[n]
                    + rest * rest * profile.signal[n];
                profile.variance[n] * form
            })
            .sum();
        4.0 * libm::sqrt(square.max(0.0))
    }
}
