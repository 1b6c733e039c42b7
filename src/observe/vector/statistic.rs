use crate::scalar::DomainError;
use crate::trajectory::Profile;
use std::fmt;
use std::str::FromStr;

/// A summary statistic of one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Statistic {
    /// `s_k = w'Q^k w`; s is `s_1`.
    Energy(i32),
    /// `u_k = w'Q^k w*`; u is `u_1`.
    Overlap(i32),
    /// `s* - |u|`, accurate however small.
    Gap,
    /// `min(||w - w*||^2, ||w + w*||^2)/d`.
    MeanSquaredError,
    /// [`Profile::risk`].
    Risk,
}

/// Largest k of `s_k` and `u_k` on the command line.
const LARGEST_POWER: i32 = 9;

impl Statistic {
    /// What they are called.
    pub const NAMES: &'static str = "s, u, s2 to s9, u2 to u9, gap, mse or risk";

    /// Its value.
    pub fn of(self, profile: &Profile) -> f64 {
        let weighted = |densities: &[f64], power: i32| -> f64 {
            // From the smallest variances up.
            densities.iter().zip(&profile.variance).rev().map(|(x, l)| x * l.powi(power)).sum()
        };
        match self {
            Self::Energy(k) => weighted(&profile.energy, k - 1),
            Self::Overlap(k) => weighted(&profile.overlap, k - 1),
            Self::Gap => {
                // The deviation is from the nearer of w* and -w*, which far from both need not be the one that u points to.
                let (p, signal) = (weighted(&profile.deviation_overlap, 0), weighted(&profile.signal, 0));
                if signal + p < 0.0 { 2.0 * signal + p } else { 0.0 - p }
            }
            Self::MeanSquaredError => weighted(&profile.deviation, -1) / profile.dimension as f64,
            Self::Risk => profile.risk(),
        }
    }
}

impl FromStr for Statistic {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        let power = |digits: &str| match digits {
            "" => Some(1),
            _ => digits.parse().ok().filter(|k| (2..=LARGEST_POWER).contains(k)),
        };
        let found = match text {
            "gap" => Some(Self::Gap),
            "mse" => Some(Self::MeanSquaredError),
            "risk" => Some(Self::Risk),
            _ => match (text.strip_prefix('s'), text.strip_prefix('u')) {
                (Some(digits), _) => power(digits).map(Self::Energy),
                (_, Some(digits)) => power(digits).map(Self::Overlap),
                _ => None,
            },
        };
        found.ok_or_else(|| DomainError::new("statistics", format!("{text:?}"), Self::NAMES))
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Energy(1) => f.write_str("s"),
            Self::Overlap(1) => f.write_str("u"),
            Self::Energy(k) => write!(f, "s{k}"),
            Self::Overlap(k) => write!(f, "u{k}"),
            Self::Gap => f.write_str("gap"),
            Self::MeanSquaredError => f.write_str("mse"),
            Self::Risk => f.write_str("risk"),
        }
    }
}
