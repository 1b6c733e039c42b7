use super::scene::{Point, Rectangle};

/// How a quantity is laid out along an axis or over colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences, equal distances.
    Linear,
    /// Equal ratios, equal distances; for positive quantities.
    Log,
}

impl Scale {
    /// The value in the coordinate in which the axis is uniform: itself, or its decimal logarithm (-inf for zero and
    /// below).
    pub(super) fn coordinate(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Log if value > 0.0 => libm::log10(value),
            Self::Log if value.is_nan() => f64::NAN,
            Self::Log => f64::NEG_INFINITY,
        }
    }
}

/// An interval of an axis, in its uniform coordinate; never empty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    pub(super) scale: Scale,
    pub(super) from: f64,
    pub(super) to: f64,
}

impl Range {
    /// The interval between two coordinates, widened where they (nearly) coincide.
    pub(super) fn new(scale: Scale, from: f64, to: f64) -> Self {
        const SHORTEST: f64 = 1e-290; // steps of ticks do not underflow
        let largest = match scale {
            Scale::Linear => 1e300, // lengths of intervals do not overflow
            Scale::Log => 300.0,
        };
        let (from, to) = (from.clamp(-largest, largest), to.clamp(-largest, largest));
        let size = from.abs().max(to.abs());
        if to - from > (1e-9 * size).max(SHORTEST) {
            return Self { scale, from, to };
        }
        let (middle, half) = match scale {
            Scale::Log => ((from + to) / 2.0, 0.5),
            Scale::Linear if size == 0.0 => (0.0, 1.0),
            Scale::Linear => ((from + to) / 2.0, (size / 2.0).max(SHORTEST)),
        };
        Self { scale, from: middle - half, to: middle + half }
    }

    /// The interval that holds these values; `None` where none has a coordinate.
    pub(super) fn of(scale: Scale, values: impl Iterator<Item = f64>) -> Option<Self> {
        let coordinates = values.map(|value| scale.coordinate(value)).filter(|coordinate| coordinate.is_finite());
        let (from, to) = coordinates.fold((f64::INFINITY, f64::NEG_INFINITY), |(from, to), c| (from.min(c), to.max(c)));
        (from <= to).then(|| Self::new(scale, from, to))
    }

    /// The interval with a share of its length added at both ends.
    pub(super) fn padded(self, share: f64) -> Self {
        let margin = share * (self.to - self.from);
        Self { from: self.from - margin, to: self.to + margin, ..self }
    }

    /// Where a value lies: 0 at the beginning, 1 at the end. Far outside it is cut off, so that lines towards
    /// infinity can be drawn.
    pub(super) fn fraction(&self, value: f64) -> f64 {
        let fraction = (self.scale.coordinate(value) - self.from) / (self.to - self.from);
        fraction.clamp(-4.0, 5.0)
    }
}

/// A rectangle of the page with an axis along two of its sides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axes {
    pub(super) place: Rectangle,
    pub(super) x: Range,
    pub(super) y: Range,
}

impl Axes {
    /// Axes on a square of side 1, to see what lies inside.
    pub(super) fn unit(x: Range, y: Range) -> Self {
        Self { place: Rectangle { left: 0.0, top: 0.0, width: 1.0, height: 1.0 }, x, y }
    }

    pub(super) fn at(&self, x: f64, y: f64) -> Point {
        self.at_fractions(self.x.fraction(x), self.y.fraction(y))
    }

    pub(super) fn at_fractions(&self, x: f64, y: f64) -> Point {
        (self.place.left + x * self.place.width, self.place.bottom() - y * self.place.height)
    }

    /// The curve through data points, as far as it lies inside; it is interrupted where a point is not a number.
    pub(super) fn curve(&self, points: &[Point]) -> Vec<Vec<Point>> {
        let placed: Vec<Point> = points.iter().map(|(x, y)| self.at(*x, *y)).collect();
        let runs = placed.split(|(x, y)| x.is_nan() || y.is_nan());
        runs.flat_map(|run| clip(&thinned(run), &self.place)).collect()
    }
}

impl Axes {
    /// The outline of the area between a low and a high curve, cut off at the frame; points that are not numbers are
    /// left out.
    pub(super) fn band(&self, points: &[(f64, f64, f64)]) -> Vec<Point> {
        let within = |fraction: f64| fraction.clamp(0.0, 1.0);
        let place = |(x, y): Point| self.at_fractions(within(self.x.fraction(x)), within(self.y.fraction(y)));
        let known = points.iter().filter(|(x, low, high)| !(x.is_nan() || low.is_nan() || high.is_nan()));
        let low: Vec<Point> = known.clone().map(|(x, low, _)| place((*x, *low))).collect();
        let high: Vec<Point> = known.map(|(x, _, high)| place((*x, *high))).collect();
        let mut outline = thinned(&low);
        outline.extend(thinned(&high).into_iter().rev());
        outline
    }
}

