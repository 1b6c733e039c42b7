use crate::scalar::{DomainError, Real};
use std::f64::consts::LN_2;

/// How fine and how far: tolerance, order, step size.
///
/// A step is as long as keeps the first neglected term below the tolerance, as the last two computed terms predict it
/// (`(h/r)^(N + 1) <= tolerance`, where the radius r is the smaller of theirs). The order starts near the least work a unit
/// of time, `N ~ -ln(tolerance)/2` for a series with a finite radius, and then follows the work per time that the terms
/// themselves show: while the flow is stiff, fewer terms are cheaper.
#[derive(Clone, Debug)]
pub(in crate::trajectory) struct Pace<T> {
    tolerance: T,
    magnitude: f64,
    first_order: usize,
    order: usize,
    max_order: usize,
    adaptive: bool,
    until_review: u32,
}

impl<T: Real> Pace<T> {
    /// `None` is the full precision of the number type.
    pub(in crate::trajectory) fn new(like: &T, tolerance: Option<&T>) -> Result<Self, DomainError> {
        let finest = T::epsilon(&like.context()).over(2);
        let coarsest = like.int(1).over(100);
        if finest > coarsest {
            let domain = "at least 7 bits for a Taylor series, whose tolerance is at most 0.01";
            return Err(DomainError::new("precision", T::bits(&like.context()), domain));
        }
        if T::bits(&like.context()) > MOST_BITS {
            let domain = format!(
                "at most {MOST_BITS} bits for a flow by Taylor series: a step multiplies all their terms, whose number grows with the bits; at 32768 \
                 bits half an hour for each coefficient in the first alone. SpecGD's flow and recursions take more"
            );
            return Err(DomainError::new("precision", T::bits(&like.context()), domain));
        }
        let tolerance = tolerance.unwrap_or(&finest);
        if !(*tolerance >= finest && *tolerance <= coarsest) {
            return Err(DomainError::new("tolerance", tolerance, format!("a number from {finest} to 0.01")));
        }
        let magnitude = tolerance.magnitude();
        let order = (-magnitude * LN_2 / 2.0) as usize + 6;
        let max_order = order + order / 4;
        Ok(Self {
            tolerance: tolerance.clone(),
            magnitude,
            first_order: order,
            order,
            max_order,
            adaptive: true,
            until_review: REVIEW,
        })
    }

    /// Keeps to one order.
    pub(in crate::trajectory) fn fix_order(&mut self, order: usize) {
        self.first_order = order;
        self.order = order;
        self.max_order = self.max_order.max(order);
        self.adaptive = false;
    }

    /// Halves the order, for series whose last terms are beyond the numbers; false where it is the lowest, or not to be chosen.
    pub(in crate::trajectory) fn lower(&mut self) -> bool {
        let lower = (self.order / 2).max(LOWEST);
        let lowers = self.adaptive && lower < self.order;
        if lowers {
            self.order = lower;
        }
        lowers
    }

    /// Forgets what the last flow taught, so that a flow does not depend on the one before it.
    pub(in crate::trajectory) fn restart(&mut self) {
        self.order = self.first_order;
        self.until_review = REVIEW;
    }

    #[inline]
    pub(in crate::trajectory) fn order(&self) -> usize {
        self.order
    }

    pub(in crate::trajectory) fn max_order(&self) -> usize {
        self.max_order
    }

    /// log2 of the tolerance.
    #[inline]
    pub(in crate::trajectory) fn magnitude(&self) -> f64 {
        self.magnitude
    }

    /// Relative to the scale of the excess energy: below this, nothing feels one of so many groups.
    #[inline]
    pub(in crate::trajectory) fn negligible(&self, groups: usize) -> T {
        self.tolerance.over(64 * groups as i64)
    }

