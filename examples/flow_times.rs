//! Best wall time and best CPU time of one job, in nanoseconds a unit, for `scripts/flows_against_peers.py`.
//!
//!     flow_times trajectory-TOLERANCE | grid-TOLERANCE | exact | recursion-gd | recursion-specgd | digits-N  [THREADS]
//!
//! TOLERANCE 0 is full precision. A unit is a trajectory, a cell, or a cell and step. `digits-N` needs the feature `mpfr`.

#[path = "../benches/grid/cell.rs"]
mod cell;
mod stopwatch;

use cell::{START, cell, grid};
use rayon::prelude::*;
use specdyn::descent::Method;
use specdyn::spectrum::Spectrum;
use specdyn::trajectory::exact::ExactFlow;
use specdyn::trajectory::taylor::GradientFlow;
use specdyn::trajectory::{Cell, recursion_grid};
use std::error::Error;
use std::hint::black_box;

/// Nanoseconds a unit, where a call does `units` of them.
fn report(units: usize, call: impl FnMut()) {
    stopwatch::report(1e-9 * units as f64, call);
}

/// One trajectory: lambda 20, d 100, alpha 1e-3, to t = 50.
fn trajectory(tolerance: Option<f64>) -> Result<(), Box<dyn Error>> {
    let spectrum = Spectrum::spiked(20.0, 100)?;
    let mut flow = GradientFlow::with_tolerance(&spectrum, &START, tolerance.as_ref())?;
    report(1, || {
        if flow.restart(&spectrum, black_box(&START)).is_ok() {
            while flow.next_segment(Some(&50.0)).is_ok() {}
        }
        black_box(flow.coefficient(2));
    });
    Ok(())
}

/// Escape and exact largest b/a of the cells of a phase diagram.
fn gradient_grid(tolerance: Option<f64>) {
    let cells = grid();
    let new = || {
        let flow = GradientFlow::with_tolerance(&cells[0], &START, tolerance.as_ref()).expect("a start").resolved();
        (flow, Vec::new())
    };
    report(cells.len(), || {
        let each = cells.par_iter().with_min_len(256);
        black_box(each.map_init(new, |(flow, found), spectrum| cell(flow, spectrum, found).1).sum::<f64>());
    });
}

/// The exact SpecGD flow to the optimum with its largest b/a, in the same cells.
fn exact_grid() {
    let cells = grid();
    let new = || ExactFlow::new(&cells[0], &START).expect("a start");
    report(cells.len(), || {
        cells.par_iter().with_min_len(256).for_each_init(new, |flow, spectrum| {
            flow.reset(spectrum, &START).expect("a start");
            black_box((flow.finish(), flow.amplification()));
        });
    });
}

/// 1000 steps in 2048 cells, with the largest b/a and the escape.
fn recursions(method: &Method) -> Result<(), Box<dyn Error>> {
    let at = |i: u32| Cell {
        spike: f64::from(i % 64) * (100.0 / 63.0),
        dimension: 10 + 30 * u64::from(i / 64),
        init: 1e-3,
        step_size: 1e-3,
    };
    let cells: Vec<Cell> = (0..2048).map(at).collect();
    recursion_grid(&cells, method, 1, 0.9)?;
    report(cells.len() * 1000, || {
        cells.par_chunks(256).for_each(|cells| drop(black_box(recursion_grid(cells, method, 1000, 0.9))));
    });
    Ok(())
}

#[cfg(feature = "mpfr")]
fn digits(digits: u32) -> Result<(), Box<dyn Error>> {
    use specdyn::scalar::{Mp, Precision, Real};
    use specdyn::weights::equal_start;
    let bits = Precision::for_digits(digits)?;
    let spectrum = Spectrum::spiked(Mp::parse("20", &bits)?, 100)?;
    let start = equal_start(&spectrum, &Mp::parse("1e-3", &bits)?)?;
    let end = Mp::parse("50", &bits)?;
    let mut flow = GradientFlow::new(&spectrum, &start)?;
    report(1, || {
        if flow.restart(&spectrum, &start).is_ok() {
            while flow.next_segment(Some(&end)).is_ok() {}
        }
        black_box(flow.coefficient(2));
    });
    Ok(())
}

#[cfg(not(feature = "mpfr"))]
fn digits(_: u32) -> Result<(), Box<dyn Error>> {
    Err("digits need the feature mpfr".into())
}

fn main() -> Result<(), Box<dyn Error>> {
    let job = std::env::args().nth(1).ok_or("a job")?;
    let threads = std::env::args().nth(2).map_or(Ok(1), |s| s.parse())?;
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let (kind, rest) = job.split_once('-').unwrap_or((&job, ""));
    let tolerance = || rest.parse().map(|x: f64| (x > 0.0).then_some(x));
    match (kind, rest) {
        ("trajectory", _) => trajectory(tolerance()?)?,
        ("grid", _) => gradient_grid(tolerance()?),
        ("exact", _) => exact_grid(),
        ("recursion", "gd") => recursions(&Method::GradientDescent)?,
        ("recursion", "specgd") => recursions(&Method::Spectral)?,
        ("digits", _) => digits(rest.parse()?)?,
        _ => return Err(format!("no job {job}").into()),
    }
    Ok(())
}
