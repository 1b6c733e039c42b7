use super::VectorProblem;
use std::f64::consts::PI;

/// Directions whose variances lie in one cell are replaced by this many nodes, if there are more of them.
const NODES: usize = 22;

/// All that the scalars of the flow know of start and signal: masses at the nodes of a grid of variances, `derivations/vector-flow.md`.
///
/// A direction's weight is `w_i = E(l_i) w_i(0) + F(l_i) w*_i`, with functions E and F of the variance alone. So sums over directions
/// are integrals of analytic functions of l against three measures, and a cell of neighbouring variances may be replaced by the
/// nodes of an interpolation, with weights that integrate the interpolating polynomial exactly.
///
/// In every cell the start is split, `w_i(0) = c w*_i + z_i`, so that z has no overlap with the signal there; c joins F. What is left of a
/// start that decays more slowly than the weights' distance from the optimum would otherwise cancel in every sum.
#[derive(Clone, Debug)]
pub(super) struct Measure {
    /// The nodes, in descending order.
    pub(super) variance: Vec<f64>,
    /// `sum l w*^2`.
    pub(super) signal: Vec<f64>,
    /// `sum l z w*`.
    pub(super) cross: Vec<f64>,
    /// `sum l z^2`.
    pub(super) start: Vec<f64>,
    /// c: where F begins.
    pub(super) along: Vec<f64>,
    /// Up to this integral of `s* - 3 s` the nodes are fine enough.
    pub(super) largest_growth: f64,
    places: Vec<Place>,
}

/// How a function on the nodes is read at a variance.
#[derive(Clone, Debug)]
struct Place {
    /// Directions, as indices into the problem.
    directions: Vec<u32>,
    /// Their cell's nodes.
    first: usize,
    cell: Cell,
    /// c of the cell.
    along: f64,
}

#[derive(Clone, Debug)]
enum Cell {
    /// All directions share one variance.
    Point,
    /// Chebyshev points of the cell's range.
    Range { low: f64, high: f64 },
}

impl Measure {
    pub(super) fn new(problem: &VectorProblem) -> Self {
        let l = problem.variance();
        let mut order: Vec<u32> = (0..l.len() as u32).collect();
        order.sort_by(|a, b| l[*b as usize].total_cmp(&l[*a as usize]).then(a.cmp(b)));
        let growth = growth(problem);
        let lowest = order.last().map_or(0.0, |i| l[*i as usize]);
        let mut measure = Self {
            variance: Vec::new(),
            signal: Vec::new(),
            cross: Vec::new(),
            start: Vec::new(),
            along: Vec::new(),
            largest_growth: f64::INFINITY,
            places: Vec::new(),
        };
        let mut rest = &order[..];
        while let Some(first) = rest.first() {
            let high = l[*first as usize];
            // On such a cell exp(l A) is a polynomial to the last bit: while A grows, and when it falls, where the last bit is one of
            // the slowest direction's.
            let edge = (0.5 * (high + lowest)).max(high - 4.0 / growth);
            let (cell, others) = rest.split_at(rest.partition_point(|i| l[*i as usize] >= edge));
            rest = others;
            measure.add_cell(cell, problem);
        }
        if measure.places.iter().any(|place| matches!(place.cell, Cell::Range { .. })) {
            measure.largest_growth = 2.0 * growth;
        }
        measure
    }

    fn add_cell(&mut self, cell: &[u32], problem: &VectorProblem) {
        let l = |i: &u32| problem.variance()[*i as usize];
        let points: Vec<&[u32]> = cell.chunk_by(|i, k| l(i) == l(k)).collect();
        if points.len() <= NODES {
            for directions in points {
                let along = split(directions, problem);
                self.push(l(&directions[0]), along);
                let node = self.len() - 1;
                for i in directions {
                    let [signal, cross, start] = masses(*i as usize, along, problem);
                    // Of one variance, z is orthogonal to the signal if it is split at all.
                    let cross = if along == 0.0 { cross } else { 0.0 };
                    self.add(node, 1.0, [signal, cross, start]);
                }
                self.places.push(Place { directions: directions.to_vec(), first: node, cell: Cell::Point, along });
            }
            return;
        }
        let (low, high, first) = (l(&points[points.len() - 1][0]), l(&points[0][0]), self.len());
        let (along, cell_of) = (split(cell, problem), Cell::Range { low, high });
        (0..NODES).for_each(|k| self.push(node(low, high, k), along));
        for i in cell {
            let share = cell_of.shares(l(i));
            let masses = masses(*i as usize, along, problem);
            (0..NODES).for_each(|k| self.add(first + k, share[k], masses));
        }
        self.places.push(Place { directions: cell.to_vec(), first, cell: cell_of, along });
    }

    fn push(&mut self, variance: f64, along: f64) {
        self.variance.push(variance);
        self.along.push(along);
        for masses in [&mut self.signal, &mut self.cross, &mut self.start] {
            masses.push(0.0);
        }
    }

    fn add(&mut self, node: usize, share: f64, [signal, cross, start]: [f64; 3]) {
        self.signal[node] += share * signal;
        self.cross[node] += share * cross;
        self.start[node] += share * start;
    }

    /// `E = exp(l A)` at node n; 0 where it has nothing to act on.
    pub(super) fn grown(&self, n: usize, growth: f64) -> f64 {
        if self.is_along(n) { 0.0 } else { libm::exp(self.variance[n] * growth) }
    }

