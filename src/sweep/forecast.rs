//! What a sweep will cost, before it starts.

use super::evaluate::{Evaluate, evaluate_all};
use super::outcomes::BYTES_A_CELL;
use super::{Grid, Places, Shard};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant};

/// Bytes of a cell in the log: 18 and a value, and a frame of its own (16, and 20 for its optimizers) where cells are slow.
const LOG_BYTES_A_CELL: f64 = 62.0;
/// A line of `cells.csv`: three shortest decimals, an optimizer, a status.
const TABLE_BYTES_A_CELL: f64 = 70.0;
/// A cell while a figure is drawn (45 measured on 4 million cells).
const FIGURE_BYTES_A_CELL: f64 = 60.0;
/// A cell of another log while it is taken over.
const JOINING_BYTES_A_CELL: f64 = 8.0;
/// The program, its threads and buffers.
const BASE_MEMORY: f64 = 50e6;
/// Cells timed at most, spread over the grid.
const SAMPLE: u64 = 256;

/// What a sweep will cost; bytes and seconds are estimates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// Cells of the whole sweep; for a refinement, with one boundary across every panel.
    pub cells: u64,
    /// Cells of this process.
    pub share: u64,
    /// Those of them that are still to be computed.
    pub left: u64,
    /// Bytes that this process writes.
    pub disk: f64,
    /// Bytes of memory that this process needs, beside those of [`Forecast::memory_a_thread`].
    pub memory: f64,
    /// Bytes of memory that every thread needs for the training runs of its cells; none for population dynamics.
    pub memory_a_thread: f64,
    /// Bytes of memory that joining shards and drawing the figure needs.
    pub joining_memory: f64,
    /// Seconds that a cell takes on one core, where it was measured.
    pub seconds_a_cell: Option<f64>,
    /// A cell was not waited for: it takes that long at least.
    pub at_least: bool,
}

impl Forecast {
    /// For the whole of `grid` (`None`) or a shard of it. `figures`: whether they are drawn.
    pub fn new(grid: &Grid, shard: Option<Shard>, figures: bool) -> Self {
        let cells = match grid.refinement {
            None => grid.len(),
            Some(refinement) => {
                // A boundary that runs once across a panel meets about nx + ny of its squares, twice as many at every halving; a
                // split square has five new cells, most of them shared with a neighbour.
                let along = (grid.x.count + grid.y.count) as u64;
                let panel = (grid.x.count * grid.y.count) as u64 + 3 * along * ((1 << refinement.levels) - 1);
                grid.len().min(panel * grid.optimizers.len() as u64)
            }
        };
        let share = cells.div_ceil(shard.map_or(1, Shard::count));
        let drawn = if figures { FIGURE_BYTES_A_CELL } else { 0.0 };
        // A worklist has a bit for every place; a refinement's plan is a tree of numbers.
        let planning = grid.len() as f64 / 8.0 + if grid.refinement.is_some() { 16.0 * cells as f64 } else { 0.0 };
        let memory =
            |own: u64, drawn: f64| BASE_MEMORY + planning + own as f64 * BYTES_A_CELL + grid.len() as f64 * drawn;
        let table = if shard.is_some() { 0.0 } else { TABLE_BYTES_A_CELL };
        Self {
            cells,
            share,
            left: share,
            disk: share as f64 * (LOG_BYTES_A_CELL + table),
            memory: memory(share, if shard.is_some() { 0.0 } else { drawn }),
            memory_a_thread: grid.memory_of_runs() as f64,
            joining_memory: memory(cells, drawn + JOINING_BYTES_A_CELL),
            seconds_a_cell: None,
            at_least: false,
        }
    }

    /// The forecast for going on where `done` cells of this process are finished.
    pub fn with_done(self, done: u64) -> Self {
        let left = self.share.saturating_sub(done);
        Self { left, disk: self.disk - (self.left - left) as f64 * LOG_BYTES_A_CELL, ..self }
    }

