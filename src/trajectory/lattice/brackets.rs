//! Brackets in integers: the sign that nothing can be wrong with.
//!
//! With L the common denominator of the starts and the step size, and M that of the variances, `W_j = L w_j`, `Q_j = M q_j`
//! and `E_j = W_j^2 - theta_j L^2` are integers. The bracket is linear in the variances and in the excesses, so
//! `bracket(Q_j, E_j, sum_i n_i Q_i E_i) = M L^2 h_j`: the same formula on integers, with the sign of `h_j`. As rationals
//! of denominator 1 they never meet a greatest common divisor.

use crate::risk::manifold;
use crate::scalar::{Rational, Real, Scalar};
use crate::spectrum::Spectrum;
use std::cmp::Ordering;

#[derive(Clone, Debug)]
pub(super) struct Brackets {
    spectrum: Spectrum<Rational>,
    start: Vec<Rational>,
    step_size: Rational,
    /// `L^2`.
    target: Rational,
    excess: Vec<Rational>,
    excess_energy: Option<Rational>,
}

impl Brackets {
    pub(super) fn new(spectrum: &Spectrum<Rational>, start: &[Rational], step_size: &Rational) -> Self {
        let length = Rational::common_denominator(start.iter().chain([step_size]));
        let mass = Rational::common_denominator(spectrum.variance());
        Self {
            spectrum: spectrum.scaled(&mass),
            start: start.iter().map(|alpha| length.clone() * alpha).collect(),
            step_size: length.clone() * step_size,
            target: length.square(),
            excess: Vec::new(),
            excess_energy: None,
        }
    }

    /// To be called when the state has changed.
    pub(super) fn forget(&mut self) {
        self.excess_energy = None;
    }

    /// The sign of `h_j` at `w = alpha + eta k`.
    pub(super) fn sign(&mut self, j: usize, places: &[i64]) -> i64 {
        let Self { spectrum, start, step_size, target, excess, .. } = self;
        let tau = self.excess_energy.get_or_insert_with(|| {
            excess.clear();
            excess.extend(start.iter().zip(places).map(|(alpha, &k)| (step_size.times(k) + alpha).square()));
            excess[0] = excess[0].clone() - &*target;
            manifold::excess_energy(spectrum, excess)
        });
        match manifold::bracket(&spectrum.variance()[j], &excess[j], tau).sign() {
            Some(Ordering::Less) => -1,
            Some(Ordering::Greater) => 1,
            _ => 0, // exactly zero: a product of defined rationals is defined
        }
    }
}
