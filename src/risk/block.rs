//! What happens to one block of samples while it is in the cache.

use super::rows::{Block, Rows};
use crate::product::{Element, Lines, Panels, Tile, fitting, lanes, load, panel_tn, store, tile_nn, tile_tn, zero};
use pulp::{Arch, Simd, WithSimd};

/// Contracted indices that a tile takes at a time.
const DEPTH: usize = 96;

/// Space for one block: its last panel, and either a scaled panel of inputs or residuals and the outputs of the network.
#[derive(Clone, Debug)]
pub(super) struct Scratch<T: Element> {
    last: Lines<T>,
    lanes: Lines<T>,
    residual: Vec<f64>,
    outputs: Panels<T>,
}

impl<T: Element> Default for Scratch<T> {
    fn default() -> Self {
        Self { last: Lines::zeros(0), lanes: Lines::zeros(0), residual: Vec::new(), outputs: Panels::zeros(0, 0) }
    }
}

impl<T: Element> Scratch<T> {
    /// `sum r_i^2` over the block.
    pub(super) fn sum_of_squares(&self) -> f64 {
        self.residual.iter().map(|r| r * r).sum()
    }

    /// `r_i = x_i' U x_i - noise_i`, U upper triangular.
    pub(super) fn residuals_of_triangle(&mut self, x: &Block<T>, triangle: &Panels<T>, noise: &[f64], r: &mut [f64]) {
        let x = x.rows(&mut self.last);
        self.lanes.resize(x.stride());
        self.lanes.fill(T::ZEROS);
        Arch::new().dispatch(QuadraticForm { x, triangle, lanes: &mut self.lanes });
        for ((r, lanes), noise) in r.iter_mut().zip(self.lanes.iter()).zip(noise) {
            *r = sum(lanes.as_ref()) - noise;
        }
    }

    /// `M += X' diag(r) X`, on and above the diagonal, some panels of it.
    pub(super) fn add_second_moment(
        &mut self,
        x: &Block<T>,
        residual: &[f64],
        moment: &mut [(usize, &mut [T::Panel])],
    ) {
        let x = x.rows(&mut self.last);
        Arch::new().dispatch(SecondMoment { x, residual, scaled: &mut self.lanes, moment });
    }

    /// `P = X (W, w*)`, `r_i = sum_(j < m) P_ij^2 - P_im^2 - noise_i`; keeps `diag(r) P`.
    pub(super) fn residuals_of_outputs(&mut self, x: &Block<T>, weights: &Panels<T>, noise: &[f64]) {
        let x = x.rows(&mut self.last);
        if (self.outputs.rows(), self.outputs.columns()) != (x.rows(), weights.columns()) {
            self.outputs = Panels::zeros(x.rows(), weights.columns());
        }
        self.outputs.clear();
        Arch::new().dispatch(Outputs { x, weights, outputs: &mut self.outputs });
        let (width, count) = (weights.columns() - 1, self.outputs.count());
        self.residual.clear();
        for (i, noise) in noise.iter().enumerate() {
            let mut lanes = T::ZEROS;
            for p in 0..count {
                for (lane, output) in lanes.as_mut().iter_mut().zip(self.outputs.panel(p)[i].as_ref()) {
                    *lane = lane.plus(output.times(*output));
                }
            }
            let signal = self.outputs.get(i, width).to_f64();
            // The lanes hold the signal's square too: once out of the sum, once out of the residual.
            let residual = sum(lanes.as_ref()) - 2.0 * signal * signal - noise;
            let r = T::from_f64(residual);
            for p in 0..count {
                for output in self.outputs.panel_mut(p)[i].as_mut() {
                    *output = r.times(*output);
                }
            }
            self.residual.push(residual);
        }
    }

    /// `sum += X' (diag(r) P)`.
    pub(super) fn add_outputs(&mut self, x: &Block<T>, sum: &mut Panels<T>) {
        let x = x.rows(&mut self.last);
        Arch::new().dispatch(BackwardOutputs { x, outputs: &self.outputs, sum });
    }
}

