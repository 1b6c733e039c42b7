//! Polar factor by the dynamically weighted Halley iteration (QDWH; [Nakatsukasa2010]), `derivations/polar-factor.md`:
//!
//! `X <- X (a I + b X'X)(I + c X'X)^(-1) = (b/c) X + (a - b/c) X (I + c X'X)^(-1)`,
//!
//! which moves all singular values from `[l, 1]` towards 1 as fast as a rational function of type (3, 2) can; a, b, c follow from
//! l. It is backward stable when the division is, and the Cholesky factor of `I + c X'X` is well-conditioned for moderate c. A small l would
//! ask for more; it gets the largest c that is allowed until all singular values are large, at a factor of 19 to 62 a step. The last digits
//! come from a series. Everything is products.
//!
//! How small the smallest singular value is, is measured as soon as it is large enough for the Gram matrix to know. If it was
//! too close to the rank tolerance at the beginning, this file declines, and [`super::polar`] decides what the rank is.
//!
//! [Nakatsukasa2010]: crate::derivations#references

use super::extremes::{RESOLVED, largest_singular_value, smallest_singular_value};
use super::polar::{power_of_two_below, rank_tolerance};
use super::series;
use crate::product::{Factor, Panels, Part, transposed_product};
use nalgebra::DMatrix;

/// Iterations from the rank tolerance; the theory needs 12.
const MOST_ITERATIONS: usize = 20;

/// Below this smaller dimension an SVD is as fast.
pub(super) const SMALL: usize = 8;

/// Up to this weight the Cholesky factor does not round more than the Gram matrix itself: `derivations/polar-factor.md`, halley-weights.
fn largest_weight(n: usize) -> f64 {
    (n as f64).clamp(100.0, 1000.0)
}

/// Computes polar factors.
#[derive(Clone, Debug, Default)]
pub(super) struct Halley {
    /// Kept from one matrix to the next, unless it is lean.
    space: Option<Box<Iteration>>,
    lean: bool,
}

impl Halley {
    /// One that keeps no space, and holds as little as it can.
    pub(super) fn lean() -> Self {
        Self { space: None, lean: true }
    }

    /// Replaces a matrix by its polar factor; false, and no change, where it is small or too close to rank deficient for this method.
    ///
    /// `largest` is the largest absolute entry, a finite one. The matrix is not held beside what computes its factor, unless its condition number
    /// is large.
    pub(super) fn polar_factor(&mut self, matrix: &mut DMatrix<f64>, largest: f64) -> bool {
        let (rows, columns) = matrix.shape();
        if rows.min(columns) < SMALL {
            return false;
        }
        if rows < columns {
            let mut tall = std::mem::take(matrix).transpose();
            let found = self.polar_factor(&mut tall, largest);
            *matrix = tall.transpose();
            return found;
        }
        // By a power of two first, so that squares neither overflow nor underflow.
        let scale = power_of_two_below(largest);
        let taken = std::mem::take(matrix);
        let kept = self.space.take().filter(|space| (space.x.rows(), space.x.columns()) == (rows, columns));
        let mut space = if let Some(mut space) = kept {
            space.x.copy_from(&taken);
            drop(taken);
            space
        } else {
            let x = Panels::from_dense(&taken);
            drop(taken);
            Box::new(Iteration::of(x))
        };
        space.x.scale(1.0 / scale);
        let found = space.run();
        if self.lean {
            *matrix = space.into_x().to_dense();
        } else {
            *matrix = space.x.to_dense();
            self.space = Some(space);
        }
        if !found {
            *matrix *= scale;
        }
        found
    }
}

#[derive(Clone, Debug)]
struct Iteration {
    x: Panels<f64>,
    /// Upper half of `X'X`.
    gram: Panels<f64>,
    factor: Factor,
}

impl Iteration {
    fn of(x: Panels<f64>) -> Self {
        let n = x.columns();
        Self { x, gram: Panels::upper_zeros(n), factor: Factor::new(n) }
    }

    fn into_x(self) -> Panels<f64> {
        self.x
    }

