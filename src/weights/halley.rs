//! Polar factor by the dynamically weighted Halley iteration (QDWH; [Nakatsukasa2010]), `derivations/polar-factor.md`:
//!
//! `X <- X (a I + b X'X)(I + c X'X)^(-1) = (b/c) X + (a - b/c) X (I + c X'X)^(-1)`,
//!
//! which moves all singular values from `[l, 1]` towards 1 as fast as a rational function of type (3, 2) can; a, b, c follow from
//! l. It is backward stable when the division is, and the Cholesky factor of `I + c X'X` is well-conditioned for `c <= 100`. A small l would
//! ask for more; it gets c = 100 until all singular values are large, at a factor of 19 a step. Everything is products.
//!
//! How small the smallest singular value is, is measured as soon as it is large enough for the Gram matrix to know. If it was
//! too close to the rank tolerance at the beginning, this file declines, and [`super::polar`] decides what the rank is.
//!
//! [Nakatsukasa2010]: crate::derivations#references

use super::polar::{power_of_two_below, rank_tolerance};
use crate::product::{Factor, Panels, Part, transposed_product};
use nalgebra::DMatrix;

/// Up to this weight the Cholesky factor is stable: `derivations/polar-factor.md`, halley-weights.
const LARGEST_WEIGHT: f64 = 100.0;

/// The l whose best weight is that.
const SMALLEST_AIM: f64 = 0.048_291_561;

/// Below this, the Gram matrix does not know a singular value: its square must stay well above `n ulp(1)`.
const RESOLVED: f64 = 1e-5;

/// Iterations from the rank tolerance; the theory needs 12.
const MOST_ITERATIONS: usize = 20;

/// Below this smaller dimension an SVD is as fast.
pub(super) const SMALL: usize = 8;

/// Computes polar factors, and keeps the space that this needs.
#[derive(Clone, Debug, Default)]
pub(super) struct Halley {
    space: Option<Box<Space>>,
}

#[derive(Clone, Debug)]
struct Space {
    x: Panels<f64>,
    /// What X is divided into.
    quotient: Panels<f64>,
    /// Upper half of `X'X`.
    gram: Panels<f64>,
    factor: Factor,
}

impl Halley {
    /// Replaces a matrix by its polar factor; false, and no change, where it is small or too close to rank deficient for this method.
    ///
    /// The entries must be finite.
    pub(super) fn polar_factor(&mut self, matrix: &mut DMatrix<f64>) -> bool {
        let (rows, columns) = matrix.shape();
        if rows.min(columns) < SMALL {
            return false;
        }
        if rows < columns {
            let mut tall = matrix.transpose();
            let found = self.polar_factor(&mut tall);
            if found {
                tall.transpose_to(matrix);
            }
            return found;
        }
        if self.space.as_ref().is_none_or(|space| (space.x.rows(), space.x.columns()) != (rows, columns)) {
            self.space = Some(Box::new(Space::new(rows, columns)));
        }
        let space = self.space.as_mut().expect("there is space now");
        let found = space.iterate(matrix);
        if found {
            space.x.copy_to(matrix);
        }
        found
    }
}

impl Space {
    fn new(rows: usize, n: usize) -> Self {
        let (x, quotient) = (Panels::zeros(rows, n), Panels::zeros(rows, n));
        Self { x, quotient, gram: Panels::zeros(n, n), factor: Factor::new(n) }
    }

    /// Makes X the polar factor, or says that it cannot.
    fn iterate(&mut self, matrix: &DMatrix<f64>) -> bool {
        let (rows, n) = matrix.shape();
        self.x.copy_from(matrix);
        // By a power of two first, so that squares neither overflow nor underflow.
        self.scale(1.0 / power_of_two_below(matrix.amax()));
        self.update_gram();
        let largest = largest_singular_value(&self.gram);
        if !(largest.is_finite() && largest > 0.0) {
            return false;
        }
        self.scale(1.0 / largest);
        self.update_gram();
        // What has become of a singular value at the rank tolerance.
        let mut tolerance = rank_tolerance(rows, n, 1.0);
        let mut smallest = None;
        for _ in 0..MOST_ITERATIONS {
            let l = match smallest {
                Some(l) => l,
                None => match self.smallest_singular_value() {
                    // Close to the tolerance it is for the singular values themselves to say on which side they are.
                    Some(l) if l < 8.0 * tolerance => return false,
                    Some(l) => l,
                    None if 8.0 * tolerance > RESOLVED => return false,
                    None => 0.0,
                },
            };
            let weights = Weights::for_interval(l.max(SMALLEST_AIM));
            if !self.step(&weights) {
                return false;
            }
            tolerance = weights.image(tolerance);
            smallest = (l > 0.0).then(|| weights.image(l));
            self.update_gram();
            // The smallest singular value is an estimate: what counts is what came out.
            if smallest.is_some_and(|l| 1.0 - l <= CONVERGED) && self.is_orthonormal() {
                return true;
            }
        }
        false
    }

    fn update_gram(&mut self) {
        transposed_product(&self.x, &self.x, Part::Upper, &mut self.gram);
    }

