//! Grids of experiments that survive: computed in parallel, durable cell by cell, resumed, split and joined.
//!
//! An [`Evaluate`] computes cells; [`work`] runs it on many threads and hands groups of outcomes to one place, which appends them to
//! a [`Log`]: when that returns they are durable, and only then they count. [`Places`] numbers the cells of a [`Grid`]; [`Plan`] says
//! which of them a sweep consists of and which come next, for a plain grid, a refined one ([`Refinement`]), and a [`Shard`] of either.
//! A cell is known by what it is (optimizer, x, y), so a grid that grows keeps what exists.
//!
//! A [`CertifiedGrid`] proves instead of sampling: its boxes are decided, whole, or said not to be.
//!
//! What a sweep leaves behind depends on its cells alone: not on threads, chunks, order, shards, interruptions or the machine.

mod axis;
mod certified;
mod evaluate;
mod forecast;
mod grid;
mod lock;
mod log;
mod outcomes;
mod places;
mod plan;
mod refine;
mod sampling;
mod shard;
mod spacing;
mod theory;
mod work;
mod worklist;

pub use axis::Axis;
pub use certified::{Area, CertifiedGrid, Region};
pub use evaluate::{Evaluate, Point, note_panics_of_cells};
pub use forecast::Forecast;
pub use grid::{Cell, Grid, MAX_CELLS};
pub use lock::{Lock, LockError};
pub use log::{Damage, Disk, Entry, Folder, LOG, Log, LogError, LogFile, Record, read_identity, read_log};
pub use outcomes::Outcomes;
pub use places::Places;
pub use plan::{Plan, Planned};
pub use refine::{Refinement, fill_between};
pub use sampling::Sampling;
pub use shard::Shard;
pub use theory::{Boundary, boundaries};
pub use work::{Ended, work};
pub use worklist::Worklist;
