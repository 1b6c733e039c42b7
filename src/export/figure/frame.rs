//! The frame of a panel: its outline, ticks and their labels.

use super::axis::{Axes, Range};
use super::font::{self, CAPITAL};
use super::scene::{Anchor, Colour, Rectangle, Scene, Stroke};
use super::ticks::{Ticks, ticks};

/// Sizes of letters and lengths, in points. A figure as wide as a page's text is still readable at 8 cm.
pub(super) const TICK_SIZE: f64 = 9.0;
pub(super) const LABEL_SIZE: f64 = 10.5;
pub(super) const TITLE_SIZE: f64 = 11.0;
/// Around the figure.
pub(super) const MARGIN: f64 = 5.0;
/// Height of a line of text, and of letters over the baseline, in units of the size.
pub(super) const LINE: f64 = 1.3;
pub(super) const ASCENT: f64 = 0.8;
const MAJOR: f64 = 3.0;
const MINOR: f64 = 1.75;
const TO_LABEL: f64 = 2.0;
const STROKE: f64 = 0.6;

/// Height taken below the frame by ticks and their labels.
pub(super) const BELOW: f64 = MAJOR + TO_LABEL + 1.15 * CAPITAL * TICK_SIZE;

/// The next quarter of a point: a whole pixel.
pub(super) fn quarter(length: f64) -> f64 {
    libm::ceil(4.0 * length) / 4.0
}

/// Ticks along a horizontal axis, as many as have room for their labels.
pub(super) fn horizontal_ticks(range: &Range, length: f64) -> Ticks {
    let room = |most: &usize| {
        let found = ticks(range, *most);
        let spans: Vec<(f64, f64)> = found
            .major
            .iter()
            .map(|(value, label)| (length * range.fraction(*value), font::width(label, TICK_SIZE) / 2.0))
            .collect();
        spans.windows(2).all(|pair| pair[1].0 - pair[1].1 - (pair[0].0 + pair[0].1) >= 0.6 * TICK_SIZE)
    };
    ticks(range, (3..=7).rev().find(room).unwrap_or(2))
}

/// Ticks along a vertical axis, as many as have room for their labels.
pub(super) fn vertical_ticks(range: &Range, length: f64) -> Ticks {
    ticks(range, ((length / (1.9 * TICK_SIZE)) as usize).clamp(2, 8))
}

/// Width taken by the ticks and labels of a vertical axis.
pub(super) fn beside(ticks: &Ticks) -> f64 {
    MAJOR + TO_LABEL + ticks.major.iter().map(|(_, label)| font::width(label, TICK_SIZE)).fold(0.0, f64::max)
}

/// How far the labels of a horizontal axis stick out to the left and to the right of a frame of this length.
pub(super) fn overhang(ticks: &Ticks, range: &Range, length: f64) -> (f64, f64) {
    ticks.major.iter().fold((0.0_f64, 0.0_f64), |(left, right), (value, label)| {
        let (at, half) = (length * range.fraction(*value), font::width(label, TICK_SIZE) / 2.0);
        (left.max(half - at), right.max(at + half - length))
    })
}

pub(super) fn outline(scene: &mut Scene, place: &Rectangle) {
    scene.line(place.outline(), Stroke::solid(Colour::BLACK, STROKE));
}

/// Ticks below a frame, with labels where they are wanted.
pub(super) fn below(scene: &mut Scene, axes: &Axes, ticks: &Ticks, labels: bool) {
    let bottom = axes.place.bottom();
    let tick = |value: &f64, length: f64| {
        let (x, _) = axes.at_fractions(axes.x.fraction(*value), 0.0);
        vec![(x, bottom), (x, bottom + length)]
    };
    marks(scene, ticks, tick);
    for (value, label) in ticks.major.iter().filter(|_| labels) {
        let (x, _) = axes.at_fractions(axes.x.fraction(*value), 0.0);
        scene.text(label, (x, bottom + BELOW), TICK_SIZE, Anchor::Middle);
    }
}

/// Ticks to the left of a frame, with labels where they are wanted.
pub(super) fn left(scene: &mut Scene, axes: &Axes, ticks: &Ticks, labels: bool) {
    let left = axes.place.left;
    let height = |value: f64| axes.at_fractions(0.0, axes.y.fraction(value)).1;
    marks(scene, ticks, |value, length| vec![(left - length, height(*value)), (left, height(*value))]);
    for (value, label) in ticks.major.iter().filter(|_| labels) {
        let at = (left - MAJOR - TO_LABEL, height(*value) + CAPITAL * TICK_SIZE / 2.0);
        scene.text(label, at, TICK_SIZE, Anchor::End);
    }
}

/// Ticks and labels to the right of a frame.
pub(super) fn right(scene: &mut Scene, axes: &Axes, ticks: &Ticks) {
    let right = axes.place.right();
    let height = |value: f64| axes.at_fractions(0.0, axes.y.fraction(value)).1;
    marks(scene, ticks, |value, length| vec![(right, height(*value)), (right + length, height(*value))]);
    for (value, label) in &ticks.major {
        let at = (right + MAJOR + TO_LABEL, height(*value) + CAPITAL * TICK_SIZE / 2.0);
        scene.text(label, at, TICK_SIZE, Anchor::Start);
    }
}

fn marks(scene: &mut Scene, ticks: &Ticks, tick: impl Fn(&f64, f64) -> Vec<(f64, f64)>) {
    let major = ticks.major.iter().map(|(value, _)| tick(value, MAJOR)).collect();
    let minor = ticks.minor.iter().map(|value| tick(value, MINOR)).collect();
    scene.lines(major, Stroke::solid(Colour::BLACK, STROKE));
    scene.lines(minor, Stroke::solid(Colour::BLACK, 0.75 * STROKE));
}
