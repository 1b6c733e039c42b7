//! Maps of a matrix from the right, `X <- p X + q f(X)`, some rows at a time: no second X is needed.
//!
//! Meanwhile the rows stand transposed, so that what multiplies them is a left operand, which a tile reads either way up: half of a
//! symmetric matrix, or of a triangle and its transpose, is enough.

use super::multiply::product_here;
use super::{Element, Panels};
use pulp::Arch;
use rayon::prelude::*;

/// Rows that are mapped at a time, at most, and their bytes: they stay in the second-level cache while the other operand passes by.
const MOST_ROWS: usize = 72;
const RESIDENT: usize = 96 * 384 * size_of::<f64>();

/// Bytes that a map of a matrix of this shape takes meanwhile on so many threads, at most.
pub(crate) fn map_bytes(rows: usize, columns: usize, threads: usize) -> u64 {
    2 * Panels::<f64>::bytes(columns, rows)
        .min((threads as u64).saturating_mul(Panels::<f64>::bytes(columns, most_rows::<f64>(columns))))
}

/// Rows of so many columns that are mapped at a time.
fn most_rows<T: Element>(columns: usize) -> usize {
    (RESIDENT / (columns.max(1) * size_of::<T>())).clamp(1, MOST_ROWS)
}

/// Maps of fewer entries than this are not worth a second thread.
const PARALLEL_FROM: usize = 1 << 13;

/// `X <- p X + q X S`, S symmetric, of which the upper half is held.
pub(crate) fn multiply_rows<T: Element>(x: &mut Panels<T>, [p, q]: [T; 2], symmetric: &Panels<T>) {
    map_rows(x, [p, q], |rows, image| {
        image.shape(rows.rows(), rows.columns());
        product_here(symmetric, rows, image);
        std::mem::swap(rows, image);
    });
}

/// `X <- p X + q f(X)`, where f maps every row by itself. `map` replaces some rows, transposed, by their images; its second argument is space
/// to use.
pub(crate) fn map_rows<T: Element>(
    x: &mut Panels<T>,
    [p, q]: [T; 2],
    map: impl Fn(&mut Panels<T>, &mut Panels<T>) + Sync,
) {
    let (all, columns) = (x.rows(), x.columns());
    if all * columns == 0 {
        return;
    }
    let threads = if all * columns < PARALLEL_FROM { 1 } else { rayon::current_num_threads() };
    // As many blocks for every thread, up to a vector.
    let even = all.div_ceil(all.div_ceil(most_rows::<T>(columns)).next_multiple_of(threads));
    let most = even.next_multiple_of(if threads == 1 { T::WIDTH } else { T::WIDTH / 3 });
    let count = all.div_ceil(most);
    let mut blocks: Vec<Vec<&mut [T::Panel]>> = (0..count).map(|_| Vec::new()).collect();
    for panel in x.panels_mut() {
        for (block, rows) in blocks.iter_mut().zip(panel.chunks_mut(most)) {
            block.push(rows);
        }
    }
    let none = || (Panels::zeros(0, 0), Panels::zeros(0, 0));
    let each = |(rows, space): &mut (Panels<T>, Panels<T>), (b, block): (usize, &mut Vec<&mut [T::Panel]>)| {
        rows.shape(columns, most.min(all - b * most));
        Arch::new().dispatch(|| {
            for (panel, first) in block.iter().zip((0..).step_by(T::WIDTH)) {
                rows.set_transposed(first, panel);
            }
        });
        map(rows, space);
        Arch::new().dispatch(|| {
            for (panel, first) in block.iter_mut().zip((0..).step_by(T::WIDTH)) {
                rows.blend_transposed(first, panel, [p, q]);
            }
        });
    };
    if count == 1 || threads == 1 {
        let mut space = none();
        blocks.iter_mut().enumerate().for_each(|block| each(&mut space, block));
    } else {
        blocks.par_iter_mut().enumerate().for_each_init(none, each);
    }
}

impl<T: Element> Panels<T> {
    /// Rows from `first` on, a panel's width of them or what there is, become the columns of `panel`.
    #[inline(always)]
    fn set_transposed(&mut self, first: usize, panel: &[T::Panel]) {
        let (width, used) = (T::WIDTH.min(self.rows() - first), self.columns());
        for (p, rows) in panel[..used].chunks(T::WIDTH).enumerate() {
            let target = &mut self.panel_mut(p)[first..first + width];
            for (k, row) in rows.iter().enumerate() {
                for (target, x) in target.iter_mut().zip(row.as_ref()) {
                    target.as_mut()[k] = *x;
                }
            }
        }
    }

    /// `panel <- p panel + q times rows from `first` on, transposed.
    #[inline(always)]
    fn blend_transposed(&self, first: usize, panel: &mut [T::Panel], [p, q]: [T; 2]) {
        let (width, used) = (T::WIDTH.min(self.rows() - first), self.columns());
        for (s, rows) in panel[..used].chunks_mut(T::WIDTH).enumerate() {
            let source = &self.panel(s)[first..first + width];
            for (k, row) in rows.iter_mut().enumerate() {
                for (x, source) in row.as_mut().iter_mut().zip(source) {
                    *x = p.times(*x).plus(q.times(source.as_ref()[k]));
                }
            }
        }
    }
}
