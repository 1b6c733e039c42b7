//! Where the signal lies, written out; and the units in which it has length 1.

use super::blocks::SMALLEST_INIT;
use super::{Covariance, Setting, Signal};
use crate::scalar::{DomainError, Real, Stream};
use crate::spectrum::Group;

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
        let init = self.init / length;
        if !(init.is_finite() && init >= SMALLEST_INIT) {
            let domain = format!("a finite number >= 1e-150 lengths of the signal, which is {length:.3} long");
            return Err(DomainError::new("init", self.init, domain));
        }
        Ok(Self { signal: Signal::OfLength(length), init, ..self.clone() })
    }
}

impl<T: Real> Setting<T> {
    /// The variance of every direction, and the signal along each: of its own length, but in the units that [`Signal::OfLength`] states.
    ///
    /// # Errors
    /// A parameter outside its domain, or more than 2^24 directions.
    pub fn directions(&self) -> Result<(Vec<T>, Vec<T>), DomainError> {
        self.check()?;
        let (groups, signal) = groups_and_signal(self)?;
        let signal = signal.written_out(&groups)?;
        Ok((each_variance(&groups).collect(), signal))
    }
}

fn each_variance<T: Real>(groups: &[Group<T>]) -> impl Iterator<Item = T> + '_ {
    groups.iter().flat_map(|group| std::iter::repeat_n(group.variance.clone(), group.multiplicity as usize))
}

/// A signal: all its components, or those along the first direction of each group where the others are 0.
pub(super) enum Components<T = f64> {
    All(Vec<T>),
    First(Vec<T>),
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
}

impl<T: Real> Components<T> {
    /// All components.
    ///
    /// # Errors
    /// More than 2^24.
    pub(super) fn written_out(self, groups: &[Group<T>]) -> Result<Vec<T>, DomainError> {
        let theta = match self {
            Self::All(signal) => return Ok(signal),
            Self::First(theta) => theta,
        };
        check_size(groups.iter().fold(0, |d, group| d.saturating_add(group.multiplicity)))?;
        let mut signal = Vec::new();
        for (group, theta) in groups.iter().zip(theta) {
            let zero = theta.int(0);
            signal.push(theta);
            signal.resize(signal.len() + group.multiplicity as usize - 1, zero);
        }
        Ok(signal)
    }
}

fn check_size(dimension: u64) -> Result<(), DomainError> {
    if dimension <= MAX_ENTRIES {
        return Ok(());
    }
    Err(DomainError::new("dim", dimension, "at most 2^24, where all directions are written out"))
}

fn norm<T: Real>(x: &[T]) -> T {
    x.iter().fold(x[0].int(0), |sum, x| sum + &x.square()).sqrt()
}

/// The covariance's groups and the signal that is seen with them, of its own length ([`Signal::OfLength`]: in its units).
pub(super) fn groups_and_signal<T: Real>(setting: &Setting<T>) -> Result<(Vec<Group<T>>, Components<T>), DomainError> {
    let (zero, one) = (setting.init.int(0), setting.init.int(1));
    match (&setting.covariance, &setting.signal) {
        (Covariance::Spiked { .. }, Signal::Overlap(rho)) if *rho != zero => {
            let along_u = ((one.clone() - rho) * &(one + rho)).sqrt();
            Ok((setting.covariance.groups()?, Components::First(vec![along_u, rho.clone()])))
        }
        (_, Signal::Random | Signal::UnitEnergy | Signal::OfLength(_)) => {
            check_size(setting.covariance.dimension())?;
            let groups = setting.covariance.groups()?;
            let mut drawn = vec![0.0; setting.covariance.dimension() as usize];
            Stream::Signal.of(setting.seed).fill(0, &mut drawn);
            let context = zero.context();
            let mut signal: Vec<T> = drawn.iter().map(|x| T::from_f64(*x, &context)).collect();
            let length = if setting.signal == Signal::UnitEnergy {
                let energy = signal.iter().zip(each_variance(&groups)).fold(zero, |sum, (x, q)| sum + &(q * x * x));
                energy.sqrt()
            } else {
                norm(&signal)
            };
            signal.iter_mut().for_each(|x| *x = x.clone() / &length);
            Ok((groups, Components::All(signal)))
        }
        _ => {
            let spectrum = setting.spectrum()?;
            let pairs = spectrum.variance().iter().zip(spectrum.multiplicity());
            let group = |(q, n): (&T, &T)| Group { variance: q.clone(), multiplicity: n.to_f64() as u64 };
            let groups: Vec<Group<T>> = pairs.map(group).collect();
            let mut theta = vec![zero; groups.len()];
            theta[0] = one;
            Ok((groups, Components::First(theta)))
        }
    }
}
