use super::norm::{Norm, up};
use super::step::factor;
use crate::risk::manifold;
use crate::scalar::interval::error_free::two_sum;
use crate::scalar::{DomainError, Interval, Real, Scalar};
use crate::spectrum::Spectrum;
use crate::trajectory::Stop;

/// The GD recursion on the invariant manifold, `w_j <- w_j (1 - eta q_j h_j)`, enclosed with certainty; step size, start and variances may be
/// intervals.
///
/// A point that is no more than doubles is followed, and with it a bound on the distance of every true trajectory from it. A step
/// multiplies that distance by 1 and a square of eta, and adds what the step of the point lost: `derivations/validated.md`, `recursion`.
///
/// ```
/// use specdyn::{scalar::Interval, spectrum::Spectrum, trajectory::ValidatedRecursion, weights::equal_start};
/// let spectrum = Spectrum::spiked(Interval::point(20.0), 100)?;
/// let start = equal_start(&spectrum, &"1e-3".parse()?)?;
/// let mut recursion = ValidatedRecursion::new(&spectrum, "0.01".parse()?, &start)?;
/// for _ in 0..5000 {
///     recursion.step().expect("a step far below the ceiling");
/// }
/// assert!(recursion.coefficients().iter().all(|w| w.relative_width() < 1e-11));
/// # Ok::<(), specdyn::scalar::DomainError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ValidatedRecursion {
    norm: Norm,
    spectrum: Spectrum<Interval>,
    step_size: Interval,
    /// The point, coefficient by coefficient the sum of two doubles, the second below the rounding of the first.
    point: Vec<(f64, f64)>,
    /// The largest distance from it, in the norm of `int h_j dt`.
    distance: f64,
    steps: u64,
}

/// Enclosures wider than a factor e say nothing.
const USELESS: f64 = 1.0;

impl ValidatedRecursion {
    /// The recursion from `start`, one coefficient a group, signal first.
    ///
    /// # Errors
    /// A number of coefficients other than that of the groups; a coefficient that is not certainly positive and bounded; a step size
    /// that is not.
    pub fn new(spectrum: &Spectrum<Interval>, step_size: Interval, start: &[Interval]) -> Result<Self, DomainError> {
        if start.len() != spectrum.groups() {
            return Err(DomainError::new("start", start.len(), format!("{} coefficients", spectrum.groups())));
        }
        let positive = |x: &Interval| x.is_finite() && *x > Interval::ZERO;
        if let Some(w) = start.iter().find(|w| !positive(w)) {
            return Err(DomainError::new("start", w, "coefficients that are certainly positive"));
        }
        if !positive(&step_size) {
            return Err(DomainError::new("step-size", step_size, "a number that is certainly positive"));
        }
        let norm = Norm::new(spectrum);
        let spread = |j: usize| off(start[j], start[j].midpoint()) / spectrum.variance()[j].lower();
        Ok(Self {
            distance: norm.of_entries(spread),
            point: start.iter().map(|w| (w.midpoint(), 0.0)).collect(),
            spectrum: spectrum.clone(),
            norm,
            step_size,
            steps: 0,
        })
    }

    /// Steps done.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// How far the true trajectory may be from the point that is followed, in the norm of `derivations/validated.md`.
    pub fn distance(&self) -> f64 {
        self.distance
    }

    /// The coefficients, signal first.
    pub fn coefficients(&self) -> Vec<Interval> {
        (0..self.point.len()).map(|j| self.centre(j) * factor(self.doubt(j))).collect()
    }

    /// `w_j/w_0`.
    pub fn ratio(&self, j: usize) -> Interval {
        let (q, signal) = (self.spectrum.variance()[j], self.spectrum.variance()[0]);
        self.centre(j) / self.centre(0) * factor(up(self.norm.difference(j, q, signal) * self.distance))
    }

