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

/// As the initial coefficient tends to 0, GD and spectral powers amplify the spike if and only if its variance `1 + lambda` exceeds three
/// times the signal's. `derivations/gradient-descent.md`, factor-three law.
const FACTOR_THREE_SPIKE: f64 = 2.0;

/// Points along a curve.
const POINTS: usize = 2048;

/// The theory's boundaries for `grid`: a line for every panel that has one. SpecGD never amplifies, so it has none; for a tilted or
/// random signal, or weights off the invariant manifold, none is proved.
pub fn boundaries(grid: &Grid) -> Vec<Boundary> {
    let Covariance::Spiked { dimension, .. } = &grid.base.covariance else { return Vec::new() };
    let leaves_manifold = [&grid.x, &grid.y].iter().any(|axis| matches!(axis.name.as_str(), "overlap" | "width"));
    if grid.observable != Observable::Amplification || !grid.base.is_on_manifold() || leaves_manifold {
        return Vec::new();
    }
    let dimension = *dimension as f64;
    let panel = |(index, (_, method)): (usize, &(String, Method<f64>))| {
        let (label, points) = match (method, grid.x.name.as_str(), grid.y.name.as_str()) {
            (Method::Spectral, ..) => return None,
            (Method::GradientDescent, "spike", "init") => (EXACT, exact_curve(&grid.x, &grid.y, dimension)),
            (Method::GradientDescent, "init", "spike") => {
                (EXACT, exact_curve(&grid.y, &grid.x, dimension).into_iter().map(|(x, y)| (y, x)).collect())
            }
            (_, "spike", _) => (LIMIT, straight(&grid.x, &grid.y)),
            (_, _, "spike") => (LIMIT, straight(&grid.y, &grid.x).into_iter().map(|(x, y)| (y, x)).collect()),
            _ => return None,
        };
        (points.len() > 1).then(|| Boundary { label: label.into(), method: index, points })
    };
    grid.methods.iter().enumerate().filter_map(panel).collect()
}

const EXACT: &str = "theory: λ − 2 = α²λ(3λ + d + 4)";
const LIMIT: &str = "theory as α → 0: λ = 2";

/// GD's flow amplifies the spike if and only if `lambda - 2 > alpha^2 lambda (3 lambda + d + 4)`, for `0 < alpha <= 1`:
/// `derivations/gradient-descent.md`, the boundary at finite alpha. The curve `alpha(lambda)` inside the two axes.
fn exact_curve(spike: &Axis, init: &Axis, dimension: f64) -> Vec<(f64, f64)> {
    let from = spike.start.max(FACTOR_THREE_SPIKE);
    let mut points = Vec::new();
    for i in 0..POINTS {
        // Denser towards lambda = 2, where the curve falls steeply.
        let share = i as f64 / (POINTS - 1) as f64;
        let cube = share * share * share;
        let lambda = from + (spike.stop - from) * (cube * cube);
        let alpha = ((lambda - FACTOR_THREE_SPIKE) / (lambda * (3.0 * lambda + dimension + 4.0))).sqrt();
        if lambda <= spike.stop && (init.start..=init.stop).contains(&alpha) {
            points.push((lambda, alpha));
        }
    }
    points
}

/// `lambda = 2`, from end to end of the other axis.
fn straight(spike: &Axis, other: &Axis) -> Vec<(f64, f64)> {
    if spike.start < FACTOR_THREE_SPIKE && FACTOR_THREE_SPIKE < spike.stop {
        vec![(FACTOR_THREE_SPIKE, other.start), (FACTOR_THREE_SPIKE, other.stop)]
    } else {
        Vec::new()
    }
}
