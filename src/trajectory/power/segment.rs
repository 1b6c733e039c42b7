use super::flow::{Means, PowerFlow};
use crate::scalar::Real;
use crate::trajectory::Segment;
use crate::trajectory::polynomial::{add_product, differentiate};
use crate::trajectory::roots::{Root, roots};
use std::cmp::Ordering;

/// One step of a [`PowerFlow`], borrowed from it until the next.
#[derive(Debug)]
pub struct PowerSegment<'a, T: Real = f64> {
    pub(super) flow: &'a PowerFlow<T>,
    pub(super) start: T,
}

impl<'a, T: Real> PowerSegment<'a, T> {
    pub(super) fn new(flow: &'a PowerFlow<T>, start: T) -> Self {
        Self { flow, start }
    }

    /// A polynomial that rises and falls with `w_j`: the coefficient itself, or the signal's excess.
    fn polynomial(&self, j: usize) -> (Vec<T>, bool) {
        match self.flow.means {
            Means::Series => (self.flow.expansion.weight(j), false),
            Means::Collocation => self.flow.collocation.polynomial(j),
            Means::Crossing => (self.flow.crossing.curve.weight[j].clone(), false),
            Means::Following => (self.flow.following.curve.weight[j].clone(), false),
        }
    }

    /// `e_j` of a group as a polynomial.
    pub(super) fn group_excess(&self, j: usize) -> Vec<T> {
        match self.flow.means {
            Means::Series => return self.flow.expansion.excess(j),
            Means::Crossing => return self.flow.crossing.curve.excess[j].clone(),
            Means::Following => return self.flow.following.curve.excess[j].clone(),
            Means::Collocation => {}
        }
        let (polynomial, by_excess) = self.polynomial(j);
        if by_excess {
            return polynomial;
        }
        let mut excess = Vec::new();
        add_product(&mut excess, &polynomial, &polynomial);
        excess[0] = self.flow.point.excess(j);
        excess
    }

    /// The derivative of that, by time: a parameter may stand still at an end.
    pub(super) fn slope(&self, j: usize) -> Vec<T> {
        self.flow.curve().map_or_else(
            || {
                let mut slope = Vec::new();
                differentiate(&self.polynomial(j).0, &mut slope);
                slope
            },
            |curve| curve.velocity[j].clone(),
        )
    }

    /// Which way coefficient j moves at the end, if that is certain.
    fn heading(&self, j: usize) -> Option<Ordering> {
        if self.flow.point.is_dead(j) {
            return None;
        }
        match self.flow.means {
            Means::Series => self.flow.expansion.bracket_sign(j).map(Ordering::reverse),
            Means::Collocation => self.flow.ahead[j],
            Means::Following => self.heading_of_following(j),
            Means::Crossing => self.flow.crossing.bracket_sign(j).map(Ordering::reverse),
        }
    }

    /// Which way every coefficient moved when that was last certain, at the end of this segment.
    pub(super) fn headings(&self) -> Vec<Ordering> {
        (0..self.flow.point.groups()).map(|k| self.heading(k).unwrap_or(self.flow.heading[k])).collect()
    }
}

