//! The recursion in rational numbers, with nothing but the definition, beside the one in integers.

use super::super::Trial;
use super::super::instances::exact_spectrum;
use crate::risk::manifold::{bracket, excess, excess_energy, gradient};
use crate::scalar::{Rational, Real, Scalar};
use crate::spectrum::Spectrum;
use crate::trajectory::{Fate, Lattice};
use crate::weights::equal_start;
use std::cmp::Ordering;

/// Coefficients stay on `alpha + unit eta Z` and at most `share max(alpha, 1 + eta)`, are those of the integer recursion at every step, and
/// come to rest or to a cycle.
pub(in crate::claims) fn lattice(constants: &[f64], trial: &mut Trial) {
    let [unit, share] = constants else { unreachable!("two constants") };
    let mut normals = trial.normals(0);
    let (count, steps) = (trial.count(20, 5), trial.count(400, 200));
    let mut found = Found::default();
    for k in 0..count {
        let spectrum = exact_spectrum(&mut normals, 2);
        let trace = spectrum.energy_weight().iter().fold(spectrum.variance()[0].int(0), |sum, nq| sum + nq);
        let q = spectrum.variance()[0].clone();
        // Below the ceiling (2), which is what the bound stands on.
        let ceiling = libm::sqrt((q.times(3) / (q.times(2) + trace).times(4)).to_f64());
        let step_size = Rational::fraction((ceiling * 900.0) as i64 + 1, 1000) / q.int(1 + 20 * (k as i64 % 3));
        let init = Rational::fraction(1 + (k as i64 * 37) % 90, 100);
        if let Err(reason) = found.follow(&spectrum, &init, &step_size, (*unit, *share), steps) {
            return trial.unknown("exact recursion", reason);
        }
    }
    let of = format!("{count} exact recursions of {steps} steps");
    trial.equal(format!("{of}: coefficients other than the integer recursion's"), found.others);
    trial.equal(format!("{of}: coefficients off alpha + {unit} eta Z"), found.off_lattice);
    trial.equal(format!("{of}: coefficients above {share} max(alpha, 1 + eta)"), found.above);
    trial.equal(
        format!("{count} exact recursions that neither rest nor repeat themselves after 10^6 steps"),
        found.moving,
    );
}

#[derive(Default)]
struct Found {
    others: usize,
    off_lattice: usize,
    above: usize,
    moving: usize,
}

impl Found {
    fn follow(
        &mut self,
        spectrum: &Spectrum<Rational>,
        init: &Rational,
        step_size: &Rational,
        (unit, share): (f64, f64),
        steps: usize,
    ) -> Result<(), String> {
        let mut w = equal_start(spectrum, init).map_err(|error| error.to_string())?;
        let mut integers = Lattice::new(spectrum, &w, step_size).map_err(|error| error.to_string())?;
        let number = |x: f64| <Rational as Real>::from_f64(x, &());
        let spacing = number(unit) * step_size;
        let top = step_size.int(1) + step_size;
        let bound = number(share) * if *init < top { &top } else { init };
        for _ in 0..steps {
            step(spectrum, &mut w, step_size);
            integers.advance(1);
            let places = w.iter().map(|w| ((w.clone() - init) / &spacing).floor());
            self.off_lattice += places.filter(|(_, on_lattice)| !on_lattice).count();
            self.others += integers.coefficients().iter().zip(&w).filter(|(one, other)| one != other).count();
            self.above += w.iter().filter(|w| w.abs() > bound).count();
        }
        integers.advance(1_000_000);
        self.moving += usize::from(matches!(integers.fate(), Fate::Moving));
        Ok(())
    }
}

/// One step of SpecGD, from the definition.
fn step(spectrum: &Spectrum<Rational>, w: &mut [Rational], step_size: &Rational) {
    let e: Vec<Rational> = w.iter().enumerate().map(|(j, w)| excess(j, w)).collect();
    let tau = excess_energy(spectrum, &e);
    for (j, w) in w.iter_mut().enumerate() {
        let q = &spectrum.variance()[j];
        match gradient(q, &bracket(q, &e[j], &tau), w).sign() {
            Some(Ordering::Greater) => *w = w.clone() - step_size,
            Some(Ordering::Less) => *w = w.clone() + step_size,
            _ => (),
        }
    }
}
