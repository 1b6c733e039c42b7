use crate::scalar::{DomainError, Enclosure, Real};

/// The rate at which `u` escapes from 0 along the flow of GD: the root `rho > l_1 s*` of
///
/// ```text
/// 1 = 2 sum_i l_i^2 (w*_i)^2/(rho - l_i s*)
/// ```
///
/// in the time of the quarter loss, in any number system. The companion paper's, `1 = 8 sum_i l_i^2 (w*_i)^2/(p - 4 l_i)` at `s* = 1`, is
/// `p = 4 rho`. The right-hand side falls and is convex, so Newton's method climbs to the root from the left.
///
/// # Errors
/// Lists of different lengths, or no direction.
pub fn escape_rate<T: Real>(variance: &[T], signal: &[T]) -> Result<T, DomainError> {
    let equation = Equation::new(variance, signal)?;
    let mut rate = equation.below.clone();
    // Quadratic convergence, after at most some dozens of steps that halve the distance.
    for _ in 0..400 {
        let (excess, slope) = equation.at(&rate);
        let next = rate.clone() + excess / slope;
        if next <= rate || !next.is_finite() {
            break;
        }
        rate = next;
    }
    Ok(rate)
}

/// An enclosure of [`escape_rate`], proved by the signs at its ends.
///
/// # Errors
/// As [`escape_rate`]; also where variances and signal are known too loosely to decide any sign.
pub fn certified_escape_rate<T: Enclosure>(variance: &[T], signal: &[T]) -> Result<T, DomainError> {
    let equation = Equation::new(variance, signal)?;
    let one = variance[0].int(1);
    let mut rate = equation.below.lower_end();
    for _ in 0..400 {
        let (excess, slope) = equation.at(&rate);
        let next = (rate.clone() + excess / slope).lower_end();
        let moved = next.lower_end() > rate;
        if !moved {
            break;
        }
        rate = next;
    }
    let mut share = T::epsilon(&one.context());
    while share < one {
        let lower = (rate.clone() * (one.clone() - &share)).lower_end();
        let upper = (rate.clone() * (one.clone() + &share)).upper_end();
        let zero = one.int(0);
        let above_pole = lower > equation.pole;
        if above_pole && equation.at(&lower).0 > zero && equation.at(&upper).0 < zero {
            return Ok(lower.hull_with(&upper));
        }
        share = share.times(2);
    }
    Err(DomainError::new("signal", "these enclosures", "narrow enough to decide signs of the characteristic equation"))
}

/// `2 sum l^2 w*^2/(rho - l s*) - 1`, decreasing right of the pole.
struct Equation<T> {
    /// `(2 l^2 w*^2, l s*)`.
    terms: Vec<(T, T)>,
    /// The largest `l s*`.
    pole: T,
    /// Right of the pole, left of the root: there the first term alone is 1.
    below: T,
}

impl<T: Real> Equation<T> {
    fn new(variance: &[T], signal: &[T]) -> Result<Self, DomainError> {
        if variance.is_empty() || variance.len() != signal.len() {
            return Err(DomainError::new("signal", signal.len(), "one entry a variance, and at least one"));
        }
        let zero = variance[0].int(0);
        let mut energy = zero.clone();
        for (l, w) in variance.iter().zip(signal) {
            energy = energy + w.square() * l;
        }
        let term = |(l, w): (&T, &T)| ((l.clone() * w).square().times(2), energy.clone() * l);
        let terms: Vec<(T, T)> = variance.iter().zip(signal).map(term).filter(|(mass, _)| *mass > zero).collect();
        let Some(first) = terms.first() else {
            return Err(DomainError::new("signal", "this vector", "one with an entry that is certainly not 0"));
        };
        let (mut pole, mut below) = (first.1.clone(), first.0.clone() + &first.1);
        for (mass, place) in &terms {
            if *place > pole {
                pole = place.clone();
            }
            let candidate = mass.clone() + place;
            if candidate > below {
                below = candidate;
            }
        }
        Ok(Self { terms, pole, below })
    }

    /// The value at `rate`, and minus its derivative.
    fn at(&self, rate: &T) -> (T, T) {
        let mut value = rate.int(-1);
        let mut slope = rate.int(0);
        for (mass, place) in self.terms.iter().rev() {
            let distance = rate.clone() - place;
            let share = mass.clone() / &distance;
            slope = slope + share.clone() / &distance;
            value = value + share;
        }
        (value, slope)
    }
}

