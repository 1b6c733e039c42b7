//! Random instances for checks: spectra and exact numbers, from a trial's own randomness.

use crate::scalar::{Normals, Rational};
use crate::spectrum::{Group, Spectrum};

/// A signal of variance `q_0` and two to five other groups with log-normal variances, `spread` the deviation of their logarithm.
pub(super) fn spectrum(normals: &mut Normals, spread: f64) -> Spectrum {
    let mut positive = |spread: f64| libm::exp(spread * normals.next());
    let home = positive(0.5);
    let count = 2 + integer(normals, 3).unsigned_abs().min(3);
    let groups = (0..count)
        .map(|_| Group {
            variance: libm::exp(spread * normals.next()),
            multiplicity: 1 + integer(normals, 12).unsigned_abs(),
        })
        .collect();
    Spectrum::with_signal(home, groups).expect("positive variances and multiplicities")
}

/// An integer of size about `size`, either sign.
pub(super) fn integer(normals: &mut Normals, size: i64) -> i64 {
    libm::round(normals.next() * size as f64) as i64
}

/// A positive rational of size about one, with a small denominator.
pub(super) fn positive_rational(normals: &mut Normals) -> Rational {
    Rational::fraction(1 + integer(normals, 9).abs(), 1 + integer(normals, 9).abs())
}

/// An exact spectrum: signal and `others` groups.
pub(super) fn exact_spectrum(normals: &mut Normals, others: usize) -> Spectrum<Rational> {
    let home = positive_rational(normals);
    let groups = (0..others)
        .map(|_| Group { variance: positive_rational(normals), multiplicity: 1 + integer(normals, 9).unsigned_abs() })
        .collect();
    Spectrum::with_signal(home, groups).expect("positive variances and multiplicities")
}
