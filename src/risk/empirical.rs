//! Empirical risk and gradient: `G_n = (1/n) sum_i r_i x_i x_i' W`, residual `r_i = ||W'x_i||^2 - y_i`, risk `(1/4n) sum_i r_i^2`.
//!
//! Samples pass once, block by block, while a block is in the cache; no n x m matrix is ever formed. Two ways to the same sum:
//!
//! - *Symmetric*, where W is wide: `r = x'Dx` with `D = W W' - w* w*'`, as `x'Ux` with the triangle `U = D + D' strictly above the
//!   diagonal`, and `M = sum_i r_i x_i x_i'` of which the upper half is enough; then `G = M W`. `2 n d^2` operations.
//! - *Narrow*: `P = X (W, w*)`, `r` from the rows of P, and `G = X' diag(r) P`. `4 n d m` operations.
//!
//! Neither's bits know how many threads there are. The symmetric sum M is shared out by its panels, each the sum over all samples in order. The
//! narrow one has too few panels for that: rows are shared out in a number of portions that n and d alone decide, each with a sum of its
//! own, and the sums are added in order.

use super::rows::Block;
use super::{Samples, block};
use crate::product::{Element, Panels, Part, Share, add_transposed_product, deal, product_here};
use nalgebra::DMatrix;
use rayon::prelude::*;
use std::cmp::Ordering;

/// A portion's sum costs an addition of d x d matrices, so that a portion has at least this many rows a dimension.
const ROWS_A_PORTION: usize = 8;
const MAX_PORTIONS: usize = 64;

/// Blocks of samples that several threads go through together: long enough to be worth the meeting after it.
const BLOCKS_TOGETHER: usize = 32;

