//! The Cholesky factor of a symmetric matrix, and division by it. All but the diagonal blocks is tiles of long sums.

use super::{Element, Panels, fitting, lanes, load, map_rows, store, tile_nn, tile_tn, zero};
use pulp::{Arch, Simd, WithSimd};

const WIDTH: usize = 24;
type Line = [f64; WIDTH];

/// A diagonal block, at the edge of a cache line as the rows of a panel are: no vector lies across two.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Block([Line; WIDTH]);

const ZEROS: Line = f64::ZEROS;

/// Contracted indices that stay in the first-level cache while tiles pass by.
const DEPTH: usize = 4 * WIDTH;

/// The upper triangle R with `R'R` = a symmetric positive definite matrix, in the form in which one divides by it.
#[derive(Clone, Debug)]
pub(crate) struct Factor {
    /// `-R` above the diagonal blocks.
    triangle: Panels<f64>,
    /// Inverses of R's diagonal blocks.
    inverse: Vec<Block>,
}

impl Factor {
    /// Space for the factor of an n x n matrix.
    pub(crate) fn new(n: usize) -> Self {
        Self { triangle: Panels::upper_zeros(n), inverse: vec![Block([ZEROS; WIDTH]); n.div_ceil(WIDTH)] }
    }

    /// Becomes the factor of `shift I + scale A`, of which only the upper half is read.
    ///
    /// Returns false, and leaves rubbish, if that is not positive definite to working precision.
    pub(crate) fn decompose(&mut self, matrix: &Panels<f64>, scale: f64, shift: f64) -> bool {
        Arch::new().dispatch(Decompose { factor: self, matrix, scale, shift })
    }

    /// `X <- X (R'R)^(-1)`.
    pub(crate) fn divide(&self, x: &mut Panels<f64>) {
        self.blend(x, 0.0, 1.0);
    }

    /// `X <- p X + q X (R'R)^(-1)`.
    pub(crate) fn blend(&self, x: &mut Panels<f64>, p: f64, q: f64) {
        map_rows(x, [p, q], |rows, _| Arch::new().dispatch(Solve { factor: self, x: rows }));
    }

    /// Space for a matrix as large as the one factored; what is written there costs the factor.
    pub(crate) fn space(&mut self) -> &mut Panels<f64> {
        &mut self.triangle
    }
}

struct Decompose<'a> {
    factor: &'a mut Factor,
    matrix: &'a Panels<f64>,
    scale: f64,
    shift: f64,
}

impl WithSimd for Decompose<'_> {
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> bool {
        if S::REGISTER_COUNT >= 32 { self.tiles::<S, 8, 3>(simd) } else { self.tiles::<S, 6, 2>(simd) }
    }
}

impl Decompose<'_> {
    /// Block row by block row, on *minus* the matrix: what the rows above take from it then adds to it, and its quotient by the diagonal
    /// block is `-R`, which is what is kept.
    #[inline(always)]
    fn tiles<S: Simd, const C: usize, const V: usize>(self, simd: S) -> bool {
        let Self { factor: Factor { triangle, inverse }, matrix, scale, shift } = self;
        let (n, count) = (triangle.columns(), triangle.count());
        for p in 0..count {
            for (x, y) in triangle.panel_mut(p).iter_mut().zip(&matrix.panel(p)[..n.min((p + 1) * WIDTH)]) {
                for (x, y) in x.iter_mut().zip(y.iter()) {
                    *x = -scale * y;
                }
            }
        }
        triangle.add_to_diagonal(-shift);
        let mut panels = triangle.panels_mut();
        for k in 0..count {
            let from = k * WIDTH;
            let size = WIDTH.min(n - from);
            let (before, after) = panels.split_at_mut(k + 1);
            let (above, block) = before[k].split_at_mut(from);
            let above = &above[..];
            Self::add_sums::<S, C, V>(simd, above, above, block, WIDTH);
            for row in &mut block[..size] {
                row.iter_mut().for_each(|x| *x = -*x);
            }
            if !factor_diagonal(&mut block[..size]) {
                return false;
            }
            inverse[k] = inverse_of_diagonal(&block[..size]);
            for (panel, p) in after.iter_mut().zip(k + 1..) {
                let columns = n - p * WIDTH;
                let (known, rest) = panel.split_at_mut(from);
                let (known, block) = (&known[..], &mut rest[..WIDTH]);
                fitting!(
                    f64,
                    S,
                    V,
                    columns,
                    Self::block::<S, C>(simd, (above, known), &inverse[k], block, (size, columns))
                );
            }
        }
        true
    }

    /// `block <- D' (block + A'B)`, D the inverse of the diagonal block.
    #[inline(always)]
    fn block<S: Simd, const C: usize, const V: usize>(
        simd: S,
        (a, b): (&[Line], &[Line]),
        inverse: &Block,
        block: &mut [Line],
        (size, columns): (usize, usize),
    ) {
        Self::add_sums::<S, C, V>(simd, a, b, block, columns);
        Solve::divide::<S, C, V>(simd, inverse, true, block, size, columns);
    }

    /// `block += A'B` of two blocks of rows.
    #[inline(always)]
    fn add_sums<S: Simd, const C: usize, const V: usize>(
        simd: S,
        a: &[Line],
        b: &[Line],
        block: &mut [Line],
        columns: usize,
    ) {
        for (a, b) in a.chunks(DEPTH).zip(b.chunks(DEPTH)) {
            for i in (0..WIDTH).step_by(C) {
                for lane in lanes::<f64, S, V>(columns) {
                    let mut tile = load::<f64, S, C, V>(&block[i..i + C], lane);
                    tile_tn::<f64, S, C, V>(simd, &mut tile, a, i, b, lane);
                    store::<f64, S, C, V>(&mut block[i..i + C], lane, tile);
                }
            }
        }
    }
}

