//! Where theory puts the boundary of a phase diagram.

use super::{Axis, Grid};
use crate::descent::{Method, Optimizer};
use crate::experiment::Covariance;
use crate::observe::Observable;

/// A curve in the plane of two axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Boundary {
    /// What the curve says, in a few words.
    pub label: String,
    /// Index into [`Grid::optimizers`] of the panel it belongs to.
    pub method: usize,
    /// Points (x, y) in data coordinates, in order along the curve.
    pub points: Vec<(f64, f64)>,
}

/// As the initial coefficient tends to 0, GD and spectral powers amplify the spike if and only if its variance `1 + lambda` exceeds three
/// times the signal's. `derivations/gradient-descent.md`, factor-three law.
const FACTOR_THREE_SPIKE: f64 = 2.0;

/// Points along a curve.
const POINTS: usize = 2048;

/// The theory's boundaries for `grid`: a line for every panel that has one. SpecGD never amplifies, so it has none; for a random signal
/// or another width none is known. For a tilted signal it is GD's curve of `threshold`, `derivations/tilted.md`.
pub fn boundaries(grid: &Grid) -> Vec<Boundary> {
    let Covariance::Spiked { dimension, .. } = &grid.base.covariance else { return Vec::new() };
    let axes = [&grid.x, &grid.y].map(|axis| axis.name.as_str());
    if grid.observable != Observable::Amplification || grid.base.step_size.is_some() && axes.contains(&"overlap") {
        return Vec::new();
    }
    let dimension = *dimension as f64;
    if axes.contains(&"overlap") && axes.contains(&"spike") && grid.base.width.is_none() {
        return tilted(grid, dimension);
    }
    if !grid.base.is_on_manifold() || axes.iter().any(|name| matches!(*name, "overlap" | "width")) {
        return Vec::new();
    }
    let panel = |(index, (_, optimizer)): (usize, &(String, Optimizer))| {
        let method = optimizer.method()?;
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
    grid.optimizers.iter().enumerate().filter_map(panel).collect()
}

/// The curve in the plane of overlap and strength, for the panels of GD.
fn tilted(grid: &Grid, dimension: f64) -> Vec<Boundary> {
    let (overlap, spike) = if grid.x.name == "overlap" { (&grid.x, &grid.y) } else { (&grid.y, &grid.x) };
    let pull = grid.base.init * grid.base.init;
    let points = (0..POINTS).filter_map(|i| {
        let rho = overlap.start + (overlap.stop - overlap.start) * (i as f64 / (POINTS - 1) as f64);
        // 3 (rho^2 - alpha^2) lambda^2 + p lambda - 2 = 0, its smallest positive root.
        let p = 1.0 - pull * (dimension + 4.0);
        let root = p * p + 24.0 * (rho * rho - pull);
        let lambda = 2.0 * FACTOR_THREE_SPIKE / (p + root.sqrt());
        let point = if grid.x.name == "overlap" { (rho, lambda) } else { (lambda, rho) };
        (lambda > 0.0 && (spike.start..=spike.stop).contains(&lambda)).then_some(point)
    });
    let points: Vec<(f64, f64)> = points.collect();
    let is_gd = |optimizer: &Optimizer| optimizer.method() == Some(&Method::GradientDescent);
    let panels = grid.optimizers.iter().enumerate().filter(|(_, (_, optimizer))| is_gd(optimizer));
    let boundary = |(index, _)| Boundary { label: TILTED.into(), method: index, points: points.clone() };
    if points.len() > 1 { panels.map(boundary).collect() } else { Vec::new() }
}

const TILTED: &str = "theory: λ − 2 + 3λ²ρ² = α²λ(3λ + d + 4)";
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
