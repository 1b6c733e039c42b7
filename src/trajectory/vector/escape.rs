use super::measure::Measure;
use super::state::{Point, Scalars, scalars_from_weights};
use crate::scalar::Scalar;

/// Order of the Taylor series.
const ORDER: usize = 24;

type Series = [f64; ORDER + 1];

/// What a series may leave out, relative to its size.
const TRUNCATION: f64 = 1e-17;

/// A stretch far from the optimum: Taylor series in time. Nothing is stiff there, as every rate is at most of the size of
/// `l_1 max(s, s*)` and s does not stay large.
#[derive(Clone, Debug)]
pub(super) struct Escape {
    pub(super) length: f64,
    growth: Series,
    response: Vec<Series>,
    energy: Series,
    along: Series,
    side: f64,
}

impl Escape {
    /// The stretch that begins at `from`, which is not centred. `None` where numbers overflow.
    pub(super) fn new(measure: &Measure, signal_energy: f64, from: &Point) -> Option<Self> {
        let nodes = measure.len();
        let mut grown = vec![[0.0; ORDER + 1]; nodes];
        let mut response = grown.clone();
        for n in 0..nodes {
            grown[n][0] = measure.grown(n, from.growth);
            response[n][0] = from.response[n];
        }
        let [mut energy, mut along, mut rate, mut growth] = [[0.0; ORDER + 1]; 4];
        growth[0] = from.growth;
        for k in 0..=ORDER {
            let order = (k + 1) as f64;
            for n in 0..nodes {
                let (e, f) = (&grown[n], &response[n]);
                let (signal, cross, start) = (measure.signal[n], from.side * measure.cross[n], measure.start[n]);
                let square =
                    [(start, e, e), (2.0 * cross, e, f), (signal, f, f)].map(|(m, a, b)| m * f64::convolve(a, b, k));
                energy[k] += square[0] + square[1] + square[2];
                along[k] += cross * e[k] + signal * f[k];
            }
            // s* - 3 s
            rate[k] = if k == 0 { signal_energy } else { 0.0 } - 3.0 * energy[k];
            if k == ORDER {
                break;
            }
            growth[k + 1] = rate[k] / order;
            for n in 0..nodes {
                let speed = measure.variance[n] / order;
                // E' = l (s* - 3 s) E and F' = l ((s* - 3 s) F + 2 u)
                grown[n][k + 1] = speed * f64::convolve(&rate, &grown[n], k);
                response[n][k + 1] = speed * (f64::convolve(&rate, &response[n], k) + 2.0 * along[k]);
            }
        }
        let unit = 1.0 / (measure.variance[0] * signal_energy.max(energy[0]));
        let length = [&energy, &along, &grown[0], &response[0]].map(|series| reach(series, unit));
        let length = length.into_iter().fold(f64::INFINITY, f64::min);
        let finite = length.is_finite() && length > 0.0;
        finite.then_some(Self { length, growth, response, energy, along, side: from.side })
    }

    pub(super) fn point(&self, local: f64) -> Point {
        Point {
            growth: horner(&self.growth, local),
            response: self.response.iter().map(|series| horner(series, local)).collect(),
            centred: false,
            side: self.side,
        }
    }

    pub(super) fn scalars(&self, signal_energy: f64, local: f64) -> Scalars {
        scalars_from_weights(signal_energy, self.side, horner(&self.energy, local), horner(&self.along, local))
    }

    /// `int (s* - 3 s) dt` from time 0.
    pub(super) fn growth(&self, local: f64) -> f64 {
        horner(&self.growth, local)
    }
}

/// How far the series reaches; something that begins at 0 is measured by where it is after `unit`.
fn reach(series: &Series, unit: f64) -> f64 {
    let size = series[0].abs() + series[1].abs() * unit;
    let length = |k: usize| libm::pow(TRUNCATION * size / series[k].abs(), 1.0 / k as f64);
    if size == 0.0 { f64::INFINITY } else { length(ORDER).min(length(ORDER - 1)) }
}

fn horner(series: &Series, t: f64) -> f64 {
    series.iter().rev().fold(0.0, |sum, c| sum * t + c)
}
