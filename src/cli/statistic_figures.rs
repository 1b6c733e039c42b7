//! Figures of one vector: which of its statistics share a panel, on what scale, and over what time.

use super::CliError;
use super::figures::optimizer_label;
use super::simulate::Trained;
use super::statistics::Followed;
use super::training_figures::over_seeds;
use crate::export::{Column, Curve, Figure, Label, Marker, Role, Row, Scale, TimeAxis, Trajectories};
use crate::observe::vector::{Course, Statistic, Summary};
use crate::simulation::Run;

/// Statistics that share an axis, by their numbers.
struct Panel {
    row: Row,
    drawn: Vec<(usize, Role, Label)>,
}

/// What statistics of one panel have in common.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Moment,
    Gap,
    Error,
    Risk,
    Clock,
    Share,
}

impl Kind {
    fn of(summary: &Summary) -> Self {
        match summary {
            Summary::State(Statistic::Energy(_) | Statistic::Overlap(_)) => Self::Moment,
            Summary::State(Statistic::Gap) => Self::Gap,
            Summary::State(Statistic::MeanSquaredError) => Self::Error,
            Summary::State(Statistic::Risk) => Self::Risk,
            Summary::Course(Course::Lambda) => Self::Clock,
            Summary::Course(Course::Average | Course::Uniform) => Self::Share,
        }
    }

    fn label(self) -> Label {
        Label::math(match self {
            Self::Moment => "moments",
            Self::Gap => "gap",
            Self::Error => "mean squared error",
            Self::Risk => "risk *R*",
            Self::Clock => "*Λ*",
            Self::Share => "share left",
        })
    }
}

fn name(summary: &Summary) -> Label {
    let index = |k: &i32| if *k == 1 { String::new() } else { format!("_{{{k}}}") };
    match summary {
        Summary::State(Statistic::Energy(k)) => Label::math(&format!("*s*{}", index(k))),
        Summary::State(Statistic::Overlap(k)) => Label::math(&format!("|*u*{}|", index(k))),
        Summary::Course(Course::Average) => Label::plain("average"),
        Summary::Course(Course::Uniform) => Label::plain("uniform"),
        other => Kind::of(other).label(),
    }
}

/// What is drawn of a value: of an overlap its size, since either sign of w* is the signal.
fn drawn(summary: &Summary, value: f64) -> f64 {
    if matches!(summary, Summary::State(Statistic::Overlap(_))) { value.abs() } else { value }
}

/// The colour of number k among statistics of one panel.
pub(super) fn role(k: usize) -> Role {
    let first = [Role::Signal, Role::Spike, Role::Bulk];
    first.get(k).copied().unwrap_or_else(|| Role::Other(k - first.len()))
}

/// One panel a kind, in the order of first appearance.
fn panels(summaries: &[Summary], time: Scale) -> Vec<Panel> {
    let mut kinds: Vec<Kind> = Vec::new();
    for kind in summaries.iter().map(Kind::of) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let panel = |kind: Kind| {
        let members: Vec<(usize, &Summary)> =
            summaries.iter().enumerate().filter(|(_, summary)| Kind::of(summary) == kind).collect();
        let plain = |summary: &Summary| matches!(summary, Summary::State(Statistic::Energy(1) | Statistic::Overlap(1)));
        let scale = match kind {
            // Higher moments are as small as variances are.
            Kind::Moment if members.iter().all(|(_, summary)| plain(summary)) => Scale::Linear,
            Kind::Clock => time,
            _ => Scale::Log,
        };
        // Kinds that may both have several curves have colours of their own.
        let moments = summaries.iter().filter(|summary| Kind::of(summary) == Kind::Moment).count();
        let first = if kind == Kind::Share { moments.max(4) } else { 0 };
        let (label, drawn) = match members[..] {
            [(j, summary)] => (name(summary), vec![(j, Role::Whole, Label::default())]),
            _ => {
                let curves = members.iter().enumerate().map(|(k, (j, summary))| (*j, role(first + k), name(summary)));
                (kind.label(), curves.collect())
            }
        };
        Panel { row: Row { label, scale, range: None }, drawn }
    };
    kinds.into_iter().map(panel).collect()
}

