//! Amplification grows like `alpha^-(1 - 3/mu)`.

use super::super::Trial;
use super::super::limit::exponent;
use super::super::measured::{ACCURACY, Population};
use crate::descent::Method;

/// The exponent of the amplification in `1/alpha` is `top - factor/mu`, and the bounds (7) and (8) of the derivation hold.
pub(super) fn exponent_in_alpha(constants: &[f64], trial: &mut Trial) {
    let [top, factor] = constants else { unreachable!("two constants") };
    let rungs: Vec<f64> = [20, 40, 80, 120, 160, 200, 240, 280].map(|k| libm::pow(10.0, -f64::from(k))).to_vec();
    for (mu, dimension) in [(3.1_f64, 100_u64), (4.0, 3), (4.0, 100), (6.0, 10_000), (11.0, 100), (101.0, 100)] {
        let stated = top - factor / mu;
        let mut logs = Vec::new();
        let mut trouble = None;
        for &alpha in &rungs {
            match Population::spiked(mu - 1.0, dimension, alpha, Method::GradientDescent).amplification() {
                Ok(found) => {
                    let log = found.map(libm::log);
                    // (7), for every alpha; the accuracy of a logarithm of a number below 1e300.
                    let bound = stated * -libm::log(alpha * libm::sqrt(3.0 * mu));
                    if stated > 0.0 {
                        trial.at_most(
                            format!("log amplification, mu = {mu}, d = {dimension}, alpha = {alpha:e}"),
                            log,
                            bound + ACCURACY,
                        );
                    }
                    logs.push(0.5 * (found.lo + found.hi));
                }
                Err(reason) => trouble = Some(reason),
            }
        }
        let what = format!("exponent in 1/alpha, mu = {mu}, d = {dimension}, alpha = 1e-20 to 1e-280");
        let slope = match trouble {
            Some(reason) => Err(reason),
            None => {
                let inverse: Vec<f64> = rungs.iter().map(|a| 1.0 / a).collect();
                exponent(&inverse, &logs, ACCURACY)
            }
        };
        // The O(1) of the law is constant up to powers of alpha; at alpha <= 1e-20 what is left of it is rounding.
        trial.found(&what, slope, |trial, slope| trial.near(&what, slope, stated, 1e-6));
    }
}
