use crate::scalar::Real;

/// A series f and its power `u = f^p`, both relative to their first terms: those of a coefficient that dies have products that are no longer
/// numbers.
///
/// From `u' f = p u f'`, `k u_k = sum_{i=1..k} ((p + 1) i - k) f_i u_{k-i}`: two products of series. Of a square root, where products are what costs, from `u u = f` one square.
#[derive(Clone, Debug)]
pub(super) struct Raised<T> {
    /// `f[i]/f[0]`
    base: Vec<T>,
    /// `i f[i]/f[0]`
    ramp: Vec<T>,
    /// `u[i]/u[0]`
    power: Vec<T>,
}

impl<T: Real> Raised<T> {
    pub(super) fn new() -> Self {
        Self { base: Vec::new(), ramp: Vec::new(), power: Vec::new() }
    }

    pub(super) fn clear(&mut self) {
        for series in [&mut self.base, &mut self.ramp, &mut self.power] {
            series.clear();
        }
    }

    /// Appends the next term of f, relative to its first, and makes that of u, of which digits below `2^below` are of no use.
    pub(super) fn push(&mut self, term: T, power: &T, below: i64) {
        let k = self.base.len();
        let (zero, one) = (term.int(0), term.int(1));
        self.ramp.push(term.times(k as i64));
        self.base.push(term);
        if k == 0 {
            self.power.push(one);
            return;
        }
        self.power.push(zero);
        if T::COUNTS_DIGITS && power.times(2) == one {
            let square = T::convolve_above(&self.power, &self.power, k, below);
            self.power[k] = (self.base[k].clone() - square).over(2);
            return;
        }
        let rising = T::convolve_above(&self.ramp, &self.power, k, below) * (power.int(1) + power);
        let flat = T::convolve_above(&self.base, &self.power, k, below).times(k as i64);
        self.power[k] = (rising - flat).over(k as i64);
    }

    /// Changes the last term of f, which is not the first.
    pub(super) fn change(&mut self, by: &T, power: &T) {
        let Some(k) = self.base.len().checked_sub(1) else { return };
        self.base[k] = self.base[k].clone() + by;
        self.ramp[k] = self.base[k].times(k as i64);
        self.power[k].add_prod(by, power);
    }

    /// `u[i]/u[0]`
    pub(super) fn power(&self) -> &[T] {
        &self.power
    }
}
