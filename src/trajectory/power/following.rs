use super::clock::{Clock, Course};
use super::crossing::Surroundings;
use super::curve::Curve;
use super::field::{Field, Pull, shorter};
use super::passage::Start;
use super::settling::{Settling, resolution};
use crate::risk::manifold::{bracket, excess_energy};
use crate::scalar::Real;
use crate::trajectory::polynomial::evaluate;
use crate::trajectory::taylor::Digits;
use std::f64::consts::{E, LN_2};

/// Steps of the slow motion on which coefficients follow their surfaces, at any precision: `derivations/spectral-powers.md`, `power-following`.
///
/// A follower's bracket is a known small function of its own velocity, `h_c = eta_c(y_c)`. With its rate `D_c = eta_c'` as if it were given, the flow is analytic and
/// not stiff, and has Taylor series; these give a better D. Each time the digits grow by log2 of how much faster the coefficient relaxes than it moves.
#[derive(Clone, Debug)]
pub(super) struct Following<T> {
    pub(super) followers: Vec<usize>,
    /// Time per unit of the parameter, or so.
    pub(super) unit: T,
    pub(super) curve: Curve<T>,
    /// `2 q_c e_c'`, in the order of `followers`.
    pub(super) own: Vec<Vec<T>>,
    /// `g_j` and `w_j'` at the start, of the others.
    pub(super) start: Vec<(T, T)>,
    /// `eta_c`, in the order of `followers`, and its derivative by time.
    pub(super) surface: Vec<Vec<T>>,
    pub(super) drift: Vec<Vec<T>>,
    /// Whose surfaces are nearer to zero than rounding can tell.
    pub(super) silent: Vec<bool>,
    pub(super) clock: Clock<T>,
    /// The coefficient whose velocity passes zero, where that is what the parameter tells; `None` where it is time.
    pub(super) passing: Option<Start<T>>,
    /// What its clock tells, all relative: its gradient and its velocity.
    pub(super) clock_series: [Vec<T>; 2],
    pub(super) clock_velocity: Vec<T>,
    /// Its velocity, at the start or at the unit of the parameter.
    pub(super) fastest: T,
    /// How fast everything moves, relative to itself.
    pub(super) rate: T,
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

/// Terms of a series of which little is wanted.
pub(super) const LEAST_ORDER: usize = 6;

/// Relaxation times that a bit takes, or somewhat less.
const SETTLE: f64 = 0.6;

/// Relaxation times on a step, for each bit, from which on a coefficient counts as a follower.
pub(super) const LEAST: f64 = 2.0;

/// Series that a step may cost for each bit: so many Taylor steps must it be worth.
const WORTH: f64 = 1.0 / 8.0;

/// By what a step is shorter after an iteration that goes nowhere.
const SHORTER: i64 = 8;

/// Steps of another kind after a failure: a coefficient that has not settled on its surface needs some.
const PATIENCE: u32 = 6;

impl<T: Real> Following<T> {
    pub(super) fn new(power: &T, groups: usize) -> Self {
        let zero = power.int(0);
        Self {
            followers: Vec::new(),
            unit: power.int(1),
            curve: Curve::new(power, groups),
            own: Vec::new(),
            start: vec![(zero.clone(), zero.clone()); groups],
            surface: Vec::new(),
            drift: Vec::new(),
            silent: Vec::new(),
            clock: Clock::new(power),
            passing: None,
            clock_series: [Vec::new(), Vec::new()],
            clock_velocity: Vec::new(),
            fastest: zero.clone(),
            rate: zero.clone(),
            last: None,
            off: vec![0.0; groups],
            before: zero,
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
        match around.remaining {
            Some(remaining) if *remaining < length => {
                self.curve.span = self.curve.at_time(remaining);
                Some(remaining.clone())
            }
            _ => Some(length),
        }
    }

    fn step(&mut self, around: &Surroundings<'_, T>, pulls: &[Pull<T>], last: Option<&T>) -> Option<T> {
        let &Surroundings { field, point, energy, pace, .. } = around;
        let mut pulls = pulls.to_vec();
        // another kind of step may have been between
        let rests = |start: &Start<T>| start.course == Course::From && pulls[start.coefficient].speed == energy.int(0);
        if let Some(start) = self.passing.take().filter(rests) {
            if let Some(length) = self.pass(around, &pulls, start, &energy.int(0)) {
                return Some(length);
            }
            // without velocity they relax at once
            for &c in &self.followers {
                pulls[c].relaxation = self.relaxation(around, &pulls[c], c);
            }
            self.passing = None;
        }
        let pulls = &pulls[..];
        let mut alive: Vec<usize> = (0..point.groups()).filter(|&j| !point.is_dead(j) && self.off[j] <= 0.0).collect();
        let bits = -pace.magnitude();
        let fastest = alive.iter().fold(energy.int(0), |sum, &j| sum + &pulls[j].relaxation);
        if fastest == energy.int(0) {
            return None;
        }
        let order = (bits * LN_2 / 2.0) as usize + LEAST_ORDER;
        let factor = |x: f64| T::from_f64(x, &energy.context());
        // what Taylor steps could do for the price, and what is left
        let least = factor(order as f64 / E * bits * WORTH) / &fastest;
        if around.remaining.is_some_and(|remaining| *remaining < least) {
            return None;
        }
        let scale = |j: usize| (point.weight(j).clone() / &pulls[j].speed).abs();
        let slow = alive.iter().map(|&j| scale(j)).filter(T::is_finite).fold(None, |a, b| Some(shorter(a, b)))?;
        let resolution = resolution(pulls, &alive);
        let one = energy.int(1);
        let relaxes = |j: usize, h: &T| (pulls[j].relaxation.clone() * h).to_f64();
        let mut off_before = None;
        let mut h = shorter(last.map(|last| last.times(2)), slow.over(4));
        while h >= least {
            self.followers = alive.iter().copied().filter(|&j| relaxes(j, &h) > bits * LEAST).collect();
            if self.followers.is_empty() {
                return None;
            }
            self.unit = h.clone();
            self.start_over(order);
            let half = order / 2;
            self.sweep(around, half, &Digits::to(-bits / 2.0, one.clone()))?;
            let reach = self.reach(around, (-bits / 2.0, 2)) * &h;
            let mut longest = shorter(field.room_beside(point, pulls, &self.followers), reach);
            if let Some((limit, c, ahead)) = self.analytic(around, order, resolution) {
                let limit = limit * &h;
                if limit < longest {
                    let course = if ahead { Course::Towards } else { Course::Away };
                    let start =
                        Start { coefficient: c, positive: pulls[c].speed > energy.int(0), course, size: one.clone() };
                    if let Some(length) = self.pass(around, pulls, start, &limit.times(2)) {
                        return Some(length);
                    }
                    self.passing = None;
                    self.start_over(order);
                    longest = limit;
                }
            }
            if longest.times(10) < h.times(9) {
                h = longest;
                continue;
            }
            h = shorter(Some(longest), h);
            self.unit = h.clone();
            match self.settle(around, pulls, order, &one) {
                Settling::Settled => {}
                // the iteration goes nowhere; the surface of one that has long settled need not be analytic as far as the motion
                Settling::Unsettled(c, None) if relaxes(c, &h) > bits * LEAST * SHORTER as f64 => {
                    h = h.over(SHORTER);
                    continue;
                }
                Settling::Unsettled(c, off) => {
                    if let Some(off) = off {
                        self.off[c] = off * SETTLE;
                        // how far a slower one is off is not known then
                        if let Some(slower) = off_before.replace(c) {
                            self.off[slower] = 0.0;
                        }
                    }
                    alive.retain(|&j| pulls[j].relaxation > pulls[c].relaxation);
                    continue;
                }
            }
            let x = shorter(Some(one.clone()), self.reach(around, (-bits, 2)));
            self.curve.span = self.curve.positive_until(point, x);
            let length = self.curve.elapsed_at(&self.curve.span);
            return (length >= least && self.holds(field, resolution)).then_some(length);
        }
        None
    }

    /// Surfaces of zero, up to `order`.
    pub(super) fn start_over(&mut self, order: usize) {
        self.surface = vec![vec![self.unit.int(0); order + 1]; self.followers.len()];
        self.drift = self.surface.clone();
    }

    /// How far the surfaces of followers are analytic, to `order`, and which is not beyond, where its velocity is zero, and whether that is ahead. A follower is *silent* as
    /// long as its surface is nearer to zero than rounding can tell; that bounds a step too.
    pub(super) fn analytic(
        &mut self,
        around: &Surroundings<'_, T>,
        order: usize,
        resolution: f64,
    ) -> Option<(T, usize, bool)> {
        let mut clear: Option<(T, usize, bool)> = None;
        self.silent.clear();
        for &c in &self.followers {
            let v = &self.curve.velocity[c];
            // with the one that passes zero all do
            let passes = self.passing.is_some();
            let size = around.field.bracket_of_speed(c, around.point.weight(c), &v[0]).magnitude() - resolution;
            let silent = size < 0.0 && !passes;
            self.silent.push(silent);
            let Some(x) = nearest_root(v).filter(|_| !passes) else { continue };
            let ahead = x > x.int(0);
            let limit = if silent {
                // until it has grown back to that
                let share = T::from_f64(libm::exp2(-size * around.field.power.to_f64()), &x.context());
                let away = x.abs();
                if ahead { away.clone() + away * share } else { away.clone() * share - away }
            } else {
                x.abs() * T::from_f64(libm::exp2(-size / order as f64), &x.context())
            };
            // a velocity of zero itself tells nothing; a limit beyond all numbers is none
            let limit = if x == x.int(0) { x } else { limit };
            if limit.is_finite() && clear.as_ref().is_none_or(|(least, ..)| limit < *least) {
                clear = Some((limit, c, ahead));
            }
        }
        clear
    }

    /// Whether there are numbers at the end, and those who were silent still are.
    pub(super) fn holds(&self, field: &Field<T>, resolution: f64) -> bool {
        let (curve, x) = (&self.curve, &self.curve.span);
        let silent = self.followers.iter().zip(&self.silent).filter(|(_, silent)| **silent);
        let quiet = |c: usize| {
            let surface = field.bracket_of_speed(c, &curve.weight_at(c, x), &curve.velocity_at(c, x));
            surface.magnitude() < resolution + 1.0
        };
        (0..curve.weight.len()).all(|j| curve.weight_at(j, x).is_finite()) && silent.into_iter().all(|(&c, _)| quiet(c))
    }

    /// How far the series reach to `2^finest`, as the last `window` terms predict.
    pub(super) fn reach(&self, around: &Surroundings<'_, T>, (finest, window): (f64, usize)) -> T {
        let &Surroundings { field, point, energy, .. } = around;
        let order = self.curve.weight[0].len() - 1;
        let mut log = self.curve.reach((field, point, energy), &self.rate, (finest, window)).unwrap_or(f64::INFINITY);
        for surface in &self.surface {
            for k in order - window.min(order)..=order {
                log = log.min(finest / (order + 1) as f64 - (surface[k].magnitude() - energy.magnitude()) / k as f64);
            }
        }
        T::from_f64(libm::exp2(log.clamp(-1000.0, 1000.0)), &energy.context())
    }

    /// The end of the step: coefficients on their surfaces, the signal's excess, and all `y_j`.
    pub(super) fn arrive(&mut self, field: &Field<T>) -> (Vec<T>, T, Vec<T>) {
        let (curve, x) = (&self.curve, &self.curve.span);
        let q = field.spectrum.variance();
        let groups = 0..q.len();
        let mut weights: Vec<T> = groups.clone().map(|j| curve.weight_at(j, x)).collect();
        let mut excess: Vec<T> = groups.clone().map(|j| curve.excess_at(j, x)).collect();
        let mut speeds: Vec<T> = groups.map(|j| -curve.velocity_at(j, x)).collect();
        // what rounding has made of the distance to the surfaces
        let tau = excess_energy(&field.spectrum, &excess);
        let surfaces = self.followers.iter().zip(&self.surface);
        let off: Vec<T> =
            surfaces.map(|(&c, surface)| bracket(&q[c], &excess[c], &tau) - &evaluate(surface, x)).collect();
        let tau_off = self.energy_rate(field, x.int(0), off.iter());
        for (&c, off) in self.followers.iter().zip(off) {
            let change = (off - &tau_off) / &q[c].times(2);
            excess[c] = excess[c].clone() - &change;
            weights[c] = weights[c].clone() - &(change / weights[c].times(2));
        }
        self.passing = self.beyond();
        if self.passing.is_some() {
            self.followers.iter().for_each(|&c| speeds[c] = x.int(0));
        }
        (weights, excess.swap_remove(0), speeds)
    }
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

    /// The spike passes its surface and throws the bulk off its own, which relaxes a hundred thousand times more slowly: the spike follows meanwhile, where series in time
    /// would take tens of thousands of steps.
    #[test]
    fn a_faster_coefficient_follows_while_a_slower_one_settles() {
        let run = |bits: u32| {
            let bits = Precision::new(bits).unwrap();
            let number = |text: &str| Mp::parse(text, &bits).unwrap();
            let spectrum = Spectrum::spiked(number("20"), 100).unwrap();
            let start = vec![number("1e-3"); 3];
            let mut flow = PowerFlow::new(&spectrum, &number("0.05"), &start).unwrap();
            while flow.next_segment(Some(&number("0.164"))).is_ok() {}
            (flow.steps(), flow.current().1)
        };
        let ((_, coarse), (steps, fine)) = (run(192), run(256));
        assert!(steps < 1000, "{steps}");
        for (digits, w) in crate::scalar::agreeing_digits(&coarse, &fine).into_iter().zip(fine) {
            assert!(digits > 54.0, "{digits} of {w}");
        }
    }
}
