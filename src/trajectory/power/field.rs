use super::point::Point;
use crate::risk::manifold::{bracket, excess_energy};
use crate::scalar::Real;
use crate::spectrum::Spectrum;
use std::cmp::Ordering;

/// `w_j' = -y_j`, `y_j = sign(g_j) |g_j|^p`, and the same read backwards, `g_j = sign(y_j) |y_j|^(1/p)`.
#[derive(Clone, Debug)]
pub(super) struct Field<T: Real> {
    pub(super) spectrum: Spectrum<T>,
    pub(super) power: T,
    inverse: T,
}

/// What the field says of one coefficient at a point.
#[derive(Clone, Debug)]
pub(super) struct Pull<T> {
    /// `h_j`.
    pub(super) bracket: T,
    /// `y_j = -w_j'`.
    pub(super) speed: T,
    /// `-dw_j'/dw_j` by way of its own bracket: how fast the coefficient relaxes to its surface.
    pub(super) relaxation: T,
    /// What `h_j` must exceed for its sign to be certain: `2^8` ulps of the terms that it is a sum of.
    pub(super) floor: T,
}

impl<T: Real> Field<T> {
    pub(super) fn new(spectrum: &Spectrum<T>, power: &T) -> Self {
        Self { spectrum: spectrum.clone(), power: power.clone(), inverse: power.int(1) / power }
    }

    /// `sign(g) |g|^p`.
    pub(super) fn speed(&self, g: &T) -> T {
        odd(g, g.abs().pow(&self.power))
    }

    /// `sign(y) |y|^(1/p)` and its derivative.
    pub(super) fn gradient_and_slope(&self, y: &T) -> (T, T) {
        let size = y.abs();
        let zero = size.int(0);
        if size == zero {
            return (zero.clone(), zero);
        }
        let gradient = size.pow(&self.inverse);
        let slope = gradient.clone() * &self.inverse / &size;
        (odd(y, gradient), slope)
    }

    /// The gradient `q_j h_j w_j` for a bracket of size `size` and the sign of `sign`.
    pub(super) fn gradient(&self, j: usize, w: &T, size: &T, sign: &T) -> T {
        odd(sign, self.spectrum.variance()[j].clone() * w * size)
    }

    /// `h_j` of a coefficient with the velocity `-speed`.
    pub(super) fn bracket_of_speed(&self, j: usize, w: &T, speed: &T) -> T {
        self.gradient_and_slope(speed).0 / (self.spectrum.variance()[j].clone() * w)
    }

    /// `y_j = -w_j'` of a coefficient that stays on its surface while the excess energy rises at the rate `energy_slope`.
    pub(super) fn settled_speed(&self, point: &Point<T>, j: usize, energy_slope: &T) -> T {
        energy_slope.clone() / (self.spectrum.variance()[j].times(4) * point.weight(j))
    }

    /// `(4 + 2 n_j) q_j w_j`: how fast `h_j` rises with `w_j`.
    pub(super) fn stiffness(&self, j: usize, w: &T) -> T {
        (self.spectrum.multiplicity()[j].times(2) + w.int(4)) * &self.spectrum.variance()[j] * w
    }

    /// How far a step may go: until a falling coefficient would reach zero at its present speed (it falls ever slower, and takes `1/(1 - p)` times as
    /// long; the series of `(t_1 - t)^(1/(1 - p))` with an integer exponent would go on beyond `t_1`, which is no solution), and until a bracket would
    /// reach zero (which it approaches ever slower, too), unless it is `settled`.
    pub(super) fn room(&self, point: &Point<T>, pulls: &[Pull<T>], settled: &[bool]) -> Option<T> {
        let slopes = self.bracket_slopes(point, pulls);
        let mut room: Option<T> = None;
        for j in (0..pulls.len()).filter(|&j| !point.is_dead(j)) {
            let (pull, slope) = (&pulls[j], &slopes[j]);
            let zero = slope.int(0);
            if pull.speed > zero {
                room = shorter(room, point.weight(j).clone() / &pull.speed);
            }
            // foreign motion drives it there; a coefficient that follows its surface is driven away and relaxes
            let drift = slope.clone() + self.stiffness(j, point.weight(j)) * &pull.speed;
            let driven = pull.bracket > zero && drift < zero || pull.bracket < zero && drift > zero;
            if driven && !settled[j] {
                room = shorter(room, (pull.bracket.clone() / slope).abs());
            }
        }
        room
    }

