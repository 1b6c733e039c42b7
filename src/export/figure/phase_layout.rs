//! Where the parts of a phase diagram lie on the page.

use super::axis::{Axes, Range};
use super::colour::viridis;
use super::font::{CAPITAL, fitting, fitting_all};
use super::frame::{self, ASCENT, BELOW, LABEL_SIZE, LINE, MARGIN, TITLE_SIZE, quarter};
use super::legend::{self, Entry};
use super::phase_diagram::PhaseDiagram;
use super::scene::{Anchor, Item, Rectangle, Scene};
use super::ticks::{Ticks, only};

const PANEL: f64 = 112.0;
const BAR: f64 = 9.0;

pub(super) struct Layout {
    x: Range,
    y: Range,
    x_ticks: Ticks,
    y_ticks: Ticks,
    colours: Option<Range>,
    bar_ticks: Ticks,
    legend: Vec<Entry>,
    width: f64,
    height: f64,
    /// Frames of the panels.
    panels: Vec<Rectangle>,
    bar: Rectangle,
    /// Columns of panels, and the distance from one panel to the next.
    columns: usize,
    gap: f64,
}

impl Layout {
    pub(super) fn new(
        diagram: &PhaseDiagram,
        x: &[f64],
        y: &[f64],
        colours: Option<Range>,
        legend: Vec<Entry>,
    ) -> Self {
        let count = diagram.panels.len();
        let columns = match count {
            1..=3 => count,
            4 => 2,
            _ => 3,
        };
        let rows = count.div_ceil(columns);
        let x = Range::new(diagram.x.scale, x[0], x[x.len() - 1]);
        let y = Range::new(diagram.y.scale, y[0], y[y.len() - 1]);
        let x_ticks = match diagram.x.values[..] {
            [alone] => only(alone),
            _ => frame::horizontal_ticks(&x, PANEL),
        };
        let y_ticks = match diagram.y.values[..] {
            [alone] => only(alone),
            _ => frame::vertical_ticks(&y, PANEL),
        };
        let (before, after) = frame::overhang(&x_ticks, &x, PANEL);
        let gap = quarter((before + after + 6.0).max(11.0));

        let title = if diagram.title.is_some() { LINE * TITLE_SIZE + 3.0 } else { 0.0 };
        let above = LINE * TITLE_SIZE;
        let below = BELOW + LINE * LABEL_SIZE;
        let pitch = quarter(above + PANEL + below + 6.0);
        let top = quarter(MARGIN + title + above);
        let axis = quarter((MARGIN + ASCENT * LABEL_SIZE + 5.0 + frame::beside(&y_ticks)).max(MARGIN + before));

        let bar_height = (rows - 1) as f64 * pitch + PANEL;
        let bar_ticks = colours.map_or_else(Ticks::default, |colours| frame::vertical_ticks(&colours, bar_height));
        let bar_left = axis + columns as f64 * (PANEL + gap) - gap + after.max(9.0);
        let beside_bar = frame::beside(&bar_ticks) + 5.0 + LABEL_SIZE;
        let content = match colours {
            Some(_) => bar_left + BAR + beside_bar + MARGIN,
            None => bar_left - after.max(9.0) + after + MARGIN,
        };
        let width = quarter(content.max(legend::least_width(&legend) + 2.0 * MARGIN));
        let shift = quarter((width - content) / 2.0);

        let at = |k: usize| Rectangle {
            left: shift + axis + (k % columns) as f64 * (PANEL + gap),
            top: top + (k / columns) as f64 * pitch,
            width: PANEL,
            height: PANEL,
        };
        let bar = Rectangle { left: quarter(shift + bar_left), top, width: BAR, height: bar_height };
        let legend_height = legend::height(&legend, width - 2.0 * MARGIN);
        let height = quarter(bar.bottom() + below + if legend.is_empty() { 0.0 } else { 5.0 + legend_height } + MARGIN);
        let panels = (0..count).map(at).collect();
        Self { x, y, x_ticks, y_ticks, colours, bar_ticks, legend, width, height, panels, bar, columns, gap }
    }

    pub(super) fn axes(&self, k: usize) -> Axes {
        Axes { place: self.panels[k], x: self.x, y: self.y }
    }

    /// The page, with the figure's title.
    pub(super) fn scene(&self, diagram: &PhaseDiagram) -> Scene {
        let titles: Vec<String> = diagram.panels.iter().map(|panel| panel.title.to_string()).collect();
        let (value, x, y) = (&diagram.value.label, &diagram.x.label, &diagram.y.label);
        let description = format!("{value} over {x} and {y}: {}", titles.join(", "));
        let mut scene = Scene { width: self.width, height: self.height, description, items: Vec::new() };
        if let Some(title) = &diagram.title {
            let size = fitting(title, TITLE_SIZE, self.width - 2.0 * MARGIN);
            scene.text(title, (self.width / 2.0, MARGIN + ASCENT * TITLE_SIZE), size, Anchor::Middle);
        }
        scene
    }

    /// Frame, ticks and words of a panel.
    pub(super) fn draw_frame(&self, scene: &mut Scene, diagram: &PhaseDiagram, k: usize) {
        let axes = self.axes(k);
        let place = axes.place;
        let leftmost = k.is_multiple_of(self.columns);
        let lowest = k + self.columns >= self.panels.len();
        frame::outline(scene, &place);
        frame::below(scene, &axes, &self.x_ticks, true);
        frame::left(scene, &axes, &self.y_ticks, leftmost);
        let (x, y) = place.centre();
        let room = PANEL + self.gap - 2.0;
        let title = &diagram.panels[k].title;
        let size = fitting_all(diagram.panels.iter().map(|panel| &panel.title), TITLE_SIZE, room);
        scene.text(title, (x, place.top - 5.0), size, Anchor::Middle);
        if lowest {
            let at = (x, place.bottom() + BELOW + LINE * LABEL_SIZE);
            scene.text(&diagram.x.label, at, fitting(&diagram.x.label, LABEL_SIZE, room), Anchor::Middle);
        }
        if leftmost {
            let at = (place.left - frame::beside(&self.y_ticks) - 5.0, y);
            scene.upward_text(&diagram.y.label, at, fitting(&diagram.y.label, LABEL_SIZE, PANEL + 24.0));
        }
    }

    /// The colour bar; nothing where no cell has a value.
    pub(super) fn draw_bar(&self, scene: &mut Scene, diagram: &PhaseDiagram) {
        let Some(colours) = self.colours else { return };
        let rows = 256;
        let pixels = (0..rows).rev().map(|k| viridis(k as f64 / (rows - 1) as f64)).collect();
        scene.items.push(Item::Image { place: self.bar, columns: 1, rows, pixels });
        frame::outline(scene, &self.bar);
        frame::right(scene, &Axes { place: self.bar, x: colours, y: colours }, &self.bar_ticks);
        let label = &diagram.value.label;
        let size = fitting(label, LABEL_SIZE, self.bar.height + 24.0);
        let at = (self.bar.right() + frame::beside(&self.bar_ticks) + 4.0 + ASCENT * size, self.bar.centre().1);
        scene.upward_text(label, at, size);
    }

    pub(super) fn draw_legend(&self, scene: &mut Scene) {
        let top = self.bar.bottom() + BELOW + LINE * LABEL_SIZE + 5.0 + (LINE - CAPITAL) * 0.5 * LABEL_SIZE;
        legend::draw(&self.legend, scene, MARGIN, top, self.width - 2.0 * MARGIN);
    }
}
