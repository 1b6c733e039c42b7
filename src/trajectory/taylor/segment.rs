use super::gradient::{GradientFlow, advance};
use crate::risk::manifold;
use crate::scalar::Real;
use crate::trajectory::Segment;
use crate::trajectory::roots::{Root, roots};

/// One step of a [`GradientFlow`], borrowed from it until the next.
#[derive(Debug)]
pub struct GradientSegment<'a, T: Real = f64> {
    flow: &'a GradientFlow<T>,
    start: T,
    /// Excess energy at the end, and `sum_j n_j q_j |e_j|`, which its rounding is relative to.
    end_energy: [T; 2],
}

impl<'a, T: Real> GradientSegment<'a, T> {
    pub(super) fn new(flow: &'a GradientFlow<T>, start: T) -> Self {
        let end_energy = flow.end.energy(flow.spectrum.energy_weight());
        Self { flow, start, end_energy }
    }

    /// The coefficients at the end of the segment, which the flow has anyway.
    pub fn end_coefficients(&self) -> Vec<T> {
        (0..self.groups()).map(|j| self.end_coefficient(j)).collect()
    }

    /// One of them.
    pub fn end_coefficient(&self, j: usize) -> T {
        self.flow.end.coefficient(j)
    }

    /// Whether the rate of `log(w_j/w_0)`, `p = q_0 h_0 - q_j h_j`, certainly has no zero: at both ends it is further from it than a
    /// function can be from its chord, `h^2/8 max |p''|`.
    fn ratio_keeps_its_way(&self, j: usize) -> bool {
        let (flow, h) = (self.flow, self.length());
        let q = flow.spectrum.variance();
        let rate = |h_0: &T, h_j: &T| h_0.clone() * &q[0] - h_j.clone() * &q[j];
        let end_bracket = |j: usize| manifold::bracket(&q[j], flow.end.excess(j), &self.end_energy[0]);
        let at_end = rate(&end_bracket(0), &end_bracket(j));
        let (signal, other) = (flow.terms(0), flow.terms(j));
        let at_start = rate(&signal.at(0), &other.at(0));
        if at_start.sign() != at_end.sign() {
            return false;
        }
        let mut power = h.square().over(8);
        let mut sag = h.int(0);
        for k in 2..=flow.series.order() {
            let curvature = rate(&signal.at(k), &other.at(k)).abs().times((k * (k - 1)) as i64);
            sag.add_prod(&curvature, &power);
            power = power * h;
        }
        let rounding = T::epsilon(&h.context()).times(64) * (q[0].clone() + &q[j]) * &self.end_energy[1];
        let bound = sag + rounding;
        at_start.abs() > bound && at_end.abs() > bound
    }

    /// The bracket `h_j` in local time: the rate `-h_j q_j` of the logarithm of `w_j`, lowest power first.
    pub fn bracket(&self, j: usize, into: &mut Vec<T>) {
        into.clear();
        let bracket = self.flow.terms(j);
        into.extend((0..=self.flow.series.order()).map(|k| bracket.at(k)));
    }
}

/// The terms of a bracket `h_j`.
struct Bracket<'a, T> {
    first: T,
    /// All others, each so many entries after the one before it: of the series, or of the energy where the group does not take part.
    terms: &'a [T],
    stride: usize,
}

impl<T: Real> GradientFlow<T> {
    #[inline]
    fn terms(&self, j: usize) -> Bracket<'_, T> {
        let energy = self.series.energy();
        let first = manifold::bracket(&self.spectrum.variance()[j], self.state.excess(j), &energy[0]);
        let (terms, stride) = self.series.bracket_terms(j).unwrap_or((energy, 1));
        Bracket { first, terms, stride }
    }
}

impl<T: Real> Bracket<'_, T> {
    #[inline]
    fn at(&self, k: usize) -> T {
        if k == 0 { self.first.clone() } else { self.terms[k * self.stride].clone() }
    }
}

impl<T: Real> Segment<T> for GradientSegment<'_, T> {
    fn start(&self) -> &T {
        &self.start
    }

    fn length(&self) -> &T {
        &self.flow.length
    }

    fn groups(&self) -> usize {
        self.flow.spectrum.groups()
    }

    fn coefficients_at(&self, s: &T) -> Vec<T> {
        let flow = self.flow;
        if s == self.length() {
            return self.end_coefficients();
        }
        let mut there = flow.state.clone();
        advance(&flow.spectrum, &flow.series, &flow.passive, &flow.state, &mut there, s);
        (0..there.groups()).map(|j| there.coefficient(j)).collect()
    }

    /// Accurate relative to what the brackets feel of it (see [`GradientFlow::resolved`]); constant if that is nothing.
    fn excess(&self, j: usize) -> Vec<T> {
        let constant = self.flow.state.excess(j).clone();
        match self.flow.series.of_group(j) {
            Some(terms) => std::iter::once(constant).chain(terms.skip(1).map(|(x, _)| x.clone())).collect(),
            None => vec![constant],
        }
    }

    /// `w_j` turns where `h_j = 0`: no squares, so nothing underflows.
    fn turns(&self, j: usize, found: &mut Vec<Root<T>>) {
        if self.flow.state.is_zero(j) {
            return;
        }
        let mut slope = Vec::new();
        self.bracket(j, &mut slope);
        slope.iter_mut().for_each(|c| *c = -c.clone());
        roots(&slope, self.length(), found);
    }

    /// `w_j/w_0` turns where `q_0 h_0 = q_j h_j`: no squares, so nothing underflows.
    fn ratio_turns(&self, j: usize, found: &mut Vec<Root<T>>) {
        if self.ratio_keeps_its_way(j) {
            return;
        }
        let q = self.flow.spectrum.variance();
        let (mut difference, mut other) = (Vec::new(), Vec::new());
        self.bracket(0, &mut difference);
        self.bracket(j, &mut other);
        for (h, other) in difference.iter_mut().zip(other) {
            *h = h.clone() * &q[0] - other * &q[j];
        }
        roots(&difference, self.length(), found);
    }
}
