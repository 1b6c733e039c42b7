//! The `specdyn` command line.

fn main() {}
