//! Where rows of samples come from: counter-based random numbers.

use super::rows::Block;
use crate::product::Element;
use crate::scalar::Stream;

/// Where samples come from: `x_i = Q^(1/2) z_i`, row `i` of the data stream of `seed`.
#[derive(Clone, Debug)]
pub struct Source<'a> {
    /// Standard deviation of every coordinate.
    pub deviation: &'a [f64],
    /// Standard deviation of the noise that is added to labels.
    pub noise: f64,
    /// Key of all random numbers.
    pub seed: u64,
}

impl Source<'_> {
    /// Row `i`: the inputs' coordinates.
    pub(super) fn row(&self, i: u64, x: &mut [f64]) {
        let pairs = (x.len() as u64).div_ceil(2);
        Stream::Inputs.of(self.seed).fill(i.wrapping_mul(pairs), x);
        for (x, deviation) in x.iter_mut().zip(self.deviation) {
            *x *= deviation;
        }
    }

    /// The noise of the label of row `i`.
    pub(super) fn noise(&self, i: u64) -> f64 {
        self.noise * Stream::Noise.of(self.seed).at(i)
    }

    /// Overwrites a block by rows from row `first` on.
    pub(super) fn fill<T: Element>(&self, first: u64, block: &mut Block<T>) {
        let mut x = vec![0.0; self.deviation.len()];
        for i in 0..block.len() {
            self.row(first.wrapping_add(i as u64), &mut x);
            block.set_row(i, &x);
        }
    }
}

/// A source of inputs, and which of its rows is the first.
#[derive(Clone, Debug, Default)]
pub(super) struct Origin {
    deviation: Vec<f64>,
    seed: u64,
    first: u64,
}

impl Origin {
    pub(super) fn new(source: &Source, first: u64) -> Self {
        Self { deviation: source.deviation.to_vec(), seed: source.seed, first }
    }

    /// Of the inputs: labels' noise is no part of it.
    pub(super) fn source(&self) -> Source<'_> {
        Source { deviation: &self.deviation, noise: 0.0, seed: self.seed }
    }

    /// The source's index of row `i` here.
    pub(super) fn row(&self, i: usize) -> u64 {
        self.first.wrapping_add(i as u64)
    }
}
