use super::Group;
use crate::scalar::DomainError;

/// The block has one row a group; beyond this many rows it is no reduction.
const MAX_GROUPS: usize = 4096;

/// A covariance and a signal that need not be one of its eigenvectors: `w* = sum_j theta_j u_j`, with `u_j` a unit vector in
/// the eigenspace of group j (`theta_j = ||P_j w*|| >= 0`, up to the sign absorbed in `u_j`).
///
/// All that the dynamics know of the ambient dimension are the multiplicities, `derivations/tilted.md`.
#[derive(Clone, Debug, PartialEq)]
pub struct TiltedSpectrum {
    variance: Vec<f64>,
    remainder: Vec<f64>,
    theta: Vec<f64>,
    dimension: u64,
}

impl TiltedSpectrum {
    /// The signal `w* = sqrt(1 - overlap^2) u + overlap v` under the spiked covariance `I + strength v v'`, u orthogonal to
    /// the spike v. Groups: the eigenspace of variance 1 (of which u is one direction), then the spike.
    ///
    /// # Errors
    /// `strength` negative or not finite, `dimension` outside 3 to 2^53, `overlap` outside [-1, 1].
    pub fn overlap(strength: f64, dimension: u64, overlap: f64) -> Result<Self, DomainError> {
        if !(strength.is_finite() && strength >= 0.0) {
            return Err(DomainError::new("spike", strength, "a finite number >= 0"));
        }
        if !(3..=1 << 53).contains(&dimension) {
            return Err(DomainError::new("dim", dimension, "an integer from 3 to 2^53"));
        }
        if !(-1.0..=1.0).contains(&overlap) {
            return Err(DomainError::new("overlap", overlap, "a number in [-1, 1]"));
        }
        let isotropic = Group { variance: 1.0, multiplicity: dimension - 1 };
        let spike = Group { variance: 1.0 + strength, multiplicity: 1 };
        let along_u = ((1.0 - overlap) * (1.0 + overlap)).sqrt();
        Self::new(&[isotropic, spike], &[along_u, overlap])
    }

    /// Any groups, any signal: `theta[j]` is the signal's component along the unit vector `u_j` of group j.
    ///
    /// A group with `theta_j = 0` keeps an arbitrary `u_j`; its row of the block then evolves like its remainder.
    ///
    /// # Errors
    /// No groups or more than 4096, lengths that differ, a variance that is not positive and finite, a multiplicity of zero,
    /// or `sum theta_j^2` not 1 to rounding.
    pub fn new(groups: &[Group], theta: &[f64]) -> Result<Self, DomainError> {
        if !(1..=MAX_GROUPS).contains(&groups.len()) {
            return Err(DomainError::new("groups", groups.len(), format!("1 to {MAX_GROUPS} for a tilted signal")));
        }
        if theta.len() != groups.len() {
            return Err(DomainError::new("theta", theta.len(), format!("one component a group ({})", groups.len())));
        }
        let mut dimension = 0_u64;
        for group in groups {
            if !(group.variance.is_finite() && group.variance > 0.0) {
                return Err(DomainError::new("variance", group.variance, "a finite number > 0"));
            }
            if !(1..=1 << 53).contains(&group.multiplicity) {
                return Err(DomainError::new("multiplicity", group.multiplicity, "an integer from 1 to 2^53"));
            }
            dimension = dimension.saturating_add(group.multiplicity);
        }
        if dimension > 1 << 53 {
            return Err(DomainError::new("dim", dimension, "at most 2^53 directions"));
        }
        // A unit vector given by rounded components: each square is off by at most 3/2 ulp of a number below 1.
        let length: f64 = theta.iter().map(|x| x * x).sum();
        if !((length - 1.0).abs() <= 2.0 * (1 + theta.len()) as f64 * f64::EPSILON) {
            return Err(DomainError::new("signal", length.sqrt(), "a vector of length 1"));
        }
        Ok(Self {
            variance: groups.iter().map(|g| g.variance).collect(),
            remainder: groups.iter().map(|g| (g.multiplicity - 1) as f64).collect(),
            theta: theta.to_vec(),
            dimension,
        })
    }

    /// Number of groups J.
    pub fn groups(&self) -> usize {
        self.variance.len()
    }

    /// Ambient dimension d.
    pub fn dimension(&self) -> u64 {
        self.dimension
    }

    /// Variances `q_j`.
    pub fn variance(&self) -> &[f64] {
        &self.variance
    }

    /// `n_j - 1`: number of directions of group j orthogonal to `u_j`. Where it is 0, group j has no remainder.
    pub fn remainder(&self) -> &[f64] {
        &self.remainder
    }

    /// The signal's components `theta_j` along `u_j`.
    pub fn theta(&self) -> &[f64] {
        &self.theta
    }
}
