//! What a figure consists of, before it is SVG or PNG. Lengths are points (1/72 inch), y grows downward.

use super::label::Label;

pub(super) type Point = (f64, f64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colour(pub(super) u32);

impl Colour {
    pub(super) const BLACK: Self = Self(0x000000);
    pub(super) const WHITE: Self = Self(0xffffff);

    pub(super) fn rgb(self) -> [u8; 3] {
        let [_, r, g, b] = self.0.to_be_bytes();
        [r, g, b]
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rectangle {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Rectangle {
    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(super) fn centre(&self) -> Point {
        (self.left + self.width / 2.0, self.top + self.height / 2.0)
    }

    /// The rectangle as a closed line.
    pub(super) fn outline(&self) -> Vec<Point> {
        let (left, top, right, bottom) = (self.left, self.top, self.right(), self.bottom());
        vec![(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    }
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stroke {
    pub(super) colour: Colour,
    pub(super) width: f64,
    pub(super) opacity: f64,
    /// Lengths of dashes and gaps in turn; empty for a solid line.
    pub(super) dash: &'static [f64],
}

impl Stroke {
    pub(super) fn solid(colour: Colour, width: f64) -> Self {
        Self { colour, width, opacity: 1.0, dash: &[] }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A piece of text; `at` is the anchor's place on the baseline. Rotated text reads upward.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Text {
    pub(super) label: Label,
    pub(super) at: Point,
    pub(super) size: f64,
    pub(super) anchor: Anchor,
    pub(super) upward: bool,
    pub(super) colour: Colour,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    /// Pixels, row by row from the top, stretched over a rectangle without smoothing.
    Image { place: Rectangle, columns: usize, rows: usize, pixels: Vec<[u8; 3]> },
    /// A filled polygon.
    Fill { points: Vec<Point>, colour: Colour, opacity: f64 },
    /// Lines in one style.
    Lines { lines: Vec<Vec<Point>>, stroke: Stroke },
    /// Text.
    Text(Text),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scene {
    pub(super) width: f64,
    pub(super) height: f64,
    /// What the figure shows, in words, for readers who cannot see it.
    pub(super) description: String,
    pub(super) items: Vec<Item>,
}

impl Scene {
    pub(super) fn line(&mut self, points: Vec<Point>, stroke: Stroke) {
        self.lines(vec![points], stroke);
    }

    pub(super) fn lines(&mut self, lines: Vec<Vec<Point>>, stroke: Stroke) {
        if !lines.is_empty() {
            self.items.push(Item::Lines { lines, stroke });
        }
    }

    pub(super) fn fill(&mut self, points: Vec<Point>, colour: Colour, opacity: f64) {
        self.items.push(Item::Fill { points, colour, opacity });
    }

    pub(super) fn text(&mut self, label: &Label, at: Point, size: f64, anchor: Anchor) {
        self.items.push(Item::Text(Text {
            label: label.clone(),
            at,
            size,
            anchor,
            upward: false,
            colour: Colour::BLACK,
        }));
    }

    pub(super) fn upward_text(&mut self, label: &Label, at: Point, size: f64) {
        let anchor = Anchor::Middle;
        self.items.push(Item::Text(Text {
            label: label.clone(),
            at,
            size,
            anchor,
            upward: true,
            colour: Colour::BLACK,
        }));
    }
}
