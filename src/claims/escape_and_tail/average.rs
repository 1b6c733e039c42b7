//! The uniform benchmark `S_d(tau) = 1/d sum_i exp(-16 l_i tau)`: its three regimes, with their remainders, in intervals.

use super::super::power_law::{gamma, powers, sum};
use super::super::{Enclosure, Trial};
use crate::scalar::Interval;

/// Where it is measured: regime, exponent, dimension, `x = (16 tau/H)^(1/a)`.
const PLACES: &[(u8, f64, usize, f64)] = &[
    (1, 2.0, 10_000, 0.03),
    (2, 2.0, 100_000, 300.0),
    (3, 2.0, 10_000, 2e5),
    (3, 1.5, 10_000, 5e5),
    (1, 1.5, 10_000, 0.01),
    (1, 4.0, 1000, 0.1),
    (2, 2.0, 1_000_000, 1000.0),
    (2, 1.5, 300_000, 300.0),
    (2, 4.0, 100_000, 2000.0),
    (3, 4.0, 1000, 4500.0),
    (3, 2.0, 1000, 1500.0),
];

/// Regimes one to three with the rate `k_0`, `Gamma(1 - k_1/a)` and `exp(-k_2 X)`.
pub(super) fn spectral_average(constants: &[f64], trial: &mut Trial) {
    let [rate, shift, speed] = constants else { unreachable!("three constants") };
    let number = Interval::point;
    for &(regime, a, d, x) in trial.first(PLACES, 3) {
        let decays = powers(a, d);
        let total = sum(&decays);
        let power = number(x).pow(number(a));
        // 16 tau = x^a H, the benchmark's own clock; the claim's is off by rate/16.
        let ratio = number(*rate / 16.0);
        let left: Vec<Interval> = decays.iter().map(|decay| -(-(power * *decay)).exp_m1()).collect();
        // d (1 - S_d), without cancellation.
        let gone = sum(&left);
        let dimension = number(d as f64);
        let at = format!("a = {a}, d = {d}, x = {x}");
        match regime {
            1 => {
                let rest = power * total * ratio - gone;
                let squares = sum(&decays.iter().map(|decay| decay.square()).collect::<Vec<_>>());
                let remainder = power.square() * squares * number(0.5);
                trial.positive(format!("first regime, {at}: d (S_d - 1) + 16 tau"), rest);
                trial.positive(format!("first regime, {at}: its bound over it"), remainder - rest);
            }
            2 => {
                // x scales with the 1/a-th power of the rate.
                let claimed =
                    gamma(Interval::ONE - number(*shift) / number(a)) * number(x) * ratio.pow(number(a).recip());
                let cut = power * dimension.pow(number(1.0 - a)) / number(a - 1.0);
                trial.positive(format!("second regime, {at}: Gamma(1 - 1/a) x over d (1 - S_d)"), claimed - gone);
                let short = gone - claimed + Interval::ONE + cut;
                trial.positive(format!("second regime, {at}: d (1 - S_d) over its lower bound"), short);
            }
            _ => {
                let own = power / dimension.pow(number(a));
                let stated = own * ratio * number(*speed);
                let terms: Vec<Interval> = decays.iter().map(|decay| (own * ratio - power * *decay).exp()).collect();
                // S_d e^X, then against the bounds of the same size.
                let scaled = sum(&terms) / dimension;
                let bound = (own * ratio - stated).exp();
                trial.positive(format!("third regime, {at}: e^-X over S_d, times e^X"), bound - scaled);
                let tail = dimension * -(-(number(a) * own / dimension)).exp_m1();
                let sharp = bound * tail.recip() - scaled;
                trial.positive(format!("third regime, {at}: e^-X/(d (1 - e^(-a X/d))) over S_d, times e^X"), sharp);
                let share = scaled * number(a) * own;
                trial.at_least(
                    format!("third regime, {at}: S_d a X e^X, which tends to 1"),
                    Enclosure::proof(share),
                    0.5,
                );
            }
        }
    }
}
