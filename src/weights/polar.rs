//! Polar factor `U V'` and spectral functions `U f(Sigma) V'` of a dense matrix.
//!
//! Polar factors are made of products where the rank is plain (`derivations/polar-factor.md`), everything else of the singular value
//! decomposition. Both are backward stable at any condition number, which forming `G'G` would not be. What it cannot tell from zero is
//! zero: singular values up to [`rank_tolerance`] belong to the kernel and stay there, as the compact SVD of
//! `derivations/spectral-descent.md` demands.

use super::deflation::Deflated;
use super::halley::{self, Halley};
use super::series::distance_from_identity;
use crate::product::{
    Panels, Part, add_transposed_product, dense_product, dense_transposed_product, multiply_by_transposed,
};
use nalgebra::DMatrix;
use pulp::Arch;

/// Why a matrix or a coefficient has no spectral function.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpectralError {
    /// An entry is infinite or NaN.
    #[error("an entry is not finite")]
    NotFinite,
    /// The sign of a coefficient's gradient is needed and lies within its enclosure.
    #[error("the sign of the gradient of coefficient {coefficient} cannot be decided")]
    UndecidedSign {
        /// Which one (0 is the signal).
        coefficient: usize,
    },
    /// The SVD spent its iterations.
    #[error("the singular value decomposition of a {rows} x {columns} matrix did not converge")]
    NoConvergence {
        /// Rows.
        rows: usize,
        /// Columns.
        columns: usize,
    },
}

/// Singular values up to `max(rows, columns) ulp(1) sigma_max` are numerically zero: the size of the SVD's own rounding.
pub fn rank_tolerance(rows: usize, columns: usize, largest: f64) -> f64 {
    rows.max(columns) as f64 * f64::EPSILON * largest
}

/// The polar factor `U V'` of `U Sigma V'` (compact SVD).
///
/// # Errors
/// An entry that is not finite, no convergence.
pub fn polar_factor(matrix: &DMatrix<f64>) -> Result<DMatrix<f64>, SpectralError> {
    let mut factor = matrix.clone();
    PolarFactor::lean().replace(&mut factor)?;
    Ok(factor)
}

/// Computes polar factors, and keeps the space that this needs, unless it is [`PolarFactor::lean`].
///
/// Matrices of full rank take a fast way made of products, at any condition number; so does what is plainly of lower rank, reduced to what
/// it has of full rank; and what is neither, the SVD.
#[derive(Clone, Debug, Default)]
pub struct PolarFactor {
    halley: Halley,
    low_rank: Halley,
}

impl PolarFactor {
    /// One that keeps nothing, and holds as little as it can meanwhile.
    pub fn lean() -> Self {
        Self { halley: Halley::lean(), low_rank: Halley::lean() }
    }

    /// Replaces a matrix by its polar factor.
    ///
    /// # Errors
    /// An entry that is not finite, no convergence.
    pub fn replace(&mut self, matrix: &mut DMatrix<f64>) -> Result<(), SpectralError> {
        let largest = largest_entry(matrix);
        if !largest.is_finite() {
            return Err(SpectralError::NotFinite);
        }
        if self.halley.polar_factor(matrix, largest) || self.of_low_rank(matrix, largest) {
            return Ok(());
        }
        map_singular_values(matrix, |_| Some(1.0))?;
        polish(matrix);
        Ok(())
    }

    /// A matrix whose rank is plainly smaller than its sides, by the part of it that has full rank.
    fn of_low_rank(&mut self, matrix: &mut DMatrix<f64>, largest: f64) -> bool {
        if matrix.nrows().min(matrix.ncols()) == 1 || largest == 0.0 {
            return false;
        }
        let wide = matrix.nrows() < matrix.ncols();
        // By a power of two first, so that squares neither overflow nor underflow.
        let scaled = (if wide { matrix.transpose() } else { matrix.clone() }) / power_of_two_below(largest);
        let Some(deflated) = Deflated::new(scaled) else { return false };
        let mut full = deflated.full.clone();
        let largest = largest_entry(&full);
        if !self.low_rank.polar_factor(&mut full, largest) {
            // Too few rows for that method are few enough for the SVD.
            if full.nrows() >= halley::SMALL || map_singular_values(&mut full, |_| Some(1.0)).is_err() {
                return false;
            }
        }
        let factor = deflated.inflate(&full);
        if wide {
            factor.transpose_to(matrix)
        } else {
            matrix.copy_from(&factor)
        }
        true
    }
}

/// `X <- X (3 I - X'X)/2`: removes the rounding of an SVD, a square for a distance, from singular values that are 1; 0 stays.
fn polish(factor: &mut DMatrix<f64>) {
    let tall = factor.nrows() >= factor.ncols();
    let gram = if tall { dense_transposed_product(factor, factor) } else { dense_product(factor, &factor.transpose()) };
    let side = gram.nrows();
    let correction = DMatrix::identity(side, side) * 1.5 - gram * 0.5;
    *factor = if tall { dense_product(factor, &correction) } else { dense_product(&correction, factor) };
}

