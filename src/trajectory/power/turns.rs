//! Which way coefficients move, and when they turn, as far as rounding lets that be told: `derivations/spectral-powers.md`, `power-turns`.

use super::field::{Field, Pull, shorter};
use super::flow::Means;
use super::point::Point;
use super::segment::PowerSegment;
use crate::scalar::Real;
use crate::trajectory::Segment;
use crate::trajectory::roots::{Root, roots};
use std::cmp::Ordering;

/// A bracket of so many times what makes its sign certain may still be what steps across a sign change made of rounding.
const FAINT: i64 = 16;

/// From so many times as much, its sign is what it is, whatever drives it.
const CERTAIN: i64 = 1 << 10;

impl<T: Real> Field<T> {
    /// What the others make of the rate of `h_j`, but for those whose brackets are rounding: they are at rest, or follow it. And what rounding of brackets makes of that.
    fn drive(&self, (point, pulls): &(Point<T>, Vec<Pull<T>>), j: usize) -> (T, T) {
        let zero = self.power.int(0);
        let (mut drive, mut error) = (zero.clone(), zero);
        for k in (0..pulls.len()).filter(|&k| k != j && !point.is_dead(k) && !pulls[k].is_lost()) {
            let moves = (pulls[k].speed.clone() * point.weight(k) * &self.spectrum.energy_weight()[k]).times(-2);
            error = error + (moves.clone() * &pulls[k].floor / &pulls[k].bracket).abs();
            drive = drive + moves;
        }
        (drive, error)
    }
}

