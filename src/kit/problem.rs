use crate::risk::DenseRisk;
use crate::spectrum::{CovarianceMatrix, Group, Spectrum};
use crate::weights::orthogonal_start;
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use std::ops::Range;

/// A covariance, a start `init O` with a random rotation O, and the seed of everything random. The signal is the first coordinate; then
/// group after group.
#[derive(Clone, Debug)]
pub struct Problem {
    spectrum: Spectrum,
    init: f64,
    seed: u64,
}

impl Problem {
    /// The problem under `spectrum` from `init O`, O drawn from `seed`.
    pub fn new(spectrum: Spectrum, init: f64, seed: u64) -> Self {
        Self { spectrum, init, seed }
    }

    /// The covariance.
    pub fn spectrum(&self) -> &Spectrum {
        &self.spectrum
    }

    /// Initial coefficient alpha.
    pub fn init(&self) -> f64 {
        self.init
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The largest step at which SpecGD's recursion is proved not to amplify, `(3 q_0/(4 (2 q_0 + tr Q)))^(1/2)`:
    /// `no-amplification-recursion` in `derivations/spectral-descent.md`.
    pub fn step_ceiling(&self) -> f64 {
        let home = self.spectrum.variance()[0];
        let trace: f64 = self.spectrum.energy_weight().iter().sum();
        (0.75 * home / (2.0 * home + trace)).sqrt()
    }

    /// Variance of every coordinate, the signal's first.
    pub fn variances(&self) -> Vec<f64> {
        let groups = self.spectrum.variance().iter().zip(self.spectrum.multiplicity());
        groups.flat_map(|(q, n)| std::iter::repeat_n(*q, *n as usize)).collect()
    }

    /// The coordinates of every group, the signal's first.
    pub(super) fn groups(&self) -> Vec<Range<usize>> {
        let mut from = 0;
        let ranges = self.spectrum.multiplicity().iter().map(|n| {
            let range = from..from + *n as usize;
            from = range.end;
            range
        });
        ranges.collect()
    }

    /// The signal w*.
    pub fn signal(&self) -> DVector<f64> {
        let mut signal = DVector::zeros(self.spectrum.dimension() as usize);
        signal[0] = 1.0;
        signal
    }

    /// Risk and gradient of the population.
    ///
    /// # Panics
    /// For more directions than fit in memory.
    pub fn risk(&self) -> DenseRisk {
        let covariance = CovarianceMatrix::diagonal(self.variances()).expect("a spectrum's variances are positive");
        DenseRisk::new(covariance, self.signal()).expect("a unit signal of the same dimension")
    }

    /// The start, `init O`.
    ///
    /// # Panics
    /// When `init` is not positive and finite.
    pub fn start(&self) -> DMatrix<f64> {
        let dimension = self.spectrum.dimension() as usize;
        orthogonal_start(dimension, dimension, self.init, self.seed).expect("a positive finite start")
    }
}

/// Spectra of one to three groups beside the signal, in a dimension from `dimensions`: variances over two orders of magnitude.
pub fn spectra(dimensions: Range<u64>) -> impl Strategy<Value = Spectrum> {
    (dimensions, prop::collection::vec(-1.0..1.0_f64, 2..5)).prop_map(|(dimension, exponents)| {
        let variance = |e: &f64| libm::pow(10.0, *e);
        // One direction each, and the rest of the dimension on the last group.
        let others = (exponents.len() - 1).min(dimension.saturating_sub(1).max(1) as usize);
        let rest = dimension.saturating_sub(others as u64).max(1);
        let groups = exponents[1..=others]
            .iter()
            .enumerate()
            .map(|(k, e)| Group { variance: variance(e), multiplicity: if k + 1 == others { rest } else { 1 } });
        Spectrum::with_signal(variance(&exponents[0]), groups.collect()).expect("positive variances and multiplicities")
    })
}

/// Initial coefficients from 1e-4 to 1e-1, evenly in the logarithm.
pub fn starts() -> impl Strategy<Value = f64> {
    (-4.0..-1.0_f64).prop_map(|e| libm::pow(10.0, e))
}

/// Shares of a step ceiling, from 1 % to all of it, evenly in the logarithm.
pub fn step_sizes() -> impl Strategy<Value = f64> {
    (-2.0..0.0_f64).prop_map(|e| libm::pow(10.0, e))
}

/// Problems in a dimension from `dimensions`.
pub fn problems(dimensions: Range<u64>) -> impl Strategy<Value = Problem> {
    (spectra(dimensions), starts(), any::<u64>()).prop_map(|(spectrum, init, seed)| Problem::new(spectrum, init, seed))
}
