use super::{Panels, Part, add_product, add_transposed_product};
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
    fn large_entries_are_one_chain_of_fused_operations() {
        let (a, b) = (matrix(7, 100, 1), matrix(100, 8, 2));
        let chain = |i: usize, j: usize| (0..100).fold(0.0, |sum, k| libm::fma(a[(i, k)], b[(k, j)], sum));
        let product = dense_product(&a, &b);
        assert!((0..7).all(|i| (0..8).all(|j| product[(i, j)] == chain(i, j))));
    }
}
