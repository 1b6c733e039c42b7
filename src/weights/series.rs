//! The last digits of a polar factor: `X (I - E)^(-1/2)` with `E = I - X'X` small, by the binomial series
//! (`derivations/polar-factor.md`, polar-series).

use crate::product::{Panels, multiply_rows, symmetric_product};

/// `(1 - e)^(-1/2) = 1 + A[0] e + A[1] e^2 + ...`
const A: [f64; 5] = [1.0 / 2.0, 3.0 / 8.0, 5.0 / 16.0, 35.0 / 128.0, 63.0 / 256.0];

/// The remainder's constant, for `||E|| <= 1/100`.
const REMAINDER: f64 = 1.03;

/// Makes the columns of X orthonormal to rounding by at most four terms, if so many are enough; else false, and X does not
/// change. `gram` is the upper half of `X'X`, and becomes rubbish; with false, it stays that up to a rounding. `mixture` is space as
/// large as that.
pub(super) fn finish(x: &mut Panels<f64>, gram: &mut Panels<f64>, mixture: &mut Panels<f64>) -> bool {
    let (rows, n) = (x.rows(), gram.columns());
    // A rounding: that of n sums of as many products as rows in each of n columns, no errors aligned. Half of it for the remainder.
    let enough = 2.0 * (rows as f64 * n as f64).sqrt() * f64::EPSILON;
    let e = distance_from_identity(gram);
    // Four terms are hopeless where e^5 is far too large, even if all of it is spread over many directions.
    if e.is_nan() || e > 0.01_f64.min(2.5 * libm::pow(enough, 0.2)) {
        return false;
    }
    from_identity(gram);
    gram.symmetrize();
    let remainder = |terms: usize, power: f64| 2.0 * REMAINDER * A[terms] * power;
    if remainder(1, e * e) <= enough {
        gram.scale(A[0]);
    } else {
        let mut square = Panels::upper_zeros(n);
        symmetric_product(gram, gram, &mut square);
        square.symmetrize();
        let u = norm(&square, 0.0);
        if remainder(2, u * e) > enough {
            // ||E^5||_F <= ||E^2||_F^2 ||E||, and ||E||^2 = ||E^2|| <= ||E^2||_F.
            if remainder(4, u * u * u.sqrt()) > enough {
                from_identity(gram);
                return false;
            }
            // E + (E^2 (A[2] E + A[3] E^2))/A[0]
            mixture.data_mut().copy_from_slice(gram.data());
            mixture.combine(A[2] / A[0], &square, A[3] / A[0]);
            let mut higher = Panels::upper_zeros(n);
            symmetric_product(&square, mixture, &mut higher);
            gram.combine(1.0, &higher, 1.0);
        }
        gram.combine(A[0], &square, A[1]);
        gram.symmetrize();
    }
    multiply_rows(x, [1.0, 1.0], gram);
    true
}

/// `G <- I - G`.
fn from_identity(gram: &mut Panels<f64>) {
    gram.scale(-1.0);
    gram.add_to_diagonal(1.0);
}

/// `||G - I||_F` from the upper half of G.
pub(super) fn distance_from_identity(gram: &Panels<f64>) -> f64 {
    norm(gram, 1.0)
}

/// `||G - shift I||_F` from the upper half of G.
fn norm(gram: &Panels<f64>, shift: f64) -> f64 {
    let n = gram.columns();
    let (mut above, mut on) = (0.0, 0.0);
    for p in 0..gram.count() {
        let first = p * 24;
        let panel = gram.panel(p);
        above += panel[..first].iter().map(|row| row.iter().map(|x| x * x).sum::<f64>()).sum::<f64>();
        for (k, row) in panel[first..n.min(first + 24)].iter().enumerate() {
            on += (row[k] - shift) * (row[k] - shift);
            above += row[k + 1..].iter().map(|x| x * x).sum::<f64>();
        }
    }
    (2.0 * above + on).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::{Part, transposed_product};
    use nalgebra::DMatrix;

    /// A matrix with orthonormal columns (sines), its columns scaled so that `X'X` is diagonal and as far from I as is asked.
    fn nearly_orthonormal(n: usize, spread: f64) -> (Panels<f64>, DMatrix<f64>) {
        let entry = |i: usize, j: usize| {
            let angle = std::f64::consts::PI * ((i + 1) * (j + 1)) as f64 / (n + 1) as f64;
            (2.0 / (n + 1) as f64).sqrt() * libm::sin(angle)
        };
        let orthonormal = DMatrix::from_fn(n, n, entry);
        let x = DMatrix::from_fn(n, n, |i, j| entry(i, j) * (1.0 - spread * (j + 1) as f64 / n as f64).sqrt());
        (Panels::from_dense(&x), orthonormal)
    }

    #[test]
    fn as_many_terms_as_needed_are_taken_and_the_result_is_orthonormal_to_rounding() {
        for n in [9, 40, 100] {
            for (spread, within_reach) in
                [(0.0, true), (1e-9, true), (1e-6, true), (1e-5, true), (1e-4, true), (0.1, false)]
            {
                let (mut x, orthonormal) = nearly_orthonormal(n, spread);
                let before = x.clone();
                let (mut gram, mut mixture) = (Panels::upper_zeros(n), Panels::upper_zeros(n));
                transposed_product(&x, &x, Part::Upper, &mut gram);
                let finished = finish(&mut x, &mut gram, &mut mixture);
                assert_eq!(finished, within_reach, "n = {n}, spread {spread}");
                if finished {
                    let error = (x.to_dense() - &orthonormal).norm();
                    assert!(error <= 8.0 * n as f64 * f64::EPSILON, "n = {n}, spread {spread}: {error:e}");
                } else {
                    assert_eq!(x, before);
                }
            }
        }
    }
}