/// `X <- (R'R)^(-1) X`: forward by R', and back by R. A block of rows is that of the right-hand side, less what the known ones give to it, times
/// the inverse of the triangle's diagonal block.
struct Solve<'a> {
    factor: &'a Factor,
    x: &'a mut Panels<f64>,
}

impl WithSimd for Solve<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::REGISTER_COUNT >= 32 { self.tiles::<S, 8, 3>(simd) } else { self.tiles::<S, 6, 2>(simd) }
    }
}

impl Solve<'_> {
    #[inline(always)]
    fn tiles<S: Simd, const C: usize, const V: usize>(self, simd: S) {
        let Self { factor, x } = self;
        let (n, count) = (x.rows(), factor.triangle.count());
        for p in 0..count {
            for from in (0..p * WIDTH).step_by(DEPTH) {
                for s in 0..x.count() {
                    let columns = x.columns() - s * WIDTH;
                    fitting!(f64, S, V, columns, Self::forward::<S, C>(simd, factor, p, from, x.panel_mut(s), columns));
                }
            }
            for s in 0..x.count() {
                let (used, columns) = (WIDTH.min(n - p * WIDTH), x.columns() - s * WIDTH);
                let block = &mut x.panel_mut(s)[p * WIDTH..][..WIDTH];
                fitting!(
                    f64,
                    S,
                    V,
                    columns,
                    Self::divide::<S, C>(simd, &factor.inverse[p], true, block, used, columns)
                );
            }
        }
        for p in (0..count).rev() {
            for q in (p + 1..count).step_by(DEPTH / WIDTH) {
                for s in 0..x.count() {
                    let columns = x.columns() - s * WIDTH;
                    fitting!(
                        f64,
                        S,
                        V,
                        columns,
                        Self::back::<S, C>(simd, factor, p, q, &mut x.panel_mut(s)[..], (n, columns))
                    );
                }
            }
            for s in 0..x.count() {
                let (used, columns) = (WIDTH.min(n - p * WIDTH), x.columns() - s * WIDTH);
                let block = &mut x.panel_mut(s)[p * WIDTH..][..WIDTH];
                fitting!(
                    f64,
                    S,
                    V,
                    columns,
                    Self::divide::<S, C>(simd, &factor.inverse[p], false, block, used, columns)
                );
            }
        }
    }

    /// What some rows before block p, from `from` on, give to it.
    #[inline(always)]
    fn forward<S: Simd, const C: usize, const V: usize>(
        simd: S,
        factor: &Factor,
        p: usize,
        from: usize,
        x: &mut [Line],
        columns: usize,
    ) {
        let (known, block) = x.split_at_mut(p * WIDTH);
        let known = &known[from..(from + DEPTH).min(p * WIDTH)];
        let triangle = &factor.triangle.panel(p)[from..][..known.len()];
        for i in (0..WIDTH).step_by(C) {
            for lane in lanes::<f64, S, V>(columns) {
                let mut tile = load::<f64, S, C, V>(&block[i..i + C], lane);
                tile_tn::<f64, S, C, V>(simd, &mut tile, triangle, i, known, lane);
                store::<f64, S, C, V>(&mut block[i..i + C], lane, tile);
            }
        }
    }

    /// What some blocks after block p, from block q on, give to it.
    #[inline(always)]
    fn back<S: Simd, const C: usize, const V: usize>(
        simd: S,
        factor: &Factor,
        p: usize,
        q: usize,
        x: &mut [Line],
        (n, columns): (usize, usize),
    ) {
        let (before, known) = x[..n].split_at_mut(q * WIDTH);
        let block = &mut before[p * WIDTH..][..WIDTH];
        for i in (0..WIDTH).step_by(C) {
            for lane in lanes::<f64, S, V>(columns) {
                let mut tile = load::<f64, S, C, V>(&block[i..i + C], lane);
                for (known, q) in known[..].chunks(WIDTH).take(DEPTH / WIDTH).zip(q..) {
                    let triangle = &factor.triangle.panel(q)[p * WIDTH + i..][..C];
                    tile_nn::<f64, S, C, V>(simd, &mut tile, triangle, 0, known, lane);
                }
                store::<f64, S, C, V>(&mut block[i..i + C], lane, tile);
            }
        }
    }

    /// `X <- D X`, or `D' X`, for the inverse D of a diagonal block, an upper triangle.
    #[inline(always)]
    fn divide<S: Simd, const C: usize, const V: usize>(
        simd: S,
        inverse: &Block,
        transposed: bool,
        x: &mut [Line],
        used: usize,
        columns: usize,
    ) {
        let mut quotient = Block([ZEROS; WIDTH]);
        for i in (0..used).step_by(C) {
            for lane in lanes::<f64, S, V>(columns) {
                let mut tile = zero::<f64, S, C, V>(simd);
                if transposed {
                    let to = (i + C).min(used);
                    tile_tn::<f64, S, C, V>(simd, &mut tile, &inverse.0[..to], i, &x[..to], lane);
                } else {
                    tile_nn::<f64, S, C, V>(simd, &mut tile, &inverse.0[i..i + C], i, &x[i..used], lane);
                }
                store::<f64, S, C, V>(&mut quotient.0[i..i + C], lane, tile);
            }
        }
        x[..used].copy_from_slice(&quotient.0[..used]);
    }
}

