use super::expansion::{Expansion, ORDER, TERMS};
use super::norm::{Norm, up};
use crate::scalar::Interval;

/// `u = 2^-53`: what one rounding loses, relatively.
const UNIT: f64 = f64::EPSILON / 2.0;

/// Roundings in a coefficient of the recursion for `E_j`: at most k + 1 products and k sums, the factor `2 q_j`, the division by k + 1,
/// the constant term of `X_j`.
const RECURSION: f64 = (ORDER + 5) as f64 * UNIT;

/// Roundings in a coefficient of `2 E_j + T`, that of `E_0` itself included.
const BRACKET: f64 = 4.0 * UNIT;

/// How far the polynomials are from solving the flow: bounds over `[0, length]`, `derivations/validated.md`.
#[derive(Clone, Debug)]
pub(super) struct Defect {
    /// The most that variances can be, and how far from the ones of the expansion.
    variance: Vec<f64>,
    doubt: Vec<f64>,
    /// Roundings in a coefficient of T.
    energy: f64,
    /// `|q_j w_j^2 - X_j|` over the step: by rounding and the spread of the parameters, and by truncation.
    rounding: Vec<f64>,
    truncation: Vec<f64>,
    length: f64,
    powers: [f64; TERMS],
    /// How far `q_j (2 E_j + T)` may be from the expansion's.
    rate_doubt: Vec<f64>,
    /// `sum_k |E_j[k]| length^k`, and the same for T.
    excess_size: Vec<f64>,
    energy_size: f64,
}

/// A bound on the rate at which the enclosure widens, in the norm, by its causes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    pub(super) rounding: f64,
    pub(super) truncation: f64,
}

impl Defect {
    pub(super) fn new(variance: &[Interval]) -> Self {
        let groups = variance.len();
        let doubt = |q: &Interval| (*q - Interval::point(q.midpoint())).magnitude();
        Self {
            variance: variance.iter().map(|q| q.upper()).collect(),
            doubt: variance.iter().map(doubt).collect(),
            energy: (groups + 4) as f64 * UNIT,
            rounding: vec![0.0; groups],
            truncation: vec![0.0; groups],
            length: 0.0,
            powers: [0.0; TERMS],
            rate_doubt: vec![0.0; groups],
            excess_size: vec![0.0; groups],
            energy_size: 0.0,
        }
    }

    /// Bounds the defect of `expansion` over `[0, length]`.
    pub(super) fn bound(&mut self, expansion: &Expansion, norm: &Norm, length: f64) -> Rate {
        self.length = length;
        let mut power = 1.0;
        for p in &mut self.powers {
            *p = power;
            power *= length;
        }
        self.energy_size = self.size(expansion.energy());
        let mut energy = 0.0;
        for j in 0..self.variance.len() {
            self.bound_square(j, expansion);
            energy += norm.multiplicity(j) * self.energy * self.excess_size[j];
        }
        let rounding = norm.of_brackets(|j| self.rounding[j]) + norm.of_common(up(energy));
        let truncation = norm.of_brackets(|j| self.truncation[j]);
        Rate { rounding: up(rounding), truncation: up(truncation) }
    }

    /// `sum_k |p[k]| length^k`.
    fn size(&self, polynomial: &[f64; TERMS]) -> f64 {
        up(polynomial.iter().zip(&self.powers).map(|(c, p)| c.abs() * p).sum())
    }

    /// `|q w^2 - X|`: what it is at the start and the residual of `X' = -2 q (2 E + T) X`, both at most grown as `w^2` itself grows.
    fn bound_square(&mut self, j: usize, expansion: &Expansion) {
        let (q, doubt) = (self.variance[j], self.doubt[j]);
        let (bracket, square) = (expansion.bracket(j), expansion.square(j));
        let excess = self.size(expansion.excess(j));
        self.excess_size[j] = excess;
        let bracket_size = self.size(bracket);
        // 2 E + T itself differs from the expansion's bracket by at most:
        let bracket_doubt = BRACKET * (2.0 * excess + self.energy_size);
        self.rate_doubt[j] = up(q * bracket_doubt + doubt * bracket_size);
        // w^2 grows at a rate of -2 q (2 E + T), where that is positive.
        let falling = (bracket_size - bracket[0].abs() - bracket[0]).max(0.0) + bracket_doubt;
        let growth = up(libm::exp(up(2.0 * q * self.length * falling)));
        let start = expansion.gap(j);
        if expansion.is_dormant(j) {
            self.rounding[j] = if j == 0 { doubt } else { 0.0 };
            self.truncation[j] = up(growth * start);
            return;
        }
        let square_size = self.size(square);
        // Low orders: rounding, and variances other than the expansion's.
        let low = 2.0 * q * (RECURSION * bracket_size + bracket_doubt) + 2.0 * doubt * bracket_size;
        // High orders are there in the product alone.
        let mut tail = [0.0; TERMS];
        let mut sum = 0.0;
        for k in (0..TERMS).rev() {
            sum += square[k].abs() * self.powers[k];
            tail[k] = sum;
        }
        let order = expansion.order();
        let mut high = 0.0;
        for k in 0..=order {
            high += (bracket[k].abs() * self.powers[k]) * tail[order - k];
        }
        let high = 2.0 * q * (high + bracket_doubt * square_size);
        // The signal's target is its variance, which may be in doubt.
        let target = if j == 0 { doubt } else { 0.0 };
        self.rounding[j] = up(growth * (start + self.length * low * square_size) + target);
        self.truncation[j] = up(growth * self.length * high);
    }

    /// `|x_j(0) - X_j(0)|` that comes from the spread of the parameters costs this much over the step.
    #[inline]
    pub(super) fn cost_of_spread(&self, j: usize, expansion: &Expansion, norm: &Norm) -> f64 {
        self.length * norm.of_brackets(|k| if k == j { expansion.gap(j) } else { 0.0 })
    }

    /// `int_0^s p` for `0 <= s <= length`, as a leading product, a rest, and a bound on its error; `residue` belongs to the constant term.
    pub(super) fn integral(polynomial: &[f64; TERMS], residue: f64, s: f64) -> (((f64, f64), f64), f64) {
        let (mut rest, mut size) = (0.0, 0.0);
        for k in (1..TERMS).rev() {
            let c = polynomial[k] / (k + 1) as f64;
            rest = rest * s + c;
            size = size * s + c.abs();
        }
        // A division, a product and a sum for each order, and two more products.
        let bound = (3 * TERMS) as f64 * UNIT * (size * s * s + residue.abs() * s);
        (((polynomial[0], s), rest * s * s + residue * s), up(bound))
    }

    #[inline]
    pub(super) fn upper_variance(&self, j: usize) -> f64 {
        self.variance[j]
    }

    #[inline]
    pub(super) fn rate_doubt(&self, j: usize) -> f64 {
        self.rate_doubt[j]
    }

    /// `|E_j|` over the step.
    #[inline]
    pub(super) fn excess_size(&self, j: usize) -> f64 {
        self.excess_size[j]
    }

    /// `|T|` over the step.
    #[inline]
    pub(super) fn energy_size(&self) -> f64 {
        self.energy_size
    }
}
