//! Small random models, in exact rational arithmetic, and the closed form under test.

use nalgebra::{DMatrix, DVector};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, ToPrimitive};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

pub(crate) type Exact = BigRational;

pub(crate) fn ratio(numerator: i64, denominator: i64) -> Exact {
    Exact::new(BigInt::from(numerator), BigInt::from(denominator))
}

/// A model: `x = B z` with z standard normal, so that `Q = B B'`; signal `w*` (not a unit vector: the formulas do not need
/// it) and weights W.
pub(crate) struct Instance {
    pub(crate) seed: u64,
    pub(crate) factor: DMatrix<Exact>,
    pub(crate) covariance: DMatrix<Exact>,
    pub(crate) signal: DVector<Exact>,
    pub(crate) weights: DMatrix<Exact>,
}

impl Instance {
    /// `dimension` and `width` as given; everything else, singular covariances included, from the seed.
    pub(crate) fn random(seed: u64, dimension: usize, width: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut entry = || ratio(i64::from(rng.next_u32() % 7) - 3, i64::from(rng.next_u32() % 4) + 1);
        let factor = DMatrix::from_fn(dimension, dimension, |_, _| entry());
        let signal = DVector::from_fn(dimension, |_, _| entry());
        let weights = DMatrix::from_fn(dimension, width, |_, _| entry());
        let covariance = &factor * factor.transpose();
        Self { seed, factor, covariance, signal, weights }
    }

    /// Every pair of dimension and width up to three, `rounds` times.
    pub(crate) fn all(rounds: u64) -> impl Iterator<Item = Self> {
        (0..9 * rounds).map(|seed| Self::random(seed, 1 + (seed % 3) as usize, 1 + (seed / 3 % 3) as usize))
    }

    /// `f - y = sum_a s_a (l_a' x)^2`: the columns of W with sign +1 and the signal with sign -1.
    pub(crate) fn residual(&self) -> Vec<(Exact, DVector<Exact>)> {
        let mut terms: Vec<_> = self.weights.column_iter().map(|w| (Exact::one(), w.clone_owned())).collect();
        terms.push((-Exact::one(), self.signal.clone()));
        terms
    }

    /// `QDQ` and `tau = tr(QD)`, `D = W W' - w* w*'`.
    fn closed_form(&self) -> (DMatrix<Exact>, DMatrix<Exact>, Exact) {
        let (q, w) = (&self.covariance, &self.weights);
        let d = w * w.transpose() - &self.signal * self.signal.transpose();
        let tau = (q * &d).trace();
        (d.clone(), q * &d * q, tau)
    }

    /// Under test: `R = 1/2 tr(QDQD) + 1/4 tau^2`.
    pub(crate) fn risk(&self) -> Exact {
        let (d, qdq, tau) = self.closed_form();
        (qdq * d).trace() * ratio(1, 2) + &tau * &tau * ratio(1, 4)
    }

    /// Under test: `G = (2 QDQ + tau Q) W`; `two` is 2, or something else for a test of the tests.
    pub(crate) fn gradient(&self, two: i64) -> DMatrix<Exact> {
        let (_, qdq, tau) = self.closed_form();
        (qdq * ratio(two, 1) + self.covariance.clone() * tau) * &self.weights
    }
}

pub(crate) fn double(x: &Exact) -> f64 {
    x.to_f64().expect("a rational of this size has a nearest double")
}
