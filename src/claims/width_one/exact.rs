//! Loss, derivatives, critical points and hierarchy, on integers: every operation is exact.

use super::super::Trial;
use super::super::gradient::Model;
use super::super::instances::integer;
use crate::scalar::Normals;

/// `E[((x'w)^2 - (x'w*)^2)^2] = k_0 s^2 + k_1 s*^2 - k_2 u^2 - k_3 s s*`.
pub(super) fn loss_formula(constants: &[f64], trial: &mut Trial) {
    let [first, second, third, fourth] = constants else { unreachable!("four constants") };
    let count = trial.count(300, 60);
    let mut differences = 0;
    for k in 0..count {
        let model = match Model::random(2 + k % 2, 1, trial, k as u64) {
            Ok(model) => model,
            Err(reason) => return trial.unknown("a random model", reason),
        };
        let mut mean = 0.0;
        let total = model.expectation(|weight, _, excess| mean += weight * excess * excess);
        let q = model.risk.covariance();
        let (w, signal) = (&model.weights, &model.signal);
        let qw = q.times(w);
        let (s, u) = (w.dot(&qw), qw.column(0).dot(signal));
        let energy = q.times(&nalgebra::DMatrix::from_column_slice(signal.len(), 1, signal.as_slice()));
        let energy = energy.column(0).dot(signal);
        let claimed = first * s * s + second * energy * energy - third * u * u - fourth * s * energy;
        differences += usize::from(mean != total * claimed);
    }
    let what = format!("{count} integer models, d = 2 and 3, against an exact expectation: differences");
    trial.equal(what, differences);
}

/// Small integers: variances, weights and signal, on which every operation on doubles is exact.
#[derive(Clone)]
struct Integers {
    variance: Vec<f64>,
    weights: Vec<f64>,
    signal: Vec<f64>,
}

impl Integers {
    fn random(dimension: usize, normals: &mut Normals) -> Self {
        let mut next = |size: i64| integer(normals, size).clamp(-3, 3) as f64;
        let variance = (0..dimension).map(|_| 1.0 + next(1).abs()).collect();
        let weights = (0..dimension).map(|_| next(1)).collect();
        let mut signal: Vec<f64> = (0..dimension).map(|_| next(1)).collect();
        signal[0] += f64::from(u8::from(signal.iter().all(|x| *x == 0.0)));
        Self { variance, weights, signal }
    }

    /// A point of the ellipsoid `u = 0, 3 s = s*` and two directions in its tangent space: in groups of four coordinates with one
    /// variance, `w* = (i + j + k) w` as quaternions, so that `w'w* = 0` and `|w*|^2 = 3 |w|^2`; along `(i - j) w` and `(i + j - 2 k) w`.
    fn on_the_ellipsoid(normals: &mut Normals) -> (Self, [Vec<f64>; 2]) {
        let mut point = Self { variance: Vec::new(), weights: Vec::new(), signal: Vec::new() };
        let mut tangents = [Vec::new(), Vec::new()];
        for group in 0..2 {
            let w = [0; 4].map(|_| integer(normals, 1).clamp(-2, 2) as f64);
            let w = [1.0 + w[0].abs(), w[1], w[2], w[3]];
            point.variance.extend([1.0 + f64::from(group); 4]);
            point.weights.extend(w);
            point.signal.extend(turned([1.0, 1.0, 1.0], w));
            tangents[0].extend(turned([1.0, -1.0, 0.0], w));
            tangents[1].extend(turned([1.0, 1.0, -2.0], w));
        }
        (point, tangents)
    }

    /// `x'Q^k y`.
    fn form(&self, k: i32, x: &[f64], y: &[f64]) -> f64 {
        self.variance.iter().zip(x.iter().zip(y)).map(|(l, (x, y))| l.powi(k) * x * y).sum()
    }

    /// The loss at `w + h y`, from the expectation of the fourth moments.
    fn loss(&self, h: f64, y: &[f64]) -> f64 {
        let w: Vec<f64> = self.weights.iter().zip(y).map(|(w, y)| w + h * y).collect();
        let (s, u) = (self.form(1, &w, &w), self.form(1, &w, &self.signal));
        let energy = self.form(1, &self.signal, &self.signal);
        3.0 * s * s + 3.0 * energy * energy - 4.0 * u * u - 2.0 * s * energy
    }

    /// Twelve times the first and the second derivative of the loss along y: five points, exact for a quartic.
    fn derivatives(&self, y: &[f64]) -> (f64, f64) {
        let [far, near, here, next, last] = [-2.0, -1.0, 0.0, 1.0, 2.0].map(|h| self.loss(h, y));
        (8.0 * (next - near) - (last - far), 16.0 * (next + near) - 30.0 * here - (last + far))
    }
}