    /// Whether the start is a multiple of the signal there: `z = 0`.
    pub(super) fn is_along(&self, n: usize) -> bool {
        self.start[n] == 0.0 && self.cross[n] == 0.0
    }

    /// Number of nodes.
    pub(super) fn len(&self) -> usize {
        self.variance.len()
    }

    /// Calls `visit(i, f(l_i), z_i)` for every direction i, where f is known on the nodes.
    pub(super) fn at_directions(&self, problem: &VectorProblem, f: &[f64], mut visit: impl FnMut(usize, f64, f64)) {
        for Place { directions, first, cell, along } in &self.places {
            for i in directions {
                let value = match cell {
                    Cell::Point => f[*first],
                    Cell::Range { .. } => {
                        let share = cell.shares(problem.variance()[*i as usize]);
                        share.iter().zip(&f[*first..]).map(|(share, f)| share * f).sum()
                    }
                };
                visit(*i as usize, value, rest(*i as usize, *along, problem));
            }
        }
    }
}

impl Cell {
    /// The Lagrange polynomials of the nodes at `variance`, in barycentric form.
    fn shares(&self, variance: f64) -> [f64; NODES] {
        let Self::Range { low, high } = self else { return [1.0; NODES] };
        let mut share = [0.0; NODES];
        let mut total = 0.0;
        for k in 0..NODES {
            let distance = variance - node(*low, *high, k);
            if distance == 0.0 {
                share = [0.0; NODES];
                share[k] = 1.0;
                return share;
            }
            let ends = if k == 0 || k == NODES - 1 { 0.5 } else { 1.0 };
            share[k] = if k % 2 == 0 { ends } else { -ends } / distance;
            total += share[k];
        }
        share.map(|share| share / total)
    }
}

/// c with which `w(0) - c w*` has no overlap `sum l z w*` with the signal over these directions; 0 where the signal does not reach.
fn split(directions: &[u32], problem: &VectorProblem) -> f64 {
    let (l, signal, start) = (problem.variance(), problem.signal(), problem.start());
    let along = match directions {
        [i] => start[*i as usize] / signal[*i as usize],
        _ => {
            let each = directions.iter().map(|i| *i as usize);
            let (cross, square) = each.fold((0.0, 0.0), |(cross, square), i| {
                (cross + l[i] * start[i] * signal[i], square + l[i] * signal[i] * signal[i])
            });
            cross / square
        }
    };
    // A larger one could not be squared.
    if along.abs() < 1e100 { along } else { 0.0 }
}

/// z, where it is more than the rounding of the difference.
fn rest(i: usize, along: f64, problem: &VectorProblem) -> f64 {
    let (start, part) = (problem.start()[i], along * problem.signal()[i]);
    let rest = start - part;
    if rest.abs() <= 8.0 * f64::EPSILON * part.abs() { 0.0 } else { rest }
}

/// `l w*^2`, `l z w*`, `l z^2`.
fn masses(i: usize, along: f64, problem: &VectorProblem) -> [f64; 3] {
    let (l, signal, rest) = (problem.variance()[i], problem.signal()[i], rest(i, along, problem));
    [l * signal * signal, l * rest * signal, l * rest * rest]
}

fn node(low: f64, high: f64, k: usize) -> f64 {
    // From the high end down.
    let x = 0.5 * (1.0 + libm::cos(PI * k as f64 / (NODES - 1) as f64));
    if k == 0 { high } else { low + (high - low) * x }
}

/// About the largest integral of `s* - 3 s` there can be: it grows only while `3 s < s*`, and s is at least `l_i w_i^2` for every i.
fn growth(problem: &VectorProblem) -> f64 {
    let energy = problem.signal_energy();
    let each = problem.variance().iter().zip(problem.start());
    let grown = each.map(|(l, w)| libm::log(2.0 * (energy / l).sqrt() / w.abs()) / l);
    grown.fold(f64::INFINITY, f64::min).max(1.0 / problem.variance().iter().fold(0.0, |m: f64, l| m.max(*l)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masses_at_the_nodes_integrate_what_the_flow_asks_for() {
        for exponent in [0.5, 1.0, 2.0, 4.0] {
            let problem = VectorProblem::companion(exponent, 2000, 5).unwrap();
            let measure = Measure::new(&problem);
            assert!(measure.len() < 2000);
            let growth = measure.largest_growth / 2.0;
            for a in [growth, 0.0, -1.0, -10.0, -1e3, -1e6] {
                for power in [-1, 0, 2] {
                    let f = |l: f64| libm::exp(a * l) * l.powi(power);
                    let (l, w) = (problem.variance(), problem.signal());
                    let full: f64 = (0..l.len()).rev().map(|i| l[i] * w[i] * w[i] * f(l[i])).sum();
                    let nodes: f64 = (0..measure.len()).map(|n| measure.signal[n] * f(measure.variance[n])).sum();
                    assert!((full - nodes).abs() <= 1e-13 * full, "{exponent} {a} {power}: {full} {nodes}");
                }
                let on_nodes: Vec<f64> = measure.variance.iter().map(|l| libm::exp(a.min(0.0) * l)).collect();
                let mut seen = 0;
                measure.at_directions(&problem, &on_nodes, |i, value, _| {
                    seen += 1;
                    assert!((value - libm::exp(a.min(0.0) * problem.variance()[i])).abs() < 1e-14);
                });
                assert_eq!(seen, 2000);
            }
        }
    }
}
