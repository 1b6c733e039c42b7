//! Cells of a phase diagram of GD: the escape, and the exact largest b/a until then. Shared by a bench and an example.

use specdyn::scalar::Scalar;
use specdyn::spectrum::Spectrum;
use specdyn::trajectory::Segment;
use specdyn::trajectory::roots::{Root, roots};
use specdyn::trajectory::taylor::{Ends, FlowCell, Lockstep, Look, Stretch, Watch};
use std::cmp::Ordering;
use std::ops::ControlFlow;

pub(crate) const START: [f64; 3] = [1e-3; 3];

/// 256 stretches of 8 neighbours out of the 200 x 200 grid over lambda in [1, 100] and d in [10, 1000].
pub(crate) fn grid() -> Vec<Spectrum> {
    let spectrum = |i: i32| {
        let strength = libm::pow(10.0, 2.0 * f64::from(i / 200) / 199.0);
        let dimension = libm::pow(10.0, 1.0 + 2.0 * f64::from(i % 200) / 199.0);
        Spectrum::spiked(strength, dimension.round() as u64).expect("a spectrum")
    };
    (0..256).flat_map(|k| (0..8).map(move |i| 156 * k + i)).map(spectrum).collect()
}

/// Escape, the first time that `a^2/sqrt(a^4 + b^4 + (d - 2) c^4) > 0.9`, and the largest b/a until then, of every cell.
pub(crate) fn escapes(lockstep: &Lockstep, spectra: &[Spectrum]) -> Vec<(f64, f64)> {
    let cells: Vec<FlowCell> = spectra.iter().map(|spectrum| FlowCell { spectrum, start: START }).collect();
    let mut escapes = Escapes { spectra, outcomes: vec![(f64::NAN, 1.0); spectra.len()], found: Vec::new() };
    lockstep.follow(&cells, &mut escapes);
    escapes.outcomes
}

struct Escapes<'a> {
    spectra: &'a [Spectrum],
    outcomes: Vec<(f64, f64)>,
    found: Vec<Root>,
}

/// Whether there can be an escape between two points where ratios are least at an end.
fn may_escape(n: &[f64], [from, to]: [&[f64; 3]; 2]) -> bool {
    let least = |j: usize| (from[j] / from[0]).min(to[j] / to[0]).powi(4);
    n[1] * least(1) + n[2] * least(2) < 0.19 / 0.81
}

impl Watch for Escapes<'_> {
    fn look(&mut self, cell: usize, step: &Ends) -> Look {
        if may_escape(self.spectra[cell].multiplicity(), [&step.from, &step.to]) { Look::Closer } else { Look::Pass }
    }

    fn see(&mut self, cell: usize, segment: &Stretch) -> ControlFlow<()> {
        let (n, found, (time, largest)) =
            (self.spectra[cell].multiplicity(), &mut self.found, &mut self.outcomes[cell]);
        let [from, to] = segment.ends();
        let least_inside = |root: &Root| root.before != Ordering::Greater || root.after != Ordering::Less;
        found.clear();
        segment.ratio_turns(2, found);
        let dips = found.iter().any(least_inside);
        found.clear();
        segment.ratio_turns(1, found);
        // ratios that turn at a maximum alone are least at an end
        let maybe = dips || found.iter().any(least_inside) || may_escape(n, [&from, &to]);
        let escape = if maybe { escape(segment, n) } else { None };
        let until = escape.unwrap_or(*segment.length());
        for turn in found.iter().filter(|turn| turn.at <= until) {
            let w = segment.coefficients_at(&turn.at);
            *largest = largest.max(w[1] / w[0]);
        }
        let Some(s) = escape else { return ControlFlow::Continue(()) };
        let w = segment.coefficients_at(&s);
        *time = segment.start() + s;
        *largest = largest.max(w[1] / w[0]);
        ControlFlow::Break(())
    }
}

fn escape(segment: &Stretch, n: &[f64]) -> Option<f64> {
    let squares: [Vec<f64>; 3] = std::array::from_fn(|j| {
        let mut x = segment.excess(j);
        x[0] += if j == 0 { 1.0 } else { 0.0 };
        x
    });
    let length = squares.iter().map(Vec::len).max().unwrap_or(0);
    let mut margin = vec![0.0; length];
    for (x, weight) in squares.iter().zip([0.19, -0.81 * n[1], -0.81 * n[2]]) {
        for k in 0..x.len() {
            margin[k] += weight * f64::convolve(x, x, k);
        }
    }
    let mut found = Vec::new();
    roots(&margin, segment.length(), &mut found);
    found.iter().find(|root| root.after == Ordering::Greater).map(|root| root.at)
}
