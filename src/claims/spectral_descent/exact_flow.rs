//! The exact flow, in certified intervals.

use super::super::measured::{ACCURACY, Population};
use super::super::{Enclosure, Trial, instances};
use crate::descent::Method;
use crate::scalar::{Interval, Real, Scalar};
use crate::spectrum::{Group, Spectrum};
use crate::trajectory::exact::{ExactFlow, Mode};
use crate::trajectory::{Event, EventKind, Flow, Segment, Stop};

/// Decimals, so that the enclosures are of the numbers meant: strength, dimension, start.
const CASES: [(&str, u64, &str); 6] = [
    ("20", 100, "1e-3"),
    ("4", 100, "1e-3"),
    ("499", 100, "1e-3"),
    ("20", 3, "1e-2"),
    ("0.5", 10, "1e-2"),
    ("1000", 10000, "1e-4"),
];

/// Enclosures of event times lose digits at every event; of what is left, this much is asked for.
const TIGHT: f64 = 1e-7;

fn number(text: &str) -> Interval {
    Interval::parse(text, &()).expect("a decimal")
}

fn spiked(strength: &str, dimension: u64) -> Spectrum<Interval> {
    Spectrum::spiked(number(strength), dimension).expect("a check's own parameters")
}

/// Follows the flow to its end; `look` sees every segment's modes, coefficients and excess polynomials in its middle.
fn follow(
    spectrum: &Spectrum<Interval>,
    init: &str,
    mut look: impl FnMut(&[Mode], &[Interval], &[Vec<Interval>]),
) -> Result<(Vec<Event<Interval>>, Stop<Interval>), String> {
    let start = vec![number(init); spectrum.groups()];
    let mut flow = ExactFlow::new(spectrum, &start).map_err(|error| error.to_string())?;
    let stop = loop {
        let segment = match flow.next_segment(None) {
            Ok(segment) => segment,
            Err(stop) => break stop,
        };
        let half = segment.length().over(2);
        let shifted: Vec<_> = (0..segment.groups()).map(|j| taylor_at(&segment.excess(j), &half)).collect();
        let modes: Vec<Mode> = (0..segment.groups()).map(|j| segment.mode(j)).collect();
        look(&modes, &segment.coefficients_at(&half), &shifted);
    };
    match stop {
        Stop::Optimum { .. } => Ok((flow.events().to_vec(), stop)),
        stop => Err(stop.to_string()),
    }
}

/// Value and slope of a polynomial at `s`.
fn taylor_at(polynomial: &[Interval], s: &Interval) -> Vec<Interval> {
    let (mut value, mut slope) = (Interval::ZERO, Interval::ZERO);
    for c in polynomial.iter().rev() {
        slope = slope * *s + value;
        value = value * *s + *c;
    }
    vec![value, slope]
}

/// `(1 + damping sum_{sliding} n_j) tau = sum_{others} n_j q_j e_j` and, sliding, `e_j' = -speed tau'/q_j`; sliding of a
/// group ends where `tau'^2 = -leaving q_j tau`.
pub(super) fn four_modes(constants: &[f64], trial: &mut Trial) {
    let [damping, speed, leaving] = constants else { unreachable!("three constants") };
    for (strength, dimension, init) in CASES {
        let spectrum = spiked(strength, dimension);
        let (q, n) = (spectrum.variance().to_vec(), spectrum.multiplicity().to_vec());
        let mut balances = Vec::new();
        let mut slopes = Vec::new();
        let end = follow(&spectrum, init, |modes, _, excess| {
            let part = |k: usize, sliding: bool| {
                let chosen = (0..modes.len()).filter(|j| (modes[*j] == Mode::Sliding) == sliding);
                chosen.fold(Interval::ZERO, |sum, j| sum + n[j] * q[j] * excess[j][k])
            };
            let count =
                (0..modes.len()).filter(|j| modes[*j] == Mode::Sliding).fold(Interval::ZERO, |sum, j| sum + n[j]);
            let tau = part(0, true) + part(0, false);
            let rate = part(1, true) + part(1, false);
            if count.lower() > 0.0 {
                balances.push((Interval::ONE + Interval::point(*damping) * count) * tau / part(0, false));
                for j in (0..modes.len()).filter(|j| modes[*j] == Mode::Sliding) {
                    slopes.push(-excess[j][1] * q[j] / rate / Interval::point(*speed));
                }
            }
        });
        let what = format!("lambda = {strength}, d = {dimension}, alpha = {init}");
        let left = ends_of_sliding(&spectrum, init);
        trial.found(&what.clone(), left, |trial, ends| {
            for (j, tau, rate) in ends {
                let ratio = rate.square() / (-tau * q[j]).scale(*leaving);
                let name = if j == 1 { "spike" } else { "bulk" };
                let what = format!("tau'^2 over -{leaving} q tau where the {name} leaves its surface, {what}");
                trial.near(what, Enclosure::proof(ratio), 1.0, 1e4 * TIGHT);
            }
        });
        trial.found(&what.clone(), end, |trial, _| {
            for (name, ratios) in
                [("balance of the excess energy", &balances), ("sliding speed over the stated", &slopes)]
            {
                for ratio in ratios {
                    trial.near(format!("{name}, {what}"), Enclosure::proof(*ratio), 1.0, 1e4 * TIGHT);
                }
            }
        });
    }
}

