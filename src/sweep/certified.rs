//! A phase diagram as a proof: every box of two parameters is decided, or said not to be.

use super::Axis;
use crate::descent::Method;
use crate::scalar::{DomainError, Interval, Scalar};
use crate::trajectory::validated::{amplification_of_box, is_amplified};
use rayon::prelude::*;

/// Amplification in the spiked covariance over two of strength, initial coefficient and dimension, in boxes.
///
/// The boxes are those between neighbouring values of the axes (doubles, exactly). One that is decided for every level stays
/// whole; one that is not is halved in both directions, up to `halvings` times.
#[derive(Clone, Debug)]
pub struct CertifiedGrid {
    /// The axis that varies fastest.
    pub x: Axis,
    /// The other.
    pub y: Axis,
    /// The strength where no axis gives it.
    pub strength: Interval,
    /// The initial coefficient where no axis gives it.
    pub init: Interval,
    /// The dimension where no axis gives it.
    pub dimension: u64,
    /// Levels of amplification, ascending, at least 1: is it above?
    pub levels: Vec<f64>,
    /// How often an undecided box is halved.
    pub halvings: u32,
}

/// A box and what is proved of all of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// Ends on the x axis.
    pub x: (f64, f64),
    /// Ends on the y axis.
    pub y: (f64, f64),
    /// How often it was halved: its area is `4^-halvings` of the boxes between values of the axes.
    pub halvings: u32,
    /// The amplification of every point of it.
    pub amplification: Interval,
    /// For each level: proved above, proved not above, or undecided.
    pub above: Vec<Option<bool>>,
}

impl Region {
    /// How many of the levels the amplification is above, if that is decided.
    pub fn class(&self) -> Option<usize> {
        self.above.iter().try_fold(0, |class, above| Some(class + usize::from((*above)?)))
    }
}

/// Shares of the area, which on a logarithmic axis is that of the logarithm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Proved above the level.
    pub above: f64,
    /// Proved not above it.
    pub not_above: f64,
}

impl Area {
    /// What is decided.
    pub fn decided(self) -> f64 {
        self.above + self.not_above
    }
}

