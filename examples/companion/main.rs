//! The companion paper's figures (width one on power-law data), at its parameters: data, plot, and the command that made them.
//!
//!     cargo run --release --example companion -- FIGURE|all FOLDER        (FIGURE: 1 to 5)
//!
//! `docs/gallery.md` shows them.

mod descent;
mod exponents;
mod frozen;
mod online;
mod plate;
mod scaling;

use plate::Plate;
use std::error::Error;

type Drawn = Result<Plate, Box<dyn Error>>;

/// The figures, in the order of the paper.
const FIGURES: [fn() -> Drawn; 5] = [descent::plate, exponents::plate, frozen::plate, online::plate, scaling::plate];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(which), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("usage: companion FIGURE|all FOLDER (FIGURE: 1 to 5)".into());
    };
    for (k, figure) in FIGURES.iter().enumerate() {
        let number = (k + 1).to_string();
        if which == number || which == "all" {
            figure()?.write(&folder)?;
            println!("cargo run --release --example companion -- {number} {folder}");
        }
    }
    Ok(())
}
