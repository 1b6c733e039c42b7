//! Samples (x, noise of y), row by row from counter-based random numbers, kept in blocks that fit the second-level cache.

use super::rows::Block;
use crate::product::Element;
use crate::scalar::Stream;
use rayon::prelude::*;

/// Entries of a block of rows; a multiple of 24 rows, at least 24 and at most 96.
const BLOCK: usize = 96 * 384;
const MOST_ROWS: usize = 96;

/// Rows `x_i` of the inputs, and the noise in their labels, in the eigenbasis of the covariance.
#[derive(Clone, Debug)]
pub struct Samples<T: Element = f64> {
    blocks: Vec<Block<T>>,
    /// Of every row; empty where labels have none.
    noise: Vec<f64>,
    rows: usize,
    dimension: usize,
}

/// Where samples come from: `x_i = Q^(1/2) z_i`, row `i` of the data stream of `seed`.
#[derive(Clone, Debug)]
pub struct Source<'a> {
    /// Standard deviation of every coordinate.
    pub deviation: &'a [f64],
    /// Standard deviation of the noise that is added to labels.
    pub noise: f64,
    /// Key of all random numbers.
    pub seed: u64,
}

impl Source<'_> {
    /// Row `i`: the inputs' coordinates.
    fn row(&self, i: u64, x: &mut [f64]) {
        let pairs = (x.len() as u64).div_ceil(2);
        Stream::Inputs.of(self.seed).fill(i.wrapping_mul(pairs), x);
        for (x, deviation) in x.iter_mut().zip(self.deviation) {
            *x *= deviation;
        }
    }

    /// The noise of the label of row `i`.
    fn noise(&self, i: u64) -> f64 {
        self.noise * Stream::Noise.of(self.seed).at(i)
    }
}

impl<T: Element> Samples<T> {
    /// Rows of a block at this dimension.
    pub(crate) fn block_rows(dimension: usize) -> usize {
        (BLOCK / dimension.max(1) / 24 * 24).clamp(24, MOST_ROWS)
    }

    /// Bytes that `rows` samples of this dimension occupy.
    pub fn bytes(rows: u64, dimension: usize) -> u64 {
        let block = Self::block_rows(dimension);
        (rows / block as u64)
            .saturating_mul(Block::<T>::bytes(block, dimension))
            .saturating_add(Block::<T>::bytes((rows % block as u64) as usize, dimension))
            .saturating_add(rows.saturating_mul(8))
    }

    /// Space for `rows` samples, all zero.
    pub fn zeros(rows: usize, dimension: usize) -> Self {
        let block = Self::block_rows(dimension);
        let blocks = (0..rows).step_by(block).map(|i| Block::zeros(block.min(rows - i), dimension)).collect();
        Self { blocks, noise: Vec::new(), rows, dimension }
    }

    /// Rows `first..first + rows` of a source. More rows only add to the end.
    pub fn draw(source: &Source, first: u64, rows: usize) -> Self {
        let mut samples = Self::zeros(rows, source.deviation.len());
        samples.redraw(source, first);
        samples
    }

    /// Replaces all samples by those from row `first` on.
    pub fn redraw(&mut self, source: &Source, first: u64) {
        self.redraw_from(0, source, first);
        self.noise.resize(if source.noise == 0.0 { 0 } else { self.rows }, 0.0);
        self.noise.par_iter_mut().enumerate().for_each(|(i, noise)| {
            *noise = source.noise(first.wrapping_add(i as u64));
        });
    }

    /// The inputs of block `b` and those after it, where the first row of all is row `first`.
    fn redraw_from(&mut self, b: usize, source: &Source, first: u64) {
        let rows = Self::block_rows(self.dimension);
        let dimension = self.dimension;
        self.blocks.par_iter_mut().enumerate().skip(b).for_each(|(b, block)| {
            let mut x = vec![0.0; dimension];
            let first = first.wrapping_add((b * rows) as u64);
            for i in 0..block.len() {
                source.row(first.wrapping_add(i as u64), &mut x);
                block.set_row(i, &x);
            }
        });
    }

    /// Gives the space of the last blocks back, of this many rows or a few more, until [`Samples::complete`].
    pub(crate) fn release(&mut self, rows: usize) {
        if rows > 0 {
            self.blocks.truncate(self.rows.saturating_sub(rows) / Self::block_rows(self.dimension));
        }
    }

    /// Draws anew what was released of the samples whose first one is row `first`.
    pub(crate) fn complete(&mut self, source: &Source, first: u64) {
        let rows = Self::block_rows(self.dimension);
        let held = self.blocks.len();
        let released = (held * rows..self.rows).step_by(rows);
        self.blocks.extend(released.map(|i| Block::zeros(rows.min(self.rows - i), self.dimension)));
        self.redraw_from(held, source, first);
    }