impl CertifiedGrid {
    /// The axes that a certified diagram can have.
    pub const NAMES: [&'static str; 3] = ["spike", "init", "dim"];

    /// The most that boxes are halved.
    pub const MAX_HALVINGS: u32 = 10;

    /// More boxes between the values of the axes than this, all at once in memory, are a typing error.
    const MAX_BOXES: u64 = 1 << 24;

    /// Halvings after which the finest boxes are at most 1/1280 of an axis: finer than a figure's pixels.
    pub fn halvings_for(x: &Axis, y: &Axis) -> u32 {
        let intervals = x.count.max(y.count).saturating_sub(1).max(1);
        (0..Self::MAX_HALVINGS).find(|halvings| intervals << halvings >= 1280).unwrap_or(Self::MAX_HALVINGS)
    }

    /// Checks what can be checked before anything runs.
    ///
    /// # Errors
    /// Axes other than [`CertifiedGrid::NAMES`], twice the same, with fewer than two values, or of a dimension that is no integer
    /// from 3 on; initial coefficients outside (0, 1]; levels below 1 or not ascending; too many boxes.
    pub fn check(&self) -> Result<(), DomainError> {
        for axis in [&self.x, &self.y] {
            if !Self::NAMES.contains(&axis.name.as_str()) {
                let domain = format!("one of {} in a certified diagram", Self::NAMES.join(", "));
                return Err(DomainError::new("axis", &axis.name, domain));
            }
            if axis.count < 2 {
                return Err(DomainError::new("axis", axis, "two values at least: boxes lie between them"));
            }
            let (least, most) = (axis.start.min(axis.stop), axis.start.max(axis.stop));
            let inside = match axis.name.as_str() {
                "spike" => least >= 0.0 && most.is_finite(),
                "init" => least > 0.0 && most <= 1.0,
                _ => least >= 3.0 && most <= 9e15,
            };
            if !inside {
                let domain = "spike >= 0, init in (0, 1], dim >= 3, where the theorems hold";
                return Err(DomainError::new("axis", axis, domain));
            }
        }
        if self.x.name == self.y.name {
            return Err(DomainError::new("axis", &self.y.name, "different from the other axis"));
        }
        if !(self.init.is_bounded() && self.init.lower() > 0.0 && self.init.upper() <= 1.0) {
            return Err(DomainError::new("init", self.init, "a number in (0, 1] in a certified diagram"));
        }
        let ascending = self.levels.windows(2).all(|pair| pair[0] < pair[1]);
        if self.levels.is_empty() || self.levels[0].is_nan() || self.levels[0] < 1.0 || !ascending {
            let levels: Vec<String> = self.levels.iter().map(ToString::to_string).collect();
            return Err(DomainError::new("level", levels.join(","), "levels from 1 on, ascending"));
        }
        if self.halvings > Self::MAX_HALVINGS {
            return Err(DomainError::new("refine", self.halvings, format!("at most {} halvings", Self::MAX_HALVINGS)));
        }
        let boxes = (self.x.count as u64 - 1).saturating_mul(self.y.count as u64 - 1);
        if boxes > Self::MAX_BOXES {
            let domain = format!(
                "axes with at most {} boxes between their values: boxes are halved where needed",
                Self::MAX_BOXES
            );
            return Err(DomainError::new("x and y", format!("{boxes} boxes"), domain));
        }
        Ok(())
    }

    /// All boxes of `method`, x fastest among those between values of the axes; the same for any number of threads.
    ///
    /// # Errors
    /// A method for which nothing is proved: one other than GD and SpecGD.
    pub fn regions(&self, method: &Method<f64>) -> Result<Vec<Region>, DomainError> {
        if let Method::Power(p) = method {
            return Err(DomainError::new("optimizer", format!("power:{p}"), "gd or specgd in a certified diagram"));
        }
        let (x, y) = (self.x.halved(self.halvings).values(), self.y.halved(self.halvings).values());
        let stride = 1 << self.halvings;
        let corners: Vec<(usize, usize)> =
            (0..self.y.count - 1).flat_map(|j| (0..self.x.count - 1).map(move |i| (i * stride, j * stride))).collect();
        let regions = |&(i, j): &(usize, usize)| {
            let mut found = Vec::new();
            self.divide(method, (&x, &y), (i, j), stride, &mut found);
            found
        };
        Ok(corners.par_iter().map(regions).collect::<Vec<_>>().concat())
    }

    /// The box from corner `(i, j)` over `stride` values each way, or its quarters.
    fn divide(
        &self,
        method: &Method<f64>,
        axes: (&[f64], &[f64]),
        (i, j): (usize, usize),
        stride: usize,
        found: &mut Vec<Region>,
    ) {
        let (x, y) = ((axes.0[i], axes.0[i + stride]), (axes.1[j], axes.1[j + stride]));
        let (amplification, above) = self.decide(method, x, y);
        if stride > 1 && above.contains(&None) {
            let half = stride / 2;
            for corner in [(i, j), (i + half, j), (i, j + half), (i + half, j + half)] {
                self.divide(method, axes, corner, half, found);
            }
            return;
        }
        let halvings = self.halvings - stride.trailing_zeros();
        found.push(Region { x, y, halvings, amplification, above });
    }

    /// What is proved of a box, from the cheapest argument that decides every level.
    fn decide(&self, method: &Method<f64>, x: (f64, f64), y: (f64, f64)) -> (Interval, Vec<Option<bool>>) {
        let side = |name: &str, default: Interval| {
            let of = |axis: &Axis, (a, b): (f64, f64)| (axis.name == name).then(|| between(a, b));
            of(&self.x, x).or_else(|| of(&self.y, y)).unwrap_or(default)
        };
        let at_least_one = Interval::new(1.0, f64::INFINITY).expect("in order");
        if *method == Method::Spectral {
            return (Interval::ONE, self.compare(Interval::ONE, None));
        }
        let (strength, init) = (side("spike", self.strength), side("init", self.init));
        let dimension = side("dim", Interval::from_int(self.dimension as i64, &()));
        // Amplification does not increase with the dimension, real or integer, so the integers around its ends bound it.
        let (fewest, most) = (dimension.lower().floor() as u64, dimension.upper().ceil() as u64);
        let law = match (is_amplified(strength, fewest, init), is_amplified(strength, most, init)) {
            (Ok(Some(false)), _) => Some(false),
            (_, Ok(Some(true))) => Some(true),
            _ => None,
        };
        if law == Some(false) {
            return (Interval::ONE, self.compare(Interval::ONE, law));
        }
        let known = at_least_one.intersection(exponent_bound(strength, init));
        let above = self.compare(known, law);
        if !above.contains(&None) {
            return (known, above);
        }
        let bound = |dimension| amplification_of_box(strength, dimension, init);
        let flow = match (bound(fewest), fewest == most) {
            (Ok(both), true) => both,
            (Ok(upper), false) => match bound(most) {
                Ok(lower) => lower.hull(upper),
                Err(_) => return (known, above),
            },
            // The flow gave up: the box stays undecided.
            (Err(_), _) => return (known, above),
        };
        let known = known.intersection(flow);
        (known, self.compare(known, law))
    }

    fn compare(&self, amplification: Interval, law: Option<bool>) -> Vec<Option<bool>> {
        let compare = |level: &f64| {
            if *level == 1.0 && law.is_some() {
                law
            } else if amplification.lower() > *level {
                Some(true)
            } else {
                (amplification.upper() <= *level).then_some(false)
            }
        };
        self.levels.iter().map(compare).collect()
    }

    /// The area decided for each level.
    pub fn areas(&self, regions: &[Region]) -> Vec<Area> {
        let whole = ((self.x.count - 1) * (self.y.count - 1)) as f64;
        let share = |level: usize, wanted: bool| {
            let inside = regions.iter().filter(|region| region.above[level] == Some(wanted));
            inside.fold(0.0, |area, region| area + 0.25_f64.powi(region.halvings as i32)) / whole
        };
        let area = |level| Area { above: share(level, true), not_above: share(level, false) };
        (0..self.levels.len()).map(area).collect()
    }
}

fn between(a: f64, b: f64) -> Interval {
    Interval::new(a.min(b), a.max(b)).expect("values of an axis are finite")
}

/// An upper bound without a flow: `max(1, (alpha (3 mu)^(1/2))^-(1 - 3/mu))` for `alpha^2 <= 1/(3 mu)`, `derivations/gradient-descent.md`,
/// `amplification-exponent`; nothing where that is not so for all of the box.
fn exponent_bound(strength: Interval, init: Interval) -> Interval {
    let three = Interval::from_int(3, &());
    let mu = strength + Interval::ONE;
    let start = init * (three * mu).sqrt();
    if !(start.upper() <= 1.0 && mu.lower() > 3.0) {
        return Interval::ENTIRE;
    }
    let exponent = Interval::ONE - three / mu;
    let most = start.pow(-exponent).upper();
    Interval::new(f64::NEG_INFINITY, most).unwrap_or(Interval::ENTIRE)
}