/// Sums of fewer multiply-adds than this are not worth a second thread.
const PARALLEL_FROM: usize = 1 << 19;

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
        match Way::cheaper(dimension, width) {
            // The triangle beside the sum; then the sum, the gradient and some columns of it.
            Way::Symmetric => {
                let columns =
                    Panels::<T>::bytes(dimension, PRODUCT_COLUMNS.min(width)).saturating_mul(2 * threads as u64);
                let columns = columns.saturating_add(Panels::<f64>::bytes(dimension, width));
                let upper = Panels::<T>::upper_bytes(dimension);
                upper.saturating_add(columns.max(upper))
            }
            Way::Narrow => {
                let sums = portions(samples, dimension).min(threads) as u64 + 1;
                Panels::<T>::bytes(dimension, width + 1).saturating_mul(sums + 1)
            }
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
                let (moment, squares) = second_moment(samples, &triangle(weights, signal));
                *gradient = DMatrix::zeros(dimension, width);
                let entries = dimension * PRODUCT_COLUMNS;
                let columns = |(c, gradient): (usize, &mut [f64])| {
                    let count = gradient.len() / dimension;
                    let (mut columns, mut image) = (Panels::zeros(dimension, count), Panels::zeros(dimension, count));
                    columns.copy_columns(weights, c * PRODUCT_COLUMNS);
                    product_here(&moment, &columns, &mut image);
                    copy_means(&image, samples.len(), gradient);
                };
                if threads_for(dimension * dimension * width) == 1 {
                    gradient.as_mut_slice().chunks_mut(entries).enumerate().for_each(columns);
                } else {
                    gradient.as_mut_slice().par_chunks_mut(entries).enumerate().for_each(columns);
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
                copy_means(&total, samples.len(), gradient.as_mut_slice());
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
        each: impl Fn(&mut Worker<T>, &Block<T>, &[f64]) + Sync,
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

/// `sum_i r_i x_i x_i'`, its upper half, and `sum_i r_i^2`.
///
/// A block is in the cache for both where there is one thread. Several compute the residuals of some blocks, meet, and add to panels of
/// the sum, each to its own.
fn second_moment<T: Element>(samples: &Samples<T>, triangle: &Panels<T>) -> (Panels<T>, f64) {
    let dimension = samples.dimension();
    let blocks: Vec<_> = samples.blocks().collect();
    let threads = threads_for(samples.len() * dimension * dimension);
    let together = if threads == 1 { 1 } else { BLOCKS_TOGETHER };
    let mut moment = Panels::upper_zeros(dimension);
    let mut shares = deal::<T>(moment.panels_mut().into_iter().enumerate().collect(), dimension, threads);
    let none = block::Scratch::default;
    let (mut scratch, mut residual, mut squares) = (none(), Vec::new(), 0.0);
    for blocks in blocks.chunks(together) {
        let rows = blocks[0].1.len();
        residual.resize(blocks.iter().map(|(_, noise)| noise.len()).sum(), 0.0);
        let compute = |scratch: &mut block::Scratch<T>, ((x, noise), r): (&(&Block<T>, &[f64]), &mut [f64])| {
            scratch.residuals_of_triangle(x, triangle, noise, r);
        };
        if threads == 1 {
            blocks.iter().zip(residual.chunks_mut(rows)).for_each(|block| compute(&mut scratch, block));
        } else {
            blocks.par_iter().zip(residual.par_chunks_mut(rows)).for_each_init(none, compute);
        }
        for r in residual.chunks(rows) {
            squares += r.iter().map(|r| r * r).sum::<f64>();
        }
        let add = |scratch: &mut block::Scratch<T>, share: &mut Share<T>| {
            for ((x, _), r) in blocks.iter().zip(residual.chunks(rows)) {
                scratch.add_second_moment(x, r, share);
            }
        };
        if threads == 1 {
            shares.iter_mut().for_each(|share| add(&mut scratch, share));
        } else {
            shares.par_iter_mut().for_each_init(none, add);
        }
    }
    drop(shares);
    moment.symmetrize();
    (moment, squares)
}

fn threads_for(work: usize) -> usize {
    if work < PARALLEL_FROM { 1 } else { rayon::current_num_threads() }
}

/// The triangle U with `x'Ux = x'Dx`, `D = W W' - w* w*'`: D on the diagonal, twice D above it.
fn triangle<T: Element>(weights: &DMatrix<f64>, signal: &[f64]) -> Panels<T> {
    let dimension = weights.nrows();
    let mut d = Panels::upper_zeros(dimension);
    // Some columns of W at a time, so that W' is not held beside it.
    for columns in weights.as_slice().chunks(dimension * PRODUCT_COLUMNS) {
        let mut rows = Panels::<T>::zeros(columns.len() / dimension, dimension);
        for (k, column) in columns.chunks_exact(dimension).enumerate() {
            rows.set_row(k, column);
        }
        add_transposed_product(&rows, &rows, Part::Upper, &mut d);
    }
    for p in 0..d.count() {
        let signal_here = &signal[p * T::WIDTH..];
        for ((i, row), s_i) in d.panel_mut(p).iter_mut().enumerate().zip(signal) {
            for ((j, x), s_j) in (p * T::WIDTH..).zip(row.as_mut()).zip(signal_here) {
                let excess = x.to_f64() - s_i * s_j;
                *x = T::from_f64(match i.cmp(&j) {
                    Ordering::Less => 2.0 * excess,
                    Ordering::Equal => excess,
                    Ordering::Greater => 0.0,
                });
            }
        }
    }
    d
}

/// The mean, into as many columns as there are in `mean`; columns of the sum beyond are left out.
fn copy_means<T: Element>(sum: &Panels<T>, samples: usize, mean: &mut [f64]) {
    let samples = samples as f64;
    for (j, column) in mean.chunks_exact_mut(sum.rows()).enumerate() {
        for (x, row) in column.iter_mut().zip(sum.panel(j / T::WIDTH)) {
            *x = row.as_ref()[j % T::WIDTH].to_f64() / samples;
        }
    }
}
