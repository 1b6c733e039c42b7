use super::Problem;
use crate::descent::Descent;
use crate::risk::{EmpiricalGradient, Landscape, Samples, Source};
use crate::scalar::DomainError;
use crate::trajectory::{Recursion, Stop};
use crate::weights::SpectralError;
use nalgebra::DMatrix;

/// What an optimiser did that the theory excludes, with the place and the size; or why its run broke off.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Violation {
    /// A direction outgrew the signal.
    #[error(
        "group {group} (variance {variance}) was amplified {amplification} times at step {step}, more than {allowed}"
    )]
    Amplified {
        /// Index of the group, the signal being 0.
        group: usize,
        /// Its variance.
        variance: f64,
        /// Its coefficient over the signal's, relative to the start.
        amplification: f64,
        /// The step.
        step: u64,
        /// What was allowed.
        allowed: f64,
    },
    /// The weights left the invariant manifold.
    #[error("off the manifold by {share} of the weights at step {step}, more than {allowed}")]
    OffManifold {
        /// Norm of what is not `(sum_j w_j P_j) O`, over the norm of the weights.
        share: f64,
        /// The step.
        step: u64,
        /// What was allowed.
        allowed: f64,
    },
    /// More samples did not bring the runs closer, or not fast enough.
    #[error("median deviations {medians:?} at {samples:?} samples fall like n^{rate}, slower than n^{allowed}")]
    SlowApproach {
        /// Numbers of samples.
        samples: Vec<usize>,
        /// Medians over the seeds of the largest deviation of the signal's overlap.
        medians: Vec<f64>,
        /// Exponent between the first and the last.
        rate: f64,
        /// The largest allowed.
        allowed: f64,
    },
    /// The optimiser made a direction that is no direction for the gradient it was given.
    #[error("a direction of {} x {} for a gradient of {} x {} at step {step}", direction.0, direction.1, gradient.0, gradient.1)]
    Shape {
        /// Rows and columns of the gradient.
        gradient: (usize, usize),
        /// Rows and columns of what the optimiser made of it.
        direction: (usize, usize),
        /// The step.
        step: u64,
    },
    /// The run broke off.
    #[error("the run broke off: {0}")]
    Stopped(String),
    /// An argument outside its domain.
    #[error(transparent)]
    Domain(#[from] DomainError),
}

impl From<Stop<f64>> for Violation {
    fn from(stop: Stop<f64>) -> Self {
        Self::Stopped(stop.to_string())
    }
}

/// An optimiser as the kit runs it: with a note of a direction whose shape is not the gradient's.
struct Watched<D> {
    optimizer: D,
    shapes: Option<[(usize, usize); 2]>,
}

impl<D: Descent<DMatrix<f64>>> Descent<DMatrix<f64>> for Watched<D> {
    fn turn(&mut self, gradient: &mut DMatrix<f64>) -> Result<(), SpectralError> {
        let shape = gradient.shape();
        self.optimizer.turn(gradient)?;
        if gradient.shape() != shape {
            self.shapes = Some([shape, gradient.shape()]);
            *gradient = DMatrix::zeros(shape.0, shape.1);
        }
        Ok(())
    }
}

/// Runs `optimizer` on the population gradient and hands every step's weights to `look`.
fn follow<'a, D: Descent<DMatrix<f64>>, L: Landscape<DMatrix<f64>> + 'a>(
    problem: &Problem,
    landscape: L,
    optimizer: D,
    step_size: f64,
    steps: u64,
    mut look: impl FnMut(u64, &DMatrix<f64>) -> Result<(), Violation>,
) -> Result<(), Violation> {
    if steps == 0 {
        return Err(DomainError::new("steps", steps, "at least one: nothing would be tested").into());
    }
    let optimizer = Watched { optimizer, shapes: None };
    let mut recursion = Recursion::new(landscape, optimizer, step_size, problem.start())?;
    for step in 1..=steps {
        recursion.step()?;
        if let Some([gradient, direction]) = recursion.descent().shapes {
            return Err(Violation::Shape { gradient, direction, step });
        }
        look(step, recursion.weights())?;
    }
    Ok(())
}

