//! Amplifications of GD flows of the spiked covariance, many at a time.

use super::settled::Settled;
use super::{Covariance, Measured, Setting, Status};
use crate::descent::Method;
use crate::observe::Amplification;
use crate::spectrum::Spectrum;
use crate::trajectory::Segment;
use crate::trajectory::roots::Root;
use crate::trajectory::taylor::{Ends, FlowCell, Lockstep, Look, Stretch, Watch};
use std::ops::ControlFlow;

/// A flow that goes in lockstep with others, up to a time on its own clock.
pub(super) struct Flow {
    spectrum: Spectrum,
    start: [f64; 3],
    end: f64,
}

/// The flow of `setting` to `horizon` (on its clock), if it is one that goes in lockstep with others.
pub(super) fn flow(setting: &Setting<f64>, horizon: f64) -> Option<Flow> {
    match (&setting.covariance, &setting.method, setting.step_size) {
        (Covariance::Spiked { strength, dimension }, Method::GradientDescent, None) if setting.is_on_manifold() => {
            let spectrum = Spectrum::spiked(*strength, *dimension).ok()?;
            let start = setting.start(&spectrum).ok()?.try_into().ok()?;
            Some(Flow { spectrum, start, end: horizon * setting.clock_rate() })
        }
        _ => None,
    }
}

/// The amplifications of `flows` when they have settled; `None` for one that must be measured by itself.
pub(super) fn amplifications(flows: &[Flow]) -> Vec<Option<Measured>> {
    let Ok(lockstep) = Lockstep::new(None) else { return vec![None; flows.len()] };
    let cells: Vec<FlowCell> =
        flows.iter().map(|flow| FlowCell { spectrum: &flow.spectrum, start: flow.start }).collect();
    let running = flows.iter().map(|flow| (Amplification::new(&flow.start), false)).collect();
    let mut watch = UntilSettled { flows, running, turns: Vec::new() };
    lockstep.follow(&cells, &mut watch);
    let measured = |(largest, settled): (Amplification<f64>, bool)| {
        settled.then(|| Measured { value: Some(*largest.largest()), status: Status::Ok })
    };
    watch.running.into_iter().map(measured).collect()
}

/// Follows flows until their amplifications have settled: the running ones, and whether they are final.
struct UntilSettled<'a> {
    flows: &'a [Flow],
    running: Vec<(Amplification<f64>, bool)>,
    turns: Vec<Root<f64>>,
}

impl UntilSettled<'_> {
    /// Whether it is over at coefficients `w`, at `time`.
    fn is_over(&mut self, cell: usize, w: &[f64; 3], time: f64) -> bool {
        let (flow, (largest, settled)) = (&self.flows[cell], &mut self.running[cell]);
        if time < flow.end && flow.spectrum.is_settled(&flow.start, &w[..], largest) {
            largest.see(w);
            *settled = true;
        }
        *settled || time >= flow.end
    }
}

impl Watch for UntilSettled<'_> {
    /// Between turns, the largest ratio of a step is at an end; of all, at a turn or at the very end.
    fn look(&mut self, cell: usize, step: &Ends) -> Look {
        if self.is_over(cell, &step.to, step.time) { Look::Done } else { Look::Pass }
    }

    fn see(&mut self, cell: usize, segment: &Stretch) -> ControlFlow<()> {
        self.turns.clear();
        for j in 1..segment.groups() {
            segment.ratio_turns(j, &mut self.turns);
        }
        for turn in &self.turns {
            self.running[cell].0.see(&segment.coefficients_at(&turn.at));
        }
        let [_, end] = segment.ends();
        let over = self.is_over(cell, &end, segment.start() + segment.length());
        if over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
