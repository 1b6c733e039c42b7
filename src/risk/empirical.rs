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

use super::portions::{in_chunks, portions, symmetric_portions, threads_for, together};
use super::rows::Block;
use super::samples::Space;
use super::second_moment::second_moment;
use super::{Samples, block};
use crate::product::{Element, Panels, product_here};
use nalgebra::DMatrix;
use rayon::prelude::*;

/// Columns of the weights that are multiplied at a time.
const PRODUCT_COLUMNS: usize = 48;

/// Computes empirical gradients. Between them it keeps what a block of samples needs; sums of the weights' size are given back, so that
/// they are not held beside what a direction takes.
#[derive(Debug)]
pub struct EmpiricalGradient<T: Element = f64> {
    workers: Vec<Worker<T>>,
    /// For the two portions of a symmetric sum.
    scratch: [block::Scratch<T>; 2],
}

#[derive(Debug)]
struct Worker<T: Element> {
    sum: Panels<T>,
    scratch: block::Scratch<T>,
    space: Space<T>,
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

impl<T: Element> Default for EmpiricalGradient<T> {
    fn default() -> Self {
        Self { workers: Vec::new(), scratch: Default::default() }
    }
}

impl<T: Element> EmpiricalGradient<T> {
    /// Bytes that gradients from this many samples, `held` of them held, need on so many threads: while the samples are needed, and when the
    /// gradient is written.
    pub fn bytes(samples: usize, held: usize, dimension: usize, width: usize, threads: usize) -> (u64, u64) {
        let gradient = Panels::<f64>::bytes(dimension, width);
        let way = Way::cheaper(dimension, width);
        let portions = match way {
            Way::Symmetric => symmetric_portions(samples, dimension),
            Way::Narrow => portions(samples, dimension),
        };
        let at_a_time = portions.min(threads);
        // Those of the blocks that are gone through together which are not held, and for every thread the last panel of a block and a scaled one.
        let rows = Samples::<T>::block_rows(dimension).min(samples);
        let together = at_a_time * together(threads.div_ceil(at_a_time.max(1)));
        let drawn =
            (together.min(samples.div_ceil(rows.max(1))) * samples.saturating_sub(held)).div_ceil(samples.max(1));
        let blocks = Block::<T>::bytes(rows, dimension)
            .saturating_mul(drawn as u64)
            .saturating_add(Panels::<T>::bytes(rows, 2 * T::WIDTH).saturating_mul(threads as u64));
        match way {
            // The triangle beside the sums; then the gradient beside one sum, and some of its columns.
            Way::Symmetric => {
                let columns =
                    Panels::<T>::bytes(dimension, PRODUCT_COLUMNS.min(width)).saturating_mul(2 * threads as u64);
                let upper = Panels::<T>::upper_bytes(dimension);
                let sums = upper.saturating_mul(portions as u64 + 1).saturating_add(blocks);
                (sums, upper.saturating_add(columns).saturating_add(gradient))
            }
            Way::Narrow => {
                let sum = Panels::<T>::bytes(dimension, width + 1);
                let sums = sum.saturating_mul(at_a_time as u64 + 2).saturating_add(blocks);
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
        let (dimension, width) = weights.shape();
        assert_eq!(
            (samples.dimension(), signal.len()),
            (dimension, dimension),
            "samples, signal, weights: one dimension"
        );
        assert!(!samples.is_empty(), "a gradient needs samples");
        let way = Way::cheaper(dimension, width);
        let (sum, squares) = match way {
            Way::Symmetric => second_moment(samples, weights, signal, &mut self.scratch),
            Way::Narrow => {
                let w = Panels::from_fn(dimension, width + 1, |i, j| {
                    T::from_f64(if j < width { weights[(i, j)] } else { signal[i] })
                });
                let zeros = || Panels::zeros(dimension, width + 1);
                self.accumulate(samples, zeros, |sum, scratch, x, noise| {
                    scratch.residuals_of_outputs(x, &w, noise);
                    scratch.add_outputs(x, sum);
                })
            }
        };
        write(way, sum, samples.len(), weights, gradient);
        squares / (4 * samples.len()) as f64
    }

    /// The sum over all blocks, and that of the squares of the residuals.
    ///
    /// As many portions at a time as there are threads; each is summed by itself, and the sums are added in order.
    fn accumulate(
        &mut self,
        samples: &Samples<T>,
        zeros: impl Fn() -> Panels<T>,
        each: impl Fn(&mut Panels<T>, &mut block::Scratch<T>, &Block<T>, &[f64]) + Sync,
    ) -> (Panels<T>, f64) {
        let (count, threads) = (portions(samples.len(), samples.dimension()), rayon::current_num_threads());
        let at_a_time = count.min(threads);
        let blocks_together = together(threads.div_ceil(at_a_time));
        self.workers.resize_with(at_a_time, || Worker {
            sum: Panels::zeros(0, 0),
            scratch: block::Scratch::default(),
            space: Vec::new(),
            squares: 0.0,
        });
        self.workers.iter_mut().for_each(|worker| worker.sum = zeros());
        let mut total = zeros();
        let share = |p: usize| p * samples.count() / count..(p + 1) * samples.count() / count;
        let mut squares = 0.0;
        for first in (0..count).step_by(at_a_time) {
            let workers = &mut self.workers[..at_a_time.min(count - first)];
            let work = |(w, worker): (usize, &mut Worker<T>)| {
                let Worker { sum, scratch, space, squares } = worker;
                sum.clear();
                *squares = 0.0;
                for range in in_chunks(share(first + w), blocks_together) {
                    for (x, noise) in samples.blocks(range, space) {
                        each(sum, scratch, x, noise);
                        *squares += scratch.sum_of_squares();
                    }
                }
            };
            match workers {
                // Handing a small sum to another thread and waiting for it would take longer than the sum.
                [only] => work((0, only)),
                several => several.par_iter_mut().enumerate().for_each(work),
            }
            for worker in &self.workers[..at_a_time.min(count - first)] {
                total.add(&worker.sum);
                squares += worker.squares;
            }
        }
        self.workers.iter_mut().for_each(|worker| worker.sum = Panels::zeros(0, 0));
        (total, squares)
    }
}

/// Overwrites `gradient`, of whatever shape, by what follows from a sum over all samples: M, or `X' diag(r) P`.
fn write<T: Element>(way: Way, sum: Panels<T>, samples: usize, weights: &DMatrix<f64>, gradient: &mut DMatrix<f64>) {
    let (dimension, width) = weights.shape();
    *gradient = DMatrix::zeros(dimension, width);
    if way == Way::Narrow {
        return copy_means(&sum, samples, gradient.as_mut_slice());
    }
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

/// The mean, into as many columns as there are in `mean`; columns of the sum beyond are left out.
fn copy_means<T: Element>(sum: &Panels<T>, samples: usize, mean: &mut [f64]) {
    let samples = samples as f64;
    for (j, column) in mean.chunks_exact_mut(sum.rows()).enumerate() {
        for (x, row) in column.iter_mut().zip(sum.panel(j / T::WIDTH)) {
            *x = row.as_ref()[j % T::WIDTH].to_f64() / samples;
        }
    }
}
