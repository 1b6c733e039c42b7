//! A Muon written from scratch, tested against the theory:
//! `cargo run --release --features kit --example kit_muon`

use nalgebra::DMatrix;
use specdyn::descent::{Descent, Method};
use specdyn::kit::{self, Problem};
use specdyn::spectrum::Spectrum;
use specdyn::weights::SpectralError;

struct Muon {
    momentum: DMatrix<f64>,
}

impl Muon {
    fn new(dimension: usize) -> Self {
        Self { momentum: DMatrix::zeros(dimension, dimension) }
    }
}

impl Descent<DMatrix<f64>> for Muon {
    fn turn(&mut self, gradient: &mut DMatrix<f64>) -> Result<(), SpectralError> {
        self.momentum = &self.momentum * 0.95 + &*gradient;
        let mut x = &self.momentum / self.momentum.norm();
        for _ in 0..5 {
            let a = &x * x.transpose();
            x = &x * 3.4445 + (&a * -4.7750 + &a * &a * 2.0315) * &x;
        }
        *gradient = x;
        Ok(())
    }
}

fn main() {
    let problem = Problem::new(Spectrum::spiked(20.0, 16).expect("a spiked covariance"), 1e-4, 1);
    let eta = 0.02;
    // Newton-Schulz brings singular values into about [0.7, 1.2] only: so much amplification is its own doing.
    let muon = kit::does_not_amplify(&problem, Muon::new(16), eta, 500, 1.2 / 0.7 - 1.0);
    println!("Muon does not amplify beyond its Newton-Schulz band: {muon:?}");
    println!("Muon stays on the manifold: {:?}", kit::stays_on_the_manifold(&problem, Muon::new(16), eta, 40, 1e-6));
    // Up to the first surface: once Muon chatters about it, noise decides, and deviations have a floor of the size of the step.
    let early = Problem::new(Spectrum::spiked(3.0, 8).expect("a spiked covariance"), 0.05, 1);
    let approach = kit::approaches_the_population(&early, || Muon::new(8), 0.01, 12, &[1000, 64_000], 1..24, 0.2);
    println!("Muon on samples approaches Muon on the population: {approach:?}");
    match kit::does_not_amplify(&problem, Method::GradientDescent, 1e-3, 5000, 0.5) {
        Ok(()) => println!("gradient descent does not amplify, which it should"),
        Err(violation) => println!("gradient descent: {violation}"),
    }
}
