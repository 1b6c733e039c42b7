use super::{Element, Lines, Part};
use nalgebra::DMatrix;
use pulp::Arch;
use rayon::prelude::*;

/// Rows come in groups of this many, so that a tile never hangs over the edge.
pub(crate) const ROW_GROUP: usize = 24;

/// Copies of fewer entries than this are not worth a second thread.
const PARALLEL_FROM: usize = 1 << 16;

/// A matrix cut into panels of [`Element::WIDTH`] columns; within a panel, row after row.
///
/// What is allocated beyond `rows x columns` is zero and stays zero under products. Of a square matrix it may hold the upper half only:
/// no panel then reaches below its diagonal block.
#[derive(Clone, Debug, PartialEq)]
pub struct Panels<T: Element> {
    rows: usize,
    columns: usize,
    stride: usize,
    /// [`Part::Full`], or [`Part::Upper`] for the upper half.
    part: Part,
    data: Lines<T>,
}

impl<T: Element> Panels<T> {
    /// The zero matrix.
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Self::with_part(rows, columns, Part::Full)
    }

    /// The zero matrix of side n, of which only the upper half (with whole diagonal blocks) will be held.
    pub(crate) fn upper_zeros(n: usize) -> Self {
        Self::with_part(n, n, Part::Upper)
    }

    fn with_part(rows: usize, columns: usize, part: Part) -> Self {
        let mut panels = Self { rows, columns, stride: rows.next_multiple_of(ROW_GROUP), part, data: Lines::zeros(0) };
        let length = panels.count().checked_sub(1).map_or(0, |last| panels.range(last).end);
        panels.data = Lines::zeros(length);
        panels
    }

    /// Becomes a full matrix of this shape: zero, or what it was if it had the shape.
    pub(crate) fn shape(&mut self, rows: usize, columns: usize) {
        if (self.rows, self.columns, self.part) != (rows, columns, Part::Full) {
            *self = Self::zeros(rows, columns);
        }
    }

    /// Bytes that a matrix of this shape occupies.
    pub fn bytes(rows: usize, columns: usize) -> u64 {
        Lines::<T>::bytes(rows.next_multiple_of(ROW_GROUP) * columns.div_ceil(T::WIDTH))
    }

    /// Bytes that the upper half of a matrix of this side occupies.
    pub(crate) fn upper_bytes(n: usize) -> u64 {
        let rows = |p: usize| n.min((p + 1) * T::WIDTH).next_multiple_of(ROW_GROUP);
        Lines::<T>::bytes((0..n.div_ceil(T::WIDTH)).map(rows).sum())
    }

    /// The matrix with entries `entry(row, column)`.
    pub fn from_fn(rows: usize, columns: usize, mut entry: impl FnMut(usize, usize) -> T) -> Self {
        let mut panels = Self::zeros(rows, columns);
        for j in 0..columns {
            for i in 0..rows {
                panels.set(i, j, entry(i, j));
            }
        }
        panels
    }

    /// A dense matrix, rounded to this number system.
    pub fn from_dense(matrix: &DMatrix<f64>) -> Self {
        let mut panels = Self::zeros(matrix.nrows(), matrix.ncols());
        panels.copy_from(matrix);
        panels
    }

    /// Overwrites the entries by those of a dense matrix.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn copy_from(&mut self, matrix: &DMatrix<f64>) {
        assert_eq!((self.rows, self.columns), matrix.shape(), "shapes agree");
        self.copy_columns(matrix, 0);
    }

    /// Overwrites the entries by those of as many columns of a dense matrix as there are here, from column `first` on.
    pub(crate) fn copy_columns(&mut self, matrix: &DMatrix<f64>, first: usize) {
        let rows = self.rows;
        if rows == 0 {
            return;
        }
        let columns = &matrix.as_slice()[first * rows..(first + self.columns) * rows];
        let copy = |(panel, columns): (&mut [T::Panel], &[f64])| {
            for (lane, column) in columns.chunks_exact(rows).enumerate() {
                for (row, x) in panel[..rows].iter_mut().zip(column) {
                    row.as_mut()[lane] = T::from_f64(*x);
                }
            }
        };
        let large = columns.len() >= PARALLEL_FROM;
        let panels = self.panels_mut();
        if large {
            panels.into_par_iter().zip(columns.par_chunks(rows * T::WIDTH)).for_each(copy);
        } else {
            panels.into_iter().zip(columns.chunks(rows * T::WIDTH)).for_each(copy);
        }
    }

    /// As a dense matrix in double precision.
    pub fn to_dense(&self) -> DMatrix<f64> {
        let mut matrix = DMatrix::zeros(self.rows, self.columns);
        self.copy_to(&mut matrix);
        matrix
    }

    /// Overwrites the entries of a dense matrix of the same shape.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn copy_to(&self, matrix: &mut DMatrix<f64>) {
        assert_eq!((self.rows, self.columns), matrix.shape(), "shapes agree");
        let rows = self.rows;
        if rows == 0 {
            return;
        }
        let copy = |(p, columns): (usize, &mut [f64])| {
            for (lane, column) in columns.chunks_exact_mut(rows).enumerate() {
                for (x, row) in column.iter_mut().zip(self.panel(p)) {
                    *x = row.as_ref()[lane].to_f64();
                }
            }
        };
        let entries = matrix.as_mut_slice();
        if entries.len() >= PARALLEL_FROM {
            entries.par_chunks_mut(rows * T::WIDTH).enumerate().for_each(copy);
        } else {
            entries.chunks_mut(rows * T::WIDTH).enumerate().for_each(copy);
        }
    }

    /// Number of rows.
    #[inline]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    #[inline]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Entry in row i, column j.
    #[inline]
    pub fn get(&self, i: usize, j: usize) -> T {
        self.panel(j / T::WIDTH)[i].as_ref()[j % T::WIDTH]
    }

    /// Sets the entry in row i, column j.
    #[inline]
    pub fn set(&mut self, i: usize, j: usize, x: T) {
        self.panel_mut(j / T::WIDTH)[i].as_mut()[j % T::WIDTH] = x;
    }

    /// [`Part::Upper`] where the upper half only is held, else [`Part::Full`].
    #[inline]
    pub(crate) fn part(&self) -> Part {
        self.part
    }

    /// Number of panels.
    #[inline]
    pub(crate) fn count(&self) -> usize {
        self.columns.div_ceil(T::WIDTH)
    }

    /// Where panel p is held.
    #[inline]
    fn range(&self, p: usize) -> std::ops::Range<usize> {
        match self.part {
            Part::Upper => {
                let start = p * (p + 1) / 2 * T::WIDTH;
                start..start + self.stride.min((p + 1) * T::WIDTH)
            }
            Part::Full | Part::Lower => p * self.stride..(p + 1) * self.stride,
        }
    }

    /// All allocated rows of panel p.
    #[inline]
    pub(crate) fn panel(&self, p: usize) -> &[T::Panel] {
        &self.data[self.range(p)]
    }

    /// All allocated rows, panel after panel.
    #[inline]
    pub(crate) fn all(&self) -> &[T::Panel] {
        &self.data
    }

    /// All allocated rows of panel p, to be changed.
    #[inline]
    pub(crate) fn panel_mut(&mut self, p: usize) -> &mut [T::Panel] {
        let range = self.range(p);
        &mut self.data[range]
    }

    /// Panel p of a symmetric matrix of which the upper half is held (see [`Panels::symmetrize`]), as a matrix of its own.
    pub(crate) fn whole_panel(&self, p: usize) -> Self {
        let mut whole = Self::zeros(self.rows, T::WIDTH.min(self.columns - p * T::WIDTH));
        let (known, width) = (self.range(p).len(), whole.columns);
        whole.data[..known].copy_from_slice(self.panel(p));
        for q in p + 1..self.count() {
            let rows = &self.panel(q)[p * T::WIDTH..][..width];
            let target = &mut whole.data[q * T::WIDTH..];
            for (k, row) in rows.iter().enumerate() {
                for (target, x) in target.iter_mut().zip(row.as_ref()) {
                    target.as_mut()[k] = *x;
                }
            }
        }
        whole
    }

    /// All panels, to be changed side by side.
    pub(crate) fn panels_mut(&mut self) -> Vec<&mut [T::Panel]> {
        let lengths: Vec<usize> = (0..self.count()).map(|p| self.range(p).len()).collect();
        let mut rest = &mut self.data[..];
        lengths.into_iter().filter_map(|length| rest.split_off_mut(..length)).collect()
    }

    /// Rows of every panel of a full matrix, allocated ones included.
    #[inline]
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// Overwrites row i, rounded to this number system.
    pub(crate) fn set_row(&mut self, i: usize, row: &[f64]) {
        for (p, entries) in row.chunks(T::WIDTH).enumerate() {
            for (x, entry) in self.data[p * self.stride + i].as_mut().iter_mut().zip(entries) {
                *x = T::from_f64(*entry);
            }
        }
    }

    /// Overwrites row i by row `k` of a matrix with as many columns.
    pub(crate) fn copy_row(&mut self, i: usize, other: &Self, k: usize) {
        for p in 0..self.count() {
            self.data[p * self.stride + i] = other.data[p * other.stride + k];
        }
    }

    /// Adds another matrix of the same shape.
    pub(crate) fn add(&mut self, other: &Self) {
        for (x, y) in self.data.iter_mut().zip(other.data.iter()) {
            for (x, y) in x.as_mut().iter_mut().zip(y.as_ref()) {
                *x = x.plus(*y);
            }
        }
    }

    /// `X <- p X + q Y`.
    pub(crate) fn combine(&mut self, p: T, other: &Self, q: T) {
        Arch::new().dispatch(|| {
            for (x, y) in self.data.iter_mut().zip(other.data.iter()) {
                for (x, y) in x.as_mut().iter_mut().zip(y.as_ref()) {
                    *x = p.times(*x).plus(q.times(*y));
                }
            }
        });
    }

    /// `(X, Y) <- (p X + q Y, r X + s Y)`.
    pub(crate) fn mix(&mut self, other: &mut Self, [[p, q], [r, s]]: [[T; 2]; 2]) {
        Arch::new().dispatch(|| {
            for (x, y) in self.data.iter_mut().zip(other.data.iter_mut()) {
                for (x, y) in x.as_mut().iter_mut().zip(y.as_mut()) {
                    (*x, *y) = (p.times(*x).plus(q.times(*y)), r.times(*x).plus(s.times(*y)));
                }
            }
        });
    }

    /// `X <- p X`.
    pub(crate) fn scale(&mut self, p: T) {
        Arch::new().dispatch(|| {
            for x in self.data.iter_mut() {
                x.as_mut().iter_mut().for_each(|x| *x = p.times(*x));
            }
        });
    }

    /// `X <- X + p I`.
    pub(crate) fn add_to_diagonal(&mut self, p: T) {
        for i in 0..self.rows.min(self.columns) {
            self.set(i, i, self.get(i, i).plus(p));
        }
    }

    /// Sets every entry to zero.
    pub fn clear(&mut self) {
        self.data.fill(T::ZEROS);
    }

    /// Fills in what is below the diagonal of a symmetric matrix whose upper part is known, as far as it is held.
    pub fn symmetrize(&mut self) {
        for p in 0..self.count() {
            let rows = p * T::WIDTH..self.columns.min((p + 1) * T::WIDTH);
            // Within the diagonal block, then block by block of the panels before it: row i of panel p is column i of what is below.
            let block = &mut self.panel_mut(p)[rows.clone()];
            for i in 0..block.len() {
                for j in 0..i {
                    block[i].as_mut()[j] = block[j].as_ref()[i];
                }
            }
            if self.part == Part::Upper {
                continue;
            }
            let (before, panel) = self.data.split_at_mut(p * self.stride);
            for (q, column_block) in before.chunks_exact_mut(self.stride).enumerate() {
                let target = &mut column_block[rows.clone()];
                for (k, row) in panel[q * T::WIDTH..(q + 1) * T::WIDTH].iter().enumerate() {
                    for (target, x) in target.iter_mut().zip(row.as_ref()) {
                        target.as_mut()[k] = *x;
                    }
                }
            }
        }
    }

    /// The transposed matrix.
    pub fn transposed(&self) -> Self {
        let mut transposed = Self::zeros(self.columns, self.rows);
        for p in 0..self.count() {
            let width = T::WIDTH.min(self.columns - p * T::WIDTH);
            for (q, rows) in self.panel(p)[..self.rows].chunks(T::WIDTH).enumerate() {
                let target = &mut transposed.panel_mut(q)[p * T::WIDTH..][..width];
                for (k, row) in rows.iter().enumerate() {
                    for (x, target) in row.as_ref().iter().zip(target.iter_mut()) {
                        target.as_mut()[k] = *x;
                    }
                }
            }
        }
        transposed
    }
}

