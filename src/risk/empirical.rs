//! Empirical risk and gradient: `G_n = (1/n) sum_i r_i x_i x_i' W`, residual `r_i = ||W'x_i||^2 - y_i`, risk `(1/4n) sum_i r_i^2`.
//!
//! Samples pass once, block by block, while a block is in the cache; no n x m matrix is ever formed. Two ways to the same sum:
//!
//! - *Symmetric*, where W is wide: `r = x'Dx` with `D = W W' - w* w*'`, as `x'Ux` with the triangle `U = D + D' strictly above the
//!   diagonal`, and `M = sum_i r_i x_i x_i'` of which the upper half is enough; then `G = M W`. `2 n d^2` operations.
//! - *Narrow*: `P = X (W, w*)`, `r` from the rows of P, and `G = X' diag(r) P`. `4 n d m` operations.
//!
//! Neither's bits know how many threads there are. Rows are shared out in a number of portions that n and d alone decide, each with a sum of its own
//! over its rows in order, and the sums are added in order. The symmetric sum M is in at most two, so that little is held beside it; more threads than
//! that share its panels.

use super::rows::Block;
use super::{Samples, block};
use crate::product::{Element, Panels, Part, Share, add_transposed_product, deal, product_here};
use nalgebra::DMatrix;
use rayon::prelude::*;
use std::cmp::Ordering;

/// A portion's sum costs an addition of d x d matrices, so that a portion has at least this many rows a dimension.
const ROWS_A_PORTION: usize = 8;
const MAX_PORTIONS: usize = 64;

/// Blocks of samples that several threads of one portion go through together: long enough to be worth the meeting after it.
const BLOCKS_TOGETHER: usize = 32;

/// Sums of fewer multiply-adds than this are not worth a second thread.
const PARALLEL_FROM: usize = 1 << 19;

/// Columns of the weights that are multiplied at a time.
const PRODUCT_COLUMNS: usize = 48;

/// Columns of the weights that are taken at a time for the quadratic form, when most is held.
const TRIANGLE_COLUMNS: usize = 24;

/// Computes empirical gradients. Between them it keeps what a block of samples needs; sums of the weights' size are given back, so that
/// they are not held beside what a direction takes.
#[derive(Debug)]
pub struct EmpiricalGradient<T: Element = f64> {
    workers: Vec<Worker<T>>,
}

/// A block of samples, and the noise of its labels.
type Labelled<'a, T> = (&'a Block<T>, &'a [f64]);

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

/// How many of them a symmetric sum has: two where there is work for two threads.
fn symmetric_portions(samples: usize, dimension: usize) -> usize {
    let work = samples.saturating_mul(dimension).saturating_mul(dimension);
    if work < PARALLEL_FROM { 1 } else { portions(samples, dimension).min(2) }
}

impl<T: Element> Default for EmpiricalGradient<T> {
    fn default() -> Self {
        Self { workers: Vec::new() }
    }
}

