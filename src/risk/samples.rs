//! Samples (x, noise of y), row by row from counter-based random numbers, in blocks that fit the second-level cache: held, or drawn when needed.

use super::rows::Block;
use super::source::{Origin, Source};
use crate::product::Element;
use rayon::prelude::*;
use std::ops::Range;

/// Entries of a block of rows; a multiple of 24 rows, at least 24 and at most 96.
const BLOCK: usize = 96 * 384;
const MOST_ROWS: usize = 96;

/// Rows `x_i` of the inputs, and the noise in their labels, in the eigenbasis of the covariance.
///
/// A row is a function of the source and its index. So blocks of rows need not be held: what is not is drawn again by whoever comes to it, for as
/// long as it is in use, and nobody sees a difference.
#[derive(Clone, Debug)]
pub struct Samples<T: Element = f64> {
    /// In order; `None`: drawn whenever needed.
    blocks: Vec<Option<Block<T>>>,
    /// Of every row; empty where labels have none.
    noise: Vec<f64>,
    rows: usize,
    dimension: usize,
    /// What blocks that are not held are drawn from.
    origin: Origin,
}

/// A block of samples, and the noise of its labels.
pub(super) type Labelled<'a, T> = (&'a Block<T>, &'a [f64]);

/// Space for blocks that are drawn when they are needed.
pub(super) type Space<T> = Vec<Block<T>>;

impl<T: Element> Samples<T> {
    /// Rows of a block at this dimension.
    pub(crate) fn block_rows(dimension: usize) -> usize {
        (BLOCK / dimension.max(1) / 24 * 24).clamp(24, MOST_ROWS)
    }

    /// Bytes that the inputs of `rows` samples of this dimension occupy, where all are held.
    pub fn bytes(rows: u64, dimension: usize) -> u64 {
        let block = Self::block_rows(dimension);
        (rows / block as u64)
            .saturating_mul(Block::<T>::bytes(block, dimension))
            .saturating_add(Block::<T>::bytes((rows % block as u64) as usize, dimension))
    }

    /// Space for `rows` samples, all zero.
    pub fn zeros(rows: usize, dimension: usize) -> Self {
        Self::blank(rows, rows, dimension)
    }

    /// Rows `first..first + rows` of a source. More rows only add to the end.
    pub fn draw(source: &Source, first: u64, rows: usize) -> Self {
        Self::draw_holding(source, first, rows, rows)
    }

    /// As [`Samples::draw`], but holding only about `held` of the rows, in whole blocks: blocks that are not held are drawn whenever they are
    /// needed, and lie evenly among the others, so that whoever takes a share of the samples draws a share of them.
    pub fn draw_holding(source: &Source, first: u64, rows: usize, held: usize) -> Self {
        let mut samples = Self::blank(rows, held, source.deviation.len());
        samples.redraw(source, first);
        samples
    }

    /// Space for about `held` of `rows` samples.
    fn blank(rows: usize, held: usize, dimension: usize) -> Self {
        let block_rows = Self::block_rows(dimension);
        let count = rows.div_ceil(block_rows);
        let held = count.min(held.div_ceil(block_rows));
        let is_held = |b: usize| (b + 1) * held / count > b * held / count;
        let zeros = |b: usize| Block::zeros(block_rows.min(rows - b * block_rows), dimension);
        let blocks = (0..count).map(|b| is_held(b).then(|| zeros(b))).collect();
        Self { blocks, noise: Vec::new(), rows, dimension, origin: Origin::default() }
    }

    /// Replaces all samples by those from row `first` on.
    pub fn redraw(&mut self, source: &Source, first: u64) {
        let rows = Self::block_rows(self.dimension);
        self.origin = Origin::new(source, first);
        let origin = &self.origin;
        self.blocks.par_iter_mut().enumerate().for_each(|(b, block)| {
            if let Some(block) = block {
                source.fill(origin.row(b * rows), block);
            }
        });
        self.noise.resize(if source.noise == 0.0 { 0 } else { self.rows }, 0.0);
        self.noise.par_iter_mut().enumerate().for_each(|(i, noise)| *noise = source.noise(origin.row(i)));
    }

