use super::chebyshev::{DEGREE, Series, basis};
use std::f64::consts::PI;

/// The answer of `dy/dtheta = z (beta - y)`, `y(0) = 0`, to each Chebyshev polynomial in the place of beta, at a fixed time c in [0, 1]:
/// `int_0^c z exp(-z (c - theta)) T_j(2 theta - 1) dtheta`. For any z: quadratures that are exact to the last bits.
#[derive(Clone, Debug)]
pub(super) struct Response {
    end: f64,
    rules: [Rule; 3],
}

/// Gauss-Legendre on [0, c]: (distance from c, weight, Chebyshev polynomials).
#[derive(Clone, Debug)]
struct Rule {
    /// For `z c` up to this.
    reach: f64,
    points: Vec<(f64, f64, Series)>,
}

/// Reach and number of points: the Chebyshev series of `exp(-reach x)` times a polynomial of degree [`DEGREE`] is exhausted then.
const RULES: [(f64, usize); 3] = [(0.05, 10), (6.0, 17), (38.0, 28)];

/// Points of Gauss-Laguerre: exact for the polynomials that are left when `exp(-z c)` is below the last bit.
const FAR: usize = 8;

/// What relaxes by less than this in a step stands still in it: as steps grow in proportion to the time there is, all of these together
/// are below the last bit.
pub(super) const STILL: f64 = 1e-18;

impl Response {
    pub(super) fn at(end: f64) -> Self {
        let rules = RULES.map(|(reach, n)| {
            let point = |(x, weight): (f64, f64)| {
                let back = 0.5 * end * (1.0 + x);
                (back, 0.5 * end * weight, basis(end - back))
            };
            Rule { reach, points: legendre(n).into_iter().map(point).collect() }
        });
        Self { end, rules }
    }

    /// c.
    pub(super) fn end(&self) -> f64 {
        self.end
    }

    /// `exp(-z c)`, and the answers.
    pub(super) fn to(&self, z: f64, laguerre: &[(f64, f64)]) -> (f64, Series) {
        let mut answers = [0.0; DEGREE + 1];
        let depth = z * self.end;
        if depth < STILL {
            return (1.0, answers);
        }
        match self.rules.iter().find(|rule| depth <= rule.reach) {
            Some(rule) => {
                for (back, weight, t) in &rule.points {
                    let kernel = weight * z * libm::exp(-z * back);
                    (0..=DEGREE).for_each(|j| answers[j] += kernel * t[j]);
                }
            }
            None => {
                for (x, weight) in laguerre {
                    let t = basis(self.end - x / z);
                    (0..=DEGREE).for_each(|j| answers[j] += weight * t[j]);
                }
            }
        }
        (libm::exp(-depth), answers)
    }
}

/// Points and weights of Gauss-Legendre on [-1, 1], by Newton's method.
fn legendre(n: usize) -> Vec<(f64, f64)> {
    let point = |i: usize| {
        let mut x = -libm::cos(PI * (i as f64 + 0.75) / (n as f64 + 0.5));
        let mut slope = 1.0;
        for _ in 0..8 {
            let (mut p, mut before) = (1.0, 0.0);
            for k in 0..n {
                let k = k as f64;
                (p, before) = (((2.0 * k + 1.0) * x * p - k * before) / (k + 1.0), p);
            }
            slope = n as f64 * (x * p - before) / (x * x - 1.0);
            x -= p / slope;
        }
        (x, 2.0 / ((1.0 - x * x) * slope * slope))
    };
    (0..n).map(point).collect()
}

/// Points and weights of Gauss-Laguerre for `int_0^inf exp(-x) f(x) dx`. Newton's method with the roots found divided out climbs from
/// the left to the next one; the last steps are of the polynomial itself.
pub(super) fn laguerre() -> Vec<(f64, f64)> {
    let n = FAR as f64;
    // L_n and L_n', from x L_n' = n (L_n - L_{n-1}).
    let polynomial = |x: f64| {
        let (mut p, mut before) = (1.0, 0.0);
        for k in 0..FAR {
            let k = k as f64;
            (p, before) = (((2.0 * k + 1.0 - x) * p - k * before) / (k + 1.0), p);
        }
        (p, n * (p - before) / x)
    };
    let mut found: Vec<(f64, f64)> = Vec::new();
    for _ in 0..FAR {
        // Roots are further apart than this.
        let mut x = found.last().map_or(0.0, |(root, _)| *root) + 0.05;
        for step in 0..40 {
            let (p, slope) = polynomial(x);
            let others: f64 = found.iter().map(|(root, _)| 1.0 / (x - root)).sum();
            x -= p / if step < 36 { slope - p * others } else { slope };
        }
        let slope = polynomial(x).1;
        found.push((x, 1.0 / (x * slope * slope)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_integrate_polynomials_of_their_degree() {
        for n in [10, 17, 28] {
            for power in [0, 2, 8, 2 * n as i32 - 2] {
                let sum: f64 = legendre(n).iter().map(|(x, w)| w * x.powi(power)).sum();
                assert!((sum - 2.0 / f64::from(power + 1)).abs() < 1e-14, "{n} {power} {sum}");
            }
        }
        let mut factorial = 1.0;
        for power in 0..2 * FAR as i32 {
            factorial *= f64::from(power.max(1));
            let sum: f64 = laguerre().iter().map(|(x, w)| w * x.powi(power)).sum();
            assert!((sum / factorial - 1.0).abs() < 1e-12, "{power} {sum} {factorial}");
        }
    }

    #[test]
    fn answers_satisfy_their_equation_at_every_rate() {
        // Of theta^2 the answer is c^2 - 2 c/z + 2/z^2 (1 - exp(-z c)), here by its series where that cancels.
        for end in [1.0, 0.3, 0.017] {
            let response = Response::at(end);
            let mut z = 1e-6;
            while z < 1e9 {
                let (decay, answer) = response.to(z, &laguerre());
                // theta^2 = 3/8 T_0 + 1/2 T_1 + 1/8 T_2, 1 = T_0.
                let square = 0.375 * answer[0] + 0.5 * answer[1] + 0.125 * answer[2];
                let x = z * end;
                let exact = if x < 1.0 {
                    let mut term = x / 3.0;
                    (1..30).fold(0.0, |sum, k| {
                        let now = term;
                        term *= -x / f64::from(k + 3);
                        sum + now
                    }) * end
                        * end
                } else {
                    end * end * (1.0 - 2.0 / x - 2.0 / (x * x) * libm::expm1(-x))
                };
                assert!((decay - libm::exp(-x)).abs() <= f64::EPSILON);
                assert!((answer[0] + libm::expm1(-x)).abs() <= 1e-14 * x.min(1.0), "{end} {z}");
                // Of terms of size min(x, 1).
                assert!((square - exact).abs() <= 1e-14 * x.min(1.0), "{end} {z}: {square} {exact}");
                z *= 1.7;
            }
        }
    }
}
