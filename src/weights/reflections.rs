//! The orthonormal factor of a QR decomposition, by Householder reflections.
//!
//! nalgebra lets every reflection pass over the whole matrix. Columns do not know of each other, so that every column may as well take many reflections
//! at a time, in the same order: the same bits, from the cache, on wide vectors and all threads, in half the time.

use nalgebra::DMatrix;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// Reflections that a column takes at a time: they stay in the second-level cache.
const BLOCK: usize = 32;

/// Columns that are reflected side by side.
const COLUMNS: usize = 4;

/// Q of `A = Q R`, where no entry on the diagonal of R is negative: the bits of nalgebra's.
///
/// # Panics
/// When A has more columns than rows.
pub(super) fn orthonormal_factor(mut a: DMatrix<f64>) -> DMatrix<f64> {
    let (rows, columns) = a.shape();
    assert!(columns <= rows, "at most as many orthonormal columns as rows");
    if columns <= BLOCK {
        return a.qr().q();
    }
    for first in (0..columns).step_by(BLOCK) {
        let count = BLOCK.min(columns - first);
        let panel = a.view((first, first), (rows - first, count)).into_owned().qr();
        let axes = panel.qr_internal();
        let others = &mut a.as_mut_slice()[(first + count) * rows..];
        others.par_chunks_mut(COLUMNS * rows).for_each(|some| reflect(axes, 0..count, rows, some));
        a.view_mut((first, first), (rows - first, count)).copy_from(axes);
    }
    let mut q = DMatrix::identity(rows, columns);
    for first in (0..columns).step_by(BLOCK).rev() {
        let count = BLOCK.min(columns - first);
        let axes = a.view((first, first), (rows - first, count)).into_owned();
        let (own, others) = q.as_mut_slice()[first * rows..].split_at_mut(count * rows);
        // A column of the identity is left alone by all reflections after its own.
        own.par_chunks_mut(rows).enumerate().for_each(|(j, one)| reflect(&axes, (0..=j).rev(), rows, one));
        others.par_chunks_mut(COLUMNS * rows).for_each(|some| reflect(&axes, (0..count).rev(), rows, some));
    }
    q
}

/// Reflects the last entries of some columns of so many rows along axes in this order; axis k has zeros before entry k, which are not held.
fn reflect(axes: &DMatrix<f64>, order: impl Iterator<Item = usize>, rows: usize, columns: &mut [f64]) {
    let length = axes.nrows();
    let mut columns: Vec<&mut [f64]> = columns.chunks_exact_mut(rows).map(|x| &mut x[rows - length..]).collect();
    for k in order {
        let axis = &axes.as_slice()[k * length + k..(k + 1) * length];
        match &mut columns[..] {
            [a, b, c, d] => {
                Arch::new()
                    .dispatch(Reflection { axis, columns: [&mut a[k..], &mut b[k..], &mut c[k..], &mut d[k..]] });
            }
            few => few.iter_mut().for_each(|x| Arch::new().dispatch(Reflection { axis, columns: [&mut x[k..]] })),
        }
    }
}

struct Reflection<'a, const C: usize> {
    axis: &'a [f64],
    columns: [&'a mut [f64]; C],
}

impl<const C: usize> WithSimd for Reflection<'_, C> {
    type Output = ();

    /// `x <- sign (x - 2 (axis'x) axis)`. An axis has the sign of the entry that it was made from, and R the opposite one, until it is turned.
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        const LANES: usize = 8;
        let Self { axis, columns } = self;
        let sign = -axis[0].signum();
        let (whole, rest) = axis.as_chunks::<LANES>();
        let mut sums = [[0.0; LANES]; C];
        let mut entries: [_; C] = std::array::from_fn(|c| columns[c].as_chunks::<LANES>().0.iter());
        for x in whole {
            for (entries, sums) in entries.iter_mut().zip(&mut sums) {
                let Some(y) = entries.next() else { break };
                for l in 0..LANES {
                    sums[l] += x[l] * y[l];
                }
            }
        }
        for (column, sums) in columns.into_iter().zip(sums) {
            let product = (0..LANES / 2).fold(0.0, |sum, l| sum + (sums[l] + sums[l + LANES / 2]));
            let product = rest.iter().zip(&column[LANES * whole.len()..]).fold(product, |sum, (x, y)| sum + x * y);
            let factor = product * (-2.0 * sign);
            for (x, y) in axis.iter().zip(column) {
                *y = factor * x + sign * *y;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::Stream;

    #[test]
    fn columns_that_take_many_reflections_at_a_time_have_the_bits_of_those_that_take_one() {
        for (rows, columns) in [(1, 1), (9, 4), (40, 33), (64, 64), (97, 65), (150, 131)] {
            let mut matrix = DMatrix::zeros(rows, columns);
            Stream::Start.of(3).fill(0, matrix.as_mut_slice());
            matrix.column_mut(columns / 2).rows_mut(1, rows / 2).fill(0.0);
            let bits = |q: &DMatrix<f64>| q.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert!(bits(&orthonormal_factor(matrix.clone())) == bits(&matrix.qr().q()), "{rows} x {columns}");
        }
    }
}
