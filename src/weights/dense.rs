//! A dense matrix `W in R^{d x m}`, and its random starts.

use super::coefficients::positive_init;
use super::polar::{self, PolarFactor};
use super::reflections::orthonormal_factor;
use super::{SpectralError, Weights};
use crate::scalar::{DomainError, Stream};
use nalgebra::DMatrix;

/// A Haar-distributed orthogonal start, `init` times orthonormal columns (m <= d: `W'W = init^2 I`) or orthonormal rows
/// (m >= d: `W W' = init^2 I`, on the invariant manifold with every coefficient equal to `init`).
///
/// # Errors
/// `init` not positive and finite, a dimension or width of 0.
pub fn orthogonal_start(dimension: usize, width: usize, init: f64, seed: u64) -> Result<DMatrix<f64>, DomainError> {
    let normal = normal_matrix(dimension.max(width), dimension.min(width), init, seed)?;
    // Haar measure, since the diagonal of R is positive: the sign of a column would else be an artefact of the reflections.
    let q = orthonormal_factor(normal) * init;
    Ok(if width <= dimension { q } else { q.transpose() })
}

/// A Gaussian start, entries `N(0, init^2/m)`: `E[W W'] = init^2 I`, the orthogonal start's on average.
///
/// # Errors
/// `init` not positive and finite, a dimension or width of 0.
pub fn gaussian_start(dimension: usize, width: usize, init: f64, seed: u64) -> Result<DMatrix<f64>, DomainError> {
    let normal = normal_matrix(dimension, width, init, seed)?;
    Ok(normal * (init / (width as f64).sqrt()))
}

/// Width one, uniform on the sphere of radius `init`.
///
/// # Errors
/// `init` not positive and finite, a dimension of 0.
pub fn spherical_start(dimension: usize, init: f64, seed: u64) -> Result<DMatrix<f64>, DomainError> {
    let normal = normal_matrix(dimension, 1, init, seed)?;
    let norm = normal.norm();
    Ok(normal * (init / norm))
}

/// Overlap `x'W W'x = ||W'x||^2` of the weights with a direction.
///
/// # Panics
/// When `direction` is not as long as W has rows.
pub fn overlap(weights: &DMatrix<f64>, direction: &[f64]) -> f64 {
    assert_eq!(weights.nrows(), direction.len(), "a direction has one component a row of W");
    let along = |column: &[f64]| column.iter().zip(direction).map(|(w, x)| w * x).sum::<f64>();
    weights.as_slice().chunks_exact(direction.len()).map(along).map(|w| w * w).sum()
}

fn normal_matrix(dimension: usize, width: usize, init: f64, seed: u64) -> Result<DMatrix<f64>, DomainError> {
    positive_init(&init)?;
    for (name, size) in [("dim", dimension), ("width", width)] {
        if size == 0 {
            return Err(DomainError::new(name, size, "an integer >= 1"));
        }
    }
    let mut normal = DMatrix::zeros(dimension, width);
    Stream::Start.of(seed).fill(0, normal.as_mut_slice());
    Ok(normal)
}

impl Weights for DMatrix<f64> {
    type Scalar = f64;

    fn map_singular_values(&mut self, f: impl FnMut(&f64) -> Option<f64>) -> Result<(), SpectralError> {
        polar::map_singular_values(self, f)
    }

    fn polar_factor(&mut self, _: impl FnMut(&f64) -> Option<f64>) -> Result<(), SpectralError> {
        PolarFactor::lean().replace(self)
    }

    fn descend(&self, step_size: &f64, direction: &mut Self) -> bool {
        let mut moved = false;
        for (w, g) in self.as_slice().iter().zip(direction.as_mut_slice()) {
            *g = w - step_size * *g;
            moved |= *g != *w;
        }
        moved
    }

    /// By its entries: were two matrices to change places, what is needed between steps would not find the space that it had.
    fn advance(&mut self, next: &mut Self) {
        self.copy_from(next);
    }

    fn within(&self, bound: &f64) -> bool {
        self.iter().all(|w| w.is_finite() && w.abs() <= *bound)
    }

    fn size(&self) -> f64 {
        largest(self.iter())
    }
}

/// The largest absolute value; NaN if there is one, which a plain maximum would pass over. 0 of nothing.
pub(super) fn largest<'a>(entries: impl Iterator<Item = &'a f64>) -> f64 {
    entries.fold(0.0, |size: f64, w| if w.abs() <= size { size } else { w.abs() + 0.0 * size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orthogonal_starts_have_orthonormal_columns_or_rows() {
        for (d, m) in [(1, 1), (6, 1), (6, 4), (6, 6), (4, 9)] {
            let w = orthogonal_start(d, m, 0.5, 11).unwrap();
            assert_eq!(w.shape(), (d, m));
            let gram = if m <= d { w.transpose() * &w } else { &w * w.transpose() };
            let error = (gram - DMatrix::identity(d.min(m), d.min(m)) * 0.25).norm();
            assert!(error <= 8.0 * d.max(m) as f64 * f64::EPSILON, "{d} x {m}: {error:e}");
        }
    }

    #[test]
    fn orthogonal_starts_are_haar_in_their_first_moments() {
        // Haar: E tr O = 0, E (tr O)^2 = 1, Var (tr O)^2 close to 2 for d = 4. A missing sign fix gives a mean trace near -1.
        let n = 4000;
        let traces = (0..n).map(|seed| orthogonal_start(4, 4, 1.0, seed).unwrap().trace());
        let (mut first, mut second) = (0.0, 0.0);
        for trace in traces {
            first += trace / n as f64;
            second += trace * trace / n as f64;
        }
        let standard_error = 1.0 / (n as f64).sqrt();
        assert!(first.abs() < 6.0 * standard_error, "{first}");
        assert!((second - 1.0).abs() < 6.0 * 2.0_f64.sqrt() * standard_error, "{second}");
    }

    #[test]
    fn starts_have_the_size_that_they_state() {
        let w = gaussian_start(50, 200, 0.3, 2).unwrap();
        // tr WW' = (0.09/200) chi^2 of 10,000 degrees: mean 4.5, relative standard deviation sqrt(2/10,000).
        assert!((w.norm_squared() / 4.5 - 1.0).abs() < 6.0 * (2.0_f64 / 10_000.0).sqrt());
        let w = spherical_start(1000, 0.3, 2).unwrap();
        assert!((w.norm() - 0.3).abs() <= 8.0 * f64::EPSILON);
        assert!((overlap(&w, w.as_slice()) - 0.3_f64.powi(4)).abs() <= 8.0 * f64::EPSILON);
    }

    #[test]
    fn starts_are_reproducible_and_refuse_what_is_outside_their_domain() {
        assert_eq!(gaussian_start(3, 2, 1.0, 5), gaussian_start(3, 2, 1.0, 5));
        assert_ne!(gaussian_start(3, 2, 1.0, 5), gaussian_start(3, 2, 1.0, 6));
        assert_eq!(gaussian_start(0, 2, 1.0, 5).unwrap_err().parameter, "dim");
        assert_eq!(gaussian_start(3, 0, 1.0, 5).unwrap_err().parameter, "width");
        assert_eq!(orthogonal_start(3, 2, f64::NAN, 5).unwrap_err().parameter, "init");
        assert_eq!(spherical_start(3, 0.0, 5).unwrap_err().parameter, "init");
    }
}
