//! One coefficient in one mode.

use super::parabola::not_negative;
use crate::scalar::Real;

/// What a coefficient does between two events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// `h_j < 0`: it rises at speed 1.
    Rising,
    /// `h_j > 0`: it falls at speed 1.
    Falling,
    /// It stays on its surface `h_j = 0`.
    Sliding,
    /// It is at 0 with `h_j >= 0`, and stays there.
    Held,
}

/// A stretch of time that one coefficient spends in one mode.
#[derive(Clone, Debug)]
pub(super) struct Leg<T> {
    pub(super) mode: Mode,
    /// Its value when the leg began.
    pub(super) from: T,
    /// When that was.
    pub(super) since: T,
    /// Number of that instant. A coefficient whose leg began at the present instant by leaving or crossing its surface is
    /// *exactly* on it, whatever rounding says.
    pub(super) instant: u64,
}

impl<T: Real> Leg<T> {
    /// Its value at `time`, if it is not sliding. What falls ends at zero, whatever rounding says.
    #[inline]
    pub(super) fn value(&self, time: &T) -> T {
        match self.mode {
            Mode::Rising => (time.clone() - &self.since) + &self.from,
            Mode::Falling => not_negative(self.from.clone() - (time.clone() - &self.since)),
            Mode::Sliding | Mode::Held => self.from.clone(),
        }
    }

    /// `-1`, `0` or `1`: its velocity, if it is not sliding.
    #[inline]
    pub(super) fn velocity(&self) -> i64 {
        match self.mode {
            Mode::Rising => 1,
            Mode::Falling => -1,
            Mode::Sliding | Mode::Held => 0,
        }
    }

    #[inline]
    pub(super) fn moves(&self) -> bool {
        matches!(self.mode, Mode::Rising | Mode::Falling)
    }
}
