use super::axis::{Axes, Range, Scale};
use super::hatch::Hatch;
use super::heat::{Cells, edges, level_strokes, theory_strokes};
use super::label::Label;
use super::legend::{Entry, Sample};
use super::phase_layout::Layout;
use super::scene::Colour;
use super::{Figure, FigureError};
use std::collections::BTreeMap;

/// A quantity over a grid of two parameters, a panel for each optimiser, with shared axes and one colour bar.
#[derive(Clone, Debug, PartialEq)]
pub struct PhaseDiagram {
    /// A line over the whole figure, where wanted.
    pub title: Option<Label>,
    /// The parameter along the horizontal axis.
    pub x: Axis,
    /// The parameter along the vertical axis.
    pub y: Axis,
    /// The quantity in colour.
    pub value: ValueAxis,
    /// The panels, from left to right.
    pub panels: Vec<HeatMap>,
    /// A level of the quantity, drawn as a solid line where the data pass it.
    pub level: Option<Level>,
}

/// A parameter of a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Its name and symbol.
    pub label: Label,
    /// Linear or logarithmic.
    pub scale: Scale,
    /// Its values on the grid, in increasing order.
    pub values: Vec<f64>,
}

/// The quantity that is coloured.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueAxis {
    /// Its name and symbol.
    pub label: Label,
    /// Linear or logarithmic; with the second, cells that are not positive count as failed.
    pub scale: Scale,
    /// The values at the ends of the colours, where not those of the data.
    pub range: Option<(f64, f64)>,
}

/// A panel.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    /// The line over it: the optimiser.
    pub title: Label,
    /// A value for each cell, x fastest, or the reason why there is none, in a few words: each of the first two
    /// reasons has a hatching of its own.
    pub cells: Vec<Result<f64, String>>,
    /// Where the theory says that the boundary lies, where it does.
    pub theory: Option<Boundary>,
}

/// A level of the quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// Its name in the legend.
    pub name: Label,
    /// The line separates cells above this value from those at or below it.
    pub value: f64,
}

/// A line in the plane of the two parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Boundary {
    /// Its name in the legend.
    pub name: Label,
    /// Its points; interrupted where one is NaN.
    pub points: Vec<(f64, f64)>,
}

impl Boundary {
    const SAMPLES: usize = 513;

    /// `x` constant, over the whole height.
    pub fn vertical(name: impl Into<Label>, x: f64, y: &Axis) -> Self {
        Self::over_y(name, y, |_| x)
    }

    /// `y` constant, over the whole width.
    pub fn horizontal(name: impl Into<Label>, x: &Axis, y: f64) -> Self {
        Self::over_x(name, x, |_| y)
    }

    /// `y` as a function of `x`.
    pub fn over_x(name: impl Into<Label>, x: &Axis, y: impl Fn(f64) -> f64) -> Self {
        Self { name: name.into(), points: x.spread(Self::SAMPLES).into_iter().map(|x| (x, y(x))).collect() }
    }

    /// `x` as a function of `y`.
    pub fn over_y(name: impl Into<Label>, y: &Axis, x: impl Fn(f64) -> f64) -> Self {
        Self { name: name.into(), points: y.spread(Self::SAMPLES).into_iter().map(|y| (x(y), y)).collect() }
    }
}

impl Axis {
    /// Values from edge to edge of the cells, evenly in the uniform coordinate.
    fn spread(&self, count: usize) -> Vec<f64> {
        let edges = edges(&self.values, self.scale);
        let Some((first, last)) = edges.first().zip(edges.last()) else { return Vec::new() };
        let coordinate = |k: usize| first + (last - first) * k as f64 / (count - 1) as f64;
        (0..count)
            .map(coordinate)
            .map(|coordinate| match self.scale {
                Scale::Linear => coordinate,
                Scale::Log => libm::exp10(coordinate),
            })
            .collect()
    }

    fn checked_edges(&self, name: &str) -> Result<Vec<f64>, FigureError> {
        let edges = edges(&self.values, self.scale);
        let wrong = |reason: &str| Err(FigureError::new(format!("the {name} axis"), reason));
        if self.values.is_empty() {
            wrong("it has no values")
        } else if edges.iter().any(|edge| !edge.is_finite()) {
            wrong(match self.scale {
                Scale::Linear => "its values must be finite",
                Scale::Log => "its values must be finite, and positive on a logarithmic scale",
            })
        } else if edges.windows(2).any(|pair| pair[0] >= pair[1]) {
            wrong("its values must increase")
        } else {
            Ok(edges)
        }
    }
}

