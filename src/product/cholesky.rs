//! Cholesky factor and inverse of a triangle, left-looking by panels: all but the diagonal blocks is tiles of long sums.

use super::{Panels, lanes, store, tile_nn, tile_tn, zero};
use pulp::{Arch, Simd, WithSimd};

const WIDTH: usize = 24;
type Row = [f64; WIDTH];

/// Overwrites the upper half of a symmetric positive definite matrix by R, `R'R` = the matrix; clears the lower half.
///
/// Returns false, and leaves rubbish, if the matrix is not positive definite to working precision.
pub(crate) fn cholesky(matrix: &mut Panels<f64>) -> bool {
    let n = matrix.columns();
    debug_assert_eq!(matrix.rows(), n);
    let mut sums = vec![[0.0; WIDTH]; WIDTH];
    for k in 0..matrix.count() {
        let from = k * WIDTH;
        let size = WIDTH.min(n - from);
        let mut inverse = [[0.0; WIDTH]; WIDTH];
        for p in k..matrix.count() {
            Arch::new().dispatch(BlockSum {
                a: &matrix.panel(k)[..from],
                b: &matrix.panel(p)[..from],
                sums: &mut sums,
            });
            let block = &mut matrix.panel_mut(p)[from..from + size];
            for (row, sum) in block.iter_mut().zip(&sums) {
                for (x, s) in row.iter_mut().zip(sum) {
                    *x -= s;
                }
            }
            if p == k {
                if !Arch::new().dispatch(|| factor_diagonal(block)) {
                    return false;
                }
                inverse = Arch::new().dispatch(|| inverse_of_diagonal(block));
            } else {
                Arch::new().dispatch(|| apply_transposed(&inverse, block));
            }
        }
    }
    for p in 0..matrix.count() {
        let below = ((p + 1) * WIDTH).min(n);
        matrix.panel_mut(p)[below..].fill([0.0; WIDTH]);
    }
    true
}

/// Overwrites `inverse` by the inverse of an upper triangle with nonzero diagonal.
pub(crate) fn triangular_inverse(triangle: &Panels<f64>, inverse: &mut Panels<f64>) {
    let n = triangle.columns();
    inverse.clear();
    let mut sums: Vec<Row> = Vec::new();
    for p in 0..triangle.count() {
        let from = p * WIDTH;
        let size = WIDTH.min(n - from);
        let block = &triangle.panel(p)[from..from + size];
        let diagonal = Arch::new().dispatch(|| inverse_of_diagonal(block));
        sums.clear();
        sums.resize(from, [0.0; WIDTH]);
        Arch::new().dispatch(TriangleTimes { a: inverse, b: &triangle.panel(p)[..from], sums: &mut sums });
        let column = inverse.panel_mut(p);
        Arch::new().dispatch(|| {
            for (row, sum) in column.iter_mut().zip(&sums) {
                *row = row_times(sum, &diagonal);
            }
        });
        column[from..from + size].copy_from_slice(&diagonal[..size]);
    }
}

/// Overwrites `product` by that of two upper triangles.
pub(crate) fn triangle_product(a: &Panels<f64>, b: &Panels<f64>, product: &mut Panels<f64>) {
    product.clear();
    for p in 0..b.count() {
        let rows = b.rows().min((p + 1) * WIDTH);
        let padded = rows.next_multiple_of(WIDTH);
        let sums = &mut product.panel_mut(p)[..padded];
        Arch::new().dispatch(TriangleTimes { a, b: &b.panel(p)[..padded], sums });
    }
}

/// `sum += V'V` for an upper triangle V, on and above the diagonal.
pub(crate) fn add_triangle_gram(v: &Panels<f64>, sum: &mut Panels<f64>) {
    let mut sums = vec![[0.0; WIDTH]; WIDTH];
    for p in 0..v.count() {
        for q in 0..=p {
            let rows = v.rows().min((q + 1) * WIDTH);
            Arch::new().dispatch(BlockSum { a: &v.panel(q)[..rows], b: &v.panel(p)[..rows], sums: &mut sums });
            for (row, added) in sum.panel_mut(p)[q * WIDTH..rows].iter_mut().zip(&sums) {
                for (x, y) in row.iter_mut().zip(added) {
                    *x += y;
                }
            }
        }
    }
}

