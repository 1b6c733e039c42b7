use super::lockstep::{Goal, run};
use super::recursion::positive_step;
use super::{Recursion, Stop};
use crate::descent::Method;
use crate::scalar::DomainError;
use crate::spectrum::Spectrum;
use crate::weights::positive_init;
use std::ops::ControlFlow;

/// One cell of a grid of recursions: a spiked covariance, an equal start, a step size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Spike strength lambda >= 0.
    pub spike: f64,
    /// Dimension d >= 3.
    pub dimension: u64,
    /// Initial coefficient alpha > 0.
    pub init: f64,
    /// Step size eta > 0.
    pub step_size: f64,
}

/// Where a cell is after its steps, and what was tracked over all of them, the start included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CellOutcome {
    /// Coefficients signal, spike, bulk.
    pub coefficients: [f64; 3],
    /// Largest `max(|b|, |c|)/|a|` over the steps; 1 at the start.
    pub amplification: f64,
    /// First step at which what was looked for was there (in a [`recursion_grid`]: `|a|` at least the escape level), 0 for the start.
    pub goal_step: Option<u64>,
}

/// `steps` steps of the spiked [`Recursion`] in every cell, tracking what a phase diagram asks for; results in the order of
/// `cells`.
///
/// GD and SpecGD go in lockstep, many cells to an instruction, each in a lane until it is over, to the same coefficients bit for bit and the same escape step
/// as the recursion by itself, and to the same amplification up to a few roundings. A cell that leaves the ordinary (a very
/// small or large start, divergence) and every spectral power is run by itself.
///
/// # Errors
/// The first cell with a parameter outside its domain. A cell that does not reach its last step is not an error: its entry
/// says why it [stopped](Stop).
pub fn recursion_grid(
    cells: &[Cell],
    method: &Method,
    steps: u64,
    escape_level: f64,
) -> Result<Vec<Result<CellOutcome, Stop<f64>>>, DomainError> {
    cells.iter().try_for_each(Cell::check)?;
    let holds = |_: &Cell, w: &[f64; 3]| w[0].abs() >= escape_level;
    let goal = Goal { least_signal: escape_level, holds: &holds, ends: false };
    let either = |(cell, outcome): (&Cell, Option<CellOutcome>)| {
        outcome.map_or_else(|| LoneCell::new(cell).run(method, steps, escape_level), Ok)
    };
    Ok(cells.iter().zip(in_lockstep(cells, &|_| steps, method, &goal)).map(either).collect())
}

/// The spiked [`Recursion`] in every cell until `ends` holds of its coefficients, for which `|a|` must be at least `least_signal`, and no
/// longer than the steps that come with it. The [`CellOutcome`] is that of the step where it ends.
///
/// `None` for a cell that must be run by itself: a spectral power, a very small or large start, divergence, rest before the end; a
/// parameter outside its domain.
pub fn recursions_until(
    cells: &[(Cell, u64)],
    method: &Method,
    least_signal: f64,
    ends: &dyn Fn(&Cell, &[f64; 3]) -> bool,
) -> Vec<Option<CellOutcome>> {
    let goal = Goal { least_signal, holds: ends, ends: true };
    let good: Vec<usize> = (0..cells.len()).filter(|&i| cells[i].0.check().is_ok()).collect();
    let lanes: Vec<Cell> = good.iter().map(|&i| cells[i].0).collect();
    let mut outcomes = vec![None; cells.len()];
    for (&i, outcome) in good.iter().zip(in_lockstep(&lanes, &|k| cells[good[k]].1, method, &goal)) {
        outcomes[i] = outcome;
    }
    outcomes
}

fn in_lockstep(cells: &[Cell], steps: &dyn Fn(usize) -> u64, method: &Method, goal: &Goal) -> Vec<Option<CellOutcome>> {
    match method {
        Method::GradientDescent => run(cells, steps, false, goal),
        Method::Spectral => run(cells, steps, true, goal),
        Method::Power(_) => vec![None; cells.len()],
    }
}

impl Cell {
    /// Every parameter is in its domain.
    fn check(&self) -> Result<(), DomainError> {
        Spectrum::check_spiked(&self.spike, self.dimension)?;
        positive_init(&self.init)?;
        positive_step(&self.step_size)
    }
}

/// A cell by itself.
struct LoneCell {
    spectrum: Spectrum,
    start: Vec<f64>,
    step_size: f64,
}

impl LoneCell {
    /// Of a cell that has been checked.
    fn new(cell: &Cell) -> Self {
        let spectrum = Spectrum::spiked(cell.spike, cell.dimension).expect("checked");
        Self { start: vec![cell.init; spectrum.groups()], spectrum, step_size: cell.step_size }
    }

    fn run(&self, method: &Method, steps: u64, escape_level: f64) -> Result<CellOutcome, Stop<f64>> {
        let mut recursion = Recursion::new(&self.spectrum, method.clone(), self.step_size, self.start.clone())
            .map_err(|error| Stop::Undecided { time: 0.0, reason: error.to_string() })?;
        let mut amplification = 1.0;
        let mut goal_step = (self.start[0] >= escape_level).then_some(0);
        let stop = recursion.run(steps, |now| {
            let w = now.weights();
            let ratio = w[1].abs().max(w[2].abs()) / w[0].abs();
            if ratio > amplification {
                amplification = ratio;
            }
            if goal_step.is_none() && w[0].abs() >= escape_level {
                goal_step = Some(now.steps());
            }
            ControlFlow::Continue(())
        });
        let w = recursion.weights();
        match stop {
            Stop::Horizon | Stop::Rest { .. } => {
                Ok(CellOutcome { coefficients: [w[0], w[1], w[2]], amplification, goal_step })
            }
            stop => Err(stop),
        }
    }
}
