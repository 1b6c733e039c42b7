use crate::scalar::{DomainError, Stream};
use crate::spectrum::Spectrum;

/// Phase retrieval by one vector: variances of the coordinates, the signal, and where the weights start.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorProblem {
    variance: Vec<f64>,
    signal: Vec<f64>,
    start: Vec<f64>,
}

impl VectorProblem {
    /// Coordinates are eigenvectors of Q; the signal need not be of length 1.
    ///
    /// # Errors
    /// Lengths that differ, no coordinates, a variance that is not positive, an entry that is not finite, a signal or a start of 0.
    pub fn new(variance: Vec<f64>, signal: Vec<f64>, start: Vec<f64>) -> Result<Self, DomainError> {
        let d = variance.len();
        if d == 0 {
            return Err(DomainError::new("dim", d, "at least one coordinate"));
        }
        if let Some(q) = variance.iter().find(|q| !(q.is_finite() && **q > 0.0)) {
            return Err(DomainError::new("variance", q, "a finite number > 0"));
        }
        for (name, vector) in [("signal", &signal), ("start", &start)] {
            if vector.len() != d {
                return Err(DomainError::new(name, vector.len(), format!("one entry a coordinate ({d})")));
            }
            let energy: f64 = vector.iter().zip(&variance).map(|(x, q)| q * x * x).sum();
            if !(energy.is_finite() && energy >= f64::MIN_POSITIVE) {
                return Err(DomainError::new(name, energy, "a vector of finite, positive energy x'Qx"));
            }
        }
        Ok(Self { variance, signal, start })
    }

    /// The companion paper's: power-law spectrum of total variance 1, `w* = u/||Q^(1/2) u||` with u standard normal, and a start
    /// uniform on the unit sphere, both drawn from `seed`.
    ///
    /// # Errors
    /// What [`Spectrum::power_law`] refuses.
    pub fn companion(exponent: f64, dimension: u64, seed: u64) -> Result<Self, DomainError> {
        let spectrum = Spectrum::power_law(&exponent, dimension, 1)?;
        let isotropic = spectrum.groups() as u64 != dimension;
        let variance =
            if isotropic { vec![spectrum.variance()[0]; dimension as usize] } else { spectrum.variance().to_vec() };
        let mut signal = vec![0.0; dimension as usize];
        Stream::Signal.of(seed).fill(0, &mut signal);
        let energy: f64 = signal.iter().zip(&variance).map(|(x, q)| q * x * x).sum();
        let root = energy.sqrt();
        signal.iter_mut().for_each(|x| *x /= root);
        let start = crate::weights::spherical_start(dimension as usize, 1.0, seed)?;
        Self::new(variance, signal, start.as_slice().to_vec())
    }

    /// Variances `l_i`.
    pub fn variance(&self) -> &[f64] {
        &self.variance
    }

    /// The signal `w*`.
    pub fn signal(&self) -> &[f64] {
        &self.signal
    }

    /// `w(0)`.
    pub fn start(&self) -> &[f64] {
        &self.start
    }

    /// Dimension d.
    pub fn dimension(&self) -> usize {
        self.variance.len()
    }

    /// `s* = w*'Qw*`.
    pub fn signal_energy(&self) -> f64 {
        // From the smallest terms up, as far as variances are in descending order.
        self.variance.iter().zip(&self.signal).rev().map(|(q, x)| q * x * x).sum()
    }
}