/// What an assertion allows must be a number from 0 on, and below `most`.
fn allowance(name: &'static str, value: f64, most: f64) -> Result<(), Violation> {
    if (0.0..most).contains(&value) {
        return Ok(());
    }
    let domain = if most.is_finite() {
        format!("a number in [0, {most}): more forbids nothing")
    } else {
        "a finite number >= 0".into()
    };
    Err(DomainError::new(name, value, domain).into())
}

/// Mean over the rows of a group of their squared norms: the group's overlap of `S = W W'`.
fn overlap(weights: &DMatrix<f64>, rows: &std::ops::Range<usize>) -> f64 {
    weights.rows(rows.start, rows.len()).norm_squared() / rows.len() as f64
}

/// No group's coefficient (square root of its overlap) exceeds `1 + slack` times the signal's, relative to the start, at any of `steps`
/// steps of `step_size` on the population gradient.
///
/// SpecGD's amplification is 1 for every step up to [`Problem::step_ceiling`]; gradient descent's is unbounded as the start shrinks.
///
/// # Errors
/// The first violation; a run that breaks off; a step size that is not positive, no steps, an allowance that forbids nothing.
pub fn does_not_amplify<D: Descent<DMatrix<f64>>>(
    problem: &Problem,
    optimizer: D,
    step_size: f64,
    steps: u64,
    slack: f64,
) -> Result<(), Violation> {
    allowance("slack", slack, f64::INFINITY)?;
    let (risk, groups) = (problem.risk(), problem.groups());
    let allowed = 1.0 + slack;
    follow(problem, &risk, optimizer, step_size, steps, |step, weights| {
        let signal = overlap(weights, &groups[0]);
        for (group, rows) in groups.iter().enumerate().skip(1) {
            let amplification = (overlap(weights, rows) / signal).sqrt();
            // Not a number (no signal left at all) is no pass either.
            if amplification.is_nan() || amplification > allowed {
                let variance = problem.spectrum().variance()[group];
                return Err(Violation::Amplified { group, variance, amplification, step, allowed });
            }
        }
        Ok(())
    })
}

/// From `init O` the weights stay `(sum_j w_j P_j) O`, up to a share `tolerance` of their norm: what every optimiser does that only
/// changes singular values, and none that looks at single entries.
///
/// # Errors
/// The first violation; a run that breaks off; a step size that is not positive, no steps, an allowance that forbids nothing.
pub fn stays_on_the_manifold<D: Descent<DMatrix<f64>>>(
    problem: &Problem,
    optimizer: D,
    step_size: f64,
    steps: u64,
    tolerance: f64,
) -> Result<(), Violation> {
    allowance("tolerance", tolerance, 1.0)?;
    let (risk, groups) = (problem.risk(), problem.groups());
    let rotation = problem.start() / problem.init();
    follow(problem, &risk, optimizer, step_size, steps, |step, weights| {
        let mut rest = weights * rotation.transpose();
        let size = rest.norm();
        for rows in &groups {
            let mean = rows.clone().map(|i| rest[(i, i)]).sum::<f64>() / rows.len() as f64;
            rows.clone().for_each(|i| rest[(i, i)] -= mean);
        }
        let share = rest.norm() / size;
        if share.is_nan() || share > tolerance {
            return Err(Violation::OffManifold { share, step, allowed: tolerance });
        }
        Ok(())
    })
}

/// Gradients from a fixed batch of samples.
struct Batch {
    samples: Samples,
    signal: Vec<f64>,
    engine: EmpiricalGradient,
}

