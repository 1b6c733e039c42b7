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
}

impl<'a, T: Real> GradientSegment<'a, T> {
    pub(super) fn new(flow: &'a GradientFlow<T>, start: T) -> Self {
        Self { flow, start }
    }

    /// The coefficients at the end of the segment, which the flow has anyway.
    pub fn end_coefficients(&self) -> Vec<T> {
        let end = &self.flow.end;
        (0..end.groups()).map(|j| end.coefficient(j)).collect()
    }

    /// The bracket `h_j` in local time: the rate `-h_j q_j` of the logarithm of `w_j`, lowest power first.
    pub fn bracket(&self, j: usize, into: &mut Vec<T>) {
        into.clear();
        match self.flow.series.of_group(j) {
            Some(terms) => into.extend(terms.map(|(_, h)| h.clone())),
            None => {
                let (q, e) = (&self.flow.spectrum.variance()[j], self.flow.state.excess(j));
                into.extend_from_slice(self.flow.series.energy());
                into[0] = manifold::bracket(q, e, &into[0]);
            }
        }
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
