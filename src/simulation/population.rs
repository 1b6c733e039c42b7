use crate::experiment::Setting;
use crate::product::{Panels, Part, add_transposed_product, dense_transposed_product};
use crate::risk::DenseRisk;
use crate::scalar::DomainError;
use crate::spectrum::CovarianceMatrix;
use crate::weights::overlap;
use nalgebra::{DMatrix, DVector};
use std::ops::Range;

/// What samples are drawn from, `x ~ N(0, Q)`, `y = (w*'x)^2 + noise`, written in the eigenbasis of Q (no loss: the dynamics do not know the
/// basis); and which overlaps describe it.
#[derive(Clone, Debug)]
pub struct Population {
    deviation: Vec<f64>,
    risk: DenseRisk,
    columns: Vec<Directions>,
    /// Where the signal has one component a group: the coordinates of the block, and the other directions, group by group.
    form: Option<(Vec<usize>, Vec<Range<usize>>)>,
}

/// The directions that an overlap is the mean over.
#[derive(Clone, Debug)]
enum Directions {
    /// These coordinates.
    Coordinates(Range<usize>),
    /// The directions in the span of these coordinates that are orthogonal to the signal.
    Orthogonal(Range<usize>),
}

impl Population {
    /// The population of a setting, in the signal's units.
    ///
    /// # Errors
    /// A parameter outside its domain, more than 2^24 directions.
    pub fn of(setting: &Setting<f64>) -> Result<Self, DomainError> {
        let setting = &setting.in_signal_units()?;
        let written = setting.written_out()?;
        let mut next = 0;
        let coordinates: Vec<Range<usize>> = written
            .groups
            .iter()
            .map(|group| {
                next += group.multiplicity as usize;
                next - group.multiplicity as usize..next
            })
            .collect();
        let variance: Vec<f64> =
            written.groups.iter().flat_map(|g| std::iter::repeat_n(g.variance, g.multiplicity as usize)).collect();
        let signal = &written.signal;
        let random = setting.signal.is_drawn();
        let has_signal = |range: &Range<usize>| signal[range.clone()].iter().any(|x| *x != 0.0);
        let column = |j: &usize| {
            let range = coordinates[*j].clone();
            match (range.len() > 1 && has_signal(&range), random) {
                (false, _) => Directions::Coordinates(range),
                (true, false) => Directions::Coordinates(range.start + 1..range.end),
                (true, true) => Directions::Orthogonal(range),
            }
        };
        let columns = written.shown.iter().map(column).collect();
        let form = (!random).then(|| {
            let (with, without): (Vec<_>, Vec<_>) = coordinates.iter().cloned().partition(has_signal);
            let block = with.iter().map(|range| range.start).collect();
            let rest = with.into_iter().map(|range| range.start + 1..range.end).chain(without);
            (block, rest.filter(|range| !range.is_empty()).collect())
        });
        Ok(Self {
            deviation: variance.iter().map(|q| q.sqrt()).collect(),
            risk: DenseRisk::new(CovarianceMatrix::diagonal(variance)?, DVector::from_column_slice(signal))?,
            columns,
            form,
        })
    }

    /// Dimension d.
    pub fn dimension(&self) -> usize {
        self.deviation.len()
    }

    /// Standard deviation of every coordinate.
    pub fn deviation(&self) -> &[f64] {
        &self.deviation
    }

    /// The signal w* in the eigenbasis.
    pub fn signal(&self) -> &[f64] {
        self.risk.signal().as_slice()
    }

    /// Population risk and gradient.
    pub fn risk(&self) -> &DenseRisk {
        &self.risk
    }

    /// The overlaps of `S = W W'`, signal first, and `tr S`. `derivations/any-width.md`, overlap-columns.
    pub fn overlaps(&self, weights: &DMatrix<f64>) -> (Vec<f64>, f64) {
        let diagonal = diagonal(weights);
        let column = |directions: &Directions| match directions {
            Directions::Coordinates(range) => diagonal[range.clone()].iter().sum::<f64>() / range.len() as f64,
            Directions::Orthogonal(range) => {
                let along = &self.signal()[range.clone()];
                let rows = weights.rows(range.start, range.len()).into_owned();
                let on_signal = overlap(&rows, along) / along.iter().map(|x| x * x).sum::<f64>();
                (diagonal[range.clone()].iter().sum::<f64>() - on_signal).max(0.0) / (range.len() - 1) as f64
            }
        };
        let signal = overlap(weights, self.signal());
        (std::iter::once(signal).chain(self.columns.iter().map(column)).collect(), diagonal.iter().sum())
    }

