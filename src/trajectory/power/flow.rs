use super::collocation::Collocation;
use super::crossing::{Crossing, Surroundings};
use super::curve::Curve;
use super::expansion::Expansion;
use super::field::{Field, Pull, shorter};
use super::following::Following;
use super::point::Point;
use super::segment::PowerSegment;
use crate::risk::manifold::population_risk;
use crate::scalar::{DomainError, Real};
use crate::spectrum::Spectrum;
use crate::trajectory::taylor::{Compensated, Digits, Pace};
use crate::trajectory::{Event, Flow, Stop};
use std::cmp::Ordering;

/// The flow of a spectral power, `w_j' = -sign(g_j) |g_j|^p`, 0 < p < 1, as a sequence of segments.
///
/// *Taylor* segments where the field is analytic and not stiff; *collocation* segments where a coefficient relaxes to its surface faster than
/// a Taylor step, and from where the sign of a bracket is about to be lost in rounding: there the field has a singularity `|s - s*|^p`,
/// towards which steps shrink until what they cannot resolve is below rounding, so that the next one leads across, and then grow
/// again. Beyond doubles, *crossing* segments instead where a bracket goes through zero with a slope, in a parameter in which there is no singularity, and *following* segments
/// where coefficients stay on their surfaces, by series of the slow motion. It makes
/// no difference how many coefficients are at their surfaces. A coefficient whose remaining time to zero is below the resolution of time is held at zero.
#[derive(Clone, Debug)]
pub struct PowerFlow<T: Real = f64> {
    pub(super) field: Field<T>,
    pub(super) point: Point<T>,
    /// The group of `field` to which each coefficient belongs: equal ones are one.
    pub(super) class: Vec<usize>,
    /// What the present segment is made by.
    pub(super) means: Means,
    pub(super) length: T,
    pub(super) expansion: Expansion<T>,
    pub(super) collocation: Collocation<T>,
    pub(super) crossing: Crossing<T>,
    pub(super) following: Following<T>,
    /// Which way each coefficient moved when that was last certain.
    pub(super) heading: Vec<Ordering>,
    /// Which way each moves at the end of a collocation, where that is certain.
    pub(super) ahead: Vec<Option<Ordering>>,
    pace: Pace<T>,
    /// The digits that matter in the next series; `None` where all do.
    digits: Option<Digits<T>>,
    pub(super) time: Compensated<T>,
    steps: u64,
    /// Population risk at the point, and the point before: the risk of a flow does not rise.
    risk: T,
    before: Point<T>,
    /// The step that the collocation goes on with; `None` where Taylor series do.
    next: Option<T>,
    /// `y_j` at the point, where the collocation knows it better than the point itself.
    pub(super) speeds: Option<Vec<T>>,
    /// A group that is held at zero, and whose bracket turns negative at the end of the present segment.
    pub(super) unstable: Option<usize>,
    /// Taylor steps before the collocation is tried again.
    patience: u32,
}

/// What a segment is made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    Series,
    Collocation,
    Crossing,
    Following,
}

/// Steps after which the flow gives up.
const BUDGET: u64 = 20_000;

/// Taylor steps of doubles between two tries of the collocation: these must not cost more than the steps.
const PATIENCE: i64 = 16;

/// Relaxation times in a Taylor step from which on it counts as stiff.
const STIFF: i64 = 3;

