use crate::scalar::{DomainError, Real};
use crate::spectrum::{Group, Spectrum};

/// The input covariance of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub enum Covariance<T> {
    /// `I + strength v v'` in dimension `dimension`, the spike v orthogonal to the signal.
    Spiked {
        /// Spike strength lambda.
        strength: T,
        /// Ambient dimension d.
        dimension: u64,
    },
    /// Variances `i^-exponent / sum_j j^-exponent`, the signal on eigenvector `signal` (from 1).
    PowerLaw {
        /// The exponent a.
        exponent: T,
        /// Ambient dimension d.
        dimension: u64,
        /// Which eigenvector carries the signal, from 1.
        signal: u64,
    },
    /// Given groups, the signal on one direction of group `signal` (from 1).
    Groups {
        /// The groups.
        groups: Vec<Group<T>>,
        /// Which group carries the signal, from 1.
        signal: u64,
    },
}

impl<T: Real> Covariance<T> {
    /// As the reduced dynamics see it, the signal on an eigenvector.
    ///
    /// # Errors
    /// A parameter outside its domain.
    pub fn spectrum(&self) -> Result<Spectrum<T>, DomainError> {
        match self {
            Self::Spiked { strength, dimension } => Spectrum::spiked(strength.clone(), *dimension),
            Self::PowerLaw { exponent, dimension, signal } => Spectrum::power_law(exponent, *dimension, *signal),
            Self::Groups { groups, signal } => {
                let count = groups.len();
                let home = usize::try_from(*signal).ok().and_then(|signal| signal.checked_sub(1)).ok_or_else(|| {
                    DomainError::new("signal-index", signal, format!("1 to {count} (the number of groups)"))
                })?;
                Spectrum::from_groups(groups, home)
            }
        }
    }

    /// The groups alone, wherever the signal lies: isotropic, then the spike; else in the order given.
    ///
    /// # Errors
    /// A parameter outside its domain.
    pub fn groups(&self) -> Result<Vec<Group<T>>, DomainError> {
        let spectrum = self.spectrum()?;
        Ok(match self {
            Self::Groups { groups, .. } => groups.clone(),
            Self::Spiked { dimension, .. } => vec![
                Group { variance: spectrum.variance()[0].clone(), multiplicity: dimension - 1 },
                Group { variance: spectrum.variance()[1].clone(), multiplicity: 1 },
            ],
            Self::PowerLaw { dimension, .. } if spectrum.variance().iter().all(|q| *q == spectrum.variance()[0]) => {
                vec![Group { variance: spectrum.variance()[0].clone(), multiplicity: *dimension }]
            }
            Self::PowerLaw { signal, .. } => {
                let mut variance = spectrum.variance()[1..].to_vec();
                variance.insert(*signal as usize - 1, spectrum.variance()[0].clone());
                variance.into_iter().map(|variance| Group { variance, multiplicity: 1 }).collect()
            }
        })
    }

    /// Ambient dimension d.
    pub fn dimension(&self) -> u64 {
        match self {
            Self::Spiked { dimension, .. } | Self::PowerLaw { dimension, .. } => *dimension,
            Self::Groups { groups, .. } => groups.iter().fold(0, |d, group| d.saturating_add(group.multiplicity)),
        }
    }
}

/// Where the signal lies.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Signal<T> {
    /// On the eigenvector that the covariance names; under the spiked covariance orthogonal to the spike.
    #[default]
    Eigenvector,
    /// Spiked covariance: `w* = sqrt(1 - rho^2) u + rho v` with this overlap rho, u orthogonal to the spike v.
    Overlap(T),
    /// Uniform on the unit sphere, drawn from the setting's seed.
    Random,
    /// Of the same direction, and of the length at which `w*'Qw* = 1`, the companion paper's. It is run as [`Signal::OfLength`].
    UnitEnergy,
    /// Of the same direction and of this length, in units of which are `init` and all coefficients: see [`Setting::in_signal_units`].
    ///
    /// [`Setting::in_signal_units`]: super::Setting::in_signal_units
    OfLength(T),
}

impl<T> Signal<T> {
    /// Whether it is drawn from a seed.
    pub(crate) fn is_drawn(&self) -> bool {
        matches!(self, Self::Random | Self::UnitEnergy | Self::OfLength(_))
    }
}
