//! Risk, brackets and gradient on the invariant manifold, `derivations/manifold.md`.
//!
//! Everything is written in the excesses `e_j = w_j^2 - theta_j` (`theta_0 = 1` for the signal, else 0). Excess energy and
//! brackets are *linear* in them, so the same functions map Taylor coefficients of order k to Taylor coefficients of order k.

use crate::scalar::Scalar;
use crate::spectrum::Spectrum;

/// Excess `e_j = w_j^2 - theta_j` of coefficient j; for the signal `(w - 1)(w + 1)`, exact near the optimum.
#[inline]
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
    let weight = spectrum.energy_weight();
    let mut tau = weight[0].clone() * &excess[0];
    for j in 1..weight.len() {
        tau.add_prod(&weight[j], &excess[j]);
    }
    tau
}

/// Bracket `h_j = 2 q_j e_j + tau`: its sign drives SpecGD, its product with `q_j w_j` drives GD.
#[inline]
pub fn bracket<T: Scalar>(variance: &T, excess: &T, excess_energy: &T) -> T {
    let qe = variance.clone() * excess;
    qe.clone() + qe + excess_energy
}

/// Reduced gradient `g_j = q_j h_j w_j`, so that `dR/dw_j = n_j g_j`.
#[inline]
pub fn gradient<T: Scalar>(variance: &T, bracket: &T, w: &T) -> T {
    variance.clone() * bracket * w
}

/// Population risk `R = 1/2 sum_j n_j q_j^2 e_j^2 + 1/4 tau^2` (quarter normalisation).
pub fn population_risk<T: Scalar>(spectrum: &Spectrum<T>, excess: &[T]) -> T {
    risk_form(spectrum, excess, excess)
}

/// The symmetric bilinear form of the risk, `R(e) = form(e, e)`: for excesses that are polynomials in time it gives the risk's
/// coefficients, `R_k = sum_i form(e_i, e_(k-i))`.
pub fn risk_form<T: Scalar>(spectrum: &Spectrum<T>, a: &[T], b: &[T]) -> T {
    let tau = excess_energy(spectrum, a);
    let other = excess_energy(spectrum, b);
    let mut twice = (tau * other).over(2);
    for j in 0..a.len() {
        let (q, n) = (&spectrum.variance()[j], &spectrum.multiplicity()[j]);
        twice.add_prod(n, &((q.clone() * &a[j]) * (q.clone() * &b[j])));
    }
    twice.over(2)
}