    /// Makes X the polar factor, or says that it cannot and leaves X as it is, up to a factor.
    fn run(&mut self) -> bool {
        let (rows, n) = (self.x.rows(), self.x.columns());
        self.update_gram();
        let largest = largest_singular_value(&self.gram);
        if !(largest.is_finite() && largest > 0.0) {
            return false;
        }
        self.gram.scale(1.0 / (largest * largest));
        // What has become of a singular value at the rank tolerance.
        let tolerance = rank_tolerance(rows, n, 1.0);
        let smallest = smallest_singular_value(&self.gram, &mut self.factor);
        // Close to the tolerance it is for the singular values themselves to say on which side they are.
        if smallest.is_some_and(|l| l < 8.0 * tolerance) {
            return false;
        }
        // A smallest one that is known and large enough is lifted to 1. (Were its estimate wrong, X would still have the same polar factor.)
        let before = smallest.is_none().then(|| self.x.clone());
        self.x.scale(1.0 / largest);
        let found = self.iterate(smallest, tolerance);
        if let (false, Some(before)) = (found, before) {
            self.x = before;
        }
        found
    }

    /// All iterations. `tolerance` is what a singular value at the rank tolerance is.
    fn iterate(&mut self, mut smallest: Option<f64>, mut tolerance: f64) -> bool {
        let n = self.x.columns();
        for round in 0..MOST_ITERATIONS {
            if round > 0 && smallest.is_none() {
                smallest = smallest_singular_value(&self.gram, &mut self.factor);
                let known_above = smallest.unwrap_or(RESOLVED);
                if known_above < 8.0 * tolerance {
                    return false;
                }
            }
            // The smallest singular value is an estimate: what counts is what came out.
            if smallest.is_some() && series::finish(&mut self.x, &mut self.gram, self.factor.space()) {
                return true;
            }
            let weights = Weights::for_interval(smallest.unwrap_or(0.0)).at_most(largest_weight(n));
            if !self.step(&weights) {
                return false;
            }
            tolerance = weights.image(tolerance);
            smallest = smallest.map(|l| weights.image(l));
            self.update_gram();
        }
        false
    }

    fn update_gram(&mut self) {
        transposed_product(&self.x, &self.x, Part::Upper, &mut self.gram);
    }

    fn step(&mut self, weights: &Weights) -> bool {
        if !self.factor.decompose(&self.gram, weights.c, 1.0) {
            return false;
        }
        let p = weights.b / weights.c;
        self.factor.blend(&mut self.x, p, weights.a - p);
        true
    }
}

/// Coefficients of one iteration.
struct Weights {
    a: f64,
    b: f64,
    c: f64,
}

impl Weights {
    /// Best weights for singular values in [l, 1]; infinite or no numbers for l = 0.
    fn for_interval(l: f64) -> Self {
        let l2 = (l * l).min(1.0);
        let d = libm::cbrt(4.0 * (1.0 - l2) / (l2 * l2));
        let root = (1.0 + d).sqrt();
        Self::of(root + 0.5 * (8.0 - 4.0 * d + 8.0 * (2.0 - l2) / (l2 * root)).max(0.0).sqrt())
    }

    /// All follow from a, the growth of small singular values.
    fn of(a: f64) -> Self {
        let b = 0.25 * (a - 1.0) * (a - 1.0);
        Self { a, b, c: a + b - 1.0 }
    }

    /// These, or those of weight c = `most` if that is less.
    fn at_most(self, most: f64) -> Self {
        if self.c <= most { self } else { Self::of(2.0 * (most + 1.0).sqrt() - 1.0) }
    }

    /// What becomes of the singular value `s`.
    fn image(&self, s: f64) -> f64 {
        s * (self.a + self.b * s * s) / (1.0 + self.c * s * s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `derivations/polar-factor.md`, halley-weights: from l to 1 within so many iterations, and never above 1 on the way.
    #[test]
    fn weights_lift_the_interval_and_keep_its_upper_end() {
        for (l, most, iterations) in [(0.1, 1e9, 3), (1e-6, 1e9, 5), (1e-12, 100.0, 12), (1e-12, 1000.0, 10)] {
            let mut low: f64 = l;
            for _ in 0..iterations {
                let weights = Weights::for_interval(low).at_most(most);
                assert!(weights.c <= most.max(100.0) * (1.0 + 1e-15), "{}", weights.c);
                let image = weights.image(low);
                for k in 0..=1000 {
                    let s = low + (1.0 - low) * f64::from(k) / 1000.0;
                    let f = weights.image(s);
                    // Rounding of a quotient of sums of a few terms.
                    assert!(f >= image * (1.0 - 1e-13) && f <= 1.0 + 1e-13, "l = {low}: f({s}) = {f}");
                }
                low = image;
            }
            assert!(1.0 - low <= 1e-14, "l = {l}: {low} after {iterations} iterations");
        }
        assert_eq!(Weights::for_interval(0.0).at_most(100.0).c, Weights::of(2.0 * 101_f64.sqrt() - 1.0).c);
    }
}
