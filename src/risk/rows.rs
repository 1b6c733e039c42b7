//! Blocks of samples as they are held, and as products see them.

use crate::product::{Element, Lines, Panels};

/// Some rows of the inputs, held without padding: panels for the columns that fill them, and the others row by row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Block<T: Element> {
    full: Panels<T>,
    /// The columns beyond the full panels, row after row.
    rest: Vec<T>,
    dimension: usize,
}

impl<T: Element> Block<T> {
    /// No rows.
    pub(super) fn none() -> Self {
        Self::zeros(0, 0)
    }

    /// Becomes a block of this shape, of arbitrary content.
    pub(super) fn shape(&mut self, rows: usize, dimension: usize) {
        if (self.len(), self.dimension) != (rows, dimension) {
            *self = Self::zeros(rows, dimension);
        }
    }

    /// Rows of zeros.
    pub(super) fn zeros(rows: usize, dimension: usize) -> Self {
        let rest = dimension % T::WIDTH;
        Self { full: Panels::zeros(rows, dimension - rest), rest: vec![T::default(); rows * rest], dimension }
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.full.rows()
    }

    /// Bytes that so many rows occupy.
    pub(super) fn bytes(rows: usize, dimension: usize) -> u64 {
        // Itself, and what an allocator keeps beside two pieces.
        const ASIDE: usize = 128;
        let rest = dimension % T::WIDTH;
        let beside = (rows * rest * size_of::<T>() + if rows > 0 { size_of::<Self>() + ASIDE } else { 0 }) as u64;
        Panels::<T>::bytes(rows, dimension - rest).saturating_add(beside)
    }

    /// Entry in row i, column j.
    pub(super) fn get(&self, i: usize, j: usize) -> T {
        let (full, rest) = (self.full.columns(), self.dimension % T::WIDTH);
        if j < full { self.full.get(i, j) } else { self.rest[i * rest + j - full] }
    }

    /// Overwrites row i, rounded to this number system.
    pub(super) fn set_row(&mut self, i: usize, row: &[f64]) {
        let (full, rest) = row.split_at(self.full.columns());
        self.full.set_row(i, full);
        for (x, entry) in self.rest[i * rest.len()..].iter_mut().zip(rest) {
            *x = T::from_f64(*entry);
        }
    }

    /// Overwrites row i by row k of a block with as many columns.
    pub(super) fn copy_row(&mut self, i: usize, other: &Self, k: usize) {
        let rest = self.dimension % T::WIDTH;
        self.full.copy_row(i, &other.full, k);
        self.rest[i * rest..(i + 1) * rest].copy_from_slice(&other.rest[k * rest..(k + 1) * rest]);
    }

    /// All panels; `last` is space for one that is not full.
    pub(super) fn rows<'a>(&'a self, last: &'a mut Lines<T>) -> Rows<'a, T> {
        let rest = self.dimension % T::WIDTH;
        last.resize(if rest > 0 { self.full.stride() } else { 0 });
        if rest > 0 {
            last.fill(T::ZEROS);
            for (row, entries) in last.iter_mut().zip(self.rest.chunks_exact(rest)) {
                row.as_mut()[..rest].copy_from_slice(entries);
            }
        }
        Rows {
            full: self.full.all(),
            last,
            stride: self.full.stride(),
            rows: self.full.rows(),
            columns: self.dimension,
        }
    }
}

/// A block of rows as products want it: panels, the last one filled up with zeros.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows<'a, T: Element> {
    /// All full panels, one after the other.
    full: &'a [T::Panel],
    last: &'a [T::Panel],
    stride: usize,
    rows: usize,
    columns: usize,
}

impl<'a, T: Element> Rows<'a, T> {
    /// Number of rows.
    #[inline(always)]
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    #[inline(always)]
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// Rows of every panel, padding included.
    #[inline(always)]
    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    /// Number of panels.
    #[inline(always)]
    pub(super) fn count(&self) -> usize {
        self.columns.div_ceil(T::WIDTH)
    }

    /// All rows of panel p.
    #[inline(always)]
    pub(super) fn panel(&self, p: usize) -> &'a [T::Panel] {
        self.full.get(p * self.stride..(p + 1) * self.stride).unwrap_or(self.last)
    }
}
