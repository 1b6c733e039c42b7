use crate::risk::manifold;
use crate::scalar::Scalar;
use crate::spectrum::Spectrum;

/// Taylor coefficients of the GD flow at a point, for the groups that take part.
///
/// In the squares `x_j = w_j^2` the field is `x_j' = -2 q_j h_j x_j` with brackets `h_j` *linear* in the excesses: one
/// product of series a group, `x_j[k + 1] = -2 q_j/(k + 1) sum_i h_j[i] x_j[k - i]`, and the functions of
/// [`manifold`] give `tau[k]` and `h_j[k]` from the coefficients `e_j[k]` (equal to `x_j[k]` for k >= 1).
/// Derivation: `derivations/gradient-descent.md`.
#[derive(Clone, Debug)]
pub(super) struct Series<T> {
    order: usize,
    stride: usize,
    square: Vec<T>,
    bracket: Vec<T>,
    energy: Vec<T>,
    /// `e_j[k]` of one order, for all groups.
    excess: Vec<T>,
    /// `1/k`, from k = 1.
    reciprocal: Vec<T>,
    rate: Vec<T>,
}

impl<T: Scalar> Series<T> {
    pub(super) fn new(spectrum: &Spectrum<T>, max_order: usize) -> Self {
        let zero = spectrum.variance()[0].int(0);
        let (groups, stride) = (spectrum.groups(), max_order + 1);
        let one = zero.int(1);
        let mut series = Self {
            order: 0,
            stride,
            square: vec![zero.clone(); groups * stride],
            bracket: vec![zero.clone(); groups * stride],
            energy: vec![zero.clone(); stride],
            excess: vec![zero.clone(); groups],
            reciprocal: (0..=stride as i64 + 1).map(|k| if k == 0 { zero.clone() } else { one.over(k) }).collect(),
            rate: Vec::new(),
        };
        series.set_spectrum(spectrum);
        series
    }

    /// Takes another spectrum with the same number of groups.
    pub(super) fn set_spectrum(&mut self, spectrum: &Spectrum<T>) {
        self.rate.clear();
        self.rate.extend(spectrum.variance().iter().map(|q| q.times(-2)));
    }

    #[inline]
    pub(super) fn order(&self) -> usize {
        self.order
    }

    /// Expands to `order` about the point with squares `square` and excesses `excess`; groups not in `active` count as
    /// constant, with the excess `passive[j]`.
    #[inline]
    pub(super) fn expand(
        &mut self,
        spectrum: &Spectrum<T>,
        order: usize,
        active: &[usize],
        squares: impl Fn(usize) -> T,
        excess: &[T],
    ) {
        self.order = order;
        let stride = self.stride;
        self.excess.clone_from_slice(excess);
        for &j in active {
            self.square[j * stride] = squares(j);
        }
        let zero = self.excess[0].int(0);
        for k in 0..=order {
            let tau = manifold::excess_energy(spectrum, &self.excess);
            if k == 0 {
                self.excess.fill(zero.clone());
            }
            for &j in active {
                let at = j * stride;
                let e = if k == 0 { &excess[j] } else { &self.square[at + k] };
                self.bracket[at + k] = manifold::bracket(&spectrum.variance()[j], e, &tau);
                if k < order {
                    let product = T::convolve(&self.bracket[at..at + stride], &self.square[at..at + stride], k);
                    let next = product * &self.rate[j] * &self.reciprocal[k + 1];
                    self.excess[j] = next.clone();
                    self.square[at + k + 1] = next;
                }
            }
            self.energy[k] = tau;
        }
    }

    /// `x_j[0..=order]`, of an active group.
    #[inline]
    pub(super) fn square(&self, j: usize) -> &[T] {
        &self.square[j * self.stride..=j * self.stride + self.order]
    }

    /// `h_j[0..=order]`, of an active group.
    #[inline]
    pub(super) fn bracket(&self, j: usize) -> &[T] {
        &self.bracket[j * self.stride..=j * self.stride + self.order]
    }

    /// `tau[0..=order]`: also the bracket of every passive group.
    #[inline]
    pub(super) fn energy(&self) -> &[T] {
        &self.energy[..=self.order]
    }

    /// `1/k`.
    #[inline]
    pub(super) fn reciprocal(&self, k: usize) -> &T {
        &self.reciprocal[k]
    }

    /// The integral of `polynomial` from 0 to `s`.
    #[inline]
    pub(super) fn integral(&self, polynomial: &[T], s: &T) -> T {
        let mut sum = s.int(0);
        for (c, r) in polynomial.iter().zip(&self.reciprocal[1..]).rev() {
            sum = sum * s + &(c.clone() * r);
        }
        sum * s
    }

    /// `p(s) - p(0)`, without the cancellation.
    #[inline]
    pub(super) fn increment(&self, polynomial: &[T], s: &T) -> T {
        polynomial[1..].iter().rev().fold(s.int(0), |sum, c| (sum + c) * s)
    }
}