impl<T: Element> EmpiricalGradient<T> {
    /// Bytes that gradients from this many samples need on so many threads: while the samples are needed, and when the gradient is written.
    pub fn bytes(samples: usize, dimension: usize, width: usize, threads: usize) -> (u64, u64) {
        let gradient = Panels::<f64>::bytes(dimension, width);
        match Way::cheaper(dimension, width) {
            // The triangle beside the sums; then the gradient, some columns of it where the triangle was.
            Way::Symmetric => {
                let columns =
                    Panels::<T>::bytes(dimension, PRODUCT_COLUMNS.min(width)).saturating_mul(2 * threads as u64);
                let upper = Panels::<T>::upper_bytes(dimension);
                let sums = upper.saturating_mul(symmetric_portions(samples, dimension) as u64);
                (sums.saturating_add(upper), sums.saturating_add(columns.max(upper)).saturating_add(gradient))
            }
            Way::Narrow => {
                let sums = portions(samples, dimension).min(threads) as u64 + 1;
                let sums = Panels::<T>::bytes(dimension, width + 1).saturating_mul(sums + 1);
                (sums, sums.saturating_add(gradient))
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
        // Space that sums can use meanwhile.
        *gradient = DMatrix::zeros(0, 0);
        self.sums(samples, signal, weights).write(weights, gradient)
    }

    /// What the samples are needed for.
    ///
    /// # Panics
    /// See [`EmpiricalGradient::evaluate`].
    pub(crate) fn sums(&mut self, samples: &Samples<T>, signal: &[f64], weights: &DMatrix<f64>) -> Sums<T> {
        let (dimension, width) = weights.shape();
        assert_eq!(
            (samples.dimension(), signal.len()),
            (dimension, dimension),
            "samples, signal, weights: one dimension"
        );
        assert!(!samples.is_empty(), "a gradient needs samples");
        let way = Way::cheaper(dimension, width);
        let (sum, squares) = match way {
            Way::Symmetric => second_moment(samples, weights, signal),
            Way::Narrow => {
                let w = Panels::from_fn(dimension, width + 1, |i, j| {
                    T::from_f64(if j < width { weights[(i, j)] } else { signal[i] })
                });
                let zeros = || Panels::zeros(dimension, width + 1);
                self.accumulate(samples, zeros, |worker, x, noise| {
                    worker.scratch.residuals_of_outputs(x, &w, noise);
                    worker.scratch.add_outputs(x, &mut worker.sum);
                })
            }
        };
        Sums { way, samples: samples.len(), sum, squares }
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

/// Sums over all samples, from which the gradient follows.
#[derive(Debug)]
pub(crate) struct Sums<T: Element> {
    way: Way,
    samples: usize,
    /// M, or `X' diag(r) P`.
    sum: Panels<T>,
    /// Of the residuals.
    squares: f64,
}

impl<T: Element> Sums<T> {
    /// Overwrites `gradient`, of whatever shape, by the gradient at the same weights; returns the empirical risk there.
    pub(crate) fn write(self, weights: &DMatrix<f64>, gradient: &mut DMatrix<f64>) -> f64 {
        let Self { way, samples, sum, squares } = self;
        let (dimension, width) = weights.shape();
        *gradient = DMatrix::zeros(dimension, width);
        if way == Way::Narrow {
            copy_means(&sum, samples, gradient.as_mut_slice());
        } else {
            let entries = dimension * PRODUCT_COLUMNS;
            let columns = |(c, gradient): (usize, &mut [f64])| {
                let count = gradient.len() / dimension;
                let (mut columns, mut image) = (Panels::zeros(dimension, count), Panels::zeros(dimension, count));
                columns.copy_columns(weights, c * PRODUCT_COLUMNS);
                product_here(&sum, &columns, &mut image);
                copy_means(&image, samples, gradient);
            };
            if threads_for(dimension * dimension * width) == 1 {
                gradient.as_mut_slice().chunks_mut(entries).enumerate().for_each(columns);
            } else {
                gradient.as_mut_slice().par_chunks_mut(entries).enumerate().for_each(columns);
            }
        }
        squares / (4 * samples) as f64
    }
}

/// `sum_i r_i x_i x_i'`, and `sum_i r_i^2`.
fn second_moment<T: Element>(samples: &Samples<T>, weights: &DMatrix<f64>, signal: &[f64]) -> (Panels<T>, f64) {
    let dimension = samples.dimension();
    let threads = threads_for(samples.len() * dimension * dimension);
    let blocks: Vec<_> = samples.blocks().collect();
    let (first, second) = blocks.split_at(blocks.len() / symmetric_portions(samples.len(), dimension));
    // Side by side, with nothing small between them: given back, they are one piece, in which a direction is computed.
    let mut triangle = Panels::upper_zeros(dimension);
    let mut moment = Panels::upper_zeros(dimension);
    let mut other = if second.is_empty() { Panels::zeros(0, 0) } else { Panels::upper_zeros(dimension) };
    write_triangle(weights, signal, &mut triangle);
    let mut squares = 0.0;
    if second.is_empty() {
        squares += add_second_moment(first, &triangle, threads, &mut moment);
    } else {
        let each = threads.div_ceil(2);
        let portion = |blocks, moment| add_second_moment(blocks, &triangle, each, moment);
        let (a, b) = if threads == 1 {
            (portion(first, &mut moment), portion(second, &mut other))
        } else {
            rayon::join(|| portion(first, &mut moment), || portion(second, &mut other))
        };
        moment.add(&other);
        squares += a + b;
    }
    drop(triangle);
    moment.symmetrize();
    (moment, squares)
}

/// Adds `sum_i r_i x_i x_i'` over some blocks, its upper half; returns `sum_i r_i^2`.
///
/// A block is in the cache for both where there is one thread. Several compute the residuals of some blocks, meet, and add to panels of
/// the sum, each to its own.
fn add_second_moment<T: Element>(
    blocks: &[Labelled<T>],
    triangle: &Panels<T>,
    threads: usize,
    moment: &mut Panels<T>,
) -> f64 {
    let together = if threads == 1 { 1 } else { BLOCKS_TOGETHER };
    let dimension = triangle.columns();
    let mut shares = deal::<T>(moment.panels_mut().into_iter().enumerate().collect(), dimension, threads);
    let none = block::Scratch::default;
    let (mut scratch, mut residual, mut squares) = (none(), Vec::new(), 0.0);
    for blocks in blocks.chunks(together) {
        let rows = blocks[0].1.len();
        residual.resize(blocks.iter().map(|(_, noise)| noise.len()).sum(), 0.0);
        let compute = |scratch: &mut block::Scratch<T>, ((x, noise), r): (&Labelled<T>, &mut [f64])| {
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
    squares
}

fn threads_for(work: usize) -> usize {
    if work < PARALLEL_FROM { 1 } else { rayon::current_num_threads() }
}

/// Overwrites zeros by the triangle U with `x'Ux = x'Dx`, `D = W W' - w* w*'`: D on the diagonal, twice D above it.
fn write_triangle<T: Element>(weights: &DMatrix<f64>, signal: &[f64], d: &mut Panels<T>) {
    let dimension = weights.nrows();
    // Some columns of W at a time, so that W' is not held beside it.
    for columns in weights.as_slice().chunks(dimension * TRIANGLE_COLUMNS) {
        let mut rows = Panels::<T>::zeros(columns.len() / dimension, dimension);
        for (k, column) in columns.chunks_exact(dimension).enumerate() {
            rows.set_row(k, column);
        }
        add_transposed_product(&rows, &rows, Part::Upper, d);
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
