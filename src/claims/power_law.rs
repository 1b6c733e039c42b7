//! Power laws in enclosures: variances, the signal's shares of the energy, the escape rate, the gamma function.

use crate::scalar::{Interval, Normals};
use std::f64::consts::PI;

/// `l_i = i^-a/H` and `v_i = l_i g_i^2/sum_j l_j g_j^2`, every number enclosed.
#[derive(Clone, Debug)]
pub(super) struct PowerLaw {
    pub(super) variance: Vec<Interval>,
    /// `v_i`, which sum to one.
    pub(super) share: Vec<Interval>,
}

impl PowerLaw {
    /// The law of exponent a with the signal along g.
    pub(super) fn of(exponent: f64, g: &[f64]) -> Self {
        let mut variance = powers(exponent, g.len());
        let total = sum(&variance);
        variance.iter_mut().for_each(|l| *l /= total);
        let mut share: Vec<Interval> = variance.iter().zip(g).map(|(l, g)| *l * Interval::point(*g).square()).collect();
        let energy = sum(&share);
        share.iter_mut().for_each(|v| *v /= energy);
        Self { variance, share }
    }

    /// A standard normal signal, without zeros.
    pub(super) fn random_signal(dimension: usize, normals: &mut Normals) -> Vec<f64> {
        (0..dimension)
            .map(|_| {
                let g = normals.next();
                if g == 0.0 { 1.0 } else { g }
            })
            .collect()
    }

    /// `s*_2 = sum v l`.
    pub(super) fn signal_moment(&self) -> Interval {
        sum(&self.variance.iter().zip(&self.share).map(|(l, v)| *l * *v).collect::<Vec<_>>())
    }

    /// The root of the characteristic equation above `4 l_1`, to rounding.
    pub(super) fn rate(&self) -> f64 {
        let l: Vec<f64> = self.variance.iter().map(|l| l.midpoint()).collect();
        let v: Vec<f64> = self.share.iter().map(|v| v.midpoint()).collect();
        let (mut low, mut high) = (4.0 * l[0], 12.0 * l[0]);
        loop {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                return middle;
            }
            let right: f64 = l.iter().zip(&v).rev().map(|(l, v)| 8.0 * v * l / (middle - 4.0 * l)).sum();
            if right > 1.0 { low = middle } else { high = middle }
        }
    }
}

/// `1, 2^-a, ..., d^-a`.
pub(super) fn powers(exponent: f64, dimension: usize) -> Vec<Interval> {
    (1..=dimension).map(|i| Interval::point(i as f64).pow(Interval::point(-exponent))).collect()
}

/// From the small end up.
pub(super) fn sum(terms: &[Interval]) -> Interval {
    terms.iter().rev().fold(Interval::ZERO, |total, term| total + *term)
}

/// `factor sum v_i l_i/(p - pole l_i)`.
pub(super) fn characteristic(law: &PowerLaw, factor: f64, pole: f64, p: Interval) -> Interval {
    let terms = law.variance.iter().zip(&law.share).map(|(l, v)| *v * *l / (p - *l * Interval::point(pole)));
    sum(&terms.collect::<Vec<_>>()) * Interval::point(factor)
}

/// The largest eigenvalue of `M = 4 Q + 8 (Qw*)(Qw*)'`.
///
/// With the signs of w* absorbed M is a positive matrix, and for every positive vector x it lies between the extremes of
/// `(M x)_i/x_i` (Collatz and Wielandt). With `x_i = l_i |w*_i| y_i` these are `4 l_i + 8 (sum_j v_j l_j y_j)/y_i`.
pub(super) fn largest_eigenvalue(law: &PowerLaw) -> Interval {
    let rate = law.rate();
    let y: Vec<Interval> = law.variance.iter().map(|l| Interval::point(1.0 / (rate - 4.0 * l.midpoint()))).collect();
    let terms = law.variance.iter().zip(&law.share).zip(&y).map(|((l, v), y)| *v * *l * *y);
    let total = sum(&terms.collect::<Vec<_>>()) * Interval::point(8.0);
    let ratios = law.variance.iter().zip(&y).map(|(l, y)| *l * Interval::point(4.0) + total / *y);
    ratios.fold(Interval::EMPTY, Interval::hull)
}

/// `Gamma(z)` for positive z: by Stirling's series at `z + 20`, whose remainder is smaller than the first term left out.
pub(super) fn gamma(z: Interval) -> Interval {
    let number = |n: i32| Interval::point(f64::from(n));
    let y = z + number(20);
    let half = Interval::point(0.5);
    let two_pi = Interval::new(PI, PI.next_up()).expect("pi lies between") * number(2);
    let inverse = y.recip();
    let series = |k: i32, n: i32| inverse.powi(k) / number(n);
    let left_out = series(7, 1680).upper();
    let remainder = Interval::new(-left_out, 0.0).expect("ends in order");
    let logarithm =
        (y - half) * y.ln() - y + half * two_pi.ln() + series(1, 12) - series(3, 360) + series(5, 1260) + remainder;
    (0..20).fold(logarithm.exp(), |value, k| value / (z + number(k)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gamma_is_enclosed() {
        let root_pi = Interval::new(PI, PI.next_up()).unwrap().sqrt();
        for (z, value) in [(0.5, root_pi), (1.0, Interval::ONE), (6.0, Interval::point(120.0))] {
            let found = gamma(Interval::point(z));
            assert!(!found.is_disjoint(value) && found.relative_width() < 1e-12, "{z}: {found}");
        }
    }

    #[test]
    fn the_rate_lies_in_the_enclosure_of_the_largest_eigenvalue() {
        for exponent in [0.5, 1.5, 3.0] {
            let law = PowerLaw::of(exponent, &PowerLaw::random_signal(50, &mut Normals::new(3, 1)));
            let found = largest_eigenvalue(&law);
            assert!(found.relative_width() < 1e-11 && (law.rate() / found.midpoint() - 1.0).abs() < 1e-11, "{found}");
        }
    }
}
