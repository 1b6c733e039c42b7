//! When something happens next, and to which coefficient.

use super::flow::{ExactFlow, Mode};
use super::parabola::Parabola;
use crate::risk::manifold::{bracket, excess};
use crate::scalar::Real;

/// What ends a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// A moving coefficient reaches its surface.
    Surface,
    /// A sliding coefficient would need a speed above 1.
    Leave,
    /// A falling coefficient reaches zero.
    Zero,
    /// Zero becomes unstable for a coefficient that is held there.
    Unstable,
    /// The signal passes 1.
    Target,
}

impl<T: Real> ExactFlow<T> {
    /// Time from now until something happens, and everything that happens then.
    pub(super) fn earliest(&self) -> Option<(T, Vec<(Ending, usize)>)> {
        let mut best: Option<(T, Vec<(Ending, usize)>)> = None;
        let mut offer = |ending: Ending, j: usize, after: Option<T>| {
            let Some(after) = after else { return };
            match &mut best {
                Some((time, all)) if after == *time => all.push((ending, j)),
                Some((time, _)) if after > *time => {}
                _ => best = Some((after, vec![(ending, j)])),
            }
        };
        // While the signal slides, `tau` times a constant is a sum of squares: it may touch zero, where everything comes to rest, but a
        // falling group is not stopped before zero, and zero does not become unstable.
        let surplus = self.mode[0] == Mode::Sliding;
        for j in 0..self.w.len() {
            match self.mode[j] {
                Mode::Rising => offer(Ending::Surface, j, self.return_from_below(j)),
                Mode::Falling => {
                    // A bracket that has just left zero upward does not come back on this segment: it is convex.
                    let return_from_above = || self.bracket(j, -1).falls();
                    let never = self.has_just_turned(j) || (surplus && j > 0);
                    offer(Ending::Surface, j, if never { None } else { return_from_above() });
                    offer(Ending::Zero, j, Some(self.w[j].clone()));
                }
                Mode::Sliding => offer(Ending::Leave, j, self.excess_speed(j).rises()),
                Mode::Held if surplus => {}
                Mode::Held => offer(Ending::Unstable, j, self.bracket(j, 0).falls()),
            }
        }
        let one = self.time.int(1);
        match self.mode[0] {
            Mode::Rising if self.w[0] < one => offer(Ending::Target, 0, Some(one - &self.w[0])),
            Mode::Falling if self.w[0] > one => offer(Ending::Target, 0, Some(self.w[0].clone() - one)),
            _ => {}
        }
        best
    }

    fn has_just_turned(&self, j: usize) -> bool {
        self.turned[j].as_ref() == Some(&self.time)
    }

    /// When the bracket of rising coefficient j is back at zero. One that has just left zero did so downward, whatever the rounding
    /// of its slope says; it is convex, so it comes back.
    fn return_from_below(&self, j: usize) -> Option<T> {
        let bracket = self.bracket(j, 1);
        let departs = self.has_just_turned(j) && bracket.b >= bracket.b.int(0);
        if departs { None } else { bracket.rises() }
    }

    /// The bracket `h_j` of a coefficient that moves with `velocity`; 0 to begin with for one that has just turned there, whatever
    /// rounding says.
    fn bracket(&self, j: usize, velocity: i64) -> Parabola<T> {
        let q = &self.spectrum.variance()[j];
        let value = bracket(q, &excess(j, &self.w[j]), &self.energy.c);
        let curvature = if velocity == 0 { q.int(0) } else { q.times(2) };
        Parabola {
            c: if self.has_just_turned(j) { value.int(0) } else { value },
            b: (q.clone() * &self.w[j]).times(4 * velocity) + &self.energy.b,
            a: curvature + &self.energy.a,
        }
    }

    /// `tau'^2 - 16 q_j^2 w_j^2` along the surface, where `w_j^2 = theta_j - tau/(2 q_j)`: positive when sliding needs a speed above 1.
    fn excess_speed(&self, j: usize) -> Parabola<T> {
        let q = &self.spectrum.variance()[j];
        let Parabola { c, b, a } = &self.energy;
        let surface = q.square().times(if j == 0 { -16 } else { 0 }) + (q.clone() * c).times(8);
        let value = b.square() + surface;
        let zero = value.int(0);
        Parabola {
            c: if value > zero { zero } else { value },
            b: ((a.clone() * b).times(4)) + (q.clone() * b).times(8),
            a: a.square().times(4) + (q.clone() * a).times(8),
        }
    }
}
