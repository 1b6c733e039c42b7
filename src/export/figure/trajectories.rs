use super::axis::{Axes, Range, Scale};
use super::colour::Role;
use super::label::Label;
use super::legend::{Entry, Sample};
use super::scene::{Colour, Scene, Stroke};
use super::trajectory_layout::Layout;
use super::{Figure, FigureError};

/// Quantities over time: a column for each optimiser, a row for each quantity. Rows share their vertical axis,
/// columns their time.
#[derive(Clone, Debug, PartialEq)]
pub struct Trajectories {
    /// A line over the whole figure, where wanted.
    pub title: Option<Label>,
    /// The horizontal axis.
    pub time: TimeAxis,
    /// The quantities, from top to bottom.
    pub rows: Vec<Row>,
    /// The optimisers, from left to right.
    pub columns: Vec<Column>,
}

/// Time, or steps.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeAxis {
    /// Name and symbol.
    pub label: Label,
    /// Linear or logarithmic; on the second, what happens at zero is to the left of the frame.
    pub scale: Scale,
}

/// A quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Name and symbol.
    pub label: Label,
    /// Linear or logarithmic.
    pub scale: Scale,
    /// Ends of the axis, where not those of the data. Without them a logarithmic axis ends eight decades below the
    /// largest value, or one below the smallest at the start: values on their way to zero pass through all decades. References that
    /// do so take it no further than one decade below what is compared with them.
    pub range: Option<(f64, f64)>,
}

/// An optimiser.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The line over its panels.
    pub title: Label,
    /// The curves in each row, in the order of the rows.
    pub curves: Vec<Vec<Curve>>,
    /// Events, marked by a thin line through all panels.
    pub markers: Vec<Marker>,
}

/// A time at which something happens.
#[derive(Clone, Debug, PartialEq)]
pub struct Marker {
    /// When.
    pub time: f64,
    /// What, over the topmost panel, in one of two lines; left out where both are taken.
    pub label: Label,
}

/// A quantity's course.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// What is drawn; it gives the colour.
    pub role: Role,
    /// Its name in the legend; nothing for a curve that the axis explains.
    pub name: Label,
    /// Time and value, in the order of time; interrupted where one is NaN.
    pub points: Vec<(f64, f64)>,
    /// Time, low and high: a band around the curve, such as the quartiles over seeds.
    pub band: Vec<(f64, f64, f64)>,
    /// Whether the curve is what others are to be compared with: drawn broad and pale, under them.
    pub reference: bool,
    /// Whether every point is a measurement of its own, marked by a dot.
    pub dots: bool,
}

/// Of a logarithmic axis, below the largest value.
const DECADES: f64 = 8.0;
const BAND_OPACITY: f64 = 0.22;
const DOT_RADIUS: f64 = 2.0;

/// A regular polygon of twelve corners: round at this size.
const DOT: [(f64, f64); 12] = {
    const LONG: f64 = 0.866_025_403_784_438_6;
    [
        (1.0, 0.0),
        (LONG, 0.5),
        (0.5, LONG),
        (0.0, 1.0),
        (-0.5, LONG),
        (-LONG, 0.5),
        (-1.0, 0.0),
        (-LONG, -0.5),
        (-0.5, -LONG),
        (0.0, -1.0),
        (0.5, -LONG),
        (LONG, -0.5),
    ]
};

impl Curve {
    /// A curve in its role's colour.
    pub fn new(role: Role, name: impl Into<Label>, points: Vec<(f64, f64)>) -> Self {
        Self { role, name: name.into(), points, band: Vec::new(), reference: false, dots: false }
    }

    fn stroke(&self) -> Stroke {
        let colour = self.role.colour();
        if self.reference {
            Stroke { opacity: 0.35, ..Stroke::solid(colour, 3.2) }
        } else {
            Stroke { dash: self.role.dash(), ..Stroke::solid(colour, 1.4) }
        }
    }
}

impl Trajectories {
    /// Draws the figure.
    ///
    /// # Errors
    /// No row or no column; a column with another number of panels than there are rows; a range that is empty or not
    /// on its scale.
    pub fn draw(&self) -> Result<Figure, FigureError> {
        let wrong = |part: String, reason: String| Err(FigureError::new(part, reason));
        if self.rows.is_empty() || self.columns.is_empty() {
            return wrong("the trajectories".into(), "there is no row or no column".into());
        }
        for column in &self.columns {
            if column.curves.len() != self.rows.len() {
                let reason = format!("it has {} panels, and the figure {} rows", column.curves.len(), self.rows.len());
                return wrong(format!("column \"{}\"", column.title), reason);
            }
        }
        let ranges = (0..self.rows.len()).map(|i| self.row_range(i)).collect::<Result<Vec<_>, _>>()?;
        let times: Vec<Range> = self.columns.iter().map(|column| self.time_range(column)).collect();
        let layout = Layout::new(self, ranges, times, self.legend());
        let mut scene = layout.scene(self);
        for (k, column) in self.columns.iter().enumerate() {
            for (i, curves) in column.curves.iter().enumerate() {
                draw_panel(&mut scene, &layout.axes(i, k), curves, &column.markers);
                layout.draw_frame(&mut scene, self, i, k);
            }
            layout.draw_marker_labels(&mut scene, column, k);
        }
        layout.draw_legend(&mut scene);
        Ok(Figure { scene })
    }

