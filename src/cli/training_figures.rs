//! Figures of training runs: medians and quartiles over seeds, on top of the population recursion.

use super::CliError;
use super::compare::Compared;
use super::figures::{MAX_CURVES, drawn_of, optimizer_label, role};
use super::simulate::Trained;
use super::statistic_figures;
use crate::export::{Column, Curve, Figure, Label, Role, Row, Scale, TimeAxis, Trajectories};
use crate::scalar::Real;
use crate::simulation::{Observation, Quartiles, Run, Rung};

/// Coefficients, population risk and alignment over time; a column an optimizer.
pub(super) fn runs(trained: &[Trained]) -> Result<Figure, CliError> {
    let statistics = &trained[0].training.simulation.statistics;
    if !statistics.is_empty() {
        return statistic_figures::runs(trained, statistics);
    }
    let count = trained[0].training.simulation.names()?.len();
    let row = |label: &str, scale: Scale, range| Row { label: Label::math(label), scale, range };
    Ok(Trajectories {
        title: None,
        time: TimeAxis { label: Label::math("time (steps × *η*)"), scale: Scale::Linear },
        rows: vec![
            Row { label: drawn_of("coefficient", count), scale: Scale::Log, range: None },
            row("population risk *R*", Scale::Log, None),
            row("alignment", Scale::Linear, Some((0.0, 1.0))),
        ],
        columns: trained.iter().map(column).collect::<Result<_, _>>()?,
    }
    .draw()?)
}

fn column(trained: &Trained) -> Result<Column, CliError> {
    let simulation = &trained.training.simulation;
    let names = simulation.names()?;
    let eta = simulation.setting.step_size.unwrap_or(f64::NAN);
    let pair = |role: Role, [reference, name]: [&str; 2], value: &dyn Fn(&Observation) -> f64| {
        // Grey whatever the runs' colour, as its key in the legend: pale colours are quartiles.
        let reference = over_seeds(Role::Whole, Label::plain(reference), &trained.predictions, eta, value);
        let reference = Curve { reference: true, band: Vec::new(), ..reference };
        [reference, over_seeds(role, Label::plain(name), &trained.runs, eta, value)]
    };
    let coefficients = names.iter().enumerate().take(MAX_CURVES);
    let coefficients = coefficients.flat_map(|(j, name)| pair(role(name, j), ["", name], &|o| o.coefficients[j]));
    let samples = if trained.runs.len() > 1 { "runs: median and quartiles" } else { "run" };
    Ok(Column {
        title: optimizer_label(&trained.training.optimizer),
        curves: vec![
            coefficients.collect(),
            pair(Role::Whole, ["population recursion", samples], &|o| o.population_risk).into(),
            pair(Role::Whole, ["", ""], &|o| o.alignment).into(),
        ],
        markers: Vec::new(),
    })
}

/// Median and quartiles, at every observed step, of the runs that reached it.
pub(super) fn over_seeds(
    role: Role,
    name: Label,
    runs: &[Run],
    eta: f64,
    value: &dyn Fn(&Observation) -> f64,
) -> Curve {
    let longest = runs.iter().map(|run| run.observations.len()).max().unwrap_or(0);
    let (mut points, mut band) = (Vec::with_capacity(longest), Vec::with_capacity(longest));
    for i in 0..longest {
        let there = || runs.iter().filter_map(|run| run.observations.get(i));
        let mut values: Vec<f64> = there().map(value).collect();
        values.sort_by(f64::total_cmp);
        if let (Some(quartiles), Some(step)) = (Quartiles::of_sorted(&values), there().next().map(|o| o.step)) {
            let time = step as f64 * eta;
            points.push((time, quartiles.median));
            band.push((time, quartiles.lower, quartiles.upper));
        }
    }
    if runs.len() == 1 {
        band.clear();
    }
    Curve { band, ..Curve::new(role, name, points) }
}

/// Deviations from the recursion over samples per dimension; a column an optimizer. Fitted rates are lines through the medians.
pub(super) fn ladders(compared: &[Compared]) -> Result<Figure, CliError> {
    let one_dimension = compared
        .iter()
        .flat_map(|c| &c.comparison.rungs)
        .all(|rung| rung.dimension == compared[0].comparison.rungs[0].dimension);
    let count = compared[0].comparison.names.len();
    let size = |rung: &Rung| rung.samples as f64 / if one_dimension { 1.0 } else { rung.dimension as f64 };
    let column = |Compared { optimizer, comparison, of_statistics }: &Compared| {
        let (mut curves, mut fits) = (Vec::new(), Vec::new());
        for (j, name) in comparison.names.iter().enumerate().take(MAX_CURVES) {
            let role = if *of_statistics { statistic_figures::role(j) } else { role(name, j) };
            let at = |rung: &Rung| (size(rung), rung.quartiles[j].median);
            let points: Vec<(f64, f64)> = comparison.rungs.iter().map(at).collect();
            let band = comparison.rungs.iter().map(|r| (size(r), r.quartiles[j].lower, r.quartiles[j].upper)).collect();
            if let Some(rate) = comparison.rates[j] {
                let fit = fitted(&points, rate.exponent);
                fits.push(Curve::new(Role::Fit, Label::plain("fitted rate"), fit));
            }
            curves.push(Curve { band, dots: true, ..Curve::new(role, Label::plain(name.clone()), points) });
        }
        curves.extend(fits);
        let title = match comparison.rates[0] {
            Some(rate) => {
                let exponent = format!("{:.2}", rate.exponent).replace('-', "\u{2212}");
                let first = &comparison.names[0];
                Label::plain(format!("{} ({first}: exponent {exponent})", optimizer_label(optimizer)))
            }
            None => optimizer_label(optimizer),
        };
        Column { title, curves: vec![curves], markers: Vec::new() }
    };
    let quantity = if compared[0].of_statistics { "deviation" } else { "deviation of overlap" };
    let label = if one_dimension { "samples *n*" } else { "samples per dimension *n*/*d*" };
    Ok(Trajectories {
        title: None,
        time: TimeAxis { label: Label::math(label), scale: Scale::Log },
        rows: vec![Row { label: drawn_of(quantity, count), scale: Scale::Log, range: None }],
        columns: compared.iter().map(column).collect(),
    }
    .draw()?)
}

/// The line of slope `exponent` through the middle of the points, in logarithms.
fn fitted(points: &[(f64, f64)], exponent: f64) -> Vec<(f64, f64)> {
    let count = points.len() as f64;
    let mean = |part: &dyn Fn(&(f64, f64)) -> f64| points.iter().map(|p| Real::ln(&part(p))).sum::<f64>() / count;
    let (x, y) = (mean(&|p| p.0), mean(&|p| p.1));
    points.iter().map(|p| (p.0, Real::exp(&(y + exponent * (Real::ln(&p.0) - x))))).collect()
}
