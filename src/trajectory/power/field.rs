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
    pub(super) inverse: T,
}

/// A series starts from brackets that are so many times as large as what their signs take.
const CERTAIN: i64 = 16;

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

impl<T: Real> Pull<T> {
    /// Whether the sign of the bracket is no more than rounding.
    pub(super) fn is_lost(&self) -> bool {
        self.bracket.abs() <= self.floor
    }
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

    /// Where the line `g + response y = z` meets the curve `g = sign(y) |y|^(1/p)`, for `response >= 0`.
    pub(super) fn on_curve(&self, response: &T, z: &T) -> T {
        let size = z.abs();
        let (steep, flat) = (size.pow(&self.power), size.clone() / response);
        // from above, where Newton's method for a convex function converges monotonically
        let mut y = if flat < steep { flat } else { steep };
        let mut change = y.clone();
        while change > T::epsilon(&z.context()) * &y {
            let (gradient, slope) = self.gradient_and_slope(&y);
            let better = y.clone() - (gradient + response.clone() * &y - &size) / (slope + response);
            let step = y.clone() - &better;
            if step >= change {
                break;
            }
            y = better;
            change = step;
        }
        odd(z, y)
    }

    /// `h_j` of a coefficient with the velocity `-speed`.
    pub(super) fn bracket_of_speed(&self, j: usize, w: &T, speed: &T) -> T {
        self.gradient_and_slope(speed).0 / (self.spectrum.variance()[j].clone() * w)
    }

    /// `(4 + 2 n_j) q_j w_j`: how fast `h_j` rises with `w_j`.
    pub(super) fn stiffness(&self, j: usize, w: &T) -> T {
        (self.spectrum.multiplicity()[j].times(2) + w.int(4)) * &self.spectrum.variance()[j] * w
    }

    /// How far a series may go: until a falling coefficient or a bracket would reach zero.
    pub(super) fn room(&self, point: &Point<T>, pulls: &[Pull<T>]) -> Option<T> {
        self.room_beside(point, pulls, &[])
    }

    /// The same, whatever the brackets of `others` do.
    pub(super) fn room_beside(&self, point: &Point<T>, pulls: &[Pull<T>], others: &[usize]) -> Option<T> {
        let slopes = self.bracket_slopes(point, pulls);
        let mut room = self.room_above_zero(point, pulls);
        for j in (0..pulls.len()).filter(|&j| !point.is_dead(j) && !others.contains(&j)) {
            let (pull, slope) = (&pulls[j], &slopes[j]);
            let zero = slope.int(0);
            // foreign motion drives it there; a coefficient that follows its surface is driven away and relaxes
            let own = self.stiffness(j, point.weight(j)) * &pull.speed;
            let drift = slope.clone() + &own;
            // nothing but its own motion, `h' = -s |q w h|^p`, which comes to rest: like a coefficient that falls to zero
            if drift.abs() <= own.abs().over(8) && own != zero {
                room = Some(shorter(room, (pull.bracket.clone() / &own).abs() * &self.share()));
            }
            let driven = pull.bracket > zero && drift < zero || pull.bracket < zero && drift > zero;
            if driven {
                room = Some(shorter(room, (pull.bracket.clone() / slope).abs()));
            }
        }
        room
    }

    /// In which part of the time `x/|x'|` a solution of `x' = -x^p` falls by a factor e^4; it is at rest after `1/(1 - p)` of it.
    fn share(&self) -> T {
        let rest = self.power.int(1) - &self.power;
        -rest.times(-4).exp_m1() / &rest
    }

    /// Until a falling coefficient would have fallen by a factor e^4 if its bracket stayed, and that is before it reaches zero: the polynomial of
    /// `w_j = ((1 - p) y (t_1 - t))^(1/(1 - p))` would go on beyond `t_1`, which is no solution.
    pub(super) fn room_above_zero(&self, point: &Point<T>, pulls: &[Pull<T>]) -> Option<T> {
        let share = self.share();
        let falling = (0..pulls.len()).filter(|&j| !point.is_dead(j) && pulls[j].speed > self.power.int(0));
        falling.fold(None, |room, j| Some(shorter(room, point.weight(j).clone() / &pulls[j].speed * &share)))
    }

    /// The coefficient whose bracket would be the first to reach zero at its present rate, and when.
    pub(super) fn next_crossing(&self, point: &Point<T>, pulls: &[Pull<T>]) -> Option<(usize, T)> {
        let slopes = self.bracket_slopes(point, pulls);
        let falls =
            |&j: &usize| !point.is_dead(j) && (pulls[j].bracket > slopes[j].int(0)) == (slopes[j] < slopes[j].int(0));
        let times = (0..pulls.len()).filter(falls).map(|j| (j, (pulls[j].bracket.clone() / &slopes[j]).abs()));
        times.filter(|(_, time)| time.is_finite()).reduce(|a, b| if b.1 < a.1 { b } else { a })
    }

    /// Whether the sign of a bracket is about to be lost in the rounding of the point.
    pub(super) fn lost(&self, point: &Point<T>) -> bool {
        let pulls = self.pulls(point, None);
        (0..pulls.len()).any(|j| !point.is_dead(j) && pulls[j].bracket.abs() <= pulls[j].floor.times(CERTAIN))
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

/// The smaller of the two.
pub(super) fn shorter<T: Real>(a: Option<T>, b: T) -> T {
    a.filter(|a| *a < b).unwrap_or(b)
}

/// `size` with the sign of `x`.
fn odd<T: Real>(x: &T, size: T) -> T {
    if x.sign() == Some(Ordering::Less) { -size } else { size }
}