impl<T: Real> PowerSegment<'_, T> {
    /// Whether of the signal and coefficient j, which move one way, both up or both down, one certainly moves the faster in proportion all the time: `|w_j'|/w_j = (q_j |h_j|)^p w_j^(p - 1)`, where
    /// coefficients go from one end to the other and brackets change at most by all their terms. That tells where a coefficient is about to reach zero, of which a polynomial makes a zero of nearly everything.
    fn one_outruns(&self, j: usize) -> bool {
        let (flow, x) = (self.flow, self.span());
        let (series, x) = match flow.curve() {
            Some(curve) => (&curve.bracket[..], x.clone()),
            None => (flow.expansion.brackets(), x.clone() / flow.expansion.unit()),
        };
        let (zero, power) = (x.int(0), &flow.field.power);
        let [start, end] = [&zero, self.span()].map(|x| match flow.curve() {
            Some(curve) => curve.weights_at(x),
            None => [0, j].map(|k| flow.expansion.weight_at(k, x)).to_vec(),
        });
        // the least and the largest rate
        let rates = |k: usize, i: usize| {
            let (first, change) = (series[k][0].abs(), largest_change(&series[k], &x));
            let least = if first > change { first.clone() - &change } else { zero.clone() };
            let (small, large) = if start[i] < end[i] { (&start[i], &end[i]) } else { (&end[i], &start[i]) };
            let rate = |bracket: T, w: &T| {
                (bracket * &flow.field.spectrum.variance()[k]).pow(power) * w.pow(&(power.clone() - zero.int(1)))
            };
            [rate(least, large), rate(first + &change, small)]
        };
        let at = if flow.curve().is_some() { j } else { 1 };
        if end[0] <= zero || end[at] <= zero {
            return false;
        }
        let ([slow, fast], [slow_signal, fast_signal]) = (rates(j, at), rates(0, 0));
        // a sixteenth is more than rounding could make
        slow.times(15) > fast_signal.times(16) || slow_signal.times(15) > fast.times(16)
    }
}

/// What a polynomial changes by from 0 to `h`, at most: all its terms but the first.
fn largest_change<T: Real>(p: &[T], h: &T) -> T {
    p.iter().skip(1).rev().fold(h.int(0), |sum, c| (sum + &c.abs()) * h)
}

/// Whether `a b - c d` certainly has no zero from 0 to `h`: it changes by less than it is at 0, if every term of every polynomial counts. Saves the products
/// of polynomials, which cost as much as the series.
fn keeps_its_sign<T: Real>([a, b]: [&[T]; 2], [c, d]: [&[T]; 2], h: &T) -> bool {
    let change = |p: &[T]| largest_change(p, h);
    let product = |p: &[T], q: &[T]| {
        let (Some(p_0), Some(q_0)) = (p.first(), q.first()) else { return [h.int(0), h.int(0)] };
        let (more_p, more_q) = (change(p), change(q));
        let changes = more_p.clone() * &(q_0.abs() + &more_q) + &(p_0.abs() * &more_q);
        [p_0.clone() * q_0, changes]
    };
    let ([ab, change_ab], [cd, change_cd]) = (product(a, b), product(c, d));
    let rounding = (ab.abs() + &cd.abs()) * T::epsilon(&h.context()).times(64);
    (ab - &cd).abs() > (change_ab + &change_cd) + &rounding
}

