//! Limits read off a ladder, and the drifts that forbid it.

use super::{Enclosure, Provenance};

/// The limit of `values`, taken at geometrically spaced parameters (every rung a constant factor further), or why it cannot be told.
///
/// A power-law approach makes the differences of successive values shrink by a constant factor r a rung. With r the largest of
/// the last two such factors, at most `MAX_RATIO`, and all differences that follow shrinking at least as fast, what is left after the
/// last rung is at most `|last difference| r/(1 - r)`. The enclosure is the last value, give or take twice that (and the
/// `rounding` of the values). A logarithmic drift shows as factors near 1, and is refused.
///
/// # Errors
/// Fewer than four values, a value that is not finite, or differences that do not shrink.
pub fn limit(values: &[f64], rounding: f64) -> Result<Enclosure, String> {
    if values.len() < 4 {
        return Err(format!("{} rungs are too few to see a limit", values.len()));
    }
    if let Some(x) = values.iter().find(|x| !x.is_finite()) {
        return Err(format!("a rung of the ladder is {x}"));
    }
    let differences: Vec<f64> = values.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    let last = differences[differences.len() - 1];
    let value = values[values.len() - 1];
    let floor = rounding * value.abs();
    let shrink = differences.windows(2).rev().take(2).map(|pair| {
        // Below the rounding of the values a difference is as good as none.
        if pair[1] <= 2.0 * floor { 0.0 } else { pair[1] / pair[0] }
    });
    let ratio = shrink.fold(0.0, f64::max);
    if ratio.is_nan() || ratio > MAX_RATIO {
        return Err(format!("successive rungs differ by factors of {ratio:.3}: no limit to be told from a slow drift"));
    }
    let reach = 2.0 * last * ratio / (1.0 - ratio) + 2.0 * floor;
    Ok(Enclosure { lo: value - reach, hi: value + reach, provenance: Provenance::Ladder })
}

/// Differences that shrink by less than this a rung are a drift.
const MAX_RATIO: f64 = 0.7;

/// The exponent e in `value ~ parameter^e`, from positive `values` at `parameters`: the limit of the slopes between rungs.
///
/// # Errors
/// As [`limit`], for the slopes (one fewer than the values).
pub fn exponent(parameters: &[f64], values: &[f64], rounding: f64) -> Result<Enclosure, String> {
    limit(&slopes(parameters, values), rounding)
}

/// Slopes of `log value` against `log parameter` between successive rungs.
fn slopes(parameters: &[f64], values: &[f64]) -> Vec<f64> {
    let log = |x: f64| libm::log(x);
    let rungs = parameters.windows(2).zip(values.windows(2));
    rungs.map(|(p, v)| (log(v[1]) - log(v[0])) / (log(p[1]) - log(p[0]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_law_approach_is_enclosed() {
        for rate in [0.5, 1.0, 2.0] {
            let values: Vec<f64> = (0..6).map(|k| 3.0 + 0.7 * 10f64.powf(-rate * f64::from(k))).collect();
            let found = limit(&values, f64::EPSILON).unwrap();
            assert!(found.lo <= 3.0 && 3.0 <= found.hi && found.hi - found.lo < 0.02, "{found}");
        }
    }

    /// The trap of long horizons: nothing here converges, or not within any ladder one could climb.
    #[test]
    fn logarithmic_drifts_are_refused() {
        let logarithm: Vec<f64> = (1..9).map(f64::from).collect();
        let inverse: Vec<f64> = (1..9).map(|k| 1.0 + 1.0 / f64::from(k)).collect();
        let double: Vec<f64> = (1..9).map(|k| f64::from(k).ln()).collect();
        for values in [logarithm, inverse, double] {
            assert!(limit(&values, f64::EPSILON).is_err(), "{values:?}");
        }
        // t^(1/2) log t is not t^(1/2): the slope's drift is seen.
        let t: Vec<f64> = (2..10).map(|k| 10f64.powi(k)).collect();
        let with_log: Vec<f64> = t.iter().map(|t| t.sqrt() * t.ln()).collect();
        assert!(exponent(&t, &with_log, 1e-12).is_err());
    }

    #[test]
    fn an_exponent_with_a_correction_is_enclosed() {
        let t: Vec<f64> = (1..7).map(|k| 10f64.powi(k)).collect();
        let values: Vec<f64> = t.iter().map(|t| 2.0 * t.powf(-1.5) * (1.0 + 3.0 / t)).collect();
        let found = exponent(&t, &values, 1e-14).unwrap();
        assert!(found.lo <= -1.5 && -1.5 <= found.hi && found.hi - found.lo < 1e-3, "{found}");
    }
}
