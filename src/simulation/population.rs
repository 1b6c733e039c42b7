use crate::risk::DenseRisk;
use crate::scalar::{DomainError, Stream};
use crate::spectrum::{CovarianceMatrix, Spectrum, TiltedSpectrum};
use nalgebra::DVector;
use std::ops::Range;

/// What samples are drawn from, `x ~ N(0, Q)`, `y = (w*'x)^2`, written in the eigenbasis of Q (no loss: the dynamics do not know the
/// basis); and which overlaps describe it.
#[derive(Clone, Debug)]
pub struct Population {
    pub(super) deviation: Vec<f64>,
    pub(super) risk: DenseRisk,
    pub(super) groups: Vec<Range<usize>>,
    pub(super) block: Vec<usize>,
    pub(super) names: Vec<String>,
    /// Set where the signal is an eigenvector: the reduction that predicts an orthogonal start.
    pub(super) spectrum: Option<Spectrum>,
    /// There is an invariant manifold to be on or off.
    pub(super) has_manifold: bool,
}

/// Directions that a dense simulation can be asked to write out.
const MAX_DIMENSION: u64 = 1 << 24;

impl Population {
    /// The signal is an eigenvector, the first coordinate; then group after group.
    ///
    /// # Errors
    /// More than 2^24 directions.
    pub fn aligned(spectrum: &Spectrum) -> Result<Self, DomainError> {
        let covariance = CovarianceMatrix::from_spectrum(spectrum)?;
        let mut signal = DVector::zeros(covariance.dimension());
        signal[0] = 1.0;
        let mut population = Self::new(covariance, signal)?;
        population.groups = consecutive(1, spectrum.multiplicity()[1..].iter().map(|n| *n as usize));
        population.names = spectrum.names();
        population.spectrum = Some(spectrum.clone());
        population.has_manifold = true;
        Ok(population)
    }

    /// The signal has the component `theta_j` along the first coordinate `u_j` of group j. A group's overlap is the mean over its other
    /// directions, or that of `u_j` if there are none (the spike).
    ///
    /// # Errors
    /// More than 2^24 directions.
    pub fn tilted(spectrum: &TiltedSpectrum) -> Result<Self, DomainError> {
        check_dimension(spectrum.dimension())?;
        let sizes = spectrum.remainder().iter().map(|n| *n as usize + 1);
        let whole = consecutive(0, sizes);
        let variances = whole.iter().zip(spectrum.variance()).flat_map(|(g, q)| std::iter::repeat_n(*q, g.len()));
        let covariance = CovarianceMatrix::diagonal(variances.collect())?;
        let mut signal = DVector::zeros(covariance.dimension());
        for (group, theta) in whole.iter().zip(spectrum.theta()) {
            signal[group.start] = *theta;
        }
        let mut population = Self::new(covariance, signal)?;
        population.block = whole.iter().map(|group| group.start).collect();
        population.groups = whole.into_iter().map(|g| if g.len() > 1 { g.start + 1..g.end } else { g }).collect();
        population.has_manifold = true;
        population.names = numbered(population.groups.len());
        // Isotropic but for one direction: the words of the spiked covariance, spike first.
        if let [bulk, spike] = &population.groups[..]
            && spike.len() == 1
        {
            population.groups = vec![spike.clone(), bulk.clone()];
            population.names = ["signal", "spike", "bulk"].map(String::from).to_vec();
        }
        Ok(population)
    }

    /// The signal is a random direction (uniform on the sphere, drawn from `seed`); the groups' overlaps include its components.
    ///
    /// # Errors
    /// More than 2^24 directions.
    pub fn random(spectrum: &Spectrum, seed: u64) -> Result<Self, DomainError> {
        let covariance = CovarianceMatrix::from_spectrum(spectrum)?;
        let mut signal = DVector::zeros(covariance.dimension());
        Stream::Signal.of(seed).fill(0, signal.as_mut_slice());
        let length = signal.norm();
        signal /= length;
        let mut population = Self::new(covariance, signal)?;
        population.groups = consecutive(0, spectrum.multiplicity().iter().map(|n| *n as usize));
        population.names = numbered(population.groups.len());
        Ok(population)
    }

    fn new(covariance: CovarianceMatrix, signal: DVector<f64>) -> Result<Self, DomainError> {
        let CovarianceMatrix::Diagonal(variance) = &covariance else {
            return Err(DomainError::new(
                "covariance",
                "full",
                "a diagonal matrix: samples are drawn in the eigenbasis",
            ));
        };
        let deviation = variance.iter().map(|q| q.sqrt()).collect();
        let risk = DenseRisk::new(covariance, signal)?;
        let (groups, block, names) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { deviation, risk, groups, block, names, spectrum: None, has_manifold: false })
    }

    /// Dimension d.
    pub fn dimension(&self) -> usize {
        self.deviation.len()
    }

    /// The signal w* in the eigenbasis.
    pub fn signal(&self) -> &[f64] {
        self.risk.signal().as_slice()
    }

    /// Population risk and gradient.
    pub fn risk(&self) -> &DenseRisk {
        &self.risk
    }

    /// Column names of the overlaps, signal first.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

fn check_dimension(dimension: u64) -> Result<(), DomainError> {
    if dimension > MAX_DIMENSION {
        return Err(DomainError::new("dim", dimension, "at most 2^24 for samples"));
    }
    Ok(())
}

fn consecutive(first: usize, sizes: impl Iterator<Item = usize>) -> Vec<Range<usize>> {
    let mut next = first;
    sizes
        .map(|size| {
            next += size;
            next - size..next
        })
        .collect()
}

fn numbered(groups: usize) -> Vec<String> {
    std::iter::once("signal".into()).chain((1..=groups).map(|j| format!("w{j}"))).collect()
}
