use super::clock::{Clock, Course};
use super::curve::Curve;
use super::field::{Field, Pull, shorter};
use super::passage::{Motion, Start};
use super::point::Point;
use crate::scalar::Real;
use crate::trajectory::taylor::{Digits, Pace};
use std::cmp::Ordering;
use std::f64::consts::LN_2;

/// Steps past the point where the bracket of a coefficient crosses zero, in the parameter of a [`Clock`]: a few on either side where the power is a fraction of small
/// denominator, and else in proportion to the logarithm of the precision.
#[derive(Clone, Debug)]
pub(super) struct Crossing<T> {
    clock: Clock<T>,
    start: Option<Start<T>>,
    /// In the clock's parameter.
    pub(super) curve: Curve<T>,
    /// How far the next one is expected to reach.
    reach: T,
    /// The energy when `|h_c|` was what the point says: a clock keeps the rounding that was in it then.
    energy: T,
    /// The last coefficient for which this was no better than series in time, and its `|h_j|` then.
    refused: Option<(usize, T)>,
}

/// What steps need to know of the flow around.
pub(super) struct Surroundings<'a, T: Real> {
    pub(super) field: &'a Field<T>,
    pub(super) point: &'a Point<T>,
    /// `sum_j n_j q_j |e_j|`
    pub(super) energy: &'a T,
    pub(super) pace: &'a Pace<T>,
    /// Until the horizon.
    pub(super) remaining: Option<&'a T>,
}

/// By how much `log |h_c|` must change on a first step, and on every later one; on series in time, which stop short of the singularity, it is an eighth.
const ENTER: f64 = 0.25;
const LEAVE: f64 = 0.18;

/// The change expected of a first step.
const EXPECTED: f64 = 0.5;

/// Series in time are limited by a crossing if it is not further off than so many of their steps.
const STEPS_TO_CROSSING: i64 = 16;

impl<T: Real> Crossing<T> {
    pub(super) fn new(power: &T, groups: usize) -> Self {
        let zero = power.int(0);
        let clock = Clock::new(power);
        Self { clock, start: None, curve: Curve::new(&zero, groups), reach: zero.clone(), energy: zero, refused: None }
    }

    /// Keeps to the logarithm, whatever the power is.
    #[cfg(all(test, feature = "mpfr"))]
    pub(super) fn keep_to_logarithm(&mut self, power: &T) {
        self.clock = Clock::logarithmic(power);
    }

    /// Sign of `h_j` on the present step.
    pub(super) fn bracket_sign(&self, j: usize) -> Option<Ordering> {
        match &self.start {
            Some(start) if start.coefficient == j => {
                Some(if start.positive { Ordering::Greater } else { Ordering::Less })
            }
            _ => self.curve.bracket_sign(j),
        }
    }

    /// The first step towards the nearest crossing, if series in time, of which one would take `step`, are limited by it; its length.
    pub(super) fn begin(&mut self, around: &Surroundings<'_, T>, pulls: &[Pull<T>], step: &T) -> Option<T> {
        let (coefficient, time) = around.field.next_crossing(around.point, pulls)?;
        let size = pulls[coefficient].bracket.abs();
        let waits = |(j, before): &(usize, T)| *j == coefficient && size.times(2) > *before;
        if step.times(STEPS_TO_CROSSING) < time || self.refused.as_ref().is_some_and(waits) {
            return None;
        }
        let positive = pulls[coefficient].bracket > size.int(0);
        self.reach = self.clock.of_gain(EXPECTED, &size);
        self.energy.clone_from(around.energy);
        self.start = Some(Start { coefficient, positive, course: Course::Towards, size: size.clone() });
        let length = self.step(around, ENTER);
        self.refused = length.is_none().then_some((coefficient, size));
        length
    }

    /// The next step, if one is under way and series in time are no better yet; its length.
    pub(super) fn go_on(&mut self, around: &Surroundings<'_, T>) -> Option<T> {
        self.step(around, LEAVE)
    }

    fn step(&mut self, around: &Surroundings<'_, T>, least: f64) -> Option<T> {
        let mut start = self.start.take()?;
        let stale = start.course != Course::From && around.energy.times(2) < self.energy;
        if stale || around.point.is_dead(start.coefficient) {
            return None;
        }
        let motion = |start: &Start<T>| start.motion(around.field, around.point, around.energy);
        let mut moving = motion(&start)?;
        if self.clock.is_endless(start.course) && moving.depth(&start.size) > 2.0 - around.pace.magnitude() {
            // on the other side everything is where it is here
            (start.positive, start.course) = (!start.positive, Course::Away);
            moving = motion(&start)?;
        }
        let motion = moving;
        let natural = self.expand(around, &start, &motion)?;
        if self.clock.gain(start.course, &natural) < least {
            return None;
        }
        let length = self.curve.elapsed_at(&natural);
        self.reach = natural.clone();
        self.curve.span = match self.clock.crossing(start.course, &natural) {
            Some(crossing) if crossing < natural => crossing,
            _ => natural,
        };
        let length = if self.curve.span == self.reach { length } else { self.curve.elapsed_at(&self.curve.span) };
        if length <= length.int(0) {
            // a slope of the size of its rounding
            return None;
        }
        let pulls = around.field.pulls(around.point, None);
        let room = around.field.room_beside(around.point, &pulls, &[start.coefficient]);
        self.start = Some(start);
        match around.remaining.cloned().into_iter().chain(room).reduce(|a, b| shorter(Some(a), b)) {
            Some(limit) if limit < length => {
                self.curve.span = self.curve.at_time(&limit);
                Some(limit)
            }
            _ => Some(length),
        }
    }

