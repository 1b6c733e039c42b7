//! The innermost loops: a tile of `C` rows by `V` vectors of the result stays in registers while a sum runs over k.
//! Sixteen registers hold 6 x 2 (the operands need three more), thirty-two hold 8 x 3.

use super::Element;
use pulp::Simd;

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
    let rows: [&[T]; C] = std::array::from_fn(|c| &a[c].as_ref()[from..from + b.len()]);
    for (k, b) in b.iter().enumerate() {
        step::<T, S, C, V>(simd, &mut sum, b.as_ref(), lane, std::array::from_fn(|c| rows[c][k]));
    }
    *tile = sum;
}
