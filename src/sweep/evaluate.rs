//! Cells in, outcomes out; and what becomes of a cell that panics.

use crate::experiment::{Measured, Status};
use std::any::Any;
use std::cell::RefCell;
use std::ops::ControlFlow;
use std::panic::{self, AssertUnwindSafe};

/// A cell by what it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Index into the grid's optimizers.
    pub method: usize,
    /// Value on the x axis.
    pub x: f64,
    /// Value on the y axis.
    pub y: f64,
}

/// Computes cells, a chunk of neighbours at a time.
///
/// A chunk shares what neighbours can share (allocations, lanes of a vector), and no more: what is measured in a cell must not
/// depend, in any bit, on the cells that came with it.
pub trait Evaluate: Send + Sync {
    /// Measures all of `cells` and emits the outcomes in their order, as soon as they are known; breaks off when told to.
    fn evaluate(&self, cells: &[Point], emit: &mut dyn FnMut(Measured) -> ControlFlow<()>) -> ControlFlow<()>;
}

/// [`Evaluate::evaluate`], but a cell that panics has the status [`Status::Panicked`], and the others of its chunk their values.
pub(super) fn evaluate_all(
    evaluator: &dyn Evaluate,
    cells: &[Point],
    emit: &mut dyn FnMut(Measured) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut emitted = 0;
    while emitted < cells.len() {
        let flow = guarded(evaluator, &cells[emitted..], &mut emitted, emit);
        let Err(_) = flow else { return flow.expect("not a panic") };
        // Which cell of the chunk it was is not known, but for the first of the rest that is found out by asking it alone.
        let one = emitted..emitted + 1;
        match guarded(evaluator, &cells[one], &mut emitted, emit) {
            Ok(flow) => flow?,
            Err(reason) => {
                emitted += 1;
                emit(Measured { value: None, status: Status::Panicked(reason) })?;
            }
        }
    }
    ControlFlow::Continue(())
}

fn guarded(
    evaluator: &dyn Evaluate,
    cells: &[Point],
    emitted: &mut usize,
    emit: &mut dyn FnMut(Measured) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, String> {
    let mut count = |measured| {
        *emitted += 1;
        emit(measured)
    };
    IN_A_CELL.set(Some(String::new()));
    // The evaluator is shared and immutable, and nothing of a broken-off chunk is kept.
    let result = panic::catch_unwind(AssertUnwindSafe(|| evaluator.evaluate(cells, &mut count)));
    let place = IN_A_CELL.take().unwrap_or_default();
    result.map_err(|payload| message(payload.as_ref()) + &place)
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
    let line: String =
        text.unwrap_or("without a message").chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.chars().take(200).collect()
}

thread_local! {
    /// While a cell is computed: where it panicked.
    static IN_A_CELL: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// From now on, a panic inside a cell prints nothing, and its status says in which line of the source it was. For programs: it
/// replaces the process's panic hook by one that calls it for all other panics.
pub fn note_panics_of_cells() {
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let inside = IN_A_CELL.with_borrow_mut(|place| {
            if let Some(place) = place {
                *place = info.location().map(|l| format!(" ({}:{})", l.file(), l.line())).unwrap_or_default();
            }
            place.is_some()
        });
        if !inside {
            others(info);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Emits in blocks of four, and panics in every cell whose x is odd, before the block is emitted.
    struct Blocks;

    impl Evaluate for Blocks {
        fn evaluate(&self, cells: &[Point], emit: &mut dyn FnMut(Measured) -> ControlFlow<()>) -> ControlFlow<()> {
            for block in cells.chunks(4) {
                for cell in block {
                    assert!(cell.x % 2.0 == 0.0, "x = {}\n is odd", cell.x);
                }
                for cell in block {
                    emit(Measured { value: Some(cell.x), status: Status::Ok })?;
                }
            }
            ControlFlow::Continue(())
        }
    }

    fn outcomes(xs: &[f64]) -> Vec<Measured> {
        let cells: Vec<Point> = xs.iter().map(|&x| Point { method: 0, x, y: 0.0 }).collect();
        let mut outcomes = Vec::new();
        let flow = evaluate_all(&Blocks, &cells, &mut |measured| {
            outcomes.push(measured);
            ControlFlow::Continue(())
        });
        assert_eq!(flow, ControlFlow::Continue(()));
        outcomes
    }

    #[test]
    fn a_panicking_cell_keeps_its_reason_and_costs_its_neighbours_nothing() {
        let xs = [0.0, 2.0, 4.0, 6.0, 8.0, 1.0, 10.0, 3.0, 5.0, 12.0];
        let outcomes = outcomes(&xs);
        assert_eq!(outcomes.len(), xs.len());
        for (x, measured) in xs.iter().zip(&outcomes) {
            match measured.value {
                Some(value) => assert_eq!(value, *x),
                None => assert!(measured.status.to_string().starts_with(&format!("panicked: x = {x}  is odd"))),
            }
            assert_eq!(measured.value.is_some(), x % 2.0 == 0.0);
        }
    }

    #[test]
    fn breaking_off_is_obeyed_inside_a_chunk() {
        let cells = [Point { method: 0, x: 0.0, y: 0.0 }; 10];
        let mut seen = 0;
        let flow = evaluate_all(&Blocks, &cells, &mut |_| {
            seen += 1;
            if seen == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!((flow, seen), (ControlFlow::Break(()), 3));
    }
}