/// A collocation step costs about as much as this many Taylor steps of doubles: it solves systems, whose cost grows with the cube of the
/// number of stages, and they multiply series, whose cost grows with the square of the order. Both are proportional to the bits, as is the number of
/// iterations and of shorter tries.
const WORTH: i64 = 8;

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
        let (spectrum, start, class) = spectrum.merged(start);
        Ok(Self {
            field: Field::new(&spectrum, power),
            point: Point::new(&start),
            class,
            means: Means::Series,
            expansion: Expansion::new(start.len(), &zero),
            collocation: Collocation::new(&zero, start.len()),
            crossing: Crossing::new(power, start.len()),
            following: Following::new(power, start.len()),
            pace: Pace::new(&zero, None)?,
            digits: None,
            time: Compensated::new(zero.clone()),
            length: zero,
            steps: 0,
            heading: vec![Ordering::Equal; start.len()],
            ahead: vec![None; start.len()],
            next: None,
            speeds: None,
            unstable: None,
            risk: population_risk(&spectrum, &Point::new(&start).excesses()),
            before: Point::new(&start),
            patience: 0,
        })
    }

    /// The series of the present segment in a parameter, if it has one.
    pub(super) fn curve(&self) -> Option<&Curve<T>> {
        match self.means {
            Means::Crossing => Some(&self.crossing.curve),
            Means::Following => Some(&self.following.curve),
            Means::Series | Means::Collocation => None,
        }
    }

    /// Steps done since the start.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Moves to the end of the present segment, where the risk must not be larger: `R' = -sum_j n_j |g_j|^(1 + p)`. If it is, a
    /// coefficient has been taken to the wrong place near its surface, and what follows would be wrong.
    fn arrive(&mut self) -> Result<(), Stop<T>> {
        if self.length == self.length.int(0) {
            return Ok(());
        }
        self.heading = PowerSegment::new(self, self.time.value()).headings();
        let s = std::mem::replace(&mut self.length, self.field.power.int(0));
        self.before.clone_from(&self.point);
        let groups = 0..self.point.groups();
        self.speeds = None;
        match self.means {
            Means::Series => {
                let weights = groups.map(|j| self.expansion.weight_at(j, &s)).collect();
                self.point.arrive(weights, self.expansion.excess_at(0, &s));
            }
            Means::Crossing => {
                let (weights, excess) = self.crossing.arrive(groups.end);
                self.point.arrive(weights, excess);
                // by the time that series in time take over, a step of theirs is about as long
                self.digits = Digits::after(Some(&s), &self.pace);
            }
            Means::Following => {
                let (weights, excess, speeds) = self.following.arrive(&self.field);
                self.point.arrive(weights, excess);
                self.speeds = Some(speeds);
                self.digits = None;
            }
            Means::Collocation if self.unstable.is_some() => {
                let weights = groups.map(|j| self.collocation.weight_at(j, &s)).collect();
                self.point.arrive(weights, self.collocation.excess_at(0, &s));
            }
            Means::Collocation => {
                let (weights, excess) = self.collocation.end();
                self.point.arrive(weights, excess);
                self.speeds = Some(groups.map(|j| self.collocation.end_speed(j, self.point.weight(j))).collect());
                self.digits = None;
            }
        }
        let risk = population_risk(&self.field.spectrum, &self.point.excesses());
        let epsilon = T::epsilon(&s.context());
        let rounding = self.risk.clone() * epsilon.sqrt() + epsilon.square();
        if risk <= self.risk.clone() + rounding {
            self.risk = risk;
            self.time.add(&s);
            return Ok(());
        }
        self.point.clone_from(&self.before);
        let reason =
            "where a coefficient goes that is nearer to its surface than rounding can tell: the risk would rise";
        Err(Stop::Undecided { time: self.time.value(), reason: reason.into() })
    }

    /// Tries a collocation of length `h` or shorter ones, down to `shortest`.
    fn collocate(&mut self, h: T, shortest: &T) -> bool {
        let energy = self.energy();
        let mut h = h;
        while h >= *shortest && h > h.int(0) {
            let attempt = self.collocation.attempt(&self.field, &self.point, &energy, &h);
            let factor = |growth: f64| T::from_f64(growth, &h.context());
            match attempt {
                Some(attempt) if attempt.accepted => {
                    self.next = Some(h.clone() * factor(attempt.growth));
                    self.length = h;
                    self.means = Means::Collocation;
                    return true;
                }
                Some(attempt) => h = h.clone() * factor(attempt.growth),
                None => h = h.over(4),
            }
        }
        false
    }

    /// Taylor steps that cost as much as a collocation.
    fn worth(&self) -> i64 {
        let bits = i64::from(T::bits(&self.length.context()));
        WORTH * bits * bits / i64::from(f64::MANTISSA_DIGITS * f64::MANTISSA_DIGITS)
    }

    /// `sum_j n_j q_j |e_j|`
    fn energy(&self) -> T {
        let mut energy = self.length.int(0);
        for (j, weight) in self.field.spectrum.energy_weight().iter().enumerate() {
            energy.add_prod(weight, &self.point.excess(j).abs());
        }
        energy
    }

    /// A Taylor step or, where a coefficient relaxes within a fraction of it, rather a collocation. `None` at rest.
    fn step_freely(&mut self, pulls: &[Pull<T>], remaining: Option<&T>) -> Option<()> {
        let order = self.pace.order();
        let unit = self.field.time_scale(&self.point, pulls)?;
        let energy = self.energy();
        self.expansion.expand(&self.field, &self.point, order, unit, &energy, self.digits.as_ref());
        self.means = Means::Series;
        let (field, point, expansion) = (&self.field, &self.point, &self.expansion);
        let h = self.pace.step(order, |k| expansion.largest_term(field, point, &energy, k));
        let h = Some(h.unwrap_or_else(|| energy.int(1)) * expansion.unit());
        let next = Digits::after(h.as_ref(), &self.pace);
        let h = Digits::bound(self.digits.as_ref(), h)?;
        if self.worth() > WORTH && self.cross(remaining, |crossing, around| crossing.begin(around, pulls, &h)) {
            return Some(());
        }
        self.digits = next;
        let h = shorter(self.field.room(&self.point, pulls), h);
        let last = remaining.is_some_and(|remaining| *remaining <= h);
        self.patience = self.patience.saturating_sub(1);
        // beyond doubles collocations cost so much that they cannot pay off where the field itself changes sooner
        let pays = self.worth() == WORTH || h.times(self.worth()) <= *self.expansion.unit();
        let stiff = pays && relaxation(pulls) * &h > h.int(STIFF);
        if stiff && self.patience == 0 && !last {
            let worth = h.times(self.worth());
            self.collocation.guess_constant(&self.point, pulls);
            if self.collocate(shorter(remaining.cloned(), worth.times(4)), &worth) {
                return Some(());
            }
            self.patience = (PATIENCE * self.worth() / WORTH) as u32;
        }
        let mut h = shorter(remaining.cloned(), h);
        let leaves = |j: usize, h: &T| self.expansion.weight_at(j, h) <= h.int(0) || !self.expansion.moves_on(j, h);
        while (0..pulls.len()).any(|j| !self.point.is_dead(j) && leaves(j, &h)) {
            h = h.over(2);
        }
        self.length = h;
        Some(())
    }

    /// A step of the slow motion, where coefficients follow their surfaces.
    fn follow(&mut self, pulls: &[Pull<T>], remaining: Option<&T>, shortest: &T) -> bool {
        if self.worth() <= WORTH {
            return false;
        }
        let (field, point, pace, energy) = (&self.field, &self.point, &self.pace, &self.energy());
        let around = Surroundings { field, point, energy, pace, remaining };
        let length = self.following.attempt(&around, pulls, &self.time.value());
        let Some(length) = length.filter(|length| length > shortest) else { return false };
        self.length = length;
        self.means = Means::Following;
        self.next = None;
        true
    }

    /// A step by a crossing, if it is time for one.
    fn cross(
        &mut self,
        remaining: Option<&T>,
        step: impl FnOnce(&mut Crossing<T>, &Surroundings<'_, T>) -> Option<T>,
    ) -> bool {
        let (field, point, pace, energy) = (&self.field, &self.point, &self.pace, &self.energy());
        let around = Surroundings { field, point, energy, pace, remaining };
        let Some(length) = step(&mut self.crossing, &around) else { return false };
        self.length = length;
        self.means = Means::Crossing;
        true
    }

    /// A collocation where the sign of a bracket is `lost`, or after a collocation as long as that is worth its while; leaves the length at zero if not.
    fn step_on(&mut self, pulls: &[Pull<T>], lost: bool, remaining: Option<&T>, shortest: &T) {
        let h = match self.next.take() {
            Some(h) => h,
            None if lost => {
                self.collocation.guess_constant(&self.point, pulls);
                self.field.time_scale(&self.point, pulls).unwrap_or_else(|| self.length.int(1))
            }
            None => return,
        };
        let natural = shorter(self.field.room_above_zero(&self.point, pulls), h);
        let h = shorter(remaining.cloned(), natural.clone());
        if !lost && self.worth() > WORTH && self.cross(remaining, |crossing, around| crossing.begin(around, pulls, &h))
        {
            return;
        }
        // a Taylor step is about STIFF/relaxation
        let relaxation = relaxation(pulls);
        let taylor = if relaxation == h.int(0) { None } else { Some(h.int(STIFF) / relaxation) };
        if !lost && self.worth() > WORTH {
            // nor is it longer than an eighth of the way to where a bracket is zero, or was
            let scale = self.field.time_scale(&self.point, pulls).map(|scale| scale.over(8));
            let reach = scale.map(|scale| shorter(taylor.clone(), scale));
            if reach.is_some_and(|reach| reach.times(self.worth()) > h) {
                return;
            }
        }
        let worth = match taylor {
            Some(taylor) if !lost => taylor.times(WORTH),
            _ => shortest.clone(),
        };
        let worth = if worth > h { h.clone() } else { worth };
        if self.collocate(h.clone(), &worth) && self.length == h && natural > h {
            // it was cut short by the horizon only
            self.next = Some(natural);
        }
    }
}

