use super::VectorProblem;
use super::measure::Measure;
use crate::descent::Method;

/// Where the flow is: `w_i = exp(l_i growth) z_i + F(l_i) side w*_i`, z what [`Measure`] leaves of the start beside the signal.
#[derive(Clone, Debug)]
pub(super) struct Point {
    /// `int (s* - 3 s) dt`.
    pub(super) growth: f64,
    /// F on the nodes; `F - 1` if centred.
    pub(super) response: Vec<f64>,
    /// Whether `response` is the distance from the optimum, without cancellation.
    pub(super) centred: bool,
    /// The optimum `side w*`, +1 or -1, that responses refer to.
    pub(super) side: f64,
}

/// `s` and `u`, and how far they are from the optimum, to their own accuracy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scalars {
    /// `s = w'Qw`.
    pub energy: f64,
    /// `u = w'Qw*`.
    pub overlap: f64,
    /// `s - s*`.
    pub energy_excess: f64,
    /// `s* - |u|`; of a vector on the way to `-w*` as seen from there.
    pub overlap_gap: f64,
}

/// The weights at one time, resolved by variance: densities of quadratic forms over a few hundred nodes, whatever the dimension.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Variances l of the nodes.
    pub variance: Vec<f64>,
    /// `l w^2`: its sum is s.
    pub energy: Vec<f64>,
    /// `l w w*`: its sum is u.
    pub overlap: Vec<f64>,
    /// `l x^2`, x the difference of w to the nearer of `w*` and `-w*`; accurate however small.
    pub deviation: Vec<f64>,
    /// `l x (+-w*)`, for the same difference.
    pub deviation_overlap: Vec<f64>,
    /// `l w*^2`: its sum is `s*`.
    pub signal: Vec<f64>,
    /// The dimension d.
    pub dimension: usize,
}

impl Profile {
    /// Population risk of the quarter loss, `(3 s^2 + 3 s*^2 - 4 u^2 - 2 s s*)/4`, from deviations.
    pub fn risk(&self) -> f64 {
        // With p = x'Qw*, r = x'Qx: s = s* + 2 p + r, u = s* + p. From the smallest variances up.
        let [p, r, signal] =
            [&self.deviation_overlap, &self.deviation, &self.signal].map(|form| form.iter().rev().sum::<f64>());
        (8.0 * p * p + 12.0 * p * r + 3.0 * r * r + 4.0 * signal * r) / 4.0
    }

    /// Of any weights, each coordinate for itself.
    ///
    /// # Panics
    /// When there are not as many weights as coordinates.
    pub fn of(problem: &VectorProblem, weights: &[f64]) -> Self {
        let (variance, signal) = (problem.variance(), problem.signal());
        assert_eq!(weights.len(), variance.len(), "one weight a coordinate");
        let near: f64 = weights.iter().zip(signal).map(|(w, v)| w * v).sum();
        let side = if near >= 0.0 { 1.0 } else { -1.0 };
        let form = |f: &dyn Fn(f64, f64) -> f64| -> Vec<f64> {
            (0..weights.len()).map(|i| variance[i] * f(weights[i], signal[i])).collect()
        };
        Self {
            variance: variance.to_vec(),
            energy: form(&|w, _| w * w),
            overlap: form(&|w, v| w * v),
            deviation: form(&|w, v| (w - side * v) * (w - side * v)),
            deviation_overlap: form(&|w, v| (w - side * v) * side * v),
            signal: form(&|_, v| v * v),
            dimension: weights.len(),
        }
    }
}

impl Point {
    pub(super) fn start(measure: &Measure) -> Self {
        Self { growth: 0.0, response: measure.along.clone(), centred: false, side: 1.0 }
    }

    /// `F - 1` in the place of F, F of the nearer optimum.
    pub(super) fn centre(&mut self, side: f64) {
        let turn = side * self.side;
        self.response.iter_mut().for_each(|f| *f = turn * *f - 1.0);
        (self.centred, self.side) = (true, side);
    }

    /// F in the place of `F - 1`.
    pub(super) fn uncentre(&mut self) {
        self.response.iter_mut().for_each(|f| *f += 1.0);
        self.centred = false;
    }

    /// `sum l y^2` and `sum l y side w*` of `y = E w(0) + response side w*`.
    pub(super) fn moments(&self, measure: &Measure) -> (f64, f64) {
        let (mut square, mut along) = (0.0, 0.0);
        for n in 0..measure.len() {
            let (s, u) = self.densities(measure, n);
            square += s;
            along += u;
        }
        (square, along)
    }

    fn densities(&self, measure: &Measure, n: usize) -> (f64, f64) {
        let grown = measure.grown(n, self.growth);
        densities(measure, n, self.side, grown, self.response[n])
    }

    /// `||G||`, the gradient of the quarter loss: `G_i = -l_i (a w_i + b w*_i)`, split so that nothing cancels but what has relaxed.
    pub(super) fn gradient_norm(&self, measure: &Measure, signal_energy: f64) -> f64 {
        let (square, along) = self.moments(measure);
        let (a, b) = if self.centred {
            (-rate(signal_energy, square, along), -(4.0 * along + 3.0 * square))
        } else {
            (signal_energy - 3.0 * square, 2.0 * along)
        };
        let at_node = |n: usize| {
            let grown = a * measure.grown(n, self.growth);
            measure.variance[n] * densities(measure, n, self.side, grown, a * self.response[n] + b).0
        };
        (0..measure.len()).map(at_node).sum::<f64>().max(0.0).sqrt()
    }

