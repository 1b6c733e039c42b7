//! The bundled typeface: Noto Sans, regular and italic (Apache-2.0), for the widths of text and for its shapes.

use super::label::Label;
use super::scene::{Anchor, Point, Text};
use std::sync::LazyLock;
use ttf_parser::{Face, GlyphId, OutlineBuilder};

struct Typeface {
    regular: Face<'static>,
    italic: Face<'static>,
}

static TYPEFACE: LazyLock<Typeface> = LazyLock::new(|| {
    let face = |bytes| Face::parse(bytes, 0).expect("the bundled typeface is well-formed");
    Typeface { regular: face(notosans::REGULAR_TTF), italic: face(notosans::ITALIC_TTF) }
});

/// Height of capitals and digits, in units of the size.
pub(super) const CAPITAL: f64 = 0.714;

/// What draws the outlines of letters.
pub(super) trait Pen {
    fn move_to(&mut self, to: Point);
    fn line_to(&mut self, to: Point);
    fn quad_to(&mut self, control: Point, to: Point);
    fn curve_to(&mut self, first: Point, second: Point, to: Point);
    fn close(&mut self);
}

/// Width of a label, in the units of its size.
pub(super) fn width(label: &Label, size: f64) -> f64 {
    place(label, size).last().map_or(0.0, |glyph| glyph.x + glyph.advance)
}

/// The size, `size` or less, at which a label is no wider than `room`.
pub(super) fn fitting(label: &Label, size: f64, room: f64) -> f64 {
    size * (room / width(label, size)).min(1.0)
}

/// The size, `size` or less, at which none of the labels, which belong together, is wider than `room`.
pub(super) fn fitting_all<'a>(labels: impl Iterator<Item = &'a Label>, size: f64, room: f64) -> f64 {
    labels.map(|label| fitting(label, size, room)).fold(size, f64::min)
}

/// Draws a text to the right, y downward, with its anchor at the origin.
pub(super) fn draw(text: &Text, pen: &mut dyn Pen) {
    let start = match text.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => -width(&text.label, text.size) / 2.0,
        Anchor::End => -width(&text.label, text.size),
    };
    for glyph in place(&text.label, text.size) {
        let mut placed = Placed { pen, x: start + glyph.x, y: -glyph.rise, scale: glyph.scale };
        glyph.face.outline_glyph(glyph.id, &mut placed);
    }
}

struct Glyph {
    face: &'static Face<'static>,
    id: GlyphId,
    x: f64,
    rise: f64,
    /// Font units to the units of the size.
    scale: f64,
    advance: f64,
}

fn place(label: &Label, size: f64) -> Vec<Glyph> {
    let mut glyphs = Vec::new();
    let mut x = 0.0;
    for span in &label.spans {
        let face = if span.italic { &TYPEFACE.italic } else { &TYPEFACE.regular };
        let scale = size * span.shift.scale() / f64::from(face.units_per_em());
        let rise = size * span.shift.rise();
        for c in span.text.chars() {
            let id = face.glyph_index(c).unwrap_or(GlyphId(0)); // the box for characters that the typeface lacks
            let advance = f64::from(face.glyph_hor_advance(id).unwrap_or(0)) * scale;
            glyphs.push(Glyph { face, id, x, rise, scale, advance });
            x += advance;
        }
    }
    glyphs
}

struct Placed<'a> {
    pen: &'a mut dyn Pen,
    x: f64,
    y: f64,
    scale: f64,
}

impl Placed<'_> {
    fn at(&self, x: f32, y: f32) -> Point {
        (self.x + self.scale * f64::from(x), self.y - self.scale * f64::from(y))
    }
}

impl OutlineBuilder for Placed<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.pen.move_to(self.at(x, y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.pen.line_to(self.at(x, y));
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.pen.quad_to(self.at(x1, y1), self.at(x, y));
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.pen.curve_to(self.at(x1, y1), self.at(x2, y2), self.at(x, y));
    }

    fn close(&mut self) {
        self.pen.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_typeface_has_every_letter_we_use() {
        for c in "abc XYZ 0123456789 αβγδελμητρθσω −×·≤≥≈→∞√²³½'\"()[]{}<>&".chars().filter(|c| !c.is_whitespace())
        {
            assert!(TYPEFACE.regular.glyph_index(c).is_some(), "{c}");
            assert!(TYPEFACE.italic.glyph_index(c).is_some(), "{c} in italics");
        }
    }

    #[test]
    fn the_width_of_a_label_is_the_sum_of_its_parts() {
        let digits = width(&Label::plain("000"), 10.0);
        assert!((digits - 3.0 * width(&Label::plain("0"), 10.0)).abs() < 1e-12 * digits);
        let script = width(&Label::math("10^{0}"), 10.0) - width(&Label::plain("10"), 10.0);
        assert!((script - 0.7 * width(&Label::plain("0"), 10.0)).abs() < 1e-12 * digits);
        assert_eq!(width(&Label::default(), 10.0), 0.0);
    }

    #[test]
    fn capitals_are_as_high_as_we_think() {
        let face = &TYPEFACE.regular;
        let height = f64::from(face.capital_height().unwrap()) / f64::from(face.units_per_em());
        assert!((height - CAPITAL).abs() < 1e-3);
    }
}
