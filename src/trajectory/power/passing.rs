//! Steps of the slow motion past a velocity of zero, in the parameter in which it is analytic there.

use super::clock::Course;
use super::crossing::Surroundings;
use super::field::{Pull, shorter};
use super::following::{Following, LEAST_ORDER};
use super::passage::Start;
use super::settling::{Settling, resolution};
use crate::scalar::Real;
use crate::trajectory::taylor::Digits;
use std::cmp::Ordering;
use std::f64::consts::LN_2;

/// Relaxation times on a step, for each bit.
const RELAXES: f64 = 8.0;

/// Times that a step is made shorter for it.
const TRIES: u32 = 40;

impl<T: Real> Following<T> {
    /// A step on the way of `start`, if it is longer than `least` or leads to the zero itself; its length.
    ///
    /// With the velocity a power of the parameter, `|y_c|^(1/p)` is one too.
    pub(super) fn pass(
        &mut self,
        around: &Surroundings<'_, T>,
        pulls: &[Pull<T>],
        start: Start<T>,
        least: &T,
    ) -> Option<T> {
        let &Surroundings { field, point, energy, pace, .. } = around;
        let (course, one, bits) = (start.course, energy.int(1), -pace.magnitude());
        let (gap, crossing) = (self.clock.gap(course), self.clock.crossing(course, &one));
        self.passing = Some(start);
        // what the start knows: by how much everything moves less than by itself
        self.clock_series = self.clock.series(course, &one, 1);
        self.start_over(1);
        self.sweep(around, 0, &Digits::to(-bits, one.clone()))?;
        let depth = self.depth();
        let order = |bits: f64| ((bits * LN_2 / 2.0).max(0.0) as usize + LEAST_ORDER).max(2 * gap);
        let (half, order) = (order(bits / 2.0 - depth), order(bits - depth));
        self.clock_series = self.clock.series(course, &one, order);
        self.start_over(order);
        let shorter_of = |a: T, b: T| shorter(Some(a), b);
        // a try without the surfaces
        let guess = crossing.clone().unwrap_or_else(|| one.clone());
        self.sweep(around, half, &Digits::to(-bits / 2.0, guess))?;
        let resolution = resolution(pulls, &self.followers);
        let longest = T::from_f64(self.clock.longest(order).min(f64::MAX), &energy.context());
        let mut x = shorter_of(longest, self.reach(around, (-bits / 2.0, gap)));
        if let Some((limit, ..)) = self.analytic(around, order, resolution) {
            x = shorter_of(limit, x);
        }
        self.curve.span = shorter(crossing.clone(), x);
        let room = field.room_beside(point, pulls, &self.followers);
        let mut x = room.map_or_else(|| self.curve.span.clone(), |room| self.curve.at_time(&room));
        let mut pulls = pulls.to_vec();
        for &c in &self.followers {
            pulls[c].relaxation = self.relaxation(around, &pulls[c], c);
        }
        let slowest =
            self.followers.iter().fold(None, |slowest, &c| Some(shorter(slowest, pulls[c].relaxation.clone())))?;
        let mut tries = 0..TRIES;
        let mut slower = self.slower(&field.power, &x)?;
        while (slowest.clone() * &slower * self.curve.elapsed_at(&x)).to_f64() <= bits * RELAXES {
            tries.next()?;
            x = x.times(3).over(4);
            slower = self.slower(&field.power, &x)?;
        }
        let is_worth = |x: &T, length: &T| length > least || crossing.as_ref() == Some(x);
        if !is_worth(&x, &self.curve.elapsed_at(&x)) {
            return None;
        }
        for &c in &self.followers {
            pulls[c].relaxation = pulls[c].relaxation.clone() * &slower;
        }
        let Settling::Settled = self.settle(around, &pulls, order, &x) else { return None };
        x = shorter_of(x, self.reach(around, (-bits, gap)));
        self.curve.span = self.curve.positive_until(point, x);
        let length = self.curve.elapsed_at(&self.curve.span);
        let goes = length > length.int(0) && is_worth(&self.curve.span, &length);
        (goes && self.holds(field, resolution)).then_some(length)
    }

