//! Polar factor of a matrix of full rank by the dynamically weighted Halley iteration (QDWH; Nakatsukasa, Bai, Gygi 2010):
//!
//! `X <- X (a I + b X'X)(I + c X'X)^(-1) = (b/c) X + (a - b/c) X (I + c X'X)^(-1)`,
//!
//! which moves all singular values from `[l, 1]` towards 1 as fast as a rational function of type (3, 2) can; a, b, c follow from
//! l. It is backward stable when the inverse is. For `c <= 100` a Cholesky factor of `I + c X'X` does; above, it would lose
//! a factor c, so the columns of `[sqrt(c) X; I]` are made orthonormal instead, by Cholesky factors twice over (the condition
//! number is sqrt(c), and twice is enough up to 10^7). Everything is products: the fast ones of [`crate::product`].
//!
//! How ill-conditioned the matrix is, is measured first, by inverse iteration with the Cholesky factor of its Gram matrix. Beyond
//! [`CONDITION`] this file declines, and the SVD of [`super::polar`] decides what the rank is.

use crate::product::{
    Panels, Part, add_product, add_triangle_gram, cholesky, product, symmetrize, transposed_product, triangle_product,
    triangular_inverse,
};
use nalgebra::{DMatrix, DVector};

/// Largest condition number taken on: its square must stay well below `1/(n ulp(1))` for a Cholesky factor to exist.
const CONDITION: f64 = 1e6;

/// Up to this weight the Cholesky factor alone is stable (Nakatsukasa and Higham 2012).
const STABLE_WEIGHT: f64 = 100.0;

/// Iterations from the worst condition number; the theory needs 5.
const MOST_ITERATIONS: usize = 9;

/// Below this smaller dimension an SVD is as fast.
const SMALL: usize = 8;

/// The polar factor, or `None` where the matrix is small, not finite, or too close to rank deficient for this method.
pub(super) fn polar_factor(matrix: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let (rows, columns) = matrix.shape();
    if rows.min(columns) < SMALL || !matrix.iter().all(|x| x.is_finite()) {
        return None;
    }
    if rows < columns {
        return polar_factor(&matrix.transpose()).map(|factor| factor.transpose());
    }
    let mut state = Iteration::new(matrix);
    let spread = Spread::of(&state.gram)?;
    let scale = 1.0 / spread.largest;
    scale_all(&mut state.x, scale);
    scale_all(&mut state.gram, scale * scale);
    let mut smallest = spread.smallest * scale;
    for _ in 0..MOST_ITERATIONS {
        let weights = Weights::for_interval(smallest);
        let done = if weights.c <= STABLE_WEIGHT { state.step(&weights) } else { state.careful_step(&weights) };
        if !done {
            return None;
        }
        smallest = weights.image(smallest);
        state.update_gram();
        // The estimate of the smallest singular value can be too large: what counts is what came out.
        if 1.0 - smallest <= CONVERGED && state.is_orthonormal() {
            return Some(state.x.to_dense());
        }
    }
    None
}

/// An image of the smallest singular value that is 1 but for the rounding of the weights.
const CONVERGED: f64 = 8.0 * f64::EPSILON;

fn scale_all(x: &mut Panels<f64>, factor: f64) {
    x.data_mut().iter_mut().flatten().for_each(|entry| *entry *= factor);
}

/// Extreme singular values, from outside the largest and from around the smallest.
struct Spread {
    largest: f64,
    smallest: f64,
}

impl Spread {
    /// Rounds of (inverse) iteration: an estimate within a factor of two of either extreme is enough.
    const ROUNDS: usize = 4;

    fn of(gram: &Panels<f64>) -> Option<Self> {
        let n = gram.columns();
        let mut factor = gram.clone();
        if !cholesky(&mut factor) {
            return None;
        }
        let r = factor.to_dense();
        // ||R||_2^2 <= ||R||_1 ||R||_inf bounds the largest singular value from above; the power method comes from below.
        let column_sums = (0..n).map(|j| r.column(j).iter().map(|x| x.abs()).sum::<f64>()).fold(0.0, f64::max);
        let row_sums = (0..n).map(|i| r.row(i).iter().map(|x| x.abs()).sum::<f64>()).fold(0.0, f64::max);
        let above = (column_sums * row_sums).sqrt();
        let start = DVector::from_fn(n, |i, _| 1.0 + 0.5 * (0.618_033_988_749_895 * i as f64).fract());
        let (mut up, mut down) = (start.clone(), start);
        let (mut largest, mut smallest) = (0.0, 0.0);
        for _ in 0..Self::ROUNDS {
            up = r.tr_mul(&(&r * (&up / up.norm())));
            largest = up.norm().sqrt();
            down /= down.norm();
            if !(r.tr_solve_upper_triangular_mut(&mut down) && r.solve_upper_triangular_mut(&mut down)) {
                return None;
            }
            smallest = 1.0 / down.norm().sqrt();
        }
        // The power method's shortfall after four rounds from a generic start is far below a fifth; values above 1 do no harm.
        let spread = Self { largest: above.min(1.2 * largest), smallest: 0.8 * smallest };
        (spread.smallest * CONDITION >= spread.largest).then_some(spread)
    }
}

/// Coefficients of one iteration.
struct Weights {
    a: f64,
    b: f64,
    c: f64,
}