#[cfg(test)]
mod tests {
    use super::super::{add_product, add_transposed_product};
    use super::*;

    /// Bit by bit, and with less space.
    fn half_of_a_symmetric_matrix_serves_as_the_whole<T: Element>() {
        for n in [1, 24, 25, 60, 100, 131] {
            let entry = |i: usize, j: usize| T::from_f64(((i * 131 + j * 71 + i * j) as f64 * 0.618).fract() - 0.5);
            let (x, y) = (Panels::<T>::from_fn(37, n, entry), Panels::from_fn(n, 50, entry));
            let (mut whole, mut half) = (Panels::zeros(n, n), Panels::upper_zeros(n));
            add_transposed_product(&x, &x, Part::Full, &mut whole);
            add_transposed_product(&x, &x, Part::Upper, &mut half);
            half.symmetrize();
            let (mut by_whole, mut by_half) = (Panels::zeros(n, 50), Panels::zeros(n, 50));
            add_product(&whole, &y, Part::Full, &mut by_whole);
            add_product(&half, &y, Part::Full, &mut by_half);
            assert_eq!(by_whole, by_half, "n = {n}");
            let bytes = Lines::<T>::bytes(half.data.len());
            assert_eq!(bytes, Panels::<T>::upper_bytes(n), "n = {n}");
            assert!(n < 5 * T::WIDTH || 3 * bytes < 2 * Panels::<T>::bytes(n, n), "n = {n}");
        }
    }

    #[test]
    fn the_upper_half_of_a_symmetric_matrix_is_enough() {
        half_of_a_symmetric_matrix_serves_as_the_whole::<f64>();
        half_of_a_symmetric_matrix_serves_as_the_whole::<f32>();
    }
}
