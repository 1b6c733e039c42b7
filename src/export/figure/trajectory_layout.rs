//! Where the parts of a figure of trajectories lie on the page.

use super::axis::{Axes, Range};
use super::font::{self, fitting, fitting_all};
use super::frame::{self, ASCENT, BELOW, LABEL_SIZE, LINE, MARGIN, TITLE_SIZE, quarter};
use super::legend::{self, Entry};
use super::scene::{Anchor, Rectangle, Scene};
use super::ticks::Ticks;
use super::trajectories::{Column, Marker, Trajectories};

const WIDTH: f64 = 138.0;
const HEIGHT: f64 = 78.0;
const COLUMN_GAP: f64 = 12.0;
const ROW_GAP: f64 = 9.0;
const MARKER_SIZE: f64 = 7.5;

pub(super) struct Layout {
    ranges: Vec<Range>,
    times: Vec<Range>,
    row_ticks: Vec<Ticks>,
    time_ticks: Vec<Ticks>,
    legend: Vec<Entry>,
    legend_top: f64,
    /// Names of the events over each column: place of the middle as a fraction of the width, line from below, index.
    markers: Vec<Vec<(f64, usize, usize)>>,
    left: f64,
    title_top: f64,
    top: f64,
    gap: f64,
    width: f64,
    height: f64,
}

impl Layout {
    pub(super) fn new(figure: &Trajectories, ranges: Vec<Range>, times: Vec<Range>, legend: Vec<Entry>) -> Self {
        let row_ticks: Vec<Ticks> = ranges.iter().map(|range| frame::vertical_ticks(range, HEIGHT)).collect();
        let time_ticks: Vec<Ticks> = times.iter().map(|range| frame::horizontal_ticks(range, WIDTH)).collect();
        let overhangs = time_ticks.iter().zip(&times).map(|(ticks, range)| frame::overhang(ticks, range, WIDTH));
        let (before, after) =
            overhangs.fold((0.0_f64, 0.0_f64), |(b, a), (before, after)| (b.max(before), a.max(after)));
        let gap = quarter((before + after + 6.0).max(COLUMN_GAP));
        let beside = row_ticks.iter().map(frame::beside).fold(0.0, f64::max);
        let left = quarter(MARGIN + LABEL_SIZE + 3.0 + beside.max(before));
        let markers: Vec<Vec<_>> =
            figure.columns.iter().zip(&times).map(|(column, time)| placed(&column.markers, time)).collect();
        let lines = markers.iter().flatten().map(|(_, line, _)| line + 1).max().unwrap_or(0);
        let title_top = MARGIN + if figure.title.is_some() { LINE * TITLE_SIZE + 3.0 } else { 0.0 };
        let top = quarter(title_top + LINE * TITLE_SIZE + lines as f64 * LINE * MARKER_SIZE);
        let (count, rows) = (figure.columns.len() as f64, figure.rows.len() as f64);
        let content = left + count * (WIDTH + gap) - gap + after.max(MARGIN) + 2.0;
        let width = quarter(content.max(legend::least_width(&legend) + 2.0 * MARGIN));
        let left = left + quarter((width - content) / 2.0);
        let legend_top = top + rows * (HEIGHT + ROW_GAP) - ROW_GAP + BELOW + LINE * LABEL_SIZE + 7.0;
        let legend_height = if legend.is_empty() { -2.0 } else { legend::height(&legend, width - 2.0 * MARGIN) };
        let height = quarter(legend_top + legend_height + MARGIN - 1.0);
        Self {
            ranges,
            times,
            row_ticks,
            time_ticks,
            legend,
            legend_top,
            markers,
            left,
            title_top,
            top,
            gap,
            width,
            height,
        }
    }

    pub(super) fn axes(&self, row: usize, column: usize) -> Axes {
        let left = self.left + column as f64 * (WIDTH + self.gap);
        let top = self.top + row as f64 * (HEIGHT + ROW_GAP);
        Axes {
            place: Rectangle { left, top, width: WIDTH, height: HEIGHT },
            x: self.times[column],
            y: self.ranges[row],
        }
    }

