//! A spectral optimiser with a planted bug, and the kit that catches it:
//! `cargo run --release --features kit --example kit_planted_bug`

use nalgebra::DMatrix;
use specdyn::descent::Descent;
use specdyn::kit::{self, Problem, Violation};
use specdyn::spectrum::Spectrum;
use specdyn::weights::SpectralError;

/// Meant to be SpecGD by cubic Newton-Schulz steps. The bug: it stops after three steps, because that was enough for the well
/// conditioned matrix it was tried on; small singular values are then still far below one.
struct TooFewSteps;

impl Descent<DMatrix<f64>> for TooFewSteps {
    fn turn(&mut self, gradient: &mut DMatrix<f64>) -> Result<(), SpectralError> {
        let mut x = &*gradient / gradient.norm();
        for _ in 0..3 {
            let cubic = &x * x.transpose() * &x;
            x = x * 1.5 - cubic * 0.5;
        }
        *gradient = x;
        Ok(())
    }
}

fn main() {
    let isotropic = Problem::new(Spectrum::spiked(0.0, 12).expect("a spiked covariance"), 1e-3, 1);
    println!("without a spike: {:?}", kit::does_not_amplify(&isotropic, TooFewSteps, 0.01, 300, 0.1));
    let spiked = Problem::new(Spectrum::spiked(20.0, 12).expect("a spiked covariance"), 1e-3, 1);
    match kit::does_not_amplify(&spiked, TooFewSteps, 0.01, 300, 0.1) {
        Err(violation @ Violation::Amplified { .. }) => println!("with a spike, caught: {violation}"),
        other => panic!("the planted bug was not caught: {other:?}"),
    }
}
