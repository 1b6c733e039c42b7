use super::collocation::Collocation;
use super::expansion::Expansion;
use super::field::{Field, Pull};
use super::point::Point;
use super::segment::PowerSegment;
use crate::risk::manifold::population_risk;
use crate::scalar::{DomainError, Real};
use crate::spectrum::Spectrum;
use crate::trajectory::taylor::{Compensated, Pace};
use crate::trajectory::{Event, Flow, Stop};

/// The flow of a spectral power, `w_j' = -sign(g_j) |g_j|^p`, 0 < p < 1, as a sequence of segments.
///
/// *Taylor* segments where the field is analytic and not stiff. At a sign change of `g_j` the field is continuous, with a singularity
/// `|s - s*|^p`: steps shrink towards it in proportion to the distance, until the sign of the bracket is lost in rounding; then a
/// *crossing* leads to the mirror image on the other side, over which `w_j` is unchanged. *Collocation* segments where a
/// coefficient relaxes to its surface faster than a Taylor step. A coefficient whose remaining time to zero is below the resolution of time is
/// held at zero.
#[derive(Clone, Debug)]
pub struct PowerFlow<T: Real = f64> {
    pub(super) field: Field<T>,
    pub(super) point: Point<T>,
    pub(super) piece: Piece<T>,
    pub(super) length: T,
    pub(super) expansion: Expansion<T>,
    pub(super) collocation: Collocation<T>,
    pace: Pace<T>,
    pub(super) time: Compensated<T>,
    steps: u64,
    /// Which groups are nearer to their surfaces than rounding can tell, and stay there: only the collocation knows their brackets.
    pub(super) settled: Vec<bool>,
    /// The time until which a group that has crossed its surface counts as just having done so.
    pub(super) crossed: Vec<Option<T>>,
    /// Population risk at the point, and the point before: the risk of a flow does not rise.
    risk: T,
    before: Point<T>,
    /// The step that the collocation goes on with; `None` where Taylor series do.
    pub(super) implicit: Option<T>,
    /// `y_j` at the point, where the collocation knows it better than the point itself.
    pub(super) speeds: Option<Vec<T>>,
    /// Taylor steps before the collocation is tried again.
    patience: u32,
}

/// What the present segment is made of.
#[derive(Clone, Debug)]
pub(super) enum Piece<T> {
    Taylor,
    /// Group `group` reaches its surface at local time `at`, and settles there or crosses.
    Crossing {
        group: usize,
        at: T,
    },
    Collocation,
}

/// Steps after which the flow gives up.
const BUDGET: u64 = 20_000;

/// Taylor steps between two tries of the collocation.
const PATIENCE: u32 = 16;

/// Relaxation times in a Taylor step from which on it counts as stiff.
const STIFF: i64 = 3;

