use crate::scalar::{DomainError, Real, Scalar};
use std::cmp::Ordering;

/// An eigenvalue of the input covariance and the number of directions that share it.
#[derive(Clone, Debug, PartialEq)]
pub struct Group<T = f64> {
    /// Eigenvalue `q_j > 0` of Q.
    pub variance: T,
    /// Number of directions `n_j >= 1`.
    pub multiplicity: u64,
}

/// The covariance as the reduced dynamics see it: the signal's direction first, then the groups of all other directions.
///
/// Index 0 is the signal (variance `q_0`, one direction, `theta_0 = 1`); index `j >= 1` is a group of directions orthogonal
/// to the signal (variance `q_j`, multiplicity `n_j`, `theta_j = 0`). Every slice of coefficients in this crate follows this
/// order. For the spiked covariance the order is signal, spike, bulk.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum<T = f64> {
    variance: Vec<T>,
    multiplicity: Vec<T>,
    energy_weight: Vec<T>,
    dimension: u64,
    spiked: bool,
}

impl<T: Real> Spectrum<T> {
    /// `Q = I + strength v v'` with the spike v orthogonal to the signal: groups signal, spike, bulk.
    ///
    /// # Errors
    /// `strength` negative or not finite, `dimension < 3`.
    pub fn spiked(strength: T, dimension: u64) -> Result<Self, DomainError> {
        Self::check_spiked(&strength, dimension)?;
        let one = strength.int(1);
        let mu = strength + &one;
        let bulk = Group { variance: one.clone(), multiplicity: dimension - 2 };
        let mut spectrum = Self::with_signal(one, vec![Group { variance: mu, multiplicity: 1 }, bulk])?;
        spectrum.spiked = true;
        Ok(spectrum)
    }

    /// Whether there is such a [spiked](Self::spiked) covariance.
    ///
    /// # Errors
    /// Those of [`spiked`](Self::spiked).
    pub fn check_spiked(strength: &T, dimension: u64) -> Result<(), DomainError> {
        if !(strength.is_finite() && strength.lower_end() >= strength.int(0)) {
            return Err(DomainError::new("spike", strength, "a finite number >= 0"));
        }
        if !(3..=MAX_DIMENSION).contains(&dimension) {
            return Err(DomainError::new("dim", dimension, "an integer from 3 to 2^53"));
        }
        Ok(())
    }

    /// The signal on one direction of the group `signal` (0-based) of `groups`.
    ///
    /// # Errors
    /// No such group, a variance that is not positive and finite, or a multiplicity of zero.
    pub fn from_groups(groups: &[Group<T>], signal: usize) -> Result<Self, DomainError> {
        let Some(home) = groups.get(signal) else {
            return Err(DomainError::new(
                "signal-index",
                signal.saturating_add(1),
                format!("1 to {} (the number of groups)", groups.len()),
            ));
        };
        let mut rest = groups.to_vec();
        if home.multiplicity == 0 {
            return Err(DomainError::new("multiplicity", 0, "an integer >= 1"));
        }
        rest[signal].multiplicity -= 1;
        if rest[signal].multiplicity == 0 {
            rest.remove(signal);
        }
        Self::with_signal(home.variance.clone(), rest)
    }

    /// The signal on a direction of variance `signal`, and the groups of all other directions.
    ///
    /// # Errors
    /// A variance that is not positive and finite, a multiplicity of zero, or more than 2^53 directions.
    pub fn with_signal(signal: T, rest: Vec<Group<T>>) -> Result<Self, DomainError> {
        let zero = signal.int(0);
        let mut dimension = 1_u64;
        for (variance, multiplicity) in
            std::iter::once((&signal, 1)).chain(rest.iter().map(|g| (&g.variance, g.multiplicity)))
        {
            if !(variance.is_finite() && *variance > zero) {
                return Err(DomainError::new("variance", variance, "a finite number > 0"));
            }
            if multiplicity == 0 {
                return Err(DomainError::new("multiplicity", 0, "an integer >= 1"));
            }
            dimension = dimension.saturating_add(multiplicity);
        }
        dimension -= 1;
        if dimension > MAX_DIMENSION {
            return Err(DomainError::new("dim", dimension, "at most 2^53 directions"));
        }
        let multiplicity =
            std::iter::once(signal.int(1)).chain(rest.iter().map(|g| signal.int(g.multiplicity as i64))).collect();
        let variance = std::iter::once(signal).chain(rest.into_iter().map(|g| g.variance)).collect();
        Ok(Self::from_parts(variance, multiplicity, dimension))
    }
}

