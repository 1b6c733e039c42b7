use super::{Axis, Grid, Point};

/// The cells of a grid by number: x fastest, then y, then the optimizer; and back from what a cell is to its number.
#[derive(Clone, Debug)]
pub struct Places {
    xs: Vec<f64>,
    ys: Vec<f64>,
    optimizers: Vec<String>,
}

impl Places {
    /// The places of `grid`, as fine as its refinement may go.
    pub fn new(grid: &Grid) -> Self {
        Self::on(&grid.finest_axes(), grid.optimizers.iter().map(|(name, _)| name.clone()).collect())
    }

    /// The places on these axes, x and y.
    pub fn on(axes: &[Axis; 2], optimizers: Vec<String>) -> Self {
        Self { xs: axes[0].values(), ys: axes[1].values(), optimizers }
    }

    /// Number of places.
    pub fn len(&self) -> u64 {
        (self.optimizers.len() * self.plane()) as u64
    }

    /// A grid always has places.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Places on the x axis, on the y axis.
    pub fn shape(&self) -> [usize; 2] {
        [self.xs.len(), self.ys.len()]
    }

    /// Names of the optimizers, in order.
    pub fn optimizers(&self) -> &[String] {
        &self.optimizers
    }

    fn plane(&self) -> usize {
        self.xs.len() * self.ys.len()
    }

    /// The point at place `index`, below [`Places::len`].
    pub fn point(&self, index: u64) -> Point {
        let (method, place) = (index as usize / self.plane(), index as usize % self.plane());
        Point { method, x: self.xs[place % self.xs.len()], y: self.ys[place / self.xs.len()] }
    }

    /// Shows the places of a cell to `see`: none where it is not in this grid; several where an axis is so dense that values repeat,
    /// or an optimizer is named twice.
    pub fn find(&self, optimizer: &str, x: f64, y: f64, mut see: impl FnMut(u64)) {
        let methods = self.optimizers.iter().enumerate().filter(|(_, name)| *name == optimizer);
        let (columns, rows) = (equal(&self.xs, x), equal(&self.ys, y));
        for (method, _) in methods {
            for row in rows.clone() {
                for column in columns.clone() {
                    see((method * self.plane() + row * self.xs.len() + column) as u64);
                }
            }
        }
    }
}

/// Where `value` stands in ascending `values`, to the bit.
fn equal(values: &[f64], value: f64) -> std::ops::Range<usize> {
    let from = values.partition_point(|v| v.total_cmp(&value).is_lt());
    let count = values[from..].iter().take_while(|v| v.to_bits() == value.to_bits()).count();
    from..from + count
}
