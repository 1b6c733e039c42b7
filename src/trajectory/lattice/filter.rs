//! Signs of brackets from double precision, where its error provably cannot change them.
//!
//! `u = 2^-53`, J groups, `A_j = |alpha_j| + |eta k_j| >= |w_j|`, `m_j = A_j^2 + theta_j >= |e_j|`, `G = sum_i n_i q_i m_i`. To first
//! order in u, with every rounding of [`manifold`] counted:
//!
//! - `w_j`: alpha, eta, their product with k and the sum are each rounded, hence an error of at most `3 u A_j`;
//! - `e_j`: `6 u A_j^2` from w; the three operations of `(w - 1)(w + 1)` add `3 u m_j` (a square adds u): at most `9 u m_j`;
//! - tau: weights (`2 u`), products (u), J additions and the excesses: `(J + 12) u G`;
//! - `h_j`: `2 q_j e_j` brings `(9 + 2) u 2 q_j m_j`, the sum `u (2 q_j m_j + G)`, tau its own: at most
//!   `(J + 13) u (2 q_j m_j + G)`.
//!
//! [`Filter`] uses J + 20. The remaining factor of at least `1 + 7/(J + 20)` covers the terms of second order and the rounding
//! of the bound itself (relative size `(J + 20) u` each) for every `J <= 2^24`. Underflow: with all quantities below `2^100`, an
//! absolute error of `2^-1074` in any of the `16 J` operations is less than `2^-750` in `h_j`; the bound is at least
//! `20 u q_0 > 2^-152`. Overflow gives an infinite or NaN bound, which decides nothing.

use crate::risk::manifold;
use crate::scalar::{Rational, Real};
use crate::spectrum::Spectrum;

#[derive(Clone, Debug)]
pub(super) struct Filter {
    spectrum: Spectrum<f64>,
    start: Vec<f64>,
    step_size: f64,
    excess: Vec<f64>,
    /// `m_j`.
    size: Vec<f64>,
    excess_energy: f64,
    /// `G`.
    total: f64,
    units: f64,
}

/// Powers of two that the proof above allows.
const LARGEST: f64 = f64::from_bits((1023 + 100) << 52);
const MOST_GROUPS: usize = 1 << 24;

impl Filter {
    /// `None` where the hypotheses of the error bound fail: then integers decide every sign.
    pub(super) fn new(spectrum: &Spectrum<Rational>, start: &[Rational], step_size: &Rational) -> Option<Self> {
        let spectrum = spectrum.map(Rational::to_f64);
        let start: Vec<_> = start.iter().map(Rational::to_f64).collect();
        let step_size = step_size.to_f64();
        let within = |x: f64| x.recip() < LARGEST && x < LARGEST;
        let allowed = spectrum.groups() <= MOST_GROUPS
            && spectrum.variance().iter().chain(spectrum.energy_weight()).all(|&q| within(q))
            && start.iter().all(|alpha| alpha.abs() < LARGEST / 2.0)
            && step_size < LARGEST / 18_446_744_073_709_551_616.0; // |k| < 2^63
        let groups = spectrum.groups();
        allowed.then(|| Self {
            spectrum,
            start,
            step_size,
            excess: vec![0.0; groups],
            size: vec![0.0; groups],
            excess_energy: 0.0,
            total: 0.0,
            units: (groups + 20) as f64 * (f64::EPSILON / 2.0),
        })
    }

    /// Excesses and their sizes at the state `places`, below `2^53` in size (so many steps nobody waits for).
    pub(super) fn evaluate(&mut self, places: &[i64]) {
        for j in 0..places.len() {
            let moved = self.step_size * places[j] as f64;
            let (w, a) = (self.start[j] + moved, self.start[j].abs() + moved.abs());
            self.excess[j] = manifold::excess(j, &w);
            self.size[j] = a * a + if j == 0 { 1.0 } else { 0.0 };
        }
        self.excess_energy = manifold::excess_energy(&self.spectrum, &self.excess);
        self.total = manifold::excess_energy(&self.spectrum, &self.size);
    }

    /// The sign of `h_j`, if double precision is certain of it.
    #[inline]
    pub(super) fn sign(&self, j: usize) -> Option<i64> {
        let q = &self.spectrum.variance()[j];
        let h = manifold::bracket(q, &self.excess[j], &self.excess_energy);
        let bound = self.units * manifold::bracket(q, &self.size[j], &self.total);
        (h.abs() > bound).then_some(if h > 0.0 { 1 } else { -1 })
    }
}
