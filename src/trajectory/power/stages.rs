//! Newton's method for the stages of a collocation.
//!
//! Unknown are the slopes `k_jl = du_j/dt` at the nodes, of `u_j = w_j`, or `u_0 = e_0` for a signal near 1. At node i, with
//! `U_ji = u_j + h sum_l A_il k_jl` and the coefficients W, excesses and tau there,
//!
//! ```text
//! F_ji = q_j W_ji h_ji - sign(y) |y|^(1/p) = 0,     y = -(dw/du) k_ji .
//! ```
//!
//! A step of Newton's method takes the curve `g = sign(y) |y|^(1/p)` as it is, and only what g answers to y at the same node, `-r y`, as linear: from
//! `g + r y`, which the linear step says, to the point of the curve where that is so ([`Field::on_curve`]). Whether the curve is
//! flat there or steep, as before the arrival at a surface, where |y| may be all but 1, and behind it, makes no difference then.
//!
//! F feels other groups only through tau. So the Newton matrix is one s x s block a group, and s columns that couple them:
//! `M_j dk_j + D_j dtau = -F_j`, `dtau = sum_j n_j q_j C_j h A dk_j`, with diagonal D and C.

use super::field::Field;
use super::linear::solve;
use super::radau::{Radau, dot};
use crate::risk::manifold::{bracket, excess};
use crate::scalar::Real;

/// A group at a node.
struct Node<T> {
    weight: T,
    excess: T,
    /// `dw/du`
    ratio: T,
    /// `de/du`
    excess_slope: T,
    /// `d(dw/du)/du`
    ratio_slope: T,
    /// `sign(y) |y|^(1/p)` and its derivative
    curve: (T, T),
    /// `-dg/dy` by way of this node alone
    response: T,
}

impl<T: Real> Node<T> {
    /// `None` where the coefficient is not positive.
    fn new(j: usize, u: T, by_excess: bool) -> Option<Self> {
        let (zero, one) = (u.int(0), u.int(1));
        let (curve, response) = ((zero.clone(), zero.clone()), zero.clone());
        let node = if by_excess {
            let weight = (one.clone() + &u).sqrt();
            let ratio = one.clone() / weight.times(2);
            let ratio_slope = -(ratio.clone() / weight.square().times(2));
            Self { weight, excess: u, ratio, excess_slope: one, ratio_slope, curve, response }
        } else {
            let ratio_slope = zero.clone();
            Self {
                excess: excess(j, &u),
                excess_slope: u.times(2),
                weight: u,
                ratio: one,
                ratio_slope,
                curve,
                response,
            }
        };
        (node.weight > zero).then_some(node)
    }

    /// The slope du/dt, from `slope`, where the linear step adds `change`.
    fn along_the_curve(&self, field: &Field<T>, slope: &T, change: &T) -> T {
        let (gradient, steep) = &self.curve;
        let step = -(self.ratio.clone() * change);
        let moved = -(self.ratio.clone() * slope) + &step;
        let target = gradient.clone() + steep.clone() * &step + moved * &self.response;
        -(field.on_curve(&self.response, &target) / &self.ratio)
    }
}

/// Where the stages start, and which groups take part.
pub(super) struct Start<'a, T> {
    /// `u_j`
    pub(super) values: &'a [T],
    pub(super) by_excess: bool,
    pub(super) alive: &'a [usize],
    pub(super) step: &'a T,
}

/// What a Newton step changed.
pub(super) struct Change<T> {
    /// The largest change `h |dk|`, relative to `scale` and, of what relaxes to its surface, to `noise`.
    pub(super) size: T,
    /// By group that takes part: the change of `h k` that one unit of error makes when it is relative to the terms of a bracket.
    pub(super) noise: Vec<T>,
}