    /// Replaces all samples by the rows `indices` of `other`. All of them are held afterwards.
    ///
    /// # Panics
    /// When there are not as many indices as samples here, or one is too large.
    pub fn gather(&mut self, other: &Self, indices: &[u32]) {
        assert_eq!(indices.len(), self.rows, "one index a sample");
        let rows = Self::block_rows(self.dimension);
        for (block, indices) in self.blocks.iter_mut().zip(indices.chunks(rows)) {
            let block = block.get_or_insert_with(|| Block::zeros(indices.len(), self.dimension));
            for (i, index) in indices.iter().enumerate() {
                let index = *index as usize;
                match &other.blocks[index / rows] {
                    Some(held) => block.copy_row(i, held, index % rows),
                    None => block.set_row(i, &other.drawn(index)),
                }
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
        match &self.blocks[i / rows] {
            Some(block) => block.get(i % rows, j),
            None => T::from_f64(self.drawn(i)[j]),
        }
    }

    /// Noise of the label of sample i.
    pub fn noise(&self, i: usize) -> f64 {
        self.noise.get(i).copied().unwrap_or(0.0)
    }

    /// Row i, drawn.
    fn drawn(&self, i: usize) -> Vec<f64> {
        let mut x = vec![0.0; self.dimension];
        self.origin.source().row(self.origin.row(i), &mut x);
        x
    }

    /// Number of blocks of rows.
    pub(super) fn count(&self) -> usize {
        self.blocks.len()
    }

    /// Some blocks of rows, each with the noise of its labels. Those that are not held are drawn into `space`, by all threads where there are several.
    pub(super) fn blocks<'a>(&'a self, range: Range<usize>, space: &'a mut Space<T>) -> Vec<Labelled<'a, T>> {
        const NONE: [f64; MOST_ROWS] = [0.0; MOST_ROWS];
        let rows = Self::block_rows(self.dimension);
        let absent: Vec<usize> = range.clone().filter(|b| self.blocks[*b].is_none()).collect();
        space.resize_with(absent.len().max(space.len()), Block::none);
        // By this thread, so that an allocator has their place for what this thread needs next.
        for (b, block) in absent.iter().zip(space.iter_mut()) {
            block.shape(rows.min(self.rows - b * rows), self.dimension);
        }
        let draw = |(b, block): (&usize, &mut Block<T>)| self.origin.source().fill(self.origin.row(b * rows), block);
        match &absent[..] {
            [] => {}
            [only] => draw((only, &mut space[0])),
            several => several.par_iter().zip(&mut space[..]).for_each(draw),
        }
        let mut drawn = space.iter();
        let labelled = |b: usize| {
            let block = self.blocks[b].as_ref().or_else(|| drawn.next())?;
            let noise = self.noise.get(b * rows..b * rows + block.len());
            Some((block, noise.unwrap_or(&NONE[..block.len()])))
        };
        range.filter_map(labelled).collect()
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
    fn blocks_that_are_not_held_are_drawn_as_they_would_be_held() {
        let deviation: Vec<f64> = (0..30).map(|j| 1.0 + f64::from(j)).collect();
        let (n, first) = (700, 7);
        let all = Samples::<f64>::draw(&source(&deviation), first, n);
        let everything = |samples: &Samples<f64>| {
            let mut space = Vec::new();
            let blocks = samples.blocks(0..samples.count(), &mut space);
            blocks.into_iter().map(|(block, noise)| (block.clone(), noise.to_vec())).collect::<Vec<_>>()
        };
        for held in [0, 1, 96, 97, 400, 604, n] {
            let mut samples = Samples::draw_holding(&source(&deviation), first, n, held);
            let blocks = samples.blocks.iter().flatten().count();
            assert_eq!((samples.count(), blocks), (8, held.div_ceil(96)), "{held} rows");
            // As many in either half, or one more.
            let half = samples.blocks[..4].iter().flatten().count();
            assert!(half == blocks / 2 || half == blocks.div_ceil(2), "{held} rows: {half} of {blocks}");
            assert!((0..n).all(|i| (0..30).all(|j| samples.get(i, j) == all.get(i, j))), "{held} rows");
            let mut space = vec![Block::zeros(3, 30)];
            for b in 0..8 {
                let labelled = samples.blocks(b..b + 1, &mut space);
                let (block, noise) = labelled[0];
                let expected = (0..block.len()).map(|i| all.noise(b * 96 + i));
                assert!(noise.iter().copied().eq(expected) && block.len() == 96.min(n - 96 * b), "block {b}");
                assert!((0..block.len()).all(|i| (0..30).all(|j| block.get(i, j) == all.get(b * 96 + i, j))));
            }
            assert!(everything(&samples) == everything(&all), "{held} rows");
            let mut batch = Samples::zeros(300, 30);
            batch.gather(&samples, &(0..300).map(|i| i * 7 % 700).collect::<Vec<_>>());
            assert!((0..300).all(|i| (0..30).all(|j| batch.get(i, j) == all.get(i * 7 % n, j))), "{held} rows");
            samples.redraw(&source(&deviation), first + 500);
            assert!((0..200).all(|i| (0..30).all(|j| samples.get(i, j) == all.get(i + 500, j))), "{held} rows");
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