/// `A'B` of two blocks of rows.
struct BlockSum<'a> {
    a: &'a [Row],
    b: &'a [Row],
    sums: &'a mut [Row],
}

impl WithSimd for BlockSum<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::REGISTER_COUNT >= 32 { self.tiles::<S, 8, 3>(simd) } else { self.tiles::<S, 6, 2>(simd) }
    }
}

impl BlockSum<'_> {
    #[inline(always)]
    fn tiles<S: Simd, const C: usize, const V: usize>(self, simd: S) {
        for i in (0..WIDTH).step_by(C) {
            for lane in lanes::<f64, S, V>(WIDTH) {
                let mut tile = zero::<f64, S, C, V>(simd);
                tile_tn::<f64, S, C, V>(simd, &mut tile, self.a, i, self.b, lane);
                store::<f64, S, C, V>(&mut self.sums[i..i + C], lane, tile);
            }
        }
    }
}

/// `A B` for an upper triangle A of as many rows as `sums` has, and one panel B.
struct TriangleTimes<'a> {
    a: &'a Panels<f64>,
    b: &'a [Row],
    sums: &'a mut [Row],
}

impl WithSimd for TriangleTimes<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::REGISTER_COUNT >= 32 { self.tiles::<S, 8, 3>(simd) } else { self.tiles::<S, 6, 2>(simd) }
    }
}

impl TriangleTimes<'_> {
    #[inline(always)]
    fn tiles<S: Simd, const C: usize, const V: usize>(self, simd: S) {
        for i in (0..self.sums.len()).step_by(C) {
            for lane in lanes::<f64, S, V>(WIDTH) {
                let mut tile = zero::<f64, S, C, V>(simd);
                for k in (i / WIDTH * WIDTH..self.b.len()).step_by(WIDTH) {
                    let a = &self.a.panel(k / WIDTH)[i..i + C];
                    tile_nn::<f64, S, C, V>(simd, &mut tile, a, &self.b[k..k + WIDTH], lane);
                }
                store::<f64, S, C, V>(&mut self.sums[i..i + C], lane, tile);
            }
        }
    }
}

#[inline(always)]
fn factor_diagonal(block: &mut [Row]) -> bool {
    let n = block.len();
    for k in 0..n {
        let pivot = block[k][k];
        if !(pivot > 0.0 && pivot.is_finite()) {
            return false;
        }
        let root = pivot.sqrt();
        let mut row = block[k];
        row.iter_mut().for_each(|x| *x /= root);
        row[..k].fill(0.0);
        block[k] = row;
        for i in k + 1..n {
            let factor = row[i];
            for (x, y) in block[i].iter_mut().zip(&row) {
                *x -= factor * y;
            }
        }
    }
    true
}

/// Inverse of an upper triangle of at most [`WIDTH`] rows, row after row from the last; what lies beyond is zero.
#[inline(always)]
fn inverse_of_diagonal(block: &[Row]) -> [Row; WIDTH] {
    let n = block.len();
    let mut inverse = [[0.0; WIDTH]; WIDTH];
    for i in (0..n).rev() {
        let mut row = [0.0; WIDTH];
        row[i] = 1.0;
        for k in i + 1..n {
            let factor = block[i][k];
            for (x, y) in row.iter_mut().zip(&inverse[k]) {
                *x -= factor * y;
            }
        }
        row.iter_mut().for_each(|x| *x /= block[i][i]);
        inverse[i] = row;
    }
    inverse
}