impl<T: Real> Segment<T> for PowerSegment<'_, T> {
    fn start(&self) -> &T {
        &self.start
    }

    fn length(&self) -> &T {
        &self.flow.length
    }

    fn span(&self) -> &T {
        self.flow.curve().map_or(&self.flow.length, |curve| &curve.span)
    }

    fn time_of(&self, x: &T) -> T {
        self.flow.curve().map_or_else(|| x.clone(), |curve| curve.elapsed_at(x))
    }

    fn groups(&self) -> usize {
        self.flow.class.len()
    }

    fn coefficients_at(&self, s: &T) -> Vec<T> {
        let flow = self.flow;
        let groups = 0..flow.point.groups();
        let values: Vec<T> = match flow.means {
            Means::Series => groups.map(|j| flow.expansion.weight_at(j, s)).collect(),
            Means::Collocation => groups.map(|j| flow.collocation.weight_at(j, s)).collect(),
            Means::Crossing => flow.crossing.curve.weights_at(s),
            Means::Following => flow.following.curve.weights_at(s),
        };
        flow.class.iter().map(|&k| values[k].clone()).collect()
    }

    fn excess(&self, j: usize) -> Vec<T> {
        self.group_excess(self.flow.class[j])
    }

    /// A coefficient turns where it moves otherwise than it did when that was last certain.
    fn turns(&self, j: usize, found: &mut Vec<Root<T>>) {
        let j = self.flow.class[j];
        let Some(end) = self.heading(j) else { return };
        match self.flow.means {
            Means::Collocation => self.turns_of_collocation(j, end, found),
            Means::Following if !self.flow.following.passes_zero(j) => self.turns_of_following(j, end, found),
            Means::Series | Means::Crossing | Means::Following => self.turn_at_start(j, end, found),
        }
    }

    /// `w_j/w_0` turns where `w_j' w_0 = w_j w_0'`, or `2 w_j' (1 + e_0) = w_j e_0'`.
    fn ratio_turns(&self, j: usize, found: &mut Vec<Root<T>>) {
        let one_way = matches!(self.flow.means, Means::Series | Means::Crossing);
        let headings = [self.heading(self.flow.class[j]), self.heading(0)];
        if one_way
            && matches!(
                headings,
                [Some(Ordering::Less), Some(Ordering::Greater)] | [Some(Ordering::Greater), Some(Ordering::Less)]
            )
        {
            // each moves one way all the time, and one up and one down
            return;
        }
        if one_way && headings[0] == headings[1] && self.one_outruns(self.flow.class[j]) {
            return;
        }
        let (w, (mut signal, by_excess)) = (self.polynomial(self.flow.class[j]).0, self.polynomial(0));
        if by_excess {
            signal[0] = signal[0].clone() + signal[0].int(1);
        }
        let (mut slope, mut signal_slope) = (self.slope(self.flow.class[j]), self.slope(0));
        if by_excess {
            slope.iter_mut().for_each(|c| *c = c.times(2));
        }
        if keeps_its_sign([&slope, &signal], [&w, &signal_slope], self.span()) {
            return;
        }
        signal_slope.iter_mut().for_each(|c| *c = -c.clone());
        let mut turn = Vec::new();
        add_product(&mut turn, &slope, &signal);
        add_product(&mut turn, &w, &signal_slope);
        let first = found.len();
        roots(&turn, self.span(), found);
        found[first..].iter_mut().for_each(|root| root.at = self.time_of(&root.at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spectrum::Spectrum;
    use crate::trajectory::Flow;

    /// Where one is said to outrun the other, their ratio goes one way from point to point.
    #[test]
    fn what_outruns_the_signal_or_is_outrun_has_a_monotone_ratio() {
        let mut seen = 0;
        for (power, spike, start, horizon) in
            [(0.9, 20.0, 1.0, 0.1), (0.5, 0.5, 3.0, 0.2), (0.2, 3.0, 1.0, 0.5), (0.6, 20.0, 1e-3, 0.2)]
        {
            let spectrum = Spectrum::spiked(spike, 100).unwrap();
            let mut flow = PowerFlow::new(&spectrum, &power, &[start; 3]).unwrap();
            while let Ok(segment) = flow.next_segment(Some(&horizon)) {
                let one_way = matches!(segment.flow.means, Means::Series | Means::Crossing);
                for j in [1, 2] {
                    let headings = [j, 0].map(|k| segment.heading(k));
                    let alike = headings[0].is_some() && headings[0] == headings[1];
                    if !(one_way && alike && segment.one_outruns(j)) {
                        continue;
                    }
                    seen += 1;
                    let ratio = |i: i32| {
                        let w = segment.coefficients_at(&(segment.span() * f64::from(i) / 8.0));
                        w[j] / w[0]
                    };
                    let rises = ratio(8) > ratio(0);
                    let goes_on =
                        |i: i32| (ratio(i + 1) - ratio(i)) * if rises { 1.0 } else { -1.0 } > -1e-14 * ratio(i);
                    assert!((0..8).all(goes_on), "{power} {spike} {start} {j}: {:?}", [0, 4, 8].map(ratio));
                }
            }
        }
        assert!(seen > 50, "{seen}");
    }
}
