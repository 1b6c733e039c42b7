use super::axis::Range;
use super::colour::viridis;
use super::hatch::{GROUND, Hatch};
use super::heat::theory_strokes;
use super::legend::{Entry, Sample};
use super::phase_diagram::{Axis, Boundary, HeatMap, PhaseDiagram, ValueAxis};
use super::phase_layout::Layout;
use super::raster::PIXELS;
use super::scene::{Colour, Item, Rectangle, Scene};
use super::{Figure, FigureError, Label, Scale};

/// What is proved of the boxes of a plane of two parameters, a panel for each optimiser: the colour is what, hatching is nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct ProofDiagram {
    /// A line over the whole figure, where wanted: the parameters that no axis has.
    pub title: Option<Label>,
    /// The horizontal axis; of its values the first and the last count.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// What can be proved, from dark to light.
    pub classes: Vec<Label>,
    /// The panels, from left to right.
    pub panels: Vec<ProofPanel>,
}

/// A panel.
#[derive(Clone, Debug, PartialEq)]
pub struct ProofPanel {
    /// The line over it.
    pub title: Label,
    /// Boxes that fill it.
    pub boxes: Vec<ProofBox>,
    /// Where the theory says that a boundary lies, where it does.
    pub theory: Option<Boundary>,
}

/// A box of the two parameters, and what is proved of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProofBox {
    /// Ends on the horizontal axis, ascending.
    pub x: (f64, f64),
    /// Ends on the vertical axis, ascending.
    pub y: (f64, f64),
    /// Which of the classes; `None` is undecided.
    pub class: Option<usize>,
}

/// A point of a panel that no box covers, or an undecided one.
const UNDECIDED: usize = usize::MAX;

/// Pixels across from which on a box has an outline.
const OUTLINED: usize = 6;

impl ProofDiagram {
    /// Draws the figure.
    ///
    /// # Errors
    /// No panel, or an axis without two ascending values on its scale.
    pub fn draw(&self) -> Result<Figure, FigureError> {
        if self.panels.is_empty() {
            return Err(FigureError::new("the diagram", "it has no panel"));
        }
        let (x, y) = (range(&self.x, "horizontal")?, range(&self.y, "vertical")?);
        let layout = Layout::new(&self.frame(), &[x.from, x.to], &[y.from, y.to], None, self.legend());
        let mut scene = layout.scene(&self.frame());
        for (k, panel) in self.panels.iter().enumerate() {
            let axes = layout.axes(k);
            self.fill(&mut scene, panel, &axes.place, (&x, &y));
            if let Some(theory) = &panel.theory {
                for stroke in theory_strokes() {
                    scene.lines(axes.curve(&theory.points), stroke);
                }
            }
            layout.draw_frame(&mut scene, &self.frame(), k);
        }
        layout.draw_legend(&mut scene);
        Ok(Figure { scene })
    }

    /// The frame is that of a heat map over the same axes.
    fn frame(&self) -> PhaseDiagram {
        let panel = |panel: &ProofPanel| HeatMap {
            title: panel.title.clone(),
            cells: Vec::new(),
            theory: panel.theory.clone(),
        };
        let value = ValueAxis { label: Label::plain("what is proved"), scale: Scale::Linear, range: None };
        let panels = self.panels.iter().map(panel).collect();
        PhaseDiagram { title: self.title.clone(), x: self.x.clone(), y: self.y.clone(), value, panels, level: None }
    }

    fn colour(&self, class: usize) -> Colour {
        // Both ends of the scale would be too dark and too bright for areas.
        let share = class as f64 / (self.classes.len().max(2) - 1) as f64;
        let [r, g, b] = viridis(0.16 + 0.64 * share);
        Colour(u32::from_be_bytes([0, r, g, b]))
    }

