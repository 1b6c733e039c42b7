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

    /// What it would be for the true gradients where those that it is shown come in this `unit`. Muon and Adam know a size, below which a gradient counts as
    /// small; the directions of others do not depend on it, or (GD, powers) are on a clock of their own.
    pub fn in_unit(self, unit: f64) -> Self {
        match self {
            Self::Muon(muon) => Self::Muon(muon.in_unit(unit)),
            Self::Adam(adam) => Self::Adam(adam.in_unit(unit)),
            other => other,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn muon_and_adam_know_the_size_of_the_true_gradient() {
        // about as large as what both add to a norm or a root
        let gradient = DMatrix::from_fn(3, 2, |i, j| 1e-8 * (i as f64 - 0.7 * j as f64 + 0.1));
        for optimizer in [Optimizer::Muon(Muon::default()), Optimizer::Adam(Adam::default())] {
            let (mut direct, mut in_unit) = (optimizer.clone(), optimizer.clone().in_unit(4.0));
            for _ in 0..3 {
                let (mut large, mut small, mut blind) = (4.0 * &gradient, gradient.clone(), gradient.clone());
                direct.turn(&mut large).unwrap();
                in_unit.turn(&mut small).unwrap();
                optimizer.clone().turn(&mut blind).unwrap();
                assert!((&large - &small).amax() <= 8.0 * f64::EPSILON * large.amax(), "{large} {small}");
                assert!((&large - &blind).amax() > 0.01 * large.amax(), "{large} {blind}");
            }
        }
    }
}
