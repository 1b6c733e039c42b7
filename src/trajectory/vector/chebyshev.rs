use std::f64::consts::PI;

/// Degree of the polynomials of a stretch.
pub(super) const DEGREE: usize = 12;

/// Coefficients in the Chebyshev polynomials `T_j(2 theta - 1)` on [0, 1].
pub(super) type Series = [f64; DEGREE + 1];

/// The points `(1 - cos(pi k/DEGREE))/2`, both ends included.
pub(super) fn points() -> Series {
    std::array::from_fn(|k| 0.5 * (1.0 - libm::cos(PI * k as f64 / DEGREE as f64)))
}

/// `T_0, ..., T_DEGREE` at `theta`.
pub(super) fn basis(theta: f64) -> Series {
    let x = 2.0 * theta - 1.0;
    let mut t = [1.0; DEGREE + 1];
    t[1] = x;
    for j in 2..=DEGREE {
        t[j] = 2.0 * x * t[j - 1] - t[j - 2];
    }
    t
}

/// The value of the series at `theta`.
pub(super) fn value(series: &Series, theta: f64) -> f64 {
    let x = 2.0 * theta - 1.0;
    let (mut next, mut after) = (0.0, 0.0);
    for c in series[1..].iter().rev() {
        (next, after) = (2.0 * x * next - after + c, next);
    }
    x * next - after + series[0]
}

/// The coefficients of the interpolant are this matrix times the values at the [`points`].
pub(super) fn from_values() -> [Series; DEGREE + 1] {
    let half_at_ends = |k: usize| if k == 0 || k == DEGREE { 0.5 } else { 1.0 };
    std::array::from_fn(|j| {
        std::array::from_fn(|k| {
            // T_j at point k; the angle is reduced first, so that no digits are lost.
            let angle = PI * ((j * (DEGREE - k)) % (2 * DEGREE)) as f64 / DEGREE as f64;
            libm::cos(angle) * half_at_ends(j) * half_at_ends(k) * 2.0 / DEGREE as f64
        })
    })
}

/// Row j holds the powers of theta in `T_j(2 theta - 1)`.
pub(super) fn to_powers() -> [Series; DEGREE + 1] {
    let mut rows = [[0.0; DEGREE + 1]; DEGREE + 1];
    rows[0][0] = 1.0;
    (rows[1][0], rows[1][1]) = (-1.0, 2.0);
    for j in 2..=DEGREE {
        for k in 0..=j {
            let shifted = if k == 0 { 0.0 } else { 4.0 * rows[j - 1][k - 1] };
            rows[j][k] = shifted - 2.0 * rows[j - 1][k] - rows[j - 2][k];
        }
    }
    rows
}

/// `matrix vector`.
pub(super) fn times(matrix: &[Series; DEGREE + 1], vector: &Series) -> Series {
    std::array::from_fn(|j| matrix[j].iter().zip(vector).map(|(m, v)| m * v).sum())
}

/// The integral from 0; what would be of degree `DEGREE + 1` is left out, as it is below the size of the last coefficient.
pub(super) fn integral(series: &Series) -> Series {
    let at = |j: usize| series.get(j).copied().unwrap_or(0.0);
    let mut integral = [0.0; DEGREE + 1];
    integral[1] = 0.25 * (2.0 * at(0) - at(2));
    for j in 2..=DEGREE {
        integral[j] = 0.25 * (at(j - 1) - at(j + 1)) / j as f64;
    }
    integral[0] = -value(&integral, 0.0);
    integral
}

/// How much of the series is in its last two coefficients.
pub(super) fn tail(series: &Series) -> f64 {
    series[DEGREE].abs().max(series[DEGREE - 1].abs())
}

/// The point of [0, 1] at which the rising series reaches `level`, by Newton's method inside a shrinking bracket; an end if none does.
pub(super) fn reach(rising: &Series, level: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for end in [low, high] {
        if (value(rising, end) >= level) == (end == low) {
            return end;
        }
    }
    let mut theta = 0.5;
    for _ in 0..60 {
        let miss = value(rising, theta) - level;
        if miss > 0.0 {
            high = theta;
        } else {
            low = theta;
        }
        let width = (high - low).min(1e-4);
        let (left, right) = ((theta - width).max(0.0), (theta + width).min(1.0));
        let slope = (value(rising, right) - value(rising, left)) / (right - left);
        let newton = theta - miss / slope;
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        if (next - theta).abs() <= f64::EPSILON * theta {
            return next;
        }
        theta = next;
    }
    theta
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_polynomial_is_interpolated_integrated_and_inverted_exactly() {
        let cubic = |x: f64| 1.0 + x + 3.0 * x * x * x;
        let series = times(&from_values(), &points().map(cubic));
        for (k, exact) in [1.0, 1.0, 0.0, 3.0, 0.0].into_iter().enumerate() {
            let power: f64 = (0..=4).map(|j| series[j] * to_powers()[j][k]).sum();
            assert!((power - exact).abs() < 512.0 * f64::EPSILON, "{k} {power}");
        }
        for theta in [0.0, 0.1, 0.77, 1.0] {
            let sum: f64 = series.iter().zip(basis(theta)).map(|(c, t)| c * t).sum();
            assert!((value(&series, theta) - cubic(theta)).abs() < 32.0 * f64::EPSILON);
            assert!((sum - cubic(theta)).abs() < 32.0 * f64::EPSILON);
            let area = theta + theta * theta / 2.0 + 0.75 * theta * theta * theta * theta;
            assert!((value(&integral(&series), theta) - area).abs() < 32.0 * f64::EPSILON);
            assert!((reach(&series, cubic(theta)) - theta).abs() < 64.0 * f64::EPSILON);
        }
        assert!(tail(&series) < 16.0 * f64::EPSILON);
    }
}
