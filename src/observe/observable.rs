use crate::scalar::DomainError;
use std::fmt;
use std::str::FromStr;

/// What a cell of a phase diagram measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Observable {
    /// Largest ratio of a coefficient to the signal's, relative to the start; settled when the signal has escaped and every ratio falls.
    Amplification,
    /// First time the signal reaches [`ESCAPE_LEVEL`](super::ESCAPE_LEVEL); settled then.
    EscapeTime,
    /// First time the alignment reaches [`CONTRACTION_LEVEL`](super::CONTRACTION_LEVEL); settled then.
    ContractionTime,
    /// Alignment at the given time; without one, when the signal escapes.
    Alignment,
    /// Population risk at the given time; without one, when the signal escapes.
    Risk,
}

impl Observable {
    /// All of them, in the order of the help text.
    pub const ALL: [Self; 5] =
        [Self::Amplification, Self::EscapeTime, Self::ContractionTime, Self::Alignment, Self::Risk];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Amplification => "amplification",
            Self::EscapeTime => "escape-time",
            Self::ContractionTime => "contraction-time",
            Self::Alignment => "alignment",
            Self::Risk => "risk",
        }
    }
}

impl FromStr for Observable {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        Self::ALL.into_iter().find(|o| o.name() == text).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.into_iter().map(Self::name).collect();
            DomainError::new("observe", format!("{text:?}"), names.join(", "))
        })
    }
}

impl fmt::Display for Observable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