    /// The step that `term(k)` allows, the largest term of order k a unit of step; `None` when any step is exact.
    #[inline]
    pub(in crate::trajectory) fn step(&mut self, order: usize, term: impl Fn(usize) -> T) -> Option<T> {
        let (before, last) = (term(order - 1), term(order));
        let zero = last.int(0);
        if before == zero && last == zero {
            return None;
        }
        let reach = self.reach(order, &before, &last);
        self.until_review -= 1;
        if self.until_review == 0 {
            self.until_review = REVIEW;
            if !self.adaptive {
                return Some(T::from_f64(power_of_two(reach), &zero.context()));
            }
            let shorter = self.reach(order - 2, &term(order - 3), &term(order - 2));
            self.review(order, reach - shorter);
        }
        Some(T::from_f64(power_of_two(reach), &zero.context()))
    }

    /// log2 of the step at an order, from its last two terms.
    #[inline(always)]
    fn reach(&self, order: usize, before: &T, last: &T) -> f64 {
        let before = before.magnitude() / (order - 1) as f64;
        let last = last.magnitude() / order as f64;
        self.magnitude / (order + 1) as f64 - before.max(last)
    }

    /// The step that the last two terms allow, `before` of order - 1 and `last` of order.
    #[inline(always)]
    pub(in crate::trajectory) fn step_at(&self, order: usize, before: &T, last: &T) -> f64 {
        power_of_two(self.reach(order, before, last))
    }

    /// Lowers the order by two where that saves 5 % of the work per time, or raises it where that saves any, given what the
    /// last two orders gained in log2 of the step; the next two are expected to gain a little less.
    fn review(&mut self, order: usize, gained: f64) {
        let saved_by_fewer = libm::log2(work(order) / work(order - 2)) - gained;
        let saved_by_more = 0.85 * gained - libm::log2(work(order + 2) / work(order));
        if saved_by_fewer > 0.07 && order > 8 {
            self.order = order - 2;
        } else if saved_by_more > 0.0 && order + 2 <= self.max_order {
            self.order = order + 2;
        }
    }
}

/// A step takes minutes here, by the law of `docs/benchmarks.md`: ten to fifteen times as long at twice as many bits, and the first, whose terms have all their digits, four to five times that.
const MOST_BITS: u32 = 1 << 14;

/// The order of a series of which a step can be told: its last two terms, and two before them.
const LOWEST: usize = 4;

/// Steps between two looks at the order.
const REVIEW: u32 = 4;

/// Work of a step: products of series, sums of series, and what every step costs (measured for f64; the constants do not
/// matter where an operation is expensive, since orders are high there).
fn work(order: usize) -> f64 {
    let n = order as f64;
    n * n + 10.0 * n + 300.0
}

/// `2^x` to within a third of a per cent.
#[inline(always)]
fn power_of_two(x: f64) -> f64 {
    let x = x.clamp(-1022.0, 1023.0);
    let exponent = x as i64 - i64::from(x < 0.0);
    let rest = x - exponent as f64;
    f64::from_bits(((exponent + 1023) as u64) << 52) * (1.0 + rest * (0.6565 + 0.3435 * rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_of_two_is_within_a_third_of_a_per_cent() {
        for i in -4000..4000 {
            let x = f64::from(i) / 17.0;
            assert!((power_of_two(x) / libm::exp2(x) - 1.0).abs() < 1.0 / 300.0, "{x}");
        }
    }

    #[test]
    fn a_geometric_series_is_cut_where_its_next_term_meets_the_tolerance() {
        let mut pace = Pace::new(&1.0, Some(&1e-10)).unwrap();
        let order = pace.order();
        let h = pace.step(order, |k| libm::pow(0.25, -(k as f64))).unwrap();
        let next = libm::pow(h / 0.25, (order + 1) as f64);
        assert!((0.9..1.1).contains(&(next / 1e-10)), "{next}");
    }

    #[test]
    fn tolerances_outside_their_domain_are_named() {
        for tolerance in [0.0, f64::NAN, -1.0, 1e-17, 0.5] {
            let error = Pace::new(&1.0, Some(&tolerance)).unwrap_err();
            assert_eq!(error.parameter, "tolerance");
        }
    }
}
