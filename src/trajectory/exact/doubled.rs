//! Numbers of twice the precision, for sums to which terms are added and from which the very same terms are taken away.
//!
//! Error-free transformations (Dekker, Knuth): plain operations only, so that the bits do not depend on the machine.

use crate::scalar::Real;

/// The unevaluated sum `high + low`, `low` at most half a last place of `high`.
#[derive(Clone, Debug)]
pub(super) struct Doubled<T> {
    pub(super) high: T,
    pub(super) low: T,
}

impl<T: Real> Doubled<T> {
    pub(super) fn exactly(high: T) -> Self {
        Self { low: high.int(0), high }
    }

    /// `a + b`, exactly (Knuth).
    #[inline]
    pub(super) fn sum(a: &T, b: &T) -> Self {
        let high = a.clone() + b;
        let virtual_b = high.clone() - a;
        let low = (a.clone() - (high.clone() - &virtual_b)) + (b.clone() - virtual_b);
        Self { high, low }
    }

    /// `a + b` where `|a| >= |b|` or `a = 0`, exactly (Dekker).
    #[inline]
    fn ordered_sum(a: T, b: T) -> Self {
        let high = a.clone() + &b;
        let low = b - (high.clone() - a);
        Self { high, low }
    }

    #[inline]
    pub(super) fn plus(&self, other: &Self) -> Self {
        let high = Self::sum(&self.high, &other.high);
        let low = Self::sum(&self.low, &other.low);
        let carried = Self::ordered_sum(high.high, high.low + low.high);
        Self::ordered_sum(carried.high, carried.low + low.low)
    }

    #[inline]
    pub(super) fn minus(&self, other: &Self) -> Self {
        self.plus(&Self { high: -other.high.clone(), low: -other.low.clone() })
    }

    #[inline]
    pub(super) fn value(self) -> T {
        self.high + self.low
    }
}

/// Products, which need a constant that depends on the precision.
#[derive(Clone, Debug)]
pub(super) struct Products<T> {
    /// `2^ceil(p/2) + 1`, where p is the precision in bits (Veltkamp).
    splitter: T,
}

impl<T: Real> Products<T> {
    pub(super) fn of(like: &T) -> Self {
        let half = T::bits(&like.context()).div_ceil(2);
        let power = (0..half).fold(like.int(1), |power, _| power.times(2));
        Self { splitter: power + like.int(1) }
    }

    #[inline]
    fn split(&self, x: &T) -> (T, T) {
        let scaled = self.splitter.clone() * x;
        let high = scaled.clone() - (scaled - x);
        let low = x.clone() - &high;
        (high, low)
    }

    /// `x y`, exactly.
    #[inline]
    pub(super) fn exact(&self, x: &T, y: &T) -> Doubled<T> {
        let high = x.clone() * y;
        let ((xh, xl), (yh, yl)) = (self.split(x), self.split(y));
        let error = ((xh.clone() * &yh - &high) + xh * &yl + xl.clone() * yh) + xl * yl;
        Doubled { high, low: error }
    }

    /// `x y`.
    #[inline]
    pub(super) fn scaled(&self, x: &Doubled<T>, y: &T) -> Doubled<T> {
        let product = self.exact(&x.high, y);
        Doubled::ordered_sum(product.high, product.low + x.low.clone() * y)
    }

    /// `x^2`.
    #[inline]
    pub(super) fn squared(&self, x: &Doubled<T>) -> Doubled<T> {
        let product = self.exact(&x.high, &x.high);
        Doubled::ordered_sum(product.high, product.low + (x.high.clone() * &x.low).times(2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn products_are_exact(x in -1e3..1e3f64, y in -1e3..1e3f64) {
            let product = Products::of(&x).exact(&x, &y);
            prop_assert_eq!(product.low, x.mul_add(y, -(x * y)));
            prop_assert_eq!(product.high, x * y);
        }

        #[test]
        fn what_was_added_can_be_taken_away(terms in proptest::collection::vec(-1e3..1e3f64, 1..200), t in -1.0..1.0f64) {
            let products = Products::of(&t);
            let square = |x: &f64| products.scaled(&products.squared(&Doubled::sum(x, &t)), x);
            let mut sum = Doubled::exactly(t);
            for x in &terms {
                sum = sum.plus(&square(x));
            }
            for x in terms.iter().rev() {
                sum = sum.minus(&square(x));
            }
            // two units of 2^-104 of the largest partial sum, 200 x 4e9, for each of 400 additions
            prop_assert!((sum.value() - t).abs() <= 8e11 * 400.0 * 2.0 * 2f64.powi(-104) + t.abs() * f64::EPSILON);
        }
    }
}
