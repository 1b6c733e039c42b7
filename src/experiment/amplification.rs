use super::blocks::Model;
use super::settled::Settled;
use super::{Measured, Setting, Status};
use crate::descent::Method;
use crate::observe::Amplification;
use crate::risk::Landscape;
use crate::scalar::DomainError;
use crate::trajectory::exact::ExactFlow;
use crate::trajectory::power::PowerFlow;
use crate::trajectory::roots::Root;
use crate::trajectory::taylor::GradientFlow;
use crate::trajectory::{Flow, OverlapFlow, Recursion, Segment, Stop, VectorFlow};
use crate::weights::Weights;

/// The amplification of `setting` at `horizon` (on its clock), or when it has settled before.
pub(super) fn amplification(
    setting: &Setting<f64>,
    model: &Model,
    horizon: f64,
    to_the_end: bool,
) -> Result<Measured, DomainError> {
    let limit = Limit { time: horizon * setting.clock_rate(), to_the_end };
    let steps = setting.step_size.map(|eta| (eta * setting.clock_rate(), (horizon / eta).round() as u64));
    let (stop, largest) = match model {
        Model::Manifold(spectrum) => {
            let start = setting.start(spectrum)?;
            let mut largest = Amplification::new(&start);
            let stop = match (steps, &setting.method) {
                (Some((eta, steps)), method) => {
                    let mut recursion = Recursion::new(spectrum, method.clone(), eta, start)?;
                    follow_steps(&mut recursion, steps, &mut largest, spectrum, to_the_end)
                }
                (None, Method::Spectral) => {
                    let mut flow = ExactFlow::new(spectrum, &start)?;
                    let stop = flow.finish_by(&limit.time);
                    flow.amplification().into_iter().for_each(|amplification| largest.see_value(amplification));
                    stop
                }
                (None, Method::GradientDescent) => {
                    follow(&mut GradientFlow::new(spectrum, &start)?, &mut largest, spectrum, &limit)
                }
                (None, Method::Power(p)) => {
                    follow(&mut PowerFlow::new(spectrum, p, &start)?, &mut largest, spectrum, &limit)
                }
            };
            (stop, largest)
        }
        Model::Blocks(blocks) => {
            let mut largest = Amplification::new(&blocks.overlaps.roots(&blocks.start));
            let settled = blocks.gauge();
            let start = blocks.start.clone();
            let stop = match (steps, &blocks.vector) {
                (Some((eta, steps)), _) => {
                    let mut recursion = Recursion::new(&blocks.risk, setting.method.clone(), eta, start)?;
                    follow_steps(&mut recursion, steps, &mut largest, &settled, to_the_end)
                }
                (None, Some(problem)) => {
                    let mut flow = VectorFlow::new(problem, &setting.method, &blocks.overlaps)?;
                    follow(&mut flow, &mut largest, &settled, &limit)
                }
                (None, None) => {
                    let mut flow = OverlapFlow::new(&blocks.risk, &blocks.overlaps, start)?;
                    follow(&mut flow, &mut largest, &settled, &limit)
                }
            };
            (stop, largest)
        }
    };
    Ok(match stop {
        Stop::Condition { .. } | Stop::Optimum { .. } => {
            Measured { value: Some(*largest.largest()), status: Status::Ok }
        }
        Stop::Horizon if to_the_end => Measured { value: Some(*largest.largest()), status: Status::Ok },
        Stop::Horizon => Measured { value: None, status: Status::NotSettled },
        stop => Measured { value: None, status: Status::Stopped(stop.name().into()) },
    })
}

/// How far to go.
struct Limit {
    /// Time on the trajectory's clock.
    time: f64,
    /// Even if the amplification is settled before.
    to_the_end: bool,
}

/// Follows a flow until the amplification is settled (or, `to_the_end`, to the limit).
fn follow<F: Flow<f64>>(
    flow: &mut F,
    largest: &mut Amplification<f64>,
    gauge: &impl Settled,
    limit: &Limit,
) -> Stop<f64> {
    let mut turns: Vec<Root<f64>> = Vec::new();
    let mut before = largest.start().to_vec();
    loop {
        let segment = match flow.next_segment(Some(&limit.time)) {
            Ok(segment) => segment,
            Err(stop) => return stop,
        };
        turns.clear();
        for j in 1..segment.groups() {
            segment.ratio_turns(j, &mut turns);
        }
        let mut last_turn = 0.0;
        for turn in &turns {
            let point = segment.coefficients_at(&turn.at);
            let w = gauge.coefficients(&point);
            largest.see(&w);
            if turn.at >= last_turn {
                last_turn = turn.at;
                before.copy_from_slice(&w);
            }
        }
        let point = segment.coefficients_at(segment.length());
        let w = gauge.coefficients(&point);
        largest.see(&w);
        if !limit.to_the_end && gauge.is_settled(&before, &point, largest) {
            return Stop::Condition { time: limit.time };
        }
        before.copy_from_slice(&w);
    }
}

/// Follows a recursion until the amplification is settled (or, `to_the_end`, all `steps`).
fn follow_steps<W, L>(
    recursion: &mut Recursion<W, L, Method<f64>>,
    steps: u64,
    largest: &mut Amplification<f64>,
    gauge: &impl Settled<W>,
    to_the_end: bool,
) -> Stop<f64>
where
    W: Weights<Scalar = f64>,
    L: Landscape<W>,
{
    let mut before = largest.start().to_vec();
    loop {
        let point = recursion.weights();
        let w = gauge.coefficients(point);
        largest.see(&w);
        if !to_the_end
            && gauge.is_settled(&before, point, largest)
            && gauge.is_calm(*recursion.step_size(), recursion.descent(), point)
        {
            return Stop::Condition { time: recursion.time() };
        }
        before.copy_from_slice(&w);
        drop(w);
        if recursion.steps() >= steps {
            return Stop::Horizon;
        }
        match recursion.step() {
            Ok(true) => {}
            Ok(false) if to_the_end => return Stop::Horizon,
            Ok(false) => return Stop::Rest { time: recursion.time() },
            Err(stop) => return stop,
        }
    }
}
