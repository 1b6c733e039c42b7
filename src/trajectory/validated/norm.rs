//! The norm in which the GD flow does not expand, and bounds in it.

use crate::scalar::Interval;
use crate::spectrum::Spectrum;

/// `|eta|^2 = sum_j n_j eta_j^2 - (sum_j n_j eta_j)^2/(d + 2)` on vectors of `int h_j dt`, one entry a group
/// (`derivations/validated.md`, `nonexpansive`).
///
/// Everything here is an upper bound in doubles: sums, products and roots of numbers >= 0, each rounded by at most a unit in the
/// last place, and one outward factor at the end ([`up`]).
#[derive(Clone, Debug)]
pub(super) struct Norm {
    multiplicity: Vec<f64>,
    dimension: f64,
}

/// Outward for a bound computed by fewer than 2^20 operations on numbers >= 0, underflow included.
#[inline]
pub(super) fn up(bound: f64) -> f64 {
    const SLACK: f64 = 1.0 / (1 << 30) as f64;
    bound * (1.0 + SLACK) + 1e-200
}

impl Norm {
    pub(super) fn new(spectrum: &Spectrum<Interval>) -> Self {
        let multiplicity = spectrum.multiplicity().iter().map(|n| n.upper()).collect();
        Self { multiplicity, dimension: spectrum.dimension() as f64 }
    }

    /// `n_j`.
    #[inline]
    pub(super) fn multiplicity(&self, j: usize) -> f64 {
        self.multiplicity[j]
    }

    /// Of a vector with all entries `eta`: `2 d/(d + 2) <= 2`.
    #[inline]
    pub(super) fn of_common(&self, eta: f64) -> f64 {
        up(std::f64::consts::SQRT_2 * eta)
    }

    /// Of a vector with the one entry `eta` at j: `n (1 - n/(d + 2))`.
    #[inline]
    pub(super) fn of_single(&self, j: usize, eta: f64) -> f64 {
        let n = self.multiplicity[j];
        up(eta * (n * ((self.dimension - n) + 2.0) / (self.dimension + 2.0)).sqrt())
    }

    /// Of any vector with entries at most `eta(j)` in size.
    #[inline]
    pub(super) fn of_entries(&self, eta: impl Fn(usize) -> f64) -> f64 {
        let square = |j: usize| self.multiplicity[j] * eta(j) * eta(j);
        up((0..self.multiplicity.len()).map(square).sum::<f64>().sqrt())
    }

    /// Of the brackets' change when scaled squares `q_j w_j^2` change by at most `eps(j)`: `4 sum n eps^2 + 2 (sum n eps)^2`.
    #[inline]
    pub(super) fn of_brackets(&self, eps: impl Fn(usize) -> f64) -> f64 {
        let (mut squares, mut sum) = (0.0, 0.0);
        for (j, n) in self.multiplicity.iter().enumerate() {
            let eps = eps(j);
            squares += n * eps * eps;
            sum += n * eps;
        }
        up((4.0 * squares + 2.0 * sum * sum).sqrt())
    }

    /// The largest `|eta_j|` where `|eta| = 1`: `1/n_j + 1/2`.
    #[inline]
    pub(super) fn entry(&self, j: usize) -> f64 {
        up((1.0 / self.multiplicity[j] + 0.5).sqrt())
    }

    /// The largest `|p eta_j - q eta_0|` where `|eta| = 1`: `p^2/n_j + q^2 + (p - q)^2/2`.
    #[inline]
    pub(super) fn difference(&self, j: usize, p: Interval, q: Interval) -> f64 {
        let gap = (p - q).magnitude();
        let (p, q) = (p.magnitude(), q.magnitude());
        up((p * p / self.multiplicity[j] + q * q + 0.5 * gap * gap).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spectrum::Group;
    use proptest::prelude::*;

    fn norm(multiplicities: &[u64]) -> Norm {
        let groups = multiplicities[1..].iter().map(|&n| Group { variance: Interval::ONE, multiplicity: n }).collect();
        Norm::new(&Spectrum::with_signal(Interval::ONE, groups).unwrap())
    }

    fn size(norm: &Norm, eta: &[f64]) -> f64 {
        let n = &norm.multiplicity;
        let squares: f64 = eta.iter().zip(n).map(|(eta, n)| n * eta * eta).sum();
        let sum: f64 = eta.iter().zip(n).map(|(eta, n)| n * eta).sum();
        (squares - sum * sum / (norm.dimension + 2.0)).max(0.0).sqrt()
    }

    proptest! {
        /// 1e-9: the formula as written cancels; the bounds exceed by 1e-9 at most.
        #[test]
        fn bounds_are_bounds(
            n in prop::collection::vec(1..1000_u64, 3), eta in prop::collection::vec(-1.0..1.0_f64, 4),
            q in prop::collection::vec(0.01..100.0_f64, 4),
        ) {
            let norm = norm(&[&[1], &n[..]].concat());
            let length = size(&norm, &eta);
            let at_most = |value: f64, bound: f64| value <= bound * (1.0 + 1e-9) + 1e-9;
            prop_assert!(at_most(length, norm.of_entries(|j| eta[j].abs())));
            for j in 0..4 {
                prop_assert!(at_most(eta[j].abs(), norm.entry(j) * length));
                let mut single = vec![0.0; 4];
                single[j] = eta[j];
                prop_assert!(at_most(size(&norm, &single), norm.of_single(j, eta[j].abs())));
            }
            for j in 1..4 {
                prop_assert!(at_most((q[j] * eta[j] - q[0] * eta[0]).abs(), norm.difference(j, Interval::point(q[j]), Interval::point(q[0])) * length));
            }
            prop_assert!(at_most(size(&norm, &[eta[0]; 4]), norm.of_common(eta[0].abs())));
            let energy: f64 = (0..4).map(|j| norm.multiplicity[j] * eta[j]).sum();
            let brackets: Vec<f64> = eta.iter().map(|eta| 2.0 * eta + energy).collect();
            prop_assert!(at_most(size(&norm, &brackets), norm.of_brackets(|j| eta[j].abs())));
        }
    }
}
