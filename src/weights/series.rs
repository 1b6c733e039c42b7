//! The last digits of a polar factor: `X (I - E)^(-1/2)` with `E = I - X'X` small, by the binomial series
//! (`derivations/polar-factor.md`, polar-series).

use super::extremes::spectral_norm;
use crate::product::{Panels, multiply_rows, multiply_symmetric, symmetric_product};

/// `(1 - e)^(-1/2) = 1 + A[0] e + A[1] e^2 + ...`
const A: [f64; 7] = [1.0 / 2.0, 3.0 / 8.0, 5.0 / 16.0, 35.0 / 128.0, 63.0 / 256.0, 231.0 / 1024.0, 429.0 / 2048.0];

/// Four terms are the product of `e^2 + LEFT e` and `A[3] e^2 + RIGHT[0] e + RIGHT[1]`.
const LEFT: f64 = 1.233_178_780_471_598_5;
const RIGHT: [f64; 2] = [-0.024_697_322_785_202_714, 0.405_456_214_393_169_7];

/// Six terms, and something of the next two, are `v (v + LAST[0] u + LAST[1])` with `u = e^2 + FIRST e`, `v = u (SECOND[0] e^2 + SECOND[1] e + SECOND[2])`.
const FIRST: f64 = 1.842_953_581_285_112;
const SECOND: [f64; 3] = [0.142_848_330_019_082_8, 0.118_356_484_862_293_73, 0.261_497_861_066_325_3];
const LAST: [f64; 2] = [-0.399_543_818_105_747_5, 1.037_498_474_288_509];

/// Largest `||E||`, and the remainder's constant there.
const RADIUS: f64 = 1.0 / 20.0;
const REMAINDER: f64 = 2.17;

/// Makes the columns of X orthonormal to rounding by one, two, four or six terms, if so many are enough; else false, and X does not
/// change. `gram` is the upper half of `X'X`, and becomes rubbish; with false, it stays that up to a rounding. `square` is space as
/// large as that.
pub(super) fn finish(x: &mut Panels<f64>, gram: &mut Panels<f64>, square: &mut Panels<f64>) -> bool {
    let (rows, n) = (x.rows(), gram.columns() as f64);
    // A rounding: that of n sums of as many products as rows in each of n columns, no errors aligned. Half of it for the remainder.
    let enough = 2.0 * (rows as f64 * n).sqrt() * f64::EPSILON;
    // ||E^(k + 1)||_F <= ||E||_F ||E||^k.
    let suffice = |terms: usize, length: f64, norm: f64| {
        norm <= RADIUS && REMAINDER * A[terms] * length * libm::pow(norm, terms as f64) <= enough
    };
    // X by a factor: I - scale G is as short as possible, this short up to cancellation. All of it spread evenly over all directions?
    let (trace, length) = (trace(gram), distance(gram, 0.0));
    let scale = trace / (length * length);
    let length = (n - trace * scale).max(0.0).sqrt();
    if !suffice(6, length, length / n.sqrt()) {
        return false;
    }
    gram.scale(-scale);
    gram.add_to_diagonal(1.0);
    gram.symmetrize();
    let (length, norm) = (distance(gram, 0.0), spectral_norm(gram));
    let Some(terms) = [1, 2, 4, 6].into_iter().find(|terms| suffice(*terms, length, norm)) else {
        gram.add_to_diagonal(-1.0);
        gram.scale(-1.0 / scale);
        return false;
    };
    if terms > 1 {
        symmetric_product(gram, gram, square);
        square.symmetrize();
    }
    match terms {
        1 => gram.scale(A[0]),
        2 => gram.combine(A[0], square, A[1]),
        4 => {
            gram.mix(square, [[LEFT, 1.0], [RIGHT[0], A[3]]]);
            square.add_to_diagonal(RIGHT[1]);
            multiply_symmetric(gram, square);
        }
        _ => {
            gram.mix(square, [[FIRST, 1.0], [SECOND[1], SECOND[0]]]);
            square.add_to_diagonal(SECOND[2]);
            multiply_symmetric(gram, square);
            square.symmetrize();
            gram.combine(LAST[0], square, 1.0);
            gram.add_to_diagonal(LAST[1]);
            multiply_symmetric(gram, square);
        }
    }
    let series = if terms > 2 { square } else { gram };
    series.symmetrize();
    multiply_rows(x, [scale.sqrt(), scale.sqrt()], series);
    true
}

fn trace(gram: &Panels<f64>) -> f64 {
    (0..gram.columns()).map(|i| gram.get(i, i)).sum()
}

/// `||G - I||_F` from the upper half of G.
pub(super) fn distance_from_identity(gram: &Panels<f64>) -> f64 {
    distance(gram, 1.0)
}

/// `||G - shift I||_F` from the upper half of G.
fn distance(gram: &Panels<f64>, shift: f64) -> f64 {
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

    /// Coefficients of the product of two polynomials.
    fn product(p: &[f64], q: &[f64]) -> Vec<f64> {
        let mut product = vec![0.0; p.len() + q.len() - 1];
        for (i, p) in p.iter().enumerate() {
            for (j, q) in q.iter().enumerate() {
                product[i + j] += p * q;
            }
        }
        product
    }

    #[test]
    fn products_of_polynomials_are_the_series() {
        let close = |found: &[f64]| found.iter().zip(&A).all(|(found, a)| (found - a).abs() <= 4.0 * f64::EPSILON);
        let four = product(&[0.0, LEFT, 1.0], &[RIGHT[1], RIGHT[0], A[3]]);
        assert!(close(&four[1..5]) && four[0] == 0.0 && four.len() == 5, "{four:?}");
        let u = [0.0, FIRST, 1.0];
        let v = product(&u, &[SECOND[2], SECOND[1], SECOND[0]]);
        let mut last = v.clone();
        u.iter().zip(&mut last).for_each(|(u, last)| *last += LAST[0] * u);
        last[0] += LAST[1];
        let six = product(&v, &last);
        assert!(close(&six[1..7]) && six[0] == 0.0 && six.len() == 9, "{six:?}");
        // What there is of the next two terms is less than they are: the remainder is smaller for it.
        assert!(0.0 < six[7] && six[7] < A[6] && 0.0 < six[8] && six[8] < 6435.0 / 32768.0, "{six:?}");
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
