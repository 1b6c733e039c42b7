//! Finite time against algebraic time, in certified enclosures.

use super::super::certified::{decimal, descent_at, risk, spiked};
use super::super::measured::{ACCURACY, Population};
use super::super::spectral_descent::ratios::follow;
use super::super::{Enclosure, Trial};
use crate::descent::Method;
use crate::observe::{Condition, Quantity};
use crate::scalar::Interval;

/// `t_GD(eps) ~ (constant (d - 2)/(d + 1))^(1/2) eps^power`; `t_Spec(eps) <= most (((d + 2)/(d + 1))^(1/2) - alpha)`.
pub(super) fn accelerated(constants: &[f64], trial: &mut Trial) {
    let [power, constant, most] = constants else { unreachable!("three constants") };
    for &(strength, dimension) in trial.first(&[(20.0, 100_u64), (4.0, 1000)], 1) {
        let at = format!("lambda = {strength}, d = {dimension}, alpha = 1e-3");
        let found = times_of_descent(strength, dimension);
        trial.found(&format!("GD's times, {at}"), found, |trial, t| {
            let d = Interval::point(dimension as f64);
            let last = LEVELS.len() - 1;
            let level = |k: usize| Interval::point(LEVELS[k]);
            // Differences of successive times do not see the shift that the escape causes.
            let (near, far) = (t[last - 1] - t[last - 2], t[last] - t[last - 1]);
            let exponent = (far / near).ln() / (level(last) / level(last - 1)).ln();
            let what =
                format!("exponent in the risk of the time that GD takes for another digit, risk 1e-6 to 1e-8, {at}");
            trial.near(what, Enclosure::proof(exponent), *power, 0.02);
            let inverse = |k: usize| level(k).sqrt().recip();
            let slope = far / (inverse(last) - inverse(last - 1));
            let square = slope.square() * (d + Interval::ONE) / (d - Interval::point(2.0));
            let what = format!("constant of GD's time, squared, from risk 1e-7 to 1e-8, {at}");
            trial.near(what, Enclosure::proof(square), *constant, 2e-3 * constant);
        });
        // The risk is zero from the optimum on.
        let what = format!("time of SpecGD's optimum over the stated, {at}");
        let found = follow(&spiked(Interval::point(strength), dimension), decimal("1e-3")).map(|found| found.end);
        trial.found(&what, found, |trial, end| {
            let d = Interval::point(dimension as f64);
            let stated = ((d + Interval::point(2.0)) / (d + Interval::ONE)).sqrt() - decimal("1e-3");
            trial.at_most(&what, Enclosure::proof(end / stated), most * (1.0 + 1e4 * ACCURACY));
        });
    }
}

/// Below, the certified risk, a difference of numbers near one, has too few digits.
const LEVELS: [f64; 3] = [1e-6, 1e-7, 1e-8];

/// Enclosures of the times at which GD's risk reaches the levels: guessed in doubles, and proved by the risk on either side, which never
/// rises.
fn times_of_descent(strength: f64, dimension: u64) -> Result<Vec<Interval>, String> {
    let population = Population::spiked(strength, dimension, 1e-3, Method::GradientDescent);
    let guess = |level: &f64| {
        let condition = Condition { quantity: Quantity::Risk, at_least: false, level: *level };
        population.first_time(&condition).map(|t| 0.5 * (t.lo + t.hi))
    };
    let guesses: Vec<f64> = LEVELS.iter().map(guess).collect::<Result<_, _>>()?;
    let sides: Vec<f64> = guesses.iter().flat_map(|t| [t * (1.0 - 1e-6), t * (1.0 + 1e-6)]).collect();
    let spectrum = spiked(Interval::point(strength), dimension);
    let rows = descent_at(&spectrum, decimal("1e-3"), &sides)?;
    let risks: Vec<Interval> = rows.iter().map(|w| risk(&spectrum, w)).collect();
    let pairs = risks.chunks(2).zip(sides.chunks(2)).zip(LEVELS);
    pairs
        .map(|((risk, time), level)| {
            if risk[0].lower() > level && risk[1].upper() < level {
                Interval::new(time[0], time[1]).map_err(|error| error.to_string())
            } else {
                Err(format!("whether the risk is {level} between t = {} and {} is not decided", time[0], time[1]))
            }
        })
        .collect()
}