/// `-row matrix`.
#[inline(always)]
fn row_times(row: &Row, matrix: &[Row; WIDTH]) -> Row {
    let mut product = [0.0; WIDTH];
    for (factor, row) in row.iter().zip(matrix) {
        for (x, y) in product.iter_mut().zip(row) {
            *x -= factor * y;
        }
    }
    product
}

/// `block <- inverse' block`.
#[inline(always)]
fn apply_transposed(inverse: &[Row; WIDTH], block: &mut [Row]) {
    for i in (0..block.len()).rev() {
        let mut row = [0.0; WIDTH];
        for k in 0..=i {
            let factor = inverse[k][i];
            for (x, y) in row.iter_mut().zip(&block[k]) {
                *x += factor * y;
            }
        }
        block[i] = row;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::{Part, add_product, add_transposed_product};
    use nalgebra::DMatrix;

    fn sample(n: usize) -> DMatrix<f64> {
        // A fixed full matrix without structure: fractional parts of multiples of the golden ratio.
        DMatrix::from_fn(n, n, |i, j| ((i * 131 + j * 71 + i * j) as f64 * 0.618_033_988_749_895).fract() - 0.5)
    }

    #[test]
    fn the_factor_reproduces_the_matrix_and_its_inverse_is_one() {
        for n in [1, 3, 24, 25, 48, 100, 131] {
            let a = Panels::from_dense(&(sample(n) + DMatrix::identity(n, n)));
            let mut gram = Panels::zeros(n, n);
            add_transposed_product(&a, &a, Part::Full, &mut gram);
            let gram_panels = gram;
            let mut r = gram_panels.clone();
            assert!(cholesky(&mut r), "n = {n}");
            let (r_dense, gram) = (r.to_dense(), gram_panels.to_dense());
            assert_eq!(r_dense, r_dense.upper_triangle());
            // Componentwise |R'R - A| <= (n + 1) eps |R'||R| (Higham, theorem 10.3).
            let error = (r_dense.transpose() * &r_dense - &gram).abs();
            let bound = r_dense.transpose().abs() * r_dense.abs() * ((2 * n + 2) as f64 * f64::EPSILON);
            assert!(error.iter().zip(bound.iter()).all(|(e, b)| e <= b), "n = {n}");
            let mut inverse = Panels::zeros(n, n);
            triangular_inverse(&r, &mut inverse);
            let mut product = Panels::zeros(n, n);
            add_product(&inverse, &r, Part::Upper, &mut product);
            let error = (product.to_dense() - DMatrix::identity(n, n)).abs();
            let bound = inverse.to_dense().abs() * r_dense.abs() * ((2 * n + 2) as f64 * f64::EPSILON);
            assert!((error - bound).max() <= 0.0, "n = {n}");
            let (mut whole, mut half) = (Panels::zeros(n, n), Panels::zeros(n, n));
            add_product(&inverse, &r, Part::Full, &mut whole);
            triangle_product(&inverse, &r, &mut half);
            assert_eq!(whole.to_dense(), half.to_dense(), "zeros add nothing, n = {n}");
            let (mut whole, mut half) = (gram_panels.clone(), gram_panels.clone());
            add_transposed_product(&r, &r, Part::Full, &mut whole);
            add_triangle_gram(&r, &mut half);
            let error = (whole.to_dense() - half.to_dense()).upper_triangle().abs();
            let bound = (r_dense.transpose().abs() * r_dense.abs() + gram.abs()) * ((2 * n + 2) as f64 * f64::EPSILON);
            assert!((error - bound).max() <= 0.0, "n = {n}");
        }
    }

    #[test]
    fn an_indefinite_matrix_has_no_factor() {
        let mut matrix = Panels::from_dense(&DMatrix::identity(40, 40));
        matrix.set(33, 33, -1e-3);
        assert!(!cholesky(&mut matrix));
        matrix = Panels::from_dense(&DMatrix::identity(40, 40));
        matrix.set(2, 2, f64::NAN);
        assert!(!cholesky(&mut matrix));
    }
}
