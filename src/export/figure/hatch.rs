//! Hatching: parallel lines over the cells that have no value, in a direction for each reason.

use super::scene::{Colour, Point, Rectangle, Scene, Stroke};

/// Ground under the hatching, and colour of cells without a value.
pub(super) const GROUND: Colour = Colour(0xececec);
const LINE: Colour = Colour(0x707070);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hatch {
    Rising,
    Falling,
    Crossed,
}

impl Hatch {
    pub(super) const ALL: [Self; 3] = [Self::Rising, Self::Falling, Self::Crossed];

    /// Hatches the points of a rectangle where `covers` holds; its arguments are fractions of width and height, from
    /// the bottom left.
    pub(super) fn draw(self, scene: &mut Scene, place: &Rectangle, covers: impl Fn(f64, f64) -> bool) {
        let directions: &[f64] = match self {
            Self::Rising => &[1.0],
            Self::Falling => &[-1.0],
            Self::Crossed => &[1.0, -1.0],
        };
        let lines = directions.iter().flat_map(|slope| family(*slope, place, &covers)).collect();
        scene.lines(lines, Stroke::solid(LINE, 0.55));
    }
}

/// The covered pieces of lines `y = slope x + c`, found by walking along each.
fn family(slope: f64, place: &Rectangle, covers: &impl Fn(f64, f64) -> bool) -> Vec<Vec<Point>> {
    const SPACING: f64 = 4.0; // between lines, along either axis
    const STEP: f64 = 0.125; // half a pixel
    let (width, height) = (place.width, place.height);
    let mut pieces = Vec::new();
    let steps = (width / STEP) as usize;
    let (lowest, highest) = if slope > 0.0 { (-width, height) } else { (0.0, width + height) };
    let first = libm::ceil(lowest / SPACING) as i64;
    let last = libm::floor(highest / SPACING) as i64;
    for line in first..=last {
        let mut piece: Option<(Point, Point)> = None;
        for i in 0..=steps {
            let x = i as f64 * STEP;
            let y = line as f64 * SPACING + slope * x;
            let covered = (0.0..=height).contains(&y) && covers(x / width, y / height);
            let point = (place.left + x, place.bottom() - y);
            piece = match (piece, covered) {
                (None, true) => Some((point, point)),
                (Some((start, _)), true) => Some((start, point)),
                (Some((start, end)), false) => {
                    pieces.push(vec![start, end]);
                    None
                }
                (None, false) => None,
            };
        }
        pieces.extend(piece.map(|(start, end)| vec![start, end]));
    }
    pieces.retain(|piece| piece[0] != piece[1]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Rectangle = Rectangle { left: 10.0, top: 20.0, width: 40.0, height: 30.0 };

    #[test]
    fn only_covered_points_are_hatched() {
        for slope in [1.0, -1.0] {
            let all = family(slope, &PLACE, &|_, _| true);
            let left = family(slope, &PLACE, &|x, _| x < 0.5);
            assert!(family(slope, &PLACE, &|_, _| false).is_empty());
            assert!(all.len() >= 15 && left.len() >= 10);
            for (x, y) in left.concat() {
                assert!((10.0..30.0).contains(&x) && (20.0..=50.0).contains(&y));
            }
            let length = |lines: &[Vec<Point>]| lines.iter().map(|line| line[1].0 - line[0].0).sum::<f64>();
            assert!((length(&left) / length(&all) - 0.5).abs() < 0.05);
        }
    }
}
