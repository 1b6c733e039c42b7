use super::{Group, Spectrum};
use crate::scalar::{DomainError, Real};

/// Every direction of a power law is a group of its own, so this also limits the number of coefficients.
const MAX_DIRECTIONS: u64 = 1 << 24;

impl<T: Real> Spectrum<T> {
    /// Variances `l_i = i^-a / sum_k k^-a`, `i = 1..=dimension`, of total variance 1, each of multiplicity one; the signal is
    /// eigenvector number `signal` (1-based). The rest follows in decreasing order of variance.
    ///
    /// Exponent 0 is the isotropic `Q = I/d`: the directions beside the signal are then one group of multiplicity `d - 1`.
    ///
    /// # Errors
    /// `exponent` negative or not finite, or so large that `d^-a` is 0 in this number system; `dimension` outside 1 to 2^24;
    /// `signal` outside 1 to `dimension`.
    pub fn power_law(exponent: &T, dimension: u64, signal: u64) -> Result<Self, DomainError> {
        let (zero, one) = (exponent.int(0), exponent.int(1));
        if !(exponent.is_finite() && exponent.lower_end() >= zero) {
            return Err(DomainError::new("exponent", exponent, "a finite number >= 0"));
        }
        if !(1..=MAX_DIRECTIONS).contains(&dimension) {
            return Err(DomainError::new("dim", dimension, "an integer from 1 to 2^24 for a power law"));
        }
        if !(1..=dimension).contains(&signal) {
            return Err(DomainError::new("signal-index", signal, format!("1 to {dimension} (the dimension)")));
        }
        if *exponent == zero {
            let variance = one.clone() / one.int(dimension as i64);
            let rest = Group { variance: variance.clone(), multiplicity: dimension - 1 };
            return Self::with_signal(variance, Some(rest).into_iter().filter(|g| g.multiplicity > 0).collect());
        }
        let decay = -exponent.clone();
        let powers: Vec<T> = (1..=dimension as i64).map(|i| one.int(i).pow(&decay)).collect();
        if powers.iter().any(|power| !power.is_finite()) {
            let domain = "a number whose powers exist in this number system; in exact arithmetic, an integer";
            return Err(DomainError::new("exponent", exponent, domain));
        }
        if !powers.last().is_some_and(|smallest| *smallest > zero) {
            let domain = format!("so small that {dimension}^-exponent is above 0 in this number system");
            return Err(DomainError::new("exponent", exponent, domain));
        }
        // From the smallest up: the sum of 10^6 terms then keeps all but its last few bits.
        let total = powers.iter().rev().fold(zero, |sum, power| sum + power);
        let mut groups: Vec<Group<T>> =
            powers.into_iter().map(|power| Group { variance: power / &total, multiplicity: 1 }).collect();
        let home = groups.remove(signal as usize - 1);
        Self::with_signal(home.variance, groups)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variances_follow_the_power_law_and_sum_to_one() {
        let law = Spectrum::power_law(&1.5, 1000, 7).unwrap();
        let q = law.variance();
        assert_eq!((law.groups(), law.dimension()), (1000, 1000));
        // Signal first: q[0] is l_7, q[1] is l_1, q[2] is l_2. Three roundings on either side.
        let close = |x: f64, y: f64| (x / y - 1.0).abs() <= 6.0 * f64::EPSILON;
        assert!(close(q[0] * 7.0 * 7.0_f64.sqrt(), q[1]));
        assert!(close(q[2] * 2.0 * 2.0_f64.sqrt(), q[1]));
        let total: f64 = q.iter().rev().sum();
        assert!((total - 1.0).abs() <= 1000.0 * f64::EPSILON, "{total}");
    }

    #[test]
    fn exponent_zero_is_isotropic_and_merges() {
        let law = Spectrum::power_law(&0.0, 1_000_000, 3).unwrap();
        assert_eq!(law.variance(), [1e-6, 1e-6]);
        assert_eq!(law.multiplicity(), [1.0, 999_999.0]);
        assert_eq!(Spectrum::power_law(&0.0, 1, 1).unwrap().groups(), 1);
    }

    #[test]
    fn a_million_directions_are_practical() {
        let law = Spectrum::power_law(&1.0, 1_000_000, 1).unwrap();
        // sum 1/k = log d + gamma + 1/(2d) + O(1/d^2), to the few roundings of a sum from its small end.
        let harmonic = 1e6_f64.ln() + 0.577_215_664_901_532_9 + 0.5e-6;
        assert!((law.variance()[0] * harmonic - 1.0).abs() < 1e-12 + 1e-13);
    }

    #[test]
    fn every_parameter_states_its_domain() {
        let refused =
            |exponent: f64, dimension, signal| Spectrum::power_law(&exponent, dimension, signal).unwrap_err().parameter;
        for exponent in [-0.1, f64::NAN, f64::INFINITY, 400.0] {
            assert_eq!(refused(exponent, 100, 1), "exponent");
        }
        assert_eq!(refused(1.0, 0, 1), "dim");
        assert_eq!(refused(1.0, 1 << 25, 1), "dim");
        assert_eq!(refused(1.0, 100, 0), "signal-index");
        assert_eq!(refused(1.0, 100, 101), "signal-index");
    }
}
