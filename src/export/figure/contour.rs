//! Level sets of a field on a grid, by marching squares.

use super::scene::Point;
use std::collections::BTreeMap;

/// A field on a grid: `value(i, j)` at `(x[i], y[j])`, or nothing where it is not known.
pub(super) struct Field<'a> {
    pub(super) x: &'a [f64],
    pub(super) y: &'a [f64],
    pub(super) value: &'a dyn Fn(usize, usize) -> Option<f64>,
}

/// An edge of the grid: from node `(i, j)` to the right, or up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    i: usize,
    j: usize,
    up: bool,
}

/// The lines that separate where the field exceeds `level` from where it does not. Along an edge the field is taken
/// as linear, and in a square whose corners alternate, as what the mean of the corners says. Squares with an unknown
/// corner are left out.
pub(super) fn contour(field: &Field<'_>, level: f64) -> Vec<Vec<Point>> {
    let mut neighbours: BTreeMap<Edge, Vec<Edge>> = BTreeMap::new();
    let mut connect = |a: Edge, b: Edge| {
        neighbours.entry(a).or_default().push(b);
        neighbours.entry(b).or_default().push(a);
    };
    for j in 0..field.y.len().saturating_sub(1) {
        for i in 0..field.x.len().saturating_sub(1) {
            let corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)].map(|(i, j)| (field.value)(i, j));
            let [Some(a), Some(b), Some(c), Some(d)] = corners else { continue };
            let [bottom, top] = [j, j + 1].map(|j| Edge { i, j, up: false });
            let [left, right] = [i, i + 1].map(|i| Edge { i, j, up: true });
            let sides = [(a, b, bottom), (b, c, right), (c, d, top), (d, a, left)];
            let crossed: Vec<Edge> = sides
                .into_iter()
                .filter(|(from, to, _)| (*from > level) != (*to > level))
                .map(|(_, _, edge)| edge)
                .collect();
            match crossed[..] {
                [one, other] => connect(one, other),
                [..] if crossed.len() == 4 => {
                    // The middle belongs with a and c, or with b and d: the lines cut off the two other corners.
                    if (a / 4.0 + b / 4.0 + c / 4.0 + d / 4.0 > level) == (a > level) {
                        connect(bottom, right);
                        connect(top, left);
                    } else {
                        connect(left, bottom);
                        connect(right, top);
                    }
                }
                _ => {}
            }
        }
    }
    chains(neighbours)
        .into_iter()
        .map(|chain| chain.into_iter().map(|edge| crossing(field, edge, level)).collect())
        .collect()
}

/// Where the field passes the level on an edge.
fn crossing(field: &Field<'_>, edge: Edge, level: f64) -> Point {
    let Edge { i, j, up } = edge;
    let (k, l) = if up { (i, j + 1) } else { (i + 1, j) };
    let share = match ((field.value)(i, j), (field.value)(k, l)) {
        (Some(from), Some(to)) => ((level - from) / (to - from)).clamp(0.0, 1.0),
        _ => f64::NAN, // edges of squares with unknown corners are never crossed
    };
    let share = if share.is_nan() { 0.5 } else { share }; // differences of the largest doubles are infinite
    (field.x[i] + share * (field.x[k] - field.x[i]), field.y[j] + share * (field.y[l] - field.y[j]))
}

/// Joins pairs of edges into lines: first those with two ends, then the closed ones (which repeat their first edge).
fn chains(mut neighbours: BTreeMap<Edge, Vec<Edge>>) -> Vec<Vec<Edge>> {
    let mut chains = Vec::new();
    let ends: Vec<Edge> = neighbours.iter().filter(|(_, near)| near.len() == 1).map(|(edge, _)| *edge).collect();
    let anywhere: Vec<Edge> = neighbours.keys().copied().collect();
    for start in ends.into_iter().chain(anywhere) {
        let mut chain = vec![start];
        let mut here = start;
        while let Some(next) = neighbours.get_mut(&here).and_then(Vec::pop) {
            if let Some(back) = neighbours.get_mut(&next)
                && let Some(position) = back.iter().position(|edge| *edge == here)
            {
                back.swap_remove(position);
            }
            chain.push(next);
            here = next;
        }
        if chain.len() > 1 {
            chains.push(chain);
        }
    }
    chains
}

