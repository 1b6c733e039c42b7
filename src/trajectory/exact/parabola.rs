use crate::scalar::Real;

/// `c + b s + a s^2` with `a >= 0`.
#[derive(Clone, Debug)]
pub(super) struct Parabola<T> {
    pub(super) c: T,
    pub(super) b: T,
    pub(super) a: T,
}

impl<T: Real> Parabola<T> {
    #[inline]
    pub(super) fn at(&self, s: &T) -> T {
        (self.a.clone() * s + &self.b) * s + &self.c
    }

    /// The derivative at `s`.
    #[inline]
    pub(super) fn slope(&self, s: &T) -> T {
        (self.a.clone() * s).times(2) + &self.b
    }

    /// The first `s >= 0` at which the value, now at most 0, begins to be positive. A convex function that is not positive now has
    /// one such time, or (constant, or falling without end) none.
    #[inline]
    pub(super) fn rises(&self) -> Option<T> {
        let zero = self.c.int(0);
        if self.a <= zero {
            return (self.b > zero).then(|| if self.c < zero { -(self.c.clone() / &self.b) } else { zero });
        }
        if self.c >= zero {
            return Some(if self.b < zero { -(self.b.clone() / &self.a) } else { zero });
        }
        // Both branches add quantities of one sign: nothing cancels.
        let root = (self.b.square() - (self.a.clone() * &self.c).times(4)).sqrt();
        Some(if self.b > zero { -(self.c.times(2) / (root + &self.b)) } else { (root - &self.b) / self.a.times(2) })
    }

    /// The first `s >= 0` at which the value, now at least 0, reaches 0 from above; none where it only leaves upward.
    #[inline]
    pub(super) fn falls(&self) -> Option<T> {
        let zero = self.c.int(0);
        if self.b >= zero {
            return None;
        }
        if self.c <= zero {
            return Some(zero);
        }
        let discriminant = self.b.square() - (self.a.clone() * &self.c).times(4);
        (discriminant >= zero).then(|| self.c.times(2) / (discriminant.sqrt() - &self.b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_early_root_of_a_nearly_linear_parabola_does_not_cancel() {
        // 1e-20 s^2 + s - 1e-10 = 0
        let p = Parabola { c: -1e-10, b: 1.0, a: 1e-20 };
        approx::assert_relative_eq!(p.rises().unwrap(), 1e-10, max_relative = 2.0 * f64::EPSILON);
        let p = Parabola { c: 1e-10, b: -1.0, a: 1e-20 };
        approx::assert_relative_eq!(p.falls().unwrap(), 1e-10, max_relative = 2.0 * f64::EPSILON);
    }

    proptest! {
        #[test]
        fn known_roots_are_found(left in -5.0..-0.01_f64, right in 0.01..5.0_f64, a in 0.01..10.0_f64) {
            let p = Parabola { c: a * left * right, b: -a * (left + right), a };
            approx::assert_relative_eq!(p.rises().unwrap(), right, max_relative = 1e3 * f64::EPSILON);
        }

        #[test]
        fn of_two_roots_ahead_falling_takes_the_first(first in 0.01..1.0_f64, gap in 0.5..5.0_f64, a in 0.01..10.0_f64) {
            let p = Parabola { c: a * first * (first + gap), b: -a * (2.0 * first + gap), a };
            // The discriminant is a^2 gap^2; its relative error is (b/(a gap))^2 ulps.
            let conditioning = ((2.0 * first + gap) / gap).powi(2);
            approx::assert_relative_eq!(p.falls().unwrap(), first, max_relative = 8.0 * conditioning * f64::EPSILON);
        }
    }
}
