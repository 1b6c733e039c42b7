//! Products of dense matrices whose bits do not depend on the machine.
//!
//! Everything a training run spends its time on is a product of matrices. The ones here are written against
//! [`pulp`]'s portable vectors, and every entry of a result is one chain of fused multiply-adds over the contracted index in
//! increasing order: vectors run over *different* entries, never along a sum. So AVX-512, AVX2 and
//! plain scalar code give the same bits, which a library that chooses its blocking by the size of the cache cannot promise.
//!
//! Matrices are kept in [`Panels`]: a layout in which both operands of a product are already packed, whichever side they stand on.

mod cholesky;
mod dense;
mod element;
mod lines;
mod multiply;
mod panels;
mod rows;
mod tile;

pub(crate) use cholesky::Factor;
pub use dense::{dense_product, dense_transposed_product};
pub(crate) use dense::{multiply_by_transposed, transposed_bytes};
pub use element::Element;
pub(crate) use lines::Lines;
pub use multiply::{Part, add_product, add_transposed_product};
pub(crate) use multiply::{
    Share, add_gram_here, deal, multiply_symmetric, product_here, symmetric_product, transposed_product,
};
pub use panels::Panels;
pub(crate) use rows::{map_bytes, map_rows, multiply_rows};
pub(crate) use tile::{Tile, fitting, lanes, load, panel_tn, store, tile_nn, tile_tn, vectors, zero};
