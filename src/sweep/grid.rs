use super::{Axis, Evaluate, Point, Refinement, Sampling};
use crate::descent::{Method, Optimizer};
use crate::experiment::{Measured, Setting, Status, measure_all};
use crate::observe::Observable;
use crate::scalar::DomainError;
use std::ops::ControlFlow;

/// An observable over two axes, for several optimizers.
#[derive(Clone, Debug)]
pub struct Grid {
    /// The axis that varies fastest.
    pub x: Axis,
    /// The axis that varies slowest within a panel.
    pub y: Axis,
    /// Optimizers, with the names they are reported under; those beyond the methods of the theory have training runs only.
    pub optimizers: Vec<(String, Optimizer)>,
    /// Everything that the axes do not set.
    pub base: Setting<f64>,
    /// What is measured.
    pub observable: Observable,
    /// Measure at this time; `None`: when the observable has settled.
    pub time: Option<f64>,
    /// Training runs on finite samples; `None`: population dynamics.
    pub sampling: Option<Sampling>,
    /// Compute more cells where the observable crosses a level; `None`: the cells of the axes.
    pub refinement: Option<Refinement>,
}

/// Where the optimizers beyond the theory are.
const OF_RUNS: &str = "gd, specgd or power:P, or training runs on --samples: this one has no population dynamics here";

/// One cell of a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Value on the x axis.
    pub x: f64,
    /// Value on the y axis.
    pub y: f64,
    /// Index into [`Grid::optimizers`].
    pub method: usize,
    /// What was measured, and why not where nothing was.
    pub measured: Measured,
}

/// A grid of more cells than this, counted at its finest, is refused.
pub const MAX_CELLS: u64 = 100_000_000;

