use super::field::Field;
use super::point::Point;
use super::raised::Raised;
use crate::risk::manifold::{bracket, excess_energy};
use crate::scalar::Real;
use crate::trajectory::polynomial::evaluate;
use crate::trajectory::taylor::{Digits, log_size};
use std::cmp::Ordering;

/// Taylor coefficients of the flow at a point where no living coefficient has the gradient 0.
///
/// `w_j[k + 1] = -sign(g_j) u_j[k]/(k + 1)` with `u_j = |g_j|^p`, made by [`Raised`].
///
/// The series are in local time over a unit of the size of their radius of convergence, which may be far too small for its powers to be
/// numbers.
#[derive(Clone, Debug)]
pub(super) struct Expansion<T> {
    unit: T,
    weight: Vec<Vec<T>>,
    excess: Vec<Vec<T>>,
    bracket: Vec<Vec<T>>,
    /// `g_j` at the point, and `-sign(g_j) |g_j|^p`.
    start: Vec<(T, T)>,
    /// `g_j` and `u_j`
    gradient: Vec<Raised<T>>,
}

impl<T: Real> Expansion<T> {
    pub(super) fn new(groups: usize, like: &T) -> Self {
        let empty = vec![Vec::new(); groups];
        Self {
            unit: like.int(1),
            weight: empty.clone(),
            excess: empty.clone(),
            bracket: empty,
            start: vec![(like.int(0), like.int(0)); groups],
            gradient: vec![Raised::new(); groups],
        }
    }

    /// All series up to `order`, in the time unit `unit`, to `digits` if not to all of them; `scale` is that of the excess energy.
    pub(super) fn expand(
        &mut self,
        field: &Field<T>,
        point: &Point<T>,
        order: usize,
        unit: T,
        scale: &T,
        digits: Option<&Digits<T>>,
    ) {
        let digits = digits.map(|digits| digits.in_unit(&unit));
        let product = |a: &[T], b: &[T], k: usize, log_size: &dyn Fn() -> f64| match &digits {
            Some(digits) if k > 0 => T::convolve_above(a, b, k, digits.below(log_size(), k)),
            _ => T::convolve(a, b, k),
        };
        self.unit = unit;
        let groups = point.groups();
        let q = field.spectrum.variance();
        for series in [&mut self.weight, &mut self.excess, &mut self.bracket] {
            series.iter_mut().for_each(Vec::clear);
        }
        for j in 0..groups {
            self.gradient[j].clear();
            self.weight[j].push(point.weight(j).clone());
        }
        for k in 0..=order {
            let orders: Vec<T> = (0..groups)
                .map(|j| match k {
                    0 => point.excess(j),
                    _ => product(&self.weight[j], &self.weight[j], k, &|| log_size(&field.spectrum, j, scale)),
                })
                .collect();
            let tau = excess_energy(&field.spectrum, &orders);
            for (j, e) in orders.into_iter().enumerate() {
                self.bracket[j].push(bracket(&q[j], &e, &tau));
                self.excess[j].push(e);
                let own = || self.start[j].0.magnitude() - q[j].magnitude();
                let mut g = product(&self.bracket[j], &self.weight[j], k, &own) * &q[j];
                if k == 0 {
                    self.start[j] = (g.clone(), -field.speed(&g));
                }
                let (first, velocity) = &self.start[j];
                g = if *first == tau.int(0) { tau.int(0) } else { g / first };
                let below = digits.as_ref().map_or(i64::MIN, |digits| digits.below(0.0, k));
                self.gradient[j].push(g, &field.power, below);
                let velocity = velocity.clone() * &self.gradient[j].power()[k];
                if k < order {
                    self.weight[j].push((velocity * &self.unit).over(k as i64 + 1));
                }
            }
        }
    }

    /// Sign of `h_j` at the point.
    pub(super) fn bracket_sign(&self, j: usize) -> Option<Ordering> {
        self.bracket[j][0].sign()
    }

    /// Whether coefficient j still moves its way at local time s: where a bracket has come to rest, `(t_1 - t)^2` say, the polynomial may go on beyond, on a curve that is no
    /// solution.
    pub(super) fn moves_on(&self, j: usize, s: &T) -> bool {
        evaluate(self.gradient[j].power(), &(s.clone() / &self.unit)) > s.int(0)
    }

    /// `w_j` at local time s, and `e_j`.
    pub(super) fn weight_at(&self, j: usize, s: &T) -> T {
        evaluate(&self.weight[j], &(s.clone() / &self.unit))
    }

    pub(super) fn excess_at(&self, j: usize, s: &T) -> T {
        evaluate(&self.excess[j], &(s.clone() / &self.unit))
    }

    /// The polynomials `w_j` and `e_j` in local time, as far as their coefficients are numbers.
    pub(super) fn weight(&self, j: usize) -> Vec<T> {
        in_time(&self.weight[j], &self.unit)
    }

    pub(super) fn excess(&self, j: usize) -> Vec<T> {
        in_time(&self.excess[j], &self.unit)
    }

    /// The series of all `h_j`, in the unit of time.
    pub(super) fn brackets(&self) -> &[Vec<T>] {
        &self.bracket
    }

    pub(super) fn unit(&self) -> &T {
        &self.unit
    }

    /// The largest term of order k in the unit of time, each relative to its coefficient (a signal near 1: to the size of the excesses).
    pub(super) fn largest_term(&self, field: &Field<T>, point: &Point<T>, energy: &T, k: usize) -> T {
        let mut largest = energy.int(0);
        for j in (0..point.groups()).filter(|&j| !point.is_dead(j)) {
            let relative = |term: &T, size: &T| term.abs() / size;
            let mut term = relative(&self.weight[j][k], point.weight(j));
            if j == 0 && point.is_near() {
                let excess = relative(&self.excess[0][k], &point.scale(0, energy, &field.spectrum.variance()[0]));
                term = if excess > term { excess } else { term };
            }
            largest = if term > largest { term } else { largest };
        }
        largest
    }
}

/// A series in units of time as a polynomial in time, as far as its coefficients are numbers.
pub(super) fn in_time<T: Real>(series: &[T], unit: &T) -> Vec<T> {
    let mut power = unit.int(1);
    let scaled = series.iter().map(|c| {
        let scaled = c.clone() * &power;
        power = power.clone() / unit;
        scaled
    });
    scaled.take_while(T::is_finite).collect()
}
