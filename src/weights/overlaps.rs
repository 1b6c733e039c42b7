use super::{BlockWeights, overlap};
use std::ops::Range;

/// What is read off weights that are not on the invariant manifold: square roots of overlaps of `S = W W'`,
/// `derivations/any-width.md`.
///
/// The signal's is `w*'Sw*`. Group j's is the mean of `x'Sx` over the unit vectors x of its eigenspace that are orthogonal to
/// the signal; over the eigenspace itself where there are none (a spike that the signal overlaps with). On the invariant
/// manifold these are the squares of the coefficients.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlaps {
    signal: Vec<f64>,
    columns: Vec<Column>,
}

/// The directions that one column averages over: rows of the block, and the remainder of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Rows of the block, each a direction.
    pub rows: Range<usize>,
    /// Index of a remainder whose directions count too.
    pub remainder: Option<usize>,
    /// Number of directions, those included that the weights never reach.
    pub directions: f64,
    /// Mean of `(w*'x)^2` over the directions: what the overlap tends to as the risk tends to 0.
    pub target: f64,
}

impl Overlaps {
    /// The signal in the coordinates of the block, and the columns after the signal's.
    pub fn new(signal: Vec<f64>, columns: Vec<Column>) -> Self {
        Self { signal, columns }
    }

    /// The signal in the coordinates of the block.
    pub fn signal(&self) -> &[f64] {
        &self.signal
    }

    /// The columns after the signal's.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The roots of the overlaps, signal first, then column by column.
    pub fn roots(&self, weights: &BlockWeights) -> Vec<f64> {
        let signal = overlap(&weights.block, &self.signal).sqrt();
        let group = |column: &Column| {
            let rows = weights.block.rows(column.rows.start, column.rows.len()).norm_squared();
            match column.remainder.map(|j| weights.remainder[j]) {
                Some(c) if column.rows.is_empty() => c.abs(),
                // A remainder has those directions of its group that the block has not.
                Some(c) => ((rows + (column.directions - column.rows.len() as f64) * c * c) / column.directions).sqrt(),
                None => (rows / column.directions).sqrt(),
            }
        };
        std::iter::once(signal).chain(self.columns.iter().map(group)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::DMatrix;

    #[test]
    fn a_column_is_the_root_of_the_mean_square_of_its_directions() {
        let weights = BlockWeights {
            block: DMatrix::from_row_slice(3, 2, &[3.0, 4.0, 0.0, 0.0, 5.0, 12.0]),
            remainder: vec![0.0, -2.0],
        };
        let column = |rows, remainder, directions| Column { rows, remainder, directions, target: 0.0 };
        let overlaps = Overlaps::new(
            vec![0.6, 0.8, 0.0],
            vec![
                column(1..1, Some(1), 7.0), // the remainder alone: |-2|
                column(2..3, None, 1.0),    // a row: sqrt(25 + 144)
                column(2..3, Some(1), 4.0), // a row and a remainder of three: sqrt((169 + 12)/4)
                column(0..3, None, 1000.0), // rows of a group of which the weights reach three directions
            ],
        );
        let expected = [3.0, 2.0, 13.0, (181.0_f64 / 4.0).sqrt(), (194.0_f64 / 1000.0).sqrt()];
        for (found, expected) in overlaps.roots(&weights).iter().zip(expected) {
            assert!((found - expected).abs() <= 4.0 * f64::EPSILON * expected, "{found} against {expected}");
        }
    }
}
