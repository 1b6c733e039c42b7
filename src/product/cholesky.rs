//! The Cholesky factor of a symmetric matrix, and division by it. All but the diagonal blocks is tiles of long sums.

use super::{Element, Panels, lanes, load, store, tile_nn, tile_tn, vectors, zero};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

const WIDTH: usize = 24;
type Row = [f64; WIDTH];
type Block = [Row; WIDTH];

/// Contracted indices that stay in the first-level cache while tiles pass by.
const DEPTH: usize = 4 * WIDTH;

/// Rows that stay in the second-level cache while the triangle passes by, times their length.
const RESIDENT: usize = 96 * 384;

/// Divisions of fewer entries than this are not worth a second thread.
const PARALLEL_FROM: usize = 1 << 15;

/// The upper triangle R with `R'R` = a symmetric positive definite matrix, in the form in which one divides by it.
#[derive(Clone, Debug)]
pub(crate) struct Factor {
    /// `-R` above the diagonal blocks, `-R'` below them.
    triangle: Panels<f64>,
    /// Inverses of R's diagonal blocks.
    inverse: Vec<Block>,
    /// Their transposes.
    inverse_transposed: Vec<Block>,
}

impl Factor {
    /// Space for the factor of an n x n matrix.
    pub(crate) fn new(n: usize) -> Self {
        let blocks = vec![[[0.0; WIDTH]; WIDTH]; n.div_ceil(WIDTH)];
        Self { triangle: Panels::zeros(n, n), inverse: blocks.clone(), inverse_transposed: blocks }
    }

    /// Becomes the factor of `shift I + scale A`, of which only the upper half is read.
    ///
    /// Returns false, and leaves rubbish, if that is not positive definite to working precision.
    pub(crate) fn decompose(&mut self, matrix: &Panels<f64>, scale: f64, shift: f64) -> bool {
        let (n, count) = (self.triangle.columns(), self.triangle.count());
        for p in 0..count {
            for (x, y) in self.triangle.panel_mut(p).iter_mut().zip(&matrix.panel(p)[..n.min((p + 1) * WIDTH)]) {
                *x = y.map(|y| scale * y);
            }
        }
        self.triangle.add_to_diagonal(shift);
        let mut sums = [[0.0; WIDTH]; WIDTH];
        for k in 0..count {
            let from = k * WIDTH;
            let size = WIDTH.min(n - from);
            for p in k..count {
                let (a, b) = (&self.triangle.panel(k)[..from], &self.triangle.panel(p)[..from]);
                Arch::new().dispatch(BlockSum { a, b, sums: &mut sums });
                let block = &mut self.triangle.panel_mut(p)[from..from + size];
                for (row, sum) in block.iter_mut().zip(&sums) {
                    for (x, s) in row.iter_mut().zip(sum) {
                        *x -= s;
                    }
                }
                if p > k {
                    Arch::new().dispatch(|| negate_and_divide(&self.inverse[k], block));
                } else if Arch::new().dispatch(|| factor_diagonal(block)) {
                    self.inverse[k] = Arch::new().dispatch(|| inverse_of_diagonal(block));
                } else {
                    return false;
                }
            }
        }
        for (inverse, transposed) in self.inverse.iter().zip(&mut self.inverse_transposed) {
            transpose(inverse, transposed);
        }
        // The diagonal blocks are in `inverse`; what stands there is not read.
        self.triangle.symmetrize();
        true
    }

    /// `X <- X (R'R)^(-1)`.
    pub(crate) fn divide(&self, x: &mut Panels<f64>) {
        for_each_row_block(x, |rows, used, _| self.divide_rows(rows, used));
    }

    /// `X <- p X + q X (R'R)^(-1)`, some rows at a time: no second X is needed.
    pub(crate) fn blend(&self, x: &mut Panels<f64>, p: f64, q: f64) {
        for_each_row_block(x, |rows, used, space| {
            space.clear();
            rows.iter().for_each(|panel| space.extend_from_slice(panel));
            let mut quotient: Vec<&mut [Row]> = space.chunks_mut(rows.first().map_or(1, |panel| panel.len())).collect();
            self.divide_rows(&mut quotient, used);
            Arch::new().dispatch(|| {
                for (x, y) in rows.iter_mut().flat_map(|panel| panel.iter_mut()).zip(quotient.into_iter().flatten()) {
                    for (x, y) in x.iter_mut().zip(y.iter()) {
                        *x = p * *x + q * *y;
                    }
                }
            });
        });
    }

    /// Space for a matrix as large as the one factored; what is written there costs the factor.
    pub(crate) fn space(&mut self) -> &mut Panels<f64> {
        &mut self.triangle
    }

    /// Some rows, by R and then by R'.
    fn divide_rows(&self, rows: &mut [&mut [Row]], used: usize) {
        let (count, n) = (self.triangle.count(), self.triangle.columns());
        for p in 0..count {
            let (before, after) = rows.split_at_mut(p);
            Arch::new().dispatch(Divide {
                quotients: (before as &[_], 0..p),
                triangle: &self.triangle.panel(p)[..n],
                inverse: &self.inverse[p],
                upper: true,
                x: after[0],
                rows: used,
                columns: n - p * WIDTH,
            });
        }
        for p in (0..count).rev() {
            let (before, after) = rows.split_at_mut(p + 1);
            Arch::new().dispatch(Divide {
                quotients: (after as &[_], p + 1..count),
                triangle: &self.triangle.panel(p)[..n],
                inverse: &self.inverse_transposed[p],
                upper: false,
                x: before[p],
                rows: used,
                columns: n - p * WIDTH,
            });
        }
    }
}

