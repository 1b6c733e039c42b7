use super::chebyshev::{self, DEGREE, Series};
use super::measure::Measure;
use super::response::{Response, STILL, laguerre};
use super::state::{NOTHING, Point, Scalars, densities, rate, scalars_from_deviation};
use nalgebra::{SMatrix, SVector};

/// A stretch towards the optimum, on the clock `sigma = int (3 s - s*) dt`, on which every direction relaxes at a rate of its own that
/// never changes, towards one function beta: `dF/dsigma = l (beta - F)`, F the distance from the optimum. A collocation for beta
/// alone; given beta, directions are exact at any step. `derivations/vector-flow.md`.
#[derive(Clone, Debug)]
pub(super) struct Relaxation {
    /// Length on the clock sigma.
    pub(super) length: f64,
    /// Time per share of the step, of the quarter loss.
    pub(super) slowness: Series,
    from: Point,
    beta: Series,
    square: Series,
    along: Series,
}

/// Why a step of this length cannot be taken.
pub(super) enum Refusal {
    /// Its polynomials miss by this factor.
    Coarse(f64),
    /// The equations have no solution that Newton's method finds.
    NoSolution,
}

/// The numbers that every step needs.
#[derive(Clone, Debug)]
pub(super) struct Tables {
    from_values: [Series; DEGREE + 1],
    /// To the points of a step.
    responses: Vec<Response>,
    laguerre: Vec<(f64, f64)>,
}

type Matrix = SMatrix<f64, DEGREE, DEGREE>;
type Vector = SVector<f64, DEGREE>;

impl Tables {
    pub(super) fn new() -> Self {
        let responses = chebyshev::points().iter().map(|c| Response::at(*c)).collect();
        Self { from_values: chebyshev::from_values(), responses, laguerre: laguerre() }
    }
}

/// One node at one point of the step: `exp(-l sigma)`, and the answers to each polynomial.
type Answer = (f64, Series);

impl Relaxation {
    /// The stretch of this length from `from`, which is centred; with it, how much its polynomials miss relative to `tolerance`.
    pub(super) fn new(
        measure: &Measure,
        signal_energy: f64,
        from: &Point,
        length: f64,
        tolerance: f64,
        tables: &Tables,
    ) -> Result<(Self, f64), Refusal> {
        let moving = &measure.variance[..measure.variance.partition_point(|l| l * length >= STILL)];
        let answers: Vec<Vec<Answer>> = tables.responses[1..]
            .iter()
            .map(|response| moving.iter().map(|l| response.to(l * length, &tables.laguerre)).collect())
            .collect();
        let mut values = Values::start(measure, signal_energy, from);
        values.solve(measure, signal_energy, from, &answers, tables)?;
        let series = |values: &Series| chebyshev::times(&tables.from_values, values);
        let Values { beta, square, along } = values;
        let rate: Series = std::array::from_fn(|k| rate(signal_energy, square[k], along[k]));
        if rate.iter().any(|rate| rate.is_nan() || *rate <= 0.0) {
            return Err(Refusal::NoSolution);
        }
        let slowness = series(&rate.map(|rate| length / rate));
        let forms = [series(&beta), slowness, series(&along), series(&square)];
        // What a polynomial of this degree misses, relative to the largest value.
        let miss = |form: &Series, values: &Series| {
            let size = values.iter().fold(NOTHING, |size, v| size.max(v.abs()));
            (chebyshev::tail(form) / size - ROUNDING).max(0.0) / tolerance
        };
        let missed = [miss(&forms[0], &beta), miss(&forms[1], &rate.map(|r| length / r)), miss(&forms[2], &along)];
        let missed = missed.into_iter().fold(0.0, f64::max);
        if missed.is_nan() || missed > 1.0 {
            return Err(Refusal::Coarse(missed));
        }
        let [beta, slowness, along, square] = forms;
        Ok((Self { length, slowness, from: from.clone(), beta, square, along }, missed))
    }

    /// At the optimum, for good.
    pub(super) fn rest(from: &Point) -> Self {
        let none = [0.0; DEGREE + 1];
        let response = vec![0.0; from.response.len()];
        let from = Point { growth: f64::NEG_INFINITY, response, ..*from };
        Self { length: 1.0, slowness: none, from, beta: none, square: none, along: none }
    }

    pub(super) fn point(&self, measure: &Measure, theta: f64) -> Point {
        self.answer(measure, &Response::at(theta), &laguerre())
    }

    /// The point with number k of those that [`chebyshev::points`] counts.
    pub(super) fn knot(&self, measure: &Measure, k: usize, tables: &Tables) -> Point {
        self.answer(measure, &tables.responses[k], &tables.laguerre)
    }

