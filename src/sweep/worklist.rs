/// Cells to compute, handed out in order: a bit for each cell of the grid.
#[derive(Clone, Debug)]
pub struct Worklist {
    bits: Vec<u64>,
    cursor: u64,
    left: u64,
}

impl Worklist {
    /// The cells `wanted`, all different, of `0..len`.
    pub fn new(len: u64, wanted: impl Iterator<Item = u64>) -> Self {
        let mut list = Self { bits: vec![0; len.div_ceil(64) as usize], cursor: 0, left: 0 };
        for index in wanted {
            list.bits[(index / 64) as usize] |= 1 << (index % 64);
            list.left += 1;
        }
        list
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// Cells not yet handed out.
    pub fn len(&self) -> u64 {
        self.left
    }

    /// Moves the next `count` cells (at the end fewer) into `taken`, neighbours with equal `kind` only.
    pub(super) fn take(&mut self, count: usize, kind: impl Fn(u64) -> u64, taken: &mut Vec<u64>) {
        taken.clear();
        while taken.len() < count && self.left > 0 {
            let word = (self.cursor / 64) as usize;
            let ahead = self.bits[word] >> (self.cursor % 64);
            if ahead == 0 {
                self.cursor = (word as u64 + 1) * 64;
                continue;
            }
            self.cursor += u64::from(ahead.trailing_zeros());
            if taken.first().is_some_and(|first| kind(*first) != kind(self.cursor)) {
                break;
            }
            taken.push(self.cursor);
            self.cursor += 1;
            self.left -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wanted_cell_is_handed_out_once_in_order_and_kinds_are_not_mixed() {
        let wanted = |i: u64| i.is_multiple_of(7) || (100..190).contains(&i) || i == 999;
        let kind = |i: u64| i / 150;
        let mut list = Worklist::new(1000, (0..1000).filter(|i| wanted(*i)));
        let (mut all, mut taken) = (Vec::new(), Vec::new());
        for count in [1, 64, 3, 1000].into_iter().cycle() {
            list.take(count, kind, &mut taken);
            if taken.is_empty() {
                break;
            }
            assert!(taken.len() <= count && taken.iter().all(|i| kind(*i) == kind(taken[0])));
            all.extend_from_slice(&taken);
        }
        assert_eq!(all, (0..1000).filter(|i| wanted(*i)).collect::<Vec<_>>());
        assert_eq!(list.len(), 0);
    }
}
