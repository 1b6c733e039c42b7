use super::NormalStream;

/// Numbers of a [`NormalStream`] one after the other, from its beginning.
#[derive(Clone, Debug)]
pub struct Normals {
    stream: NormalStream,
    pairs: u64,
    buffer: [f64; BUFFER],
    used: usize,
}

/// Numbers drawn at a time.
const BUFFER: usize = 16;

impl Normals {
    /// The stream `stream` of `seed`.
    pub fn new(seed: u64, stream: u64) -> Self {
        Self { stream: NormalStream { seed, stream }, pairs: 0, buffer: [0.0; BUFFER], used: BUFFER }
    }

    /// The next normal number.
    #[allow(clippy::should_implement_trait)] // endless: an iterator's Option would be noise
    pub fn next(&mut self) -> f64 {
        if self.used == BUFFER {
            self.stream.fill(self.pairs, &mut self.buffer);
            self.pairs += BUFFER as u64 / 2;
            self.used = 0;
        }
        self.used += 1;
        self.buffer[self.used - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_by_one_or_all_at_once_the_numbers_are_the_same() {
        let mut all = [0.0; 100];
        NormalStream { seed: 5, stream: 9 }.fill(0, &mut all);
        let mut normals = Normals::new(5, 9);
        assert!(all.iter().all(|x| normals.next() == *x));
    }

    #[test]
    fn seeds_and_streams_are_distinct() {
        let take = |seed, stream| Normals::new(seed, stream).next();
        assert_ne!(take(1, 0), take(1, 1));
        assert_ne!(take(1, 0), take(2, 0));
    }
}