impl<T: Real> PowerSegment<'_, T> {
    /// The point at x, and its pulls. Between the nodes of a collocation brackets are not those of the polynomial's slopes, and are not known better than that.
    fn at(&self, x: &T) -> (Point<T>, Vec<Pull<T>>) {
        let flow = self.flow;
        let node = *x == self.start.int(0) || *x == flow.length && flow.unstable.is_none();
        let mut point = flow.point.clone();
        let (weights, excess) = match flow.curve() {
            Some(curve) => ((0..point.groups()).map(|j| curve.weight_at(j, x)).collect(), curve.excess_at(0, x)),
            None if node && *x == flow.length => flow.collocation.end(),
            None => flow.collocation.at(x),
        };
        point.arrive(weights, excess);
        let mut pulls = flow.field.pulls(&point, None);
        if flow.means == Means::Collocation && !node {
            for (j, pull) in pulls.iter_mut().enumerate().filter(|(j, _)| !point.is_dead(*j)) {
                let speed = flow.collocation.speed_at(j, x, point.weight(0));
                let error = flow.field.bracket_of_speed(j, point.weight(j), &speed) - &pull.bracket;
                pull.floor = pull.floor.clone() + error.abs();
            }
        }
        (point, pulls)
    }

    /// Which way every coefficient moves at the end of a collocation, where that is certain.
    pub(super) fn headings_of_collocation(&self) -> Vec<Option<Ordering>> {
        let (end, length) = (self.at(self.length()), self.length());
        let heading = |j: usize| self.heading_at(j, &end, length).or_else(|| self.heading_from_rest(j, &end));
        (0..end.1.len()).map(heading).collect()
    }

    /// Which way coefficient j moves at `place`, at x of a collocation, where that is certain: by its bracket; where that may be rounding, only if it is driven there, or
    /// must have been by now.
    fn heading_at(&self, j: usize, place: &(Point<T>, Vec<Pull<T>>), x: &T) -> Option<Ordering> {
        let Pull { bracket, floor, .. } = &place.1[j];
        if place.0.is_dead(j) {
            return None;
        }
        if bracket.abs() > floor.times(CERTAIN) {
            return bracket.sign().map(Ordering::reverse);
        }
        let (drive, error) = self.flow.field.drive(place, j);
        let driven = || {
            let before = self.flow.field.pulls(&self.flow.point, None).swap_remove(j).bracket.abs();
            before <= floor.times(FAINT) && drive.abs() * x > before + floor
        };
        let certain = drive.abs() > error && (bracket.sign() == drive.sign() || driven());
        drive.sign().filter(|_| certain).map(Ordering::reverse)
    }

    /// Which way coefficient j moves at the `end` of a collocation on which it has come to rest and turned.
    fn heading_from_rest(&self, j: usize, end: &(Point<T>, Vec<Pull<T>>)) -> Option<Ordering> {
        if end.0.is_dead(j) {
            return None;
        }
        let (drive, error) = self.flow.field.drive(end, j);
        let after = drive.sign().filter(|_| drive.abs() > error).map(Ordering::reverse);
        after.filter(|after| {
            let ends = [drive.int(0), self.length().clone()];
            *after != self.flow.heading[j] && self.rest_between(j, ends, *after).is_some()
        })
    }

    /// Which way coefficient j moves at the end of a step of the slow motion; by what drives it where its bracket is rounding, unless the step itself ends or begins there.
    pub(super) fn heading_of_following(&self, j: usize) -> Option<Ordering> {
        let following = &self.flow.following;
        let end = following.heading(j);
        if following.passes_zero(j) {
            return end;
        }
        let place = self.at(self.span());
        if !place.1[j].is_lost() {
            return end;
        }
        let (drive, error) = self.flow.field.drive(&place, j);
        let certain = drive.abs() > error && following.followers.contains(&j);
        drive.sign().filter(|_| certain).map(Ordering::reverse)
    }

    /// What moves one way on the whole segment, to which `end` is the way, turned before if it moved the other way then.
    pub(super) fn turn_at_start(&self, j: usize, end: Ordering, found: &mut Vec<Root<T>>) {
        let heading = self.flow.heading[j];
        if heading != end && heading != Ordering::Equal {
            found.push(Root { at: self.start.int(0), before: heading, after: end });
        }
    }

    /// Where velocities, which series tell, change their signs, but for what comes to rest.
    pub(super) fn turns_of_following(&self, j: usize, end: Ordering, found: &mut Vec<Root<T>>) {
        let mut heading = self.flow.heading[j];
        let mut turns = Vec::new();
        roots(&self.slope(j), self.span(), &mut turns);
        turns.retain(|root| {
            let turns = root.crosses() && (root.before == heading || heading == Ordering::Equal);
            if turns {
                heading = root.after;
            }
            turns
        });
        if heading != end && turns.pop().is_none() && heading != Ordering::Equal {
            // none that its velocity shows
            turns.push(Root { at: self.start.int(0), before: heading, after: end });
        }
        let mut ends: Vec<T> = turns.windows(2).map(|pair| (pair[0].at.clone() + &pair[1].at).over(2)).collect();
        ends.insert(0, self.start.int(0));
        ends.push(self.span().clone());
        for (root, ends) in turns.into_iter().zip(ends.windows(2)) {
            let at = self.rest_between(j, [ends[0].clone(), ends[1].clone()], root.after).unwrap_or(root.at);
            found.push(Root { at: self.time_of(&at), ..root });
        }
    }

    /// Where the slope of the polynomial is zero there may be a turn, but there it has few digits.
    pub(super) fn turns_of_collocation(&self, j: usize, end: Ordering, found: &mut Vec<Root<T>>) {
        let (mut left, mut heading) = (self.start.int(0), self.flow.heading[j]);
        let heading_at = |s: &T| self.heading_at(j, &self.at(s), s);
        if heading == Ordering::Equal {
            heading = heading_at(&left).unwrap_or(end);
        }
        let mut perhaps = Vec::new();
        roots(&self.slope(j), self.length(), &mut perhaps);
        let between = perhaps.windows(2).map(|pair| (pair[0].at.clone() + &pair[1].at).over(2));
        let samples = between.filter_map(|s| heading_at(&s).map(|heading| (s, heading)));
        for (right, after) in samples.chain([(self.length().clone(), end)]) {
            if after != heading {
                let ends = [left, right.clone()];
                let at = self.rest_between(j, ends.clone(), after).unwrap_or_else(|| self.zero_between(j, ends, after));
                found.push(Root { at, before: heading, after });
                heading = after;
            }
            left = right;
        }
    }

    /// Where what drives coefficient j changes its sign, behind which it goes the way `after`, if the bracket is no other than zero there as far as can be told.
    fn rest_between(&self, j: usize, [left, right]: [T; 2], after: Ordering) -> Option<T> {
        let drive = |x: &T| self.flow.field.drive(&self.at(x), j);
        let ((first, error), (last, _)) = (drive(&left), drive(&right));
        let after = Some(after.reverse());
        if last.sign() != after || first.abs() > error && first.sign() == after {
            return None;
        }
        let at = sign_change(|x| drive(x).0, [left, right], after, &self.resolution());
        let there = self.at(&at).1.swap_remove(j);
        // only for p > 1/2 may it lag behind, and cross with a slope, when that is small
        let least = if self.flow.field.power.times(2) > at.int(1) { 1 } else { FAINT };
        (there.bracket.abs() <= there.floor.times(least)).then_some(at)
    }

    /// Where the bracket of coefficient j is zero, behind which it goes the way `after`, or would be if rounding did not keep it from it.
    fn zero_between(&self, j: usize, [left, right]: [T; 2], after: Ordering) -> T {
        let bracket = |x: &T| self.at(x).1.swap_remove(j).bracket;
        let after = Some(after.reverse());
        if bracket(&right).sign() == after {
            return sign_change(bracket, [left, right], after, &self.resolution());
        }
        let place = self.at(&left);
        let way = place.1[j].bracket.clone() / self.flow.field.drive(&place, j).0;
        shorter(Some(left + way.abs()), right)
    }

    /// The parameter's distance of points of time that rounding does not tell apart.
    fn resolution(&self) -> T {
        let now = self.start.clone() + self.length();
        T::epsilon(&now.context()) * now * self.span() / self.length()
    }
}

/// Where `value` changes its sign between `left` and `right`, where it is `after`, to within `resolution`.
fn sign_change<T: Real>(
    value: impl Fn(&T) -> T,
    [mut left, mut right]: [T; 2],
    after: Option<Ordering>,
    resolution: &T,
) -> T {
    let (mut at_left, mut at_right) = (value(&left), value(&right));
    if at_left.sign() == after {
        return left;
    }
    let mut before = right.clone() - &left;
    let mut side = None;
    loop {
        let width = right.clone() - &left;
        let middle = (left.clone() + &right).over(2);
        if width <= *resolution || middle <= left || middle >= right {
            return right;
        }
        // the secant of the Illinois method, or the middle where that has not halved the interval
        let secant = left.clone() - at_left.clone() * &width / &(at_right.clone() - &at_left);
        let halves = width <= before.over(2) || side.is_none();
        let x = if halves && secant > left && secant < right { secant } else { middle };
        before = width;
        let at_x = value(&x);
        let passed = at_x.sign() == after;
        if passed {
            (right, at_right) = (x, at_x);
        } else {
            (left, at_left) = (x, at_x);
        }
        if side == Some(passed) {
            let stays = if passed { &mut at_left } else { &mut at_right };
            *stays = stays.over(2);
        }
        side = Some(passed);
    }
}
