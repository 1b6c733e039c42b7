//! The GD flow `W' = -G(W)` of a dense matrix or of a tilted block, by Taylor series of matrices.
//!
//! The field is a cubic polynomial, so its coefficients of order k are sums of products of matrices of lower order: with
//! `Y = QW`, `N = W'Y` and `B = 2N + tau I`, `G = Y B - 2 (Qw*)(w*'Y)`, term by term. A tilted signal adds one scalar series
//! for the remainder of each group, which meets the block in tau alone, `derivations/tilted.md`.
//!
//! There is no such flow for SpecGD off the manifold: its polar factor has no polynomial form and its sliding modes no closed
//! one, so only the recursion exists.

use super::Stop;
use crate::risk::{BlockRisk, Landscape};
use crate::scalar::{DomainError, Scalar};
use crate::weights::{BlockWeights, Weights};
use nalgebra::DMatrix;

/// Order of the series: `1 + ln(1/ulp)/2`, at which the step below truncates at rounding (Jorba and Zou, 2005).
const ORDER: usize = 20;

/// `exp(-2)`, the share of the radius of convergence that a step takes, and `exp(-0.7/(ORDER - 1))`, its safety.
const STEP_SHARE: f64 = 0.135_335_283_236_612_7 * 0.963_827;

/// Steps before the flow gives up; a factor of 100 above what the longest horizons of the project need.
const BUDGET: u64 = 10_000_000;

/// The GD flow from a start, advanced to one time after another.
#[derive(Clone, Debug)]
pub struct MatrixFlow<'a> {
    risk: &'a BlockRisk,
    series: Series,
    /// Where the present series is expanded, and how far it is valid.
    start: f64,
    length: f64,
    steps: u64,
}

/// Taylor coefficients of the weights and of what the field is made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Series {
    pub(super) weights: Vec<DMatrix<f64>>,
    pub(super) remainder: Vec<Vec<f64>>,
    weighted: Vec<DMatrix<f64>>,
    bracket: Vec<DMatrix<f64>>,
    tau: Vec<f64>,
    excess: Vec<Vec<f64>>,
}

impl<'a> MatrixFlow<'a> {
    /// The flow from `start`.
    ///
    /// # Errors
    /// A start that is not finite, or that does not fit the risk.
    pub fn new(risk: &'a BlockRisk, start: BlockWeights) -> Result<Self, DomainError> {
        risk.admit(&start)?;
        let size = start.size();
        if !size.is_finite() {
            return Err(DomainError::new("start", size, "finite weights"));
        }
        let mut flow = Self { risk, series: Series::default(), start: 0.0, length: 0.0, steps: 0 };
        flow.expand(start);
        Ok(flow)
    }

    /// Number of Taylor expansions so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Where the present series begins.
    pub fn start(&self) -> f64 {
        self.start
    }

    /// How far it is good to rounding.
    pub fn length(&self) -> f64 {
        self.length
    }

    pub(super) fn series(&self) -> &Series {
        &self.series
    }

    /// Weights at `time`, which must not lie before the last expansion (ask in increasing order); for a dense flow the block
    /// is the matrix and there is no remainder.
    ///
    /// # Errors
    /// [`Stop::Diverged`], [`Stop::StepTooSmall`], [`Stop::Budget`]; [`Stop::Undecided`] for a time that is not finite or has
    /// passed.
    pub fn weights_at(&mut self, time: f64) -> Result<BlockWeights, Stop<f64>> {
        if !(time.is_finite() && time >= self.start) {
            let reason = format!("a flow cannot go back to t = {time}");
            return Err(Stop::Undecided { time: self.start, reason });
        }
        while time > self.start + self.length {
            self.advance(self.length)?;
        }
        Ok(self.series.at(time - self.start))
    }

    /// Expands anew where the present series has the local time `by`.
    ///
    /// # Errors
    /// [`Stop::Diverged`], [`Stop::StepTooSmall`], [`Stop::Budget`].
    pub fn advance(&mut self, by: f64) -> Result<(), Stop<f64>> {
        let next = self.start + by;
        if next <= self.start {
            let reason = "its series converges nowhere near".into();
            return Err(Stop::StepTooSmall { time: self.start, step: by, reason });
        }
        if self.steps == BUDGET {
            return Err(Stop::Budget { time: self.start, steps: self.steps });
        }
        let weights = self.series.at(by);
        let size = weights.size();
        if !size.is_finite() {
            return Err(Stop::Diverged { time: next, size });
        }
        self.start = next;
        self.expand(weights);
        Ok(())
    }

