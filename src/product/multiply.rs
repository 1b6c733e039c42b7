use super::panels::ROW_GROUP;
use super::{Element, Panels, fitting, lanes, load, panel_tn, store, tile_nn, tile_tn, zero};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;
use std::ops::Range;

/// Which entries of an operand or of a result there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of them.
    Full,
    /// Those on and above the diagonal; below it, an operand holds zeros and a result nothing of meaning.
    Upper,
    /// Those on and below the diagonal; above it zeros (an operand only).
    Lower,
}

/// Products below this many multiply-adds are not worth a second thread.
const PARALLEL_FROM: usize = 1 << 20;

/// Contracted rows that stay in the first-level cache while tiles pass by.
const DEPTH: usize = 96;

/// Entries of the left operand that stay in the second-level cache while panels of the right one pass by.
const RESIDENT: usize = 96 * 384;

/// `C += A B`, every entry one chain over the columns of A in increasing order. `part` says which entries of B there are. An A of which
/// the upper half only is held is symmetric.
///
/// # Panics
/// When the shapes do not fit.
pub fn add_product<T: Element>(a: &Panels<T>, b: &Panels<T>, part: Part, c: &mut Panels<T>) {
    assert_eq!(a.columns(), b.rows(), "A has as many columns as B has rows");
    assert_eq!((c.rows(), c.columns()), (a.rows(), b.columns()), "C has the rows of A and the columns of B");
    let work = a.rows() * a.columns() * b.columns();
    for_each_share(c, work, |c| Arch::new().dispatch(Product { a, b, part, fresh: false, c }));
}

/// `C = A B` on the thread that asks.
pub(crate) fn product_here<T: Element>(a: &Panels<T>, b: &Panels<T>, c: &mut Panels<T>) {
    let mut panels: Vec<_> = c.panels_mut().into_iter().enumerate().collect();
    Arch::new().dispatch(Product { a, b, part: Part::Full, fresh: true, c: &mut panels });
}

/// The upper half of `C = A B`, for symmetric A and B that commute, all three held as upper halves.
///
/// # Panics
/// When the shapes do not fit.
pub(crate) fn symmetric_product<T: Element>(a: &Panels<T>, b: &Panels<T>, c: &mut Panels<T>) {
    assert_symmetric([a, b, c]);
    for_each_share(c, a.rows() * a.rows() * a.rows() / 2, |c| {
        for (p, c) in c {
            symmetric_panel(a, &b.whole_panel(*p), c);
        }
    });
}

/// `B <- A B`, as [`symmetric_product`], beside no second B: panel p of the product takes panel p of B and what is its column in the panels behind
/// it, so that panels before it are free to hold the product.
///
/// # Panics
/// When the shapes do not fit.
pub(crate) fn multiply_symmetric<T: Element>(a: &Panels<T>, b: &mut Panels<T>) {
    assert_symmetric([a, b, b]);
    let threads = threads_for(a.rows() * a.rows() * a.rows() / 2);
    let together = if threads == 1 { 1 } else { 2 * threads };
    for first in (0..b.count()).step_by(together) {
        let columns: Vec<_> = (first..b.count().min(first + together)).map(|p| b.whole_panel(p)).collect();
        let mut panels = b.panels_mut();
        let panels = &mut panels[first..first + columns.len()];
        if threads == 1 {
            columns.iter().zip(panels).for_each(|(column, panel)| symmetric_panel(a, column, panel));
        } else {
            columns.par_iter().zip(panels).for_each(|(column, panel)| symmetric_panel(a, column, panel));
        }
    }
}

fn assert_symmetric<T: Element>(operands: [&Panels<T>; 3]) {
    let n = operands[0].rows();
    for operand in operands {
        assert_eq!(
            (operand.rows(), operand.columns(), operand.part()),
            (n, n, Part::Upper),
            "three symmetric matrices of one size"
        );
    }
}

/// What is held of one panel of a product, whose right factor's panel is a matrix of its own.
fn symmetric_panel<T: Element>(a: &Panels<T>, column: &Panels<T>, c: &mut [T::Panel]) {
    Arch::new().dispatch(Product { a, b: column, part: Part::Full, fresh: true, c: &mut [(0, c)] });
}