/// Where groups that slid begin to fall: which one, tau and tau' there.
fn ends_of_sliding(spectrum: &Spectrum<Interval>, init: &str) -> Result<Vec<(usize, Interval, Interval)>, String> {
    let start = vec![number(init); spectrum.groups()];
    let mut flow = ExactFlow::new(spectrum, &start).map_err(|error| error.to_string())?;
    let mut ends = Vec::new();
    let mut slid = vec![false; spectrum.groups()];
    loop {
        let segment = match flow.next_segment(None) {
            Ok(segment) => segment,
            Err(Stop::Optimum { .. }) if !ends.is_empty() => return Ok(ends),
            Err(stop) => return Err(stop.to_string()),
        };
        // Of a group that begins to fall here, the polynomials of the new segment hold from the event on; tau' is continuous there.
        for j in 1..segment.groups() {
            if slid[j] && segment.mode(j) == Mode::Falling {
                let sum = |k: usize| {
                    let terms = (0..segment.groups()).map(|i| {
                        let excess = taylor_at(&segment.excess(i), &Interval::ZERO)[k];
                        spectrum.energy_weight()[i] * excess
                    });
                    terms.fold(Interval::ZERO, |sum, term| sum + term)
                };
                ends.push((j, sum(0), sum(1)));
            }
            slid[j] = segment.mode(j) == Mode::Sliding;
        }
    }
}

/// While spike and bulk slide: `mu^power b^2 = c^2`, `(d + shift) c^2 = 1 - a^2`; it ends at `a^2 = (d + 1)/(d + 2)`.
pub(super) fn sliding_relations(constants: &[f64], trial: &mut Trial) {
    let [power, shift] = constants else { unreachable!("two constants") };
    for (strength, dimension, init) in CASES {
        let spectrum = spiked(strength, dimension);
        let mu = spectrum.variance()[1];
        let d = Interval::point(dimension as f64);
        let mut found = Vec::new();
        let end = follow(&spectrum, init, |modes, w, _| {
            if modes == [Mode::Rising, Mode::Sliding, Mode::Sliding] {
                let (a, b, c) = (w[0], w[1], w[2]);
                let relation = mu.pow(Interval::point(*power)) * b.square() / c.square();
                found.push(("mu b^2/c^2", relation));
                let height = (d + Interval::point(*shift)) * c.square() / (Interval::ONE - a.square());
                found.push(("(d + 1) c^2/(1 - a^2)", height));
            }
        });
        let what = format!("lambda = {strength}, d = {dimension}, alpha = {init}");
        trial.found(&what.clone(), end, |trial, (events, _)| {
            let leave = events.iter().find(|e| e.kind == EventKind::Leave && e.coefficient == 2);
            let Some(leave) = leave.filter(|_| !found.is_empty()) else {
                return trial.unknown(what, "spike and bulk never slide together");
            };
            for (name, ratio) in found {
                trial.near(format!("{name} while both slide, {what}"), Enclosure::proof(ratio), 1.0, TIGHT);
            }
            // The signal rises at speed one from the start.
            let a = leave.time + number(init);
            let ratio = a.square() * (d + Interval::point(1.0 + shift)) / (d + Interval::point(*shift));
            trial.near(format!("a^2 (d + 2)/(d + 1) where sliding ends, {what}"), Enclosure::proof(ratio), 1.0, TIGHT);
        });
    }
}

