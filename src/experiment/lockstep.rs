//! Amplifications of recursions of the spiked covariance, many at a time.

use super::settled::{ESCAPED, ratios_fall, steps_are_calm};
use super::{Covariance, Measured, Setting, Status};
use crate::descent::Method;
use crate::risk::manifold::excess;
use crate::trajectory::{Cell, CellOutcome, recursions_until};

/// The recursion of `setting` to `horizon` (on its clock), if it is one that goes in lockstep with others of its method.
pub(super) fn cell(setting: &Setting<f64>, horizon: f64) -> Option<(Cell, u64)> {
    let in_step = matches!(setting.method, Method::GradientDescent | Method::Spectral);
    match (&setting.covariance, setting.step_size) {
        (Covariance::Spiked { strength, dimension }, Some(eta)) if in_step && setting.is_on_manifold() => {
            let step_size = eta * setting.clock_rate();
            let cell = Cell { spike: *strength, dimension: *dimension, init: setting.init, step_size };
            Some((cell, (horizon / eta).round() as u64))
        }
        _ => None,
    }
}

/// The amplifications of `cells` when they have settled, or `to_the_end`; `None` for one that must be measured by itself.
pub(super) fn amplifications(cells: &[(Cell, u64)], method: &Method, to_the_end: bool) -> Vec<Option<Measured>> {
    let outcomes = if to_the_end {
        recursions_until(cells, method, f64::INFINITY, &|_, _| false)
    } else {
        recursions_until(cells, method, ESCAPED.sqrt(), &|cell, w| is_settled(cell, method, w))
    };
    let measured = |CellOutcome { amplification, goal_step, .. }| {
        if to_the_end || goal_step.is_some() {
            Measured { value: Some(amplification), status: Status::Ok }
        } else {
            Measured { value: None, status: Status::NotSettled }
        }
    };
    outcomes.into_iter().map(|outcome| outcome.map(measured)).collect()
}

fn is_settled(cell: &Cell, method: &Method, w: &[f64; 3]) -> bool {
    let (mu, n) = (cell.spike + 1.0, (cell.dimension - 2) as f64);
    let e = [0, 1, 2].map(|j| excess(j, &w[j]));
    let spectrum = [&[1.0, mu, 1.0][..], &[1.0, mu, n]];
    ratios_fall(spectrum[0], spectrum[1], w, &e) && steps_are_calm(cell.step_size, method, spectrum, w, &e)
}
