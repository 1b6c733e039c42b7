//! The precision ladder: the same computation at two precisions, and the digits on which they agree.
//!
//! Rounding errors scale with the precision. Where a result at p bits and one at more bits agree to k digits, the errors of
//! the coarser one are `10^-k`; agreement to nearly all digits says that nothing was lost, disagreement how much was. It is
//! evidence, not proof: an error that does not depend on the precision (a wrong formula, a truncated series) is not seen.

use super::Real;
use std::cmp::Ordering;

/// A computation's results at two precisions.
#[derive(Clone, Debug, PartialEq)]
pub struct Ladder<T: Real> {
    /// At the lower precision.
    pub coarse: Vec<T>,
    /// At the higher precision.
    pub fine: Vec<T>,
    /// Decimal digits on which they agree, value by value.
    pub digits: Vec<f64>,
}

impl<T: Real> Ladder<T> {
    /// The digits on which all values agree; NaN when there are none.
    pub fn certain_digits(&self) -> f64 {
        self.digits.iter().copied().fold(f64::NAN, f64::min)
    }
}

/// Runs `compute` at `coarse` and at `fine`, and compares.
///
/// # Errors
/// What `compute` returns; the number of values must not depend on the precision, else the surplus ones agree on no digit.
pub fn climb<T: Real, E>(
    coarse: &T::Context,
    fine: &T::Context,
    mut compute: impl FnMut(&T::Context) -> Result<Vec<T>, E>,
) -> Result<Ladder<T>, E> {
    let (coarse, fine) = (compute(coarse)?, compute(fine)?);
    let mut digits = agreeing_digits(&coarse, &fine);
    digits.resize(coarse.len().max(fine.len()), 0.0);
    Ok(Ladder { coarse, fine, digits })
}

/// Decimal digits on which the values agree, `-log10(|x - y|/|y|)` for `x` in `coarse` and `y` in `fine`: from 0 to all that
/// the precision of `x` holds; 0 where a value is not finite.
pub fn agreeing_digits<T: Real>(coarse: &[T], fine: &[T]) -> Vec<f64> {
    coarse.iter().zip(fine).map(|(x, y)| agreement(x, y)).collect()
}

fn agreement<T: Real>(x: &T, y: &T) -> f64 {
    let all = f64::from(T::bits(&x.context())) * std::f64::consts::LOG10_2;
    if !(x.is_finite() && y.is_finite()) {
        return 0.0;
    }
    // y on the left: its precision, the higher one, is that of the difference.
    let difference = (y.clone() - x).abs();
    match (difference.sign(), y.sign()) {
        (Some(Ordering::Equal), _) => all,
        (_, Some(Ordering::Equal) | None) => 0.0,
        // Through the logarithm: a ratio of 1e-1000 is not a double, its logarithm is.
        _ => (-(difference / y.abs()).ln().to_f64() * std::f64::consts::LOG10_E).clamp(0.0, all),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_agree_to_all_digits_and_others_to_those_they_share() {
        let digits = agreeing_digits(&[1.0, 3.0, 1.0, 0.0, f64::NAN, 1.0], &[1.0, 3.003, -1.0, 0.0, 1.0, 0.0]);
        let all = 53.0 * std::f64::consts::LOG10_2;
        assert_eq!((digits[0], digits[2], digits[3], digits[4], digits[5]), (all, 0.0, all, 0.0, 0.0));
        approx::assert_abs_diff_eq!(digits[1], 3.0 + 1.001_f64.log10(), epsilon = 1e-10); // -log10(0.003/3.003)
    }

    #[test]
    fn a_missing_value_agrees_on_nothing() {
        let mut lengths = [2, 3].into_iter();
        let ladder = climb(&(), &(), |()| Ok::<_, ()>(vec![1.0; lengths.next().unwrap()])).unwrap();
        assert_eq!((ladder.digits.len(), ladder.certain_digits()), (3, 0.0));
        assert!(climb(&(), &(), |()| Ok::<_, ()>(Vec::<f64>::new())).unwrap().certain_digits().is_nan());
    }

    /// `(1 + x) - 1` loses the digits of x below the precision: 10^-40 keeps 20 of 60 digits, exactly what is seen.
    #[cfg(feature = "mpfr")]
    #[test]
    fn the_ladder_shows_what_cancellation_cost() {
        use crate::scalar::{Mp, Precision, Scalar};
        let digits = |n| Precision::for_digits(n).unwrap();
        let ladder = climb(&digits(60), &digits(1000), |precision| {
            let x = Mp::parse("1e-40", precision)?;
            Ok::<_, crate::scalar::DomainError>(vec![(x.int(1) + &x) - x.int(1), x.sqrt()])
        })
        .unwrap();
        assert!((19.0..22.0).contains(&ladder.digits[0]), "{:?}", ladder.digits);
        assert!(ladder.digits[1] > 59.0 && ladder.certain_digits() == ladder.digits[0]);
    }
}
