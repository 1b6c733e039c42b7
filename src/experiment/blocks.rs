use super::signal::{Components, MAX_ENTRIES, groups_and_signal};
use super::{Covariance, Setting, Signal};
use crate::observe::OverlapGauge;
use crate::risk::{BlockRisk, DenseRisk};
use crate::scalar::DomainError;
use crate::spectrum::{CovarianceMatrix, Group, Spectrum, TiltedSpectrum};
use crate::trajectory::VectorProblem;
use crate::weights::{BlockWeights, Column, Compressed, Overlaps};
use nalgebra::DVector;

/// Dynamics off the invariant manifold, in the smallest form that is exact: a block with one row a group where only the signal is
/// tilted, else a dense matrix in the coordinates it can reach, of which a single column is a vector. `derivations/tilted.md`, `any-width.md`.
#[derive(Clone, Debug)]
pub(super) struct Blocks {
    pub(super) risk: BlockRisk,
    pub(super) overlaps: Overlaps,
    pub(super) start: BlockWeights,
    /// At width one, for a flow: one vector in the same coordinates, whose flow is known for every method, `derivations/vector-flow.md`.
    pub(super) vector: Option<VectorProblem>,
}

/// The two forms of a model.
pub(super) enum Model {
    Manifold(Spectrum<f64>),
    Blocks(Box<Blocks>),
}

impl Model {
    pub(super) fn of(setting: &Setting<f64>) -> Result<Self, DomainError> {
        Ok(if setting.is_on_manifold() {
            Self::Manifold(setting.spectrum()?)
        } else {
            Self::Blocks(Box::new(Blocks::of(setting)?))
        })
    }

    /// `w*'Qw*`, whose square is the rate at which the signal escapes, up to a factor.
    pub(super) fn signal_variance(&self) -> f64 {
        match self {
            Self::Manifold(spectrum) => spectrum.variance()[0],
            Self::Blocks(blocks) => blocks.risk.block().signal_energy(),
        }
    }
}

/// Overlaps are squares; below this start theirs would leave the range of doubles.
pub(super) const SMALLEST_INIT: f64 = 1e-150;

impl Blocks {
    /// The form for `setting`.
    ///
    /// # Errors
    /// A parameter outside its domain, or a matrix of more than 2^24 entries.
    pub(super) fn of(setting: &Setting<f64>) -> Result<Self, DomainError> {
        if !(setting.init.is_finite() && setting.init >= SMALLEST_INIT) {
            return Err(DomainError::new(
                "init",
                setting.init,
                "a finite number >= 1e-150, off the invariant manifold",
            ));
        }
        let (groups, signal) = groups_and_signal(setting)?;
        let shown = shown(setting, groups.len());
        if setting.starts_isotropic() {
            Self::tilted(&groups, &signal.along_groups(&groups), &shown, setting.init)
        } else {
            Self::dense(&groups, signal, &shown, setting)
        }
    }

    fn tilted(groups: &[Group], theta: &[f64], shown: &[usize], init: f64) -> Result<Self, DomainError> {
        let spectrum = TiltedSpectrum::new(groups, theta)?;
        let column = |&j: &usize| {
            // Row j of the block is u_j; it is no direction of the column where others are orthogonal to the signal.
            let rows = if has_others(&groups[j], theta[j]) { j..j } else { j..j + 1 };
            let remainder = (groups[j].multiplicity > 1).then_some(j);
            column(&groups[j], theta[j], rows, remainder)
        };
        Ok(Self {
            risk: BlockRisk::tilted(&spectrum)?,
            overlaps: Overlaps::new(theta.to_vec(), shown.iter().map(column).collect()),
            start: BlockWeights::equal_start(&spectrum, init)?,
            vector: None,
        })
    }

    fn dense(
        groups: &[Group],
        signal: Components,
        shown: &[usize],
        setting: &Setting<f64>,
    ) -> Result<Self, DomainError> {
        let dimension = setting.covariance.dimension();
        let width = setting.width.unwrap_or(dimension);
        if width.saturating_mul(dimension) > MAX_ENTRIES {
            let size = format!("{width} (with {dimension} directions)");
            return Err(DomainError::new(
                "width",
                size,
                "at most 2^24 entries in all, for weights that are drawn in full",
            ));
        }
        let start = setting.start.draw(dimension as usize, width as usize, setting.init, setting.seed)?;
        let Compressed { variance, signal, start, rows } =
            Compressed::new(groups, &signal.written_out(groups)?, &start)?;
        let column = |&j: &usize| {
            let (rows, theta) = (rows[j].clone(), signal[rows[j].start]);
            // The first coordinate of a group is the signal's.
            let first = rows.start + usize::from(has_others(&groups[j], theta));
            column(&groups[j], theta, first..rows.end, None)
        };
        let columns = shown.iter().map(column).collect();
        let vector = (width == 1 && setting.step_size.is_none())
            .then(|| VectorProblem::new(variance.clone(), signal.clone(), start.as_slice().to_vec()));
        let risk = DenseRisk::new(CovarianceMatrix::diagonal(variance)?, DVector::from_column_slice(&signal))?;
        Ok(Self {
            risk: BlockRisk::dense(risk),
            overlaps: Overlaps::new(signal, columns),
            start: BlockWeights::dense(start),
            vector: vector.transpose()?,
        })
    }

    /// How observables are read off these weights.
    pub(super) fn gauge(&self) -> OverlapGauge<'_> {
        OverlapGauge { risk: &self.risk, overlaps: &self.overlaps }
    }
}

/// A model with nothing reduced: what samples can be drawn from.
#[derive(Clone, Debug, PartialEq)]
pub struct WrittenOut {
    /// Groups of the covariance, whose directions are the coordinates, one group after the other.
    pub groups: Vec<Group>,
    /// The signal: all d components. Unless it is random, the only one in a group that is not 0 is the first.
    pub signal: Vec<f64>,
    /// Which groups the columns after the signal's belong to.
    pub shown: Vec<usize>,
}

impl Setting<f64> {
    /// The model with all its coordinates.
    ///
    /// # Errors
    /// A parameter outside its domain, more than 2^24 directions.
    pub fn written_out(&self) -> Result<WrittenOut, DomainError> {
        let dimension = self.covariance.dimension();
        if dimension > MAX_ENTRIES {
            return Err(DomainError::new("dim", dimension, "at most 2^24, for samples"));
        }
        let (groups, signal) = groups_and_signal(self)?;
        let shown = shown(self, groups.len());
        Ok(WrittenOut { signal: signal.written_out(&groups)?, groups, shown })
    }
}

/// The groups that have a column, in the order of the columns.
fn shown(setting: &Setting<f64>, groups: usize) -> Vec<usize> {
    match (&setting.covariance, &setting.signal) {
        (_, Signal::Eigenvector) => (1..groups).collect(),
        (Covariance::Spiked { .. }, Signal::Overlap(rho)) if *rho == 0.0 => (1..groups).collect(),
        // The words of the spiked covariance: spike, bulk.
        (Covariance::Spiked { .. }, _) => vec![1, 0],
        _ => (0..groups).collect(),
    }
}

/// Whether the group has directions orthogonal to the signal beside the one that is not.
fn has_others(group: &Group, theta: f64) -> bool {
    theta != 0.0 && group.multiplicity > 1
}

fn column(group: &Group, theta: f64, rows: std::ops::Range<usize>, remainder: Option<usize>) -> Column {
    let others = has_others(group, theta);
    let directions = (group.multiplicity - u64::from(others)) as f64;
    Column { rows, remainder, directions, target: if others { 0.0 } else { theta * theta } }
}
