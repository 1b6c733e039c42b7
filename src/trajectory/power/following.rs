use super::crossing::Surroundings;
use super::field::{Field, Pull, shorter};
use super::point::Point;
use super::raised::Raised;
use crate::risk::manifold::{bracket, excess_energy};
use crate::scalar::Real;
use crate::trajectory::polynomial::evaluate;
use crate::trajectory::taylor::Digits;
use std::cmp::Ordering;
use std::f64::consts::{E, LN_2};

/// Steps of the slow motion on which coefficients follow their surfaces, at any precision: `derivations/spectral-powers.md`, `power-following`.
///
/// A follower's bracket is a known small function of its own velocity, `h_c = eta_c(y_c)`. With its rate `D_c = eta_c'` as if it were given, the flow is analytic and
/// not stiff, and has Taylor series; these give a better D. Each time the digits grow by log2 of how much faster the coefficient relaxes than it moves.
#[derive(Clone, Debug)]
pub(super) struct Following<T> {
    pub(super) followers: Vec<usize>,
    /// The unit of time of all series.
    pub(super) unit: T,
    pub(super) weight: Vec<Vec<T>>,
    pub(super) excess: Vec<Vec<T>>,
    pub(super) bracket: Vec<Vec<T>>,
    /// `w_j'`
    pub(super) velocity: Vec<Vec<T>>,
    /// Of a follower `w_c'` relative to that at the start and its 1/p-th power; of the others `g_j` and its p-th.
    pub(super) raised: Vec<Raised<T>>,
    /// `eta_c`, in the order of `followers`, and its derivative in units of time.
    pub(super) surface: Vec<Vec<T>>,
    pub(super) drift: Vec<Vec<T>>,
    /// Whose surfaces are nearer to zero than rounding can tell.
    pub(super) silent: Vec<bool>,
    /// The last step, if the one before was one.
    last: Option<T>,
    /// Relaxation times that a coefficient needs yet until it has settled on its surface.
    off: Vec<f64>,
    /// When that was.
    before: T,
    /// Steps since one began as far as the motion itself allows.
    grown: u32,
    /// Steps of another kind before this is tried again.
    patience: u32,
}

/// Relaxation times that a bit takes, or somewhat less.
const SETTLE: f64 = 0.6;

/// Relaxation times on a step, for each bit, from which on a coefficient counts as a follower.
const LEAST: f64 = 2.0;

/// Series that a step may cost for each bit: so many Taylor steps must it be worth.
const WORTH: f64 = 1.0 / 8.0;

/// Bits by which what a round says of surfaces may be worse than what it changed.
const DOUBT: f64 = 24.0;

/// Rounds that an iteration may need for each bit.
const ROUNDS: f64 = 1.0 / 4.0;

/// Steps of another kind after a failure: a coefficient that has not settled on its surface needs some.
const PATIENCE: u32 = 6;

impl<T: Real> Following<T> {
    pub(super) fn new(like: &T, groups: usize) -> Self {
        let empty = vec![Vec::new(); groups];
        Self {
            followers: Vec::new(),
            unit: like.int(1),
            weight: empty.clone(),
            excess: empty.clone(),
            bracket: empty.clone(),
            velocity: empty,
            raised: vec![Raised::new(); groups],
            surface: Vec::new(),
            drift: Vec::new(),
            silent: Vec::new(),
            last: None,
            off: vec![0.0; groups],
            before: like.int(0),
            grown: 0,
            patience: 0,
        }
    }

    /// A step, if that is worth more than steps in time; its length.
    pub(super) fn attempt(&mut self, around: &Surroundings<'_, T>, pulls: &[Pull<T>], time: &T) -> Option<T> {
        let elapsed = time.clone() - std::mem::replace(&mut self.before, time.clone());
        for (off, pull) in self.off.iter_mut().zip(pulls) {
            *off -= (elapsed.clone() * &pull.relaxation).to_f64();
        }
        if self.patience > 0 {
            self.patience -= 1;
            return None;
        }
        // now and then from as far as the motion itself allows: who did not follow by then may have settled
        self.grown = (self.grown + 1) % PATIENCE;
        let last = self.last.take().filter(|_| self.grown > 0);
        let length = self.step(around, pulls, last.as_ref());
        match &length {
            Some(_) => self.last = length.clone(),
            None => {
                self.patience = PATIENCE;
                self.grown = 0;
            }
        }
        let length = length?;
        Some(shorter(around.remaining.cloned(), length))
    }