/// Shows `each` the panels of some rows at a time, on all threads where it pays, with space to use.
fn for_each_row_block(x: &mut Panels<f64>, each: impl Fn(&mut [&mut [Row]], usize, &mut Vec<Row>) + Sync) {
    let (stride, all, entries) = (x.stride(), x.rows(), x.rows() * x.columns());
    if entries == 0 {
        return;
    }
    let rows = (RESIDENT / x.columns()).max(WIDTH).next_multiple_of(WIDTH);
    let mut blocks: Vec<Vec<&mut [Row]>> = (0..all.div_ceil(rows)).map(|_| Vec::new()).collect();
    for panel in x.data_mut().chunks_exact_mut(stride) {
        for (block, rows) in blocks.iter_mut().zip(panel.chunks_mut(rows)) {
            block.push(rows);
        }
    }
    let used = |b: usize| rows.min(all - b * rows);
    if entries < PARALLEL_FROM || rayon::current_num_threads() == 1 {
        let mut space = Vec::new();
        blocks.iter_mut().enumerate().for_each(|(b, block)| each(block, used(b), &mut space));
    } else {
        blocks.par_iter_mut().enumerate().for_each_init(Vec::new, |space, (b, block)| each(block, used(b), space));
    }
}

/// `A'B` of two blocks of rows.
struct BlockSum<'a> {
    a: &'a [Row],
    b: &'a [Row],
    sums: &'a mut Block,
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
        *self.sums = [[0.0; WIDTH]; WIDTH];
        for (a, b) in self.a.chunks(DEPTH).zip(self.b.chunks(DEPTH)) {
            for i in (0..WIDTH).step_by(C) {
                for lane in lanes::<f64, S, V>(WIDTH) {
                    let mut tile = load::<f64, S, C, V>(&self.sums[i..i + C], lane);
                    tile_tn::<f64, S, C, V>(simd, &mut tile, a, i, b, lane);
                    store::<f64, S, C, V>(&mut self.sums[i..i + C], lane, tile);
                }
            }
        }
    }
}

/// One panel of some rows of a quotient: `x <- (x + sum_q Y_q T_q) D`, with Y the panels of the quotient that are known, T what the
/// triangle has beside its diagonal block, negated, and D the inverse of that block.
struct Divide<'a, 'b> {
    /// Known panels, and which they are.
    quotients: (&'a [&'b mut [Row]], std::ops::Range<usize>),
    triangle: &'a [Row],
    inverse: &'a Block,
    /// The inverse is an upper triangle; else a lower one.
    upper: bool,
    x: &'a mut [Row],
    /// Rows in use.
    rows: usize,
    /// Columns in use of this panel, or more.
    columns: usize,
}

impl WithSimd for Divide<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match (S::REGISTER_COUNT >= 32, vectors::<f64, S>(self.columns)) {
            (true, 1) => self.tiles::<S, 8, 1>(simd),
            (true, 2) => self.tiles::<S, 8, 2>(simd),
            (true, _) => self.tiles::<S, 8, 3>(simd),
            (false, _) => self.tiles::<S, 6, 2>(simd),
        }
    }
}

impl Divide<'_, '_> {
    #[inline(always)]
    fn tiles<S: Simd, const C: usize, const V: usize>(self, simd: S) {
        let Self { quotients: (panels, which), triangle, inverse, upper, x, rows, columns } = self;
        for (panels, first) in panels.chunks(DEPTH / WIDTH).zip(which.step_by(DEPTH / WIDTH)) {
            for i in (0..rows).step_by(C) {
                for lane in lanes::<f64, S, V>(columns) {
                    let mut tile = load::<f64, S, C, V>(&x[i..i + C], lane);
                    for (panel, q) in panels.iter().zip(first..) {
                        let b = &triangle[q * WIDTH..triangle.len().min((q + 1) * WIDTH)];
                        tile_nn::<f64, S, C, V>(simd, &mut tile, &panel[i..i + C], 0, b, lane);
                    }
                    store::<f64, S, C, V>(&mut x[i..i + C], lane, tile);
                }
            }
        }
        let mut quotient = [[0.0; WIDTH]; C];
        let width = WIDTH / f64::vectors::<S>(&[0.0; WIDTH]).len();
        for i in (0..rows).step_by(C) {
            for lane in lanes::<f64, S, V>(columns) {
                let mut tile = zero::<f64, S, C, V>(simd);
                let (from, to) = if upper { (0, (lane + V) * width) } else { (lane * width, WIDTH) };
                let b = &inverse[from..to.min(columns)];
                tile_nn::<f64, S, C, V>(simd, &mut tile, &x[i..i + C], from, b, lane);
                store::<f64, S, C, V>(&mut quotient, lane, tile);
            }
            x[i..i + C].copy_from_slice(&quotient);
        }
    }
}

/// Overwrites a block by its upper factor; false if a pivot is not positive.
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
fn inverse_of_diagonal(block: &[Row]) -> Block {
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

fn transpose(block: &Block, transposed: &mut Block) {
    for (i, row) in block.iter().enumerate() {
        for (target, x) in transposed.iter_mut().zip(row) {
            target[i] = *x;
        }
    }
}

/// `block <- -inverse' block`.
#[inline(always)]
fn negate_and_divide(inverse: &Block, block: &mut [Row]) {
    for i in (0..block.len()).rev() {
        let mut row = [0.0; WIDTH];
        for k in 0..=i {
            let factor = inverse[k][i];
            for (x, y) in row.iter_mut().zip(&block[k]) {
                *x -= factor * y;
            }
        }
        block[i] = row;
    }
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
