//! Risk, brackets and gradient on the invariant manifold, `derivations/manifold.md`.
//!
//! Everything is written in the excesses `e_j = w_j^2 - theta_j` (`theta_0 = 1` for the signal, else 0). Excess energy and
//! brackets are *linear* in them, so the same functions map Taylor coefficients of order k to Taylor coefficients of order k.

use super::Landscape;
use crate::scalar::{DomainError, Real, Scalar};
use crate::spectrum::Spectrum;

/// Excess `e_j = w_j^2 - theta_j` of coefficient j; for the signal `(w - 1)(w + 1)`, exact near the optimum.
#[inline(always)]
pub fn excess<T: Scalar>(j: usize, w: &T) -> T {
    if j == 0 {
        let one = w.int(1);
        (w.clone() - &one) * (w.clone() + &one)
    } else {
        w.square()
    }
}

/// Excess energy `tau = tr(Q (W W' - w* w*')) = sum_j n_j q_j e_j`.
#[inline]
pub fn excess_energy<T: Scalar>(spectrum: &Spectrum<T>, excess: &[T]) -> T {
    weighted_excess(spectrum.energy_weight(), excess)
}

/// What some groups contribute to the excess energy, `sum weight_j e_j` with `weight_j = n_j q_j`; two interleaved sums.
///
/// # Panics
/// Without a group.
#[inline(always)]
pub fn weighted_excess<T: Scalar>(weight: &[T], excess: &[T]) -> T {
    let mut even = weight[0].clone() * &excess[0];
    if weight.len() == 1 {
        return even;
    }
    let mut odd = weight[1].clone() * &excess[1];
    for j in 2..weight.len() {
        if j % 2 == 0 { &mut even } else { &mut odd }.add_prod(&weight[j], &excess[j]);
    }
    even + odd
}

/// Bracket `h_j = 2 q_j e_j + tau`: its sign drives SpecGD, its product with `q_j w_j` drives GD.
#[inline(always)]
pub fn bracket<T: Scalar>(variance: &T, excess: &T, excess_energy: &T) -> T {
    let qe = variance.clone() * excess;
    qe.clone() + qe + excess_energy
}

/// [`bracket`] of doubles in one operation less where the machine fuses multiplications with additions (elsewhere it is slow): doubling is
/// exact, so the bits are the same, as long as `2 q_j e_j` does not overflow.
#[inline(always)]
pub fn bracket_fused(variance: f64, excess: f64, excess_energy: f64) -> f64 {
    2.0_f64.mul_add(variance * excess, excess_energy)
}

/// Reduced gradient `g_j = q_j h_j w_j`, so that `dR/dw_j = n_j g_j`.
#[inline]
pub fn gradient<T: Scalar>(variance: &T, bracket: &T, w: &T) -> T {
    variance.clone() * bracket * w
}

/// All reduced gradients at the coefficients `w`, written into `g`: what a recursion evaluates at every step.
///
/// Slices instead of a [`Spectrum`], for callers that know the number of groups at compile time; inlined for them too.
///
/// # Panics
/// When the slices differ in length.
#[inline(always)]
pub fn gradients<T: Scalar>(variance: &[T], energy_weight: &[T], w: &[T], g: &mut [T]) {
    for j in 0..w.len() {
        g[j] = excess(j, &w[j]);
    }
    let tau = weighted_excess(energy_weight, g);
    for j in 0..w.len() {
        g[j] = gradient(&variance[j], &bracket(&variance[j], &g[j], &tau), &w[j]);
    }
}

/// Population risk `R = 1/2 sum_j n_j q_j^2 e_j^2 + 1/4 tau^2` (quarter normalisation).
#[inline]
pub fn population_risk<T: Scalar>(spectrum: &Spectrum<T>, excess: &[T]) -> T {
    let tau = excess_energy(spectrum, excess);
    form(spectrum, (excess, &tau), (excess, &tau))
}

/// The symmetric bilinear form of the risk, `R(e) = form(e, e)`: for excesses that are polynomials in time it gives the risk's
/// coefficients, `R_k = sum_i form(e_i, e_(k-i))`.
pub fn risk_form<T: Scalar>(spectrum: &Spectrum<T>, a: &[T], b: &[T]) -> T {
    form(spectrum, (a, &excess_energy(spectrum, a)), (b, &excess_energy(spectrum, b)))
}

/// [`risk_form`] of excesses with their energies.
#[inline]
fn form<T: Scalar>(spectrum: &Spectrum<T>, (a, tau): (&[T], &T), (b, other): (&[T], &T)) -> T {
    let (variance, multiplicity) = (spectrum.variance(), spectrum.multiplicity());
    let mut twice = (tau.clone() * other).over(2);
    for j in 0..a.len() {
        let (q, n) = (&variance[j], &multiplicity[j]);
        twice.add_prod(n, &((q.clone() * &a[j]) * (q.clone() * &b[j])));
    }
    twice.over(2)
}

impl<T: Real> Landscape<Vec<T>> for &Spectrum<T> {
    fn admit(&self, weights: &Vec<T>) -> Result<(), DomainError> {
        if weights.len() == self.groups() {
            return Ok(());
        }
        Err(DomainError::new("start", weights.len(), format!("{} coefficients, one a group", self.groups())))
    }

    fn gradient(&mut self, weights: &Vec<T>, gradient: &mut Vec<T>) {
        gradients(self.variance(), self.energy_weight(), weights, gradient);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_fused_bracket_is_the_bracket(q in 1e-3..1e4_f64, e in -1.0..1e6_f64, tau in -1e4..1e8_f64, scale in 1e-140..1.0_f64) {
            let (e, tau) = (e * scale, tau * scale);
            prop_assert_eq!(bracket_fused(q, e, tau).to_bits(), bracket(&q, &e, &tau).to_bits());
        }
    }
}