    /// Replaces all samples by the rows `indices` of `other`.
    ///
    /// # Panics
    /// When there are not as many indices as samples here, or one is too large.
    pub fn gather(&mut self, other: &Self, indices: &[u32]) {
        assert_eq!(indices.len(), self.rows, "one index a sample");
        let rows = Self::block_rows(self.dimension);
        for (block, indices) in self.blocks.iter_mut().zip(indices.chunks(rows)) {
            for (i, index) in indices.iter().enumerate() {
                let index = *index as usize;
                block.copy_row(i, &other.blocks[index / rows], index % rows);
            }
        }
        self.noise.clear();
        if !other.noise.is_empty() {
            self.noise.extend(indices.iter().map(|index| other.noise[*index as usize]));
        }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// No samples at all.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Dimension d.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Coordinate j of sample i.
    pub fn get(&self, i: usize, j: usize) -> T {
        let rows = Self::block_rows(self.dimension);
        self.blocks[i / rows].get(i % rows, j)
    }

    /// Noise of the label of sample i.
    pub fn noise(&self, i: usize) -> f64 {
        self.noise.get(i).copied().unwrap_or(0.0)
    }

    /// Blocks of rows, each with the noise of its labels.
    pub(super) fn blocks(&self) -> impl ExactSizeIterator<Item = (&Block<T>, &[f64])> {
        const NONE: [f64; MOST_ROWS] = [0.0; MOST_ROWS];
        let rows = Self::block_rows(self.dimension);
        self.blocks.iter().enumerate().map(move |(b, block)| {
            let noise = self.noise.get(b * rows..b * rows + block.len());
            (block, noise.unwrap_or(&NONE[..block.len()]))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(deviation: &[f64]) -> Source<'_> {
        Source { deviation, noise: 0.5, seed: 11 }
    }

    #[test]
    fn growing_n_keeps_the_first_rows() {
        let deviation: Vec<f64> = (0..51).map(|j| 1.0 + f64::from(j)).collect();
        let (small, large) =
            (Samples::<f64>::draw(&source(&deviation), 0, 130), Samples::<f64>::draw(&source(&deviation), 0, 1000));
        for i in 0..130 {
            assert_eq!(small.noise(i), large.noise(i));
            assert!((0..51).all(|j| small.get(i, j) == large.get(i, j)), "row {i}");
        }
    }

    #[test]
    fn bytes_do_not_depend_on_threads_or_on_where_a_batch_begins() {
        let deviation = vec![1.0; 30];
        let draw = |threads, first, rows| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Samples::<f64>::draw(&source(&deviation), first, rows))
        };
        let (one, three, late) = (draw(1, 0, 700), draw(3, 0, 700), draw(2, 333, 100));
        for i in 0..700 {
            assert!((0..30).all(|j| one.get(i, j) == three.get(i, j)), "row {i}");
        }
        for i in 0..100 {
            assert_eq!(late.noise(i), one.noise(333 + i));
            assert!((0..30).all(|j| late.get(i, j) == one.get(333 + i, j)), "row {i}");
        }
    }

    #[test]
    fn second_moments_are_the_covariance() {
        // Var of a mean of x_j x_k over n is q_j q_k (2 on the diagonal); 7.2 standard errors: below 1e-9 over 91 entries.
        let deviation: Vec<f64> = (0..13).map(|j| 1.0 + 0.3 * f64::from(j)).collect();
        let n = 20_000;
        let samples = Samples::<f64>::draw(&source(&deviation), 5, n);
        for j in 0..13 {
            for k in 0..=j {
                let mean = (0..n).map(|i| samples.get(i, j) * samples.get(i, k)).sum::<f64>() / n as f64;
                let (scale, diagonal) = (deviation[j] * deviation[k], f64::from(j == k));
                let band = 7.2 * scale * ((1.0 + diagonal) / n as f64).sqrt();
                assert!((mean - diagonal * scale).abs() < band, "({j}, {k}): {mean}");
            }
        }
        let noise = (0..n).map(|i| samples.noise(i).powi(2)).sum::<f64>() / n as f64;
        assert!((noise - 0.25).abs() < 6.2 * 0.25 * (2.0 / n as f64).sqrt(), "{noise}");
    }

    #[test]
    fn what_was_released_is_drawn_as_it_was() {
        let deviation = vec![1.0; 30];
        let all = Samples::<f64>::draw(&source(&deviation), 7, 700);
        for rows in [0, 1, 96, 97, 700, 10_000] {
            let mut samples = all.clone();
            samples.release(rows);
            assert!(samples.blocks.iter().map(Block::len).sum::<usize>() + rows.min(700) <= 700);
            samples.complete(&source(&deviation), 7);
            assert_eq!((samples.len(), samples.blocks.len()), (700, all.blocks.len()), "{rows} rows");
            assert!((0..700).all(|i| (0..30).all(|j| samples.get(i, j) == all.get(i, j))), "{rows} rows");
        }
    }

    #[test]
    fn gathering_copies_rows_with_their_noise() {
        let deviation = vec![1.0; 40];
        let all = Samples::<f32>::draw(&source(&deviation), 0, 300);
        let mut batch = Samples::zeros(110, 40);
        let indices: Vec<u32> = (0..110).map(|i| (i * 37 + 5) % 300).collect();
        batch.gather(&all, &indices);
        for (i, index) in indices.iter().enumerate() {
            assert_eq!(batch.noise(i), all.noise(*index as usize));
            assert!((0..40).all(|j| batch.get(i, j) == all.get(*index as usize, j)));
        }
    }
}
