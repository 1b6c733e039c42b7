use super::{Profile, VectorProblem};
use crate::descent::Method;
use crate::scalar::DomainError;
use crate::trajectory::Stop;

/// `w <- w - eta G ||G||^(p - 1)` for one vector, one pass over the coordinates a step.
///
/// The general [`Recursion`](crate::trajectory::Recursion) of a matrix of one column is the same to rounding, and several times slower.
#[derive(Clone, Debug)]
pub struct VectorRecursion {
    problem: VectorProblem,
    weights: Vec<f64>,
    /// `1 - p`.
    flattening: f64,
    step_size: f64,
    signal_energy: f64,
    /// Beyond this energy the recursion has diverged, its weights still being numbers.
    bound: f64,
    sums: Sums,
    steps: u64,
}

/// Sums over the coordinates, in a fixed order: lanes of their own, added up at the end.
#[derive(Clone, Copy, Debug)]
struct Sums {
    energy: f64,
    overlap: f64,
    /// `w'Q^2 w, w'Q^2 w*, w*'Q^2 w*`: the gradient's norm.
    square: [f64; 3],
}

/// Sums run side by side.
const LANES: usize = 8;

impl VectorRecursion {
    /// The recursion from the problem's start, with steps of the quarter loss.
    ///
    /// # Errors
    /// A step size that is not positive and finite.
    pub fn new(problem: &VectorProblem, method: &Method, step_size: f64) -> Result<Self, DomainError> {
        if !(step_size.is_finite() && step_size > 0.0) {
            return Err(DomainError::new("step-size", step_size, "a finite number > 0"));
        }
        let flattening = match method {
            Method::GradientDescent => 0.0,
            Method::Spectral => 1.0,
            Method::Power(p) => 1.0 - p,
        };
        let mut recursion = Self {
            weights: problem.start().to_vec(),
            flattening,
            step_size,
            signal_energy: problem.signal_energy(),
            bound: f64::INFINITY,
            sums: Sums { energy: 0.0, overlap: 0.0, square: [0.0; 3] },
            problem: problem.clone(),
            steps: 0,
        };
        // A step of length 0 only sums.
        recursion.pass(0.0, 0.0);
        // As `Recursion` has it, in the norm of Q: 2^30 times what start, optimum and a step of length eta come to.
        let widest = problem.variance().iter().copied().fold(0.0, f64::max);
        let largest = recursion.sums.energy.max(recursion.signal_energy).max(widest * step_size * step_size);
        recursion.bound = largest * 2.0_f64.powi(60);
        Ok(recursion)
    }

    /// One step.
    ///
    /// # Errors
    /// The weights grew beyond all that the dynamics can reach.
    pub fn step(&mut self) -> Result<(), Stop<f64>> {
        // G_i = -l_i (a w_i + b w*_i)
        let (a, b) = (self.signal_energy - 3.0 * self.sums.energy, 2.0 * self.sums.overlap);
        let [ww, wv, vv] = self.sums.square;
        let norm = (a * a * ww + 2.0 * a * b * wv + b * b * vv).max(0.0).sqrt();
        let step = match self.flattening {
            0.0 => self.step_size,
            // A gradient of 0 has no direction.
            _ if norm == 0.0 => 0.0,
            flattening => self.step_size * libm::pow(norm, -flattening),
        };
        self.pass(step * a, step * b);
        self.steps += 1;
        if !(self.sums.energy <= self.bound && self.sums.energy.is_finite()) {
            let size =
                self.weights.iter().fold(0.0, |largest: f64, w| if w.abs() <= largest { largest } else { w.abs() });
            return Err(Stop::Diverged { time: self.step_size * self.steps as f64, size });
        }
        Ok(())
    }

    /// `w_i += l_i (along_self w_i + along_signal w*_i)`, and the sums of the new weights.
    fn pass(&mut self, along_self: f64, along_signal: f64) {
        let mut sums = [[0.0; LANES]; 5];
        let (variance, signal) = (self.problem.variance(), self.problem.signal());
        let chunks = self.weights.chunks_mut(LANES).zip(variance.chunks(LANES)).zip(signal.chunks(LANES));
        for ((weights, variance), signal) in chunks {
            for (lane, ((w, l), v)) in weights.iter_mut().zip(variance).zip(signal).enumerate() {
                *w += l * (along_self * *w + along_signal * v);
                let (lw, lv) = (l * *w, l * v);
                sums[0][lane] += lw * *w;
                sums[1][lane] += lw * v;
                sums[2][lane] += lw * lw;
                sums[3][lane] += lw * lv;
                sums[4][lane] += lv * lv;
            }
        }
        let [energy, overlap, square @ ..] = sums.map(|lanes| lanes.iter().sum());
        self.sums = Sums { energy, overlap, square };
    }

    /// The weights after [`VectorRecursion::steps`] steps.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Number of steps done.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// `s` and `u`.
    pub fn scalars(&self) -> (f64, f64) {
        (self.sums.energy, self.sums.overlap)
    }

    /// The weights resolved by variance: each coordinate for itself.
    pub fn profile(&self) -> Profile {
        Profile::of(&self.problem, &self.weights)
    }
}
