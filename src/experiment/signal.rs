//! Where the signal lies, written out; and the units in which it has length 1.

use super::{Covariance, Setting, Signal};
use crate::scalar::{DomainError, Stream};
use crate::spectrum::{Group, TiltedSpectrum};

/// Entries of a matrix that is written out: a random signal, or a dense start.
pub(super) const MAX_ENTRIES: u64 = 1 << 24;

impl Setting<f64> {
    /// The same dynamics with coefficients in units of the signal's length c, `derivations/model.md`, signal-length: a signal of unit
    /// energy becomes one of length c, of which [`Setting::clock_rate`], [`Setting::risk_scale`] and [`Setting::label_scale`] know, and `init` becomes
    /// `init/c`. Other settings are as they were.
    ///
    /// # Errors
    /// A parameter outside its domain, or more than 2^24 directions.
    pub fn in_signal_units(&self) -> Result<Self, DomainError> {
        if self.signal != Signal::UnitEnergy {
            return Ok(self.clone());
        }
        let (groups, signal) = groups_and_signal(self)?;
        let length = norm(&signal.written_out(&groups)?);
        Ok(Self { signal: Signal::OfLength(length), init: self.init / length, ..self.clone() })
    }
}

/// The variance of every direction, group after group.
pub(super) fn each_variance(groups: &[Group]) -> impl Iterator<Item = f64> + '_ {
    groups.iter().flat_map(|group| std::iter::repeat_n(group.variance, group.multiplicity as usize))
}

/// A signal: all its components, or those along the first direction of each group where the others are 0.
pub(super) enum Components {
    All(Vec<f64>),
    First(Vec<f64>),
}

impl Components {
    /// `theta_j = ||P_j w*||` (with a sign where there is one direction only).
    pub(super) fn along_groups(&self, groups: &[Group]) -> Vec<f64> {
        let all = match self {
            Self::First(theta) => return theta.clone(),
            Self::All(signal) => signal,
        };
        let mut rest = &all[..];
        let mut theta = Vec::with_capacity(groups.len());
        for group in groups {
            let (part, others) = rest.split_at(group.multiplicity as usize);
            theta.push(if let [x] = part { *x } else { norm(part) });
            rest = others;
        }
        let length = norm(&theta);
        theta.iter_mut().for_each(|x| *x /= length);
        theta
    }

    pub(super) fn written_out(self, groups: &[Group]) -> Result<Vec<f64>, DomainError> {
        let theta = match self {
            Self::All(signal) => return Ok(signal),
            Self::First(theta) => theta,
        };
        let mut signal = Vec::new();
        for (group, theta) in groups.iter().zip(theta) {
            signal.push(theta);
            signal.resize(signal.len() + group.multiplicity as usize - 1, 0.0);
        }
        Ok(signal)
    }
}

fn norm(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// The covariance's groups and the signal that is seen with them, of its own length ([`Signal::OfLength`]: in its units).
pub(super) fn groups_and_signal(setting: &Setting<f64>) -> Result<(Vec<Group>, Components), DomainError> {
    match (&setting.covariance, &setting.signal) {
        (Covariance::Spiked { strength, dimension }, Signal::Overlap(rho)) if *rho != 0.0 => {
            let theta = TiltedSpectrum::overlap(*strength, *dimension, *rho)?.theta().to_vec();
            Ok((setting.covariance.groups()?, Components::First(theta)))
        }
        (_, Signal::Random | Signal::UnitEnergy | Signal::OfLength(_)) => {
            let (groups, dimension) = (setting.covariance.groups()?, setting.covariance.dimension());
            if dimension > MAX_ENTRIES {
                return Err(DomainError::new("dim", dimension, "at most 2^24, for a signal that is drawn"));
            }
            let mut signal = vec![0.0; dimension as usize];
            Stream::Signal.of(setting.seed).fill(0, &mut signal);
            let length = if setting.signal == Signal::UnitEnergy {
                let energy: f64 = signal.iter().zip(each_variance(&groups)).map(|(x, q)| q * x * x).sum();
                energy.sqrt()
            } else {
                norm(&signal)
            };
            signal.iter_mut().for_each(|x| *x /= length);
            Ok((groups, Components::All(signal)))
        }
        _ => {
            let spectrum = setting.spectrum()?;
            let pairs = spectrum.variance().iter().zip(spectrum.multiplicity());
            let groups: Vec<Group> = pairs.map(|(q, n)| Group { variance: *q, multiplicity: *n as u64 }).collect();
            let mut theta = vec![0.0; groups.len()];
            theta[0] = 1.0;
            Ok((groups, Components::First(theta)))
        }
    }
}
