use super::Element;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// Bytes of a cache line. A panel's row is three of them.
const LINE: usize = 64;

/// Rows of a panel, the first at the edge of a cache line, so that no vector lies across two.
///
/// Of an allocator that is asked for alignment, one does not get the same place again: it looks for room to move. Here it is asked for plain
/// numbers, a line too many, and what is given back fits the next matrix of the same shape.
pub(crate) struct Lines<T: Element> {
    space: Vec<T>,
    start: usize,
    count: usize,
}

impl<T: Element> Lines<T> {
    /// So many rows of zeros.
    pub(crate) fn zeros(count: usize) -> Self {
        if count == 0 {
            return Self { space: Vec::new(), start: 0, count };
        }
        let spare = LINE / size_of::<T>() - 1;
        let space = vec![T::default(); count * T::WIDTH + spare];
        // The edge of a line is never further away.
        let start = space.as_ptr().align_offset(LINE).min(spare);
        Self { space, start, count }
    }

    /// Bytes that so many rows occupy.
    pub(crate) fn bytes(count: usize) -> u64 {
        let beside = if count > 0 { LINE - size_of::<T>() } else { 0 };
        (count as u64).saturating_mul((T::WIDTH * size_of::<T>()) as u64).saturating_add(beside as u64)
    }

    /// Becomes so many rows, in the same place if it had as many; their content is arbitrary.
    pub(crate) fn resize(&mut self, count: usize) {
        if self.count != count {
            *self = Self::zeros(count);
        }
    }
}

impl<T: Element> Deref for Lines<T> {
    type Target = [T::Panel];

    #[inline(always)]
    fn deref(&self) -> &[T::Panel] {
        T::rows(&self.space[self.start..self.start + self.count * T::WIDTH])
    }
}

impl<T: Element> DerefMut for Lines<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T::Panel] {
        T::rows_mut(&mut self.space[self.start..self.start + self.count * T::WIDTH])
    }
}

impl<T: Element> Clone for Lines<T> {
    fn clone(&self) -> Self {
        let mut copy = Self::zeros(self.count);
        copy.copy_from_slice(self);
        copy
    }
}

impl<T: Element> PartialEq for Lines<T> {
    fn eq(&self, other: &Self) -> bool {
        self[..] == other[..]
    }
}

impl<T: Element> fmt::Debug for Lines<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self[..].fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows_begin_at_the_edge_of_a_line<T: Element>() {
        for count in [1, 2, 24, 1000] {
            let mut lines = Lines::<T>::zeros(count);
            lines[count - 1].as_mut()[T::WIDTH - 1] = T::from_f64(3.0);
            let copy = lines.clone();
            for lines in [&lines, &copy] {
                assert_eq!(lines.len(), count);
                assert!(lines.iter().all(|row| row.as_ref().as_ptr().addr().is_multiple_of(LINE)), "{count} rows");
                assert_eq!(lines[count - 1].as_ref()[T::WIDTH - 1].to_f64(), 3.0);
            }
            assert_eq!(lines, copy);
        }
        assert!(Lines::<T>::zeros(0).is_empty());
    }

    #[test]
    fn rows_of_either_kind_of_number_begin_at_the_edge_of_a_line() {
        rows_begin_at_the_edge_of_a_line::<f64>();
        rows_begin_at_the_edge_of_a_line::<f32>();
    }
}