    /// The forecast with the time of a cell, measured on some cells spread over the grid for about `budget`, and at least one cell of
    /// every optimizer. What has not ended after `patience` is not waited for, and the time is a lower bound: of the mean over the cells that
    /// ended and the one that did not. (That one computes on until it or the process ends.)
    pub fn timed(self, evaluator: &Arc<dyn Evaluate>, places: Places, budget: Duration, patience: Duration) -> Self {
        let (len, methods) = (places.len(), places.optimizers().len() as u64);
        let count = SAMPLE.clamp(methods, len.max(methods));
        let evaluator = evaluator.clone();
        let (send, ended) = sync_channel(0);
        let begun = Instant::now();
        let thread = thread::Builder::new().spawn(move || {
            for i in 0..count {
                // The fractional parts of i times the golden ratio are spread evenly, however early one stops.
                let share = (i as f64 * 0.618_033_988_749_894_8).fract();
                let within = ((len / methods) as f64 * share) as u64;
                let point = places.point((i % methods) * (len / methods) + within);
                let _ = evaluate_all(evaluator.as_ref(), &[point], &mut |_| ControlFlow::Continue(()));
                if send.send(()).is_err() {
                    return;
                }
            }
        });
        if thread.is_err() {
            return self; // this system lets no thread begin, and work will say so
        }
        let mut timed = 0;
        while timed < count && (timed < methods || begun.elapsed() <= budget) {
            if ended.recv_timeout(patience.saturating_sub(begun.elapsed())).is_err() {
                let seconds = begun.elapsed().as_secs_f64() / (timed + 1) as f64;
                return Self { seconds_a_cell: Some(seconds), at_least: true, ..self };
            }
            timed += 1;
        }
        Self { seconds_a_cell: Some(begun.elapsed().as_secs_f64() / timed as f64), ..self }
    }

    /// Bytes of memory that this process needs on `threads` threads.
    pub fn memory_on(&self, threads: usize) -> f64 {
        self.memory + threads as f64 * self.memory_a_thread
    }

    /// Hours that this process takes on `threads` cores.
    pub fn hours(&self, threads: usize) -> Option<f64> {
        self.seconds_a_cell.map(|seconds| seconds * self.left as f64 / threads as f64 / 3600.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Measured, Status};
    use crate::sweep::{Axis, Point};

    /// Cells that take `x` seconds.
    struct Sleep;

    impl Evaluate for Sleep {
        fn evaluate(&self, cells: &[Point], emit: &mut dyn FnMut(Measured) -> ControlFlow<()>) -> ControlFlow<()> {
            cells.iter().try_for_each(|cell| {
                thread::sleep(Duration::from_secs_f64(cell.x));
                emit(Measured { value: Some(1.0), status: Status::Ok })
            })
        }
    }

    fn timed(x: &str) -> Forecast {
        let axes = [x.parse::<Axis>().unwrap(), "init=1:2:2".parse().unwrap()];
        let forecast = Forecast {
            cells: 100,
            share: 100,
            left: 100,
            disk: 1e4,
            memory: 0.0,
            memory_a_thread: 0.0,
            joining_memory: 0.0,
            seconds_a_cell: None,
            at_least: false,
        };
        let milliseconds = Duration::from_millis;
        let places = Places::on(&axes, vec!["gd".into(), "specgd".into()]);
        forecast.timed(&(Arc::new(Sleep) as _), places, milliseconds(50), milliseconds(300))
    }

    #[test]
    fn a_cell_that_does_not_end_is_not_waited_for_and_bounds_the_time_from_below() {
        let begun = Instant::now();
        let forecast = timed("spike=30:30:1");
        assert!(begun.elapsed() < Duration::from_secs(20), "it waited");
        assert!(forecast.at_least && forecast.seconds_a_cell.is_some_and(|s| (0.3..20.0).contains(&s)), "{forecast:?}");
        let forecast = timed("spike=1e-3:1e-3:1");
        assert!(!forecast.at_least && forecast.seconds_a_cell.is_some_and(|s| s >= 1e-3), "{forecast:?}");
    }

    #[test]
    fn what_is_done_costs_nothing_more() {
        let forecast = Forecast { seconds_a_cell: Some(36.0), ..timed("spike=1e-3:1e-3:1") };
        let rest = forecast.with_done(75);
        assert_eq!((rest.left, rest.share, rest.disk), (25, 100, 1e4 - 75.0 * LOG_BYTES_A_CELL));
        assert_eq!((forecast.hours(2), rest.hours(2)), (Some(0.5), Some(0.125)));
        assert_eq!(forecast.with_done(1000).left, 0);
    }
}