    /// Expands at `weights` and finds how far the series is good to rounding.
    fn expand(&mut self, weights: BlockWeights) {
        self.series = Series::default();
        self.series.weights.push(weights.block);
        self.series.remainder.push(weights.remainder);
        for _ in 0..ORDER {
            self.extend();
        }
        let size = |k: usize| largest(&self.series.weights[k], &self.series.remainder[k]);
        let radius = |k: usize| libm::pow(size(0) / size(k), 1.0 / k as f64);
        // At rest, and when high coefficients vanish, the series is good for ever; one that overflowed is good for nothing.
        self.length =
            if size(0) == 0.0 { f64::MAX } else { (radius(ORDER - 1).min(radius(ORDER)) * STEP_SHARE).min(f64::MAX) };
        if !(0..=ORDER).all(|k| size(k).is_finite()) {
            self.length = 0.0;
        }
        self.steps += 1;
    }

    /// The next coefficient: `(k + 1) W_{k+1} = -G_k`.
    fn extend(&mut self) {
        let (risk, s) = (self.risk.block(), &mut self.series);
        let k = s.weights.len() - 1;
        s.weighted.push(risk.covariance().times(&s.weights[k]));

        // tau_k = tr N_k + sum_j (n_j - 1) q_j e_jk - [k = 0] w*'Qw*, with N_k = sum_i W_i' Y_{k-i} and e_j = c_j^2.
        let width = s.weights[0].ncols();
        let mut bracket = DMatrix::zeros(width, width);
        for i in 0..=k {
            bracket.gemm(1.0, &s.weights[i].transpose(), &s.weighted[k - i], 1.0);
        }
        let (variance, directions) = (self.risk.variance(), self.risk.directions());
        let along = |j: usize| s.remainder.iter().map(|c| c[j]).collect::<Vec<_>>();
        let history: Vec<Vec<f64>> = (0..variance.len()).map(along).collect();
        let excess: Vec<f64> = history.iter().map(|c| f64::convolve(c, c, k)).collect();
        let mut tau = bracket.trace() - if k == 0 { risk.signal_energy() } else { 0.0 };
        for j in 0..variance.len() {
            tau += directions[j] * variance[j] * excess[j];
        }
        bracket *= 2.0;
        for i in 0..width {
            bracket[(i, i)] += tau;
        }
        s.bracket.push(bracket);
        s.tau.push(tau);
        s.excess.push(excess);

        // G_k = sum_i Y_i B_{k-i} - 2 (Qw*)(w*'Y)_k
        let order = (k + 1) as f64;
        let along_signal = risk.weighted_signal().transpose() * &s.weights[k];
        let mut next = risk.weighted_signal() * along_signal * (2.0 / order);
        for i in 0..=k {
            next.gemm(-1.0 / order, &s.weighted[i], &s.bracket[k - i], 1.0);
        }
        // c_j' = -q_j (2 q_j c_j^2 + tau) c_j
        let remainder = (0..variance.len()).map(|j| {
            let field = |i: usize| history[j][i] * (2.0 * variance[j] * s.excess[k - i][j] + s.tau[k - i]);
            -variance[j] * (0..=k).map(field).sum::<f64>() / order
        });
        let remainder = remainder.collect();
        s.weights.push(next);
        s.remainder.push(remainder);
    }
}

impl Series {
    /// The weights at local time `s`, by Horner.
    pub(super) fn at(&self, s: f64) -> BlockWeights {
        let order = self.weights.len() - 1;
        let (mut block, mut remainder) = (self.weights[order].clone(), self.remainder[order].clone());
        for k in (0..order).rev() {
            block.zip_apply(&self.weights[k], |sum, term| *sum = *sum * s + term);
            for (sum, term) in remainder.iter_mut().zip(&self.remainder[k]) {
                *sum = *sum * s + term;
            }
        }
        BlockWeights { block, remainder }
    }
}

fn largest(block: &DMatrix<f64>, remainder: &[f64]) -> f64 {
    // The sum is NaN or infinite when an entry is; the maximum may pass over a NaN.
    let entries = || block.iter().chain(remainder).map(|x| x.abs());
    if entries().sum::<f64>().is_finite() { entries().fold(0.0, f64::max) } else { f64::INFINITY }
}
