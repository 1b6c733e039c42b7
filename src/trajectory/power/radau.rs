use crate::scalar::Real;
use std::f64::consts::PI;

/// The Radau IIA collocation with a given number of stages s on `[0, 1]`: order 2 s - 1, L-stable, its last node is 1.
///
/// Everything is written in shifted Legendre polynomials `P_m(2 x - 1)`: on the nodes they are orthogonal for the quadrature (exact to degree
/// 2 s - 2), so interpolation and its integrals are sums without cancellation at any s. Source: Hairer and Wanner, Solving
/// Ordinary Differential Equations II, IV.5.
#[derive(Clone, Debug)]
pub(super) struct Radau<T> {
    /// In (0, 1], ascending.
    nodes: Vec<T>,
    /// `A[i][l]`: what the value at node l contributes to the integral from 0 to node i.
    integration: Vec<Vec<T>>,
    /// `L[m][l]`: what the value at node l contributes to the Legendre coefficient m.
    analysis: Vec<Vec<T>>,
    /// `B[m][k]`: coefficient of `x^k` in the integral of `P_m` from 0 to x.
    monomials: Vec<Vec<T>>,
}

impl<T: Real> Radau<T> {
    pub(super) fn new(stages: usize, like: &T) -> Self {
        let nodes = nodes(stages, like);
        let mut analysis = vec![Vec::with_capacity(stages); stages];
        for x in &nodes {
            let p = legendre(x, stages);
            // weight of the quadrature on [0, 1]: x/(s P_(s-1))^2
            let weight = x.clone() / (p[stages - 1].square() * x.int((stages * stages) as i64));
            for m in 0..stages {
                analysis[m].push(weight.clone() * &p[m] * x.int(2 * m as i64 + 1));
            }
        }
        let integration = nodes.iter().map(|x| {
            let integrals = legendre_integrals(x, stages);
            let entry = |l: usize| {
                let mut sum = x.int(0);
                for m in 0..stages {
                    sum.add_prod(&integrals[m], &analysis[m][l]);
                }
                sum
            };
            (0..stages).map(entry).collect()
        });
        Self { integration: integration.collect(), monomials: monomials(stages, like), analysis, nodes }
    }

