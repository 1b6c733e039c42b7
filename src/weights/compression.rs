use crate::scalar::DomainError;
use crate::spectrum::Group;
use nalgebra::DMatrix;
use std::ops::Range;

/// A dense start and a signal in the fewest coordinates that their dynamics ever use, `derivations/any-width.md`.
///
/// Of the eigenspace of group j the weights reach the span of `P_j w*` and the columns of `P_j W_0`, at most `m + 1` directions, and of
/// the width as many directions as there are rows. In these coordinates the problem is the same one, its covariance diagonal.
#[derive(Clone, Debug, PartialEq)]
pub struct Compressed {
    /// Variance of each coordinate.
    pub variance: Vec<f64>,
    /// The signal; of each group its first coordinate alone may be other than 0.
    pub signal: Vec<f64>,
    /// The start.
    pub start: DMatrix<f64>,
    /// Each group's coordinates.
    pub rows: Vec<Range<usize>>,
}

impl Compressed {
    /// Compresses `start`, whose rows are directions, group after group, and a `signal` in the same coordinates.
    ///
    /// # Errors
    /// A signal or start with another number of rows than the groups have directions.
    pub fn new(groups: &[Group], signal: &[f64], start: &DMatrix<f64>) -> Result<Self, DomainError> {
        let dimension: u64 = groups.iter().map(|group| group.multiplicity).sum();
        for (name, rows) in [("signal", signal.len()), ("start", start.nrows())] {
            if rows as u64 != dimension {
                return Err(DomainError::new(
                    name,
                    format!("{rows} rows"),
                    format!("{dimension} rows, one a direction"),
                ));
            }
        }
        let width = start.ncols();
        let mut compressed =
            Self { variance: Vec::new(), signal: Vec::new(), start: DMatrix::zeros(0, width), rows: Vec::new() };
        let mut parts = Vec::with_capacity(groups.len());
        let mut first = 0;
        for group in groups {
            let size = group.multiplicity as usize;
            let (theta, part) = compress_group(&signal[first..first + size], start.rows(first, size).into_owned());
            let begin = compressed.variance.len();
            compressed.rows.push(begin..begin + part.nrows());
            compressed.variance.extend(std::iter::repeat_n(group.variance, part.nrows()));
            compressed.signal.push(theta);
            compressed.signal.resize(begin + part.nrows(), 0.0);
            parts.push(part);
            first += size;
        }
        let rows = compressed.variance.len();
        let mut start = DMatrix::zeros(rows, width);
        for (range, part) in compressed.rows.iter().zip(&parts) {
            start.rows_mut(range.start, range.len()).copy_from(part);
        }
        // W_0 = L O with O of orthonormal rows: S, and with it everything else, is that of L.
        compressed.start = if width > rows { start.transpose().qr().r().transpose() } else { start };
        Ok(compressed)
    }
}

/// The signal's component along the first of the new coordinates, and the weights in them.
fn compress_group(signal: &[f64], weights: DMatrix<f64>) -> (f64, DMatrix<f64>) {
    let (size, width) = weights.shape();
    let along_first = signal[1..].iter().all(|x| *x == 0.0);
    if along_first && size <= width + 1 {
        return (signal[0], weights);
    }
    if signal.iter().all(|x| *x == 0.0) {
        return (0.0, weights.qr().r());
    }
    let mut both = weights.insert_column(0, 0.0);
    both.column_mut(0).copy_from_slice(signal);
    let r = both.qr().r();
    (r[(0, 0)], r.remove_column(0))
}
