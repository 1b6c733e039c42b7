use crate::risk::manifold::{excess, population_risk};
use crate::scalar::Real;
use crate::spectrum::Spectrum;
use std::cmp::Ordering;

/// The excesses `e_j = w_j^2 - theta_j` of coefficients `w`, signal first.
pub fn excesses<T: Real>(w: &[T]) -> Vec<T> {
    w.iter().enumerate().map(|(j, w)| excess(j, w)).collect()
}

/// Population risk of coefficients `w`, quarter normalisation.
pub fn risk<T: Real>(spectrum: &Spectrum<T>, w: &[T]) -> T {
    population_risk(spectrum, &excesses(w))
}

/// Share of the weights' energy on the signal, `w_0^2 / sum_j n_j w_j^2`; computed on `w_j / max |w|`, so that it is right for
/// coefficients whose squares underflow. Zero weights have no alignment: `None`.
///
/// Enclosures are refined by `1/(1 + sum_{j > 0} n_j (w_j/w_0)^2)`, which has every coefficient once and so is the range.
pub fn alignment<T: Real>(spectrum: &Spectrum<T>, w: &[T]) -> Option<T> {
    let mut largest = w[0].abs();
    for w in &w[1..] {
        if w.abs() > largest {
            largest = w.abs();
        }
    }
    if largest.sign() == Some(Ordering::Equal) {
        return None;
    }
    let signal = (w[0].clone() / &largest).square();
    let (mut energy, mut others) = (signal.clone(), signal.int(1));
    for j in 1..w.len() {
        let n = &spectrum.multiplicity()[j];
        energy.add_prod(n, &(w[j].clone() / &largest).square());
        others.add_prod(n, &(w[j].clone() / &w[0]).square());
    }
    let share = signal / energy;
    Some(if w[0].sign().is_some_and(Ordering::is_ne) { share.refined_by(others.int(1) / others) } else { share })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alignment_does_not_depend_on_the_scale_of_the_weights() {
        let spectrum = Spectrum::spiked(20.0, 100).unwrap();
        let at = |scale: f64| alignment(&spectrum, &[0.5 * scale, 0.25 * scale, 0.125 * scale]).unwrap();
        assert_eq!(at(1.0), at(2f64.powi(-1000)));
        assert_eq!(at(1.0), 0.25 / (0.25 + 0.0625 + 98.0 / 64.0));
        assert_eq!(alignment(&spectrum, &[0.0; 3]), None);
    }
}
