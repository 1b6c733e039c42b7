//! The last digits of a polar factor: `X (I - E)^(-1/2)` with `E = I - X'X` small, by the binomial series
//! (`derivations/polar-factor.md`, polar-series).

use crate::product::{Panels, multiply_rows, symmetric_product};

/// `(1 - e)^(-1/2) = 1 + A[0] e + A[1] e^2 + ...`
const A: [f64; 7] = [1.0 / 2.0, 3.0 / 8.0, 5.0 / 16.0, 35.0 / 128.0, 63.0 / 256.0, 231.0 / 1024.0, 429.0 / 2048.0];

/// Largest `||E||`, and the remainder's constant there.
const RADIUS: f64 = 1.0 / 20.0;
const REMAINDER: f64 = 2.17;

/// Makes the columns of X orthonormal to rounding by one, two, four or six terms, if so many are enough; else false, and X does not
/// change. `gram` is the upper half of `X'X`, and becomes rubbish; with false, it stays that up to a rounding. `square` is space as
/// large as that.
pub(super) fn finish(x: &mut Panels<f64>, gram: &mut Panels<f64>, square: &mut Panels<f64>) -> bool {
    let (rows, n) = (x.rows(), gram.columns());
    // A rounding: that of n sums of as many products as rows in each of n columns, no errors aligned. Half of it for the remainder.
    let enough = 2.0 * (rows as f64 * n as f64).sqrt() * f64::EPSILON;
    let suffices = |terms: usize, power: f64| REMAINDER * A[terms] * power <= enough;
    // ||E^7||_F <= ||E^3||_F^(7/3), ||E^5||_F <= ||E^2||_F^(5/2).
    let six_suffice = |cube: f64| cube <= RADIUS * RADIUS * RADIUS && suffices(6, libm::pow(cube, 7.0 / 3.0));
    let e = distance_from_identity(gram);
    // ||E^3||_F >= ||E^2||_F^2/||E||_F >= ||E||_F^3/n: all of it spread evenly over all directions.
    if !six_suffice(e * e * e / n as f64) {
        return false;
    }
    from_identity(gram);
    gram.symmetrize();
    if suffices(1, e * e) {
        gram.scale(A[0]);
    } else {
        symmetric_product(gram, gram, square, true);
        square.symmetrize();
        let u = norm(square, 0.0);
        if suffices(2, u * e) {
            gram.combine(A[0], square, A[1]);
        } else if suffices(4, u * u * u.sqrt()) {
            // A[0] E + A[1] E^2 + E^2 (A[2] E + A[3] E^2)
            let mut higher = gram.clone();
            higher.combine(A[2], square, A[3]);
            gram.combine(A[0], square, A[1]);
            symmetric_product(square, &higher, gram, false);
        } else {
            let mut cube = Panels::upper_zeros(n);
            if six_suffice(u * u / e) {
                symmetric_product(gram, square, &mut cube, true);
                cube.symmetrize();
            }
            if !six_suffice(u * u / e) || !six_suffice(norm(&cube, 0.0)) {
                from_identity(gram);
                return false;
            }
            // A[0] E + A[1] E^2 + A[2] E^3 + E^3 (A[3] E + A[4] E^2 + A[5] E^3)
            gram.mix(square, [[A[0], A[1]], [A[3], A[4]]]);
            gram.combine(1.0, &cube, A[2]);
            square.combine(1.0, &cube, A[5]);
            symmetric_product(&cube, square, gram, false);
        }
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
                [(0.0, true), (1e-9, true), (1e-6, true), (1e-5, true), (1e-4, true), (1e-3, true), (0.1, false)]
            {
                let (mut x, orthonormal) = nearly_orthonormal(n, spread);
                let before = x.clone();
                let (mut gram, mut square) = (Panels::upper_zeros(n), Panels::upper_zeros(n));
                transposed_product(&x, &x, Part::Upper, &mut gram);
                let finished = finish(&mut x, &mut gram, &mut square);
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
