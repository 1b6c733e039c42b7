use super::Spectrum;
use crate::product::dense_product;
use crate::scalar::DomainError;
use nalgebra::{DMatrix, DVector};

/// A covariance given in full: what the dense dynamics need when no reduction applies.
#[derive(Clone, Debug, PartialEq)]
pub enum CovarianceMatrix {
    /// `Q = diag(q)`; products with it cost one multiplication an entry.
    Diagonal(DVector<f64>),
    /// Any symmetric positive semidefinite Q.
    Full(DMatrix<f64>),
}

/// Directions that are written out one by one.
const MAX_DIRECTIONS: u64 = 1 << 24;

impl CovarianceMatrix {
    /// `Q = diag(variances)`.
    ///
    /// # Errors
    /// No variances, or one that is negative or not finite.
    pub fn diagonal(variances: Vec<f64>) -> Result<Self, DomainError> {
        if variances.is_empty() {
            return Err(DomainError::new("dim", 0, "an integer >= 1"));
        }
        match variances.iter().find(|q| !(q.is_finite() && **q >= 0.0)) {
            Some(q) => Err(DomainError::new("variance", q, "a finite number >= 0")),
            None => Ok(Self::Diagonal(DVector::from_vec(variances))),
        }
    }

    /// The matrix `q`, symmetrised: its two triangles may differ by rounding.
    ///
    /// # Errors
    /// Not square, an entry that is not finite, not symmetric, or an eigenvalue below 0 by more than rounding.
    pub fn full(q: DMatrix<f64>) -> Result<Self, DomainError> {
        let (rows, columns) = q.shape();
        let shape = format!("{rows} x {columns}");
        if rows != columns || rows == 0 {
            return Err(DomainError::new("covariance", shape, "a square matrix"));
        }
        if let Some(entry) = q.iter().find(|x| !x.is_finite()) {
            return Err(DomainError::new("covariance", entry, "a matrix of finite numbers"));
        }
        // Entries that were computed as sums of `rows` products differ from their mirror images by this much at most.
        let rounding = rows as f64 * f64::EPSILON * q.amax();
        let skew = (&q - q.transpose()).amax();
        if skew > rounding {
            return Err(DomainError::new("covariance", skew, format!("symmetric: |Q - Q'| at most {rounding:e}")));
        }
        let q = (&q + q.transpose()) * 0.5;
        let smallest = q.symmetric_eigenvalues().min();
        if smallest < -rounding {
            return Err(DomainError::new("covariance", smallest, "positive semidefinite: no eigenvalue below 0"));
        }
        Ok(Self::Full(q))
    }

    /// The spectrum written out, one direction an entry: the signal's direction first, then group after group.
    ///
    /// # Errors
    /// More than 2^24 directions.
    pub fn from_spectrum(spectrum: &Spectrum) -> Result<Self, DomainError> {
        if spectrum.dimension() > MAX_DIRECTIONS {
            return Err(DomainError::new("dim", spectrum.dimension(), "at most 2^24 for dense weights"));
        }
        let groups = spectrum.variance().iter().zip(spectrum.multiplicity());
        Self::diagonal(groups.flat_map(|(q, n)| std::iter::repeat_n(*q, *n as usize)).collect())
    }

    /// Ambient dimension d.
    pub fn dimension(&self) -> usize {
        match self {
            Self::Diagonal(q) => q.len(),
            Self::Full(q) => q.nrows(),
        }
    }

    /// The smallest eigenvalue.
    pub fn smallest_variance(&self) -> f64 {
        match self {
            Self::Diagonal(q) => q.min(),
            Self::Full(q) => q.symmetric_eigenvalues().min(),
        }
    }

    /// The largest eigenvalue.
    pub fn largest_variance(&self) -> f64 {
        match self {
            Self::Diagonal(q) => q.max(),
            Self::Full(q) => q.symmetric_eigenvalues().max(),
        }
    }

    /// `Q x` for the columns of a d x k matrix.
    pub fn times(&self, x: &DMatrix<f64>) -> DMatrix<f64> {
        match self {
            Self::Full(q) => dense_product(q, x),
            Self::Diagonal(q) => {
                let mut y = x.clone();
                for mut column in y.column_iter_mut() {
                    column.component_mul_assign(q);
                }
                y
            }
        }
    }
}
