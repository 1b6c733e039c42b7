//! Where theory puts the boundary of a phase diagram.

use super::{Axis, Grid};
use crate::descent::Method;
use crate::experiment::Covariance;
use crate::observe::Observable;

/// A curve in the plane of two axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Boundary {
    /// What the curve says, in a few words.
    pub label: String,
    /// Index into [`Grid::methods`] of the panel it belongs to.
    pub method: usize,
    /// Points (x, y) in data coordinates, in order along the curve.
    pub points: Vec<(f64, f64)>,
}

/// The factor-three law of GD and of spectral powers: the spike is amplified (for small enough initial coefficients) if and only
/// if its variance `1 + lambda` exceeds three times the signal's, `lambda > 2`. `derivations/gradient-descent.md`.
const FACTOR_THREE_SPIKE: f64 = 2.0;

/// The theory's boundaries for `grid`: a line for every panel that has one. SpecGD never amplifies, so it has none.
pub fn boundaries(grid: &Grid) -> Vec<Boundary> {
    let spiked = matches!(grid.base.covariance, Covariance::Spiked { .. }) && grid.base.overlap == 0.0;
    if grid.observable != Observable::Amplification || !spiked {
        return Vec::new();
    }
    let within =
        |axis: &Axis| axis.name == "spike" && axis.start < FACTOR_THREE_SPIKE && FACTOR_THREE_SPIKE < axis.stop;
    let points = if within(&grid.x) {
        vec![(FACTOR_THREE_SPIKE, grid.y.start), (FACTOR_THREE_SPIKE, grid.y.stop)]
    } else if within(&grid.y) {
        vec![(grid.x.start, FACTOR_THREE_SPIKE), (grid.x.stop, FACTOR_THREE_SPIKE)]
    } else {
        return Vec::new();
    };
    let amplifies = |method: &Method<f64>| !matches!(method, Method::Spectral);
    let panels = (0..grid.methods.len()).filter(|m| amplifies(&grid.methods[*m].1));
    panels.map(|method| Boundary { label: "theory: λ = 2".into(), method, points: points.clone() }).collect()
}
