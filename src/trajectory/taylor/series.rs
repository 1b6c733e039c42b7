use super::block::Block;
use super::digits::Digits;
use crate::scalar::{LANES, Real};
use crate::spectrum::Spectrum;

/// Taylor coefficients of the GD flow at a point, of the groups that take part.
///
/// In the squares `x_j = w_j^2` the field is `x_j' = -2 q_j h_j x_j`, with brackets `h_j` *linear* in the excesses: one
/// product of series a group, `x_j[k + 1] = -2 q_j/(k + 1) sum_i h_j[i] x_j[k - i]`, while the functions of
/// [`manifold`](crate::risk::manifold) give `tau[k]` and `h_j[k]` from the `e_j[k]` (equal to `x_j[k]` for k >= 1).
/// Derived in [`derivations::taylor`](crate::derivations::taylor).
#[derive(Clone, Debug)]
pub(super) struct Series<T> {
    order: usize,
    blocks: Vec<Block<T>>,
    used: usize,
    energy: Vec<T>,
    /// `1/k`; the entry at 0 is not used.
    reciprocal: Vec<T>,
    /// `2^-124`, `2^124`
    margin: [T; 2],
}

impl<T: Real> Series<T> {
    pub(super) fn new(zero: &T, max_order: usize) -> Self {
        let one = zero.int(1);
        let reciprocal = (0..=max_order as i64 + 1).map(|k| if k == 0 { zero.clone() } else { one.over(k) }).collect();
        let margin = one.int(1 << 62).square();
        Self {
            order: 0,
            blocks: Vec::new(),
            used: 0,
            energy: vec![zero.clone(); max_order + 1],
            reciprocal,
            margin: [one / &margin, margin],
        }
    }

    #[inline]
    pub(super) fn order(&self) -> usize {
        self.order
    }

    /// Multiply-adds in the products of the last expansion.
    #[inline]
    pub(super) fn operations(&self) -> u64 {
        (self.used * self.order * (self.order + 1) / 2) as u64
    }

    /// Forgets all groups.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.used = 0;
    }

    /// Lets group `j` take part, from `w_j^2 = square` and `e_j = excess`; `log_size` is log2 of the size that its errors count relative to.
    #[inline]
    pub(super) fn push(&mut self, spectrum: &Spectrum<T>, j: usize, square: T, excess: &T, log_size: f64) {
        let b = self.used / LANES;
        if b == self.blocks.len() {
            self.blocks.push(Block::new(&excess.int(0), self.energy.len()));
        }
        if self.used.is_multiple_of(LANES) {
            self.blocks[b].clear();
        }
        self.blocks[b].push(spectrum, j, square, excess, log_size);
        self.used += 1;
    }

    /// All coefficients up to `order`, to `digits` if not to all of them; the groups that do not take part contribute `constant_energy`.
    #[inline]
    pub(super) fn expand(&mut self, order: usize, constant_energy: T, digits: Option<&Digits<T>>) {
        self.order = order;
        self.energy[0] = constant_energy;
        let energy = &mut self.energy[..=order];
        match &mut self.blocks[..self.used.div_ceil(LANES)] {
            [block] => block.expand_alone(energy, &self.reciprocal, digits),
            blocks => expand_together(blocks, energy, &self.reciprocal, digits),
        }
    }

    #[inline]
    fn blocks(&self) -> &[Block<T>] {
        &self.blocks[..self.used.div_ceil(LANES)]
    }

    /// `x_j[k]` and `h_j[k]` for k = 0, 1, ..., if group `j` takes part.
    pub(super) fn of_group(&self, j: usize) -> Option<impl Iterator<Item = (&T, &T)>> {
        let (block, lane) = self.place(j)?;
        Some((0..=self.order).map(move |k| block.coefficients(lane, k)))
    }

    /// `h_j[k]` for k = 0, 1, ..., if group `j` takes part: entries of a slice, with a stride.
    #[inline]
    pub(super) fn bracket_terms(&self, j: usize) -> Option<(&[T], usize)> {
        let (block, lane) = self.place(j)?;
        Some((&block.brackets_from(lane)[..self.order * LANES + 1], LANES))
    }

    /// Whether all terms are numbers, neither too large nor, if anything moves, too small: the last energy is a sum over all terms. With a
    /// margin, for brackets, which have a variance more or less.
    #[inline]
    pub(super) fn is_sound(&self) -> bool {
        let (zero, last) = (self.energy[0].int(0), &self.energy[self.order]);
        let [less, more] = self.margin.each_ref().map(|margin| last.clone() * margin);
        more.is_finite() && (less != zero || self.used == 0 || self.energy[1] == zero)
    }

    /// The block and the lane of group `j`, if it takes part.
    #[inline]
    fn place(&self, j: usize) -> Option<(&Block<T>, usize)> {
        let find = |block: &Block<T>| block.groups().iter().position(|&group| group == j);
        self.blocks().iter().find_map(|block| Some((block, find(block)?)))
    }

    /// `tau[0..=order]`: the bracket of a group that does not take part, but for a constant.
    #[inline]
    pub(super) fn energy(&self) -> &[T] {
        &self.energy[..=self.order]
    }

    /// The largest term of order k of those that the solution's error is measured in: `|q_j h_j[k - 1]/k|` in the logarithm
    /// of coefficient j, or for the first group, with a `signal_weight`, `signal_weight |x_0[k]|`. A bracket outside the series
    /// counts as `energy_weight |tau[k - 1]/k|`. With `resolved`, also `|x_j[k]/x_j[0]|`.
    #[inline]
    pub(super) fn largest_term(
        &self,
        k: usize,
        signal_weight: Option<&T>,
        energy_weight: Option<&T>,
        resolved: bool,
    ) -> T {
        let mut largest = match energy_weight {
            Some(weight) => (self.energy[k - 1].clone() * weight * &self.reciprocal[k]).abs(),
            None => self.energy[0].int(0),
        };
        let mut include = |term: T| {
            if term > largest {
                largest = term;
            }
        };
        for (b, block) in self.blocks().iter().enumerate() {
            let mut terms = block.logarithm_terms(k, &self.reciprocal[k]);
            if let (0, Some(weight)) = (b, signal_weight) {
                terms[0] = (block.coefficients(0, k).0.clone() * weight).abs();
            }
            terms.into_iter().for_each(&mut include);
            if resolved {
                for lane in 0..block.groups().len() {
                    let relative = block.coefficients(lane, k).0.clone() / block.coefficients(lane, 0).0;
                    include(relative.abs());
                }
            }
        }
        largest
    }

    /// The integral of `tau` from 0 to `s`.
    #[inline]
    pub(super) fn energy_integral(&self, s: &T) -> T {
        let terms = self.energy().iter().zip(&self.reciprocal[1..]).rev();
        terms.fold(s.int(0), |sum, (c, r)| sum * s + (c.clone() * r)) * s
    }

    /// Calls `with(j, integral of h_j from 0 to s)` for every group that takes part.
    #[inline]
    pub(super) fn bracket_integrals(&self, s: &T, mut with: impl FnMut(usize, T)) {
        for block in self.blocks() {
            let integrals = block.bracket_integrals(self.order, &self.reciprocal, s);
            for (&j, integral) in block.groups().iter().zip(integrals) {
                with(j, integral);
            }
        }
    }

    /// `x_j(s) - x_j(0)` of the first group that takes part.
    #[inline]
    pub(super) fn first_square_increment(&self, s: &T) -> T {
        self.blocks[0].square_increment(0, self.order, s)
    }
}

