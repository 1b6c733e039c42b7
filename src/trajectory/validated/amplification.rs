//! Amplification over all time, enclosed: `derivations/validated.md`, `tail` and `monotone`.

use super::flow::ValidatedFlow;
use super::step::ValidatedStep;
use crate::scalar::{DomainError, Interval, Scalar};
use crate::spectrum::Spectrum;
use crate::trajectory::Stop;
use crate::weights::equal_start;

/// Why there is no enclosure.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NoEnclosure {
    /// A parameter outside its domain.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// The validated flow gave up.
    #[error(transparent)]
    Stopped(#[from] Stop<Interval>),
}

/// The largest `w_j/w_0` over all time and over `j >= 1`, relative to its initial value, under the flow of GD: 1 or more, the initial
/// value counted.
///
/// The flow is followed until no ratio can exceed any more what was seen: from `h_0 <= 0` on, `w_j/w_0` never again exceeds its
/// present value times `w_0^(-(q_j - 3 q_0)/(3 q_0))` (and for `q_j <= 3 q_0` its present value).
///
/// # Errors
/// As [`ValidatedFlow::new`] and [`ValidatedFlow::next_step`].
pub fn amplification(spectrum: &Spectrum<Interval>, start: &[Interval]) -> Result<Interval, NoEnclosure> {
    let mut flow = ValidatedFlow::new(spectrum, start)?;
    let (mut least, mut most) = (1.0_f64, 1.0_f64);
    let mut signal_rises = false;
    loop {
        let step = flow.next_step()?;
        for j in 1..spectrum.groups() {
            let (at_least, at_most) = step.largest_ratio(j, step.end());
            least = least.max(at_least);
            most = most.max(at_most);
        }
        let end = Interval::point(step.end());
        signal_rises = signal_rises || step.brackets_at(end)[0] <= Interval::ZERO;
        if signal_rises && (1..spectrum.groups()).all(|j| tail(&step, j, end) <= most) {
            return Ok(Interval::new(least.min(most), most)?);
        }
    }
}

/// A bound on the ratio of coefficient j from `time` on, given `h_0 <= 0`.
fn tail(step: &ValidatedStep<'_>, j: usize, time: Interval) -> f64 {
    let (q, q_signal) = (step.variance(j), step.variance(0));
    let exponent = ((q - q_signal.times(3)) / q_signal.times(3)).max(Interval::ZERO);
    let signal = step.coefficient_at(0, time).min(Interval::ONE);
    (step.ratio_at(j, time) * signal.pow(-exponent)).upper()
}

/// Amplification in the spiked covariance for every strength, and every equal start, of a box.
///
/// It falls as `init` rises, and `(1 + strength)^(1/2)` times it rises with the strength; so two corners of the box bound it, whose
/// flows are as thin as rounding.
///
/// # Errors
/// `strength` negative, `dimension < 3`, `init` not in (0, 1]; as [`amplification`].
pub fn amplification_of_box(strength: Interval, dimension: u64, init: Interval) -> Result<Interval, NoEnclosure> {
    if !(init.is_bounded() && init.lower() > 0.0 && init.upper() <= 1.0) {
        return Err(DomainError::new("init", init, "numbers in (0, 1]").into());
    }
    let corner = |strength: f64, init: f64| {
        let spectrum = Spectrum::spiked(Interval::point(strength), dimension)?;
        amplification(&spectrum, &equal_start(&spectrum, &Interval::point(init))?)
    };
    let least = corner(strength.lower(), init.upper())?;
    let most = if strength.is_point() && init.is_point() { least } else { corner(strength.upper(), init.lower())? };
    let variance = |strength: f64| Interval::point(strength) + Interval::ONE;
    let slack = (variance(strength.lower()) / variance(strength.upper())).sqrt();
    let lower = (least * slack).lower().max(1.0);
    Ok(Interval::new(lower, (most / slack).upper().max(lower))?)
}

/// Whether the spike is amplified at all, for every strength and equal start of a box, by the law
/// `strength - 2 > init^2 strength (3 strength + dimension + 4)`; `None` where the box holds both, or rounding hides it.
///
/// # Errors
/// `init` not in (0, 1], where the law is proved.
pub fn is_amplified(strength: Interval, dimension: u64, init: Interval) -> Result<Option<bool>, DomainError> {
    if !(init.is_bounded() && init.lower() > 0.0 && init.upper() <= 1.0) {
        return Err(DomainError::new("init", init, "numbers in (0, 1]"));
    }
    let dimension = Interval::from_int(dimension as i64, &());
    let pull = |init: f64| Interval::point(init).square();
    // The margin falls with init and is concave in the strength: least at two corners, largest at an end or where its slope vanishes.
    let margin = |strength: Interval, pull: Interval| {
        strength * (Interval::ONE - pull * (strength.times(3) + dimension + strength.int(4))) - strength.int(2)
    };
    let ends = [Interval::point(strength.lower()), Interval::point(strength.upper())];
    if ends.iter().all(|end| margin(*end, pull(init.upper())) > Interval::ZERO) {
        return Ok(Some(true));
    }
    let pull = pull(init.lower());
    let slope = |strength: Interval| Interval::ONE - pull * (strength.times(6) + dimension + strength.int(4));
    let largest = if slope(ends[1]) >= Interval::ZERO {
        margin(ends[1], pull)
    } else if slope(ends[0]) <= Interval::ZERO {
        margin(ends[0], pull)
    } else {
        margin(strength, pull)
    };
    Ok((largest.upper() <= 0.0).then_some(false))
}
