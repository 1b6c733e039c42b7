use super::digits::Digits;
use crate::risk::manifold;
use crate::scalar::{LANES, Real, Work};
use crate::spectrum::Spectrum;
use std::array;

/// One coefficient of each group of a block.
type Row<T> = [T; LANES];

/// The series of up to [`LANES`] groups, all coefficients of one order side by side: their products run in step, without a
/// horizontal sum. Lanes without a group hold zeros, and stay so.
#[derive(Clone, Debug)]
pub(super) struct Block<T> {
    groups: [usize; LANES],
    used: usize,
    variance: Row<T>,
    weight: Row<T>,
    /// `-2 q_j`
    rate: Row<T>,
    /// log2 of the size that errors of products count relative to.
    log_size: [f64; LANES],
    /// `e_j[k]` of the newest order k.
    excess: Row<T>,
    square: Vec<Row<T>>,
    bracket: Vec<Row<T>>,
}

impl<T: Real> Block<T> {
    pub(super) fn new(zero: &T, length: usize) -> Self {
        let row: Row<T> = array::from_fn(|_| zero.clone());
        Self {
            groups: [0; LANES],
            used: 0,
            variance: row.clone(),
            weight: row.clone(),
            rate: row.clone(),
            log_size: [0.0; LANES],
            excess: row.clone(),
            square: vec![row.clone(); length],
            bracket: vec![row; length],
        }
    }

    #[inline]
    pub(super) fn clear(&mut self) {
        self.used = 0;
        for l in 0..LANES {
            let zero = self.variance[l].int(0);
            self.weight[l] = zero.clone();
            self.rate[l] = zero.clone();
            self.excess[l] = zero.clone();
            self.square[0][l] = zero.clone();
            self.variance[l] = zero;
        }
    }

    #[inline]
    pub(super) fn push(&mut self, spectrum: &Spectrum<T>, j: usize, square: T, excess: &T, log_size: f64) {
        let lane = self.used;
        self.groups[lane] = j;
        self.variance[lane] = spectrum.variance()[j].clone();
        self.weight[lane] = spectrum.energy_weight()[j].clone();
        self.rate[lane] = spectrum.variance()[j].times(-2);
        if T::COUNTS_DIGITS {
            // of products, of which terms are made by the factor of the rate
            self.log_size[lane] = log_size - self.rate[lane].magnitude();
        }
        self.excess[lane] = excess.clone();
        self.square[0][lane] = square;
        self.used += 1;
    }

    #[inline]
    pub(super) fn groups(&self) -> &[usize] {
        &self.groups[..self.used]
    }

    /// `x_j[k]`, `h_j[k]` of the group in a lane.
    #[inline]
    pub(super) fn coefficients(&self, lane: usize, k: usize) -> (&T, &T) {
        (&self.square[k][lane], &self.bracket[k][lane])
    }

    /// All brackets, row after row, from the first one of a lane on.
    #[inline]
    pub(super) fn brackets_from(&self, lane: usize) -> &[T] {
        &self.bracket.as_flattened()[lane..]
    }

    /// Excess energy of the point that is expanded about.
    #[inline(always)]
    pub(super) fn energy(&self) -> T {
        manifold::weighted_excess(&self.weight, &self.excess)
    }

    #[inline(always)]
    fn brackets(&self, excess: &Row<T>, tau: &T) -> Row<T> {
        array::from_fn(|l| manifold::bracket(&self.variance[l], &excess[l], tau))
    }