    /// How fast a follower relaxes at the start; from where all velocities are zero, at those that the parameter 1 has.
    pub(super) fn relaxation(&self, around: &Surroundings<'_, T>, pull: &Pull<T>, c: usize) -> T {
        let &Surroundings { field, point, .. } = around;
        let still = self.still();
        if still == 0 {
            return pull.relaxation.clone();
        }
        let (w, speed) = (point.weight(c), self.curve.velocity[c][still].abs());
        let bracket = field.bracket_of_speed(c, w, &speed);
        speed / bracket * &field.power * field.stiffness(c, w)
    }

    /// By what factor it is slower up to x: the more the larger the velocity.
    fn slower(&self, power: &T, x: &T) -> Option<T> {
        let (start, one) = (self.passing.as_ref()?, x.int(1));
        let growth = self.clock.size_at(start.course, &one, x);
        Some(if growth > one { growth.pow(&(power.clone() - &one)) } else { one })
    }

    /// Whether the velocity of coefficient j passes zero at an end of the present step, if anywhere.
    pub(super) fn passes_zero(&self, j: usize) -> bool {
        self.passing.is_some() && self.followers.contains(&j)
    }

    /// Which way coefficient j moves at the end of the step.
    pub(super) fn heading(&self, j: usize) -> Option<Ordering> {
        let towards = self.passing.as_ref().is_some_and(|start| start.course == Course::Towards);
        if towards && self.followers.contains(&j) {
            return self.curve.velocity[j][0].sign();
        }
        self.curve.velocity_at(j, &self.curve.span).sign()
    }

    /// The way on from the end of the step, if that is the zero itself.
    pub(super) fn beyond(&self) -> Option<Start<T>> {
        let start = self.passing.as_ref()?;
        let crossing = self.clock.crossing(start.course, &self.unit)?;
        (self.curve.span == crossing).then(|| Start {
            positive: !start.positive,
            course: Course::From,
            ..start.clone()
        })
    }
}

#[cfg(all(test, feature = "mpfr"))]
mod tests {
    use crate::scalar::{Mp, Precision, Real, Scalar};
    use crate::spectrum::{Group, Spectrum};
    use crate::trajectory::Flow;
    use crate::trajectory::power::PowerFlow;
    use crate::trajectory::power::clock::{Clock, Course};

    /// Two clocks, and wherever the flow is cut; with one follower, and with two that pass together.
    #[test]
    fn by_root_and_by_logarithm_velocities_pass_zero_alike() {
        let bits = Precision::new(96).unwrap();
        let number = |text: &str| Mp::parse(text, &bits).unwrap();
        let spiked = Spectrum::spiked(number("20"), 100).unwrap();
        let group = |(variance, multiplicity): (&str, u64)| Group { variance: number(variance), multiplicity };
        let several = [("1.31", 100), ("2.54", 100), ("0.3", 10), ("1.08", 2), ("0.5", 10)].map(group);
        let several = Spectrum::from_groups(&several, 4).unwrap();
        for (spectrum, power, start, times, together) in [
            (&spiked, "0.3", "1e-3", ["0.383", "0.38305619951", "0.39"], 1),
            (&several, "0.2", "0.295", ["0.3541", "0.35420330043", "0.36"], 2),
        ] {
            let power = number(power);
            let run = |by_logarithm: bool, times: &[&str]| {
                let mut flow = PowerFlow::new(spectrum, &power, &vec![number(start); spectrum.groups()]).unwrap();
                if by_logarithm {
                    flow.following.clock = Clock::logarithmic(&power);
                }
                let (mut passed, mut from) = (0, false);
                for time in times {
                    while flow.next_segment(Some(&number(time))).is_ok() {
                        if let Some(start) = &flow.following.passing {
                            passed = passed.max(flow.following.followers.len());
                            from |= start.course == Course::From;
                        }
                    }
                }
                assert!(passed >= together && from != by_logarithm, "{passed} {from}");
                flow.current().1
            };
            let (by_root, by_logarithm, cut) = (run(false, &times[2..]), run(true, &times[2..]), run(false, &times));
            for (w, others) in by_root.iter().zip(by_logarithm.iter().zip(&cut)) {
                let error = Mp::epsilon(&bits).times(1 << 8) * w;
                assert!((w.clone() - others.0).abs() < error && (w.clone() - others.1).abs() < error, "{w} {others:?}");
            }
        }
    }
}
