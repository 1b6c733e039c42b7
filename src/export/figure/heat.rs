//! What is inside a panel of a phase diagram: coloured cells, hatched failures, the boundary in the data and the one
//! in the theory.

use super::axis::{Axes, Range, Scale, clip};
use super::colour::viridis;
use super::contour::{Field, contour, smoothed};
use super::hatch::{GROUND, Hatch};
use super::raster::PIXELS;
use super::scene::{Colour, Item, Point, Rectangle, Scene, Stroke};

/// The boundary in the data: white, edged in dark so that it shows on the light end of the colours too.
pub(super) fn level_strokes() -> Vec<Stroke> {
    vec![Stroke::solid(Colour(0x202020), 2.6), Stroke::solid(Colour::WHITE, 1.7)]
}

/// The theory's boundary: black dashes edged in white, to be seen on any colour and on top of the other boundary.
pub(super) fn theory_strokes() -> Vec<Stroke> {
    const DASH: &[f64] = &[4.5, 3.0];
    const EDGE: Stroke = Stroke { colour: Colour::WHITE, width: 2.0, opacity: 0.9, dash: DASH };
    vec![EDGE, Stroke { colour: Colour::BLACK, width: 1.3, opacity: 1.0, ..EDGE }]
}

/// Edges of the cells around values, in the axis's uniform coordinate: half-way to the neighbours, and as far beyond
/// the last ones.
pub(super) fn edges(values: &[f64], scale: Scale) -> Vec<f64> {
    let centres: Vec<f64> = values.iter().map(|value| scale.coordinate(*value)).collect();
    let Some((first, last)) = centres.first().zip(centres.last()) else { return Vec::new() };
    if centres.len() == 1 {
        let alone = Range::new(scale, *first, *last);
        return vec![alone.from, alone.to];
    }
    let inner: Vec<f64> = centres.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0).collect();
    let mut edges = vec![2.0 * first - inner[0]];
    edges.extend(&inner);
    edges.push(2.0 * last - inner[inner.len() - 1]);
    edges
}

/// A grid of cells in a frame.
pub(super) struct Cells<'a> {
    /// The frame; its ranges span the edges of the cells.
    pub(super) axes: Axes,
    /// Edges in uniform coordinates.
    pub(super) x: &'a [f64],
    pub(super) y: &'a [f64],
    /// Value of cell `(i, j)` where it has one that can be drawn.
    pub(super) value: &'a dyn Fn(usize, usize) -> Option<f64>,
    /// The hatching of cell `(i, j)` where it has none.
    pub(super) hatch: &'a dyn Fn(usize, usize) -> Option<Hatch>,
    /// The range of the colours.
    pub(super) colours: Range,
}

impl Cells<'_> {
    pub(super) fn draw(&self, scene: &mut Scene) {
        let place = self.axes.place;
        let (columns, rows) = ((place.width * PIXELS).round() as usize, (place.height * PIXELS).round() as usize);
        let middle = |k: usize, count: usize| (k as f64 + 0.5) / count as f64;
        let across: Vec<usize> = (0..columns).map(|k| cell(self.x, middle(k, columns))).collect();
        let up: Vec<usize> = (0..rows).rev().map(|k| cell(self.y, middle(k, rows))).collect();
        let colour = |i: usize, j: usize| match (self.value)(i, j) {
            Some(value) => viridis(self.colours.fraction(value)),
            None => GROUND.rgb(),
        };
        let pixels = up.iter().flat_map(|j| across.iter().map(move |i| (*i, *j))).map(|(i, j)| colour(i, j)).collect();
        scene.items.push(Item::Image { place, columns, rows, pixels });
        for hatch in Hatch::ALL {
            let here = |i, j| (self.hatch)(i, j) == Some(hatch);
            if (0..self.x.len() - 1).any(|i| (0..self.y.len() - 1).any(|j| here(i, j))) {
                hatch.draw(scene, &place, |x, y| here(cell(self.x, x), cell(self.y, y)));
            }
        }
    }

    /// Draws where the value passes a level.
    ///
    /// The outermost cells are continued to the frame, so that the line reaches it and a single row or column has one
    /// too.
    pub(super) fn draw_level(&self, scene: &mut Scene, level: f64) {
        let (x, y) = (continued(self.x), continued(self.y));
        let inner = |k: usize, edges: &[f64]| k.clamp(1, edges.len() - 1) - 1;
        let value = |i: usize, j: usize| {
            let value = (self.value)(inner(i, self.x), inner(j, self.y))?;
            Some(self.colours.scale.coordinate(value))
        };
        let lines = contour(&Field { x: &x, y: &y, value: &value }, self.colours.scale.coordinate(level));
        let place = |line: &Vec<Point>| -> Vec<Point> {
            smoothed(line).into_iter().map(|(x, y)| self.axes.at_fractions(x, y)).collect()
        };
        let lines: Vec<Vec<Point>> = lines.iter().map(place).collect();
        for stroke in level_strokes() {
            scene.lines(within(&lines, &self.axes.place), stroke);
        }
    }

    pub(super) fn draw_theory(&self, scene: &mut Scene, points: &[Point]) {
        let lines = self.axes.curve(points);
        for stroke in theory_strokes() {
            scene.lines(lines.clone(), stroke);
        }
    }
}

fn within(lines: &[Vec<Point>], place: &Rectangle) -> Vec<Vec<Point>> {
    lines.iter().flat_map(|line| clip(line, place)).collect()
}

/// The cell at a fraction of the way from the first edge to the last.
fn cell(edges: &[f64], fraction: f64) -> usize {
    let last = edges.len() - 1;
    let place = edges[0] + fraction * (edges[last] - edges[0]);
    edges[1..last].partition_point(|edge| *edge <= place)
}

/// Centres of the cells, and the two outer edges, as fractions of the way.
fn continued(edges: &[f64]) -> Vec<f64> {
    let (first, last) = (edges[0], edges[edges.len() - 1]);
    let centres = edges.windows(2).map(|pair| ((pair[0] + pair[1]) / 2.0 - first) / (last - first));
    std::iter::once(0.0).chain(centres).chain(std::iter::once(1.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_lie_around_their_values() {
        assert_eq!(edges(&[0.0, 1.0, 2.0], Scale::Linear), [-0.5, 0.5, 1.5, 2.5]);
        assert_eq!(edges(&[0.1, 10.0], Scale::Log), [-2.0, 0.0, 2.0]);
        assert_eq!(edges(&[100.0], Scale::Log), [1.5, 2.5]);
        assert_eq!(edges(&[4.0], Scale::Linear), [2.0, 6.0]);
        let uneven = [0.0, 1.0, 3.0, 4.0];
        assert_eq!([0.0, 0.2, 0.3, 0.7, 0.8, 1.0].map(|f| cell(&uneven, f)), [0, 0, 1, 1, 2, 2]);
        assert_eq!(cell(&[0.0, 1.0], 1.0), 0);
    }
}
