//! What comes to rest: coefficients at zero, everything at the optimum, and where what is held at zero need not stay there.

use super::field::Pull;
use super::flow::{Means, PowerFlow};
use super::segment::PowerSegment;
use crate::risk::manifold::{bracket, excess_energy};
use crate::scalar::Real;
use crate::trajectory::polynomial::add_product;
use crate::trajectory::roots::roots;
use crate::trajectory::{Segment, Stop};
use std::cmp::Ordering;

impl<T: Real> PowerFlow<T> {
    /// Holds at zero what reaches it within the resolution of time. What pulls on the rest, or the reason to stop.
    pub(super) fn settle(&mut self) -> Result<Vec<Pull<T>>, Stop<T>> {
        let time = self.time.value();
        let zero = time.int(0);
        let moment = T::epsilon(&time.context()) * &time * (time.int(1) - &self.field.power);
        let mut pulls = self.field.pulls(&self.point, self.speeds.as_deref());
        let epsilon = T::epsilon(&time.context());
        let dies = |j: &usize| {
            let (w, pull) = (self.point.weight(*j), &pulls[*j]);
            // the terms of its series are no longer numbers
            let below_numbers = w.clone() * &epsilon.square().square() == zero;
            pull.bracket > zero && *w > zero && (*w < moment.clone() * &pull.speed || below_numbers)
        };
        let dying: Vec<usize> = (0..pulls.len()).filter(dies).collect();
        if !dying.is_empty() {
            for j in dying {
                self.point.bury(j);
                if let Some(speeds) = &mut self.speeds {
                    speeds[j] = zero.clone();
                }
            }
            let alone = (1..pulls.len()).all(|j| self.point.is_dead(j));
            if alone {
                // what the signal settled against is gone
                self.speeds = None;
            }
            pulls = self.field.pulls(&self.point, self.speeds.as_deref());
        }
        let groups = pulls.len();
        let signal_speed = (pulls[0].speed.clone() * self.point.weight(0)).times(2).abs();
        let alone = (1..groups).all(|j| self.point.is_dead(j));
        // gradients are of the order of the cube of the coefficients, and no longer numbers
        let at_rest = (1..groups).all(|j| self.point.weight(j).square().square() == zero) && self.point.is_near();
        if at_rest && pulls[0].bracket.square() == zero || alone && self.point.excess(0).abs() < moment * signal_speed {
            return Err(Stop::Optimum { time });
        }
        let unstable = |&j: &usize| self.point.is_dead(j) && pulls[j].bracket < -pulls[j].floor.clone();
        match self
            .unstable
            .or_else(|| (0..groups).find(unstable))
            .and_then(|group| self.class.iter().position(|&class| class == group))
        {
            Some(coefficient) => Err(Stop::NonUnique { time, coefficient }),
            None => Ok(pulls),
        }
    }

    /// Ends the segment where the bracket of a coefficient that is held at zero turns negative: the solution is not unique from there on.
    pub(super) fn end_where_unstable(&mut self) {
        let (spectrum, groups) = (&self.field.spectrum, self.point.groups());
        let held: Vec<usize> = (0..groups).filter(|&j| self.point.is_dead(j)).collect();
        if held.is_empty() {
            return;
        }
        let at_end = |j| match self.means {
            Means::Series => self.expansion.excess_at(j, &self.length),
            Means::Collocation => self.collocation.excess_at(j, &self.length),
            Means::Following => self.following.curve.excess_at(j, &self.following.curve.span),
            Means::Crossing => self.crossing.curve.excess_at(j, &self.crossing.curve.span),
        };
        let end: Vec<T> = (0..groups).map(at_end).collect();
        let tau = excess_energy(spectrum, &end);
        let q = spectrum.variance();
        let mut found = Vec::new();
        for j in held {
            if bracket(&q[j], &end[j], &tau) >= tau.int(0) {
                continue;
            }
            let segment = PowerSegment::new(self, tau.int(0));
            let mut polynomial = Vec::new();
            for (k, weight) in spectrum.energy_weight().iter().enumerate() {
                let weight = if k == j { weight.clone() + &q[j].times(2) } else { weight.clone() };
                add_product(&mut polynomial, &segment.group_excess(k), &[weight]);
            }
            found.clear();
            roots(&polynomial, segment.span(), &mut found);
            if let Some(root) = found.iter().find(|root| root.after == Ordering::Less) {
                self.length = segment.time_of(&root.at);
                let (at, means) = (root.at.clone(), self.means);
                match means {
                    Means::Crossing => self.crossing.curve.span = at,
                    Means::Following => self.following.curve.span = at,
                    Means::Series | Means::Collocation => {}
                }
                self.unstable = Some(j);
            }
        }
    }
}
