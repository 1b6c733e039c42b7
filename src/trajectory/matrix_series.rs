use crate::product::{Panels, Part, add_product, add_transposed_product};
use crate::scalar::Scalar;
use nalgebra::DMatrix;
use std::ops::Range;

/// Up to this size of its smaller side a matrix is multiplied entry by entry, where a product of series is a convolution of neighbours in
/// memory; beyond, order by order, in packed products.
const SMALL: usize = 5;

/// A matrix of polynomials in local time, of one degree: the coefficients of each entry lie side by side, lowest order first.
#[derive(Clone, Debug, Default)]
pub(super) struct MatrixSeries {
    rows: usize,
    columns: usize,
    orders: usize,
    capacity: usize,
    coefficients: Vec<f64>,
    /// The same order by order, of matrices that are not small.
    packed: Option<Vec<Panels<f64>>>,
}

impl MatrixSeries {
    /// No coefficient yet; there will be up to `capacity`.
    pub(super) fn new(rows: usize, columns: usize, capacity: usize) -> Self {
        let packed = (rows.min(columns) > SMALL).then(Vec::new);
        Self { rows, columns, orders: 0, capacity, coefficients: vec![0.0; rows * columns * capacity], packed }
    }

    /// Forgets all coefficients.
    pub(super) fn clear(&mut self) {
        self.orders = 0;
        self.packed.iter_mut().for_each(Vec::clear);
    }

    /// The coefficient of the next order.
    pub(super) fn push(&mut self, matrix: &DMatrix<f64>) {
        self.push_with(|i, j| matrix[(i, j)]);
    }

    /// The same, entry by entry.
    pub(super) fn push_with(&mut self, mut entry: impl FnMut(usize, usize) -> f64) {
        for j in 0..self.columns {
            for i in 0..self.rows {
                self.coefficients[(i + j * self.rows) * self.capacity + self.orders] = entry(i, j);
            }
        }
        self.orders += 1;
        let panels = self.packed.is_some().then(|| Panels::from_dense(&self.order(self.orders - 1)));
        self.packed.iter_mut().zip(panels).for_each(|(packed, panels)| packed.push(panels));
    }

    /// Number of coefficients.
    pub(super) fn orders(&self) -> usize {
        self.orders
    }

    /// Rows of every coefficient.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The polynomial in row i, column j.
    pub(super) fn entry(&self, i: usize, j: usize) -> &[f64] {
        let first = (i + j * self.rows) * self.capacity;
        &self.coefficients[first..first + self.orders]
    }

    /// The coefficient of order k.
    pub(super) fn order(&self, k: usize) -> DMatrix<f64> {
        DMatrix::from_fn(self.rows, self.columns, |i, j| self.entry(i, j)[k])
    }

    /// The largest entry of the coefficient of order k in absolute value; infinite if one is not finite.
    pub(super) fn size(&self, k: usize) -> f64 {
        let entries = self.coefficients.chunks_exact(self.capacity.max(1)).map(|entry| entry[k].abs());
        entries.fold(0.0, |size: f64, x| if x.is_finite() { size.max(x) } else { f64::INFINITY })
    }

    /// The value at local time `s`, by Horner.
    pub(super) fn at(&self, s: f64) -> DMatrix<f64> {
        DMatrix::from_fn(self.rows, self.columns, |i, j| {
            self.entry(i, j).iter().rev().fold(0.0, |value, coefficient| value * s + coefficient)
        })
    }

    /// The coefficient of order k of `A' B`.
    pub(super) fn transposed_product(&self, other: &Self, k: usize) -> DMatrix<f64> {
        if let (Some(a), Some(b)) = (&self.packed, &other.packed) {
            let mut sum = Panels::zeros(self.columns, other.columns);
            for i in 0..=k {
                add_transposed_product(&a[i], &b[k - i], Part::Full, &mut sum);
            }
            return sum.to_dense();
        }
        DMatrix::from_fn(self.columns, other.columns, |i, j| {
            (0..self.rows).map(|l| f64::convolve(self.entry(l, i), other.entry(l, j), k)).sum()
        })
    }

