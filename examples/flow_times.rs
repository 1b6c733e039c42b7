//! Best wall time and best CPU time of one job, in nanoseconds a unit, for `scripts/flows_against_peers.py`.
//!
//!     flow_times trajectory-TOLERANCE | grid-TOLERANCE | exact | groups-J | recursion-gd | recursion-specgd | lattice | certified | plain
//!                | digits-N | exact-digits-N  [THREADS]
//!
//! TOLERANCE 0 is full precision. A unit is a trajectory, a cell, a group, or a cell and step. `digits-N` and `exact-digits-N` need the
//! feature `mpfr`. `accuracy-TOLERANCE` prints the coefficients at t = 50 and the number of steps instead.

#[path = "../benches/grid/cell.rs"]
mod cell;
mod stopwatch;

use cell::{START, escapes, grid};
use rayon::prelude::*;
use specdyn::descent::Method;
use specdyn::scalar::{Interval, Rational, Real};
#[cfg(feature = "mpfr")]
use specdyn::scalar::{Mp, Precision};
use specdyn::spectrum::{Group, Spectrum};
use specdyn::trajectory::exact::ExactFlow;
use specdyn::trajectory::taylor::{GradientFlow, Lockstep};
use specdyn::trajectory::{Cell, Lattice, ValidatedFlow, recursion_grid};
use specdyn::weights::equal_start;
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
    let lockstep = Lockstep::new(tolerance).expect("a tolerance").resolved();
    let all = || cells.par_chunks(256).flat_map_iter(|cells| escapes(&lockstep, cells)).collect::<Vec<_>>();
    assert!(all().iter().all(|(time, _)| *time < 50.0), "every cell escapes");
    report(cells.len(), || drop(black_box(all())));
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

/// Variances 1/i, multiplicity 1, signal on the first: the exact SpecGD flow to the optimum.
fn groups(count: u32) -> Result<(), Box<dyn Error>> {
    let groups: Vec<_> = (1..=count).map(|i| Group { variance: 1.0 / f64::from(i), multiplicity: 1 }).collect();
    let spectrum = Spectrum::from_groups(&groups, 0)?;
    let start = equal_start(&spectrum, &1e-3)?;
    ExactFlow::new(&spectrum, &start)?;
    report(count as usize, || drop(black_box(ExactFlow::new(&spectrum, &start).expect("a start").finish())));
    Ok(())
}

/// 10^6 exact SpecGD steps in integers, which end in no cycle.
fn lattice() -> Result<(), Box<dyn Error>> {
    let number = |text| Rational::parse(text, &());
    let spectrum = Spectrum::spiked(number("20")?, 100)?;
    let (start, step) = (equal_start(&spectrum, &number("1e-3")?)?, number("1e-6")?);
    Lattice::new(&spectrum, &start, &step)?;
    report(1, || {
        let mut recursion = Lattice::new(&spectrum, &start, &step).expect("a recursion");
        recursion.advance(1_000_000);
        black_box(recursion.places());
    });
    Ok(())
}

/// The certified trajectory to t = 50, from its start-up on; and the plain one likewise.
fn certified() {
    report(1, || {
        let spectrum = Spectrum::spiked(Interval::point(20.0), 100).expect("a spectrum");
        let mut flow = ValidatedFlow::new(&spectrum, &[Interval::point(black_box(1e-3)); 3]).expect("a start");
        while flow.next_step().expect("a step").end() < 50.0 {}
    });
}

fn plain() {
    report(1, || {
        let spectrum = Spectrum::spiked(20.0, 100).expect("a spectrum");
        let mut flow = GradientFlow::new(&spectrum, &[black_box(1e-3); 3]).expect("a start");
        while flow.next_segment(Some(&50.0)).is_ok() {}
        black_box(flow.coefficient(2));
    });
}

fn accuracy(tolerance: Option<f64>) -> Result<(), Box<dyn Error>> {
    let spectrum = Spectrum::spiked(20.0, 100)?;
    let mut flow = GradientFlow::with_tolerance(&spectrum, &START, tolerance.as_ref())?;
    while flow.next_segment(Some(&50.0)).is_ok() {}
    println!("{:e} {:e} {:e} {}", flow.coefficient(0), flow.coefficient(1), flow.coefficient(2), flow.steps());
    Ok(())
}

/// The spiked covariance and start in so many bits.
#[cfg(feature = "mpfr")]
fn in_precision(bits: &Precision) -> Result<(Spectrum<Mp>, Vec<Mp>), Box<dyn Error>> {
    let spectrum = Spectrum::spiked(Mp::parse("20", bits)?, 100)?;
    let start = equal_start(&spectrum, &Mp::parse("1e-3", bits)?)?;
    Ok((spectrum, start))
}

#[cfg(feature = "mpfr")]
fn digits(digits: u32) -> Result<(), Box<dyn Error>> {
    let bits = Precision::for_digits(digits)?;
    let (spectrum, start) = in_precision(&bits)?;
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

#[cfg(feature = "mpfr")]
fn exact_digits(digits: u32) -> Result<(), Box<dyn Error>> {
    let (spectrum, start) = in_precision(&Precision::for_digits(digits)?)?;
    ExactFlow::new(&spectrum, &start)?;
    report(1, || drop(black_box(ExactFlow::new(&spectrum, &start).expect("a start").finish())));
    Ok(())
}

#[cfg(not(feature = "mpfr"))]
fn digits(_: u32) -> Result<(), Box<dyn Error>> {
    Err("digits need the feature mpfr".into())
}

#[cfg(not(feature = "mpfr"))]
fn exact_digits(_: u32) -> Result<(), Box<dyn Error>> {
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
        ("exact", "") => exact_grid(),
        ("exact", _) => exact_digits(rest.trim_start_matches("digits-").parse()?)?,
        ("recursion", "gd") => recursions(&Method::GradientDescent)?,
        ("recursion", "specgd") => recursions(&Method::Spectral)?,
        ("groups", _) => groups(rest.parse()?)?,
        ("lattice", _) => lattice()?,
        ("certified", _) => certified(),
        ("plain", _) => plain(),
        ("accuracy", _) => accuracy(tolerance()?)?,
        ("digits", _) => digits(rest.parse()?)?,
        _ => return Err(format!("no job {job}").into()),
    }
    Ok(())
}