/// The share `share` of a Newton step on `slopes`, which must hold a guess; `None` when there is no step from here. `energy` is the size of the terms of
/// a bracket.
pub(super) fn improve<T: Real>(
    field: &Field<T>,
    radau: &Radau<T>,
    start: &Start<'_, T>,
    (scale, energy): (&[T], &T),
    share: &T,
    slopes: &mut [Vec<T>],
) -> Option<Change<T>> {
    let stages = radau.stages();
    let h = start.step;
    let zero = h.int(0);
    let (q, weight) = (field.spectrum.variance(), field.spectrum.energy_weight());
    let mut tau = vec![zero.clone(); stages];
    let mut nodes = Vec::with_capacity(start.alive.len());
    for &j in start.alive {
        let mut row = Vec::with_capacity(stages);
        for i in 0..stages {
            let u = start.values[j].clone() + dot(radau.integration(i), &slopes[j]) * h;
            let node = Node::new(j, u, j == 0 && start.by_excess)?;
            tau[i].add_prod(&weight[j], &node.excess);
            row.push(node);
        }
        nodes.push(row);
    }
    // (I + coupling) dtau = -response
    let mut coupling = vec![vec![zero.clone(); stages]; stages];
    let mut response = vec![vec![zero.clone()]; stages];
    for (i, row) in coupling.iter_mut().enumerate() {
        row[i] = zero.int(1);
    }
    let mut solved = Vec::with_capacity(nodes.len());
    let mut noise = vec![zero.clone(); nodes.len()];
    for ((&j, row), noise) in start.alive.iter().zip(&mut nodes).zip(&mut noise) {
        let mut matrix = Vec::with_capacity(stages);
        let mut columns = Vec::with_capacity(stages);
        for (i, node) in row.iter_mut().enumerate() {
            let slope = &slopes[j][i];
            let h_j = bracket(&q[j], &node.excess, &tau[i]);
            let reach = q[j].clone() * &node.weight;
            let (gradient, steep) = field.gradient_and_slope(&-(node.ratio.clone() * slope));
            node.curve = (gradient.clone(), steep.clone());
            // dF/dU at fixed tau, and dF/dk
            let inner = q[j].clone() * &h_j * &node.ratio
                + reach.clone() * &q[j] * node.excess_slope.times(2)
                + steep.clone() * &node.ratio_slope * slope;
            let outer = steep * &node.ratio;
            let inner = inner * h;
            let by_energy = reach.clone() * &weight[j] * &node.excess_slope * h;
            node.response = ((inner.clone() + by_energy) * &radau.integration(i)[i] / &node.ratio).abs();
            let felt = reach.clone() * energy * h / (inner.abs() + &outer);
            *noise = if felt > *noise { felt } else { noise.clone() };
            let mut entries: Vec<T> = radau.integration(i).iter().map(|a| inner.clone() * a).collect();
            entries[i] = entries[i].clone() + &outer;
            matrix.push(entries);
            let mut right = vec![zero.clone(); stages + 1];
            right[i] = reach.clone();
            right[stages] = reach * &h_j - gradient;
            columns.push(right);
        }
        if !solve(&mut matrix, &mut columns) {
            return None;
        }
        for (i, node) in row.iter().enumerate() {
            let factor = weight[j].clone() * &node.excess_slope * h;
            for c in 0..=stages {
                let mut change = zero.clone();
                for l in 0..stages {
                    change.add_prod(&radau.integration(i)[l], &columns[l][c]);
                }
                let into = if c < stages { &mut coupling[i][c] } else { &mut response[i][0] };
                into.add_prod(&factor, &change);
            }
        }
        solved.push(columns);
    }
    if !solve(&mut coupling, &mut response) {
        return None;
    }
    // response now holds -dtau
    let mut largest = zero.clone();
    for (((&j, columns), noise), row) in start.alive.iter().zip(&solved).zip(&noise).zip(&nodes) {
        let scale = scale[j].clone() + noise;
        for (i, node) in row.iter().enumerate() {
            let mut change = -columns[i][stages].clone();
            for l in 0..stages {
                change.add_prod(&columns[i][l], &response[l][0]);
            }
            let before = slopes[j][i].clone();
            slopes[j][i] = node.along_the_curve(field, &before, &(change * share));
            let size = ((slopes[j][i].clone() - &before) * h).abs() / &scale / share;
            if !size.is_finite() {
                return None;
            }
            largest = if size > largest { size } else { largest };
        }
    }
    Some(Change { size: largest, noise })
}