    fn answer(&self, measure: &Measure, response: &Response, far: &[(f64, f64)]) -> Point {
        let after = |(l, before): (&f64, &f64)| {
            let (decay, answers) = response.to(l * self.length, far);
            decay * before + dot(&answers, &self.beta)
        };
        Point {
            growth: self.growth(response.end()),
            response: measure.variance.iter().zip(&self.from.response).map(after).collect(),
            centred: true,
            side: self.from.side,
        }
    }

    pub(super) fn scalars(&self, signal_energy: f64, theta: f64) -> Scalars {
        let (square, along) = (chebyshev::value(&self.square, theta), chebyshev::value(&self.along, theta));
        scalars_from_deviation(signal_energy, self.from.side, square, along)
    }

    /// `int (s* - 3 s) dt` from time 0.
    pub(super) fn growth(&self, theta: f64) -> f64 {
        self.from.growth - theta * self.length
    }
}

/// Values at the points of the step.
struct Values {
    beta: Series,
    square: Series,
    along: Series,
}

/// Last coefficients as small as this are made of roundings, which no shorter step would make smaller.
const ROUNDING: f64 = 1e-13;

/// Relative size of the last correction.
const CONVERGED: f64 = 1e-14;

impl Values {
    fn start(measure: &Measure, signal_energy: f64, from: &Point) -> Self {
        let (square, along) = from.moments(measure);
        let beta = -(4.0 * along + 3.0 * square) / rate(signal_energy, square, along);
        Self { beta: [beta; DEGREE + 1], square: [square; DEGREE + 1], along: [along; DEGREE + 1] }
    }

    /// Newton's method for `beta (3 s - s*) + 4 p + 3 r = 0` at the points after the first, p and r the moments of the deviation.
    fn solve(
        &mut self,
        measure: &Measure,
        signal_energy: f64,
        from: &Point,
        answers: &[Vec<Answer>],
        tables: &Tables,
    ) -> Result<(), Refusal> {
        let grown: Vec<f64> = (0..measure.len()).map(|n| measure.grown(n, from.growth)).collect();
        // Nodes that stand still bring the same to every point.
        let moving = answers[0].len();
        let still = (moving..measure.len()).fold((0.0, 0.0), |(square, along), n| {
            let (s, u) = densities(measure, n, from.side, grown[n], from.response[n]);
            (square + s, along + u)
        });
        let mut last = f64::INFINITY;
        for _ in 0..30 {
            let series = chebyshev::times(&tables.from_values, &self.beta);
            let (mut jacobian, mut residual) = (Matrix::zeros(), Vector::zeros());
            for k in 1..=DEGREE {
                let (mut by_along, mut by_square) = ([0.0; DEGREE + 1], [0.0; DEGREE + 1]);
                let (mut square, mut along) = still;
                for n in 0..moving {
                    let (decay, answer) = &answers[k - 1][n];
                    let response = decay * from.response[n] + dot(answer, &series);
                    let (s, u) = densities(measure, n, from.side, decay * grown[n], response);
                    square += s;
                    along += u;
                    for j in 0..=DEGREE {
                        by_along[j] += measure.signal[n] * answer[j];
                        by_square[j] += 2.0 * u * answer[j];
                    }
                }
                let (beta, rate) = (self.beta[k], rate(signal_energy, square, along));
                (self.square[k], self.along[k]) = (square, along);
                residual[k - 1] = beta * rate + 4.0 * along + 3.0 * square;
                for m in 1..=DEGREE {
                    let column = |by: &Series| (0..=DEGREE).map(|j| by[j] * tables.from_values[j][m]).sum::<f64>();
                    jacobian[(k - 1, m - 1)] =
                        (6.0 * beta + 4.0) * column(&by_along) + (3.0 * beta + 3.0) * column(&by_square);
                }
                jacobian[(k - 1, k - 1)] += rate;
            }
            let correction = jacobian.lu().solve(&residual).ok_or(Refusal::NoSolution)?;
            let size = self.beta.iter().fold(NOTHING, |size, b| size.max(b.abs()));
            let moved = correction.amax() / size;
            if !moved.is_finite() {
                return Err(Refusal::NoSolution);
            }
            // At rounding level, or no longer improving there.
            if moved <= CONVERGED || (moved <= 1e3 * CONVERGED && moved >= 0.5 * last) {
                return Ok(());
            }
            last = moved;
            for k in 1..=DEGREE {
                self.beta[k] -= correction[k - 1];
            }
        }
        Err(Refusal::NoSolution)
    }
}

fn dot(a: &Series, b: &Series) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