/// A collocation step costs about as much as this many Taylor steps.
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
        Ok(Self {
            field: Field::new(spectrum, power),
            point: Point::new(start),
            piece: Piece::Taylor,
            expansion: Expansion::new(start.len(), &zero),
            collocation: Collocation::new(&zero, start.len()),
            pace: Pace::new(&zero, None)?,
            time: Compensated::new(zero.clone()),
            length: zero,
            steps: 0,
            implicit: None,
            speeds: None,
            settled: vec![false; start.len()],
            crossed: vec![None; start.len()],
            risk: population_risk(spectrum, &Point::new(start).excesses()),
            before: Point::new(start),
            patience: 0,
        })
    }

    /// Steps done since the start.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Moves to the end of the present segment, where the risk must not be larger: `R' = -sum_j n_j |g_j|^(1 + p)`. If it is, a
    /// coefficient has been taken to the wrong place near its surface, and what follows would be wrong.
    fn arrive(&mut self) -> Result<(), Stop<T>> {
        let s = std::mem::replace(&mut self.length, self.field.power.int(0));
        if s == s.int(0) {
            return Ok(());
        }
        self.before.clone_from(&self.point);
        self.move_by(&s);
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

    fn move_by(&mut self, s: &T) {
        match self.piece {
            Piece::Collocation => {
                let (weights, excess) = self.collocation.end();
                self.point.arrive(weights, excess);
                let speed = |j: usize| self.collocation.end_speed(j, self.point.weight(j));
                self.speeds = Some((0..self.point.groups()).map(speed).collect());
            }
            Piece::Taylor | Piece::Crossing { .. } => {
                let weights = (0..self.point.groups()).map(|j| self.expansion.weight_at(j, s)).collect();
                self.point.arrive(weights, self.expansion.signal_excess_at(s));
            }
        }
        if let (Piece::Crossing { .. }, Some(speeds)) = (&self.piece, &self.speeds) {
            self.point.put_near_surfaces(&self.field, &self.settled, speeds);
        }
    }

    /// Holds at zero what reaches it within the resolution of time. What pulls on the rest, or the reason to stop.
    fn settle(&mut self) -> Result<Vec<Pull<T>>, Stop<T>> {
        let time = self.time.value();
        let zero = time.int(0);
        let moment = T::epsilon(&time.context()) * &time * (time.int(1) - &self.field.power);
        let mut pulls = self.field.pulls(&self.point, self.speeds.as_deref());
        let dies = |j: &usize| {
            let (w, pull) = (self.point.weight(*j), &pulls[*j]);
            pull.bracket > zero && *w > zero && *w < moment.clone() * &pull.speed
        };
        let dying: Vec<usize> = (1..pulls.len()).filter(dies).collect();
        if !dying.is_empty() {
            for j in dying {
                self.point.bury(j);
                self.settled[j] = false;
                if let Some(speeds) = &mut self.speeds {
                    speeds[j] = zero.clone();
                }
            }
            let alone = (1..pulls.len()).all(|j| self.point.is_dead(j));
            if alone {
                // what the signal settled against is gone
                self.speeds = None;
                self.settled[0] = false;
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
        match (1..groups).find(unstable) {
            Some(coefficient) => Err(Stop::NonUnique { time, coefficient }),
            None => Ok(pulls),
        }
    }

    pub(super) fn alive(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.point.groups()).filter(|&j| !self.point.is_dead(j))
    }

    /// Tries a collocation of length `h` or shorter ones, down to `shortest`.
    fn collocate(&mut self, mut h: T, shortest: &T, pulls: &[Pull<T>]) -> bool {
        let energy = self.energy();
        if let Some(room) = self.field.room(&self.point, pulls, &self.settled)
            && room < h
        {
            h = room;
        }
        while h >= *shortest {
            let attempt = self.collocation.attempt(&self.field, &self.point, &energy, &h);
            let factor = |growth: f64| T::from_f64(growth, &h.context());
            match attempt {
                Some(attempt) if attempt.accepted => {
                    self.implicit = Some(h.clone() * factor(attempt.growth));
                    self.length = h;
                    self.piece = Piece::Collocation;
                    return true;
                }
                Some(attempt) => h = h.clone() * factor(attempt.growth),
                None => h = h.over(4),
            }
        }
        false
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
        self.expansion.expand(&self.field, &self.point, order, unit);
        self.speeds = None;
        self.piece = Piece::Taylor;
        let energy = self.energy();
        let (field, point, expansion) = (&self.field, &self.point, &self.expansion);
        let h = self.pace.step(order, |k| expansion.largest_term(field, point, &energy, k))? * expansion.unit();
        let h = self.field.room(&self.point, pulls, &self.settled).filter(|room| *room < h).unwrap_or(h);
        let last = remaining.is_some_and(|remaining| *remaining <= h);
        self.patience = self.patience.saturating_sub(1);
        let stiff = pulls.iter().any(|pull| pull.relaxation.clone() * &h > h.int(STIFF));
        if stiff && self.patience == 0 && !last {
            let worth = h.times(WORTH);
            let try_first = worth.times(4);
            let try_first = remaining.filter(|r| **r < try_first).unwrap_or(&try_first).clone();
            let speeds: Vec<T> = pulls.iter().map(|pull| pull.speed.clone()).collect();
            self.collocation.guess_constant(&self.point, &speeds);
            if self.collocate(try_first, &worth, pulls) {
                return Some(());
            }
            self.patience = PATIENCE;
        }
        self.length = h;
        Some(())
    }

    /// A collocation after a collocation, as long as that is worth its while or there is nothing else; leaves the length at zero if not.
    fn step_on(&mut self, pulls: &[Pull<T>], remaining: Option<&T>, shortest: &T) {
        let lost = self.settled.contains(&true);
        let Some(h) = self.implicit.take() else { return };
        let h = remaining.filter(|remaining| **remaining < h).cloned().unwrap_or(h);
        let zero = h.int(0);
        let relaxation = pulls.iter().map(|pull| &pull.relaxation).fold(&zero, |a, b| if b > a { b } else { a });
        // a Taylor step is about STIFF/relaxation
        let worth = if lost || *relaxation == zero { shortest.clone() } else { zero.int(STIFF * WORTH) / relaxation };
        let worth = if worth > h { h.clone() } else { worth };
        self.collocate(h, &worth, pulls);
    }
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
        if let Some(j) = self.arrival(&pulls) {
            self.cross(j, &pulls);
        } else {
            self.step_on(&pulls, remaining.as_ref(), &shortest);
            if self.length == zero {
                if self.settled.contains(&true) {
                    let reason = "where a coefficient goes that is nearer to its surface than rounding can tell: no collocation converges";
                    return Err(Stop::Undecided { time, reason: reason.into() });
                }
                self.step_freely(&pulls, remaining.as_ref()).ok_or_else(|| Stop::Optimum { time: time.clone() })?;
            }
        }
        if self.length < shortest {
            let reason = "the field of this power is too stiff here".into();
            return Err(Stop::StepTooSmall { time, step: std::mem::replace(&mut self.length, zero), reason });
        }
        if let Some(remaining) = remaining.filter(|remaining| *remaining < self.length) {
            self.length = remaining;
        }
        Ok(PowerSegment::new(self, time))
    }

    fn current(&self) -> (T, Vec<T>) {
        (self.time.value(), self.point.weights().to_vec())
    }

    fn events(&self) -> Option<&[Event<T>]> {
        None
    }

    fn holds_at_zero(&self) -> bool {
        true
    }
}
