//! A dense matrix `W in R^{d x m}`, and its random starts.

use super::coefficients::positive_init;
use super::{SpectralError, Weights, polar};
use crate::scalar::{DomainError, Normals};
use nalgebra::DMatrix;

/// A Haar-distributed orthogonal start, `init` times orthonormal columns (m <= d: `W'W = init^2 I`) or orthonormal rows
/// (m >= d: `W W' = init^2 I`, on the invariant manifold with every coefficient equal to `init`).
///
/// # Errors
/// `init` not positive and finite, a dimension or width of 0.
pub fn orthogonal_start(dimension: usize, width: usize, init: f64, seed: u64) -> Result<DMatrix<f64>, DomainError> {
    let normal = normal_matrix(dimension.max(width), dimension.min(width), init, seed)?;
    let qr = normal.qr();
    // Haar measure needs a positive diagonal of R: the sign of a column is else an artefact of the reflections.
    let (mut q, r) = (qr.q(), qr.r());
    for j in 0..q.ncols() {
        q.column_mut(j).scale_mut(if r[(j, j)] < 0.0 { -init } else { init });
    }
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
    weights.as_slice().chunks_exact(direction.len()).map(|column| along(column).powi(2)).sum()
}

fn normal_matrix(dimension: usize, width: usize, init: f64, seed: u64) -> Result<DMatrix<f64>, DomainError> {
    positive_init(&init)?;
    for (name, size) in [("dim", dimension), ("width", width)] {
        if size == 0 {
            return Err(DomainError::new(name, size, "an integer >= 1"));
        }
    }
    let mut normals = Normals::new(seed, START_STREAM);
    Ok(DMatrix::from_fn(dimension, width, |_, _| normals.next()))
}

/// Starts draw from a stream of their own, so that the same seed can also drive data.
const START_STREAM: u64 = 0;

impl Weights for DMatrix<f64> {
    type Scalar = f64;

    fn map_singular_values(&mut self, f: impl FnMut(&f64) -> Option<f64>) -> Result<(), SpectralError> {
        polar::map_singular_values(self, f)
    }

    fn descend(&self, step_size: &f64, direction: &mut Self) -> bool {
        let mut moved = false;
        for (w, g) in self.as_slice().iter().zip(direction.as_mut_slice()) {
            *g = w - step_size * *g;
            moved |= *g != *w;
        }
        moved
    }

    fn within(&self, bound: &f64) -> bool {
        self.iter().all(|w| w.abs() <= *bound)
    }

    fn size(&self) -> f64 {
        self.iter().fold(0.0, |size: f64, w| if w.abs() <= size { size } else { w.abs() + 0.0 * size })
    }
}