/// Cuts the corners off a line (Chaikin's method, once): points alternate between edges of both kinds, and their
/// zigzag is the grid's.
pub(super) fn smoothed(line: &[Point]) -> Vec<Point> {
    let mix = |a: Point, b: Point, t: f64| (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1));
    let closed = line.len() > 2 && line.first() == line.last();
    let corners = line.iter().zip(line.iter().skip(1)).flat_map(|(a, b)| [mix(*a, *b, 0.25), mix(*a, *b, 0.75)]);
    let mut smooth: Vec<Point> = corners.collect();
    if closed {
        smooth.extend(smooth.first().copied());
    } else if let (Some(first), Some(last)) = (line.first(), line.last()) {
        smooth.insert(0, *first);
        smooth.push(*last);
    }
    smooth
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(n: usize) -> Vec<f64> {
        (0..n).map(|i| -1.0 + 2.0 * i as f64 / (n - 1) as f64).collect()
    }

    fn lines(f: impl Fn(f64, f64) -> Option<f64>, n: usize, level: f64) -> Vec<Vec<Point>> {
        let (x, y) = (axis(n), axis(n));
        contour(&Field { x: &x, y: &y, value: &|i, j| f(x[i], y[j]) }, level)
    }

    #[test]
    fn the_contour_of_a_linear_field_is_its_line_exactly() {
        let found = lines(|x, y| Some(2.0 * x + y), 11, 0.3);
        assert_eq!(found.len(), 1);
        for (x, y) in found[0].iter().chain(&smoothed(&found[0])) {
            assert!((2.0 * x + y - 0.3).abs() < 8.0 * f64::EPSILON, "{x} {y}");
        }
        let ends = [found[0][0].1, found[0][found[0].len() - 1].1].map(f64::abs);
        assert_eq!(ends, [1.0, 1.0], "it reaches from edge to edge");
    }

    #[test]
    fn the_contour_of_a_round_hill_is_a_closed_circle_of_second_order_accuracy() {
        for n in [21, 41, 81] {
            let found = lines(|x, y| Some(x * x + y * y), n, 0.5);
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].first(), found[0].last());
            // Linear interpolation over h errs by at most h^2/8 f'' in the field, f'' = 2; so r^2 by h^2/4, r by h^2/(8r).
            let (h, r) = (2.0 / (n - 1) as f64, libm::sqrt(0.5));
            let error = found[0].iter().map(|(x, y)| (libm::sqrt(x * x + y * y) - r).abs()).fold(0.0, f64::max);
            assert!(error <= 1.1 * h * h / (8.0 * r), "{error} at h = {h}"); // a tenth for r's own change
            assert!(error >= 0.2 * h * h / (8.0 * r), "{error} at h = {h}: the bound is not idle");
        }
    }

    #[test]
    fn a_saddle_is_two_lines_on_the_sides_that_its_middle_says() {
        let found = lines(|x, y| Some(x * y), 2, 0.1);
        assert_eq!(found.len(), 2, "the middle is below: the two high corners are cut off");
        for line in &found {
            assert!(line.iter().all(|(x, y)| x * y > -1.0 && (x.abs() == 1.0 || y.abs() == 1.0)));
            assert!(line[0].0 * line[1].0 > 0.0 || line[0].1 * line[1].1 > 0.0);
            let middle = ((line[0].0 + line[1].0) / 2.0, (line[0].1 + line[1].1) / 2.0);
            assert!(middle.0 * middle.1 > 0.0, "{middle:?} is towards a high corner");
        }
    }

    #[test]
    fn flat_and_unknown_fields_have_no_contour() {
        assert!(lines(|_, _| Some(1.0), 5, 1.0).is_empty());
        assert!(lines(|_, _| None, 5, 1.0).is_empty());
        let half = lines(|x, y| (x <= 0.01).then_some(y), 5, 0.1);
        assert_eq!(half.len(), 1);
        assert!(half[0].iter().all(|(x, _)| *x <= 0.01));
    }

    #[test]
    fn a_boundary_of_exact_ones_lies_at_the_last_of_them() {
        let found = lines(|x, _| Some(if x <= 0.0 { 1.0 } else { 1.0 + x }), 5, 1.0);
        assert_eq!(found.len(), 1);
        assert!(found[0].iter().all(|(x, _)| *x == 0.0));
    }
}