/// `(q_1 i + q_2 j + q_3 k) w`.
fn turned(q: [f64; 3], w: [f64; 4]) -> [f64; 4] {
    let [a, b, c] = q;
    [
        -a * w[1] - b * w[2] - c * w[3],
        a * w[0] + b * w[3] - c * w[2],
        b * w[0] + c * w[1] - a * w[3],
        c * w[0] + a * w[2] - b * w[1],
    ]
}

/// Gradient and Hessian against exact differences of the loss; their values and signs at critical points of every kind.
pub(super) fn critical_points(constants: &[f64], trial: &mut Trial) {
    let [energy, constant, along, square] = constants else { unreachable!("four constants") };
    let mut normals = trial.normals(1);
    let count = trial.count(500, 100);
    // Twelve times y'grad and y'Hess y, by the claim's formulas.
    let stated = |at: &Integers, y: &[f64]| {
        let (w, signal) = (&at.weights, &at.signal);
        let (s, u) = (at.form(1, w, w), at.form(1, w, signal));
        let star = at.form(1, signal, signal);
        let (yw, ys, yy) = (at.form(1, y, w), at.form(1, y, signal), at.form(1, y, y));
        let bracket = energy * s - constant * star;
        (12.0 * (bracket * yw - along * u * ys), 12.0 * (square * yw * yw + bracket * yy - along * ys * ys))
    };
    let (mut differences, mut types) = (0, 0);
    for _ in 0..count {
        let at = Integers::random(4, &mut normals);
        let y: Vec<f64> = (0..4).map(|_| integer(&mut normals, 2) as f64).collect();
        differences += usize::from(at.derivatives(&y) != stated(&at, &y));
        let moved = y.iter().any(|y| *y != 0.0);
        // A maximum at zero, a minimum at the signal and its opposite: strict along every y != 0.
        for (factor, sign) in [(0.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
            let weights = at.signal.iter().map(|x| factor * x).collect();
            let (slope, curvature) = Integers { weights, ..at.clone() }.derivatives(&y);
            types += usize::from(slope != 0.0 || (moved && sign * curvature <= 0.0));
        }
        // Saddles: one direction up, one down, flat along the rest.
        let (saddle, tangents) = Integers::on_the_ellipsoid(&mut normals);
        let (up, down) = (saddle.weights.clone(), saddle.signal.clone());
        let expected = [(&up, 1.0), (&down, -1.0), (&tangents[0], 0.0), (&tangents[1], 0.0)];
        for (y, sign) in expected {
            let (slope, curvature) = saddle.derivatives(y);
            differences += usize::from((slope, curvature) != stated(&saddle, y));
            let right = if sign == 0.0 { curvature == 0.0 } else { sign * curvature > 0.0 };
            types += usize::from(slope != 0.0 || !right);
        }
    }
    trial.equal(
        format!("{count} integer points, five directions each: derivatives of the loss that differ"),
        differences,
    );
    trial.equal(format!("{count} integer models: critical points that are none, or of another type"), types);
}

/// `ds_k/dt` and `du_k/dt` for `k = 1, 2, 3` along `-grad L`, the gradient from differences of the loss.
pub(super) fn hierarchy(constants: &[f64], trial: &mut Trial) {
    let [own, cross, mean, source] = constants else { unreachable!("four constants") };
    let mut normals = trial.normals(2);
    let count = trial.count(500, 100);
    let mut differences = 0;
    for _ in 0..count {
        let at = Integers::random(3, &mut normals);
        let (w, signal) = (&at.weights, &at.signal);
        let velocity: Vec<f64> = (0..3)
            .map(|i| {
                let unit: Vec<f64> = (0..3).map(|k| f64::from(u8::from(i == k))).collect();
                -at.derivatives(&unit).0 / 12.0
            })
            .collect();
        let (s, u) = (at.form(1, w, w), at.form(1, w, signal));
        let star = at.form(1, signal, signal);
        for k in 1..=3 {
            let squares = own * (star - 3.0 * s) * at.form(k + 1, w, w) + cross * u * at.form(k + 1, w, signal);
            let overlaps =
                mean * (star - 3.0 * s) * at.form(k + 1, w, signal) + source * u * at.form(k + 1, signal, signal);
            differences += usize::from(2.0 * at.form(k, w, &velocity) != squares);
            differences += usize::from(at.form(k, signal, &velocity) != overlaps);
        }
    }
    trial.equal(format!("{count} integer points, k = 1, 2, 3: derivatives of s_k and u_k that differ"), differences);
}