/// A bound of the fastest relaxation: coefficients push each other to their surfaces by way of the excess energy.
fn relaxation<T: Real>(pulls: &[Pull<T>]) -> T {
    pulls.iter().fold(pulls[0].speed.int(0), |sum, pull| sum + &pull.relaxation)
}

impl<T: Real> Flow<T> for PowerFlow<T> {
    type Segment<'a> = PowerSegment<'a, T>;

    fn next_segment(&mut self, limit: Option<&T>) -> Result<PowerSegment<'_, T>, Stop<T>> {
        self.arrive()?;
        let zero = self.length.int(0);
        let remaining = limit.map(|limit| (limit.clone() - &self.time.high) - &self.time.low);
        if remaining.as_ref().is_some_and(|r| *r <= zero) {
            return Err(Stop::Horizon);
        }
        let time = self.time.value();
        self.steps += 1;
        if self.steps > BUDGET {
            return Err(Stop::Budget { time, steps: BUDGET });
        }
        if !self.energy().is_finite() {
            let size = self.point.weights().iter().map(Real::abs).fold(zero, |a, b| if b > a { b } else { a });
            return Err(Stop::Diverged { time, size });
        }
        let pulls = self.settle()?;
        let shortest = time.clone() * T::epsilon(&zero.context()).square();
        let on = self.cross(remaining.as_ref(), |crossing, around| crossing.go_on(around));
        let lost = !on && self.field.lost(&self.point);
        let on = on || self.follow(&pulls, remaining.as_ref(), &shortest);
        if !on {
            self.step_on(&pulls, lost, remaining.as_ref(), &shortest);
        }
        if self.length == zero && !lost {
            self.step_freely(&pulls, remaining.as_ref()).ok_or_else(|| Stop::Optimum { time: time.clone() })?;
        }
        if self.length <= shortest {
            let reason = "the field of this power is too stiff here".into();
            return Err(Stop::StepTooSmall { time, step: std::mem::replace(&mut self.length, zero), reason });
        }
        self.end_where_unstable();
        if self.means == Means::Collocation {
            self.ahead = PowerSegment::new(self, time.clone()).headings_of_collocation();
        }
        Ok(PowerSegment::new(self, time))
    }

    fn current(&self) -> (T, Vec<T>) {
        (self.time.value(), self.class.iter().map(|&k| self.point.weight(k).clone()).collect())
    }

    fn events(&self) -> Option<&[Event<T>]> {
        None
    }

    fn holds_at_zero(&self) -> bool {
        true
    }
}