impl Landscape<DMatrix<f64>> for Batch {
    fn admit(&self, weights: &DMatrix<f64>) -> Result<(), DomainError> {
        if weights.nrows() == self.signal.len() {
            return Ok(());
        }
        Err(DomainError::new("weights", weights.nrows(), format!("{} rows, as the samples", self.signal.len())))
    }

    fn gradient(&mut self, weights: &DMatrix<f64>, gradient: &mut DMatrix<f64>) {
        self.engine.evaluate(&self.samples, &self.signal, weights, gradient);
    }
}

/// Full-batch runs on more and more samples approach the same optimiser's recursion on the population gradient: the median over
/// `seeds` of the largest deviation of the signal's overlap `w*'Sw*` falls at least like `n^(-1/2 + margin)` from the first to the last of
/// `samples`.
///
/// `optimizer` makes a fresh optimiser for every run. The rate is that between the first and the last number of samples, so its sampling
/// error is about `2 s/(N^(1/2) log(last/first))` for N seeds, s the spread of the logarithm of one deviation (near 0.5): choose them so that
/// `margin` holds a few of those. Deviations that are nothing but rounding pass. Test at steps before an optimiser chatters about its
/// surfaces: there noise decides, and deviations have a floor of the size of a step.
///
/// # Errors
/// A slower fall; a run that breaks off; samples that are not ascending, a margin outside [0, 1/2), no steps or no seeds.
pub fn approaches_the_population<D: Descent<DMatrix<f64>>>(
    problem: &Problem,
    optimizer: impl Fn() -> D,
    step_size: f64,
    steps: u64,
    samples: &[usize],
    seeds: std::ops::Range<u64>,
    margin: f64,
) -> Result<(), Violation> {
    let ascending = samples.windows(2).all(|pair| pair[0] < pair[1]);
    if samples.len() < 2 || samples[0] == 0 || !ascending {
        return Err(
            DomainError::new("samples", format!("{samples:?}"), "two positive numbers or more, ascending").into()
        );
    }
    allowance("margin", margin, 0.5)?;
    if seeds.is_empty() {
        return Err(DomainError::new("seeds", 0, "at least one").into());
    }
    let signal = problem.groups()[0].clone();
    let mut predicted = Vec::with_capacity(steps as usize);
    let risk = problem.risk();
    follow(problem, &risk, optimizer(), step_size, steps, |_, weights| {
        predicted.push(overlap(weights, &signal));
        Ok(())
    })?;
    let deviation: Vec<f64> = problem.variances().iter().map(|q| q.sqrt()).collect();
    let mut medians = Vec::with_capacity(samples.len());
    for &n in samples {
        let mut largest = Vec::new();
        for seed in seeds.clone() {
            let source = Source { deviation: &deviation, noise: 0.0, seed };
            let batch = Batch {
                samples: Samples::draw(&source, 0, n),
                signal: problem.signal().as_slice().to_vec(),
                engine: EmpiricalGradient::default(),
            };
            let mut worst = 0.0_f64;
            follow(problem, batch, optimizer(), step_size, steps, |step, weights| {
                worst = worst.max((overlap(weights, &signal) - predicted[step as usize - 1]).abs());
                Ok(())
            })?;
            largest.push(worst);
        }
        largest.sort_by(f64::total_cmp);
        medians.push(largest[largest.len() / 2]);
    }
    let (first, last) = (0, samples.len() - 1);
    // A polar factor of a definite matrix has no noise (`noise-immunity`): what is left then is rounding, and has no rate.
    let rounding = 1e2 * (steps * problem.spectrum().dimension()) as f64 * f64::EPSILON;
    if medians[last] <= rounding {
        return Ok(());
    }
    let rate = libm::log(medians[last] / medians[first]) / libm::log(samples[last] as f64 / samples[first] as f64);
    let allowed = margin - 0.5;
    if rate.is_nan() || rate > allowed {
        return Err(Violation::SlowApproach { samples: samples.to_vec(), medians, rate, allowed });
    }
    Ok(())
}