    fn row_range(&self, i: usize) -> Result<Range, FigureError> {
        let row = &self.rows[i];
        if let Some((low, high)) = row.range {
            let (from, to) = (row.scale.coordinate(low), row.scale.coordinate(high));
            if from.is_finite() && to.is_finite() && from < to {
                return Ok(Range::new(row.scale, from, to));
            }
            let reason = format!("its range {low} to {high} is empty or not on the scale");
            return Err(FigureError::new(format!("row \"{}\"", row.label), reason));
        }
        let curves = || self.columns.iter().flat_map(|column| &column.curves[i]);
        let values = curves().flat_map(|curve| curve.points.iter().map(|point| point.1));
        let bands = curves().flat_map(|curve| curve.band.iter().flat_map(|(_, low, high)| [*low, *high]));
        let unknown = Range::new(row.scale, 0.0, 0.0);
        let range = Range::of(row.scale, values.chain(bands)).unwrap_or(unknown);
        Ok(match row.scale {
            Scale::Log => {
                let start =
                    Range::of(row.scale, curves().filter_map(|curve| curve.points.first()).map(|point| point.1));
                let floor = start.map_or(range.to, |start| start.from - 1.0).min(range.to - DECADES);
                let compared = curves().filter(|curve| !curve.reference).flat_map(|curve| &curve.points);
                let compared = Range::of(row.scale, compared.map(|point| point.1));
                let floor = compared.map_or(floor, |compared| floor.max(compared.from - 1.0));
                Range::new(row.scale, range.from.max(floor), range.to).padded(0.05)
            }
            Scale::Linear => range.padded(0.05),
        })
    }

    fn time_range(&self, column: &Column) -> Range {
        let curves = || column.curves.iter().flatten();
        let points = curves().flat_map(|curve| curve.points.iter().map(|point| point.0));
        let bands = curves().flat_map(|curve| curve.band.iter().map(|(time, _, _)| *time));
        let range = Range::of(self.time.scale, points.chain(bands));
        range.unwrap_or(Range::new(self.time.scale, 0.0, 1.0))
    }

    /// One entry for each name, in the order of first appearance.
    fn legend(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        let curves = self.columns.iter().flat_map(|column| column.curves.iter().flatten());
        for curve in curves.filter(|curve| !curve.name.is_empty()) {
            let stroke = curve.stroke();
            // One broad pale line stands for the references of all colours.
            let stroke = if curve.reference { Stroke { colour: Role::Whole.colour(), ..stroke } } else { stroke };
            let ground = (!curve.band.is_empty()).then_some((stroke.colour, BAND_OPACITY));
            let sample = Sample::Line { strokes: vec![stroke], ground };
            let entry = Entry { name: curve.name.clone(), sample };
            if !entries.contains(&entry) {
                entries.push(entry);
            }
        }
        entries
    }
}

fn draw_panel(scene: &mut Scene, axes: &Axes, curves: &[Curve], markers: &[Marker]) {
    let inside = |marker: &&Marker| (0.0..=1.0).contains(&axes.x.fraction(marker.time));
    let line = |marker: &Marker| {
        let (x, _) = axes.at_fractions(axes.x.fraction(marker.time), 0.0);
        vec![(x, axes.place.top), (x, axes.place.bottom())]
    };
    let thin = Stroke { dash: &[1.5, 1.5], ..Stroke::solid(Colour(0x9a9a9a), 0.5) };
    scene.lines(markers.iter().filter(inside).map(line).collect(), thin);
    for curve in curves {
        let outline = axes.band(&curve.band);
        if outline.len() > 2 {
            scene.fill(outline, curve.role.colour(), BAND_OPACITY);
        }
    }
    let (references, others): (Vec<&Curve>, Vec<&Curve>) = curves.iter().partition(|curve| curve.reference);
    for curve in references.into_iter().chain(others) {
        scene.lines(axes.curve(&curve.points), curve.stroke());
        for (x, y) in curve.points.iter().filter(|_| curve.dots).map(|(x, y)| axes.at(*x, *y)) {
            if x.is_finite() && (axes.place.top..=axes.place.bottom()).contains(&y) {
                scene.fill(DOT.map(|(a, b)| (x + DOT_RADIUS * a, y + DOT_RADIUS * b)).into(), curve.role.colour(), 1.0);
            }
        }
    }
}