    fn step(&mut self, around: &Surroundings<'_, T>, pulls: &[Pull<T>], last: Option<&T>) -> Option<T> {
        let &Surroundings { field, point, energy, pace, .. } = around;
        let mut alive: Vec<usize> = (0..point.groups()).filter(|&j| !point.is_dead(j) && self.off[j] <= 0.0).collect();
        let bits = -pace.magnitude();
        let fastest = alive.iter().fold(energy.int(0), |sum, &j| sum + &pulls[j].relaxation);
        if fastest == energy.int(0) {
            return None;
        }
        let order = (bits * LN_2 / 2.0) as usize + 6;
        let factor = |x: f64| T::from_f64(x, &energy.context());
        // what Taylor steps could do for the price, and what is left
        let least = factor(order as f64 / E * bits * WORTH) / &fastest;
        if around.remaining.is_some_and(|remaining| *remaining < least) {
            return None;
        }
        let scale = |j: usize| (point.weight(j).clone() / &pulls[j].speed).abs();
        let slow = alive.iter().map(|&j| scale(j)).filter(T::is_finite).fold(None, |a, b| Some(shorter(a, b)))?;
        let resolution = resolution(pulls, &alive);
        let mut h = shorter(last.map(|last| last.times(2)), slow.over(4));
        while h >= least {
            let follows = |&j: &usize| (pulls[j].relaxation.clone() * &h).to_f64() > bits * LEAST;
            self.followers = alive.iter().copied().filter(follows).collect();
            if self.followers.is_empty() {
                return None;
            }
            self.unit = h.clone();
            self.surface = vec![vec![energy.int(0); order + 1]; self.followers.len()];
            self.drift = self.surface.clone();
            let half = order / 2;
            let digits = Digits::to(-bits / 2.0, h.clone());
            self.sweep(field, point, half, energy, &digits);
            let reach = self.reach(field, point, energy, half, -bits / 2.0);
            let mut longest = shorter(field.room_beside(point, pulls, &self.followers), reach);
            longest = shorter(self.analytic(field, order, resolution), longest);
            if longest.times(10) < h.times(9) {
                h = longest;
                continue;
            }
            h = shorter(Some(longest), h);
            self.unit = h.clone();
            match self.settle(around, pulls, order) {
                Settling::Settled => {}
                Settling::Unsettled(c, off) => {
                    if let Some(off) = off {
                        self.off[c] = off * SETTLE;
                    }
                    alive.retain(|&j| pulls[j].relaxation > pulls[c].relaxation);
                    continue;
                }
            }
            let mut h = shorter(Some(h), self.reach(field, point, energy, order, -bits));
            while (0..point.groups()).any(|j| !point.is_dead(j) && self.weight_at(j, &h) <= h.int(0)) {
                h = h.over(2);
            }
            return (h >= least && self.holds(field, &h, resolution)).then_some(h);
        }
        None
    }

    /// How far the surfaces of followers are analytic, to `order`: they are not where a velocity is zero. A follower is *silent* as long as its surface is nearer to zero than
    /// rounding can tell; that bounds a step too.
    fn analytic(&mut self, field: &Field<T>, order: usize, resolution: f64) -> Option<T> {
        let mut clear: Option<T> = None;
        self.silent.clear();
        for &c in &self.followers {
            let v = &self.velocity[c];
            let distance = nearest_root(v);
            let size = field.bracket_of_speed(c, &self.weight[c][0], &v[0]).magnitude() - resolution;
            let silent = size < 0.0;
            self.silent.push(silent);
            let Some(x) = distance else { continue };
            let limit = if silent {
                // until it has grown back to that
                let share = T::from_f64(libm::exp2(-size * field.power.to_f64()), &x.context());
                let (ahead, away) = (x > x.int(0), x.abs());
                if ahead { away.clone() + away * share } else { away.clone() * share - away }
            } else {
                x.abs() * T::from_f64(libm::exp2(-size / order as f64), &x.context())
            };
            // a velocity of zero itself tells nothing; a limit beyond all numbers is none
            let limit = if x == x.int(0) { x } else { limit };
            if limit.is_finite() {
                clear = Some(shorter(clear, limit * &self.unit));
            }
        }
        clear
    }

