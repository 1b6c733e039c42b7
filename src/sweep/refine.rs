//! Cells where they matter: a quadtree along the boundary on which the observable crosses a level.
//!
//! Of every interval of the coarse axes, `2^levels` are possible. A square of the coarse grid is split in four when known cells on
//! its edges fall into different classes (at most the level, above it, without a value), the parts likewise, down to one interval.
//! A cell on an edge is seen from both sides; so a boundary that enters the refined region is followed along its whole length, also
//! into squares whose corners alone would not have shown it. What is missed is a boundary that closes inside one coarse square.
//!
//! Which cells are planned is the least fixed point of that rule: splitting is monotone in what is known, so the result does not
//! depend on the order, the threads, the shards or the interruptions in which cells became known. Cells that are known but not
//! planned (from an earlier, other grid) have no part in it.

use super::{Outcomes, Places};
use crate::experiment::Measured;
use crate::scalar::{DomainError, Real};
use std::collections::BTreeSet;

/// How a grid is refined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refinement {
    /// How often an interval is halved, 1 to [`Refinement::MAX_LEVELS`].
    pub levels: u32,
    /// The level of the observable whose crossing is followed.
    pub level: f64,
}

impl Refinement {
    /// More halvings than this are a typing error.
    pub const MAX_LEVELS: u32 = 16;
    /// Halvings where none are asked for.
    pub const DEFAULT_LEVELS: u32 = 3;

    /// Reads `boundary` or `boundary:LEVELS`.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str, level: f64) -> Result<Self, DomainError> {
        let levels = match text.strip_prefix("boundary") {
            Some("") => Some(Self::DEFAULT_LEVELS),
            Some(rest) => rest.strip_prefix(':').and_then(|levels| levels.parse().ok()),
            None => None,
        };
        levels.filter(|levels| (1..=Self::MAX_LEVELS).contains(levels)).map(|levels| Self { levels, level }).ok_or_else(
            || DomainError::new("refine", format!("{text:?}"), "boundary or boundary:LEVELS, LEVELS from 1 to 16"),
        )
    }
}

/// The cells that a refined grid consists of, as far as known outcomes tell.
pub(super) fn planned(places: &Places, refinement: Refinement, outcomes: &Outcomes) -> BTreeSet<u64> {
    let [nx, ny] = places.shape();
    let span = 1 << refinement.levels;
    let mut planned = BTreeSet::new();
    for method in 0..places.optimizers().len() {
        let mut mesh = Mesh { nx, offset: method * nx * ny, level: refinement.level, outcomes, planned, grown: true };
        for j in (0..ny).step_by(span) {
            for i in (0..nx).step_by(span) {
                mesh.planned.insert(mesh.index(i, j));
            }
        }
        while std::mem::take(&mut mesh.grown) {
            for j in (0..ny - 1).step_by(span) {
                for i in (0..nx - 1).step_by(span) {
                    mesh.split(i, j, span);
                }
            }
        }
        planned = mesh.planned;
    }
    planned
}

struct Mesh<'a> {
    nx: usize,
    offset: usize,
    level: f64,
    outcomes: &'a Outcomes,
    planned: BTreeSet<u64>,
    /// A cell was planned since the last look.
    grown: bool,
}

/// Classes of cells, as a set of bits.
const BELOW: u8 = 1;
const ABOVE: u8 = 2;
const NO_VALUE: u8 = 4;

