//! The innermost loops: a tile of `C` rows by `V` vectors of the result stays in registers while a sum runs over k.
//! Sixteen registers hold 6 x 2 (the operands need three more), thirty-two hold 8 x 3.

use super::Element;
use pulp::Simd;
use std::ops::Range;

/// Accumulators of a tile: `C` rows of `V` vectors.
pub(crate) type Tile<T, S, const C: usize, const V: usize> = [[<T as Element>::Vector<S>; V]; C];

#[inline(always)]
fn step<T: Element, S: Simd, const C: usize, const V: usize>(
    simd: S,
    tile: &mut Tile<T, S, C, V>,
    b: &[T],
    lane: usize,
    a: [T; C],
) {
    let b = &T::vectors::<S>(b)[lane..lane + V];
    let b: [_; V] = std::array::from_fn(|v| b[v]);
    for c in 0..C {
        let a = T::splat(simd, a[c]);
        for v in 0..V {
            tile[c][v] = T::vector_mul_add(simd, a, b[v], tile[c][v]);
        }
    }
}

/// `tile[c][..] += sum_k a[k][column + c] b[k][lane..]`: the left operand enters transposed (k runs down both).
#[inline(always)]
pub(crate) fn tile_tn<T: Element, S: Simd, const C: usize, const V: usize>(
    simd: S,
    tile: &mut Tile<T, S, C, V>,
    a: &[T::Panel],
    column: usize,
    b: &[T::Panel],
    lane: usize,
) {
    let mut sum = *tile;
    for (a, b) in a.iter().zip(b) {
        let a = &a.as_ref()[column..column + C];
        step::<T, S, C, V>(simd, &mut sum, b.as_ref(), lane, std::array::from_fn(|c| a[c]));
    }
    *tile = sum;
}

/// `tile[c][..] += sum_k a[c][from + k] b[k][lane..]`: `a` holds C consecutive rows, `b` at most a panel's width of rows.
#[inline(always)]
pub(crate) fn tile_nn<T: Element, S: Simd, const C: usize, const V: usize>(
    simd: S,
    tile: &mut Tile<T, S, C, V>,
    a: &[T::Panel],
    from: usize,
    b: &[T::Panel],
    lane: usize,
) {
    let mut sum = *tile;
    // One pointer and one bound for all rows: a slice of each would need a register each.
    let a = &a[..C];
    for (k, b) in (from..T::WIDTH).zip(b) {
        step::<T, S, C, V>(simd, &mut sum, b.as_ref(), lane, std::array::from_fn(|c| a[c].as_ref()[k]));
    }
    *tile = sum;
}

/// Some rows of a panel of `C += A' B`, or `C = A' B` if `fresh`, of which `columns` columns (or all) are in use. `a` gives the panels of A.
/// From row `diagonal` on, the diagonal block of an upper result, vectors below the diagonal are left out.
#[inline(always)]
pub(crate) fn panel_tn<'a, T: Element, S: Simd, const C: usize, const V: usize>(
    simd: S,
    a: impl Fn(usize) -> &'a [T::Panel],
    b: &[T::Panel],
    c: &mut [T::Panel],
    (rows, columns): (Range<usize>, usize),
    (fresh, diagonal): (bool, usize),
) {
    let count = vectors::<T, S>(columns);
    let width = T::WIDTH / T::vectors::<S>(T::ZEROS.as_ref()).len();
    for i in rows.step_by(C) {
        let (a, c) = (a(i / T::WIDTH), &mut c[i..i + C]);
        let mut lane = i.saturating_sub(diagonal) / width;
        while lane < count {
            lane += match count - lane {
                1 => single_tn::<T, S, C, 1>(simd, a, i % T::WIDTH, b, c, lane, fresh),
                2 => single_tn::<T, S, C, 2>(simd, a, i % T::WIDTH, b, c, lane, fresh),
                _ => single_tn::<T, S, C, V>(simd, a, i % T::WIDTH, b, c, lane, fresh),
            };
        }
    }
}

/// One tile of [`panel_tn`]; returns its number of vectors.
#[inline(always)]
fn single_tn<T: Element, S: Simd, const C: usize, const V: usize>(
    simd: S,
    a: &[T::Panel],
    column: usize,
    b: &[T::Panel],
    c: &mut [T::Panel],
    lane: usize,
    fresh: bool,
) -> usize {
    let mut tile = if fresh { zero::<T, S, C, V>(simd) } else { load::<T, S, C, V>(c, lane) };
    tile_tn::<T, S, C, V>(simd, &mut tile, a, column, b, lane);
    store::<T, S, C, V>(c, lane, tile);
    V
}

/// First vectors of the tiles of a panel of which `columns` columns (or all) are in use.
#[inline(always)]
pub(crate) fn lanes<T: Element, S: Simd, const V: usize>(columns: usize) -> impl Iterator<Item = usize> {
    (0..vectors::<T, S>(columns)).step_by(V)
}

/// Vectors that so many columns of a panel (or all) take.
#[inline(always)]
pub(crate) fn vectors<T: Element, S: Simd>(columns: usize) -> usize {
    (columns.min(T::WIDTH) * T::vectors::<S>(T::ZEROS.as_ref()).len()).div_ceil(T::WIDTH)
}

#[inline(always)]
pub(crate) fn zero<T: Element, S: Simd, const C: usize, const V: usize>(simd: S) -> Tile<T, S, C, V> {
    [[T::splat(simd, T::default()); V]; C]
}

#[inline(always)]
pub(crate) fn load<T: Element, S: Simd, const C: usize, const V: usize>(
    c: &[T::Panel],
    lane: usize,
) -> Tile<T, S, C, V> {
    std::array::from_fn(|i| {
        let row = &T::vectors::<S>(c[i].as_ref())[lane..lane + V];
        std::array::from_fn(|v| row[v])
    })
}

#[inline(always)]
pub(crate) fn store<T: Element, S: Simd, const C: usize, const V: usize>(
    c: &mut [T::Panel],
    lane: usize,
    tile: Tile<T, S, C, V>,
) {
    for i in 0..C {
        T::vectors_mut::<S>(c[i].as_mut())[lane..lane + V].copy_from_slice(&tile[i]);
    }
}

/// Calls a function for a panel with tiles of V vectors, or of as many as `columns` columns take if those are one or two: the last panel of
/// a matrix is seldom full.
macro_rules! fitting {
    ($t:ty, $s:ty, $v:ident, $columns:expr, Self::$panel:ident::<$simd:ty, $c:ident>($($argument:expr),* $(,)?)) => {
        match $crate::product::vectors::<$t, $s>($columns) {
            1 => Self::$panel::<$simd, $c, 1>($($argument),*),
            2 => Self::$panel::<$simd, $c, 2>($($argument),*),
            _ => Self::$panel::<$simd, $c, $v>($($argument),*),
        }
    };
}
pub(crate) use fitting;
