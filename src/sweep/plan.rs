use super::refine::planned;
use super::{Grid, Outcomes, Places, Refinement, Shard, Worklist};
use std::collections::BTreeSet;

/// Which cells a sweep consists of, and which of them come next.
///
/// A plain grid is one round of work. A refined one is several: what is planned depends on what is known.
#[derive(Clone, Debug)]
pub struct Plan {
    refinement: Option<Refinement>,
    cells: u64,
}

/// The cells of a sweep, as far as known outcomes tell.
#[derive(Clone, Debug)]
pub enum Planned {
    /// All of this many.
    All(u64),
    /// These.
    Some(BTreeSet<u64>),
}

impl Planned {
    /// How many they are.
    pub fn len(&self) -> u64 {
        match self {
            Self::All(count) => *count,
            Self::Some(cells) => cells.len() as u64,
        }
    }

    /// A sweep always has cells.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether `cell` is one of them.
    pub fn contains(&self, cell: u64) -> bool {
        match self {
            Self::All(count) => cell < *count,
            Self::Some(cells) => cells.contains(&cell),
        }
    }

    /// Their numbers, ascending: grid order.
    pub fn iter(&self) -> Box<dyn Iterator<Item = u64> + '_> {
        match self {
            Self::All(count) => Box::new(0..*count),
            Self::Some(cells) => Box::new(cells.iter().copied()),
        }
    }
}

impl Plan {
    /// The plan of `grid`.
    pub fn new(grid: &Grid) -> Self {
        Self { refinement: grid.refinement, cells: grid.len() }
    }

    /// The cells of the sweep that outcomes so far call for; all of them once none is missing.
    pub fn planned(&self, places: &Places, outcomes: &Outcomes) -> Planned {
        match self.refinement {
            None => Planned::All(self.cells),
            Some(refinement) => Planned::Some(planned(places, refinement, outcomes)),
        }
    }

    /// Of `planned` cells, those that are not done and, with a shard, belong to it.
    pub fn worklist(&self, planned: &Planned, outcomes: &Outcomes, shard: Option<Shard>) -> Worklist {
        Worklist::new(self.cells, planned.iter().filter(|cell| self.owned(*cell, shard) && !outcomes.is_done(*cell)))
    }

    /// Of `planned` cells, those of the shard.
    pub fn share(&self, planned: Planned, shard: Option<Shard>) -> Planned {
        match shard {
            None => planned,
            Some(_) => Planned::Some(planned.iter().filter(|cell| self.owned(*cell, shard)).collect()),
        }
    }

    fn owned(&self, cell: u64, shard: Option<Shard>) -> bool {
        match shard {
            None => true,
            Some(shard) if self.refinement.is_some() => shard.owns_scattered(cell),
            Some(shard) => shard.owns(cell, self.cells),
        }
    }
}
