use super::step::Pace;
use crate::scalar::Real;
use crate::spectrum::Spectrum;

/// Which digits of the terms of a series matter in a step of at most a known length h: what is left of them there, above rounding.
///
/// A term of order k needs to be known to `2^-GUARD tolerance size h^-k` and no better, if `size` is what the errors of the series are relative to.
/// Derived in [`derivations::taylor`](crate::derivations::taylor), `taylor-digits`.
#[derive(Clone, Debug)]
pub(in crate::trajectory) struct Digits<T> {
    /// `log2 (2^-GUARD tolerance)`
    finest: f64,
    /// log2 of h
    log_step: f64,
    step: T,
}

impl<T: Real> Digits<T> {
    /// For a step behind one that could have had this length, which is `None` where a series had no bound. A radius of convergence grows by no more than time does, so
    /// the next step is hardly longer. `None` where fewer digits cost as much.
    #[inline]
    pub(in crate::trajectory) fn after(step: Option<&T>, pace: &Pace<T>) -> Option<Self> {
        if !T::COUNTS_DIGITS {
            return None;
        }
        let step = step?.times(5).over(4);
        Some(Self { finest: pace.magnitude() - GUARD, log_step: step.magnitude(), step })
    }

    /// For a step of at most this length, to `2^finest`.
    pub(in crate::trajectory) fn to(finest: f64, step: T) -> Self {
        Self { finest: finest - GUARD, log_step: step.magnitude(), step }
    }

    /// The step that the terms allow, or the longest that they are known for.
    #[inline]
    pub(in crate::trajectory) fn bound(digits: Option<&Self>, step: Option<T>) -> Option<T> {
        match (step, digits) {
            (Some(step), Some(digits)) if step > digits.step => Some(digits.step.clone()),
            (step, _) => step,
        }
    }

    /// In another unit of time.
    pub(in crate::trajectory) fn in_unit(&self, unit: &T) -> Self {
        Self { log_step: self.log_step - unit.magnitude(), ..self.clone() }
    }

    /// The exponent of what does not matter in a term of order k of a series, from `log2` of the size that its errors are relative to.
    #[inline]
    pub(in crate::trajectory) fn below(&self, log_size: f64, k: usize) -> i64 {
        (log_size + self.finest - k as f64 * self.log_step).floor() as i64
    }
}

/// log2 of the size that errors of `w_j^2` count relative to: a bracket feels them relative to the `scale` of the excess energy,
/// `sum_j n_j q_j |e_j|`.
pub(in crate::trajectory) fn log_size<T: Real>(spectrum: &Spectrum<T>, j: usize, scale: &T) -> f64 {
    let felt = spectrum.energy_weight()[j].magnitude().max(spectrum.variance()[j].magnitude() + 1.0);
    scale.magnitude() - felt
}

/// Bits by which a term that is cut off is below the rounding errors of the first ones: more than log2 of the number of terms, of which every one is cut off.
const GUARD: f64 = 20.0;
