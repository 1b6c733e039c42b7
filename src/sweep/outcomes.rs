use crate::experiment::{Measured, Status};
use std::collections::{BTreeMap, HashMap};

/// Cells of one page: a page is made when its first cell is done, so that a shard of a large grid needs memory for its own cells.
const PAGE: u64 = 512;

/// Bytes that a cell takes in memory: a value and a bit.
pub(super) const BYTES_A_CELL: f64 = 8.125;

/// What was measured, by the numbers of cells.
#[derive(Clone, Debug, Default)]
pub struct Outcomes {
    pages: Vec<Option<Box<Page>>>,
    /// Cells without a value, as an index into `statuses`; a million diverged cells share one word.
    failures: BTreeMap<u64, u32>,
    statuses: Vec<Status>,
    known: HashMap<String, u32>,
    done: u64,
}

#[derive(Clone, Debug)]
struct Page {
    values: [f64; PAGE as usize],
    done: [u64; PAGE as usize / 64],
}

impl Outcomes {
    /// Nothing measured yet, of `len` cells.
    pub fn new(len: u64) -> Self {
        Self { pages: vec![None; len.div_ceil(PAGE) as usize], ..Self::default() }
    }

    /// Notes what was measured in cell `index`, in place of what was noted before.
    pub fn set(&mut self, index: u64, measured: &Measured) {
        let page = self.pages[(index / PAGE) as usize]
            .get_or_insert_with(|| Box::new(Page { values: [0.0; PAGE as usize], done: [0; PAGE as usize / 64] }));
        let (place, bit) = ((index % PAGE) as usize, 1 << (index % 64));
        if page.done[place / 64] & bit == 0 {
            page.done[place / 64] |= bit;
            self.done += 1;
        } else {
            self.failures.remove(&index);
        }
        match measured.value {
            Some(value) => page.values[place] = value,
            None => {
                let next = self.statuses.len() as u32;
                let number = *self.known.entry(measured.status.to_string()).or_insert(next);
                if number == next {
                    self.statuses.push(measured.status.clone());
                }
                self.failures.insert(index, number);
            }
        }
    }

    /// Whether cell `index` is done.
    pub fn is_done(&self, index: u64) -> bool {
        let page = self.pages[(index / PAGE) as usize].as_ref();
        page.is_some_and(|page| page.done[(index % PAGE) as usize / 64] & (1 << (index % 64)) != 0)
    }

    /// The value of cell `index` if it is done; `Some(None)` where it has none.
    pub fn value(&self, index: u64) -> Option<Option<f64>> {
        let page = self.pages[(index / PAGE) as usize].as_ref().filter(|_| self.is_done(index))?;
        Some((!self.failures.contains_key(&index)).then(|| page.values[(index % PAGE) as usize]))
    }

    /// What was measured in cell `index`, if it is done.
    pub fn get(&self, index: u64) -> Option<Measured> {
        Some(match (self.value(index)?, self.failures.get(&index)) {
            (None, Some(number)) => Measured { value: None, status: self.statuses[*number as usize].clone() },
            (value, _) => Measured { value, status: Status::Ok },
        })
    }

    /// Cells done.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// Cells done that have no value, and why.
    pub fn failures(&self) -> impl Iterator<Item = (u64, &Status)> {
        self.failures.iter().map(|(index, number)| (*index, &self.statuses[*number as usize]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_last_is_what_a_cell_has() {
        let mut outcomes = Outcomes::new(2000);
        let ok = |value| Measured { value: Some(value), status: Status::Ok };
        let failed = |status| Measured { value: None, status };
        for index in [0, 63, 64, 511, 512, 1999] {
            assert_eq!(outcomes.get(index), None);
            for measured in [
                ok(f64::MIN_POSITIVE),
                failed(Status::NotSettled),
                failed(Status::Domain("init = 0".into())),
                failed(Status::Ok),
                ok(2.0),
            ] {
                outcomes.set(index, &measured);
                assert_eq!(outcomes.get(index), Some(measured));
            }
            assert!(outcomes.is_done(index) && !outcomes.is_done(index ^ 1));
        }
        assert_eq!((outcomes.done(), outcomes.failures().count()), (6, 0));
    }
}