/// Signal and bulk held at zero, the flow stops being unique when the falling spike is at `b^2 = level/mu`.
pub(super) fn non_unique_at_zero(constants: &[f64], trial: &mut Trial) {
    let [level] = constants else { unreachable!("one constant") };
    for (strength, dimension, spike) in [("20", 100, "0.5"), ("8", 10, "0.9"), ("4", 3, "1.5"), ("1000", 10_000, "0.1")]
    {
        let spectrum = spiked(strength, dimension);
        let what = format!("lambda = {strength}, d = {dimension}, from a = 0.001, b = {spike}, c = 0.0005");
        let end = ExactFlow::new(&spectrum, &["0.001", spike, "0.0005"].map(number)).map(|mut flow| flow.finish());
        match end {
            Ok(Stop::NonUnique { time, coefficient: 0 }) => {
                let fallen = number(spike) - time;
                let found = spectrum.variance()[1] * fallen.square() / Interval::point(*level);
                trial.near(
                    format!("mu b^2/{level} at the signal's crossroads, {what}"),
                    Enclosure::proof(found),
                    1.0,
                    TIGHT,
                );
            }
            Ok(stop) => trial.unknown(what, stop),
            Err(error) => trial.unknown(what, error),
        }
    }
}

/// The optimum is reached at `((d + top)/(d + bottom))^(1/2) - alpha`, whatever the spike.
pub(super) fn finite_time(constants: &[f64], trial: &mut Trial) {
    let [top, bottom] = constants else { unreachable!("two constants") };
    let strengths = trial.first(&["0.5", "4", "20", "49", "499", "10000"], 4).to_vec();
    for dimension in [3, 10, 100, 10_000_u64] {
        for &strength in &strengths {
            let init = if dimension > 100 { "1e-4" } else { "1e-3" };
            let d = Interval::point(dimension as f64);
            let stated = ((d + Interval::point(*top)) / (d + Interval::point(*bottom))).sqrt() - number(init);
            let what =
                format!("time of the optimum minus the stated, lambda = {strength}, d = {dimension}, alpha = {init}");
            let end = follow(&spiked(strength, dimension), init, |_, _, _| ()).and_then(|(_, stop)| match stop {
                Stop::Optimum { time } => Ok(time - stated),
                stop => Err(stop.to_string()),
            });
            trial.found(&what, end, |trial, error| trial.near(&what, Enclosure::proof(error), 0.0, TIGHT));
        }
    }
}

/// `least <= T + alpha <= most` for every spectrum, and both are approached.
pub(super) fn finite_time_every_spectrum(constants: &[f64], trial: &mut Trial) {
    let [least, most] = constants else { unreachable!("two constants") };
    // One group: many directions like the signal's, and a few that the excess energy hardly sees.
    for (multiplicity, variance, name) in
        [(1_000_000, 1.0, "a million equal directions"), (1, 1e-9, "one of variance 1e-9")]
    {
        let group = Group { variance: Interval::point(variance), multiplicity };
        let spectrum = Spectrum::with_signal(Interval::ONE, vec![group]).expect("a check's own parameters");
        let what = format!("T + alpha, {name}, alpha = 1e-4");
        let end = follow(&spectrum, "1e-4", |_, _, _| ()).and_then(|(_, stop)| match stop {
            Stop::Optimum { time } => Ok(Enclosure::proof(time + number("1e-4"))),
            stop => Err(stop.to_string()),
        });
        trial.found(&what, end, |trial, found| {
            trial.at_least(&what, found, *least);
            trial.at_most(&what, found, *most);
        });
    }
    let mut normals = trial.normals(0);
    let count = trial.count(1000, 100);
    let (mut earliest, mut latest) = (f64::INFINITY, 0.0_f64);
    for _ in 0..count {
        let spectrum = instances::spectrum(&mut normals, 2.0);
        let trace: f64 = spectrum.energy_weight().iter().sum();
        let home = spectrum.variance()[0];
        let ceiling = libm::sqrt(3.0 * home / (2.0 * home + trace)).min(1.0);
        let alpha = ceiling * libm::exp(-normals.next().abs());
        let outcome = match Population::flow(&spectrum, alpha, Method::Spectral).end() {
            Ok(outcome) => outcome,
            Err(reason) => return trial.unknown("random spectra", reason),
        };
        match outcome.stop {
            Stop::Optimum { .. } => {
                let time = outcome.end + alpha;
                (earliest, latest) = (earliest.min(time), latest.max(time));
            }
            // The hypothesis excludes spectra whose flow meets an unstable zero.
            Stop::NonUnique { .. } => {}
            stop => return trial.unknown("random spectra", stop),
        }
    }
    let what = |end: &str| format!("{end} T + alpha of {count} random spectra and starts");
    trial.at_least(what("earliest"), Enclosure::observed(earliest), least - ACCURACY);
    trial.at_most(what("latest"), Enclosure::observed(latest), most + ACCURACY);
}