impl<T: Real> Spectrum<T> {
    /// The same covariance with groups of equal variance and equal coefficient as one, which they remain under every flow; the coefficients of its
    /// groups, and the group to which each of ours belongs. (The signal is alone.)
    pub fn merged(&self, coefficients: &[T]) -> (Self, Vec<T>, Vec<usize>) {
        let mut order: Vec<usize> = (1..self.groups()).collect();
        let compare = |a: &T, b: &T| a.partial_cmp(b).unwrap_or(Ordering::Equal);
        let key = |&i: &usize, &j: &usize| {
            compare(&self.variance[i], &self.variance[j]).then_with(|| compare(&coefficients[i], &coefficients[j]))
        };
        order.sort_by(key);
        // the first of its equals, in the order of our groups
        let mut first: Vec<usize> = (0..self.groups()).collect();
        for pair in order.windows(2) {
            if key(&pair[0], &pair[1]) == Ordering::Equal {
                first[pair[1]] = first[pair[0]];
            }
        }
        let kept: Vec<usize> = (0..self.groups()).filter(|&j| first[j] == j).collect();
        let mut class = vec![0; self.groups()];
        let mut multiplicity = vec![coefficients[0].int(0); kept.len()];
        for j in 0..self.groups() {
            class[j] = kept.partition_point(|&k| k < first[j]);
            multiplicity[class[j]] = multiplicity[class[j]].clone() + &self.multiplicity[j];
        }
        let variance = kept.iter().map(|&j| self.variance[j].clone()).collect();
        let coefficients = kept.iter().map(|&j| coefficients[j].clone()).collect();
        (Self::from_parts(variance, multiplicity, self.dimension), coefficients, class)
    }
}

/// Multiplicities are exact in double precision up to here.
const MAX_DIMENSION: u64 = 1 << 53;

impl<T: Scalar> Spectrum<T> {
    fn from_parts(variance: Vec<T>, multiplicity: Vec<T>, dimension: u64) -> Self {
        let energy_weight = variance.iter().zip(&multiplicity).map(|(q, n)| n.clone() * q).collect();
        Self { variance, multiplicity, energy_weight, dimension, spiked: false }
    }

    /// The same spectrum in another number system, number by number.
    pub fn map<U: Scalar>(&self, convert: impl Fn(&T) -> U) -> Spectrum<U> {
        let variance = self.variance.iter().map(&convert).collect();
        let multiplicity = self.multiplicity.iter().map(&convert).collect();
        Spectrum { spiked: self.spiked, ..Spectrum::from_parts(variance, multiplicity, self.dimension) }
    }

    /// The same groups in another number system, with other variances.
    pub(crate) fn with_variances<U: Scalar>(&self, variance: impl Fn(usize) -> U) -> Spectrum<U>
    where
        T: Real,
    {
        let variance: Vec<U> = (0..self.groups()).map(variance).collect();
        let multiplicity = self.multiplicity.iter().map(|n| variance[0].int(n.to_f64() as i64)).collect();
        Spectrum { spiked: self.spiked, ..Spectrum::from_parts(variance, multiplicity, self.dimension) }
    }

    /// The covariance `factor * Q`.
    pub fn scaled(&self, factor: &T) -> Self {
        let variance = self.variance.iter().map(|q| factor.clone() * q).collect();
        Self { spiked: self.spiked, ..Self::from_parts(variance, self.multiplicity.clone(), self.dimension) }
    }

    /// Number of coefficients: the signal and all other groups.
    #[inline]
    pub fn groups(&self) -> usize {
        self.variance.len()
    }

    /// Ambient dimension d.
    pub fn dimension(&self) -> u64 {
        self.dimension
    }

    /// Variances `q_j`, signal first.
    #[inline]
    pub fn variance(&self) -> &[T] {
        &self.variance
    }

    /// Multiplicities `n_j`, signal first (`n_0 = 1`).
    #[inline]
    pub fn multiplicity(&self) -> &[T] {
        &self.multiplicity
    }

    /// `n_j q_j`: the weight of group j in the excess energy.
    #[inline]
    pub fn energy_weight(&self) -> &[T] {
        &self.energy_weight
    }

    /// Column names of the coefficients: `signal, spike, bulk` for the spiked covariance, else `signal, w1, w2, ...`.
    pub fn names(&self) -> Vec<String> {
        if self.spiked {
            return ["signal", "spike", "bulk"].map(String::from).to_vec();
        }
        std::iter::once("signal".into()).chain((1..self.groups()).map(|j| format!("w{j}"))).collect()
    }
}
