use super::lockstep::{Lanes, WIDTH};
use super::{Recursion, Stop};
use crate::descent::Method;
use crate::scalar::DomainError;
use crate::spectrum::Spectrum;
use crate::weights::equal_start;
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
    /// First step at which `|a|` is at least the escape level, 0 for the start.
    pub escape_step: Option<u64>,
}

/// `steps` steps of the spiked [`Recursion`] in every cell, tracking what a phase diagram asks for; results in the order of
/// `cells`.
///
/// GD and SpecGD go in lockstep, many cells to an instruction, to the same coefficients bit for bit and the same escape step
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
    let lone = cells.iter().map(LoneCell::new).collect::<Result<Vec<_>, _>>()?;
    let mut outcomes = Vec::with_capacity(cells.len());
    for (cells, lone) in cells.chunks(WIDTH).zip(lone.chunks(WIDTH)) {
        let lockstep = match method {
            Method::GradientDescent => Lanes::new(cells).run(false, steps, escape_level),
            Method::Spectral => Lanes::new(cells).run(true, steps, escape_level),
            Method::Power(_) => [None; WIDTH],
        };
        let either = |(lone, outcome): (&LoneCell, Option<CellOutcome>)| {
            outcome.map_or_else(|| lone.run(method, steps, escape_level), Ok)
        };
        outcomes.extend(lone.iter().zip(lockstep).map(either));
    }
    Ok(outcomes)
}

/// A cell by itself.
struct LoneCell {
    spectrum: Spectrum,
    start: Vec<f64>,
    step_size: f64,
}

impl LoneCell {
    fn new(cell: &Cell) -> Result<Self, DomainError> {
        let spectrum = Spectrum::spiked(cell.spike, cell.dimension)?;
        let start = equal_start(&spectrum, &cell.init)?;
        let lone = Self { spectrum, start, step_size: cell.step_size };
        lone.recursion(&Method::GradientDescent)?;
        Ok(lone)
    }

    fn recursion(&self, method: &Method) -> Result<Recursion<Vec<f64>, &Spectrum, Method>, DomainError> {
        Recursion::new(&self.spectrum, method.clone(), self.step_size, self.start.clone())
    }

    fn run(&self, method: &Method, steps: u64, escape_level: f64) -> Result<CellOutcome, Stop<f64>> {
        let mut recursion =
            self.recursion(method).map_err(|error| Stop::Undecided { time: 0.0, reason: error.to_string() })?;
        let mut amplification = 1.0;
        let mut escape_step = (self.start[0] >= escape_level).then_some(0);
        let stop = recursion.run(steps, |now| {
            let w = now.weights();
            let ratio = w[1].abs().max(w[2].abs()) / w[0].abs();
            if ratio > amplification {
                amplification = ratio;
            }
            if escape_step.is_none() && w[0].abs() >= escape_level {
                escape_step = Some(now.steps());
            }
            ControlFlow::Continue(())
        });
        let w = recursion.weights();
        match stop {
            Stop::Horizon | Stop::Rest { .. } => {
                Ok(CellOutcome { coefficients: [w[0], w[1], w[2]], amplification, escape_step })
            }
            stop => Err(stop),
        }
    }
}