fn sum<T: Element>(lanes: &[T]) -> f64 {
    lanes.iter().map(|x| x.to_f64()).sum()
}

macro_rules! with_tiles {
    ($kernel:ident $(, $lifetime:lifetime)?) => {
        impl<$($lifetime,)? T: Element> WithSimd for $kernel<'_, $($lifetime,)? T> {
            type Output = ();

            #[inline(always)]
            fn with_simd<S: Simd>(self, simd: S) {
                if S::REGISTER_COUNT >= 32 { self.tiles::<S, 8, 3>(simd) } else { self.tiles::<S, 6, 2>(simd) }
            }
        }
    };
}

struct QuadraticForm<'a, T: Element> {
    x: Rows<'a, T>,
    triangle: &'a Panels<T>,
    lanes: &'a mut [T::Panel],
}

with_tiles!(QuadraticForm);

impl<T: Element> QuadraticForm<'_, T> {
    /// Tiles of `X U` are multiplied by X as soon as they are complete and never leave the registers.
    #[inline(always)]
    fn tiles<S: Simd, const C: usize, const V: usize>(self, simd: S) {
        let Self { x, triangle, lanes: sums } = self;
        for p in 0..x.count() {
            let columns = x.columns() - p * T::WIDTH;
            fitting!(T, S, V, columns, Self::panel::<S, C>(simd, x, triangle.panel(p), p, sums));
        }
    }

    #[inline(always)]
    fn panel<S: Simd, const C: usize, const V: usize>(
        simd: S,
        x: Rows<T>,
        triangle: &[T::Panel],
        p: usize,
        sums: &mut [T::Panel],
    ) {
        let (rows, dimension) = (x.rows(), x.columns());
        let to = dimension.min((p + 1) * T::WIDTH);
        let mut from = 0;
        while from < to {
            let until = to.min((from + DEPTH).next_multiple_of(T::WIDTH));
            for i in (0..rows).step_by(C) {
                for lane in lanes::<T, S, V>(dimension - p * T::WIDTH) {
                    let mut tile = zero::<T, S, C, V>(simd);
                    nn::<T, S, C, V>(simd, &mut tile, x, i, triangle, from..until, lane);
                    let inputs = load::<T, S, C, V>(&x.panel(p)[i..i + C], lane);
                    let mut sum = load::<T, S, C, V>(&sums[i..i + C], lane);
                    for c in 0..C {
                        for v in 0..V {
                            sum[c][v] = T::vector_mul_add(simd, tile[c][v], inputs[c][v], sum[c][v]);
                        }
                    }
                    store::<T, S, C, V>(&mut sums[i..i + C], lane, sum);
                }
            }
            from = until;
        }
    }
}

struct SecondMoment<'a, 'b, T: Element> {
    x: Rows<'a, T>,
    residual: &'a [f64],
    scaled: &'a mut Lines<T>,
    moment: &'a mut [(usize, &'b mut [T::Panel])],
}

with_tiles!(SecondMoment, 'b);

impl<T: Element> SecondMoment<'_, '_, T> {
    #[inline(always)]
    fn tiles<S: Simd, const C: usize, const V: usize>(self, simd: S) {
        let Self { x, residual, scaled, moment } = self;
        let dimension = x.columns();
        scaled.resize(x.stride());
        for (p, sum) in moment {
            let p = *p;
            for ((scaled, x), r) in scaled.iter_mut().zip(x.panel(p)).zip(residual) {
                // The product, but for the sign of zero, which no sum from zero sees.
                let (r, zero) = (T::splat(simd, T::from_f64(*r)), T::splat(simd, T::default()));
                for (scaled, x) in T::vectors_mut::<S>(scaled.as_mut()).iter_mut().zip(T::vectors::<S>(x.as_ref())) {
                    *scaled = T::vector_mul_add(simd, *x, r, zero);
                }
            }
            panel_tn::<T, S, C, V>(
                simd,
                |q| &x.panel(q)[..residual.len()],
                &scaled[..residual.len()],
                sum,
                (0..dimension.min((p + 1) * T::WIDTH), dimension - p * T::WIDTH),
                (false, p * T::WIDTH),
            );
        }
    }
}

struct Outputs<'a, T: Element> {
    x: Rows<'a, T>,
    weights: &'a Panels<T>,
    outputs: &'a mut Panels<T>,
}

