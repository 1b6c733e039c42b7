//! Population flows measured in certified enclosures: what a check gets from them is a proof about the numbers that it names.

use super::Enclosure;
use crate::scalar::{Interval, Real};
use crate::spectrum::{Group, Spectrum};
use crate::trajectory::{ValidatedFlow, ValidatedStep, validated};
use crate::weights::equal_start;

/// The number that a decimal means, enclosed.
pub(super) fn decimal(text: &str) -> Interval {
    <Interval as Real>::parse(text, &()).expect("a decimal")
}

/// The spiked covariance.
///
/// # Panics
/// On parameters outside their domain, which a check chooses itself.
pub(super) fn spiked(strength: Interval, dimension: u64) -> Spectrum<Interval> {
    Spectrum::spiked(strength, dimension).expect("a check's own parameters")
}

/// A signal of variance 1 and the groups `(variance, multiplicity)`; doubles, exactly.
///
/// # Panics
/// As [`spiked`].
pub(super) fn groups(groups: &[(f64, u64)]) -> Spectrum<Interval> {
    let group = |&(variance, multiplicity): &(f64, u64)| Group { variance: Interval::point(variance), multiplicity };
    Spectrum::with_signal(Interval::ONE, groups.iter().map(group).collect()).expect("a check's own parameters")
}

/// The largest ratio along GD's flow, over all time and all groups, from equal coefficients.
pub(super) fn amplification(spectrum: &Spectrum<Interval>, init: f64) -> Result<Enclosure, String> {
    let start = equal_start(spectrum, &Interval::point(init)).map_err(|error| error.to_string())?;
    let found = validated::amplification(spectrum, &start).map_err(|error| error.to_string())?;
    Ok(Enclosure::proof(found))
}

/// Hands GD's flow from equal coefficients to `look` at each of the ascending `times`, until it says that it has seen enough.
pub(super) fn watch_descent(
    spectrum: &Spectrum<Interval>,
    init: Interval,
    times: &[f64],
    mut look: impl FnMut(&ValidatedStep<'_>, Interval) -> bool,
) -> Result<(), String> {
    let start = equal_start(spectrum, &init).map_err(|error| error.to_string())?;
    let mut flow = ValidatedFlow::new(spectrum, &start).map_err(|error| error.to_string())?;
    let mut waiting = times.iter().peekable();
    while waiting.peek().is_some() {
        let step = flow.next_step().map_err(|stop| stop.to_string())?;
        while let Some(&time) = waiting.next_if(|time| **time <= step.end()) {
            if !look(&step, Interval::point(time)) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The coefficients of GD's flow from equal ones, at ascending `times`.
pub(super) fn descent_at(
    spectrum: &Spectrum<Interval>,
    init: Interval,
    times: &[f64],
) -> Result<Vec<Vec<Interval>>, String> {
    let mut rows = Vec::with_capacity(times.len());
    watch_descent(spectrum, init, times, |step, time| {
        rows.push(step.coefficients_at(time));
        true
    })?;
    Ok(rows)
}

/// The population risk.
pub(super) fn risk(spectrum: &Spectrum<Interval>, w: &[Interval]) -> Interval {
    crate::observe::risk(spectrum, w)
}

/// `w_0^2/tr S` as `1/(1 + sum_j n_j (w_j/w_0)^2)`, in which every coefficient but the signal's occurs once.
pub(super) fn alignment(spectrum: &Spectrum<Interval>, w: &[Interval]) -> Interval {
    let others = spectrum.multiplicity().iter().zip(w).skip(1);
    others.fold(Interval::ONE, |sum, (n, x)| sum + *n * (*x / w[0]).square()).recip()
}
