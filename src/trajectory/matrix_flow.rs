//! The GD flow `W' = -G(W)` of a dense matrix or of a tilted block, by Taylor series of matrices.
//!
//! The field is a cubic polynomial, so its coefficients of order k are sums of products of matrices of lower order: with
//! `Y = QW`, `N = W'Y` and `B = 2N + tau I`, `G = Y B - 2 (Qw*)(w*'Y)`, term by term. A tilted signal adds one scalar series
//! for the remainder of each group, which meets the block in tau alone, `derivations/tilted.md`.
//!
//! There is no such flow for SpecGD off the manifold: its polar factor has no polynomial form and its sliding modes no closed
//! one, so only the recursion exists.

use super::Stop;
use super::matrix_series::MatrixSeries;
use crate::risk::{BlockRisk, Landscape};
use crate::scalar::{DomainError, Scalar};
use crate::weights::{BlockWeights, Weights};

/// Order of the series: `1 + ln(1/ulp)/2`, at which the step below truncates at rounding (Jorba and Zou, 2005).
const ORDER: usize = 20;

/// `exp(-2)`, the share of the radius of convergence that a step takes, and `exp(-0.7/(ORDER - 1))`, its safety.
const STEP_SHARE: f64 = 0.135_335_283_236_612_7 * 0.963_827;

/// Steps before the flow gives up; a factor of 10 above what the longest horizons of the project need.
const BUDGET: u64 = 1_000_000;

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
#[derive(Clone, Debug)]
pub(super) struct Series {
    /// W, and `c_j` as a column.
    pub(super) weights: MatrixSeries,
    pub(super) remainder: MatrixSeries,
    /// `Y = QW`.
    weighted: MatrixSeries,
    /// `B = 2 W'QW + tau I`, and `h_j = 2 q_j c_j^2 + tau`.
    bracket: MatrixSeries,
    remainder_bracket: MatrixSeries,
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
        let (rows, columns) = start.block.shape();
        let series = Series::new(rows, columns, start.remainder.len());
        let mut flow = Self { risk, series, start: 0.0, length: 0.0, steps: 0 };
        flow.expand(&start);
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
        self.expand(&weights);
        Ok(())
    }

    /// Expands at `weights` and finds how far the series is good to rounding.
    fn expand(&mut self, weights: &BlockWeights) {
        self.series.begin(weights);
        for _ in 0..ORDER {
            self.extend();
        }
        let size = |k: usize| self.series.weights.size(k).max(self.series.remainder.size(k));
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
        let (variance, directions) = (self.risk.variance(), self.risk.directions());
        let k = s.weights.orders() - 1;
        let weights = s.weights.order(k);
        s.weighted.push(&risk.covariance().times(&weights));

        // tau_k = tr N_k + sum_j dim(F_j) q_j e_jk - [k = 0] w*'Qw*, with N_k = sum_i W_i' Y_{k-i} and e_j = c_j^2.
        let mut bracket = s.weights.transposed_product(&s.weighted, k);
        let excess: Vec<f64> =
            (0..variance.len()).map(|j| f64::convolve(s.remainder.entry(j, 0), s.remainder.entry(j, 0), k)).collect();
        let mut tau = bracket.trace() - if k == 0 { risk.signal_energy() } else { 0.0 };
        for j in 0..variance.len() {
            tau += directions[j] * variance[j] * excess[j];
        }
        bracket *= 2.0;
        for i in 0..bracket.nrows() {
            bracket[(i, i)] += tau;
        }
        s.bracket.push(&bracket);
        s.remainder_bracket.push_with(|j, _| 2.0 * variance[j] * excess[j] + tau);

        // G_k = sum_i Y_i B_{k-i} - 2 (Qw*)(w*'Y)_k
        let order = (k + 1) as f64;
        let along_signal = risk.weighted_signal().tr_mul(&weights);
        let mut next = risk.weighted_signal() * along_signal * (2.0 / order);
        next.zip_apply(&s.weighted.product(&s.bracket, k), |x, term| *x -= term / order);
        s.weights.push(&next);
        // c_j' = -q_j h_j c_j
        let Series { remainder, remainder_bracket, .. } = s;
        let field = |j: usize| -variance[j] * f64::convolve(remainder.entry(j, 0), remainder_bracket.entry(j, 0), k);
        let next: Vec<f64> = (0..variance.len()).map(|j| field(j) / order).collect();
        remainder.push_with(|j, _| next[j]);
    }
}

impl Series {
    fn new(rows: usize, columns: usize, groups: usize) -> Self {
        let series = |rows, columns| MatrixSeries::new(rows, columns, ORDER + 1);
        Self {
            weights: series(rows, columns),
            remainder: series(groups, 1),
            weighted: series(rows, columns),
            bracket: series(columns, columns),
            remainder_bracket: series(groups, 1),
        }
    }

    fn begin(&mut self, weights: &BlockWeights) {
        let Self { weights: block, remainder, weighted, bracket, remainder_bracket } = self;
        for series in [&mut *block, &mut *remainder, weighted, bracket, remainder_bracket] {
            series.clear();
        }
        block.push(&weights.block);
        remainder.push_with(|j, _| weights.remainder[j]);
    }

    /// The weights at local time `s`.
    pub(super) fn at(&self, s: f64) -> BlockWeights {
        BlockWeights { block: self.weights.at(s), remainder: self.remainder.at(s).as_slice().to_vec() }
    }
}
