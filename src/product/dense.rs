use super::{Element, Panels, Part, add_product, add_transposed_product, product_here};
use nalgebra::DMatrix;

/// Up to this size of one of its sides a product is nalgebra's own loops, whose bits are fixed as well; beyond, nalgebra would hand it to a
/// library that chooses its kernel by the machine.
const SMALL: usize = 5;

/// `A B` with fixed bits.
///
/// # Panics
/// When the shapes do not fit.
pub fn dense_product(a: &DMatrix<f64>, b: &DMatrix<f64>) -> DMatrix<f64> {
    if a.nrows().min(a.ncols()).min(b.ncols()) <= SMALL {
        return a * b;
    }
    let mut product = Panels::<f64>::zeros(a.nrows(), b.ncols());
    add_product(&Panels::from_dense(a), &Panels::from_dense(b), Part::Full, &mut product);
    product.to_dense()
}

/// `A' B` with fixed bits.
///
/// # Panics
/// When the shapes do not fit.
pub fn dense_transposed_product(a: &DMatrix<f64>, b: &DMatrix<f64>) -> DMatrix<f64> {
    if a.nrows().min(a.ncols()).min(b.ncols()) <= SMALL {
        return a.tr_mul(b);
    }
    let mut product = Panels::<f64>::zeros(a.ncols(), b.ncols());
    add_transposed_product(&Panels::from_dense(a), &Panels::from_dense(b), Part::Full, &mut product);
    product.to_dense()
}

/// Rows of [`multiply_by_transposed`] at a time.
const ROWS: usize = 96;

/// `A <- A B'` with the bits of [`dense_product`], some rows at a time: no second A is needed.
///
/// # Panics
/// When B is not square or A has not as many columns.
pub(crate) fn multiply_by_transposed(a: &mut DMatrix<f64>, b: &DMatrix<f64>) {
    let (rows, n) = a.shape();
    assert_eq!(b.shape(), (n, n), "B is square, with a side as long as a row of A");
    if rows.min(n) <= SMALL {
        *a = &*a * b.transpose();
        return;
    }
    const WIDTH: usize = <f64 as Element>::WIDTH;
    for first in (0..rows).step_by(ROWS) {
        let count = ROWS.min(rows - first);
        let some = Panels::<f64>::from_fn(count, n, |i, k| a[(first + i, k)]);
        for column in (0..n).step_by(WIDTH) {
            let width = WIDTH.min(n - column);
            let panel = Panels::from_fn(n, width, |k, j| b[(column + j, k)]);
            let mut image = Panels::zeros(count, width);
            product_here(&some, &panel, &mut image);
            for (i, j) in (0..count).flat_map(|i| (0..width).map(move |j| (i, j))) {
                a[(first + i, column + j)] = image.get(i, j);
            }
        }
    }
}

/// Bytes that [`multiply_by_transposed`] takes meanwhile for rows of this length.
pub(crate) fn transposed_bytes(columns: usize) -> u64 {
    2 * Panels::<f64>::bytes(ROWS, columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: usize, columns: usize, seed: u64) -> DMatrix<f64> {
        let mut matrix = DMatrix::zeros(rows, columns);
        crate::scalar::Stream::Start.of(seed).fill(0, matrix.as_mut_slice());
        matrix
    }

    /// Every entry of a product is a sum of `terms` products, in some order, with or without fused operations.
    fn close(found: &DMatrix<f64>, expected: &DMatrix<f64>, terms: usize) {
        let distance = (found - expected).amax();
        assert!(distance <= 16.0 * terms as f64 * f64::EPSILON * expected.amax().max(1.0), "{distance:e}");
    }

    #[test]
    fn on_either_side_of_the_threshold_a_product_is_the_product() {
        for (rows, inner, columns) in
            [(1, 9, 1), (5, 40, 9), (6, 6, 6), (9, 1, 9), (30, 7, 50), (50, 50, 5), (64, 64, 64)]
        {
            let (a, b) = (matrix(rows, inner, 1), matrix(inner, columns, 2));
            close(&dense_product(&a, &b), &(&a * &b), inner);
            close(&dense_transposed_product(&a.transpose(), &b), &(&a * &b), inner);
        }
    }

    #[test]
    fn in_place_a_product_has_the_same_bits() {
        for (rows, n) in [(1, 1), (3, 9), (9, 3), (6, 6), (97, 24), (200, 131), (20, 60)] {
            let (a, b) = (matrix(rows, n, 1), matrix(n, n, 2));
            let mut product = a.clone();
            multiply_by_transposed(&mut product, &b);
            assert_eq!(product, dense_product(&a, &b.transpose()), "{rows} x {n}");
        }
    }

    #[test]
    fn large_entries_are_one_chain_of_fused_operations() {
        let (a, b) = (matrix(7, 100, 1), matrix(100, 8, 2));
        let chain = |i: usize, j: usize| (0..100).fold(0.0, |sum, k| libm::fma(a[(i, k)], b[(k, j)], sum));
        let product = dense_product(&a, &b);
        assert!((0..7).all(|i| (0..8).all(|j| product[(i, j)] == chain(i, j))));
    }
}
