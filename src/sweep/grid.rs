use super::Axis;
use crate::descent::Method;
use crate::experiment::{Measured, Setting, Status, measure};
use crate::observe::Observable;
use crate::scalar::DomainError;
use rayon::prelude::*;

/// An observable over two axes, for several methods.
#[derive(Clone, Debug)]
pub struct Grid {
    /// The axis that varies fastest.
    pub x: Axis,
    /// The axis that varies slowest within a method.
    pub y: Axis,
    /// Methods, with the names they are reported under.
    pub methods: Vec<(String, Method<f64>)>,
    /// Everything that the axes do not set.
    pub base: Setting<f64>,
    /// What is measured.
    pub observable: Observable,
    /// Measure at this time; `None`: when the observable has settled.
    pub time: Option<f64>,
}

/// One cell of a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Value on the x axis.
    pub x: f64,
    /// Value on the y axis.
    pub y: f64,
    /// Index into [`Grid::methods`].
    pub method: usize,
    /// What was measured, and why not where nothing was.
    pub measured: Measured,
}

/// Cells that one task computes in a row: enough to make its start cheap, few enough to balance the load.
const CHUNK: usize = 64;

/// A grid of more cells than this would not fit in memory.
const MAX_CELLS: usize = 100_000_000;

impl Grid {
    /// Checks what can be checked before anything runs.
    ///
    /// # Errors
    /// An axis that names no numeric option of the setting, both axes the same, a method given by an axis as well, or too many cells.
    pub fn check(&self) -> Result<(), DomainError> {
        if self.x.name == self.y.name {
            return Err(DomainError::new("axis", &self.y.name, "different from the other axis"));
        }
        for axis in [&self.x, &self.y] {
            // A single value may be outside its domain in one corner of the grid only: that is the cell's to say.
            if !Setting::<f64>::NAMES.contains(&axis.name.as_str()) {
                return Err(DomainError::new(
                    "axis",
                    &axis.name,
                    format!("one of {}", Setting::<f64>::NAMES.join(", ")),
                ));
            }
            self.base.offers(&axis.name)?;
        }
        let power_varies = [&self.x, &self.y].iter().any(|axis| axis.name == "power");
        if power_varies && !(self.methods.len() == 1 && self.methods[0].0.starts_with("power:")) {
            let names: Vec<&str> = self.methods.iter().map(|(name, _)| name.as_str()).collect();
            return Err(DomainError::new("optimizer", names.join(","), "one power:P, where power is an axis"));
        }
        if self.len() > MAX_CELLS {
            return Err(DomainError::new("cells", self.len(), "at most 100000000"));
        }
        Ok(())
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.methods.len().saturating_mul(self.x.count).saturating_mul(self.y.count)
    }

    /// A grid always has cells.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Computes all cells on the current thread pool: by method, then y, then x fastest. `done` is told of every cell finished.
    pub fn run(&self, done: impl Fn(u64) + Sync) -> Vec<Cell> {
        let (xs, ys) = (self.x.values(), self.y.values());
        let plane = xs.len() * ys.len();
        let mut cells: Vec<Option<Cell>> = vec![None; self.len()];
        cells.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, slots)| {
            let mut setting = self.base.clone();
            for (offset, slot) in slots.iter_mut().enumerate() {
                let index = chunk * CHUNK + offset;
                let (method, place) = (index / plane, index % plane);
                let (x, y) = (xs[place % xs.len()], ys[place / xs.len()]);
                setting.clone_from(&self.base);
                setting.method = self.methods[method].1.clone();
                let placed = setting.set(&self.x.name, &x).and_then(|()| setting.set(&self.y.name, &y));
                let measured = match placed {
                    Ok(()) => measure(&setting, self.observable, self.time),
                    Err(error) => Measured { value: None, status: Status::Domain(error.to_string()) },
                };
                *slot = Some(Cell { x, y, method, measured });
            }
            done(slots.len() as u64);
        });
        cells.into_iter().flatten().collect()
    }
}