    /// The coefficient of order k of `A B`.
    pub(super) fn product(&self, other: &Self, k: usize) -> DMatrix<f64> {
        if let (Some(a), Some(b)) = (&self.packed, &other.packed) {
            let mut sum = Panels::zeros(self.rows, other.columns);
            for i in 0..=k {
                add_product(&a[i], &b[k - i], Part::Full, &mut sum);
            }
            return sum.to_dense();
        }
        DMatrix::from_fn(self.rows, other.columns, |i, j| {
            (0..self.columns).map(|l| f64::convolve(self.entry(i, l), other.entry(l, j), k)).sum()
        })
    }

    /// The sum of the squares of the entries in some rows, a polynomial of the same degree.
    pub(super) fn squares(&self, rows: Range<usize>) -> Vec<f64> {
        let mut sum = vec![0.0; self.orders];
        for j in 0..self.columns {
            for i in rows.clone() {
                let entry = self.entry(i, j);
                for (k, c) in sum.iter_mut().enumerate() {
                    *c += f64::convolve(entry, entry, k);
                }
            }
        }
        sum
    }

    /// The square of the length of `W'x`, a polynomial of the same degree.
    pub(super) fn square_along(&self, x: &[f64]) -> Vec<f64> {
        let mut sum = vec![0.0; self.orders];
        let mut along = vec![0.0; self.orders];
        for j in 0..self.columns {
            along.fill(0.0);
            for (i, x) in x.iter().enumerate().filter(|(_, x)| **x != 0.0) {
                along.iter_mut().zip(self.entry(i, j)).for_each(|(c, term)| *c += x * term);
            }
            for (k, c) in sum.iter_mut().enumerate() {
                *c += f64::convolve(&along, &along, k);
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::Stream;

    fn series(rows: usize, columns: usize, seed: u64) -> MatrixSeries {
        let mut series = MatrixSeries::new(rows, columns, 4);
        for k in 0..4 {
            let mut matrix = DMatrix::zeros(rows, columns);
            Stream::Start.of(seed + k).fill(0, matrix.as_mut_slice());
            series.push(&matrix);
        }
        series
    }

    /// Sums of `terms` products of numbers of order 1, in some order.
    fn close(found: &DMatrix<f64>, expected: &DMatrix<f64>, terms: usize) {
        let distance = (found - expected).amax();
        assert!(distance <= 32.0 * terms as f64 * f64::EPSILON, "{distance:e}");
    }

    #[test]
    fn products_of_small_and_of_packed_series_are_sums_of_products_of_their_orders() {
        for (rows, columns) in [(2, 2), (3, 9), (9, 3), (1, 40), (40, 1), (12, 8), (8, 30)] {
            let (a, b) = (series(rows, columns, 10), series(rows, columns, 20));
            let expected =
                (0..4).fold(DMatrix::zeros(columns, columns), |sum, i| sum + a.order(i).tr_mul(&b.order(3 - i)));
            close(&a.transposed_product(&b, 3), &expected, 4 * rows);
            let c = series(columns, rows, 30);
            let expected = (0..4).fold(DMatrix::zeros(rows, rows), |sum, i| sum + a.order(i) * c.order(3 - i));
            close(&a.product(&c, 3), &expected, 4 * columns);
        }
    }

    #[test]
    fn squares_and_values_are_those_of_the_polynomials() {
        let a = series(3, 2, 1);
        let x = [0.5, 0.0, -2.0];
        let at = |k: usize, s: f64| s.powi(k as i32);
        for s in [0.0, 0.25, -1.0] {
            let value = (0..4).fold(DMatrix::zeros(3, 2), |sum, k| sum + a.order(k) * at(k, s));
            close(&a.at(s), &value, 4);
        }
        let square = |k: usize| (0..=k).map(|i| a.order(i).rows(1, 2).dot(&a.order(k - i).rows(1, 2))).sum::<f64>();
        let along = |k: usize| a.order(k).tr_mul(&DMatrix::from_column_slice(3, 1, &x));
        for k in 0..4 {
            assert!((a.squares(1..3)[k] - square(k)).abs() <= 64.0 * f64::EPSILON);
            let expected: f64 = (0..=k).map(|i| along(i).dot(&along(k - i))).sum();
            assert!((a.square_along(&x)[k] - expected).abs() <= 256.0 * f64::EPSILON);
        }
    }
}