impl PhaseDiagram {
    /// Draws the figure.
    ///
    /// # Errors
    /// An axis without values, or with values out of order or not on its scale; a panel with another number of cells
    /// than the grid; no panel; a range of the colours that is empty or not on its scale.
    pub fn draw(&self) -> Result<Figure, FigureError> {
        let (x, y) = (self.x.checked_edges("horizontal")?, self.y.checked_edges("vertical")?);
        let count = self.x.values.len() * self.y.values.len();
        for panel in &self.panels {
            if panel.cells.len() != count {
                let reason = format!("it has {} cells, and the grid {count}", panel.cells.len());
                return Err(FigureError::new(format!("panel \"{}\"", panel.title), reason));
            }
        }
        if self.panels.is_empty() {
            return Err(FigureError::new("the phase diagram", "it has no panel"));
        }
        let colours = self.colours()?;
        let hatches = Hatches::of(self);
        let layout = Layout::new(self, &x, &y, colours, self.legend(&hatches, &x, &y));
        let mut scene = layout.scene(self);
        for (k, panel) in self.panels.iter().enumerate() {
            let cells = self.cells(panel);
            let cells = Cells {
                axes: layout.axes(k),
                x: &x,
                y: &y,
                value: &|i, j| cells(i, j).ok(),
                hatch: &|i, j| cells(i, j).err().map(|reason| hatches.get(reason)),
                colours: colours.unwrap_or(Range::new(self.value.scale, 0.0, 0.0)),
            };
            cells.draw(&mut scene);
            if let Some(level) = &self.level {
                cells.draw_level(&mut scene, level.value);
            }
            if let Some(theory) = &panel.theory {
                cells.draw_theory(&mut scene, &theory.points);
            }
            layout.draw_frame(&mut scene, self, k);
        }
        layout.draw_bar(&mut scene, self);
        layout.draw_legend(&mut scene);
        Ok(Figure { scene })
    }

    fn cells<'a>(&'a self, panel: &'a HeatMap) -> impl Fn(usize, usize) -> Result<f64, &'a str> {
        move |i, j| self.drawable(&panel.cells[j * self.x.values.len() + i])
    }

    /// The value of a cell that has a colour, or the reason why it has none.
    fn drawable<'a>(&self, cell: &'a Result<f64, String>) -> Result<f64, &'a str> {
        match cell {
            Ok(value) if !value.is_finite() => Err("not finite"),
            Ok(value) if self.value.scale == Scale::Log && *value <= 0.0 => Err("not positive"),
            Ok(value) => Ok(*value),
            Err(reason) => Err(reason),
        }
    }

    fn colours(&self) -> Result<Option<Range>, FigureError> {
        let scale = self.value.scale;
        let values = || self.panels.iter().flat_map(|panel| &panel.cells).filter_map(|cell| self.drawable(cell).ok());
        let Some((low, high)) = self.value.range else { return Ok(Range::of(scale, values())) };
        let (from, to) = (scale.coordinate(low), scale.coordinate(high));
        if from.is_finite() && to.is_finite() && from < to {
            Ok(Some(Range::new(scale, from, to)))
        } else {
            Err(FigureError::new("the colours", format!("their range {low} to {high} is empty or not on the scale")))
        }
    }

    fn legend(&self, hatches: &Hatches, x: &[f64], y: &[f64]) -> Vec<Entry> {
        let ground = Some((Colour(0x26818e), 1.0)); // a colour half-way, as the lines are made for
        let mut entries = Vec::new();
        let passes = |level: f64| {
            self.panels.iter().any(|panel| {
                let mut values = panel.cells.iter().filter_map(|cell| self.drawable(cell).ok());
                let first = values.next();
                first.is_some_and(|first| values.any(|value| (value > level) != (first > level)))
            })
        };
        if let Some(level) = self.level.as_ref().filter(|level| passes(level.value)) {
            entries.push(Entry { name: level.name.clone(), sample: Sample::Line { strokes: level_strokes(), ground } });
        }
        let axes =
            Axes::unit(Range::new(self.x.scale, x[0], x[x.len() - 1]), Range::new(self.y.scale, y[0], y[y.len() - 1]));
        let visible = |theory: &&Boundary| !axes.curve(&theory.points).is_empty();
        for theory in self.panels.iter().filter_map(|panel| panel.theory.as_ref()).filter(visible) {
            if entries.iter().all(|entry| entry.name != theory.name) {
                let sample = Sample::Line { strokes: theory_strokes(), ground };
                entries.push(Entry { name: theory.name.clone(), sample });
            }
        }
        entries.extend(
            hatches
                .legend
                .iter()
                .map(|(name, hatch)| Entry { name: Label::plain(name.clone()), sample: Sample::Hatch(*hatch) }),
        );
        entries
    }
}

/// Which reason has which hatching: the first two of their own, all others the third.
struct Hatches {
    of: BTreeMap<String, Hatch>,
    legend: Vec<(String, Hatch)>,
}

impl Hatches {
    fn of(diagram: &PhaseDiagram) -> Self {
        let mut reasons: Vec<&str> = Vec::new();
        for cell in diagram.panels.iter().flat_map(|panel| &panel.cells) {
            match diagram.drawable(cell) {
                Err(reason) if !reasons.contains(&reason) && reasons.len() <= 64 => reasons.push(reason),
                _ => {}
            }
        }
        let hatch = |k: usize| Hatch::ALL[k.min(2)];
        let mut legend: Vec<(String, Hatch)> =
            reasons.iter().take(3).enumerate().map(|(k, reason)| (reason.to_string(), hatch(k))).collect();
        if reasons.len() > 3 {
            legend[2].0 = "other failures".to_owned();
        }
        Self { of: reasons.iter().enumerate().map(|(k, reason)| (reason.to_string(), hatch(k))).collect(), legend }
    }

    fn get(&self, reason: &str) -> Hatch {
        self.of.get(reason).copied().unwrap_or(Hatch::Crossed)
    }
}
