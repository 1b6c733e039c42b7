//! Keys under a figure: a sample of each line or hatching, and its name.

use super::font;
use super::hatch::{GROUND, Hatch};
use super::label::Label;
use super::scene::{Anchor, Colour, Rectangle, Scene, Stroke};

pub(super) const SIZE: f64 = 9.0;
const ROW: f64 = 13.0;
const SAMPLE: f64 = 20.0;
const GAP: f64 = 4.5;
const BETWEEN: f64 = 15.0;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) name: Label,
    pub(super) sample: Sample,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Sample {
    /// Strokes on top of each other, on a chip of some colour and opacity where the line lies on a ground or in a band.
    Line {
        strokes: Vec<Stroke>,
        ground: Option<(Colour, f64)>,
    },
    Hatch(Hatch),
    /// An area of one colour.
    Fill(Colour),
}

impl Entry {
    fn width(&self) -> f64 {
        SAMPLE + GAP + font::width(&self.name, SIZE)
    }

    fn draw(&self, scene: &mut Scene, left: f64, middle: f64) {
        let chip = |height: f64| Rectangle { left, top: middle - height / 2.0, width: SAMPLE, height };
        match &self.sample {
            Sample::Line { strokes, ground } => {
                if let Some((colour, opacity)) = ground {
                    scene.fill(chip(9.0).outline(), *colour, *opacity);
                }
                for stroke in strokes {
                    scene.line(vec![(left, middle), (left + SAMPLE, middle)], *stroke);
                }
            }
            Sample::Hatch(hatch) => {
                scene.fill(chip(9.0).outline(), GROUND, 1.0);
                hatch.draw(scene, &chip(9.0), |_, _| true);
            }
            Sample::Fill(colour) => scene.fill(chip(9.0).outline(), *colour, 1.0),
        }
        let baseline = middle + font::CAPITAL * SIZE / 2.0;
        scene.text(&self.name, (left + SAMPLE + GAP, baseline), SIZE, Anchor::Start);
    }
}

/// Entries in rows that fit a width (an entry wider than that has a row of its own).
fn rows(entries: &[Entry], width: f64) -> Vec<&[Entry]> {
    let mut rows = Vec::new();
    let mut rest = entries;
    while !rest.is_empty() {
        let mut used = 0.0;
        let count = rest.iter().take_while(|entry| {
            used += entry.width() + if used > 0.0 { BETWEEN } else { 0.0 };
            used <= width
        });
        let (row, after) = rest.split_at(count.count().max(1));
        rows.push(row);
        rest = after;
    }
    rows
}

pub(super) fn height(entries: &[Entry], width: f64) -> f64 {
    rows(entries, width).len() as f64 * ROW
}

/// The width of the widest entry: no figure with this legend may be narrower.
pub(super) fn least_width(entries: &[Entry]) -> f64 {
    entries.iter().map(Entry::width).fold(0.0, f64::max)
}

/// Draws the rows, each centred in the width from `left`.
pub(super) fn draw(entries: &[Entry], scene: &mut Scene, left: f64, top: f64, width: f64) {
    for (k, row) in rows(entries, width).into_iter().enumerate() {
        let used = row.iter().map(Entry::width).sum::<f64>() + BETWEEN * (row.len() - 1) as f64;
        let mut x = left + (width - used) / 2.0;
        for entry in row {
            entry.draw(scene, x, top + ROW * (k as f64 + 0.5));
            x += entry.width() + BETWEEN;
        }
    }
}
