//! Gaussian moments of products of linear forms, exactly, in two ways.

use crate::instance::{Exact, ratio};
use nalgebra::{DMatrix, DVector};
use num_traits::{One, Zero};

/// `E[prod_i (l_i' x)]`, `x ~ N(0, Q)`: the sum over all perfect pairings of the product of `l_i' Q l_j` (Isserlis, Wick).
pub(crate) fn moment(forms: &[&DVector<Exact>], covariance: &DMatrix<Exact>) -> Exact {
    let n = forms.len();
    let pair = DMatrix::from_fn(n, n, |i, j| forms[i].dot(&(covariance * forms[j])));
    pairings(&(0..n).collect::<Vec<_>>(), &pair)
}

fn pairings(left: &[usize], pair: &DMatrix<Exact>) -> Exact {
    let Some((first, rest)) = left.split_first() else { return Exact::one() };
    let mut sum = Exact::zero();
    for (k, partner) in rest.iter().enumerate() {
        let mut others = rest.to_vec();
        others.remove(k);
        sum += &pair[(*first, *partner)] * pairings(&others, pair);
    }
    sum
}

/// The same from `x = B z`: multiply out in the independent `z_k`, whose even moments are `E[z^2n] = 1 3 5 ... (2n - 1)`.
fn moment_of_independent_normals(forms: &[&DVector<Exact>], factor: &DMatrix<Exact>) -> Exact {
    fn expand(forms: &[DVector<Exact>], coefficient: &Exact, powers: &mut [i64]) -> Exact {
        let Some((form, rest)) = forms.split_first() else {
            return powers.iter().fold(coefficient.clone(), |product, power| match power % 2 {
                0 => (1..*power).step_by(2).fold(product, |p, odd| p * ratio(odd, 1)),
                _ => Exact::zero(),
            });
        };
        let mut sum = Exact::zero();
        for k in 0..powers.len() {
            powers[k] += 1;
            sum += expand(rest, &(coefficient * &form[k]), powers);
            powers[k] -= 1;
        }
        sum
    }
    let forms: Vec<_> = forms.iter().map(|l| factor.transpose() * *l).collect();
    expand(&forms, &Exact::one(), &mut vec![0; factor.ncols()])
}

#[test]
fn pairings_give_the_moments_of_independent_normals() {
    for seed in 0..6 {
        let model = crate::instance::Instance::random(seed, 1 + (seed % 3) as usize, 8);
        let forms: Vec<_> = model.weights.column_iter().map(|l| l.clone_owned()).collect();
        for order in 0..=8 {
            let forms: Vec<_> = forms.iter().take(order).collect();
            assert_eq!(
                moment(&forms, &model.covariance),
                moment_of_independent_normals(&forms, &model.factor),
                "seed {seed}, order {order}"
            );
        }
    }
}

#[test]
fn the_eighth_moment_of_a_standard_normal_is_105() {
    let x = DVector::from_element(1, Exact::one());
    assert_eq!(moment(&[&x; 8], &DMatrix::from_element(1, 1, Exact::one())), ratio(105, 1));
}
