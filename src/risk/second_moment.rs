//! `sum_i r_i x_i x_i'` for wide weights: a quadratic form for the residuals, and half of a symmetric sum.

use super::portions::{in_chunks, symmetric_portions, threads_for, together};
use super::samples::Labelled;
use super::{Samples, block};
use crate::product::{Element, Panels, Share, add_gram_here, deal};
use nalgebra::DMatrix;
use rayon::prelude::*;
use std::ops::Range;

/// Columns of the weights that are taken at a time for the quadratic form, when most is held.
const TRIANGLE_COLUMNS: usize = 24;

/// `sum_i r_i x_i x_i'`, and `sum_i r_i^2`.
pub(super) fn second_moment<T: Element>(
    samples: &Samples<T>,
    weights: &DMatrix<f64>,
    signal: &[f64],
    [one, two]: &mut [block::Scratch<T>; 2],
) -> (Panels<T>, f64) {
    let (dimension, count) = (samples.dimension(), samples.count());
    let threads = threads_for(samples.len() * dimension * dimension);
    let half = count / symmetric_portions(samples.len(), dimension);
    // Side by side, with nothing small between them: the gradient will be where the triangle and the other half are now.
    let mut moment = Panels::upper_zeros(dimension);
    let mut triangle = Panels::upper_zeros(dimension);
    let mut other = if half == count { Panels::zeros(0, 0) } else { Panels::upper_zeros(dimension) };
    write_triangle(weights, signal, threads, &mut triangle);
    let squares = if half == count {
        add_second_moment(samples, 0..count, &triangle, threads, one, &mut moment)
    } else {
        let each = threads.div_ceil(2);
        let portion = |blocks, scratch: &mut block::Scratch<T>, moment: &mut Panels<T>| {
            add_second_moment(samples, blocks, &triangle, each, scratch, moment)
        };
        let (a, b) = if threads == 1 {
            (portion(0..half, one, &mut moment), portion(half..count, one, &mut other))
        } else {
            rayon::join(|| portion(0..half, one, &mut moment), || portion(half..count, two, &mut other))
        };
        moment.add(&other);
        a + b
    };
    drop(triangle);
    moment.symmetrize();
    (moment, squares)
}

/// Adds `sum_i r_i x_i x_i'` over some blocks, its upper half; returns `sum_i r_i^2`.
///
/// A block is in the cache for both where there is one thread. Several compute the residuals of some blocks, meet, and add to panels of
/// the sum, each to its own.
fn add_second_moment<T: Element>(
    samples: &Samples<T>,
    blocks: Range<usize>,
    triangle: &Panels<T>,
    threads: usize,
    scratch: &mut block::Scratch<T>,
    moment: &mut Panels<T>,
) -> f64 {
    let dimension = triangle.columns();
    let mut shares = deal::<T>(moment.panels_mut().into_iter().enumerate().collect(), dimension, threads);
    let none = block::Scratch::default;
    let (mut space, mut residual, mut squares) = (Vec::new(), Vec::new(), 0.0);
    for range in in_chunks(blocks, together(threads)) {
        let blocks = &samples.blocks(range, &mut space)[..];
        let rows = blocks[0].1.len();
        residual.resize(blocks.iter().map(|(_, noise)| noise.len()).sum(), 0.0);
        let compute = |scratch: &mut block::Scratch<T>, ((x, noise), r): (&Labelled<T>, &mut [f64])| {
            scratch.residuals_of_triangle(x, triangle, noise, r);
        };
        if threads == 1 {
            blocks.iter().zip(residual.chunks_mut(rows)).for_each(|block| compute(scratch, block));
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
            shares.iter_mut().for_each(|share| add(scratch, share));
        } else {
            shares.par_iter_mut().for_each_init(none, add);
        }
    }
    squares
}

/// Overwrites zeros by the triangle U with `x'Ux = x'Dx`, `D = W W' - w* w*'`: D on the diagonal, twice D above it.
///
/// Several threads share its panels also where that alone would not be worth it: they are awake then when the samples come.
fn write_triangle<T: Element>(weights: &DMatrix<f64>, signal: &[f64], threads: usize, d: &mut Panels<T>) {
    let dimension = weights.nrows();
    let write = |share: &mut Share<T>| {
        // Some columns of W at a time, so that W' is not held beside it.
        for columns in weights.as_slice().chunks(dimension * TRIANGLE_COLUMNS) {
            let mut rows = Panels::<T>::zeros(columns.len() / dimension, dimension);
            for (k, column) in columns.chunks_exact(dimension).enumerate() {
                rows.set_row(k, column);
            }
            add_gram_here(&rows, share);
        }
        for (p, panel) in share {
            let first = *p * T::WIDTH;
            let signal_here = &signal[first..];
            for (i, (row, s_i)) in panel.iter_mut().zip(signal).enumerate() {
                let twice = |x: &mut T, s_j: &f64| *x = T::from_f64(2.0 * (x.to_f64() - s_i * s_j));
                // In the diagonal block: what is below the diagonal, what is on it, what is above.
                let below = i.saturating_sub(first);
                let (zero, row) = row.as_mut().split_at_mut(below);
                zero.fill(T::default());
                row.iter_mut().zip(&signal_here[below..]).for_each(|(x, s_j)| twice(x, s_j));
                if i >= first {
                    row[0] = T::from_f64(0.5 * row[0].to_f64());
                }
            }
        }
    };
    let mut panels: Share<T> = d.panels_mut().into_iter().enumerate().collect();
    if threads == 1 {
        write(&mut panels);
    } else {
        deal::<T>(panels, dimension, threads).par_iter_mut().for_each(write);
    }
}
