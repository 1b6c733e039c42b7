//! The exact SpecGD flow against digits from elsewhere, closed forms, its own definition, and itself.

mod certified;
mod closed_forms;
mod conditions;
#[cfg(feature = "mpfr")]
mod containment;
mod finders;
mod laws;
#[cfg(feature = "mpfr")]
mod precision;
mod reference;
mod undecided;

use specdyn::spectrum::{Group, Spectrum};
use specdyn::trajectory::exact::{ExactFlow, ExactTrajectory};

/// The promise: events and coefficients of a few groups to 1e-14, relative to numbers of size 1.
const PROMISE: f64 = 1e-14;

fn spectrum(groups: &[(f64, u64)]) -> Spectrum {
    let group = |&(variance, multiplicity): &(f64, u64)| Group { variance, multiplicity };
    Spectrum::with_signal(groups[0].0, groups[1..].iter().map(group).collect()).unwrap()
}

fn run(spectrum: &Spectrum, start: &[f64]) -> ExactTrajectory {
    ExactFlow::new(spectrum, start).unwrap().run(&1e9)
}