/// Logarithmic where most rows lie in the first tenth of the time.
fn time_axis(times: &[f64], label: &str) -> TimeAxis {
    let (middle, last) = (times.get(times.len() / 2), times.last());
    let early = middle.zip(last).is_some_and(|(middle, last)| 10.0 * middle < *last);
    TimeAxis { label: Label::math(label), scale: if early { Scale::Log } else { Scale::Linear } }
}

fn figure(time: TimeAxis, panels: Vec<Panel>, columns: Vec<Column>) -> Result<Figure, CliError> {
    let rows = panels.into_iter().map(|panel| panel.row).collect();
    Ok(Trajectories { title: None, time, rows, columns }.draw()?)
}

/// Flows or recursions, a column an optimizer; with the times of a flow's phases.
pub(super) fn flows(followed: &[Followed], summaries: &[Summary]) -> Result<Figure, CliError> {
    let times: Vec<f64> = followed.first().map_or(Vec::new(), |one| one.rows.iter().map(|row| row.time).collect());
    let axis = time_axis(&times, "time *t*");
    let panels = panels(summaries, axis.scale);
    let column = |one: &Followed| {
        let curve = |(j, role, name): &(usize, Role, Label)| {
            let value = |row: &super::statistics::Row| row.values[*j].map_or(f64::NAN, |x| drawn(&summaries[*j], x));
            Curve::new(*role, name.clone(), one.rows.iter().map(|row| (row.time, value(row))).collect())
        };
        Column {
            title: optimizer_label(&one.optimizer),
            curves: panels.iter().map(|panel| panel.drawn.iter().map(curve).collect()).collect(),
            markers: one.phases().map(|(time, label)| Marker { time, label: Label::math(label) }).collect(),
        }
    };
    let columns = followed.iter().map(column).collect();
    figure(axis, panels, columns)
}

/// Training runs on top of the population recursion, a column an optimizer: medians and quartiles over the seeds.
pub(super) fn runs(trained: &[Trained], statistics: &[Statistic]) -> Result<Figure, CliError> {
    let summaries: Vec<Summary> = statistics.iter().map(|statistic| Summary::State(*statistic)).collect();
    let steps = |run: &Run| run.observations.iter().map(|o| o.step as f64).collect::<Vec<_>>();
    let steps = trained.first().and_then(|t| t.runs.first()).map_or(Vec::new(), steps);
    let axis = time_axis(&steps, "time (steps × *η*)");
    let panels = panels(&summaries, axis.scale);
    // the first curve that is alone in its panel has no name, and says what runs are
    let alone = panels.iter().find(|panel| panel.drawn.len() == 1).map(|panel| panel.drawn[0].0);
    let column = |one: &Trained| {
        let eta = one.training.simulation.setting.step_size.unwrap_or(f64::NAN);
        let pair = |(j, role, name): &(usize, Role, Label)| {
            let value = |o: &crate::simulation::Observation| drawn(&summaries[*j], o.statistics[*j]);
            // Grey whatever the runs' colour, as its key in the legend: pale colours are quartiles.
            let reference = if *j == 0 { "population recursion" } else { "" };
            let reference = over_seeds(Role::Whole, Label::plain(reference), &one.predictions, eta, &value);
            let runs = match (name.is_empty(), Some(*j) == alone, one.runs.len()) {
                (true, true, 1) => Label::plain("run"),
                (true, true, _) => Label::plain("runs: median and quartiles"),
                _ => name.clone(),
            };
            [Curve { reference: true, band: Vec::new(), ..reference }, over_seeds(*role, runs, &one.runs, eta, &value)]
        };
        Column {
            title: optimizer_label(&one.training.optimizer),
            curves: panels.iter().map(|panel| panel.drawn.iter().flat_map(pair).collect()).collect(),
            markers: Vec::new(),
        }
    };
    let columns = trained.iter().map(column).collect();
    figure(axis, panels, columns)
}