    /// `x_j[k + 1]` from everything up to order k, and the energy in it. The energy comes from the product directly, one
    /// multiplication sooner: it is what the next order waits for.
    #[inline]
    fn next(&self, square: &[Row<T>], bracket: &[Row<T>], reciprocal: &T, digits: Option<&Digits<T>>) -> (Row<T>, T) {
        let k = bracket.len() - 1;
        let product = match digits {
            Some(digits) if T::COUNTS_DIGITS => {
                let below = self.log_size.map(|log_size| digits.below(log_size, k + 1));
                T::convolve_lanes_above(bracket, square, k, self.used, &below)
            }
            _ => T::convolve_lanes(bracket, square, k, self.used),
        };
        if T::COUNTS_DIGITS {
            // where every operation counts, the fewest
            let square = array::from_fn(|l| (self.rate[l].clone() * &product[l]).over(k as i64 + 1));
            let energy = manifold::weighted_excess(&self.weight, &square);
            return (square, energy);
        }
        let rate: Row<T> = array::from_fn(|l| self.rate[l].clone() * reciprocal);
        let weight: Row<T> = array::from_fn(|l| rate[l].clone() * &self.weight[l]);
        let energy = manifold::weighted_excess(&weight, &product);
        (array::from_fn(|l| rate[l].clone() * &product[l]), energy)
    }

    /// All series when this block holds every group that takes part, so that the newest coefficients stay in registers.
    /// `energy[0]` is what other groups contribute, and `energy` becomes `tau`.
    #[inline]
    pub(super) fn expand_alone(&mut self, energy: &mut [T], reciprocal: &[T], digits: Option<&Digits<T>>) {
        if T::WAITS {
            T::widely(Early { block: self, energy, reciprocal });
        } else {
            self.expand_in_turn(energy, reciprocal, digits);
        }
    }

    /// Order by order: brackets, products, squares, energy.
    fn expand_in_turn(&mut self, energy: &mut [T], reciprocal: &[T], digits: Option<&Digits<T>>) {
        let order = energy.len() - 1;
        let mut squares = std::mem::take(&mut self.square);
        let mut brackets = std::mem::take(&mut self.bracket);
        let (square, bracket) = (&mut squares[..=order], &mut brackets[..=order]);
        let mut excess = self.excess.clone();
        let mut tau = energy[0].clone() + self.energy();
        for k in 0..order {
            bracket[k] = self.brackets(&excess, &tau);
            energy[k] = tau;
            (excess, tau) = self.next(&square[..=k], &bracket[..=k], &reciprocal[k + 1], digits);
            square[k + 1] = excess.clone();
        }
        bracket[order] = self.brackets(&excess, &tau);
        energy[order] = tau;
        (self.square, self.bracket) = (squares, brackets);
    }

    /// The same with `tau[k]` needed as late as possible: with `c_j = h_j[0] + 2 q_j x_j[0]` it is
    ///
    /// ```text
    /// sum_{i=0..k} h_j[i] x_j[k - i] = R_j + tau[k] x_j[0],   R_j = c_j x_j[k] + sum_{i=1..k-1} h_j[i] x_j[k - i],
    /// (k + 1) tau[k + 1] = sum_j v_j R_j + tau[k] sum_j v_j x_j[0],   v_j = -2 n_j q_j^2 .
    /// ```
    #[inline(always)]
    fn expand_early(&mut self, energy: &mut [T], reciprocal: &[T]) {
        let order = energy.len() - 1;
        let mut squares = std::mem::take(&mut self.square);
        let mut brackets = std::mem::take(&mut self.bracket);
        let (square, bracket) = (&mut squares[..=order], &mut brackets[..=order]);
        let start = square[0].clone();
        let weight: Row<T> = array::from_fn(|l| self.rate[l].clone() * &self.weight[l]);
        let pull = manifold::weighted_excess(&weight, &start);
        let mut tau = energy[0].clone() + self.energy();
        bracket[0] = self.brackets(&self.excess, &tau);
        energy[0] = tau;
        let own: Row<T> = array::from_fn(|l| self.variance[l].times(2) * &start[l] + &bracket[0][l]);
        let product: Row<T> = array::from_fn(|l| bracket[0][l].clone() * &start[l]);
        let mut newest: Row<T> = array::from_fn(|l| self.rate[l].clone() * &product[l]);
        tau = manifold::weighted_excess(&weight, &product);
        for k in 1..order {
            bracket[k] = self.brackets(&newest, &tau);
            let mut known: Row<T> = array::from_fn(|l| own[l].clone() * &newest[l]);
            if k > 1 {
                let inner = T::convolve_lanes(&bracket[1..k], &square[1..k], k - 2, self.used);
                known = array::from_fn(|l| known[l].clone() + &inner[l]);
            }
            let reciprocal = &reciprocal[k + 1];
            let rate: Row<T> = array::from_fn(|l| self.rate[l].clone() * reciprocal);
            let share: Row<T> = array::from_fn(|l| weight[l].clone() * reciprocal);
            let pulled = pull.clone() * reciprocal * &tau;
            let from_energy: Row<T> = array::from_fn(|l| tau.clone() * &start[l]);
            square[k] = newest;
            newest = array::from_fn(|l| (known[l].clone() + &from_energy[l]) * &rate[l]);
            let next = manifold::weighted_excess(&share, &known) + pulled;
            energy[k] = tau;
            tau = next;
        }
        bracket[order] = self.brackets(&newest, &tau);
        square[order] = newest;
        energy[order] = tau;
        (self.square, self.bracket) = (squares, brackets);
    }

