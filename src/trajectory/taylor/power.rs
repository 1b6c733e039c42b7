use super::compensated::Compensated;
use super::step::Pace;
use crate::risk::manifold::{bracket, excess, excess_energy};
use crate::scalar::{DomainError, Real};
use crate::spectrum::Spectrum;
use crate::trajectory::polynomial::evaluate;
use crate::trajectory::{Event, Flow, Segment, Stop};
use std::cmp::Ordering;

/// The flow of a spectral power, `w_j' = -sign(g_j) |g_j|^p`, 0 < p < 1, as a sequence of Taylor segments.
///
/// Between sign changes of the gradients the field is analytic. At a sign change it is continuous, with a singularity
/// `|s - s*|^p`: steps shrink towards it in proportion to the distance, until the rest of the way changes nothing at working
/// precision. Then the flow jumps to the mirror image on the other side, where `g_j` has the other sign: over an interval that is
/// symmetric about `s*` the velocity of coefficient j is odd to leading order, so `w_j` is unchanged, and the others move smoothly.
#[derive(Clone, Debug)]
pub struct PowerFlow<T: Real = f64> {
    spectrum: Spectrum<T>,
    power: T,
    pace: Pace<T>,
    w: Vec<T>,
    /// `e_0`, kept apart for its relative accuracy near the optimum.
    signal_excess: T,
    time: Compensated<T>,
    length: T,
    /// Taylor coefficients by group: of `w_j`, and of the excess `e_j`.
    weight_series: Vec<Vec<T>>,
    excess_series: Vec<Vec<T>>,
    steps: u64,
}

/// One step of a [`PowerFlow`], borrowed from it until the next.
#[derive(Debug)]
pub struct PowerSegment<'a, T: Real> {
    flow: &'a PowerFlow<T>,
    start: T,
}

/// Near the optimum the field of a power is stiffer than any explicit method can follow; this many steps say so.
const BUDGET: u64 = 200_000;

impl<T: Real> PowerFlow<T> {
    /// The flow of the power `power` from coefficients `start > 0`, signal first.
    ///
    /// # Errors
    /// A power outside (0, 1), a coefficient that is not positive and finite, or not one for every group.
    pub fn new(spectrum: &Spectrum<T>, power: &T, start: &[T]) -> Result<Self, DomainError> {
        let zero = power.int(0);
        if !(*power > zero && *power < zero.int(1)) {
            return Err(DomainError::new("power", power, "a number in (0, 1)"));
        }
        if start.len() != spectrum.groups() {
            return Err(DomainError::new("start", start.len(), format!("{} coefficients", spectrum.groups())));
        }
        if let Some(w) = start.iter().find(|w| !(w.is_finite() && **w > zero)) {
            return Err(DomainError::new("start", w, "finite coefficients > 0"));
        }
        Ok(Self {
            pace: Pace::new(&zero, None)?,
            power: power.clone(),
            w: start.to_vec(),
            signal_excess: excess(0, &start[0]),
            time: Compensated::new(zero.clone()),
            length: zero,
            weight_series: vec![Vec::new(); start.len()],
            excess_series: vec![Vec::new(); start.len()],
            steps: 0,
            spectrum: spectrum.clone(),
        })
    }

    /// Moves to the end of the present step.
    fn arrive(&mut self) {
        let s = self.length.clone();
        if s == s.int(0) {
            return;
        }
        let increment = |series: &[T]| series[1..].iter().rev().fold(s.int(0), |sum, c| (sum + c) * &s);
        self.signal_excess = self.signal_excess.clone() + increment(&self.excess_series[0]);
        for (w, series) in self.w.iter_mut().zip(&self.weight_series) {
            *w = w.clone() + increment(series);
        }
        let half = s.int(1).over(2);
        if self.signal_excess.abs() < half {
            self.w[0] = (s.int(1) + &self.signal_excess).sqrt();
        } else {
            self.signal_excess = excess(0, &self.w[0]);
        }
        self.time.add(&s);
        self.length = s.int(0);
    }

    /// Taylor coefficients at the present point, to `order`.
    fn expand(&mut self, order: usize) {
        let groups = self.w.len();
        let zero = self.power.int(0);
        let q = self.spectrum.variance();
        let (mut h, mut g, mut u) = (vec![Vec::new(); groups], vec![Vec::new(); groups], vec![Vec::<T>::new(); groups]);
        for j in 0..groups {
            self.weight_series[j].clear();
            self.weight_series[j].push(self.w[j].clone());
            self.excess_series[j].clear();
        }
        for k in 0..=order {
            let orders: Vec<T> = (0..groups)
                .map(|j| match (k, j) {
                    (0, 0) => self.signal_excess.clone(),
                    (0, _) => excess(j, &self.w[j]),
                    _ => T::convolve(&self.weight_series[j], &self.weight_series[j], k),
                })
                .collect();
            let tau = excess_energy(&self.spectrum, &orders);
            for j in 0..groups {
                h[j].push(bracket(&q[j], &orders[j], &tau));
                g[j].push(T::convolve(&h[j], &self.weight_series[j], k) * &q[j]);
                let value = self.power_coefficient(&g[j], &u[j], k);
                u[j].push(value);
                let sign = match g[j][0].sign() {
                    Some(Ordering::Greater) => -1,
                    Some(Ordering::Less) => 1,
                    Some(Ordering::Equal) | None => 0,
                };
                if k < order {
                    let next = if sign == 0 { zero.clone() } else { u[j][k].times(sign).over(k as i64 + 1) };
                    self.weight_series[j].push(next);
                }
                self.excess_series[j].push(orders[j].clone());
            }
        }
    }