    /// Whether there are numbers at the end, and those who were silent still are.
    fn holds(&self, field: &Field<T>, h: &T, resolution: f64) -> bool {
        let silent = self.followers.iter().zip(&self.silent).filter(|(_, silent)| **silent);
        let quiet = |c: usize| {
            let surface = field.bracket_of_speed(c, &self.weight_at(c, h), &self.speed_at(c, h));
            surface.magnitude() < resolution + 1.0
        };
        (0..self.weight.len()).all(|j| self.weight_at(j, h).is_finite()) && silent.into_iter().all(|(&c, _)| quiet(c))
    }

    /// Iterates until the surfaces stay.
    fn settle(&mut self, around: &Surroundings<'_, T>, pulls: &[Pull<T>], order: usize) -> Settling {
        let &Surroundings { field, point, energy, pace, .. } = around;
        let finest = pace.magnitude();
        let scale = energy.magnitude();
        let resolution = resolution(pulls, &self.followers);
        let e = point.excesses();
        let tau = excess_energy(&field.spectrum, &e);
        let actual: Vec<T> =
            self.followers.iter().map(|&c| bracket(&field.spectrum.variance()[c], &e[c], &tau)).collect();
        let by_speed = |a: &&usize, b: &&usize| {
            pulls[**a].relaxation.partial_cmp(&pulls[**b].relaxation).unwrap_or(Ordering::Equal)
        };
        let slowest = self.followers.iter().min_by(by_speed).copied().unwrap_or(0);
        let stiffness = (pulls[slowest].relaxation.clone() * &self.unit).magnitude();
        let mut errors = [scale, scale - stiffness];
        for round in 0.. {
            // relative to the scale
            let aim = (errors[1] - scale - stiffness - 8.0).max(finest);
            let digits = Digits::to(aim, self.unit.clone());
            self.sweep(field, point, order, energy, &digits);
            let changed = self.lift(field, order, energy, &digits);
            let settled = changed <= resolution && aim <= finest;
            let gain = (errors[0] - changed) / 2.0;
            if !settled && round > 0 && gain < (changed - resolution) / (-finest * ROUNDS) {
                return Settling::Unsettled(slowest, None);
            }
            errors = [errors[1], changed];
            let off = |i: &usize| (actual[*i].clone() - &self.surface[*i][0]).magnitude();
            let tolerance = if settled { resolution + 10.0 } else { changed.max(resolution) + DOUBT };
            if let Some(i) = (0..actual.len()).find(|i| off(i) > tolerance) {
                return Settling::Unsettled(self.followers[i], Some(off(&i) - resolution));
            }
            if settled {
                return Settling::Settled;
            }
        }
        Settling::Unsettled(slowest, None)
    }

    /// How far the series reach to `2^finest`, in time.
    fn reach(&self, field: &Field<T>, point: &Point<T>, energy: &T, order: usize, finest: f64) -> T {
        let mut log = f64::INFINITY;
        for k in [order - 1, order] {
            for j in (0..point.groups()).filter(|&j| !point.is_dead(j)) {
                let mut size = self.weight[j][k].magnitude() - point.weight(j).magnitude();
                if j == 0 && point.is_near() {
                    let scale = point.scale(0, energy, &field.spectrum.variance()[0]);
                    size = size.max(self.excess[0][k].magnitude() - scale.magnitude());
                }
                log = log.min(finest / (order + 1) as f64 - size / k as f64);
            }
            for surface in &self.surface {
                log = log.min(finest / (order + 1) as f64 - (surface[k].magnitude() - energy.magnitude()) / k as f64);
            }
        }
        T::from_f64(libm::exp2(log.clamp(-1000.0, 1000.0)), &energy.context()) * &self.unit
    }