    /// One order among several blocks: `h_j[k]` from the whole `tau[k]`, then `x_j[k + 1]`; its energy is returned.
    pub(super) fn expand_one(&mut self, k: usize, tau: &T, reciprocal: &T, digits: Option<&Digits<T>>) -> T {
        self.close(k, tau);
        let (next, energy) = self.next(&self.square[..=k], &self.bracket[..=k], reciprocal, digits);
        self.square[k + 1] = next.clone();
        self.excess = next;
        energy
    }

    /// `h_j[k]` of the highest order k.
    pub(super) fn close(&mut self, k: usize, tau: &T) {
        self.bracket[k] = self.brackets(&self.excess, tau);
    }

    /// Terms of order k in the logarithms of the coefficients, `|q_j h_j[k - 1]/k|`.
    #[inline]
    pub(super) fn logarithm_terms(&self, k: usize, reciprocal: &T) -> Row<T> {
        let h = &self.bracket[k - 1];
        array::from_fn(|l| (h[l].clone() * &self.variance[l] * reciprocal).abs())
    }

    /// The integrals of `h_j[0..=order]` from 0 to `s`; even and odd powers apart, as two independent chains.
    #[inline]
    pub(super) fn bracket_integrals(&self, order: usize, reciprocal: &[T], s: &T) -> Row<T> {
        let (pairs, top) = self.bracket[..=order].as_chunks::<2>();
        let (weights, top_weight) = reciprocal[1..=order + 1].as_chunks::<2>();
        let square = s.square();
        let zero = s.int(0);
        let mut odd: Row<T> = array::from_fn(|_| zero.clone());
        let mut even = match (top, top_weight) {
            ([c], [r]) => array::from_fn(|l| c[l].clone() * r),
            _ => odd.clone(),
        };
        for ([c, d], [r, t]) in pairs.iter().zip(weights).rev() {
            even = array::from_fn(|l| even[l].clone() * &square + (c[l].clone() * r));
            odd = array::from_fn(|l| odd[l].clone() * &square + (d[l].clone() * t));
        }
        array::from_fn(|l| (odd[l].clone() * s + &even[l]) * s)
    }

    /// `x_j(s) - x_j(0)` of the group in a lane.
    #[inline]
    pub(super) fn square_increment(&self, lane: usize, order: usize, s: &T) -> T {
        let (pairs, top) = self.square[1..=order].as_chunks::<2>();
        let square = s.square();
        let mut odd = s.int(0);
        let mut even = top.first().map_or_else(|| odd.clone(), |c| c[lane].clone());
        for [c, d] in pairs.iter().rev() {
            even = even * &square + &c[lane];
            odd = odd * &square + &d[lane];
        }
        (odd * s + even) * s
    }
}

/// [`Block::expand_early`], to be done widely.
struct Early<'a, T> {
    block: &'a mut Block<T>,
    energy: &'a mut [T],
    reciprocal: &'a [T],
}

impl<T: Real> Work for Early<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.block.expand_early(self.energy, self.reciprocal);
    }
}