    /// Whether nothing is left of the distance to the optimum.
    pub(super) fn is_at_rest(&self, measure: &Measure) -> bool {
        let has_decayed = |n: usize| measure.grown(n, self.growth) < NOTHING && self.response[n].abs() < NOTHING;
        self.centred && (0..measure.len()).all(has_decayed)
    }

    /// Of a method that arrives in finite time, not less than what is left of it, near the optimum: with `|G_i|` up to `6 s* l_i |x_i|`,
    /// the sum over directions of the integral of `|G_i|^(1 - p)` while it decays at the rate `2 s* l_i`.
    pub(super) fn time_left(&self, method: &Method, measure: &Measure, signal_energy: f64) -> Option<f64> {
        let q = match method {
            _ if !self.centred => return None,
            Method::GradientDescent => return None,
            Method::Spectral => 1.0,
            Method::Power(p) => 1.0 - p,
        };
        let rate = |n: usize| 2.0 * signal_energy * measure.variance[n];
        let distance = |n: usize| (self.densities(measure, n).0.abs() / measure.variance[n]).sqrt();
        let of_node = |n: usize| libm::pow(3.0 * rate(n) * distance(n), q) / (q * rate(n));
        Some((0..measure.len()).map(of_node).sum())
    }

    pub(super) fn scalars(&self, measure: &Measure, signal_energy: f64) -> Scalars {
        let (square, along) = self.moments(measure);
        if self.centred {
            scalars_from_deviation(signal_energy, self.side, square, along)
        } else {
            scalars_from_weights(signal_energy, self.side, square, along)
        }
    }

    pub(super) fn profile(&self, measure: &Measure, dimension: usize) -> Profile {
        let n = measure.len();
        let mut profile = Profile {
            variance: measure.variance.clone(),
            energy: vec![0.0; n],
            overlap: vec![0.0; n],
            deviation: vec![0.0; n],
            deviation_overlap: vec![0.0; n],
            signal: measure.signal.clone(),
            dimension,
        };
        let forms: Vec<(f64, f64)> = (0..n).map(|n| self.densities(measure, n)).collect();
        // The nearer optimum is the one on the side of w'w*.
        let near: f64 = forms.iter().zip(&measure.variance).map(|((_, u), l)| u / l).sum();
        let turn = if self.centred || near >= 0.0 { 1.0 } else { -1.0 };
        for (n, (square, along)) in forms.into_iter().enumerate() {
            let signal = measure.signal[n];
            if self.centred {
                (profile.deviation[n], profile.deviation_overlap[n]) = (square, along);
                profile.energy[n] = square + 2.0 * along + signal;
                profile.overlap[n] = self.side * (along + signal);
            } else {
                (profile.energy[n], profile.overlap[n]) = (square, self.side * along);
                profile.deviation[n] = square - 2.0 * turn * along + signal;
                profile.deviation_overlap[n] = turn * along - signal;
            }
        }
        profile
    }

    /// All weights, or with `centred` all their differences to the optimum.
    pub(super) fn directions(&self, measure: &Measure, problem: &VectorProblem, difference: bool) -> Vec<f64> {
        let mut vector = vec![0.0; problem.dimension()];
        let offset = f64::from(self.centred) - f64::from(difference);
        measure.at_directions(problem, &self.response, |i, f, rest| {
            let grown = if rest == 0.0 { 0.0 } else { libm::exp(problem.variance()[i] * self.growth) * rest };
            vector[i] = grown + (f + offset) * self.side * problem.signal()[i];
        });
        vector
    }
}

/// Distances from the optimum below this count as none: further down doubles lose digits.
pub(super) const NOTHING: f64 = 1e-280;

/// `3 s - s*`, from deviations.
pub(super) fn rate(signal_energy: f64, square: f64, along: f64) -> f64 {
    2.0 * signal_energy + 6.0 * along + 3.0 * square
}

/// `l y^2` and `l y side w*` at node n.
pub(super) fn densities(measure: &Measure, n: usize, side: f64, grown: f64, response: f64) -> (f64, f64) {
    let (signal, cross, start) = (measure.signal[n], side * measure.cross[n], measure.start[n]);
    let along = cross * grown + signal * response;
    (start * grown * grown + (cross * grown + along) * response, along)
}

pub(super) fn scalars_from_weights(signal_energy: f64, side: f64, energy: f64, along: f64) -> Scalars {
    Scalars {
        energy,
        overlap: side * along,
        energy_excess: energy - signal_energy,
        overlap_gap: signal_energy - along.abs(),
    }
}

pub(super) fn scalars_from_deviation(signal_energy: f64, side: f64, square: f64, along: f64) -> Scalars {
    let energy_excess = 2.0 * along + square;
    Scalars {
        energy: signal_energy + energy_excess,
        overlap: side * (signal_energy + along),
        energy_excess,
        overlap_gap: 0.0 - along,
    }
}
