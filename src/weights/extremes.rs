//! About how large the largest and the smallest singular value of a matrix are, from the upper half of its Gram matrix.

use crate::product::{Factor, Panels};
use pulp::Arch;

const WIDTH: usize = 24;
type Row = [f64; WIDTH];

/// Below this share of the largest, the Gram matrix does not know a singular value: its square must stay well above `n ulp(1)`.
pub(super) const RESOLVED: f64 = 1e-5;

/// Fractional parts of multiples of the golden ratio: numbers in [0, 1) without structure.
fn golden(i: usize) -> f64 {
    (i as f64 * 0.618_033_988_749_895).fract()
}

/// About the largest singular value of a matrix with this Gram matrix.
pub(super) fn largest_singular_value(gram: &Panels<f64>) -> f64 {
    spectral_norm(gram).sqrt()
}

/// About the largest absolute eigenvalue of a symmetric matrix: what the power method finds, with room for what it falls short by, and at
/// most what the row sums allow.
pub(super) fn spectral_norm(symmetric: &Panels<f64>) -> f64 {
    const ROUNDS: usize = 5;
    let n = symmetric.columns();
    let padded = |x: &dyn Fn(usize) -> f64| {
        let mut rows = vec![[0.0; WIDTH]; n.div_ceil(WIDTH)];
        (0..n).for_each(|i| rows[i / WIDTH][i % WIDTH] = x(i));
        rows
    };
    let bound = times(symmetric, &padded(&|_| 1.0), f64::abs).into_iter().fold(0.0, f64::max);
    // A start that is not orthogonal to anything in particular.
    let mut x = padded(&|i| 1.0 + 0.5 * golden(i));
    let mut found = 0.0;
    for _ in 0..ROUNDS {
        let y = times(symmetric, &x, |entry| entry);
        found = norm(&y) / norm(x.as_flattened());
        x = padded(&|i| y[i] / bound);
    }
    bound.min(1.2 * found)
}

/// The symmetric matrix of which `upper` is the upper half, its entries mapped by f, times x.
fn times(upper: &Panels<f64>, x: &[Row], f: impl Fn(f64) -> f64) -> Vec<f64> {
    let n = upper.columns();
    // Sums over 24 columns at a time, and what the entries above the diagonal give to the rows below it.
    let (mut across, mut down) = (vec![[0.0; WIDTH]; n], vec![[0.0; WIDTH]; x.len()]);
    Arch::new().dispatch(|| {
        for (p, x_p) in x.iter().enumerate() {
            let (above, block) = upper.panel(p)[..n.min((p + 1) * WIDTH)].split_at(p * WIDTH);
            let down = &mut down[p];
            for ((row, across), own) in above.iter().zip(&mut across).zip(x.as_flattened()) {
                for j in 0..WIDTH {
                    let entry = f(row[j]);
                    across[j] += entry * x_p[j];
                    down[j] += entry * own;
                }
            }
            // On the diagonal block: nothing of meaning below, and the diagonal itself counts once.
            for (k, (row, across)) in block.iter().zip(&mut across[p * WIDTH..]).enumerate() {
                across[k] += f(row[k]) * x_p[k];
                for j in k + 1..WIDTH {
                    let entry = f(row[j]);
                    across[j] += entry * x_p[j];
                    down[j] += entry * x_p[k];
                }
            }
        }
    });
    (0..n).map(|i| across[i].iter().sum::<f64>() + down[i / WIDTH][i % WIDTH]).collect()
}

fn norm(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// A little less than the smallest singular value, by inverse iteration with the Gram matrix's factor, for which `factor` is the space;
/// `None` where that is too small for the Gram matrix to know. The largest should be about 1.
pub(super) fn smallest_singular_value(gram: &Panels<f64>, factor: &mut Factor) -> Option<f64> {
    const ROUNDS: usize = 3;
    const STARTS: usize = 8;
    let n = gram.columns();
    if !factor.decompose(gram, 1.0, 0.0) {
        return None;
    }
    // A vector's worth of starts costs as much as one.
    let mut starts = Panels::from_fn(n.min(STARTS), n, |i, j| golden(i * n + j) - 0.5);
    let mut largest_inverse = 0.0_f64;
    for round in 0..ROUNDS {
        let before = squares_of_rows(&starts);
        factor.divide(&mut starts);
        for (after, before) in squares_of_rows(&starts).into_iter().zip(before) {
            largest_inverse = largest_inverse.max(after / before);
        }
        if round + 1 < ROUNDS {
            starts.scale(1.0 / largest_inverse.sqrt());
        }
    }
    // ||G^(-1) v||/||v|| of many v after some rounds falls short of 1/s^2 by a few per cent at most, where it counts.
    let smallest = 0.8 / largest_inverse.sqrt().sqrt();
    (smallest.is_finite() && smallest >= RESOLVED).then_some(smallest)
}

fn squares_of_rows(x: &Panels<f64>) -> Vec<f64> {
    let mut squares = vec![0.0; x.rows()];
    for p in 0..x.count() {
        for (square, row) in squares.iter_mut().zip(x.panel(p)) {
            *square += row.iter().map(|x| x * x).sum::<f64>();
        }
    }
    squares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::{Part, add_transposed_product};
    use nalgebra::DMatrix;

    #[test]
    fn estimates_are_near_the_singular_values_and_on_the_safe_side() {
        for (rows, n) in [(9, 8), (60, 24), (100, 75), (130, 130)] {
            let a = DMatrix::from_fn(rows, n, |i, j| golden(i * n + j + i * j) - 0.5);
            let x = Panels::from_dense(&a);
            let mut gram = Panels::zeros(n, n);
            add_transposed_product(&x, &x, Part::Upper, &mut gram);
            let values = a.singular_values();
            let largest = largest_singular_value(&gram) / values.max();
            assert!((0.95..1.3).contains(&largest), "{rows} x {n}: {largest}");
            gram.scale(1.0 / values.max().powi(2));
            let smallest = smallest_singular_value(&gram, &mut Factor::new(n));
            match smallest {
                Some(s) => assert!((0.75..1.05).contains(&(s * values.max() / values.min())), "{rows} x {n}"),
                None => assert!(values.min() < 2.0 * RESOLVED * values.max(), "{rows} x {n}"),
            }
        }
    }
}