    /// Paints every pixel by the box around its centre, but what an undecided box touches as undecided; and the outlines of boxes
    /// that are large enough to have one.
    fn fill(&self, scene: &mut Scene, panel: &ProofPanel, place: &Rectangle, (x, y): (&Range, &Range)) {
        let (columns, rows) = ((place.width * PIXELS).round() as usize, (place.height * PIXELS).round() as usize);
        let mut classes = vec![UNDECIDED; columns * rows];
        let mut outlines = vec![false; columns * rows];
        let mut decided_first: Vec<&ProofBox> = panel.boxes.iter().collect();
        decided_first.sort_by_key(|area| area.class.is_none());
        for area in decided_first {
            let class = area.class.unwrap_or(UNDECIDED);
            let (across, up) = (pixels(x, area.x, columns, class), pixels(y, area.y, rows, class));
            let outlined = class != UNDECIDED && across.len().min(up.len()) >= OUTLINED;
            for row in up.clone() {
                let from = (rows - 1 - row) * columns;
                classes[from + across.start..from + across.end].fill(class);
                if outlined {
                    outlines[from + across.start] = across.start > 0;
                    let bottom = row == up.start && row > 0;
                    outlines[from + across.start + 1..from + across.end].fill(bottom);
                }
            }
        }
        let colours: Vec<Colour> = (0..self.classes.len()).map(|class| self.colour(class)).collect();
        let colour = |(class, outline): (&usize, &bool)| {
            let ground = colours.get(*class).unwrap_or(&GROUND).rgb();
            if *outline && *class != UNDECIDED { ground.map(|c| c + (255 - c) / 4) } else { ground }
        };
        let pixels = classes.iter().zip(&outlines).map(colour).collect();
        scene.items.push(Item::Image { place: *place, columns, rows, pixels });
        if classes.contains(&UNDECIDED) {
            let index = |fraction: f64, count: usize| ((fraction * count as f64) as usize).min(count - 1);
            Hatch::Rising.draw(scene, place, |x, y| {
                classes[(rows - 1 - index(y, rows)) * columns + index(x, columns)] == UNDECIDED
            });
        }
    }

    fn legend(&self) -> Vec<Entry> {
        let class = |(k, name): (usize, &Label)| Entry { name: name.clone(), sample: Sample::Fill(self.colour(k)) };
        let mut entries: Vec<Entry> = self.classes.iter().enumerate().map(class).collect();
        if self.panels.iter().flat_map(|panel| &panel.boxes).any(|area| area.class.is_none()) {
            entries.push(Entry { name: Label::plain("undecided"), sample: Sample::Hatch(Hatch::Rising) });
        }
        let ground = Some((self.colour(0), 1.0));
        for theory in self.panels.iter().filter_map(|panel| panel.theory.as_ref()) {
            if entries.iter().all(|entry| entry.name != theory.name) {
                let sample = Sample::Line { strokes: theory_strokes(), ground };
                entries.push(Entry { name: theory.name.clone(), sample });
            }
        }
        entries
    }
}

/// Pixels along an axis that belong to a box: those with centres in it, or, if nothing is decided, all that it touches.
fn pixels(range: &Range, (from, to): (f64, f64), count: usize, class: usize) -> std::ops::Range<usize> {
    let place = |value: f64| (range.fraction(value) * count as f64).clamp(0.0, count as f64);
    if class == UNDECIDED {
        libm::floor(place(from)) as usize..libm::ceil(place(to)) as usize
    } else {
        let first = |value: f64| libm::ceil(place(value) - 0.5) as usize;
        first(from)..first(to)
    }
}

fn range(axis: &Axis, name: &str) -> Result<Range, FigureError> {
    let ends = axis.values.first().zip(axis.values.last());
    let ends = ends.map(|(a, b)| (axis.scale.coordinate(*a), axis.scale.coordinate(*b)));
    match ends {
        Some((from, to)) if from.is_finite() && to.is_finite() && from < to => Ok(Range::new(axis.scale, from, to)),
        _ => Err(FigureError::new(format!("the {name} axis"), "it needs two ascending values on its scale")),
    }
}