impl Weights {
    /// Best weights for singular values in [l, 1].
    fn for_interval(l: f64) -> Self {
        let l2 = l * l;
        let d = libm::cbrt(4.0 * (1.0 - l2) / (l2 * l2));
        let root = (1.0 + d).sqrt();
        let a = root + 0.5 * (8.0 - 4.0 * d + 8.0 * (2.0 - l2) / (l2 * root)).max(0.0).sqrt();
        let b = 0.25 * (a - 1.0) * (a - 1.0);
        Self { a, b, c: a + b - 1.0 }
    }

    /// What becomes of the singular value `s`.
    fn image(&self, s: f64) -> f64 {
        s * (self.a + self.b * s * s) / (1.0 + self.c * s * s)
    }
}

/// The iterate, its Gram matrix, and room for what comes between, so that no iteration allocates.
struct Iteration {
    x: Panels<f64>,
    next: Panels<f64>,
    gram: Panels<f64>,
    inverse: Panels<f64>,
    turned: Panels<f64>,
}

impl Iteration {
    /// The matrix, scaled by a power of two to entries of at most about 1.
    fn new(matrix: &DMatrix<f64>) -> Self {
        let (rows, n) = matrix.shape();
        let square = || Panels::zeros(n, n);
        let mut x = Panels::from_dense(matrix);
        scale_all(&mut x, 1.0 / super::polar::power_of_two_below(matrix.amax()));
        let mut state = Self { x, next: Panels::zeros(rows, n), gram: square(), inverse: square(), turned: square() };
        state.update_gram();
        state
    }

    /// Upper half of `X'X`.
    fn update_gram(&mut self) {
        transposed_product(&self.x, &self.x, Part::Upper, &mut self.gram);
    }

    /// `||X'X - I||_F` is a rounding: that of n sums of m products in each of n columns, no errors aligned.
    fn is_orthonormal(&self) -> bool {
        let (rows, n) = (self.x.rows() as f64, self.gram.columns());
        let square = |i: usize, j: usize| {
            let excess = self.gram.get(i, j) - f64::from(i == j);
            excess * excess
        };
        let off: f64 = (0..n).map(|j| (0..j).map(|i| square(i, j)).sum::<f64>()).sum();
        let on: f64 = (0..n).map(|j| square(j, j)).sum();
        (2.0 * off + on).sqrt() <= 4.0 * (rows * n as f64).sqrt() * f64::EPSILON
    }

    /// R with `R'R = I + c X'X` in place of the Gram matrix, and its inverse.
    fn factor(&mut self, c: f64) -> bool {
        scale_all(&mut self.gram, c);
        for i in 0..self.gram.rows() {
            self.gram.set(i, i, self.gram.get(i, i) + 1.0);
        }
        self.invert_factor()
    }

    fn invert_factor(&mut self) -> bool {
        let exists = cholesky(&mut self.gram);
        if exists {
            triangular_inverse(&self.gram, &mut self.inverse);
        }
        exists
    }

    /// `X <- X V`, V the inverse factor.
    fn apply_inverse(&mut self) {
        product(&self.x, &self.inverse, Part::Upper, &mut self.next);
    }

    /// One iteration with a Cholesky factor, `(I + c X'X)^(-1) = V V'`.
    fn step(&mut self, weights: &Weights) -> bool {
        if !self.factor(weights.c) {
            return false;
        }
        self.apply_inverse();
        self.finish(weights.b / weights.c, weights.a - weights.b / weights.c);
        true
    }

    /// One iteration with orthonormal columns: `[sqrt(c) X; I] = [Q_1; Q_2] R`, and `sqrt(c) X (I + c X'X)^(-1) = Q_1 Q_2'`.
    fn careful_step(&mut self, weights: &Weights) -> bool {
        let root = weights.c.sqrt();
        if !self.factor(weights.c) {
            return false;
        }
        self.apply_inverse();
        scale_all(&mut self.next, root);
        // Once more: what the first factor left is I + O(c ulp), and its factor repairs that to rounding.
        transposed_product(&self.next, &self.next, Part::Upper, &mut self.gram);
        add_triangle_gram(&self.inverse, &mut self.gram);
        let mut lower = self.inverse.clone();
        if !self.invert_factor() {
            return false;
        }
        let x = self.x.clone();
        std::mem::swap(&mut self.x, &mut self.next);
        self.apply_inverse();
        self.x = x;
        triangle_product(&lower, &self.inverse, &mut self.turned);
        std::mem::swap(&mut lower, &mut self.turned);
        self.inverse = lower;
        self.finish(weights.b / weights.c, (weights.a - weights.b / weights.c) / root);
        true
    }

    /// `X <- p X + q Y V'`, with Y in `next` and V in `inverse`.
    fn finish(&mut self, p: f64, q: f64) {
        self.inverse.transpose_into(q, &mut self.turned);
        scale_all(&mut self.x, p);
        add_product(&self.next, &self.turned, Part::Lower, &mut self.x);
    }
}

/// `||U'U - I||_F` (of the shorter side): how far a polar factor is from orthonormal columns or rows.
pub(super) fn orthogonality_error(factor: &DMatrix<f64>) -> f64 {
    let tall = if factor.nrows() < factor.ncols() { factor.transpose() } else { factor.clone() };
    let tall = Panels::<f64>::from_dense(&tall);
    let mut gram = Panels::zeros(tall.columns(), tall.columns());
    transposed_product(&tall, &tall, Part::Upper, &mut gram);
    symmetrize(&mut gram);
    (gram.to_dense() - DMatrix::identity(tall.columns(), tall.columns())).norm()
}