/// More panels than this are a typing error (and a log numbers optimizers with one byte).
const MAX_METHODS: usize = 64;

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
            let name = axis.name.as_str();
            if self.sampling.is_some() && Sampling::NAMES.contains(&name) {
                continue;
            }
            if !Setting::<f64>::NAMES.contains(&name) {
                let mut names = Setting::<f64>::NAMES.to_vec();
                names.extend(self.sampling.iter().flat_map(|_| Sampling::NAMES));
                return Err(DomainError::new("axis", name, format!("one of {}", names.join(", "))));
            }
            self.base.offers(name)?;
        }
        self.check_ends()?;
        if let Some(sampling) = &self.sampling {
            sampling.check(&self.base, [&self.x.name, &self.y.name])?;
        }
        let names: Vec<&str> = self.optimizers.iter().map(|(name, _)| name.as_str()).collect();
        let power_varies = [&self.x, &self.y].iter().any(|axis| axis.name == "power");
        if power_varies && !(self.optimizers.len() == 1 && names[0].starts_with("power:")) {
            return Err(DomainError::new("optimizer", names.join(","), "one power:P, where power is an axis"));
        }
        for (i, (name, optimizer)) in self.optimizers.iter().enumerate() {
            // Under another name too: power:0.50 is power:0.5.
            let is_same = |(other, one): &(String, Optimizer)| {
                other == name || (one.method().is_some() && one.method() == optimizer.method())
            };
            if self.optimizers[..i].iter().any(is_same) {
                return Err(DomainError::new("optimizer", name, "each named once"));
            }
        }
        if self.optimizers.len() > MAX_METHODS {
            return Err(DomainError::new("optimizer", self.optimizers.len(), "at most 64 of them"));
        }
        if self.refinement.is_some() && (self.x.count < 2 || self.y.count < 2) {
            return Err(DomainError::new("refine", "boundary", "a refinement of axes with at least two values each"));
        }
        if self.sampling.is_none() {
            self.check_flows()?;
        }
        let cells = self.len();
        if cells > MAX_CELLS {
            return Err(DomainError::new("cells", cells, "at most 100000000 (counted as fine as --refine may go)"));
        }
        Ok(())
    }

    /// Bytes that the largest training run of a cell needs; 0 for population dynamics. Samples, dimension and width are largest in a corner.
    pub(super) fn memory_of_runs(&self) -> u64 {
        let corners = [self.x.start, self.x.stop].into_iter().flat_map(|x| [(x, self.y.start), (x, self.y.stop)]);
        let bytes = |(x, y)| {
            let mut setting = self.base.clone();
            let sampling = self.place(x, y, &mut setting).ok()??;
            let optimizers = self.optimizers.iter();
            optimizers.map(|(_, optimizer)| sampling.simulation(&setting, optimizer).memory(1, 1, 1).total()).max()
        };
        corners.filter_map(bytes).max().unwrap_or(0)
    }

    /// Sets what a cell at (x, y) is in `setting`; returns how it samples.
    fn place(&self, x: f64, y: f64, setting: &mut Setting<f64>) -> Result<Option<Sampling>, DomainError> {
        let mut sampling = self.sampling.clone();
        for (axis, value) in [(&self.x, x), (&self.y, y)] {
            if !sampling.as_mut().map_or(Ok(false), |sampling| sampling.set(&axis.name, value))? {
                setting.set(&axis.name, &value)?;
            }
        }
        Ok(sampling)
    }

    /// Domains are intervals, so an axis whose ends are in the domain of its option is in it; where the other axis sets more of it, it is the
    /// cell's to say.
    fn check_ends(&self) -> Result<(), DomainError> {
        for axis in [&self.x, &self.y] {
            for value in [axis.start, axis.stop] {
                let sampled = match &self.sampling {
                    Some(sampling) => sampling.admits(&axis.name, value, &self.base)?,
                    None => false,
                };
                if !sampled {
                    let mut setting = self.base.clone();
                    setting.set(&axis.name, &value)?;
                    setting.check_domain(&axis.name)?;
                }
            }
        }
        Ok(())
    }

    /// A panel that has no flow somewhere on the edge of the grid would have none almost everywhere.
    fn check_flows(&self) -> Result<(), DomainError> {
        for (name, optimizer) in &self.optimizers {
            let Some(method) = optimizer.method() else { return Err(DomainError::new("optimizer", name, OF_RUNS)) };
            for (x, y) in [(self.x.start, self.y.stop), (self.x.stop, self.y.start), (self.x.stop, self.y.stop)] {
                let mut setting = Setting { method: method.clone(), ..self.base.clone() };
                if setting.set(&self.x.name, &x).and_then(|()| setting.set(&self.y.name, &y)).is_err() {
                    continue; // the cell says what is wrong with it
                }
                setting.check_flow().or_else(|e| if e.parameter == "step-size" { Err(e) } else { Ok(()) })?;
            }
        }
        Ok(())
    }

    /// x and y, as fine as the refinement may go.
    pub fn finest_axes(&self) -> [Axis; 2] {
        let levels = self.refinement.map_or(0, |refinement| refinement.levels);
        [self.x.halved(levels), self.y.halved(levels)]
    }

    /// Number of cells, all of the finest; a refinement computes some of them.
    pub fn len(&self) -> u64 {
        let [x, y] = self.finest_axes();
        self.optimizers.len().saturating_mul(x.count).saturating_mul(y.count) as u64
    }

    /// A grid always has cells.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Evaluate for Grid {
    fn evaluate(&self, cells: &[Point], emit: &mut dyn FnMut(Measured) -> ControlFlow<()>) -> ControlFlow<()> {
        let mut population = Vec::with_capacity(cells.len());
        let placed: Vec<Placed> = cells.iter().map(|cell| self.placed(cell, &mut population)).collect();
        let mut measured = measure_all(&population, self.observable, self.time);
        for cell in placed {
            emit(match cell {
                Placed::Population => measured.next().expect("one for every setting"),
                Placed::Sampled(setting, sampling, method) => {
                    sampling.measure(&setting, &self.optimizers[method].1, self.observable, self.time)
                }
                Placed::Outside(error) => Measured { value: None, status: Status::Domain(error.to_string()) },
            })?;
        }
        ControlFlow::Continue(())
    }
}

/// How a cell is measured: with the others of the population, by training runs, or not at all.
enum Placed {
    Population,
    Sampled(Box<Setting<f64>>, Sampling, usize),
    Outside(DomainError),
}

impl Grid {
    /// Adds the setting of `cell` to the `population`, unless it is measured otherwise.
    fn placed(&self, cell: &Point, population: &mut Vec<Setting<f64>>) -> Placed {
        // Without a method of its own, the clock of SpecGD: steps of a fixed size.
        let method = self.optimizers[cell.method].1.method().cloned().unwrap_or(Method::Spectral);
        let mut setting = Setting { method, ..self.base.clone() };
        match self.place(cell.x, cell.y, &mut setting) {
            Ok(Some(sampling)) => Placed::Sampled(Box::new(setting), sampling, cell.method),
            Ok(None) => {
                population.push(setting);
                Placed::Population
            }
            Err(error) => Placed::Outside(error),
        }
    }
}
