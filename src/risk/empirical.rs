//! Empirical risk and gradient: `G_n = (1/n) sum_i r_i x_i x_i' W`, residual `r_i = ||W'x_i||^2 - y_i`, risk `(1/4n) sum_i r_i^2`.
//!
//! Samples pass once, block by block, while a block is in the cache; no n x m matrix is ever formed. Two ways to the same sum:
//!
//! - *Symmetric*, where W is wide: `r = x'Dx` with `D = W W' - w* w*'`, as `x'Ux` with the triangle `U = D + D' strictly above the
//!   diagonal`, and `M = sum_i r_i x_i x_i'` of which the upper half is enough; then `G = M W`. `2 n d^2` operations.
//! - *Narrow*: `P = X (W, w*)`, `r` from the rows of P, and `G = X' diag(r) P`. `4 n d m` operations.
//!
//! Rows are shared out in a number of portions that n and d alone decide, each with a sum of its own; the sums are added in
//! order. Hence the same bits for any number of threads.

use super::{Samples, block};
use crate::product::{Element, Panels, Part, add_transposed_product, product};
use nalgebra::DMatrix;
use rayon::prelude::*;

/// A portion's sum costs an addition of d x d matrices, so that a portion has at least this many rows a dimension.
const ROWS_A_PORTION: usize = 8;
const MAX_PORTIONS: usize = 64;

/// Columns of the weights that are multiplied at a time.
const PRODUCT_COLUMNS: usize = 48;

/// Computes empirical gradients. Between them it keeps what a block of samples needs; sums of the weights' size are given back, so that
/// they are not held beside what a direction takes.
#[derive(Debug)]
pub struct EmpiricalGradient<T: Element = f64> {
    workers: Vec<Worker<T>>,
}

#[derive(Debug)]
struct Worker<T: Element> {
    sum: Panels<T>,
    scratch: block::Scratch<T>,
    squares: f64,
}

/// How gradients of these shapes are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Symmetric,
    Narrow,
}

impl Way {
    fn cheaper(dimension: usize, width: usize) -> Self {
        if dimension <= 2 * (width + 1) { Self::Symmetric } else { Self::Narrow }
    }
}

/// How many portions the rows are shared out in: a power of two, so that two, four, ... threads share them evenly.
fn portions(samples: usize, dimension: usize) -> usize {
    let most = (samples / (ROWS_A_PORTION * dimension.max(1))).clamp(1, MAX_PORTIONS);
    1 << most.ilog2()
}

impl<T: Element> Default for EmpiricalGradient<T> {
    fn default() -> Self {
        Self { workers: Vec::new() }
    }
}

impl<T: Element> EmpiricalGradient<T> {
    /// Bytes that gradients from this many samples need beside the samples, on so many threads.
    pub fn bytes(samples: usize, dimension: usize, width: usize, threads: usize) -> u64 {
        let sums = portions(samples, dimension).min(threads) as u64 + 1;
        match Way::cheaper(dimension, width) {
            // The triangle, while it is made or while sums grow; then their total and some columns of the product.
            Way::Symmetric => {
                let columns = 2 * Panels::<T>::bytes(dimension, PRODUCT_COLUMNS.min(width));
                let transposed = Panels::<T>::bytes(width, dimension);
                let upper = Panels::<T>::upper_bytes(dimension);
                upper.saturating_add(columns.max(transposed).max(upper.saturating_mul(sums)))
            }
            Way::Narrow => Panels::<T>::bytes(dimension, width + 1).saturating_mul(sums + 1),
        }
    }