/// A curve with no more points than can be seen: of those within a tenth of a point in x, the first, the lowest, the
/// highest and the last.
fn thinned(points: &[Point]) -> Vec<Point> {
    const COLUMN: f64 = 0.1;
    let mut kept = Vec::new();
    let mut rest = points;
    while let Some(&(x, _)) = rest.first() {
        let count = rest.iter().take_while(|point| (point.0 - x).abs() < COLUMN).count();
        let (column, after) = rest.split_at(count);
        rest = after;
        if count <= 4 {
            kept.extend(column);
            continue;
        }
        let by_height = |i: &usize, j: &usize| column[*i].1.total_cmp(&column[*j].1);
        let mut indices = vec![0, count - 1];
        indices.extend((0..count).min_by(by_height));
        indices.extend((0..count).max_by(by_height));
        indices.sort_unstable();
        indices.dedup();
        kept.extend(indices.into_iter().map(|i| column[i]));
    }
    kept
}

/// The parts of a line inside a rectangle (Liang and Barsky's method).
pub(super) fn clip(line: &[Point], place: &Rectangle) -> Vec<Vec<Point>> {
    let mut parts: Vec<Vec<Point>> = Vec::new();
    for (start, end) in line.iter().zip(line.iter().skip(1)) {
        let Some((enter, leave)) = inside(*start, *end, place) else { continue };
        let point = |t: f64| (start.0 + t * (end.0 - start.0), start.1 + t * (end.1 - start.1));
        match parts.last_mut() {
            Some(part) if enter == 0.0 && part.last() == Some(start) => part.push(point(leave)),
            _ => parts.push(vec![point(enter), point(leave)]),
        }
    }
    parts
}

/// The share of a segment that lies in a rectangle, as an interval of its parameter.
fn inside(start: Point, end: Point, place: &Rectangle) -> Option<(f64, f64)> {
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    let bounds = [(start.0, end.0, place.left, place.right()), (start.1, end.1, place.top, place.bottom())];
    for (from, to, low, high) in bounds {
        for (distance, room) in [(from - to, from - low), (to - from, high - from)] {
            if distance == 0.0 {
                if room < 0.0 {
                    return None;
                }
            } else if distance < 0.0 {
                enter = enter.max(room / distance);
            } else {
                leave = leave.min(room / distance);
            }
        }
    }
    (enter <= leave).then_some((enter, leave))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: Rectangle = Rectangle { left: 0.0, top: 0.0, width: 10.0, height: 10.0 };

    #[test]
    fn lines_are_cut_at_the_frame() {
        assert_eq!(clip(&[(-5.0, 5.0), (15.0, 5.0)], &SQUARE), [[(0.0, 5.0), (10.0, 5.0)]]);
        assert_eq!(
            clip(&[(2.0, 2.0), (4.0, 4.0), (4.0, 20.0), (6.0, 20.0), (6.0, 6.0)], &SQUARE),
            [vec![(2.0, 2.0), (4.0, 4.0), (4.0, 10.0)], vec![(6.0, 10.0), (6.0, 6.0)],]
        );
        assert!(clip(&[(-1.0, -1.0), (-1.0, 20.0)], &SQUARE).is_empty());
        assert!(clip(&[(-3.0, 8.0), (1.0, 13.0)], &SQUARE).is_empty(), "passes the corner outside");
    }

    #[test]
    fn a_curve_is_interrupted_where_it_is_not_a_number_and_leaves_through_the_bottom_at_zero() {
        let axes = Axes { place: SQUARE, x: Range::new(Scale::Linear, 0.0, 4.0), y: Range::new(Scale::Log, -2.0, 0.0) };
        let curve = axes.curve(&[(0.0, 1.0), (1.0, 0.1), (2.0, f64::NAN), (3.0, 1.0), (4.0, 0.0)]);
        assert_eq!(curve.len(), 2);
        assert_eq!(curve[0], [(0.0, 0.0), (2.5, 5.0)]);
        assert_eq!(curve[1][0], (7.5, 0.0));
        assert_eq!(curve[1][1].1, 10.0);
    }

    #[test]
    fn a_long_curve_keeps_its_extremes_and_loses_the_rest() {
        let points: Vec<Point> =
            (0..100_000).map(|i| (f64::from(i) * 1e-4, if i == 54_321 { 9.0 } else { f64::from(i % 2) })).collect();
        let kept = thinned(&points);
        assert!(kept.len() < 500, "{}", kept.len());
        assert!(kept.contains(&points[54_321]));
        assert_eq!((kept[0], kept[kept.len() - 1]), (points[0], points[99_999]));
    }

    #[test]
    fn a_range_is_never_empty() {
        for (scale, value) in [(Scale::Linear, 1.0), (Scale::Linear, 0.0), (Scale::Log, 1.0), (Scale::Linear, -3.0)] {
            let range = Range::of(scale, [value, value].into_iter()).unwrap();
            assert_eq!(range.fraction(value), 0.5, "{scale:?} {value}");
        }
        assert!(Range::of(Scale::Log, [0.0, -1.0, f64::NAN].into_iter()).is_none());
    }
}