impl Mesh<'_> {
    fn index(&self, i: usize, j: usize) -> u64 {
        (self.offset + j * self.nx + i) as u64
    }

    fn class(&self, i: usize, j: usize) -> u8 {
        match self.outcomes.value(self.index(i, j)) {
            None => 0,
            Some(None) => NO_VALUE,
            Some(Some(value)) if value > self.level => ABOVE,
            Some(Some(_)) => BELOW,
        }
    }

    /// Classes of the planned cells from (i, j) over `length` steps along x or y.
    fn edge(&self, i: usize, j: usize, length: usize, along_x: bool) -> u8 {
        let at = |steps: usize| if along_x { (i + steps, j) } else { (i, j + steps) };
        let (end, middle) = (at(length), at(length / 2));
        if length > 1 && self.planned.contains(&self.index(middle.0, middle.1)) {
            self.edge(i, j, length / 2, along_x) | self.edge(middle.0, middle.1, length / 2, along_x)
        } else {
            self.class(i, j) | self.class(end.0, end.1)
        }
    }

    /// Plans what the square of `span` steps at (i, j) needs.
    fn split(&mut self, i: usize, j: usize, span: usize) {
        let half = span / 2;
        if half == 0 {
            return;
        }
        let classes = || {
            self.edge(i, j, span, true)
                | self.edge(i, j + span, span, true)
                | self.edge(i, j, span, false)
                | self.edge(i + span, j, span, false)
        };
        if !self.planned.contains(&self.index(i + half, j + half)) && classes().count_ones() < 2 {
            return;
        }
        for (di, dj) in [(half, 0), (0, half), (half, half), (span, half), (half, span)] {
            let index = self.index(i + di, j + dj);
            self.grown |= self.planned.insert(index);
        }
        for (di, dj) in [(0, 0), (half, 0), (0, half), (half, half)] {
            self.split(i + di, j + dj, half);
        }
    }
}

/// Fills the places of one optimizer that a refinement left out, for a picture: bilinear between the corners of the smallest square
/// with cells at its corners (in the logarithm, with `log`), or the nearest corner where one has no value. `cells` are as many as
/// places, x fastest.
pub fn fill_between(shape: [usize; 2], levels: u32, log: bool, cells: &mut [Option<Measured>]) {
    let [nx, ny] = shape;
    let span = 1 << levels;
    for j in (0..ny - 1).step_by(span) {
        for i in (0..nx - 1).step_by(span) {
            fill_square(nx, (i, j), span, log, cells);
        }
    }
}

fn fill_square(nx: usize, (i, j): (usize, usize), span: usize, log: bool, cells: &mut [Option<Measured>]) {
    let half = span / 2;
    if half == 0 {
        return;
    }
    // The centre of a square is filled with the square itself, never with a neighbour: it is there exactly where it was computed.
    if cells[(j + half) * nx + i + half].is_some() {
        for (di, dj) in [(0, 0), (half, 0), (0, half), (half, half)] {
            fill_square(nx, (i + di, j + dj), half, log, cells);
        }
        return;
    }
    let corner = |cells: &[Option<Measured>], di: usize, dj: usize| cells[(j + dj) * nx + i + di].clone();
    let corners = [(0, 0), (span, 0), (0, span), (span, span)].map(|(di, dj)| corner(cells, di, dj));
    let values = corners.each_ref().map(|corner| corner.as_ref().and_then(|measured| measured.value));
    for dj in 0..=span {
        for di in 0..=span {
            let place = &mut cells[(j + dj) * nx + i + di];
            if place.is_some() {
                continue;
            }
            let (s, t) = (di as f64 / span as f64, dj as f64 / span as f64);
            let nearest = usize::from(2 * di > span) + 2 * usize::from(2 * dj > span);
            *place = corners[nearest].clone();
            if let ([Some(a), Some(b), Some(c), Some(d)], Some(filled)) = (values, place) {
                let between =
                    |a: f64, b: f64, c: f64, d: f64| (1.0 - t) * ((1.0 - s) * a + s * b) + t * ((1.0 - s) * c + s * d);
                filled.value = Some(if log && a.min(b).min(c).min(d) > 0.0 {
                    Real::exp(&between(Real::ln(&a), Real::ln(&b), Real::ln(&c), Real::ln(&d)))
                } else {
                    between(a, b, c, d)
                });
            }
        }
    }
}