/// `C += A' B`, every entry one chain over the rows in increasing order. `part` says which entries of C are wanted.
///
/// # Panics
/// When the shapes do not fit, or `part` is [`Part::Lower`].
pub fn add_transposed_product<T: Element>(a: &Panels<T>, b: &Panels<T>, part: Part, c: &mut Panels<T>) {
    transposed_product_onto(a, b, part, c, false);
}

/// Some panels of the upper half of `C += A' A`, as [`add_transposed_product`], on the thread that asks.
pub(crate) fn add_gram_here<T: Element>(a: &Panels<T>, c: &mut Share<T>) {
    Arch::new().dispatch(TransposedProduct { a, b: a, part: Part::Upper, fresh: false, c });
}

/// `C = A' B`: as [`add_transposed_product`] from zero, without a pass to clear.
pub(crate) fn transposed_product<T: Element>(a: &Panels<T>, b: &Panels<T>, part: Part, c: &mut Panels<T>) {
    transposed_product_onto(a, b, part, c, true);
}

fn transposed_product_onto<T: Element>(a: &Panels<T>, b: &Panels<T>, part: Part, c: &mut Panels<T>, fresh: bool) {
    assert_eq!(a.rows(), b.rows(), "A and B have as many rows");
    assert_eq!((c.rows(), c.columns()), (a.columns(), b.columns()), "C has the columns of A and of B");
    assert_ne!(part, Part::Lower, "a result is full or upper");
    let work = a.rows() * a.columns() * b.columns();
    for_each_share(c, work, |c| Arch::new().dispatch(TransposedProduct { a, b, part, fresh, c }));
}

/// Some panels of a result, and which they are.
pub(crate) type Share<'a, T> = Vec<(usize, &'a mut [<T as Element>::Panel])>;

/// Shares the panels of C out over the threads.
fn for_each_share<T: Element>(c: &mut Panels<T>, work: usize, each: impl Fn(&mut Share<T>) + Sync + Send) {
    let columns = c.columns();
    let mut panels: Share<T> = c.panels_mut().into_iter().enumerate().collect();
    let threads = threads_for(work);
    if threads == 1 {
        return each(&mut panels);
    }
    deal::<T>(panels, columns, 2 * threads).par_iter_mut().for_each(each);
}

/// Threads for so many multiply-adds.
fn threads_for(work: usize) -> usize {
    if work < PARALLEL_FROM { 1 } else { rayon::current_num_threads() }
}

/// Deals panels out into `count` shares of about equal work, the largest panels first. Work is taken to be the panel's length times its vectors.
pub(crate) fn deal<T: Element>(mut panels: Share<'_, T>, columns: usize, count: usize) -> Vec<Share<'_, T>> {
    let work = |(p, panel): &(usize, &mut [T::Panel])| {
        panel.len() * (columns - p * T::WIDTH).min(T::WIDTH).div_ceil(T::WIDTH / 3)
    };
    panels.sort_by_key(|panel| std::cmp::Reverse(work(panel)));
    let mut shares: Vec<(usize, Share<T>)> = (0..count).map(|_| (0, Vec::new())).collect();
    for panel in panels {
        if let Some((load, share)) = shares.iter_mut().min_by_key(|(load, _)| *load) {
            *load += work(&panel);
            share.push(panel);
        }
    }
    shares.into_iter().map(|(_, share)| share).collect()
}

/// Some panels of `C += A B`.
struct Product<'a, 'b, T: Element> {
    a: &'a Panels<T>,
    b: &'a Panels<T>,
    part: Part,
    fresh: bool,
    c: &'a mut [(usize, &'b mut [T::Panel])],
}

impl<T: Element> WithSimd for Product<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::REGISTER_COUNT >= 32 { self.tiles::<S, 8, 3>(simd) } else { self.tiles::<S, 6, 2>(simd) }
    }
}

impl<T: Element> Product<'_, '_, T> {
    #[inline(always)]
    fn tiles<S: Simd, const C: usize, const V: usize>(self, simd: S) {
        let Self { a, b, part, fresh, c } = self;
        let block = (RESIDENT / a.columns().max(1)).max(ROW_GROUP).next_multiple_of(ROW_GROUP);
        for start in (0..a.rows()).step_by(block) {
            for (p, c) in c.iter_mut() {
                let (p, rows) = (*p, start..a.rows().min(start + block).min(c.len()));
                let columns = b.columns() - p * T::WIDTH;
                fitting!(T, S, V, columns, Self::panel::<S, C>(simd, a, b, (part, fresh), p, c, rows.clone()));
            }
        }
    }

