//! Medians, quartiles, and rates with confidence intervals that assume no distribution.

/// Quartiles of a sample (linear interpolation between order statistics).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quartiles {
    /// A quarter lies below.
    pub lower: f64,
    /// Half lies below.
    pub median: f64,
    /// Three quarters lie below.
    pub upper: f64,
}

impl Quartiles {
    /// Quartiles of values in increasing order; `None` if there are none.
    pub fn of_sorted(values: &[f64]) -> Option<Self> {
        let last = values.len().checked_sub(1)?;
        let at = |share: f64| {
            let position = share * last as f64;
            let below = position as usize;
            let (x, y) = (values[below], values[(below + 1).min(last)]);
            if x == y { x } else { x + (position - below as f64) * (y - x) }
        };
        Some(Self { lower: at(0.25), median: at(0.5), upper: at(0.75) })
    }
}

/// A confidence interval for the median of whatever distribution independent, sorted `values` came from: order statistics r and
/// N + 1 - r with the largest r such that `2 P(Binomial(N, 1/2) < r) <= error`. `None` where there are too few values.
pub fn median_interval(values: &[f64], error: f64) -> Option<(f64, f64)> {
    let n = values.len();
    // Terms of the binomial distribution from the left; 2^-n underflows only where r is far from its start.
    let log_half = -(n as f64) * std::f64::consts::LN_2;
    let (mut log_term, mut tail, mut r) = (log_half, 0.0, 0);
    while r < n / 2 {
        tail += libm::exp(log_term);
        if 2.0 * tail > error {
            break;
        }
        r += 1;
        log_term += libm::log((n - r + 1) as f64 / r as f64);
    }
    (r >= 1).then(|| (values[r - 1], values[n - r]))
}

/// How a median falls with the size of the samples: `median ~ size^exponent`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Slope of log median over log size, by least squares.
    pub exponent: f64,
    /// Interval for it: the least and the greatest slope that medians within their simultaneous intervals allow. `None` if there
    /// are too few seeds for the level.
    pub interval: Option<(f64, f64)>,
}

impl Rate {
    /// The rate over rungs of (size, sorted values), its interval wrong with probability at most `error`. `None` for less than two
    /// different sizes, or medians that are not positive and finite.
    pub fn fit(rungs: &[(f64, &[f64])], error: f64) -> Option<Self> {
        let log_size: Vec<f64> = rungs.iter().map(|(size, _)| libm::log(*size)).collect();
        let mean = log_size.iter().sum::<f64>() / log_size.len() as f64;
        let spread: f64 = log_size.iter().map(|x| (x - mean) * (x - mean)).sum();
        if spread.is_nan() || spread <= 0.0 {
            return None;
        }
        // The slope is linear in the log medians.
        let weight: Vec<f64> = log_size.iter().map(|x| (x - mean) / spread).collect();
        let mut exponent = 0.0;
        let mut interval = Some((0.0, 0.0));
        for ((_, values), weight) in rungs.iter().zip(weight) {
            let median = Quartiles::of_sorted(values)?.median;
            exponent += weight * libm::log(median);
            interval =
                interval.zip(median_interval(values, error / rungs.len() as f64)).map(|((low, high), (a, b))| {
                    let (a, b) = (weight * libm::log(a), weight * libm::log(b));
                    (low + a.min(b), high + a.max(b))
                });
        }
        exponent.is_finite().then_some(Self { exponent, interval })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::NormalStream;

    #[test]
    fn quartiles_interpolate() {
        let quartiles = Quartiles::of_sorted(&[1.0, 2.0, 3.0, 4.0]).unwrap();
        assert_eq!((quartiles.lower, quartiles.median, quartiles.upper), (1.75, 2.5, 3.25));
        assert_eq!(Quartiles::of_sorted(&[]), None);
        assert_eq!(Quartiles::of_sorted(&[1.0, f64::INFINITY, f64::INFINITY]).unwrap().upper, f64::INFINITY);
    }

    #[test]
    fn median_intervals_are_the_tabulated_order_statistics() {
        let values: Vec<f64> = (1..=20).map(f64::from).collect();
        // Sign-test tables: N = 20 at 5 % has r = 6 (2 P(B < 6) = 0.0414), at 1 % r = 4; N = 5 has none at 5 %.
        assert_eq!(median_interval(&values, 0.05), Some((6.0, 15.0)));
        assert_eq!(median_interval(&values, 0.01), Some((4.0, 17.0)));
        assert_eq!(median_interval(&values[..5], 0.05), None);
        assert_eq!(median_interval(&values[..5], 0.0625), Some((1.0, 5.0)));
    }

    #[test]
    fn median_intervals_cover_at_their_level() {
        // 4,000 samples of 25 normal numbers; misses are Binomial(4000, 0.0433): 6.2 standard deviations, false alarm 1e-9.
        let mut misses = 0;
        for stream in 0..4000 {
            let mut values = vec![0.0; 25];
            NormalStream { seed: 77, stream }.fill(0, &mut values);
            values.sort_by(f64::total_cmp);
            let (low, high) = median_interval(&values, 0.05).unwrap();
            misses += i32::from(!(low <= 0.0 && 0.0 <= high));
        }
        let (mean, deviation) = (4000.0 * 0.0433, (4000.0 * 0.0433 * 0.9567_f64).sqrt());
        assert!((f64::from(misses) - mean).abs() < 6.2 * deviation, "{misses} misses, {mean} expected");
    }

    #[test]
    fn a_power_law_has_its_exponent_as_rate() {
        let sizes = [10.0, 100.0, 1000.0];
        let values: Vec<Vec<f64>> =
            sizes.iter().map(|n: &f64| (1..=41).map(|k| (0.5 + f64::from(k) / 41.0) / n.sqrt()).collect()).collect();
        let rungs: Vec<(f64, &[f64])> = sizes.iter().zip(&values).map(|(n, v)| (*n, &v[..])).collect();
        let rate = Rate::fit(&rungs, 0.01).unwrap();
        assert!((rate.exponent + 0.5).abs() < 1e-14, "{rate:?}");
        let (low, high) = rate.interval.unwrap();
        assert!(low < -0.5 && -0.5 < high && high - low < 0.4, "{rate:?}");
        assert_eq!(Rate::fit(&rungs, 1e-20).unwrap().interval, None);
        assert_eq!(Rate::fit(&rungs[..1], 0.01), None);
    }
}