    /// `h_j'`
    fn bracket_slopes(&self, point: &Point<T>, pulls: &[Pull<T>]) -> Vec<T> {
        let slopes: Vec<T> =
            pulls.iter().enumerate().map(|(j, pull)| (pull.speed.clone() * point.weight(j)).times(-2)).collect();
        let energy_slope = excess_energy(&self.spectrum, &slopes);
        let variance = self.spectrum.variance();
        slopes.iter().zip(variance).map(|(slope, q)| bracket(q, slope, &energy_slope)).collect()
    }

    /// The shortest time, rounded down to a power of two, in which a coefficient or a bracket would reach zero at its present rate; `None` at rest.
    pub(super) fn time_scale(&self, point: &Point<T>, pulls: &[Pull<T>]) -> Option<T> {
        let slopes = self.bracket_slopes(point, pulls);
        let mut shortest: Option<f64> = None;
        for j in (0..pulls.len()).filter(|&j| !point.is_dead(j)) {
            for (size, rate) in [(point.weight(j), &pulls[j].speed), (&pulls[j].bracket, &slopes[j])] {
                let zero = size.int(0);
                if *size != zero && *rate != zero {
                    let time = size.magnitude() - rate.magnitude();
                    shortest = Some(shortest.map_or(time, |shortest| shortest.min(time)));
                }
            }
        }
        let two = self.power.int(2);
        shortest.map(|log| two.pow(&two.int(log.floor() as i64)))
    }

    /// Which groups follow their surfaces: own motion relaxes to them quickly, and all but cancels what drives them away.
    pub(super) fn follow(&self, point: &Point<T>, pulls: &[Pull<T>]) -> Vec<bool> {
        let slopes = self.bracket_slopes(point, pulls);
        let follows = |j: usize| {
            let (pull, w) = (&pulls[j], point.weight(j));
            let own = self.stiffness(j, w) * &pull.speed;
            let drift = slopes[j].clone() + &own;
            let quick = pull.relaxation.clone() * w > pull.speed.abs().times(64);
            !point.is_dead(j) && quick && slopes[j].abs().times(4) < drift.abs()
        };
        (0..pulls.len()).map(follows).collect()
    }

    /// `tau'` when the groups in `settled` stay on their surfaces and `resting` does not move:
    /// `h_j' = 4 q_j w_j w_j' + tau' = 0` there, so `tau' (1 + 1/2 sum_{settled} n_j) = sum_{others} 2 n_j q_j w_j w_j'`.
    pub(super) fn energy_slope(
        &self,
        point: &Point<T>,
        pulls: &[Pull<T>],
        settled: &[bool],
        resting: Option<usize>,
    ) -> T {
        let mut drift = self.power.int(0);
        let mut settling = drift.int(2);
        for (j, pull) in pulls.iter().enumerate().filter(|(j, _)| Some(*j) != resting) {
            if settled[j] {
                settling = settling + &self.spectrum.multiplicity()[j];
            } else {
                drift.add_prod(&self.spectrum.energy_weight()[j], &(pull.speed.clone() * point.weight(j)));
            }
        }
        drift.times(-4) / settling
    }

    /// Everything about every coefficient at `point`; from the velocities `-speeds`, where they are known better than the point knows
    /// them.
    pub(super) fn pulls(&self, point: &Point<T>, speeds: Option<&[T]>) -> Vec<Pull<T>> {
        let (q, weight) = (self.spectrum.variance(), self.spectrum.energy_weight());
        let e = point.excesses();
        let tau = excess_energy(&self.spectrum, &e);
        let zero = tau.int(0);
        let mut size = zero.clone();
        for j in 0..q.len() {
            size.add_prod(&weight[j], &e[j].abs());
        }
        let rounding = T::epsilon(&tau.context()).times(1 << 8);
        let pull = |j: usize| {
            let w = point.weight(j);
            let reach = q[j].clone() * w;
            let (bracket, speed) = match speeds {
                Some(speeds) if !point.is_dead(j) => (self.bracket_of_speed(j, w, &speeds[j]), speeds[j].clone()),
                _ => {
                    let bracket = bracket(&q[j], &e[j], &tau);
                    let speed = self.speed(&(reach * &bracket));
                    (bracket, speed)
                }
            };
            let relaxation = if bracket == zero {
                zero.clone()
            } else {
                speed.clone() / &bracket * &self.power * self.stiffness(j, w)
            };
            let floor = (q[j].clone() * e[j].abs() + &size) * &rounding;
            Pull { bracket, speed, relaxation, floor }
        };
        (0..q.len()).map(pull).collect()
    }
}

fn shorter<T: Real>(a: Option<T>, b: T) -> Option<T> {
    Some(a.filter(|a| *a < b).unwrap_or(b))
}

/// `size` with the sign of `x`.
fn odd<T: Real>(x: &T, size: T) -> T {
    if x.sign() == Some(Ordering::Less) { -size } else { size }
}