/// `sum_i m_i exp(-l_i t)/sum_i m_i`: with masses 1 and `t = 16 tau` the companion paper's `S_d(tau)`, with those of the deviation at T2 its
/// `Shat(tau)`.
pub fn spectral_average<T: Real>(variance: &[T], masses: &[T], time: &T) -> Option<T> {
    let mut pairs = variance.iter().zip(masses).rev();
    let (l, mass) = pairs.next()?;
    let decay = |l: &T| (-(l.clone() * time)).exp();
    let first = (mass.clone() * decay(l), mass.clone());
    let (sum, total) = pairs.fold(first, |(sum, total), (l, mass)| (sum + mass.clone() * decay(l), total + mass));
    Some(sum / total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::Interval;
    use crate::trajectory::{VectorPath, VectorProblem};

    #[test]
    fn two_directions_give_the_root_of_a_quadratic() {
        // (rho - l s)(rho - m s) = 2 l^2 a^2 (rho - m s) + 2 m^2 b^2 (rho - l s)
        let (l, m, a, b) = (0.75_f64, 0.25_f64, 0.5_f64, 1.5_f64);
        let s = l * a * a + m * b * b;
        let (x, y) = (2.0 * l * l * a * a, 2.0 * m * m * b * b);
        let half = (l * s + m * s + x + y) / 2.0;
        let product = l * m * s * s + x * m * s + y * l * s;
        let exact = half + (half * half - product).sqrt();
        let rate = escape_rate(&[l, m], &[a, b]).unwrap();
        assert!((rate - exact).abs() < 8.0 * f64::EPSILON * exact, "{rate} {exact}");
        let enclosed = certified_escape_rate(&[l, m].map(Interval::point), &[a, b].map(Interval::point)).unwrap();
        assert!(enclosed.contains(exact) && enclosed.relative_width() < 1e-14);
    }

    #[test]
    fn a_vector_escapes_at_the_rate_and_at_no_other() {
        let problem = VectorProblem::companion(2.0, 500, 3).unwrap();
        let tiny = problem.start().iter().map(|w| w * 1e-12).collect();
        let problem = VectorProblem::new(problem.variance().to_vec(), problem.signal().to_vec(), tiny).unwrap();
        let path = VectorPath::solve(&problem, 20.0).unwrap();
        let rate = escape_rate(problem.variance(), problem.signal()).unwrap();
        let log = |t: f64| libm::log(path.scalars(t).overlap.abs());
        // Once the slower modes have died out, and before anything saturates.
        let seen = log(12.0) - log(11.0);
        assert!((seen / rate - 1.0).abs() < 1e-3, "{seen} {rate}");
        let points: Vec<Interval> = problem.variance().iter().map(|l| Interval::point(*l)).collect();
        let signal: Vec<Interval> = problem.signal().iter().map(|w| Interval::point(*w)).collect();
        let enclosed = certified_escape_rate(&points, &signal).unwrap();
        assert!(enclosed.contains(rate) && enclosed.relative_width() < 1e-12);
    }

    #[test]
    fn uncertain_signals_are_refused_and_averages_are_averages() {
        let wide = [Interval::new(-1.0, 1.0).unwrap()];
        assert!(certified_escape_rate(&[Interval::point(1.0)], &wide).is_err());
        let average = spectral_average(&[1.0, 2.0], &[3.0, 1.0], &0.5).unwrap();
        assert!((average - (3.0 * libm::exp(-0.5) + libm::exp(-1.0)) / 4.0).abs() < 1e-15);
        assert_eq!(spectral_average::<f64>(&[], &[], &1.0), None);
    }

    /// The same root in 300 and 600 bits, and enclosed at 300: the enclosure holds the sharper number, to the last few bits, and lies inside
    /// that of doubles.
    #[cfg(feature = "mpfr")]
    #[test]
    fn any_precision_finds_the_rate_and_its_enclosure_is_as_narrow_as_its_numbers() {
        use crate::scalar::{Mp, MpInterval, Precision};
        let problem = VectorProblem::companion(2.0, 50, 3).unwrap();
        let at = |bits: u32, x: &[f64]| -> Vec<Mp> {
            let precision = Precision::new(bits).unwrap();
            x.iter().map(|x| Mp::from_f64(*x, &precision)).collect()
        };
        let rate = |bits| escape_rate(&at(bits, problem.variance()), &at(bits, problem.signal())).unwrap();
        let (rough, sharp) = (rate(300), rate(600).to_precision(Precision::new(300).unwrap()));
        let apart = ((rough.clone() - &sharp) / &sharp).abs().to_f64();
        assert!(apart < 1e-85, "{apart}");
        let points = |x: &[f64]| at(300, x).iter().map(MpInterval::point).collect::<Vec<_>>();
        let enclosed = certified_escape_rate(&points(problem.variance()), &points(problem.signal())).unwrap();
        assert!(enclosed.contains(&sharp), "{enclosed:?} {sharp}");
        assert!((enclosed.width() / &sharp).to_f64() < 1e-85, "{}", enclosed.width());
        let doubles = |x: &[f64]| x.iter().map(|x| Interval::point(*x)).collect::<Vec<_>>();
        let wide = certified_escape_rate(&doubles(problem.variance()), &doubles(problem.signal())).unwrap();
        assert!(wide.lower() <= enclosed.lower().to_f64() && enclosed.upper().to_f64() <= wide.upper());
    }
}