/// `U Sigma V' -> U f(Sigma) V'` for the singular values above the rank tolerance, in place; the others become 0.
///
/// # Errors
/// An entry that is not finite, an f that gives `None`, no convergence.
pub fn map_singular_values(
    matrix: &mut DMatrix<f64>,
    mut f: impl FnMut(&f64) -> Option<f64>,
) -> Result<(), SpectralError> {
    let (rows, columns) = matrix.shape();
    let largest = largest_entry(matrix);
    if !largest.is_finite() {
        return Err(SpectralError::NotFinite);
    }
    if largest == 0.0 {
        return Ok(());
    }
    let undecided = |coefficient| SpectralError::UndecidedSign { coefficient };
    // A power of two near the largest entry: scaling by it is exact, and squares neither overflow nor underflow.
    let scale = power_of_two_below(largest);
    *matrix /= scale;
    if rows.min(columns) == 1 {
        let norm = matrix.norm();
        let image = f(&(norm * scale)).ok_or(undecided(0))?;
        *matrix /= norm; // by itself first: a number becomes its sign exactly
        *matrix *= image;
        return Ok(());
    }
    let wide = rows < columns;
    let mut tall = if wide { std::mem::take(matrix).transpose() } else { std::mem::take(matrix) };
    let right = orthogonalise_columns(&mut tall).ok_or(SpectralError::NoConvergence { rows, columns })?;
    let sigma: Vec<f64> = tall.column_iter().map(|column| column.norm()).collect();
    let zero = rank_tolerance(rows, columns, sigma.iter().fold(0.0, |m, s| m.max(*s)));
    for (i, sigma) in sigma.into_iter().enumerate() {
        let image = if sigma <= zero { 0.0 } else { f(&(sigma * scale)).ok_or(undecided(i))? };
        let mut column = tall.column_mut(i);
        if image == 0.0 {
            column.fill(0.0);
        } else {
            column /= sigma; // by itself first: tiny singular values must not overflow the quotient
            column *= image;
        }
    }
    multiply_by_transposed(&mut tall, &right);
    drop(right);
    *matrix = if wide { tall.transpose() } else { tall };
    Ok(())
}

/// The largest absolute entry; infinite or NaN if an entry is. Without its sign a number's bits are an integer in the same order, and the
/// maximum of integers is one of vectors.
fn largest_entry(matrix: &DMatrix<f64>) -> f64 {
    let bits = Arch::new().dispatch(|| {
        let mut largest = 0;
        for x in matrix.as_slice() {
            largest = largest.max(x.to_bits() & (u64::MAX >> 1));
        }
        largest
    });
    f64::from_bits(bits)
}

pub(super) fn power_of_two_below(x: f64) -> f64 {
    let exponent_only = f64::from_bits(x.to_bits() & 0x7ff0_0000_0000_0000);
    if exponent_only == 0.0 { f64::MIN_POSITIVE } else { exponent_only }
}

/// One-sided Jacobi: makes the columns of `u` orthogonal by rotations from the right, and returns the product V of the rotations:
/// `G = (U Sigma) V'`. Backward stable, and accurate for small singular values, where the bidiagonal QR iteration of nalgebra 0.35 (its
/// last 2 x 2 blocks) loses half of the digits.
fn orthogonalise_columns(u: &mut DMatrix<f64>) -> Option<DMatrix<f64>> {
    const SWEEPS: usize = 60;
    let n = u.ncols();
    // A dot product of this many terms rounds to this share of the lengths: below it, rotations would chase rounding for ever.
    let rounding = u.nrows() as f64 * f64::EPSILON;
    let mut v = DMatrix::identity(n, n);
    for _ in 0..SWEEPS {
        let mut rotated = false;
        for p in 0..n {
            for q in p + 1..n {
                let (a, b) = (u.column(p).norm_squared(), u.column(q).norm_squared());
                let c = u.column(p).dot(&u.column(q));
                if c.abs() <= rounding * a.sqrt() * b.sqrt() {
                    continue;
                }
                rotated = true;
                let zeta = (b - a) / (2.0 * c);
                let tangent = zeta.signum() / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
                let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
                rotate(u, p, q, cosine, cosine * tangent);
                rotate(&mut v, p, q, cosine, cosine * tangent);
            }
        }
        if !rotated {
            return Some(v);
        }
    }
    None
}

fn rotate(matrix: &mut DMatrix<f64>, p: usize, q: usize, cosine: f64, sine: f64) {
    for i in 0..matrix.nrows() {
        let (x, y) = (matrix[(i, p)], matrix[(i, q)]);
        matrix[(i, p)] = cosine * x - sine * y;
        matrix[(i, q)] = sine * x + cosine * y;
    }
}

/// `||U'U - I||_F` over the shorter side: how far a polar factor is from orthonormal columns (or rows). Some rows at a time, so that it is not
/// held twice.
pub fn orthogonality_error(factor: &DMatrix<f64>) -> f64 {
    const ROWS: usize = 96;
    let wide = factor.nrows() < factor.ncols();
    let (long, short) = if wide { (factor.ncols(), factor.nrows()) } else { factor.shape() };
    let mut gram = Panels::upper_zeros(short);
    for first in (0..long).step_by(ROWS) {
        let entry = |i: usize, j: usize| factor[if wide { (j, first + i) } else { (first + i, j) }];
        let rows = Panels::<f64>::from_fn(ROWS.min(long - first), short, entry);
        add_transposed_product(&rows, &rows, Part::Upper, &mut gram);
    }
    distance_from_identity(&gram)
}
