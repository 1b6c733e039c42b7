//! The ratios `w_j/w_0` along SpecGD's certified flow, for whole boxes of parameters.

use crate::claims::Trial;
use crate::scalar::Interval;
use crate::spectrum::Spectrum;
use crate::trajectory::exact::{CertifiedFlow, CertifiedSegment, Mode};
use crate::trajectory::{Flow, Segment, Stop};
use crate::weights::equal_start;

/// What holds of all ratios along a flow, from equal coefficients to the optimum.
#[derive(Clone, Copy, Debug)]
pub(in crate::claims) struct Ratios {
    /// The largest derivative of a `(w_j/w_0)^2`, over time and groups; zero where a coefficient rises, as it has from the start, with
    /// the signal, or falls while the signal does not.
    pub(in crate::claims) growth: Interval,
    /// Segments on which a group may gain on the signal: it rises or slides while the signal does not rise.
    pub(in crate::claims) gaining: usize,
    /// When the optimum is reached.
    pub(in crate::claims) end: Interval,
}

/// Pieces of a segment over which a polynomial is bounded.
const PIECES: usize = 16;

/// Follows the flow from equal coefficients `init`.
///
/// # Errors
/// An order of events that is not decided for all parameters; another end than the optimum.
pub(in crate::claims) fn follow(spectrum: &Spectrum<Interval>, init: Interval) -> Result<Ratios, String> {
    let start = equal_start(spectrum, &init).map_err(|error| error.to_string())?;
    let mut flow = CertifiedFlow::new(spectrum, &start).map_err(|error| error.to_string())?;
    let mut found = Ratios { growth: Interval::ZERO, gaining: 0, end: Interval::ZERO };
    let mut risen = vec![true; spectrum.groups()];
    loop {
        let segment = match flow.next_segment(None) {
            Ok(segment) => segment,
            Err(Stop::Optimum { time }) => return Ok(Ratios { end: time, ..found }),
            Err(stop) => return Err(stop.to_string()),
        };
        let mode =
            |j: usize| segment.mode(j).ok_or(format!("the order of events at t = {} is not decided", segment.start()));
        let signal = mode(0)?;
        let mut gains = false;
        for (j, risen) in risen.iter_mut().enumerate().skip(1) {
            let mode = mode(j)?;
            *risen &= mode == Mode::Rising;
            gains |= signal != Mode::Rising && matches!(mode, Mode::Rising | Mode::Sliding);
            if mode == Mode::Sliding || (mode == Mode::Rising && !*risen) {
                found.growth = found.growth.max(growth(&segment, j));
            }
        }
        found.gaining += usize::from(gains);
    }
}

/// The largest derivative of `(w_j/w_0)^2` on the segment: of the quotient of two polynomials in time.
fn growth(segment: &CertifiedSegment<'_>, j: usize) -> Interval {
    let slope = |p: &[Interval]| -> Vec<Interval> { (1..p.len()).map(|k| p[k].scale(k as f64)).collect() };
    let (square, mut signal) = (segment.excess(j), segment.excess(0));
    signal[0] += Interval::ONE;
    let (square_slope, signal_slope) = (slope(&square), slope(&signal));
    let length = segment.length().upper();
    let node = |k: usize| if k == PIECES { length } else { length * k as f64 / PIECES as f64 };
    let largest = |range: Interval| {
        let at = |p: &[Interval]| Interval::polynomial(p, range);
        (at(&square_slope) * at(&signal) - at(&square) * at(&signal_slope)) / at(&signal).square()
    };
    let pieces =
        (0..PIECES).map(|k| largest(Interval::new(node(k), node(k + 1).max(node(k))).unwrap_or(Interval::ENTIRE)));
    pieces.reduce(Interval::max).unwrap_or(Interval::ENTIRE)
}

/// A range of the spiked covariance's strength. The start is one number: until the first event all coefficients rise together, so the flow
/// from a smaller equal start is this one, later.
#[derive(Clone, Copy, Debug)]
pub(in crate::claims) struct Range {
    strength: (f64, f64),
    dimension: u64,
    init: f64,
}

impl Range {
    /// Follows the flow for all strengths: in parts, where an order of events is not decided, which are halved up to `halvings` times.
    /// Returns the number of parts as well.
    fn follow(&self, halvings: usize) -> Result<(Ratios, usize), String> {
        let (from, to) = self.strength;
        let strength = Interval::new(from, to).expect("a check's own parameters");
        let spectrum = Spectrum::spiked(strength, self.dimension).expect("a check's own parameters");
        match follow(&spectrum, Interval::point(self.init)) {
            Ok(found) => Ok((found, 1)),
            Err(reason) if halvings == 0 => Err(format!("{reason}, for {self}")),
            Err(_) => {
                let middle = libm::sqrt(from * to).clamp(from, to);
                let half = |strength| Self { strength, ..*self }.follow(halvings - 1);
                let ((one, few), (other, more)) = (half((from, middle))?, half((middle, to))?);
                let joined = Ratios {
                    growth: one.growth.max(other.growth),
                    gaining: one.gaining + other.gaining,
                    end: one.end.hull(other.end),
                };
                Ok((joined, few + more))
            }
        }
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { strength: (from, to), dimension, init } = self;
        write!(f, "every lambda in [{from}, {to}], d = {dimension}, alpha <= {init}")
    }
}

/// Ranges that hold no strength at which two events of the flow happen at once (`d - 1 = 3 mu` is one, at d = 100 there is another near
/// 4.16).
const RANGES: [Range; 3] = [
    Range { strength: (4.5, 30.0), dimension: 100, init: 1e-3 },
    Range { strength: (40.0, 1000.0), dimension: 100, init: 1e-3 },
    Range { strength: (4.0, 20.0), dimension: 3, init: 1e-2 },
];

/// Follows `count` flows, of spectra and starts that `draw` gives, and hands what holds of each to `see`. Where an order of events is not
/// decided nothing is said; returns how many those are, if they are at most one in a hundred.
pub(in crate::claims) fn follow_many(
    count: usize,
    mut draw: impl FnMut() -> (Spectrum, f64),
    mut see: impl FnMut(Ratios),
) -> Result<usize, String> {
    let (mut undecided, mut last) = (0, String::new());
    for _ in 0..count {
        let (spectrum, init) = draw();
        match follow(&spectrum.map(|x| Interval::point(*x)), Interval::point(init)) {
            Ok(found) => see(found),
            Err(reason) => (undecided, last) = (undecided + 1, reason),
        }
    }
    if 100 * undecided > count {
        return Err(format!("{undecided} of {count} flows were not decided: {last}"));
    }
    Ok(undecided)
}

/// Hands what holds of each of the first ranges to `record`.
pub(in crate::claims) fn over_ranges(trial: &mut Trial, record: impl Fn(&mut Trial, String, Ratios)) {
    for range in trial.first(&RANGES, 1) {
        let found = range.follow(14);
        trial.found(&range.to_string(), found, |trial, (found, parts)| {
            record(trial, format!("{range}, in {parts} parts"), found);
        });
    }
}
