use super::path::Path;
use crate::risk::manifold;
use crate::scalar::interval::error_free::two_sum;
use crate::scalar::{Interval, Scalar};
use crate::spectrum::Spectrum;

/// Highest order of the polynomials: where a step's cost for a unit of time is least in double precision, within a few per cent.
pub(super) const ORDER: usize = 22;

/// Number of coefficients of a polynomial.
pub(super) const TERMS: usize = ORDER + 1;

/// Polynomials in double precision that nearly solve the flow over a step: scaled excesses `E_j` of `q_j e_j`, and excess energy `T`.
///
/// In scaled squares `X_j = q_j w_j^2` variances are nothing but rates, `X_j' = -2 q_j h_j X_j`, and the brackets are those of variances
/// equal to 1: so another variance moves a coefficient only while its bracket does not vanish.
///
/// They are what they are, exactly; how far they are from solving anything is for the [`Defect`](super::defect::Defect) to say.
#[derive(Clone, Debug)]
pub(super) struct Expansion {
    /// The variances, or the middles of theirs.
    variance: Vec<f64>,
    /// Coefficients of higher orders are 0.
    order: usize,
    /// The multiplicities, at variances 1.
    unit: Spectrum<f64>,
    /// `E_j[k]`, group by group.
    excess: Vec<[f64; TERMS]>,
    /// `X_j = E_j + q_j theta_j`, with a rounded constant term.
    square: Vec<[f64; TERMS]>,
    /// `2 E_j + T`, rounded.
    bracket: Vec<[f64; TERMS]>,
    energy: [f64; TERMS],
    /// `E_j[k]` of one k.
    terms: Vec<f64>,
    /// `E_0[0]` is the first of `excess` and this.
    residue: f64,
    /// `|q_j w_j^2 - X_j|` at the start, for all values of the parameters.
    gap: Vec<f64>,
    /// Coefficients too small to count for anything stay out: their square is 0.
    dormant: Vec<bool>,
}

/// Squares below this are dormant: `d q x` is nothing beside the excess energy, whatever d and q.
const DORMANT: f64 = 1e-40;

impl Expansion {
    pub(super) fn new(spectrum: &Spectrum<Interval>) -> Self {
        let groups = spectrum.groups();
        let zero = vec![[0.0; TERMS]; groups];
        Self {
            excess: zero.clone(),
            square: zero.clone(),
            bracket: zero,
            energy: [0.0; TERMS],
            terms: vec![0.0; groups],
            residue: 0.0,
            gap: vec![0.0; groups],
            dormant: vec![false; groups],
            order: ORDER,
            variance: spectrum.variance().iter().map(|q| q.midpoint()).collect(),
            unit: spectrum.with_variances(|_| 1.0),
        }
    }

    /// Polynomials of this order, at most [`ORDER`], from now on.
    pub(super) fn set_order(&mut self, order: usize) {
        self.order = order;
    }

    /// The order of the polynomials.
    #[inline]
    pub(super) fn order(&self) -> usize {
        self.order
    }

    /// Expands about the point `path`.
    pub(super) fn expand(&mut self, path: &Path) {
        let groups = self.terms.len();
        for j in 0..groups {
            self.begin(j, path);
        }
        for k in 0..TERMS {
            let tau = manifold::excess_energy(&self.unit, &self.terms);
            self.energy[k] = tau;
            for j in 0..groups {
                self.bracket[j][k] = manifold::bracket(&1.0, &self.terms[j], &tau);
                if k == ORDER {
                    continue;
                }
                let next = if self.dormant[j] || k >= self.order {
                    0.0
                } else {
                    -2.0 * self.variance[j] * f64::convolve(&self.bracket[j], &self.square[j], k) / (k + 1) as f64
                };
                self.terms[j] = next;
                self.excess[j][k + 1] = next;
                self.square[j][k + 1] = next;
            }
        }
    }

    /// Constant terms. Near 1 the signal is its excess; otherwise every coefficient is its scaled square, to its own relative accuracy.
    fn begin(&mut self, j: usize, path: &Path) {
        let near_one = j == 0 && path.is_from_one();
        let x = path.variance(j) * if near_one { path.excess() } else { path.coefficient(j).square() };
        let middle = x.midpoint();
        self.gap[j] = (x - Interval::point(middle)).magnitude();
        self.dormant[j] = !near_one && x.upper() < DORMANT;
        if self.dormant[j] {
            self.gap[j] = x.upper();
        }
        let x = if self.dormant[j] { 0.0 } else { middle };
        let (excess, residue, square) = match (j, near_one) {
            (0, true) => (x, 0.0, self.variance[0] + x),
            (0, false) => {
                let (excess, residue) = two_sum(x, -self.variance[0]);
                (excess, residue, x)
            }
            _ => (x, 0.0, x),
        };
        if j == 0 {
            self.residue = residue;
        }
        self.terms[j] = excess;
        self.excess[j][0] = excess;
        self.square[j][0] = square;
    }

    /// `E_j[0] - excess(j)[0]`.
    #[inline]
    pub(super) fn residue(&self, j: usize) -> f64 {
        if j == 0 { self.residue } else { 0.0 }
    }

    /// `|q_j w_j^2 - X_j|` at the start.
    #[inline]
    pub(super) fn gap(&self, j: usize) -> f64 {
        self.gap[j]
    }

    #[inline]
    pub(super) fn excess(&self, j: usize) -> &[f64; TERMS] {
        &self.excess[j]
    }

    #[inline]
    pub(super) fn square(&self, j: usize) -> &[f64; TERMS] {
        &self.square[j]
    }

    #[inline]
    pub(super) fn bracket(&self, j: usize) -> &[f64; TERMS] {
        &self.bracket[j]
    }

    #[inline]
    pub(super) fn energy(&self) -> &[f64; TERMS] {
        &self.energy
    }

    #[inline]
    pub(super) fn is_dormant(&self, j: usize) -> bool {
        self.dormant[j]
    }
}