    pub(super) fn scene(&self, figure: &Trajectories) -> Scene {
        let rows: Vec<String> = figure.rows.iter().map(|row| row.label.to_string()).collect();
        let columns: Vec<String> = figure.columns.iter().map(|column| column.title.to_string()).collect();
        let description = format!("{} over {}: {}", rows.join(", "), figure.time.label, columns.join(", "));
        let mut scene = Scene { width: self.width, height: self.height, description, items: Vec::new() };
        if let Some(title) = &figure.title {
            let size = fitting(title, TITLE_SIZE, self.width - 2.0 * MARGIN);
            scene.text(title, (self.width / 2.0, MARGIN + ASCENT * TITLE_SIZE), size, Anchor::Middle);
        }
        scene
    }

    pub(super) fn draw_frame(&self, scene: &mut Scene, figure: &Trajectories, row: usize, column: usize) {
        let axes = self.axes(row, column);
        let place = axes.place;
        let (x, y) = place.centre();
        frame::outline(scene, &place);
        frame::below(scene, &axes, &self.time_ticks[column], row + 1 == figure.rows.len());
        frame::left(scene, &axes, &self.row_ticks[row], column == 0);
        if row == 0 {
            let title = &figure.columns[column].title;
            let at = (x, self.title_top + ASCENT * TITLE_SIZE);
            let titles = figure.columns.iter().map(|column| &column.title);
            let size = fitting_all(titles, TITLE_SIZE, WIDTH + self.gap - 2.0);
            scene.text(title, at, size, Anchor::Middle);
        }
        if row + 1 == figure.rows.len() {
            let label = &figure.time.label;
            let at = (x, place.bottom() + BELOW + LINE * LABEL_SIZE);
            scene.text(label, at, fitting(label, LABEL_SIZE, WIDTH), Anchor::Middle);
        }
        if column == 0 {
            let label = &figure.rows[row].label;
            let beside = self.row_ticks.iter().map(frame::beside).fold(0.0, f64::max);
            scene.upward_text(
                label,
                (place.left - beside - 5.0, y),
                fitting(label, LABEL_SIZE, HEIGHT + ROW_GAP - 2.0),
            );
        }
    }

    pub(super) fn draw_marker_labels(&self, scene: &mut Scene, column: &Column, k: usize) {
        let place = self.axes(0, k).place;
        for (middle, line, index) in &self.markers[k] {
            let at = (place.left + middle * WIDTH, place.top - 2.5 - *line as f64 * LINE * MARKER_SIZE);
            scene.text(&column.markers[*index].label, at, MARKER_SIZE, Anchor::Middle);
        }
    }

    pub(super) fn draw_legend(&self, scene: &mut Scene) {
        legend::draw(&self.legend, scene, MARGIN, self.legend_top, self.width - 2.0 * MARGIN);
    }
}

/// Places the names of events in two lines, the lower one first, moved inwards at the ends of the panel.
fn placed(markers: &[Marker], time: &Range) -> Vec<(f64, usize, usize)> {
    const BEYOND: f64 = 4.0; // how far a name may stick out of the panel
    let mut free = [f64::NEG_INFINITY; 2];
    let mut places = Vec::new();
    for (index, marker) in markers.iter().enumerate() {
        let fraction = time.fraction(marker.time);
        let half = font::width(&marker.label, MARKER_SIZE) / 2.0;
        if marker.label.is_empty() || !(0.0..=1.0).contains(&fraction) || 2.0 * half > WIDTH {
            continue;
        }
        let middle = (fraction * WIDTH).clamp(half - BEYOND, WIDTH + BEYOND - half);
        if let Some(line) = free.iter().position(|free| *free <= middle - half) {
            free[line] = middle + half + 0.5 * MARKER_SIZE;
            places.push((middle / WIDTH, line, index));
        }
    }
    places
}