    /// A step.
    ///
    /// # Errors
    /// [`Stop::Undecided`], and nothing has changed, if a coefficient may be at or beyond zero after it, or is known to a factor e
    /// only.
    pub fn step(&mut self) -> Result<(), Stop<Interval>> {
        let undecided = |reason: String| Stop::Undecided { time: self.step_size.times(self.steps as i64), reason };
        let width = (0..self.point.len()).map(|j| self.doubt(j)).fold(0.0, f64::max);
        if width.is_nan() || width >= USELESS {
            return Err(undecided(format!("a coefficient is known to a factor exp({width:.1e}) only")));
        }
        let expansion = self.expansion().map_err(|(j, factor)| {
            undecided(format!(
                "this step multiplies coefficient {j} by a number in {factor:.3}, which may not be positive"
            ))
        })?;
        let point: Vec<Interval> = (0..self.point.len()).map(|j| self.centre(j)).collect();
        let mut gradient = point.clone();
        manifold::gradients(self.spectrum.variance(), self.spectrum.energy_weight(), &point, &mut gradient);
        let mut lost = vec![0.0; point.len()];
        for (j, (high, low)) in self.point.iter_mut().enumerate() {
            // Only the change is rounded: it is small where the step is.
            let change = Interval::point(*low) - self.step_size * gradient[j];
            let (new, rest) = two_sum(*high, change.midpoint());
            (*high, *low) = (new, rest);
            let size = new - rest.abs() - change.radius();
            let loss = if size > 0.0 { up(change.radius() / size) } else { f64::INFINITY };
            lost[j] = loss / self.spectrum.variance()[j].lower();
        }
        self.distance = up(expansion * self.distance + self.norm.of_entries(|j| lost[j]));
        self.steps += 1;
        Ok(())
    }

    /// By how much a step multiplies distances, at most, between the point and all that is within the distance from it; or the
    /// coefficient that it may not leave positive, with its factor.
    fn expansion(&self) -> Result<f64, (usize, Interval)> {
        let (q, n) = (self.spectrum.variance(), |j: usize| self.norm.multiplicity(j));
        let w = self.coefficients();
        let excess: Vec<Interval> = w.iter().enumerate().map(|(j, w)| manifold::excess(j, w)).collect();
        let tau = manifold::excess_energy(&self.spectrum, &excess);
        // P = sum n s, sum n delta^2, max s, max |delta| s^(1/2)
        let (mut energy, mut turns, mut steepest, mut turned) = (0.0, 0.0, 0.0_f64, 0.0_f64);
        for j in 0..w.len() {
            let pull = self.step_size * q[j] * manifold::bracket(&q[j], &excess[j], &tau);
            let factor = Interval::ONE - pull;
            if !factor.is_finite() || factor.lower() <= 0.0 {
                return Err((j, factor));
            }
            let delta = (pull / factor).magnitude();
            let s = (q[j] * w[j]).square().times(2).upper();
            energy += n(j) * s;
            turns += n(j) * delta * delta;
            steepest = steepest.max(s);
            turned = turned.max(delta * s.sqrt());
        }
        let eta = self.step_size.upper();
        let kappa = up(2.0 * turned + (energy * turns).sqrt());
        let slope = up((4.0 * steepest + 2.0 * energy).sqrt() + kappa);
        let margin = 4.0 - up(eta * slope * slope);
        if margin > 0.0 {
            return Ok(up(1.0 + eta * kappa * kappa / (2.0 * margin)));
        }
        let most = up(w.iter().zip(q).map(|(w, q)| (*q * w).square().times(2).upper()).sum::<f64>() + 0.5 * energy);
        Ok(up((1.0 + eta * (-margin * most + 2.0 * kappa * most.sqrt())).sqrt()))
    }

    fn centre(&self, j: usize) -> Interval {
        let (high, low) = self.point[j];
        Interval::point(high) + Interval::point(low)
    }

    /// `|log w_j|` relative to the point is at most this.
    fn doubt(&self, j: usize) -> f64 {
        up(self.norm.entry(j) * self.spectrum.variance()[j].upper() * self.distance)
    }
}

