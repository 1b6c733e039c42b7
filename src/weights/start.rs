use super::{gaussian_start, orthogonal_start, spherical_start};
use crate::scalar::DomainError;
use nalgebra::DMatrix;
use std::fmt;
use std::str::FromStr;

/// How initial weights are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Start {
    /// `init` times orthonormal columns (rows, where the width is at least d: then it is on the manifold), Haar-distributed.
    #[default]
    Orthogonal,
    /// Entries `N(0, init^2/m)`.
    Gaussian,
    /// Width one, uniform on the sphere of radius `init`.
    Sphere,
}

impl Start {
    /// All of them, in the order of the help text.
    pub const ALL: [Self; 3] = [Self::Orthogonal, Self::Gaussian, Self::Sphere];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Orthogonal => "orthogonal",
            Self::Gaussian => "gaussian",
            Self::Sphere => "sphere",
        }
    }

    /// A `dimension x width` matrix, the same for the same seed.
    ///
    /// # Errors
    /// `init` not positive and finite, a dimension or width of 0, a width other than 1 for [`Start::Sphere`].
    pub fn draw(self, dimension: usize, width: usize, init: f64, seed: u64) -> Result<DMatrix<f64>, DomainError> {
        match self {
            Self::Orthogonal => orthogonal_start(dimension, width, init, seed),
            Self::Gaussian => gaussian_start(dimension, width, init, seed),
            Self::Sphere if width == 1 => spherical_start(dimension, init, seed),
            Self::Sphere => Err(DomainError::new("width", width, "1, for a start on the sphere")),
        }
    }
}

impl FromStr for Start {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        Self::ALL
            .into_iter()
            .find(|start| start.name() == text)
            .ok_or_else(|| DomainError::new("start", format!("{text:?}"), Self::ALL.map(Self::name).join(", ")))
    }
}

impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