    /// Coefficients at local time s on their surfaces, the signal's excess, and all `y_j`.
    pub(super) fn arrive(&self, field: &Field<T>, s: &T) -> (Vec<T>, T, Vec<T>) {
        let x = s.clone() / &self.unit;
        let q = field.spectrum.variance();
        let mut weights: Vec<T> = self.weight.iter().map(|w| evaluate(w, &x)).collect();
        let mut excess: Vec<T> = self.excess.iter().map(|e| evaluate(e, &x)).collect();
        let speeds = self.velocity.iter().map(|v| -evaluate(v, &x)).collect();
        // what rounding has made of the distance to the surfaces
        let tau = excess_energy(&field.spectrum, &excess);
        let surfaces = self.followers.iter().zip(&self.surface);
        let off: Vec<T> =
            surfaces.map(|(&c, surface)| bracket(&q[c], &excess[c], &tau) - &evaluate(surface, &x)).collect();
        let tau_off = self.energy_rate(field, x.int(0), off.iter());
        for (&c, off) in self.followers.iter().zip(off) {
            let change = (off - &tau_off) / &q[c].times(2);
            excess[c] = excess[c].clone() - &change;
            weights[c] = weights[c].clone() - &(change / weights[c].times(2));
        }
        (weights, excess.swap_remove(0), speeds)
    }

    pub(super) fn weight_at(&self, j: usize, s: &T) -> T {
        evaluate(&self.weight[j], &(s.clone() / &self.unit))
    }

    pub(super) fn excess_at(&self, j: usize, s: &T) -> T {
        evaluate(&self.excess[j], &(s.clone() / &self.unit))
    }

    /// The polynomials `w_j` and `e_j` in local time.
    pub(super) fn weight(&self, j: usize) -> Vec<T> {
        super::expansion::in_time(&self.weight[j], &self.unit)
    }

    pub(super) fn excess(&self, j: usize) -> Vec<T> {
        super::expansion::in_time(&self.excess[j], &self.unit)
    }

    /// `y_j` at local time s.
    pub(super) fn speed_at(&self, j: usize, s: &T) -> T {
        -evaluate(&self.velocity[j], &(s.clone() / &self.unit))
    }
}

/// What came of an iteration.
enum Settling {
    Settled,
    /// This coefficient is not on its surface, or too slow to be taken for one that is.
    Unsettled(usize, Option<f64>),
}

/// log2 of what rounding makes of the brackets, at least.
fn resolution<T: Real>(pulls: &[Pull<T>], of: &[usize]) -> f64 {
    of.iter().map(|&c| pulls[c].floor.magnitude() - 8.0).fold(f64::INFINITY, f64::min)
}

/// Where a series is zero next to its start, on either side and roughly.
fn nearest_root<T: Real>(series: &[T]) -> Option<T> {
    let mut x = -(series[0].clone() / &series[1]);
    for _ in 0..3 {
        if !x.is_finite() || x.abs() >= x.int(8) {
            return None;
        }
        let (mut value, mut slope) = (x.int(0), x.int(0));
        for c in series.iter().rev() {
            slope = slope * &x + &value;
            value = value * &x + c;
        }
        x = x.clone() - value / slope;
    }
    x.is_finite().then_some(x)
}

#[cfg(all(test, feature = "mpfr"))]
mod tests {
    use crate::scalar::{Mp, Precision, Real, Scalar};
    use crate::spectrum::Spectrum;
    use crate::trajectory::Flow;
    use crate::trajectory::power::PowerFlow;

    /// Bulk and spike one after the other and both at once, through a T of zero; the other method for the same is collocation.
    #[test]
    fn slow_steps_and_collocations_agree() {
        let bits = Precision::new(64).unwrap();
        let number = |text: &str| Mp::parse(text, &bits).unwrap();
        let spectrum = Spectrum::spiked(number("20"), 100).unwrap();
        let run = |by_series: bool| {
            let start = vec![number("1e-3"); 3];
            let mut flow = PowerFlow::new(&spectrum, &number("0.25"), &start).unwrap();
            if !by_series {
                flow.following.patience = u32::MAX;
            }
            let mut together = vec![false; 3];
            while flow.next_segment(Some(&number("0.5"))).is_ok() {
                together[flow.following.followers.len()] = true;
            }
            (flow.current().1, together)
        };
        let ((by_series, together), (by_collocation, none)) = (run(true), run(false));
        assert!(together[1] && together[2] && !none[1], "{together:?} {none:?}");
        for (w, other) in by_series.iter().zip(&by_collocation) {
            let off = ((w.clone() - other) / other).abs();
            assert!(off < Mp::epsilon(&bits).times(1 << 8), "{w} {other}");
        }
    }
}