fn expand_together<T: Real>(blocks: &mut [Block<T>], energy: &mut [T], reciprocal: &[T], digits: Option<&Digits<T>>) {
    let order = energy.len() - 1;
    energy[0] = blocks.iter().fold(energy[0].clone(), |tau, block| tau + block.energy());
    for k in 0..order {
        let mut tau = energy[k].int(0);
        for block in &mut *blocks {
            tau = tau + block.expand_one(k, &energy[k], &reciprocal[k + 1], digits);
        }
        energy[k + 1] = tau;
    }
    for block in blocks {
        block.close(order, &energy[order]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Integrals of the brackets over `s` from a fixed point, by a series of the given order.
    fn integrals(spectrum: &Spectrum, order: usize, s: f64) -> Vec<f64> {
        let mut series = Series::new(&0.0, 40);
        for j in 0..spectrum.groups() {
            let w = 0.3 / (1.0 + j as f64);
            series.push(spectrum, j, w * w, &crate::risk::manifold::excess(j, &w), 0.0);
        }
        series.expand(order, 0.0, None);
        let mut integrals = Vec::new();
        series.bracket_integrals(&s, |_, integral| integrals.push(integral));
        integrals
    }

    #[test]
    fn halving_the_step_at_order_n_gains_2_to_the_n_plus_2() {
        // one block of lanes, and several
        for groups in [2, 9] {
            let rest = (0..groups).map(|j| crate::spectrum::Group { variance: 0.5 + 0.3 * j as f64, multiplicity: 2 });
            let spectrum = Spectrum::with_signal(1.0, rest.collect()).unwrap();
            for order in 3..9 {
                let error = |s: f64| {
                    let exact = integrals(&spectrum, 40, s);
                    let coarse = integrals(&spectrum, order, s);
                    exact.iter().zip(coarse).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
                };
                // small, but with an error far above rounding
                let h = 0.01 + 0.006 * (order - 3) as f64;
                let gain = (error(h) / error(h / 2.0)).log2();
                // the next term is smaller by h times a rate of some tens, and shifts the gain by as much
                assert!((gain - (order + 2) as f64).abs() < 0.5, "order {order}, {groups} groups: gain 2^{gain}");
            }
        }
    }

    #[test]
    fn groups_in_one_block_and_in_several_have_the_same_series() {
        let rest: Vec<_> =
            (0..9).map(|j| crate::spectrum::Group { variance: 1.0 + j as f64, multiplicity: 3 }).collect();
        let spectrum = Spectrum::with_signal(1.0, rest).unwrap();
        let mut several = Series::new(&0.0, 12);
        let mut one = Series::new(&0.0, 12);
        for j in 0..10 {
            // only the first three are not zero, so they alone make the series
            let w: f64 = if j < 3 { 0.2 } else { 0.0 };
            let excess = crate::risk::manifold::excess(j, &w);
            several.push(&spectrum, j, w * w, &excess, 0.0);
            if j < 3 {
                one.push(&spectrum, j, w * w, &excess, 0.0);
            }
        }
        several.expand(12, 0.0, None);
        one.expand(12, 0.0, None);
        for j in 0..3 {
            // A term of order k is a sum of k + 1 products of the terms before it, added in another order; they are larger than their sum.
            let (mut largest, mut bracket) = (0.0_f64, 0.0_f64);
            for (k, ((x, h), (y, g))) in several.of_group(j).unwrap().zip(one.of_group(j).unwrap()).enumerate() {
                (largest, bracket) = (largest.max(x.abs()), bracket.max(h.abs()));
                let ulps = 4.0 * (k + 1) as f64 * f64::EPSILON;
                assert!((x - y).abs() <= ulps * largest && (h - g).abs() <= ulps * bracket, "{k}: {x} {y} {h} {g}");
            }
        }
    }
}