/// Overwrites a block by its upper factor; false if a pivot is not positive.
#[inline(always)]
fn factor_diagonal(block: &mut [Line]) -> bool {
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
            for (x, y) in block[i].iter_mut().zip(row.iter()) {
                *x -= factor * y;
            }
        }
    }
    true
}

/// Inverse of an upper triangle of at most [`WIDTH`] rows, row after row from the last; what lies beyond is zero.
#[inline(always)]
fn inverse_of_diagonal(block: &[Line]) -> Block {
    let n = block.len();
    let mut inverse = Block([ZEROS; WIDTH]);
    for i in (0..n).rev() {
        let mut row = ZEROS;
        row[i] = 1.0;
        for k in i + 1..n {
            let factor = block[i][k];
            for (x, y) in row.iter_mut().zip(inverse.0[k].iter()) {
                *x -= factor * y;
            }
        }
        row.iter_mut().for_each(|x| *x /= block[i][i]);
        inverse.0[i] = row;
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::{Part, add_transposed_product};
    use nalgebra::DMatrix;

    fn sample(rows: usize, columns: usize) -> DMatrix<f64> {
        // A fixed full matrix without structure: fractional parts of multiples of the golden ratio.
        DMatrix::from_fn(rows, columns, |i, j| {
            ((i * 131 + j * 71 + i * j) as f64 * 0.618_033_988_749_895).fract() - 0.5
        })
    }

    #[test]
    fn a_quotient_times_its_divisor_is_the_dividend() {
        for (rows, n) in [(1, 1), (5, 3), (24, 24), (7, 25), (80, 48), (100, 100), (300, 131)] {
            let a = Panels::from_dense(&(sample(n, n) + DMatrix::identity(n, n)));
            let mut gram = Panels::zeros(n, n);
            add_transposed_product(&a, &a, Part::Upper, &mut gram);
            let mut factor = Factor::new(n);
            assert!(factor.decompose(&gram, 2.0, 0.5), "n = {n}");
            let gram = gram.to_dense();
            let divisor =
                DMatrix::from_fn(n, n, |i, j| 2.0 * gram[(i.min(j), i.max(j))] + if i == j { 0.5 } else { 0.0 });
            let x = sample(rows, n);
            let mut quotient = Panels::from_dense(&x);
            factor.divide(&mut quotient);
            let mut blended = Panels::from_dense(&x);
            factor.blend(&mut blended, -2.0, 3.0);
            let quotient = quotient.to_dense();
            assert_eq!(blended.to_dense(), &x * -2.0 + &quotient * 3.0, "n = {n}");
            // X = Y R, Y = Z R': componentwise |E| <= 2 (n + 1) eps |Z||R'||R| (Higham, theorem 10.4), R that of the textbook.
            let r = divisor.clone().cholesky().unwrap().l().transpose();
            let rounding = (4 * n + 8) as f64 * f64::EPSILON;
            let error = (&quotient * &divisor - &x).abs();
            let bound = quotient.abs() * r.transpose().abs() * r.abs() * rounding;
            assert!(error.iter().zip(bound.iter()).all(|(e, b)| e <= b), "n = {n}");
        }
    }

    #[test]
    fn an_indefinite_matrix_has_no_factor() {
        let mut matrix = Panels::from_dense(&DMatrix::identity(40, 40));
        matrix.set(33, 33, -1e-3);
        assert!(!Factor::new(40).decompose(&matrix, 1.0, 0.0));
        assert!(Factor::new(40).decompose(&matrix, 1.0, 0.01));
        matrix.set(2, 2, f64::NAN);
        assert!(!Factor::new(40).decompose(&matrix, 1.0, 1.0));
    }
}