with_tiles!(Outputs);

impl<T: Element> Outputs<'_, T> {
    #[inline(always)]
    fn tiles<S: Simd, const C: usize, const V: usize>(self, simd: S) {
        let Self { x, weights, outputs } = self;
        for p in 0..weights.count() {
            let columns = weights.columns() - p * T::WIDTH;
            let outputs = &mut outputs.panel_mut(p)[..];
            fitting!(T, S, V, columns, Self::panel::<S, C>(simd, x, weights.panel(p), outputs, columns));
        }
    }

    #[inline(always)]
    fn panel<S: Simd, const C: usize, const V: usize>(
        simd: S,
        x: Rows<T>,
        weights: &[T::Panel],
        outputs: &mut [T::Panel],
        columns: usize,
    ) {
        let (rows, dimension) = (x.rows(), x.columns());
        for from in (0..dimension).step_by(DEPTH) {
            let until = dimension.min(from + DEPTH);
            for i in (0..rows).step_by(C) {
                for lane in lanes::<T, S, V>(columns) {
                    let c = &mut outputs[i..i + C];
                    let mut tile = load::<T, S, C, V>(c, lane);
                    nn::<T, S, C, V>(simd, &mut tile, x, i, weights, from..until, lane);
                    store::<T, S, C, V>(c, lane, tile);
                }
            }
        }
    }
}

struct BackwardOutputs<'a, T: Element> {
    x: Rows<'a, T>,
    outputs: &'a Panels<T>,
    sum: &'a mut Panels<T>,
}

with_tiles!(BackwardOutputs);

impl<T: Element> BackwardOutputs<'_, T> {
    #[inline(always)]
    fn tiles<S: Simd, const C: usize, const V: usize>(self, simd: S) {
        let Self { x, outputs, sum } = self;
        for p in 0..outputs.count() {
            let columns = outputs.columns() - p * T::WIDTH;
            let sum = &mut sum.panel_mut(p)[..];
            fitting!(T, S, V, columns, Self::panel::<S, C>(simd, x, outputs.panel(p), sum, columns));
        }
    }

    #[inline(always)]
    fn panel<S: Simd, const C: usize, const V: usize>(
        simd: S,
        x: Rows<T>,
        outputs: &[T::Panel],
        sum: &mut [T::Panel],
        columns: usize,
    ) {
        let rows = x.rows();
        for i in (0..x.columns()).step_by(C) {
            let a = &x.panel(i / T::WIDTH)[..rows];
            let c = &mut sum[i..i + C];
            for lane in lanes::<T, S, V>(columns) {
                let mut tile = load::<T, S, C, V>(c, lane);
                tile_tn::<T, S, C, V>(simd, &mut tile, a, i % T::WIDTH, &outputs[..rows], lane);
                store::<T, S, C, V>(c, lane, tile);
            }
        }
    }
}

/// `tile += rows i..i + C of X (from..until) times rows from..until of a panel`; both begin at a panel's edge.
#[inline(always)]
fn nn<T: Element, S: Simd, const C: usize, const V: usize>(
    simd: S,
    tile: &mut Tile<T, S, C, V>,
    x: Rows<T>,
    i: usize,
    panel: &[T::Panel],
    range: std::ops::Range<usize>,
    lane: usize,
) {
    let mut k = range.start;
    while k < range.end {
        let next = range.end.min((k / T::WIDTH + 1) * T::WIDTH);
        tile_nn::<T, S, C, V>(simd, tile, &x.panel(k / T::WIDTH)[i..i + C], 0, &panel[k..next], lane);
        k = next;
    }
}