/// `|log(w/v)|` at most.
fn off(w: Interval, v: f64) -> f64 {
    up((w - Interval::point(v)).magnitude() / w.lower().min(v))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spectrum::Group;
    use proptest::prelude::*;

    /// `|eta|^2` as it is written.
    fn size(n: &[f64], eta: &[f64]) -> f64 {
        let squares: f64 = eta.iter().zip(n).map(|(eta, n)| n * eta * eta).sum();
        let sum: f64 = eta.iter().zip(n).map(|(eta, n)| n * eta).sum();
        (squares - sum * sum / (n.iter().sum::<f64>() + 2.0)).max(0.0).sqrt()
    }

    /// Spectrum, step and point are drawn over several decades, and so are the entries of the distance, which is small, so that the
    /// derivative is seen.
    fn recursions() -> impl Strategy<Value = (ValidatedRecursion, Vec<f64>)> {
        let groups = prop::collection::vec((-2.0..3.0_f64, 1..60_u64), 1..4);
        let numbers = |from: f64, to: f64| prop::collection::vec(from..to, 4);
        (groups, -8.0..-1.0_f64, numbers(-6.0, 0.3), numbers(-1.0, 1.0), numbers(-8.0, 0.0)).prop_map(
            |(groups, eta, w, direction, sizes)| {
                let group =
                    |&(q, multiplicity): &(f64, u64)| Group { variance: Interval::point(libm::exp(q)), multiplicity };
                let groups: Vec<_> = groups.iter().map(group).collect();
                let spectrum = Spectrum::with_signal(Interval::ONE, groups).unwrap();
                let start: Vec<Interval> =
                    w[..spectrum.groups()].iter().map(|w| Interval::point(libm::exp(*w))).collect();
                let recursion = ValidatedRecursion::new(&spectrum, Interval::point(libm::exp(eta)), &start).unwrap();
                let direction = direction.iter().zip(&sizes).map(|(v, size)| v * libm::exp(*size));
                (recursion, direction.take(start.len()).collect())
            },
        )
    }

    /// The recursion from a point that is off by `eta`, in `(1/q_j) log w_j`.
    fn moved(recursion: &ValidatedRecursion, eta: &[f64]) -> ValidatedRecursion {
        let mut other = recursion.clone();
        for (j, (w, _)) in other.point.iter_mut().enumerate() {
            *w *= libm::exp(recursion.spectrum.variance()[j].midpoint() * eta[j]);
        }
        other
    }

    fn distance(a: &ValidatedRecursion, b: &ValidatedRecursion) -> f64 {
        let n: Vec<f64> = (0..a.point.len()).map(|j| a.norm.multiplicity(j)).collect();
        let apart = |j: usize| {
            let ((high, low), (other, rest)) = (a.point[j], b.point[j]);
            libm::log1p(((other - high) + (rest - low)) / high) / a.spectrum.variance()[j].midpoint()
        };
        size(&n, &(0..n.len()).map(apart).collect::<Vec<_>>())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// The room is rounding: 1e-8 of the norm as written, which cancels, and a few units of the coefficients, times `n^(1/2)/q`.
        #[test]
        fn a_step_expands_distances_by_no_more_than_its_bound((recursion, direction) in recursions()) {
            let eta: Vec<f64> = direction.iter().map(|v| 1e-5 * v).collect();
            let mut other = moved(&recursion, &eta);
            let before = distance(&recursion, &other);
            let mut ball = ValidatedRecursion { distance: before * (1.0 + 1e-8), ..recursion };
            let Ok(bound) = ball.expansion() else { return Ok(()) };
            prop_assert!(ball.step().is_ok() && other.step().is_ok());
            let after = distance(&ball, &other);
            prop_assert!(after <= bound * before * (1.0 + 1e-8) + 1e-13, "{after} > {bound} * {before}");
        }
    }
    /// Steps do expand distances: the largest factor of many directions is above 1, and below the bound.
    #[test]
    fn a_bound_of_one_would_be_wrong() {
        let spectrum = Spectrum::spiked(Interval::point(20.0), 100).unwrap();
        let start = [1e-2, 0.1, 1e-2].map(Interval::point);
        let recursion = ValidatedRecursion::new(&spectrum, Interval::point(0.02), &start).unwrap();
        let mut largest = 0.0_f64;
        for i in 0..400 {
            for k in 0..20 {
                let (angle, height) = (std::f64::consts::PI * f64::from(i) / 400.0, f64::from(k) / 20.0);
                let eta = [libm::sin(angle), libm::cos(angle) * height, libm::cos(angle) * (1.0 - height) / 10.0];
                let (mut one, mut other) = (recursion.clone(), moved(&recursion, &eta.map(|v| 1e-6 * v)));
                let before = distance(&one, &other);
                assert!(one.step().is_ok() && other.step().is_ok());
                largest = largest.max(distance(&one, &other) / before);
            }
        }
        // Differences of 1e-6 are good to 1e-9.
        let bound = recursion.expansion().unwrap();
        assert!(largest > 1.0 + 1e-5 && largest <= bound, "{largest} {bound}");
    }
}
