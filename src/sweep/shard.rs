use crate::scalar::DomainError;
use std::fmt;
use std::str::FromStr;

/// One of `count` parts of a sweep, `I/N` with I from 1 to N.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    count: u64,
}

/// Neighbouring cells that stay together, at most: a page of memory, and work for vector instructions.
const LARGEST_BLOCK: u64 = 512;

impl Shard {
    /// Whether cell `cell` of a sweep of `cells` belongs to this shard. Cells go round in blocks of neighbours, small enough that
    /// every shard gets many of them from all over the grid (cheap corners and costly ones).
    pub fn owns(self, cell: u64, cells: u64) -> bool {
        let block = (cells / (64 * self.count)).clamp(1, LARGEST_BLOCK);
        cell / block % self.count == self.index - 1
    }

    /// The same for the cells of a refined grid, which stand in rows at powers of two, where going round would favour some shards.
    pub fn owns_scattered(self, cell: u64) -> bool {
        // The finaliser of SplitMix64.
        let mut z = cell.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % self.count == self.index - 1
    }

    /// Number of shards.
    pub fn count(self) -> u64 {
        self.count
    }
}

impl FromStr for Shard {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        let parse = || {
            let (index, count) = text.split_once('/')?;
            let shard = Self { index: index.parse().ok()?, count: count.parse().ok()? };
            (1 <= shard.index && shard.index <= shard.count && shard.count <= 1_000_000).then_some(shard)
        };
        parse()
            .ok_or_else(|| DomainError::new("shard", format!("{text:?}"), "I/N with I from 1 to N, N at most 1000000"))
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_belongs_to_one_shard_and_shards_are_alike() {
        for cells in [1, 5, 63, 1_000, 40_602, 250_000] {
            for count in [1, 2, 3, 16, 100] {
                let shards: Vec<Shard> = (1..=count).map(|i| format!("{i}/{count}").parse().unwrap()).collect();
                let mut sizes = vec![0_u64; count as usize];
                for cell in 0..cells {
                    let owners: Vec<usize> = (0..shards.len()).filter(|&i| shards[i].owns(cell, cells)).collect();
                    assert_eq!(owners.len(), 1, "cell {cell} of {cells} in {count}");
                    sizes[owners[0]] += 1;
                }
                let (least, most) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
                let block = (cells / (64 * count)).clamp(1, LARGEST_BLOCK);
                assert!(most - least <= block, "{cells} cells in {count} shards: {least} to {most}");
            }
        }
    }

    #[test]
    fn a_malformed_shard_is_refused_with_its_text() {
        for text in ["", "1", "0/3", "4/3", "1/0", "-1/3", "1/2/3", "a/b", "1/1000001"] {
            let error = text.parse::<Shard>().unwrap_err();
            assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
        }
    }
}
