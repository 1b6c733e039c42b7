use super::flow::{Piece, PowerFlow};
use crate::scalar::Real;
use crate::trajectory::Segment;
use crate::trajectory::polynomial::{add_product, differentiate};
use crate::trajectory::roots::{Root, roots};
use std::cmp::Ordering;

/// One step of a [`PowerFlow`], borrowed from it until the next.
#[derive(Debug)]
pub struct PowerSegment<'a, T: Real = f64> {
    flow: &'a PowerFlow<T>,
    start: T,
}

impl<'a, T: Real> PowerSegment<'a, T> {
    pub(super) fn new(flow: &'a PowerFlow<T>, start: T) -> Self {
        Self { flow, start }
    }

    /// A polynomial that rises and falls with `w_j`: the coefficient itself, or the signal's excess.
    fn polynomial(&self, j: usize) -> (Vec<T>, bool) {
        match self.flow.piece {
            Piece::Collocation => self.flow.collocation.polynomial(j),
            Piece::Taylor | Piece::Crossing { .. } => (self.flow.expansion.weight(j), false),
        }
    }
}

impl<T: Real> Segment<T> for PowerSegment<'_, T> {
    fn start(&self) -> &T {
        &self.start
    }

    fn length(&self) -> &T {
        &self.flow.length
    }

    fn groups(&self) -> usize {
        self.flow.point.groups()
    }

    fn coefficients_at(&self, s: &T) -> Vec<T> {
        let at = |j: usize| match self.flow.piece {
            Piece::Collocation => self.flow.collocation.weight_at(j, s),
            Piece::Taylor | Piece::Crossing { .. } => self.flow.expansion.weight_at(j, s),
        };
        (0..self.groups()).map(at).collect()
    }

    fn excess(&self, j: usize) -> Vec<T> {
        if !matches!(self.flow.piece, Piece::Collocation) {
            return self.flow.expansion.excess(j);
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

    /// A coefficient turns where it crosses its surface, too.
    fn turns(&self, j: usize, found: &mut Vec<Root<T>>) {
        if let Piece::Crossing { group, at } = &self.flow.piece
            && *group == j
        {
            let rising = self.flow.expansion.bracket_sign(j) == Some(Ordering::Less);
            let (before, after) =
                if rising { (Ordering::Greater, Ordering::Less) } else { (Ordering::Less, Ordering::Greater) };
            found.push(Root { at: at.clone(), before, after });
            return;
        }
        let mut slope = Vec::new();
        differentiate(&self.polynomial(j).0, &mut slope);
        roots(&slope, self.length(), found);
    }

    /// `w_j/w_0` turns where `w_j' w_0 = w_j w_0'`, or `2 w_j' (1 + e_0) = w_j e_0'`.
    fn ratio_turns(&self, j: usize, found: &mut Vec<Root<T>>) {
        let (w, (mut signal, by_excess)) = (self.polynomial(j).0, self.polynomial(0));
        if by_excess {
            signal[0] = signal[0].clone() + signal[0].int(1);
        }
        let (mut slope, mut signal_slope) = (Vec::new(), Vec::new());
        differentiate(&w, &mut slope);
        differentiate(&signal, &mut signal_slope);
        if by_excess {
            slope.iter_mut().for_each(|c| *c = c.times(2));
        }
        signal_slope.iter_mut().for_each(|c| *c = -c.clone());
        let mut turn = Vec::new();
        add_product(&mut turn, &slope, &signal);
        add_product(&mut turn, &w, &signal_slope);
        roots(&turn, self.length(), found);
    }
}
