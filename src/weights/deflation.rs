//! What a matrix of low rank has of full rank: `A = Q R P'` with column pivoting (`derivations/polar-factor.md`), R of as many rows as the rank.
//!
//! Then `polar(A) = Q polar(R) P'`, and R is wide and of full rank. Gradients of a few samples are such matrices.

use super::polar::rank_tolerance;
use crate::product::dense_product;
use nalgebra::DMatrix;

/// The parts of full rank of a matrix.
pub(super) struct Deflated {
    /// Orthonormal columns, as many as the rank.
    q: DMatrix<f64>,
    /// `R P'`: as many rows as the rank, columns in the matrix's own order.
    pub(super) full: DMatrix<f64>,
}

impl Deflated {
    /// Takes apart a tall matrix (at least as many rows as columns) whose rank is plainly smaller than its width; `None` where it is not:
    /// what is dropped is below the rank tolerance, and the last that is kept far above. The largest entry should be near 1.
    pub(super) fn new(mut a: DMatrix<f64>) -> Option<Self> {
        let (rows, columns) = a.shape();
        let mut order: Vec<usize> = (0..columns).collect();
        let mut rest: Vec<f64> = a.column_iter().map(|column| column.norm_squared()).collect();
        let mut reflections: Vec<(Vec<f64>, f64)> = Vec::new();
        let tolerance = rank_tolerance(rows, columns, rest.iter().fold(0.0_f64, |m, x| m.max(*x)).sqrt());
        loop {
            let k = reflections.len();
            // Lengths of what remains of the columns, from itself and not from differences.
            for j in k..columns {
                rest[j] = a.view((k, j), (rows - k, 1)).norm_squared();
            }
            if rest[k..].iter().sum::<f64>().sqrt() <= tolerance {
                break;
            }
            let longest = (k..columns).max_by(|i, j| rest[*i].total_cmp(&rest[*j]))?;
            if rest[longest].sqrt() <= PLAIN * tolerance {
                return None;
            }
            a.swap_columns(k, longest);
            order.swap(k, longest);
            rest.swap(k, longest);
            reflections.push(reflect(&mut a, k));
            if reflections.len() == columns {
                return None;
            }
        }
        let rank = reflections.len();
        let mut q = DMatrix::identity(rows, rank);
        for (k, (v, beta)) in reflections.iter().enumerate().rev() {
            for j in k..rank {
                apply(v, *beta, &mut q.column_mut(j).as_mut_slice()[k..]);
            }
        }
        let mut full = DMatrix::zeros(rank, columns);
        for (j, place) in order.into_iter().enumerate() {
            let known = rank.min(j + 1);
            full.view_mut((0, place), (known, 1)).copy_from(&a.view((0, j), (known, 1)));
        }
        Some(Self { q, full })
    }

    /// `Q X` for the polar factor X of [`Deflated::full`].
    pub(super) fn inflate(&self, factor: &DMatrix<f64>) -> DMatrix<f64> {
        dense_product(&self.q, factor)
    }
}

/// How far above the rank tolerance what is kept must be, to be plainly there.
const PLAIN: f64 = 1e3;

/// Reflects column k, from row k on, onto its first component, and all later columns with it: `I - beta v v'`.
fn reflect(a: &mut DMatrix<f64>, k: usize) -> (Vec<f64>, f64) {
    let mut v = a.column(k).as_slice()[k..].to_vec();
    let length = v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let image = if v[0] > 0.0 { -length } else { length };
    v[0] -= image;
    let beta = 2.0 / v.iter().map(|x| x * x).sum::<f64>();
    for j in k..a.ncols() {
        apply(&v, beta, &mut a.column_mut(j).as_mut_slice()[k..]);
    }
    (v, beta)
}

fn apply(v: &[f64], beta: f64, x: &mut [f64]) {
    let along = beta * v.iter().zip(x.iter()).map(|(v, x)| v * x).sum::<f64>();
    x.iter_mut().zip(v).for_each(|(x, v)| *x -= along * v);
}