    /// Coefficient k of `|g|^p`: from `u' g = p u g'`, `u_k = 1/(k g_0) sum_{i=1..k} (p i - k + i) g_i u_{k-i}`.
    fn power_coefficient(&self, g: &[T], u: &[T], k: usize) -> T {
        let zero = self.power.int(0);
        if k == 0 {
            return g[0].abs().pow(&self.power);
        }
        if g[0] == zero {
            return zero;
        }
        let mut sum = zero;
        for i in 1..=k {
            let factor = self.power.times(i as i64) - self.power.int((k - i) as i64);
            sum.add_prod(&(factor * &g[i]), &u[k - i]);
        }
        sum / g[0].times(k as i64)
    }

    /// The step over which the last two terms of every series are negligible beside its coefficient (the signal near 1: its excess).
    fn free_step(&mut self, order: usize) -> Option<T> {
        let floor = self.power.int(1).over(1 << 30);
        let excess = self.signal_excess.abs();
        let signal_size = if excess > floor { excess } else { floor };
        let (w, weights, excesses) = (&self.w, &self.weight_series, &self.excess_series);
        self.pace.step(order, |k| {
            let signal = excesses[0][k].abs() / &signal_size;
            let relative = weights.iter().zip(w).map(|(series, w)| series[k].abs() / w.abs());
            relative.fold(signal, |largest, term| if term > largest { term } else { largest })
        })
    }

    /// A coefficient whose gradient is about to change sign, so near that the way there and as far again is negligible: which, and
    /// how far the sign change is.
    fn sign_change(&self) -> Option<(usize, T)> {
        let q = self.spectrum.variance();
        let zero = self.power.int(0);
        let slope = |j: usize| self.excess_series[j][1].clone();
        let slopes: Vec<T> = (0..self.w.len()).map(slope).collect();
        let total = excess_energy(&self.spectrum, &slopes);
        for j in 0..self.w.len() {
            let orders: Vec<T> = (0..self.w.len()).map(|i| self.excess_series[i][0].clone()).collect();
            let h = bracket(&q[j], &orders[j], &excess_energy(&self.spectrum, &orders));
            // The own velocity of j vanishes at the sign change, so it does not count towards the slope there.
            let drift = total.clone() - self.spectrum.energy_weight()[j].clone() * &slopes[j];
            if h.sign() == Some(Ordering::Equal) || drift == zero {
                continue;
            }
            let distance = -(h.clone() / &drift);
            let near = T::epsilon(&zero.context()).sqrt().over(1 << 12);
            if distance > zero && distance < near && drift.abs() > h.abs() {
                return Some((j, distance));
            }
        }
        None
    }
}

impl<T: Real> Flow<T> for PowerFlow<T> {
    type Segment<'a> = PowerSegment<'a, T>;

    fn next_segment(&mut self, limit: Option<&T>) -> Result<PowerSegment<'_, T>, Stop<T>> {
        self.arrive();
        let zero = self.power.int(0);
        let time = self.time.value();
        let remaining = limit.map(|limit| limit.clone() - &time);
        if remaining.as_ref().is_some_and(|r| *r <= zero) {
            return Err(Stop::Horizon);
        }
        self.steps += 1;
        if self.steps > BUDGET {
            return Err(Stop::Budget { time, steps: BUDGET });
        }
        let order = self.pace.order();
        self.expand(order);
        let mut h = match self.free_step(order) {
            Some(h) => h,
            None => return Err(Stop::Optimum { time }),
        };
        if let Some((j, distance)) = self.sign_change() {
            // To the mirror image: two terms of the series are exact to working precision over so short a way.
            h = distance.times(2);
            for (i, series) in self.weight_series.iter_mut().enumerate() {
                series.truncate(if i == j { 1 } else { 2 });
            }
            for (i, series) in self.excess_series.iter_mut().enumerate() {
                series.truncate(if i == j { 1 } else { 2 });
            }
        }
        if let Some(remaining) = remaining
            && remaining < h
        {
            h = remaining;
        }
        if time.clone() + &h == time && h < T::epsilon(&zero.context()).square() {
            return Err(Stop::StepTooSmall {
                time,
                step: h,
                reason: "the field of this power is too stiff here".into(),
            });
        }
        self.length = h;
        Ok(PowerSegment { start: time, flow: self })
    }

    fn current(&self) -> (T, Vec<T>) {
        (self.time.value(), self.w.clone())
    }

    fn events(&self) -> Option<&[Event<T>]> {
        None
    }
}

impl<T: Real> Segment<T> for PowerSegment<'_, T> {
    fn start(&self) -> &T {
        &self.start
    }

    fn length(&self) -> &T {
        &self.flow.length
    }

    fn groups(&self) -> usize {
        self.flow.w.len()
    }

    fn coefficients_at(&self, s: &T) -> Vec<T> {
        self.flow.weight_series.iter().map(|series| evaluate(series, s)).collect()
    }

    fn excess(&self, j: usize) -> Vec<T> {
        self.flow.excess_series[j].clone()
    }
}
