use super::{Adam, Descent, Method, Muon, NormalizedDescent, SignDescent};
use crate::product::{Panels, map_bytes, transposed_bytes};
use crate::weights::SpectralError;
use nalgebra::DMatrix;
use std::fmt;

/// Any optimiser of a dense matrix: the methods of the theory, and those that practice compares them with.
#[derive(Clone, Debug)]
pub enum Optimizer {
    /// GD, SpecGD, or a spectral power between them.
    Method(Method),
    /// Momentum and Newton-Schulz.
    Muon(Muon),
    /// Every entry's sign.
    Sign(SignDescent),
    /// The gradient over its norm.
    Normalized(NormalizedDescent),
    /// Adam.
    Adam(Adam),
}

impl Optimizer {
    /// The method of the theory, if it is one.
    pub fn method(&self) -> Option<&Method> {
        match self {
            Self::Method(method) => Some(method),
            _ => None,
        }
    }

    /// Turning the weights, `W -> W O` with O orthogonal, turns all their future and changes nothing else.
    pub fn is_equivariant(&self) -> bool {
        !matches!(self, Self::Sign(_) | Self::Adam(_))
    }

    /// Bytes that it keeps from step to step for weights of this shape, and bytes of the gradient with what turns it into a direction on so many
    /// threads.
    pub fn bytes(&self, rows: usize, columns: usize, threads: usize) -> (u64, u64) {
        let matrix = Panels::<f64>::bytes(rows, columns);
        let (long, short) = (rows.max(columns), rows.min(columns));
        let (iterate, half) = (Panels::<f64>::bytes(long, short), Panels::<f64>::upper_bytes(short));
        match self {
            // Iterate, and the matrix as it was where it may be of low rank; Gram matrix and its factor, rows on their way.
            Self::Method(Method::Spectral) => (0, 2 * iterate + 2 * half + map_bytes(long, short, threads)),
            // Left and right vectors; rows of their product.
            Self::Method(Method::Power(_)) => (0, 2 * matrix + transposed_bytes(short)),
            Self::Muon(_) => (matrix, iterate + 2 * half + map_bytes(long, short, threads)),
            Self::Adam(_) => (2 * matrix, matrix),
            Self::Method(Method::GradientDescent) | Self::Sign(_) | Self::Normalized(_) => (0, matrix),
        }
    }

    /// Directions are meant to have orthonormal rows or columns.
    pub fn is_orthogonal(&self) -> bool {
        matches!(self, Self::Method(Method::Spectral) | Self::Muon(_))
    }
}

impl From<Method> for Optimizer {
    fn from(method: Method) -> Self {
        Self::Method(method)
    }
}

impl Descent<DMatrix<f64>> for Optimizer {
    fn turn(&mut self, gradient: &mut DMatrix<f64>) -> Result<(), SpectralError> {
        match self {
            Self::Method(method) => method.turn(gradient),
            Self::Muon(muon) => muon.turn(gradient),
            Self::Sign(sign) => sign.turn(gradient),
            Self::Normalized(normalized) => normalized.turn(gradient),
            Self::Adam(adam) => adam.turn(gradient),
        }
    }
}

impl fmt::Display for Optimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Method(Method::GradientDescent) => f.write_str("gd"),
            Self::Method(Method::Spectral) => f.write_str("specgd"),
            Self::Method(Method::Power(p)) => write!(f, "power:{p}"),
            Self::Muon(_) => f.write_str("muon"),
            Self::Sign(_) => f.write_str("sign"),
            Self::Normalized(_) => f.write_str("normalized-gd"),
            Self::Adam(_) => f.write_str("adam"),
        }
    }
}