    /// Some rows of panel p.
    #[inline(always)]
    fn panel<S: Simd, const C: usize, const V: usize>(
        simd: S,
        a: &Panels<T>,
        b: &Panels<T>,
        (part, fresh): (Part, bool),
        p: usize,
        c: &mut [T::Panel],
        rows: Range<usize>,
    ) {
        let symmetric = a.part() == Part::Upper;
        let (mut from, to) = extent::<T>(part, p, a.columns());
        let origin = if fresh { from } else { usize::MAX };
        while from < to {
            let until = to.min((from + DEPTH).next_multiple_of(T::WIDTH));
            for i in rows.clone().step_by(C) {
                for lane in lanes::<T, S, V>(b.columns() - p * T::WIDTH) {
                    let mut tile =
                        if from == origin { zero::<T, S, C, V>(simd) } else { load::<T, S, C, V>(&c[i..i + C], lane) };
                    let mut k = from;
                    while k < until {
                        let next = until.min((k / T::WIDTH + 1) * T::WIDTH);
                        let b = &b.panel(p)[k..next];
                        if symmetric && k / T::WIDTH < i / T::WIDTH {
                            let a = &a.panel(i / T::WIDTH)[k..next];
                            tile_tn::<T, S, C, V>(simd, &mut tile, a, i % T::WIDTH, b, lane);
                        } else {
                            let a = &a.panel(k / T::WIDTH)[i..i + C];
                            tile_nn::<T, S, C, V>(simd, &mut tile, a, 0, b, lane);
                        }
                        k = next;
                    }
                    store::<T, S, C, V>(&mut c[i..i + C], lane, tile);
                }
            }
            from = until;
        }
    }
}

/// Some panels of `C += A' B`.
struct TransposedProduct<'a, 'b, T: Element> {
    a: &'a Panels<T>,
    b: &'a Panels<T>,
    part: Part,
    fresh: bool,
    c: &'a mut [(usize, &'b mut [T::Panel])],
}

impl<T: Element> WithSimd for TransposedProduct<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::REGISTER_COUNT >= 32 { self.tiles::<S, 8, 3>(simd) } else { self.tiles::<S, 6, 2>(simd) }
    }
}

impl<T: Element> TransposedProduct<'_, '_, T> {
    #[inline(always)]
    fn tiles<S: Simd, const C: usize, const V: usize>(self, simd: S) {
        let Self { a, b, part, fresh, c } = self;
        let (rows, columns) = (a.columns(), b.columns());
        let block = (RESIDENT / DEPTH).next_multiple_of(T::WIDTH);
        for depth in (0..a.rows()).step_by(DEPTH) {
            let until = a.rows().min(depth + DEPTH);
            for start in (0..rows).step_by(block) {
                for (p, c) in c.iter_mut() {
                    let p = *p;
                    let wanted = if part == Part::Upper { rows.min((p + 1) * T::WIDTH) } else { rows };
                    let diagonal = if part == Part::Upper { p * T::WIDTH } else { usize::MAX };
                    panel_tn::<T, S, C, V>(
                        simd,
                        |q| &a.panel(q)[depth..until],
                        &b.panel(p)[depth..until],
                        c,
                        (start..wanted.min(start + block), columns - p * T::WIDTH),
                        (fresh && depth == 0, diagonal),
                    );
                }
            }
        }
    }
}

/// Contracted indices from which, and up to which, panel p of the right operand is not zero.
#[inline(always)]
fn extent<T: Element>(part: Part, p: usize, inner: usize) -> (usize, usize) {
    match part {
        Part::Full => (0, inner),
        Part::Upper => (0, inner.min((p + 1) * T::WIDTH)),
        Part::Lower => (inner.min(p * T::WIDTH), inner),
    }
}

const _: () =
    assert!(ROW_GROUP.is_multiple_of(6) && ROW_GROUP.is_multiple_of(8), "tiles of 6 and of 8 rows fill a group");
