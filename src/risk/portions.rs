//! How the rows of a sum are shared out: portions that n and d alone decide, so that no bit knows how many threads there are.

use std::ops::Range;

/// A portion's sum costs an addition of d x d matrices, so that a portion has at least this many rows a dimension.
const ROWS_A_PORTION: usize = 8;
const MAX_PORTIONS: usize = 64;

/// Blocks of samples that several threads of one portion go through together: long enough to be worth the meeting after it.
const BLOCKS_TOGETHER: usize = 32;

/// Sums of fewer multiply-adds than this are not worth a second thread.
const PARALLEL_FROM: usize = 1 << 19;

/// How many portions the rows are shared out in: a power of two, so that two, four, ... threads share them evenly.
pub(super) fn portions(samples: usize, dimension: usize) -> usize {
    let most = (samples / (ROWS_A_PORTION * dimension.max(1))).clamp(1, MAX_PORTIONS);
    1 << most.ilog2()
}

/// How many of them a symmetric sum has: two where there is work for two threads.
pub(super) fn symmetric_portions(samples: usize, dimension: usize) -> usize {
    let work = samples.saturating_mul(dimension).saturating_mul(dimension);
    if work < PARALLEL_FROM { 1 } else { portions(samples, dimension).min(2) }
}

/// Blocks that so many threads go through together.
pub(super) fn together(threads: usize) -> usize {
    if threads == 1 { 1 } else { BLOCKS_TOGETHER }
}

/// A range in pieces of this length, the last one perhaps shorter.
pub(super) fn in_chunks(range: Range<usize>, length: usize) -> impl Iterator<Item = Range<usize>> {
    range.clone().step_by(length).map(move |start| start..range.end.min(start + length))
}

/// Threads for a sum of so many multiply-adds.
pub(super) fn threads_for(work: usize) -> usize {
    if work < PARALLEL_FROM { 1 } else { rayon::current_num_threads() }
}