    /// Makes the series; how far they reach.
    fn expand(&mut self, around: &Surroundings<'_, T>, start: &Start<T>, motion: &Motion<T>) -> Option<T> {
        let &Surroundings { field, point, energy, pace, .. } = around;
        let expected = Digits::after(Some(&self.reach), pace);
        let far = self.clock.size_at(start.course, &start.size, &self.reach.times(5).over(4));
        let depth = motion.depth(if far > start.size { &far } else { &start.size });
        let bits = (-pace.magnitude() - depth).max(0.0);
        let order = (bits * LN_2 / 2.0) as usize + LEAST_ORDER;
        let window = self.clock.gap(start.course);
        let order = order.max(2 * window);
        self.curve.pass(field, point, (start, motion, &self.clock), order, energy, (expected.as_ref(), depth));
        let reach = self.curve.reach((field, point, energy), &motion.rate, (pace.magnitude(), window))?;
        let reach = libm::exp2(reach.clamp(-1000.0, 1000.0)).min(self.clock.longest(order));
        let reach = T::from_f64(reach, &energy.context());
        let mut reach = Digits::bound(expected.as_ref(), Some(reach))?;
        let limit = self.clock.crossing(start.course, &reach).filter(|crossing| *crossing < reach);
        let end = limit.unwrap_or_else(|| reach.clone());
        let until = self.curve.positive_until(point, end.clone());
        if until < end {
            reach = until;
        }
        Some(reach)
    }

    /// Moves to the end of the present step: the coefficients there, and the signal's excess.
    pub(super) fn arrive(&mut self, groups: usize) -> (Vec<T>, T) {
        let x = self.curve.span.clone();
        let weights = (0..groups).map(|j| self.curve.weight_at(j, &x)).collect();
        if let Some(start) = &mut self.start {
            self.reach = self.clock.reach_from(start.course, &x, self.reach.clone());
            let size = self.clock.size_at(start.course, &start.size, &x);
            match start.course {
                Course::Towards if size == x.int(0) => {
                    start.positive = !start.positive;
                    start.course = Course::From;
                }
                Course::Towards => start.size = size,
                Course::From if size == x.int(0) => {}
                Course::From | Course::Away => (start.course, start.size) = (Course::Away, size),
            }
        }
        (weights, self.curve.excess_at(0, &x))
    }
}

/// Terms of a series of which little is wanted.
const LEAST_ORDER: usize = 12;

#[cfg(all(test, feature = "mpfr"))]
mod tests {
    use crate::scalar::{Mp, Precision, Real, Scalar};
    use crate::spectrum::Spectrum;
    use crate::trajectory::Flow;
    use crate::trajectory::power::PowerFlow;

    /// Two clocks, of which one passes in two steps what the other does in dozens; and wherever the flow is cut.
    #[test]
    fn by_root_and_by_logarithm_a_crossing_is_the_same() {
        let bits = Precision::new(192).unwrap();
        let number = |text: &str| Mp::parse(text, &bits).unwrap();
        let spectrum = Spectrum::spiked(number("20"), 100).unwrap();
        for (power, times) in
            [(number("0.5"), ["0.1859", "0.185956751", "0.19"]), (number("1").over(3), ["0.15", "0.1522", "0.16"])]
        {
            let run = |by_logarithm: bool, times: &[&str]| {
                let mut flow =
                    PowerFlow::new(&spectrum, &power, &[number("1e-3"), number("1e-3"), number("1e-3")]).unwrap();
                if by_logarithm {
                    flow.crossing.keep_to_logarithm(&power);
                }
                for time in times {
                    while flow.next_segment(Some(&number(time))).is_ok() {}
                }
                (flow.current().1, flow.steps())
            };
            let (by_root, few) = run(false, &times[2..]);
            let (by_logarithm, many) = run(true, &times[2..]);
            let (cut, _) = run(false, &times);
            assert!(few + 20 < many, "{few} and {many} steps");
            for (w, others) in by_root.iter().zip(by_logarithm.iter().zip(&cut)) {
                // an ulp a step
                let error = Mp::epsilon(&bits).times(1 << 7) * w;
                assert!((w.clone() - others.0).abs() < error && (w.clone() - others.1).abs() < error, "{w} {others:?}");
            }
        }
    }
    /// Both coefficients near one another and far above the optimum, to which brackets fall through sixteen decades: the difference of the two is one part in 2^53 at first.
    #[test]
    fn a_crossing_far_off_is_looked_at_again_and_again() {
        let end = |bits: u32| {
            let bits = Precision::new(bits).unwrap();
            let number = |text: &str| Mp::parse(text, &bits).unwrap();
            let spectrum = Spectrum::spiked(number("3"), 100).unwrap();
            let mut flow = PowerFlow::new(&spectrum, &number("0.5"), &vec![number("1e8"); 3]).unwrap();
            while flow.next_segment(Some(&number("0.3"))).is_ok() {}
            flow.current().1[0].to_string().parse::<f64>().unwrap()
        };
        // a difference grows by w^(1/2) or so, relative to w
        let (few, many) = (end(64), end(192));
        assert!((few - many).abs() < 1e-13 * many, "{few} {many}");
    }
}