    fn scale(&mut self, factor: f64) {
        self.x.data_mut().iter_mut().flatten().for_each(|x| *x *= factor);
    }

    fn step(&mut self, weights: &Weights) -> bool {
        if !self.factor.decompose(&self.gram, weights.c, 1.0) {
            return false;
        }
        self.quotient.data_mut().copy_from_slice(self.x.data());
        self.factor.divide(&mut self.quotient);
        self.factor.divide_transposed(&mut self.quotient);
        let p = weights.b / weights.c;
        let q = weights.a - p;
        for (x, y) in self.x.data_mut().iter_mut().flatten().zip(self.quotient.data().iter().flatten()) {
            *x = p * *x + q * y;
        }
        true
    }

    /// A little less than the smallest singular value of X, by inverse iteration with the factor of its Gram matrix; `None` where
    /// that is too small for the Gram matrix to know.
    fn smallest_singular_value(&mut self) -> Option<f64> {
        const ROUNDS: usize = 3;
        let n = self.gram.columns();
        if !self.factor.decompose(&self.gram, 1.0, 0.0) {
            return None;
        }
        // A panel's worth of starts costs as much as one: fractional parts of multiples of the golden ratio, without structure.
        let entry = |i: usize, j: usize| ((i * n + j) as f64 * 0.618_033_988_749_895).fract() - 0.5;
        let mut starts = Panels::from_fn(n.min(24), n, entry);
        let mut largest_inverse = 0.0_f64;
        for round in 0..ROUNDS {
            let before = squares_of_rows(&starts);
            self.factor.divide(&mut starts);
            self.factor.divide_transposed(&mut starts);
            for (after, before) in squares_of_rows(&starts).into_iter().zip(before) {
                largest_inverse = largest_inverse.max(after / before);
            }
            if round + 1 < ROUNDS {
                let scale = 1.0 / largest_inverse.sqrt();
                starts.data_mut().iter_mut().flatten().for_each(|x| *x *= scale);
            }
        }
        // ||G^(-1) v||/||v|| of many v after some rounds falls short of 1/s^2 by a few per cent at most, where it counts.
        let smallest = 0.8 / largest_inverse.sqrt().sqrt();
        (smallest.is_finite() && smallest >= RESOLVED).then_some(smallest)
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
}

/// An image of the smallest singular value that is 1 but for the rounding of the weights.
const CONVERGED: f64 = 8.0 * f64::EPSILON;

fn squares_of_rows(x: &Panels<f64>) -> Vec<f64> {
    let mut squares = vec![0.0; x.rows()];
    for p in 0..x.count() {
        for (square, row) in squares.iter_mut().zip(x.panel(p)) {
            *square += row.iter().map(|x| x * x).sum::<f64>();
        }
    }
    squares
}

/// About the largest singular value of X from the upper half of `X'X`: what the power method finds, with room for what it falls short by, and
/// at most what the row sums allow.
fn largest_singular_value(gram: &Panels<f64>) -> f64 {
    const ROUNDS: usize = 5;
    let n = gram.columns();
    let mut bound = 0.0_f64;
    let mut x = vec![1.0; n];
    let mut found = 0.0;
    for round in 0..=ROUNDS {
        let mut y = vec![0.0; n];
        for p in 0..gram.count() {
            let columns = p * 24..n.min((p + 1) * 24);
            for (i, row) in gram.panel(p)[..columns.end].iter().enumerate() {
                for (j, g) in columns.clone().zip(row).skip(i.saturating_sub(columns.start)) {
                    // The first round is that of absolute row sums.
                    let g = if round == 0 { g.abs() } else { *g };
                    y[i] += g * x[j];
                    if i < j {
                        y[j] += g * x[i];
                    }
                }
            }
        }
        if round == 0 {
            bound = y.iter().fold(0.0, |m: f64, s| m.max(*s));
            // A start that is not orthogonal to anything in particular.
            x = (0..n).map(|i| 1.0 + 0.5 * (0.618_033_988_749_895 * i as f64).fract()).collect();
            found = 0.0;
        } else {
            let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
            found = norm(&y) / norm(&x);
            let scale = 1.0 / bound;
            x = y.into_iter().map(|y| y * scale).collect();
        }
    }
    bound.min(1.2 * found).sqrt()
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
        let l2 = (l * l).min(1.0);
        let d = libm::cbrt(4.0 * (1.0 - l2) / (l2 * l2));
        let root = (1.0 + d).sqrt();
        let a = root + 0.5 * (8.0 - 4.0 * d + 8.0 * (2.0 - l2) / (l2 * root)).max(0.0).sqrt();
        let b = 0.25 * (a - 1.0) * (a - 1.0);
        let c = a + b - 1.0;
        debug_assert!(c <= LARGEST_WEIGHT * 1.001);
        Self { a, b, c }
    }

    /// What becomes of the singular value `s`.
    fn image(&self, s: f64) -> f64 {
        s * (self.a + self.b * s * s) / (1.0 + self.c * s * s)
    }
}
