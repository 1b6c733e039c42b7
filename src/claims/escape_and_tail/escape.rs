//! The escape: T1 and T1', down ladders of the dimension.

use super::super::{Enclosure, Trial, limit};
use super::ladder::chernoff;
use super::path::Path;

const DIMENSIONS: [usize; 5] = [1 << 8, 1 << 10, 1 << 12, 1 << 14, 1 << 16];
const HORIZON: f64 = 60.0;

/// `rho T1 = share log d + O(1)`.
pub(super) fn escape_time(constants: &[f64], trial: &mut Trial) {
    let share = constants[0];
    let step = libm::log(4.0);
    for &a in trial.first(&[3.0, 2.0], 1) {
        let times: Result<Vec<f64>, String> = DIMENSIONS
            .iter()
            .map(|d| {
                let path = Path::flat(a, *d, HORIZON)?;
                Ok(path.rate() * path.escape()?)
            })
            .collect();
        let slopes = times.map(|t| t.windows(2).map(|pair| (pair[1] - pair[0]) / step).collect::<Vec<f64>>());
        let found = slopes.and_then(|slopes| limit(&slopes, 1e-9));
        let what = format!("flat signal, a = {a}, d = 2^8 to 2^16: slope of rho T1 in log d");
        trial.found(&what, found, |trial, found| trial.near(&what, found, share, 0.01));
    }
    let dimension = trial.count(1 << 9, 1 << 7);
    let most = 3.0 * share * libm::log(dimension as f64);
    let found = share_of_signals(dimension, trial, |path| path.escape().is_ok_and(|time| path.rate() * time <= most));
    let what =
        format!("share of random signals, a = 1.5, 2, 3, d = {dimension}, with rho T1 at most {} log d", 3.0 * share);
    trial.at_least(&what, found, 0.5);
}

/// `T1' - T1` does not grow: its slope in log d is `slope`, which the paper says is 0.
pub(super) fn crossing(constants: &[f64], trial: &mut Trial) {
    let slope = constants[0];
    let step = libm::log(4.0);
    let mut returns = 0;
    for &a in trial.first(&[3.0, 2.0, 1.5], 1) {
        let delays: Result<Vec<f64>, String> = DIMENSIONS
            .iter()
            .map(|d| {
                let path = Path::flat(a, *d, HORIZON)?;
                returns += path.returns();
                Ok(path.crossing - path.escape()?)
            })
            .collect();
        let found = delays.map(|t| Enclosure::ladder((t[3] - t[2]) / step, (t[4] - t[3]) / step));
        let what = format!("flat signal, a = {a}, d = 2^8 to 2^16: slope of T1' - T1 in log d");
        trial.found(&what, found, |trial, found| trial.near(&what, found, slope, 0.02));
    }
    trial.equal("flat signals: times at which s falls below 1/3 again", returns);
    let dimension = trial.count(1 << 9, 1 << 7);
    let found = share_of_signals(dimension, trial, |path| path.returns() == 0);
    let what = format!("share of random signals, a = 1.5, 2, 3, d = {dimension}, with s above 1/3 for good at once");
    trial.at_least(&what, found, 0.5);
}

/// In what share of random signals and starts something holds: "with high probability" is a share near one, at least one half.
/// A run that has not escaped within the horizon counts as one in which it does not.
fn share_of_signals(dimension: usize, trial: &mut Trial, holds: impl Fn(&Path) -> bool) -> Enclosure {
    let count = trial.count(60, 60);
    let seeds = (0..count as u64).zip([1.5, 2.0, 3.0].into_iter().cycle());
    let yes = seeds
        .filter(|(k, a)| Path::random(*a, dimension, 1000 * trial.seed() + k, HORIZON).is_ok_and(|path| holds(&path)))
        .count();
    chernoff(yes, count)
}