    /// Overwrites `gradient` by the empirical gradient at `weights`; returns the empirical risk there.
    ///
    /// # Panics
    /// When shapes differ from those of the samples, or there are no samples.
    pub fn evaluate(
        &mut self,
        samples: &Samples<T>,
        signal: &[f64],
        weights: &DMatrix<f64>,
        gradient: &mut DMatrix<f64>,
    ) -> f64 {
        let (dimension, width) = weights.shape();
        assert_eq!(
            (samples.dimension(), signal.len()),
            (dimension, dimension),
            "samples, signal, weights: one dimension"
        );
        assert!(!samples.is_empty(), "a gradient needs samples");
        // Space that sums can use meanwhile.
        *gradient = DMatrix::zeros(0, 0);
        let squares = match Way::cheaper(dimension, width) {
            Way::Symmetric => {
                let triangle = triangle(weights, signal);
                let zeros = || Panels::upper_zeros(dimension);
                let (mut moment, squares) = self.accumulate(samples, zeros, |worker, x, noise| {
                    worker.scratch.residuals_of_triangle(x, &triangle, noise);
                    worker.scratch.add_second_moment(x, &mut worker.sum);
                });
                drop(triangle);
                moment.symmetrize();
                *gradient = DMatrix::zeros(dimension, width);
                for first in (0..width).step_by(PRODUCT_COLUMNS) {
                    let shape = (dimension, PRODUCT_COLUMNS.min(width - first));
                    let mut columns = Panels::zeros(shape.0, shape.1);
                    columns.copy_columns(weights, first);
                    let mut image = Panels::zeros(shape.0, shape.1);
                    product(&moment, &columns, Part::Full, &mut image);
                    scale_into(&image, samples.len(), gradient, first);
                }
                squares
            }
            Way::Narrow => {
                let w = Panels::from_fn(dimension, width + 1, |i, j| {
                    T::from_f64(if j < width { weights[(i, j)] } else { signal[i] })
                });
                let zeros = || Panels::zeros(dimension, width + 1);
                let (total, squares) = self.accumulate(samples, zeros, |worker, x, noise| {
                    worker.scratch.residuals_of_outputs(x, &w, noise);
                    worker.scratch.add_outputs(x, &mut worker.sum);
                });
                *gradient = DMatrix::zeros(dimension, width);
                scale_into(&total, samples.len(), gradient, 0);
                squares
            }
        };
        squares / (4 * samples.len()) as f64
    }

    /// The sum over all blocks, and that of the squares of the residuals.
    ///
    /// As many portions at a time as there are threads; each is summed by itself, and the sums are added in order.
    fn accumulate(
        &mut self,
        samples: &Samples<T>,
        zeros: impl Fn() -> Panels<T>,
        each: impl Fn(&mut Worker<T>, &Panels<T>, &[f64]) + Sync,
    ) -> (Panels<T>, f64) {
        let count = portions(samples.len(), samples.dimension());
        let together = count.min(rayon::current_num_threads());
        self.workers.resize_with(together, || Worker {
            sum: Panels::zeros(0, 0),
            scratch: block::Scratch::default(),
            squares: 0.0,
        });
        self.workers.iter_mut().for_each(|worker| worker.sum = zeros());
        let mut total = zeros();
        let blocks: Vec<_> = samples.blocks().collect();
        let share = |p: usize| p * blocks.len() / count..(p + 1) * blocks.len() / count;
        let mut squares = 0.0;
        for first in (0..count).step_by(together) {
            let workers = &mut self.workers[..together.min(count - first)];
            let sum = |(w, worker): (usize, &mut Worker<T>)| {
                worker.sum.clear();
                worker.squares = 0.0;
                for (x, noise) in &blocks[share(first + w)] {
                    each(worker, x, noise);
                    worker.squares += worker.scratch.sum_of_squares();
                }
            };
            match workers {
                // Handing a small sum to another thread and waiting for it would take longer than the sum.
                [only] => sum((0, only)),
                several => several.par_iter_mut().enumerate().for_each(sum),
            }
            for worker in &self.workers[..together.min(count - first)] {
                total.add(&worker.sum);
                squares += worker.squares;
            }
        }
        self.workers.iter_mut().for_each(|worker| worker.sum = Panels::zeros(0, 0));
        (total, squares)
    }
}

/// The triangle U with `x'Ux = x'Dx`, `D = W W' - w* w*'`: D on the diagonal, twice D above it.
fn triangle<T: Element>(weights: &DMatrix<f64>, signal: &[f64]) -> Panels<T> {
    let dimension = signal.len();
    let mut d = Panels::upper_zeros(dimension);
    let transposed = Panels::<T>::from_fn(weights.ncols(), dimension, |k, i| T::from_f64(weights[(i, k)]));
    add_transposed_product(&transposed, &transposed, Part::Upper, &mut d);
    for j in 0..dimension {
        for i in 0..=j {
            let excess = d.get(i, j).to_f64() - signal[i] * signal[j];
            d.set(i, j, T::from_f64(if i < j { 2.0 * excess } else { excess }));
        }
        for i in j + 1..dimension.min((j / T::WIDTH + 1) * T::WIDTH) {
            d.set(i, j, T::default());
        }
    }
    d
}

/// The mean, into the columns of the gradient from `first` on; columns of the sum beyond the gradient's are left out.
fn scale_into<T: Element>(sum: &Panels<T>, samples: usize, gradient: &mut DMatrix<f64>, first: usize) {
    let samples = samples as f64;
    for j in 0..sum.columns().min(gradient.ncols() - first) {
        for i in 0..gradient.nrows() {
            gradient[(i, first + j)] = sum.get(i, j).to_f64() / samples;
        }
    }
}