    /// Population risk of weights `d x m`: that of [`Population::risk`], without a matrix `d x d` where the width is large.
    pub fn population_risk(&self, weights: &DMatrix<f64>) -> f64 {
        let (d, m) = weights.shape();
        if m + 1 < d {
            return self.risk.population_risk(weights);
        }
        let (signal, q) = (self.signal(), |i: usize| self.deviation[i] * self.deviation[i]);
        let excess: Vec<f64> = diagonal(weights).iter().zip(signal).map(|(s, w)| s - w * w).collect();
        let tau: f64 = excess.iter().enumerate().map(|(i, e)| q(i) * e).sum();
        let on: f64 = excess.iter().enumerate().map(|(i, e)| (q(i) * e) * (q(i) * e)).sum();
        let above = above_diagonal(weights, |i, j, s| {
            let excess = s - signal[i] * signal[j];
            2.0 * q(i) * q(j) * excess * excess
        });
        (on + above) / 2.0 + tau * tau / 4.0
    }

    /// `||S - S_M||_F/||S||_F`, `S_M` the nearest matrix of the invariant manifold's form (`derivations/finite-samples.md`,
    /// observed-overlaps); `None` where there is no manifold.
    pub fn off_manifold(&self, weights: &DMatrix<f64>) -> Option<f64> {
        let (block, rest) = self.form.as_ref()?;
        let d = weights.nrows();
        let diagonal = diagonal(weights);
        // S_M is S itself on the block, group means on the rest of the diagonal, zero elsewhere.
        let mut within = 0.0; // square of what a diagonal entry misses its mean by
        for range in rest {
            let mean = diagonal[range.clone()].iter().sum::<f64>() / range.len() as f64;
            within += diagonal[range.clone()].iter().map(|s| (s - mean) * (s - mean)).sum::<f64>();
        }
        let mut in_block = 0.0;
        for (position, i) in block.iter().enumerate() {
            for j in &block[..position] {
                let product = weights.row(*i).dot(&weights.row(*j));
                in_block += 2.0 * (product * product);
            }
        }
        let on_diagonal: f64 = diagonal.iter().map(|s| s * s).sum();
        let beside = if d <= EXPLICIT {
            above_diagonal(weights, |_, _, s| 2.0 * s * s)
        } else {
            let gram = dense_transposed_product(weights, weights);
            (gram.norm_squared() - on_diagonal).max(0.0)
        };
        Some(((beside - in_block).max(0.0) + within).sqrt() / (beside + on_diagonal).sqrt())
    }
}

/// The sum of f(i, j, S_ij) over i < j, `S = W W'`: block by block of S, so that it is never held as a whole.
fn above_diagonal(weights: &DMatrix<f64>, f: impl Fn(usize, usize, f64) -> f64) -> f64 {
    const SIDE: usize = 96;
    let (d, m) = weights.shape();
    let rows = |first: usize| Panels::<f64>::from_fn(m, SIDE.min(d - first), |k, j| weights[(first + j, k)]);
    let mut sum = 0.0;
    for right in (0..d).step_by(SIDE) {
        let b = rows(right);
        // Column by column from above.
        let mut sums = vec![0.0; b.columns()];
        for left in (0..=right).step_by(SIDE) {
            let a = if left < right { &rows(left) } else { &b };
            let mut s = Panels::zeros(a.columns(), b.columns());
            add_transposed_product(a, &b, Part::Full, &mut s);
            for (j, sum) in sums.iter_mut().enumerate() {
                let above = if left < right { a.columns() } else { j };
                *sum = (0..above).fold(*sum, |sum, i| sum + f(left + i, right + j, s.get(i, j)));
            }
        }
        sums.into_iter().for_each(|column| sum += column);
    }
    sum
}

/// Above this dimension `||S||_F` is taken from the smaller Gram matrix, and `off_manifold` has a floor of about 1e-8.
const EXPLICIT: usize = 2048;

/// Of `S = W W'`.
fn diagonal(weights: &DMatrix<f64>) -> Vec<f64> {
    weights.row_iter().map(|row| row.norm_squared()).collect()
}