    pub(super) fn stages(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn nodes(&self) -> &[T] {
        &self.nodes
    }

    /// Row i of the matrix that integrates from 0 to node i.
    pub(super) fn integration(&self, i: usize) -> &[T] {
        &self.integration[i]
    }

    /// Legendre coefficients of the polynomial with these values at the nodes.
    pub(super) fn analyse(&self, values: &[T], modes: &mut Vec<T>) {
        modes.clear();
        modes.extend(self.analysis.iter().map(|row| dot(row, values)));
    }

    /// Coefficients of `x^0, ..., x^s` of the integral from 0 of the polynomial with these Legendre coefficients.
    pub(super) fn integral_monomials(&self, modes: &[T]) -> Vec<T> {
        let mut sum = vec![modes[0].int(0); self.stages() + 1];
        for (c, row) in modes.iter().zip(&self.monomials) {
            for (s, b) in sum.iter_mut().zip(row) {
                s.add_prod(c, b);
            }
        }
        sum
    }
}

pub(super) fn dot<T: Real>(a: &[T], b: &[T]) -> T {
    let mut sum = a[0].int(0);
    for (a, b) in a.iter().zip(b) {
        sum.add_prod(a, b);
    }
    sum
}

/// `P_0, ..., P_count` at `2 x - 1`.
pub(super) fn legendre<T: Real>(x: &T, count: usize) -> Vec<T> {
    let one = x.int(1);
    let z = x.times(2) - &one;
    let mut p = vec![one, z.clone()];
    for m in 1..count {
        let next = (z.times(2 * m as i64 + 1) * &p[m] - p[m - 1].times(m as i64)).over(m as i64 + 1);
        p.push(next);
    }
    p
}

/// The integrals of `P_0, ..., P_(count-1)` from 0 to x: `(P_(m+1) - P_(m-1))/(2 (2 m + 1))`, and x.
pub(super) fn legendre_integrals<T: Real>(x: &T, count: usize) -> Vec<T> {
    let p = legendre(x, count);
    let integral =
        |m: usize| if m == 0 { x.clone() } else { (p[m + 1].clone() - &p[m - 1]).over(2 * (2 * m as i64 + 1)) };
    (0..count).map(integral).collect()
}

/// The roots of `P_s - P_(s-1)`, which are simple: 1, and s - 1 between, told apart by signs on a fine grid of doubles.
fn nodes<T: Real>(stages: usize, like: &T) -> Vec<T> {
    let value = |x: f64| {
        let p = legendre(&x, stages);
        p[stages] - p[stages - 1]
    };
    let cells = 8 * stages;
    // the nodes are as dense as these points, times 1/8
    let grid = |k: usize| 0.5 - 0.5 * libm::cos(PI * (k as f64 + 0.5) / (cells as f64 + 0.5));
    let mut nodes = Vec::with_capacity(stages);
    for k in 0..cells - 1 {
        let (mut left, mut right) = (if k == 0 { 0.0 } else { grid(k - 1) }, grid(k));
        let before = value(left) > 0.0;
        if (value(right) > 0.0) == before {
            continue;
        }
        for _ in 0..60 {
            let middle = 0.5 * (left + right);
            if (value(middle) > 0.0) == before { left = middle } else { right = middle }
        }
        nodes.push(polish(T::from_f64(0.5 * (left + right), &like.context()), stages));
    }
    nodes.push(like.int(1));
    assert_eq!(nodes.len(), stages, "P_s - P_(s-1) has s roots");
    nodes
}

/// Newton's method: `d P_m(2 x - 1)/dx = m ((2 x - 1) P_m - P_(m-1))/(2 x (x - 1))`.
fn polish<T: Real>(mut x: T, stages: usize) -> T {
    let one = x.int(1);
    // from 50 correct bits, with a doubling to spare
    let mut correct = 25;
    while correct < T::bits(&x.context()) {
        correct *= 2;
        let p = legendre(&x, stages);
        let z = x.times(2) - &one;
        let scaled_slope = |m: usize| {
            let below = if m == 0 { x.int(0) } else { p[m - 1].clone() };
            (z.clone() * &p[m] - below).times(m as i64)
        };
        let slope = (scaled_slope(stages) - scaled_slope(stages - 1)) / ((x.clone() - &one) * &x).times(2);
        x = x.clone() - (p[stages].clone() - &p[stages - 1]) / slope;
    }
    x
}

/// Row m: the integral of `P_m` from 0, by powers of x.
fn monomials<T: Real>(stages: usize, like: &T) -> Vec<Vec<T>> {
    let zero = like.int(0);
    let mut p = vec![vec![zero.clone(); stages + 1]; stages];
    p[0][0] = like.int(1);
    for m in 0..stages - 1 {
        for k in 0..=m + 1 {
            let shifted = if k == 0 { zero.clone() } else { p[m][k - 1].times(2) };
            let before = if m == 0 { zero.clone() } else { p[m - 1][k].times(m as i64) };
            p[m + 1][k] = ((shifted - &p[m][k]).times(2 * m as i64 + 1) - before).over(m as i64 + 1);
        }
    }
    let integral = |row: Vec<T>| {
        let powers = (0..stages).map(|k| row[k].over(k as i64 + 1));
        std::iter::once(zero.clone()).chain(powers).collect()
    };
    p.into_iter().map(integral).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_and_three_stages_are_the_textbook_tableaux() {
        let two = Radau::new(2, &1.0);
        let exact = [[5.0 / 12.0, -1.0 / 12.0], [0.75, 0.25]];
        for i in 0..2 {
            for l in 0..2 {
                assert!((two.integration(i)[l] - exact[i][l]).abs() <= 2.0 * f64::EPSILON);
            }
        }
        let root = 6.0_f64.sqrt();
        let three = Radau::new(3, &1.0);
        for (x, exact) in three.nodes().iter().zip([(4.0 - root) / 10.0, (4.0 + root) / 10.0, 1.0]) {
            assert!((x - exact).abs() <= 2.0 * f64::EPSILON);
        }
        assert!((three.integration(0)[0] - (88.0 - 7.0 * root) / 360.0).abs() <= 2.0 * f64::EPSILON);
    }

    #[test]
    fn powers_below_twice_the_stages_are_integrated_exactly_at_the_end_and_below_the_stages_everywhere() {
        for stages in [2, 5, 8, 20] {
            let radau = Radau::new(stages, &1.0);
            let powers = |k: i32| -> Vec<f64> { radau.nodes().iter().map(|x| x.powi(k)).collect() };
            // sums of s products, each of a few roundings
            let rounding = 16.0 * stages as f64 * f64::EPSILON;
            for k in 0..2 * stages as i32 - 1 {
                let end = dot(radau.integration(stages - 1), &powers(k)) - 1.0 / f64::from(k + 1);
                assert!(end.abs() <= rounding, "x^{k} is off by {end:e} with {stages} stages");
            }
            for k in 0..stages as i32 {
                for (i, x) in radau.nodes().iter().enumerate() {
                    let error = dot(radau.integration(i), &powers(k)) - x.powi(k + 1) / f64::from(k + 1);
                    assert!(error.abs() <= rounding, "x^{k} is off by {error:e} with {stages} stages");
                }
            }
        }
    }

    #[test]
    fn modes_and_monomials_give_back_the_polynomial() {
        let radau = Radau::new(5, &1.0);
        let values: Vec<f64> = radau.nodes().iter().map(|x| 1.0 - 3.0 * x + 2.0 * x.powi(4)).collect();
        let mut modes = Vec::new();
        radau.analyse(&values, &mut modes);
        let integral = radau.integral_monomials(&modes);
        // 5.8^5: the monomials of P_5 are that large
        for (c, exact) in integral.iter().zip([0.0, 1.0, -1.5, 0.0, 0.0, 0.4]) {
            assert!((c - exact).abs() <= 6600.0 * f64::EPSILON, "{integral:?}");
        }
    }
}
